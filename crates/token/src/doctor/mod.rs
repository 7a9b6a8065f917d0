//! The Token Doctor: walks a token step by step and says what is wrong with it, in words for the brand.
//!
//! Whether a token is accepted, and with which code it is refused, is the verifier's word: the doctor runs the same
//! [`ReceivedToken`] as an activation does and only then looks at what led there. It then tells apart mistakes that are all
//! one to the verifier.
//!
//! Invariants:
//!
//! - It is no decryption oracle. Of a token whose signature did not verify with an active key of the project it shows sizes,
//!   the known members of headers, and key ids; claims appear only after that. What it says of a token that did not decrypt
//!   follows from the token's text alone, never from how far decryption came.
//! - The private key is asked once for each token, as in an activation.
//! - It uses nothing up: whether a `jti` was used is for whoever keeps the replay store ([`Report::judge_single_use`]).

pub mod diagnoses;
mod facts;
mod refine_claims;
mod refine_signature;
mod refine_text;
mod unwrapped;

use zeroize::Zeroizing;

pub use diagnoses::Diagnosis;
pub use unwrapped::{Unwrapped, Unwrapping};

use crate::base64url;
use crate::claims::{CheckedToken, TokenOutline, Warning};
use crate::content_key::KeyUnwrap;
use crate::error::{EnvelopeFault, SignatureFault, TokenError};
use crate::jwe::{Jwe, JweRules};
use crate::jwk::{KeyError, KeyFingerprint};
use crate::policy::{MAX_TOKEN_BYTES, Policy};
use crate::verification_key::VerificationKey;
use crate::visitor_token::ReceivedToken;

/// What a token is held against.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The project's rules.
    pub policy: &'a Policy,
    /// The site id.
    pub audience: &'a str,
    /// The present time in milliseconds since 1970.
    pub now_unix_ms: i64,
    /// The project's active keys.
    pub keys: &'a [VerificationKey],
    /// Keys that are known and verify nothing here, to recognise who signed.
    pub other_keys: &'a [OtherKey],
    /// The platform's keys; empty if they are not known.
    pub platform_keys: &'a [PlatformKey],
}

/// A key that is known and not accepted.
#[derive(Debug, Clone)]
pub struct OtherKey {
    /// The key.
    pub key: VerificationKey,
    /// Why it is not accepted.
    pub standing: Standing,
}

/// Why a known key is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Not active yet.
    Pending,
    /// No longer.
    Revoked,
    /// It is a key of another project that the caller has a part in.
    OtherProject,
}

/// A key that tokens are encrypted to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformKey {
    /// Its `kid`.
    pub key_id: String,
    /// No longer published.
    pub retired: bool,
}

/// A step of the verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepName {
    /// Size, parts, alphabet.
    Shape,
    /// The encryption header against the project's profile.
    EncryptionHeader,
    /// Key unwrap and content decryption.
    Decryption,
    /// The form and the header of the signed token inside.
    SignatureHeader,
    /// The signature with the project's active keys.
    Signature,
    /// Who, from whom, when, for whom.
    Claims,
    /// Whether the `jti` was used before.
    SingleUse,
}

impl StepName {
    /// Every step, in order.
    pub const ALL: [Self; 7] = [
        Self::Shape,
        Self::EncryptionHeader,
        Self::Decryption,
        Self::SignatureHeader,
        Self::Signature,
        Self::Claims,
        Self::SingleUse,
    ];

    /// The word for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shape => "SHAPE",
            Self::EncryptionHeader => "ENCRYPTION_HEADER",
            Self::Decryption => "DECRYPTION",
            Self::SignatureHeader => "SIGNATURE_HEADER",
            Self::Signature => "SIGNATURE",
            Self::Claims => "CLAIMS",
            Self::SingleUse => "SINGLE_USE",
        }
    }

    /// The step in which the verifier gives up with an error.
    fn of(error: TokenError) -> Self {
        match error {
            TokenError::Malformed(fault) => match fault {
                EnvelopeFault::Empty
                | EnvelopeFault::TooLarge
                | EnvelopeFault::NotEncrypted
                | EnvelopeFault::JsonSerialization
                | EnvelopeFault::WrongPartCount
                | EnvelopeFault::NotCanonicalBase64 => Self::Shape,
                _ => Self::EncryptionHeader,
            },
            TokenError::Undecryptable | TokenError::Unavailable | TokenError::Overloaded => Self::Decryption,
            TokenError::Signature(fault) => match fault {
                SignatureFault::NestedAgain
                | SignatureFault::AlgNotOfKey
                | SignatureFault::KeyUnknown
                | SignatureFault::NoActiveKey
                | SignatureFault::SignatureMissing
                | SignatureFault::SignatureInvalid => Self::Signature,
                _ => Self::SignatureHeader,
            },
            TokenError::Claims(_) | TokenError::Expired => Self::Claims,
        }
    }
}

