//! Taking what was erased out of the files.
//!
//! `secure_delete` overwrites what is deleted, but SQLite moves records between pages, and where one moved away its bytes may stay in
//! the page's unused middle: of six thousand messages in a trial two to eight left such a trace. Only a file that is written anew
//! (`VACUUM`) has none. The write-ahead log holds old pages until it starts again from its beginning, or is cut off.

use rusqlite::Connection;

use super::failed;
use crate::StoreError;

/// What the writer does between two transactions.
#[derive(Debug, Clone, Copy)]
pub(super) enum Maintenance {
    /// Copies the log into the file and cuts it off.
    ForgetLog,
    /// Writes the file anew, if [`crate::erasure`] left a note that something was erased and the file is not larger than this.
    Compact { most_bytes: u64 },
}

const FORGET_LOG: &str = "PRAGMA wal_checkpoint(TRUNCATE)";
const TRACES: &str = "SELECT user_version, page_count * page_size FROM pragma_user_version, pragma_page_count, pragma_page_size";
const COMPACT: &str = "VACUUM";
const NO_TRACES: &str = "PRAGMA user_version = 0";

impl Maintenance {
    pub(super) fn carry_out(self, connection: &Connection) -> Result<(), StoreError> {
        if let Self::Compact { most_bytes } = self {
            let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
            let (traces, bytes) =
                connection.query_row(TRACES, [], read).map_err(|error| failed(TRACES, &error))?;
            if traces == 0 || u64::try_from(bytes).is_ok_and(|bytes| bytes > most_bytes) {
                return Ok(());
            }
            run(connection, COMPACT)?;
            run(connection, NO_TRACES)?;
        }
        run(connection, FORGET_LOG)
    }
}

fn run(connection: &Connection, sql: &'static str) -> Result<(), StoreError> {
    connection.execute_batch(sql).map_err(|error| failed(sql, &error))
}
