//! Conversations, and whether we know who is on the other side.

use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};
use signet_app::{AppError, ConversationDetail, ConversationFilter};
use signet_domain::conversation::{AgentInCharge, IdentityRequest as AskedIdentity};
use signet_domain::{
    BotInCharge, Conversation, ConversationState as State, Identity as DomainIdentity, Message, Scope,
    Visitor, VisitorId, limits,
};
use tokio::sync::OnceCell;

use super::report::{SatisfactionNode, TransactionNode};
use super::{MessageNode, ProjectNode, VisitorNode};
use crate::call::Call;
use crate::page::{Connection, PageArguments, page_cost};
use crate::scalars::{DateTime, Uuid};

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConversationState {
    Ongoing,
    Closed,
}

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "signet_domain::CloseReason")]
pub(crate) enum CloseReason {
    /// An agent closed it.
    Agent,
    /// A bot closed it.
    Bot,
    /// The visitor signed in and has a verified conversation, in which it goes on.
    ContinuedInVerified,
    /// Its visitor was anonymised.
    Policy,
}

#[derive(InputObject)]
#[graphql(name = "ConversationFilter")]
pub(crate) struct ConversationFilterInput {
    state: Option<ConversationState>,
    /// Only conversations whose visitor waits for an answer.
    waiting: Option<bool>,
    /// Only conversations of the calling agent.
    pub(crate) mine: Option<bool>,
    visitor_id: Option<Uuid>,
}

impl From<ConversationFilterInput> for ConversationFilter {
    fn from(input: ConversationFilterInput) -> Self {
        Self {
            ongoing: input.state.map(|state| state == ConversationState::Ongoing),
            waiting: input.waiting.unwrap_or(false),
            visitor_id: input.visitor_id.map(|id| VisitorId::from_uuid(id.0)),
            ..Self::default()
        }
    }
}

#[derive(InputObject)]
pub(crate) struct IntervalInput {
    /// Inclusive.
    pub(crate) from: DateTime,
    /// Exclusive.
    pub(crate) to: DateTime,
}

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdentityState {
    /// A live session proves it.
    Verified,
    /// Nobody ever proved who this is.
    NotVerified,
    /// It was proved, and is no longer.
    NoLongerVerified,
}

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "signet_domain::LapseReason")]
pub(crate) enum LapseReason {
    /// The session's time passed.
    Expired,
    SignedOut,
    Revoked,
}

/// Whether we know now who is on the other side.
#[derive(SimpleObject)]
pub(crate) struct Identity {
    state: IdentityState,
    /// When the token that proves it was verified. Kept after it lapses.
    verified_at: Option<DateTime>,
    /// Since when it is no longer proved.
    lapsed_at: Option<DateTime>,
    lapse_reason: Option<LapseReason>,
}

impl From<DomainIdentity> for Identity {
    fn from(identity: DomainIdentity) -> Self {
        let (state, verified_at, lapse) = match identity {
            DomainIdentity::NotVerified => (IdentityState::NotVerified, None, None),
            DomainIdentity::Verified { at } => (IdentityState::Verified, Some(at), None),
            DomainIdentity::NoLongerVerified { verified_at, since, reason } => {
                (IdentityState::NoLongerVerified, Some(verified_at), Some((since, reason)))
            }
        };
        Self {
            state,
            verified_at: verified_at.map(DateTime),
            lapsed_at: lapse.map(|(since, _)| DateTime(since)),
            lapse_reason: lapse.map(|(_, reason)| reason.into()),
        }
    }
}

#[derive(SimpleObject)]
pub(crate) struct Agent {
    id: Uuid,
    /// The name visitors see.
    name: String,
}

/// A bot as a conversation names it.
#[derive(SimpleObject)]
pub(crate) struct ConversationBot {
    id: Uuid,
    /// The name visitors see.
    name: String,
}

impl From<&BotInCharge> for ConversationBot {
    fn from(bot: &BotInCharge) -> Self {
        Self { id: Uuid(bot.id.as_uuid()), name: bot.name.clone() }
    }
}

/// An agent asks the visitor to confirm who they are.
#[derive(SimpleObject)]
pub(crate) struct IdentityRequest {
    requested_by: Agent,
    /// Only a proof made after this counts.
    requested_at: DateTime,
    /// When it ends by itself.
    expires_at: DateTime,
}

