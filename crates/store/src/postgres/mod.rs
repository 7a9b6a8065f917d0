//! PostgreSQL: every body in a transaction of its own, on threads that drive futures which are not `Send`.
//!
//! Writes are READ COMMITTED and lock what they read and change by `UPDATE … RETURNING`; reads are REPEATABLE READ and
//! READ ONLY, so that a body sees one state. Nothing is tried twice silently. Connections are without TLS.

mod bus;
mod order;
mod worker;

use std::sync::Arc;

use deadpool_postgres::{Object, Transaction};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Config, IsolationLevel};

use crate::error::StatementFailed;
use crate::migrations::{self, checksum};
use crate::sql::{Row, Value};
use crate::{CommitObserver, StoreError, StoreOptions};

pub use bus::Bus;
pub(crate) use order::Registered;
pub(crate) use worker::{Database, Worker};

/// A connection on loan.
pub(crate) type Client = Object;

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    Write,
    Read,
}

/// Connects, brings the schema up to date and starts the threads.
pub(crate) async fn open(
    address: &str,
    options: &StoreOptions,
    observer: Arc<dyn CommitObserver>,
) -> Result<Database, StoreError> {
    let config = parse(address)?;
    migrate(&config).await?;
    worker::start(&config, options, observer)
}

/// Reads an address, with a limit for the time that connecting takes.
pub(crate) fn parse(address: &str) -> Result<Config, StoreError> {
    let mut config: Config = address.parse().map_err(|_| StoreError::InvalidAddress)?;
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(worker::CONNECT_TIMEOUT);
    }
    if config.get_application_name().is_none() {
        config.application_name("signet");
    }
    Ok(config)
}

const MIGRATIONS_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT NOT NULL PRIMARY KEY, \
    name TEXT NOT NULL, checksum TEXT NOT NULL, \
    applied_at BIGINT NOT NULL DEFAULT (CAST(extract(epoch FROM now()) * 1000 AS BIGINT)))";
pub(crate) const APPLIED: &str = "SELECT version, checksum FROM schema_migrations ORDER BY version";
const RECORD: &str = "INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)";
/// Two processes that start together must not migrate together. The number is this program's own.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7310322148301942131)";

/// Applies what is missing, all or nothing.
async fn migrate(config: &Config) -> Result<(), StoreError> {
    let (mut client, connection) =
        config.connect(tokio_postgres::NoTls).await.map_err(|error| failed("connect", &error))?;
    let connection = tokio::spawn(connection);
    let outcome = async {
        let transaction = client.transaction().await.map_err(|error| failed("BEGIN", &error))?;
        transaction.batch_execute(LOCK).await.map_err(|error| failed(LOCK, &error))?;
        transaction
            .batch_execute(MIGRATIONS_TABLE)
            .await
            .map_err(|error| failed(MIGRATIONS_TABLE, &error))?;
        let rows = transaction.query(APPLIED, &[]).await.map_err(|error| failed(APPLIED, &error))?;
        let applied: Vec<(i64, String)> = rows
            .iter()
            .map(|row| {
                let row = Row::Postgres(row);
                Ok((row.get(0, "schema_migrations.version")?, row.get(1, "schema_migrations.checksum")?))
            })
            .collect::<Result<_, StoreError>>()?;
        for migration in migrations::missing(&applied, |migration| migration.postgres)? {
            transaction
                .batch_execute(migration.postgres)
                .await
                .map_err(|error| failed(migration.name, &error))?;
            transaction
                .execute(RECORD, &[&migration.version, &migration.name, &checksum(migration.postgres)])
                .await
                .map_err(|error| failed(RECORD, &error))?;
        }
        transaction.commit().await.map_err(|error| failed("COMMIT", &error))
    }
    .await;
    drop(client);
    // Ends once the client is gone; what it answers was heard by the statements.
    let _ = connection.await;
    outcome
}

pub(crate) async fn begin(client: &mut Client, role: Role) -> Result<Transaction<'_>, StoreError> {
    let builder = client.build_transaction();
    let builder = match role {
        Role::Write => builder.isolation_level(IsolationLevel::ReadCommitted),
        Role::Read => builder.isolation_level(IsolationLevel::RepeatableRead).read_only(true),
    };
    builder.start().await.map_err(|error| failed("BEGIN", &error))
}

pub(crate) async fn commit(transaction: Transaction<'_>) -> Result<(), StoreError> {
    transaction.commit().await.map_err(|error| failed("COMMIT", &error))
}

pub(crate) async fn rollback(transaction: Transaction<'_>) {
    // A connection that cannot roll back is broken, and so is its transaction; the pool will drop it.
    let _ = transaction.rollback().await;
}

pub(crate) async fn execute(
    transaction: &Transaction<'_>,
    sql: &'static str,
    values: &[Value<'_>],
) -> Result<u64, StoreError> {
    let failed = |error: tokio_postgres::Error| failed(sql, &error);
    let statement = transaction.prepare_cached(sql).await.map_err(failed)?;
    transaction.execute(&statement, &parameters(values)).await.map_err(failed)
}

pub(crate) async fn query<T>(
    transaction: &Transaction<'_>,
    sql: &'static str,
    values: &[Value<'_>],
    read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let failed = |error: tokio_postgres::Error| failed(sql, &error);
    let statement = transaction.prepare_cached(sql).await.map_err(failed)?;
    let rows = transaction.query(&statement, &parameters(values)).await.map_err(failed)?;
    rows.iter().map(|row| read(&Row::Postgres(row))).collect()
}

pub(crate) async fn prepare(transaction: &Transaction<'_>, sql: &'static str) -> Result<(), StoreError> {
    transaction.prepare(sql).await.map(drop).map_err(|error| failed(sql, &error))
}

fn parameters<'a>(values: &'a [Value<'a>]) -> Vec<&'a (dyn tokio_postgres::types::ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn tokio_postgres::types::ToSql + Sync)).collect()
}

/// Translates a failure. PostgreSQL's messages and details can repeat values, so only the code and the names of schema
/// objects are kept.
pub(crate) fn failed(sql: &'static str, error: &tokio_postgres::Error) -> StoreError {
    let Some(cause) = error.as_db_error() else {
        let cut_off = error.is_closed()
            || std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<std::io::Error>);
        let failure = Box::new(StatementFailed { sql, code: error.to_string(), message: String::new() });
        return if cut_off { StoreError::Unavailable(Some(failure)) } else { StoreError::Statement(failure) };
    };
    let constraint = cause.constraint().unwrap_or_default();
    if *cause.code() == SqlState::UNIQUE_VIOLATION {
        return StoreError::Conflict(constraint.to_owned());
    }
    let names = [cause.table(), cause.column(), cause.constraint()];
    let names: Vec<&str> = names.into_iter().flatten().collect();
    let failure = Box::new(StatementFailed {
        sql,
        code: format!("SQLSTATE {}", cause.code().code()),
        message: if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) },
    });
    // Connection lost, rolled back in favour of another, out of resources, operator intervention, system error.
    let passing = ["08", "40", "53", "57", "58"];
    if passing.iter().any(|class| cause.code().code().starts_with(class)) {
        StoreError::Unavailable(Some(failure))
    } else {
        StoreError::Statement(failure)
    }
}
