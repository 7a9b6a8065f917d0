//! Why storage fails, and what of it may be seen: causes name statements and codes, never values.

/// Why storage could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, gave way to another transaction, or is shutting down. Trying again later may help.
    #[error("the database is unavailable")]
    Unavailable(#[source] Option<Box<dyn std::error::Error + Send + Sync>>),
    /// A uniqueness rule of the schema was hit. The field names the constraint, alike on both engines.
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
    /// A page was asked for from a place that is none of that list's.
    #[error("not a cursor of this list")]
    InvalidCursor,
    /// The database's schema and this program do not fit.
    #[error("the database's schema does not fit this version")]
    Schema(#[source] SchemaMismatch),
}

/// How a database's schema differs from what this program can work with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaMismatch {
    /// A newer version of the program has been here.
    #[error("the database has schema version {found}, this program knows up to {known}; run a newer version")]
    Newer {
        /// The database's version.
        found: i64,
        /// The newest version the program knows.
        known: i64,
    },
    /// A migration that was applied is not the one this program has under that number.
    #[error("migration {version} was applied with other contents than this program has")]
    Changed {
        /// Its number.
        version: i64,
    },
}

/// A failed statement, without values: its text, the engine's code and what of the engine's message holds no data.
#[derive(Debug, thiserror::Error)]
#[error("{code}{message} in: {sql}")]
pub(crate) struct StatementFailed {
    pub(crate) sql: &'static str,
    /// SQLSTATE, or SQLite's extended result code.
    pub(crate) code: String,
    /// Empty, or begins with a colon.
    pub(crate) message: String,
}

/// What went wrong around a body rather than in a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyFailed {
    #[error("the body of a transaction panicked")]
    Panicked,
    #[error("the body of a transaction waited for something other than its statements")]
    Waited,
    #[error("the body of a transaction went on after a statement had failed")]
    WentOn,
}

impl From<BodyFailed> for StoreError {
    fn from(failed: BodyFailed) -> Self {
        Self::Statement(Box::new(failed))
    }
}
