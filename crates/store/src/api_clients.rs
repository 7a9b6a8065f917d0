//! Programs that call the API with `client_credentials`.

use signet_domain::Timestamp;
use signet_domain::access::{ApiClient, Scopes};

use crate::sql::{Value, statements};
use crate::{StoreError, Tx};

statements! {
    INSERT = "INSERT INTO api_clients (id, name, project_id, scopes, secret_hash, created_at) \
        VALUES ($1, $2, $3, $4, $5, $6)";
    FIND = "SELECT id, name, project_id, scopes, secret_hash FROM api_clients WHERE id = $1";
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

/// Finds a client and its secret's hash by id.
pub async fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<(ApiClient, [u8; 32])>, StoreError> {
    tx.query_opt(FIND, &[Value::from(id)], |row| {
        let client = ApiClient {
            id: row.get(0, "api_clients.id")?,
            name: row.get(1, "api_clients.name")?,
            project_id: row.get(2, "api_clients.project_id")?,
            scopes: row.word(3, "api_clients.scopes", Scopes::parse)?,
        };
        let hash: Vec<u8> = row.get(4, "api_clients.secret_hash")?;
        Ok((client, hash.try_into().map_err(|_| StoreError::Corrupt("api_clients.secret_hash"))?))
    })
    .await
}
