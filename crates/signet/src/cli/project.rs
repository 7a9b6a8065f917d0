//! `signet project`: sites and their settings.

use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use signet_app::Actor;
use signet_domain::origin::{AllowedOrigins, Origin};
use signet_domain::{AuthenticatedMode, Project, ProjectId, Retention, TokenProfile, limits};

use crate::cli::operator_name;
use crate::cli::output::{self, Record};
use crate::cli::storage::StorageArgs;
use crate::platform::Operator;
use crate::settings::{Lifetime, parse_duration};

#[derive(Subcommand, Debug)]
pub(crate) enum ProjectCommand {
    /// Create a project
    Create(CreateArgs),
    /// List every project
    List(StorageArgs),
    /// Show a project's settings and the snippet for its pages
    Show(ShowArgs),
    /// Replace the list of pages that may embed the chat
    SetOrigins(SetOriginsArgs),
    /// Change other settings
    Set(SetArgs),
}

#[derive(Args, Debug)]
pub(crate) struct CreateArgs {
    /// Site id, as it stands in the snippet: 1 to 64 of A-Z a-z 0-9 . _ -
    id: ProjectId,
    /// The brand's name, shown to visitors and agents
    #[arg(long)]
    name: String,
    #[command(flatten)]
    origins: OriginArgs,
    #[command(flatten)]
    settings: SettingArgs,
    #[command(flatten)]
    storage: StorageArgs,
}

#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// Site id
    id: ProjectId,
    #[command(flatten)]
    storage: StorageArgs,
}

#[derive(Args, Debug)]
pub(crate) struct SetOriginsArgs {
    /// Site id
    id: ProjectId,
    #[command(flatten)]
    origins: OriginArgs,
    #[command(flatten)]
    storage: StorageArgs,
}

#[derive(Args, Debug)]
pub(crate) struct SetArgs {
    /// Site id
    id: ProjectId,
    /// The brand's name, shown to visitors and agents
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    settings: SettingArgs,
    #[command(flatten)]
    storage: StorageArgs,
}

#[derive(Args, Debug)]
struct OriginArgs {
    /// Origin of pages that may embed the chat, such as https://shop.example; may be repeated
    #[arg(long = "origin", value_name = "ORIGIN", value_parser = parse_origin)]
    origins: Vec<Origin>,
    /// Allow every page of this machine, for development
    #[arg(long)]
    any_loopback: bool,
}

#[derive(Args, Debug)]
struct SettingArgs {
    /// Whether visitors must prove who they are: on, observe or off [default of a new project: on]
    #[arg(long, value_name = "MODE", value_parser = parse_mode)]
    mode: Option<AuthenticatedMode>,
    /// Which rules tokens are held to: compatible or strict [default of a new project: compatible]
    #[arg(long, value_name = "PROFILE", value_parser = parse_profile)]
    profile: Option<TokenProfile>,
    /// How long a visitor session lasts before identity must be proved again [default of a new project: 60m]
    #[arg(long, value_name = "DURATION")]
    session_lifetime: Option<Lifetime>,
    /// How far ahead a token's exp may lie [default of a new project: 24h, with the strict profile 60s]
    #[arg(long, value_name = "DURATION")]
    token_max_lifetime: Option<Lifetime>,
    /// How far the clocks of token provider and platform may differ, 0s to 60s [default of a new project: 5s]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    token_leeway: Option<Duration>,
    /// A signature algorithm that the strict profile accepts: RS256, PS256, ES256 or EdDSA; may be repeated [default of a
    /// new project: RS256]
    #[arg(long = "signature-algorithm", value_name = "ALG")]
    signature_algorithms: Option<Vec<String>>,
    /// A key management algorithm that the strict profile accepts: RSA-OAEP-256, ECDH-ES+A256KW/P-256 or
    /// ECDH-ES+A256KW/X25519; may be repeated [default of a new project: RSA-OAEP-256]
    #[arg(long = "key-management", value_name = "ALG")]
    key_management: Option<Vec<String>>,
    /// Accepted `iss`; may be repeated. Without any, every issuer is accepted
    #[arg(long = "issuer", value_name = "ISSUER")]
    issuers: Option<Vec<String>>,
    /// What stands before userId and visitorData in the claims [default of a new project: https://iadvize.com/]
    #[arg(long, value_name = "PREFIX")]
    claim_prefix: Option<String>,
    /// Whether a visitor session must be for a key of the client, of which every use brings a proof: on or off [default of a new project: off]
    #[arg(long, value_name = "SWITCH", value_parser = parse_switch)]
    require_session_key: Option<bool>,
    #[command(flatten)]
    retention: RetentionArgs,
}

