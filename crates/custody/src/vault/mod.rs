//! Custody in Vault (or OpenBao): the private key is a key of the transit engine and never leaves it.
//!
//! Only the encrypted content key of a token travels there, and the content key back. Invariants:
//!
//! - The engine's RSA decryption is RSA-OAEP with SHA-256 for both hashes and no label, which is `RSA-OAEP-256` of RFC 7518.
//! - Vault hears of nothing but values of the right length below the modulus, with versions that it said it has. What it can say
//!   against such a value is that it is bad; everything else it says is about itself.
//! - Trouble of Vault's is [`UnwrapError::Unavailable`], junk in a token is [`UnwrappedKey::none`], and neither is ever taken for the
//!   other: no token can make Vault look broken.
//! - Nobody waits longer than the time limit, and nothing is kept on disk.

mod batch;
mod breaker;
mod client;
mod error;
mod import;
mod session;
mod versions;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use reqwest::Method;
use serde_json::json;
use signet_token::{KeyFingerprint, KeyManagement, KeyUnwrap, UnwrapError, UnwrapFuture, UnwrappedKey};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use zeroize::Zeroizing;

use self::batch::{Job, Unwrapped};
use self::breaker::Breaker;
use self::client::{Client, checked_name};
use self::session::Session;
use self::versions::Versions;
use crate::administration::{Custody, CustodyError, CustodyFuture};
use crate::health::Health;
use crate::keystore::DecryptionKeyInfo;
use crate::mixed::one_of;

pub use self::error::VaultError;
pub use self::import::VaultImport;
pub use self::session::VaultLogin;

/// How often the key's versions are read again.
const READ_AGAIN: Duration = Duration::from_secs(10);
/// How often they are tried to be read the first time, when Vault was away at the start.
const READ_FIRST: Duration = Duration::from_secs(1);
/// A token that names an unknown key has them read at once, but not more often than this.
const READ_SOONEST: Duration = Duration::from_secs(5);

/// Where Vault is and what is used there.
#[derive(Debug, Clone)]
pub struct VaultOptions {
    /// Such as `https://vault.internal:8200`. Without TLS only on this machine.
    pub address: String,
    /// The namespace, if Vault has them.
    pub namespace: Option<String>,
    /// Where the transit engine is mounted, usually `transit`.
    pub mount: String,
    /// The name of the key in it.
    pub key: String,
    /// How to sign in.
    pub login: VaultLogin,
    /// Certificates (PEM) of the authorities that vouch for Vault; `None`: those this machine trusts.
    pub authorities: Option<Vec<u8>>,
    /// How long a call may take.
    pub time_limit: Duration,
    /// Tokens that may wait; one more is refused.
    pub queue: usize,
}

/// Unwraps content keys with a key of Vault's transit engine. Its tasks end when it is dropped.
pub struct VaultUnwrap {
    shared: Arc<Shared>,
    jobs: mpsc::Sender<Job>,
    tasks: Vec<JoinHandle<()>>,
}

struct Shared {
    session: Session,
    keys_path: String,
    decrypt_path: String,
    time_limit: Duration,
    versions: watch::Sender<Arc<Versions>>,
    /// When they were read again last, well or not.
    read_at: tokio::sync::Mutex<Option<Instant>>,
    /// Wakes whoever reads them again.
    read_now: tokio::sync::Notify,
    breaker: Mutex<Breaker>,
    health: Health,
}

impl Shared {
    /// Nothing panics while the lock is held.
    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A version that Vault had, and that tokens are encrypted to, is not there.
    fn version_is_missing(&self) {
        let error = VaultError::VersionMissing;
        self.health.fails(error.reason(), &error);
        self.read_now.notify_one();
    }

    fn are_unread(&self) -> bool {
        self.versions.borrow().are_unread()
    }

    async fn read_versions(&self) -> Result<(), VaultError> {
        let versions = read_versions(&self.session, &self.keys_path).await?;
        let former = self.versions.send_replace(Arc::new(versions));
        if former.are_unread() {
            self.health.works();
        }
        Ok(())
    }

    /// Reads the versions again unless that was done just now. A Vault that fails is not asked for them before it works.
    async fn read_versions_soon(&self) {
        let mut read_at = self.read_at.lock().await;
        let soonest = if self.are_unread() { READ_FIRST } else { READ_SOONEST };
        if read_at.is_some_and(|at| at.elapsed() < soonest) {
            return;
        }
        *read_at = Some(Instant::now());
        if let Err(error) = self.read_versions().await {
            if self.are_unread() {
                self.health.fails(error.reason(), &error);
            }
            tracing::debug!(error = &error as &dyn std::error::Error, "the key's versions could not be read");
        }
    }

