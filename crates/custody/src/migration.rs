//! Moving the keystore's RSA keys into other custody.
//!
//! A key keeps its id, which is the thumbprint of its public half, so that tokens on their way arrive. Invariants:
//!
//! - a private half leaves the keystore's memory encrypted to the place that takes it in, and in no other form;
//! - keys are taken in oldest first, so that the published one is the newest there too, and one that is there already is left alone:
//!   what was interrupted is done again and goes on;
//! - nothing is taken away here: destroying the former copies is a step of its own.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use signet_token::{DecryptionKey, KeyError};
use zeroize::Zeroizing;

use crate::keystore::DecryptionKeyInfo;
#[cfg(feature = "hsm")]
use crate::pkcs11::Pkcs11Error;
use crate::transport::TransportError;
use crate::vault::VaultError;

/// A private key that may be taken in elsewhere. What may be known of it is in `info`; the rest is seen by its new custody alone.
pub struct PortableKey {
    /// What may be known of it.
    pub info: DecryptionKeyInfo,
    key: Arc<DecryptionKey>,
}

impl PortableKey {
    pub(crate) fn new(info: DecryptionKeyInfo, key: &Arc<DecryptionKey>) -> Self {
        Self { info, key: Arc::clone(key) }
    }

    pub(crate) fn pkcs8(&self) -> Zeroizing<Vec<u8>> {
        self.key.to_pkcs8_der()
    }

    /// The size of the modulus.
    pub(crate) fn bits(&self) -> usize {
        self.key.bits()
    }
}

impl fmt::Debug for PortableKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PortableKey").field("info", &self.info).finish_non_exhaustive()
    }
}

/// Where a key is, or will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// In words, such as `version 1 of transit/keys/signet`.
    pub place: String,
    /// Its place among the keys of the plan; the first is 0.
    pub index: usize,
    /// It is there already.
    pub is_there: bool,
}

/// What taking keys in gives: a boxed future, so that the place can be chosen at run time.
pub type ImportFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, ImportError>> + Send + 'a>>;

/// Custody that takes keys in from outside.
pub trait KeyImport: Send + Sync {
    /// Where each of the keys is or will be. They stand oldest first. Changes nothing.
    fn plan<'a>(&'a self, keys: &'a [PortableKey]) -> ImportFuture<'a, Vec<Placement>>;

    /// Takes a key in at its place. The keys of a plan are taken in in their order.
    fn take_in<'a>(&'a self, key: &'a PortableKey, placement: &'a Placement) -> ImportFuture<'a, ()>;
}

/// Why keys cannot be taken in.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The key in Vault was made there, and Vault takes no others into such a one.
    #[error("the key {0} was made in Vault, which takes no keys from outside into it: name another one")]
    MadeThere(String),
    /// The place has keys that are not of this platform's keystore, or has them in another order.
    #[error("{0} holds keys that are not the keystore's, or holds them in another order: name another one")]
    Taken(String),
    /// Keys of one name in Vault have one size.
    #[error("the keys differ in size, which the versions of a key in Vault may not")]
    SizesDiffer,
    /// As many labels as keys are needed.
    #[error(
        "there are {keys} keys to move and {labels} labels: name one label for each key in pkcs11_key, the newest key's first"
    )]
    Labels {
        /// Keys to move.
        keys: usize,
        /// Labels that the settings name.
        labels: usize,
    },
    /// The token has no means to take keys in.
    #[cfg(feature = "hsm")]
    #[error(
        "the token takes in no key from outside (RSA-OAEP and AES-CBC-PAD with C_UnwrapKey): make a new key in it instead"
    )]
    NotTakenIn(#[source] Box<cryptoki::error::Error>),
    /// A key of the place, or one of the keystore's, could not be used.
    #[error("a key is not usable")]
    Key(#[from] KeyError),
    /// The cryptography failed.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// Vault could not be used.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The module could not be used.
    #[cfg(feature = "hsm")]
    #[error(transparent)]
    Pkcs11(#[from] Pkcs11Error),
}
