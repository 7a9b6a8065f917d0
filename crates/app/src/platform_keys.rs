//! The platform's own keys: what providers are given, how they change while the platform runs, and who still uses which.
//!
//! The private halves live in custody and change there; the database knows what became of each key, and when. Invariants:
//!
//! - what custody has and the database says is revoked opens nothing and is not published, whoever put it back;
//! - a change is made in custody, then recorded, then seen by everybody: a process follows its own at once and those of others
//!   within about a second;
//! - revoking a key ends the sessions that a token encrypted to it opened or last renewed.

use std::collections::HashSet;
use std::sync::Arc;

use signet_custody::{CustodyError, DecryptionKeyInfo, KeyState};
use signet_domain::access::PlatformAccess;
use signet_domain::audit::AuditKind;
use signet_domain::{Caller, ProjectId, Scope, Timestamp};
use signet_store::key_uses::KeyUse;
use signet_store::platform_keys::{self, PlatformKeyRecord};
use signet_store::{StoreError, Tx, audit_events, key_uses, sessions};
use signet_token::{EncryptionKey, KeyFingerprint, KeyManagement};

use crate::following::follow;
use crate::published_keys::Published;
use crate::{Actor, App, AppError};

/// Where a platform key stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlatformKeyState {
    /// Published; opens tokens.
    Active,
    /// Not published; still opens tokens of providers that have not fetched its successor.
    Retiring,
    /// Opens nothing, and never will again.
    Revoked,
}

/// How one project uses a platform key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformKeyUse {
    /// Which.
    pub project_id: ProjectId,
    /// Sessions that tokens encrypted to the key opened or renewed within seven days.
    pub uses: i64,
    /// The last of all.
    pub last_used_at: Timestamp,
}

/// A platform key and what is known of its use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformKeyDetail {
    /// What the database knows.
    pub record: PlatformKeyRecord,
    /// Where it stands.
    pub state: PlatformKeyState,
    /// The first session that a token encrypted to it opened.
    pub first_used_at: Option<Timestamp>,
    /// The last session that one opened or renewed.
    pub last_used_at: Option<Timestamp>,
    /// The projects that used it within seven days, busiest first.
    pub projects: Vec<PlatformKeyUse>,
}

impl PlatformKeyDetail {
    /// The public half as PEM.
    pub fn pem(&self) -> Option<String> {
        EncryptionKey::jwk_to_pem(&self.record.public_jwk).ok()
    }
}

/// What to do to the platform's keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlatformKeyChange {
    /// Make a new key for an algorithm and publish it; those before it are retired.
    Create(KeyManagement),
    /// Publish a key no longer; it goes on opening tokens.
    Retire(String),
    /// Let a key open nothing any more, and end the sessions it opened. One that is in use is replaced first.
    Revoke(String),
}

/// What was done to a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformKeyChanged {
    /// The key, as it is now.
    pub key: PlatformKeyDetail,
    /// The key that took the place of a revoked one.
    pub successor: Option<PlatformKeyDetail>,
}

/// Takes up once a second what became of the platform's keys elsewhere: at the command line, on other nodes.
pub struct PlatformKeyWatch {
    app: Arc<App>,
}

impl PlatformKeyWatch {
    /// A watch for the application.
    pub fn new(app: Arc<App>) -> Self {
        Self { app }
    }

    /// Runs until the future is dropped.
    pub async fn run(self) {
        follow("changes of the platform's keys", || self.app.take_in_platform_keys()).await;
    }
}

/// Whose use of the keys is shown; `None`: everybody's.
type Visible = Option<HashSet<ProjectId>>;

/// The projects whose settings somebody may read.
fn visible_to(caller: &Caller) -> HashSet<ProjectId> {
    caller.projects(Scope::ProjectsRead).into_iter().cloned().collect()
}

