//! Private keys on their way into other custody: encrypted for the place that takes them in, from the keystore's memory on.
//!
//! What wraps a key is an AES key that is drawn for it alone, and that is encrypted with RSA-OAEP (SHA-256) to a key of the place.

use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrapPadded as _};
use aws_lc_rs::rand;
use signet_token::EncryptionKey;
use zeroize::Zeroizing;

/// A key could not be encrypted for its way.
#[derive(Debug, thiserror::Error)]
#[error("encrypting a key for its way into other custody")]
pub struct TransportError;

/// An AES-256 key for one private key, and the same encrypted to whoever takes that in.
pub(crate) struct Wrapping {
    pub(crate) key: Zeroizing<[u8; 32]>,
    pub(crate) wrapped: Vec<u8>,
}

impl Wrapping {
    pub(crate) fn draw(recipient: &EncryptionKey) -> Result<Self, TransportError> {
        let mut key = Zeroizing::new([0; 32]);
        rand::fill(key.as_mut_slice()).map_err(|_| TransportError)?;
        let wrapped = recipient.wrap(key.as_slice()).map_err(|_| TransportError)?;
        Ok(Self { key, wrapped })
    }
}

/// The format of Vault's import: the encrypted AES key, and after it the PKCS#8 DER wrapped with AES-KWP (RFC 5649).
pub(crate) fn one_piece(recipient: &EncryptionKey, pkcs8: &[u8]) -> Result<Vec<u8>, TransportError> {
    let Wrapping { key, mut wrapped } = Wrapping::draw(recipient)?;
    let kek = AesKek::new(&AES_256, key.as_slice()).map_err(|_| TransportError)?;
    // A block of 8 bytes stands before the padded value.
    let mut output = vec![0; pkcs8.len().next_multiple_of(8) + 8];
    wrapped.extend_from_slice(kek.wrap_with_padding(pkcs8, &mut output).map_err(|_| TransportError)?);
    Ok(wrapped)
}
