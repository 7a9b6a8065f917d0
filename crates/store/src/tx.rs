//! A running transaction, whichever engine it runs on.

use signet_domain::{AuditEvent, Event};

use crate::StoreError;
use crate::postgres::Registered;
use crate::sql::{Row, Sql, Value};

/// A running transaction. Resources take it as their first argument.
///
/// Once a statement has failed the transaction is lost: PostgreSQL refuses further statements, and on both engines a
/// body that answers `Ok` all the same is rolled back and answered with an error.
#[derive(Debug)]
pub struct Tx<'c> {
    connection: Connection<'c>,
    events: Vec<Event>,
    /// What the body recorded for the audit log, to be written when it has ended well.
    pub(crate) audit: Vec<AuditEvent>,
    failed: bool,
}

/// Where the statements go.
pub(crate) enum Connection<'c> {
    Sqlite(&'c rusqlite::Connection),
    Postgres {
        transaction: &'c deadpool_postgres::Transaction<'c>,
        /// Places in the projects' order that this transaction holds.
        registered: &'c Registered,
    },
}

impl std::fmt::Debug for Connection<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sqlite(_) => "Sqlite",
            Self::Postgres { .. } => "Postgres",
        })
    }
}

impl<'c> Tx<'c> {
    pub(crate) fn new(connection: Connection<'c>) -> Self {
        Self { connection, events: Vec::new(), audit: Vec::new(), failed: false }
    }

    /// The events queued in the body, and whether a statement failed in it.
    pub(crate) fn finish(self) -> (Vec<Event>, bool) {
        (self.events, self.failed)
    }

    /// Queues an event for the observer.
    pub(crate) fn queue(&mut self, event: Event) {
        if let Connection::Postgres { registered, .. } = &self.connection {
            registered.add(&event.project_id, event.sequence);
        }
        self.events.push(event);
    }

    /// Runs a statement and answers how many rows it changed.
    pub(crate) async fn execute(&mut self, sql: Sql, values: &[Value<'_>]) -> Result<u64, StoreError> {
        let outcome = match &self.connection {
            Connection::Sqlite(connection) => crate::sqlite::execute(connection, sql.sqlite, values),
            Connection::Postgres { transaction, .. } => {
                crate::postgres::execute(transaction, sql.postgres, values).await
            }
        };
        self.note(outcome)
    }

    /// Runs a statement and reads all its rows.
    pub(crate) async fn query<T>(
        &mut self,
        sql: Sql,
        values: &[Value<'_>],
        read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let outcome = match &self.connection {
            Connection::Sqlite(connection) => crate::sqlite::query(connection, sql.sqlite, values, read),
            Connection::Postgres { transaction, .. } => {
                crate::postgres::query(transaction, sql.postgres, values, read).await
            }
        };
        self.note(outcome)
    }

    /// Runs a statement that answers one row at most.
    pub(crate) async fn query_opt<T>(
        &mut self,
        sql: Sql,
        values: &[Value<'_>],
        read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.query(sql, values, read).await?.pop())
    }

    /// Runs a statement that changes one row or none, and answers which.
    pub(crate) async fn changes(&mut self, sql: Sql, values: &[Value<'_>]) -> Result<bool, StoreError> {
        Ok(self.execute(sql, values).await? > 0)
    }

    /// Checks that the engine understands a statement and has what it names.
    pub(crate) async fn prepare(&mut self, sql: Sql) -> Result<(), StoreError> {
        let outcome = match &self.connection {
            Connection::Sqlite(connection) => crate::sqlite::prepare(connection, sql.sqlite),
            Connection::Postgres { transaction, .. } => {
                crate::postgres::prepare(transaction, sql.postgres).await
            }
        };
        self.note(outcome)
    }

    fn note<T>(&mut self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        self.failed |= outcome.is_err();
        outcome
    }
}
