//! Visitor sessions opened by a verified token.

use signet_domain::{Session, SessionEnd, SessionId, Timestamp, VisitorId};

use crate::{StoreError, Tx};

/// Stores a new session.
pub async fn insert(tx: &mut Tx<'_>, session: &Session) -> Result<(), StoreError> {
    todo!()
}

/// Finds a session.
pub async fn find(tx: &mut Tx<'_>, id: SessionId) -> Result<Option<Session>, StoreError> {
    todo!()
}

/// Extends a live or expired session of that visitor by a fresh proof. False if there is none such (ended otherwise).
pub async fn renew(
    tx: &mut Tx<'_>,
    id: SessionId,
    visitor_id: VisitorId,
    verified_at: Timestamp,
    expires_at: Timestamp,
    signing_key: &str,
) -> Result<bool, StoreError> {
    todo!()
}

/// Ends a session, once: false if it had ended already. An expired session may still be ended as logged out.
pub async fn end(tx: &mut Tx<'_>, id: SessionId, reason: SessionEnd, now: Timestamp) -> Result<bool, StoreError> {
    todo!()
}

/// Live sessions whose time has passed at `now`, oldest first.
pub async fn list_overdue(tx: &mut Tx<'_>, now: Timestamp, limit: usize) -> Result<Vec<Session>, StoreError> {
    todo!()
}

/// How many sessions of a visitor live at `now`.
pub async fn count_live(tx: &mut Tx<'_>, visitor_id: VisitorId, now: Timestamp) -> Result<i64, StoreError> {
    todo!()
}

/// Sessions that ended (other than by expiry) and whose tokens would still be in time at `now`: the revocation set.
pub async fn ended_in_time(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<Session>, StoreError> {
    todo!()
}
