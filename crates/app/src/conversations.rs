//! What agents and API clients do with conversations and visitors.

use std::collections::HashMap;
use std::sync::Arc;

use signet_domain::access::{Agent, Caller, ProjectAccess, Scope};
use signet_domain::conversation::CloseReason;
use signet_domain::{
    Author, ClientMessageId, Conversation, ConversationId, EventKind, Message, MessageBody, MessageId,
    MessageText, Notice, Project, ProjectId, Visitor, VisitorId,
};
use signet_realtime::{Signal, Topic, Typing};
use signet_store::conversations::{self, ConversationCounts, ConversationFilter};
use signet_store::events::{self, NewEvent};
use signet_store::messages::{self, NewMessage};
use signet_store::visitors::{self, VisitorFilter};
use signet_store::{Page, PageRequest, Tx, projects};

use crate::endings::Line;
use crate::visitor::conversation_updated;
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
        if caller.in_project(id, Scope::ProjectsRead).is_none() {
            return Ok(None);
        }
        self.find_project(id).await
    }

    /// Projects the caller may read.
    pub async fn projects(&self, caller: &Caller, page: &PageRequest) -> Result<Page<Project>, AppError> {
        let among: Vec<ProjectId> = caller.projects(Scope::ProjectsRead).into_iter().cloned().collect();
        let page = page.clone();
        self.store.read(move |tx| Box::pin(async move { Ok(projects::list(tx, &among, &page).await?) })).await
    }

    /// How many conversations of which kind; `mine` counts the caller's.
    pub async fn conversation_counts(&self, access: &ProjectAccess) -> Result<ConversationCounts, AppError> {
        let project_id = access.project_id().clone();
        let agent_id = agent_of(access.caller()).map(|agent| agent.id);
        self.store
            .read(move |tx| {
                Box::pin(async move { Ok(conversations::counts(tx, &project_id, agent_id).await?) })
            })
            .await
    }

    /// A conversation of one of the caller's projects.
    pub async fn conversation(
        &self,
        caller: &Caller,
        id: ConversationId,
    ) -> Result<Option<ConversationDetail>, AppError> {
        let caller = caller.clone();
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    match readable(tx, &caller, id).await? {
                        Some(conversation) => Ok(details(tx, vec![conversation]).await?.pop()),
                        None => Ok(None),
                    }
                })
            })
            .await
    }

    /// Conversations of projects in which the caller may read them (`projects` narrows), newest activity first.
    /// `mine` keeps only the calling agent's.
    pub async fn conversations(
        &self,
        caller: &Caller,
        projects: Option<Vec<ProjectId>>,
        mut filter: ConversationFilter,
        mine: bool,
        page: &PageRequest,
    ) -> Result<Page<ConversationDetail>, AppError> {
        let mut among: Vec<ProjectId> =
            caller.projects(Scope::ConversationsRead).into_iter().cloned().collect();
        if let Some(wanted) = projects {
            among.retain(|id| wanted.contains(id));
        }
        if mine {
            match agent_of(caller) {
                Some(agent) => filter.agent_id = Some(agent.id),
                // A program has no conversations of its own.
                None => among.clear(),
            }
        }
        let page = page.clone();
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    let found = conversations::list(tx, &among, &filter, &page).await?;
                    let (cursors, items): (Vec<_>, Vec<_>) = found.items.into_iter().unzip();
                    let items = cursors.into_iter().zip(details(tx, items).await?).collect();
                    Ok(Page { items, has_previous: found.has_previous, has_next: found.has_next })
                })
            })
            .await
    }

    /// The anonymous conversations that go on in this one.
    pub async fn continued_from(
        &self,
        caller: &Caller,
        id: ConversationId,
    ) -> Result<Vec<ConversationDetail>, AppError> {
        let caller = caller.clone();
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    if readable(tx, &caller, id).await?.is_none() {
                        return Ok(Vec::new());
                    }
                    let found = conversations::continued_from(tx, id).await?;
                    details(tx, found).await
                })
            })
            .await
    }

    /// Entries of a conversation, agents' ones included, ascending.
    pub async fn messages(
        &self,
        caller: &Caller,
        id: ConversationId,
        page: &PageRequest,
    ) -> Result<Page<Message>, AppError> {
        let (caller, page) = (caller.clone(), page.clone());
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    readable(tx, &caller, id).await?.ok_or(AppError::NotFound)?;
                    Ok(messages::list(tx, id, &page).await?)
                })
            })
            .await
    }

    /// A visitor of one of the caller's projects.
    pub async fn visitor(&self, caller: &Caller, id: VisitorId) -> Result<Option<Visitor>, AppError> {
        let found = self
            .store
            .read(move |tx| Box::pin(async move { Ok::<_, AppError>(visitors::find(tx, id).await?) }))
            .await?;
        Ok(found.filter(|visitor| caller.in_project(&visitor.project_id, Scope::VisitorsRead).is_some()))
    }

    /// A project's visitors, last changed first.
    pub async fn visitors(
        &self,
        access: &ProjectAccess,
        filter: &VisitorFilter,
        page: &PageRequest,
    ) -> Result<Page<Visitor>, AppError> {
        let (project_id, filter, page) = (access.project_id().clone(), filter.clone(), page.clone());
        self.store
            .read(move |tx| {
                Box::pin(async move { Ok(visitors::list(tx, &project_id, &filter, &page).await?) })
            })
            .await
    }

    /// Sends a message as the calling agent, who takes charge if nobody is. A program may not speak for a person.
    pub async fn send_as_agent(
        &self,
        caller: &Caller,
        message: SendAsAgent,
        context: &RequestContext,
    ) -> Result<Message, AppError> {
        let agent = agent_of(caller).ok_or(AppError::PermissionDenied)?.clone();
        let (caller, now) = (caller.clone(), self.env.now());
        let entry = NewMessage {
            id: MessageId::generate(&self.env),
            author: Author::Agent { id: agent.id, name: agent.name.clone() },
            body: MessageBody::Text(message.text),
            assurance: None,
            verified_at: None,
            session_id: None,
            client_message_id: message.client_message_id,
            created_at: now,
            copied_from: None,
        };
        let id = message.conversation_id;
        let result: Result<Message, AppError> = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    writable(tx, &caller, id).await?;
                    if let Some(client_id) = entry.client_message_id
                        && let Some(stored) =
                            messages::find_by_client_id(tx, &entry.author, client_id).await?
                    {
                        return Ok(stored);
                    }
                    conversations::take(tx, id, &agent).await?;
                    let appended = messages::append(tx, id, entry).await?;
                    let (stored, conversation) = appended.ok_or(AppError::ConversationClosed)?;
                    let event = NewEvent::of_conversation(EventKind::MessageSent, conversation, now);
                    events::append(tx, event.with(stored.clone())).await?;
                    Ok(stored)
                })
            })
            .await;
        match &result {
            Ok(_) => metrics::counter!("signet_messages_total", "author" => "agent").increment(1),
            Err(error) => {
                let (code, correlation_id) = (error.code(), &context.correlation_id);
                tracing::info!(code, %correlation_id, conversation = %id, "agent's message refused");
            }
        }
        result
    }

    /// Closes a conversation. Closing a closed one answers it as it is.
    pub async fn close_conversation(
        &self,
        caller: &Caller,
        id: ConversationId,
    ) -> Result<ConversationDetail, AppError> {
        let (caller, now, notice) = (caller.clone(), self.env.now(), MessageId::generate(&self.env));
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    writable(tx, &caller, id).await?;
                    if conversations::close(tx, id, CloseReason::Agent, None, now).await? {
                        let kind = EventKind::ConversationClosed;
                        Line::plain(notice, Notice::ConversationClosed, kind, now).write(tx, id).await?;
                    }
                    detail(tx, id).await
                })
            })
            .await
    }

    /// Moves the agents' read mark forward.
    pub async fn agent_read(
        &self,
        caller: &Caller,
        id: ConversationId,
        sequence: i64,
    ) -> Result<ConversationDetail, AppError> {
        let (caller, now) = (caller.clone(), self.env.now());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let conversation = writable(tx, &caller, id).await?;
                    if conversations::mark_read_by_agent(tx, id, sequence.min(conversation.last_sequence))
                        .await?
                    {
                        let marked = conversations::find(tx, id).await?.ok_or(AppError::NotFound)?;
                        conversation_updated(tx, marked, now).await?;
                    }
                    detail(tx, id).await
                })
            })
            .await
    }

    /// Tells the visitor that the calling agent types.
    pub async fn agent_typing(&self, caller: &Caller, id: ConversationId) -> Result<(), AppError> {
        let agent = agent_of(caller).ok_or(AppError::PermissionDenied)?;
        let by = caller.clone();
        let conversation =
            self.store.read(move |tx| Box::pin(async move { writable(tx, &by, id).await })).await?;
        if conversation.state.is_ongoing() {
            let signal = Signal::AgentTyping { conversation_id: id, name: Arc::from(agent.name.as_str()) };
            let visitor_id = conversation.visitor_id;
            self.hub.publish(&Topic::Visitor(visitor_id), &signal);
            self.hub.relay().types(Typing::Agent { visitor_id, conversation_id: id, agent_id: agent.id });
        }
        Ok(())
    }

    /// The records behind an event, for those who watch a project.
    pub async fn detail_of(
        &self,
        access: &ProjectAccess,
        conversation: Conversation,
    ) -> Result<ConversationDetail, AppError> {
        debug_assert_eq!(access.project_id(), &conversation.project_id);
        self.store
            .read(move |tx| {
                Box::pin(
                    async move { details(tx, vec![conversation]).await?.pop().ok_or(AppError::NotFound) },
                )
            })
            .await
    }
}

