//! Session tokens: minted at activation, checked by signature and a small revocation set.
//!
//! A token is verified once; afterwards it is recognised by its text, so that a request on an activated session costs no
//! signature check and no read of the database. Time and revocation are looked at each time.

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use signet_domain::{Assurance, DeviceId, ProjectId, SessionId, Timestamp, VisitorId};
use signet_store::{Store, devices, projects, sessions};
use signet_token::{AuditCheckpoint, Confirmation, SessionClaims, SessionSigner, SessionTokenKind};
use uuid::Uuid;

use crate::revocation::Seen;
use crate::{App, AppError};

/// How long an anonymous session token is good. The widget opens a new one by the device credential.
pub(crate) const ANONYMOUS_SESSION: Duration = Duration::from_hours(12);
/// How long a device credential is good: the conversation stays reachable from this browser that long.
pub(crate) const DEVICE_CREDENTIAL: Duration = Duration::from_hours(180 * 24);
/// How long a token from the test mutation can be looked at.
pub(crate) const TEST_SESSION: Duration = Duration::from_mins(5);

const SHARDS: usize = 16;
/// Recognised tokens kept in each shard; a full shard forgets all and verifies again.
const RECOGNISED: usize = 8_192;

/// Sign-out handles kept in memory; when they are that many all are forgotten.
const HANDLES: usize = 65_536;
/// How long a sign-out handle is looked at. A browser that was offline for longer has a session that nobody renewed since.
const SIGN_OUT_HANDLE: Duration = DEVICE_CREDENTIAL;

pub(crate) struct SessionTokens {
    signer: Arc<SessionSigner>,
    issuer: String,
    recognised: Vec<Mutex<HashMap<String, Arc<VisitorSession>>>>,
    /// Sign-out handles by session: every page view answers one, and a signature each time would be the same again.
    handles: Mutex<HashMap<SessionId, String>>,
    /// Sessions and devices that ended before their tokens' time, visitors who were anonymised, and until when that matters.
    ended: RwLock<HashMap<Uuid, Timestamp>>,
    /// Projects whose sessions must be for a key.
    keyed: RwLock<HashSet<ProjectId>>,
}

/// What a device credential proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Device {
    pub(crate) id: DeviceId,
    pub(crate) visitor_id: VisitorId,
}

impl SessionTokens {
    /// With every session and device that ended before its time, and where to look for those that end from then on.
    pub(crate) async fn load(
        signer: Arc<SessionSigner>,
        issuer: &str,
        store: &Store,
        now: Timestamp,
    ) -> Result<(Self, Seen), AppError> {
        let (ended, keyed, seen) = store
            .read(move |tx| {
                Box::pin(async move {
                    let seen = Seen::now(tx).await?;
                    let mut ended = HashMap::new();
                    for session in sessions::ended_in_time(tx, now).await? {
                        ended.insert(session.id.as_uuid(), session.expires_at);
                    }
                    for (device, until) in devices::revoked(tx, now).await? {
                        ended.insert(device.as_uuid(), until);
                    }
                    Ok::<_, AppError>((ended, projects::demanding_keys(tx).await?, seen))
                })
            })
            .await?;
        let tokens = Self {
            signer,
            issuer: issuer.to_owned(),
            recognised: (0..SHARDS).map(|_| Mutex::default()).collect(),
            handles: Mutex::default(),
            ended: RwLock::new(ended),
            keyed: RwLock::new(keyed.into_iter().collect()),
        };
        Ok((tokens, seen))
    }

    pub(crate) fn mint(&self, session: &VisitorSession, now: Timestamp) -> Result<String, AppError> {
        let claims = SessionClaims {
            iss: self.issuer.clone(),
            aud: session.project_id.to_string(),
            sub: session.visitor_id.to_string(),
            sid: session.session_id.to_string(),
            iat: now.as_seconds(),
            // Rounded up, so that the token lives as long as the session; the session's own time is checked beside it.
            exp: (session.expires_at.as_millis() + 999).div_euclid(1000),
            assurance: session.assurance.as_str().to_owned(),
            auth_time: session.verified_at.map(Timestamp::as_seconds),
            dev: session.device_id.map(|id| id.to_string()),
            ext: session.claimed_id.clone(),
            cnf: session.proof_key.as_deref().map(|jkt| Confirmation { jkt: jkt.to_owned() }),
        };
        let token = self.sign(SessionTokenKind::Session, &claims)?;
        // Whoever was just given it will present it next.
        self.recognise(&token, Arc::new(session.clone()));
        Ok(token)
    }

