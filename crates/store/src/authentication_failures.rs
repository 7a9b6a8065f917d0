//! Refused activations: the last few hundred of each project, and how many there were by the minute.
//!
//! A record holds what may be kept of a token that was not believed: codes, key ids, sizes, and, only if its signature
//! verified, issuer and times.

use std::collections::BTreeMap;
use std::time::Duration;

use signet_domain::{ProjectId, Timestamp};
use uuid::Uuid;

use crate::sql::{Row, statements};
use crate::{Cursor, Page, PageRequest, StoreError, Tx};

/// How many of a project are kept; the oldest go first.
pub const KEPT: usize = 500;

/// How long counts are kept.
pub const COUNTS_KEPT: Duration = Duration::from_hours(31 * 24);

const MINUTE: i64 = 60_000;

/// A refused activation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuthenticationFailure {
    /// Its id.
    pub id: Uuid,
    /// Where.
    pub project_id: ProjectId,
    /// When.
    pub created_at: Timestamp,
    /// Under which the page, the log and this record are found together.
    pub correlation_id: String,
    /// What the page was told.
    pub code: String,
    /// What was wrong.
    pub fine_code: String,
    /// The page's origin, if a browser sent one.
    pub origin: Option<String>,
    /// `kid` of the encryption header.
    pub encryption_key_id: Option<String>,
    /// `kid` of the signature header.
    pub signature_key_id: Option<String>,
    /// Size of the token in bytes, if there was one.
    pub token_bytes: Option<i64>,
    /// Sizes of the parts between the dots, in characters.
    pub part_characters: Vec<i64>,
    /// `iss` of a token whose signature verified.
    pub issuer: Option<String>,
    /// `iat` of a token whose signature verified.
    pub issued_at: Option<Timestamp>,
    /// `exp` of a token whose signature verified.
    pub expires_at: Option<Timestamp>,
}

/// Which failures: every member that is set must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FailureFilter {
    /// What the page was told.
    pub code: Option<String>,
    /// What was wrong.
    pub fine_code: Option<String>,
    /// The id somebody quotes.
    pub correlation_id: Option<String>,
}

/// How often one thing was wrong in one span of time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FailureCount {
    /// Which of the equal spans of the interval, from 0.
    pub bucket: i64,
    /// What the pages were told.
    pub code: String,
    /// What was wrong.
    pub fine_code: String,
    /// How often.
    pub failures: i64,
}

macro_rules! columns {
    () => {
        "id, project_id, created_at, correlation_id, code, fine_code, origin, encryption_key_id, signature_key_id, \
         token_bytes, part_characters, issuer, issued_at, expires_at"
    };
}

macro_rules! list {
    ($order:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            " FROM authentication_failures WHERE project_id = $1 AND (created_at, id) < ($2, $3) \
             AND (created_at, id) > ($4, $5) AND (CAST($6 AS TEXT) IS NULL OR code = CAST($6 AS TEXT)) \
             AND (CAST($7 AS TEXT) IS NULL OR fine_code = CAST($7 AS TEXT)) \
             AND (CAST($8 AS TEXT) IS NULL OR correlation_id = CAST($8 AS TEXT)) ",
            $order,
            " LIMIT $9"
        )
    };
}

statements! {
    INSERT = concat!("INSERT INTO authentication_failures (", columns!(), ") \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)");
    COUNT = "INSERT INTO authentication_failure_counts (project_id, minute_at, code, fine_code, failures) \
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (project_id, minute_at, code, fine_code) \
        DO UPDATE SET failures = authentication_failure_counts.failures + excluded.failures";
    /// The first that is one too many, and all before it.
    TRIM = "DELETE FROM authentication_failures WHERE project_id = $1 AND (created_at, id) <= \
        (SELECT created_at, id FROM authentication_failures WHERE project_id = $2 \
        ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET $3)";
    LIST = list!("ORDER BY created_at DESC, id DESC");
    LIST_BACKWARDS = list!("ORDER BY created_at, id");
    ALL = concat!("SELECT ", columns!(), " FROM authentication_failures WHERE project_id = $1 \
        ORDER BY created_at, id");
    COUNTS = "SELECT (minute_at - $1) / $2 AS bucket, code, fine_code, CAST(SUM(failures) AS BIGINT) \
        FROM authentication_failure_counts WHERE project_id = $3 AND minute_at >= $4 AND minute_at < $5 \
        GROUP BY bucket, code, fine_code ORDER BY bucket, code, fine_code";
    PURGE_COUNTS = "DELETE FROM authentication_failure_counts WHERE minute_at < $1";
}

/// Stores failures, in the order given, counts them, and lets go of what is older than each project's newest [`KEPT`].
pub async fn insert_all(tx: &mut Tx<'_>, failures: &[AuthenticationFailure]) -> Result<(), StoreError> {
    // In one order, so that two transactions never wait for each other's counts.
    let mut counts = BTreeMap::<(&ProjectId, i64, &str, &str), i64>::new();
    for failure in failures {
        let minute = failure.created_at.as_millis().div_euclid(MINUTE) * MINUTE;
        *counts.entry((&failure.project_id, minute, &failure.code, &failure.fine_code)).or_default() += 1;
    }
    for ((project_id, minute, code, fine_code), count) in &counts {
        let values =
            [(*project_id).into(), (*minute).into(), (*code).into(), (*fine_code).into(), (*count).into()];
        tx.execute(COUNT, &values).await?;
    }
    note_all(tx, failures).await
}

