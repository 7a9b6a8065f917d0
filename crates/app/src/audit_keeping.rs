//! Keeping the audit log: checkpoints, verification, export, retention.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use signet_domain::ProjectId;
use signet_domain::audit::AuditKind;
use signet_store::audit_events::{self, AuditChain, AuditRow, BEGINNING, hexadecimal};
use signet_token::{AuditCheckpoint, SessionVerifier};

use crate::audit_check::{AuditFault, AuditFaultKind, ChainCheck};
use crate::{Actor, App, AppError, StoreError};

/// Rows read at once.
const BATCH: usize = 500;

/// What a verification found.
#[derive(Debug, Default)]
pub struct AuditReport {
    /// Chains that were walked.
    pub chains: usize,
    /// Rows that were looked at.
    pub events: u64,
    /// Checkpoints whose signature was checked and that were compared with their row.
    pub checkpoints: u64,
    /// What is wrong, in the order of chains and rows.
    pub faults: Vec<AuditFault>,
}

impl App {
    /// Walks every chain and says what is not as it was written. With the platform's keys it also holds each chain against
    /// its signed checkpoints, those in the database and those kept elsewhere.
    pub async fn verify_audit(
        &self,
        verifier: Option<&SessionVerifier>,
        kept_elsewhere: &[String],
    ) -> Result<AuditReport, AppError> {
        let mut report = AuditReport::default();
        let mut signed = Signed::default();
        if let Some(verifier) = verifier {
            for checkpoint in kept_elsewhere {
                match verifier.verify_checkpoint(checkpoint) {
                    Ok(checkpoint) => signed.add(checkpoint),
                    Err(_) => signed.forged.push((String::new(), 0)),
                }
            }
            self.read_checkpoints(verifier, &mut signed).await?;
        }
        for end in self.audit_chains(&signed).await? {
            report.chains += 1;
            let mut expected = signed.ends.remove(&end.chain).unwrap_or_default();
            report.checkpoints += expected.len() as u64;
            // What retention removed cannot be held against anything any more.
            expected.retain(|sequence, _| *sequence > end.removed_sequence);
            self.verify_chain(end, expected, &mut report).await?;
        }
        report.faults.extend(signed.forged.into_iter().map(|(chain, sequence)| AuditFault {
            chain,
            first: sequence,
            last: sequence,
            kind: AuditFaultKind::CheckpointForged,
        }));
        Ok(report)
    }

