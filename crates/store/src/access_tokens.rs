//! Bearer tokens and desk cookies: opaque 256-bit secrets, stored as SHA-256.

use signet_domain::access::Scopes;
use signet_domain::{AgentId, Timestamp};

use crate::sql::{Row, Value, statements};
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

impl TokenUse {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "BEARER",
            Self::Cookie => "COOKIE",
        }
    }
}

statements! {
    INSERT = "INSERT INTO access_tokens (hash, agent_id, client_id, scopes, token_use, created_at, expires_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    FIND = "SELECT agent_id, client_id, scopes, expires_at FROM access_tokens \
        WHERE hash = $1 AND token_use = $2 AND expires_at > $3";
    DELETE = "DELETE FROM access_tokens WHERE hash = $1";
    DELETE_EXPIRED = "DELETE FROM access_tokens WHERE expires_at <= $1";
}

/// Stores a token. [`StoreError::Conflict`] if the hash is stored already.
pub async fn insert(
    tx: &mut Tx<'_>,
    hash: &[u8; 32],
    owner: &TokenOwner,
    usage: TokenUse,
    created_at: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    let (agent_id, client, scopes) = match owner {
        TokenOwner::Agent(id) => (Some(*id), None, None),
        TokenOwner::Client(id, scopes) => (None, Some(id), Some(scopes.to_string())),
    };
    let values = [
        hash.into(),
        agent_id.into(),
        client.into(),
        scopes.as_ref().into(),
        usage.as_str().into(),
        created_at.into(),
        expires_at.into(),
    ];
    tx.execute(INSERT, &values).await.map(drop)
}

/// Finds whose token it is and until when it is good, if it has not expired at `now` and is of that use.
pub async fn find(
    tx: &mut Tx<'_>,
    hash: &[u8; 32],
    usage: TokenUse,
    now: Timestamp,
) -> Result<Option<(TokenOwner, Timestamp)>, StoreError> {
    tx.query_opt(FIND, &[hash.into(), usage.as_str().into(), now.into()], |row| {
        Ok((owner(row)?, row.get(3, "access_tokens.expires_at")?))
    })
    .await
}

fn owner(row: &Row<'_>) -> Result<TokenOwner, StoreError> {
    match row.get::<Option<AgentId>>(0, "access_tokens.agent_id")? {
        Some(id) => Ok(TokenOwner::Agent(id)),
        None => Ok(TokenOwner::Client(
            row.get(1, "access_tokens.client_id")?,
            row.word(2, "access_tokens.scopes", Scopes::parse)?,
        )),
    }
}

/// Removes a token. One that is not there is no error.
pub async fn delete(tx: &mut Tx<'_>, hash: &[u8; 32]) -> Result<(), StoreError> {
    tx.execute(DELETE, &[Value::from(hash)]).await.map(drop)
}

/// Removes expired tokens, and tells how many.
pub async fn delete_expired(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    tx.execute(DELETE_EXPIRED, &[now.into()]).await
}
