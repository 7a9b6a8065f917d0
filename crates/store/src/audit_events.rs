//! The audit log: rows that are only ever added, each chained to the one before by its hash.
//!
//! There is a chain for each project and one for the platform, so that a project's auditor can check what they may see
//! without seeing more, and so that projects do not wait for each other: on PostgreSQL the end of a chain is locked from
//! [`flush`] until the commit. The store itself calls that when a body has ended well, so a body may record events wherever
//! it knows of them; their locks come last and in the chains' order, and are held for two statements and the commit.
//!
//! What is hashed is documented in `docs/audit-log.md` and pinned by a test: changing it would break every chain.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use signet_domain::audit::AuditEvent;
use signet_domain::{ProjectId, Timestamp};

use crate::sql::{Row, Sql, Value, statements};
use crate::{Cursor, Page, PageRequest, StoreError, Tx};

/// SHA-256.
pub type Hash = [u8; 32];

/// What stands before the first row of a chain.
pub const BEGINNING: Hash = [0; 32];

/// The chain of what concerns the platform. No project has this id.
pub const PLATFORM: &str = "";

/// A row as it is stored. Words and ids are plain texts: whoever checks a chain must be able to read what somebody
/// tampered with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditRow {
    /// The project's id, or [`PLATFORM`].
    pub chain: String,
    /// Place in the chain, from 1, without holes.
    pub sequence: i64,
    /// When.
    pub created_at: Timestamp,
    /// What.
    pub kind: String,
    /// `AGENT`, `CLIENT`, `VISITOR`, `OPERATOR` or `SYSTEM`.
    pub actor_type: String,
    /// Who.
    pub actor_id: Option<String>,
    /// What they were called then.
    pub actor_name: Option<String>,
    /// Kind of the thing it was done to.
    pub subject_type: Option<String>,
    /// Its id.
    pub subject_id: Option<String>,
    /// From where.
    pub address: Option<String>,
    /// The request.
    pub correlation_id: Option<String>,
    /// A JSON object of texts.
    pub details: String,
    /// The hash of the row before.
    pub previous_hash: Hash,
    /// The hash of this row.
    pub hash: Hash,
}

/// The canonical form (RFC 8785) of a row: members in the order of their names, no white space.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Canonical<'a> {
    actor: CanonicalActor<'a>,
    address: Option<&'a str>,
    at: Timestamp,
    correlation_id: Option<&'a str>,
    details: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
    kind: &'a str,
    previous: String,
    project_id: Option<&'a str>,
    sequence: i64,
    subject: Option<CanonicalSubject<'a>>,
}

#[derive(Serialize)]
struct CanonicalActor<'a> {
    id: Option<&'a str>,
    name: Option<&'a str>,
    r#type: &'a str,
}

#[derive(Serialize)]
struct CanonicalSubject<'a> {
    id: Option<&'a str>,
    r#type: Option<&'a str>,
}

impl AuditRow {
    /// The row as a line of an export: its canonical text with its hash in it. [`StoreError::Corrupt`] if its details are
    /// not JSON.
    pub fn line(&self) -> Result<String, StoreError> {
        self.canonical(Some(hexadecimal(&self.hash)))
    }

    /// The hash that this row must have: of its canonical text without a hash.
    pub fn computed_hash(&self) -> Result<Hash, StoreError> {
        Ok(Sha256::digest(self.canonical(None)?.as_bytes()).into())
    }

    fn canonical(&self, hash: Option<String>) -> Result<String, StoreError> {
        let details: &RawValue =
            serde_json::from_str(&self.details).map_err(|_| StoreError::Corrupt("audit_events.details"))?;
        let named = self.subject_id.is_some() || self.subject_type.is_some();
        let canonical = Canonical {
            actor: CanonicalActor {
                id: self.actor_id.as_deref(),
                name: self.actor_name.as_deref(),
                r#type: &self.actor_type,
            },
            address: self.address.as_deref(),
            at: self.created_at,
            correlation_id: self.correlation_id.as_deref(),
            details,
            hash,
            kind: &self.kind,
            previous: hexadecimal(&self.previous_hash),
            project_id: Some(self.chain.as_str()).filter(|chain| *chain != PLATFORM),
            sequence: self.sequence,
            subject: named.then_some(CanonicalSubject {
                id: self.subject_id.as_deref(),
                r#type: self.subject_type.as_deref(),
            }),
        };
        serde_json::to_string(&canonical).map_err(|_| StoreError::Corrupt("audit_events.details"))
    }
}