impl App {
    /// Takes up what became of the platform's keys anywhere since the last time. What [`PlatformKeyWatch`] does each second.
    pub async fn take_in_platform_keys(&self) -> Result<(), AppError> {
        let _taking_in = self.platform_keys.taking_in.lock().await;
        // Custody that cannot be read still has its keys, and the database may know of one that is revoked.
        let refreshed = self.custody.refresh().await;
        let (keys, now) = (self.custody.keys(), self.env.now());
        let mut records = self.platform_key_records().await?;
        if !keys.iter().all(|key| is_noted(key, &records)) {
            let found = Arc::clone(&keys);
            records = self
                .store
                .write(move |tx| {
                    Box::pin(async move {
                        note(tx, &found, now).await?;
                        Ok::<_, AppError>(platform_keys::list(tx).await?)
                    })
                })
                .await?;
        }
        self.platform_keys.publish(Published::of(&keys, &records));
        refreshed.map_err(refused)
    }

    /// The platform's keys: RSA newest first, then those on curves, then revoked ones. For everybody with a part in some project. Of the keys' use a caller
    /// sees that of the projects whose settings they may read.
    pub async fn platform_keys(&self, caller: &Caller) -> Result<Vec<PlatformKeyDetail>, AppError> {
        let visible = visible_to(caller);
        if visible.is_empty() && caller.on_platform().is_none() {
            return Err(AppError::PermissionDenied);
        }
        self.platform_key_details(&Some(visible)).await
    }

    /// The same for the operator at the command line, with everybody's use.
    pub async fn platform_keys_as_operator(&self) -> Result<Vec<PlatformKeyDetail>, AppError> {
        self.platform_key_details(&None).await
    }

    /// Changes the platform's keys: here at once, on other nodes within about a second.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for a key that is not the platform's; `Invalid` with `CUSTODY_READ_ONLY` if custody's keys are changed
    /// elsewhere, `PLATFORM_KEY_LAST_ACTIVE` for a key that cannot be retired before there is another.
    pub async fn change_platform_keys(
        &self,
        access: &PlatformAccess,
        change: PlatformKeyChange,
        actor: &Actor,
    ) -> Result<PlatformKeyChanged, AppError> {
        self.apply(change, actor, &Some(visible_to(access.caller()))).await
    }

    /// As [`App::change_platform_keys`], for the operator at the command line, who holds database and keys.
    pub async fn change_platform_keys_as_operator(
        &self,
        change: PlatformKeyChange,
        actor: &Actor,
    ) -> Result<PlatformKeyChanged, AppError> {
        self.apply(change, actor, &None).await
    }

    async fn apply(
        &self,
        change: PlatformKeyChange,
        actor: &Actor,
        visible: &Visible,
    ) -> Result<PlatformKeyChanged, AppError> {
        // Custody as it is now; and no key is changed that could not be accounted for.
        self.take_in_platform_keys().await?;
        let before = self.custody.keys();
        let live = |key_id: &str| before.iter().find(|key| key.key_id.as_str() == key_id);
        let (key_id, successor) = match change {
            PlatformKeyChange::Create(algorithm) => {
                let made = self.custody.create(algorithm).await.map_err(refused)?;
                self.note_changes(&before, None, actor).await?;
                (made.as_str().to_owned(), None)
            }
            PlatformKeyChange::Retire(key_id) => {
                let key = live(&key_id).ok_or(AppError::NotFound)?;
                self.custody.retire(key.key_id.clone()).await.map_err(refused)?;
                self.note_changes(&before, None, actor).await?;
                (key_id, None)
            }
            PlatformKeyChange::Revoke(key_id) => {
                let successor = self.revoke(&key_id, live(&key_id), &before, actor).await?;
                (key_id, successor)
            }
        };
        let details = self.platform_key_details(visible).await?;
        let find = |wanted: &str| details.iter().find(|detail| detail.record.key_id == wanted).cloned();
        Ok(PlatformKeyChanged {
            key: find(&key_id).ok_or(AppError::NotFound)?,
            successor: successor.and_then(|successor| find(successor.as_str())),
        })
    }

