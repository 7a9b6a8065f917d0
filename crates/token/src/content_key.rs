//! The content key of one token, and the edge behind which private keys live.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use aws_lc_rs::rand;
use zeroize::Zeroizing;

use crate::ecdh_es::KeyAgreement;

/// Length of a content key in bytes.
const CONTENT_KEY_BYTES: usize = 32;

/// The 256-bit AES key that encrypts one token's content (RFC 7518 section 5.3). Wiped when dropped.
pub struct ContentKey(Zeroizing<[u8; CONTENT_KEY_BYTES]>);

impl ContentKey {
    /// Takes exactly 32 bytes; any other length is not an A256GCM key and gives `None`.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut key = Zeroizing::new([0_u8; CONTENT_KEY_BYTES]);
        if bytes.len() != key.len() {
            return None;
        }
        key.copy_from_slice(bytes);
        Some(Self(key))
    }

    /// Takes the key from the buffer that an unwrap wrote to; `length` is what it says to have written, `None` if it failed.
    ///
    /// A key is made of the buffer in any case, and thrown away when there is none in it: making it only after a success
    /// took a quarter of a microsecond that could be measured, less in an optimised build.
    pub(crate) fn from_output(length: Option<usize>, buffer: &[u8]) -> Result<Self, UnwrapError> {
        let key = buffer.get(..CONTENT_KEY_BYTES).and_then(Self::from_bytes);
        match (length, key) {
            (Some(CONTENT_KEY_BYTES), Some(key)) => Ok(key),
            _ => Err(UnwrapError::Bad),
        }
    }

    /// A fresh random key, `None` if the system's generator fails.
    pub fn random() -> Option<Self> {
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

/// Why an encrypted key was not unwrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnwrapError {
    /// Not encrypted to a key in custody, or damaged, or not a 256-bit key. One value for every cause.
    #[error("encrypted key cannot be unwrapped")]
    Bad,
    /// Custody cannot be reached or is sealed; says nothing about the token.
    #[error("key custody is not available")]
    Unavailable,
    /// The bounded queue in front of the private key is full.
    #[error("key custody is overloaded")]
    Overloaded,
}

/// What [`KeyUnwrap::unwrap`] gives: a boxed future, so that custody can be chosen at run time.
pub type UnwrapFuture<'a> = Pin<Box<dyn Future<Output = Result<ContentKey, UnwrapError>> + Send + 'a>>;

/// Where the platform's private decryption keys are used: local keystore, Vault transit, PKCS#11.
///
/// One method for each kind of key. Which one is called follows from what the project accepts; inside, the algorithm is
/// never a parameter.
pub trait KeyUnwrap: Send + Sync {
    /// Decrypts the content key of one token with `RSA-OAEP-256` (RFC 7518 section 4.3).
    ///
    /// `key_id` is the token's outer `kid`. `None` means that every key in use is tried. Implementations do the
    /// same amount of work whether or not the key id is known and whatever is wrong with `encrypted_key`.
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
        Box::pin(std::future::ready(Err(UnwrapError::Bad)))
    }
}
