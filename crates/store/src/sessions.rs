//! Visitor sessions opened by a verified token.

use signet_domain::{BrowserId, ProjectId, Session, SessionEnd, SessionId, Timestamp, VisitorId};
use uuid::Uuid;

use crate::sql::{Row, Value, statements};
use crate::{StoreError, Tx};

macro_rules! columns {
    () => {
        "id, project_id, visitor_id, browser_id, verified_at, expires_at, signing_key, created_at, ended_at, end_reason, \
         platform_key"
    };
}

/// The position of an end: the next number on SQLite, whose writers follow each other; the transaction's id on PostgreSQL.
/// There a reader goes on from the oldest transaction that was still running, so that one which commits late is not missed.
macro_rules! revoked {
    ($set:literal, $condition:literal) => {
        concat!(
            "UPDATE sessions SET ",
            $set,
            ", revocation_position = 1 + COALESCE((SELECT last.revocation_position FROM sessions AS last \
             WHERE last.revocation_position > 0 ORDER BY last.revocation_position DESC LIMIT 1), 0) WHERE ",
            $condition
        )
    };
    (postgres: $set:literal, $condition:literal) => {
        concat!(
            "UPDATE sessions SET ",
            $set,
            ", revocation_position = pg_current_xact_id()::text::bigint WHERE ",
            $condition
        )
    };
}

statements! {
    INSERT = concat!("INSERT INTO sessions (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)");
    FIND = concat!("SELECT ", columns!(), " FROM sessions WHERE id = $1");
    /// The newest of them: PostgreSQL sees a row again that was changed while it waited for it, hence the condition twice.
    RENEW_OF_BROWSER = "UPDATE sessions SET verified_at = $1, expires_at = $2, signing_key = $3, platform_key = $4, \
        ended_at = NULL, end_reason = NULL WHERE id = (SELECT id FROM sessions WHERE visitor_id = $5 AND browser_id = $6 \
        AND (end_reason IS NULL OR end_reason = 'EXPIRED') ORDER BY id DESC LIMIT 1) \
        AND (end_reason IS NULL OR end_reason = 'EXPIRED') RETURNING id";
    RENEW = "UPDATE sessions SET verified_at = $1, expires_at = $2, signing_key = $3, platform_key = $4, ended_at = NULL, \
        end_reason = NULL WHERE id = $5 AND visitor_id = $6 AND (end_reason IS NULL OR end_reason = 'EXPIRED')";
    /// Expired is the weakest end: every other may replace it, so that nobody renews what was signed out or revoked.
    END = revoked!("end_reason = $1, ended_at = $2", "id = $3 AND (end_reason IS NULL OR end_reason = 'EXPIRED')"),
        postgres: revoked!(postgres: "end_reason = $1, ended_at = $2",
            "id = $3 AND (end_reason IS NULL OR end_reason = 'EXPIRED')");
    EXPIRE = "UPDATE sessions SET end_reason = 'EXPIRED', ended_at = $1 WHERE id = $2 AND end_reason IS NULL";
    REVOKE_OF_VISITOR = revoked!("end_reason = 'REVOKED', ended_at = $1, announce = TRUE, revoked_by_request = $2",
            "visitor_id = $3 AND ended_at IS NULL AND expires_at > $1"),
        postgres: revoked!(postgres: "end_reason = 'REVOKED', ended_at = $1, announce = TRUE, revoked_by_request = $2",
            "visitor_id = $3 AND ended_at IS NULL AND expires_at > $1");
    REVOKE_ONE = revoked!("end_reason = 'REVOKED', ended_at = $1, announce = TRUE, revoked_by_request = $2",
            "id = $3 AND project_id = $4 AND ended_at IS NULL AND expires_at > $1"),
        postgres: revoked!(postgres: "end_reason = 'REVOKED', ended_at = $1, announce = TRUE, revoked_by_request = $2",
            "id = $3 AND project_id = $4 AND ended_at IS NULL AND expires_at > $1");
    /// Looks at every live session, once in the life of a key, so that no renewal has to keep an index of keys.
    REVOKE_OF_KEY = revoked!("end_reason = 'REVOKED', ended_at = $1, announce = TRUE, revoked_by_request = $2",
            "project_id = $3 AND signing_key = $4 AND ended_at IS NULL AND expires_at > $1"),
        postgres: revoked!(postgres: "end_reason = 'REVOKED', ended_at = $1, announce = TRUE, revoked_by_request = $2",
            "project_id = $3 AND signing_key = $4 AND ended_at IS NULL AND expires_at > $1");
    /// Those of which it is not known might be.
    REVOKE_OF_PLATFORM_KEY = revoked!("end_reason = 'REVOKED', ended_at = $1, announce = TRUE, revoked_by_request = $2",
            "(platform_key = $3 OR (platform_key IS NULL AND verified_at <= $4)) AND ended_at IS NULL AND expires_at > $1"),
        postgres: revoked!(postgres: "end_reason = 'REVOKED', ended_at = $1, announce = TRUE, revoked_by_request = $2",
            "(platform_key = $3 OR (platform_key IS NULL AND verified_at <= $4)) AND ended_at IS NULL AND expires_at > $1");
    TO_ANNOUNCE = concat!("SELECT ", columns!(), ", revoked_by_request FROM sessions WHERE announce AND id > $1 ORDER BY id LIMIT $2");
    ANNOUNCED = "UPDATE sessions SET announce = FALSE WHERE id = $1 AND announce";
    POSITION = "SELECT 1 + COALESCE((SELECT revocation_position FROM sessions WHERE revocation_position > 0 \
            ORDER BY revocation_position DESC LIMIT 1), 0)",
        postgres: "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint";
    REVOKED_SINCE = concat!("SELECT ", columns!(), " FROM sessions WHERE revocation_position >= $1 AND expires_at > $2 \
        ORDER BY revocation_position");
    LIST_OVERDUE = concat!("SELECT ", columns!(), " FROM sessions WHERE ended_at IS NULL AND expires_at <= $1 \
        ORDER BY expires_at, id LIMIT $2");
    /// A visitor's sessions are few, so they are sorted rather than held in one more index.
    OF_VISITOR = concat!("SELECT ", columns!(), " FROM sessions WHERE visitor_id = $1 AND id > $2 ORDER BY id LIMIT $3");
    IDS_OF_VISITOR = "SELECT id FROM sessions WHERE visitor_id = $1";
    COUNT_LIVE = "SELECT count(*) FROM sessions WHERE visitor_id = $1 AND ended_at IS NULL AND expires_at > $2";
    /// Those that [`REVOKE_OF_KEY`] would end.
    COUNT_LIVE_IN_BROWSERS = "SELECT count(*) FROM sessions WHERE visitor_id = $1 AND ended_at IS NULL AND expires_at > $2 \
        AND browser_id IS NOT NULL";
    COUNT_LIVE_OF_KEY = "SELECT count(*) FROM sessions WHERE project_id = $1 AND signing_key = $2 AND ended_at IS NULL \
        AND expires_at > $3";
    ENDED_IN_TIME = concat!("SELECT ", columns!(), " FROM sessions WHERE end_reason <> 'EXPIRED' AND expires_at > $1 \
        ORDER BY expires_at");
}

