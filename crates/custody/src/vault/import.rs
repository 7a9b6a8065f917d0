//! Bringing one's own keys: the transit engine takes them in as versions of a key that is imported.

use std::time::Duration;

use base64::Engine as _;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use signet_token::RemoteKey;

use super::error::VaultError;
use super::session::Session;
use super::versions::Versions;
use super::{Names, VaultOptions, session_of};
use crate::migration::{ImportError, ImportFuture, KeyImport, Placement, PortableKey};
use crate::transport;

/// The first time it is asked for its wrapping key Vault makes one, RSA of 4096 bits. Nobody at a page waits for that.
const LONGEST_CALL: Duration = Duration::from_secs(30);

/// A key of the transit engine that takes versions in. Signs in with what the options say, which has to have the right to.
pub struct VaultImport {
    session: Session,
    names: Names,
}

#[derive(Deserialize)]
struct Read<T> {
    data: T,
}

#[derive(Deserialize)]
struct Origin {
    #[serde(default)]
    imported_key: bool,
}

#[derive(Deserialize)]
struct WrappingKey {
    public_key: String,
}

/// The key as it is.
struct Found {
    imported: bool,
    /// Ids of its versions, oldest first.
    versions: Vec<String>,
}

impl VaultImport {
    /// Prepares to ask. Nothing is sent yet.
    ///
    /// # Errors
    /// [`VaultError`] for options that cannot work.
    pub fn new(options: VaultOptions) -> Result<Self, VaultError> {
        let time_limit = options.time_limit.max(LONGEST_CALL);
        let (session, names) = session_of(VaultOptions { time_limit, ..options })?;
        Ok(Self { session, names })
    }

    /// `None` if Vault has no key of this name.
    async fn find(&self) -> Result<Option<Found>, VaultError> {
        let answer = match self.session.send(Method::GET, &self.names.key(), None).await?.ok() {
            Err(VaultError::KeyNotFound) => return Ok(None),
            answer => answer?,
        };
        let Read { data: Origin { imported_key } } = answer.read().ok_or(VaultError::Answer)?;
        let versions = Versions::read(&answer)?;
        let mut versions: Vec<String> =
            versions.describe().iter().map(|info| info.key_id.as_str().to_owned()).collect();
        versions.reverse();
        Ok(Some(Found { imported: imported_key, versions }))
    }

    async fn plan_for(&self, keys: &[PortableKey]) -> Result<Vec<Placement>, ImportError> {
        let key = self.names.key();
        if keys.iter().any(|key| key.bits() != keys[0].bits()) {
            return Err(ImportError::SizesDiffer);
        }
        let found = self.find().await?.unwrap_or(Found { imported: true, versions: Vec::new() });
        let is_there = |id: &str| found.versions.iter().any(|version| version == id);
        let ids: Vec<&str> = keys.iter().map(|key| key.info.key_id.as_str()).collect();
        if !ids.iter().all(|id| is_there(id)) {
            if !found.imported {
                return Err(ImportError::MadeThere(key));
            }
            // The next version follows those that are there.
            if !ids.iter().take(found.versions.len()).eq(&found.versions) {
                return Err(ImportError::Taken(key));
            }
        }
        let placement = |(index, id): (usize, &&str)| Placement {
            place: format!("version {} of {key}", index + 1),
            index,
            is_there: is_there(id),
        };
        Ok(ids.iter().enumerate().map(placement).collect())
    }

    async fn import(&self, key: &PortableKey, placement: &Placement) -> Result<(), ImportError> {
        let answer = self.session.send(Method::GET, &self.names.wrapping_key(), None).await?.ok()?;
        let Read { data: WrappingKey { public_key } } = answer.read().ok_or(VaultError::Answer)?;
        let recipient = RemoteKey::from_pem(&public_key)?.to_encryption_key()?;
        let ciphertext = transport::one_piece(&recipient, &key.pkcs8())?;
        let ciphertext = base64::engine::general_purpose::STANDARD.encode(ciphertext);
        let (path, body) = if placement.index == 0 {
            let body = json!({
                "ciphertext": ciphertext, "hash_function": "SHA256", "type": format!("rsa-{}", key.bits()),
                // Its next version is made in Vault.
                "allow_rotation": true, "exportable": false, "allow_plaintext_backup": false,
            });
            (format!("{}/import", self.names.key()), body)
        } else {
            let body = json!({ "ciphertext": ciphertext, "hash_function": "SHA256" });
            (format!("{}/import_version", self.names.key()), body)
        };
        self.session.send(Method::POST, &path, Some(&body)).await?.ok()?;
        Ok(())
    }
}

impl KeyImport for VaultImport {
    fn plan<'a>(&'a self, keys: &'a [PortableKey]) -> ImportFuture<'a, Vec<Placement>> {
        Box::pin(self.plan_for(keys))
    }

    fn take_in<'a>(&'a self, key: &'a PortableKey, placement: &'a Placement) -> ImportFuture<'a, ()> {
        Box::pin(self.import(key, placement))
    }
}

impl std::fmt::Debug for VaultImport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VaultImport").field("key", &self.names.key()).finish_non_exhaustive()
    }
}
