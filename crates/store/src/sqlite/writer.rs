//! The one thread that writes: group commit.
//!
//! Invariants:
//! - a body runs inside a savepoint: what fails is rolled back alone;
//! - nobody is answered, and the observer hears nothing, before the commit is on disk;
//! - if the commit fails, everybody whose body had succeeded is told so;
//! - neither a panic in a body nor one in the observer ends the thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

use rusqlite::Connection;
use rusqlite::hooks::Wal;
use tokio::sync::mpsc;

use super::checkpoint::{self, Checkpoints};
use super::{Command, Location, failed, spawn, unavailable};
use crate::job::{Job, Ran};
use crate::{CommitObserver, StoreError};

/// Starts the thread.
pub(super) fn start(
    connection: Connection,
    location: Location,
    limit: usize,
    queue: mpsc::Receiver<Command>,
    checkpoints: Checkpoints,
    observer: Arc<dyn CommitObserver>,
    threads: &mut Vec<JoinHandle<()>>,
) -> Result<(), StoreError> {
    let mut writer = Writer { connection, limit, queue, checkpoints, observer, log_pages: Arc::default() };
    writer.watch_log().map_err(unavailable)?;
    spawn("store-writer", threads, move || {
        writer.run();
        // The last to leave closes the file, then a temporary folder goes.
        drop(writer);
        drop(location.folder);
    })
}

struct Writer {
    connection: Connection,
    limit: usize,
    queue: mpsc::Receiver<Command>,
    checkpoints: Checkpoints,
    observer: Arc<dyn CommitObserver>,
    /// Length of the write-ahead log after the last commit, in pages.
    log_pages: Arc<AtomicI32>,
}

impl Writer {
    /// Replaces SQLite's own checkpoints, which would make whoever comes at the wrong moment wait for them.
    fn watch_log(&mut self) -> rusqlite::Result<()> {
        let log_pages = Arc::clone(&self.log_pages);
        self.connection.wal_hook(Some(move |_: &mut Wal, pages| {
            log_pages.store(pages, Ordering::Relaxed);
            Ok(())
        }))
    }

    fn run(&mut self) {
        let mut waiting = Vec::with_capacity(self.limit);
        while self.queue.blocking_recv_many(&mut waiting, self.limit) > 0 {
            let mut jobs = Vec::with_capacity(waiting.len());
            for command in waiting.drain(..) {
                match command {
                    Command::Run(job) => jobs.push(job),
                    Command::Close => self.queue.close(),
                }
            }
            metrics::gauge!("signet_store_queue_depth").set(self.queue.len() as f64);
            if !jobs.is_empty() {
                self.commit(jobs);
            }
            self.checkpoints.after_commit(&self.connection, self.log_pages.load(Ordering::Relaxed));
        }
        checkpoint::finish(&self.connection);
    }

    /// Runs the bodies in one transaction and answers them.
    #[expect(clippy::disallowed_methods, reason = "measures how long a commit takes; nothing depends on it")]
    fn commit(&self, jobs: Vec<Box<dyn Job>>) {
        metrics::histogram!("signet_store_batch_size").record(jobs.len() as f64);
        if let Err(error) = self.statement("BEGIN IMMEDIATE") {
            let error = Arc::new(error);
            for job in jobs {
                job.refuse(shared(&error));
            }
            return;
        }
        let mut ran = Vec::with_capacity(jobs.len());
        let mut lost = None;
        for job in jobs {
            match &lost {
                None => match self.run_apart(job) {
                    Ok(done) => ran.push(done),
                    Err((done, error)) => {
                        ran.push(done);
                        lost = Some(Arc::new(error));
                    }
                },
                Some(error) => job.refuse(shared(error)),
            }
        }
        let started = Instant::now();
        let committed = match lost {
            None => self.statement("COMMIT").map_err(Arc::new),
            Some(error) => Err(error),
        };
        metrics::histogram!("signet_store_commit_seconds").record(started.elapsed().as_secs_f64());
        if committed.is_err() && !self.connection.is_autocommit() {
            // Nothing of the batch may reach the next one.
            let _ = self.statement("ROLLBACK");
        }
        self.announce(&mut ran, committed.is_ok());
        for done in ran {
            (done.answer)(committed.as_ref().copied().map_err(shared));
        }
    }

    /// Runs one body inside a savepoint. An error means that the whole transaction is lost.
    fn run_apart(&self, job: Box<dyn Job>) -> Result<Ran, (Ran, StoreError)> {
        if let Err(error) = self.statement("SAVEPOINT body") {
            // Not run at all, but answered like those that ran, with the transaction's failure.
            let refused = Ran {
                succeeded: false,
                events: Vec::new(),
                answer: Box::new(move |outcome| {
                    job.refuse(outcome.err().unwrap_or(StoreError::Unavailable(None)));
                }),
            };
            return Err((refused, error));
        }
        let done = job.run(&self.connection);
        // Some failures, such as a full disk, roll back the whole transaction and not just the statement.
        if self.connection.is_autocommit() {
            return Err((done, StoreError::Unavailable(None)));
        }
        let resolved = if done.succeeded {
            self.statement("RELEASE body")
        } else {
            self.statement("ROLLBACK TO body").and_then(|()| self.statement("RELEASE body"))
        };
        match resolved {
            Ok(()) => Ok(done),
            Err(error) => Err((done, error)),
        }
    }

    /// Hands the observer what was committed, in the order in which it was written.
    fn announce(&self, ran: &mut [Ran], committed: bool) {
        if !committed {
            return;
        }
        let events: Vec<_> = ran.iter_mut().flat_map(|done| std::mem::take(&mut done.events)).collect();
        if events.is_empty() {
            return;
        }
        if catch_unwind(AssertUnwindSafe(|| self.observer.committed(events))).is_err() {
            tracing::error!("the observer of commits panicked");
        }
    }

    fn statement(&self, sql: &'static str) -> Result<(), StoreError> {
        let run = || self.connection.prepare_cached(sql)?.execute([]);
        run().map(drop).map_err(|error| failed(sql, &error))
    }
}

/// The failure of a whole batch, for one of its callers.
#[derive(Debug, thiserror::Error)]
#[error("the transaction was lost")]
struct Lost(#[source] Arc<StoreError>);

fn shared(error: &Arc<StoreError>) -> StoreError {
    StoreError::Unavailable(Some(Box::new(Lost(Arc::clone(error)))))
}
