//! Whether whoever uses a session token is the client it was given to (RFC 9449).
//!
//! A client that brings a public key to `activate` gets a token for that key. From then on the token alone is worth nothing: every request, and
//! the first frame of a socket, has to come with a fresh proof by the private half, for this method, address and token, good once. A token that
//! is used without is refused, and the brand hears of it: somebody has taken it from where it was. Clients without a key
//! are not asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use signet_domain::Timestamp;
use signet_token::session_proof::{self, PROOF_LEEWAY_SECONDS};
use signet_token::{ProofFault, ProofFor};

use crate::failures::Misuse;
use crate::session_token::{SessionError, VisitorSession};
use crate::{App, RequestContext};

/// How long a proof can be of now: until then it must not be used again.
pub(crate) const PROOFS_FORGOTTEN: Duration = Duration::from_secs(2 * PROOF_LEEWAY_SECONDS.unsigned_abs());
/// Proofs of one key in that time. A widget makes a handful a minute.
const PROOFS_OF_KEY: usize = 256;
/// Keys whose proofs are remembered. Each is a session that was opened, which is limited by address.
const KEYS: usize = 65_536;

/// A session token as a request shows it. Without `Debug`: it is a secret.
#[derive(Clone, Copy)]
pub struct ShownSession<'a> {
    /// The token.
    pub token: &'a str,
    /// What came with it to prove its key.
    pub proof: Option<&'a str>,
    /// The request's method.
    pub method: &'a str,
    /// The request's path.
    pub path: &'a str,
}

/// The proofs that were used, by key, and until when each must not be used again.
#[derive(Default)]
pub(crate) struct Proofs(Mutex<HashMap<Arc<str>, HashMap<String, Timestamp>>>);

impl Proofs {
    /// Uses a proof up. `Unproved` if it was used before, `ProvedTooOften` if there is no room to remember it.
    fn use_once(&self, key: &Arc<str>, id: String, now: Timestamp) -> Result<(), SessionError> {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= KEYS && !keys.contains_key(key) {
            forget(&mut keys, now);
            if keys.len() >= KEYS {
                return Err(SessionError::ProvedTooOften);
            }
        }
        let used = keys.entry(Arc::clone(key)).or_default();
        if used.len() >= PROOFS_OF_KEY {
            used.retain(|_, until| *until >= now);
        }
        if used.contains_key(&id) {
            return Err(SessionError::Unproved);
        }
        if used.len() >= PROOFS_OF_KEY {
            return Err(SessionError::ProvedTooOften);
        }
        used.insert(id, now.after(PROOFS_FORGOTTEN));
        Ok(())
    }

    /// Forgets what no longer matters.
    pub(crate) fn forget_expired(&self, now: Timestamp) {
        forget(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner), now);
    }
}

fn forget(keys: &mut HashMap<Arc<str>, HashMap<String, Timestamp>>, now: Timestamp) {
    keys.retain(|_, used| {
        used.retain(|_, until| *until >= now);
        !used.is_empty()
    });
}

/// What is wrong with a proof, in the words of the failure feed.
const fn fine_code(fault: ProofFault) -> &'static str {
    match fault {
        ProofFault::Malformed => "SESSION_PROOF_MALFORMED",
        ProofFault::OtherKey => "SESSION_PROOF_OF_ANOTHER_KEY",
        ProofFault::SignatureInvalid => "SESSION_PROOF_SIGNATURE_INVALID",
        ProofFault::OtherRequest => "SESSION_PROOF_FOR_ANOTHER_REQUEST",
        ProofFault::OtherToken => "SESSION_PROOF_FOR_ANOTHER_TOKEN",
        ProofFault::Stale => "SESSION_PROOF_NOT_OF_NOW",
    }
}

impl App {
    /// As [`App::visitor_session`], for a request: a token that is for a key is good only with a proof of it.
    pub fn proved_session(
        &self,
        shown: &ShownSession<'_>,
        context: &RequestContext,
    ) -> Result<VisitorSession, SessionError> {
        let session = self.visitor_session(shown.token)?;
        self.check_proof(&session, shown, context)?;
        Ok(session)
    }

    /// Checks the proof of a session whatever its time. A bad one is an alert.
    pub(crate) fn check_proof(
        &self,
        session: &VisitorSession,
        shown: &ShownSession<'_>,
        context: &RequestContext,
    ) -> Result<(), SessionError> {
        let Some(key) = &session.proof_key else { return Ok(()) };
        let now = self.env.now();
        let outcome = match shown.proof {
            None => Err("SESSION_PROOF_MISSING"),
            Some(proof) => {
                let address = [&self.public_url, shown.path].concat();
                let wanted = ProofFor {
                    thumbprint: key,
                    token: shown.token,
                    method: shown.method,
                    address: &address,
                    now_unix_ms: now.as_millis(),
                };
                session_proof::check(proof, &wanted).map_err(fine_code)
            }
        };
        let fine_code = match outcome.map(|id| self.proofs.use_once(key, id, now)) {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(SessionError::Unproved)) => "SESSION_PROOF_REPLAYED",
            Ok(Err(other)) => return Err(other),
            Err(fine_code) => fine_code,
        };
        self.alert(session, fine_code, context);
        Err(SessionError::Unproved)
    }

    fn alert(&self, session: &VisitorSession, fine_code: &'static str, context: &RequestContext) {
        metrics::counter!("signet_sessions_misused_total", "code" => fine_code).increment(1);
        tracing::warn!(
            project = %session.project_id,
            session = %session.session_id,
            code = fine_code,
            correlation_id = %context.correlation_id,
            "a visitor's session token was used without a good proof of its key"
        );
        self.failures.alert(Misuse {
            id: self.env.uuid_v7(),
            project_id: session.project_id.clone(),
            visitor_id: session.visitor_id,
            session_id: session.session_id,
            at: self.env.now(),
            correlation_id: context.correlation_id.clone(),
            fine_code,
            traced: self.limits.traced_failure(&session.project_id),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_good_once_and_memory_is_bounded() {
        let proofs = Proofs::default();
        let key: Arc<str> = Arc::from("key");
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000);
        assert_eq!(proofs.use_once(&key, "1".into(), at(0)), Ok(()));
        assert_eq!(proofs.use_once(&key, "1".into(), at(120)), Err(SessionError::Unproved));
        assert_eq!(proofs.use_once(&Arc::from("other"), "1".into(), at(0)), Ok(()));
        for number in 2..=PROOFS_OF_KEY {
            assert_eq!(proofs.use_once(&key, number.to_string(), at(0)), Ok(()));
        }
        assert_eq!(proofs.use_once(&key, "x".into(), at(120)), Err(SessionError::ProvedTooOften));
        assert_eq!(proofs.use_once(&key, "x".into(), at(121)), Ok(()), "the first are forgotten");
        proofs.forget_expired(at(1_000));
        assert!(proofs.0.lock().unwrap().is_empty());
    }
}