/// A hash as people and JSON see it: 64 lower-case hexadecimal digits.
pub fn hexadecimal(hash: &Hash) -> String {
    hash.iter().fold(String::with_capacity(64), |mut text, byte| {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
        text
    })
}

/// Where a chain ends and begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditChain {
    /// The project's id, or [`PLATFORM`].
    pub chain: String,
    /// The last row; 0 if there was none.
    pub sequence: i64,
    /// Its hash.
    pub hash: Hash,
    /// The last row that retention removed; 0 if it removed none.
    pub removed_sequence: i64,
    /// Its hash.
    pub removed_hash: Hash,
}

/// Which events: every member that is set must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AuditFilter {
    /// One of these kinds.
    pub kinds: Option<Vec<String>>,
    /// Who did it, by id.
    pub actor_id: Option<String>,
    /// What it was done to, by id.
    pub subject_id: Option<String>,
    /// The request.
    pub correlation_id: Option<String>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
}

macro_rules! columns {
    () => {
        "chain, sequence, created_at, kind, actor_type, actor_id, actor_name, subject_type, subject_id, address, \
         correlation_id, details, previous_hash, hash"
    };
}

macro_rules! list {
    ($kinds:literal, $order:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            " FROM audit_events WHERE chain = $1 AND sequence < $2 AND sequence > $3 \
             AND created_at >= $4 AND created_at < $5 \
             AND (CAST($6 AS TEXT) IS NULL OR actor_id = CAST($6 AS TEXT)) \
             AND (CAST($7 AS TEXT) IS NULL OR subject_id = CAST($7 AS TEXT)) \
             AND (CAST($8 AS TEXT) IS NULL OR correlation_id = CAST($8 AS TEXT)) \
             AND (CAST($9 AS BIGINT) = 0 OR kind ",
            $kinds,
            ") ORDER BY sequence ",
            $order,
            " LIMIT $11"
        )
    };
}

statements! {
    /// On PostgreSQL others wait here until the commit.
    END = "SELECT sequence, hash FROM audit_chains WHERE chain = $1",
        postgres: "SELECT sequence, hash FROM audit_chains WHERE chain = $1 FOR UPDATE";
    BEGIN = "INSERT INTO audit_chains (chain, sequence, hash, removed_sequence, removed_hash) \
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    INSERT = concat!("INSERT INTO audit_events (", columns!(), ") \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)");
    EXTEND = "UPDATE audit_chains SET sequence = $1, hash = $2 WHERE chain = $3";
    /// The condition holds for every chain; it makes the primary key serve the order.
    CHAINS = "SELECT chain, sequence, hash, removed_sequence, removed_hash FROM audit_chains \
        WHERE chain >= '' ORDER BY chain";
    /// Chains that have rows, found by jumping from one to the next.
    NEXT_CHAIN = "SELECT chain FROM audit_events WHERE chain > $1 ORDER BY chain LIMIT 1";
    FIRST_CHAIN = "SELECT chain FROM audit_events WHERE chain >= '' ORDER BY chain LIMIT 1";
    AFTER = concat!("SELECT ", columns!(), " FROM audit_events WHERE chain = $1 AND sequence > $2 \
        ORDER BY sequence LIMIT $3");
    LIST = list!("IN (SELECT value FROM json_each($10))", "DESC"), postgres: list!("= ANY($10)", "DESC");
    LIST_BACKWARDS = list!("IN (SELECT value FROM json_each($10))", "ASC"), postgres: list!("= ANY($10)", "ASC");
    FIRST_KEPT = "SELECT sequence FROM audit_events WHERE chain = $1 AND sequence > $2 AND created_at >= $3 \
        ORDER BY sequence LIMIT 1";
    LAST_BEFORE = "SELECT sequence, hash FROM audit_events WHERE chain = $1 AND sequence > $2 AND sequence < $3 \
        ORDER BY sequence DESC LIMIT 1";
    REMOVE = "DELETE FROM audit_events WHERE chain = $1 AND sequence <= $2";
    SET_REMOVED = "UPDATE audit_chains SET removed_sequence = $1, removed_hash = $2 WHERE chain = $3";
    INSERT_CHECKPOINT = "INSERT INTO audit_checkpoints (chain, sequence, created_at, checkpoint) \
        VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    CHECKPOINTS = "SELECT sequence, checkpoint FROM audit_checkpoints WHERE chain = $1 AND sequence > $2 \
        ORDER BY sequence LIMIT $3";
    /// As for rows.
    NEXT_SIGNED = "SELECT chain FROM audit_checkpoints WHERE chain > $1 ORDER BY chain LIMIT 1";
    FIRST_SIGNED = "SELECT chain FROM audit_checkpoints WHERE chain >= '' ORDER BY chain LIMIT 1";
    REMOVE_CHECKPOINTS = "DELETE FROM audit_checkpoints WHERE chain = $1 AND sequence < $2";
    /// Chains that have grown since their last checkpoint, if that was made before a moment.
    UNSIGNED = "SELECT chain, sequence, hash, removed_sequence, removed_hash FROM audit_chains \
        WHERE chain >= '' AND NOT EXISTS (SELECT 1 FROM audit_checkpoints AS kept WHERE kept.chain = audit_chains.chain \
        AND kept.sequence = (SELECT max(last.sequence) FROM audit_checkpoints AS last WHERE last.chain = audit_chains.chain) \
        AND (kept.sequence = audit_chains.sequence OR kept.created_at > $1)) ORDER BY chain";
}

