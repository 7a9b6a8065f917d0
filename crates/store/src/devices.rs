//! Browsers of anonymous visitors, known from their first message on, or from the moment they are revoked.

use signet_domain::{DeviceId, ProjectId, Timestamp, VisitorId};

use crate::{StoreError, Tx};

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
    todo!()
}

/// Every revoked device whose credential has not expired at `now`: the revocation set, read once at start.
pub async fn revoked(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<(DeviceId, Timestamp)>, StoreError> {
    todo!()
}

/// Whether a device credential was revoked.
pub async fn is_revoked(tx: &mut Tx<'_>, id: DeviceId) -> Result<bool, StoreError> {
    todo!()
}
