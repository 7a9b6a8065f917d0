//! Reads.

use async_graphql::{Context, Error, ID, MergedObject, Object, Result};
use signet_app::{AppError, ConversationFilter};
use signet_domain::{ConversationId, ProjectId, Scope, VisitorId};

use crate::call::Call;
use crate::model::{
    AuthenticationFailureCount, AuthenticationFailureFilter, AuthenticationFailureNode,
    ConversationFilterInput, ConversationNode, IntervalInput, PlatformKeyNode, ProjectNode, Viewer,
    VisitorFilterInput, VisitorNode,
};
use crate::page::{Connection, PageArguments, page_cost};
use crate::people_query::PeopleQuery;
use crate::scalars::Uuid;

#[derive(MergedObject, Default)]
pub(crate) struct Query(ConversationQuery, PeopleQuery);

#[derive(Default)]
pub(crate) struct ConversationQuery;

#[Object]
impl ConversationQuery {
    /// Who this token belongs to.
    #[expect(clippy::unused_async, reason = "resolvers are asynchronous")]
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Viewer> {
        Ok(Viewer(Call::of(ctx)?.caller.clone()))
    }

    #[graphql(complexity = "5 + child_complexity")]
    async fn project(&self, ctx: &Context<'_>, project_id: ID) -> Result<Option<ProjectNode>> {
        let call = Call::of(ctx)?;
        // What is not an id names nothing.
        let Ok(id) = ProjectId::parse(&project_id) else { return Ok(None) };
        let found = call.app.project(&call.caller, &id).await;
        Ok(found.map_err(|error| call.error(&error))?.map(ProjectNode))
    }

