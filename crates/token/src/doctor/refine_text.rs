//! Mistakes outside the encryption, from the text alone.

use super::facts::header_of;
use super::{Context, names};
use crate::algorithm::{KeyManagement, SignatureAlgorithm};
use crate::base64url;
use crate::error::EnvelopeFault;
use crate::json::{self, Object, Value};

/// Length of the tag's part in characters: 16 bytes.
const TAG_CHARACTERS: usize = 22;
/// What JavaScript writes where a token is missing.
const PLACEHOLDERS: [&str; 6] =
    ["undefined", "null", "NaN", "[object Object]", "[object Promise]", "[object Response]"];

/// What is wrong with a text that is no encrypted token of the project's profile.
pub(super) fn malformed(token: &str, context: &Context<'_>, fault: EnvelopeFault) -> Option<&'static str> {
    match fault {
        EnvelopeFault::AlgNotAllowed => key_management(header_of(token.as_bytes())?.get("alg")?, context),
        EnvelopeFault::EncNotAllowed => {
            let name = header_of(token.as_bytes())?.get("enc")?.as_str()?.to_owned();
            matches!(letters(&name).as_str(), "a256gcm" | "aes256gcm" | "aesgcm256")
                .then_some("JWE_ENC_MISSPELLED")
        }
        EnvelopeFault::NotEncrypted => holds_a_jwe(token).then_some("LAYERS_SWAPPED"),
        EnvelopeFault::JsonSerialization
        | EnvelopeFault::WrongPartCount
        | EnvelopeFault::NotCanonicalBase64
        | EnvelopeFault::TooLarge => wrapping(token).or_else(|| damage(token)),
        _ => None,
    }
}

/// What is around the token, or there instead of it.
fn wrapping(token: &str) -> Option<&'static str> {
    let text = token.trim();
    let unquoted = text.trim_matches(['"', '\'', '`', '\\']);
    if PLACEHOLDERS.contains(&unquoted) || text.is_empty() {
        return Some("TOKEN_IS_A_PLACEHOLDER");
    }
    if text.contains("-----BEGIN ") {
        return Some("TOKEN_IS_A_KEY");
    }
    if text.starts_with('<') {
        return Some("TOKEN_IS_HTML");
    }
    if text.starts_with('{') {
        return json::parse_object(text.as_bytes()).ok().and_then(|members| object(&members));
    }
    if unquoted != text && is_compact(unquoted) {
        return Some("TOKEN_QUOTED");
    }
    if let Some((first, rest)) = text.split_once(char::is_whitespace) {
        let word = !first.contains('.') && first.len() <= 16 && is_compact(rest.trim());
        let joined: String = text.split_whitespace().collect();
        return if word {
            Some("TOKEN_HAS_BEARER_PREFIX")
        } else {
            is_compact(&joined).then_some("TOKEN_HAS_WHITESPACE")
        };
    }
    if text.len() != token.len() && is_compact(text) {
        return Some("TOKEN_HAS_WHITESPACE");
    }
    if text.contains('%') && is_compact(&text.replace("%2E", ".").replace("%2e", ".").replace("%3D", "=")) {
        return Some("TOKEN_URL_ENCODED");
    }
    let decoded = decode_leniently(text).unwrap_or_default();
    let inner = std::str::from_utf8(&decoded).unwrap_or_default();
    (!text.contains('.') && is_compact(inner.trim())).then_some("TOKEN_ENCODED_TWICE")
}

/// What a JSON object is that was sent as a token.
fn object(members: &Object) -> Option<&'static str> {
    if members.contains_key("ciphertext")
        || members.contains_key("signatures")
        || members.contains_key("payload")
    {
        return None; // a JSON serialization, as the verifier says
    }
    if members.contains_key("kty") {
        return Some("TOKEN_IS_A_KEY");
    }
    if members.values().filter_map(Value::as_str).any(is_compact) {
        return Some("TOKEN_WRAPPED_IN_JSON");
    }
    let claims = members.contains_key("exp") || members.keys().any(|name| name.ends_with("userId"));
    claims.then_some("TOKEN_IS_PLAIN_CLAIMS")
}