/// Stores lines in the order given without counting them, as for what is no refusal, and lets go of what is older than each project's
/// newest [`KEPT`].
pub async fn note_all(tx: &mut Tx<'_>, lines: &[AuthenticationFailure]) -> Result<(), StoreError> {
    let mut projects: Vec<_> = lines.iter().map(|line| &line.project_id).collect();
    projects.sort();
    projects.dedup();
    for line in lines {
        insert(tx, line).await?;
    }
    for project_id in projects {
        tx.execute(TRIM, &[project_id.into(), project_id.into(), (KEPT as i64).into()]).await?;
    }
    Ok(())
}

async fn insert(tx: &mut Tx<'_>, failure: &AuthenticationFailure) -> Result<(), StoreError> {
    let parts = serde_json::to_string(&failure.part_characters)
        .map_err(|error| StoreError::Statement(Box::new(error)))?;
    let values = [
        failure.id.into(),
        (&failure.project_id).into(),
        failure.created_at.into(),
        (&failure.correlation_id).into(),
        (&failure.code).into(),
        (&failure.fine_code).into(),
        failure.origin.as_ref().into(),
        failure.encryption_key_id.as_ref().into(),
        failure.signature_key_id.as_ref().into(),
        failure.token_bytes.into(),
        (&parts).into(),
        failure.issuer.as_ref().into(),
        failure.issued_at.into(),
        failure.expires_at.into(),
    ];
    tx.execute(INSERT, &values).await.map(drop)
}

/// All of a project's failures that are kept, oldest first.
pub async fn all(tx: &mut Tx<'_>, project_id: &ProjectId) -> Result<Vec<AuthenticationFailure>, StoreError> {
    tx.query(ALL, &[project_id.into()], read).await
}

/// Lists a project's failures, newest first.
pub async fn list(
    tx: &mut Tx<'_>,
    project_id: &ProjectId,
    filter: &FailureFilter,
    page: &PageRequest,
) -> Result<Page<AuthenticationFailure>, StoreError> {
    // Newest first: what follows a place is older than it.
    let (newest, newest_id) = page.after_uuid((i64::MAX, Uuid::max()))?;
    let (oldest, oldest_id) = page.before_uuid((i64::MIN, Uuid::nil()))?;
    let values = [
        project_id.into(),
        newest.into(),
        newest_id.into(),
        oldest.into(),
        oldest_id.into(),
        filter.code.as_ref().into(),
        filter.fine_code.as_ref().into(),
        filter.correlation_id.as_ref().into(),
        page.read().into(),
    ];
    let sql = if page.from_end { LIST_BACKWARDS } else { LIST };
    let found = tx.query(sql, &values, read).await?;
    let place = |failure: AuthenticationFailure| {
        (Cursor { key: failure.created_at.as_millis(), id: failure.id.to_string() }, failure)
    };
    Ok(Page::new(page, found.into_iter().map(place).collect()))
}

/// Counts a project's failures from `from` until before `to`, both rounded down to the minute, in spans of `span_minutes`
/// (at least 1).
pub async fn counts(
    tx: &mut Tx<'_>,
    project_id: &ProjectId,
    from: Timestamp,
    to: Timestamp,
    span_minutes: i64,
) -> Result<Vec<FailureCount>, StoreError> {
    let minute = |moment: Timestamp| moment.as_millis().div_euclid(MINUTE) * MINUTE;
    let (from, to, span) = (minute(from), minute(to), span_minutes.max(1).saturating_mul(MINUTE));
    let values = [from.into(), span.into(), project_id.into(), from.into(), to.into()];
    tx.query(COUNTS, &values, |row| {
        Ok(FailureCount {
            bucket: row.get(0, "authentication_failure_counts.minute_at")?,
            code: row.get(1, "authentication_failure_counts.code")?,
            fine_code: row.get(2, "authentication_failure_counts.fine_code")?,
            failures: row.get(3, "authentication_failure_counts.failures")?,
        })
    })
    .await
}

/// Removes counts older than [`COUNTS_KEPT`] at `now`, and tells how many.
pub async fn purge_counts(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    let kept = i64::try_from(COUNTS_KEPT.as_millis()).unwrap_or(i64::MAX);
    tx.execute(PURGE_COUNTS, &[now.as_millis().saturating_sub(kept).into()]).await
}

fn read(row: &Row<'_>) -> Result<AuthenticationFailure, StoreError> {
    Ok(AuthenticationFailure {
        id: row.get(0, "authentication_failures.id")?,
        project_id: row.get(1, "authentication_failures.project_id")?,
        created_at: row.get(2, "authentication_failures.created_at")?,
        correlation_id: row.get(3, "authentication_failures.correlation_id")?,
        code: row.get(4, "authentication_failures.code")?,
        fine_code: row.get(5, "authentication_failures.fine_code")?,
        origin: row.get(6, "authentication_failures.origin")?,
        encryption_key_id: row.get(7, "authentication_failures.encryption_key_id")?,
        signature_key_id: row.get(8, "authentication_failures.signature_key_id")?,
        token_bytes: row.get(9, "authentication_failures.token_bytes")?,
        part_characters: row
            .word(10, "authentication_failures.part_characters", |text| serde_json::from_str(text).ok())?,
        issuer: row.get(11, "authentication_failures.issuer")?,
        issued_at: row.get(12, "authentication_failures.issued_at")?,
        expires_at: row.get(13, "authentication_failures.expires_at")?,
    })
}