    /// Has Vault make a new version, and gives its key.
    async fn rotate(&self) -> Result<KeyFingerprint, CustodyError> {
        let unavailable = |error: VaultError| CustodyError::Unavailable(Box::new(error));
        let path = format!("{}/rotate", self.keys_path);
        let answer = self.session.send(Method::POST, &path, Some(&json!({}))).await.map_err(unavailable)?;
        match answer.ok() {
            Ok(_) => self.read_versions().await.map_err(unavailable)?,
            Err(VaultError::Denied) => return Err(CustodyError::NotSupported),
            Err(error) => return Err(unavailable(error)),
        }
        let versions = self.versions.borrow();
        let newest = versions.newest().first().map(|version| version.key.fingerprint().clone());
        newest.ok_or(CustodyError::KeyNotFound)
    }

    /// The ciphertexts to ask about, the keys they are for, and whether an answer counts.
    async fn ciphertexts(
        &self,
        key_id: Option<&str>,
        encrypted_key: &[u8],
    ) -> (Vec<String>, Vec<KeyFingerprint>, bool) {
        let known = |versions: &Versions| versions.select(key_id).is_some();
        if self.are_unread() || !known(&self.versions.borrow()) {
            // Another node may publish a new version already.
            self.read_versions_soon().await;
        }
        let versions = self.versions.borrow();
        let selected = versions.select(key_id);
        let counts = selected.is_some();
        let tried = selected.unwrap_or_else(|| versions.newest());
        let keys = tried.iter().map(|version| version.key.fingerprint().clone()).collect();
        (tried.into_iter().map(|version| version.ciphertext(encrypted_key)).collect(), keys, counts)
    }
}

/// Where things are in the engine.
struct Names {
    mount: String,
    key: String,
}

impl Names {
    fn key(&self) -> String {
        format!("{}/keys/{}", self.mount, self.key)
    }

    fn decrypt(&self) -> String {
        format!("{}/decrypt/{}", self.mount, self.key)
    }

    fn wrapping_key(&self) -> String {
        format!("{}/wrapping_key", self.mount)
    }
}

/// A session that signs in when it is first used, and where what it is used for is.
fn session_of(options: VaultOptions) -> Result<(Session, Names), VaultError> {
    let VaultOptions { address, namespace, mount, key, login, authorities, time_limit, queue: _ } = options;
    let client = Client::new(&address, namespace, authorities.as_deref(), time_limit)?;
    let names = Names { mount: checked_name(&mount)?, key: checked_name(&key)? };
    Ok((Session::new(client, login)?, names))
}

async fn read_versions(session: &Session, path: &str) -> Result<Versions, VaultError> {
    Versions::read(&session.send(Method::GET, path, None).await?.ok()?)
}

impl VaultUnwrap {
    /// Signs in and reads the key.
    ///
    /// # Errors
    /// [`VaultError`], see its variants.
    pub async fn connect(options: VaultOptions) -> Result<Self, VaultError> {
        let limits = (options.time_limit, options.queue);
        let (session, names) = session_of(options)?;
        let versions = read_versions(&session, &names.key()).await?;
        Ok(Self::over((session, names), versions, limits))
    }

    /// As [`VaultUnwrap::connect`], but starts without a Vault that cannot answer now. Until it does, custody has no keys and every token is
    /// [`UnwrapError::Unavailable`].
    ///
    /// # Errors
    /// [`VaultError`] for what does not pass by itself: settings, credentials, permission, the kind of key.
    pub async fn start(options: VaultOptions) -> Result<Self, VaultError> {
        let limits = (options.time_limit, options.queue);
        let (session, names) = session_of(options)?;
        match read_versions(&session, &names.key()).await {
            Err(error) if error.may_pass() => {
                let vault = Self::over((session, names), Versions::unread(), limits);
                vault.shared.health.fails(error.reason(), &error);
                Ok(vault)
            }
            read => Ok(Self::over((session, names), read?, limits)),
        }
    }

