//! Who calls, and what is theirs alone.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use signet_app::{ListedToken, TokenUse};
use signet_domain::Caller;

use super::user::Role;
use crate::call::Call;
use crate::scalars::{DateTime, Uuid};

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ViewerKind {
    /// A person at the desk.
    Agent,
    /// A program of the brand's.
    ApiClient,
}

/// What the caller may do in a project.
#[derive(SimpleObject)]
pub(crate) struct ViewerRights {
    project_id: ID,
    /// Null for programs.
    role: Option<Role>,
    /// As in OAuth, such as `users:write`.
    scopes: Vec<&'static str>,
}

/// A second factor in use.
#[derive(SimpleObject)]
pub(crate) struct ViewerSecondFactor {
    since: DateTime,
    recovery_codes_left: i64,
}

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ViewerSessionKind {
    /// A browser at the desk.
    Desk,
    /// A bearer token of the `password` grant.
    Token,
}

pub(crate) struct ViewerSession {
    token: ListedToken,
    current: bool,
}

/// Somewhere the person is signed in.
#[Object]
impl ViewerSession {
    async fn id(&self) -> Uuid {
        Uuid(self.token.id)
    }

    async fn kind(&self) -> ViewerSessionKind {
        match self.token.usage {
            TokenUse::Cookie => ViewerSessionKind::Desk,
            TokenUse::Bearer => ViewerSessionKind::Token,
        }
    }

    /// Whether it is this one.
    async fn current(&self) -> bool {
        self.current
    }

    async fn created_at(&self) -> DateTime {
        self.token.created_at.into()
    }

    /// To the minute.
    async fn last_used_at(&self) -> DateTime {
        self.token.last_used_at.into()
    }

    async fn expires_at(&self) -> DateTime {
        self.token.expires_at.into()
    }

    /// Where it began.
    async fn address(&self) -> Option<&str> {
        self.token.address.as_deref()
    }

    /// What the browser called itself.
    async fn user_agent(&self) -> Option<&str> {
        self.token.user_agent.as_deref()
    }
}

pub(crate) struct Viewer(pub(crate) Caller);

#[Object]
impl Viewer {
    async fn kind(&self) -> ViewerKind {
        match &self.0 {
            Caller::Agent(_) => ViewerKind::Agent,
            Caller::Client(_) => ViewerKind::ApiClient,
        }
    }

    async fn id(&self) -> ID {
        match &self.0 {
            Caller::Agent(agent) => ID(agent.id.to_string()),
            Caller::Client(client) => ID(client.id.clone()),
        }
    }

    async fn name(&self) -> &str {
        match &self.0 {
            Caller::Agent(agent) => &agent.name,
            Caller::Client(client) => &client.name,
        }
    }

    /// Null for programs.
    async fn email(&self) -> Option<&str> {
        match &self.0 {
            Caller::Agent(agent) => Some(&agent.email),
            Caller::Client(_) => None,
        }
    }

    /// Whether it is an owner of the platform, who may create projects and owns all of them.
    async fn owns_platform(&self) -> bool {
        self.0.owns_platform()
    }

    /// What the caller may do, for each of their projects.
    async fn rights(&self) -> Vec<ViewerRights> {
        let rights = |id: &signet_domain::ProjectId, role| ViewerRights {
            project_id: ID(id.to_string()),
            role,
            scopes: self.0.scopes_in(id).iter().map(signet_domain::Scope::as_str).collect(),
        };
        match &self.0 {
            Caller::Agent(agent) => {
                agent.roles.iter().map(|(id, role)| rights(id, Some((*role).into()))).collect()
            }
            Caller::Client(client) => vec![rights(&client.project_id, None)],
        }
    }

    /// Null for programs and for people without one.
    #[graphql(complexity = "5 + child_complexity")]
    async fn second_factor(&self, ctx: &Context<'_>) -> Result<Option<ViewerSecondFactor>> {
        let call = Call::of(ctx)?;
        let Some(own) = call.own_account() else { return Ok(None) };
        let found = call.app.own_second_factor(&own).await.map_err(|error| call.error(&error))?;
        Ok(found.map(|(since, recovery_codes_left)| ViewerSecondFactor {
            since: since.into(),
            recovery_codes_left,
        }))
    }

    /// Where the person is signed in, newest first; empty for programs.
    #[graphql(complexity = "10 + 5 * child_complexity")]
    async fn sessions(&self, ctx: &Context<'_>) -> Result<Vec<ViewerSession>> {
        let call = Call::of(ctx)?;
        let Some(own) = call.own_account() else { return Ok(Vec::new()) };
        let found = call.app.own_sessions(&own).await.map_err(|error| call.error(&error))?;
        Ok(found
            .into_iter()
            .map(|token| ViewerSession { current: token.id == call.session, token })
            .collect())
    }
}
