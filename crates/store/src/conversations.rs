//! Conversations: state, counters and marks are kept in the row, so that a list costs one query.

use signet_domain::access::Agent;
use signet_domain::conversation::{AgentInCharge, CloseReason, ConversationState, IdentityRequest};
use signet_domain::{
    AgentId, BotId, BotInCharge, Conversation, ConversationId, ProjectId, Timestamp, VisitorId,
};
use uuid::Uuid;

use crate::sql::{Row, Sql, Value, statements};
use crate::{Cursor, Page, PageRequest, StoreError, Tx, bot_conversations};

/// The columns that [`read`] reads, [`COLUMNS`] of them. The agent's name is looked up: it is what it is now.
macro_rules! conversation_columns {
    () => {
        "conversations.id, conversations.project_id, conversations.visitor_id, conversations.closed_at, \
         conversations.close_reason, conversations.created_at, conversations.continued_in, conversations.agent_id, \
         (SELECT agents.name FROM agents WHERE agents.id = conversations.agent_id), conversations.last_sequence, \
         conversations.last_text_sequence, conversations.last_activity_at, conversations.waiting_since, \
         conversations.unread_count, conversations.read_by_agent, conversations.read_by_visitor, \
         conversations.identity_requested_at, conversations.identity_requested_by, \
         (SELECT agents.name FROM agents WHERE agents.id = conversations.identity_requested_by), \
         conversations.messages_added, conversations.bot_id, \
         (SELECT bots.name FROM bots WHERE bots.id = conversations.bot_id), conversations.anonymized_at"
    };
}
pub(crate) use conversation_columns;

/// How many columns `conversation_columns` names.
pub(crate) const COLUMNS: usize = 23;

/// A list between two places by a key. `$scope` picks the index; the other conditions are met by most rows of any scope,
/// and stand in COALESCE so that no engine takes them for a reason to use another index.
macro_rules! list {
    ($key:literal, $scope:literal, $direction:literal) => {
        concat!(
            "SELECT ",
            conversation_columns!(),
            " FROM conversations WHERE COALESCE(project_id, '') = $1 AND (",
            $key,
            ", id) < ($2, $3) AND (",
            $key,
            ", id) > ($4, $5) AND COALESCE(waiting_since, -1) >= $6 AND COALESCE(agent_id, $7) >= $8 \
             AND COALESCE(agent_id, $7) <= $9 AND COALESCE(visitor_id, $7) >= $10 AND COALESCE(visitor_id, $7) <= $11 \
             AND COALESCE(closed_at, -1) >= $12 AND COALESCE(closed_at, -1) <= $13 AND ",
            $scope,
            " ORDER BY ",
            $key,
            $direction,
            ", id",
            $direction,
            " LIMIT $14"
        )
    };
}

