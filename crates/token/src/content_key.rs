//! The content key of one token, and the edge behind which private keys live.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use aws_lc_rs::rand;
use subtle::{Choice, ConditionallySelectable as _};
use zeroize::Zeroizing;

use crate::ecdh_es::KeyAgreement;
use crate::jwk::KeyFingerprint;

/// Length of a content key in bytes.
const CONTENT_KEY_BYTES: usize = 32;
/// Length of a key's thumbprint in base64url.
const THUMBPRINT_CHARACTERS: usize = 43;

/// The 256-bit AES key that encrypts one token's content (RFC 7518 section 5.3). Wiped when dropped.
pub(crate) struct ContentKey(Zeroizing<[u8; CONTENT_KEY_BYTES]>);

impl ContentKey {
    /// A fresh random key, `None` if the system's generator fails.
    pub(crate) fn random() -> Option<Self> {
        let mut key = Zeroizing::new([0_u8; CONTENT_KEY_BYTES]);
        rand::fill(key.as_mut_slice()).ok()?;
        Some(Self(key))
    }

    /// The raw key, for the cipher only.
    pub(crate) fn expose(&self) -> &[u8; CONTENT_KEY_BYTES] {
        &self.0
    }
}

impl fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContentKey(..)")
    }
}

/// What came of unwrapping an encrypted key: the content key, or nothing usable. Nobody who holds one branches on which.
///
/// RFC 7516 section 11.5 wants a random key in the place of one that cannot be unwrapped, and the rest of the work done all
/// the same. Here the two cases are one type whose bytes are always there, and the place is taken by selecting, not by a
/// branch: an early version answered `Result`, and the failure could be told by its time. Wiped when dropped.
pub struct UnwrappedKey {
    bytes: Zeroizing<[u8; CONTENT_KEY_BYTES]>,
    is_key: Choice,
    /// The thumbprint of the platform key that it was encrypted to, if it is a key and custody says; else anything. Selected as the
    /// key is.
    unwrapped_by: [u8; THUMBPRINT_CHARACTERS],
}

impl UnwrappedKey {
    /// Nothing usable: not encrypted to a key in custody, or damaged, or not a 256-bit key. One value for every cause.
    pub fn none() -> Self {
        Self::new(Zeroizing::new([0; CONTENT_KEY_BYTES]), Choice::from(0))
    }

