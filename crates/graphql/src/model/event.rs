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
    /// A sale was attributed to the conversation.
    TransactionAttributed,
    /// The visitor answered the survey after the conversation, or a question of it.
    SatisfactionAnswered,
    /// Not kept: it has no cursor.
    VisitorTyping,
}

impl ConversationEventKind {
    /// `None` for what concerns no conversation.
    pub(crate) const fn of(kind: EventKind) -> Option<Self> {
        Some(match kind {
            EventKind::ConversationStarted => Self::ConversationStarted,
            EventKind::MessageSent => Self::MessageSent,
            EventKind::ConversationUpdated => Self::ConversationUpdated,
            EventKind::ConversationClosed => Self::ConversationClosed,
            EventKind::VisitorAuthenticated => Self::VisitorAuthenticated,
            EventKind::VisitorIdentityLapsed => Self::VisitorIdentityLapsed,
            EventKind::VisitorSignedOut => Self::VisitorSignedOut,
            EventKind::TransactionAttributed => Self::TransactionAttributed,
            EventKind::SatisfactionAnswered => Self::SatisfactionAnswered,
            EventKind::VisitorAuthenticationFailed | EventKind::VisitorSessionMisused => return None,
        })
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
    /// The request behind what happened to the visitor's identity, as the page was answered and as it stands in audit log and server log. Null for
    /// what happened by itself.
    pub(crate) correlation_id: Option<String>,
}
