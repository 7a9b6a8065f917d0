//! Writes about people, groups and programs.

use std::time::Duration;

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use signet_app::{AppError, ClientChange, GroupChange, NewUser};
use signet_domain::{AgentId, Scope, Scopes};

use crate::call::Call;
use crate::model::{ApiClientNode, GroupNode, Role, UserNode};
use crate::mutation::WRITE_COST;
use crate::scalars::Uuid;
use crate::user_error::UserError;

/// What may be wrong about an input: the field that names the thing, and what the thing is called.
pub(crate) type About = (&'static str, &'static str);

/// The error of a use case about a thing that an input names, if the person can put it right; else an error of the field.
pub(crate) fn refused(call: &Call, error: &AppError, (field, thing): About) -> Result<UserError> {
    match error {
        AppError::NotFound => Ok(UserError::not_found(field, thing)),
        AppError::CredentialsInvalid => {
            Ok(UserError::invalid("password", error.code(), "the password is not right"))
        }
        AppError::SecondFactorInvalid => Ok(UserError::invalid("code", error.code(), &error.to_string())),
        other => UserError::about_field(other, field_of(other.code(), thing), &call.context),
    }
}

/// Which field of an input breaks the rule of that code.
fn field_of(code: &str, thing: &str) -> Option<&'static str> {
    match (code, thing) {
        ("NAME_INVALID", _) | ("ALREADY_EXISTS", "group") => Some("name"),
        ("EMAIL_INVALID", _) | ("ALREADY_EXISTS", "user") => Some("email"),
        ("SCOPE_INVALID", _) => Some("scopes"),
        ("MEMBER_INVALID", _) => Some("memberIds"),
        ("OVERLAP_INVALID", _) => Some("overlapSeconds"),
        _ if code.starts_with("ADDRESS_") => Some("address"),
        _ if code.starts_with("PASSWORD_") => Some("newPassword"),
        _ => None,
    }
}

/// Declares payloads that hold one thing and the errors, and how they are made of a use case's result.
macro_rules! payloads {
    ($($name:ident { $field:ident: $node:ty })*) => {$(
        #[derive(SimpleObject)]
        pub(crate) struct $name {
            $field: Option<$node>,
            user_errors: Vec<UserError>,
        }

        impl $name {
            fn of(call: &Call, result: Result<$node, AppError>, about: About) -> Result<Self> {
                Ok(match result {
                    Ok(node) => Self { $field: Some(node), user_errors: Vec::new() },
                    Err(error) => Self { $field: None, user_errors: vec![refused(call, &error, about)?] },
                })
            }
        }
    )*};
}

/// Declares inputs that name a project and one thing in it.
macro_rules! inputs {
    ($($name:ident { $field:ident: $id:ty })*) => {$(
        #[derive(InputObject)]
        pub(crate) struct $name {
            project_id: ID,
            $field: $id,
        }
    )*};
}

payloads! {
    UserUpdatePayload { user: UserNode }
    UserDisablePayload { user: UserNode }
    UserEnablePayload { user: UserNode }
    UserRoleSetPayload { user: UserNode }
    UserSecondFactorResetPayload { user: UserNode }
    GroupCreatePayload { group: GroupNode }
    GroupUpdatePayload { group: GroupNode }
    GroupRemovePayload { group: GroupNode }
    ApiClientUpdatePayload { api_client: ApiClientNode }
    ApiClientRevokePayload { api_client: ApiClientNode }
}

inputs! {
    UserInvitationRenewInput { user_id: Uuid }
    UserDisableInput { user_id: Uuid }
    UserEnableInput { user_id: Uuid }
    UserSecondFactorResetInput { user_id: Uuid }
    GroupRemoveInput { group_id: Uuid }
    ApiClientRevokeInput { client_id: ID }
}

#[derive(InputObject)]
pub(crate) struct UserInviteInput {
    project_id: ID,
    /// They sign in with it.
    email: String,
    /// Visitors see it.
    name: String,
    role: Role,
}

#[derive(InputObject)]
pub(crate) struct UserUpdateInput {
    project_id: ID,
    user_id: Uuid,
    /// Visitors see it, in all of the person's projects.
    name: String,
}

