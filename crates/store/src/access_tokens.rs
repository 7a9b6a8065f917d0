//! Bearer tokens and desk cookies: opaque 256-bit secrets, stored as SHA-256.

use signet_domain::access::Scopes;
use signet_domain::{AgentId, Timestamp};

use crate::{StoreError, Tx};

/// Whose token it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TokenOwner {
    /// An agent.
    Agent(AgentId),
    /// An API client, by id, with the scopes it asked for.
    Client(String, Scopes),
}

/// How a token may be presented: one kind is never accepted as the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenUse {
    /// `Authorization: Bearer`.
    Bearer,
    /// The desk's cookie.
    Cookie,
}

/// Stores a token.
pub async fn insert(
    tx: &mut Tx<'_>,
    hash: &[u8; 32],
    owner: &TokenOwner,
    usage: TokenUse,
    created_at: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    todo!()
}

/// Finds whose token it is, if it has not expired at `now`.
pub async fn find(tx: &mut Tx<'_>, hash: &[u8; 32], usage: TokenUse, now: Timestamp) -> Result<Option<(TokenOwner, Timestamp)>, StoreError> {
    todo!()
}

/// Removes a token.
pub async fn delete(tx: &mut Tx<'_>, hash: &[u8; 32]) -> Result<(), StoreError> {
    todo!()
}

/// Removes expired tokens, and tells how many.
pub async fn delete_expired(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    todo!()
}
