//! Key sets: a brand publishes its signing keys at an address (RFC 7517 section 5), and rotates them without asking anybody.
//!
//! Invariants:
//! - a set verifies nothing before a challenge was signed with one of its keys: key sets are public, and anybody could name
//!   another brand's;
//! - the last good set stays when a fetch fails or brings nothing usable: that is an alert, not an outage;
//! - an unknown key makes the set be fetched at most once a minute for a project, by one node, however many tokens ask;
//! - a key that may not be registered by hand may not come by a set either; it is left out, and the others are used.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use signet_domain::access::{ProjectAccess, Scope};
use signet_domain::{AuditKind, CustomerKeyId, KeyProof, KeyState, ProjectId, Timestamp};
use signet_outbound::FetchError;
use signet_store::customer_key_sets::{self, CustomerKeySet};
use signet_store::customer_keys::{self, CustomerKey};
use signet_store::{Tx, audit_events};
use signet_token::key_set::{KeySet, NotAKeySet};
use signet_token::possession::Challenge;
use signet_token::{SignatureAlgorithm, VerificationKey};

use crate::{Actor, App, AppError};

/// Least time between two fetches that unknown keys cause.
const ON_DEMAND: Duration = Duration::from_mins(1);
/// Time between two fetches that nobody asked for.
const REGULARLY: Duration = Duration::from_mins(10);

/// One fetch at a time for each project, and when the last one began.
#[derive(Default)]
pub(crate) struct KeySetFetches(Mutex<HashMap<ProjectId, Arc<tokio::sync::Mutex<Option<Timestamp>>>>>);

impl KeySetFetches {
    fn of(&self, project_id: &ProjectId) -> Arc<tokio::sync::Mutex<Option<Timestamp>>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(project_id.clone()).or_default())
    }
}

/// What is wrong with a set as a whole.
enum SetFault {
    Fetch(FetchError),
    NotAKeySet,
    Empty,
}

impl SetFault {
    const fn code(&self) -> &'static str {
        match self {
            Self::Fetch(error) => error.code(),
            Self::NotAKeySet => "KEY_SET_UNREADABLE",
            Self::Empty => "KEY_SET_EMPTY",
        }
    }

    fn into_error(self) -> AppError {
        let message = match &self {
            Self::Fetch(error) => error.to_string(),
            Self::NotAKeySet => "what stands at the address is not a JWK set of at most 50 keys".to_owned(),
            Self::Empty => "the set has no key that this platform could use".to_owned(),
        };
        AppError::Invalid { code: self.code(), message }
    }
}