/// What happened to the parts of a token.
fn damage(token: &str) -> Option<&'static str> {
    let parts: Vec<&str> = token.split('.').collect();
    if token.contains(['+', '/']) && token.bytes().all(is_base64) {
        return Some("BASE64_NOT_BASE64URL");
    }
    if parts.len() > 1 && token.contains('=') && token.bytes().all(is_base64) {
        return Some("BASE64_PADDED");
    }
    let encrypted = header_of(token.as_bytes()).is_some_and(|header| header.contains_key("enc"));
    let short = parts.len() < 5 || (parts.len() == 5 && parts[4].len() < TAG_CHARACTERS);
    (encrypted && short).then_some("TOKEN_TRUNCATED")
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+' | b'/' | b'=' | b'.')
}

/// Whether a text has the form of a compact token with a header that names an algorithm.
fn is_compact(text: &str) -> bool {
    matches!(text.split('.').count(), 3 | 5)
        && header_of(text.as_bytes()).is_some_and(|header| header.contains_key("alg"))
}

/// Whether what a bare signed token signs is an encrypted one. Its payload was readable to anyone.
fn holds_a_jwe(token: &str) -> bool {
    let payload = token.split('.').nth(1).and_then(|part| base64url::decode(part).ok()).unwrap_or_default();
    payload.split(|byte| *byte == b'.').count() == 5
        && header_of(&payload).is_some_and(|header| header.contains_key("enc"))
}

fn decode_leniently(text: &str) -> Option<Vec<u8>> {
    let text: String = text
        .trim_end_matches('=')
        .chars()
        .map(|c| {
            if c == '+' {
                '-'
            } else if c == '/' {
                '_'
            } else {
                c
            }
        })
        .collect();
    base64url::decode(text).ok()
}

/// A name without case and everything that is not a letter or digit.
pub(super) fn letters(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|character| character.to_ascii_lowercase()).collect()
}

fn key_management(alg: &Value, context: &Context<'_>) -> Option<&'static str> {
    let name = alg.as_str()?;
    if name == "RSA-OAEP" {
        return Some("JWE_ALG_RSA_OAEP_SHA1");
    }
    if name == "RSA1_5" {
        return Some("JWE_ALG_RSA1_5");
    }
    if KeyManagement::ALL.iter().any(|algorithm| algorithm.alg() == name) {
        return Some("JWE_ALG_NOT_SWITCHED_ON");
    }
    if name == "dir" || (name.starts_with('A') && name.ends_with("KW")) || name.starts_with("PBES2") {
        return Some("JWE_ALG_SYMMETRIC");
    }
    let meant = letters(name);
    let misspelled =
        matches!(meant.as_str(), "rsaoaep256" | "rsaoaepsha256" | "rsaoaepwithsha256" | "oaep256")
            || context
                .policy
                .accepted_key_management()
                .iter()
                .any(|algorithm| letters(algorithm.alg()) == meant);
    if misspelled {
        return Some("JWE_ALG_MISSPELLED");
    }
    let signature = SignatureAlgorithm::ALL.iter().any(|algorithm| algorithm.name() == name);
    (!signature && meant == "rsaoaep").then_some("JWE_ALG_RSA_OAEP_SHA1")
}

/// Why a token does not decrypt, as far as its text says. How far decryption came is not asked.
pub(super) fn undecryptable(token: &str, context: &Context<'_>) -> Option<&'static str> {
    let header = header_of(token.as_bytes())?;
    let sizes: Vec<usize> =
        token.split('.').map(|part| base64url::decode(part).map_or(0, |bytes| bytes.len())).collect();
    let [_, encrypted_key, iv, _, tag] = sizes[..] else { return None };
    if tag < 16 {
        return Some("JWE_TAG_CUT");
    }
    if tag > 16 {
        return Some("JWE_TAG_LENGTH");
    }
    if iv != 12 {
        return Some("JWE_IV_LENGTH");
    }
    let rsa = header.get("alg").and_then(Value::as_str) == Some(KeyManagement::RsaOaep256.alg());
    if rsa && !(256..=512).contains(&encrypted_key) {
        return Some("JWE_ENCRYPTED_KEY_LENGTH");
    }
    let key_id = header.get("kid").and_then(Value::as_str)?;
    let mut customer_keys = context.keys.iter().chain(context.other_keys.iter().map(|other| &other.key));
    if customer_keys.any(|key| names(key, key_id)) {
        return Some("JWE_ENCRYPTED_TO_CUSTOMER_KEY");
    }
    if context.platform_keys.is_empty() {
        return None;
    }
    match context.platform_keys.iter().find(|key| key.key_id == key_id) {
        Some(key) if key.retired => Some("JWE_ENCRYPTED_TO_RETIRED_KEY"),
        Some(_) => None,
        None => Some("JWE_KEY_UNKNOWN"),
    }
}
