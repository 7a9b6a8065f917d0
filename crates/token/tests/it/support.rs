//! What the tests of this crate share.

use std::path::PathBuf;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use signet_token::{
    CheckedToken, DecryptionKey, KeyAgreement, KeyUnwrap, Policy, ReceivedToken, SigningKey, TokenError,
    UnwrapError, UnwrapFuture, UnwrappedKey, VerificationKey,
};

use crate::token_factory::{TokenBuilder, TokenFactory};

/// The moment at which every test takes place: 2026-11-20T12:00:00.250Z.
pub(crate) const NOW_MS: i64 = 1_795_176_000_250;
/// The same in seconds.
pub(crate) const NOW: i64 = NOW_MS / 1_000;
/// The site id of the project under test.
pub(crate) const SID: &str = "shop";

/// Keys, made once: RSA keys are slow to make.
pub(crate) static FIXTURE: LazyLock<Fixture> = LazyLock::new(Fixture::make);

pub(crate) struct Fixture {
    pub(crate) factory: TokenFactory,
    pub(crate) platform: DecryptionKey,
    /// A customer key of another project.
    pub(crate) foreign: SigningKey,
}

impl Fixture {
    fn make() -> Self {
        let (factory, platform) = TokenFactory::generate();
        let foreign = SigningKey::generate().unwrap().with_key_id("foreign-1").unwrap();
        Self { factory, platform, foreign }
    }

    /// The project's active keys.
    pub(crate) fn keys(&self) -> Vec<VerificationKey> {
        vec![self.factory.signing_key.verification_key().clone()]
    }
}

/// A token that the compatible profile accepts.
pub(crate) fn good() -> TokenBuilder<'static> {
    FIXTURE.factory.token("user-1", NOW_MS)
}

/// Walks a token through every step under a policy.
pub(crate) fn open_under(token: &str, policy: &Policy) -> Result<CheckedToken, TokenError> {
    open_with(token, policy, &FIXTURE.platform, &FIXTURE.keys())
}

/// Walks a token through every step under the default policy.
pub(crate) fn open(token: &str) -> Result<CheckedToken, TokenError> {
    open_under(token, &Policy::default())
}

/// Walks a token through every step with everything chosen by the caller.
pub(crate) fn open_with(
    token: &str,
    policy: &Policy,
    unwrap: &dyn KeyUnwrap,
    keys: &[VerificationKey],
) -> Result<CheckedToken, TokenError> {
    open_at(token, policy, unwrap, keys, NOW_MS)
}

/// Opens a token at a time of one's own, in milliseconds.
pub(crate) fn open_at(
    token: &str,
    policy: &Policy,
    unwrap: &dyn KeyUnwrap,
    keys: &[VerificationKey],
    now_unix_ms: i64,
) -> Result<CheckedToken, TokenError> {
    let received = ReceivedToken::parse(token, policy)?;
    block_on(received.decrypt(unwrap))?.verify(keys)?.check(policy, SID, now_unix_ms)
}

/// Runs a future to its end.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// The fine code of a refusal.
pub(crate) fn refusal(token: &str) -> &'static str {
    open(token).expect_err("token was accepted").fine_code()
}

/// Counts how often a private key was asked for. Unwraps nothing, or is in the trouble it is told to be in.
#[derive(Default)]
pub(crate) struct CountingUnwrap {
    calls: AtomicUsize,
    trouble: Option<UnwrapError>,
}

impl CountingUnwrap {
    pub(crate) fn in_trouble(trouble: UnwrapError) -> Self {
        Self { trouble: Some(trouble), ..Self::default() }
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

impl KeyUnwrap for CountingUnwrap {
    fn unwrap<'a>(&'a self, _: Option<&'a str>, _: &'a [u8]) -> UnwrapFuture<'a> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        Box::pin(std::future::ready(self.trouble.map_or_else(|| Ok(UnwrappedKey::none()), Err)))
    }

    fn agree_and_unwrap<'a>(&'a self, key_id: Option<&'a str>, _: &'a KeyAgreement) -> UnwrapFuture<'a> {
        self.unwrap(key_id, &[])
    }
}

/// Asserts that a token is refused with this fine code and that no private key was asked for.
#[track_caller]
pub(crate) fn refused_before_any_key(token: &str, fine_code: &str) {
    let unwrap = CountingUnwrap::default();
    let error =
        open_with(token, &Policy::default(), &unwrap, &FIXTURE.keys()).expect_err("token was accepted");
    assert_eq!(error.fine_code(), fine_code);
    assert_eq!(error.code().as_str(), "TOKEN_MALFORMED");
    assert_eq!(unwrap.calls(), 0, "a private key was used for a token with {fine_code}");
}

/// The folder of published vectors, `None` where it is absent. In CI it must be there.
pub(crate) fn vectors() -> Option<PathBuf> {
    let path = std::env::var_os("SIGNET_VECTORS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
        PathBuf::from,
    );
    if path.is_dir() {
        return Some(path);
    }
    assert!(!in_ci(), "published vectors are missing at {}", path.display());
    eprintln!("SKIPPED: no published vectors at {}", path.display());
    None
}

/// Whether absent tools and files are failures.
pub(crate) fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}
