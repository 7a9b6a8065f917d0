//! The log of what happened in a project, in order: what agents resume from, and the outbox that webhooks are sent from. An event is
//! written in the transaction of what it tells of, so there is none without the other.

use signet_domain::{
    Author, Conversation, ConversationId, Event, EventKind, Message, MessageId, ProjectId, Timestamp,
    VisitorId,
};

use uuid::Uuid;

use crate::conversations::{self, COLUMNS, conversation_columns};
use crate::messages::{self, message_columns};
use crate::sql::{Row, statements};
use crate::{StoreError, Tx, bot_conversations};

statements! {
    NEXT = "UPDATE project_counters SET event_sequence = event_sequence + 1 WHERE project_id = $1 RETURNING event_sequence";
    INSERT = "INSERT INTO events (project_id, sequence, kind, visitor_id, conversation_id, message_sequence, created_at, \
        correlation_id, subject) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    LATEST = "SELECT event_sequence FROM project_counters WHERE project_id = $1";
    LATEST_OF_ALL = "SELECT project_id, event_sequence FROM project_counters";
    AFTER = concat!(
        "SELECT events.project_id, events.sequence, events.kind, events.visitor_id, events.created_at, \
         events.correlation_id, events.subject, ", conversation_columns!(), ", ", message_columns!(),
        " FROM events LEFT JOIN conversations ON conversations.id = events.conversation_id \
         LEFT JOIN messages ON messages.conversation_id = events.conversation_id \
         AND messages.sequence = events.message_sequence \
         WHERE events.project_id = $1 AND events.sequence > $2 ORDER BY events.sequence LIMIT $3");
}

/// Columns of an event before those of its records.
const OWN_COLUMNS: usize = 7;

/// An event that has no place yet.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// Where.
    pub project_id: ProjectId,
    /// What.
    pub kind: EventKind,
    /// The visitor concerned.
    pub visitor_id: VisitorId,
    /// The conversation, as it is after the change.
    pub conversation: Option<Conversation>,
    /// The new entry.
    pub message: Option<Message>,
    /// Now.
    pub created_at: Timestamp,
}

impl NewEvent {
    /// Something happened in a conversation, which is now as it stands here.
    pub fn of_conversation(kind: EventKind, conversation: Conversation, created_at: Timestamp) -> Self {
        Self {
            project_id: conversation.project_id.clone(),
            kind,
            visitor_id: conversation.visitor_id,
            conversation: Some(conversation),
            message: None,
            created_at,
        }
    }

    /// Something happened to a visitor, whatever they may have written.
    pub fn of_visitor(
        kind: EventKind,
        project_id: &ProjectId,
        visitor_id: VisitorId,
        created_at: Timestamp,
    ) -> Self {
        let project_id = project_id.clone();
        Self { project_id, kind, visitor_id, conversation: None, message: None, created_at }
    }

    /// The same, with the new entry.
    #[must_use]
    pub fn with(self, message: Message) -> Self {
        Self { message: Some(message), ..self }
    }
}

/// Where an event comes from, and what it is about beside visitor, conversation and message.
#[derive(Debug, Clone, Copy, Default)]
pub struct Trace<'a> {
    /// The request behind it.
    pub correlation_id: Option<&'a str>,
    /// As [`Event::subject`].
    pub subject: Option<Uuid>,
}

/// As [`append_traced`], for an event that needs no trace.
pub async fn append(tx: &mut Tx<'_>, event: NewEvent) -> Result<(), StoreError> {
    append_traced(tx, event, Trace::default()).await
}

/// As [`append`], of a refused activation, which has no visitor: the subject is the record of the failure.
pub async fn append_refusal(
    tx: &mut Tx<'_>,
    project_id: &ProjectId,
    trace: Trace<'_>,
    created_at: Timestamp,
) -> Result<(), StoreError> {
    let unplaced = Event {
        project_id: project_id.clone(),
        sequence: 0,
        kind: EventKind::VisitorAuthenticationFailed,
        visitor_id: None,
        conversation: None,
        message: None,
        created_at,
        correlation_id: trace.correlation_id.map(str::to_owned),
        subject: trace.subject,
    };
    place(tx, unplaced).await
}

