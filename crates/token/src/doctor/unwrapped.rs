//! One unwrap, remembered: the private key is the only expensive step, and what custody said is what it said.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::content_key::{KeyUnwrap, UnwrapError, UnwrapFuture, UnwrappedKey};
use crate::ecdh_es::KeyAgreement;
use crate::jwk::KeyFingerprint;

/// What came of an unwrap. The key is wiped when this is dropped.
type Outcome = Result<UnwrappedKey, UnwrapError>;

fn copy(outcome: &Outcome) -> Outcome {
    outcome.as_ref().map(UnwrappedKey::copied).map_err(|error| *error)
}

/// Custody that is listened to for the unwrap of one token.
pub struct Unwrapping<'a, U: ?Sized> {
    custody: &'a U,
    outcome: Mutex<Option<Outcome>>,
}

impl<'a, U: KeyUnwrap + ?Sized> Unwrapping<'a, U> {
    /// Listens to custody.
    pub fn new(custody: &'a U) -> Self {
        Self { custody, outcome: Mutex::new(None) }
    }

    /// What custody said.
    pub fn into_outcome(self) -> Unwrapped {
        Unwrapped(self.outcome.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    fn remember(&self, outcome: Outcome) -> Outcome {
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(copy(&outcome));
        outcome
    }
}

impl<U: ?Sized> fmt::Debug for Unwrapping<'_, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unwrapping(..)")
    }
}

impl<U: KeyUnwrap + ?Sized> KeyUnwrap for Unwrapping<'_, U> {
    fn unwrap<'a>(&'a self, key_id: Option<&'a str>, encrypted_key: &'a [u8]) -> UnwrapFuture<'a> {
        Box::pin(async move { self.remember(self.custody.unwrap(key_id, encrypted_key).await) })
    }

    fn agree_and_unwrap<'a>(
        &'a self,
        key_id: Option<&'a str>,
        agreement: &'a KeyAgreement,
    ) -> UnwrapFuture<'a> {
        Box::pin(async move { self.remember(self.custody.agree_and_unwrap(key_id, agreement).await) })
    }
}

/// What custody said of one token, to be asked again for that token alone. By default it was not asked.
#[derive(Default)]
pub struct Unwrapped(Option<Outcome>);

impl Unwrapped {
    fn again(&self) -> UnwrapFuture<'_> {
        Box::pin(std::future::ready(self.0.as_ref().map_or_else(|| Ok(UnwrappedKey::none()), copy)))
    }

    /// The platform key that the token was encrypted to, if custody said so.
    pub(super) fn by(&self) -> Option<KeyFingerprint> {
        self.0.as_ref()?.as_ref().ok()?.unwrapped_by()
    }
}

impl fmt::Debug for Unwrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unwrapped(..)")
    }
}

impl KeyUnwrap for Unwrapped {
    fn unwrap<'a>(&'a self, _: Option<&'a str>, _: &'a [u8]) -> UnwrapFuture<'a> {
        self.again()
    }

    fn agree_and_unwrap<'a>(&'a self, _: Option<&'a str>, _: &'a KeyAgreement) -> UnwrapFuture<'a> {
        self.again()
    }
}
