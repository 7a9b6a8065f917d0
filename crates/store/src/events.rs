//! The log of what happened in a project, in order: what agents resume from and what webhooks will be sent from.

use signet_domain::{Conversation, Event, EventKind, Message, ProjectId, Timestamp, VisitorId};

use crate::{StoreError, Tx};

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

/// Writes an event under the project's next sequence and queues it for the [`crate::CommitObserver`]. Call it last in a
/// body: on PostgreSQL it holds the project's counter until the commit.
pub async fn append(tx: &mut Tx<'_>, event: NewEvent) -> Result<(), StoreError> {
    todo!()
}

/// The project's newest sequence; 0 if nothing happened yet.
pub async fn latest(tx: &mut Tx<'_>, project_id: &ProjectId) -> Result<i64, StoreError> {
    todo!()
}

/// Events after a sequence, ascending, with the records as they are now.
pub async fn after(tx: &mut Tx<'_>, project_id: &ProjectId, sequence: i64, limit: usize) -> Result<Vec<Event>, StoreError> {
    todo!()
}
