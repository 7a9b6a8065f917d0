//! Keys in two places: those of Vault or a module, and those that the keystore still has.
//!
//! A platform that moves keeps its former keys for tokens that are on their way, and keys on curves, which a transit engine does
//! not use, stay where they are. The RSA keys that providers are given are those of the new place alone.

use std::sync::Arc;

use futures_util::future::join;
use signet_token::{
    KeyAgreement, KeyFingerprint, KeyManagement, KeyUnwrap, UnwrapError, UnwrapFuture, UnwrappedKey,
};

use crate::administration::{Custody, CustodyFuture};
use crate::keystore::{DecryptionKeyInfo, KeyState};

/// Vault or a module first, and the keystore for what that does not have.
pub struct MixedCustody {
    remote: Arc<dyn Custody>,
    local: Arc<dyn Custody>,
}

impl MixedCustody {
    /// Puts both together. A key that both have is used where it was moved to.
    pub fn new(remote: Arc<dyn Custody>, local: Arc<dyn Custody>) -> Self {
        Self { remote, local }
    }

    /// Keys that the keystore alone has: RSA, and those on curves.
    fn only_local(&self) -> (Vec<DecryptionKeyInfo>, Vec<DecryptionKeyInfo>) {
        let remote = self.remote.keys();
        let moved = |info: &&DecryptionKeyInfo| remote.iter().any(|other| other.key_id == info.key_id);
        let own = self.local.keys();
        own.iter()
            .filter(|info| !moved(info))
            .cloned()
            .partition(|info| info.algorithm == KeyManagement::RsaOaep256)
    }

    /// Where a key is changed.
    fn place_of(&self, key_id: &KeyFingerprint) -> &dyn Custody {
        let remote = self.remote.keys().iter().any(|info| info.key_id == *key_id);
        if remote { &*self.remote } else { &*self.local }
    }
}

impl Custody for MixedCustody {
    /// The keys of both: RSA newest first, the keystore's retired whatever it says of them, then those on curves.
    fn keys(&self) -> Arc<[DecryptionKeyInfo]> {
        let (rsa, on_curves) = self.only_local();
        let former = rsa.into_iter().map(|info| DecryptionKeyInfo { state: KeyState::Retired, ..info });
        self.remote.keys().iter().cloned().chain(former).chain(on_curves).collect()
    }

    fn refresh(&self) -> CustodyFuture<'_, ()> {
        Box::pin(async {
            let (remote, local) = join(self.remote.refresh(), self.local.refresh()).await;
            remote.and(local)
        })
    }

    fn create(&self, algorithm: KeyManagement) -> CustodyFuture<'_, KeyFingerprint> {
        match algorithm.curve() {
            None => self.remote.create(algorithm),
            Some(_) => self.local.create(algorithm),
        }
    }

    fn retire(&self, key_id: KeyFingerprint) -> CustodyFuture<'_, ()> {
        self.place_of(&key_id).retire(key_id)
    }

    fn destroy(&self, key_id: KeyFingerprint) -> CustodyFuture<'_, ()> {
        self.place_of(&key_id).destroy(key_id)
    }
}

impl KeyUnwrap for MixedCustody {
    fn unwrap<'a>(&'a self, key_id: Option<&'a str>, encrypted_key: &'a [u8]) -> UnwrapFuture<'a> {
        let (only_local, _) = self.only_local();
        match key_id {
            Some(key_id) if only_local.iter().any(|own| own.key_id.as_str() == key_id) => {
                self.local.unwrap(Some(key_id), encrypted_key)
            }
            None if !only_local.is_empty() => Box::pin(async move {
                let both =
                    join(self.remote.unwrap(None, encrypted_key), self.local.unwrap(None, encrypted_key));
                let (remote, local) = both.await;
                one_of(remote, local)
            }),
            _ => self.remote.unwrap(key_id, encrypted_key),
        }
    }

    fn agree_and_unwrap<'a>(
        &'a self,
        key_id: Option<&'a str>,
        agreement: &'a KeyAgreement,
    ) -> UnwrapFuture<'a> {
        self.local.agree_and_unwrap(key_id, agreement)
    }
}

/// A key if there is one, else that custody did not say, else that it is bad.
pub(crate) fn one_of(
    one: Result<UnwrappedKey, UnwrapError>,
    other: Result<UnwrappedKey, UnwrapError>,
) -> Result<UnwrappedKey, UnwrapError> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok(one.or(other)),
        (Ok(key), Err(error)) | (Err(error), Ok(key)) => {
            if key.is_key() {
                Ok(key)
            } else {
                Err(error)
            }
        }
        (Err(error), Err(_)) => Err(error),
    }
}

impl std::fmt::Debug for MixedCustody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MixedCustody").field("keys", &self.keys()).finish_non_exhaustive()
    }
}
