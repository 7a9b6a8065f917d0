//! The entries of conversations. Written once, never changed.

use signet_domain::{
    Assurance, Author, ClientMessageId, Conversation, ConversationId, Message, MessageBody, MessageId, SessionId, Timestamp, VisitorId,
};

use crate::{Page, PageRequest, StoreError, Tx};

/// An entry that has no place yet.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// Its id.
    pub id: MessageId,
    /// Who wrote it.
    pub author: Author,
    /// What it says.
    pub body: MessageBody,
    /// Of a visitor at the moment of writing.
    pub assurance: Option<Assurance>,
    /// When the identity behind it had been verified.
    pub verified_at: Option<Timestamp>,
    /// The session it was sent in.
    pub session_id: Option<SessionId>,
    /// The sender's id for it.
    pub client_message_id: Option<ClientMessageId>,
    /// Now.
    pub created_at: Timestamp,
}

/// Adds an entry to a conversation: takes the next sequence, keeps the row's counters (activity, waiting, unread; a visitor's
/// text makes it wait and counts as unread, an agent's text ends the wait; a sender has read what they wrote), and answers entry
/// and conversation as they are then. `None` if there is no such conversation, or it is closed and the entry is a text.
pub async fn append(tx: &mut Tx<'_>, conversation_id: ConversationId, message: NewMessage) -> Result<Option<(Message, Conversation)>, StoreError> {
    todo!()
}

/// Finds the entry a client sent under that id. `visitor_id` or agent is the sender: ids of one sender never meet another's.
pub async fn find_by_client_id(tx: &mut Tx<'_>, sender: &Author, client_message_id: ClientMessageId) -> Result<Option<Message>, StoreError> {
    todo!()
}

/// Entries after a sequence, ascending, at most `limit`.
pub async fn after(tx: &mut Tx<'_>, conversation_id: ConversationId, sequence: i64, limit: usize) -> Result<Vec<Message>, StoreError> {
    todo!()
}

/// The newest `limit` entries, ascending.
pub async fn newest(tx: &mut Tx<'_>, conversation_id: ConversationId, limit: usize) -> Result<Vec<Message>, StoreError> {
    todo!()
}

/// A page of a conversation, ascending. The cursor's key is the sequence.
pub async fn list(tx: &mut Tx<'_>, conversation_id: ConversationId, page: &PageRequest) -> Result<Page<Message>, StoreError> {
    todo!()
}

/// The newest text of each conversation, for previews.
pub async fn last_texts(tx: &mut Tx<'_>, conversations: &[ConversationId]) -> Result<Vec<Message>, StoreError> {
    todo!()
}

/// A place in a visitor's history: an entry of one of their conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryCursor {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The entry's sequence.
    pub sequence: i64,
}

/// Entries of all conversations of a visitor that come before a place (or the newest), across conversations, ascending;
/// entries for agents alone are left out. Conversations that went on elsewhere (case 3) are left out too.
pub async fn history(tx: &mut Tx<'_>, visitor_id: VisitorId, before: Option<HistoryCursor>, limit: usize) -> Result<Vec<Message>, StoreError> {
    todo!()
}
