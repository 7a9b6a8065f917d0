//! What statements are made of on either engine: their text, the values bound to them, the columns read back.
//!
//! Invariant: a value is never part of a text, and never part of an error or of `Debug`.

use std::fmt;

use bytes::BytesMut;
use rusqlite::types::{ToSqlOutput, ValueRef};
use tokio_postgres::types::{IsNull, Type, to_sql_checked};
use uuid::Uuid;

use crate::StoreError;

/// A statement: one text for both engines, or, where they must differ, both side by side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sql {
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

impl Sql {
    /// One text for both engines.
    pub(crate) const fn same(text: &'static str) -> Self {
        Self { sqlite: text, postgres: text }
    }
}

/// Declares a module's statements and lists them as `STATEMENTS`, so that none is forgotten when they are checked.
macro_rules! statements {
    (@sql $text:expr) => { $crate::sql::Sql::same($text) };
    (@sql $sqlite:expr, $postgres:expr) => { $crate::sql::Sql { sqlite: $sqlite, postgres: $postgres } };
    ($($(#[$doc:meta])* $name:ident = $sqlite:expr $(, postgres: $postgres:expr)?;)*) => {
        $($(#[$doc])* const $name: $crate::sql::Sql = statements!(@sql $sqlite $(, $postgres)?);)*
        /// Every statement of this module.
        pub(crate) const STATEMENTS: &[$crate::sql::Sql] = &[$($name),*];
    };
}
pub(crate) use statements;

/// A bound value.
#[derive(Clone, Copy)]
pub(crate) enum Value<'a> {
    Null,
    I64(i64),
    Bool(bool),
    Text(&'a str),
    Bytes(&'a [u8]),
    Uuid(Uuid),
    /// Ids for `IN`: a `uuid[]` on PostgreSQL; their bytes in hexadecimal as a JSON array on SQLite.
    Uuids(&'a [Uuid]),
    /// Texts for `IN`: a `text[]` on PostgreSQL, a JSON array on SQLite.
    Texts(&'a [&'a str]),
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value")
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::I64(value)
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Bytes(value)
    }
}

impl<'a> From<&'a [u8; 32]> for Value<'a> {
    fn from(value: &'a [u8; 32]) -> Self {
        Self::Bytes(value)
    }
}

impl From<Uuid> for Value<'_> {
    fn from(value: Uuid) -> Self {
        Self::Uuid(value)
    }
}

impl From<signet_domain::Timestamp> for Value<'_> {
    fn from(value: signet_domain::Timestamp) -> Self {
        Self::I64(value.as_millis())
    }
}

impl<'a> From<&'a signet_domain::ProjectId> for Value<'a> {
    fn from(value: &'a signet_domain::ProjectId) -> Self {
        Self::Text(value.as_str())
    }
}

macro_rules! value_of_ids {
    ($($id:ident),*) => {$(
        impl From<signet_domain::$id> for Value<'_> {
            fn from(id: signet_domain::$id) -> Self {
                Self::Uuid(id.as_uuid())
            }
        }
    )*};
}
value_of_ids!(
    VisitorId,
    ConversationId,
    MessageId,
    SessionId,
    DeviceId,
    BrowserId,
    AgentId,
    BotId,
    CustomerKeyId,
    ClientMessageId
);

impl<T: Into<Self>> From<Option<T>> for Value<'_> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Self::I64(value) => ToSqlOutput::Borrowed(ValueRef::Integer(*value)),
            Self::Bool(value) => ToSqlOutput::Borrowed(ValueRef::Integer(i64::from(*value))),
            Self::Text(value) => ToSqlOutput::Borrowed(ValueRef::Text(value.as_bytes())),
            Self::Bytes(value) => ToSqlOutput::Borrowed(ValueRef::Blob(value)),
            Self::Uuid(value) => ToSqlOutput::Borrowed(ValueRef::Blob(value.as_bytes())),
            Self::Uuids(values) => {
                ToSqlOutput::Owned(rusqlite::types::Value::Text(hexadecimal_array(values)))
            }
            Self::Texts(values) => {
                let array = serde_json::to_string(values)
                    .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
                ToSqlOutput::Owned(rusqlite::types::Value::Text(array))
            }
        })
    }
}

fn hexadecimal_array(ids: &[Uuid]) -> String {
    let mut array = String::with_capacity(ids.len() * 35 + 2);
    array.push('[');
    for (index, id) in ids.iter().enumerate() {
        if index > 0 {
            array.push(',');
        }
        array.push('"');
        array.push_str(id.simple().encode_lower(&mut Uuid::encode_buffer()));
        array.push('"');
    }
    array.push(']');
    array
}

impl tokio_postgres::types::ToSql for Value<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::I64(value) => value.to_sql_checked(ty, out),
            Self::Bool(value) => value.to_sql_checked(ty, out),
            Self::Text(value) => value.to_sql_checked(ty, out),
            Self::Bytes(value) => value.to_sql_checked(ty, out),
            Self::Uuid(value) => value.to_sql_checked(ty, out),
            Self::Uuids(values) => values.to_sql_checked(ty, out),
            Self::Texts(values) => values.to_sql_checked(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true // each kind checks for itself in `to_sql`
    }

    to_sql_checked!();
}

/// A row being read, valid until the next one.
pub(crate) enum Row<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r tokio_postgres::Row),
}

