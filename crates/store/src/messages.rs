//! The entries of conversations. Written once, never changed.

use signet_domain::message::CopiedFrom;
use signet_domain::{
    Assurance, Author, ClientMessageId, Conversation, ConversationId, Message, MessageBody, MessageId,
    MessageText, Notice, SessionId, Timestamp, Visibility, VisitorId,
};
use uuid::Uuid;

use crate::conversations::{self, conversation_columns};
use crate::sql::{Row, Sql, Value, statements};
use crate::{Cursor, Page, PageRequest, StoreError, Tx};

/// The columns that [`read`] reads.
macro_rules! message_columns {
    () => {
        "messages.id, messages.conversation_id, messages.sequence, messages.author_type, messages.author_id, \
         messages.author_name, messages.body, messages.notice, messages.assurance, messages.verified_at, \
         messages.session_id, messages.client_message_id, messages.created_at, messages.copied_from, \
         messages.written_at"
    };
}
pub(crate) use message_columns;

macro_rules! select {
    ($condition:literal) => {
        concat!("SELECT ", message_columns!(), " FROM messages WHERE ", $condition)
    };
}

/// Takes the conversation's next sequence and keeps its counters, in one statement that also locks the row.
macro_rules! advance {
    ($counters:literal, $condition:literal) => {
        concat!(
            "UPDATE conversations SET last_sequence = last_sequence + 1",
            $counters,
            " WHERE ",
            $condition,
            " RETURNING ",
            conversation_columns!()
        )
    };
}

statements! {
    ADVANCE_BY_VISITOR = advance!(", last_text_sequence = last_sequence + 1, last_activity_at = $1, \
        waiting_since = CASE WHEN bot_id IS NULL THEN COALESCE(waiting_since, $1) ELSE waiting_since END, unread_count = unread_count + 1, \
        read_by_visitor = last_sequence + 1", "id = $2 AND closed_at IS NULL");
    ADVANCE_BY_AGENT = advance!(", last_text_sequence = last_sequence + 1, last_activity_at = $1, \
        waiting_since = NULL, unread_count = 0, read_by_agent = last_sequence + 1", "id = $2 AND closed_at IS NULL");
    ADVANCE_BY_PROGRAM = advance!(", last_text_sequence = last_sequence + 1, last_activity_at = $1",
        "id = $2 AND closed_at IS NULL");
    /// A notice is no activity, and closed conversations get them too.
    ADVANCE_BY_NOTICE = advance!("", "id = $1");
    INSERT = "INSERT INTO messages (conversation_id, sequence, id, author_type, author_id, author_name, body, notice, \
        agents_only, assurance, verified_at, session_id, client_message_id, created_at, copied_from, written_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
    FIND_OF_AGENT = select!("client_message_id = $1 AND author_id = $2 AND author_type = 'AGENT'");
    /// By the conversation's visitor, not the author's id: an anonymous visitor who signed in has another id now, and what
    /// they sent just before must be found by what they send again just after.
    FIND_OF_VISITOR = select!("client_message_id = $1 AND author_type = 'VISITOR' AND conversation_id IN \
        (SELECT id FROM conversations WHERE visitor_id = $2)");
    TEXTS_OF_VISITOR = select!("conversation_id = $1 AND author_type = 'VISITOR' AND body IS NOT NULL ORDER BY sequence");
    /// What was copied from before a sign-in is not said now.
    NEXT_OF_VISITOR = select!("conversation_id = $1 AND sequence > $2 AND author_type = 'VISITOR' AND body IS NOT NULL \
        AND copied_from IS NULL ORDER BY sequence LIMIT $3");
    AFTER = select!("conversation_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3");
    NEWEST = select!("conversation_id = $1 ORDER BY sequence DESC LIMIT $2");
    LIST = select!("conversation_id = $1 AND sequence > $2 AND sequence < $3 ORDER BY sequence LIMIT $4");
    LIST_BACKWARDS =
        select!("conversation_id = $1 AND sequence > $2 AND sequence < $3 ORDER BY sequence DESC LIMIT $4");
    LAST_TEXTS = concat!(
        "SELECT ", message_columns!(), " FROM conversations JOIN messages ON messages.conversation_id = conversations.id \
         AND messages.sequence = conversations.last_text_sequence \
         WHERE conversations.id IN (SELECT unhex(value) FROM json_each($1))"),
        postgres: concat!(
        "SELECT ", message_columns!(), " FROM conversations JOIN messages ON messages.conversation_id = conversations.id \
         AND messages.sequence = conversations.last_text_sequence WHERE conversations.id = ANY($1)");
    HISTORY_PLACE = "SELECT created_at FROM conversations WHERE id = $1 AND visitor_id = $2";
    HISTORY_CONVERSATIONS = "SELECT id FROM conversations WHERE visitor_id = $1 AND continued_in IS NULL \
        AND (created_at, id) <= ($2, $3) ORDER BY created_at DESC, id DESC LIMIT $4";
    HISTORY_ENTRIES =
        select!("conversation_id = $1 AND sequence < $2 AND NOT agents_only ORDER BY sequence DESC LIMIT $3");
}

