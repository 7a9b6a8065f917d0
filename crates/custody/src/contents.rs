//! What is sealed in a keystore: JSON, wiped from memory after use.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use signet_token::base64url;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::error::KeystoreError;
use crate::keystore::KeyState;

/// Room for the serialised contents, so that no growing buffer leaves copies of keys behind.
const SERIALISED_CAPACITY: usize = 256 * 1024;

/// Bytes that are base64url in the file. They have no `Debug` and are wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct SecretBytes(Vec<u8>);

impl SecretBytes {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl Serialize for SecretBytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(base64url::encode(&self.0)))
    }
}

impl<'de> Deserialize<'de> for SecretBytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        base64url::decode(text.as_bytes()).map(Self).map_err(serde::de::Error::custom)
    }
}

/// The keystore's contents. Keys stand oldest first. A member that is added here needs a new version of the format: programs
/// that do not know it refuse the file, and the version is how they know why.
#[derive(Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Contents {
    /// RSA keys that visitor tokens are encrypted to.
    pub(crate) decryption_keys: Vec<StoredDecryptionKey>,
    /// Keys on curves, for providers that use key agreement. Absent until the first is made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) agreement_keys: Vec<StoredAgreementKey>,
    /// Ed25519 seeds that session tokens are signed with; the last one signs, the others only verify.
    pub(crate) session_seeds: Vec<SecretBytes>,
    /// Further secrets by name.
    pub(crate) secrets: BTreeMap<String, SecretBytes>,
}

/// One RSA key.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct StoredDecryptionKey {
    /// Whether new tokens may be encrypted to it.
    pub(crate) state: KeyState,
    /// PKCS#8 DER.
    pub(crate) pkcs8: SecretBytes,
}

/// One key on a curve.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct StoredAgreementKey {
    /// Whether new tokens may be encrypted to it.
    pub(crate) state: KeyState,
    /// `P-256` or `X25519`.
    pub(crate) curve: String,
    /// The 32 bytes of the private key.
    pub(crate) secret: SecretBytes,
}

impl Contents {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, KeystoreError> {
        serde_json::from_slice(bytes).map_err(|_| KeystoreError::Damaged)
    }

    /// The earliest version of the format that has a place for all of it.
    pub(crate) fn version(&self) -> u32 {
        let has_active = self.decryption_keys.iter().any(|stored| stored.state == KeyState::Active);
        match (has_active, self.agreement_keys.is_empty()) {
            (false, _) => 3,
            (true, false) => 2,
            (true, true) => 1,
        }
    }

    pub(crate) fn write(&self) -> Result<Zeroizing<Vec<u8>>, KeystoreError> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(SERIALISED_CAPACITY));
        serde_json::to_writer(&mut *bytes, self).map_err(|_| KeystoreError::Damaged)?;
        Ok(bytes)
    }
}
