//! Browsers of anonymous visitors, known from their first message on, or from the moment they are revoked.

use signet_domain::{DeviceId, ProjectId, Timestamp, VisitorId};

use crate::sql::statements;
use crate::{StoreError, Tx};

macro_rules! revoke {
    ($position:literal) => {
        concat!(
            "INSERT INTO devices (id, project_id, visitor_id, created_at, revoked_at, expires_at, revocation_position) \
             VALUES ($1, $2, $3, $4, $5, $6, ",
            $position,
            ") ON CONFLICT (id) DO UPDATE SET revoked_at = COALESCE(devices.revoked_at, excluded.revoked_at), \
             revocation_position = excluded.revocation_position, \
             expires_at = CASE WHEN devices.expires_at > excluded.expires_at THEN devices.expires_at \
             ELSE excluded.expires_at END"
        )
    };
}

statements! {
    /// The position as in `sessions`.
    REVOKE = revoke!("1 + COALESCE((SELECT revocation_position FROM devices WHERE revocation_position > 0 \
            ORDER BY revocation_position DESC LIMIT 1), 0)"),
        postgres: revoke!("pg_current_xact_id()::text::bigint");
    POSITION = "SELECT 1 + COALESCE((SELECT revocation_position FROM devices WHERE revocation_position > 0 \
            ORDER BY revocation_position DESC LIMIT 1), 0)",
        postgres: "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint";
    REVOKED_SINCE = "SELECT id, visitor_id, expires_at FROM devices WHERE revocation_position >= $1 AND expires_at > $2 \
        ORDER BY revocation_position";
    REVOKED = "SELECT id, expires_at FROM devices WHERE revoked_at IS NOT NULL AND expires_at > $1 ORDER BY expires_at";
    IS_REVOKED = "SELECT id FROM devices WHERE id IN ($1, $2) AND revoked_at IS NOT NULL LIMIT 1";
}

/// Revokes a device credential, known before or not: from now on it proves nothing. `expires_at` is when the credential
/// would have expired by itself; the row may go then.
pub async fn revoke(
    tx: &mut Tx<'_>,
    id: DeviceId,
    project_id: &ProjectId,
    visitor_id: VisitorId,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    let values = [id.into(), project_id.into(), visitor_id.into(), now.into(), now.into(), expires_at.into()];
    tx.execute(REVOKE, &values).await.map(drop)
}

/// Every revoked device whose credential has not expired at `now`: the revocation set, read once at start.
pub async fn revoked(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<(DeviceId, Timestamp)>, StoreError> {
    tx.query(REVOKED, &[now.into()], |row| Ok((row.get(0, "devices.id")?, row.get(1, "devices.expires_at")?)))
        .await
}

/// Where [`revoked_since`] must begin to see every revocation that is not visible now.
pub async fn revocation_position(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let position = tx.query_opt(POSITION, &[], |row| row.get(0, "devices.revocation_position")).await?;
    position.ok_or(StoreError::Corrupt("devices.revocation_position"))
}

/// Devices revoked at that position or later whose credentials have not expired at `now`: id, visitor, and until when that
/// matters. May name some that were seen before.
pub async fn revoked_since(
    tx: &mut Tx<'_>,
    position: i64,
    now: Timestamp,
) -> Result<Vec<(DeviceId, VisitorId, Timestamp)>, StoreError> {
    tx.query(REVOKED_SINCE, &[position.into(), now.into()], |row| {
        Ok((row.get(0, "devices.id")?, row.get(1, "devices.visitor_id")?, row.get(2, "devices.expires_at")?))
    })
    .await
}

/// Whether a device credential was revoked, by itself or with every other of its visitor.
pub async fn is_revoked(tx: &mut Tx<'_>, id: DeviceId, visitor_id: VisitorId) -> Result<bool, StoreError> {
    Ok(tx.query_opt(IS_REVOKED, &[id.into(), visitor_id.into()], |_| Ok(())).await?.is_some())
}

/// The device that stands for every device of a visitor: nobody keeps a list of theirs.
pub fn every_device_of(visitor_id: VisitorId) -> DeviceId {
    DeviceId::from_uuid(visitor_id.as_uuid())
}