statements! {
    INSERT = "INSERT INTO conversations (id, project_id, visitor_id, created_at, last_sequence, last_text_sequence, \
        last_activity_at, unread_count, read_by_agent, read_by_visitor) VALUES ($1, $2, $3, $4, 0, 0, $5, 0, 0, 0)";
    FIND = concat!("SELECT ", conversation_columns!(), " FROM conversations WHERE id = $1");
    FIND_ONGOING = concat!(
        "SELECT ", conversation_columns!(), " FROM conversations WHERE visitor_id = $1 AND closed_at IS NULL");
    ADOPT = "UPDATE conversations SET visitor_id = $1 WHERE id = $2 AND visitor_id = $3 AND closed_at IS NULL";
    CLOSE = "UPDATE conversations SET closed_at = $1, close_reason = $2, continued_in = $3, waiting_since = NULL, \
        identity_requested_at = NULL, identity_requested_by = NULL, bot_id = NULL \
        WHERE id = $4 AND closed_at IS NULL";
    CONTINUED_FROM = concat!(
        "SELECT ", conversation_columns!(), " FROM conversations WHERE continued_in = $1 ORDER BY created_at, id");
    LOCK = "UPDATE conversations SET last_sequence = last_sequence WHERE id = $1";
    REQUEST_IDENTITY = "UPDATE conversations SET identity_requested_at = $1, identity_requested_by = $2 \
        WHERE id = $3 AND closed_at IS NULL AND identity_requested_at IS NULL";
    END_IDENTITY_REQUEST = "UPDATE conversations SET identity_requested_at = NULL, identity_requested_by = NULL \
        WHERE id = $1 AND identity_requested_at IS NOT NULL AND closed_at IS NULL";
    IDENTITY_REQUESTED_UNTIL = "SELECT id FROM conversations WHERE identity_requested_at <= $1 \
        ORDER BY identity_requested_at LIMIT $2";
    MESSAGES_ADDED = "UPDATE conversations SET messages_added = $1 WHERE id = $2 AND messages_added IS NULL";
    MESSAGES_DECLINED = "UPDATE conversations SET messages_declined_at = $1 \
        WHERE id = $2 AND messages_added IS NULL AND messages_declined_at IS NULL";
    MESSAGES_OFFERED = "SELECT id, closed_at FROM conversations WHERE continued_in = $1 \
        AND COALESCE(close_reason, '') = 'CONTINUED_IN_VERIFIED' AND messages_added IS NULL AND messages_declined_at IS NULL \
        ORDER BY closed_at DESC, id DESC LIMIT 1";
    LATEST_OF_VISITOR = concat!(
        "SELECT ", conversation_columns!(), " FROM conversations WHERE visitor_id = $1 AND (closed_at IS NULL OR closed_at >= $2) \
         ORDER BY created_at DESC, id DESC LIMIT 1");
    NEXT_OF_VISITOR = concat!(
        "SELECT ", conversation_columns!(), " FROM conversations WHERE visitor_id = $1 AND (created_at, id) > ($2, $3) \
         ORDER BY created_at, id LIMIT 1");
    IDS_OF_VISITOR = "SELECT id FROM conversations WHERE visitor_id = $1";
    TAKE = "UPDATE conversations SET agent_id = $1, bot_id = NULL WHERE id = $2 AND agent_id IS NULL";
    MARK_READ_BY_AGENT = "UPDATE conversations SET read_by_agent = \
        CASE WHEN $1 > last_sequence THEN last_sequence ELSE $1 END \
        WHERE id = $2 AND read_by_agent < $1 AND read_by_agent < last_sequence";
    /// A statement of its own: on PostgreSQL it sees what was committed while the first waited for the row.
    RECOUNT_UNREAD = "UPDATE conversations SET unread_count = (SELECT count(*) FROM messages \
        WHERE messages.conversation_id = conversations.id AND messages.sequence > conversations.read_by_agent \
        AND messages.author_type = 'VISITOR' AND messages.notice IS NULL) WHERE id = $1";
    MARK_READ_BY_VISITOR = "UPDATE conversations SET read_by_visitor = \
        CASE WHEN $1 > last_sequence THEN last_sequence ELSE $1 END \
        WHERE id = $2 AND read_by_visitor < $1 AND read_by_visitor < last_sequence";
    COUNTS = "SELECT \
        (SELECT count(*) FROM conversations WHERE project_id = $1 AND closed_at IS NULL AND waiting_since IS NOT NULL), \
        (SELECT count(*) FROM conversations WHERE COALESCE(project_id, '') = $1 AND closed_at IS NULL AND agent_id = $2), \
        (SELECT count(*) FROM conversations WHERE project_id = $1 AND closed_at IS NULL), \
        (SELECT count(*) FROM conversations WHERE project_id = $1 AND closed_at IS NOT NULL)";
    LIST_ONGOING = list!("last_activity_at", "project_id = $1 AND closed_at IS NULL", " DESC");
    LIST_ONGOING_BACKWARDS = list!("last_activity_at", "project_id = $1 AND closed_at IS NULL", " ASC");
    LIST_CLOSED = list!("last_activity_at", "project_id = $1 AND closed_at IS NOT NULL", " DESC");
    LIST_CLOSED_BACKWARDS = list!("last_activity_at", "project_id = $1 AND closed_at IS NOT NULL", " ASC");
    LIST_BY_CLOSING = list!("closed_at", "project_id = $1 AND closed_at IS NOT NULL", " DESC");
    LIST_BY_CLOSING_BACKWARDS = list!("closed_at", "project_id = $1 AND closed_at IS NOT NULL", " ASC");
    LIST_ONGOING_OF_AGENT = list!("last_activity_at", "agent_id = $8 AND closed_at IS NULL", " DESC");
    LIST_ONGOING_OF_AGENT_BACKWARDS = list!("last_activity_at", "agent_id = $8 AND closed_at IS NULL", " ASC");
    LIST_CLOSED_OF_AGENT = list!("last_activity_at", "agent_id = $8 AND closed_at IS NOT NULL", " DESC");
    LIST_CLOSED_OF_AGENT_BACKWARDS = list!("last_activity_at", "agent_id = $8 AND closed_at IS NOT NULL", " ASC");
    LIST_OF_VISITOR = list!("last_activity_at", "visitor_id = $10", " DESC");
    LIST_OF_VISITOR_BACKWARDS = list!("last_activity_at", "visitor_id = $10", " ASC");
}

