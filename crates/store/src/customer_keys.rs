//! The brands' public signing keys.

use signet_domain::{CustomerKeyId, ProjectId, Timestamp};

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
    /// Where it stands.
    pub state: KeyState,
    /// When it was registered.
    pub created_at: Timestamp,
}

/// Registers a key. [`StoreError::Conflict`] if the project has it already.
pub async fn insert(tx: &mut Tx<'_>, key: &CustomerKey) -> Result<(), StoreError> {
    todo!()
}

/// Lists a project's keys, oldest first.
pub async fn list(tx: &mut Tx<'_>, project_id: &ProjectId) -> Result<Vec<CustomerKey>, StoreError> {
    todo!()
}

/// Moves a key to another state. False if there is no such key.
pub async fn set_state(tx: &mut Tx<'_>, id: CustomerKeyId, state: KeyState) -> Result<bool, StoreError> {
    todo!()
}
