//! Room in the write-ahead log ahead of the writer.
//!
//! A flush of a file that has grown must write its length and its block map too, which doubles what a commit pays. The log
//! starts again from its beginning after a checkpoint, so only its first filling grows it; a server that is restarted often
//! would pay for that every time. So zeros are written ahead of the writer, as many as a few thousand commits need: SQLite
//! takes what lies behind the last valid frame for the rest of an older log, and zeros are no valid frame.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

/// A page of 4 KiB and its header (SQLite file format, section 4.1).
const FRAME_BYTES: u64 = 4096 + 24;
/// A log shorter than this belongs to somebody who writes little, such as the command line.
const SMALL_PAGES: i32 = 64;
/// Written at a time. The writer waits for it, some milliseconds.
const STEP_BYTES: usize = 2 * 1024 * 1024;

/// The writer's knowledge of the log's file.
pub(super) struct LogSpace {
    path: PathBuf,
    /// Length of the file, as far as we know. `None`: leave it alone.
    reserved: Option<u64>,
}

impl LogSpace {
    /// For the log of a database that is flushed at every commit, or for one that is not.
    pub(super) fn new(database: &Path, flushed: bool) -> Self {
        let mut path = database.as_os_str().to_owned();
        path.push("-wal");
        Self { path: path.into(), reserved: flushed.then_some(0) }
    }

    /// Called between commits with the length of the log in pages.
    pub(super) fn after_commit(&mut self, connection: &Connection, log_pages: i32) {
        let Some(reserved) = self.reserved else { return };
        let wanted = log_pages.max(0) as u64 * FRAME_BYTES + STEP_BYTES as u64 / 2;
        if log_pages < SMALL_PAGES || wanted <= reserved {
            return;
        }
        self.reserved = match self.extend(connection, wanted) {
            Ok(length) => Some(length),
            Err(error) => {
                tracing::warn!(%error, "the log's file was not extended; commits will flush its length too");
                None
            }
        };
    }

    /// Called when the log's file has been cut to nothing.
    pub(super) fn log_was_truncated(&mut self) {
        self.reserved = self.reserved.map(|_| 0);
    }

    /// The write lock keeps other processes from appending to the log meanwhile.
    fn extend(&self, connection: &Connection, wanted: u64) -> io::Result<u64> {
        connection.execute_batch("BEGIN IMMEDIATE").map_err(io::Error::other)?;
        let extended = self.append_zeros(wanted);
        connection.execute_batch("ROLLBACK").map_err(io::Error::other)?;
        extended
    }

    fn append_zeros(&self, wanted: u64) -> io::Result<u64> {
        let mut file = OpenOptions::new().append(true).open(&self.path)?;
        let length = file.metadata()?.len();
        if length >= wanted {
            return Ok(length);
        }
        file.write_all(&vec![0; STEP_BYTES])?;
        file.sync_all()?;
        Ok(length + STEP_BYTES as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_committed_around_the_zeros_survives_a_crash() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        let connection = super::super::connect(&path, rusqlite::OpenFlags::default()).unwrap();
        connection.execute_batch("CREATE TABLE blobs (content BLOB)").unwrap();
        let mut space = LogSpace::new(&path, true);
        let log = folder.path().join("test.db-wal");
        let insert = |times| {
            for _ in 0..times {
                connection.execute("INSERT INTO blobs VALUES (randomblob(4000))", []).unwrap();
            }
        };
        let before = std::fs::metadata(&log).unwrap().len();
        space.after_commit(&connection, 10);
        assert_eq!(std::fs::metadata(&log).unwrap().len(), before, "a short log is left alone");
        insert(100);
        space.after_commit(&connection, 110);
        let extended = std::fs::metadata(&log).unwrap().len();
        assert!(extended > 100 * FRAME_BYTES + STEP_BYTES as u64, "{extended}");
        insert(50);
        assert_eq!(std::fs::metadata(&log).unwrap().len(), extended, "commits stay within it");

        // As after kill -9: the files as they lie, without anybody having closed them.
        let crashed = folder.path().join("crashed.db");
        std::fs::copy(&path, &crashed).unwrap();
        std::fs::copy(&log, folder.path().join("crashed.db-wal")).unwrap();
        let recovered = super::super::connect(&crashed, rusqlite::OpenFlags::default()).unwrap();
        let count = |connection: &Connection| {
            connection.query_row("SELECT count(*) FROM blobs", [], |row| row.get::<_, i64>(0)).unwrap()
        };
        assert_eq!((count(&recovered), count(&connection)), (150, 150));
    }
}
