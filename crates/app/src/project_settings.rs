//! Projects: made, changed, and their settings checked.

use std::time::Duration;

use signet_domain::access::{PlatformAccess, ProjectAccess, Role, Scope};
use signet_domain::origin::Origin;
use signet_domain::{
    AuditEvent, AuditKind, AuthenticatedMode, Caller, Project, ProjectId, Retention, TokenProfile, limits,
};
use signet_store::{StoreError, Tx, agents, audit_events, projects};
use signet_token::{KeyManagement, SignatureAlgorithm};

use crate::{Actor, App, AppError};

/// Longest claim prefix, in characters.
const CLAIM_PREFIX_CHARACTERS: usize = 255;
/// Longest issuer, in characters: what the verifier reads of `iss`.
const ISSUER_CHARACTERS: usize = 1_024;
/// Most issuers and most origins of a project.
const LIST: usize = 100;
/// Longest lifetime of a session and of a token.
const LONGEST_LIFETIME: Duration = Duration::from_hours(90 * 24);

/// Settings to change; what is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct ProjectChange {
    /// The brand's name.
    pub name: Option<String>,
    /// Whether visitors must prove who they are.
    pub authenticated_mode: Option<AuthenticatedMode>,
    /// Which rules tokens are held to.
    pub token_profile: Option<TokenProfile>,
    /// What precedes `userId` and `visitorData` in the claims.
    pub claim_prefix: Option<String>,
    /// Accepted `iss` values; empty accepts any.
    pub issuers: Option<Vec<String>>,
    /// How long a visitor session lasts.
    pub session_lifetime: Option<Duration>,
    /// How far ahead `exp` of a token may lie.
    pub token_max_lifetime: Option<Duration>,
    /// How far clocks may differ.
    pub token_leeway: Option<Duration>,
    /// Signature algorithms of the strict profile.
    pub signature_algorithms: Option<Vec<String>>,
    /// Key management algorithms of the strict profile.
    pub key_management: Option<Vec<String>>,
    /// Origins of pages that may embed the widget.
    pub allowed_origins: Option<Vec<String>>,
    /// Whether every page of the developer's own machine may.
    pub any_loopback: Option<bool>,
    /// Whether a visitor session must be for a key of the client.
    pub requires_session_key: Option<bool>,
    /// How long what is about people is kept: the whole of it.
    pub retention: Option<Retention>,
}

impl ProjectChange {
    /// Makes the change. The settings as a whole are checked by [`check_settings`].
    fn apply(self, project: &mut Project) -> Result<(), AppError> {
        fn set<T>(place: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *place = value;
            }
        }
        // Each profile has its own default; a lifetime that somebody chose stays.
        if self.token_profile == Some(TokenProfile::Strict)
            && project.token_max_lifetime == limits::TOKEN_LIFETIME_COMPATIBLE
        {
            project.token_max_lifetime = limits::TOKEN_LIFETIME_STRICT;
        }
        set(&mut project.name, self.name);
        set(&mut project.authenticated_mode, self.authenticated_mode);
        set(&mut project.token_profile, self.token_profile);
        set(&mut project.claim_prefix, self.claim_prefix);
        set(&mut project.issuers, self.issuers);
        set(&mut project.session_lifetime, self.session_lifetime);
        set(&mut project.token_max_lifetime, self.token_max_lifetime);
        set(&mut project.token_leeway, self.token_leeway);
        set(&mut project.signature_algorithms, self.signature_algorithms);
        set(&mut project.key_management, self.key_management);
        set(&mut project.allowed_origins.any_loopback, self.any_loopback);
        set(&mut project.requires_session_key, self.requires_session_key);
        set(&mut project.retention, self.retention);
        if let Some(origins) = self.allowed_origins {
            project.allowed_origins.origins = parse_origins(&origins)?;
        }
        Ok(())
    }
}

fn parse_origins(texts: &[String]) -> Result<Vec<Origin>, AppError> {
    let mut origins = Vec::with_capacity(texts.len());
    for text in texts {
        let origin = Origin::parse(text).map_err(|_| AppError::Invalid {
            code: "ORIGIN_INVALID",
            message: format!(
                "{text:?} is not an origin: it has a scheme, a host and perhaps a port, as https://shop.example"
            ),
        })?;
        if !origins.contains(&origin) {
            origins.push(origin);
        }
    }
    Ok(origins)
}