/// Records an event. It is written with the rest of the body, or not at all, and costs no commit of its own. Call it
/// anywhere in the body.
pub fn record(tx: &mut Tx<'_>, event: AuditEvent) {
    tx.audit.push(event);
}

/// Writes what a body recorded, chained to what is there. Called by the store at the end of every body.
pub(crate) async fn flush(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let mut chains: BTreeMap<String, Vec<AuditEvent>> = BTreeMap::new();
    for event in std::mem::take(&mut tx.audit) {
        let chain = event.project_id.as_ref().map_or(PLATFORM, ProjectId::as_str).to_owned();
        chains.entry(chain).or_default().push(event);
    }
    for (chain, events) in chains {
        let (mut sequence, mut hash) = end(tx, &chain).await?;
        for event in events {
            sequence += 1;
            hash = insert(tx, row(event, &chain, sequence, hash)?).await?;
        }
        tx.execute(EXTEND, &[sequence.into(), (&hash).into(), (&chain).into()]).await?;
    }
    Ok(())
}

/// The chain's end, locked until the commit.
async fn end(tx: &mut Tx<'_>, chain: &str) -> Result<(i64, Hash), StoreError> {
    let read = |row: &Row<'_>| Ok((row.get(0, "audit_chains.sequence")?, hash(row, 1, "audit_chains.hash")?));
    if let Some(end) = tx.query_opt(END, &[chain.into()], read).await? {
        return Ok(end);
    }
    let values = [chain.into(), 0.into(), (&BEGINNING).into(), 0.into(), (&BEGINNING).into()];
    tx.execute(BEGIN, &values).await?;
    tx.query_opt(END, &[chain.into()], read).await?.ok_or(StoreError::Corrupt("audit_chains.chain"))
}

fn row(event: AuditEvent, chain: &str, sequence: i64, previous_hash: Hash) -> Result<AuditRow, StoreError> {
    let details =
        serde_json::to_string(&event.details).map_err(|_| StoreError::Corrupt("audit_events.details"))?;
    let (subject_type, subject_id) = event.subject.map(|(kind, id)| (kind.to_owned(), id)).unzip();
    let mut row = AuditRow {
        chain: chain.to_owned(),
        sequence,
        created_at: event.at,
        kind: event.kind.as_str().to_owned(),
        actor_type: event.actor.kind().to_owned(),
        actor_id: event.actor.id(),
        actor_name: event.actor.name().map(str::to_owned),
        subject_type,
        subject_id,
        address: event.address,
        correlation_id: event.correlation_id,
        details,
        previous_hash,
        hash: BEGINNING,
    };
    row.hash = row.computed_hash()?;
    Ok(row)
}

