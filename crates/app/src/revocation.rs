//! Ends of sessions that concern every node: revocation by the brand, and what other processes ended.
//!
//! A process refuses a session that ended before its time by a set in memory. Ends of its own it knows at once; those of other
//! processes (nodes, the command line) it reads from the database once a second. One way for both engines: what is read is
//! what was committed, nothing is lost while the database was away, and no clock but the reader's own is involved.
//!
//! A revocation is one statement, however many sessions it ends: they are refused everywhere within seconds. What follows for each
//! (the padlock, the line in the thread, the event) is written after that, in pieces, and by another process if this one dies.

use std::sync::Arc;
use std::time::Duration;

use signet_domain::access::{ProjectAccess, Scope};
use signet_domain::audit::AuditKind;
use signet_domain::{MessageId, ProjectId, SessionEnd, SessionId, Timestamp};
use signet_store::customer_keys::CustomerKey;
use signet_store::sessions::{self, SessionsOf};
use signet_store::{StoreError, Tx, audit_events, customer_keys, devices, platform_keys, projects, visitors};

use crate::audit::Actor;
use crate::endings::Ending;
use crate::following::follow;
use crate::{App, AppError};

/// Sessions announced between two looks at the list.
const BATCH: usize = 200;

/// How long after a revocation a node may still have taken the key for good: it remembers a project for a second, and an
/// activation under way ends within few.
const REVOCATION_SETTLES: Duration = Duration::from_secs(30);
/// How long after a platform key was revoked another node may still have opened tokens with it: it looks once a second.
const FOLLOWED: Duration = Duration::from_secs(2);

/// How far the ends of sessions and devices have been read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    sessions: i64,
    devices: i64,
}

impl Seen {
    pub(crate) async fn now(tx: &mut Tx<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            sessions: sessions::revocation_position(tx).await?,
            devices: devices::revocation_position(tx).await?,
        })
    }
}

/// Whose sessions to revoke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevokeBy {
    /// Every session of the person with this `userId`.
    User(String),
    /// One session.
    Session(SessionId),
    /// Every session that a token signed with this customer key opened or last renewed: its RFC 7638 thumbprint.
    SigningKey(String),
}

impl RevokeBy {
    const fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Session(_) => "session",
            Self::SigningKey(_) => "signing key",
        }
    }
}

/// Reads once a second what other processes ended, and closes the sockets concerned.
pub struct RevocationWatch {
    app: Arc<App>,
}

impl RevocationWatch {
    /// A watch for the application.
    pub fn new(app: Arc<App>) -> Self {
        Self { app }
    }

    /// Runs until the future is dropped.
    pub async fn run(self) {
        follow("ends of sessions on other nodes", || self.app.take_in_revocations()).await;
    }
}

impl App {
    /// Revokes visitor sessions for a caller with the right to; see [`App::revoke_sessions`].
    pub async fn revoke_visitor_sessions(
        &self,
        access: &ProjectAccess,
        by: RevokeBy,
        actor: &Actor,
    ) -> Result<u64, AppError> {
        debug_assert_eq!(access.scope(), Scope::VisitorsAuthenticate);
        self.revoke_sessions(access.project_id(), by, actor).await
    }

    /// How many sessions the revocation of a key would end now: those that it opened or last renewed.
    pub async fn live_sessions_of_key(
        &self,
        access: &ProjectAccess,
        key: &CustomerKey,
    ) -> Result<i64, AppError> {
        debug_assert_eq!(access.scope(), Scope::ProjectsRead);
        if !key.state.verifies() {
            return Ok(0);
        }
        let (project_id, key, now) = (access.project_id().clone(), key.fingerprint.clone(), self.env.now());
        self.store
            .read(move |tx| {
                Box::pin(async move { Ok(sessions::count_live_of_key(tx, &project_id, &key, now).await?) })
            })
            .await
    }

