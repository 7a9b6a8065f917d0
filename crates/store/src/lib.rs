//! Portable storage: one text of SQL and one async body for two engines, SQLite and PostgreSQL.
//!
//! A use case hands [`Store::write`] a body. On SQLite one writer thread drains the waiting bodies into one transaction,
//! each inside a SAVEPOINT of its own, and answers all of them after one durable commit (`synchronous=FULL`). On
//! PostgreSQL every body is a transaction of its own. Invariants:
//! - a caller hears success only after the durable commit;
//! - a body that fails leaves nothing behind and disturbs no other;
//! - events queued in a body reach the [`CommitObserver`] after its commit, in the order of their sequence, and never
//!   when it failed;
//! - nobody outside this crate sees a connection, and no SQL stands outside it.
//!
//! Bodies of one process and of several meet on PostgreSQL. A body locks rows in this order, so that two of them never
//! wait for each other: sessions and visitors, then conversations each with what its bot knows, then the project's event counter ([`events::append`]). The ends of the audit
//! log's chains come after all of them; the store locks those itself when the body has ended ([`audit_events`]).

pub mod access_tokens;
pub mod agents;
pub mod api_clients;
pub mod audit_events;
pub mod authentication_failures;
pub mod authentication_successes;
pub mod bot_conversations;
pub mod bots;
pub mod conversations;
pub mod customer_key_sets;
pub mod customer_keys;
pub mod devices;
pub mod erasure;
mod error;
pub mod events;
pub mod groups;
pub mod hand_overs;
pub mod invitations;
mod job;
pub mod key_uses;
pub mod maintenance;
pub mod messages;
mod migrations;
pub mod page;
pub mod platform_keys;
mod postgres;
pub mod projects;
pub mod replays;
pub mod retention;
pub mod satisfaction;
pub mod second_factors;
pub mod sessions;
mod sql;
mod sqlite;
pub mod transactions;
mod tx;
pub mod visitors;

#[cfg(test)]
mod plans;

use std::pin::Pin;
use std::sync::Arc;

use signet_domain::Event;
use tokio::sync::oneshot;

pub use error::{SchemaMismatch, StoreError};
pub use page::{Cursor, Page, PageRequest};
pub use postgres::Bus;
pub use tx::Tx;

use job::Body;
use sql::Sql;

/// A body's future. Not `Send`: it runs where its connection lives. It waits for its statements and for nothing else.
pub type Work<'t, T> = Pin<Box<dyn Future<Output = T> + 't>>;

/// Hears of events after their commit, in the order of their sequence.
pub trait CommitObserver: Send + Sync {
    /// Must not block.
    fn committed(&self, events: Vec<Event>);
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    engine: Arc<Engine>,
}

enum Engine {
    Sqlite(sqlite::Database),
    Postgres(postgres::Database),
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match &*self.engine {
            Engine::Sqlite(_) => "Store(sqlite)",
            Engine::Postgres(_) => "Store(postgres)",
        })
    }
}

/// How to open a database.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// Connections for reading. Default 4.
    pub readers: usize,
    /// Most bodies in one SQLite commit. Default 512.
    pub batch: usize,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { readers: 4, batch: 512 }
    }
}

