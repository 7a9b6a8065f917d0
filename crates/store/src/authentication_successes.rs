//! Accepted visitor tokens, counted by the minute, and kept as long as counts of refusals: what share of them would be let in.

use signet_domain::{ProjectId, Timestamp};

use crate::authentication_failures::COUNTS_KEPT;
use crate::sql::statements;
use crate::{StoreError, Tx};

const MINUTE: i64 = 60_000;

statements! {
    ADD = "INSERT INTO authentication_success_counts (project_id, minute_at, successes) VALUES ($1, $2, $3) \
        ON CONFLICT (project_id, minute_at) \
        DO UPDATE SET successes = authentication_success_counts.successes + excluded.successes";
    COUNTS = "SELECT (minute_at - $1) / $2 AS bucket, CAST(SUM(successes) AS BIGINT) \
        FROM authentication_success_counts WHERE project_id = $3 AND minute_at >= $4 AND minute_at < $5 \
        GROUP BY bucket ORDER BY bucket";
    PURGE = "DELETE FROM authentication_success_counts WHERE minute_at < $1";
}

/// The minute in which a moment lies, in milliseconds.
pub fn minute_of(moment: Timestamp) -> i64 {
    moment.as_millis().div_euclid(MINUTE) * MINUTE
}

/// Adds accepted tokens: project, minute ([`minute_of`]) and how many. In the order given.
pub async fn add_all(tx: &mut Tx<'_>, counts: &[(ProjectId, i64, i64)]) -> Result<(), StoreError> {
    for (project_id, minute, successes) in counts {
        tx.execute(ADD, &[project_id.into(), (*minute).into(), (*successes).into()]).await?;
    }
    Ok(())
}

/// Counts a project's accepted tokens from `from` until before `to`, both rounded down to the minute, in spans of `span_minutes`
/// (at least 1): number of the span and how many, spans without any left out.
pub async fn counts(
    tx: &mut Tx<'_>,
    project_id: &ProjectId,
    (from, to): (Timestamp, Timestamp),
    span_minutes: i64,
) -> Result<Vec<(i64, i64)>, StoreError> {
    let (from, to, span) = (minute_of(from), minute_of(to), span_minutes.max(1).saturating_mul(MINUTE));
    let values = [from.into(), span.into(), project_id.into(), from.into(), to.into()];
    tx.query(COUNTS, &values, |row| {
        Ok((
            row.get(0, "authentication_success_counts.minute_at")?,
            row.get(1, "authentication_success_counts.successes")?,
        ))
    })
    .await
}

/// Removes counts older than [`COUNTS_KEPT`] at `now`, and tells how many.
pub async fn purge(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    let kept = i64::try_from(COUNTS_KEPT.as_millis()).unwrap_or(i64::MAX);
    tx.execute(PURGE, &[now.as_millis().saturating_sub(kept).into()]).await
}