    /// Ends live sessions of a project, and tells how many: their tokens and sockets are refused here at once and on other nodes within
    /// two seconds, and none of them can be renewed. Agents are told of every person who is left without a session. Nobody by that name,
    /// or nobody signed in, is 0.
    pub async fn revoke_sessions(
        &self,
        project_id: &ProjectId,
        by: RevokeBy,
        actor: &Actor,
    ) -> Result<u64, AppError> {
        let (kind, project, now) = (by.kind(), project_id.clone(), self.env.now());
        let by_whom = actor.clone();
        let revoked = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let mut event = by_whom.did(AuditKind::VisitorSessionsRevoked, now).in_project(&project);
                    let which = match by {
                        RevokeBy::User(user_id) => {
                            match visitors::find_by_external_user_id(tx, &project, &user_id).await? {
                                Some(visitor) => {
                                    event = event.to("VISITOR", &visitor.id);
                                    SessionsOf::Visitor(visitor.id)
                                }
                                None => return Ok(0),
                            }
                        }
                        RevokeBy::Session(id) => {
                            event = event.to("VISITOR_SESSION", &id);
                            SessionsOf::Session(id)
                        }
                        RevokeBy::SigningKey(thumbprint) => {
                            event = event.to("CUSTOMER_KEY_FINGERPRINT", &thumbprint);
                            SessionsOf::SigningKey(thumbprint)
                        }
                    };
                    let request = by_whom.correlation_id();
                    let revoked = sessions::revoke(tx, &project, &which, request, now).await?;
                    if revoked > 0 {
                        audit_events::record(tx, event.with("sessions", &revoked));
                    }
                    Ok::<_, AppError>(revoked)
                })
            })
            .await?;
        self.take_in_revocations().await?;
        self.announce_revocations().await?;
        tracing::info!(
            project = %project_id,
            by = kind,
            revoked,
            correlation_id = actor.correlation_id(),
            "visitor sessions revoked"
        );
        Ok(revoked)
    }

    /// Takes in what ended anywhere since the last time, and closes the sockets concerned. What [`RevocationWatch`] does each second.
    pub async fn take_in_revocations(&self) -> Result<(), AppError> {
        let mut seen = self.revocations_seen.lock().await;
        let (from, now) = (*seen, self.env.now());
        let (next, ended_sessions, ended_devices, keyed) = self
            .store
            .read(move |tx| {
                Box::pin(async move {
                    // The position first: what is committed between the statements is then seen twice and not never.
                    let next = Seen::now(tx).await?;
                    let ended_sessions = sessions::revoked_since(tx, from.sessions, now).await?;
                    let ended_devices = devices::revoked_since(tx, from.devices, now).await?;
                    let keyed = projects::demanding_keys(tx).await?;
                    Ok::<_, AppError>((next, ended_sessions, ended_devices, keyed))
                })
            })
            .await?;
        self.sessions.demand_keys(keyed);
        for session in ended_sessions {
            if self.sessions.end_session(session.id, session.expires_at) {
                self.end_session_sockets(&session);
            }
        }
        for (device, visitor_id, until) in ended_devices {
            if self.sessions.end_device(device, until) {
                self.end_visitor_sockets(visitor_id);
            }
        }
        *seen = next;
        Ok(())
    }

    /// Ends sessions that were opened by keys just revoked, brands' and the platform's: a node remembers keys for a moment, and may
    /// accept a token after its key was revoked on another. Once a second.
    pub async fn finish_key_revocations(&self) -> Result<(), AppError> {
        let now = self.env.now();
        let since = Timestamp::from_millis(now.as_millis() - REVOCATION_SETTLES.as_millis() as i64);
        let (revoked, of_platform) = self
            .store
            .read(move |tx| {
                Box::pin(async move {
                    let revoked = customer_keys::revoked_since(tx, since).await?;
                    Ok::<_, AppError>((revoked, platform_keys::revoked_since(tx, since).await?))
                })
            })
            .await?;
        if revoked.is_empty() && of_platform.is_empty() {
            return Ok(());
        }
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    for (project_id, thumbprint) in revoked {
                        let of_key = SessionsOf::SigningKey(thumbprint);
                        sessions::revoke(tx, &project_id, &of_key, None, now).await?;
                    }
                    for (key_id, revoked_at) in of_platform {
                        let unknown_before = revoked_at.after(FOLLOWED);
                        sessions::revoke_of_platform_key(tx, &key_id, unknown_before, None, now).await?;
                    }
                    Ok::<_, AppError>(())
                })
            })
            .await?;
        self.take_in_revocations().await?;
        self.announce_revocations().await
    }

    /// Writes what revoked sessions mean for their visitors: lapse, line in the thread, event. Each once, whoever does it.
    pub(crate) async fn announce_revocations(&self) -> Result<(), AppError> {
        loop {
            let waiting = self
                .store
                .read(|tx| {
                    Box::pin(async move { Ok::<_, AppError>(sessions::to_announce(tx, BATCH).await?) })
                })
                .await?;
            let found = waiting.len();
            for (session, request) in waiting {
                let (notice_id, now) = (MessageId::generate(&self.env), self.env.now());
                self.store
                    .write(move |tx| {
                        Box::pin(async move {
                            if sessions::announced(tx, session.id).await? {
                                let correlation_id = request.as_deref();
                                let reason = SessionEnd::Revoked;
                                Ending { reason, notice_id, correlation_id, now }.after(tx, &session).await?;
                            }
                            Ok::<_, AppError>(())
                        })
                    })
                    .await?;
            }
            if found < BATCH {
                return Ok(());
            }
        }
    }
}
