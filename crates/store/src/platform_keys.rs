//! The platform's decryption keys, as far as a database may know them: public halves, and what became of each when.
//!
//! Invariant: what was revoked stays so, whatever custody has; a keystore that is restored from a backup revives nothing.

use signet_domain::Timestamp;

use crate::sql::{Row, statements};
use crate::{StoreError, Tx};

/// A key that custody has or had.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlatformKeyRecord {
    /// Its RFC 7638 thumbprint, which is the `kid`.
    pub key_id: String,
    /// What it is for, such as `RSA-OAEP-256`.
    pub algorithm: String,
    /// The public half as a JWK.
    pub public_jwk: String,
    /// When it was made, or first seen.
    pub created_at: Timestamp,
    /// Since when it is not published.
    pub retired_at: Option<Timestamp>,
    /// Since when it opens nothing.
    pub revoked_at: Option<Timestamp>,
}

statements! {
    INSERT = "INSERT INTO platform_keys (key_id, algorithm, public_jwk, created_at) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (key_id) DO NOTHING";
    RETIRE = "UPDATE platform_keys SET retired_at = $1 WHERE key_id = $2 AND retired_at IS NULL";
    REVOKE = "UPDATE platform_keys SET revoked_at = $1 WHERE key_id = $2 AND revoked_at IS NULL";
    REVOKED_SINCE = "SELECT key_id, revoked_at FROM platform_keys WHERE revoked_at >= $1 ORDER BY key_id";
    LIST = "SELECT key_id, algorithm, public_jwk, created_at, retired_at, revoked_at FROM platform_keys \
        ORDER BY created_at DESC, key_id";
}

/// Stores a key that is not known yet; one that is stays as it is.
pub async fn remember(
    tx: &mut Tx<'_>,
    key_id: &str,
    (algorithm, public_jwk): (&str, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    let values = [key_id.into(), algorithm.into(), public_jwk.into(), now.into()];
    tx.execute(INSERT, &values).await.map(drop)
}

/// Notes that a key is not published any more. False if that was known.
pub async fn retire(tx: &mut Tx<'_>, key_id: &str, now: Timestamp) -> Result<bool, StoreError> {
    tx.changes(RETIRE, &[now.into(), key_id.into()]).await
}

/// Notes that a key opens nothing any more. False if that was known, or the key is not.
pub async fn revoke(tx: &mut Tx<'_>, key_id: &str, now: Timestamp) -> Result<bool, StoreError> {
    tx.changes(REVOKE, &[now.into(), key_id.into()]).await
}

/// Keys that were revoked at `since` or later, and when.
pub async fn revoked_since(
    tx: &mut Tx<'_>,
    since: Timestamp,
) -> Result<Vec<(String, Timestamp)>, StoreError> {
    tx.query(REVOKED_SINCE, &[since.into()], |row| {
        Ok((row.get(0, "platform_keys.key_id")?, row.get(1, "platform_keys.revoked_at")?))
    })
    .await
}

/// Every key, newest first.
pub async fn list(tx: &mut Tx<'_>) -> Result<Vec<PlatformKeyRecord>, StoreError> {
    tx.query(LIST, &[], read).await
}

fn read(row: &Row<'_>) -> Result<PlatformKeyRecord, StoreError> {
    Ok(PlatformKeyRecord {
        key_id: row.get(0, "platform_keys.key_id")?,
        algorithm: row.get(1, "platform_keys.algorithm")?,
        public_jwk: row.get(2, "platform_keys.public_jwk")?,
        created_at: row.get(3, "platform_keys.created_at")?,
        retired_at: row.get(4, "platform_keys.retired_at")?,
        revoked_at: row.get(5, "platform_keys.revoked_at")?,
    })
}