impl App {
    /// Creates a project, as the operator. [`AppError::Exists`] if the id is taken.
    pub async fn create_project(&self, project: Project, actor: &Actor) -> Result<(), AppError> {
        check_settings(&project)?;
        let event = actor.did(AuditKind::ProjectCreated, self.env.now()).in_project(&project.id);
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    audit_events::record(tx, event);
                    Ok(projects::insert(tx, &project).await?)
                })
            })
            .await
    }

    /// Creates a project with these settings and the defaults for the rest; a person who creates it owns it. All projects share the platform, so
    /// it takes the right to change what they share.
    pub async fn create_own_project(
        &self,
        access: &PlatformAccess,
        id: &str,
        change: ProjectChange,
        actor: &Actor,
    ) -> Result<Project, AppError> {
        let mut project = Project::new(id, "", self.env.now()).map_err(|_| AppError::Invalid {
            code: "PROJECT_ID_INVALID",
            message: "a site id has 1 to 64 characters of A-Z a-z 0-9 . _ -".to_owned(),
        })?;
        change.apply(&mut project)?;
        check_settings(&project)?;
        let owner = match access.caller() {
            Caller::Agent(agent) => Some(agent.id),
            Caller::Client(_) => None,
        };
        let stored = project.clone();
        let event = actor.did(AuditKind::ProjectCreated, project.created_at).in_project(&project.id);
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    audit_events::record(tx, event);
                    projects::insert(tx, &stored).await.map_err(taken)?;
                    if let Some(owner) = owner {
                        agents::grant(tx, owner, &stored.id, Role::Owner).await?;
                    }
                    Ok::<_, AppError>(())
                })
            })
            .await?;
        Ok(project)
    }

    /// Changes some settings of a project. Takes effect on this node at once, on others within a second.
    pub async fn change_project(
        &self,
        access: &ProjectAccess,
        change: ProjectChange,
        actor: &Actor,
    ) -> Result<Project, AppError> {
        debug_assert_eq!(access.scope(), Scope::ProjectsWrite);
        let event = actor.did(AuditKind::ProjectChanged, self.env.now());
        self.edit_project(access.project_id().clone(), event, move |project| change.apply(project)).await
    }

    async fn edit_project(
        &self,
        id: ProjectId,
        event: AuditEvent,
        edit: impl FnOnce(&mut Project) -> Result<(), AppError> + Send + 'static,
    ) -> Result<Project, AppError> {
        let event = event.in_project(&id);
        let changed = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let mut project = projects::find(tx, &id).await?.ok_or(AppError::NotFound)?;
                    let was = project.clone();
                    edit(&mut project)?;
                    check_settings(&project)?;
                    if project != was {
                        projects::update(tx, &project).await?;
                        record_changes(tx, event, &was, &project);
                    }
                    Ok::<_, AppError>(project)
                })
            })
            .await?;
        self.projects.forget(&changed.id);
        self.take_in_revocations().await?;
        Ok(changed)
    }

    /// Replaces a project's settings, as the operator. Takes effect on this node at once, on others within a second.
    pub async fn update_project(&self, project: Project, actor: &Actor) -> Result<(), AppError> {
        let id = project.id.clone();
        let event = actor.did(AuditKind::ProjectChanged, self.env.now());
        let replace = move |stored: &mut Project| {
            *stored = Project { id: stored.id.clone(), created_at: stored.created_at, ..project };
            Ok(())
        };
        self.edit_project(id, event, replace).await.map(drop)
    }

    /// Every project.
    pub async fn all_projects(&self) -> Result<Vec<Project>, AppError> {
        self.store.read(|tx| Box::pin(async move { Ok(projects::all(tx).await?) })).await
    }
}

/// What is kept for how long is an event of its own: auditors look for it.
fn record_changes(tx: &mut Tx<'_>, event: AuditEvent, was: &Project, is: &Project) {
    if was.retention != is.retention {
        let changed = AuditEvent { kind: AuditKind::RetentionChanged, ..event.clone() };
        let days = is.retention.settings().into_iter().filter_map(|(name, days)| Some((name, days?)));
        audit_events::record(tx, days.fold(changed, |event, (name, days)| event.with(name, &days)));
    }
    let settings = differences(was, is);
    if !settings.is_empty() {
        audit_events::record(tx, event.with("settings", &settings));
    }
}

