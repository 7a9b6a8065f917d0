//! Private key operations on a few threads of their own, behind a bounded queue.
//!
//! A private operation takes a fifth of a millisecond of pure computation. On the threads that serve requests it
//! would delay everyone; unbounded it would pile up under a flood of junk tokens. So a full queue refuses at once.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread;

use signet_token::{
    AgreementKey, DecryptionKey, KeyAgreement, KeyFingerprint, KeyUnwrap, UnwrapError, UnwrapFuture,
    UnwrappedKey,
};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// The size of the pool.
#[derive(Debug, Clone, Copy)]
pub struct RsaPoolOptions {
    /// Threads; at least one is started.
    pub threads: usize,
    /// Jobs that may wait; one more is refused. At least one.
    pub queue: usize,
}

impl Default for RsaPoolOptions {
    /// A thread for each processor, and 256 waiting jobs for each thread: about 60 ms of work.
    fn default() -> Self {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        Self { threads, queue: 256 * threads }
    }
}

/// Jobs that a thread does before it answers them all. Activations that are answered together share the commit that follows,
/// and the threads hand over to one another less often; for that the first of them waits 7 ms at most, and only if others
/// were waiting already.
const TOGETHER: usize = 32;

/// Which keys a job tries.
#[derive(Clone, Copy)]
enum Selection {
    /// The key that the token names.
    One(usize),
    /// The token names none: every key, newest first, and always all of them.
    All,
    /// The token names a key that is not ours: the work of one key, for nothing.
    Unknown,
}

/// The encrypted content key of a job, for one kind of key.
enum Wrapped {
    Rsa(Vec<u8>),
    Agreed(KeyAgreement),
}

/// The keys of a moment. A job keeps those it was given: which of them it uses is decided by their places.
struct Ring {
    /// Newest first.
    rsa: Vec<Arc<DecryptionKey>>,
    /// Newest first.
    agreement: Vec<Arc<AgreementKey>>,
}

struct Job {
    ring: Arc<Ring>,
    selection: Selection,
    wrapped: Wrapped,
    reply: Reply,
}

type Reply = oneshot::Sender<UnwrappedKey>;
type Answer = (Reply, UnwrappedKey);

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    /// Threads that wait for one.
    idle: usize,
    closed: bool,
}

struct Shared {
    ring: RwLock<Arc<Ring>>,
    threads: usize,
    /// Where the callers wait.
    runtime: Option<Handle>,
    capacity: usize,
    queue: Mutex<Queue>,
    ready: Condvar,
    operations: AtomicU64,
}

impl Shared {
    /// Nothing panics while the lock is held, and a queue of jobs has no invariant a panic could break.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, job: Job) -> Result<(), UnwrapError> {
        let mut queue = self.lock();
        if queue.closed {
            return Err(UnwrapError::Unavailable);
        }
        if queue.jobs.len() >= self.capacity {
            return Err(UnwrapError::Overloaded);
        }
        queue.jobs.push_back(job);
        // Waking nobody is a system call too.
        let wake = queue.idle > 0;
        drop(queue);
        if wake {
            self.ready.notify_one();
        }
        Ok(())
    }

    /// Waits for jobs and takes this thread's share of them, at most [`TOGETHER`]. None: the pool has ended.
    fn next(&self) -> Vec<Job> {
        let mut queue = self.lock();
        loop {
            if queue.closed {
                return Vec::new();
            }
            let share = queue.jobs.len().div_ceil(self.threads).min(TOGETHER);
            if share > 0 {
                return queue.jobs.drain(..share).collect();
            }
            queue.idle += 1;
            queue = self.ready.wait(queue).unwrap_or_else(PoisonError::into_inner);
            queue.idle -= 1;
        }
    }

    fn work(&self) {
        loop {
            let jobs = self.next();
            if jobs.is_empty() {
                return;
            }
            let mut answers = Vec::with_capacity(jobs.len());
            for Job { ring, selection, wrapped, reply } in jobs {
                // If whoever asked has gone away, there is no need to spend an operation on it.
                if !reply.is_closed() {
                    answers.push((reply, self.unwrap(&ring, selection, &wrapped)));
                }
            }
            self.answer(answers);
        }
    }

    /// Several callers are answered by one task of their runtime: waking them one by one from here would have this thread and
    /// theirs change places on the processor for each.
    fn answer(&self, answers: Vec<Answer>) {
        let several = answers.len() > 1;
        let answer = move || {
            for (reply, answer) in answers {
                // The receiver may have gone away meanwhile, which is all the same to us.
                let _ = reply.send(answer);
            }
        };
        match &self.runtime {
            Some(runtime) if several => drop(runtime.spawn(async { answer() })),
            _ => answer(),
        }
    }

    fn unwrap(&self, ring: &Ring, selection: Selection, wrapped: &Wrapped) -> UnwrappedKey {
        match wrapped {
            Wrapped::Rsa(encrypted_key) => self.try_keys(&ring.rsa, selection, |key| {
                key.unwrap_content_key(encrypted_key).with_unwrapped_by(key.fingerprint())
            }),
            Wrapped::Agreed(agreement) => self.try_keys(&ring.agreement, selection, |key| {
                key.unwrap_content_key(agreement).with_unwrapped_by(key.fingerprint())
            }),
        }
    }

    fn try_keys<K>(
        &self,
        keys: &[Arc<K>],
        selection: Selection,
        unwrap: impl Fn(&K) -> UnwrappedKey,
    ) -> UnwrappedKey {
        // One private operation.
        let operate = |key: Option<&Arc<K>>| {
            self.operations.fetch_add(1, Ordering::Relaxed);
            key.map_or_else(UnwrappedKey::none, |key| unwrap(key))
        };
        match selection {
            Selection::One(index) => operate(keys.get(index)),
            // No early exit: how long it takes must not tell which key, if any, fitted.
            Selection::All => {
                keys.iter().map(|key| operate(Some(key))).fold(UnwrappedKey::none(), UnwrappedKey::or)
            }
            Selection::Unknown => operate(keys.first()).refused(),
        }
    }
}