    async fn verify_chain(
        &self,
        end: AuditChain,
        mut expected: BTreeMap<i64, BTreeSet<String>>,
        report: &mut AuditReport,
    ) -> Result<(), AppError> {
        let chain = end.chain.clone();
        // What is added while this walks is none of its business.
        let known = end.sequence;
        let mut sequence = end.removed_sequence;
        let mut check = ChainCheck::new(end);
        let mut unlike = Vec::new();
        'chain: loop {
            let rows = self.audit_rows_as_stored(&chain, sequence).await?;
            let full = rows.len() == BATCH;
            for row in rows {
                let number = row.as_ref().map_or_else(|found| *found, |row| Some(row.sequence));
                sequence = number.unwrap_or(sequence + 1);
                if sequence > known && self.is_new(&chain, known).await? {
                    break 'chain;
                }
                report.events += 1;
                check.row(row.as_ref().map_err(|found| *found));
                let hash = row.ok().map(|row| hexadecimal(&row.hash));
                if let Some(hashes) = expected.remove(&sequence)
                    && hashes.iter().any(|signed| Some(signed) != hash.as_ref())
                {
                    unlike.push(sequence);
                }
            }
            if !full {
                break;
            }
        }
        unlike.extend(expected.into_keys());
        report.faults.extend(check.finish());
        report.faults.extend(unlike.into_iter().map(|sequence| AuditFault {
            chain: chain.clone(),
            first: sequence,
            last: sequence,
            kind: AuditFaultKind::NotAsSigned,
        }));
        Ok(())
    }

    /// Whether the chain has grown beyond its end of a moment ago.
    async fn is_new(&self, chain: &str, known: i64) -> Result<bool, AppError> {
        let chains = self.audit_chains(&Signed::default()).await?;
        Ok(chains.iter().any(|end| end.chain == chain && end.sequence > known))
    }

    /// Every chain that is known of: by its end, by its rows, by its checkpoints.
    async fn audit_chains(&self, signed: &Signed) -> Result<Vec<AuditChain>, AppError> {
        let (chains, names) = self
            .store
            .read(|tx| {
                Box::pin(async move {
                    let chains = audit_events::chains(tx).await?;
                    Ok::<_, AppError>((chains, audit_events::chains_with_rows(tx).await?))
                })
            })
            .await?;
        let mut all: BTreeMap<String, AuditChain> =
            chains.into_iter().map(|chain| (chain.chain.clone(), chain)).collect();
        for name in names.into_iter().chain(signed.ends.keys().cloned()) {
            all.entry(name.clone()).or_insert(AuditChain {
                chain: name,
                sequence: 0,
                hash: BEGINNING,
                removed_sequence: 0,
                removed_hash: BEGINNING,
            });
        }
        Ok(all.into_values().collect())
    }

    async fn audit_rows_as_stored(
        &self,
        chain: &str,
        sequence: i64,
    ) -> Result<Vec<Result<AuditRow, Option<i64>>>, AppError> {
        let chain = chain.to_owned();
        self.store
            .read(move |tx| {
                Box::pin(async move { Ok(audit_events::after(tx, &chain, sequence, BATCH).await?) })
            })
            .await
    }

    async fn read_checkpoints(
        &self,
        verifier: &SessionVerifier,
        signed: &mut Signed,
    ) -> Result<(), AppError> {
        let names = self
            .store
            .read(|tx| Box::pin(async move { Ok::<_, AppError>(audit_events::signed_chains(tx).await?) }))
            .await?;
        for name in names {
            let mut sequence = 0;
            loop {
                let chain = name.clone();
                let page = self
                    .store
                    .read(move |tx| {
                        Box::pin(async move {
                            Ok::<_, AppError>(audit_events::checkpoints(tx, &chain, sequence, BATCH).await?)
                        })
                    })
                    .await?;
                let Some((last, _)) = page.last() else { break };
                sequence = *last;
                for (number, text) in page {
                    match verifier.verify_checkpoint(&text) {
                        Ok(found) if found.chain == name && found.sequence == number => signed.add(found),
                        _ => signed.forged.push((name.clone(), number)),
                    }
                }
            }
        }
        Ok(())
    }

    /// Signs the ends of the chains that have grown since they were last signed, `period` ago or longer, and says them in the
    /// log as well, so that they are kept where the log is kept. Answers the checkpoints.
    pub async fn sign_audit(&self, period: Duration) -> Result<Vec<String>, AppError> {
        let now = self.env.now();
        let before = now.before(period);
        let grown = self
            .store
            .read(move |tx| {
                Box::pin(async move { Ok::<_, AppError>(audit_events::unsigned(tx, before).await?) })
            })
            .await?;
        let mut signed = Vec::with_capacity(grown.len());
        for chain in grown {
            let checkpoint = self.sessions.sign_checkpoint(&AuditCheckpoint {
                chain: chain.chain.clone(),
                sequence: chain.sequence,
                hash: hexadecimal(&chain.hash),
                iat: now.as_seconds(),
            })?;
            tracing::info!(chain = %chain.chain, sequence = chain.sequence, checkpoint, "audit log signed");
            signed.push((chain, checkpoint));
        }
        if signed.is_empty() {
            return Ok(Vec::new());
        }
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    for (chain, checkpoint) in &signed {
                        audit_events::insert_checkpoint(tx, chain, now, checkpoint).await?;
                    }
                    Ok::<_, AppError>(signed.into_iter().map(|(_, checkpoint)| checkpoint).collect())
                })
            })
            .await
    }

    /// Removes events older than `age`, the oldest first and without holes, and records that in their chain, which goes on
    /// from the last removed one. Answers how many.
    pub async fn prune_audit(&self, age: Duration, actor: &Actor) -> Result<u64, AppError> {
        let now = self.env.now();
        let before = now.before(age);
        let mut removed = 0;
        for chain in self.audit_chains(&Signed::default()).await? {
            let event = actor.did(AuditKind::AuditEventsRemoved, now);
            removed += self
                .store
                .write(move |tx| {
                    Box::pin(async move {
                        let Some((sequence, hash)) = audit_events::last_before(tx, &chain, before).await?
                        else {
                            return Ok(0);
                        };
                        let mut event = event.with("through", &sequence).with("hash", &hexadecimal(&hash));
                        event.project_id = ProjectId::parse(&chain.chain).ok();
                        audit_events::record(tx, event);
                        Ok::<_, AppError>(audit_events::remove(tx, &chain.chain, sequence, &hash).await?)
                    })
                })
                .await?;
        }
        Ok(removed)
    }

    /// The events of one project, or with `None` all of them and the platform's, as lines of canonical JSON (RFC 8785) in
    /// the order of their chains, handed to `take` in portions. Records that they were exported.
    pub async fn export_audit(
        &self,
        project_id: Option<&ProjectId>,
        actor: &Actor,
        mut take: impl FnMut(&[String]) -> std::io::Result<()>,
    ) -> Result<u64, AppError> {
        let mut exported = 0;
        for chain in self.audit_chains(&Signed::default()).await? {
            if project_id.is_some_and(|id| id.as_str() != chain.chain) {
                continue;
            }
            let mut sequence = 0;
            loop {
                let rows = self.audit_rows_as_stored(&chain.chain, sequence).await?;
                // One that cannot be read would be missing in silence.
                let rows = rows.into_iter().collect::<Result<Vec<AuditRow>, _>>();
                let rows = rows.map_err(|_| StoreError::Corrupt("audit_events"))?;
                let Some(last) = rows.last() else { break };
                sequence = last.sequence;
                exported += rows.len() as u64;
                let lines = rows.iter().map(AuditRow::line).collect::<Result<Vec<_>, _>>()?;
                take(&lines).map_err(|error| AppError::Unavailable(Box::new(error)))?;
            }
        }
        let mut event = actor.did(AuditKind::AuditExported, self.env.now()).with("events", &exported);
        event.project_id = project_id.cloned();
        self.record(event).await?;
        Ok(exported)
    }
}

/// What signed checkpoints say: for each chain, the hashes at some of its places.
#[derive(Default)]
struct Signed {
    ends: BTreeMap<String, BTreeMap<i64, BTreeSet<String>>>,
    forged: Vec<(String, i64)>,
}

impl Signed {
    fn add(&mut self, checkpoint: AuditCheckpoint) {
        let places = self.ends.entry(checkpoint.chain).or_default();
        places.entry(checkpoint.sequence).or_default().insert(checkpoint.hash);
    }
}
