//! The token provider's side: sign the claims, encrypt the result.
//!
//! Used by the demo shop, the command line and the tests. The algorithms are those of the two keys.

use crate::jwe;
use crate::policy::Profile;
use crate::visitor_token::STRICT_TYPE;

pub use crate::encryption_key::{EncryptedKey, EncryptionKey};
pub use crate::signing_key::SigningKey;

/// A token could not be made: the system's generator or the cryptographic library failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("token could not be made")]
pub struct IssueError;

/// A brand's token provider: makes visitor tokens from claims.
#[derive(Debug)]
pub struct TokenProvider {
    signing_key: SigningKey,
    encryption_key: EncryptionKey,
    profile: Profile,
}

impl TokenProvider {
    /// Takes the customer's private key and the platform's public key, for tokens of the compatible profile.
    pub fn new(signing_key: SigningKey, encryption_key: EncryptionKey) -> Self {
        Self { signing_key, encryption_key, profile: Profile::Compatible }
    }

    /// The same provider for another profile. In the strict one the inner `typ` is [`STRICT_TYPE`], and `kid` is the
    /// key's thumbprint when it has no key id.
    #[must_use]
    pub fn for_profile(self, profile: Profile) -> Self {
        Self { profile, ..self }
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
        let key = self.signing_key.verification_key();
        let typ = match self.profile {
            Profile::Compatible => "JWT",
            Profile::Strict => STRICT_TYPE,
        };
        let mut header = serde_json::json!({ "alg": key.algorithm().name(), "typ": typ });
        if let Some(key_id) = self.key_id(key.key_id(), key.fingerprint().as_str()) {
            header["kid"] = key_id.into();
        }
        header.to_string()
    }

    /// The encryption header: `alg`, `enc`, `cty`, and `kid` when the key has a key id. The `epk` of ECDH-ES is not in it
    /// yet.
    pub fn outer_header(&self) -> String {
        let key = &self.encryption_key;
        let mut header = serde_json::json!({ "alg": key.algorithm().alg(), "enc": jwe::ENC, "cty": "JWT" });
        if let Some(key_id) = self.key_id(key.key_id(), key.fingerprint().as_str()) {
            header["kid"] = key_id.into();
        }
        header.to_string()
    }

    fn key_id<'a>(&self, given: Option<&'a str>, fingerprint: &'a str) -> Option<&'a str> {
        given.or((self.profile == Profile::Strict).then_some(fingerprint))
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
