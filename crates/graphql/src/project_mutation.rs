//! Writes about projects and their settings.

use std::time::Duration;

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use signet_app::{AppError, ProjectChange};
use signet_domain::{Project, Scope};

use crate::call::Call;
use crate::model::{AuthenticatedMode, ProjectNode, RetentionInput, TokenProfile};
use crate::user_error::UserError;

/// Settings of a project. What is left out keeps its value, or in a new project its default.
#[derive(InputObject, Default)]
pub(crate) struct ProjectSettingsInput {
    /// Whether visitors must prove who they are. `ON` by default.
    authenticated_mode: Option<AuthenticatedMode>,
    /// Which rules tokens are held to. `COMPATIBLE` by default.
    token_profile: Option<TokenProfile>,
    /// What precedes `userId` and `visitorData` in the claims. `https://iadvize.com/` by default.
    claim_prefix: Option<String>,
    /// Accepted `iss` values; empty accepts any.
    issuers: Option<Vec<String>>,
    /// How long a visitor session lasts before identity must be proved again. 3600 by default.
    session_lifetime_seconds: Option<u32>,
    /// How far ahead `exp` of a token may lie. 86400 by default, 60 in the strict profile.
    token_max_lifetime_seconds: Option<u32>,
    /// How far the clocks of token provider and platform may differ: 0 to 60, 5 by default.
    token_leeway_seconds: Option<u32>,
    /// Signature algorithms that the strict profile accepts: `RS256`, `PS256`, `ES256`, `EdDSA`.
    signature_algorithms: Option<Vec<String>>,
    /// Key management algorithms that the strict profile accepts: `RSA-OAEP-256`, `ECDH-ES+A256KW/P-256`, `ECDH-ES+A256KW/X25519`.
    key_management: Option<Vec<String>>,
    /// Origins of pages that may embed the widget, such as `https://shop.example`.
    allowed_origins: Option<Vec<String>>,
    /// Whether every page of the developer's own machine may. For demos and development.
    allows_loopback: Option<bool>,
    /// Whether a visitor session must be for a key of the client, of which every use brings a proof. Switched on, it ends the sessions without one.
    requires_session_key: Option<bool>,
    /// How long what is about people is kept: the whole of it, what is left out in it is kept until somebody erases it.
    retention: Option<RetentionInput>,
}

impl ProjectSettingsInput {
    fn into_change(self, name: Option<String>) -> ProjectChange {
        let seconds = |seconds: Option<u32>| seconds.map(|seconds| Duration::from_secs(seconds.into()));
        ProjectChange {
            name,
            authenticated_mode: self.authenticated_mode.map(Into::into),
            token_profile: self.token_profile.map(Into::into),
            claim_prefix: self.claim_prefix,
            issuers: self.issuers,
            session_lifetime: seconds(self.session_lifetime_seconds),
            token_max_lifetime: seconds(self.token_max_lifetime_seconds),
            token_leeway: seconds(self.token_leeway_seconds),
            signature_algorithms: self.signature_algorithms,
            key_management: self.key_management,
            allowed_origins: self.allowed_origins,
            any_loopback: self.allows_loopback,
            requires_session_key: self.requires_session_key,
            retention: self.retention.map(Into::into),
        }
    }
}

#[derive(InputObject)]
pub(crate) struct ProjectCreateInput {
    /// The site id of the snippet: 1 to 64 characters of `A-Z a-z 0-9 . _ -`.
    project_id: ID,
    /// The brand's name, shown to visitors and agents.
    name: String,
    settings: Option<ProjectSettingsInput>,
}

#[derive(InputObject)]
pub(crate) struct ProjectUpdateInput {
    project_id: ID,
    /// The brand's name, shown to visitors and agents.
    name: Option<String>,
    settings: Option<ProjectSettingsInput>,
}

#[derive(SimpleObject)]
pub(crate) struct ProjectPayload {
    project: Option<ProjectNode>,
    user_errors: Vec<UserError>,
}

impl ProjectPayload {
    fn failed(error: UserError) -> Self {
        Self { project: None, user_errors: vec![error] }
    }

    fn of(call: &Call, result: Result<Project, AppError>) -> Result<Self> {
        match result {
            Ok(project) => Ok(Self { project: Some(ProjectNode(project)), user_errors: Vec::new() }),
            Err(AppError::NotFound) => Ok(Self::failed(UserError::not_found("projectId", "project"))),
            Err(error) => {
                let path = path_of(error.code());
                Ok(Self::failed(UserError::about_path(&error, path, &call.context)?))
            }
        }
    }
}

#[derive(Default)]
pub(crate) struct ProjectMutation;

/// A durable commit each.
const WRITE_COST: usize = 100;

#[Object]
impl ProjectMutation {
    /// Creates a project, which a person who creates it owns. For owners of the platform, and programs they gave `platform:write`.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn project_create(&self, ctx: &Context<'_>, input: ProjectCreateInput) -> Result<ProjectPayload> {
        let call = Call::of(ctx)?;
        let access = call.on_platform()?;
        let change = input.settings.unwrap_or_default().into_change(Some(input.name));
        let created = call.app.create_own_project(&access, &input.project_id, change, &call.actor()).await;
        ProjectPayload::of(call, created)
    }

    /// Changes a project's name and settings, within a second on every node.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn project_update(&self, ctx: &Context<'_>, input: ProjectUpdateInput) -> Result<ProjectPayload> {
        let call = Call::of(ctx)?;
        let access = match call.access(&input.project_id, Scope::ProjectsWrite) {
            Ok(access) => access,
            Err(AppError::NotFound) => return ProjectPayload::of(call, Err(AppError::NotFound)),
            Err(error) => return Err(call.error(&error)),
        };
        let change = input.settings.unwrap_or_default().into_change(input.name);
        ProjectPayload::of(call, call.app.change_project(&access, change, &call.actor()).await)
    }
}

/// The input field that a code is about.
fn path_of(code: &str) -> Option<&'static [&'static str]> {
    Some(match code {
        "PROJECT_ID_INVALID" | "ALREADY_EXISTS" => &["projectId"],
        "NAME_INVALID" => &["name"],
        "CLAIM_PREFIX_INVALID" => &["settings", "claimPrefix"],
        "ISSUER_INVALID" => &["settings", "issuers"],
        "SESSION_LIFETIME_INVALID" => &["settings", "sessionLifetimeSeconds"],
        "TOKEN_LIFETIME_INVALID" => &["settings", "tokenMaxLifetimeSeconds"],
        "LEEWAY_INVALID" => &["settings", "tokenLeewaySeconds"],
        "SIGNATURE_ALGORITHM_INVALID" => &["settings", "signatureAlgorithms"],
        "KEY_MANAGEMENT_INVALID" => &["settings", "keyManagement"],
        "RETENTION_INVALID" => &["settings", "retention"],
        "ORIGIN_INVALID" => &["settings", "allowedOrigins"],
        _ => return None,
    })
}