/// Starts a conversation. [`StoreError::Conflict`] naming `conversations_one_ongoing` if the visitor has an ongoing one
/// (one at most, by the schema): somebody else was quicker, and trying the whole transaction again finds it.
pub async fn insert(
    tx: &mut Tx<'_>,
    id: ConversationId,
    project_id: &ProjectId,
    visitor_id: VisitorId,
    now: Timestamp,
) -> Result<Conversation, StoreError> {
    let values = [id.into(), project_id.into(), visitor_id.into(), now.into(), now.into()];
    tx.execute(INSERT, &values).await?;
    Ok(Conversation {
        id,
        project_id: project_id.clone(),
        visitor_id,
        state: ConversationState::Ongoing,
        created_at: now,
        continued_in: None,
        agent: None,
        last_sequence: 0,
        last_text_sequence: 0,
        last_activity_at: now,
        waiting_since: None,
        unread_count: 0,
        read_by_agent: 0,
        read_by_visitor: 0,
        identity_request: None,
        messages_added: None,
        bot: None,
        anonymized_at: None,
    })
}

/// Finds a conversation.
pub async fn find(tx: &mut Tx<'_>, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
    tx.query_opt(FIND, &[id.into()], |row| read(row, 0)).await
}

/// Finds the ongoing conversation of a visitor.
pub async fn find_ongoing(
    tx: &mut Tx<'_>,
    visitor_id: VisitorId,
) -> Result<Option<Conversation>, StoreError> {
    tx.query_opt(FIND_ONGOING, &[visitor_id.into()], |row| read(row, 0)).await
}

/// Gives an ongoing conversation from one visitor to another (case 1). False if it is not `from`'s or not ongoing.
/// [`StoreError::Conflict`] if `to` has an ongoing one.
pub async fn adopt(
    tx: &mut Tx<'_>,
    id: ConversationId,
    from: VisitorId,
    to: VisitorId,
) -> Result<bool, StoreError> {
    tx.changes(ADOPT, &[to.into(), id.into(), from.into()]).await
}

/// Closes an ongoing conversation; its visitor waits no more, and its bot has no more to do. False if it was closed already.
pub async fn close(
    tx: &mut Tx<'_>,
    id: ConversationId,
    reason: CloseReason,
    continued_in: Option<ConversationId>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let closed =
        tx.changes(CLOSE, &[now.into(), reason.as_str().into(), continued_in.into(), id.into()]).await?;
    if closed {
        bot_conversations::end(tx, id).await?;
    }
    Ok(closed)
}

/// Conversations that go on in this one, oldest first.
pub async fn continued_from(tx: &mut Tx<'_>, id: ConversationId) -> Result<Vec<Conversation>, StoreError> {
    tx.query(CONTINUED_FROM, &[id.into()], |row| read(row, 0)).await
}

/// Locks a conversation until the commit. For a body that writes into several and tells of the first before it has touched the last:
/// every conversation is locked before the project's event counter.
pub async fn lock(tx: &mut Tx<'_>, id: ConversationId) -> Result<(), StoreError> {
    tx.execute(LOCK, &[id.into()]).await.map(drop)
}

