//! The tokens the platform itself hands out: sessions, test sessions, device credentials and sign-out handles.
//!
//! A JWS (RFC 7515) with `EdDSA` over Ed25519 (RFC 8037) and an explicit `typ` for each kind, so that none can stand in
//! for another, nor for a visitor token. The header of each kind is a constant of the key: a token is accepted only if
//! its header is that constant, byte for byte.

use std::fmt;

use aws_lc_rs::encoding::{AsBigEndian as _, Curve25519SeedBin};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, ParsedPublicKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::base64url;
use crate::json;
use crate::jwk::{KeyError, KeyFingerprint};

/// The longest session token that is looked at, in bytes.
pub const MAX_SESSION_TOKEN_BYTES: usize = 4 * 1024;
/// Length of an Ed25519 signature in bytes.
const SIGNATURE_BYTES: usize = 64;

/// The kinds of token, each with its own `typ`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SessionTokenKind {
    /// A visitor session.
    Session,
    /// What `testVisitorAuthenticateFromCredentials` returns: can be introspected, and nothing else.
    TestSession,
    /// The credential that lets an anonymous visitor's device come back.
    Device,
    /// Names a session that whoever presents it may end, and nothing else.
    SignOut,
    /// Where a chain of the audit log ended at a moment. Opens nothing.
    AuditCheckpoint,
    /// Proves that whoever asks how their request arrived holds the platform's keys. Opens nothing.
    OperatorProbe,
}

impl SessionTokenKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Session,
        Self::TestSession,
        Self::Device,
        Self::SignOut,
        Self::AuditCheckpoint,
        Self::OperatorProbe,
    ];

    /// The `typ` of this kind.
    pub const fn typ(self) -> &'static str {
        match self {
            Self::Session => "signet-session+jwt",
            Self::TestSession => "signet-test-session+jwt",
            Self::Device => "signet-device+jwt",
            Self::SignOut => "signet-sign-out+jwt",
            Self::AuditCheckpoint => "signet-audit-checkpoint+jwt",
            Self::OperatorProbe => "signet-operator-probe+jwt",
        }
    }

    const fn index(self) -> usize {
        match self {
            Self::Session => 0,
            Self::TestSession => 1,
            Self::Device => 2,
            Self::SignOut => 3,
            Self::AuditCheckpoint => 4,
            Self::OperatorProbe => 5,
        }
    }
}

/// The claims of a session token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionClaims {
    /// Who issued it: the platform's own address.
    pub iss: String,
    /// The site id.
    pub aud: String,
    /// The visitor id.
    pub sub: String,
    /// The session id, or the device id in a device credential.
    pub sid: String,
    /// Issued at, seconds since 1970.
    pub iat: i64,
    /// Expires at, seconds since 1970.
    pub exp: i64,
    /// `ANONYMOUS`, `CLAIMED` or `VERIFIED`.
    pub assurance: String,
    /// When identity was last proved, seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// The device id behind an anonymous session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dev: Option<String>,
    /// What the page calls an anonymous visitor, without proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ext: Option<String>,
    /// The key that whoever uses the token must prove to hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
}

/// A key, by its RFC 7638 thumbprint (RFC 7800 section 3, RFC 9449 section 6.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// 32 bytes as base64url.
    pub jkt: String,
}

/// Where a chain of the audit log ended at a moment, as it is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditCheckpoint {
    /// The project's id, or the empty text for the platform's chain.
    pub chain: String,
    /// The last event.
    pub sequence: i64,
    /// Its hash, 64 hexadecimal digits.
    pub hash: String,
    /// When it was signed, seconds since 1970.
    pub iat: i64,
}

impl SessionClaims {
    /// Whether `exp` has been reached. There is no leeway: both clocks are ours.
    pub fn is_expired(&self, now_unix_ms: i64) -> bool {
        self.exp.saturating_mul(1_000) <= now_unix_ms
    }
}

/// Why a session token was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum SessionTokenError {
    /// Not one of our tokens.
    #[error("session token is malformed")]
    Malformed,
    /// One of our tokens, of another kind.
    #[error("session token is of another kind")]
    WrongKind,
    /// Signed with a key that is not in use.
    #[error("session token is signed with an unknown key")]
    UnknownKey,
    /// The signature does not verify.
    #[error("session token's signature does not verify")]
    SignatureInvalid,
    /// The claims could not be written.
    #[error("session token could not be written")]
    Unwritable,
}

