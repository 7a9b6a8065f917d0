//! Visitor sessions opened by a verified token.

use signet_domain::{BrowserId, Session, SessionEnd, SessionId, Timestamp, VisitorId};

use crate::sql::{Row, statements};
use crate::{StoreError, Tx};

macro_rules! columns {
    () => {
        "id, project_id, visitor_id, browser_id, verified_at, expires_at, signing_key, created_at, ended_at, end_reason"
    };
}

statements! {
    INSERT = concat!("INSERT INTO sessions (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
    FIND = concat!("SELECT ", columns!(), " FROM sessions WHERE id = $1");
    FIND_OF_BROWSER = concat!("SELECT ", columns!(), " FROM sessions WHERE visitor_id = $1 AND browser_id = $2 \
        AND (end_reason IS NULL OR end_reason = 'EXPIRED') ORDER BY id DESC LIMIT 1");
    RENEW = "UPDATE sessions SET verified_at = $1, expires_at = $2, signing_key = $3, ended_at = NULL, end_reason = NULL \
        WHERE id = $4 AND visitor_id = $5 AND (end_reason IS NULL OR end_reason = 'EXPIRED')";
    /// Expired is the weakest end: every other may replace it, so that nobody renews what was signed out or revoked.
    END = "UPDATE sessions SET end_reason = $1, ended_at = $2 \
        WHERE id = $3 AND (end_reason IS NULL OR (end_reason = 'EXPIRED' AND $4))";
    LIST_OVERDUE = concat!("SELECT ", columns!(), " FROM sessions WHERE ended_at IS NULL AND expires_at <= $1 \
        ORDER BY expires_at, id LIMIT $2");
    COUNT_LIVE = "SELECT count(*) FROM sessions WHERE visitor_id = $1 AND ended_at IS NULL AND expires_at > $2";
    ENDED_IN_TIME = concat!("SELECT ", columns!(), " FROM sessions WHERE end_reason <> 'EXPIRED' AND expires_at > $1 \
        ORDER BY expires_at");
}

/// Stores a new session. [`StoreError::Conflict`] if the id is taken.
pub async fn insert(tx: &mut Tx<'_>, session: &Session) -> Result<(), StoreError> {
    let values = [
        session.id.into(),
        (&session.project_id).into(),
        session.visitor_id.into(),
        session.browser_id.into(),
        session.verified_at.into(),
        session.expires_at.into(),
        (&session.signing_key).into(),
        session.created_at.into(),
        session.ended.map(|(_, at)| at).into(),
        session.ended.map(|(reason, _)| reason.as_str()).into(),
    ];
    tx.execute(INSERT, &values).await.map(drop)
}

/// Finds a session.
pub async fn find(tx: &mut Tx<'_>, id: SessionId) -> Result<Option<Session>, StoreError> {
    tx.query_opt(FIND, &[id.into()], read).await
}

/// Finds the newest session of a person in a browser, live or expired, that a fresh proof may extend.
pub async fn find_of_browser(
    tx: &mut Tx<'_>,
    visitor_id: VisitorId,
    browser_id: BrowserId,
) -> Result<Option<Session>, StoreError> {
    tx.query_opt(FIND_OF_BROWSER, &[visitor_id.into(), browser_id.into()], read).await
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
    let values = [verified_at.into(), expires_at.into(), signing_key.into(), id.into(), visitor_id.into()];
    tx.changes(RENEW, &values).await
}

/// Ends a session, once: false if it had ended already. An expired session may still be ended for any other reason, so
/// that it can no longer be renewed.
pub async fn end(
    tx: &mut Tx<'_>,
    id: SessionId,
    reason: SessionEnd,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let overrides = reason != SessionEnd::Expired;
    tx.changes(END, &[reason.as_str().into(), now.into(), id.into(), overrides.into()]).await
}

/// Live sessions whose time has passed at `now`, oldest first.
pub async fn list_overdue(tx: &mut Tx<'_>, now: Timestamp, limit: usize) -> Result<Vec<Session>, StoreError> {
    tx.query(LIST_OVERDUE, &[now.into(), (limit as i64).into()], read).await
}

/// How many sessions of a visitor live at `now`.
pub async fn count_live(tx: &mut Tx<'_>, visitor_id: VisitorId, now: Timestamp) -> Result<i64, StoreError> {
    let count =
        tx.query_opt(COUNT_LIVE, &[visitor_id.into(), now.into()], |row| row.get(0, "sessions")).await?;
    Ok(count.unwrap_or(0))
}

/// Sessions that ended (other than by expiry) and whose tokens would still be in time at `now`: the revocation set.
pub async fn ended_in_time(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<Session>, StoreError> {
    tx.query(ENDED_IN_TIME, &[now.into()], read).await
}

fn read(row: &Row<'_>) -> Result<Session, StoreError> {
    let ended = match row.get::<Option<Timestamp>>(8, "sessions.ended_at")? {
        None => None,
        Some(at) => Some((row.word(9, "sessions.end_reason", SessionEnd::parse)?, at)),
    };
    Ok(Session {
        id: row.get(0, "sessions.id")?,
        project_id: row.get(1, "sessions.project_id")?,
        visitor_id: row.get(2, "sessions.visitor_id")?,
        browser_id: row.get(3, "sessions.browser_id")?,
        verified_at: row.get(4, "sessions.verified_at")?,
        expires_at: row.get(5, "sessions.expires_at")?,
        signing_key: row.get(6, "sessions.signing_key")?,
        created_at: row.get(7, "sessions.created_at")?,
        ended,
    })
}
