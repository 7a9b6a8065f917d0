//! The versions of the key in Vault, each with the key id that providers know it by.

use std::collections::BTreeMap;

use serde::Deserialize;
use signet_token::{KeyManagement, RemoteKey};

use super::client::Answer;
use super::error::VaultError;
use crate::keystore::{DecryptionKeyInfo, KeyState};

/// How many versions are tried for a token that names none, newest first.
const TRIED: usize = 8;

/// One version that decrypts.
pub(super) struct Version {
    number: u32,
    state: KeyState,
    pub(super) key: RemoteKey,
}

impl Version {
    /// An encrypted key as the transit engine takes it, whatever it is.
    pub(super) fn ciphertext(&self, encrypted_key: &[u8]) -> String {
        use base64::Engine as _;
        let value = base64::engine::general_purpose::STANDARD.encode(self.key.computable(encrypted_key));
        format!("vault:v{}:{value}", self.number)
    }
}

/// Those that decrypt, newest first: none before they were read, at least one afterwards.
pub(super) struct Versions(Vec<Version>);

#[derive(Deserialize)]
struct Read {
    data: Transit,
}

#[derive(Deserialize)]
struct Transit {
    #[serde(rename = "type")]
    kind: String,
    latest_version: u32,
    #[serde(default)]
    min_decryption_version: u32,
    #[serde(default)]
    min_encryption_version: u32,
    keys: BTreeMap<String, serde_json::Value>,
}

impl Versions {
    /// Vault has not said yet.
    pub(super) const fn unread() -> Self {
        Self(Vec::new())
    }

    pub(super) fn are_unread(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads what `GET transit/keys/NAME` answers.
    ///
    /// A version is published if Vault itself would encrypt with it: those from `min_encryption_version` on, or only the latest if
    /// that is 0. Those before it, down to `min_decryption_version`, are retired: they decrypt what is on its way.
    pub(super) fn read(answer: &Answer) -> Result<Self, VaultError> {
        let Read { data } = answer.read().ok_or(VaultError::Answer)?;
        if !data.kind.starts_with("rsa-") {
            return Err(VaultError::NotRsa(data.kind.chars().take(40).collect()));
        }
        let published_from = match data.min_encryption_version {
            0 => data.latest_version,
            version => version.min(data.latest_version),
        };
        let mut versions = Vec::new();
        for (number, version) in &data.keys {
            let number: u32 = number.parse().map_err(|_| VaultError::Answer)?;
            if number < data.min_decryption_version {
                continue;
            }
            let pem = version["public_key"].as_str().ok_or(VaultError::Answer)?;
            let state = if number >= published_from { KeyState::Active } else { KeyState::Retired };
            versions.push(Version { number, state, key: RemoteKey::from_pem(pem)? });
        }
        versions.sort_by_key(|version| std::cmp::Reverse(version.number));
        if versions.is_empty() { Err(VaultError::KeyNotFound) } else { Ok(Self(versions)) }
    }

    /// The versions to try for a token: the one it names, or the newest ones if it names none. `None`: it names another key.
    pub(super) fn select(&self, key_id: Option<&str>) -> Option<Vec<&Version>> {
        let Some(key_id) = key_id else { return Some(self.0.iter().take(TRIED).collect()) };
        let named = self.0.iter().find(|version| version.key.fingerprint().as_str() == key_id);
        named.map(|version| vec![version])
    }

    /// What an unknown key costs: the work of one version.
    pub(super) fn newest(&self) -> Vec<&Version> {
        self.0.iter().take(1).collect()
    }

    pub(super) fn describe(&self) -> Vec<DecryptionKeyInfo> {
        let describe = |version: &Version| DecryptionKeyInfo {
            key_id: version.key.fingerprint().clone(),
            state: version.state,
            algorithm: KeyManagement::RsaOaep256,
            public_jwk: version.key.to_public_jwk_json(),
        };
        self.0.iter().map(describe).collect()
    }
}
