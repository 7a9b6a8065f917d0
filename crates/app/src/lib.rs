//! The use cases of Signet: the only place where the product's rules touch storage.
//!
//! Invariants:
//! - a use case is one transaction, one `now`, one authorisation check; transports extract, call one, and convert;
//! - who may do it is in the type of an argument: [`VisitorSession`] and [`ProjectAccess`] cannot be made elsewhere;
//! - `VERIFIED` is written only from a token that the verifier checked;
//! - another project's record is missing, never forbidden.

mod account;
mod activation;
mod administration;
mod attempt;
mod audit;
mod audit_check;
mod audit_export;
mod audit_keeping;
mod backoff;
mod bot_calls;
mod bot_runner;
mod bot_turns;
mod bots;
mod clients;
mod conversations;
mod custody_audit;
mod custom_data;
mod customer_keys;
mod earlier_messages;
mod endings;
mod erasure;
mod error;
mod export;
mod export_records;
mod failures;
mod feed;
mod following;
mod groups;
mod identity_request;
mod inspection;
mod key_refusal;
mod key_sets;
mod key_trial;
mod key_uses;
mod limits;
mod nodes;
mod observation;
mod one_time_password;
mod people;
mod platform_keys;
mod presented;
mod project_settings;
mod projects;
mod published_keys;
mod reports;
mod retention;
mod review;
mod revocation;
mod sealing;
mod secrets;
mod session_proof;
mod session_token;
mod sign_in;
mod sign_in_write;
mod single_use;
mod sweeper;
mod visitor;

use std::net::IpAddr;
use std::sync::Arc;

use signet_custody::Custody;
use signet_domain::Env;
use signet_outbound::Fetcher;
use signet_realtime::Hub;
use signet_store::Store;
use signet_token::SessionSigner;

pub use account::{OwnAccount, SecondFactorSetup};
pub use activation::{
    Activated, ActivationFailure, ActivationOption, ActivationOutcome, ActivationRequest, TestedToken,
};
pub use administration::{NewAgent, NewApiClient};
pub use audit::Actor;
pub use audit_check::{AuditFault, AuditFaultKind};
pub use audit_export::AuditChainAccess;
pub use audit_keeping::AuditReport;
pub use bot_runner::BotRunner;
pub use bots::{BotChange, NewBot, NewBotSecret};
pub use clients::{ClientChange, NewSecret};
pub use conversations::{ConversationDetail, SendAsAgent};
pub use custody_audit::PlatformKeysMoved;
pub use customer_keys::{CustomerKeyDetail, KeyRegistration, NewCustomerKey};
pub use earlier_messages::{EarlierAnswer, EarlierConversation, EarlierMessages};
pub use erasure::DataAsker;
pub use error::{AppError, FailureCode};
pub use export::ExportPart;
pub use failures::FailureSpan;
pub use feed::{ProjectFeed, ProjectUpdate, VisitorFeed, VisitorUpdate};
pub use groups::GroupChange;
pub use identity_request::NotConfirmed;
pub use key_sets::openssl_command;
pub use key_trial::KeyTrial;
pub use limits::{Limits, RateLimits};
pub use nodes::NodeRelay;
pub use people::{Acceptance, Invited, Invitee, NewUser};
pub use platform_keys::{
    PlatformKeyChange, PlatformKeyChanged, PlatformKeyDetail, PlatformKeyState, PlatformKeyUse,
    PlatformKeyWatch,
};
pub use presented::HandOverCode;
pub use project_settings::ProjectChange;
pub use reports::{NewTransaction, RecordedTransaction};
pub use review::{ProjectReview, Review};
pub use revocation::{RevocationWatch, RevokeBy};
pub use session_proof::ShownSession;
pub use session_token::{OpenedSession, SessionError, VisitorSession};
pub use sign_in::{Activity, Authenticated, DeskSession, IssuedToken, SignInAttempt};
pub use sweeper::Sweeper;
pub use visitor::{Acknowledgement, History, Thread};

pub use signet_domain::access::{PlatformAccess, ProjectAccess};
pub use signet_store::access_tokens::{ListedToken, TokenUse};
pub use signet_store::agents::Account;
pub use signet_store::api_clients::ClientRecord;
pub use signet_store::audit_events::{AuditFilter, AuditRow, hexadecimal};
pub use signet_store::authentication_failures::{AuthenticationFailure, FailureFilter};
pub use signet_store::conversations::{ConversationCounts, ConversationFilter};
pub use signet_store::customer_key_sets::CustomerKeySet;
pub use signet_store::customer_keys::CustomerKey;
pub use signet_store::groups::Group;
pub use signet_store::messages::HistoryCursor;
pub use signet_store::platform_keys::PlatformKeyRecord;
pub use signet_store::satisfaction::Satisfaction;
pub use signet_store::transactions::Transaction;
pub use signet_store::visitors::VisitorFilter;
pub use signet_store::{Cursor, Page, PageRequest, StoreError};
pub use signet_token::KeyManagement;
pub use signet_token::SessionKey;
pub use signet_token::SignatureAlgorithm;
pub use signet_token::Warning as TokenWarning;
pub use signet_token::doctor::diagnoses::find as find_diagnosis;
pub use signet_token::doctor::{
    Diagnosis, PlatformKey, Report as TokenReport, StepName as TokenStep, StepStatus as TokenStepStatus,
};

