//! Looking at a database without serving it: for backups and for the doctor. Nothing here changes a database or makes one.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use signet_domain::Timestamp;
use tokio_postgres::NoTls;

use crate::error::SchemaMismatch;
use crate::migrations::{self, MIGRATIONS};
use crate::{StoreError, postgres, sqlite};

/// What a database says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// The newest migration that was applied; 0 if none was.
    pub schema: i64,
    /// Why this program cannot work with that schema, if it cannot.
    pub mismatch: Option<SchemaMismatch>,
    /// What is peculiar to its kind.
    pub engine: EngineInspection,
}

/// What is peculiar to each kind of database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineInspection {
    /// A file.
    Sqlite {
        /// What `PRAGMA quick_check` found wrong.
        faults: Vec<String>,
        /// Length of the write-ahead log.
        log_bytes: u64,
    },
    /// A server.
    Postgres {
        /// `server_version_num`, such as 150018.
        version: i64,
        /// Its clock.
        clock: Timestamp,
        /// Settings with which acknowledged writes may be lost, as `name=value`.
        unsafe_settings: Vec<String>,
    },
}

/// The newest version of the schema that this program knows.
pub fn newest_schema() -> i64 {
    MIGRATIONS.last().map_or(0, |migration| migration.version)
}

/// The file of `sqlite:PATH`; nothing for other databases.
pub fn sqlite_file(address: &str) -> Option<PathBuf> {
    address.strip_prefix("sqlite:").filter(|path| !path.is_empty() && *path != ":memory:").map(PathBuf::from)
}

/// Looks at a database as it is.
pub async fn inspect(address: &str) -> Result<Inspection, StoreError> {
    match sqlite_file(address) {
        Some(path) => blocking(move || inspect_sqlite(&path)).await,
        None if address.starts_with("sqlite:") => Err(StoreError::InvalidAddress),
        None => inspect_postgres(address).await,
    }
}

/// Writes one consistent state of a SQLite database, which may be in use, to a file of its own that only its owner may
/// read, and checks it. Fails if there is such a file with anything in it. The version of its schema.
pub async fn back_up(from: PathBuf, to: PathBuf) -> Result<i64, StoreError> {
    blocking(move || {
        let connection = open(&from)?;
        sqlite::create_private(&to)?;
        let target = to.to_str().ok_or(StoreError::InvalidAddress)?;
        // One read transaction: writers go on beside it, and what they write is not in the copy.
        connection
            .execute("VACUUM INTO $1", [target])
            .map_err(|error| sqlite::failed("VACUUM INTO", &error))?;
        std::fs::File::open(&to).and_then(|file| file.sync_all()).map_err(sqlite::unavailable)?;
        verify(&to)
    })
    .await
}

/// Checks a SQLite database that nobody uses, every page and index of it. The version of its schema.
///
/// [`StoreError::Schema`] if a newer version of the program wrote it, [`StoreError::Corrupt`] if it is damaged.
pub async fn verify_file(path: PathBuf) -> Result<i64, StoreError> {
    blocking(move || verify(&path)).await
}

async fn blocking<T: Send + 'static>(
    run: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(run).await.map_err(sqlite::unavailable)?
}

fn open(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(sqlite::unavailable)?;
    connection.busy_timeout(sqlite::BUSY_TIMEOUT).map_err(sqlite::unavailable)?;
    Ok(connection)
}

fn verify(path: &Path) -> Result<i64, StoreError> {
    let connection = open(path)?;
    if !faults(&connection, "PRAGMA integrity_check")?.is_empty() {
        return Err(StoreError::Corrupt("database file"));
    }
    let (schema, mismatch) = fit(&sqlite_migrations(&connection)?, |migration| migration.sqlite);
    mismatch.map_or(Ok(schema), |mismatch| Err(StoreError::Schema(mismatch)))
}

fn faults(connection: &Connection, check: &'static str) -> Result<Vec<String>, StoreError> {
    match sqlite::query(connection, check, &[], |row| row.get::<String>(0, "integrity check")) {
        Ok(found) => Ok(found.into_iter().filter(|line| line != "ok").collect()),
        // So damaged that even looking fails.
        Err(StoreError::Statement(cause)) => Ok(vec![cause.to_string()]),
        Err(other) => Err(other),
    }
}

fn sqlite_migrations(connection: &Connection) -> Result<Vec<(i64, String)>, StoreError> {
    let table = "SELECT name FROM sqlite_schema WHERE name = 'schema_migrations'";
    if sqlite::query(connection, table, &[], |row| row.get::<String>(0, "sqlite_schema.name"))?.is_empty() {
        return Ok(Vec::new());
    }
    sqlite::query(connection, sqlite::APPLIED, &[], |row| {
        Ok((row.get(0, "schema_migrations.version")?, row.get(1, "schema_migrations.checksum")?))
    })
}

fn fit(
    applied: &[(i64, String)],
    text: fn(&migrations::Migration) -> &'static str,
) -> (i64, Option<SchemaMismatch>) {
    let mismatch = match migrations::missing(applied, text) {
        Err(StoreError::Schema(mismatch)) => Some(mismatch),
        _ => None,
    };
    (applied.last().map_or(0, |(version, _)| *version), mismatch)
}

fn inspect_sqlite(path: &Path) -> Result<Inspection, StoreError> {
    let connection = open(path)?;
    let faults = faults(&connection, "PRAGMA quick_check")?;
    let applied = if faults.is_empty() { sqlite_migrations(&connection)? } else { Vec::new() };
    let (schema, mismatch) = fit(&applied, |migration| migration.sqlite);
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    // There is none after a clean stop.
    let log_bytes = std::fs::metadata(log).map_or(0, |file| file.len());
    Ok(Inspection { schema, mismatch, engine: EngineInspection::Sqlite { faults, log_bytes } })
}

const SERVER: &str = "SELECT current_setting('server_version_num')::bigint, \
    (extract(epoch FROM clock_timestamp()) * 1000)::bigint, to_regclass('schema_migrations') IS NOT NULL";
const UNSAFE: &str = "SELECT name || '=' || setting FROM pg_settings WHERE setting = 'off' \
    AND name IN ('fsync', 'full_page_writes', 'synchronous_commit') ORDER BY name";

async fn inspect_postgres(address: &str) -> Result<Inspection, StoreError> {
    let config = postgres::parse(address)?;
    let (client, connection) =
        config.connect(NoTls).await.map_err(|error| postgres::failed("connect", &error))?;
    let connection = tokio::spawn(connection);
    let outcome = async {
        let server = client.query_one(SERVER, &[]).await.map_err(|error| postgres::failed(SERVER, &error))?;
        let applied = if server.get(2) {
            let rows = client.query(postgres::APPLIED, &[]).await;
            rows.map_err(|error| postgres::failed(postgres::APPLIED, &error))?
        } else {
            Vec::new()
        };
        let applied: Vec<(i64, String)> = applied.iter().map(|row| (row.get(0), row.get(1))).collect();
        let unsafe_settings = client.query(UNSAFE, &[]).await;
        let unsafe_settings = unsafe_settings.map_err(|error| postgres::failed(UNSAFE, &error))?;
        let (schema, mismatch) = fit(&applied, |migration| migration.postgres);
        let engine = EngineInspection::Postgres {
            version: server.get(0),
            clock: Timestamp::from_millis(server.get(1)),
            unsafe_settings: unsafe_settings.iter().map(|row| row.get(0)).collect(),
        };
        Ok(Inspection { schema, mismatch, engine })
    }
    .await;
    drop(client);
    // Ends once the client is gone; what it answers was heard by the statements.
    let _ = connection.await;
    outcome
}
