//! Mistakes in what was encrypted, and whose signature it is.

use super::facts::header_of;
use super::refine_text::letters;
use super::{Context, Standing, names};
use crate::algorithm::SignatureAlgorithm;
use crate::base64url;
use crate::error::SignatureFault;
use crate::json::{self, Value};
use crate::verification_key::VerificationKey;

/// What is wrong with content that the project has not signed.
pub(super) fn refine(inner: &[u8], context: &Context<'_>, fault: SignatureFault) -> Option<&'static str> {
    match fault {
        SignatureFault::NotAJws | SignatureFault::NotCanonicalBase64 | SignatureFault::HeaderNotJson => {
            form(inner)
        }
        SignatureFault::AlgNotAllowed => algorithm(&header_of(inner)?),
        SignatureFault::KeyUnknown
        | SignatureFault::NoActiveKey
        | SignatureFault::AlgNotOfKey
        | SignatureFault::SignatureInvalid => signer(inner, context),
        _ => None,
    }
}

/// What the content is instead of a compact JWS.
fn form(inner: &[u8]) -> Option<&'static str> {
    let text = std::str::from_utf8(inner).ok()?;
    let trimmed = text.trim();
    if trimmed.starts_with('{') {
        let members = json::parse_object(trimmed.as_bytes()).unwrap_or_default();
        let serialized = members.contains_key("payload") || members.contains_key("signatures");
        return Some(if serialized { "INNER_JWS_JSON_SERIALIZATION" } else { "INNER_IS_PLAIN_CLAIMS" });
    }
    let unquoted = trimmed.trim_matches(['"', '\'', '\\']);
    if unquoted != trimmed && is_jws(unquoted) {
        return Some("INNER_QUOTED");
    }
    let joined: String = text.split_whitespace().collect();
    if joined != text && is_jws(&joined) {
        return Some("INNER_HAS_WHITESPACE");
    }
    if text.split('.').count() == 2 && header_of(inner).is_some() {
        return Some("INNER_UNSIGNED_JWT");
    }
    (text.split('.').count() == 3 && text.contains(['+', '/', '='])).then_some("JWS_BASE64_NOT_BASE64URL")
}

fn is_jws(text: &str) -> bool {
    text.split('.').count() == 3
        && header_of(text.as_bytes()).is_some_and(|header| header.contains_key("alg"))
}

fn algorithm(header: &json::Object) -> Option<&'static str> {
    let name = header.get("alg")?.as_str()?;
    if SignatureAlgorithm::parse(name).is_some() {
        return Some("JWS_ALG_NOT_SWITCHED_ON");
    }
    match name {
        "RS384" | "RS512" | "PS384" | "PS512" | "ES384" | "ES512" => return Some("JWS_ALG_OTHER_HASH"),
        _ => {}
    }
    let meant = letters(name);
    let known = matches!(meant.as_str(), "rsa256" | "sha256withrsa" | "rsasha256" | "rs256" | "rsassa256");
    let near = SignatureAlgorithm::ALL.iter().any(|algorithm| letters(algorithm.name()) == meant);
    (known || near).then_some("JWS_ALG_MISSPELLED")
}

/// Whose signature it is, if it is anybody's we know.
fn signer(inner: &[u8], context: &Context<'_>) -> Option<&'static str> {
    let header = header_of(inner)?;
    let key_id = header.get("kid").and_then(Value::as_str);
    let end = inner.iter().rposition(|byte| *byte == b'.')?;
    let (signed, signature) = (inner.get(..end)?, base64url::decode(inner.get(end + 1..)?).ok()?);
    let algorithm = SignatureAlgorithm::parse(header.get("alg")?.as_str()?)?;
    let verifies = |key: &VerificationKey| key.algorithm() == algorithm && key.verifies(signed, &signature);
    if context.keys.iter().any(verifies) {
        return Some("JWS_KEY_ID_MISMATCH");
    }
    let signed_by =
        |standing| context.other_keys.iter().any(|other| other.standing == standing && verifies(&other.key));
    let named = |standing| {
        key_id.is_some_and(|id| {
            context.other_keys.iter().any(|other| other.standing == standing && names(&other.key, id))
        })
    };
    // Who signed says more than whom the header names, and both are looked for here before elsewhere.
    for (standing, code) in [
        (Standing::Revoked, "JWS_SIGNED_BY_RETIRED_KEY"),
        (Standing::Pending, "JWS_KEY_PENDING"),
        (Standing::OtherProject, "JWS_KEY_OF_ANOTHER_PROJECT"),
    ] {
        if signed_by(standing) || (standing != Standing::OtherProject && named(standing)) {
            return Some(code);
        }
    }
    if key_id.is_some_and(|id| context.platform_keys.iter().any(|key| key.key_id == id)) {
        return Some("JWS_KEY_ID_IS_PLATFORM_KEY");
    }
    if algorithm == SignatureAlgorithm::Es256 && signature.len() != 64 && signature.first() == Some(&0x30) {
        return Some("JWS_SIGNATURE_IS_DER");
    }
    let text = signature.len() > 64 && signature.iter().all(u8::is_ascii_graphic);
    if text {
        return Some("JWS_SIGNATURE_ENCODED_TWICE");
    }
    mixed_padding(algorithm, context.keys, signed, &signature).then_some("JWS_PADDING_MIXED_UP")
}

/// Whether the signature is right with the other of the two RSA paddings.
fn mixed_padding(
    algorithm: SignatureAlgorithm,
    keys: &[VerificationKey],
    signed: &[u8],
    signature: &[u8],
) -> bool {
    let other = match algorithm {
        SignatureAlgorithm::Rs256 => SignatureAlgorithm::Ps256,
        SignatureAlgorithm::Ps256 => SignatureAlgorithm::Rs256,
        _ => return false,
    };
    keys.iter().any(|key| key.clone().with_algorithm(other).is_ok_and(|key| key.verifies(signed, signature)))
}
