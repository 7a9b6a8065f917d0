//! How often and when keys opened a verified session, by the day: who signs with which customer key, and who still
//! encrypts to which platform key. A row a day for each pair of keys that is in use: a few hundred a year.

use signet_domain::{ProjectId, Timestamp};

use crate::sql::{Row, statements};
use crate::{StoreError, Tx};

const DAY: i64 = 86_400_000;

/// Uses of one pair of keys in one project.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyUse {
    /// Where.
    pub project_id: ProjectId,
    /// Thumbprint of the customer key that signed.
    pub customer_key: String,
    /// Thumbprint of the platform key that the token was encrypted to; empty if custody did not say.
    pub platform_key: String,
    /// How many sessions were opened or renewed.
    pub uses: i64,
    /// The first of them.
    pub first_at: Timestamp,
    /// The last of them.
    pub last_at: Timestamp,
}

statements! {
    ADD = "INSERT INTO key_uses (project_id, customer_key, platform_key, day_at, uses, first_at, last_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (project_id, customer_key, platform_key, day_at) DO UPDATE SET \
        uses = key_uses.uses + excluded.uses, last_at = CASE WHEN excluded.last_at > key_uses.last_at \
        THEN excluded.last_at ELSE key_uses.last_at END, first_at = CASE WHEN excluded.first_at < key_uses.first_at \
        THEN excluded.first_at ELSE key_uses.first_at END";
    SUM = "SELECT project_id, customer_key, platform_key, \
        CAST(SUM(CASE WHEN day_at >= $1 THEN uses ELSE 0 END) AS BIGINT), MIN(first_at), MAX(last_at) FROM key_uses \
        WHERE project_id = $2 GROUP BY project_id, customer_key, platform_key";
    SUM_OF_PLATFORM = "SELECT project_id, '', platform_key, \
        CAST(SUM(CASE WHEN day_at >= $1 THEN uses ELSE 0 END) AS BIGINT), MIN(first_at), MAX(last_at) FROM key_uses \
        WHERE platform_key <> '' GROUP BY project_id, platform_key ORDER BY project_id, platform_key";
}

/// Adds uses, in the order given.
pub async fn add_all(tx: &mut Tx<'_>, uses: &[KeyUse]) -> Result<(), StoreError> {
    for entry in uses {
        let day = entry.last_at.as_millis().div_euclid(DAY) * DAY;
        let values = [
            (&entry.project_id).into(),
            (&entry.customer_key).into(),
            (&entry.platform_key).into(),
            day.into(),
            entry.uses.into(),
            entry.first_at.into(),
            entry.last_at.into(),
        ];
        tx.execute(ADD, &values).await?;
    }
    Ok(())
}

/// A project's pairs of keys: first and last use ever, and how often since the beginning of the day of `since`.
pub async fn sum(
    tx: &mut Tx<'_>,
    project_id: &ProjectId,
    since: Timestamp,
) -> Result<Vec<KeyUse>, StoreError> {
    let day = since.as_millis().div_euclid(DAY) * DAY;
    tx.query(SUM, &[day.into(), project_id.into()], read).await
}

/// Every platform key's uses by project, whichever customer key signed (`customer_key` is empty): first and last use ever, and how
/// often since the beginning of the day of `since`.
pub async fn sum_of_platform(tx: &mut Tx<'_>, since: Timestamp) -> Result<Vec<KeyUse>, StoreError> {
    let day = since.as_millis().div_euclid(DAY) * DAY;
    tx.query(SUM_OF_PLATFORM, &[day.into()], read).await
}

fn read(row: &Row<'_>) -> Result<KeyUse, StoreError> {
    Ok(KeyUse {
        project_id: row.get(0, "key_uses.project_id")?,
        customer_key: row.get(1, "key_uses.customer_key")?,
        platform_key: row.get(2, "key_uses.platform_key")?,
        uses: row.get(3, "key_uses.uses")?,
        first_at: row.get(4, "key_uses.first_at")?,
        last_at: row.get(5, "key_uses.last_at")?,
    })
}
