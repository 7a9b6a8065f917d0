//! What happened, for those who watch: agents' desks, visitors' sockets, webhooks.
//!
//! Every event is written in the transaction that makes the change, under the project's next sequence, so that
//! whoever was away can resume from a cursor. A published event carries the records as they were after the change.

use crate::conversation::Conversation;
use crate::ids::{ProjectId, VisitorId};
use crate::message::Message;
use crate::time::Timestamp;
use uuid::Uuid;

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EventKind {
    /// A visitor's first message started a conversation.
    ConversationStarted,
    /// Somebody wrote a text.
    MessageSent,
    /// Read marks, agent in charge, or a notice.
    ConversationUpdated,
    /// A conversation was closed.
    ConversationClosed,
    /// A token proved who the visitor is.
    VisitorAuthenticated,
    /// A session ran out or was revoked, and no other proves the visitor's identity.
    VisitorIdentityLapsed,
    /// The visitor signed out.
    VisitorSignedOut,
    /// A token was refused. No visitor is known.
    VisitorAuthenticationFailed,
    /// A sale was attributed to a conversation.
    TransactionAttributed,
    /// A visitor answered the survey after a conversation, or a question of it.
    SatisfactionAnswered,
    /// A visitor's session token was used without the proof of its key.
    VisitorSessionMisused,
}

impl EventKind {
    const ALL: [Self; 11] = [
        Self::ConversationStarted,
        Self::MessageSent,
        Self::ConversationUpdated,
        Self::ConversationClosed,
        Self::VisitorAuthenticated,
        Self::VisitorIdentityLapsed,
        Self::VisitorSignedOut,
        Self::VisitorAuthenticationFailed,
        Self::TransactionAttributed,
        Self::SatisfactionAnswered,
        Self::VisitorSessionMisused,
    ];

    /// The word used in storage and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConversationStarted => "CONVERSATION_STARTED",
            Self::MessageSent => "MESSAGE_SENT",
            Self::ConversationUpdated => "CONVERSATION_UPDATED",
            Self::ConversationClosed => "CONVERSATION_CLOSED",
            Self::VisitorAuthenticated => "VISITOR_AUTHENTICATED",
            Self::VisitorIdentityLapsed => "VISITOR_IDENTITY_LAPSED",
            Self::VisitorSignedOut => "VISITOR_SIGNED_OUT",
            Self::VisitorAuthenticationFailed => "VISITOR_AUTHENTICATION_FAILED",
            Self::TransactionAttributed => "TRANSACTION_ATTRIBUTED",
            Self::SatisfactionAnswered => "SATISFACTION_ANSWERED",
            Self::VisitorSessionMisused => "VISITOR_SESSION_MISUSED",
        }
    }

    /// Reads that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Something that happened in a project.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// Where.
    pub project_id: ProjectId,
    /// Its place in the project's order, from 1.
    pub sequence: i64,
    /// What.
    pub kind: EventKind,
    /// The visitor concerned. `None` when nobody proved to be one.
    pub visitor_id: Option<VisitorId>,
    /// The conversation concerned, as it was after the change. `None` when a visitor without one signs in or out.
    pub conversation: Option<Conversation>,
    /// The new entry, when there is one.
    pub message: Option<Message>,
    /// When.
    pub created_at: Timestamp,
    /// The request behind it, as it was answered to the page and stands in the logs. `None` for what happened by itself.
    pub correlation_id: Option<String>,
    /// What it is about, by kind: the session of an identity's events, the failure's record, the transaction.
    pub subject: Option<Uuid>,
}
