//! Conversations: state, counters and marks are kept in the row, so that a list costs one query.

use signet_domain::access::Agent;
use signet_domain::conversation::CloseReason;
use signet_domain::{AgentId, Conversation, ConversationId, ProjectId, Timestamp, VisitorId};

use crate::{Page, PageRequest, StoreError, Tx};

/// Starts a conversation. [`StoreError::Conflict`] if the visitor has an ongoing one (one at most, by the schema).
pub async fn insert(tx: &mut Tx<'_>, id: ConversationId, project_id: &ProjectId, visitor_id: VisitorId, now: Timestamp) -> Result<Conversation, StoreError> {
    todo!()
}

/// Finds a conversation.
pub async fn find(tx: &mut Tx<'_>, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
    todo!()
}

/// Finds the ongoing conversation of a visitor.
pub async fn find_ongoing(tx: &mut Tx<'_>, visitor_id: VisitorId) -> Result<Option<Conversation>, StoreError> {
    todo!()
}

/// Gives an ongoing conversation from one visitor to another (case 1). False if it is not `from`'s or not ongoing.
pub async fn adopt(tx: &mut Tx<'_>, id: ConversationId, from: VisitorId, to: VisitorId) -> Result<bool, StoreError> {
    todo!()
}

/// Closes an ongoing conversation. False if it was closed already.
pub async fn close(tx: &mut Tx<'_>, id: ConversationId, reason: CloseReason, continued_in: Option<ConversationId>, now: Timestamp) -> Result<bool, StoreError> {
    todo!()
}

/// Conversations that go on in this one.
pub async fn continued_from(tx: &mut Tx<'_>, id: ConversationId) -> Result<Vec<Conversation>, StoreError> {
    todo!()
}

/// Puts an agent in charge if nobody is.
pub async fn take(tx: &mut Tx<'_>, id: ConversationId, agent: &Agent) -> Result<bool, StoreError> {
    todo!()
}

/// Moves the agents' read mark forward (never back), and recounts what is unread. False if it did not move.
pub async fn mark_read_by_agent(tx: &mut Tx<'_>, id: ConversationId, sequence: i64) -> Result<bool, StoreError> {
    todo!()
}

/// Moves the visitor's read mark forward. False if it did not move.
pub async fn mark_read_by_visitor(tx: &mut Tx<'_>, id: ConversationId, sequence: i64) -> Result<bool, StoreError> {
    todo!()
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

/// Lists conversations of the projects, newest activity first.
pub async fn list(tx: &mut Tx<'_>, projects: &[ProjectId], filter: &ConversationFilter, page: &PageRequest) -> Result<Page<Conversation>, StoreError> {
    todo!()
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
pub async fn counts(tx: &mut Tx<'_>, project_id: &ProjectId, agent_id: Option<AgentId>) -> Result<ConversationCounts, StoreError> {
    todo!()
}
