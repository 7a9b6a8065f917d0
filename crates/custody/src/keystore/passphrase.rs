//! Another passphrase for a keystore that is open.

use super::{Keystore, Passphrase};
use crate::envelope::{FileKey, KdfCost};
use crate::error::KeystoreError;

impl Keystore {
    /// Writes the keystore anew under another passphrase and a fresh salt, at the cost of [`KdfCost::default`].
    ///
    /// The file is replaced in one step: whenever this is cut off, it opens with exactly one of the two passphrases. Processes that have it
    /// open go on with the keys they have; their next reading of the file is [`KeystoreError::PassphraseChanged`].
    ///
    /// # Errors
    /// [`KeystoreError`]; the file and this keystore are then as they were.
    pub fn change_passphrase(&mut self, new: &Passphrase) -> Result<(), KeystoreError> {
        self.change_passphrase_with(new, KdfCost::default())
    }

    /// As [`Keystore::change_passphrase`], with another cost.
    pub fn change_passphrase_with(&mut self, new: &Passphrase, cost: KdfCost) -> Result<(), KeystoreError> {
        if new.0.is_empty() {
            return Err(KeystoreError::PassphraseEmpty);
        }
        let Some(place) = &mut self.place else { return Ok(()) };
        let former = std::mem::replace(&mut place.file_key, FileKey::derive_new(&new.0, cost)?);
        let written = place.replace(&self.contents);
        if written.is_err() {
            place.file_key = former;
        }
        written
    }
}
