//! What agents and API clients do with conversations and visitors.
#![expect(clippy::todo, unused_variables, clippy::unused_async, dead_code, reason = "skeleton")]

use signet_domain::access::{Caller, ProjectAccess};
use signet_domain::{ClientMessageId, Conversation, ConversationId, Message, MessageText, Project, ProjectId, Timestamp, Visitor, VisitorId};
use signet_store::conversations::{ConversationCounts, ConversationFilter};
use signet_store::visitors::VisitorFilter;
use signet_store::{Page, PageRequest};

use crate::{App, AppError, RequestContext};

/// A conversation with what every list shows of it.
#[derive(Debug, Clone)]
pub struct ConversationDetail {
    /// The conversation.
    pub conversation: Conversation,
    /// Its visitor.
    pub visitor: Visitor,
    /// The newest text.
    pub last_message: Option<Message>,
}

/// A message to be sent by an agent.
#[derive(Clone)]
pub struct SendAsAgent {
    /// Where.
    pub conversation_id: ConversationId,
    /// What.
    pub text: MessageText,
    /// The client's id for it: the same one again stores nothing and answers the first.
    pub client_message_id: Option<ClientMessageId>,
}

impl App {
    /// A project the caller may read.
    pub async fn project(&self, caller: &Caller, id: &ProjectId) -> Result<Option<Project>, AppError> {
        todo!()
    }

    /// Projects the caller may read.
    pub async fn projects(&self, caller: &Caller, page: &PageRequest) -> Result<Page<Project>, AppError> {
        todo!()
    }

    /// How many conversations of which kind; `mine` counts the caller's.
    pub async fn conversation_counts(&self, access: &ProjectAccess) -> Result<ConversationCounts, AppError> {
        todo!()
    }

    /// A conversation of one of the caller's projects.
    pub async fn conversation(&self, caller: &Caller, id: ConversationId) -> Result<Option<ConversationDetail>, AppError> {
        todo!()
    }

    /// Conversations of projects in which the caller may read them (`projects` narrows), newest activity first.
    /// `mine` keeps only the calling agent's.
    pub async fn conversations(
        &self,
        caller: &Caller,
        projects: Option<Vec<ProjectId>>,
        filter: ConversationFilter,
        mine: bool,
        page: &PageRequest,
    ) -> Result<Page<ConversationDetail>, AppError> {
        todo!()
    }

    /// The anonymous conversations that go on in this one.
    pub async fn continued_from(&self, caller: &Caller, id: ConversationId) -> Result<Vec<ConversationDetail>, AppError> {
        todo!()
    }

    /// Entries of a conversation, agents' ones included, ascending.
    pub async fn messages(&self, caller: &Caller, id: ConversationId, page: &PageRequest) -> Result<Page<Message>, AppError> {
        todo!()
    }

    /// A visitor of one of the caller's projects.
    pub async fn visitor(&self, caller: &Caller, id: VisitorId) -> Result<Option<Visitor>, AppError> {
        todo!()
    }

    /// A project's visitors, last changed first.
    pub async fn visitors(&self, access: &ProjectAccess, filter: &VisitorFilter, page: &PageRequest) -> Result<Page<Visitor>, AppError> {
        todo!()
    }

    /// Sends a message as the calling agent (or API client), who takes charge if nobody is.
    pub async fn send_as_agent(&self, caller: &Caller, message: SendAsAgent, context: &RequestContext) -> Result<Message, AppError> {
        todo!()
    }

    /// Closes a conversation. Closing a closed one answers it as it is.
    pub async fn close_conversation(&self, caller: &Caller, id: ConversationId) -> Result<ConversationDetail, AppError> {
        todo!()
    }

    /// Moves the agents' read mark forward.
    pub async fn agent_read(&self, caller: &Caller, id: ConversationId, sequence: i64) -> Result<ConversationDetail, AppError> {
        todo!()
    }

    /// Tells the visitor that the calling agent types.
    pub async fn agent_typing(&self, caller: &Caller, id: ConversationId) -> Result<(), AppError> {
        todo!()
    }
}

#[expect(unused, reason = "skeleton")]
type Unused = Timestamp;
