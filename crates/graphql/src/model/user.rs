//! People, groups and programs.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use signet_app::{Account, ClientRecord, Group};
use signet_domain::access::PERMISSIONS;
use signet_domain::{ProjectId, Scope};

use crate::call::Call;
use crate::scalars::{DateTime, Uuid};

/// What a person may do in a project.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "signet_domain::Role")]
pub(crate) enum Role {
    /// Everything, and hands out every role.
    Owner,
    /// Settings, keys, people.
    Administrator,
    /// All conversations, and groups.
    Supervisor,
    /// Answers visitors.
    Agent,
    /// Reads, changes nothing.
    Auditor,
}

/// Whether somebody can sign in.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UserState {
    /// Has not chosen a password yet.
    Invited,
    Active,
    Disabled,
}

/// A scope and the roles that have it.
#[derive(SimpleObject)]
pub(crate) struct Permission {
    /// As in OAuth, such as `users:write`.
    scope: String,
    description: String,
    roles: Vec<Role>,
}

impl Permission {
    /// The whole table.
    pub(crate) fn all() -> Vec<Self> {
        let row = |(scope, roles): (Scope, &[signet_domain::Role])| Self {
            scope: scope.as_str().to_owned(),
            description: scope.description().to_owned(),
            roles: roles.iter().map(|role| (*role).into()).collect(),
        };
        PERMISSIONS.map(row).into()
    }
}

/// Somebody's role in a project.
#[derive(SimpleObject)]
pub(crate) struct UserRole {
    project_id: ID,
    role: Role,
}

/// A person, as a project's administration sees them.
pub(crate) struct UserNode {
    pub(crate) account: Account,
    pub(crate) project_id: ProjectId,
}

#[Object(name = "User")]
impl UserNode {
    async fn id(&self) -> Uuid {
        Uuid(self.account.agent.id.as_uuid())
    }

    /// Sign-in name.
    async fn email(&self) -> &str {
        &self.account.agent.email
    }

    /// The name visitors see.
    async fn name(&self) -> &str {
        &self.account.agent.name
    }

    /// In this project. Null for somebody who was just taken out of it.
    async fn role(&self) -> Option<Role> {
        self.account.agent.role_in(&self.project_id).map(Into::into)
    }

    async fn state(&self) -> UserState {
        match (self.account.disabled_at, self.account.has_password) {
            (Some(_), _) => UserState::Disabled,
            (None, false) => UserState::Invited,
            (None, true) => UserState::Active,
        }
    }

    async fn disabled_at(&self) -> Option<DateTime> {
        self.account.disabled_at.map(DateTime)
    }

    /// Their roles, in the projects whose people the caller may read.
    #[expect(clippy::unused_async, reason = "resolvers are asynchronous")]
    async fn roles(&self, ctx: &Context<'_>) -> Result<Vec<UserRole>> {
        let call = Call::of(ctx)?;
        let readable = call.caller.projects(Scope::UsersRead);
        let roles = self.account.agent.roles.iter().filter(|(id, _)| readable.contains(&id));
        Ok(roles
            .map(|(id, role)| UserRole { project_id: ID(id.to_string()), role: (*role).into() })
            .collect())
    }

    /// Whether they sign in with a second factor.
    async fn has_second_factor(&self) -> bool {
        self.account.has_second_factor
    }

    async fn created_at(&self) -> DateTime {
        self.account.created_at.into()
    }

    /// When they last did something here, to the minute. Null for somebody who was never signed in.
    async fn last_seen_at(&self) -> Option<DateTime> {
        self.account.last_seen_at.map(DateTime)
    }
}

pub(crate) struct GroupNode(pub(crate) Group);

/// People of a project that belong together.
#[Object(name = "Group")]
impl GroupNode {
    async fn id(&self) -> Uuid {
        Uuid(self.0.id)
    }

    async fn name(&self) -> &str {
        &self.0.name
    }

    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    async fn member_ids(&self) -> Vec<Uuid> {
        self.0.members.iter().map(|id| Uuid(id.as_uuid())).collect()
    }

    #[graphql(complexity = "20 + 10 * child_complexity")]
    async fn members(&self, ctx: &Context<'_>) -> Result<Vec<UserNode>> {
        let call = Call::of(ctx)?;
        let access = call.require(self.0.project_id.as_str(), Scope::UsersRead)?;
        let mut members = Vec::with_capacity(self.0.members.len());
        for id in &self.0.members {
            let account = call.app.user(&access, *id).await.map_err(|error| call.error(&error))?;
            members.push(UserNode { account, project_id: self.0.project_id.clone() });
        }
        Ok(members)
    }
}

pub(crate) struct ApiClientNode(pub(crate) ClientRecord);

/// A program of the brand's that calls this API.
#[Object(name = "ApiClient")]
impl ApiClientNode {
    /// The `client_id`.
    async fn id(&self) -> ID {
        ID(self.0.client.id.clone())
    }

    async fn name(&self) -> &str {
        &self.0.client.name
    }

    /// The most it may ask for.
    async fn scopes(&self) -> Vec<&'static str> {
        self.0.client.scopes.iter().map(Scope::as_str).collect()
    }

    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it last got a token.
    async fn last_used_at(&self) -> Option<DateTime> {
        self.0.last_used_at.map(DateTime)
    }

    /// Since when it may do nothing.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.revoked_at.map(DateTime)
    }

    /// Until when the secret before the last rotation is good.
    async fn previous_secret_expires_at(&self) -> Option<DateTime> {
        self.0.previous_expires_at.map(DateTime)
    }
}
