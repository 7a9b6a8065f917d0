//! Moves what the write-ahead log holds into the database file, mostly beside the writer.
//!
//! A checkpoint on a connection of its own copies and syncs while the writer goes on. It never catches up with a writer
//! that never rests, and the log restarts from its beginning only when it has; so the writer then copies the short
//! rest itself, between two commits. Without that the log would grow for as long as the load lasts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::{Connection, OpenFlags};

use super::{Location, connect, spawn, unavailable};
use crate::StoreError;

/// Length of the log from which on it is moved, in pages of 4 KiB.
const LOG_PAGES: i32 = 4096;

/// The writer's side.
pub(super) struct Checkpoints {
    start: SyncSender<()>,
    /// Set when the copying beside the writer is over.
    copied: Arc<AtomicBool>,
    running: bool,
}

/// Starts the thread that copies.
pub(super) fn start(
    location: &Location,
    threads: &mut Vec<JoinHandle<()>>,
) -> Result<Checkpoints, StoreError> {
    let connection = connect(&location.path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "synchronous", location.synchronous).map_err(unavailable)?;
    let (start, requests) = sync_channel(1);
    let copied = Arc::new(AtomicBool::new(false));
    let done = Arc::clone(&copied);
    spawn("store-checkpoint", threads, move || copy(&connection, &requests, &done))?;
    Ok(Checkpoints { start, copied, running: false })
}

fn copy(connection: &Connection, requests: &Receiver<()>, done: &AtomicBool) {
    while requests.recv().is_ok() {
        passive(connection);
        done.store(true, Ordering::Release);
    }
}

impl Checkpoints {
    /// Called between commits with the length of the log.
    pub(super) fn after_commit(&mut self, connection: &Connection, log_pages: i32) {
        if self.running {
            if self.copied.swap(false, Ordering::AcqRel) {
                self.running = false;
                passive(connection);
            }
        } else if log_pages >= LOG_PAGES {
            self.running = self.start.try_send(()).is_ok();
        }
    }
}

/// Leaves a file that is whole without its log, as far as readers let it.
pub(super) fn finish(connection: &Connection) {
    if let Err(error) = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)") {
        tracing::warn!(%error, "the last checkpoint failed; the next start will do it");
    }
}

/// Copies what no reader needs any more. A failure is no loss: the log keeps everything.
fn passive(connection: &Connection) {
    if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
        tracing::warn!(%error, "a checkpoint failed");
    }
}
