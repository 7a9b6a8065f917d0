//! A customer's public key: what a project's visitor tokens are verified with.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};

use crate::jwk::{self, KeyError, KeyFingerprint, KeyPurpose, PublicJwk};
use crate::rsa_public::RsaNumbers;

/// An RSA public key for RS256, parsed once and cheap to clone.
///
/// Every constructor refuses keys that must not be registered: other sizes than 2048 to 4096 bits, unsafe
/// exponents, small factors, keys of the flawed generator of CVE-2017-15361, and private keys pasted by mistake.
#[derive(Clone)]
pub struct VerificationKey {
    inner: Arc<Inner>,
    key_id: Option<Arc<str>>,
}

struct Inner {
    parsed: ParsedPublicKey,
    numbers: RsaNumbers,
    spki: Vec<u8>,
    fingerprint: KeyFingerprint,
}

impl VerificationKey {
    /// Reads `SubjectPublicKeyInfo` DER (RFC 5280), or an RFC 8017 `RSAPublicKey`.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, KeyError> {
        Self::from_numbers(RsaNumbers::from_der(der)?, None)
    }

    /// Reads a PEM public key, or the base64 of its DER without PEM lines.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        Self::from_numbers(RsaNumbers::from_pem(text)?, None)
    }

    /// Reads a public RSA JWK. Its `use`, `key_ops` and `alg` must allow RS256 when present; its `kid` becomes the
    /// key id.
    pub fn from_jwk(text: &str) -> Result<Self, KeyError> {
        let jwk = PublicJwk::parse(text, KeyPurpose::Signature)?;
        Self::from_numbers(RsaNumbers::from_jwk(&jwk)?, jwk.key_id)
    }

    /// Reads whatever an administrator pastes: PEM, bare base64 of the DER, or a JWK.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        if text.len() > jwk::MAX_KEY_TEXT_BYTES {
            return Err(KeyError::Unreadable);
        }
        if text.starts_with('{') { Self::from_jwk(text) } else { Self::from_pem(text) }
    }

    fn from_numbers(numbers: RsaNumbers, key_id: Option<String>) -> Result<Self, KeyError> {
        let parsed = numbers
            .components()
            .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
            .map_err(|_| KeyError::Unreadable)?;
        let inner =
            Inner { spki: numbers.to_spki_der()?, fingerprint: numbers.fingerprint(), parsed, numbers };
        Ok(Self { inner: Arc::new(inner), key_id: key_id.map(Arc::from) })
    }

    /// The same key under another key id, the `kid` its tokens will name.
    ///
    /// # Errors
    /// [`KeyError::KeyIdInvalid`] unless it has 1 to 255 characters and no control characters.
    pub fn with_key_id(mut self, key_id: &str) -> Result<Self, KeyError> {
        if !jwk::is_key_id(key_id) {
            return Err(KeyError::KeyIdInvalid);
        }
        self.key_id = Some(Arc::from(key_id));
        Ok(self)
    }

    /// The key id given at registration, if any.
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// The RFC 7638 thumbprint.
    pub fn fingerprint(&self) -> &KeyFingerprint {
        &self.inner.fingerprint
    }

    /// Size of the modulus in bits.
    pub fn bits(&self) -> usize {
        self.inner.numbers.bits()
    }

    /// The key as `SubjectPublicKeyInfo` DER.
    pub fn to_spki_der(&self) -> Vec<u8> {
        self.inner.spki.clone()
    }

    /// The key as a PEM `PUBLIC KEY`.
    pub fn to_pem(&self) -> String {
        crate::pem::write("PUBLIC KEY", &self.inner.spki)
    }

    /// The key as a JWK with `use`, `alg` and `kid` (the key id, else the thumbprint).
    pub fn to_jwk_json(&self) -> String {
        let key_id = self.key_id().unwrap_or(self.inner.fingerprint.as_str());
        let numbers = &self.inner.numbers;
        jwk::write_rsa(numbers.modulus(), numbers.exponent(), KeyPurpose::Signature, key_id)
    }

    /// Whether `signature` is an RS256 signature of `message` by this key (RFC 7518 section 3.3).
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.inner.parsed.verify_sig(message, signature).is_ok()
    }
}

impl fmt::Debug for VerificationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerificationKey")
            .field("fingerprint", &self.inner.fingerprint)
            .field("key_id", &self.key_id)
            .field("bits", &self.bits())
            .finish()
    }
}