/// Makes session tokens. Holds the private key and wipes it when dropped.
pub struct SessionSigner {
    pair: Ed25519KeyPair,
    verifier: SessionVerifier,
}

impl SessionSigner {
    /// Length of the seed in bytes (RFC 8032 section 5.1.5).
    pub const SEED_BYTES: usize = 32;

    /// Takes the 32-byte seed of an Ed25519 key.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`] for any other length.
    pub fn from_seed(seed: &[u8]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyError::Unreadable)?;
        let verifier = SessionVerifier::from_public_key(pair.public_key().as_ref())?;
        Ok(Self { pair, verifier })
    }

    /// Makes a new key from the system's generator.
    pub fn generate() -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::generate().map_err(|_| KeyError::Generation)?;
        let verifier = SessionVerifier::from_public_key(pair.public_key().as_ref())?;
        Ok(Self { pair, verifier })
    }

    /// Accepts tokens of former keys as well when it verifies.
    #[must_use]
    pub fn with_former(mut self, other: &SessionVerifier) -> Self {
        self.verifier = self.verifier.with_former(other);
        self
    }

    /// The seed, for a keystore.
    pub fn seed(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let seed: Curve25519SeedBin<'_> =
            self.pair.seed().and_then(|seed| seed.as_be_bytes()).map_err(|_| KeyError::Generation)?;
        Ok(Zeroizing::new(seed.as_ref().to_vec()))
    }

    /// The key id: the RFC 7638 thumbprint of the public key.
    pub fn key_id(&self) -> &KeyFingerprint {
        &self.verifier.current.fingerprint
    }

    /// What checks this signer's tokens, and those of the former keys that it knows.
    pub fn verifier(&self) -> &SessionVerifier {
        &self.verifier
    }

    /// Makes a token of the given kind.
    ///
    /// # Errors
    /// [`SessionTokenError::Unwritable`] if the claims cannot be written as JSON.
    pub fn sign(&self, kind: SessionTokenKind, claims: &SessionClaims) -> Result<String, SessionTokenError> {
        self.sign_claims(kind, claims)
    }

    /// Signs the end of a chain of the audit log.
    ///
    /// # Errors
    /// [`SessionTokenError::Unwritable`].
    pub fn sign_checkpoint(&self, checkpoint: &AuditCheckpoint) -> Result<String, SessionTokenError> {
        self.sign_claims(SessionTokenKind::AuditCheckpoint, checkpoint)
    }

    fn sign_claims(
        &self,
        kind: SessionTokenKind,
        claims: &impl Serialize,
    ) -> Result<String, SessionTokenError> {
        let claims = serde_json::to_vec(claims).map_err(|_| SessionTokenError::Unwritable)?;
        let header = self.verifier.current.header(kind);
        let mut token = String::with_capacity(header.len() + claims.len() * 2 + SIGNATURE_BYTES * 2);
        token.push_str(header);
        token.push('.');
        token.push_str(&base64url::encode(claims));
        let signature = self.pair.sign(token.as_bytes());
        token.push('.');
        token.push_str(&base64url::encode(signature));
        Ok(token)
    }

    /// As [`SessionVerifier::verify`].
    pub fn verify(&self, token: &str, kind: SessionTokenKind) -> Result<SessionClaims, SessionTokenError> {
        self.verifier.verify(token, kind)
    }
}

impl fmt::Debug for SessionSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionSigner").field("key_id", self.key_id()).finish_non_exhaustive()
    }
}

/// One public key and the constant header of each kind of token it signs.
#[derive(Clone)]
struct PublicKey {
    parsed: ParsedPublicKey,
    raw: Vec<u8>,
    fingerprint: KeyFingerprint,
    headers: [String; 6],
}

