//! Custody in a PKCS#11 module: an HSM, or a token in software that behaves like one.
//!
//! Invariants:
//!
//! - The module unwraps with RSA-OAEP, SHA-256 for both hashes and no label, or it is not used: a self-test at the start wraps a value
//!   for each key, unwraps it and compares.
//! - Each thread has a session of its own. One that is lost, with its login, is opened again once for the token that noticed.
//! - A value that does not decrypt is [`UnwrappedKey::none`]. Modules have many words for that, and where the word could mean trouble as
//!   well, a value that must decrypt decides.

mod error;
mod import;
mod token;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use cryptoki::context::Pkcs11;
use signet_token::{KeyManagement, KeyUnwrap, RemoteKey, UnwrapError, UnwrapFuture, UnwrappedKey};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use self::token::Token;
use crate::administration::Custody;
use crate::health::Health;
use crate::keystore::{DecryptionKeyInfo, KeyState};
use crate::mixed::one_of;
use crate::secret::SecretSource;

pub use self::error::Pkcs11Error;
pub use self::import::Pkcs11Import;

/// Which module, which token, which keys.
#[derive(Debug, Clone)]
pub struct Pkcs11Options {
    /// The module's library.
    pub module: PathBuf,
    /// The label of the token.
    pub token: String,
    /// The labels of its private RSA keys: first the one that is published, then former ones that still decrypt.
    pub keys: Vec<String>,
    /// The user's PIN.
    pub pin: SecretSource,
    /// Threads, each with a session; at least one.
    pub threads: usize,
    /// Tokens that may wait; one more is refused.
    pub queue: usize,
    /// How long a token waits for its answer.
    pub time_limit: Duration,
}

struct Job {
    /// Which keys to try, by their place.
    keys: Vec<usize>,
    encrypted_key: Vec<u8>,
    reply: oneshot::Sender<Result<UnwrappedKey, UnwrapError>>,
}

struct Shared {
    module: Pkcs11,
    options: Pkcs11Options,
    jobs: Mutex<mpsc::Receiver<Job>>,
    health: Health,
}

/// Unwraps content keys in a PKCS#11 module. Its threads end when it is dropped.
pub struct Pkcs11Unwrap {
    shared: Arc<Shared>,
    jobs: mpsc::Sender<Job>,
    keys: Vec<RemoteKey>,
}

impl Pkcs11Unwrap {
    /// Starts the module, signs in, finds the keys and tests each. Blocks.
    ///
    /// # Errors
    /// [`Pkcs11Error`], see its variants.
    pub fn start(options: Pkcs11Options) -> Result<Self, Pkcs11Error> {
        let module = token::start(&options)?;
        let first = Token::open(&module, &options)?;
        first.test(&options.keys)?;
        let keys = first.public_keys();
        let (jobs, waiting) = mpsc::channel(options.queue.max(1));
        let threads = options.threads.max(1);
        let shared =
            Arc::new(Shared { module, options, jobs: Mutex::new(waiting), health: Health::new("pkcs11") });
        let mut first = Some(first);
        for number in 0..threads {
            let mut worker = Worker { shared: Arc::clone(&shared), token: first.take() };
            thread::Builder::new()
                .name(format!("pkcs11-{number}"))
                .spawn(move || worker.work())
                .map_err(Pkcs11Error::Threads)?;
        }
        Ok(Self { shared, jobs, keys })
    }

    /// The keys, the published one first.
    pub fn keys(&self) -> Vec<DecryptionKeyInfo> {
        let describe = |(index, key): (usize, &RemoteKey)| DecryptionKeyInfo {
            key_id: key.fingerprint().clone(),
            state: if index == 0 { KeyState::Active } else { KeyState::Retired },
            algorithm: KeyManagement::RsaOaep256,
            public_jwk: key.to_public_jwk_json(),
        };
        self.keys.iter().enumerate().map(describe).collect()
    }

