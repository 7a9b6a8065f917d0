//! The brands' public signing keys.

use signet_domain::{CustomerKeyId, ProjectId, Timestamp};

use crate::sql::{Row, statements};
use crate::{StoreError, Tx};

/// Where a key stands in its life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyState {
    /// Registered, not used yet.
    Pending,
    /// Verifies tokens.
    Active,
    /// Still verifies tokens while its successor takes over.
    Retiring,
    /// Verifies nothing.
    Revoked,
}

impl KeyState {
    /// The word used in storage and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Active => "ACTIVE",
            Self::Retiring => "RETIRING",
            Self::Revoked => "REVOKED",
        }
    }

    /// Reads that word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "PENDING" => Some(Self::Pending),
            "ACTIVE" => Some(Self::Active),
            "RETIRING" => Some(Self::Retiring),
            "REVOKED" => Some(Self::Revoked),
            _ => None,
        }
    }
}

/// A registered key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CustomerKey {
    /// Its id.
    pub id: CustomerKeyId,
    /// The project whose tokens it verifies.
    pub project_id: ProjectId,
    /// RFC 7638 thumbprint, base64url.
    pub fingerprint: String,
    /// The brand's `kid`, if it has one.
    pub key_id: Option<String>,
    /// SubjectPublicKeyInfo, DER.
    pub public_key: Vec<u8>,
    /// The name of its algorithm; `None`: the first of the key's type.
    pub algorithm: Option<String>,
    /// Where it stands.
    pub state: KeyState,
    /// When it was registered.
    pub created_at: Timestamp,
}

statements! {
    INSERT = "INSERT INTO customer_keys (id, project_id, fingerprint, key_id, public_key, state, created_at, \
        algorithm) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    LIST = "SELECT id, project_id, fingerprint, key_id, public_key, state, created_at, algorithm FROM customer_keys \
        WHERE project_id = $1 ORDER BY created_at, id";
    SET_STATE = "UPDATE customer_keys SET state = $1 WHERE id = $2";
}

/// Registers a key. [`StoreError::Conflict`] if the project has it already.
pub async fn insert(tx: &mut Tx<'_>, key: &CustomerKey) -> Result<(), StoreError> {
    let values = [
        key.id.into(),
        (&key.project_id).into(),
        (&key.fingerprint).into(),
        key.key_id.as_ref().into(),
        key.public_key.as_slice().into(),
        key.state.as_str().into(),
        key.created_at.into(),
        key.algorithm.as_ref().into(),
    ];
    tx.execute(INSERT, &values).await.map(drop)
}

/// Lists a project's keys, oldest first.
pub async fn list(tx: &mut Tx<'_>, project_id: &ProjectId) -> Result<Vec<CustomerKey>, StoreError> {
    tx.query(LIST, &[project_id.into()], read).await
}

/// Moves a key to another state. False if there is no such key.
pub async fn set_state(tx: &mut Tx<'_>, id: CustomerKeyId, state: KeyState) -> Result<bool, StoreError> {
    tx.changes(SET_STATE, &[state.as_str().into(), id.into()]).await
}

fn read(row: &Row<'_>) -> Result<CustomerKey, StoreError> {
    Ok(CustomerKey {
        id: row.get(0, "customer_keys.id")?,
        project_id: row.get(1, "customer_keys.project_id")?,
        fingerprint: row.get(2, "customer_keys.fingerprint")?,
        key_id: row.get(3, "customer_keys.key_id")?,
        public_key: row.get(4, "customer_keys.public_key")?,
        state: row.word(5, "customer_keys.state", KeyState::parse)?,
        created_at: row.get(6, "customer_keys.created_at")?,
        algorithm: row.get(7, "customer_keys.algorithm")?,
    })
}
