//! The brands' signing keys: registered, proved, activated, retired, revoked.
//!
//! Invariants:
//! - a key verifies nothing before somebody has shown that its private half is theirs, or the operator has vouched for it;
//! - a key that one project proved is refused in every other one. A project stands for an organisation: Signet knows no larger
//!   unit, and the operator alone may say that two projects share a key;
//! - what was revoked stays revoked.

use std::time::Duration;

use signet_domain::access::{ProjectAccess, Scope};
use signet_domain::{AuditEvent, AuditKind, CustomerKeyId, KeyProof, KeyState, ProjectId, Timestamp};
use signet_store::customer_keys::{self, CustomerKey};
use signet_store::sessions::{self, SessionsOf};
use signet_store::{Tx, audit_events, key_uses, projects};
use signet_token::possession::Challenge;
use signet_token::{KeyError, SignatureAlgorithm, VerificationKey};

use crate::key_refusal::{
    challenge_expired, changed_meanwhile, key_elsewhere, key_refused, signature_invalid, taken,
};
use crate::projects::parse_key;
use crate::{Actor, App, AppError};

/// How long a challenge may be answered.
const CHALLENGE_LIFETIME: Duration = Duration::from_hours(1);
/// Keys of a project that are not revoked. A token without `kid` is held against every active one.
const MOST_KEYS: usize = 20;
/// Over what time shares of traffic are counted.
const SHARE_OVER: Duration = Duration::from_hours(7 * 24);

/// A key that the operator registers: active at once.
pub struct NewCustomerKey {
    /// The project whose tokens it will verify.
    pub project_id: ProjectId,
    /// PEM (SubjectPublicKeyInfo) or a JWK.
    pub text: String,
    /// The brand's `kid`, unless the JWK has one.
    pub key_id: Option<String>,
    /// Whether it may be another project's too: the operator knows that both belong to one organisation.
    pub shared: bool,
}

/// A key that the brand registers: pending until its possession is proved.
pub struct KeyRegistration {
    /// PEM (SubjectPublicKeyInfo), bare base64 of it, or a JWK.
    pub text: String,
    /// The brand's `kid`, unless the JWK has one.
    pub key_id: Option<String>,
    /// The algorithm, unless the JWK says or the key has but one; RS256 for an RSA key.
    pub algorithm: Option<String>,
}

/// A key and what is known of its use.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomerKeyDetail {
    /// The key.
    pub key: CustomerKey,
    /// The first session it opened.
    pub first_used_at: Option<Timestamp>,
    /// The last session it opened or renewed.
    pub last_used_at: Option<Timestamp>,
    /// How many it opened or renewed within seven days.
    pub uses: i64,
    /// Which part of the project's that is, 0 to 1; `None` if there were none at all.
    pub share: Option<f64>,
}

impl CustomerKeyDetail {
    /// Size of the key in bits.
    pub fn bits(&self) -> Option<usize> {
        parse_key(&self.key).map(|key| key.bits())
    }

    /// The algorithm of its signatures.
    pub fn algorithm(&self) -> Option<SignatureAlgorithm> {
        parse_key(&self.key).map(|key| key.algorithm())
    }

    /// The key as PEM.
    pub fn pem(&self) -> Option<String> {
        parse_key(&self.key).map(|key| key.to_pem())
    }

    /// A command that answers the key's challenge with OpenSSL; `None` if there is no challenge.
    pub fn openssl_command(&self) -> Option<String> {
        let (challenge, _) = self.key.challenge.as_ref()?;
        Some(Challenge::parse(challenge).ok()?.openssl_command(self.algorithm()?))
    }

    /// The same with Signet's own program.
    pub fn signet_command(&self) -> Option<String> {
        let (challenge, _) = self.key.challenge.as_ref()?;
        let algorithm = match self.algorithm()? {
            SignatureAlgorithm::Ps256 => " --algorithm PS256",
            _ => "",
        };
        Some(format!("signet keys prove privateKey.pem{algorithm} --challenge '{challenge}'"))
    }
}