/// How a step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepStatus {
    /// Nothing to object to.
    Ok,
    /// Here the token is refused.
    Failed,
    /// Not reached, or nothing to do.
    Skipped,
}

impl StepStatus {
    /// The word for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Failed => "FAILED",
            Self::Skipped => "SKIPPED",
        }
    }
}

/// Something that may be shown: a name and a value.
pub type Fact = (&'static str, String);

/// A step and what may be shown of it.
#[derive(Debug, Clone)]
pub struct Step {
    /// Which.
    pub name: StepName,
    /// How it went.
    pub status: StepStatus,
    /// What may be shown.
    pub facts: Vec<Fact>,
}

/// What may be kept of a token, accepted or not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// `kid` of the encryption header.
    pub encryption_key_id: Option<String>,
    /// `kid` of the signature header.
    pub signature_key_id: Option<String>,
    /// Size of the token in bytes.
    pub token_bytes: usize,
    /// Sizes of the parts in characters, the first eight.
    pub part_characters: Vec<usize>,
    /// Issuer and times, only of a token whose signature verified.
    pub claims: TokenOutline,
}

/// What the doctor found.
pub struct Report {
    /// Every step, in order.
    pub steps: Vec<Step>,
    /// What is wrong; `None` if the token is accepted.
    pub finding: Option<&'static Diagnosis>,
    /// The claims as names and JSON texts; `None` unless the signature verified with an active key.
    pub claims: Option<Vec<(String, String)>>,
    /// What an accepted token could do better.
    pub warnings: Vec<Warning>,
    /// What may be kept.
    pub outline: Outline,
    checked: Option<CheckedToken>,
}

impl std::fmt::Debug for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Report")
            .field("finding", &self.finding.map(|found| found.code))
            .finish_non_exhaustive()
    }
}

impl Report {
    /// The token, if the verifier accepts it. Whether it was used before, it does not know.
    pub fn checked(&self) -> Option<&CheckedToken> {
        self.checked.as_ref()
    }

    /// Whether the token is accepted.
    pub fn accepted(&self) -> bool {
        self.finding.is_none()
    }

    /// Tells the report whether the token's `jti` was used before.
    pub fn judge_single_use(&mut self, used: bool) {
        let Some(step) = self.steps.iter_mut().find(|step| step.name == StepName::SingleUse) else { return };
        step.status = if used { StepStatus::Failed } else { StepStatus::Ok };
        if used {
            self.finding = diagnoses::find("TOKEN_REPLAYED");
        }
    }
}

/// Walks a token. `unwrap` is asked at most once.
pub async fn inspect<U: KeyUnwrap + ?Sized>(token: &str, context: &Context<'_>, unwrap: &U) -> Report {
    let unwrapping = Unwrapping::new(unwrap);
    let verdict = verify(token, context, &unwrapping).await;
    inspect_with(token, context, verdict, &unwrapping.into_outcome()).await
}

/// As [`inspect`], with what came of an unwrap that happened before, as in an activation that was refused.
pub async fn inspect_again(token: &str, context: &Context<'_>, unwrapped: &Unwrapped) -> Report {
    let verdict = verify(token, context, unwrapped).await;
    inspect_with(token, context, verdict, unwrapped).await
}

/// The verifier's word.
async fn verify<U: KeyUnwrap + ?Sized>(
    token: &str,
    context: &Context<'_>,
    unwrap: &U,
) -> Result<CheckedToken, (TokenError, bool)> {
    let refused = |error| (error, false);
    let received = ReceivedToken::parse(token, context.policy).map_err(refused)?;
    let decrypted = received.decrypt(unwrap).await.map_err(refused)?;
    let verified = decrypted.verify(context.keys).map_err(refused)?;
    verified
        .check(context.policy, context.audience, context.now_unix_ms)
        // From here on the signature is the project's, whatever its claims are.
        .map_err(|error| (error, true))
}