/// An entry that has no place yet.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// Its id.
    pub id: MessageId,
    /// Who wrote it.
    pub author: Author,
    /// What it says.
    pub body: MessageBody,
    /// Of a visitor at the moment of writing.
    pub assurance: Option<Assurance>,
    /// When the identity behind it had been verified.
    pub verified_at: Option<Timestamp>,
    /// The session it was sent in.
    pub session_id: Option<SessionId>,
    /// The sender's id for it.
    pub client_message_id: Option<ClientMessageId>,
    /// Now.
    pub created_at: Timestamp,
    /// Of a copy.
    pub copied_from: Option<CopiedFrom>,
}

/// Adds an entry to a conversation: takes the next sequence, keeps the row's counters (activity, waiting, unread; a visitor's
/// text makes it wait, unless a bot answers, and counts as unread; an agent's text ends the wait; a sender has read what they wrote), and answers entry
/// and conversation as they are then. `None` if there is no such conversation, or it is closed and the entry is a text.
///
/// [`StoreError::Conflict`] naming `messages_client_message_id` if the sender used that client id before.
pub async fn append(
    tx: &mut Tx<'_>,
    conversation_id: ConversationId,
    message: NewMessage,
) -> Result<Option<(Message, Conversation)>, StoreError> {
    let Some(conversation) = advance(tx, conversation_id, &message).await? else { return Ok(None) };
    let message = Message {
        id: message.id,
        conversation_id,
        sequence: conversation.last_sequence,
        author: message.author,
        body: message.body,
        assurance: message.assurance,
        verified_at: message.verified_at,
        session_id: message.session_id,
        client_message_id: message.client_message_id,
        created_at: message.created_at,
        copied_from: message.copied_from,
    };
    let (author_type, author_id, author_name) = columns_of(&message.author);
    let (text, notice) = match &message.body {
        MessageBody::Text(text) => (Some(text.as_str()), None),
        MessageBody::Notice(notice) => (None, Some(notice.as_str())),
    };
    let values: [Value<'_>; 16] = [
        message.conversation_id.into(),
        message.sequence.into(),
        message.id.into(),
        author_type.into(),
        author_id.into(),
        author_name.into(),
        text.into(),
        notice.into(),
        (message.visibility() == Visibility::Agents).into(),
        message.assurance.map(Assurance::as_str).into(),
        message.verified_at.into(),
        message.session_id.into(),
        message.client_message_id.into(),
        message.created_at.into(),
        message.copied_from.map(|copied| copied.conversation_id).into(),
        message.copied_from.map(|copied| copied.written_at).into(),
    ];
    tx.execute(INSERT, &values).await?;
    Ok(Some((message, conversation)))
}

async fn advance(
    tx: &mut Tx<'_>,
    id: ConversationId,
    message: &NewMessage,
) -> Result<Option<Conversation>, StoreError> {
    let sql = match (&message.body, &message.author) {
        (MessageBody::Notice(_), _) => {
            return tx.query_opt(ADVANCE_BY_NOTICE, &[id.into()], |row| conversations::read(row, 0)).await;
        }
        (MessageBody::Text(_), Author::Visitor(_)) => ADVANCE_BY_VISITOR,
        (MessageBody::Text(_), Author::Agent { .. }) => ADVANCE_BY_AGENT,
        (MessageBody::Text(_), Author::Bot { .. } | Author::System) => ADVANCE_BY_PROGRAM,
    };
    tx.query_opt(sql, &[message.created_at.into(), id.into()], |row| conversations::read(row, 0)).await
}