    pub(crate) fn mint_test(
        &self,
        project: &ProjectId,
        id: Uuid,
        now: Timestamp,
    ) -> Result<(String, Timestamp), AppError> {
        let expires_at = now.after(TEST_SESSION);
        let claims = SessionClaims {
            iss: self.issuer.clone(),
            aud: project.to_string(),
            sub: "test".to_owned(),
            sid: id.to_string(),
            iat: now.as_seconds(),
            exp: expires_at.as_seconds(),
            assurance: Assurance::Verified.as_str().to_owned(),
            auth_time: Some(now.as_seconds()),
            dev: None,
            ext: None,
            cnf: None,
        };
        Ok((self.sign(SessionTokenKind::TestSession, &claims)?, expires_at))
    }

    pub(crate) fn mint_device(
        &self,
        project: &ProjectId,
        device: &Device,
        now: Timestamp,
    ) -> Result<String, AppError> {
        let claims = SessionClaims {
            iss: self.issuer.clone(),
            aud: project.to_string(),
            sub: device.visitor_id.to_string(),
            sid: device.id.to_string(),
            iat: now.as_seconds(),
            exp: now.after(DEVICE_CREDENTIAL).as_seconds(),
            assurance: Assurance::Anonymous.as_str().to_owned(),
            auth_time: None,
            dev: None,
            ext: None,
            cnf: None,
        };
        self.sign(SessionTokenKind::Device, &claims)
    }

    /// What can end a session and nothing else.
    pub(crate) fn sign_out_handle(
        &self,
        session: &VisitorSession,
        now: Timestamp,
    ) -> Result<String, AppError> {
        let known =
            self.handles.lock().unwrap_or_else(PoisonError::into_inner).get(&session.session_id).cloned();
        if let Some(handle) = known {
            return Ok(handle);
        }
        let handle = self.mint_sign_out(session, now)?;
        let mut handles = self.handles.lock().unwrap_or_else(PoisonError::into_inner);
        if handles.len() >= HANDLES {
            handles.clear();
        }
        handles.insert(session.session_id, handle.clone());
        Ok(handle)
    }

    fn mint_sign_out(&self, session: &VisitorSession, now: Timestamp) -> Result<String, AppError> {
        let claims = SessionClaims {
            iss: self.issuer.clone(),
            aud: session.project_id.to_string(),
            sub: session.visitor_id.to_string(),
            sid: session.session_id.to_string(),
            iat: now.as_seconds(),
            exp: now.after(SIGN_OUT_HANDLE).as_seconds(),
            assurance: session.assurance.as_str().to_owned(),
            auth_time: None,
            dev: session.device_id.map(|id| id.to_string()),
            ext: None,
            cnf: None,
        };
        self.sign(SessionTokenKind::SignOut, &claims)
    }

    /// The session that a sign-out handle names, with no time left of its own; `None` if the handle is forged or too old, or the
    /// session has ended before its time.
    pub(crate) fn to_sign_out(&self, handle: &str, now: Timestamp) -> Option<VisitorSession> {
        let claims = self.signer.verify(handle, SessionTokenKind::SignOut).ok()?;
        if claims.is_expired(now.as_millis()) {
            return None;
        }
        let session = VisitorSession { expires_at: now, ..self.session_from(&claims)? };
        (!self.has_ended(&session)).then_some(session)
    }

    pub(crate) fn sign_checkpoint(&self, checkpoint: &AuditCheckpoint) -> Result<String, AppError> {
        self.signer.sign_checkpoint(checkpoint).map_err(|error| AppError::Unavailable(Box::new(error)))
    }

    /// Whether a probe is signed by us and not older than its time.
    pub(crate) fn is_probe(&self, probe: &str, now: Timestamp) -> bool {
        let claims = self.signer.verify(probe, SessionTokenKind::OperatorProbe);
        claims.is_ok_and(|claims| !claims.is_expired(now.as_millis()))
    }

    fn sign(&self, kind: SessionTokenKind, claims: &SessionClaims) -> Result<String, AppError> {
        self.signer.sign(kind, claims).map_err(|error| AppError::Unavailable(Box::new(error)))
    }