async fn insert(tx: &mut Tx<'_>, row: AuditRow) -> Result<Hash, StoreError> {
    let values = [
        (&row.chain).into(),
        row.sequence.into(),
        row.created_at.into(),
        (&row.kind).into(),
        (&row.actor_type).into(),
        row.actor_id.as_ref().into(),
        row.actor_name.as_ref().into(),
        row.subject_type.as_ref().into(),
        row.subject_id.as_ref().into(),
        row.address.as_ref().into(),
        row.correlation_id.as_ref().into(),
        (&row.details).into(),
        (&row.previous_hash).into(),
        (&row.hash).into(),
    ];
    tx.execute(INSERT, &values).await?;
    Ok(row.hash)
}

/// Every chain, the platform's first.
pub async fn chains(tx: &mut Tx<'_>) -> Result<Vec<AuditChain>, StoreError> {
    tx.query(CHAINS, &[], read_chain).await
}

/// The names of the chains that have rows, whatever [`chains`] says.
pub async fn chains_with_rows(tx: &mut Tx<'_>) -> Result<Vec<String>, StoreError> {
    jump(tx, FIRST_CHAIN, NEXT_CHAIN).await
}

/// The names of the chains that have checkpoints.
pub async fn signed_chains(tx: &mut Tx<'_>) -> Result<Vec<String>, StoreError> {
    jump(tx, FIRST_SIGNED, NEXT_SIGNED).await
}

async fn jump(tx: &mut Tx<'_>, first: Sql, following: Sql) -> Result<Vec<String>, StoreError> {
    let name = |row: &Row<'_>| row.get::<String>(0, "audit_events.chain");
    let mut names = Vec::new();
    let mut next = tx.query_opt(first, &[], name).await?;
    while let Some(found) = next {
        next = tx.query_opt(following, &[Value::from(&found)], name).await?;
        names.push(found);
    }
    Ok(names)
}

/// Rows of a chain after a place, ascending. A row that cannot be read is an error of its own, with its sequence if that
/// can be.
pub async fn after(
    tx: &mut Tx<'_>,
    chain: &str,
    sequence: i64,
    limit: usize,
) -> Result<Vec<Result<AuditRow, Option<i64>>>, StoreError> {
    let values = [chain.into(), sequence.into(), (limit as i64).into()];
    tx.query(AFTER, &values, |row| Ok(read(row).map_err(|_| row.get::<i64>(1, "audit_events.sequence").ok())))
        .await
}

/// Lists a project's events, newest first.
pub async fn list(
    tx: &mut Tx<'_>,
    project_id: &ProjectId,
    filter: &AuditFilter,
    page: &PageRequest,
) -> Result<Page<AuditRow>, StoreError> {
    let newest = page.after.as_ref().map_or(i64::MAX, |cursor| cursor.key);
    let oldest = page.before.as_ref().map_or(0, |cursor| cursor.key);
    let kinds: Vec<&str> = filter.kinds.iter().flatten().map(String::as_str).collect();
    let values = [
        project_id.into(),
        newest.into(),
        oldest.into(),
        filter.from.map_or(i64::MIN, Timestamp::as_millis).into(),
        filter.to.map_or(i64::MAX, Timestamp::as_millis).into(),
        filter.actor_id.as_ref().into(),
        filter.subject_id.as_ref().into(),
        filter.correlation_id.as_ref().into(),
        i64::from(filter.kinds.is_some()).into(),
        Value::Texts(&kinds),
        page.read().into(),
    ];
    let sql = if page.from_end { LIST_BACKWARDS } else { LIST };
    let found = tx.query(sql, &values, read).await?;
    let place = |row: AuditRow| (Cursor { key: row.sequence, id: String::new() }, row);
    Ok(Page::new(page, found.into_iter().map(place).collect()))
}

