//! Tokens that were used: each can be used once, whatever becomes of process, node and clock.
//!
//! Written in the transaction of the session that the token opens. A token counts as used when that transaction has
//! committed, and two transactions with one token follow each other (on PostgreSQL the second waits for the first).

use signet_domain::{ProjectId, Timestamp};

use crate::sql::statements;
use crate::{StoreError, Tx};

statements! {
    USE = "INSERT INTO replays (project_id, digest, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    FIND = "SELECT expires_at FROM replays WHERE project_id = $1 AND digest = $2";
    PURGE = "DELETE FROM replays WHERE (project_id, digest) IN \
        (SELECT project_id, digest FROM replays WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";
}

/// Marks a token as used: true for the first caller, false for every other. `digest` names the token within its project;
/// the record may go after `keep_until`.
pub async fn use_once(
    tx: &mut Tx<'_>,
    project_id: &ProjectId,
    digest: &[u8; 32],
    keep_until: Timestamp,
) -> Result<bool, StoreError> {
    tx.changes(USE, &[project_id.into(), digest.into(), keep_until.into()]).await
}

/// Whether a token was used.
pub async fn is_used(tx: &mut Tx<'_>, project_id: &ProjectId, digest: &[u8; 32]) -> Result<bool, StoreError> {
    Ok(tx.query_opt(FIND, &[project_id.into(), digest.into()], |_| Ok(())).await?.is_some())
}

/// Removes up to `limit` records that may go at `now`, oldest first, and tells how many.
pub async fn purge(tx: &mut Tx<'_>, now: Timestamp, limit: usize) -> Result<u64, StoreError> {
    tx.execute(PURGE, &[now.into(), (limit as i64).into()]).await
}