    async fn submit(&self, key_id: Option<&str>, encrypted_key: &[u8]) -> Result<UnwrappedKey, UnwrapError> {
        let named = |key_id| self.keys.iter().position(|key| key.fingerprint().as_str() == key_id);
        let (keys, counts) = match key_id {
            None => ((0..self.keys.len()).collect(), true),
            // An unknown key costs the work of one, for nothing.
            Some(key_id) => named(key_id).map_or((vec![0], false), |index| (vec![index], true)),
        };
        let (reply, answer) = oneshot::channel();
        let job = Job { keys, encrypted_key: encrypted_key.to_vec(), reply };
        self.jobs.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => UnwrapError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => UnwrapError::Unavailable,
        })?;
        let result = answer.await.map_err(|_| UnwrapError::Unavailable)?;
        result.map(|key| if counts { key } else { key.refused() })
    }
}

/// Keys are made, renamed and removed with the module's own tools, and read at the start.
impl Custody for Pkcs11Unwrap {
    fn keys(&self) -> Arc<[DecryptionKeyInfo]> {
        Self::keys(self).into()
    }

    fn is_available(&self) -> bool {
        self.shared.health.is_available()
    }
}

impl KeyUnwrap for Pkcs11Unwrap {
    fn unwrap<'a>(&'a self, key_id: Option<&'a str>, encrypted_key: &'a [u8]) -> UnwrapFuture<'a> {
        let limited = timeout(self.shared.options.time_limit, self.submit(key_id, encrypted_key));
        Box::pin(async move {
            limited.await.unwrap_or_else(|_| {
                let error = Pkcs11Error::TimedOut;
                self.shared.health.fails(error.reason(), &error);
                Err(UnwrapError::Unavailable)
            })
        })
    }
}

impl std::fmt::Debug for Pkcs11Unwrap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pkcs11Unwrap").field("keys", &self.keys).finish_non_exhaustive()
    }
}

struct Worker {
    shared: Arc<Shared>,
    /// `None` before the first use and after it was lost.
    token: Option<Token>,
}

impl Worker {
    fn work(&mut self) {
        let shared = Arc::clone(&self.shared);
        loop {
            let job = shared.jobs.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
            let Some(Job { keys, encrypted_key, reply }) = job else { return };
            // Whoever gave up waiting needs no answer.
            if reply.is_closed() {
                continue;
            }
            // All of them: how long it takes must not tell which one fitted.
            let results = keys.into_iter().map(|index| self.unwrap(index, &encrypted_key));
            let result = results.fold(Ok(UnwrappedKey::none()), one_of);
            // The receiver may have gone away meanwhile, which is all the same to us.
            let _ = reply.send(result);
        }
    }

    fn unwrap(&mut self, index: usize, encrypted_key: &[u8]) -> Result<UnwrappedKey, UnwrapError> {
        let done = match self.attempt(index, encrypted_key) {
            // Only a session that was there can have been lost.
            Err(Lost::Session(_)) => self.attempt(index, encrypted_key),
            other => other,
        };
        match done {
            Ok(key) => {
                self.shared.health.works();
                Ok(key)
            }
            Err(Lost::Session(error) | Lost::Token(error)) => {
                self.shared.health.fails(error.reason(), &error);
                Err(UnwrapError::Unavailable)
            }
        }
    }

    fn attempt(&mut self, index: usize, encrypted_key: &[u8]) -> Result<UnwrappedKey, Lost> {
        let token = match self.token.take() {
            Some(token) => token,
            None => Token::open(&self.shared.module, &self.shared.options).map_err(Lost::Token)?,
        };
        let result = token.unwrap(index, encrypted_key).map_err(Lost::Session)?;
        self.token = Some(token);
        Ok(result)
    }
}

/// What is gone.
enum Lost {
    /// The session, or its login.
    Session(Pkcs11Error),
    /// No session can be had.
    Token(Pkcs11Error),
}
