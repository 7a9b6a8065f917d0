//! The token provider's side: sign the claims, encrypt the result.
//!
//! Used by the demo shop, the command line and the tests. It makes what the compatible profile describes, with `kid`
//! in both headers when the keys have one.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rand::{self, SystemRandom};
use aws_lc_rs::rsa::{
    KeyPair, KeySize, OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey,
};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use zeroize::Zeroizing;

use crate::base64url;
use crate::content_key::ContentKey;
use crate::decryption_key::{key_pair_from_jwk, key_pair_from_pem, pkcs8_of};
use crate::jwk::{KeyError, KeyFingerprint, KeyPurpose, PublicJwk};
use crate::pem;
use crate::rsa_public::RsaNumbers;
use crate::verification_key::VerificationKey;
use crate::{jwe, jws};

/// A token could not be made: the system's generator or the cryptographic library failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("token could not be made")]
pub struct IssueError;

/// A customer's private RSA key, for RS256. Wiped when dropped.
pub struct SigningKey {
    pair: KeyPair,
    public: VerificationKey,
}

impl SigningKey {
    /// Makes a new 2048-bit key.
    pub fn generate() -> Result<Self, KeyError> {
        Self::from_pair(KeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Generation)?)
    }

    /// Reads a PEM `PRIVATE KEY` (PKCS#8) or `RSA PRIVATE KEY` (PKCS#1).
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        Self::from_pair(key_pair_from_pem(text)?)
    }

    /// Reads PKCS#8 DER.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, KeyError> {
        Self::from_pair(KeyPair::from_pkcs8(der).map_err(|_| KeyError::Unreadable)?)
    }

    /// Reads a private RSA JWK. Its `use`, `key_ops` and `alg` must allow RS256 when present.
    pub fn from_jwk(text: &str) -> Result<Self, KeyError> {
        Self::from_pair(key_pair_from_jwk(text, KeyPurpose::Signature)?)
    }

    fn from_pair(pair: KeyPair) -> Result<Self, KeyError> {
        let public = VerificationKey::from_spki_der(pair.public_key().as_ref())?;
        Ok(Self { pair, public })
    }

    /// The same key under a key id.
    ///
    /// # Errors
    /// [`KeyError::KeyIdInvalid`].
    pub fn with_key_id(self, key_id: &str) -> Result<Self, KeyError> {
        Ok(Self { public: self.public.with_key_id(key_id)?, ..self })
    }

    /// The public half, as the platform registers it.
    pub fn verification_key(&self) -> &VerificationKey {
        &self.public
    }

    /// The private key as a PEM `PRIVATE KEY`. Wiped when dropped.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        Ok(Zeroizing::new(pem::write("PRIVATE KEY", &pkcs8_of(&self.pair)?)))
    }

    /// An RS256 signature of `message` (RFC 7518 section 3.3).
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, IssueError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| IssueError)?;
        Ok(signature)
    }

    /// A compact JWS over `payload` under a header of the caller's making.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn sign_compact(&self, header: &str, payload: &[u8]) -> Result<String, IssueError> {
        let signed = format!("{}.{}", base64url::encode(header), base64url::encode(payload));
        let signature = self.sign(signed.as_bytes())?;
        Ok(format!("{signed}.{}", base64url::encode(signature)))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("public", &self.public).finish_non_exhaustive()
    }
}

/// The platform's public RSA key, for RSA-OAEP-256.
pub struct EncryptionKey {
    key: OaepPublicEncryptingKey,
    fingerprint: KeyFingerprint,
    key_id: Option<String>,
}