    /// Revokes a key, which custody may have lost already. Gives the key that took its place, if it was in use.
    async fn revoke(
        &self,
        key_id: &str,
        live: Option<&DecryptionKeyInfo>,
        before: &[DecryptionKeyInfo],
        actor: &Actor,
    ) -> Result<Option<KeyFingerprint>, AppError> {
        let records = self.platform_key_records().await?;
        let record = records.into_iter().find(|record| record.key_id == key_id).ok_or(AppError::NotFound)?;
        let in_use = live.filter(|key| key.state == KeyState::Active);
        let successor = match in_use {
            Some(key) => Some(self.custody.create(key.algorithm).await.map_err(refused)?),
            None => None,
        };
        // From here on no node opens anything with it, even if it cannot be destroyed.
        self.note_changes(before, Some(record), actor).await?;
        if let Some(key) = live {
            match self.custody.destroy(key.key_id.clone()).await {
                // What custody keeps all the same opens nothing.
                Ok(())
                | Err(CustodyError::NotSupported | CustodyError::KeyNotFound | CustodyError::StillActive) => {
                }
                Err(error) => return Err(refused(error)),
            }
        }
        self.take_in_platform_keys().await?;
        self.take_in_revocations().await?;
        self.announce_revocations().await?;
        Ok(successor)
    }

    /// Records what became of the keys since `before`, and that one is revoked, and takes it in.
    async fn note_changes(
        &self,
        before: &[DecryptionKeyInfo],
        revoked: Option<PlatformKeyRecord>,
        actor: &Actor,
    ) -> Result<(), AppError> {
        let (after, now) = (self.custody.keys(), self.env.now());
        let event = |kind, key_id: &str, algorithm: &str| {
            actor.did(kind, now).to("PLATFORM_KEY", &key_id).with("algorithm", &algorithm)
        };
        let of_others = changes(before, &after);
        let mut events: Vec<_> = of_others
            .into_iter()
            .map(|(kind, key)| event(kind, key.key_id.as_str(), key.algorithm.name()))
            .collect();
        let revoked = revoked.map(|record| {
            let event = event(AuditKind::PlatformKeyRevoked, &record.key_id, &record.algorithm);
            (record.key_id, event)
        });
        let request = actor.correlation_id().map(str::to_owned);
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    note(tx, &after, now).await?;
                    if let Some((key_id, event)) = revoked
                        && platform_keys::revoke(tx, &key_id, now).await?
                    {
                        let request = request.as_deref();
                        let ended = sessions::revoke_of_platform_key(tx, &key_id, now, request, now).await?;
                        events.push(event.with("sessions", &ended));
                    }
                    for event in events {
                        audit_events::record(tx, event);
                    }
                    Ok::<_, AppError>(())
                })
            })
            .await?;
        self.take_in_platform_keys().await
    }

    async fn platform_key_records(&self) -> Result<Vec<PlatformKeyRecord>, AppError> {
        self.store.read(|tx| Box::pin(async move { Ok::<_, AppError>(platform_keys::list(tx).await?) })).await
    }

    async fn platform_key_details(&self, visible: &Visible) -> Result<Vec<PlatformKeyDetail>, AppError> {
        self.write_key_uses().await?;
        let (keys, since) = (self.custody.keys(), self.seven_days_ago());
        let (records, mut uses) = self
            .store
            .read(move |tx| {
                Box::pin(async move {
                    let records = platform_keys::list(tx).await?;
                    Ok::<_, AppError>((records, key_uses::sum_of_platform(tx, since).await?))
                })
            })
            .await?;
        if let Some(visible) = visible {
            uses.retain(|entry| visible.contains(&entry.project_id));
        }
        let detail = |record: PlatformKeyRecord| {
            let live = keys.iter().find(|key| key.key_id.as_str() == record.key_id);
            let state = match (record.revoked_at, live.map(|key| key.state)) {
                (Some(_), _) => PlatformKeyState::Revoked,
                (None, Some(KeyState::Active)) => PlatformKeyState::Active,
                (None, Some(KeyState::Retired)) => PlatformKeyState::Retiring,
                // A key of custody that is no longer this platform's.
                (None, None) => return None,
            };
            Some(PlatformKeyDetail::new(record, state, &uses))
        };
        let mut details: Vec<_> = records.into_iter().filter_map(detail).collect();
        let place = |detail: &PlatformKeyDetail| {
            keys.iter().position(|key| key.key_id.as_str() == detail.record.key_id).unwrap_or(keys.len())
        };
        details.sort_by_key(|detail| (detail.state == PlatformKeyState::Revoked, place(detail)));
        Ok(details)
    }
}