    /// Takes what custody elsewhere has decrypted. Anything but 32 bytes is no A256GCM key.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self::from_output(Some(bytes.len()), bytes)
    }

    /// Takes what an unwrap of the right length wrote, and whether it holds.
    pub(crate) fn new(bytes: Zeroizing<[u8; CONTENT_KEY_BYTES]>, is_key: Choice) -> Self {
        Self { bytes, is_key, unwrapped_by: [0; THUMBPRINT_CHARACTERS] }
    }

    /// Takes the key from the buffer that an unwrap wrote to; `length` is what it says to have written, `None` if it failed.
    pub(crate) fn from_output(length: Option<usize>, buffer: &[u8]) -> Self {
        let mut unwrapped = Self::none();
        for (byte, written) in unwrapped.bytes.iter_mut().zip(buffer) {
            *byte = *written;
        }
        // No length is none of a key: the library writes what it can.
        unwrapped.is_key = Choice::from(u8::from(length.unwrap_or_default() == CONTENT_KEY_BYTES));
        unwrapped
    }

    /// Says which platform key it was encrypted to, if it is a key. A token need not name one, and whoever counts or revokes keys
    /// has to know.
    #[must_use]
    pub fn with_unwrapped_by(mut self, key_id: &KeyFingerprint) -> Self {
        for (byte, character) in self.unwrapped_by.iter_mut().zip(key_id.as_str().bytes()) {
            *byte = character;
        }
        self
    }

    /// The platform key that it was encrypted to, if custody says. Means nothing unless it is a key.
    pub fn unwrapped_by(&self) -> Option<KeyFingerprint> {
        KeyFingerprint::parse(std::str::from_utf8(&self.unwrapped_by).ok()?)
    }

    /// This one if it is a key, else `other`, by the same work. For custody that tries several keys.
    #[must_use]
    pub fn or(self, mut other: Self) -> Self {
        other.bytes.conditional_assign(&self.bytes, self.is_key);
        other.unwrapped_by.conditional_assign(&self.unwrapped_by, self.is_key);
        other.is_key |= self.is_key;
        other
    }

    /// This one, or no key if `holds` does not, by the same work.
    #[must_use]
    pub fn only_if(mut self, holds: Choice) -> Self {
        self.is_key &= holds;
        self
    }

    /// No key, by the work that was done for this one.
    #[must_use]
    pub fn refused(self) -> Self {
        self.only_if(Choice::from(0))
    }

    /// The key, or `substitute` in its place.
    pub(crate) fn or_substitute(self, substitute: &ContentKey) -> ContentKey {
        let bytes = <[u8; CONTENT_KEY_BYTES]>::conditional_select(&substitute.0, &self.bytes, self.is_key);
        ContentKey(Zeroizing::new(bytes))
    }

    /// The same once more, for whoever listens to custody.
    pub(crate) fn copied(&self) -> Self {
        Self { bytes: self.bytes.clone(), is_key: self.is_key, unwrapped_by: self.unwrapped_by }
    }

    #[cfg(test)]
    pub(crate) fn expose_for_test(&self) -> [u8; CONTENT_KEY_BYTES] {
        *self.bytes
    }

    /// Whether there is a key. For self-tests and diagnoses; whoever answers to a stranger does not ask.
    pub fn is_key(&self) -> bool {
        self.is_key.into()
    }
}

impl fmt::Debug for UnwrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnwrappedKey(..)")
    }
}

/// Why custody did not do its part. Says nothing about the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnwrapError {
    /// Custody cannot be reached or is sealed.
    #[error("key custody is not available")]
    Unavailable,
    /// The bounded queue in front of the private key is full.
    #[error("key custody is overloaded")]
    Overloaded,
}

/// What [`KeyUnwrap::unwrap`] gives: a boxed future, so that custody can be chosen at run time.
pub type UnwrapFuture<'a> = Pin<Box<dyn Future<Output = Result<UnwrappedKey, UnwrapError>> + Send + 'a>>;

/// Where the platform's private decryption keys are used: local keystore, Vault transit, PKCS#11.
///
/// One method for each kind of key. Which one is called follows from what the project accepts; inside, the algorithm is
/// never a parameter.
pub trait KeyUnwrap: Send + Sync {
    /// Decrypts the content key of one token with `RSA-OAEP-256` (RFC 7518 section 4.3).
    ///
    /// `key_id` is the token's outer `kid`. `None` means that every key in use is tried. Implementations do the
    /// same amount of work whether or not the key id is known and whatever is wrong with `encrypted_key`. They say which key
    /// it was, if they can tell ([`UnwrappedKey::with_unwrapped_by`]): revoking any key ends the sessions of tokens of which
    /// neither they nor the token itself say it.
    fn unwrap<'a>(&'a self, key_id: Option<&'a str>, encrypted_key: &'a [u8]) -> UnwrapFuture<'a>;

    /// Decrypts the content key of one token with `ECDH-ES+A256KW` (RFC 7518 section 4.6); otherwise as [`Self::unwrap`].
    ///
    /// Custody without such keys keeps the default, for which no token is encrypted to a key of its own. Custody whose
    /// private key lies in hardware computes the shared secret there and gives it to
    /// [`KeyAgreement::unwrap_content_key`].
    fn agree_and_unwrap<'a>(
        &'a self,
        key_id: Option<&'a str>,
        agreement: &'a KeyAgreement,
    ) -> UnwrapFuture<'a> {
        let _ = (key_id, agreement);
        Box::pin(std::future::ready(Ok(UnwrappedKey::none())))
    }
}
