//! Secrets of one-time passwords (RFC 6238), encrypted by the caller; recovery codes as SHA-256; browsers that are known.

use signet_domain::{AgentId, Timestamp};

use crate::sql::{Value, statements};
use crate::{StoreError, Tx};

/// A second factor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SecondFactor {
    /// The secret, encrypted.
    pub secret: Vec<u8>,
    /// Since when it is asked for; `None` while it is being set up.
    pub confirmed_at: Option<Timestamp>,
    /// The last time step that was used.
    pub last_step: i64,
}

statements! {
    BEGIN = "INSERT INTO second_factors (agent_id, secret, confirmed_at, last_step) VALUES ($1, $2, NULL, 0) \
        ON CONFLICT (agent_id) DO UPDATE SET secret = excluded.secret, last_step = 0 \
        WHERE second_factors.confirmed_at IS NULL";
    FIND = "SELECT secret, confirmed_at, last_step FROM second_factors WHERE agent_id = $1";
    CONFIRM = "UPDATE second_factors SET confirmed_at = $1 WHERE agent_id = $2";
    USE = "UPDATE second_factors SET last_step = $1 WHERE agent_id = $2 AND last_step < $3";
    DELETE = "DELETE FROM second_factors WHERE agent_id = $1";
    INSERT_CODE = "INSERT INTO recovery_codes (agent_id, hash) VALUES ($1, $2)";
    USE_CODE = "DELETE FROM recovery_codes WHERE agent_id = $1 AND hash = $2";
    DELETE_CODES = "DELETE FROM recovery_codes WHERE agent_id = $1";
    COUNT_CODES = "SELECT count(*) FROM recovery_codes WHERE agent_id = $1";
    INSERT_BROWSER = "INSERT INTO known_browsers (hash, agent_id, expires_at) VALUES ($1, $2, $3)";
    FIND_BROWSER = "SELECT agent_id FROM known_browsers WHERE hash = $1 AND expires_at > $2";
    DELETE_BROWSER = "DELETE FROM known_browsers WHERE hash = $1";
    DELETE_BROWSERS = "DELETE FROM known_browsers WHERE expires_at <= $1";
}

/// Begins to set a factor up, or begins anew. `false` if there is one already.
pub async fn begin(tx: &mut Tx<'_>, agent_id: AgentId, secret: &[u8]) -> Result<bool, StoreError> {
    tx.changes(BEGIN, &[agent_id.into(), secret.into()]).await
}

/// Finds an agent's factor, also one that is being set up.
pub async fn find(tx: &mut Tx<'_>, agent_id: AgentId) -> Result<Option<SecondFactor>, StoreError> {
    tx.query_opt(FIND, &[agent_id.into()], |row| {
        Ok(SecondFactor {
            secret: row.get(0, "second_factors.secret")?,
            confirmed_at: row.get(1, "second_factors.confirmed_at")?,
            last_step: row.get(2, "second_factors.last_step")?,
        })
    })
    .await
}

/// Asks for the factor from now on.
pub async fn confirm(tx: &mut Tx<'_>, agent_id: AgentId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(CONFIRM, &[now.into(), agent_id.into()]).await.map(drop)
}

/// Uses a time step: `true` for the first who does, `false` if it or a later one was used before.
pub async fn use_step(tx: &mut Tx<'_>, agent_id: AgentId, step: i64) -> Result<bool, StoreError> {
    tx.changes(USE, &[step.into(), agent_id.into(), step.into()]).await
}

/// Removes an agent's factor and recovery codes.
pub async fn delete(tx: &mut Tx<'_>, agent_id: AgentId) -> Result<(), StoreError> {
    tx.execute(DELETE, &[Value::from(agent_id)]).await?;
    tx.execute(DELETE_CODES, &[Value::from(agent_id)]).await.map(drop)
}

/// Stores recovery codes in place of those there are.
pub async fn replace_codes(
    tx: &mut Tx<'_>,
    agent_id: AgentId,
    hashes: &[[u8; 32]],
) -> Result<(), StoreError> {
    tx.execute(DELETE_CODES, &[Value::from(agent_id)]).await?;
    for hash in hashes {
        tx.execute(INSERT_CODE, &[agent_id.into(), hash.into()]).await?;
    }
    Ok(())
}

/// Uses a recovery code up: `false` if there is no such code.
pub async fn use_code(tx: &mut Tx<'_>, agent_id: AgentId, hash: &[u8; 32]) -> Result<bool, StoreError> {
    tx.changes(USE_CODE, &[agent_id.into(), hash.into()]).await
}

/// How many recovery codes an agent has left.
pub async fn count_codes(tx: &mut Tx<'_>, agent_id: AgentId) -> Result<i64, StoreError> {
    let count = tx.query_opt(COUNT_CODES, &[agent_id.into()], |row| row.get(0, "recovery_codes")).await?;
    Ok(count.unwrap_or(0))
}

/// Remembers a browser in which an agent has signed in. `hash` is SHA-256 of what it keeps.
pub async fn remember_browser(
    tx: &mut Tx<'_>,
    hash: &[u8; 32],
    agent_id: AgentId,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(INSERT_BROWSER, &[hash.into(), agent_id.into(), expires_at.into()]).await.map(drop)
}

/// Who has signed in in this browser.
pub async fn find_browser(
    tx: &mut Tx<'_>,
    hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<AgentId>, StoreError> {
    tx.query_opt(FIND_BROWSER, &[hash.into(), now.into()], |row| row.get(0, "known_browsers.agent_id")).await
}

/// Forgets a browser.
pub async fn forget_browser(tx: &mut Tx<'_>, hash: &[u8; 32]) -> Result<(), StoreError> {
    tx.execute(DELETE_BROWSER, &[Value::from(hash)]).await.map(drop)
}

/// Forgets browsers that were not seen for long.
pub async fn forget_old_browsers(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    tx.execute(DELETE_BROWSERS, &[now.into()]).await
}
