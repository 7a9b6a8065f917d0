//! JSON Web Keys (RFC 7517) and their thumbprints (RFC 7638).

use std::fmt;

use aws_lc_rs::digest;
use zeroize::Zeroizing;

use crate::base64url;
use crate::json::{self, Object, Value};

/// The longest text of a key that is looked at, in bytes. A 4096-bit private JWK has about 3.3 KiB.
pub(crate) const MAX_KEY_TEXT_BYTES: usize = 16 * 1024;

/// Members that only a private or symmetric JWK has (RFC 7518 section 6.3.2 and 6.4).
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Why a key was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum KeyError {
    /// Not a key in any accepted format, or damaged.
    #[error("the text is not a readable key")]
    Unreadable,
    /// A key of another type where only RSA is possible.
    #[error("the key is not an RSA key")]
    NotRsa,
    /// A key of a type or on a curve that is not accepted for this purpose.
    #[error("the key's type or curve is not accepted")]
    TypeNotAccepted,
    /// A public key for which anybody can sign.
    #[error("the key is a point of small order: anybody can sign for it")]
    SmallOrder,
    /// A private key where a public one belongs.
    #[error("this is a private key: treat it as disclosed, make a new pair and give only the public half")]
    PrivateKey,
    /// An X.509 certificate where a bare public key belongs.
    #[error("this is a certificate: extract its public key first")]
    Certificate,
    /// Fewer than 2048 bits.
    #[error("the key has fewer than 2048 bits")]
    TooSmall,
    /// More than 4096 bits.
    #[error("the key has more than 4096 bits")]
    TooLarge,
    /// The public exponent is even, below 65537, or above 32 bits.
    #[error("the key's public exponent is not an odd number of at least 65537")]
    ExponentUnsafe,
    /// The modulus has a small factor.
    #[error("the key's modulus has a small factor")]
    SmallFactor,
    /// Made by the flawed generator of CVE-2017-15361 (ROCA).
    #[error("the key was made by a generator whose keys can be factored (CVE-2017-15361)")]
    RocaWeak,
    /// The JWK says that it is for another use or operation.
    #[error("the key is marked for another use")]
    WrongUse,
    /// The JWK says that it is for another algorithm.
    #[error("the key is marked for another algorithm")]
    WrongAlgorithm,
    /// The JWK's `kid` is not a string of 1 to 255 printable characters.
    #[error("the key id is not a string of 1 to 255 printable characters")]
    KeyIdInvalid,
    /// The private parts do not belong together.
    #[error("the private key is not consistent")]
    Inconsistent,
    /// The system could not make a key.
    #[error("a key could not be generated")]
    Generation,
}

impl KeyError {
    /// The stable code of this error.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "KEY_UNREADABLE",
            Self::NotRsa => "KEY_NOT_RSA",
            Self::TypeNotAccepted => "KEY_TYPE_NOT_ACCEPTED",
            Self::SmallOrder => "KEY_SMALL_ORDER",
            Self::PrivateKey => "KEY_IS_PRIVATE",
            Self::Certificate => "KEY_IS_CERTIFICATE",
            Self::TooSmall => "KEY_TOO_SMALL",
            Self::TooLarge => "KEY_TOO_LARGE",
            Self::ExponentUnsafe => "KEY_EXPONENT_UNSAFE",
            Self::SmallFactor => "KEY_SMALL_FACTOR",
            Self::RocaWeak => "KEY_ROCA_WEAK",
            Self::WrongUse => "KEY_WRONG_USE",
            Self::WrongAlgorithm => "KEY_WRONG_ALGORITHM",
            Self::KeyIdInvalid => "KEY_ID_INVALID",
            Self::Inconsistent => "KEY_INCONSISTENT",
            Self::Generation => "KEY_GENERATION_FAILED",
        }
    }
}

/// A key's RFC 7638 thumbprint: SHA-256 of its canonical public JWK, 43 characters of base64url. Public.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyFingerprint(String);

impl KeyFingerprint {
    /// Reads a thumbprint that was written before, `None` if it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = base64url::decode(text).ok()?;
        (bytes.len() == digest::SHA256_OUTPUT_LEN).then(|| Self(text.to_owned()))
    }

    /// The thumbprint's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn of_rsa(modulus: &[u8], exponent: &[u8]) -> Self {
        let (e, n) = (base64url::encode(exponent), base64url::encode(modulus));
        Self::of(&format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#))
    }

    pub(crate) fn of_ed25519(public_key: &[u8]) -> Self {
        Self::of_octet_key_pair("Ed25519", public_key)
    }

    pub(crate) fn of_octet_key_pair(curve: &str, public_key: &[u8]) -> Self {
        let x = base64url::encode(public_key);
        Self::of(&format!(r#"{{"crv":"{curve}","kty":"OKP","x":"{x}"}}"#))
    }

    pub(crate) fn of_p256(x: &[u8], y: &[u8]) -> Self {
        let (x, y) = (base64url::encode(x), base64url::encode(y));
        Self::of(&format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#))
    }

    fn of(canonical: &str) -> Self {
        Self(base64url::encode(digest::digest(&digest::SHA256, canonical.as_bytes())))
    }
}

impl fmt::Display for KeyFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for KeyFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyFingerprint({})", self.0)
    }
}

/// Whether a text may stand as a key id: 1 to 255 characters, none of them a control character.
pub(crate) fn is_key_id(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= 255 && !text.chars().any(char::is_control)
}

/// What a JWK may be used for here.
#[derive(Clone, Copy)]
pub(crate) enum KeyPurpose {
    /// Verifying or making signatures.
    Signature,
    /// Encrypting content keys or agreeing on the key that does.
    Encryption,
}