    fn over(
        (session, names): (Session, Names),
        versions: Versions,
        (time_limit, queue): (Duration, usize),
    ) -> Self {
        let shared = Arc::new(Shared {
            session,
            keys_path: names.key(),
            decrypt_path: names.decrypt(),
            time_limit,
            versions: watch::Sender::new(Arc::new(versions)),
            read_at: tokio::sync::Mutex::default(),
            read_now: tokio::sync::Notify::new(),
            breaker: Mutex::default(),
            health: Health::new("vault"),
        });
        let (jobs, waiting) = mpsc::channel(queue.max(1));
        let tasks = vec![
            tokio::spawn(batch::dispatch(Arc::clone(&shared), waiting)),
            tokio::spawn(keep_token(Arc::clone(&shared))),
            tokio::spawn(keep_versions(Arc::clone(&shared))),
        ];
        Self { shared, jobs, tasks }
    }

    /// The versions that decrypt, newest first.
    pub fn keys(&self) -> Vec<DecryptionKeyInfo> {
        self.shared.versions.borrow().describe()
    }

    async fn submit(&self, key_id: Option<&str>, encrypted_key: &[u8]) -> Result<UnwrappedKey, UnwrapError> {
        let (ciphertexts, keys, counts) = self.shared.ciphertexts(key_id, encrypted_key).await;
        if ciphertexts.is_empty() {
            // Vault has not said yet which keys there are.
            return Err(UnwrapError::Unavailable);
        }
        let (reply, answer) = oneshot::channel();
        self.jobs.try_send(Job { ciphertexts, reply }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => UnwrapError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => UnwrapError::Unavailable,
        })?;
        let outcomes = answer.await.map_err(|_| UnwrapError::Unavailable)?;
        // All of them are looked at: how long it takes must not tell which version fitted.
        let named = outcomes
            .into_iter()
            .zip(&keys)
            .map(|(outcome, key_id)| content_key(outcome).map(|key| key.with_unwrapped_by(key_id)));
        let result = named.fold(Ok(UnwrappedKey::none()), one_of);
        result.map(|key| if counts { key } else { key.refused() })
    }
}

fn content_key(outcome: Unwrapped) -> Result<UnwrappedKey, UnwrapError> {
    match outcome {
        Unwrapped::Plaintext(plaintext) => Ok(base64::engine::general_purpose::STANDARD
            .decode(plaintext.expose())
            .ok()
            .map(Zeroizing::new)
            .map_or_else(UnwrappedKey::none, |bytes| UnwrappedKey::from_bytes(&bytes))),
        Unwrapped::Bad => Ok(UnwrappedKey::none()),
        Unwrapped::VersionMissing | Unwrapped::Unavailable => Err(UnwrapError::Unavailable),
    }
}

/// Versions are retired and removed in Vault, and read again from time to time. A new one can be made from here if the policy lets it.
impl Custody for VaultUnwrap {
    fn keys(&self) -> Arc<[DecryptionKeyInfo]> {
        Self::keys(self).into()
    }

    fn is_available(&self) -> bool {
        self.shared.health.is_available()
    }

    fn create(&self, algorithm: KeyManagement) -> CustodyFuture<'_, KeyFingerprint> {
        Box::pin(async move {
            match algorithm {
                KeyManagement::RsaOaep256 => self.shared.rotate().await,
                _ => Err(CustodyError::NotSupported),
            }
        })
    }
}

impl KeyUnwrap for VaultUnwrap {
    fn unwrap<'a>(&'a self, key_id: Option<&'a str>, encrypted_key: &'a [u8]) -> UnwrapFuture<'a> {
        let limited = timeout(self.shared.time_limit, self.submit(key_id, encrypted_key));
        Box::pin(async { limited.await.unwrap_or(Err(UnwrapError::Unavailable)) })
    }
}

impl Drop for VaultUnwrap {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl std::fmt::Debug for VaultUnwrap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VaultUnwrap").field("key", &self.shared.keys_path).finish_non_exhaustive()
    }
}

/// Renews the token when it is due.
async fn keep_token(shared: Arc<Shared>) {
    /// How often is looked after a token that was replaced by one with another end.
    const LOOK_AGAIN: Duration = Duration::from_secs(10);
    loop {
        let latest = Instant::now() + LOOK_AGAIN;
        let due = shared.session.due().await;
        tokio::time::sleep_until(due.map_or(latest, |due| due.min(latest))).await;
        if due.is_some_and(|due| due <= Instant::now()) {
            shared.session.keep().await;
        }
    }
}

/// Reads the versions again from time to time, and when one was missing.
async fn keep_versions(shared: Arc<Shared>) {
    loop {
        let next = if shared.are_unread() { READ_FIRST } else { READ_AGAIN };
        tokio::select! {
            () = tokio::time::sleep(next) => {}
            () = shared.read_now.notified() => {}
        }
        shared.read_versions_soon().await;
    }
}
