//! Keys that leave the keystore for other custody.

use signet_token::{DecryptionKey, KeyFingerprint};

use super::{Keystore, LiveKey};
use crate::error::KeystoreError;
use crate::migration::PortableKey;

impl Keystore {
    /// The RSA keys as other custody can take them in, oldest first; the published one is the last.
    pub fn portable_keys(&self) -> Vec<PortableKey> {
        let portable = |live: &LiveKey<DecryptionKey>| PortableKey::new(live.describe(), &live.key);
        self.decryption_keys.iter().map(portable).collect()
    }

    /// Destroys RSA keys that other custody has, whatever their state. Ids of keys that are not here mean nothing.
    ///
    /// # Errors
    /// [`KeystoreError`]; nothing is destroyed then.
    pub fn forget_decryption_keys(&mut self, key_ids: &[KeyFingerprint]) -> Result<(), KeystoreError> {
        let kept: Vec<bool> =
            self.decryption_keys.iter().map(|live| !key_ids.contains(live.key.fingerprint())).collect();
        if kept.iter().all(|kept| *kept) {
            return Ok(());
        }
        self.change(|contents| {
            let mut kept = kept.into_iter();
            // Both lists stand in the same order.
            contents.decryption_keys.retain(|_| kept.next().unwrap_or(true));
            Ok(())
        })
    }
}
