//! One-time codes with which an anonymous visitor goes on under another domain of the project.

use signet_domain::{DeviceId, ProjectId, Timestamp, VisitorId};

use crate::sql::statements;
use crate::{StoreError, Tx};

statements! {
    INSERT = "INSERT INTO hand_overs (digest, project_id, device_id, visitor_id, origin, expires_at) \
        VALUES ($1, $2, $3, $4, $5, $6)";
    TAKE = "DELETE FROM hand_overs WHERE digest = $1 \
        RETURNING project_id, device_id, visitor_id, origin, expires_at";
    PURGE = "DELETE FROM hand_overs WHERE expires_at <= $1";
}

/// What a code hands over, to whom, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandOver {
    /// The project.
    pub project_id: ProjectId,
    /// The device that may be used on the other domain too.
    pub device_id: DeviceId,
    /// Its visitor.
    pub visitor_id: VisitorId,
    /// The one origin it is good on.
    pub origin: String,
    /// When it stops being good.
    pub expires_at: Timestamp,
}

/// Stores a code by its SHA-256.
pub async fn insert(tx: &mut Tx<'_>, digest: &[u8; 32], hand_over: &HandOver) -> Result<(), StoreError> {
    let values = [
        digest.into(),
        (&hand_over.project_id).into(),
        hand_over.device_id.into(),
        hand_over.visitor_id.into(),
        (&hand_over.origin).into(),
        hand_over.expires_at.into(),
    ];
    tx.execute(INSERT, &values).await.map(drop)
}

/// Uses a code up: the first caller gets what it hands over, every other nothing. Whether it is still good, and for this caller,
/// is the caller's to see.
pub async fn take(tx: &mut Tx<'_>, digest: &[u8; 32]) -> Result<Option<HandOver>, StoreError> {
    tx.query_opt(TAKE, &[digest.into()], |row| {
        Ok(HandOver {
            project_id: row.get(0, "hand_overs.project_id")?,
            device_id: row.get(1, "hand_overs.device_id")?,
            visitor_id: row.get(2, "hand_overs.visitor_id")?,
            origin: row.get(3, "hand_overs.origin")?,
            expires_at: row.get(4, "hand_overs.expires_at")?,
        })
    })
    .await
}

/// Removes codes that are no longer good at `now`.
pub async fn purge(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    tx.execute(PURGE, &[now.into()]).await
}