/// Unwraps content keys with keys of the local keystore. The threads end when it is dropped.
pub struct LocalUnwrap {
    shared: Arc<Shared>,
}

impl LocalUnwrap {
    pub(crate) fn start(
        rsa_keys: Vec<Arc<DecryptionKey>>,
        agreement_keys: Vec<Arc<AgreementKey>>,
        options: RsaPoolOptions,
    ) -> io::Result<Self> {
        let threads = options.threads.max(1);
        let shared = Arc::new(Shared {
            ring: RwLock::new(Arc::new(Ring { rsa: rsa_keys, agreement: agreement_keys })),
            threads,
            runtime: Handle::try_current().ok(),
            capacity: options.queue.max(1),
            queue: Mutex::default(),
            ready: Condvar::new(),
            operations: AtomicU64::new(0),
        });
        let pool = Self { shared };
        for number in 0..threads {
            let shared = Arc::clone(&pool.shared);
            thread::Builder::new().name(format!("rsa-{number}")).spawn(move || shared.work())?;
        }
        Ok(pool)
    }

    /// How many jobs wait, for the metrics.
    pub fn waiting(&self) -> usize {
        self.shared.lock().jobs.len()
    }

    /// How many private operations were done so far, for the metrics.
    pub fn operations(&self) -> u64 {
        self.shared.operations.load(Ordering::Relaxed)
    }

    /// Takes other keys from now on. What waits already is done with those it came for.
    pub(crate) fn set_keys(&self, rsa: Vec<Arc<DecryptionKey>>, agreement: Vec<Arc<AgreementKey>>) {
        let ring = Arc::new(Ring { rsa, agreement });
        *self.shared.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
    }

    fn ring(&self) -> Arc<Ring> {
        Arc::clone(&self.shared.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    async fn submit(
        &self,
        ring: Arc<Ring>,
        selection: Selection,
        wrapped: Wrapped,
    ) -> Result<UnwrappedKey, UnwrapError> {
        let (reply, answer) = oneshot::channel();
        self.shared.push(Job { ring, selection, wrapped, reply })?;
        answer.await.map_err(|_| UnwrapError::Unavailable)
    }
}

/// The key a token names among those of the right kind, in their order.
fn select<'a>(key_id: Option<&str>, mut fingerprints: impl Iterator<Item = &'a KeyFingerprint>) -> Selection {
    let Some(key_id) = key_id else { return Selection::All };
    let position = fingerprints.position(|fingerprint| fingerprint.as_str() == key_id);
    position.map_or(Selection::Unknown, Selection::One)
}

impl KeyUnwrap for LocalUnwrap {
    fn unwrap<'a>(&'a self, key_id: Option<&'a str>, encrypted_key: &'a [u8]) -> UnwrapFuture<'a> {
        let ring = self.ring();
        let selection = select(key_id, ring.rsa.iter().map(|key| key.fingerprint()));
        Box::pin(self.submit(ring, selection, Wrapped::Rsa(encrypted_key.to_vec())))
    }

    fn agree_and_unwrap<'a>(
        &'a self,
        key_id: Option<&'a str>,
        agreement: &'a KeyAgreement,
    ) -> UnwrapFuture<'a> {
        let ring = self.ring();
        let selection = select(key_id, ring.agreement.iter().map(|key| key.fingerprint()));
        Box::pin(self.submit(ring, selection, Wrapped::Agreed(agreement.clone())))
    }
}

impl Drop for LocalUnwrap {
    fn drop(&mut self) {
        let mut queue = self.shared.lock();
        queue.closed = true;
        // Dropping the jobs answers their callers.
        queue.jobs.clear();
        drop(queue);
        self.shared.ready.notify_all();
    }
}

impl std::fmt::Debug for LocalUnwrap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalUnwrap")
            .field("rsa_keys", &self.ring().rsa.len())
            .field("agreement_keys", &self.ring().agreement.len())
            .finish_non_exhaustive()
    }
}
