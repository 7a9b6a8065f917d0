//! The entries of conversations.

use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use signet_domain::{Author, Caller, Message, MessageBody};

use crate::call::Call;
use crate::scalars::{DateTime, Uuid};

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MessageKind {
    /// A person's words.
    Text,
    /// A line by Signet.
    Notice,
}

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "signet_domain::Notice")]
pub(crate) enum NoticeCode {
    /// The seam: everything after it is by a verified person.
    VisitorSignedIn,
    /// A verified person is back, on a new page or device.
    VisitorReturned,
    VisitorSignedOut,
    /// The session ran out without a fresh proof.
    IdentityLapsed,
    /// A fresh proof came after a lapse, or after an agent asked for it.
    IdentityConfirmed,
    ConversationClosed,
    /// The visitor signed in and goes on in another conversation.
    ContinuedElsewhere,
    /// An anonymous conversation of this person was closed in favour of this one.
    ContinuedFrom,
    /// An agent, the author, asks the visitor to confirm who they are.
    IdentityRequested,
    /// The visitor declined, or the page could not prove it.
    IdentityNotConfirmed,
    /// Nobody answered the request in time.
    IdentityRequestUnanswered,
    /// The visitor added what they wrote before they signed in: the entries that follow.
    EarlierMessagesAdded,
    /// A bot, the author, answers.
    BotAnswers,
    /// The bot, the author, asks an agent to take over.
    BotTransferred,
    /// No agent came in time: the bot, the author, goes on.
    BotResumed,
    /// The bot, the author, can't answer: an agent has to.
    BotFailed,
}

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AuthorType {
    Visitor,
    Agent,
    /// A program of the brand's, never a person.
    Bot,
    System,
}

/// How sure we are of who wrote something.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "signet_domain::Assurance")]
pub(crate) enum Assurance {
    /// Nobody vouches for the visitor.
    Anonymous,
    /// The page named the visitor, without proof.
    Claimed,
    /// A token that the brand signed and Signet verified proves it.
    Verified,
}

#[derive(SimpleObject)]
pub(crate) struct MessageAuthor {
    #[graphql(name = "type")]
    kind: AuthorType,
    /// Null for the system.
    id: Option<Uuid>,
    /// The name visitors see. Only of agents and bots.
    name: Option<String>,
}

impl From<&Author> for MessageAuthor {
    fn from(author: &Author) -> Self {
        match author {
            Author::Visitor(id) => {
                Self { kind: AuthorType::Visitor, id: Some(Uuid(id.as_uuid())), name: None }
            }
            Author::Agent { id, name } => {
                Self { kind: AuthorType::Agent, id: Some(Uuid(id.as_uuid())), name: Some(name.clone()) }
            }
            Author::Bot { id, name } => {
                Self { kind: AuthorType::Bot, id: Some(Uuid(id.as_uuid())), name: Some(name.clone()) }
            }
            Author::System => Self { kind: AuthorType::System, id: None, name: None },
        }
    }
}

/// Where a text stands that the visitor added from before they signed in.
#[derive(SimpleObject)]
pub(crate) struct CopiedFrom {
    conversation_id: Uuid,
    /// When it was written there.
    written_at: DateTime,
}

pub(crate) struct MessageNode(pub(crate) Message);

#[Object(name = "Message")]
impl MessageNode {
    async fn id(&self) -> Uuid {
        Uuid(self.0.id.as_uuid())
    }

    async fn conversation_id(&self) -> Uuid {
        Uuid(self.0.conversation_id.as_uuid())
    }

    /// Its place in the conversation, from 1 without holes.
    async fn sequence(&self) -> i64 {
        self.0.sequence
    }

    async fn kind(&self) -> MessageKind {
        match self.0.body {
            MessageBody::Text(_) => MessageKind::Text,
            MessageBody::Notice(_) => MessageKind::Notice,
        }
    }

    async fn notice(&self) -> Option<NoticeCode> {
        match self.0.body {
            MessageBody::Text(_) => None,
            MessageBody::Notice(notice) => Some(notice.into()),
        }
    }

    async fn text(&self) -> Option<&str> {
        match &self.0.body {
            MessageBody::Text(text) => Some(text.as_str()),
            MessageBody::Notice(_) => None,
        }
    }

    async fn author(&self) -> MessageAuthor {
        (&self.0.author).into()
    }

    /// Of the visitor at the moment of writing; null unless a visitor wrote it.
    async fn assurance(&self) -> Option<Assurance> {
        self.0.assurance.map(Assurance::from)
    }

    /// When the identity behind this message had been verified.
    async fn verified_at(&self) -> Option<DateTime> {
        self.0.verified_at.map(DateTime)
    }

    async fn session_id(&self) -> Option<Uuid> {
        self.0.session_id.map(|id| Uuid(id.as_uuid()))
    }

    /// The id the sender's client gave it, so that a sender can match its own. Only for messages of the calling agent, else null.
    #[expect(clippy::unused_async, reason = "resolvers are asynchronous")]
    async fn client_message_id(&self, ctx: &Context<'_>) -> Result<Option<Uuid>> {
        let own = match (&self.0.author, &Call::of(ctx)?.caller) {
            (Author::Agent { id, .. }, Caller::Agent(agent)) => *id == agent.id,
            _ => false,
        };
        Ok(self.0.client_message_id.filter(|_| own).map(|id| Uuid(id.as_uuid())))
    }

    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// Null unless the visitor added the text from an earlier conversation.
    async fn copied_from(&self) -> Option<CopiedFrom> {
        self.0.copied_from.map(|copied| CopiedFrom {
            conversation_id: Uuid(copied.conversation_id.as_uuid()),
            written_at: copied.written_at.into(),
        })
    }
}
