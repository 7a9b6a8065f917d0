//! Keys in two places: those of Vault or a module, and those that the keystore still has.
//!
//! A platform that moves keeps its former keys for tokens that are on their way, and keys on curves, which a transit engine does
//! not use, stay where they are. The RSA keys that providers are given are those of the new place alone.

use std::sync::Arc;

use futures_util::future::join;
use signet_token::{
    KeyAgreement, KeyFingerprint, KeyManagement, KeyUnwrap, UnwrapError, UnwrapFuture, UnwrappedKey,
};

use crate::keystore::{DecryptionKeyInfo, KeyState};

/// Vault or a module first, and the keystore for what that does not have.
pub struct MixedCustody {
    remote: Arc<dyn KeyUnwrap>,
    local: Arc<dyn KeyUnwrap>,
    /// RSA keys that the keystore alone has.
    only_local: Vec<KeyFingerprint>,
    keys: Vec<DecryptionKeyInfo>,
}

impl MixedCustody {
    /// Puts both together. A key that both have is used where it was moved to.
    pub fn new(
        (remote, remote_keys): (Arc<dyn KeyUnwrap>, Vec<DecryptionKeyInfo>),
        (local, local_keys): (Arc<dyn KeyUnwrap>, Vec<DecryptionKeyInfo>),
    ) -> Self {
        let moved = |info: &DecryptionKeyInfo| remote_keys.iter().any(|other| other.key_id == info.key_id);
        let is_rsa = |info: &DecryptionKeyInfo| info.algorithm == KeyManagement::RsaOaep256;
        let (rsa, on_curves): (Vec<_>, Vec<_>) =
            local_keys.into_iter().filter(|info| !moved(info)).partition(is_rsa);
        let only_local = rsa.iter().map(|info| info.key_id.clone()).collect();
        let former = rsa.into_iter().map(|info| DecryptionKeyInfo { state: KeyState::Retired, ..info });
        let keys = remote_keys.into_iter().chain(former).chain(on_curves).collect();
        Self { remote, local, only_local, keys }
    }

    /// The keys of both: RSA newest first, the keystore's retired whatever it says of them, then those on curves.
    pub fn keys(&self) -> Vec<DecryptionKeyInfo> {
        self.keys.clone()
    }
}

impl KeyUnwrap for MixedCustody {
    fn unwrap<'a>(&'a self, key_id: Option<&'a str>, encrypted_key: &'a [u8]) -> UnwrapFuture<'a> {
        match key_id {
            Some(key_id) if self.only_local.iter().any(|own| own.as_str() == key_id) => {
                self.local.unwrap(Some(key_id), encrypted_key)
            }
            None if !self.only_local.is_empty() => Box::pin(async move {
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
        f.debug_struct("MixedCustody").field("only_local", &self.only_local).finish_non_exhaustive()
    }
}
