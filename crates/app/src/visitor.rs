//! What a visitor does: write, read, leave.
#![expect(clippy::todo, unused_variables, clippy::unused_async, dead_code, reason = "skeleton")]

use signet_domain::{ClientMessageId, Conversation, ConversationId, Message, MessageText, Timestamp};
use signet_store::messages::HistoryCursor;

use crate::session_token::VisitorSession;
use crate::{App, AppError, RequestContext};

/// A message is stored durably.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Where.
    pub conversation_id: ConversationId,
    /// Its place.
    pub sequence: i64,
    /// The client's id for it.
    pub client_message_id: ClientMessageId,
    /// When.
    pub created_at: Timestamp,
    /// It had been stored before: this was a retry.
    pub duplicate: bool,
}

/// The visitor's ongoing conversation (or the one last closed that the client still shows) from a cursor on.
#[derive(Debug, Clone)]
pub struct Thread {
    /// The conversation; `None` if there is none.
    pub conversation: Option<Conversation>,
    /// Entries for the visitor's eyes, ascending.
    pub entries: Vec<Message>,
    /// The client must forget what it held: the entries are the newest ones.
    pub reset: bool,
}

/// A page of a visitor's history.
#[derive(Debug, Clone)]
pub struct History {
    /// Entries for the visitor's eyes, ascending.
    pub entries: Vec<Message>,
    /// The conversations they stand in.
    pub conversations: Vec<Conversation>,
    /// Where the next older page begins.
    pub before: Option<HistoryCursor>,
}

impl App {
    /// Stores a visitor's message and answers after the durable commit. Starts a conversation if none is ongoing.
    pub async fn visitor_send(
        &self,
        session: &VisitorSession,
        client_message_id: ClientMessageId,
        text: MessageText,
        context: &RequestContext,
    ) -> Result<Acknowledgement, AppError> {
        todo!()
    }

    /// What a client that holds entries up to `known` must be told.
    pub async fn visitor_thread(&self, session: &VisitorSession, known: Option<(ConversationId, i64)>) -> Result<Thread, AppError> {
        todo!()
    }

    /// A page of earlier entries, 1 to 100.
    pub async fn visitor_history(&self, session: &VisitorSession, before: Option<HistoryCursor>, limit: usize) -> Result<History, AppError> {
        todo!()
    }

    /// The visitor has seen everything up to here.
    pub async fn visitor_read(&self, session: &VisitorSession, conversation_id: ConversationId, sequence: i64) -> Result<(), AppError> {
        todo!()
    }

    /// Tells agents that the visitor types.
    pub fn visitor_typing(&self, session: &VisitorSession, conversation_id: ConversationId) {
        todo!()
    }

    /// Ends the session that a token names, live or expired; idempotent. Its sockets close; for an anonymous one, the
    /// device credential proves nothing any more.
    pub async fn logout(&self, token: &str, context: &RequestContext) -> Result<(), AppError> {
        todo!()
    }
}
