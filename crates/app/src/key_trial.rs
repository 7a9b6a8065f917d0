//! Trying a key on the last tokens, before it is activated (PRODUCT section 9).
//!
//! Invariants: what is kept of a token is its signature and the digest of what was signed, in memory, for a quarter of an hour, at most
//! [`KEPT`] of a project and nothing of another one's; no claim, no header, no token.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use signet_domain::access::{ProjectAccess, Scope};
use signet_domain::{CustomerKeyId, ProjectId, Timestamp};
use signet_token::{SignatureFault, SignatureTrace, TokenError, VerifiedToken};

use crate::projects::parse_key;
use crate::{App, AppError};

/// Signatures kept of a project: half of them of tokens that verified, half of those that did not, so that a flood of one kind
/// leaves the other.
const KEPT: usize = 100;
/// How long they are kept.
const KEPT_FOR: Duration = Duration::from_mins(15);

/// What a key does with the last tokens that reached the project.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyTrial {
    /// Tokens it was tried on.
    pub tried: usize,
    /// Those it verifies.
    pub verified: usize,
    /// Those of its algorithm that cannot be tried once they are gone: Ed25519 signs no digest.
    pub not_triable: usize,
    /// When the oldest of all of them came.
    pub oldest: Option<Timestamp>,
    /// When the newest came.
    pub newest: Option<Timestamp>,
}

type Kept = VecDeque<(Timestamp, SignatureTrace)>;

/// The last signatures of each project: of tokens that verified, and of others.
#[derive(Default)]
pub(crate) struct RecentSignatures(Mutex<HashMap<ProjectId, [Kept; 2]>>);

impl RecentSignatures {
    fn keep(&self, project_id: &ProjectId, verified: bool, trace: SignatureTrace, now: Timestamp) {
        let mut projects = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let [good, bad] = projects.entry(project_id.clone()).or_default();
        let kept = if verified { good } else { bad };
        while kept.len() >= KEPT / 2 {
            kept.pop_front();
        }
        kept.push_back((now, trace));
    }

    fn of(&self, project_id: &ProjectId, now: Timestamp) -> Vec<(Timestamp, SignatureTrace)> {
        let projects = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = projects.get(project_id).into_iter().flatten().flatten();
        kept.filter(|(at, _)| is_recent(*at, now)).cloned().collect()
    }

    /// Lets go of what is too old.
    pub(crate) fn forget_old(&self, now: Timestamp) {
        let mut projects = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for kept in projects.values_mut().flatten() {
            kept.retain(|(at, _)| is_recent(*at, now));
        }
        projects.retain(|_, kept| kept.iter().any(|kept| !kept.is_empty()));
    }
}

fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    now.since(at) < KEPT_FOR
}

impl App {
    /// Keeps the signature of a token that the project's keys verified, or that none of them did.
    pub(crate) fn keep_signature(
        &self,
        project_id: &ProjectId,
        trace: Option<SignatureTrace>,
        verdict: &Result<VerifiedToken, TokenError>,
    ) {
        let verified = match verdict {
            Ok(_) => true,
            Err(TokenError::Signature(
                SignatureFault::KeyUnknown | SignatureFault::SignatureInvalid | SignatureFault::AlgNotOfKey,
            )) => false,
            Err(_) => return,
        };
        if let Some(trace) = trace {
            self.recent_signatures.keep(project_id, verified, trace, self.env.now());
        }
    }

    /// Tries a registered key of any state on the tokens that reached this process for the project within a quarter of an hour, at most
    /// [`KEPT`].
    pub async fn try_key(&self, access: &ProjectAccess, id: CustomerKeyId) -> Result<KeyTrial, AppError> {
        debug_assert_eq!(access.scope(), Scope::KeysWrite);
        // Each is a signature check, as a test of credentials is.
        self.limits.test(&access.caller().key())?;
        let key = self.key_of(access.project_id(), id).await?;
        let key = parse_key(&key).ok_or(AppError::NotFound)?;
        let recent = self.recent_signatures.of(access.project_id(), self.env.now());
        let mut trial = KeyTrial {
            oldest: recent.iter().map(|(at, _)| *at).min(),
            newest: recent.iter().map(|(at, _)| *at).max(),
            ..KeyTrial::default()
        };
        for (_, trace) in &recent {
            match trace.is_signed_by(&key) {
                Some(verified) => {
                    trial.tried += 1;
                    trial.verified += usize::from(verified);
                }
                None => trial.not_triable += 1,
            }
        }
        Ok(trial)
    }
}