/// Writes an event under the project's next sequence and queues it for the [`crate::CommitObserver`]. Call it last in a
/// body: on PostgreSQL it holds the project's counter until the commit. [`StoreError::Corrupt`] if there is no such
/// project.
pub async fn append_traced(tx: &mut Tx<'_>, event: NewEvent, trace: Trace<'_>) -> Result<(), StoreError> {
    let unplaced = Event {
        project_id: event.project_id,
        sequence: 0,
        kind: event.kind,
        visitor_id: Some(event.visitor_id),
        conversation: event.conversation,
        message: event.message,
        created_at: event.created_at,
        correlation_id: trace.correlation_id.map(str::to_owned),
        subject: trace.subject,
    };
    place(tx, unplaced).await
}

async fn place(tx: &mut Tx<'_>, event: Event) -> Result<(), StoreError> {
    if let Some(conversation) = &event.conversation
        && concerns_bot(&event, conversation)
    {
        bot_conversations::wake(tx, conversation.id, event.created_at).await?;
    }
    let sequence = tx
        .query_opt(NEXT, &[(&event.project_id).into()], |row| row.get(0, "project_counters.event_sequence"))
        .await?
        .ok_or(StoreError::Corrupt("project_counters.project_id"))?;
    let event = Event { sequence, ..event };
    let values = [
        (&event.project_id).into(),
        sequence.into(),
        event.kind.as_str().into(),
        event.visitor_id.into(),
        event.conversation.as_ref().map(|conversation| conversation.id).into(),
        event.message.as_ref().map(|message| message.sequence).into(),
        event.created_at.into(),
        event.correlation_id.as_ref().into(),
        event.subject.into(),
    ];
    tx.execute(INSERT, &values).await?;
    tx.queue(event);
    Ok(())
}

/// Whether the bot that answers in a conversation has something to be told.
fn concerns_bot(event: &Event, conversation: &Conversation) -> bool {
    conversation.bot.is_some()
        && match event.kind {
            EventKind::ConversationStarted | EventKind::MessageSent => {
                event.message.as_ref().is_some_and(|message| matches!(message.author, Author::Visitor(_)))
            }
            EventKind::VisitorAuthenticated
            | EventKind::VisitorIdentityLapsed
            | EventKind::VisitorSignedOut => true,
            _ => false,
        }
}

/// The project's newest sequence; 0 if nothing happened yet.
pub async fn latest(tx: &mut Tx<'_>, project_id: &ProjectId) -> Result<i64, StoreError> {
    let latest = tx
        .query_opt(LATEST, &[project_id.into()], |row| row.get(0, "project_counters.event_sequence"))
        .await?;
    Ok(latest.unwrap_or(0))
}

/// Every project with its newest sequence.
pub async fn latest_of_all(tx: &mut Tx<'_>) -> Result<Vec<(ProjectId, i64)>, StoreError> {
    tx.query(LATEST_OF_ALL, &[], |row| {
        Ok((row.get(0, "project_counters.project_id")?, row.get(1, "project_counters.event_sequence")?))
    })
    .await
}

/// Events after a sequence, ascending, with the records as they are now.
pub async fn after(
    tx: &mut Tx<'_>,
    project_id: &ProjectId,
    sequence: i64,
    limit: usize,
) -> Result<Vec<Event>, StoreError> {
    tx.query(AFTER, &[project_id.into(), sequence.into(), (limit as i64).into()], read).await
}

fn read(row: &Row<'_>) -> Result<Event, StoreError> {
    // What was erased since is missing from the join, though the event still names it.
    let conversation = row.get::<Option<ConversationId>>(OWN_COLUMNS, "conversations.id")?;
    let message = row.get::<Option<MessageId>>(OWN_COLUMNS + COLUMNS, "messages.id")?;
    Ok(Event {
        project_id: row.get(0, "events.project_id")?,
        sequence: row.get(1, "events.sequence")?,
        kind: row.word(2, "events.kind", EventKind::parse)?,
        visitor_id: row.get(3, "events.visitor_id")?,
        conversation: conversation.map(|_| conversations::read(row, OWN_COLUMNS)).transpose()?,
        message: message.map(|_| messages::read(row, OWN_COLUMNS + COLUMNS)).transpose()?,
        created_at: row.get(4, "events.created_at")?,
        correlation_id: row.get(5, "events.correlation_id")?,
        subject: row.get(6, "events.subject")?,
    })
}
