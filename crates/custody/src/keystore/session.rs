//! The keys that the platform signs its own tokens and its audit log with.

use std::sync::Arc;

use signet_token::{SessionSigner, SessionVerifier};

use super::Keystore;
use crate::contents::{Contents, SecretBytes};
use crate::error::KeystoreError;

/// Names of the further secrets that hold public keys: what they signed of the audit log stays verifiable, and nothing else they sign is.
const AUDIT_ALONE: &str = "former-session-key/";

impl Keystore {
    /// What session tokens are signed with, and checked: with the current key and those used before it.
    pub fn session_signer(&self) -> Arc<SessionSigner> {
        Arc::clone(&self.session_signer)
    }

    /// What checks signatures of the audit log: the same keys, and those that sign nothing else any more.
    pub fn audit_verifier(&self) -> Result<SessionVerifier, KeystoreError> {
        let mut verifier = self.session_signer.verifier().clone();
        for (_, key) in self.contents.secrets.iter().filter(|(name, _)| name.starts_with(AUDIT_ALONE)) {
            verifier = verifier.with_former(&SessionVerifier::from_public_key(key.expose())?);
        }
        Ok(verifier)
    }

    /// Signs session tokens with a new key from now on. Tokens of the former ones still verify.
    pub fn rotate_session_key(&mut self) -> Result<(), KeystoreError> {
        let seed = new_seed()?;
        self.change(|contents| {
            contents.session_seeds.push(seed);
            Ok(())
        })
    }

    /// As [`Keystore::rotate_session_key`], after which tokens of the former keys verify no more: those may be in other hands. Their private halves
    /// are destroyed; what they signed of the audit log stays verifiable.
    pub fn replace_session_keys(&mut self) -> Result<(), KeystoreError> {
        let seed = new_seed()?;
        self.change(|contents| {
            for former in std::mem::take(&mut contents.session_seeds) {
                let former = SessionSigner::from_seed(former.expose())?;
                let name = format!("{AUDIT_ALONE}{}", former.key_id().as_str());
                contents.secrets.insert(name, SecretBytes::new(former.verifier().public_key()));
            }
            contents.session_seeds.push(seed);
            Ok(())
        })
    }
}

/// The signer of these contents: the newest key, which knows those before it.
pub(super) fn signer_of(contents: &Contents) -> Result<Arc<SessionSigner>, KeystoreError> {
    let (current, former) = contents.session_seeds.split_last().ok_or(KeystoreError::Damaged)?;
    let mut signer = SessionSigner::from_seed(current.expose())?;
    for seed in former.iter().rev() {
        signer = signer.with_former(SessionSigner::from_seed(seed.expose())?.verifier());
    }
    Ok(Arc::new(signer))
}

fn new_seed() -> Result<SecretBytes, KeystoreError> {
    Ok(SecretBytes::new(&SessionSigner::generate()?.seed()?))
}