/// A fresh proof of identity, as a session keeps it.
#[derive(Debug, Clone, Copy)]
pub struct Proof<'a> {
    /// When it was made.
    pub verified_at: Timestamp,
    /// Until when it holds.
    pub expires_at: Timestamp,
    /// Fingerprint of the customer key that signed it.
    pub signing_key: &'a str,
    /// Thumbprint of the platform key that the token was encrypted to, if it is known.
    pub platform_key: Option<&'a str>,
}

impl<'a> Proof<'a> {
    fn values(self) -> [Value<'a>; 4] {
        let Self { verified_at, expires_at, signing_key, platform_key } = self;
        [verified_at.into(), expires_at.into(), signing_key.into(), platform_key.into()]
    }
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
        session.platform_key.as_ref().into(),
    ];
    tx.execute(INSERT, &values).await.map(drop)
}

/// Finds a session.
pub async fn find(tx: &mut Tx<'_>, id: SessionId) -> Result<Option<Session>, StoreError> {
    tx.query_opt(FIND, &[id.into()], read).await
}

/// Extends the newest session of a person in a browser, live or expired, by a fresh proof. `None` if there is none such.
pub async fn renew_of_browser(
    tx: &mut Tx<'_>,
    visitor_id: VisitorId,
    browser_id: BrowserId,
    proof: Proof<'_>,
) -> Result<Option<SessionId>, StoreError> {
    let [verified_at, expires_at, signing_key, platform_key] = proof.values();
    let values = [verified_at, expires_at, signing_key, platform_key, visitor_id.into(), browser_id.into()];
    tx.query_opt(RENEW_OF_BROWSER, &values, |row| row.get(0, "sessions.id")).await
}

/// Extends a live or expired session of that visitor by a fresh proof. False if there is none such (ended otherwise).
pub async fn renew(
    tx: &mut Tx<'_>,
    id: SessionId,
    visitor_id: VisitorId,
    proof: Proof<'_>,
) -> Result<bool, StoreError> {
    let [verified_at, expires_at, signing_key, platform_key] = proof.values();
    let values = [verified_at, expires_at, signing_key, platform_key, id.into(), visitor_id.into()];
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
    if reason == SessionEnd::Expired {
        return tx.changes(EXPIRE, &[now.into(), id.into()]).await;
    }
    tx.changes(END, &[reason.as_str().into(), now.into(), id.into()]).await
}

/// Which sessions to revoke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionsOf {
    /// Every session of a person.
    Visitor(VisitorId),
    /// One session.
    Session(SessionId),
    /// Every session that was opened or last renewed by a token of this key (RFC 7638 thumbprint).
    SigningKey(String),
}

