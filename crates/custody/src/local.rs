//! The local keystore in a process that serves: administered, and followed while other processes change it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use signet_token::{KeyAgreement, KeyFingerprint, KeyManagement, KeyUnwrap, UnwrapFuture};

use crate::administration::{Custody, CustodyError, CustodyFuture};
use crate::error::KeystoreError;
use crate::keystore::{DecryptionKeyInfo, Keystore};
use crate::pool::{LocalUnwrap, RsaPoolOptions};

/// How often a change is tried again when another process wrote the file in between.
const ATTEMPTS: usize = 5;

/// An open keystore and the threads that use its keys.
#[derive(Clone)]
pub struct LocalCustody(Arc<Local>);

struct Local {
    keystore: Mutex<Keystore>,
    pool: LocalUnwrap,
    keys: RwLock<Arc<[DecryptionKeyInfo]>>,
}

impl LocalCustody {
    /// Takes a keystore over and starts the threads.
    pub fn start(keystore: Keystore, options: RsaPoolOptions) -> Result<Self, KeystoreError> {
        let pool = keystore.local_unwrap(options)?;
        let keys = RwLock::new(keystore.decryption_keys().into());
        Ok(Self(Arc::new(Local { keystore: Mutex::new(keystore), pool, keys })))
    }

    /// Works on the keystore where waiting for a disk holds nobody up.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Local) -> Result<T, KeystoreError> + Send + 'static,
    ) -> Result<T, CustodyError> {
        let local = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || work(&local)).await;
        Ok(done.map_err(|panicked| CustodyError::Unavailable(Box::new(panicked)))??)
    }
}

impl Local {
    /// Changes the file as it is now, whoever wrote it last.
    fn change<T>(
        &self,
        edit: impl Fn(&mut Keystore) -> Result<T, KeystoreError>,
    ) -> Result<T, KeystoreError> {
        // A change is whole or not made, so a panic elsewhere left nothing half done.
        let mut keystore = self.keystore.lock().unwrap_or_else(PoisonError::into_inner);
        let mut attempt = 1;
        let done = loop {
            keystore.reload()?;
            match edit(&mut keystore) {
                Err(KeystoreError::ChangedMeanwhile { .. }) if attempt < ATTEMPTS => attempt += 1,
                done => break done,
            }
        };
        self.take_up(&keystore);
        done
    }

    fn take_up(&self, keystore: &Keystore) {
        let (rsa, agreement) = keystore.ring();
        self.pool.set_keys(rsa, agreement);
        let keys = keystore.decryption_keys().into();
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }
}

impl KeyUnwrap for LocalCustody {
    fn unwrap<'a>(&'a self, key_id: Option<&'a str>, encrypted_key: &'a [u8]) -> UnwrapFuture<'a> {
        self.0.pool.unwrap(key_id, encrypted_key)
    }

    fn agree_and_unwrap<'a>(
        &'a self,
        key_id: Option<&'a str>,
        agreement: &'a KeyAgreement,
    ) -> UnwrapFuture<'a> {
        self.0.pool.agree_and_unwrap(key_id, agreement)
    }
}

impl Custody for LocalCustody {
    fn keys(&self) -> Arc<[DecryptionKeyInfo]> {
        Arc::clone(&self.0.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn refresh(&self) -> CustodyFuture<'_, ()> {
        Box::pin(self.with(|local| {
            let mut keystore = local.keystore.lock().unwrap_or_else(PoisonError::into_inner);
            if keystore.reload()? {
                local.take_up(&keystore);
                tracing::info!("the keystore was changed elsewhere, and its keys are in use");
            }
            Ok(())
        }))
    }

    fn create(&self, algorithm: KeyManagement) -> CustodyFuture<'_, KeyFingerprint> {
        Box::pin(
            self.with(move |local| local.change(|keystore| keystore.rotate_decryption_key_for(algorithm))),
        )
    }

    fn retire(&self, key_id: KeyFingerprint) -> CustodyFuture<'_, ()> {
        Box::pin(self.with(move |local| local.change(|keystore| keystore.retire_decryption_key(&key_id))))
    }

    fn destroy(&self, key_id: KeyFingerprint) -> CustodyFuture<'_, ()> {
        Box::pin(self.with(move |local| local.change(|keystore| keystore.destroy_decryption_key(&key_id))))
    }
}

impl fmt::Debug for LocalCustody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalCustody").field("keys", &self.keys()).finish_non_exhaustive()
    }
}