#[derive(InputObject)]
pub(crate) struct UserRoleSetInput {
    project_id: ID,
    user_id: Uuid,
    /// Null takes them out of the project.
    role: Option<Role>,
}

#[derive(InputObject)]
pub(crate) struct GroupCreateInput {
    project_id: ID,
    /// Once in a project.
    name: String,
    #[graphql(default)]
    member_ids: Vec<Uuid>,
}

/// What is left out stays.
#[derive(InputObject)]
pub(crate) struct GroupUpdateInput {
    project_id: ID,
    group_id: Uuid,
    name: Option<String>,
    /// All who are in it from now on.
    member_ids: Option<Vec<Uuid>>,
}

#[derive(InputObject)]
pub(crate) struct ApiClientCreateInput {
    project_id: ID,
    name: String,
    /// The most it may ask for, such as `conversations:read`. No more than you have yourself.
    scopes: Vec<String>,
}

/// What is left out stays.
#[derive(InputObject)]
pub(crate) struct ApiClientUpdateInput {
    project_id: ID,
    client_id: ID,
    name: Option<String>,
    /// What is taken away is taken from the tokens it has as well, at once.
    scopes: Option<Vec<String>>,
}

#[derive(InputObject)]
pub(crate) struct ApiClientSecretRotateInput {
    project_id: ID,
    client_id: ID,
    /// How long the old secret stays good, at most 30 days. 0 ends it and the tokens it got at once.
    #[graphql(default = 86_400)]
    overlap_seconds: u32,
}

#[derive(SimpleObject)]
#[graphql(name = "UserInvitePayload")]
pub(crate) struct UserInvitePayload {
    user: Option<UserNode>,
    /// With which they choose a password, once and within three days: send it to them. Null for somebody who has a password already.
    invitation_url: Option<String>,
    user_errors: Vec<UserError>,
}

#[derive(SimpleObject)]
pub(crate) struct UserInvitationRenewPayload {
    user: Option<UserNode>,
    /// The link before it is no longer good.
    invitation_url: Option<String>,
    user_errors: Vec<UserError>,
}

#[derive(SimpleObject)]
pub(crate) struct ApiClientCreatePayload {
    api_client: Option<ApiClientNode>,
    /// Shown once.
    client_secret: Option<String>,
    user_errors: Vec<UserError>,
}

#[derive(SimpleObject)]
pub(crate) struct ApiClientSecretRotatePayload {
    api_client: Option<ApiClientNode>,
    /// Shown once.
    client_secret: Option<String>,
    user_errors: Vec<UserError>,
}

const USER: About = ("userId", "user");
const GROUP: About = ("groupId", "group");
const CLIENT: About = ("clientId", "client");

fn agent(id: Uuid) -> AgentId {
    AgentId::from_uuid(id.0)
}

fn scopes(names: &[String]) -> Result<Scopes, AppError> {
    Scopes::parse(&names.join(" ")).ok_or_else(|| {
        let message = "a scope is unknown".to_owned();
        AppError::Invalid { code: "SCOPE_INVALID", message }
    })
}

#[derive(Default)]
pub(crate) struct PeopleMutation;