pub(crate) fn agent_of(caller: &Caller) -> Option<&Agent> {
    match caller {
        Caller::Agent(agent) => Some(agent),
        Caller::Client(_) => None,
    }
}

/// A conversation, if the caller may read it. Another project's is missing.
pub(crate) async fn readable(
    tx: &mut Tx<'_>,
    caller: &Caller,
    id: ConversationId,
) -> Result<Option<Conversation>, AppError> {
    let found = conversations::find(tx, id).await?;
    Ok(found.filter(|found| caller.in_project(&found.project_id, Scope::ConversationsRead).is_some()))
}

/// A conversation the caller may write to: missing if it can't even be read, denied if only that.
pub(crate) async fn writable(
    tx: &mut Tx<'_>,
    caller: &Caller,
    id: ConversationId,
) -> Result<Conversation, AppError> {
    let conversation = readable(tx, caller, id).await?.ok_or(AppError::NotFound)?;
    match caller.in_project(&conversation.project_id, Scope::ConversationsWrite) {
        Some(_) => Ok(conversation),
        None => Err(AppError::PermissionDenied),
    }
}

pub(crate) async fn detail(tx: &mut Tx<'_>, id: ConversationId) -> Result<ConversationDetail, AppError> {
    let conversation = conversations::find(tx, id).await?.ok_or(AppError::NotFound)?;
    details(tx, vec![conversation]).await?.pop().ok_or(AppError::NotFound)
}

/// Joins conversations with their visitors and newest texts, two queries for any number.
async fn details(
    tx: &mut Tx<'_>,
    conversations: Vec<Conversation>,
) -> Result<Vec<ConversationDetail>, AppError> {
    let mut visitor_ids: Vec<_> = conversations.iter().map(|conversation| conversation.visitor_id).collect();
    visitor_ids.sort_unstable();
    visitor_ids.dedup();
    let ids: Vec<_> = conversations.iter().map(|conversation| conversation.id).collect();
    let visitors: HashMap<VisitorId, Visitor> = visitors::find_many(tx, &visitor_ids)
        .await?
        .into_iter()
        .map(|visitor| (visitor.id, visitor))
        .collect();
    let mut texts: HashMap<ConversationId, Message> = messages::last_texts(tx, &ids)
        .await?
        .into_iter()
        .map(|message| (message.conversation_id, message))
        .collect();
    conversations
        .into_iter()
        .map(|conversation| {
            // The schema's foreign key makes a conversation without its visitor impossible.
            let visitor = visitors.get(&conversation.visitor_id).cloned().ok_or(AppError::NotFound)?;
            let last_message = texts.remove(&conversation.id);
            Ok(ConversationDetail { conversation, visitor, last_message })
        })
        .collect()
}