/// Finds the entry a client sent under that id: an agent's own, or one in a conversation that is the visitor's now. Ids of
/// one sender never meet another's.
pub async fn find_by_client_id(
    tx: &mut Tx<'_>,
    sender: &Author,
    client_message_id: ClientMessageId,
) -> Result<Option<Message>, StoreError> {
    let (sql, sender_id) = match sender {
        Author::Visitor(id) => (FIND_OF_VISITOR, id.as_uuid()),
        Author::Agent { id, .. } => (FIND_OF_AGENT, id.as_uuid()),
        Author::Bot { .. } | Author::System => return Ok(None),
    };
    tx.query_opt(sql, &[client_message_id.into(), sender_id.into()], |row| read(row, 0)).await
}

/// What the visitor wrote after a sequence, ascending, at most `limit`. Copies are left out.
pub async fn next_of_visitor(
    tx: &mut Tx<'_>,
    conversation_id: ConversationId,
    sequence: i64,
    limit: usize,
) -> Result<Vec<Message>, StoreError> {
    let values = [conversation_id.into(), sequence.into(), (limit as i64).into()];
    tx.query(NEXT_OF_VISITOR, &values, |row| read(row, 0)).await
}

/// Entries after a sequence, ascending, at most `limit`.
pub async fn after(
    tx: &mut Tx<'_>,
    conversation_id: ConversationId,
    sequence: i64,
    limit: usize,
) -> Result<Vec<Message>, StoreError> {
    let values = [conversation_id.into(), sequence.into(), (limit as i64).into()];
    tx.query(AFTER, &values, |row| read(row, 0)).await
}

/// Everything a conversation's visitor wrote, in order.
pub async fn texts_of_visitor(
    tx: &mut Tx<'_>,
    conversation_id: ConversationId,
) -> Result<Vec<Message>, StoreError> {
    tx.query(TEXTS_OF_VISITOR, &[conversation_id.into()], |row| read(row, 0)).await
}

/// The newest `limit` entries, ascending.
pub async fn newest(
    tx: &mut Tx<'_>,
    conversation_id: ConversationId,
    limit: usize,
) -> Result<Vec<Message>, StoreError> {
    let values = [conversation_id.into(), (limit as i64).into()];
    let mut messages = tx.query(NEWEST, &values, |row| read(row, 0)).await?;
    messages.reverse();
    Ok(messages)
}

/// A page of a conversation, ascending. The cursor's key is the sequence.
pub async fn list(
    tx: &mut Tx<'_>,
    conversation_id: ConversationId,
    page: &PageRequest,
) -> Result<Page<Message>, StoreError> {
    let after = page.after.as_ref().map_or(0, |cursor| cursor.key);
    let before = page.before.as_ref().map_or(i64::MAX, |cursor| cursor.key);
    let sql: Sql = if page.from_end { LIST_BACKWARDS } else { LIST };
    let values = [conversation_id.into(), after.into(), before.into(), page.read().into()];
    let found = tx.query(sql, &values, |row| read(row, 0)).await?;
    let place = |message: Message| (Cursor { key: message.sequence, id: String::new() }, message);
    Ok(Page::new(page, found.into_iter().map(place).collect()))
}

/// The newest text of each conversation, for previews, in no order. One without a text has none.
pub async fn last_texts(
    tx: &mut Tx<'_>,
    conversations: &[ConversationId],
) -> Result<Vec<Message>, StoreError> {
    let ids: Vec<Uuid> = conversations.iter().map(|id| id.as_uuid()).collect();
    tx.query(LAST_TEXTS, &[Value::Uuids(&ids)], |row| read(row, 0)).await
}

/// A place in a visitor's history: an entry of one of their conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryCursor {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The entry's sequence.
    pub sequence: i64,
}

