//! SQLite: one writer thread with group commit, several readers, checkpoints beside them.
//!
//! Write-ahead log, `synchronous=FULL`: what was answered survives the loss of power. There is no timer: the writer takes
//! what waits, commits, answers. Under load many bodies share one `fsync`; alone, nobody waits for company.

mod checkpoint;
mod log_space;
mod maintenance;
mod readers;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};
use tokio::sync::{mpsc, oneshot};

use self::maintenance::Maintenance;
use crate::error::StatementFailed;
use crate::job::Job;
use crate::migrations::{self, checksum};
use crate::sql::{Row, Value};
use crate::{CommitObserver, StoreError, StoreOptions};

/// Bodies that may wait for the writer, and for the readers. Callers beyond that wait to be let in.
const QUEUE: usize = 4096;

/// How long another process, such as the command line, may hold the write lock before we give up.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Statements kept prepared on every connection; more than the crate has.
const PREPARED: usize = 256;

/// What travels to a thread.
enum Command {
    Run(Box<dyn Job>),
    /// Between two transactions.
    Maintain(Maintenance, oneshot::Sender<Result<(), StoreError>>),
    /// Take no more, finish what waits.
    Close,
}

/// A database file, served by threads. They end when it is closed or dropped.
pub(crate) struct Database {
    writer: mpsc::Sender<Command>,
    readers: mpsc::Sender<Command>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Database {
    pub(crate) async fn write(&self, job: Box<dyn Job>) {
        send(&self.writer, job).await;
    }

    pub(crate) async fn read(&self, job: Box<dyn Job>) {
        send(&self.readers, job).await;
    }

    pub(crate) async fn forget_log(&self) -> Result<(), StoreError> {
        self.maintain(Maintenance::ForgetLog).await
    }

    pub(crate) async fn compact(&self, most_bytes: u64) -> Result<(), StoreError> {
        self.maintain(Maintenance::Compact { most_bytes }).await
    }

    async fn maintain(&self, what: Maintenance) -> Result<(), StoreError> {
        let (answer, outcome) = oneshot::channel();
        let sent = self.writer.send(Command::Maintain(what, answer)).await;
        sent.map_err(|_| StoreError::Unavailable(None))?;
        outcome.await.unwrap_or(Err(StoreError::Unavailable(None)))
    }

    pub(crate) async fn close(&self) {
        // Errors mean that the thread has ended already.
        let _ = self.readers.send(Command::Close).await;
        let _ = self.writer.send(Command::Close).await;
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

async fn send(queue: &mpsc::Sender<Command>, job: Box<dyn Job>) {
    if let Err(mpsc::error::SendError(Command::Run(job))) = queue.send(Command::Run(job)).await {
        job.refuse(StoreError::Unavailable(None));
    }
}

/// Where the file lies, how durable it is, and the folder that goes when the database does.
struct Location {
    path: PathBuf,
    synchronous: &'static str,
    folder: Option<tempfile::TempDir>,
}

impl Location {
    fn parse(path: &str) -> Result<Self, StoreError> {
        match path {
            "" => Err(StoreError::InvalidAddress),
            // A file, because connections that share SQLite's memory databases lock each other out of tables. What
            // nothing outlives needs no fsync.
            ":memory:" => {
                let folder = tempfile::Builder::new().prefix("signet-").tempdir().map_err(unavailable)?;
                Ok(Self { path: folder.path().join("signet.db"), synchronous: "OFF", folder: Some(folder) })
            }
            path => Ok(Self { path: PathBuf::from(path), synchronous: "FULL", folder: None }),
        }
    }
}

/// Opens the file, brings its schema up to date and starts the threads. Blocks.
pub(crate) fn open(
    path: &str,
    options: &StoreOptions,
    observer: Arc<dyn CommitObserver>,
) -> Result<Database, StoreError> {
    let location = Location::parse(path)?;
    create_private(&location.path)?;
    let mut connection = connect(&location.path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "synchronous", location.synchronous).map_err(unavailable)?;
    migrate(&mut connection)?;

    let mut threads = Vec::new();
    let checkpoints = checkpoint::start(&location, &mut threads)?;
    let (readers, receiver) = mpsc::channel(QUEUE);
    readers::start(&location.path, options.readers.max(1), receiver, &mut threads)?;
    let (writer, receiver) = mpsc::channel(QUEUE);
    writer::start(connection, location, options.batch.max(1), receiver, checkpoints, observer, &mut threads)?;
    Ok(Database { writer, readers, threads: Mutex::new(threads) })
}

/// Makes the file readable for its owner alone if it is new; the log and index beside it inherit that.
pub(crate) fn create_private(path: &Path) -> Result<(), StoreError> {
    let mut file = std::fs::OpenOptions::new();
    file.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    file.open(path).map(drop).map_err(unavailable)
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let connection =
        Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(unavailable)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(unavailable)?;
    connection.set_prepared_statement_cache_capacity(PREPARED);
    // A plan that may look at bound values is made anew for each of them: that took a third of the writer's time.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(unavailable)?;
    if flags.contains(OpenFlags::SQLITE_OPEN_READ_WRITE) {
        connection.pragma_update(None, "journal_mode", "WAL").map_err(unavailable)?;
        // What is deleted is overwritten. Copies that a page keeps from before it was split are not: see `maintenance`.
        connection.pragma_update(None, "secure_delete", "ON").map_err(unavailable)?;
    }
    connection
        .execute_batch(
            "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16384;",
        )
        .map_err(unavailable)?;
    Ok(connection)
}

const MIGRATIONS_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT NOT NULL PRIMARY KEY, \
    name TEXT NOT NULL, checksum TEXT NOT NULL, \
    applied_at BIGINT NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)))";
