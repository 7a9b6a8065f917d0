//! Bearer tokens and desk cookies: opaque 256-bit secrets, stored as SHA-256.

use signet_domain::access::Scopes;
use signet_domain::{AgentId, Timestamp};
use uuid::Uuid;

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

    fn parse(word: &str) -> Option<Self> {
        [Self::Bearer, Self::Cookie].into_iter().find(|usage| usage.as_str() == word)
    }
}

/// A token to store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewToken {
    /// SHA-256 of the secret.
    pub hash: [u8; 32],
    /// What it is called in lists.
    pub id: Uuid,
    /// Whose it is.
    pub owner: TokenOwner,
    /// How it may be presented.
    pub usage: TokenUse,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
    /// Where it was asked for.
    pub address: Option<String>,
    /// With what program.
    pub user_agent: Option<String>,
}

/// A token that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundToken {
    /// What it is called in lists.
    pub id: Uuid,
    /// Whose it is.
    pub owner: TokenOwner,
    /// When it was last used, to the minute.
    pub last_used_at: Timestamp,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

/// A token as its owner sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListedToken {
    /// What it is called.
    pub id: Uuid,
    /// How it may be presented.
    pub usage: TokenUse,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
    /// Where it was asked for.
    pub address: Option<String>,
    /// With what program.
    pub user_agent: Option<String>,
}

statements! {
    INSERT = "INSERT INTO access_tokens (hash, id, agent_id, client_id, scopes, token_use, created_at, last_used_at, \
        expires_at, address, user_agent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    FIND = "SELECT agent_id, client_id, scopes, id, coalesce(last_used_at, created_at), expires_at FROM access_tokens \
        WHERE hash = $1 AND token_use = $2 AND expires_at > $3";
    LIST = "SELECT id, token_use, created_at, coalesce(last_used_at, created_at), expires_at, address, user_agent \
        FROM access_tokens WHERE agent_id = $1 AND expires_at > $2 ORDER BY id DESC";
    TOUCH = "UPDATE access_tokens SET last_used_at = $1 WHERE hash = $2";
    DELETE = "DELETE FROM access_tokens WHERE hash = $1";
    DELETE_ONE = "DELETE FROM access_tokens WHERE agent_id = $1 AND id = $2";
    DELETE_OF_AGENT = "DELETE FROM access_tokens WHERE agent_id = $1 AND id <> $2";
    DELETE_OF_CLIENT = "DELETE FROM access_tokens WHERE client_id = $1";
    DELETE_EXPIRED = "DELETE FROM access_tokens WHERE expires_at <= $1";
}

/// Stores a token. [`StoreError::Conflict`] if the hash is stored already.
pub async fn insert(tx: &mut Tx<'_>, token: &NewToken) -> Result<(), StoreError> {
    let (agent_id, client, scopes) = match &token.owner {
        TokenOwner::Agent(id) => (Some(*id), None, None),
        TokenOwner::Client(id, scopes) => (None, Some(id), Some(scopes.to_string())),
    };
    let values = [
        (&token.hash).into(),
        token.id.into(),
        agent_id.into(),
        client.into(),
        scopes.as_ref().into(),
        token.usage.as_str().into(),
        token.created_at.into(),
        token.created_at.into(),
        token.expires_at.into(),
        token.address.as_ref().into(),
        token.user_agent.as_ref().into(),
    ];
    tx.execute(INSERT, &values).await.map(drop)
}

/// Finds a token, if it has not expired at `now` and is of that use.
pub async fn find(
    tx: &mut Tx<'_>,
    hash: &[u8; 32],
    usage: TokenUse,
    now: Timestamp,
) -> Result<Option<FoundToken>, StoreError> {
    tx.query_opt(FIND, &[hash.into(), usage.as_str().into(), now.into()], |row| {
        Ok(FoundToken {
            owner: owner(row)?,
            id: row.get::<Option<Uuid>>(3, "access_tokens.id")?.unwrap_or_default(),
            last_used_at: row.get(4, "access_tokens.last_used_at")?,
            expires_at: row.get(5, "access_tokens.expires_at")?,
        })
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

/// An agent's tokens that have not expired, newest first.
pub async fn list(tx: &mut Tx<'_>, agent: AgentId, now: Timestamp) -> Result<Vec<ListedToken>, StoreError> {
    tx.query(LIST, &[agent.into(), now.into()], |row| {
        Ok(ListedToken {
            id: row.get(0, "access_tokens.id")?,
            usage: row.word(1, "access_tokens.token_use", TokenUse::parse)?,
            created_at: row.get(2, "access_tokens.created_at")?,
            last_used_at: row.get(3, "access_tokens.last_used_at")?,
            expires_at: row.get(4, "access_tokens.expires_at")?,
            address: row.get(5, "access_tokens.address")?,
            user_agent: row.get(6, "access_tokens.user_agent")?,
        })
    })
    .await
}

/// Notes that a token was used.
pub async fn touch(tx: &mut Tx<'_>, hash: &[u8; 32], now: Timestamp) -> Result<(), StoreError> {
    tx.execute(TOUCH, &[now.into(), hash.into()]).await.map(drop)
}

/// Removes a token. One that is not there is no error.
pub async fn delete(tx: &mut Tx<'_>, hash: &[u8; 32]) -> Result<(), StoreError> {
    tx.execute(DELETE, &[Value::from(hash)]).await.map(drop)
}

/// Removes one of an agent's tokens by its id, and tells whether it was there.
pub async fn delete_one(tx: &mut Tx<'_>, agent: AgentId, id: Uuid) -> Result<bool, StoreError> {
    tx.changes(DELETE_ONE, &[agent.into(), id.into()]).await
}

/// Removes all of an agent's tokens but one, and tells how many.
pub async fn delete_of_agent(tx: &mut Tx<'_>, agent: AgentId, but: Option<Uuid>) -> Result<u64, StoreError> {
    tx.execute(DELETE_OF_AGENT, &[agent.into(), but.unwrap_or_default().into()]).await
}

/// Removes all tokens of an API client, and tells how many.
pub async fn delete_of_client(tx: &mut Tx<'_>, client_id: &str) -> Result<u64, StoreError> {
    tx.execute(DELETE_OF_CLIENT, &[client_id.into()]).await
}

/// Removes expired tokens, and tells how many.
pub async fn delete_expired(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    tx.execute(DELETE_EXPIRED, &[now.into()]).await
}