impl PublicKey {
    fn new(raw: &[u8]) -> Result<Self, KeyError> {
        let parsed = ParsedPublicKey::new(&ED25519, raw).map_err(|_| KeyError::Unreadable)?;
        let fingerprint = KeyFingerprint::of_ed25519(raw);
        let headers = SessionTokenKind::ALL.map(|kind| {
            base64url::encode(format!(r#"{{"alg":"EdDSA","kid":"{fingerprint}","typ":"{}"}}"#, kind.typ()))
        });
        Ok(Self { parsed, raw: raw.to_vec(), fingerprint, headers })
    }

    fn header(&self, kind: SessionTokenKind) -> &str {
        self.headers.get(kind.index()).map_or("", String::as_str)
    }
}

/// Checks session tokens. Keys that were used before may be added, so that rotation ends no session.
#[derive(Clone)]
pub struct SessionVerifier {
    current: PublicKey,
    former: Vec<PublicKey>,
}

impl SessionVerifier {
    /// Takes the 32 bytes of an Ed25519 public key.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`].
    pub fn from_public_key(raw: &[u8]) -> Result<Self, KeyError> {
        Ok(Self { current: PublicKey::new(raw)?, former: Vec::new() })
    }

    /// Accepts tokens of the other verifier's keys as well.
    #[must_use]
    pub fn with_former(mut self, other: &Self) -> Self {
        self.former.push(other.current.clone());
        self.former.extend(other.former.iter().cloned());
        self
    }

    /// The 32 bytes of the current public key.
    pub fn public_key(&self) -> &[u8] {
        &self.current.raw
    }

    /// The current public key as a JWK (RFC 8037 section 2).
    pub fn to_jwk_json(&self) -> String {
        serde_json::json!({
            "kty": "OKP",
            "crv": "Ed25519",
            "use": "sig",
            "alg": "EdDSA",
            "kid": self.current.fingerprint.as_str(),
            "x": base64url::encode(&self.current.raw),
        })
        .to_string()
    }

    /// Checks kind, key and signature, and gives the claims. Expiry is the caller's:
    /// [`SessionClaims::is_expired`].
    ///
    /// # Errors
    /// [`SessionTokenError`], see its variants.
    pub fn verify(&self, token: &str, kind: SessionTokenKind) -> Result<SessionClaims, SessionTokenError> {
        self.open(token, kind)
    }

    /// Checks the signature of a checkpoint of the audit log, and gives what it says.
    ///
    /// # Errors
    /// [`SessionTokenError`], see its variants.
    pub fn verify_checkpoint(&self, checkpoint: &str) -> Result<AuditCheckpoint, SessionTokenError> {
        self.open(checkpoint, SessionTokenKind::AuditCheckpoint)
    }

    fn open<T: serde::de::DeserializeOwned>(
        &self,
        token: &str,
        kind: SessionTokenKind,
    ) -> Result<T, SessionTokenError> {
        if token.len() > MAX_SESSION_TOKEN_BYTES {
            return Err(SessionTokenError::Malformed);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(SessionTokenError::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(SessionTokenError::Malformed)?;
        let key = self.find_key(header, kind)?;
        let signature = base64url::decode(signature).map_err(|_| SessionTokenError::Malformed)?;
        let payload = base64url::decode(payload).map_err(|_| SessionTokenError::Malformed)?;
        if signature.len() != SIGNATURE_BYTES {
            return Err(SessionTokenError::SignatureInvalid);
        }
        key.parsed
            .verify_sig(signed.as_bytes(), &signature)
            .map_err(|_| SessionTokenError::SignatureInvalid)?;
        serde_json::from_slice(&payload).map_err(|_| SessionTokenError::Malformed)
    }

    fn find_key(&self, header: &str, kind: SessionTokenKind) -> Result<&PublicKey, SessionTokenError> {
        let mut keys = std::iter::once(&self.current).chain(&self.former);
        if let Some(key) = keys.clone().find(|key| key.header(kind) == header) {
            return Ok(key);
        }
        if keys.any(|key| key.headers.iter().any(|known| known == header)) {
            return Err(SessionTokenError::WrongKind);
        }
        // Not a header of ours: say whether it at least has the form of one, for the log.
        let ours = base64url::decode(header)
            .ok()
            .and_then(|bytes| json::parse_object(&bytes).ok())
            .is_some_and(|members| members.get("typ").and_then(json::Value::as_str) == Some(kind.typ()));
        Err(if ours { SessionTokenError::UnknownKey } else { SessionTokenError::Malformed })
    }
}

impl fmt::Debug for SessionVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionVerifier")
            .field("key_id", &self.current.fingerprint)
            .field("former", &self.former.len())
            .finish()
    }
}