impl App {
    /// Registers a key on the operator's word, active at once. Refuses weak keys, and private ones with a word on what to do.
    pub async fn register_customer_key(
        &self,
        key: NewCustomerKey,
        actor: &Actor,
    ) -> Result<CustomerKey, AppError> {
        let registration = KeyRegistration { text: key.text, key_id: key.key_id, algorithm: None };
        let now = self.env.now();
        let record = CustomerKey {
            state: KeyState::Active,
            proof: Some((KeyProof::Operator, now)),
            activated_at: Some(now),
            ..self.new_key(key.project_id, &parse(&registration)?, now)
        };
        let event = about(actor.did(AuditKind::CustomerKeyRegistered, now), &record);
        let (stored, shared) = (record.clone(), key.shared);
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    audit_events::record(tx, event);
                    let CustomerKey { project_id, fingerprint, .. } = &stored;
                    projects::find(tx, project_id).await?.ok_or(AppError::NotFound)?;
                    if !shared && customer_keys::is_proved_elsewhere(tx, fingerprint, project_id).await? {
                        return Err(key_elsewhere());
                    }
                    customer_keys::insert(tx, &stored).await.map_err(taken)
                })
            })
            .await?;
        self.projects.forget(&record.project_id);
        Ok(record)
    }

    /// Registers a key that verifies nothing until its challenge is answered ([`App::prove_key`]) and it is activated.
    pub async fn register_key(
        &self,
        access: &ProjectAccess,
        registration: KeyRegistration,
        actor: &Actor,
    ) -> Result<CustomerKeyDetail, AppError> {
        debug_assert_eq!(access.scope(), Scope::KeysWrite);
        let parsed = parse(&registration).inspect_err(|error| {
            tracing::info!(project = %access.project_id(), code = error.code(), "customer key refused");
        })?;
        let now = self.env.now();
        let new = self.new_key(access.project_id().clone(), &parsed, now);
        let challenge = self.challenge(&new.project_id, &new.fingerprint, now);
        let record = CustomerKey { challenge: Some(challenge), ..new };
        let event = about(actor.did(AuditKind::CustomerKeyRegistered, now), &record);
        let stored = record.clone();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    audit_events::record(tx, event);
                    if customer_keys::is_proved_elsewhere(tx, &stored.fingerprint, &stored.project_id).await?
                    {
                        return Err(key_elsewhere());
                    }
                    let keys = customer_keys::list(tx, &stored.project_id).await?;
                    if keys.iter().filter(|key| key.state != KeyState::Revoked).count() >= MOST_KEYS {
                        let message = format!("a project has at most {MOST_KEYS} keys: revoke one first");
                        return Err(AppError::Invalid { code: "KEYS_TOO_MANY", message });
                    }
                    customer_keys::insert(tx, &stored).await.map_err(taken)
                })
            })
            .await?;
        self.projects.forget(&record.project_id);
        Ok(unused(record))
    }

    /// Makes a new challenge for a key that is not proved yet. The one before is worth nothing any more.
    pub async fn renew_key_challenge(
        &self,
        access: &ProjectAccess,
        id: CustomerKeyId,
    ) -> Result<CustomerKeyDetail, AppError> {
        debug_assert_eq!(access.scope(), Scope::KeysWrite);
        let key = self.key_of(access.project_id(), id).await?;
        let challenge = self.challenge(&key.project_id, &key.fingerprint, self.env.now());
        self.change_key(access.project_id(), id, None, move |key| {
            must_be_unproved(key)?;
            key.challenge = Some(challenge);
            Ok(())
        })
        .await
    }

    /// Takes the answer to a key's challenge: base64 of a signature of it. Works once.
    pub async fn prove_key(
        &self,
        access: &ProjectAccess,
        id: CustomerKeyId,
        signature: &str,
        actor: &Actor,
    ) -> Result<CustomerKeyDetail, AppError> {
        debug_assert_eq!(access.scope(), Scope::KeysWrite);
        self.limits.test(&access.caller().key())?;
        let now = self.env.now();
        let key = self.key_of(access.project_id(), id).await?;
        must_be_unproved(&key)?;
        let answered = answered(&key, signature, now)?;
        let event = actor.did(AuditKind::CustomerKeyProved, now);
        self.change_key(access.project_id(), id, Some(event), move |key| {
            must_be_unproved(key)?;
            // Renewed meanwhile: what was signed is no longer what was asked.
            if key.challenge.as_ref().map(|(text, _)| text) != Some(&answered) {
                return Err(challenge_expired());
            }
            key.challenge = None;
            key.proof = Some((KeyProof::Challenge, now));
            Ok(())
        })
        .await
    }

    /// Lets a proved key verify tokens, at once on this node and within a second on others. Takes a retirement back.
    pub async fn activate_key(
        &self,
        access: &ProjectAccess,
        id: CustomerKeyId,
        actor: &Actor,
    ) -> Result<CustomerKeyDetail, AppError> {
        debug_assert_eq!(access.scope(), Scope::KeysWrite);
        let now = self.env.now();
        let event = actor.did(AuditKind::CustomerKeyActivated, now);
        self.change_key(access.project_id(), id, Some(event), move |key| {
            if key.proof.is_none() && key.state == KeyState::Pending {
                return Err(AppError::Invalid {
                    code: "KEY_NOT_PROVED",
                    message: "the key cannot be activated before its challenge is answered".to_owned(),
                });
            }
            become_state(key, KeyState::Active, now)
        })
        .await
    }

    /// Marks a key as on its way out. It goes on verifying tokens until it is revoked.
    pub async fn retire_key(
        &self,
        access: &ProjectAccess,
        id: CustomerKeyId,
        actor: &Actor,
    ) -> Result<CustomerKeyDetail, AppError> {
        debug_assert_eq!(access.scope(), Scope::KeysWrite);
        let now = self.env.now();
        let event = actor.did(AuditKind::CustomerKeyRetired, now);
        let retire = move |key: &mut CustomerKey| become_state(key, KeyState::Retiring, now);
        self.change_key(access.project_id(), id, Some(event), retire).await
    }

    /// Revokes a key for good, and ends the sessions it opened: here at once, on other nodes within seconds.
    pub async fn revoke_key(
        &self,
        access: &ProjectAccess,
        id: CustomerKeyId,
        actor: &Actor,
    ) -> Result<CustomerKeyDetail, AppError> {
        debug_assert_eq!(access.scope(), Scope::KeysWrite);
        let now = self.env.now();
        let event = actor.did(AuditKind::CustomerKeyRevoked, now);
        let revoked = self
            .change_key(access.project_id(), id, Some(event), move |key| {
                key.challenge = None;
                become_state(key, KeyState::Revoked, now)
            })
            .await?;
        self.take_in_revocations().await?;
        self.announce_revocations().await?;
        Ok(revoked)
    }

    /// A project's customer keys, oldest first.
    pub async fn customer_keys(&self, project_id: &ProjectId) -> Result<Vec<CustomerKey>, AppError> {
        let project_id = project_id.clone();
        self.store
            .read(move |tx| Box::pin(async move { Ok(customer_keys::list(tx, &project_id).await?) }))
            .await
    }

    /// A project's customer keys with their use, oldest first.
    pub async fn keys_of_project(&self, access: &ProjectAccess) -> Result<Vec<CustomerKeyDetail>, AppError> {
        debug_assert_eq!(access.scope(), Scope::ProjectsRead);
        self.write_key_uses().await?;
        let (project_id, since) = (access.project_id().clone(), self.seven_days_ago());
        self.store.read(move |tx| Box::pin(async move { details(tx, &project_id, since).await })).await
    }

    pub(crate) fn seven_days_ago(&self) -> Timestamp {
        Timestamp::from_millis(self.env.now().as_millis() - SHARE_OVER.as_millis() as i64)
    }

    fn new_key(&self, project_id: ProjectId, parsed: &VerificationKey, now: Timestamp) -> CustomerKey {
        CustomerKey {
            id: CustomerKeyId::generate(&self.env),
            project_id,
            fingerprint: parsed.fingerprint().as_str().to_owned(),
            key_id: parsed.key_id().map(str::to_owned),
            public_key: parsed.to_spki_der(),
            algorithm: Some(parsed.algorithm().name().to_owned()),
            state: KeyState::Pending,
            created_at: now,
            proof: None,
            challenge: None,
            activated_at: None,
            retiring_at: None,
            revoked_at: None,
        }
    }

    /// A text to sign, and until when: about one key, by its thumbprint, or a set of them, by its address.
    pub(crate) fn challenge(
        &self,
        project_id: &ProjectId,
        subject: &str,
        now: Timestamp,
    ) -> (String, Timestamp) {
        let until = now.after(CHALLENGE_LIFETIME);
        let nonce = self.env.random_bytes::<32>();
        let challenge =
            Challenge::new(&self.public_url, project_id.as_str(), subject, &until.to_string(), &nonce);
        (challenge.as_str().to_owned(), until)
    }

    pub(crate) async fn key_of(
        &self,
        project_id: &ProjectId,
        id: CustomerKeyId,
    ) -> Result<CustomerKey, AppError> {
        let project_id = project_id.clone();
        self.store
            .read(move |tx| {
                Box::pin(
                    async move { customer_keys::find(tx, &project_id, id).await?.ok_or(AppError::NotFound) },
                )
            })
            .await
    }

    /// Changes a key of the project in one transaction, and answers it as it is then.
    async fn change_key(
        &self,
        project_id: &ProjectId,
        id: CustomerKeyId,
        event: Option<AuditEvent>,
        edit: impl FnOnce(&mut CustomerKey) -> Result<(), AppError> + Send + 'static,
    ) -> Result<CustomerKeyDetail, AppError> {
        let (project, since, now) = (project_id.clone(), self.seven_days_ago(), self.env.now());
        let changed = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let mut key = customer_keys::find(tx, &project, id).await?.ok_or(AppError::NotFound)?;
                    let was = key.clone();
                    edit(&mut key)?;
                    if was.proof.is_none()
                        && key.proof.is_some()
                        && customer_keys::is_proved_elsewhere(tx, &key.fingerprint, &project).await?
                    {
                        return Err(key_elsewhere());
                    }
                    if key != was {
                        if !customer_keys::update(tx, &key, was.state).await.map_err(taken)? {
                            return Err(changed_meanwhile());
                        }
                        if key.state == KeyState::Revoked {
                            let of_key = SessionsOf::SigningKey(key.fingerprint.clone());
                            let request = event.as_ref().and_then(|event| event.correlation_id.as_deref());
                            sessions::revoke(tx, &project, &of_key, request, now).await?;
                        }
                        if let Some(event) = event {
                            audit_events::record(tx, about(event, &key));
                        }
                    }
                    let keys = details(tx, &project, since).await?;
                    keys.into_iter().find(|detail| detail.key.id == id).ok_or(AppError::NotFound)
                })
            })
            .await?;
        self.projects.forget(project_id);
        Ok(changed)
    }
}