    /// Projects the caller may see.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn projects(
        &self,
        ctx: &Context<'_>,
        after: Option<String>,
        before: Option<String>,
        first: Option<i32>,
        last: Option<i32>,
    ) -> Result<Connection<ProjectNode>> {
        let call = Call::of(ctx)?;
        let page = PageArguments { after, before, first, last }.request().map_err(fail(call))?;
        let found = call.app.projects(&call.caller, &page).await.map_err(fail(call))?;
        Ok(Connection::new(found, ProjectNode))
    }

    /// The platform's own keys, which token providers encrypt to: RSA newest first, then those on curves, then revoked ones.
    #[graphql(complexity = "COUNTING_COST + 20 * child_complexity")]
    async fn platform_keys(&self, ctx: &Context<'_>) -> Result<Vec<PlatformKeyNode>> {
        let call = Call::of(ctx)?;
        let keys = call.app.platform_keys(&call.caller).await.map_err(fail(call))?;
        Ok(keys.into_iter().map(PlatformKeyNode).collect())
    }

    #[graphql(complexity = "5 + child_complexity")]
    async fn conversation(&self, ctx: &Context<'_>, id: Uuid) -> Result<Option<ConversationNode>> {
        let call = Call::of(ctx)?;
        let found = call.app.conversation(&call.caller, ConversationId::from_uuid(id.0)).await;
        Ok(found.map_err(fail(call))?.map(ConversationNode::from))
    }

    /// Newest activity first.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn conversations(
        &self,
        ctx: &Context<'_>,
        project_id: ID,
        filter: Option<ConversationFilterInput>,
        after: Option<String>,
        before: Option<String>,
        first: Option<i32>,
        last: Option<i32>,
    ) -> Result<Connection<ConversationNode>> {
        let call = Call::of(ctx)?;
        let access = call.require(&project_id, Scope::ConversationsRead)?;
        let page = PageArguments { after, before, first, last }.request().map_err(fail(call))?;
        let mine = filter.as_ref().and_then(|filter| filter.mine).unwrap_or(false);
        let filter = filter.map(ConversationFilter::from).unwrap_or_default();
        let projects = Some(vec![access.project_id().clone()]);
        let found = call.app.conversations(&call.caller, projects, filter, mine, &page).await;
        Ok(Connection::new(found.map_err(fail(call))?, ConversationNode::from))
    }

    /// Conversations closed in the interval, newest activity first. Without `projectIds`, of every project the caller may read.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn closed_conversations(
        &self,
        ctx: &Context<'_>,
        interval: IntervalInput,
        project_ids: Option<Vec<ID>>,
        after: Option<String>,
        before: Option<String>,
        first: Option<i32>,
        last: Option<i32>,
    ) -> Result<Connection<ConversationNode>> {
        let call = Call::of(ctx)?;
        let projects = project_ids.map(|ids| readable(call, &ids)).transpose()?;
        let page = PageArguments { after, before, first, last }.request().map_err(fail(call))?;
        let filter = ConversationFilter {
            ongoing: Some(false),
            closed_between: Some((interval.from.0, interval.to.0)),
            ..ConversationFilter::default()
        };
        let found = call.app.conversations(&call.caller, projects, filter, false, &page).await;
        Ok(Connection::new(found.map_err(fail(call))?, ConversationNode::from))
    }

    #[graphql(complexity = "5 + child_complexity")]
    async fn visitor(&self, ctx: &Context<'_>, id: Uuid) -> Result<Option<VisitorNode>> {
        let call = Call::of(ctx)?;
        let found = call.app.visitor(&call.caller, VisitorId::from_uuid(id.0)).await;
        Ok(found.map_err(fail(call))?.map(VisitorNode))
    }

    /// Last changed first.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn visitors(
        &self,
        ctx: &Context<'_>,
        project_id: ID,
        filter: Option<VisitorFilterInput>,
        after: Option<String>,
        before: Option<String>,
        first: Option<i32>,
        last: Option<i32>,
    ) -> Result<Connection<VisitorNode>> {
        let call = Call::of(ctx)?;
        let access = call.require(&project_id, Scope::VisitorsRead)?;
        let page = PageArguments { after, before, first, last }.request().map_err(fail(call))?;
        let filter = filter.map(Into::into).unwrap_or_default();
        let found = call.app.visitors(&access, &filter, &page).await.map_err(fail(call))?;
        Ok(Connection::new(found, VisitorNode))
    }

    /// The last 500 refused attempts to sign a visitor in, newest first.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn authentication_failures(
        &self,
        ctx: &Context<'_>,
        project_id: ID,
        filter: Option<AuthenticationFailureFilter>,
        after: Option<String>,
        before: Option<String>,
        first: Option<i32>,
        last: Option<i32>,
    ) -> Result<Connection<AuthenticationFailureNode>> {
        let call = Call::of(ctx)?;
        let access = call.require(&project_id, Scope::VisitorsAuthenticate)?;
        let page = PageArguments { after, before, first, last }.request().map_err(fail(call))?;
        let filter = filter.map(Into::into).unwrap_or_default();
        let found = call.app.authentication_failures(&access, filter, &page).await.map_err(fail(call))?;
        Ok(Connection::new(found, AuthenticationFailureNode))
    }

    /// Refused attempts in up to `buckets` (1 to 100) equal spans of whole minutes of the interval, in order. Counted by the minute and kept for 31 days.
    #[graphql(complexity = "COUNTING_COST + child_complexity")]
    async fn authentication_failure_counts(
        &self,
        ctx: &Context<'_>,
        project_id: ID,
        interval: IntervalInput,
        #[graphql(default = 24)] buckets: i32,
    ) -> Result<Vec<AuthenticationFailureCount>> {
        let call = Call::of(ctx)?;
        let access = call.require(&project_id, Scope::VisitorsAuthenticate)?;
        let interval = (interval.from.0, interval.to.0);
        let counts = call.app.authentication_failure_counts(&access, interval, buckets).await;
        Ok(counts.map_err(fail(call))?.into_iter().map(Into::into).collect())
    }
}

/// Up to a hundred spans with their codes, from one statement.
const COUNTING_COST: usize = 200;

fn fail(call: &Call) -> impl Fn(AppError) -> Error {
    |error| call.error(&error)
}

/// Each of the projects, if the caller may read conversations in all of them.
fn readable(call: &Call, ids: &[ID]) -> Result<Vec<ProjectId>> {
    ids.iter().map(|id| Ok(call.require(id, Scope::ConversationsRead)?.project_id().clone())).collect()
}