pub(crate) const APPLIED: &str = "SELECT version, checksum FROM schema_migrations ORDER BY version";
const RECORD: &str = "INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)";

/// Applies what is missing, all or nothing. The write lock keeps two processes from doing it at once.
fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .map_err(|error| failed("BEGIN IMMEDIATE", &error))?;
    transaction.execute_batch(MIGRATIONS_TABLE).map_err(|error| failed(MIGRATIONS_TABLE, &error))?;
    let applied = query(&transaction, APPLIED, &[], |row| {
        Ok((row.get(0, "schema_migrations.version")?, row.get(1, "schema_migrations.checksum")?))
    })?;
    for migration in migrations::missing(&applied, |migration| migration.sqlite)? {
        transaction.execute_batch(migration.sqlite).map_err(|error| failed(migration.name, &error))?;
        let sum = checksum(migration.sqlite);
        execute(&transaction, RECORD, &[migration.version.into(), migration.name.into(), (&sum).into()])?;
    }
    transaction.commit().map_err(|error| failed("COMMIT", &error))
}

pub(crate) fn execute(
    connection: &Connection,
    sql: &'static str,
    values: &[Value<'_>],
) -> Result<u64, StoreError> {
    let run = || connection.prepare_cached(sql)?.execute(rusqlite::params_from_iter(values));
    run().map(|changed| changed as u64).map_err(|error| failed(sql, &error))
}

pub(crate) fn query<T>(
    connection: &Connection,
    sql: &'static str,
    values: &[Value<'_>],
    read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let failed = |error: rusqlite::Error| failed(sql, &error);
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let mut rows = statement.query(rusqlite::params_from_iter(values)).map_err(failed)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        found.push(read(&Row::Sqlite(row))?);
    }
    Ok(found)
}

pub(crate) fn prepare(connection: &Connection, sql: &'static str) -> Result<(), StoreError> {
    connection.prepare(sql).map(drop).map_err(|error| failed(sql, &error))
}

/// Translates a failure of a statement. SQLite's messages name tables and columns, never values.
pub(crate) fn failed(sql: &'static str, error: &rusqlite::Error) -> StoreError {
    let rusqlite::Error::SqliteFailure(cause, message) = error else {
        return StoreError::Statement(Box::new(StatementFailed {
            sql,
            code: "interface".to_owned(),
            message: format!(": {error}"),
        }));
    };
    if matches!(
        cause.extended_code,
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID
    ) {
        return StoreError::Conflict(constraint(message.as_deref().unwrap_or_default()));
    }
    let cause_of = Box::new(StatementFailed {
        sql,
        code: format!("SQLite error {}", cause.extended_code),
        message: message.as_ref().map_or_else(String::new, |message| format!(": {message}")),
    });
    match cause.code {
        ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::DiskFull
        | ErrorCode::SystemIoFailure
        | ErrorCode::CannotOpen
        | ErrorCode::OutOfMemory => StoreError::Unavailable(Some(cause_of)),
        _ => StoreError::Statement(cause_of),
    }
}

/// The name of a uniqueness rule. SQLite names the columns instead, as `UNIQUE constraint failed: agents.email`. A table's
/// primary key is called after the table, as PostgreSQL does; a test compares the names of both engines.
fn constraint(message: &str) -> String {
    let columns = message.split_once(": ").map_or(message, |(_, columns)| columns);
    match columns {
        "agent_groups.project_id, agent_groups.name" => "agent_groups_name".to_owned(),
        "agents.email" => "agents_email".to_owned(),
        "conversations.visitor_id" => "conversations_one_ongoing".to_owned(),
        "customer_keys.project_id, customer_keys.fingerprint" => "customer_keys_once_per_project".to_owned(),
        "customer_keys.fingerprint" => "customer_keys_one_owner".to_owned(),
        "messages.client_message_id, messages.author_id" => "messages_client_message_id".to_owned(),
        "transactions.project_id, transactions.external_id" => "transactions_once_per_project".to_owned(),
        "visitors.project_id, visitors.external_user_id" => "visitors_external_user_id".to_owned(),
        other => format!("{}_pkey", other.split('.').next().unwrap_or(other)),
    }
}

pub(crate) fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Unavailable(Some(Box::new(error)))
}

/// Starts a named thread and remembers it.
fn spawn(
    name: &str,
    threads: &mut Vec<JoinHandle<()>>,
    run: impl FnOnce() + Send + 'static,
) -> Result<(), StoreError> {
    threads.push(std::thread::Builder::new().name(name.to_owned()).spawn(run).map_err(unavailable)?);
    Ok(())
}