    /// Reads a session token whatever its time; `None` if it is forged, or ended before its time.
    pub(crate) fn read(&self, token: &str) -> Option<Arc<VisitorSession>> {
        let session = self.recognised(token).or_else(|| {
            let claims = self.signer.verify(token, SessionTokenKind::Session).ok()?;
            let session = Arc::new(self.session_from(&claims)?);
            self.recognise(token, Arc::clone(&session));
            Some(session)
        })?;
        (!self.has_ended(&session)).then_some(session)
    }

    pub(crate) fn has_ended(&self, session: &VisitorSession) -> bool {
        let ended = self.ended.read().unwrap_or_else(PoisonError::into_inner);
        ended.contains_key(&session.session_id.as_uuid())
            || ended.contains_key(&session.visitor_id.as_uuid())
            || session.device_id.is_some_and(|device| ended.contains_key(&device.as_uuid()))
    }

    /// What a device credential proves at `now`; `None` if it is forged, expired, of another project, or revoked.
    pub(crate) fn device(&self, credential: &str, project: &ProjectId, now: Timestamp) -> Option<Device> {
        let claims = self.signer.verify(credential, SessionTokenKind::Device).ok()?;
        if claims.iss != self.issuer || claims.aud != project.as_str() || claims.is_expired(now.as_millis()) {
            return None;
        }
        let device = Device { id: claims.sid.parse().ok()?, visitor_id: claims.sub.parse().ok()? };
        let ended = self.ended.read().unwrap_or_else(PoisonError::into_inner);
        let has_ended =
            [device.id.as_uuid(), device.visitor_id.as_uuid()].iter().any(|id| ended.contains_key(id));
        (!has_ended).then_some(device)
    }

    /// Refuses a session's tokens from now on. False if they were refused before.
    pub(crate) fn end_session(&self, id: SessionId, until: Timestamp) -> bool {
        self.end(id.as_uuid(), until)
    }

    /// Refuses a device's credential and sessions from now on. False if they were refused before.
    pub(crate) fn end_device(&self, id: DeviceId, until: Timestamp) -> bool {
        self.end(id.as_uuid(), until)
    }

    fn end(&self, id: Uuid, until: Timestamp) -> bool {
        self.ended.write().unwrap_or_else(PoisonError::into_inner).insert(id, until).is_none()
    }

    /// Whether sessions of a project must be for a key.
    pub(crate) fn demands_key(&self, project: &ProjectId) -> bool {
        self.keyed.read().unwrap_or_else(PoisonError::into_inner).contains(project)
    }

    /// Takes in which projects demand keys now.
    pub(crate) fn demand_keys(&self, keyed: Vec<ProjectId>) {
        *self.keyed.write().unwrap_or_else(PoisonError::into_inner) = keyed.into_iter().collect();
    }

    /// Forgets what no longer matters.
    pub(crate) fn forget_expired(&self, now: Timestamp) {
        self.ended.write().unwrap_or_else(PoisonError::into_inner).retain(|_, until| *until >= now);
        for shard in &self.recognised {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.retain(|_, session| session.expires_at >= now);
        }
    }

    fn session_from(&self, claims: &SessionClaims) -> Option<VisitorSession> {
        if claims.iss != self.issuer {
            return None;
        }
        Some(VisitorSession {
            session_id: claims.sid.parse().ok()?,
            project_id: claims.aud.parse().ok()?,
            visitor_id: claims.sub.parse().ok()?,
            assurance: Assurance::parse(&claims.assurance)?,
            verified_at: claims.auth_time.map(|seconds| Timestamp::from_millis(seconds.saturating_mul(1000))),
            expires_at: Timestamp::from_millis(claims.exp.saturating_mul(1000)),
            device_id: claims.dev.as_deref().map(str::parse).transpose().ok()?,
            claimed_id: claims.ext.clone(),
            proof_key: claims.cnf.as_ref().map(|key| Arc::from(key.jkt.as_str())),
        })
    }

    fn shard(&self, token: &str) -> &Mutex<HashMap<String, Arc<VisitorSession>>> {
        let mut hasher = DefaultHasher::new();
        // The end of a token is its signature: 64 bytes that differ between any two.
        token.as_bytes().last_chunk::<16>().hash(&mut hasher);
        &self.recognised[hasher.finish() as usize % SHARDS]
    }

    fn recognised(&self, token: &str) -> Option<Arc<VisitorSession>> {
        self.shard(token).lock().unwrap_or_else(PoisonError::into_inner).get(token).cloned()
    }

