//! The feed of refused activations (PRODUCT section 4): what the brand may know of each, found by the correlation id.
//!
//! An activation hands its refusal over and answers; a task of its own finds the fine code, with the doctor, and writes.
//! Invariants:
//! - an activation never waits for the feed: when the queue is full the record is dropped and counted;
//! - tokens stay in memory until they were looked at, and are wiped; of one that the project has not signed, no claim is
//!   ever written;
//! - the feed costs one small transaction every [`PACE`] at most, whatever comes in.

use std::sync::Arc;
use std::time::Duration;

use signet_domain::access::{ProjectAccess, Scope};
use signet_domain::audit::{AuditEvent, AuditKind};
use signet_domain::{EventKind, ProjectId, SessionId, Timestamp, VisitorId, origin::Origin};
use signet_store::audit_events;
use signet_store::authentication_failures::{self, AuthenticationFailure, FailureFilter};
use signet_store::authentication_successes;
use signet_store::events::{self, NewEvent, Trace};
use signet_store::{Page, PageRequest, Store};
use signet_token::doctor::{self, PlatformKey, Unwrapped};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::audit::Actor;
use crate::error::FailureCode;
use crate::projects::ActiveProject;
use crate::published_keys::PlatformKeys;
use crate::{App, AppError};

/// Refusals that may wait. Each holds at most a token of 8 KiB.
const QUEUE: usize = 1_024;
/// Refusals in one transaction.
const BATCH: usize = 256;
/// Least time between two transactions: a flood of bad tokens must not keep visitors from the writer.
const PACE: Duration = Duration::from_millis(100);
/// Most spans that counts are asked for.
const MOST_SPANS: i32 = 100;
/// Longest correlation id and origin that are kept, in characters.
const KEPT_TEXT: usize = 255;
const MINUTE: i64 = 60_000;
/// The year 5138: what is later is no time in seconds, and is not kept as one.
const LAST_SECOND: i64 = 100_000_000_000;

/// A refused attempt, as an activation hands it over.
pub(crate) struct Refused {
    pub(crate) id: Uuid,
    pub(crate) at: Timestamp,
    pub(crate) active: Arc<ActiveProject>,
    pub(crate) code: FailureCode,
    pub(crate) fine_code: &'static str,
    pub(crate) correlation_id: String,
    pub(crate) origin: Option<String>,
    pub(crate) token: Zeroizing<String>,
    pub(crate) unwrapped: Option<Unwrapped>,
    /// It gets an event and a line in the audit log too.
    pub(crate) traced: bool,
}

/// Something that was no reason to refuse a visitor, and that their brand should know.
pub(crate) struct Noted {
    pub(crate) what: Note,
    pub(crate) id: Uuid,
    pub(crate) project_id: ProjectId,
    pub(crate) at: Timestamp,
    pub(crate) correlation_id: String,
    pub(crate) origin: Option<String>,
}

/// A session token was used without the proof of its key.
pub(crate) struct Misuse {
    pub(crate) id: Uuid,
    pub(crate) project_id: ProjectId,
    pub(crate) visitor_id: VisitorId,
    pub(crate) session_id: SessionId,
    pub(crate) at: Timestamp,
    pub(crate) correlation_id: String,
    /// What was wrong.
    pub(crate) fine_code: &'static str,
    /// It gets an event and a line in the audit log too.
    pub(crate) traced: bool,
}

