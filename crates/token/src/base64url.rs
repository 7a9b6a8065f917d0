//! Base64url exactly as RFC 7515 section 2 wants it: URL-safe alphabet, no padding, one spelling per value.
//!
//! A decoder that accepts padding, whitespace, the standard alphabet or stray trailing bits lets the same token
//! be written in many ways, and whatever is keyed on the text of a token can then be bypassed.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// The text is not canonical unpadded base64url.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("text is not canonical base64url")]
pub struct NotCanonical;

/// Writes `bytes` as unpadded base64url (RFC 4648 section 5).
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads canonical unpadded base64url; the empty text is the empty value.
///
/// # Errors
/// [`NotCanonical`] for padding, whitespace, a character of another alphabet, an impossible length, or trailing
/// bits that are not zero.
pub fn decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>, NotCanonical> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| NotCanonical)
}

/// Writes padded standard base64, for PEM.
pub(crate) fn encode_standard(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Reads padded standard base64 without whitespace, for PEM and for keys pasted without their PEM lines.
pub(crate) fn decode_standard(text: &str) -> Result<Vec<u8>, NotCanonical> {
    STANDARD.decode(text).map_err(|_| NotCanonical)
}
