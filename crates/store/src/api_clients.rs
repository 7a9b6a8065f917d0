//! Programs that call the API with `client_credentials`.

use signet_domain::Timestamp;
use signet_domain::access::ApiClient;

use crate::{StoreError, Tx};

/// Stores a client; `client.scopes` are the most it may ask for. `secret_hash` is SHA-256 of its 256-bit secret.
pub async fn insert(tx: &mut Tx<'_>, client: &ApiClient, secret_hash: &[u8; 32], created_at: Timestamp) -> Result<(), StoreError> {
    todo!()
}

/// Finds a client and its secret's hash by id.
pub async fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<(ApiClient, [u8; 32])>, StoreError> {
    todo!()
}