impl EncryptionKey {
    /// Reads a PEM public key, or the base64 of its DER without PEM lines.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        Self::from_numbers(&RsaNumbers::from_pem(text)?, None)
    }

    /// Reads a public RSA JWK. Its `use`, `key_ops` and `alg` must allow RSA-OAEP-256 when present; its `kid` goes into
    /// the tokens.
    pub fn from_jwk(text: &str) -> Result<Self, KeyError> {
        let jwk = PublicJwk::parse(text, KeyPurpose::Encryption)?;
        Self::from_numbers(&RsaNumbers::from_jwk(&jwk)?, jwk.key_id)
    }

    fn from_numbers(numbers: &RsaNumbers, key_id: Option<String>) -> Result<Self, KeyError> {
        let key = PublicEncryptingKey::from_der(&numbers.to_spki_der()?)
            .map_err(|_| KeyError::Unreadable)
            .and_then(|key| OaepPublicEncryptingKey::new(key).map_err(|_| KeyError::Unreadable))?;
        Ok(Self { key, fingerprint: numbers.fingerprint(), key_id })
    }

    /// The RFC 7638 thumbprint.
    pub fn fingerprint(&self) -> &KeyFingerprint {
        &self.fingerprint
    }

    /// The `kid` that goes into tokens, if the key came with one.
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// RSA-OAEP-256 of any short value (RFC 7518 section 4.3).
    ///
    /// # Errors
    /// [`IssueError`] also if the value is too long for the key.
    pub fn wrap(&self, value: &[u8]) -> Result<Vec<u8>, IssueError> {
        let mut output = vec![0; self.key.ciphertext_size()];
        let length = self
            .key
            .encrypt(&OAEP_SHA256_MGF1SHA256, value, &mut output, None)
            .map_err(|_| IssueError)?
            .len();
        output.truncate(length);
        Ok(output)
    }

    /// A compact JWE over `content` under a header of the caller's making, with a fresh key and vector.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn encrypt_compact(&self, header: &str, content: &[u8]) -> Result<String, IssueError> {
        let content_key = ContentKey::random().ok_or(IssueError)?;
        let mut iv = [0; 12];
        rand::fill(&mut iv).map_err(|_| IssueError)?;
        let protected = base64url::encode(header);
        let cipher = UnboundKey::new(&AES_256_GCM, content_key.expose())
            .map(LessSafeKey::new)
            .map_err(|_| IssueError)?;
        let mut ciphertext = content.to_vec();
        let tag = cipher
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(iv),
                Aad::from(protected.as_bytes()),
                &mut ciphertext,
            )
            .map_err(|_| IssueError)?;
        let encrypted_key = self.wrap(content_key.expose())?;
        let parts = [
            protected,
            base64url::encode(encrypted_key),
            base64url::encode(iv),
            base64url::encode(ciphertext),
            base64url::encode(tag),
        ];
        Ok(parts.join("."))
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptionKey")
            .field("fingerprint", &self.fingerprint)
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

/// A brand's token provider: makes visitor tokens from claims.
#[derive(Debug)]
pub struct TokenProvider {
    signing_key: SigningKey,
    encryption_key: EncryptionKey,
}

impl TokenProvider {
    /// Takes the customer's private key and the platform's public key.
    pub fn new(signing_key: SigningKey, encryption_key: EncryptionKey) -> Self {
        Self { signing_key, encryption_key }
    }

    /// Signs `claims`, a JSON object, and encrypts the result.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn issue(&self, claims: &str) -> Result<String, IssueError> {
        let signed = self.signing_key.sign_compact(&self.inner_header(), claims.as_bytes())?;
        self.encryption_key.encrypt_compact(&self.outer_header(), signed.as_bytes())
    }

    /// The signature header: `alg`, `typ`, and `kid` when the key has a key id.
    pub fn inner_header(&self) -> String {
        let mut header = serde_json::json!({ "alg": jws::ALG, "typ": "JWT" });
        if let Some(key_id) = self.signing_key.public.key_id() {
            header["kid"] = key_id.into();
        }
        header.to_string()
    }

    /// The encryption header: `alg`, `enc`, `cty`, and `kid` when the key has a key id.
    pub fn outer_header(&self) -> String {
        let mut header = serde_json::json!({ "alg": jwe::ALG, "enc": jwe::ENC, "cty": "JWT" });
        if let Some(key_id) = self.encryption_key.key_id() {
            header["kid"] = key_id.into();
        }
        header.to_string()
    }

    /// The customer's key.
    pub fn signing_key(&self) -> &SigningKey {
        &self.signing_key
    }

    /// The platform's key.
    pub fn encryption_key(&self) -> &EncryptionKey {
        &self.encryption_key
    }
}