/// An event that concerns a key.
fn about(event: AuditEvent, key: &CustomerKey) -> AuditEvent {
    event.in_project(&key.project_id).to("CUSTOMER_KEY", &key.id).with("thumbprint", &key.fingerprint)
}

/// Every key of a project with its use.
pub(crate) async fn details(
    tx: &mut Tx<'_>,
    project_id: &ProjectId,
    since: Timestamp,
) -> Result<Vec<CustomerKeyDetail>, AppError> {
    let keys = customer_keys::list(tx, project_id).await?;
    let uses = key_uses::sum(tx, project_id, since).await?;
    let all: i64 = uses.iter().map(|entry| entry.uses).sum();
    let detail = |key: CustomerKey| {
        let own = || uses.iter().filter(|entry| entry.customer_key == key.fingerprint);
        let count: i64 = own().map(|entry| entry.uses).sum();
        CustomerKeyDetail {
            first_used_at: own().map(|entry| entry.first_at).min(),
            last_used_at: own().map(|entry| entry.last_at).max(),
            uses: count,
            share: (all > 0).then(|| count as f64 / all as f64),
            key,
        }
    };
    Ok(keys.into_iter().map(detail).collect())
}

fn unused(key: CustomerKey) -> CustomerKeyDetail {
    CustomerKeyDetail { key, first_used_at: None, last_used_at: None, uses: 0, share: None }
}