/// What a line is about that is no refusal.
pub(crate) enum Note {
    /// A page named a signed-in visitor without proof as well, which was ignored.
    ClaimIgnored,
    /// A token was encrypted to a platform key, by its id, that is not published any more. It was opened.
    EncryptedToRetiredKey(String),
    /// A session token was used without the proof of its key: what was wrong.
    SessionMisused(&'static str),
}

impl Note {
    /// Coarse code, fine code, and the key that the line is about.
    fn parts(self) -> (&'static str, &'static str, Option<String>) {
        match self {
            Self::ClaimIgnored => ("EXT_ID_IGNORED", "EXT_ID_IGNORED", None),
            Self::EncryptedToRetiredKey(key_id) => {
                ("ENCRYPTED_TO_RETIRED_KEY", "JWE_ENCRYPTED_TO_RETIRED_KEY", Some(key_id))
            }
            Self::SessionMisused(fine_code) => ("SESSION_PROOF_INVALID", fine_code, None),
        }
    }
}

enum Entry {
    Refused(Box<Refused>),
    Noted(Box<Noted>),
    Misuse(Box<Misuse>),
    /// Somebody waits until everything before this is written.
    Flush(oneshot::Sender<()>),
}

/// Where refusals are handed over.
pub(crate) struct FailureFeed(mpsc::Sender<Entry>);

impl FailureFeed {
    /// Starts the task that writes. It ends when the feed is dropped.
    pub(crate) fn start(store: Store, platform_keys: Arc<PlatformKeys>) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        tokio::spawn(write_all(store, platform_keys, receiver));
        Self(sender)
    }

    /// Hands a refusal over. Never waits.
    pub(crate) fn record(&self, refused: Refused) {
        self.hand_over(Entry::Refused(Box::new(refused)));
    }

    /// Hands over what is no refusal. Never waits.
    pub(crate) fn note(&self, noted: Noted) {
        self.hand_over(Entry::Noted(Box::new(noted)));
    }

    /// Hands a misused session over. Never waits.
    pub(crate) fn alert(&self, misuse: Misuse) {
        self.hand_over(Entry::Misuse(Box::new(misuse)));
    }

    fn hand_over(&self, entry: Entry) {
        if self.0.try_send(entry).is_err() {
            metrics::counter!("signet_authentication_failures_dropped_total").increment(1);
        }
    }

    async fn flush(&self) {
        let (written, wait) = oneshot::channel();
        if self.0.send(Entry::Flush(written)).await.is_ok() {
            // The task ends only with the process; then there is nothing to wait for.
            let _ = wait.await;
        }
    }
}