/// After how many days what is about people goes; `never` keeps it until somebody erases it, as a new project does.
#[derive(Args, Debug)]
#[expect(clippy::struct_field_names, reason = "they are the names of flags")]
struct RetentionArgs {
    /// Days after which a closed conversation loses its messages, or never
    #[arg(long, value_name = "DAYS", value_parser = parse_days)]
    retention_conversations: Option<Days>,
    /// Days after which a closed conversation goes altogether, or never
    #[arg(long, value_name = "DAYS", value_parser = parse_days)]
    retention_conversations_deleted: Option<Days>,
    /// Days after which a visitor who was not seen again is anonymised, or never
    #[arg(long, value_name = "DAYS", value_parser = parse_days)]
    retention_visitors: Option<Days>,
    /// Days after which a sale goes, or never
    #[arg(long, value_name = "DAYS", value_parser = parse_days)]
    retention_transactions: Option<Days>,
    /// Days after which a refused sign-in goes, or never
    #[arg(long, value_name = "DAYS", value_parser = parse_days)]
    retention_failures: Option<Days>,
    /// Days after which an event goes, 7 at least, or never
    #[arg(long, value_name = "DAYS", value_parser = parse_days)]
    retention_events: Option<Days>,
}

/// A number of days; `None`: never.
#[derive(Debug, Clone, Copy)]
struct Days(Option<u32>);

fn parse_days(text: &str) -> Result<Days, String> {
    match text {
        "never" => Ok(Days(None)),
        number => {
            number.parse().map(|days| Days(Some(days))).map_err(|_| "a number of days, or never".to_owned())
        }
    }
}

impl RetentionArgs {
    fn apply(&self, retention: &mut Retention) {
        let said = [
            (&mut retention.conversations_anonymized, self.retention_conversations),
            (&mut retention.conversations_deleted, self.retention_conversations_deleted),
            (&mut retention.visitors_anonymized, self.retention_visitors),
            (&mut retention.transactions_deleted, self.retention_transactions),
            (&mut retention.failures_deleted, self.retention_failures),
            (&mut retention.events_deleted, self.retention_events),
        ];
        for (setting, said) in said {
            if let Some(Days(days)) = said {
                *setting = days;
            }
        }
    }
}

fn parse_origin(text: &str) -> Result<Origin, String> {
    Origin::parse(text).map_err(|error| error.to_string())
}

fn parse_mode(text: &str) -> Result<AuthenticatedMode, String> {
    AuthenticatedMode::parse(&text.to_ascii_uppercase()).ok_or_else(|| "one of on, observe, off".to_owned())
}

fn parse_switch(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("one of on, off".to_owned()),
    }
}

fn parse_profile(text: &str) -> Result<TokenProfile, String> {
    TokenProfile::parse(&text.to_ascii_uppercase()).ok_or_else(|| "one of compatible, strict".to_owned())
}

impl OriginArgs {
    fn into_allowed(self) -> AllowedOrigins {
        AllowedOrigins { origins: self.origins, any_loopback: self.any_loopback }
    }
}

impl SettingArgs {
    fn apply(self, project: &mut Project) {
        if let Some(mode) = self.mode {
            project.authenticated_mode = mode;
        }
        if let Some(profile) = self.profile {
            project.token_profile = profile;
            // Each profile has its own default; a lifetime that somebody chose stays.
            if profile == TokenProfile::Strict
                && project.token_max_lifetime == limits::TOKEN_LIFETIME_COMPATIBLE
            {
                project.token_max_lifetime = limits::TOKEN_LIFETIME_STRICT;
            }
        }
        if let Some(algorithms) = self.signature_algorithms {
            project.signature_algorithms = algorithms;
        }
        if let Some(algorithms) = self.key_management {
            project.key_management = algorithms;
        }
        if let Some(lifetime) = self.session_lifetime {
            project.session_lifetime = lifetime.0;
        }
        if let Some(lifetime) = self.token_max_lifetime {
            project.token_max_lifetime = lifetime.0;
        }
        if let Some(leeway) = self.token_leeway {
            project.token_leeway = leeway;
        }
        if let Some(issuers) = self.issuers {
            project.issuers = issuers;
        }
        if let Some(prefix) = self.claim_prefix {
            project.claim_prefix = prefix;
        }
        if let Some(required) = self.require_session_key {
            project.requires_session_key = required;
        }
        self.retention.apply(&mut project.retention);
    }
}