async fn inspect_with(
    token: &str,
    context: &Context<'_>,
    verdict: Result<CheckedToken, (TokenError, bool)>,
    unwrapped: &Unwrapped,
) -> Report {
    let inner = decrypt_again(token, context.policy, unwrapped).await;
    let signed = matches!(verdict, Ok(_) | Err((_, true)));
    let payload = inner.as_deref().filter(|_| signed).and_then(|content| payload_of(content));
    let failed = verdict.as_ref().err().map(|(error, _)| StepName::of(*error));
    let scene = facts::Scene {
        token,
        context,
        content: inner.as_deref().map(Vec::as_slice),
        payload: payload.as_deref().map(Vec::as_slice),
        unwrapped_by: unwrapped.by().filter(|_| signed),
    };
    let steps = StepName::ALL
        .into_iter()
        .map(|name| {
            let status = match failed {
                Some(failed) if name == failed => StepStatus::Failed,
                Some(failed) if name as u8 > failed as u8 => StepStatus::Skipped,
                _ if name == StepName::SingleUse => StepStatus::Skipped,
                _ => StepStatus::Ok,
            };
            let facts = if status == StepStatus::Skipped { Vec::new() } else { scene.facts(name) };
            Step { name, status, facts }
        })
        .collect();
    let finding = verdict.as_ref().err().and_then(|(error, _)| diagnose(*error, &scene));
    Report {
        steps,
        finding,
        claims: scene.claims(),
        warnings: verdict.as_ref().map(|checked| checked.warnings().to_vec()).unwrap_or_default(),
        outline: scene.outline(),
        checked: verdict.ok(),
    }
}

/// The content once more, for what may be shown of it: the private key is not asked again.
async fn decrypt_again(token: &str, policy: &Policy, unwrapped: &Unwrapped) -> Option<Zeroizing<Vec<u8>>> {
    if token.len() > MAX_TOKEN_BYTES {
        return None;
    }
    let rules = JweRules { algorithms: policy.accepted_key_management(), require_key_id: false };
    Some(Jwe::parse(token, rules).ok()?.open(unwrapped).await.ok()?.content)
}

/// The payload of a compact JWS.
fn payload_of(content: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let part = content.split(|byte| *byte == b'.').nth(1)?;
    base64url::decode(part).ok().map(Zeroizing::new)
}

/// The finest word for what is wrong.
fn diagnose(error: TokenError, scene: &facts::Scene<'_>) -> Option<&'static Diagnosis> {
    let finer = match error {
        TokenError::Malformed(fault) => refine_text::malformed(scene.token, scene.context, fault),
        TokenError::Undecryptable => refine_text::undecryptable(scene.token, scene.context),
        TokenError::Signature(fault) => {
            scene.content.and_then(|content| refine_signature::refine(content, scene.context, fault))
        }
        TokenError::Claims(_) | TokenError::Expired => {
            scene.payload.and_then(|payload| refine_claims::refine(payload, scene.context, error))
        }
        TokenError::Unavailable | TokenError::Overloaded => None,
    };
    finer.and_then(diagnoses::find).or_else(|| diagnoses::find(error.fine_code()))
}

/// What is wrong with the text of a public key, `None` if it can be registered.
pub fn diagnose_key(text: &str) -> Option<&'static Diagnosis> {
    let error = VerificationKey::from_text(text).err()?;
    let escaped = text.contains("\\n") && VerificationKey::from_text(&text.replace("\\n", "\n")).is_ok();
    let code =
        if error == KeyError::Unreadable && escaped { "KEY_PEM_LITERAL_NEWLINES" } else { error.code() };
    diagnoses::find(code)
}

/// Whether a `kid` names a key: by its key id or its thumbprint.
fn names(key: &VerificationKey, key_id: &str) -> bool {
    key.key_id() == Some(key_id) || thumbprint_is(key.fingerprint(), key_id)
}

fn thumbprint_is(fingerprint: &KeyFingerprint, key_id: &str) -> bool {
    fingerprint.as_str() == key_id
}