/// Asks the visitor, in an agent's name, to confirm who they are. False if that is asked already, or the conversation is closed.
pub async fn request_identity(
    tx: &mut Tx<'_>,
    id: ConversationId,
    agent_id: AgentId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    tx.changes(REQUEST_IDENTITY, &[now.into(), agent_id.into(), id.into()]).await
}

/// Ends such a request, once. False if there is none (any more).
pub async fn end_identity_request(tx: &mut Tx<'_>, id: ConversationId) -> Result<bool, StoreError> {
    tx.changes(END_IDENTITY_REQUEST, &[id.into()]).await
}

/// Conversations in which a request was made at `until` or before and has not ended, oldest request first.
pub async fn identity_requested_until(
    tx: &mut Tx<'_>,
    until: Timestamp,
    limit: usize,
) -> Result<Vec<ConversationId>, StoreError> {
    let values = [until.into(), (limit as i64).into()];
    tx.query(IDENTITY_REQUESTED_UNTIL, &values, |row| row.get(0, "conversations.id")).await
}

/// Notes how many messages of a conversation were added to the one in which it goes on, once: false if that was done before.
pub async fn set_messages_added(tx: &mut Tx<'_>, id: ConversationId, count: i64) -> Result<bool, StoreError> {
    tx.changes(MESSAGES_ADDED, &[count.into(), id.into()]).await
}

/// Notes that the visitor leaves the messages of a conversation where they are, once: false if they said so before, or have added them.
pub async fn set_messages_declined(
    tx: &mut Tx<'_>,
    id: ConversationId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    tx.changes(MESSAGES_DECLINED, &[now.into(), id.into()]).await
}

/// The conversation last closed by a sign-in because this one goes on, and when, if its visitor has neither added nor declined to add
/// its messages.
pub async fn find_messages_offered(
    tx: &mut Tx<'_>,
    into: ConversationId,
) -> Result<Option<(ConversationId, Timestamp)>, StoreError> {
    tx.query_opt(MESSAGES_OFFERED, &[into.into()], |row| {
        Ok((row.get(0, "conversations.id")?, row.get(1, "conversations.closed_at")?))
    })
    .await
}

/// The visitor's newest conversation that is ongoing or was closed at `since` or later.
pub async fn find_latest(
    tx: &mut Tx<'_>,
    visitor_id: VisitorId,
    since: Timestamp,
) -> Result<Option<Conversation>, StoreError> {
    tx.query_opt(LATEST_OF_VISITOR, &[visitor_id.into(), since.into()], |row| read(row, 0)).await
}

/// The visitor's oldest conversation after a place, which is the beginning of another.
pub async fn next_of_visitor(
    tx: &mut Tx<'_>,
    visitor_id: VisitorId,
    (created_at, id): (Timestamp, ConversationId),
) -> Result<Option<Conversation>, StoreError> {
    let values = [visitor_id.into(), created_at.into(), id.into()];
    tx.query_opt(NEXT_OF_VISITOR, &values, |row| read(row, 0)).await
}

/// The ids of all of a visitor's conversations, in no order.
pub async fn ids_of_visitor(
    tx: &mut Tx<'_>,
    visitor_id: VisitorId,
) -> Result<Vec<ConversationId>, StoreError> {
    tx.query(IDS_OF_VISITOR, &[visitor_id.into()], |row| row.get(0, "conversations.id")).await
}

/// Puts an agent in charge; a bot has no more to do. False if somebody is already.
pub async fn take(tx: &mut Tx<'_>, id: ConversationId, agent: &Agent) -> Result<bool, StoreError> {
    let taken = tx.changes(TAKE, &[agent.id.into(), id.into()]).await?;
    if taken {
        bot_conversations::end(tx, id).await?;
    }
    Ok(taken)
}