impl Store {
    /// Opens `sqlite:PATH`, `sqlite::memory:` (a temporary file that nothing outlives) or `postgres://user@host/db`, and
    /// brings the schema up to date. PostgreSQL is spoken to without TLS: keep it on the same host or a private network.
    ///
    /// [`StoreError::Schema`] if a newer version of the program has been here.
    pub async fn open(
        address: &str,
        options: StoreOptions,
        observer: Arc<dyn CommitObserver>,
    ) -> Result<Self, StoreError> {
        let engine = if let Some(path) = address.strip_prefix("sqlite:") {
            let path = path.to_owned();
            let database = tokio::task::spawn_blocking(move || sqlite::open(&path, &options, observer))
                .await
                .map_err(|error| StoreError::Unavailable(Some(Box::new(error))))??;
            Engine::Sqlite(database)
        } else if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            Engine::Postgres(postgres::open(address, &options, observer).await?)
        } else {
            return Err(StoreError::InvalidAddress);
        };
        Ok(Self { engine: Arc::new(engine) })
    }

    /// Runs a body in a transaction and answers after its durable commit.
    ///
    /// The body runs even if the caller stops waiting. One that panics, waits for anything but its statements, or answers
    /// `Ok` after a statement failed is rolled back and answered with [`StoreError::Statement`].
    pub async fn write<T, E, F>(&self, body: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx<'_>) -> Work<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, outcome) = oneshot::channel();
        let job = Box::new(Body::new(body, answer));
        match &*self.engine {
            Engine::Sqlite(database) => database.write(job).await,
            Engine::Postgres(database) => database.write(job).await,
        }
        outcome.await.unwrap_or_else(|_| Err(E::from(StoreError::Unavailable(None))))
    }

    /// Runs a body on a reader. It sees one consistent state and must not write.
    pub async fn read<T, E, F>(&self, body: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx<'_>) -> Work<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, outcome) = oneshot::channel();
        let job = Box::new(Body::new(body, answer));
        match &*self.engine {
            Engine::Sqlite(database) => database.read(job).await,
            Engine::Postgres(database) => database.read(job).await,
        }
        outcome.await.unwrap_or_else(|_| Err(E::from(StoreError::Unavailable(None))))
    }

    /// Answers if the database does, for readiness probes.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.read(|tx| Box::pin(async move { tx.query(PING, &[], |_| Ok(())).await.map(drop) })).await
    }

    /// Prepares every statement of this crate against the database, to find out before the first visitor does that a
    /// schema was altered by hand. [`StoreError::Statement`] names the first that does not fit.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.read(|tx| {
            Box::pin(async move {
                tx.query(PING, &[], |_| Ok(())).await?;
                for sql in statements() {
                    tx.prepare(sql).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Word to and from the other processes that share the database, to be connected; `None` where what they write cannot reach
    /// a process's watchers anyway: on SQLite.
    pub fn bus(&self) -> Option<Bus> {
        match &*self.engine {
            Engine::Sqlite(_) => None,
            Engine::Postgres(database) => Some(database.bus()),
        }
    }

    /// Takes what was erased out of SQLite's write-ahead log, as far as readers let it. PostgreSQL has a log of its own, and its own
    /// ways (docs/data.md).
    pub async fn forget_log(&self) -> Result<(), StoreError> {
        match &*self.engine {
            Engine::Sqlite(database) => database.forget_log().await,
            Engine::Postgres(_) => Ok(()),
        }
    }

    /// Writes SQLite's file anew without what was erased, if something was since the last time and the file has at most `most_bytes`.
    /// Writers wait for as long as it takes: about a second for 100 MB.
    pub async fn compact(&self, most_bytes: u64) -> Result<(), StoreError> {
        match &*self.engine {
            Engine::Sqlite(database) => database.compact(most_bytes).await,
            Engine::Postgres(_) => Ok(()),
        }
    }

    /// Refuses new work, finishes what waits, checkpoints and closes.
    pub async fn close(&self) {
        match &*self.engine {
            Engine::Sqlite(database) => database.close().await,
            Engine::Postgres(database) => database.close().await,
        }
    }
}

/// Reads a table, so that the engine has to look at the file, and SQLite at what others did to the schema.
const PING: Sql = Sql::same("SELECT max(version) FROM schema_migrations");

/// Every statement of the resources.
fn statements() -> impl Iterator<Item = Sql> {
    [
        access_tokens::STATEMENTS,
        agents::STATEMENTS,
        api_clients::STATEMENTS,
        audit_events::STATEMENTS,
        authentication_failures::STATEMENTS,
        authentication_successes::STATEMENTS,
        bot_conversations::STATEMENTS,
        bots::STATEMENTS,
        conversations::STATEMENTS,
        customer_key_sets::STATEMENTS,
        customer_keys::STATEMENTS,
        devices::STATEMENTS,
        erasure::STATEMENTS,
        events::STATEMENTS,
        groups::STATEMENTS,
        invitations::STATEMENTS,
        key_uses::STATEMENTS,
        hand_overs::STATEMENTS,
        messages::STATEMENTS,
        platform_keys::STATEMENTS,
        projects::STATEMENTS,
        replays::STATEMENTS,
        retention::STATEMENTS,
        satisfaction::STATEMENTS,
        second_factors::STATEMENTS,
        sessions::STATEMENTS,
        transactions::STATEMENTS,
        visitors::STATEMENTS,
    ]
    .into_iter()
    .flatten()
    .copied()
}
