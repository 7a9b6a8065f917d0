//! Programs that call the API with `client_credentials`.

use signet_domain::access::{ApiClient, Scopes};
use signet_domain::{ProjectId, Timestamp};

use crate::sql::{Row, Value, statements};
use crate::{StoreError, Tx};

/// A program with what administration needs to know of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClientRecord {
    /// Which, with the most it may ask for.
    pub client: ApiClient,
    /// Since when.
    pub created_at: Timestamp,
    /// Since when it may do nothing.
    pub revoked_at: Option<Timestamp>,
    /// When it last got a token.
    pub last_used_at: Option<Timestamp>,
    /// Until when the secret before the last rotation is good.
    pub previous_expires_at: Option<Timestamp>,
}

/// The hashes of a program's secrets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SecretHashes {
    /// SHA-256 of its secret.
    pub current: [u8; 32],
    /// SHA-256 of the one before, and until when that is good.
    pub previous: Option<([u8; 32], Timestamp)>,
}

macro_rules! columns {
    () => {
        "id, name, project_id, scopes, created_at, revoked_at, last_used_at, previous_expires_at, secret_hash, \
         previous_secret_hash"
    };
}

statements! {
    INSERT = "INSERT INTO api_clients (id, name, project_id, scopes, secret_hash, created_at) \
        VALUES ($1, $2, $3, $4, $5, $6)";
    FIND = concat!("SELECT ", columns!(), " FROM api_clients WHERE id = $1");
    LIST = concat!("SELECT ", columns!(), " FROM api_clients WHERE project_id = $1 ORDER BY created_at, id");
    UPDATE = "UPDATE api_clients SET name = $1, scopes = $2 WHERE id = $3";
    ROTATE = "UPDATE api_clients SET previous_secret_hash = secret_hash, previous_expires_at = $1, secret_hash = $2 \
        WHERE id = $3";
    REVOKE = "UPDATE api_clients SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL";
    USED = "UPDATE api_clients SET last_used_at = $1 WHERE id = $2";
}

/// Stores a client; `client.scopes` are the most it may ask for. `secret_hash` is SHA-256 of its 256-bit secret.
/// [`StoreError::Conflict`] if the id is taken.
pub async fn insert(
    tx: &mut Tx<'_>,
    client: &ApiClient,
    secret_hash: &[u8; 32],
    created_at: Timestamp,
) -> Result<(), StoreError> {
    let scopes = client.scopes.to_string();
    let values = [
        (&client.id).into(),
        (&client.name).into(),
        (&client.project_id).into(),
        (&scopes).into(),
        secret_hash.into(),
        created_at.into(),
    ];
    tx.execute(INSERT, &values).await.map(drop)
}

/// Finds a client and its secrets' hashes by id, also one that was revoked.
pub async fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<(ClientRecord, SecretHashes)>, StoreError> {
    tx.query_opt(FIND, &[Value::from(id)], read).await
}

/// A project's clients, oldest first.
pub async fn list(tx: &mut Tx<'_>, project_id: &ProjectId) -> Result<Vec<ClientRecord>, StoreError> {
    tx.query(LIST, &[project_id.into()], |row| Ok(read(row)?.0)).await
}

/// Changes name and scopes.
pub async fn update(tx: &mut Tx<'_>, client: &ApiClient) -> Result<(), StoreError> {
    let scopes = client.scopes.to_string();
    tx.execute(UPDATE, &[(&client.name).into(), (&scopes).into(), (&client.id).into()]).await.map(drop)
}

/// Replaces the secret. The one before stays good until `previous_expires_at`.
pub async fn rotate(
    tx: &mut Tx<'_>,
    id: &str,
    secret_hash: &[u8; 32],
    previous_expires_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(ROTATE, &[previous_expires_at.into(), secret_hash.into(), id.into()]).await.map(drop)
}

/// Revokes a client, and tells whether it was not before.
pub async fn revoke(tx: &mut Tx<'_>, id: &str, now: Timestamp) -> Result<bool, StoreError> {
    tx.changes(REVOKE, &[now.into(), id.into()]).await
}

/// Notes that a client got a token.
pub async fn used(tx: &mut Tx<'_>, id: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(USED, &[now.into(), id.into()]).await.map(drop)
}

fn read(row: &Row<'_>) -> Result<(ClientRecord, SecretHashes), StoreError> {
    let hash = |hash: Vec<u8>| hash.try_into().map_err(|_| StoreError::Corrupt("api_clients.secret_hash"));
    let previous_expires_at = row.get::<Option<Timestamp>>(7, "api_clients.previous_expires_at")?;
    let previous =
        row.get::<Option<Vec<u8>>>(9, "api_clients.previous_secret_hash")?.map(hash).transpose()?;
    let record = ClientRecord {
        client: ApiClient {
            id: row.get(0, "api_clients.id")?,
            name: row.get(1, "api_clients.name")?,
            project_id: row.get(2, "api_clients.project_id")?,
            scopes: row.word(3, "api_clients.scopes", Scopes::parse)?,
        },
        created_at: row.get(4, "api_clients.created_at")?,
        revoked_at: row.get(5, "api_clients.revoked_at")?,
        last_used_at: row.get(6, "api_clients.last_used_at")?,
        previous_expires_at,
    };
    let hashes = SecretHashes {
        current: hash(row.get(8, "api_clients.secret_hash")?)?,
        previous: previous.zip(previous_expires_at),
    };
    Ok((record, hashes))
}
