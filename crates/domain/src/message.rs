//! The entries of a conversation: texts that people write and notices that Signet writes.

use crate::assurance::Assurance;
use crate::ids::{AgentId, BotId, ClientMessageId, ConversationId, MessageId, SessionId, VisitorId};
use crate::text::MessageText;
use crate::time::Timestamp;

/// Who wrote an entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Author {
    /// The visitor, under the id they had then.
    Visitor(VisitorId),
    /// An agent, with the name visitors see.
    Agent {
        /// Who.
        id: AgentId,
        /// Name at the time of writing.
        name: String,
    },
    /// A program of the brand's, with the name visitors see. Never shown as a person.
    Bot {
        /// Which.
        id: BotId,
        /// Name at the time of writing.
        name: String,
    },
    /// Signet itself.
    System,
}

/// Something worth a line in the thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notice {
    /// The seam: everything after it is by a verified person.
    VisitorSignedIn,
    /// A verified person is back, on a new page or device.
    VisitorReturned,
    /// The visitor signed out.
    VisitorSignedOut,
    /// The session ran out without a fresh proof.
    IdentityLapsed,
    /// A fresh proof came after a lapse, or after an agent asked for it.
    IdentityConfirmed,
    /// An agent closed the conversation.
    ConversationClosed,
    /// The visitor signed in and goes on in another conversation.
    ContinuedElsewhere,
    /// An anonymous conversation of this person was closed in favour of this one.
    ContinuedFrom,
    /// An agent, the author of this entry, asks the visitor to confirm who they are.
    IdentityRequested,
    /// The visitor declined, or could not.
    IdentityNotConfirmed,
    /// Nobody answered in time.
    IdentityRequestUnanswered,
    /// The visitor added what they wrote before they signed in: the entries that follow.
    EarlierMessagesAdded,
    /// A bot, the author of this entry, answers.
    BotAnswers,
    /// The bot, the author, asks an agent to take over.
    BotTransferred,
    /// No agent came in time: the bot, the author, goes on.
    BotResumed,
    /// The bot, the author, can't answer: an agent has to.
    BotFailed,
}

/// Who is meant to see an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Visibility {
    /// Visitor and agents.
    Everyone,
    /// Agents alone.
    Agents,
}

impl Notice {
    const ALL: [Self; 16] = [
        Self::VisitorSignedIn,
        Self::VisitorReturned,
        Self::VisitorSignedOut,
        Self::IdentityLapsed,
        Self::IdentityConfirmed,
        Self::ConversationClosed,
        Self::ContinuedElsewhere,
        Self::ContinuedFrom,
        Self::IdentityRequested,
        Self::IdentityNotConfirmed,
        Self::IdentityRequestUnanswered,
        Self::EarlierMessagesAdded,
        Self::BotAnswers,
        Self::BotTransferred,
        Self::BotResumed,
        Self::BotFailed,
    ];

    /// The word used in storage and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VisitorSignedIn => "VISITOR_SIGNED_IN",
            Self::VisitorReturned => "VISITOR_RETURNED",
            Self::VisitorSignedOut => "VISITOR_SIGNED_OUT",
            Self::IdentityLapsed => "IDENTITY_LAPSED",
            Self::IdentityConfirmed => "IDENTITY_CONFIRMED",
            Self::ConversationClosed => "CONVERSATION_CLOSED",
            Self::ContinuedElsewhere => "CONTINUED_ELSEWHERE",
            Self::ContinuedFrom => "CONTINUED_FROM",
            Self::IdentityRequested => "IDENTITY_REQUESTED",
            Self::IdentityNotConfirmed => "IDENTITY_NOT_CONFIRMED",
            Self::IdentityRequestUnanswered => "IDENTITY_REQUEST_UNANSWERED",
            Self::EarlierMessagesAdded => "EARLIER_MESSAGES_ADDED",
            Self::BotAnswers => "BOT_ANSWERS",
            Self::BotTransferred => "BOT_TRANSFERRED",
            Self::BotResumed => "BOT_RESUMED",
            Self::BotFailed => "BOT_FAILED",
        }
    }

    /// Reads that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|notice| notice.as_str() == word)
    }

    /// Who is meant to see it. What a visitor did on another device or by leaving concerns the agents alone.
    pub const fn visibility(self) -> Visibility {
        match self {
            Self::VisitorSignedIn
            | Self::IdentityLapsed
            | Self::IdentityConfirmed
            | Self::ConversationClosed
            | Self::ContinuedElsewhere
            | Self::IdentityRequested
            | Self::IdentityNotConfirmed
            | Self::IdentityRequestUnanswered
            | Self::EarlierMessagesAdded
            | Self::BotAnswers
            | Self::BotTransferred
            | Self::BotResumed
            | Self::BotFailed => Visibility::Everyone,
            Self::VisitorReturned | Self::VisitorSignedOut | Self::ContinuedFrom => Visibility::Agents,
        }
    }
}

/// What an entry says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MessageBody {
    /// A person's words.
    Text(MessageText),
    /// A line by Signet.
    Notice(Notice),
}

/// Where a copied text stands, and when it was written there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CopiedFrom {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// When.
    pub written_at: Timestamp,
}

/// One entry of a conversation. Written once, never changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// The conversation it stands in.
    pub conversation_id: ConversationId,
    /// Its place there, from 1 without holes.
    pub sequence: i64,
    /// Who wrote it.
    pub author: Author,
    /// What it says.
    pub body: MessageBody,
    /// How sure we were of a visitor at the moment of writing. `None` unless a visitor wrote it.
    pub assurance: Option<Assurance>,
    /// When the identity behind it had been verified. `None` unless `assurance` is `Verified`.
    pub verified_at: Option<Timestamp>,
    /// The visitor session it was sent in.
    pub session_id: Option<SessionId>,
    /// The id the sender's client gave it.
    pub client_message_id: Option<ClientMessageId>,
    /// When it was stored.
    pub created_at: Timestamp,
    /// Of a text that the visitor had added from an earlier conversation.
    pub copied_from: Option<CopiedFrom>,
}

impl Message {
    /// Who is meant to see it.
    pub const fn visibility(&self) -> Visibility {
        match &self.body {
            MessageBody::Text(_) => Visibility::Everyone,
            MessageBody::Notice(notice) => notice.visibility(),
        }
    }
}
