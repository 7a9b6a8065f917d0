//! Keys in two places: where they live, and where they lived before.
//!
//! A platform that moves keeps its former keys for tokens that are on their way, and keys on curves, which a transit engine does
//! not use, live in the keystore. The RSA keys that providers are given are those of the current place alone.

use std::sync::Arc;

use futures_util::future::join;
use signet_token::{
    KeyAgreement, KeyFingerprint, KeyManagement, KeyUnwrap, UnwrapError, UnwrapFuture, UnwrappedKey,
};

use crate::administration::{Custody, CustodyFuture};
use crate::keystore::{DecryptionKeyInfo, KeyState};

/// Where the platform's keys live, and where they lived before.
pub struct MixedCustody {
    /// Has the RSA keys that providers are given.
    current: Arc<dyn Custody>,
    /// Has former ones.
    former: Arc<dyn Custody>,
    /// Has those on curves: one of the two.
    on_curves: Arc<dyn Custody>,
}

impl MixedCustody {
    /// Vault or a module, and the keystore for former RSA keys and for those on curves.
    pub fn beside_keystore(remote: Arc<dyn Custody>, keystore: Arc<dyn Custody>) -> Self {
        Self { current: remote, former: Arc::clone(&keystore), on_curves: keystore }
    }

    /// Custody of now, and Vault or a module whose keys are given to nobody any more.
    pub fn after(current: Arc<dyn Custody>, former: Arc<dyn Custody>) -> Self {
        Self { on_curves: Arc::clone(&current), current, former }
    }

    /// RSA keys that the former place alone has. One that both have is used where it is now.
    fn only_former(&self) -> Vec<DecryptionKeyInfo> {
        let current = self.current.keys();
        let moved = |info: &DecryptionKeyInfo| current.iter().any(|other| other.key_id == info.key_id);
        let former = self.former.keys();
        former.iter().filter(|info| is_rsa(info) && !moved(info)).cloned().collect()
    }

    /// Where a key is changed.
    fn place_of(&self, key_id: &KeyFingerprint) -> &dyn Custody {
        let current = self.current.keys().iter().any(|info| info.key_id == *key_id);
        if current { &*self.current } else { &*self.former }
    }
}

fn is_rsa(info: &DecryptionKeyInfo) -> bool {
    info.algorithm == KeyManagement::RsaOaep256
}

impl Custody for MixedCustody {
    /// The keys of both: RSA newest first, those of the former place retired whatever it says of them, then those on curves. Before the current
    /// place has said which keys it has, nothing is said of the others: they may have been moved there.
    fn keys(&self) -> Arc<[DecryptionKeyInfo]> {
        let current = self.current.keys();
        let known = current.iter().any(is_rsa);
        let former = self.only_former().into_iter().filter(|_| known);
        let former = former.map(|info| DecryptionKeyInfo { state: KeyState::Retired, ..info });
        let curves = self.on_curves.keys();
        let curves = curves.iter().filter(|info| !is_rsa(info)).cloned();
        current.iter().filter(|info| is_rsa(info)).cloned().chain(former).chain(curves).collect()
    }

    fn is_available(&self) -> bool {
        self.current.is_available() && self.former.is_available()
    }

    fn refresh(&self) -> CustodyFuture<'_, ()> {
        Box::pin(async {
            let (current, former) = join(self.current.refresh(), self.former.refresh()).await;
            current.and(former)
        })
    }

    fn create(&self, algorithm: KeyManagement) -> CustodyFuture<'_, KeyFingerprint> {
        match algorithm.curve() {
            None => self.current.create(algorithm),
            Some(_) => self.on_curves.create(algorithm),
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
        let former = self.only_former();
        match key_id {
            Some(key_id) if former.iter().any(|own| own.key_id.as_str() == key_id) => {
                self.former.unwrap(Some(key_id), encrypted_key)
            }
            None if !former.is_empty() => Box::pin(async move {
                let both =
                    join(self.current.unwrap(None, encrypted_key), self.former.unwrap(None, encrypted_key));
                let (current, former) = both.await;
                one_of(current, former)
            }),
            _ => self.current.unwrap(key_id, encrypted_key),
        }
    }

    fn agree_and_unwrap<'a>(
        &'a self,
        key_id: Option<&'a str>,
        agreement: &'a KeyAgreement,
    ) -> UnwrapFuture<'a> {
        self.on_curves.agree_and_unwrap(key_id, agreement)
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
