//! Threads between a visitor and the brand.

use crate::bot::BotInCharge;
use crate::ids::{AgentId, ConversationId, ProjectId, VisitorId};
use crate::time::Timestamp;
use crate::visitor::Visitor;

/// Why a conversation was closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CloseReason {
    /// An agent closed it.
    Agent,
    /// A bot closed it.
    Bot,
    /// The visitor signed in and has a verified conversation, in which it goes on (section 7, case 3).
    ContinuedInVerified,
    /// Its visitor was anonymised.
    Policy,
}

impl CloseReason {
    /// The word used in storage and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "AGENT",
            Self::Bot => "BOT",
            Self::ContinuedInVerified => "CONTINUED_IN_VERIFIED",
            Self::Policy => "POLICY",
        }
    }

    /// Reads that word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "AGENT" => Some(Self::Agent),
            "BOT" => Some(Self::Bot),
            "CONTINUED_IN_VERIFIED" => Some(Self::ContinuedInVerified),
            "POLICY" => Some(Self::Policy),
            _ => None,
        }
    }
}

/// Whether a conversation goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConversationState {
    /// Open for both sides.
    Ongoing,
    /// Over.
    Closed {
        /// When.
        at: Timestamp,
        /// Why.
        reason: CloseReason,
    },
}

impl ConversationState {
    /// Whether it is open.
    pub const fn is_ongoing(self) -> bool {
        matches!(self, Self::Ongoing)
    }

    /// The word used in storage and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ongoing => "ONGOING",
            Self::Closed { .. } => "CLOSED",
        }
    }
}

/// The agent in charge of a conversation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgentInCharge {
    /// Who.
    pub id: AgentId,
    /// The name visitors see.
    pub name: String,
}

/// An agent's wish that the visitor confirms who they are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdentityRequest {
    /// When. Only a proof made after it counts.
    pub at: Timestamp,
    /// Who asks.
    pub by: AgentInCharge,
}

/// A thread between a visitor and the brand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// The project it belongs to.
    pub project_id: ProjectId,
    /// The visitor it belongs to now.
    pub visitor_id: VisitorId,
    /// Open or closed.
    pub state: ConversationState,
    /// When the first message was sent.
    pub created_at: Timestamp,
    /// The conversation in which this one goes on.
    pub continued_in: Option<ConversationId>,
    /// Who answers.
    pub agent: Option<AgentInCharge>,
    /// The sequence of the newest entry. Entries count from 1 without holes.
    pub last_sequence: i64,
    /// The sequence of the newest entry that is a text; 0 when there is none.
    pub last_text_sequence: i64,
    /// When somebody last wrote.
    pub last_activity_at: Timestamp,
    /// Since when the visitor waits for an answer.
    pub waiting_since: Option<Timestamp>,
    /// Visitor's texts after `read_by_agent`.
    pub unread_count: i64,
    /// The agents have seen everything up to this sequence.
    pub read_by_agent: i64,
    /// The visitor has seen everything up to this sequence.
    pub read_by_visitor: i64,
    /// The visitor is asked to confirm who they are, and has not answered.
    pub identity_request: Option<IdentityRequest>,
    /// How many of its messages the visitor had added to the conversation in which it goes on; `None`: they did not ask for it.
    pub messages_added: Option<i64>,
    /// The bot that answers. While it does, no agent is in charge and the visitor does not wait for one.
    pub bot: Option<BotInCharge>,
    /// Since when its messages are gone, or going.
    pub anonymized_at: Option<Timestamp>,
}

/// Why an identity is no longer proved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LapseReason {
    /// The session's time passed.
    Expired,
    /// The visitor signed out.
    SignedOut,
    /// The session was revoked.
    Revoked,
}

impl LapseReason {
    /// The word used in storage and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "EXPIRED",
            Self::SignedOut => "SIGNED_OUT",
            Self::Revoked => "REVOKED",
        }
    }

    /// Reads that word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "EXPIRED" => Some(Self::Expired),
            "SIGNED_OUT" => Some(Self::SignedOut),
            "REVOKED" => Some(Self::Revoked),
            _ => None,
        }
    }
}

/// What the padlock says: whether we know now who is on the other side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Identity {
    /// Nobody ever proved who this is.
    NotVerified,
    /// A live session proves it.
    Verified {
        /// When the token was verified.
        at: Timestamp,
    },
    /// It was proved, and is no longer.
    NoLongerVerified {
        /// When the token was verified.
        verified_at: Timestamp,
        /// Since when it is not.
        since: Timestamp,
        /// Why.
        reason: LapseReason,
    },
}

impl Identity {
    /// Reads it off the visitor's record.
    pub fn of(visitor: &Visitor) -> Self {
        match (visitor.verified_at, visitor.lapsed) {
            (None, _) => Self::NotVerified,
            (Some(at), None) => Self::Verified { at },
            (Some(verified_at), Some((since, reason))) => {
                Self::NoLongerVerified { verified_at, since, reason }
            }
        }
    }
}
