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
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::checkpoint::{self, Checkpoints};
use super::log_space::LogSpace;
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
    let runtime = Handle::try_current().ok();
    let log_pages = Arc::default();
    let log_space = LogSpace::new(&location.path, location.synchronous == "FULL");
    let mut writer =
        Writer { connection, limit, queue, checkpoints, observer, log_pages, log_space, runtime };
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
    log_space: LogSpace,
    /// Where the callers wait.
    runtime: Option<Handle>,
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
            self.let_others_join(&mut waiting);
            let mut jobs = Vec::with_capacity(waiting.len());
            let mut maintenance = Vec::new();
            for command in waiting.drain(..) {
                match command {
                    Command::Run(job) => jobs.push(job),
                    Command::Maintain(what, answer) => maintenance.push((what, answer)),
                    Command::Close => self.queue.close(),
                }
            }
            metrics::gauge!("signet_store_queue_depth").set(self.queue.len() as f64);
            if !jobs.is_empty() {
                self.commit(jobs);
            }
            for (what, answer) in maintenance {
                // A caller that stopped waiting is not told.
                let _ = answer.send(what.carry_out(&self.connection));
                self.log_space.log_was_truncated();
                self.log_pages.store(0, Ordering::Relaxed);
            }
            let log_pages = self.log_pages.load(Ordering::Relaxed);
            self.checkpoints.after_commit(&self.connection, log_pages);
            self.log_space.after_commit(&self.connection, log_pages);
        }
        checkpoint::finish(&self.connection);
    }

    /// Lets whoever can run on this core hand in what they were about to, once. There is no timer: with nobody else to run
    /// this takes a microsecond, and under load on few cores it doubles what one flush to disk pays for.
    fn let_others_join(&mut self, waiting: &mut Vec<Command>) {
        std::thread::yield_now();
        while waiting.len() < self.limit
            && let Ok(command) = self.queue.try_recv()
        {
            waiting.push(command);
        }
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
        self.answer(ran, committed);
    }

    /// Several callers are answered by one task of their runtime: waking them one by one from here would have this thread and
    /// theirs change places on the processor for each.
    fn answer(&self, ran: Vec<Ran>, committed: Result<(), Arc<StoreError>>) {
        let several = ran.len() > 1;
        let answer = move || {
            for done in ran {
                (done.answer)(committed.as_ref().copied().map_err(shared));
            }
        };
        match &self.runtime {
            Some(runtime) if several => drop(runtime.spawn(async { answer() })),
            _ => answer(),
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::AtomicBool;

    use futures_util::FutureExt as _;
    use signet_domain::Event;
    use tokio::sync::oneshot;

    use super::*;
    use crate::Work;
    use crate::job::Body;

    #[derive(Default)]
    struct Heard(Mutex<usize>);

    impl CommitObserver for Heard {
        fn committed(&self, events: Vec<Event>) {
            *self.0.lock().unwrap() += events.len();
        }
    }

    fn body<F>(body: F) -> (Box<dyn Job>, oneshot::Receiver<Result<(), StoreError>>)
    where
        F: for<'t> FnOnce(&'t mut crate::Tx<'_>) -> Work<'t, Result<(), StoreError>> + Send + 'static,
    {
        let (answer, outcome) = oneshot::channel();
        (Box::new(Body::new(body, answer)), outcome)
    }

    /// Turns a commit into a rollback, as a full disk would, and looks who is told.
    #[test]
    fn a_failed_commit_is_told_to_everybody_who_had_succeeded() {
        const INSERT: crate::sql::Sql = crate::sql::Sql::same("INSERT INTO numbers (number) VALUES ($1)");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        let mut connection = super::super::connect(&path, rusqlite::OpenFlags::default()).unwrap();
        connection.execute_batch("CREATE TABLE numbers (number BIGINT)").unwrap();
        let failing = Arc::new(AtomicBool::new(true));
        let fails = Arc::clone(&failing);
        connection.commit_hook(Some(move || fails.load(Ordering::Relaxed))).unwrap();
        let location = Location { path, synchronous: "FULL", folder: None };
        let mut threads = Vec::new();
        let observer = Arc::new(Heard::default());
        let writer = Writer {
            connection,
            limit: 10,
            queue: mpsc::channel(1).1,
            checkpoints: checkpoint::start(&location, &mut threads).unwrap(),
            observer: Arc::clone(&observer) as _,
            log_pages: Arc::default(),
            log_space: LogSpace::new(folder.path(), false),
            runtime: None,
        };
        let run = || {
            let (good, good_outcome) =
                body(|tx| Box::pin(async move { tx.execute(INSERT, &[1.into()]).await.map(drop) }));
            let (bad, bad_outcome) = body(|_| Box::pin(async { Err(StoreError::Corrupt("on purpose")) }));
            writer.commit(vec![good, bad]);
            let now = |outcome: oneshot::Receiver<_>| outcome.now_or_never().unwrap().unwrap();
            (now(good_outcome), now(bad_outcome))
        };
        let count =
            || writer.connection.query_row("SELECT count(*) FROM numbers", [], |row| row.get(0)).unwrap();

        let (good, bad) = run();
        assert!(matches!(good, Err(StoreError::Unavailable(Some(_)))), "{good:?}");
        assert!(matches!(bad, Err(StoreError::Corrupt(_))), "a body's own failure stays its own");
        assert_eq!((count(), *observer.0.lock().unwrap()), (0_i64, 0));

        failing.store(false, Ordering::Relaxed);
        let (good, _) = run();
        assert!(good.is_ok(), "the next batch is not harmed");
        assert_eq!(count(), 1_i64);
    }
}
