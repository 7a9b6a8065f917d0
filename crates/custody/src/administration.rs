//! Custody as those see it who administer keys: which there are, and how they change while the platform runs.
//!
//! Invariants:
//!
//! - What opens tokens follows the keys without a restart: after a change here at once, after one made elsewhere with the next
//!   [`Custody::refresh`].
//! - Custody whose keys are made elsewhere says so ([`CustodyError::NotSupported`]) and changes nothing.

use std::future::{self, Future};
use std::pin::Pin;
use std::sync::Arc;

use signet_token::{KeyFingerprint, KeyManagement, KeyUnwrap};

use crate::error::KeystoreError;
use crate::keystore::DecryptionKeyInfo;

/// What custody's changes give: a boxed future, so that custody can be chosen at run time.
pub type CustodyFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, CustodyError>> + Send + 'a>>;

/// Why custody did not do what an administrator asked for.
#[derive(Debug, thiserror::Error)]
pub enum CustodyError {
    /// Keys of this custody are made, retired and destroyed where they live, and not from here.
    #[error("this custody's keys are changed where they live, not from here")]
    NotSupported,
    /// No key with this id.
    #[error("custody has no such key")]
    KeyNotFound,
    /// Providers would be left without a key.
    #[error("this is the only key that providers are given: make a new one first")]
    LastActiveKey,
    /// The key still decrypts for tokens that may be on their way.
    #[error("the key is active: retire it first")]
    StillActive,
    /// Custody could not be read or written.
    #[error("custody is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<KeystoreError> for CustodyError {
    fn from(error: KeystoreError) -> Self {
        match error {
            KeystoreError::KeyNotFound => Self::KeyNotFound,
            KeystoreError::LastActiveKey => Self::LastActiveKey,
            KeystoreError::StillActive => Self::StillActive,
            other => Self::Unavailable(Box::new(other)),
        }
    }
}

/// Where the platform's decryption keys live. By default its keys are changed elsewhere.
pub trait Custody: KeyUnwrap {
    /// The keys as they are now, from memory: RSA newest first, then those on curves newest first.
    fn keys(&self) -> Arc<[DecryptionKeyInfo]>;

    /// Whether custody did what it was asked last. One that is not available may not know its keys yet.
    fn is_available(&self) -> bool {
        true
    }

    /// Takes up what was changed elsewhere. Asked about once a second, so it costs little when nothing was.
    fn refresh(&self) -> CustodyFuture<'_, ()> {
        Box::pin(future::ready(Ok(())))
    }

    /// Makes a new active key for an algorithm and retires the others of that algorithm, which go on decrypting.
    fn create(&self, _algorithm: KeyManagement) -> CustodyFuture<'_, KeyFingerprint> {
        Box::pin(future::ready(Err(CustodyError::NotSupported)))
    }

    /// Publishes a key no longer; it goes on decrypting. One that is retired already stays so.
    fn retire(&self, _key_id: KeyFingerprint) -> CustodyFuture<'_, ()> {
        Box::pin(future::ready(Err(CustodyError::NotSupported)))
    }

    /// Destroys a retired key: it decrypts nothing any more.
    fn destroy(&self, _key_id: KeyFingerprint) -> CustodyFuture<'_, ()> {
        Box::pin(future::ready(Err(CustodyError::NotSupported)))
    }
}