async fn write_all(store: Store, platform_keys: Arc<PlatformKeys>, mut entries: mpsc::Receiver<Entry>) {
    let mut batch = Vec::with_capacity(BATCH);
    while entries.recv_many(&mut batch, BATCH).await > 0 {
        let (mut failures, mut notes, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
        let mut misuses = Vec::new();
        for entry in batch.drain(..) {
            match entry {
                Entry::Refused(refused) => {
                    let traced = refused.traced;
                    failures.push((look_at(*refused, &platform_keys.now().known).await, traced));
                    // Looking costs a few signature checks: others get their turn between two.
                    tokio::task::yield_now().await;
                }
                Entry::Noted(entry) => notes.push(line(*entry)),
                // Not counted: it is no sign-in, neither a refused one nor a good one.
                Entry::Misuse(misuse) => {
                    notes.push(line(misuse.noted()));
                    misuses.extend(misuse.traced.then_some(*misuse));
                }
                Entry::Flush(written) => waiting.push(written),
            }
        }
        if !failures.is_empty() || !notes.is_empty() {
            write(&store, failures, notes, misuses).await;
        }
        let flushed = !waiting.is_empty();
        for written in waiting {
            let _ = written.send(());
        }
        if !flushed {
            tokio::time::sleep(PACE).await;
        }
    }
}

async fn write(
    store: &Store,
    failures: Vec<(AuthenticationFailure, bool)>,
    notes: Vec<AuthenticationFailure>,
    mut misuses: Vec<Misuse>,
) {
    let count = (failures.len() + notes.len()) as u64;
    let mut traced: Vec<AuthenticationFailure> =
        failures.iter().filter(|(_, traced)| *traced).map(|(failure, _)| failure.clone()).collect();
    // Event counters are locked in one order, whichever process writes.
    traced.sort_by(|one, other| one.project_id.cmp(&other.project_id));
    misuses.sort_by(|one, other| one.project_id.cmp(&other.project_id));
    let failures: Vec<_> = failures.into_iter().map(|(failure, _)| failure).collect();
    let written: Result<(), AppError> = store
        .write(move |tx| {
            Box::pin(async move {
                authentication_failures::insert_all(tx, &failures).await?;
                authentication_failures::note_all(tx, &notes).await?;
                for failure in traced {
                    let trace =
                        Trace { correlation_id: Some(&failure.correlation_id), subject: Some(failure.id) };
                    events::append_refusal(tx, &failure.project_id, trace, failure.created_at).await?;
                    audit_events::record(tx, refused(&failure));
                }
                for misuse in misuses {
                    let subject = Some(misuse.session_id.as_uuid());
                    let trace = Trace { correlation_id: Some(&misuse.correlation_id), subject };
                    events::append_traced(tx, misuse.event(), trace).await?;
                    audit_events::record(tx, misuse.audited());
                }
                Ok(())
            })
        })
        .await;
    if let Err(error) = written {
        metrics::counter!("signet_authentication_failures_dropped_total").increment(count);
        tracing::warn!(count, error = &error as &dyn std::error::Error, "refusals could not be kept");
    }
}

fn refused(failure: &AuthenticationFailure) -> AuditEvent {
    let kind = AuditKind::VisitorAuthenticationRefused;
    let mut event = Actor::system().did(kind, failure.created_at).in_project(&failure.project_id);
    event.correlation_id = Some(failure.correlation_id.clone());
    event
        .to("AUTHENTICATION_FAILURE", &failure.id)
        .with("code", &failure.code)
        .with("fineCode", &failure.fine_code)
}

impl Misuse {
    fn noted(&self) -> Noted {
        Noted {
            what: Note::SessionMisused(self.fine_code),
            id: self.id,
            project_id: self.project_id.clone(),
            at: self.at,
            correlation_id: self.correlation_id.clone(),
            origin: None,
        }
    }

    fn event(&self) -> NewEvent {
        let kind = EventKind::VisitorSessionMisused;
        NewEvent::of_visitor(kind, &self.project_id, self.visitor_id, self.at)
    }

    fn audited(&self) -> AuditEvent {
        let kind = AuditKind::VisitorSessionMisused;
        let mut event = Actor::system().did(kind, self.at).in_project(&self.project_id);
        event.correlation_id = Some(self.correlation_id.clone());
        event.to("VISITOR_SESSION", &self.session_id).with("fineCode", &self.fine_code)
    }
}

/// A line of the feed that tells of no token.
fn line(noted: Noted) -> AuthenticationFailure {
    let Noted { what, id, project_id, at, correlation_id, origin } = noted;
    let (code, fine_code, encryption_key_id) = what.parts();
    AuthenticationFailure {
        id,
        project_id,
        created_at: at,
        correlation_id: correlation_id.chars().take(KEPT_TEXT).collect(),
        code: code.to_owned(),
        fine_code: fine_code.to_owned(),
        origin,
        encryption_key_id,
        signature_key_id: None,
        token_bytes: None,
        part_characters: Vec::new(),
        issuer: None,
        issued_at: None,
        expires_at: None,
    }
}

/// Finds the fine code and what may be kept.
async fn look_at(refused: Refused, platform_keys: &[PlatformKey]) -> AuthenticationFailure {
    let Refused { id, at, active, code, fine_code, correlation_id, origin, token, unwrapped, traced: _ } =
        refused;
    let context = active.doctor_context(at, &active.other_keys, platform_keys);
    let unwrapped = unwrapped.unwrap_or_default();
    let report = doctor::inspect_again(&token, &context, &unwrapped).await;
    // What was refused for another reason than the token's own was not looked at by the verifier.
    let finer = report.finding.filter(|finding| finding.public_code == code.as_str());
    let outline = report.outline;
    let time = |seconds: Option<i64>| {
        let seconds = seconds.filter(|seconds| (0..LAST_SECOND).contains(seconds))?;
        Some(Timestamp::from_millis(seconds * 1_000))
    };
    AuthenticationFailure {
        id,
        project_id: active.project.id.clone(),
        created_at: at,
        correlation_id: correlation_id.chars().take(KEPT_TEXT).collect(),
        code: code.as_str().to_owned(),
        fine_code: finer.map_or(fine_code, |finding| finding.code).to_owned(),
        // Anybody can send any text here; only what is an origin is kept.
        origin: origin.filter(|origin| origin.len() <= KEPT_TEXT && Origin::parse(origin).is_ok()),
        encryption_key_id: outline.encryption_key_id,
        signature_key_id: outline.signature_key_id,
        token_bytes: i64::try_from(outline.token_bytes).ok(),
        part_characters: outline.part_characters.iter().map(|size| *size as i64).collect(),
        issuer: outline.claims.issuer,
        issued_at: time(outline.claims.issued_at),
        expires_at: time(outline.claims.expires_at),
    }
}

/// Refused activations in a span of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureSpan {
    /// Inclusive.
    pub from: Timestamp,
    /// Exclusive.
    pub to: Timestamp,
    /// Coarse code, fine code and how often, most frequent first.
    pub codes: Vec<(String, String, i64)>,
    /// How many tokens were accepted meanwhile.
    pub successes: i64,
}