impl App {
    /// Names the address of a project's key set and fetches it. Nothing is used of it until its challenge is answered
    /// ([`App::prove_key_set`]); keys of an earlier set stay until then.
    pub async fn use_key_set(
        &self,
        access: &ProjectAccess,
        address: &str,
        actor: &Actor,
    ) -> Result<CustomerKeySet, AppError> {
        debug_assert_eq!(access.scope(), Scope::KeysWrite);
        self.limits.test(&access.caller().key())?;
        let fetched = self.fetch_key_set(address).await.map_err(SetFault::into_error)?;
        let (now, project_id) = (self.env.now(), access.project_id());
        let set = CustomerKeySet {
            project_id: project_id.clone(),
            address: address.to_owned(),
            created_at: now,
            proved_at: None,
            challenge: Some(self.challenge(project_id, address, now)),
            attempted_at: Some(now),
            fetched_at: None,
            failure: None,
            ignored: fetched.ignored,
        };
        let event = actor.did(AuditKind::CustomerKeySetChanged, now).in_project(project_id);
        let (stored, event) = (set.clone(), event.with("address", &address));
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    audit_events::record(tx, event);
                    Ok::<_, AppError>(customer_key_sets::put(tx, &stored).await?)
                })
            })
            .await?;
        Ok(set)
    }

    /// Takes the answer to a set's challenge, signed with any key that stands in it now, and uses the set from then on.
    pub async fn prove_key_set(
        &self,
        access: &ProjectAccess,
        signature: &str,
        actor: &Actor,
    ) -> Result<CustomerKeySet, AppError> {
        debug_assert_eq!(access.scope(), Scope::KeysWrite);
        self.limits.test(&access.caller().key())?;
        let set = self.key_set_of(access.project_id()).await?.ok_or(AppError::NotFound)?;
        let now = self.env.now();
        let expired = || AppError::Invalid {
            code: "CHALLENGE_EXPIRED",
            message: "the challenge has expired or was answered: name the address again for a new one"
                .to_owned(),
        };
        let (text, _) = set.challenge.clone().filter(|(_, until)| now < *until).ok_or_else(expired)?;
        let challenge = Challenge::parse(&text).map_err(|_| expired())?;
        let fetched = self.fetch_key_set(&set.address).await.map_err(SetFault::into_error)?;
        if !fetched.keys.iter().any(|key| challenge.is_signed_by(key, signature)) {
            let message =
                "the signature is not one of this challenge by a key that stands in the set now".to_owned();
            return Err(AppError::Invalid { code: "SIGNATURE_INVALID", message });
        }
        let project_id = access.project_id().clone();
        let actor = actor.clone();
        let ids = self.new_key_ids(&fetched);
        let proved = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let mut set =
                        customer_key_sets::find(tx, &project_id).await?.ok_or(AppError::NotFound)?;
                    // Of two answers to one challenge the second comes too late.
                    if set.challenge.as_ref().map(|(asked, _)| asked) != Some(&text) {
                        return Err(expired());
                    }
                    set.challenge = None;
                    set.proved_at = Some(now);
                    take_over(tx, &mut set, Ok(fetched), &ids, &actor, now).await?;
                    Ok(set)
                })
            })
            .await?;
        self.projects.forget(access.project_id());
        Ok(proved)
    }

    /// Fetches a project's proved set now, for a person who waits for it.
    pub async fn refresh_key_set(
        &self,
        access: &ProjectAccess,
        actor: &Actor,
    ) -> Result<CustomerKeySet, AppError> {
        debug_assert_eq!(access.scope(), Scope::KeysWrite);
        self.limits.test(&access.caller().key())?;
        self.fetch_and_take_over(access.project_id(), actor).await?;
        self.key_set_of(access.project_id()).await?.ok_or(AppError::NotFound)
    }

    /// Forgets a project's set and the keys that came by it. False if there was none.
    pub async fn remove_key_set(&self, access: &ProjectAccess, actor: &Actor) -> Result<bool, AppError> {
        debug_assert_eq!(access.scope(), Scope::KeysWrite);
        let project_id = access.project_id().clone();
        let event = actor.did(AuditKind::CustomerKeySetChanged, self.env.now()).in_project(&project_id);
        let removed = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    for key in customer_keys::list(tx, &project_id).await? {
                        if is_of_set(&key) && key.state != KeyState::Revoked {
                            customer_keys::delete(tx, key.id).await?;
                        }
                    }
                    let removed = customer_key_sets::delete(tx, &project_id).await?;
                    if removed {
                        audit_events::record(tx, event.with("removed", &true));
                    }
                    Ok::<_, AppError>(removed)
                })
            })
            .await?;
        self.projects.forget(access.project_id());
        Ok(removed)
    }

    /// A project's key set.
    pub async fn key_set(&self, access: &ProjectAccess) -> Result<Option<CustomerKeySet>, AppError> {
        debug_assert_eq!(access.scope(), Scope::ProjectsRead);
        self.key_set_of(access.project_id()).await
    }

    async fn key_set_of(&self, project_id: &ProjectId) -> Result<Option<CustomerKeySet>, AppError> {
        let project_id = project_id.clone();
        self.store
            .read(move |tx| {
                Box::pin(async move { Ok::<_, AppError>(customer_key_sets::find(tx, &project_id).await?) })
            })
            .await
    }

    /// A token came with a key that the project does not know: fetches its set, unless that was done within the last minute. True if it
    /// is worth looking again. Those who come while a fetch is under way wait for it.
    pub(crate) async fn look_for_new_keys(&self, project_id: &ProjectId) -> bool {
        let fetch = self.key_sets.of(project_id);
        let began = self.env.now();
        let mut last = fetch.lock().await;
        if let Some(last) = *last
            && began.since(last) < ON_DEMAND
        {
            // Somebody fetched while this one waited for the lock, or not long ago.
            return last >= began;
        }
        *last = Some(self.env.now());
        let (project, now) = (project_id.clone(), self.env.now());
        let before = Timestamp::from_millis(now.as_millis() - ON_DEMAND.as_millis() as i64);
        let demanded = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    Ok::<_, AppError>(customer_key_sets::demand(tx, &project, now, before).await?)
                })
            })
            .await;
        match demanded {
            Ok(true) => self.fetch_and_take_over(project_id, &Actor::system()).await.unwrap_or(false),
            Ok(false) => false,
            Err(error) => {
                tracing::error!(
                    project = %project_id,
                    error = &error as &dyn std::error::Error,
                    "a key set could not be looked for"
                );
                false
            }
        }
    }

    /// Fetches the sets that were not tried for ten minutes. What the sweeper starts once a minute.
    pub async fn refresh_key_sets(&self) -> Result<(), AppError> {
        let now = self.env.now();
        let before = Timestamp::from_millis(now.as_millis() - REGULARLY.as_millis() as i64);
        let stale = self
            .store
            .read(move |tx| {
                Box::pin(async move { Ok::<_, AppError>(customer_key_sets::stale(tx, before).await?) })
            })
            .await?;
        for project_id in stale {
            let project = project_id.clone();
            let claimed = self
                .store
                .write(move |tx| {
                    Box::pin(async move {
                        Ok::<_, AppError>(customer_key_sets::claim(tx, &project, now, before).await?)
                    })
                })
                .await?;
            if claimed {
                // Counted and logged there; the others have their turn.
                let _ = self.fetch_and_take_over(&project_id, &Actor::system()).await;
            }
        }
        Ok(())
    }

    /// Fetches a proved set and takes over what changed. True if something did.
    async fn fetch_and_take_over(&self, project_id: &ProjectId, actor: &Actor) -> Result<bool, AppError> {
        let Some(set) = self.key_set_of(project_id).await? else { return Err(AppError::NotFound) };
        if set.proved_at.is_none() {
            return Err(AppError::Invalid {
                code: "KEY_SET_NOT_PROVED",
                message: "the set is not used before its challenge is answered".to_owned(),
            });
        }
        let fetched = self.fetch_key_set(&set.address).await;
        let outcome = fetched.as_ref().map_or_else(SetFault::code, |_| "SUCCESS");
        metrics::counter!("signet_key_set_fetches_total", "code" => outcome).increment(1);
        if let Err(fault) = &fetched {
            tracing::warn!(project = %project_id, code = fault.code(), "key set not taken over; the last good one stays");
        }
        let ids = fetched.as_ref().map(|fetched| self.new_key_ids(fetched)).unwrap_or_default();
        let (project, address, actor, now) =
            (project_id.clone(), set.address.clone(), actor.clone(), self.env.now());
        let changed = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let found = customer_key_sets::find(tx, &project).await?;
                    // Another address was named meanwhile: what was fetched is nobody's any more.
                    let same = found.filter(|set| set.address == address && set.proved_at.is_some());
                    match same {
                        Some(mut set) => take_over(tx, &mut set, fetched, &ids, &actor, now).await,
                        None => Ok(false),
                    }
                })
            })
            .await?;
        self.projects.forget(project_id);
        Ok(changed)
    }

    async fn fetch_key_set(&self, address: &str) -> Result<KeySet, SetFault> {
        let text = self.outbound.text(address).await.map_err(SetFault::Fetch)?;
        let set = KeySet::parse(&text).map_err(|NotAKeySet| SetFault::NotAKeySet)?;
        if set.keys.is_empty() { Err(SetFault::Empty) } else { Ok(set) }
    }

    /// Ids are made before the transaction, so that a repeated body writes the same ones.
    fn new_key_ids(&self, set: &KeySet) -> Vec<CustomerKeyId> {
        set.keys.iter().map(|_| CustomerKeyId::generate(&self.env)).collect()
    }
}