/// Moves the agents' read mark forward (never back, nor past the newest entry), and recounts what is unread. False if it
/// did not move.
pub async fn mark_read_by_agent(
    tx: &mut Tx<'_>,
    id: ConversationId,
    sequence: i64,
) -> Result<bool, StoreError> {
    let moved = tx.changes(MARK_READ_BY_AGENT, &[sequence.into(), id.into()]).await?;
    if moved {
        tx.execute(RECOUNT_UNREAD, &[id.into()]).await?;
    }
    Ok(moved)
}

/// Moves the visitor's read mark forward (never back, nor past the newest entry). False if it did not move.
pub async fn mark_read_by_visitor(
    tx: &mut Tx<'_>,
    id: ConversationId,
    sequence: i64,
) -> Result<bool, StoreError> {
    tx.changes(MARK_READ_BY_VISITOR, &[sequence.into(), id.into()]).await
}

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct ConversationFilter {
    /// Only ongoing (true) or closed (false).
    pub ongoing: Option<bool>,
    /// Only those whose visitor waits.
    pub waiting: bool,
    /// Only those of this agent.
    pub agent_id: Option<AgentId>,
    /// Only those of this visitor.
    pub visitor_id: Option<VisitorId>,
    /// Only those closed in this interval (from inclusive, to exclusive).
    pub closed_between: Option<(Timestamp, Timestamp)>,
}

impl ConversationFilter {
    /// The statements that together see every conversation that can match, by the scarcest condition first.
    fn statements(&self, from_end: bool) -> Vec<Sql> {
        let pick = |forwards: Sql, backwards: Sql| if from_end { backwards } else { forwards };
        if self.closed_between.is_some() {
            return vec![pick(LIST_BY_CLOSING, LIST_BY_CLOSING_BACKWARDS)];
        }
        if self.visitor_id.is_some() {
            return vec![pick(LIST_OF_VISITOR, LIST_OF_VISITOR_BACKWARDS)];
        }
        let (ongoing, closed) = if self.agent_id.is_some() {
            (
                pick(LIST_ONGOING_OF_AGENT, LIST_ONGOING_OF_AGENT_BACKWARDS),
                pick(LIST_CLOSED_OF_AGENT, LIST_CLOSED_OF_AGENT_BACKWARDS),
            )
        } else {
            (pick(LIST_ONGOING, LIST_ONGOING_BACKWARDS), pick(LIST_CLOSED, LIST_CLOSED_BACKWARDS))
        };
        match (self.ongoing, self.waiting) {
            (Some(true), _) | (None, true) => vec![ongoing],
            (Some(false), _) => vec![closed],
            (None, false) => vec![ongoing, closed],
        }
    }

    /// Which values of `closed_at` match, both inclusive; -1 stands for an ongoing conversation.
    fn closed_range(&self) -> (i64, i64) {
        let (mut low, mut high) = match self.ongoing {
            None => (-1, i64::MAX),
            Some(true) => (-1, -1),
            Some(false) => (0, i64::MAX),
        };
        if let Some((from, to)) = self.closed_between {
            low = low.max(from.as_millis()).max(0);
            high = high.min(to.as_millis().saturating_sub(1));
        }
        (low, high)
    }
}

/// Lists conversations of the projects, newest activity first; those of an interval by their closing, latest first.
pub async fn list(
    tx: &mut Tx<'_>,
    projects: &[ProjectId],
    filter: &ConversationFilter,
    page: &PageRequest,
) -> Result<Page<Conversation>, StoreError> {
    let any = (Uuid::nil(), Uuid::max());
    let agents = filter.agent_id.map_or(any, |id| (id.as_uuid(), id.as_uuid()));
    let visitors = filter.visitor_id.map_or(any, |id| (id.as_uuid(), id.as_uuid()));
    let closed = filter.closed_range();
    // The list runs from the newest to the oldest, so what follows a place is smaller.
    let newest = page.after_uuid((i64::MAX, Uuid::max()))?;
    let oldest = page.before_uuid((i64::MIN, Uuid::nil()))?;
    let mut found = Vec::new();
    for project_id in projects {
        for sql in filter.statements(page.from_end) {
            let values: [Value<'_>; 14] = [
                project_id.into(),
                newest.0.into(),
                newest.1.into(),
                oldest.0.into(),
                oldest.1.into(),
                if filter.waiting { 0.into() } else { Value::from(-1) },
                Uuid::nil().into(),
                agents.0.into(),
                agents.1.into(),
                visitors.0.into(),
                visitors.1.into(),
                closed.0.into(),
                closed.1.into(),
                page.read().into(),
            ];
            found.extend(tx.query(sql, &values, |row| read(row, 0)).await?);
        }
    }
    let by_closing = filter.closed_between.is_some();
    let place = |conversation: Conversation| {
        let moment = match conversation.state {
            ConversationState::Closed { at, .. } if by_closing => at,
            _ => conversation.last_activity_at,
        };
        (Cursor { key: moment.as_millis(), id: conversation.id.to_string() }, conversation)
    };
    Ok(Page::merged(page, found.into_iter().map(place).collect(), true))
}