fn parse(registration: &KeyRegistration) -> Result<VerificationKey, AppError> {
    let mut key = VerificationKey::from_text(&registration.text).map_err(key_refused)?;
    if let Some(name) = &registration.algorithm {
        let algorithm = SignatureAlgorithm::parse(name).ok_or(KeyError::WrongAlgorithm);
        key = algorithm.and_then(|algorithm| key.with_algorithm(algorithm)).map_err(key_refused)?;
    }
    match &registration.key_id {
        Some(key_id) => key.with_key_id(key_id).map_err(key_refused),
        None => Ok(key),
    }
}

/// The challenge that was answered, if the signature is one of it and in time.
fn answered(key: &CustomerKey, signature: &str, now: Timestamp) -> Result<String, AppError> {
    let (text, _) = key.challenge.as_ref().filter(|(_, until)| now < *until).ok_or_else(challenge_expired)?;
    let parsed = parse_key(key).ok_or(AppError::NotFound)?;
    let signed = Challenge::parse(text).is_ok_and(|challenge| challenge.is_signed_by(&parsed, signature));
    if signed { Ok(text.clone()) } else { Err(signature_invalid()) }
}

fn must_be_unproved(key: &CustomerKey) -> Result<(), AppError> {
    if key.proof.is_none() && key.state == KeyState::Pending {
        return Ok(());
    }
    let message = "possession of this key is not in question: it is proved or revoked".to_owned();
    Err(AppError::Invalid { code: "KEY_NOT_CHALLENGED", message })
}

/// Idempotent: a key that is there already stays as it is.
fn become_state(key: &mut CustomerKey, next: KeyState, now: Timestamp) -> Result<(), AppError> {
    if key.state == next {
        return Ok(());
    }
    if !key.state.may_become(next) {
        let message = format!("a key that is {} cannot become {}", key.state.as_str(), next.as_str());
        return Err(AppError::Invalid { code: "KEY_STATE_INVALID", message });
    }
    key.state = next;
    match next {
        KeyState::Pending => {}
        KeyState::Active => {
            key.activated_at.get_or_insert(now);
            key.retiring_at = None;
        }
        KeyState::Retiring => key.retiring_at = Some(now),
        KeyState::Revoked => key.revoked_at = Some(now),
    }
    Ok(())
}