/// A command that answers a challenge with OpenSSL and an RSA or P-256 key; `None` if the text is no challenge.
pub fn openssl_command(challenge: &str) -> Option<String> {
    Some(Challenge::parse(challenge).ok()?.openssl_command(SignatureAlgorithm::Rs256))
}

fn is_of_set(key: &CustomerKey) -> bool {
    matches!(key.proof, Some((KeyProof::KeySet, _)))
}

/// Writes what a fetch brought: new keys active, keys that are gone removed, the rest as it was. True if a key came or went.
async fn take_over(
    tx: &mut Tx<'_>,
    set: &mut CustomerKeySet,
    fetched: Result<KeySet, SetFault>,
    ids: &[CustomerKeyId],
    actor: &Actor,
    now: Timestamp,
) -> Result<bool, AppError> {
    set.attempted_at = Some(now);
    let fetched = match fetched {
        Ok(fetched) => fetched,
        Err(fault) => {
            set.failure = Some(fault.code().to_owned());
            customer_key_sets::put(tx, set).await?;
            return Ok(false);
        }
    };
    set.ignored = fetched.ignored;
    let known = customer_keys::list(tx, &set.project_id).await?;
    let mut usable = Vec::new();
    for (key, id) in fetched.keys.into_iter().zip(ids) {
        let thumbprint = key.fingerprint().as_str().to_owned();
        if customer_keys::is_proved_elsewhere(tx, &thumbprint, &set.project_id).await? {
            let name = key.key_id().unwrap_or(&thumbprint).to_owned();
            set.ignored.push((name, "KEY_OF_ANOTHER_ORGANISATION".to_owned()));
        } else {
            usable.push((key, *id, thumbprint));
        }
    }
    if usable.is_empty() {
        set.failure = Some(SetFault::Empty.code().to_owned());
        customer_key_sets::put(tx, set).await?;
        return Ok(false);
    }
    let gone: Vec<_> = known
        .iter()
        .filter(|key| is_of_set(key) && key.state.verifies())
        .filter(|key| !usable.iter().any(|(_, _, thumbprint)| *thumbprint == key.fingerprint))
        .collect();
    let new: Vec<_> = usable
        .iter()
        .filter(|(_, _, thumbprint)| !known.iter().any(|key| key.fingerprint == *thumbprint))
        .collect();
    for key in &gone {
        customer_keys::delete(tx, key.id).await?;
    }
    for (key, id, thumbprint) in &new {
        let record = of_set(&set.project_id, key, *id, thumbprint, now);
        customer_keys::insert(tx, &record).await?;
    }
    set.failure = None;
    set.fetched_at = Some(now);
    customer_key_sets::put(tx, set).await?;
    let changed = !gone.is_empty() || !new.is_empty();
    if changed {
        let event = actor.did(AuditKind::CustomerKeySetFetched, now).in_project(&set.project_id);
        audit_events::record(tx, event.with("new", &new.len()).with("gone", &gone.len()));
    }
    Ok(changed)
}

fn of_set(
    project_id: &ProjectId,
    key: &VerificationKey,
    id: CustomerKeyId,
    thumbprint: &str,
    now: Timestamp,
) -> CustomerKey {
    CustomerKey {
        id,
        project_id: project_id.clone(),
        fingerprint: thumbprint.to_owned(),
        key_id: key.key_id().map(str::to_owned),
        public_key: key.to_spki_der(),
        algorithm: Some(key.algorithm().name().to_owned()),
        state: KeyState::Active,
        created_at: now,
        proof: Some((KeyProof::KeySet, now)),
        challenge: None,
        activated_at: Some(now),
        retiring_at: None,
        revoked_at: None,
    }
}
