//! Where brands publish their signing keys, and how the last attempts to fetch them went. At most one for a project.

use signet_domain::{ProjectId, Timestamp};

use crate::sql::{Row, statements};
use crate::{StoreError, Tx};

/// A key set at an address of the brand's (RFC 7517 section 5).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CustomerKeySet {
    /// The project whose keys it holds.
    pub project_id: ProjectId,
    /// Where it is fetched.
    pub address: String,
    /// When the address was set.
    pub created_at: Timestamp,
    /// When it was proved that the set is the brand's own.
    pub proved_at: Option<Timestamp>,
    /// What is to be signed with a key of the set, and until when.
    pub challenge: Option<(String, Timestamp)>,
    /// When it was last tried.
    pub attempted_at: Option<Timestamp>,
    /// When it was last fetched with a usable key in it.
    pub fetched_at: Option<Timestamp>,
    /// The code of what went wrong the last time.
    pub failure: Option<String>,
    /// Keys of the set that are not used: name and code of each.
    pub ignored: Vec<(String, String)>,
}

macro_rules! columns {
    () => {
        "project_id, address, created_at, proved_at, challenge, challenge_expires_at, attempted_at, fetched_at, failure, ignored"
    };
}

statements! {
    PUT = concat!("INSERT INTO customer_key_sets (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
        ON CONFLICT (project_id) DO UPDATE SET address = excluded.address, created_at = excluded.created_at, \
        proved_at = excluded.proved_at, challenge = excluded.challenge, challenge_expires_at = excluded.challenge_expires_at, \
        attempted_at = excluded.attempted_at, fetched_at = excluded.fetched_at, failure = excluded.failure, \
        ignored = excluded.ignored");
    FIND = concat!("SELECT ", columns!(), " FROM customer_key_sets WHERE project_id = $1");
    /// Written by nothing else, so that no other fetch takes the place of one that a token asked for.
    DEMAND = "UPDATE customer_key_sets SET demanded_at = $1 WHERE project_id = $2 AND proved_at IS NOT NULL \
        AND (demanded_at IS NULL OR demanded_at <= $3)";
    CLAIM = "UPDATE customer_key_sets SET attempted_at = $1 WHERE project_id = $2 AND proved_at IS NOT NULL \
        AND attempted_at <= $3";
    STALE = "SELECT project_id FROM customer_key_sets WHERE attempted_at <= $1 AND proved_at IS NOT NULL LIMIT 100";
    DELETE = "DELETE FROM customer_key_sets WHERE project_id = $1";
}

/// Stores a project's set in the place of the one before.
pub async fn put(tx: &mut Tx<'_>, set: &CustomerKeySet) -> Result<(), StoreError> {
    let ignored =
        serde_json::to_string(&set.ignored).map_err(|error| StoreError::Statement(Box::new(error)))?;
    let values = [
        (&set.project_id).into(),
        (&set.address).into(),
        set.created_at.into(),
        set.proved_at.into(),
        set.challenge.as_ref().map(|(text, _)| text).into(),
        set.challenge.as_ref().map(|(_, until)| *until).into(),
        set.attempted_at.into(),
        set.fetched_at.into(),
        set.failure.as_ref().into(),
        (&ignored).into(),
    ];
    tx.execute(PUT, &values).await.map(drop)
}

/// Finds a project's set.
pub async fn find(tx: &mut Tx<'_>, project_id: &ProjectId) -> Result<Option<CustomerKeySet>, StoreError> {
    tx.query_opt(FIND, &[project_id.into()], read).await
}

/// Takes the right to fetch a proved set at `now` because a token names an unknown key. Of all nodes one has it. False if there is
/// no such set, or a token made somebody fetch it later than `before`.
pub async fn demand(
    tx: &mut Tx<'_>,
    project_id: &ProjectId,
    now: Timestamp,
    before: Timestamp,
) -> Result<bool, StoreError> {
    tx.changes(DEMAND, &[now.into(), project_id.into(), before.into()]).await
}

/// Takes the right to fetch a proved set at `now` because that was not done for long. Of all nodes one has it. False if there is no
/// such set, or it was fetched later than `before`, for whatever reason.
pub async fn claim(
    tx: &mut Tx<'_>,
    project_id: &ProjectId,
    now: Timestamp,
    before: Timestamp,
) -> Result<bool, StoreError> {
    tx.changes(CLAIM, &[now.into(), project_id.into(), before.into()]).await
}

/// Projects whose proved set was last tried at `before` or earlier, at most a hundred.
pub async fn stale(tx: &mut Tx<'_>, before: Timestamp) -> Result<Vec<ProjectId>, StoreError> {
    tx.query(STALE, &[before.into()], |row| row.get(0, "customer_key_sets.project_id")).await
}

/// Removes a project's set. False if it has none.
pub async fn delete(tx: &mut Tx<'_>, project_id: &ProjectId) -> Result<bool, StoreError> {
    tx.changes(DELETE, &[project_id.into()]).await
}

fn read(row: &Row<'_>) -> Result<CustomerKeySet, StoreError> {
    let challenge = match row.get::<Option<Timestamp>>(5, "customer_key_sets.challenge_expires_at")? {
        None => None,
        Some(until) => Some((row.get(4, "customer_key_sets.challenge")?, until)),
    };
    Ok(CustomerKeySet {
        project_id: row.get(0, "customer_key_sets.project_id")?,
        address: row.get(1, "customer_key_sets.address")?,
        created_at: row.get(2, "customer_key_sets.created_at")?,
        proved_at: row.get(3, "customer_key_sets.proved_at")?,
        challenge,
        attempted_at: row.get(6, "customer_key_sets.attempted_at")?,
        fetched_at: row.get(7, "customer_key_sets.fetched_at")?,
        failure: row.get(8, "customer_key_sets.failure")?,
        ignored: row.word(9, "customer_key_sets.ignored", |text| serde_json::from_str(text).ok())?,
    })
}