impl App {
    /// The project's last refused activations, newest first.
    pub async fn authentication_failures(
        &self,
        access: &ProjectAccess,
        filter: FailureFilter,
        page: &PageRequest,
    ) -> Result<Page<AuthenticationFailure>, AppError> {
        debug_assert_eq!(access.scope(), Scope::VisitorsAuthenticate);
        let (project_id, page) = (access.project_id().clone(), page.clone());
        self.store
            .read(move |tx| {
                Box::pin(
                    async move { Ok(authentication_failures::list(tx, &project_id, &filter, &page).await?) },
                )
            })
            .await
    }

    /// The project's refused activations counted in up to `spans` (1 to 100) equal spans of whole minutes that begin with
    /// `from` and reach `to`.
    pub async fn authentication_failure_counts(
        &self,
        access: &ProjectAccess,
        (from, to): (Timestamp, Timestamp),
        spans: i32,
    ) -> Result<Vec<FailureSpan>, AppError> {
        debug_assert_eq!(access.scope(), Scope::VisitorsAuthenticate);
        if !(1..=MOST_SPANS).contains(&spans) || to <= from {
            let message = format!("an interval ends after it begins and has 1 to {MOST_SPANS} spans");
            return Err(AppError::Invalid { code: "INTERVAL_INVALID", message });
        }
        let from = from.as_millis().div_euclid(MINUTE).saturating_mul(MINUTE);
        let minutes = to.as_millis().saturating_sub(from).saturating_add(MINUTE - 1) / MINUTE;
        let span = (minutes + i64::from(spans) - 1) / i64::from(spans);
        let project_id = access.project_id().clone();
        let end = Timestamp::from_millis(from.saturating_add(minutes.saturating_mul(MINUTE)));
        let start = Timestamp::from_millis(from);
        self.write_key_uses().await?;
        let (counts, successes) = self
            .store
            .read(move |tx| {
                Box::pin(async move {
                    let counts = authentication_failures::counts(tx, &project_id, start, end, span).await?;
                    let accepted =
                        authentication_successes::counts(tx, &project_id, (start, end), span).await?;
                    Ok::<_, AppError>((counts, accepted))
                })
            })
            .await?;
        let at = |number: i64| {
            Timestamp::from_millis(from.saturating_add(number * span * MINUTE).min(end.as_millis()))
        };
        let spans = (minutes + span - 1) / span;
        let of = |number: i64| {
            let mut codes: Vec<_> = counts
                .iter()
                .filter(|count| count.bucket == number)
                .map(|count| (count.code.clone(), count.fine_code.clone(), count.failures))
                .collect();
            codes.sort_by_key(|(_, _, failures)| std::cmp::Reverse(*failures));
            let accepted = successes.iter().filter(|(span, _)| *span == number).map(|(_, count)| count).sum();
            FailureSpan { from: at(number), to: at(number + 1), codes, successes: accepted }
        };
        Ok((0..spans).map(of).collect())
    }

    /// Waits until every refusal so far is in the feed. Before the database is closed, and in tests.
    pub async fn flush_authentication_failures(&self) {
        self.failures.flush().await;
    }
}
