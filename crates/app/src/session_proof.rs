//! Whether whoever uses a session token is the client it was given to (RFC 9449).
//!
//! A client that brings a public key to `activate` gets a token for that key. From then on the token alone is worth nothing: every request, and
//! the first frame of a socket, has to come with a fresh proof by the private half, for this method, address and token, good once. A token that
//! is used without is refused, and the brand hears of it: somebody has taken it from where it was. Clients without a key
//! are not asked, unless the project demands a key of everybody.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use signet_domain::{Env, Timestamp};
use signet_store::replays;
use signet_token::session_proof::{self, PROOF_LEEWAY_SECONDS, Proved};
use signet_token::{ProofFault, ProofFor};

use crate::failures::Misuse;
use crate::session_token::VisitorSession;
use crate::{App, AppError, RequestContext, secrets};

/// How long a proof can be of now: until then it must not be used again.
const PROOFS_FORGOTTEN: Duration = Duration::from_secs(2 * PROOF_LEEWAY_SECONDS.unsigned_abs());
/// Used proofs held in memory, 40 bytes each; beyond that requests are refused.
const HELD: usize = 262_144;

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

/// The proofs that were made for this process and used here. Nobody else takes them, so memory is enough.
pub(crate) struct HeldProofs {
    /// Known to those whom this process answered an activation, and another one after the next start.
    nonce: String,
    /// Until when each must not be used again.
    used: Mutex<HashMap<[u8; 32], Timestamp>>,
}

impl HeldProofs {
    pub(crate) fn new(env: &Env) -> Self {
        let nonce = URL_SAFE_NO_PAD.encode(env.random_bytes::<16>());
        Self { nonce, used: Mutex::default() }
    }

    /// What a client puts into proofs that only this process is to take.
    pub(crate) fn nonce(&self) -> &str {
        &self.nonce
    }

    /// Uses a proof up: false if it was used before, `None` if there is no room to remember it.
    fn use_once(&self, digest: [u8; 32], now: Timestamp) -> Option<bool> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() >= HELD && !used.contains_key(&digest) {
            return None;
        }
        Some(used.insert(digest, now.after(PROOFS_FORGOTTEN)).is_none())
    }

    /// Forgets what no longer matters.
    pub(crate) fn forget_expired(&self, now: Timestamp) {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, until| *until >= now);
    }
}

/// What is kept of a proof's use. Written down it stands among the visitor tokens that were used; the text before it keeps the two apart, for what is
/// digested of a token begins with a length.
fn digest_of(key: &str, id: &str) -> [u8; 32] {
    secrets::hash(&["session proof", key, id].join("\n"))
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
    pub async fn proved_session(
        &self,
        shown: &ShownSession<'_>,
        context: &RequestContext,
    ) -> Result<VisitorSession, AppError> {
        let session = self.visitor_session(shown.token)?;
        self.check_proof(&session, shown, context).await?;
        Ok(session)
    }

    /// Whether a session has no key in a project that demands one: it ended when the demand was made.
    pub(crate) fn lacks_key(&self, session: &VisitorSession) -> bool {
        session.proof_key.is_none() && self.sessions.demands_key(&session.project_id)
    }

    /// Checks the proof of a session whatever its time, and uses it up. [`AppError::SessionUnproved`] for a bad one, which is an alert;
    /// [`AppError::SessionProofElsewhere`] for one that was made for another process, which is none.
    pub(crate) async fn check_proof(
        &self,
        session: &VisitorSession,
        shown: &ShownSession<'_>,
        context: &RequestContext,
    ) -> Result<(), AppError> {
        let Some(key) = &session.proof_key else { return Ok(()) };
        let now = self.env.now();
        let checked = match shown.proof {
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
        let fine_code = match checked {
            Ok(proved) if self.use_proof(session, key, &proved, now).await? => return Ok(()),
            Ok(_) => "SESSION_PROOF_REPLAYED",
            Err(fine_code) => fine_code,
        };
        self.alert(session, fine_code, context);
        Err(AppError::SessionUnproved)
    }

    /// Uses a proof up. False if it was used before. One for this process is held in memory, where no other process takes it; one for any
    /// is written down, for all of them and beyond a restart.
    async fn use_proof(
        &self,
        session: &VisitorSession,
        key: &Arc<str>,
        proved: &Proved,
        now: Timestamp,
    ) -> Result<bool, AppError> {
        self.limits.proof(key)?;
        let digest = digest_of(key, &proved.id);
        match &proved.nonce {
            Some(nonce) if nonce != self.proofs.nonce() => return Err(AppError::SessionProofElsewhere),
            Some(_) => {
                let room = self.proofs.use_once(digest, now);
                return room.ok_or(AppError::RateLimited { retry_after: PROOFS_FORGOTTEN });
            }
            None => {}
        }
        let project_id = session.project_id.clone();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let until = now.after(PROOFS_FORGOTTEN);
                    Ok::<_, AppError>(replays::use_once(tx, &project_id, &digest, until).await?)
                })
            })
            .await
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
    fn a_proof_is_held_until_it_is_too_old_to_be_used_and_memory_is_bounded() {
        let held = HeldProofs::new(&crate::test_env());
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000);
        let digest = |number: usize| digest_of("key", &number.to_string());
        assert_eq!(held.use_once(digest(0), at(0)), Some(true));
        assert_eq!(held.use_once(digest(0), at(120)), Some(false));
        assert_eq!(held.use_once(digest_of("other", "0"), at(0)), Some(true));
        for number in 1..HELD - 1 {
            assert_eq!(held.use_once(digest(number), at(0)), Some(true));
        }
        assert_eq!(held.use_once(digest(HELD), at(120)), None);
        assert_eq!(held.use_once(digest(0), at(120)), Some(false), "what is held is known all the same");
        held.forget_expired(at(241));
        assert_eq!(held.use_once(digest(0), at(241)), Some(true));
    }
}
