//! One-time links with which a person chooses a password. Opaque 256-bit secrets, stored as SHA-256.

use signet_domain::{AgentId, Timestamp};

use crate::sql::{Value, statements};
use crate::{StoreError, Tx};

statements! {
    INSERT = "INSERT INTO invitations (hash, agent_id, created_at, expires_at) VALUES ($1, $2, $3, $4)";
    FIND = "SELECT agent_id FROM invitations WHERE hash = $1 AND expires_at > $2";
    DELETE_OF_AGENT = "DELETE FROM invitations WHERE agent_id = $1";
    DELETE_SETUP = "DELETE FROM invitations WHERE agent_id IS NULL";
}

/// Stores a link, in place of the one there is. Without an agent it is for whoever will be the first owner.
pub async fn replace(
    tx: &mut Tx<'_>,
    hash: &[u8; 32],
    agent_id: Option<AgentId>,
    created_at: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    delete(tx, agent_id).await?;
    let values = [hash.into(), agent_id.into(), created_at.into(), expires_at.into()];
    tx.execute(INSERT, &values).await.map(drop)
}

/// Finds whose link this is, if its time has not passed; `Some(None)` for that of the first owner.
pub async fn find(
    tx: &mut Tx<'_>,
    hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<Option<AgentId>>, StoreError> {
    tx.query_opt(FIND, &[hash.into(), now.into()], |row| row.get(0, "invitations.agent_id")).await
}

/// Removes an agent's link, or that of the first owner.
pub async fn delete(tx: &mut Tx<'_>, agent_id: Option<AgentId>) -> Result<(), StoreError> {
    match agent_id {
        Some(id) => tx.execute(DELETE_OF_AGENT, &[Value::from(id)]).await,
        None => tx.execute(DELETE_SETUP, &[]).await,
    }
    .map(drop)
}