impl KeyPurpose {
    const fn key_use(self) -> &'static str {
        match self {
            Self::Signature => "sig",
            Self::Encryption => "enc",
        }
    }

    fn allows_operation(self, operation: &str) -> bool {
        match self {
            Self::Signature => matches!(operation, "verify" | "sign"),
            Self::Encryption => {
                matches!(
                    operation,
                    "encrypt" | "decrypt" | "wrapKey" | "unwrapKey" | "deriveKey" | "deriveBits"
                )
            }
        }
    }
}

/// The members of a public JWK, read for one purpose.
pub(crate) struct PublicJwk {
    members: Object,
    key_id: Option<String>,
}

impl PublicJwk {
    /// Reads a public JWK of any type.
    pub(crate) fn parse(text: &str) -> Result<Self, KeyError> {
        let members = parse_members(text)?;
        if PRIVATE_MEMBERS.iter().any(|name| members.contains_key(*name)) {
            return Err(KeyError::PrivateKey);
        }
        Self::from_members(members)
    }

    fn from_members(members: Object) -> Result<Self, KeyError> {
        let key_id = match members.get("kid") {
            None => None,
            Some(Value::String(text)) if is_key_id(text) => Some(text.clone()),
            Some(_) => return Err(KeyError::KeyIdInvalid),
        };
        Ok(Self { members, key_id })
    }

    /// `kty` and `crv`; either may be absent.
    pub(crate) fn key_type(&self) -> (Option<&str>, Option<&str>) {
        (self.text("kty"), self.text("crv"))
    }

    /// A member's text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name).and_then(Value::as_str)
    }

    /// All members.
    pub(crate) fn members(&self) -> &Object {
        &self.members
    }

    /// `kid`.
    pub(crate) fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// A member that is base64url of bytes.
    pub(crate) fn bytes(&self, name: &str) -> Result<Vec<u8>, KeyError> {
        member_bytes(&self.members, name)
    }

    /// That `use`, `key_ops` and `alg`, where present, allow the purpose with one of the algorithms.
    pub(crate) fn check_purpose(&self, purpose: KeyPurpose, algorithms: &[&str]) -> Result<(), KeyError> {
        check_purpose(&self.members, purpose, algorithms)
    }
}

/// The parts of a private RSA JWK, wiped when dropped.
pub(crate) struct PrivateJwk {
    pub(crate) public: PublicJwk,
    pub(crate) d: Zeroizing<Vec<u8>>,
    pub(crate) p: Zeroizing<Vec<u8>>,
    pub(crate) q: Zeroizing<Vec<u8>>,
    pub(crate) dp: Zeroizing<Vec<u8>>,
    pub(crate) dq: Zeroizing<Vec<u8>>,
    pub(crate) qi: Zeroizing<Vec<u8>>,
}

impl PrivateJwk {
    /// Reads a private two-prime RSA JWK with all its parts.
    pub(crate) fn parse(text: &str, purpose: KeyPurpose, algorithms: &[&str]) -> Result<Self, KeyError> {
        let members = parse_members(text)?;
        if members.get("kty").and_then(Value::as_str) != Some("RSA") {
            return Err(KeyError::NotRsa);
        }
        if members.contains_key("oth") {
            return Err(KeyError::Unreadable);
        }
        check_purpose(&members, purpose, algorithms)?;
        let number = |name| member_bytes(&members, name).map(Zeroizing::new);
        Ok(Self {
            d: number("d")?,
            p: number("p")?,
            q: number("q")?,
            dp: number("dp")?,
            dq: number("dq")?,
            qi: number("qi")?,
            public: PublicJwk::from_members(members)?,
        })
    }
}

pub(crate) fn parse_members(text: &str) -> Result<Object, KeyError> {
    if text.len() > MAX_KEY_TEXT_BYTES {
        return Err(KeyError::Unreadable);
    }
    json::parse_object(text.as_bytes()).map_err(|_| KeyError::Unreadable)
}

pub(crate) fn member_bytes(members: &Object, name: &str) -> Result<Vec<u8>, KeyError> {
    let text = members.get(name).and_then(Value::as_str).ok_or(KeyError::Unreadable)?;
    base64url::decode(text).map_err(|_| KeyError::Unreadable)
}

/// That `use`, `key_ops` and `alg`, where present, allow the purpose with one of the algorithms.
pub(crate) fn check_purpose(
    members: &Object,
    purpose: KeyPurpose,
    algorithms: &[&str],
) -> Result<(), KeyError> {
    if members.get("use").is_some_and(|value| value.as_str() != Some(purpose.key_use())) {
        return Err(KeyError::WrongUse);
    }
    match members.get("key_ops") {
        None => {}
        Some(Value::Array(operations))
            if operations
                .iter()
                .all(|item| item.as_str().is_some_and(|name| purpose.allows_operation(name))) => {}
        Some(_) => return Err(KeyError::WrongUse),
    }
    match members.get("alg") {
        None => Ok(()),
        Some(Value::String(alg)) if algorithms.contains(&alg.as_str()) => Ok(()),
        Some(_) => Err(KeyError::WrongAlgorithm),
    }
}

/// Writes a public RSA JWK for one purpose and algorithm.
pub(crate) fn write_rsa(
    modulus: &[u8],
    exponent: &[u8],
    purpose: KeyPurpose,
    algorithm: &str,
    key_id: &str,
) -> String {
    serde_json::json!({
        "kty": "RSA",
        "use": purpose.key_use(),
        "alg": algorithm,
        "kid": key_id,
        "n": base64url::encode(modulus),
        "e": base64url::encode(exponent),
    })
    .to_string()
}