pub(crate) async fn run(command: ProjectCommand) -> anyhow::Result<()> {
    match command {
        ProjectCommand::Create(args) => create(args).await,
        ProjectCommand::List(storage) => list(storage).await,
        ProjectCommand::Show(args) => show(args).await,
        ProjectCommand::SetOrigins(args) => {
            let origins = args.origins.into_allowed();
            change(args.storage, &args.id, move |project| project.allowed_origins = origins).await
        }
        ProjectCommand::Set(args) => {
            change(args.storage, &args.id, move |project| {
                if let Some(name) = args.name {
                    project.name = name;
                }
                args.settings.apply(project);
            })
            .await
        }
    }
}

async fn create(args: CreateArgs) -> anyhow::Result<()> {
    let operator = args.storage.open().await?;
    let mut project = Project::new(args.id.as_str(), &args.name, operator.app().env().now())?;
    project.allowed_origins = args.origins.into_allowed();
    args.settings.apply(&mut project);
    let shown = describe(&project);
    let created = operator.app().create_project(project, &Actor::operator(&operator_name())).await;
    operator.close().await;
    created.with_context(|| format!("create the project {}", args.id))?;
    output::record(shown, args.storage.json)
}

async fn list(storage: StorageArgs) -> anyhow::Result<()> {
    let operator = storage.open().await?;
    let projects = operator.app().all_projects().await;
    operator.close().await;
    let records = projects.context("list the projects")?.iter().map(describe).collect();
    output::records(records, storage.json)
}

async fn show(args: ShowArgs) -> anyhow::Result<()> {
    let operator = args.storage.open().await?;
    let project = find(&operator, &args.id).await;
    operator.close().await;
    let project = project?;
    output::record(describe(&project), args.storage.json)?;
    if !args.storage.json {
        output::line(&format!(
            "\nFor every page of the site, with your platform's host for HOST:\n\n{}",
            project.snippet("HOST")
        ))?;
    }
    Ok(())
}

async fn change(storage: StorageArgs, id: &ProjectId, how: impl FnOnce(&mut Project)) -> anyhow::Result<()> {
    let operator = storage.open().await?;
    let changed = async {
        let mut project = find(&operator, id).await?;
        how(&mut project);
        operator
            .app()
            .update_project(project.clone(), &Actor::operator(&operator_name()))
            .await
            .with_context(|| format!("change the project {id}"))?;
        anyhow::Ok(project)
    }
    .await;
    operator.close().await;
    output::record(describe(&changed?), storage.json)
}

async fn find(operator: &Operator, id: &ProjectId) -> anyhow::Result<Project> {
    let found = operator.app().find_project(id).await.with_context(|| format!("find the project {id}"))?;
    found.with_context(|| format!("there is no project {id}"))
}

fn describe(project: &Project) -> Record {
    let mut origins: Vec<String> =
        project.allowed_origins.origins.iter().map(|origin| origin.as_str().to_owned()).collect();
    if project.allowed_origins.any_loopback {
        origins.push("any loopback origin".to_owned());
    }
    let record = Record::default()
        .with("projectId", project.id.as_str())
        .with("name", project.name.as_str())
        .with("authenticatedMode", project.authenticated_mode.as_str())
        .with("tokenProfile", project.token_profile.as_str())
        .with("claimPrefix", project.claim_prefix.as_str())
        .with("issuers", project.issuers.clone())
        .with("sessionLifetimeSeconds", project.session_lifetime.as_secs())
        .with("tokenMaxLifetimeSeconds", project.token_max_lifetime.as_secs())
        .with("tokenLeewaySeconds", project.token_leeway.as_secs())
        .with("signatureAlgorithms", project.signature_algorithms.clone())
        .with("keyManagement", project.key_management.clone())
        .with("allowedOrigins", origins)
        .with("requiresSessionKey", project.requires_session_key)
        .with("createdAt", project.created_at.to_string());
    let kept = project.retention.settings();
    kept.into_iter()
        .filter_map(|(name, days)| Some((name, days?)))
        .fold(record, |record, (name, days)| record.with(name, days))
}