impl From<&AskedIdentity> for IdentityRequest {
    fn from(asked: &AskedIdentity) -> Self {
        Self {
            requested_by: Agent::from(&asked.by),
            requested_at: asked.at.into(),
            expires_at: asked.at.after(limits::IDENTITY_REQUEST).into(),
        }
    }
}

impl From<&AgentInCharge> for Agent {
    fn from(agent: &AgentInCharge) -> Self {
        Self { id: Uuid(agent.id.as_uuid()), name: agent.name.clone() }
    }
}

/// What is read with the conversation in lists, and only when asked for in events.
struct Shown {
    visitor: Visitor,
    last_message: Option<Message>,
}

pub(crate) struct ConversationNode {
    conversation: Conversation,
    shown: OnceCell<Shown>,
}

impl From<ConversationDetail> for ConversationNode {
    fn from(detail: ConversationDetail) -> Self {
        let shown = Shown { visitor: detail.visitor, last_message: detail.last_message };
        Self { conversation: detail.conversation, shown: OnceCell::new_with(Some(shown)) }
    }
}

impl From<Conversation> for ConversationNode {
    fn from(conversation: Conversation) -> Self {
        Self { conversation, shown: OnceCell::new() }
    }
}

impl ConversationNode {
    async fn shown(&self, call: &Call) -> Result<&Shown> {
        let read = async {
            let access = call.access(self.conversation.project_id.as_str(), Scope::ConversationsRead)?;
            let detail = call.app.detail_of(&access, self.conversation.clone()).await?;
            Ok(Shown { visitor: detail.visitor, last_message: detail.last_message })
        };
        self.shown.get_or_try_init(|| read).await.map_err(|error| call.error(&error))
    }
}

#[Object(name = "Conversation")]
impl ConversationNode {
    async fn id(&self) -> Uuid {
        Uuid(self.conversation.id.as_uuid())
    }

    async fn project(&self, ctx: &Context<'_>) -> Result<ProjectNode> {
        let call = Call::of(ctx)?;
        let access = call.require(self.conversation.project_id.as_str(), Scope::ProjectsRead)?;
        // From memory: a list of conversations must not read its project once a row.
        let found = call.app.find_project(access.project_id()).await;
        let project = found.and_then(|project| project.ok_or(AppError::NotFound));
        project.map(ProjectNode).map_err(|error| call.error(&error))
    }

    async fn visitor(&self, ctx: &Context<'_>) -> Result<VisitorNode> {
        let call = Call::of(ctx)?;
        call.require(self.conversation.project_id.as_str(), Scope::VisitorsRead)?;
        Ok(VisitorNode(self.shown(call).await?.visitor.clone()))
    }

    async fn state(&self) -> ConversationState {
        match self.conversation.state {
            State::Ongoing => ConversationState::Ongoing,
            State::Closed { .. } => ConversationState::Closed,
        }
    }

