//! The brands' public signing keys.

use signet_domain::{CustomerKeyId, KeyProof, KeyState, ProjectId, Timestamp};

use crate::sql::{Row, statements};
use crate::{StoreError, Tx};

/// The uniqueness rule that keeps a proved key in one project.
pub const ONE_OWNER: &str = "customer_keys_one_owner";

/// A registered key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CustomerKey {
    /// Its id.
    pub id: CustomerKeyId,
    /// The project whose tokens it verifies.
    pub project_id: ProjectId,
    /// RFC 7638 thumbprint, base64url.
    pub fingerprint: String,
    /// The brand's `kid`, if it has one.
    pub key_id: Option<String>,
    /// SubjectPublicKeyInfo, DER.
    pub public_key: Vec<u8>,
    /// The name of its algorithm; `None`: the first of the key's type.
    pub algorithm: Option<String>,
    /// Where it stands.
    pub state: KeyState,
    /// When it was registered.
    pub created_at: Timestamp,
    /// How and when its possession was proved.
    pub proof: Option<(KeyProof, Timestamp)>,
    /// What its holder is to sign, and until when.
    pub challenge: Option<(String, Timestamp)>,
    /// When it first verified tokens.
    pub activated_at: Option<Timestamp>,
    /// Since when it is on its way out.
    pub retiring_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

macro_rules! columns {
    () => {
        "id, project_id, fingerprint, key_id, public_key, algorithm, state, created_at, proof, proved_at, challenge, \
         challenge_expires_at, activated_at, retiring_at, revoked_at"
    };
}

statements! {
    INSERT = concat!("INSERT INTO customer_keys (", columns!(), ") \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)");
    LIST = concat!("SELECT ", columns!(), " FROM customer_keys WHERE project_id = $1 ORDER BY created_at, id");
    FIND = concat!("SELECT ", columns!(), " FROM customer_keys WHERE id = $1 AND project_id = $2");
    UPDATE = "UPDATE customer_keys SET state = $1, proof = $2, proved_at = $3, challenge = $4, challenge_expires_at = $5, \
        activated_at = $6, retiring_at = $7, revoked_at = $8 WHERE id = $9 AND state = $10";
    DELETE = "DELETE FROM customer_keys WHERE id = $1";
    REVOKED_SINCE = "SELECT project_id, fingerprint FROM customer_keys WHERE revoked_at >= $1";
    IS_PROVED_ELSEWHERE = "SELECT 1 FROM customer_keys WHERE fingerprint = $1 AND project_id <> $2 AND proof IS NOT NULL \
        LIMIT 1";
}

/// Registers a key. [`StoreError::Conflict`] if the project has it already, or, naming [`ONE_OWNER`], if another project
/// proved it.
pub async fn insert(tx: &mut Tx<'_>, key: &CustomerKey) -> Result<(), StoreError> {
    let values = [
        key.id.into(),
        (&key.project_id).into(),
        (&key.fingerprint).into(),
        key.key_id.as_ref().into(),
        key.public_key.as_slice().into(),
        key.algorithm.as_ref().into(),
        key.state.as_str().into(),
        key.created_at.into(),
        key.proof.map(|(proof, _)| proof.as_str()).into(),
        key.proof.map(|(_, at)| at).into(),
        key.challenge.as_ref().map(|(text, _)| text).into(),
        key.challenge.as_ref().map(|(_, until)| *until).into(),
        key.activated_at.into(),
        key.retiring_at.into(),
        key.revoked_at.into(),
    ];
    tx.execute(INSERT, &values).await.map(drop)
}

/// Lists a project's keys, oldest first.
pub async fn list(tx: &mut Tx<'_>, project_id: &ProjectId) -> Result<Vec<CustomerKey>, StoreError> {
    tx.query(LIST, &[project_id.into()], read).await
}

/// Finds a key of a project.
pub async fn find(
    tx: &mut Tx<'_>,
    project_id: &ProjectId,
    id: CustomerKeyId,
) -> Result<Option<CustomerKey>, StoreError> {
    tx.query_opt(FIND, &[id.into(), project_id.into()], read).await
}

/// Writes what may change of a key: state, proof, challenge and times. False if it is no longer in the state `was`.
/// [`StoreError::Conflict`] naming [`ONE_OWNER`] if another project proved it.
pub async fn update(tx: &mut Tx<'_>, key: &CustomerKey, was: KeyState) -> Result<bool, StoreError> {
    let values = [
        key.state.as_str().into(),
        key.proof.map(|(proof, _)| proof.as_str()).into(),
        key.proof.map(|(_, at)| at).into(),
        key.challenge.as_ref().map(|(text, _)| text).into(),
        key.challenge.as_ref().map(|(_, until)| *until).into(),
        key.activated_at.into(),
        key.retiring_at.into(),
        key.revoked_at.into(),
        key.id.into(),
        was.as_str().into(),
    ];
    tx.changes(UPDATE, &values).await
}

/// Removes a key. False if there is no such key.
pub async fn delete(tx: &mut Tx<'_>, id: CustomerKeyId) -> Result<bool, StoreError> {
    tx.changes(DELETE, &[id.into()]).await
}

/// Whether another project has proved this key, whatever became of it.
pub async fn is_proved_elsewhere(
    tx: &mut Tx<'_>,
    fingerprint: &str,
    project_id: &ProjectId,
) -> Result<bool, StoreError> {
    let found =
        tx.query_opt(IS_PROVED_ELSEWHERE, &[fingerprint.into(), project_id.into()], |_| Ok(())).await?;
    Ok(found.is_some())
}

/// Project and thumbprint of the keys that were revoked at `since` or later.
pub async fn revoked_since(
    tx: &mut Tx<'_>,
    since: Timestamp,
) -> Result<Vec<(ProjectId, String)>, StoreError> {
    tx.query(REVOKED_SINCE, &[since.into()], |row| {
        Ok((row.get(0, "customer_keys.project_id")?, row.get(1, "customer_keys.fingerprint")?))
    })
    .await
}

fn read(row: &Row<'_>) -> Result<CustomerKey, StoreError> {
    let proof = match row.get::<Option<Timestamp>>(9, "customer_keys.proved_at")? {
        None => None,
        Some(at) => Some((row.word(8, "customer_keys.proof", KeyProof::parse)?, at)),
    };
    let challenge = match row.get::<Option<Timestamp>>(11, "customer_keys.challenge_expires_at")? {
        None => None,
        Some(until) => Some((row.get(10, "customer_keys.challenge")?, until)),
    };
    Ok(CustomerKey {
        id: row.get(0, "customer_keys.id")?,
        project_id: row.get(1, "customer_keys.project_id")?,
        fingerprint: row.get(2, "customer_keys.fingerprint")?,
        key_id: row.get(3, "customer_keys.key_id")?,
        public_key: row.get(4, "customer_keys.public_key")?,
        algorithm: row.get(5, "customer_keys.algorithm")?,
        state: row.word(6, "customer_keys.state", KeyState::parse)?,
        created_at: row.get(7, "customer_keys.created_at")?,
        proof,
        challenge,
        activated_at: row.get(12, "customer_keys.activated_at")?,
        retiring_at: row.get(13, "customer_keys.retiring_at")?,
        revoked_at: row.get(14, "customer_keys.revoked_at")?,
    })
}