/// The last of the chain's oldest rows that are all from before `before`: what retention may remove. `None` if there is
/// none.
pub async fn last_before(
    tx: &mut Tx<'_>,
    chain: &AuditChain,
    before: Timestamp,
) -> Result<Option<(i64, Hash)>, StoreError> {
    let values = [Value::from(&chain.chain), chain.removed_sequence.into(), before.into()];
    let kept = tx.query_opt(FIRST_KEPT, &values, |row| row.get::<i64>(0, "audit_events.sequence")).await?;
    let values = [Value::from(&chain.chain), chain.removed_sequence.into(), kept.unwrap_or(i64::MAX).into()];
    tx.query_opt(LAST_BEFORE, &values, |row| {
        Ok((row.get(0, "audit_events.sequence")?, hash(row, 1, "audit_events.hash")?))
    })
    .await
}

/// Removes a chain's rows up to and with `sequence`, whose hash is what remains of them. Record an event of it in the same
/// body: without one the chain does not verify.
pub async fn remove(
    tx: &mut Tx<'_>,
    chain: &str,
    sequence: i64,
    last_hash: &Hash,
) -> Result<u64, StoreError> {
    let removed = tx.execute(REMOVE, &[chain.into(), sequence.into()]).await?;
    tx.execute(SET_REMOVED, &[sequence.into(), last_hash.into(), chain.into()]).await?;
    tx.execute(REMOVE_CHECKPOINTS, &[chain.into(), sequence.into()]).await?;
    Ok(removed)
}

/// Stores a signed checkpoint of a chain's end.
pub async fn insert_checkpoint(
    tx: &mut Tx<'_>,
    chain: &AuditChain,
    at: Timestamp,
    checkpoint: &str,
) -> Result<(), StoreError> {
    let values = [(&chain.chain).into(), chain.sequence.into(), at.into(), checkpoint.into()];
    tx.execute(INSERT_CHECKPOINT, &values).await.map(drop)
}

/// A chain's checkpoints after a place, ascending.
pub async fn checkpoints(
    tx: &mut Tx<'_>,
    chain: &str,
    sequence: i64,
    limit: usize,
) -> Result<Vec<(i64, String)>, StoreError> {
    tx.query(CHECKPOINTS, &[chain.into(), sequence.into(), (limit as i64).into()], |row| {
        Ok((row.get(0, "audit_checkpoints.sequence")?, row.get(1, "audit_checkpoints.checkpoint")?))
    })
    .await
}

/// The chains that have grown since their last checkpoint, if that was made at `before` or earlier.
pub async fn unsigned(tx: &mut Tx<'_>, before: Timestamp) -> Result<Vec<AuditChain>, StoreError> {
    tx.query(UNSIGNED, &[before.into()], read_chain).await
}

fn read(row: &Row<'_>) -> Result<AuditRow, StoreError> {
    Ok(AuditRow {
        chain: row.get(0, "audit_events.chain")?,
        sequence: row.get(1, "audit_events.sequence")?,
        created_at: row.get(2, "audit_events.created_at")?,
        kind: row.get(3, "audit_events.kind")?,
        actor_type: row.get(4, "audit_events.actor_type")?,
        actor_id: row.get(5, "audit_events.actor_id")?,
        actor_name: row.get(6, "audit_events.actor_name")?,
        subject_type: row.get(7, "audit_events.subject_type")?,
        subject_id: row.get(8, "audit_events.subject_id")?,
        address: row.get(9, "audit_events.address")?,
        correlation_id: row.get(10, "audit_events.correlation_id")?,
        details: row.get(11, "audit_events.details")?,
        previous_hash: hash(row, 12, "audit_events.previous_hash")?,
        hash: hash(row, 13, "audit_events.hash")?,
    })
}

fn read_chain(row: &Row<'_>) -> Result<AuditChain, StoreError> {
    Ok(AuditChain {
        chain: row.get(0, "audit_chains.chain")?,
        sequence: row.get(1, "audit_chains.sequence")?,
        hash: hash(row, 2, "audit_chains.hash")?,
        removed_sequence: row.get(3, "audit_chains.removed_sequence")?,
        removed_hash: hash(row, 4, "audit_chains.removed_hash")?,
    })
}

fn hash(row: &Row<'_>, index: usize, name: &'static str) -> Result<Hash, StoreError> {
    row.get::<Vec<u8>>(index, name)?.try_into().map_err(|_| StoreError::Corrupt(name))
}
