//! Threads with a runtime of their own each, where futures that are not `Send` can run beside their connections.
//!
//! A thread takes a body from its queue only when it has a connection for it, so what waits, waits in a bounded queue.

use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use tokio::sync::mpsc;
use tokio::task::LocalSet;
use tokio_postgres::{Config, NoTls};

use super::order::{Order, Registered};
use super::{Bus, Role};
use crate::job::Job;
use crate::{CommitObserver, StoreError, StoreOptions};

/// How long a connection may take to be made.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Threads for each role.
const THREADS: usize = 2;

/// Connections for writing on each thread.
const WRITERS: usize = 8;

/// Bodies that may wait for each thread. Callers beyond that wait to be let in.
const QUEUE: usize = 2048;

enum Command {
    Run(Box<dyn Job>),
    /// Take no more, finish what runs.
    Close,
}

/// A server's database, reached by threads. They end when it is closed or dropped.
pub(crate) struct Database {
    writers: Queues,
    readers: Queues,
    threads: Mutex<Vec<JoinHandle<()>>>,
    config: Box<Config>,
}

/// What bodies on one thread share.
pub(crate) struct Worker {
    pub(crate) role: Role,
    pool: Pool,
    order: Arc<Order>,
}

impl Worker {
    /// Begins to note the numbers that a body takes.
    pub(crate) fn register(&self) -> Registered {
        Registered::new(Arc::clone(&self.order))
    }
}

struct Queues {
    queues: Vec<mpsc::Sender<Command>>,
    next: AtomicUsize,
}

impl Queues {
    /// Sends a body to the next thread in turn.
    async fn send(&self, job: Box<dyn Job>) {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.queues.len().max(1);
        let Some(queue) = self.queues.get(turn) else { return job.refuse(StoreError::Unavailable(None)) };
        if let Err(mpsc::error::SendError(Command::Run(job))) = queue.send(Command::Run(job)).await {
            job.refuse(StoreError::Unavailable(None));
        }
    }

    async fn close(&self) {
        for queue in &self.queues {
            // An error means that the thread has ended already.
            let _ = queue.send(Command::Close).await;
        }
    }
}

impl Database {
    pub(crate) async fn write(&self, job: Box<dyn Job>) {
        self.writers.send(job).await;
    }

    pub(crate) async fn read(&self, job: Box<dyn Job>) {
        self.readers.send(job).await;
    }

    /// A connection to the other processes, to be made.
    pub(crate) fn bus(&self) -> Bus {
        Bus::new(Config::clone(&self.config))
    }

    pub(crate) async fn close(&self) {
        self.writers.close().await;
        self.readers.close().await;
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let joined = tokio::task::spawn_blocking(move || {
            for thread in threads {
                if thread.join().is_err() {
                    tracing::error!("a database thread panicked");
                }
            }
        });
        if joined.await.is_err() {
            tracing::error!("waiting for the database threads failed");
        }
    }
}

/// Starts the threads. Connections are made when first needed.
pub(super) fn start(
    config: &Config,
    options: &StoreOptions,
    observer: Arc<dyn CommitObserver>,
) -> Result<Database, StoreError> {
    let order = Order::new(observer);
    let mut threads = Vec::new();
    let writers = start_role(config, Role::Write, WRITERS, &order, &mut threads)?;
    let readers =
        start_role(config, Role::Read, options.readers.div_ceil(THREADS).max(1), &order, &mut threads)?;
    Ok(Database { writers, readers, threads: Mutex::new(threads), config: Box::new(config.clone()) })
}

fn start_role(
    config: &Config,
    role: Role,
    connections: usize,
    order: &Arc<Order>,
    threads: &mut Vec<JoinHandle<()>>,
) -> Result<Queues, StoreError> {
    let mut queues = Vec::new();
    for _ in 0..THREADS {
        let pool = pool(config.clone(), connections)?;
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(unavailable)?;
        let (queue, receiver) = mpsc::channel(QUEUE);
        let order = Arc::clone(order);
        let name = match role {
            Role::Write => "store-writer",
            Role::Read => "store-reader",
        };
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let worker = Rc::new(Worker { role, pool, order });
            let local = LocalSet::new();
            local.block_on(&runtime, serve(&worker, receiver));
            // Bodies that still run finish here.
            runtime.block_on(local);
            worker.pool.close();
        });
        threads.push(thread.map_err(unavailable)?);
        queues.push(queue);
    }
    Ok(Queues { queues, next: AtomicUsize::new(0) })
}

fn pool(config: Config, connections: usize) -> Result<Pool, StoreError> {
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    Pool::builder(Manager::from_config(config, NoTls, recycling))
        .max_size(connections)
        .create_timeout(Some(CONNECT_TIMEOUT))
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(unavailable)
}

async fn serve(worker: &Rc<Worker>, mut queue: mpsc::Receiver<Command>) {
    while let Some(command) = queue.recv().await {
        let job = match command {
            Command::Run(job) => job,
            Command::Close => {
                queue.close();
                continue;
            }
        };
        if worker.role == Role::Write {
            metrics::gauge!("signet_store_queue_depth").set(queue.len() as f64);
        }
        match worker.pool.get().await {
            Ok(client) => drop(tokio::task::spawn_local(job.run_postgres(client, Rc::clone(worker)))),
            Err(error) => job.refuse(unavailable(error)),
        }
    }
}

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Unavailable(Some(Box::new(error)))
}
