//! Reads about people, groups, programs, bots and the audit log.

use async_graphql::{Context, ID, Object, Result};
use signet_domain::{AgentId, Scope};

use crate::call::Call;
use crate::model::{
    ApiClientNode, AuditEventFilter, AuditEventKind, AuditEventNode, BotNode, GroupNode, Permission, UserNode,
};
use crate::page::{Connection, PageArguments, page_cost};
use crate::scalars::Uuid;

#[derive(Default)]
pub(crate) struct PeopleQuery;

#[Object]
impl PeopleQuery {
    /// Every scope, and the roles that have it.
    async fn permissions(&self) -> Vec<Permission> {
        Permission::all()
    }

    /// Everything that the audit log tells of, by category.
    async fn audit_event_kinds(&self) -> Vec<AuditEventKind> {
        AuditEventKind::all()
    }

    /// The people with a role in the project, first come first. Owners of the platform have every role and are in no list.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn users(
        &self,
        ctx: &Context<'_>,
        project_id: ID,
        after: Option<String>,
        before: Option<String>,
        first: Option<i32>,
        last: Option<i32>,
    ) -> Result<Connection<UserNode>> {
        let call = Call::of(ctx)?;
        let access = call.require(&project_id, Scope::UsersRead)?;
        let fail = |error| call.error(&error);
        let page = PageArguments { after, before, first, last }.request().map_err(fail)?;
        let found = call.app.users(&access, &page).await.map_err(fail)?;
        let project_id = access.project_id();
        Ok(Connection::new(found, |account| UserNode { account, project_id: project_id.clone() }))
    }

    /// One of them; null for everybody else.
    #[graphql(complexity = "5 + child_complexity")]
    async fn user(&self, ctx: &Context<'_>, project_id: ID, id: Uuid) -> Result<Option<UserNode>> {
        let call = Call::of(ctx)?;
        let access = call.require(&project_id, Scope::UsersRead)?;
        let project_id = access.project_id().clone();
        match call.app.user(&access, AgentId::from_uuid(id.0)).await {
            Ok(account) => Ok(Some(UserNode { account, project_id })),
            Err(signet_app::AppError::NotFound) => Ok(None),
            Err(error) => Err(call.error(&error)),
        }
    }

    /// The project's groups, by name.
    #[graphql(complexity = "20 + 20 * child_complexity")]
    async fn groups(&self, ctx: &Context<'_>, project_id: ID) -> Result<Vec<GroupNode>> {
        let call = Call::of(ctx)?;
        let access = call.require(&project_id, Scope::UsersRead)?;
        let found = call.app.groups(&access).await.map_err(|error| call.error(&error))?;
        Ok(found.into_iter().map(GroupNode).collect())
    }

    /// The project's programs, oldest first, also those that were revoked.
    #[graphql(complexity = "20 + 20 * child_complexity")]
    async fn api_clients(&self, ctx: &Context<'_>, project_id: ID) -> Result<Vec<ApiClientNode>> {
        let call = Call::of(ctx)?;
        let access = call.require(&project_id, Scope::UsersRead)?;
        let found = call.app.api_clients(&access).await.map_err(|error| call.error(&error))?;
        Ok(found.into_iter().map(ApiClientNode).collect())
    }

    /// The project's bots, oldest first.
    #[graphql(complexity = "20 + 20 * child_complexity")]
    async fn bots(&self, ctx: &Context<'_>, project_id: ID) -> Result<Vec<BotNode>> {
        let call = Call::of(ctx)?;
        let access = call.require(&project_id, Scope::UsersRead)?;
        let found = call.app.bots(&access).await.map_err(|error| call.error(&error))?;
        Ok(found.into_iter().map(BotNode).collect())
    }

    /// The project's audit log, newest first.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn audit_events(
        &self,
        ctx: &Context<'_>,
        project_id: ID,
        filter: Option<AuditEventFilter>,
        after: Option<String>,
        before: Option<String>,
        first: Option<i32>,
        last: Option<i32>,
    ) -> Result<Connection<AuditEventNode>> {
        let call = Call::of(ctx)?;
        let access = call.require(&project_id, Scope::AuditRead)?;
        let fail = |error| call.error(&error);
        let page = PageArguments { after, before, first, last }.request().map_err(fail)?;
        let filter = filter.map(Into::into).unwrap_or_default();
        let found = call.app.audit_events(&access, filter, &page).await.map_err(fail)?;
        Ok(Connection::new(found, AuditEventNode))
    }
}