    /// Where it takes place. `CHAT`, so far.
    async fn channel(&self) -> &'static str {
        "CHAT"
    }

    async fn created_at(&self) -> DateTime {
        self.conversation.created_at.into()
    }

    async fn closed_at(&self) -> Option<DateTime> {
        match self.conversation.state {
            State::Ongoing => None,
            State::Closed { at, .. } => Some(at.into()),
        }
    }

    async fn close_reason(&self) -> Option<CloseReason> {
        match self.conversation.state {
            State::Ongoing => None,
            State::Closed { reason, .. } => Some(reason.into()),
        }
    }

    /// Since when its messages are gone.
    async fn anonymized_at(&self) -> Option<DateTime> {
        self.conversation.anonymized_at.map(DateTime)
    }

    /// The conversation in which this one goes on (case 3).
    #[graphql(complexity = "5 + child_complexity")]
    async fn continued_in(&self, ctx: &Context<'_>) -> Result<Option<Self>> {
        let call = Call::of(ctx)?;
        let Some(id) = self.conversation.continued_in else { return Ok(None) };
        let found = call.app.conversation(&call.caller, id).await.map_err(|error| call.error(&error))?;
        Ok(found.map(Self::from))
    }

    /// The anonymous conversations that go on in this one.
    #[graphql(complexity = "20 + 5 * child_complexity")]
    async fn continued_from(&self, ctx: &Context<'_>) -> Result<Vec<Self>> {
        let call = Call::of(ctx)?;
        let found = call.app.continued_from(&call.caller, self.conversation.id).await;
        Ok(found.map_err(|error| call.error(&error))?.into_iter().map(Self::from).collect())
    }

    /// An agent asked the visitor to confirm who they are, and there is no answer yet.
    async fn identity_request(&self) -> Option<IdentityRequest> {
        self.conversation.identity_request.as_ref().map(IdentityRequest::from)
    }

    /// How many of its messages the visitor had added to the conversation in which this one goes on. Null: they did not ask for it.
    async fn messages_added(&self) -> Option<i64> {
        self.conversation.messages_added
    }

    /// The newest 100 sales attributed to it, newest first.
    #[graphql(complexity = "20 + 5 * child_complexity")]
    async fn transactions(&self, ctx: &Context<'_>) -> Result<Vec<TransactionNode>> {
        let call = Call::of(ctx)?;
        let found = call.app.transactions_of_conversation(&call.caller, self.conversation.id).await;
        Ok(found.map_err(|error| call.error(&error))?.into_iter().map(TransactionNode).collect())
    }

    /// What the visitor answered to the survey after it; null if nothing.
    #[graphql(complexity = "5 + child_complexity")]
    async fn satisfaction(&self, ctx: &Context<'_>) -> Result<Option<SatisfactionNode>> {
        let call = Call::of(ctx)?;
        let found = call.app.satisfaction(&call.caller, self.conversation.id).await;
        Ok(found.map_err(|error| call.error(&error))?.map(SatisfactionNode::from))
    }

    /// Who answers.
    async fn agent(&self) -> Option<Agent> {
        self.conversation.agent.as_ref().map(Agent::from)
    }

    /// The bot that answers. While it does no agent is in charge, and the visitor does not wait for one.
    async fn bot(&self) -> Option<ConversationBot> {
        self.conversation.bot.as_ref().map(ConversationBot::from)
    }

    async fn identity(&self, ctx: &Context<'_>) -> Result<Identity> {
        let shown = self.shown(Call::of(ctx)?).await?;
        Ok(DomainIdentity::of(&shown.visitor).into())
    }

    /// The newest one that somebody wrote; notices are left out.
    async fn last_message(&self, ctx: &Context<'_>) -> Result<Option<MessageNode>> {
        let shown = self.shown(Call::of(ctx)?).await?;
        Ok(shown.last_message.clone().map(MessageNode))
    }

    async fn last_activity_at(&self) -> DateTime {
        self.conversation.last_activity_at.into()
    }

    /// The sequence of the newest entry.
    async fn last_sequence(&self) -> i64 {
        self.conversation.last_sequence
    }

    /// The visitor waits for an answer.
    async fn waiting(&self) -> bool {
        self.conversation.state.is_ongoing() && self.conversation.waiting_since.is_some()
    }

    async fn waiting_since(&self) -> Option<DateTime> {
        self.conversation.waiting_since.map(DateTime)
    }

    /// Visitor messages the agents have not seen.
    async fn unread_count(&self) -> i64 {
        self.conversation.unread_count
    }

    /// The agents have seen everything up to this sequence.
    async fn read_by_agent(&self) -> i64 {
        self.conversation.read_by_agent
    }

    /// The visitor has seen everything up to this sequence.
    async fn read_by_visitor(&self) -> i64 {
        self.conversation.read_by_visitor
    }

    /// Ascending. `last: 50` is the newest page, `before` pages back.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn messages(
        &self,
        ctx: &Context<'_>,
        after: Option<String>,
        before: Option<String>,
        first: Option<i32>,
        last: Option<i32>,
    ) -> Result<Connection<MessageNode>> {
        let call = Call::of(ctx)?;
        let page =
            PageArguments { after, before, first, last }.request().map_err(|error| call.error(&error))?;
        let found = call.app.messages(&call.caller, self.conversation.id, &page).await;
        Ok(Connection::new(found.map_err(|error| call.error(&error))?, MessageNode))
    }
}
