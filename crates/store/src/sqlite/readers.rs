//! Threads with a read-only connection each. A body sees the snapshot of its first statement, whatever the writer does.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::{Connection, OpenFlags};
use tokio::sync::mpsc;

use super::{Command, connect, failed, spawn};
use crate::StoreError;
use crate::job::Job;

/// Starts `count` threads on one queue.
pub(super) fn start(
    path: &Path,
    count: usize,
    queue: mpsc::Receiver<Command>,
    threads: &mut Vec<JoinHandle<()>>,
) -> Result<(), StoreError> {
    let queue = Arc::new(Mutex::new(queue));
    for _ in 0..count {
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let queue = Arc::clone(&queue);
        spawn("store-reader", threads, move || {
            while let Some(job) = next(&queue) {
                read(&connection, job);
            }
        })?;
    }
    Ok(())
}

/// The next body; `None` when the queue is closed and empty. One thread waits at the queue, the others for their turn.
fn next(queue: &Mutex<mpsc::Receiver<Command>>) -> Option<Box<dyn Job>> {
    let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        match queue.blocking_recv()? {
            Command::Run(job) => return Some(job),
            // For the writer alone: whoever asks here hears that nobody did it.
            Command::Maintain(..) => {}
            Command::Close => queue.close(),
        }
    }
}

fn read(connection: &Connection, job: Box<dyn Job>) {
    if let Err(error) = statement(connection, "BEGIN DEFERRED") {
        job.refuse(error);
        return;
    }
    let ran = job.run(connection);
    // There is nothing to keep, and the snapshot must go whatever happened: it would stop checkpoints.
    let ended = statement(connection, "ROLLBACK");
    (ran.answer)(ended);
}

fn statement(connection: &Connection, sql: &'static str) -> Result<(), StoreError> {
    let run = || connection.prepare_cached(sql)?.execute([]);
    run().map(drop).map_err(|error| failed(sql, &error))
}