/// Entries of all conversations of a visitor that come before a place (or the newest), across conversations, ascending;
/// entries for agents alone are left out. Conversations that went on elsewhere (case 3) are left out too.
///
/// Conversations follow each other by their creation. [`StoreError::InvalidCursor`] if the place is not in one of that
/// visitor's conversations.
pub async fn history(
    tx: &mut Tx<'_>,
    visitor_id: VisitorId,
    before: Option<HistoryCursor>,
    limit: usize,
) -> Result<Vec<Message>, StoreError> {
    let (created_at, last) = match before {
        None => (i64::MAX, Uuid::max()),
        Some(place) => {
            let values = [place.conversation_id.into(), visitor_id.into()];
            let created_at = tx
                .query_opt(HISTORY_PLACE, &values, |row| row.get(0, "conversations.created_at"))
                .await?
                .ok_or(StoreError::InvalidCursor)?;
            (created_at, place.conversation_id.as_uuid())
        }
    };
    let values = [visitor_id.into(), created_at.into(), last.into(), (limit as i64).into()];
    let conversations: Vec<ConversationId> =
        tx.query(HISTORY_CONVERSATIONS, &values, |row| row.get(0, "conversations.id")).await?;
    // Walked from the newest: nearly always the first has enough.
    let mut messages = Vec::new();
    for id in conversations {
        let end = before.filter(|place| place.conversation_id == id).map_or(i64::MAX, |place| place.sequence);
        let values = [id.into(), end.into(), ((limit - messages.len()) as i64).into()];
        messages.extend(tx.query(HISTORY_ENTRIES, &values, |row| read(row, 0)).await?);
        if messages.len() >= limit {
            break;
        }
    }
    messages.reverse();
    Ok(messages)
}

fn columns_of(author: &Author) -> (&'static str, Option<Uuid>, Option<&str>) {
    match author {
        Author::Visitor(id) => ("VISITOR", Some(id.as_uuid()), None),
        Author::Agent { id, name } => ("AGENT", Some(id.as_uuid()), Some(name)),
        Author::Bot { id, name } => ("BOT", Some(id.as_uuid()), Some(name)),
        Author::System => ("SYSTEM", None, None),
    }
}

/// Reads `message_columns` that begin at a column.
pub(crate) fn read(row: &Row<'_>, first: usize) -> Result<Message, StoreError> {
    /// What `author_type` says.
    enum Kind {
        Visitor,
        Agent,
        Bot,
        System,
    }
    let kind = row.word(first + 3, "messages.author_type", |word| match word {
        "VISITOR" => Some(Kind::Visitor),
        "AGENT" => Some(Kind::Agent),
        "BOT" => Some(Kind::Bot),
        "SYSTEM" => Some(Kind::System),
        _ => None,
    })?;
    let author = match kind {
        Kind::Visitor => Author::Visitor(row.get(first + 4, "messages.author_id")?),
        Kind::Agent => Author::Agent {
            id: row.get(first + 4, "messages.author_id")?,
            name: row.get(first + 5, "messages.author_name")?,
        },
        Kind::Bot => Author::Bot {
            id: row.get(first + 4, "messages.author_id")?,
            name: row.get(first + 5, "messages.author_name")?,
        },
        Kind::System => Author::System,
    };
    let body = match row.word_opt(first + 7, "messages.notice", Notice::parse)? {
        Some(notice) => MessageBody::Notice(notice),
        None => MessageBody::Text(MessageText::from_storage(row.get(first + 6, "messages.body")?)),
    };
    let copied_from = match row.get::<Option<ConversationId>>(first + 13, "messages.copied_from")? {
        None => None,
        Some(conversation_id) => {
            Some(CopiedFrom { conversation_id, written_at: row.get(first + 14, "messages.written_at")? })
        }
    };
    Ok(Message {
        id: row.get(first, "messages.id")?,
        conversation_id: row.get(first + 1, "messages.conversation_id")?,
        sequence: row.get(first + 2, "messages.sequence")?,
        author,
        body,
        assurance: row.word_opt(first + 8, "messages.assurance", Assurance::parse)?,
        verified_at: row.get(first + 9, "messages.verified_at")?,
        session_id: row.get(first + 10, "messages.session_id")?,
        client_message_id: row.get(first + 11, "messages.client_message_id")?,
        created_at: row.get(first + 12, "messages.created_at")?,
        copied_from,
    })
}