/// Revokes the live sessions of a project that are meant, however many, and tells how many. What follows for their visitors is
/// still to be written: [`to_announce`], with the id of the request. The visitor of [`SessionsOf::Visitor`] must be one of the project's.
pub async fn revoke(
    tx: &mut Tx<'_>,
    project_id: &ProjectId,
    which: &SessionsOf,
    request: Option<&str>,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let (now, request) = (Value::from(now), Value::from(request));
    match which {
        SessionsOf::Visitor(id) => tx.execute(REVOKE_OF_VISITOR, &[now, request, (*id).into()]).await,
        SessionsOf::Session(id) => {
            tx.execute(REVOKE_ONE, &[now, request, (*id).into(), project_id.into()]).await
        }
        SessionsOf::SigningKey(key) => {
            tx.execute(REVOKE_OF_KEY, &[now, request, project_id.into(), key.into()]).await
        }
    }
}

/// As [`revoke`], in every project: the live sessions that were opened or last renewed by a token encrypted to this platform key, and
/// those verified until `unknown_before` of which it is not known.
pub async fn revoke_of_platform_key(
    tx: &mut Tx<'_>,
    key_id: &str,
    unknown_before: Timestamp,
    request: Option<&str>,
    now: Timestamp,
) -> Result<u64, StoreError> {
    tx.execute(REVOKE_OF_PLATFORM_KEY, &[now.into(), request.into(), key_id.into(), unknown_before.into()])
        .await
}

/// Revoked sessions whose visitors' threads have not been told, at most `limit`, each with the request that revoked it.
pub async fn to_announce(
    tx: &mut Tx<'_>,
    limit: usize,
) -> Result<Vec<(Session, Option<String>)>, StoreError> {
    tx.query(TO_ANNOUNCE, &[Uuid::nil().into(), (limit as i64).into()], |row| {
        Ok((read(row)?, row.get(11, "sessions.revoked_by_request")?))
    })
    .await
}

/// Marks a revoked session as told. False if somebody else did.
pub async fn announced(tx: &mut Tx<'_>, id: SessionId) -> Result<bool, StoreError> {
    tx.changes(ANNOUNCED, &[id.into()]).await
}

/// Where [`revoked_since`] must begin to see every end that is not visible now.
pub async fn revocation_position(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let position = tx.query_opt(POSITION, &[], |row| row.get(0, "sessions.revocation_position")).await?;
    position.ok_or(StoreError::Corrupt("sessions.revocation_position"))
}

/// Sessions that ended (other than by expiry) at that position or later, and whose tokens would still be in time at `now`. May
/// name some that were seen before.
pub async fn revoked_since(
    tx: &mut Tx<'_>,
    position: i64,
    now: Timestamp,
) -> Result<Vec<Session>, StoreError> {
    tx.query(REVOKED_SINCE, &[position.into(), now.into()], read).await
}

/// Live sessions whose time has passed at `now`, oldest first.
pub async fn list_overdue(tx: &mut Tx<'_>, now: Timestamp, limit: usize) -> Result<Vec<Session>, StoreError> {
    tx.query(LIST_OVERDUE, &[now.into(), (limit as i64).into()], read).await
}

/// A visitor's sessions after one of them, oldest first.
pub async fn of_visitor(
    tx: &mut Tx<'_>,
    visitor_id: VisitorId,
    after: Uuid,
    limit: usize,
) -> Result<Vec<Session>, StoreError> {
    tx.query(OF_VISITOR, &[visitor_id.into(), after.into(), (limit as i64).into()], read).await
}

/// The ids of all of a visitor's sessions, in no order.
pub async fn ids_of_visitor(tx: &mut Tx<'_>, visitor_id: VisitorId) -> Result<Vec<SessionId>, StoreError> {
    tx.query(IDS_OF_VISITOR, &[visitor_id.into()], |row| row.get(0, "sessions.id")).await
}

/// How many sessions of a visitor live at `now`.
pub async fn count_live(tx: &mut Tx<'_>, visitor_id: VisitorId, now: Timestamp) -> Result<i64, StoreError> {
    let count =
        tx.query_opt(COUNT_LIVE, &[visitor_id.into(), now.into()], |row| row.get(0, "sessions")).await?;
    Ok(count.unwrap_or(0))
}

/// How many of a visitor's sessions that live in a browser of their own still prove who they are.
pub async fn count_live_in_browsers(
    tx: &mut Tx<'_>,
    visitor_id: VisitorId,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let values = [visitor_id.into(), now.into()];
    let count = tx.query_opt(COUNT_LIVE_IN_BROWSERS, &values, |row| row.get(0, "sessions")).await?;
    Ok(count.unwrap_or(0))
}

/// How many sessions of a project live at `now` that were opened or last renewed by a token of this key (RFC 7638 thumbprint).
pub async fn count_live_of_key(
    tx: &mut Tx<'_>,
    project_id: &ProjectId,
    key: &str,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let values = [project_id.into(), key.into(), now.into()];
    let count = tx.query_opt(COUNT_LIVE_OF_KEY, &values, |row| row.get(0, "sessions")).await?;
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
        platform_key: row.get(10, "sessions.platform_key")?,
    })
}
