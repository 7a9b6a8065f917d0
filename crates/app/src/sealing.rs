//! Secrets that have to be read again are encrypted with a key from the keystore (AES-256-GCM), each bound to whose it is: moved to
//! another row it opens no more.

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::AppError;

/// Length of the nonce before the ciphertext.
const NONCE_BYTES: usize = 12;

/// Encrypts a secret for storage.
pub(crate) fn seal(key: &[u8; 32], owner: &[u8], secret: &[u8]) -> Result<Vec<u8>, AppError> {
    let failed = |_| AppError::Unavailable("a secret could not be encrypted".into());
    let key = RandomizedNonceKey::new(&AES_256_GCM, key).map_err(failed)?;
    let mut sealed = secret.to_vec();
    let nonce = key.seal_in_place_append_tag(Aad::from(owner), &mut sealed).map_err(failed)?;
    Ok([&nonce.as_ref()[..], &sealed].concat())
}

/// Decrypts a stored secret.
pub(crate) fn open(key: &[u8; 32], owner: &[u8], sealed: &[u8]) -> Result<Vec<u8>, AppError> {
    let failed = || AppError::Unavailable("a stored secret could not be decrypted".into());
    let key = RandomizedNonceKey::new(&AES_256_GCM, key).map_err(|_| failed())?;
    let (nonce, rest) = sealed.split_at_checked(NONCE_BYTES).ok_or_else(failed)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| failed())?;
    let mut rest = rest.to_vec();
    let secret = key.open_in_place(nonce, Aad::from(owner), &mut rest).map_err(|_| failed())?;
    Ok(secret.to_vec())
}

/// A place in a list that a client is to bring back, as a text that nobody else can read or make.
pub(crate) fn seal_cursor(key: &[u8; 32], owner: &[u8], cursor: &impl Serialize) -> Result<String, AppError> {
    let text = serde_json::to_vec(cursor).ok();
    let text = text.ok_or_else(|| AppError::Unavailable("a cursor could not be written".into()))?;
    Ok(URL_SAFE_NO_PAD.encode(seal(key, owner, &text)?))
}

/// Reads what [`seal_cursor`] wrote for the same owner. Anything else is [`AppError::Invalid`] with `CURSOR_INVALID`.
pub(crate) fn open_cursor<T: DeserializeOwned>(
    key: &[u8; 32],
    owner: &[u8],
    text: &str,
) -> Result<T, AppError> {
    let sealed = URL_SAFE_NO_PAD.decode(text).ok();
    let opened = sealed.and_then(|sealed| open(key, owner, &sealed).ok());
    opened.and_then(|opened| serde_json::from_slice(&opened).ok()).ok_or_else(cursor_invalid)
}

/// The cursor is of another list, caller or hour.
pub(crate) fn cursor_invalid() -> AppError {
    AppError::Invalid {
        code: "CURSOR_INVALID",
        message: "the cursor names no part of this export: begin again".to_owned(),
    }
}