impl PlatformKeyDetail {
    fn new(record: PlatformKeyRecord, state: PlatformKeyState, uses: &[KeyUse]) -> Self {
        let own = || uses.iter().filter(|entry| entry.platform_key == record.key_id);
        let mut projects: Vec<PlatformKeyUse> = own()
            .filter(|entry| entry.uses > 0)
            .map(|entry| PlatformKeyUse {
                project_id: entry.project_id.clone(),
                uses: entry.uses,
                last_used_at: entry.last_at,
            })
            .collect();
        projects.sort_by_key(|project| std::cmp::Reverse(project.uses));
        Self {
            first_used_at: own().map(|entry| entry.first_at).min(),
            last_used_at: own().map(|entry| entry.last_at).max(),
            projects,
            state,
            record,
        }
    }
}

/// Whether the database knows what there is to know of a key in custody.
fn is_noted(key: &DecryptionKeyInfo, records: &[PlatformKeyRecord]) -> bool {
    let record = records.iter().find(|record| record.key_id == key.key_id.as_str());
    record.is_some_and(|record| key.state == KeyState::Active || record.retired_at.is_some())
}

/// Writes down which keys there are and which of them are retired.
async fn note(tx: &mut Tx<'_>, keys: &[DecryptionKeyInfo], now: Timestamp) -> Result<(), StoreError> {
    // Oldest first, so that keys that are seen at once keep their order.
    for key in keys.iter().rev() {
        let about = (key.algorithm.name(), key.public_jwk.as_str());
        platform_keys::remember(tx, key.key_id.as_str(), about, now).await?;
        if key.state == KeyState::Retired {
            platform_keys::retire(tx, key.key_id.as_str(), now).await?;
        }
    }
    Ok(())
}

/// What became of each key that is not as it was, except that it was destroyed.
fn changes<'a>(
    before: &[DecryptionKeyInfo],
    after: &'a [DecryptionKeyInfo],
) -> Vec<(AuditKind, &'a DecryptionKeyInfo)> {
    let was = |key: &DecryptionKeyInfo| {
        before.iter().find(|other| other.key_id == key.key_id).map(|other| other.state)
    };
    let retired = after
        .iter()
        .filter(|key| key.state == KeyState::Retired && was(key) == Some(KeyState::Active))
        .map(|key| (AuditKind::PlatformKeyRetired, key));
    let created = after.iter().filter(|key| was(key).is_none());
    retired.chain(created.map(|key| (AuditKind::PlatformKeyCreated, key))).collect()
}

fn refused(error: CustodyError) -> AppError {
    let code = match error {
        CustodyError::NotSupported => "CUSTODY_READ_ONLY",
        CustodyError::LastActiveKey => "PLATFORM_KEY_LAST_ACTIVE",
        CustodyError::StillActive => "PLATFORM_KEY_ACTIVE",
        CustodyError::KeyNotFound => return AppError::NotFound,
        CustodyError::Unavailable(_) => return AppError::Unavailable(Box::new(error)),
    };
    AppError::Invalid { code, message: error.to_string() }
}