/// The names of the settings in which two projects differ, but for retention.
fn differences(was: &Project, is: &Project) -> String {
    let differing = [
        ("name", was.name != is.name),
        ("authenticatedMode", was.authenticated_mode != is.authenticated_mode),
        ("tokenProfile", was.token_profile != is.token_profile),
        ("claimPrefix", was.claim_prefix != is.claim_prefix),
        ("issuers", was.issuers != is.issuers),
        ("sessionLifetime", was.session_lifetime != is.session_lifetime),
        ("tokenMaxLifetime", was.token_max_lifetime != is.token_max_lifetime),
        ("tokenLeeway", was.token_leeway != is.token_leeway),
        ("signatureAlgorithms", was.signature_algorithms != is.signature_algorithms),
        ("keyManagement", was.key_management != is.key_management),
        ("requiresSessionKey", was.requires_session_key != is.requires_session_key),
        ("allowedOrigins", was.allowed_origins != is.allowed_origins),
    ];
    differing.into_iter().filter_map(|(name, differs)| differs.then_some(name)).collect::<Vec<_>>().join(" ")
}

fn taken(error: StoreError) -> AppError {
    match error {
        StoreError::Conflict(_) => AppError::Invalid {
            code: "ALREADY_EXISTS",
            message: "a project with this site id exists".to_owned(),
        },
        other => other.into(),
    }
}

fn check_settings(project: &Project) -> Result<(), AppError> {
    check_name(&project.name)?;
    check_claims(project)?;
    check_times(project)?;
    project
        .retention
        .check()
        .map_err(|error| AppError::Invalid { code: "RETENTION_INVALID", message: error.to_string() })?;
    if project.allowed_origins.origins.len() > LIST {
        let message = format!("a project has at most {LIST} origins");
        return Err(AppError::Invalid { code: "ORIGIN_INVALID", message });
    }
    let signatures = &project.signature_algorithms;
    if signatures.is_empty() || signatures.iter().any(|name| SignatureAlgorithm::parse(name).is_none()) {
        let names = SignatureAlgorithm::ALL.map(SignatureAlgorithm::name).join(", ");
        let message = format!("a project accepts at least one signature algorithm of {names}");
        return Err(AppError::Invalid { code: "SIGNATURE_ALGORITHM_INVALID", message });
    }
    let key_management = &project.key_management;
    if key_management.is_empty() || key_management.iter().any(|name| KeyManagement::parse(name).is_none()) {
        let names = KeyManagement::ALL.map(KeyManagement::name).join(", ");
        let message = format!("a project accepts at least one key management algorithm of {names}");
        return Err(AppError::Invalid { code: "KEY_MANAGEMENT_INVALID", message });
    }
    Ok(())
}

fn check_claims(project: &Project) -> Result<(), AppError> {
    let fits = |text: &str, most: usize| {
        (1..=most).contains(&text.chars().count()) && !text.contains(char::is_control)
    };
    if !fits(&project.claim_prefix, CLAIM_PREFIX_CHARACTERS) {
        let message = format!("a claim prefix has 1 to {CLAIM_PREFIX_CHARACTERS} printable characters");
        return Err(AppError::Invalid { code: "CLAIM_PREFIX_INVALID", message });
    }
    let issuers = &project.issuers;
    if issuers.len() > LIST || !issuers.iter().all(|issuer| fits(issuer, ISSUER_CHARACTERS)) {
        let message = format!(
            "a project has at most {LIST} issuers, each of 1 to {ISSUER_CHARACTERS} printable characters"
        );
        return Err(AppError::Invalid { code: "ISSUER_INVALID", message });
    }
    Ok(())
}

fn check_times(project: &Project) -> Result<(), AppError> {
    let lifetime = |lifetime: Duration, code, what| {
        if !lifetime.is_zero() && lifetime <= LONGEST_LIFETIME {
            return Ok(());
        }
        let message = format!("{what} lives longer than nothing and at most 90 days");
        Err(AppError::Invalid { code, message })
    };
    lifetime(project.session_lifetime, "SESSION_LIFETIME_INVALID", "a session")?;
    lifetime(project.token_max_lifetime, "TOKEN_LIFETIME_INVALID", "a token")?;
    let leeway = project.token_leeway;
    if leeway > limits::TOKEN_LEEWAY_MAX || leeway.subsec_nanos() != 0 {
        let message = format!("the leeway is 0 to {} whole seconds", limits::TOKEN_LEEWAY_MAX.as_secs());
        return Err(AppError::Invalid { code: "LEEWAY_INVALID", message });
    }
    Ok(())
}

/// A name of a project, a person or a program.
pub(crate) fn check_name(name: &str) -> Result<(), AppError> {
    let fits = (1..=limits::NAME_CHARACTERS).contains(&name.trim().chars().count())
        && !name.contains(char::is_control);
    if fits {
        return Ok(());
    }
    let message = format!("a name has 1 to {} characters", limits::NAME_CHARACTERS);
    Err(AppError::Invalid { code: "NAME_INVALID", message })
}
