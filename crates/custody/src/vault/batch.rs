//! Many encrypted keys in one request.
//!
//! A lone token is sent at once. When several wait, they go together, and another millisecond is spent to let more come:
//! a request carries up to 64. That is less work for Vault than a request each, and every token in it has an answer of its own,
//! so that junk among them is seen for what it is (alone, it would be an HTTP 500).

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::Shared;
use super::error::VaultError;
use crate::secret::SecretText;

/// Most encrypted keys in a request.
const TOGETHER: usize = 64;
/// How long several wait for more.
const GATHERING: Duration = Duration::from_millis(1);
/// Requests under way at a time.
const REQUESTS: usize = 8;

/// What came of one encrypted key.
pub(super) enum Unwrapped {
    /// The base64 of what was in it.
    Plaintext(SecretText),
    /// Not encrypted to this version, or damaged.
    Bad,
    /// Vault no longer has the version, or no longer decrypts with it.
    VersionMissing,
    /// Vault did not say.
    Unavailable,
}

/// Encrypted keys that one caller waits for; each is one of `vault:v1:…`.
pub(super) struct Job {
    pub(super) ciphertexts: Vec<String>,
    pub(super) reply: oneshot::Sender<Vec<Unwrapped>>,
}

/// Sends what comes, until nobody can send any more.
pub(super) async fn dispatch(shared: Arc<Shared>, mut jobs: mpsc::Receiver<Job>) {
    let requests = Arc::new(Semaphore::new(REQUESTS));
    let mut left = None;
    loop {
        let first = match left.take() {
            Some(job) => job,
            None => match jobs.recv().await {
                Some(job) => job,
                None => return,
            },
        };
        // While every request is under way, those that wait become more.
        let Ok(place) = Arc::clone(&requests).acquire_owned().await else { return };
        let mut gathered = Gathered::of(first);
        left = gathered.take_waiting(&mut jobs);
        if gathered.jobs.len() > 1 && left.is_none() {
            left = gathered.wait_for_more(&mut jobs).await;
        }
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            gathered.send(&shared).await;
            drop(place);
        });
    }
}

struct Gathered {
    jobs: Vec<Job>,
    ciphertexts: usize,
}

impl Gathered {
    fn of(first: Job) -> Self {
        Self { ciphertexts: first.ciphertexts.len(), jobs: vec![first] }
    }

    /// Takes a job in, or gives it back if there is no more room.
    fn take(&mut self, job: Job) -> Option<Job> {
        if self.ciphertexts + job.ciphertexts.len() > TOGETHER {
            return Some(job);
        }
        self.ciphertexts += job.ciphertexts.len();
        self.jobs.push(job);
        None
    }

    fn take_waiting(&mut self, jobs: &mut mpsc::Receiver<Job>) -> Option<Job> {
        while let Ok(job) = jobs.try_recv() {
            if let Some(left) = self.take(job) {
                return Some(left);
            }
        }
        None
    }

    async fn wait_for_more(&mut self, jobs: &mut mpsc::Receiver<Job>) -> Option<Job> {
        let end = Instant::now() + GATHERING;
        while let Ok(Some(job)) = timeout_at(end, jobs.recv()).await {
            if let Some(left) = self.take(job) {
                return Some(left);
            }
        }
        None
    }

    async fn send(mut self, shared: &Shared) {
        // Whoever gave up waiting needs no answer.
        self.jobs.retain(|job| !job.reply.is_closed());
        let ciphertexts: Vec<&str> =
            self.jobs.iter().flat_map(|job| &job.ciphertexts).map(String::as_str).collect();
        if ciphertexts.is_empty() {
            return;
        }
        let mut outcomes = decrypt(shared, &ciphertexts).await.into_iter();
        for job in self.jobs {
            let own = outcomes.by_ref().take(job.ciphertexts.len()).collect();
            // Nobody may be waiting any more, which is all the same to us.
            let _ = job.reply.send(own);
        }
    }
}

#[derive(Deserialize)]
struct Decrypted {
    data: Results,
}

#[derive(Deserialize)]
struct Results {
    batch_results: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    plaintext: Option<SecretText>,
    #[serde(default)]
    error: Option<String>,
}

impl Item {
    fn outcome(self) -> Unwrapped {
        match (self.error.filter(|error| !error.is_empty()), self.plaintext) {
            (None, Some(plaintext)) => Unwrapped::Plaintext(plaintext),
            // "ciphertext or signature version is disallowed by policy (too old)", "invalid ciphertext: version is too new" and "no
            // such key version". What a token contains has no part in it: its form was made right, its version is ours.
            (Some(error), _) if error.contains("version") => Unwrapped::VersionMissing,
            _ => Unwrapped::Bad,
        }
    }
}

/// One outcome for each ciphertext, in their order.
async fn decrypt(shared: &Shared, ciphertexts: &[&str]) -> Vec<Unwrapped> {
    if !shared.breaker().admits(Instant::now()) {
        return unavailable(ciphertexts.len());
    }
    match ask(shared, ciphertexts).await {
        Ok(outcomes) => {
            shared.breaker().succeeded();
            if outcomes.iter().any(|outcome| matches!(outcome, Unwrapped::VersionMissing)) {
                shared.version_is_missing();
            } else {
                shared.health.works();
            }
            outcomes
        }
        Err(error) => {
            shared.breaker().failed(Instant::now());
            shared.health.fails(error.reason(), &error);
            unavailable(ciphertexts.len())
        }
    }
}

fn unavailable(number: usize) -> Vec<Unwrapped> {
    std::iter::repeat_with(|| Unwrapped::Unavailable).take(number).collect()
}

/// An answer with an outcome for each item is an answer, whatever its status: 400 or 500 then mean that items were bad.
async fn ask(shared: &Shared, ciphertexts: &[&str]) -> Result<Vec<Unwrapped>, VaultError> {
    let items: Vec<_> = ciphertexts.iter().map(|ciphertext| json!({ "ciphertext": ciphertext })).collect();
    let body = json!({ "batch_input": items });
    let answer = shared.session.send(Method::POST, &shared.decrypt_path, Some(&body)).await?;
    if let Some(Decrypted { data }) = answer.read() {
        if data.batch_results.len() == ciphertexts.len() {
            return Ok(data.batch_results.into_iter().map(Item::outcome).collect());
        }
        return Err(VaultError::Answer);
    }
    Err(answer.ok().err().unwrap_or(VaultError::Answer))
}