/// How many conversations a project has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ConversationCounts {
    /// Ongoing, the visitor waits.
    pub waiting: i64,
    /// Ongoing, of the given agent.
    pub mine: i64,
    /// Ongoing.
    pub ongoing: i64,
    /// Closed.
    pub closed: i64,
}

/// Counts a project's conversations.
pub async fn counts(
    tx: &mut Tx<'_>,
    project_id: &ProjectId,
    agent_id: Option<AgentId>,
) -> Result<ConversationCounts, StoreError> {
    let counts = tx
        .query_opt(COUNTS, &[project_id.into(), agent_id.into()], |row| {
            Ok(ConversationCounts {
                waiting: row.get(0, "conversations")?,
                mine: row.get(1, "conversations")?,
                ongoing: row.get(2, "conversations")?,
                closed: row.get(3, "conversations")?,
            })
        })
        .await?;
    Ok(counts.unwrap_or_default())
}

/// Reads `conversation_columns` that begin at a column.
pub(crate) fn read(row: &Row<'_>, first: usize) -> Result<Conversation, StoreError> {
    let state = match row.get::<Option<Timestamp>>(first + 3, "conversations.closed_at")? {
        None => ConversationState::Ongoing,
        Some(at) => ConversationState::Closed {
            at,
            reason: row.word(first + 4, "conversations.close_reason", CloseReason::parse)?,
        },
    };
    let agent = match row.get::<Option<AgentId>>(first + 7, "conversations.agent_id")? {
        None => None,
        Some(id) => Some(AgentInCharge { id, name: row.get(first + 8, "agents.name")? }),
    };
    let identity_request =
        match row.get::<Option<Timestamp>>(first + 16, "conversations.identity_requested_at")? {
            None => None,
            Some(at) => Some(IdentityRequest {
                at,
                by: AgentInCharge {
                    id: row.get(first + 17, "conversations.identity_requested_by")?,
                    name: row.get(first + 18, "agents.name")?,
                },
            }),
        };
    let bot = match row.get::<Option<BotId>>(first + 20, "conversations.bot_id")? {
        None => None,
        Some(id) => Some(BotInCharge { id, name: row.get(first + 21, "bots.name")? }),
    };
    Ok(Conversation {
        id: row.get(first, "conversations.id")?,
        project_id: row.get(first + 1, "conversations.project_id")?,
        visitor_id: row.get(first + 2, "conversations.visitor_id")?,
        state,
        created_at: row.get(first + 5, "conversations.created_at")?,
        continued_in: row.get(first + 6, "conversations.continued_in")?,
        agent,
        last_sequence: row.get(first + 9, "conversations.last_sequence")?,
        last_text_sequence: row.get(first + 10, "conversations.last_text_sequence")?,
        last_activity_at: row.get(first + 11, "conversations.last_activity_at")?,
        waiting_since: row.get(first + 12, "conversations.waiting_since")?,
        unread_count: row.get(first + 13, "conversations.unread_count")?,
        read_by_agent: row.get(first + 14, "conversations.read_by_agent")?,
        read_by_visitor: row.get(first + 15, "conversations.read_by_visitor")?,
        identity_request,
        messages_added: row.get(first + 19, "conversations.messages_added")?,
        bot,
        anonymized_at: row.get(first + 22, "conversations.anonymized_at")?,
    })
}
