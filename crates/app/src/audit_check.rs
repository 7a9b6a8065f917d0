//! Whether a chain of the audit log is as it was written, and where it is not.

use signet_store::audit_events::{AuditChain, AuditRow, BEGINNING, Hash, hexadecimal};

/// What is wrong with a chain, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditFault {
    /// The project's id; empty for the platform's chain.
    pub chain: String,
    /// The first row concerned.
    pub first: i64,
    /// The last row concerned.
    pub last: i64,
    /// What is wrong.
    pub kind: AuditFaultKind,
}

/// What can be wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AuditFaultKind {
    /// The row's contents do not have the row's hash.
    Changed,
    /// The row is sound in itself, and is not the one that the next row was chained to.
    Replaced,
    /// The rows are not there.
    Missing,
    /// The row stands behind the end that the log remembers.
    BeyondEnd,
    /// The log remembers that these rows were removed, and no event says so.
    RemovedWithoutTrace,
    /// A signed checkpoint says that the row had another hash, or was there.
    NotAsSigned,
    /// A checkpoint whose signature is not of the platform's keys.
    CheckpointForged,
}

impl AuditFaultKind {
    /// The word for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "CHANGED",
            Self::Replaced => "REPLACED",
            Self::Missing => "MISSING",
            Self::BeyondEnd => "BEYOND_END",
            Self::RemovedWithoutTrace => "REMOVED_WITHOUT_TRACE",
            Self::NotAsSigned => "NOT_AS_SIGNED",
            Self::CheckpointForged => "CHECKPOINT_FORGED",
        }
    }

    /// What it means, for people.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Changed => "its contents do not have its hash",
            Self::Replaced => "it is not the event that the next one was chained to",
            Self::Missing => "not there",
            Self::BeyondEnd => "it stands behind the end that the log remembers",
            Self::RemovedWithoutTrace => "removed, and no event says so",
            Self::NotAsSigned => "a signed checkpoint says that it was another, or that it was there",
            Self::CheckpointForged => "the signature of its checkpoint is not the platform's",
        }
    }
}

/// Walks a chain row by row.
pub(crate) struct ChainCheck {
    end: AuditChain,
    sequence: i64,
    hash: Hash,
    /// Whether the row before is sound in itself, so that a broken link is its fault.
    sound: bool,
    /// What the last event of a removal said: the last removed row and its hash.
    removal: Option<(String, String)>,
    faults: Vec<AuditFault>,
}

impl ChainCheck {
    /// Begins where the log says that the chain begins.
    pub(crate) fn new(end: AuditChain) -> Self {
        let (sequence, hash) = (end.removed_sequence, end.removed_hash);
        Self { end, sequence, hash, sound: true, removal: None, faults: Vec::new() }
    }

    fn fault(&mut self, first: i64, last: i64, kind: AuditFaultKind) {
        self.faults.push(AuditFault { chain: self.end.chain.clone(), first, last, kind });
    }

    /// Looks at the next row in the order of sequences.
    pub(crate) fn row(&mut self, row: Result<&AuditRow, Option<i64>>) {
        let row = match row {
            Ok(row) => row,
            Err(sequence) => {
                let sequence = sequence.unwrap_or(self.sequence + 1);
                self.gap(sequence);
                self.fault(sequence, sequence, AuditFaultKind::Changed);
                (self.sequence, self.sound) = (sequence, false);
                return;
            }
        };
        let whole = !self.gap(row.sequence);
        let sound = row.computed_hash().is_ok_and(|hash| hash == row.hash);
        if !sound {
            self.fault(row.sequence, row.sequence, AuditFaultKind::Changed);
        } else if whole && self.sound && row.previous_hash != self.hash {
            // Both are sound in themselves: the row before was exchanged as a whole, hash and all.
            self.fault(row.sequence - 1, row.sequence - 1, AuditFaultKind::Replaced);
        }
        if row.sequence == self.end.sequence && sound && row.hash != self.end.hash {
            self.fault(row.sequence, row.sequence, AuditFaultKind::Replaced);
        }
        if row.sequence > self.end.sequence {
            self.fault(row.sequence, row.sequence, AuditFaultKind::BeyondEnd);
        }
        if sound && row.kind == "AUDIT_EVENTS_REMOVED" {
            self.removal = removal(&row.details);
        }
        (self.sequence, self.hash, self.sound) = (row.sequence, row.hash, sound);
    }

    /// Notes rows that are missing before this one.
    fn gap(&mut self, sequence: i64) -> bool {
        let missing = sequence > self.sequence + 1;
        if missing {
            self.fault(self.sequence + 1, sequence - 1, AuditFaultKind::Missing);
        }
        missing
    }

    /// Looks at what should be there after the last row.
    pub(crate) fn finish(mut self) -> Vec<AuditFault> {
        if self.sequence < self.end.sequence {
            self.fault(self.sequence + 1, self.end.sequence, AuditFaultKind::Missing);
        }
        let AuditChain { removed_sequence: removed, removed_hash: hash, .. } = self.end;
        let said = (removed.to_string(), hexadecimal(&hash));
        let began = removed == 0 && hash == BEGINNING;
        if !began && self.removal.as_ref() != Some(&said) {
            self.fault(1, removed, AuditFaultKind::RemovedWithoutTrace);
        }
        self.faults
    }
}

/// What an event of a removal says.
fn removal(details: &str) -> Option<(String, String)> {
    let details: std::collections::BTreeMap<String, String> = serde_json::from_str(details).ok()?;
    Some((details.get("through")?.clone(), details.get("hash")?.clone()))
}