    fn recognise(&self, token: &str, session: Arc<VisitorSession>) {
        let mut shard = self.shard(token).lock().unwrap_or_else(PoisonError::into_inner);
        if shard.len() >= RECOGNISED {
            shard.clear();
        }
        shard.insert(token.to_owned(), session);
    }
}

/// A session, ready to be used.
#[derive(Clone)]
pub struct OpenedSession {
    /// The session token.
    pub access_token: String,
    /// Its id.
    pub session_id: SessionId,
    /// The visitor.
    pub visitor_id: VisitorId,
    /// How sure we are of them.
    pub assurance: Assurance,
    /// When identity must be proved again.
    pub expires_at: Timestamp,
    /// First name from a verified token.
    pub display_name: Option<String>,
    /// Ends this session at [`App::logout`], and can do nothing else.
    pub sign_out_handle: String,
    /// What proofs of the session's key may carry, to be taken by this process alone and cost it no write; `None` for one without a key.
    pub proof_nonce: Option<String>,
}

impl OpenedSession {
    /// From when a client should renew: 80 % of the life that is left at `now`.
    pub fn renew_from(&self, now: Timestamp) -> Timestamp {
        now.after(self.expires_at.since(now).mul_f64(0.80))
    }

    /// Until when a client should have renewed: 95 %.
    pub fn renew_until(&self, now: Timestamp) -> Timestamp {
        now.after(self.expires_at.since(now).mul_f64(0.95))
    }
}

/// Proof that a request carries a live session of a visitor. Made by [`App::visitor_session`] alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitorSession {
    pub(crate) session_id: SessionId,
    pub(crate) project_id: ProjectId,
    pub(crate) visitor_id: VisitorId,
    pub(crate) assurance: Assurance,
    pub(crate) verified_at: Option<Timestamp>,
    pub(crate) expires_at: Timestamp,
    pub(crate) device_id: Option<DeviceId>,
    /// What the page calls an anonymous visitor, without proof.
    pub(crate) claimed_id: Option<String>,
    /// The thumbprint of the key that whoever uses the session must prove to hold; `None` for clients that brought none.
    pub(crate) proof_key: Option<Arc<str>>,
}

impl VisitorSession {
    /// Refuses what was written in another visitor's session: what one person queued is never sent as another.
    /// `Conflict { code: "VISITOR_CHANGED" }`.
    pub fn check_author(&self, written_by: Option<VisitorId>) -> Result<(), AppError> {
        if written_by.is_none_or(|id| id == self.visitor_id) {
            return Ok(());
        }
        Err(AppError::Conflict {
            code: "VISITOR_CHANGED",
            message: "the message was written in another visitor's session".to_owned(),
        })
    }

    /// The session.
    pub fn session_id(&self) -> SessionId {
        self.session_id
    }

    /// The project.
    pub fn project_id(&self) -> &ProjectId {
        &self.project_id
    }

    /// The visitor.
    pub fn visitor_id(&self) -> VisitorId {
        self.visitor_id
    }

    /// How sure we are of them.
    pub fn assurance(&self) -> Assurance {
        self.assurance
    }

    /// When it passes.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

/// Why a session token was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// Its time has passed: prove identity again.
    #[error("the session has expired")]
    Expired,
    /// Forged, revoked or signed out; or without a key where one is demanded by now.
    #[error("the session has ended")]
    Ended,
}

impl From<SessionError> for AppError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Expired => Self::SessionExpired,
            SessionError::Ended => Self::SessionEnded,
        }
    }
}

impl App {
    /// Checks a session token: signature (once a token, then from memory), time, revocation. Not whether its holder is the one it was given to:
    /// [`App::proved_session`].
    pub fn visitor_session(&self, token: &str) -> Result<VisitorSession, SessionError> {
        let session = self.sessions.read(token).ok_or(SessionError::Ended)?;
        self.check_live(&session)?;
        Ok(VisitorSession::clone(&session))
    }

    /// Checks time and revocation again: a socket may hold a session for longer than it lives.
    pub(crate) fn check_live(&self, session: &VisitorSession) -> Result<(), SessionError> {
        if self.sessions.has_ended(session) || self.lacks_key(session) {
            Err(SessionError::Ended)
        } else if session.expires_at <= self.env.now() {
            Err(SessionError::Expired)
        } else {
            Ok(())
        }
    }
}
