//! What happens in a project's conversations.

use async_graphql::{Enum, SimpleObject};
use signet_domain::EventKind;

use super::{ConversationNode, MessageNode};
use crate::scalars::Long;

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConversationEventKind {
    /// A visitor's first message started a conversation.
    ConversationStarted,
    /// Somebody wrote a text.
    MessageSent,
    /// Read marks, agent in charge, or a notice.
    ConversationUpdated,
    ConversationClosed,
    /// A token proved who the visitor is.
    VisitorAuthenticated,
    /// A session ran out or was revoked, and no other proves the visitor's identity.
    VisitorIdentityLapsed,
    VisitorSignedOut,
    /// Not kept: it has no cursor.
    VisitorTyping,
}

impl From<EventKind> for ConversationEventKind {
    fn from(kind: EventKind) -> Self {
        match kind {
            EventKind::ConversationStarted => Self::ConversationStarted,
            EventKind::MessageSent => Self::MessageSent,
            EventKind::ConversationUpdated => Self::ConversationUpdated,
            EventKind::ConversationClosed => Self::ConversationClosed,
            EventKind::VisitorAuthenticated => Self::VisitorAuthenticated,
            EventKind::VisitorIdentityLapsed => Self::VisitorIdentityLapsed,
            EventKind::VisitorSignedOut => Self::VisitorSignedOut,
        }
    }
}

#[derive(SimpleObject)]
pub(crate) struct ConversationEvent {
    /// Place in the project's order, to resume from. Null for what is not kept (typing).
    pub(crate) cursor: Option<Long>,
    pub(crate) kind: ConversationEventKind,
    pub(crate) conversation: ConversationNode,
    /// The new entry, when there is one.
    pub(crate) message: Option<MessageNode>,
}