/// What an application is made of.
pub struct Parts {
    /// Clock and randomness.
    pub env: Env,
    /// The database, opened with [`App::observer`] of the same hub.
    pub store: Store,
    /// Where watchers are told.
    pub hub: Arc<Hub>,
    /// Where the platform's private keys live and are used.
    pub custody: Arc<dyn Custody>,
    /// Signs visitor sessions.
    pub signer: Arc<SessionSigner>,
    /// Public address of the platform, without a slash at the end; the issuer of session tokens.
    pub public_url: String,
    /// Fetches from addresses that customers choose.
    pub outbound: Fetcher,
    /// Encrypts the secrets of second factors and of bots.
    pub sealing_key: [u8; 32],
    /// How much is let in.
    pub limits: RateLimits,
}

/// Where a request comes from, and how its traces are found.
#[derive(Debug, Clone)]
pub struct RequestContext {
    /// The request id: in the response header, in every log line, in every error body.
    pub correlation_id: String,
    /// The caller's address, after trusted proxies.
    pub address: IpAddr,
}

/// The application.
pub struct App {
    env: Env,
    store: Store,
    hub: Arc<Hub>,
    custody: Arc<dyn Custody>,
    public_url: String,
    limits: Limits,
    backoff: backoff::Backoff,
    sealing_key: [u8; 32],
    sessions: session_token::SessionTokens,
    proofs: session_proof::HeldProofs,
    revocations_seen: tokio::sync::Mutex<revocation::Seen>,
    platform_keys: Arc<published_keys::PlatformKeys>,
    failures: failures::FailureFeed,
    projects: projects::ProjectCache,
    key_uses: key_uses::KeyUses,
    recent_signatures: key_trial::RecentSignatures,
    key_sets: key_sets::KeySetFetches,
    outbound: Fetcher,
    /// Rings when a visitor wrote to a bot.
    bot_bell: tokio::sync::Notify,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("App")
    }
}

impl App {
    /// What the store must be opened with: passes committed events on to the hub.
    pub fn observer(hub: Arc<Hub>) -> Arc<dyn signet_store::CommitObserver> {
        Arc::new(feed::HubObserver(hub))
    }

    /// Assembles the application, reads the set of revoked sessions, and writes down which keys custody has.
    pub async fn start(parts: Parts) -> Result<Arc<Self>, AppError> {
        let limits = Limits::new(&parts.limits, &parts.env);
        let (sessions, seen) = session_token::SessionTokens::load(
            parts.signer,
            &parts.public_url,
            &parts.store,
            parts.env.now(),
        )
        .await?;
        let platform_keys = Arc::<published_keys::PlatformKeys>::default();
        let failures = failures::FailureFeed::start(parts.store.clone(), Arc::clone(&platform_keys));
        let proofs = session_proof::HeldProofs::new(&parts.env);
        let app = Arc::new(Self {
            env: parts.env,
            store: parts.store,
            hub: parts.hub,
            custody: parts.custody,
            public_url: parts.public_url,
            limits,
            backoff: backoff::Backoff::default(),
            sealing_key: parts.sealing_key,
            sessions,
            proofs,
            revocations_seen: tokio::sync::Mutex::new(seen),
            platform_keys,
            failures,
            projects: projects::ProjectCache::default(),
            key_uses: key_uses::KeyUses::default(),
            recent_signatures: key_trial::RecentSignatures::default(),
            key_sets: key_sets::KeySetFetches::default(),
            outbound: parts.outbound,
            bot_bell: tokio::sync::Notify::new(),
        });
        app.take_in_platform_keys().await?;
        Ok(app)
    }

    /// Clock and randomness.
    pub fn env(&self) -> &Env {
        &self.env
    }

    /// Public address of the platform, without a slash at the end.
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    /// Answers if storage does, for `/readyz`.
    pub async fn ready(&self) -> Result<(), AppError> {
        Ok(self.store.ping().await?)
    }

    /// Whether this proves that whoever presents it holds the platform's keys: a token of its own kind, signed with the session key,
    /// good for the minute that its maker gave it.
    pub fn is_operators_probe(&self, probe: &str) -> bool {
        self.sessions.is_probe(probe, self.env.now())
    }
}

/// A clock that stands still and repeatable randomness, for unit tests.
#[cfg(test)]
pub(crate) fn test_env() -> Env {
    use signet_domain::Timestamp;
    use signet_domain::env::{ManualClock, SeededRandom};
    let start = Timestamp::from_millis(1_795_176_271_250);
    Env::new(Arc::new(ManualClock::new(start)), Arc::new(SeededRandom::new(7)))
}
