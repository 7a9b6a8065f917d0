//! Projects as the hot path needs them: settings, token policy and parsed keys, from memory for at most a second.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use signet_domain::{KeyState, Project, ProjectId, Timestamp, TokenProfile};
use signet_store::{customer_key_sets, customer_keys, projects};
use signet_token::doctor::{OtherKey, Standing};
use signet_token::{KeyError, KeyManagement, Policy, Profile, SignatureAlgorithm, VerificationKey};

use crate::{App, AppError};

/// How old a remembered project may be: the longest another node's change takes to be seen here.
const FRESH: Duration = Duration::from_secs(1);

/// A project ready to verify tokens.
pub(crate) struct ActiveProject {
    pub(crate) project: Project,
    pub(crate) policy: Policy,
    pub(crate) keys: Vec<VerificationKey>,
    /// Whether the brand publishes keys at an address, which may have new ones.
    pub(crate) has_key_set: bool,
    /// Keys that are registered and verify nothing, for the doctor.
    pub(crate) other_keys: Vec<OtherKey>,
    /// What the keys were parsed from, to parse them once and not at every refresh.
    parsed: Vec<(String, KeyState)>,
    read_at: Timestamp,
}

#[derive(Default)]
pub(crate) struct ProjectCache(RwLock<HashMap<ProjectId, Arc<ActiveProject>>>);

impl ProjectCache {
    fn find(&self, id: &ProjectId) -> Option<Arc<ActiveProject>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn remember(&self, active: Arc<ActiveProject>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(active.project.id.clone(), active);
    }

    pub(crate) fn forget(&self, id: &ProjectId) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

impl App {
    /// A project's settings, from a cache of at most a second.
    pub async fn find_project(&self, id: &ProjectId) -> Result<Option<Project>, AppError> {
        Ok(self.active_project(id).await?.map(|active| active.project.clone()))
    }

    pub(crate) async fn active_project(
        &self,
        id: &ProjectId,
    ) -> Result<Option<Arc<ActiveProject>>, AppError> {
        let now = self.env.now();
        let known = self.projects.find(id);
        if let Some(active) = &known
            && now.since(active.read_at) < FRESH
            && now >= active.read_at
        {
            return Ok(known);
        }
        let wanted = id.clone();
        let found = self
            .store
            .read(move |tx| {
                Box::pin(async move {
                    let Some(project) = projects::find(tx, &wanted).await? else { return Ok(None) };
                    let keys = customer_keys::list(tx, &wanted).await?;
                    let set = customer_key_sets::find(tx, &wanted).await?;
                    let has_key_set = set.is_some_and(|set| set.proved_at.is_some());
                    Ok::<_, AppError>(Some((project, keys, has_key_set)))
                })
            })
            .await?;
        let Some((project, records, has_key_set)) = found else {
            self.projects.forget(id);
            return Ok(None);
        };
        let parsed: Vec<_> =
            records.iter().map(|record| (record.fingerprint.clone(), record.state)).collect();
        let (keys, other_keys) = match known {
            Some(known) if known.parsed == parsed => (known.keys.clone(), known.other_keys.clone()),
            _ => parse_keys(&records),
        };
        let policy = policy_of(&project);
        let active = ActiveProject { project, policy, keys, has_key_set, other_keys, parsed, read_at: now };
        let active = Arc::new(active);
        self.projects.remember(Arc::clone(&active));
        Ok(Some(active))
    }
}

/// Keys that verify, and those that do not.
fn parse_keys(records: &[customer_keys::CustomerKey]) -> (Vec<VerificationKey>, Vec<OtherKey>) {
    let (mut keys, mut other_keys) = (Vec::new(), Vec::new());
    for record in records {
        let standing = match record.state {
            KeyState::Active | KeyState::Retiring => None,
            KeyState::Pending => Some(Standing::Pending),
            KeyState::Revoked => Some(Standing::Revoked),
        };
        match (parse_key(record), standing) {
            (Some(key), None) => keys.push(key),
            (Some(key), Some(standing)) => other_keys.push(OtherKey { key, standing }),
            (None, _) => {}
        }
    }
    (keys, other_keys)
}

/// A stored key was parsed before it was stored; one that does not parse any more is left out and said loudly.
pub(crate) fn parse_key(record: &customer_keys::CustomerKey) -> Option<VerificationKey> {
    read_key(record)
        .inspect_err(|error| tracing::error!(key = %record.id, project = %record.project_id, %error, "stored key unusable"))
        .ok()
}

fn read_key(record: &customer_keys::CustomerKey) -> Result<VerificationKey, KeyError> {
    let mut key = VerificationKey::from_spki_der(&record.public_key)?;
    if let Some(name) = &record.algorithm {
        key = key.with_algorithm(SignatureAlgorithm::parse(name).ok_or(KeyError::WrongAlgorithm)?)?;
    }
    match &record.key_id {
        Some(key_id) => key.with_key_id(key_id),
        None => Ok(key),
    }
}

fn policy_of(project: &Project) -> Policy {
    Policy {
        profile: match project.token_profile {
            TokenProfile::Compatible => Profile::Compatible,
            TokenProfile::Strict => Profile::Strict,
        },
        claim_prefix: project.claim_prefix.clone(),
        issuers: project.issuers.clone(),
        // Settings are checked when they are written; a name that means nothing accepts nothing.
        signature_algorithms: project
            .signature_algorithms
            .iter()
            .filter_map(|name| SignatureAlgorithm::parse(name))
            .collect(),
        key_management: project.key_management.iter().filter_map(|name| KeyManagement::parse(name)).collect(),
        max_lifetime_seconds: i64::try_from(project.token_max_lifetime.as_secs()).unwrap_or(i64::MAX),
        leeway_seconds: i64::try_from(project.token_leeway.as_secs()).unwrap_or(0),
    }
}
