//! PEM (RFC 7468): the label and the bytes of the first block of a text.

use crate::base64url;
use crate::jwk::KeyError;

/// One PEM block.
pub(crate) struct Block {
    /// The label, `PUBLIC KEY` and so on.
    pub(crate) label: String,
    /// The DER bytes. They may be a private key: callers that expect one wipe them.
    pub(crate) der: Vec<u8>,
}

/// Reads the first block, `None` if there is none or it is damaged.
pub(crate) fn first_block(text: &str) -> Option<Block> {
    let (_, after) = text.split_once("-----BEGIN ")?;
    let (label, after) = after.split_once("-----")?;
    let (body, after) = after.split_once("-----END ")?;
    let (closing, _) = after.split_once("-----")?;
    if closing != label {
        return None;
    }
    let der = base64url::decode_standard(&without_whitespace(body)).ok()?;
    Some(Block { label: label.to_owned(), der })
}

/// Whether the text contains a private key block of any kind, damaged or not. Base64 has no spaces, so only a label or a
/// remark can say this.
pub(crate) fn mentions_private_key(text: &str) -> bool {
    text.contains("PRIVATE KEY")
}

/// The DER of a public key, from PEM or from base64 without PEM lines, as the vendor documents print keys.
pub(crate) fn public_key_der(text: &str) -> Result<Vec<u8>, KeyError> {
    if mentions_private_key(text) {
        return Err(KeyError::PrivateKey);
    }
    if let Some(block) = first_block(text) {
        return match block.label.as_str() {
            "PUBLIC KEY" | "RSA PUBLIC KEY" => Ok(block.der),
            "CERTIFICATE" => Err(KeyError::Certificate),
            _ => Err(KeyError::Unreadable),
        };
    }
    base64url::decode_standard(&without_whitespace(text)).map_err(|_| KeyError::Unreadable)
}

/// Drops ASCII whitespace, for base64 that was broken into lines.
pub(crate) fn without_whitespace(text: &str) -> String {
    text.chars().filter(|character| !character.is_ascii_whitespace()).collect()
}

/// Writes a block with lines of 64 characters and a final newline.
pub(crate) fn write(label: &str, der: &[u8]) -> String {
    let body = base64url::encode_standard(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, remaining) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = remaining;
    }
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}
