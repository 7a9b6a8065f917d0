//! Ends sessions whose time has passed, tells agents and visitors, writes down which keys are in use, and removes what has
//! expired.

use std::sync::Arc;
use std::time::Duration;

use signet_domain::audit::AuditKind;
use signet_domain::{MessageId, SessionEnd};
use signet_store::{
    access_tokens, audit_events, authentication_failures, authentication_successes, hand_overs, replays,
    second_factors, sessions,
};

use crate::endings::Ending;
use crate::{Actor, App, AppError};

/// How often overdue sessions are looked for. The session itself is refused to the millisecond; this is how late agents
/// may see the padlock open.
const PERIOD: Duration = Duration::from_secs(1);
/// Sessions ended in one transaction.
const BATCH: usize = 200;
/// Records of used tokens removed in one transaction.
const PURGED: usize = 1_000;
/// Every how many periods memory and tables are tidied.
const TIDY: u32 = 60;
/// Every how many periods what projects keep no longer goes.
const RETENTION: u32 = 60 * 60;

/// A chain of the audit log that grows is signed this often.
const AUDIT_CHECKPOINTS: Duration = Duration::from_hours(1);

/// SQLite's file is written anew after an erasure up to this size, which takes about a second. A larger one is left to the operator.
const COMPACTED: u64 = 128 * 1024 * 1024;

/// Does what has to be done once a second.
pub struct Sweeper {
    app: Arc<App>,
    audit_retention: Option<Duration>,
}

impl Sweeper {
    /// A sweeper for the application.
    pub fn new(app: Arc<App>) -> Self {
        Self { app, audit_retention: None }
    }

    /// Removes events of the audit log that are older than this. Without it they are kept for ever.
    #[must_use]
    pub const fn with_audit_retention(mut self, age: Option<Duration>) -> Self {
        self.audit_retention = age;
        self
    }

    /// Runs until the future is dropped.
    pub async fn run(self) {
        let mut ticks = tokio::time::interval(PERIOD);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut count: u32 = 0;
        loop {
            ticks.tick().await;
            if let Err(error) = self.app.expire_sessions().await {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "overdue sessions could not be ended"
                );
            }
            if let Err(error) = self.app.expire_identity_requests().await {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "unanswered requests could not be ended"
                );
            }
            // Those that a process which died left behind.
            if let Err(error) = self.app.announce_revocations().await {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "revoked sessions could not be announced"
                );
            }
            if let Err(error) = self.app.finish_key_revocations().await {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "sessions of revoked keys could not be ended"
                );
            }
            // Likewise.
            if let Err(error) = self.app.finish_erasures().await {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "what was anonymised could not be erased to the end"
                );
            }
            if let Err(error) = self.app.write_key_uses().await {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the use of keys could not be written"
                );
            }
            count = count.wrapping_add(1);
            if count.is_multiple_of(TIDY) {
                // Apart: a brand's server that does not answer must not keep sessions from ending.
                let app = Arc::clone(&self.app);
                tokio::spawn(async move {
                    if let Err(error) = app.refresh_key_sets().await {
                        tracing::error!(
                            error = &error as &dyn std::error::Error,
                            "key sets could not be fetched again"
                        );
                    }
                });
            }
            if count.is_multiple_of(RETENTION) {
                // Apart, for it may take long. Two at once would do no harm.
                let app = Arc::clone(&self.app);
                tokio::spawn(async move {
                    if let Err(error) = keep_no_longer(&app).await {
                        tracing::error!(
                            error = &error as &dyn std::error::Error,
                            "what is kept no longer could not be removed"
                        );
                    }
                });
            }
            if count.is_multiple_of(TIDY)
                && let Err(error) = self.tidy().await
            {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "expired records could not be removed"
                );
            }
        }
    }
}

impl Sweeper {
    async fn tidy(&self) -> Result<(), AppError> {
        self.app.tidy().await?;
        if let Some(age) = self.audit_retention {
            self.app.prune_audit(age, &Actor::system()).await?;
        }
        self.app.sign_audit(AUDIT_CHECKPOINTS).await.map(drop)
    }
}

async fn keep_no_longer(app: &App) -> Result<(), AppError> {
    app.apply_retention().await?;
    app.compact(COMPACTED).await
}

impl App {
    /// Ends every session whose time has passed, and tells how many. What [`Sweeper`] does each second.
    pub async fn expire_sessions(&self) -> Result<usize, AppError> {
        let mut ended = 0;
        loop {
            let now = self.env.now();
            let overdue = self
                .store
                .read(move |tx| {
                    Box::pin(async move { Ok::<_, AppError>(sessions::list_overdue(tx, now, BATCH).await?) })
                })
                .await?;
            let found = overdue.len();
            for session in overdue {
                let notice_id = MessageId::generate(&self.env);
                let ended_here = self
                    .store
                    .write(move |tx| {
                        Box::pin(async move {
                            let reason = SessionEnd::Expired;
                            let ending = Ending { reason, notice_id, correlation_id: None, now };
                            let ended = ending.end(tx, &session).await?;
                            if ended {
                                let event = Actor::system().did(AuditKind::VisitorSessionExpired, now);
                                let event = event.in_project(&session.project_id);
                                audit_events::record(tx, event.to("VISITOR_SESSION", &session.id));
                            }
                            Ok::<_, AppError>(ended)
                        })
                    })
                    .await?;
                ended += usize::from(ended_here);
            }
            if found < BATCH {
                return Ok(ended);
            }
        }
    }

    /// Writes the embedded database's file anew without what was erased, if something was and the file has at most `most_bytes`.
    pub async fn compact(&self, most_bytes: u64) -> Result<(), AppError> {
        Ok(self.store.compact(most_bytes).await?)
    }

    /// Removes what has passed its time: records of expired bearer tokens, of tokens used long ago, old counts of failures.
    pub async fn tidy(&self) -> Result<(), AppError> {
        let now = self.env.now();
        self.limits.forget_idle();
        self.backoff.forget_old(now);
        self.sessions.forget_expired(now);
        self.proofs.forget_expired(now);
        self.recent_signatures.forget_old(now);
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    access_tokens::delete_expired(tx, now).await?;
                    hand_overs::purge(tx, now).await?;
                    second_factors::forget_old_browsers(tx, now).await?;
                    authentication_failures::purge_counts(tx, now).await?;
                    authentication_successes::purge(tx, now).await?;
                    Ok::<_, AppError>(())
                })
            })
            .await?;
        // In pieces: a day of a busy project is a million of them, and visitors wait for the same writer.
        let purge = || {
            self.store.write(move |tx| {
                Box::pin(async move { Ok::<_, AppError>(replays::purge(tx, now, PURGED).await?) })
            })
        };
        let mut purged = purge().await?;
        while purged == PURGED as u64 {
            purged = purge().await?;
        }
        Ok(())
    }
}