#[Object]
impl PeopleMutation {
    /// Gives somebody a role in the project. Who is new gets a one-time link.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn user_invite(&self, ctx: &Context<'_>, input: UserInviteInput) -> Result<UserInvitePayload> {
        let call = Call::of(ctx)?;
        let access = call.require(&input.project_id, Scope::UsersWrite)?;
        let new = NewUser { email: input.email, name: input.name, role: input.role.into() };
        let project_id = access.project_id().clone();
        Ok(match call.app.invite_user(&access, new, &call.actor()).await {
            Ok(invited) => UserInvitePayload {
                user: Some(UserNode { account: invited.account, project_id }),
                invitation_url: invited.link,
                user_errors: Vec::new(),
            },
            Err(error) => {
                let errors = vec![refused(call, &error, ("email", "user"))?];
                UserInvitePayload { user: None, invitation_url: None, user_errors: errors }
            }
        })
    }

    /// Makes a new one-time link, for a lost one or a forgotten password. Wants the right in all of the person's projects.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn user_invitation_renew(
        &self,
        ctx: &Context<'_>,
        input: UserInvitationRenewInput,
    ) -> Result<UserInvitationRenewPayload> {
        let call = Call::of(ctx)?;
        let access = call.require(&input.project_id, Scope::UsersWrite)?;
        let project_id = access.project_id().clone();
        Ok(match call.app.renew_invitation(&access, agent(input.user_id), &call.actor()).await {
            Ok(invited) => UserInvitationRenewPayload {
                user: Some(UserNode { account: invited.account, project_id }),
                invitation_url: invited.link,
                user_errors: Vec::new(),
            },
            Err(error) => {
                let errors = vec![refused(call, &error, USER)?];
                UserInvitationRenewPayload { user: None, invitation_url: None, user_errors: errors }
            }
        })
    }

    /// Gives somebody another name. Wants the right in all of the person's projects; one's own is `viewerUpdate`.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn user_update(&self, ctx: &Context<'_>, input: UserUpdateInput) -> Result<UserUpdatePayload> {
        let call = Call::of(ctx)?;
        let access = call.require(&input.project_id, Scope::UsersWrite)?;
        let project_id = access.project_id().clone();
        let done = call.app.rename_user(&access, agent(input.user_id), &input.name, &call.actor()).await;
        UserUpdatePayload::of(call, done.map(|account| UserNode { account, project_id }), USER)
    }

    /// Forbids somebody to sign in and ends their sessions. Wants the right in all of the person's projects; nobody disables themselves.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn user_disable(&self, ctx: &Context<'_>, input: UserDisableInput) -> Result<UserDisablePayload> {
        let call = Call::of(ctx)?;
        let done = set_disabled(call, &input.project_id, input.user_id, true).await?;
        UserDisablePayload::of(call, done, USER)
    }

    /// Allows somebody to sign in again.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn user_enable(&self, ctx: &Context<'_>, input: UserEnableInput) -> Result<UserEnablePayload> {
        let call = Call::of(ctx)?;
        let done = set_disabled(call, &input.project_id, input.user_id, false).await?;
        UserEnablePayload::of(call, done, USER)
    }

    /// Gives somebody another role in the project, or none. Only owners make owners; nobody changes their own role.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn user_role_set(&self, ctx: &Context<'_>, input: UserRoleSetInput) -> Result<UserRoleSetPayload> {
        let call = Call::of(ctx)?;
        let access = call.require(&input.project_id, Scope::UsersWrite)?;
        let project_id = access.project_id().clone();
        let role = input.role.map(Into::into);
        let done = call.app.set_user_role(&access, agent(input.user_id), role, &call.actor()).await;
        UserRoleSetPayload::of(call, done.map(|account| UserNode { account, project_id }), USER)
    }

    /// Takes somebody's second factor away, for a lost phone, and ends their sessions.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn user_second_factor_reset(
        &self,
        ctx: &Context<'_>,
        input: UserSecondFactorResetInput,
    ) -> Result<UserSecondFactorResetPayload> {
        let call = Call::of(ctx)?;
        let access = call.require(&input.project_id, Scope::UsersWrite)?;
        let project_id = access.project_id().clone();
        let done = call.app.reset_second_factor(&access, agent(input.user_id), &call.actor()).await;
        UserSecondFactorResetPayload::of(call, done.map(|account| UserNode { account, project_id }), USER)
    }

    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn group_create(&self, ctx: &Context<'_>, input: GroupCreateInput) -> Result<GroupCreatePayload> {
        let call = Call::of(ctx)?;
        let access = call.require(&input.project_id, Scope::GroupsWrite)?;
        let members = input.member_ids.into_iter().map(agent).collect();
        let done = call.app.create_group(&access, &input.name, members, &call.actor()).await;
        GroupCreatePayload::of(call, done.map(GroupNode), GROUP)
    }

    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn group_update(&self, ctx: &Context<'_>, input: GroupUpdateInput) -> Result<GroupUpdatePayload> {
        let call = Call::of(ctx)?;
        let access = call.require(&input.project_id, Scope::GroupsWrite)?;
        let members = input.member_ids.map(|ids| ids.into_iter().map(agent).collect());
        let change = GroupChange { name: input.name, members };
        let done = call.app.update_group(&access, input.group_id.0, change, &call.actor()).await;
        GroupUpdatePayload::of(call, done.map(GroupNode), GROUP)
    }

    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn group_remove(&self, ctx: &Context<'_>, input: GroupRemoveInput) -> Result<GroupRemovePayload> {
        let call = Call::of(ctx)?;
        let access = call.require(&input.project_id, Scope::GroupsWrite)?;
        let done = call.app.remove_group(&access, input.group_id.0, &call.actor()).await;
        GroupRemovePayload::of(call, done.map(GroupNode), GROUP)
    }

    /// Registers a program. Its secret is shown once.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn api_client_create(
        &self,
        ctx: &Context<'_>,
        input: ApiClientCreateInput,
    ) -> Result<ApiClientCreatePayload> {
        let call = Call::of(ctx)?;
        let access = call.require(&input.project_id, Scope::ClientsWrite)?;
        let done = match scopes(&input.scopes) {
            Ok(scopes) => call.app.register_client(&access, input.name, scopes, &call.actor()).await,
            Err(error) => Err(error),
        };
        Ok(match done {
            Ok(made) => ApiClientCreatePayload {
                api_client: Some(ApiClientNode(made.record)),
                client_secret: Some(made.secret),
                user_errors: Vec::new(),
            },
            Err(error) => {
                let errors = vec![refused(call, &error, CLIENT)?];
                ApiClientCreatePayload { api_client: None, client_secret: None, user_errors: errors }
            }
        })
    }

    /// Changes a program's name or scopes.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn api_client_update(
        &self,
        ctx: &Context<'_>,
        input: ApiClientUpdateInput,
    ) -> Result<ApiClientUpdatePayload> {
        let call = Call::of(ctx)?;
        let access = call.require(&input.project_id, Scope::ClientsWrite)?;
        let done = match input.scopes.as_deref().map(scopes).transpose() {
            Ok(scopes) => {
                let change = ClientChange { name: input.name, scopes };
                call.app.update_client(&access, &input.client_id, change, &call.actor()).await
            }
            Err(error) => Err(error),
        };
        ApiClientUpdatePayload::of(call, done.map(ApiClientNode), CLIENT)
    }

    /// Gives a program a new secret, shown once.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn api_client_secret_rotate(
        &self,
        ctx: &Context<'_>,
        input: ApiClientSecretRotateInput,
    ) -> Result<ApiClientSecretRotatePayload> {
        let call = Call::of(ctx)?;
        let access = call.require(&input.project_id, Scope::ClientsWrite)?;
        let overlap = Duration::from_secs(input.overlap_seconds.into());
        let done = call.app.rotate_client_secret(&access, &input.client_id, overlap, &call.actor()).await;
        Ok(match done {
            Ok(made) => ApiClientSecretRotatePayload {
                api_client: Some(ApiClientNode(made.record)),
                client_secret: Some(made.secret),
                user_errors: Vec::new(),
            },
            Err(error) => {
                let errors = vec![refused(call, &error, CLIENT)?];
                ApiClientSecretRotatePayload { api_client: None, client_secret: None, user_errors: errors }
            }
        })
    }

    /// Ends everything a program may do, for ever and at once.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn api_client_revoke(
        &self,
        ctx: &Context<'_>,
        input: ApiClientRevokeInput,
    ) -> Result<ApiClientRevokePayload> {
        let call = Call::of(ctx)?;
        let access = call.require(&input.project_id, Scope::ClientsWrite)?;
        let done = call.app.revoke_client(&access, &input.client_id, &call.actor()).await;
        ApiClientRevokePayload::of(call, done.map(ApiClientNode), CLIENT)
    }
}

async fn set_disabled(
    call: &Call,
    project_id: &ID,
    user_id: Uuid,
    disabled: bool,
) -> Result<Result<UserNode, AppError>> {
    let access = call.require(project_id, Scope::UsersWrite)?;
    let project_id = access.project_id().clone();
    let done = call.app.set_user_disabled(&access, agent(user_id), disabled, &call.actor()).await;
    Ok(done.map(|account| UserNode { account, project_id }))
}