impl Row<'_> {
    /// Reads a column by its place. `name` is `table.column`, for the error.
    pub(crate) fn get<T: Column>(&self, index: usize, name: &'static str) -> Result<T, StoreError> {
        let value = match self {
            Self::Sqlite(row) => row.get_ref(index).ok().and_then(T::from_sqlite),
            Self::Postgres(row) => T::from_postgres(row, index),
        };
        value.ok_or(StoreError::Corrupt(name))
    }

    /// Reads a word of the domain.
    pub(crate) fn word<T>(
        &self,
        index: usize,
        name: &'static str,
        parse: fn(&str) -> Option<T>,
    ) -> Result<T, StoreError> {
        self.word_opt(index, name, parse)?.ok_or(StoreError::Corrupt(name))
    }

    /// Reads a word of the domain that may be missing.
    pub(crate) fn word_opt<T>(
        &self,
        index: usize,
        name: &'static str,
        parse: fn(&str) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        // Words are read where they lie: there are several in every message.
        let word = match self {
            Self::Sqlite(row) => match row.get_ref(index) {
                Ok(ValueRef::Null) => None,
                Ok(ValueRef::Text(bytes)) => {
                    Some(std::str::from_utf8(bytes).map_err(|_| StoreError::Corrupt(name))?)
                }
                _ => return Err(StoreError::Corrupt(name)),
            },
            Self::Postgres(row) => {
                row.try_get::<_, Option<&str>>(index).map_err(|_| StoreError::Corrupt(name))?
            }
        };
        word.map(|word| parse(word).ok_or(StoreError::Corrupt(name))).transpose()
    }
}

/// What a column can be read as.
pub(crate) trait Column: Sized {
    fn from_sqlite(value: ValueRef<'_>) -> Option<Self>;
    fn from_postgres(row: &tokio_postgres::Row, index: usize) -> Option<Self>;
}

macro_rules! column {
    ($type:ty, $read:expr) => {
        impl Column for $type {
            fn from_sqlite(value: ValueRef<'_>) -> Option<Self> {
                let read: fn(ValueRef<'_>) -> Option<$type> = $read;
                read(value)
            }

            fn from_postgres(row: &tokio_postgres::Row, index: usize) -> Option<Self> {
                row.try_get(index).ok()
            }
        }

        impl Column for Option<$type> {
            fn from_sqlite(value: ValueRef<'_>) -> Option<Self> {
                if matches!(value, ValueRef::Null) {
                    return Some(None);
                }
                <$type as Column>::from_sqlite(value).map(Some)
            }

            fn from_postgres(row: &tokio_postgres::Row, index: usize) -> Option<Self> {
                row.try_get(index).ok()
            }
        }
    };
}

column!(i64, |value| value.as_i64().ok());
column!(bool, |value| value.as_i64().ok().map(|number| number != 0));
column!(String, |value| value.as_str().ok().map(str::to_owned));
column!(Vec<u8>, |value| value.as_blob().ok().map(<[u8]>::to_vec));
column!(Uuid, |value| value.as_blob().ok().and_then(|bytes| Uuid::from_slice(bytes).ok()));

macro_rules! columns_of_ids {
    ($($id:ident),*) => {$(
        impl Column for signet_domain::$id {
            fn from_sqlite(value: ValueRef<'_>) -> Option<Self> {
                Uuid::from_sqlite(value).map(Self::from_uuid)
            }

            fn from_postgres(row: &tokio_postgres::Row, index: usize) -> Option<Self> {
                Uuid::from_postgres(row, index).map(Self::from_uuid)
            }
        }

        impl Column for Option<signet_domain::$id> {
            fn from_sqlite(value: ValueRef<'_>) -> Option<Self> {
                Option::<Uuid>::from_sqlite(value).map(|id| id.map(signet_domain::$id::from_uuid))
            }

            fn from_postgres(row: &tokio_postgres::Row, index: usize) -> Option<Self> {
                Option::<Uuid>::from_postgres(row, index).map(|id| id.map(signet_domain::$id::from_uuid))
            }
        }
    )*};
}
columns_of_ids!(
    VisitorId,
    ConversationId,
    MessageId,
    SessionId,
    DeviceId,
    BrowserId,
    AgentId,
    BotId,
    CustomerKeyId,
    ClientMessageId
);

impl Column for signet_domain::Timestamp {
    fn from_sqlite(value: ValueRef<'_>) -> Option<Self> {
        i64::from_sqlite(value).map(Self::from_millis)
    }

    fn from_postgres(row: &tokio_postgres::Row, index: usize) -> Option<Self> {
        i64::from_postgres(row, index).map(Self::from_millis)
    }
}

impl Column for Option<signet_domain::Timestamp> {
    fn from_sqlite(value: ValueRef<'_>) -> Option<Self> {
        Option::<i64>::from_sqlite(value).map(|millis| millis.map(signet_domain::Timestamp::from_millis))
    }

    fn from_postgres(row: &tokio_postgres::Row, index: usize) -> Option<Self> {
        Option::<i64>::from_postgres(row, index)
            .map(|millis| millis.map(signet_domain::Timestamp::from_millis))
    }
}

impl Column for signet_domain::ProjectId {
    fn from_sqlite(value: ValueRef<'_>) -> Option<Self> {
        value.as_str().ok().and_then(|text| Self::parse(text).ok())
    }

    fn from_postgres(row: &tokio_postgres::Row, index: usize) -> Option<Self> {
        row.try_get::<_, &str>(index).ok().and_then(|text| Self::parse(text).ok())
    }
}
