//! Keys, and a doctor to show tokens to.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use signet_token::doctor::{self, Context, OtherKey, PlatformKey, Report, Standing};
use signet_token::{
    DecryptionKey, KeyUnwrap, Policy, SignatureAlgorithm, SigningKey, UnwrapFuture, VerificationKey,
};

use crate::token_factory::{TokenBuilder, TokenFactory};

/// 2026-11-20T12:00:00.250Z.
pub(crate) const NOW_MS: i64 = 1_795_176_000_250;
pub(crate) const NOW: i64 = NOW_MS / 1_000;
pub(crate) const SID: &str = "shop";

pub(crate) static KEYS: LazyLock<Keys> = LazyLock::new(Keys::make);

pub(crate) struct Keys {
    pub(crate) factory: TokenFactory,
    pub(crate) platform: DecryptionKey,
    pub(crate) second: SigningKey,
    pub(crate) revoked: SigningKey,
    pub(crate) pending: SigningKey,
    pub(crate) elsewhere: SigningKey,
    pub(crate) unknown: SigningKey,
    pub(crate) curve: SigningKey,
}

impl Keys {
    fn make() -> Self {
        let (factory, platform) = TokenFactory::generate();
        let key = |id: &str| SigningKey::generate().unwrap().with_key_id(id).unwrap();
        let curve =
            SigningKey::generate_for(SignatureAlgorithm::Es256).unwrap().with_key_id("curve").unwrap();
        let [second, revoked, pending] = ["second", "revoked", "pending"].map(key);
        let [elsewhere, unknown] = ["elsewhere", "unknown"].map(key);
        Self { factory, platform, second, revoked, pending, elsewhere, unknown, curve }
    }
}

/// Counts how often the private key is asked for.
pub(crate) struct Counting<'a>(pub(crate) &'a DecryptionKey, pub(crate) AtomicUsize);

impl KeyUnwrap for Counting<'_> {
    fn unwrap<'a>(&'a self, key_id: Option<&'a str>, encrypted_key: &'a [u8]) -> UnwrapFuture<'a> {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.unwrap(key_id, encrypted_key)
    }
}

/// A token that the compatible profile accepts.
pub(crate) fn good() -> TokenBuilder<'static> {
    KEYS.factory.token("user-1", NOW_MS)
}

pub(crate) fn examine(token: &str) -> Report {
    examine_under(token, &Policy::default())
}

pub(crate) fn examine_under(token: &str, policy: &Policy) -> Report {
    let public = |key: &SigningKey| key.verification_key().clone();
    let keys: Vec<VerificationKey> =
        [&KEYS.factory.signing_key, &KEYS.second, &KEYS.curve].map(public).to_vec();
    let other = |key: &SigningKey, standing| OtherKey { key: public(key), standing };
    let platform_key = |key_id: &str, retired| PlatformKey { key_id: key_id.to_owned(), retired };
    let context = Context {
        policy,
        audience: SID,
        now_unix_ms: NOW_MS,
        keys: &keys,
        other_keys: &[
            other(&KEYS.revoked, Standing::Revoked),
            other(&KEYS.pending, Standing::Pending),
            other(&KEYS.elsewhere, Standing::OtherProject),
        ],
        platform_keys: &[
            platform_key(KEYS.platform.fingerprint().as_str(), false),
            platform_key("retired", true),
        ],
    };
    let custody = Counting(&KEYS.platform, AtomicUsize::new(0));
    let report = block_on(doctor::inspect(token, &context, &custody));
    assert!(custody.1.load(Ordering::SeqCst) <= 1, "the private key was asked more than once");
    report
}

/// The fine code of a refusal.
pub(crate) fn found(token: &str) -> &'static str {
    examine(token).finding.map_or("accepted", |finding| finding.code)
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}
