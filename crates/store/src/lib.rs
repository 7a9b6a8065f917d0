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
#![expect(clippy::todo, reason = "skeleton")]
#![expect(unused_variables, clippy::unused_async, clippy::missing_docs_in_private_items, reason = "skeleton")]

pub mod agents;
pub mod api_clients;
pub mod access_tokens;
pub mod conversations;
pub mod customer_keys;
pub mod devices;
pub mod events;
pub mod messages;
pub mod page;
pub mod projects;
pub mod sessions;
pub mod visitors;

use std::pin::Pin;
use std::sync::Arc;

use signet_domain::Event;

pub use page::{Cursor, Page, PageRequest};

/// Why storage could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, or is shutting down.
    #[error("the database is unavailable")]
    Unavailable(#[source] Option<Box<dyn std::error::Error + Send + Sync>>),
    /// A uniqueness rule of the schema was hit. The field names the constraint.
    #[error("a record with the same {0} exists")]
    Conflict(String),
    /// A statement failed. The source names it without values.
    #[error("a database statement failed")]
    Statement(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A stored value does not read as what it should be. Names the table and column.
    #[error("the stored {0} cannot be read")]
    Corrupt(&'static str),
    /// The address of the database is not `sqlite:PATH`, `sqlite::memory:` or `postgres://…`.
    #[error("not a database address")]
    InvalidAddress,
}

/// A body's future. Not `Send`: it runs where its connection lives.
pub type Work<'t, T> = Pin<Box<dyn Future<Output = T> + 't>>;

/// Hears of events after their commit, in the order of their sequence.
pub trait CommitObserver: Send + Sync {
    /// Must not block.
    fn committed(&self, events: Vec<Event>);
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<()>,
}

/// A running transaction. Resources take it as their first argument.
pub struct Tx<'c> {
    connection: std::marker::PhantomData<&'c ()>,
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
    /// Opens `sqlite:PATH`, or `postgres://user@host/db`, and brings the schema up to date.
    pub async fn open(address: &str, options: StoreOptions, observer: Arc<dyn CommitObserver>) -> Result<Self, StoreError> {
        todo!()
    }

    /// Runs a body in a transaction and answers after its durable commit.
    pub async fn write<T, E, F>(&self, body: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx<'_>) -> Work<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        todo!()
    }

    /// Runs a body on a reader. It sees one consistent state and must not write.
    pub async fn read<T, E, F>(&self, body: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx<'_>) -> Work<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        todo!()
    }

    /// Answers if the database does, for readiness probes.
    pub async fn ping(&self) -> Result<(), StoreError> {
        todo!()
    }

    /// Refuses new work, finishes what waits, checkpoints and closes.
    pub async fn close(&self) {
        todo!()
    }
}
