//! Signed tokens: JWS compact serialization (RFC 7515) with the algorithms that the project accepts.
//!
//! The algorithm belongs to the key, not to the header: a header that names one the project does not accept is refused
//! before any key is tried, one that names another than the key's before the key is used, and there is no code here that
//! computes a MAC.

use zeroize::Zeroizing;

use crate::algorithm::SignatureAlgorithm;
use crate::base64url;
use crate::error::SignatureFault;
use crate::json::{self, JsonError, Object, Value};
use crate::jwe::names_media_type;
use crate::jwk::{KeyFingerprint, is_key_id};
use crate::verification_key::VerificationKey;

/// What a profile asks of the header beyond what always holds.
#[derive(Debug, Clone, Copy)]
pub struct JwsRules<'a> {
    /// Accepted algorithms.
    pub algorithms: &'a [SignatureAlgorithm],
    /// Accepted values of `typ`, in lower case without `application/`.
    pub types: &'a [&'a str],
    /// `typ` must be present.
    pub require_type: bool,
    /// `kid` must be present.
    pub require_key_id: bool,
}

/// A payload whose signature verified, and the key that did it.
pub struct VerifiedJws {
    payload: Zeroizing<Vec<u8>>,
    key: KeyFingerprint,
}

impl VerifiedJws {
    /// The signed bytes.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The key that signed them.
    pub fn key(&self) -> &KeyFingerprint {
        &self.key
    }

    /// Both parts.
    pub fn into_parts(self) -> (Zeroizing<Vec<u8>>, KeyFingerprint) {
        (self.payload, self.key)
    }
}

impl std::fmt::Debug for VerifiedJws {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerifiedJws").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Verifies a compact JWS with one of `keys`.
///
/// A `kid` leaves as candidates the keys registered under it, or whose thumbprint it is; when there is none, the keys
/// registered without any key id. It is only ever compared with what the project registered. Without a `kid` every
/// key is a candidate. Of these, only keys whose own algorithm the header names are tried.
///
/// # Errors
/// [`SignatureFault`], one per thing that can be wrong.
pub fn verify(
    compact: &[u8],
    keys: &[VerificationKey],
    rules: &JwsRules<'_>,
) -> Result<VerifiedJws, SignatureFault> {
    let (signed, [protected, payload, signature]) = split(compact)?;
    let header_bytes = base64url::decode(protected).map_err(|_| SignatureFault::NotCanonicalBase64)?;
    let header = json::parse_object(&header_bytes).map_err(|error| match error {
        JsonError::DuplicateMember => SignatureFault::HeaderDuplicateMember,
        _ => SignatureFault::HeaderNotJson,
    })?;
    let (algorithm, key_id) = check_header(&header, rules)?;
    if signature.is_empty() {
        return Err(SignatureFault::SignatureMissing);
    }
    let signature = base64url::decode(signature).map_err(|_| SignatureFault::NotCanonicalBase64)?;
    let payload = base64url::decode(payload).map_err(|_| SignatureFault::NotCanonicalBase64)?;
    let payload = Zeroizing::new(payload);
    let key = find_signer(keys, algorithm, key_id, |key| key.verifies(signed, &signature))?;
    Ok(VerifiedJws { payload, key: key.fingerprint().clone() })
}

/// The signing input and the three parts; says what else the bytes are when they are not three parts.
pub(crate) fn split(compact: &[u8]) -> Result<(&[u8], [&[u8]; 3]), SignatureFault> {
    // Claims as plain JSON have dots of their own, in addresses.
    if compact.trim_ascii_start().starts_with(b"{") {
        return Err(SignatureFault::NotAJws);
    }
    let mut dots = compact.iter().enumerate().filter(|(_, byte)| **byte == b'.').map(|(at, _)| at);
    let (first, second, third) = (dots.next(), dots.next(), dots.next());
    let (Some(first), Some(second), None) = (first, second, third) else {
        let is_jwe = third.is_some() && dots.count() == 1 && is_compact(compact);
        return Err(if is_jwe { SignatureFault::Encrypted } else { SignatureFault::NotAJws });
    };
    let part = |from: usize, to: usize| compact.get(from..to).unwrap_or_default();
    let parts = [part(0, first), part(first + 1, second), part(second + 1, compact.len())];
    Ok((part(0, second), parts))
}

/// Whether the bytes could be a compact serialization of any kind: base64url and dots.
pub(crate) fn is_compact(bytes: &[u8]) -> bool {
    bytes.contains(&b'.')
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

/// Holds the header against what this layer does; gives its `alg` and `kid`.
fn check_header<'a>(
    header: &'a Object,
    rules: &JwsRules<'_>,
) -> Result<(SignatureAlgorithm, Option<&'a str>), SignatureFault> {
    for name in header.keys() {
        match name.as_str() {
            "crit" => return Err(SignatureFault::CritNotAllowed),
            "jwk" | "jku" | "x5u" | "x5c" => return Err(SignatureFault::HeaderKeyNotAllowed),
            "b64" | "zip" | "enc" | "epk" | "p2c" | "p2s" | "apu" | "apv" => {
                return Err(SignatureFault::ParameterNotAllowed);
            }
            // RFC 7515 section 4: members that are not understood are ignored.
            _ => {}
        }
    }
    let algorithm = check_algorithm(header.get("alg"), rules.algorithms)?;
    match header.get("typ") {
        None if rules.require_type => return Err(SignatureFault::TypMissing),
        Some(value) if !names_media_type(value, rules.types) => return Err(SignatureFault::TypNotAllowed),
        _ => {}
    }
    // The content is claims. `JWT` would announce a third layer, yet providers copy it here from the outer header;
    // a payload that really is another token is refused by what it is, not by what it is called.
    if header.get("cty").is_some_and(|value| !names_media_type(value, &["jwt", "json"])) {
        return Err(SignatureFault::CtyNotAllowed);
    }
    match header.get("kid") {
        None if rules.require_key_id => Err(SignatureFault::KeyIdMissing),
        None => Ok((algorithm, None)),
        Some(Value::String(key_id)) if is_key_id(key_id) => Ok((algorithm, Some(key_id))),
        Some(_) => Err(SignatureFault::KeyIdInvalid),
    }
}

/// Only an accepted algorithm's exact name passes; the other arms only choose the word for the refusal.
fn check_algorithm(
    alg: Option<&Value>,
    accepted: &[SignatureAlgorithm],
) -> Result<SignatureAlgorithm, SignatureFault> {
    let Some(alg) = alg else { return Err(SignatureFault::AlgMissing) };
    let name = alg.as_str().ok_or(SignatureFault::AlgNotAllowed)?;
    if let Some(algorithm) = accepted.iter().copied().find(|algorithm| algorithm.name() == name) {
        return Ok(algorithm);
    }
    Err(if name.trim().eq_ignore_ascii_case("none") {
        SignatureFault::AlgNone
    } else if name.trim().to_ascii_uppercase().starts_with("HS") {
        SignatureFault::AlgSymmetric
    } else {
        SignatureFault::AlgNotAllowed
    })
}

fn find_signer<'a>(
    keys: &'a [VerificationKey],
    algorithm: SignatureAlgorithm,
    key_id: Option<&str>,
    verifies: impl Fn(&VerificationKey) -> bool,
) -> Result<&'a VerificationKey, SignatureFault> {
    if keys.is_empty() {
        return Err(SignatureFault::NoActiveKey);
    }
    let is_named = |key: &VerificationKey| {
        key_id.is_some_and(|id| key.key_id() == Some(id) || key.fingerprint().as_str() == id)
    };
    let any_named = keys.iter().any(is_named);
    let is_candidate = |key: &&VerificationKey| match key_id {
        None => true,
        Some(_) if any_named => is_named(key),
        Some(_) => key.key_id().is_none(),
    };
    let mut candidates = keys.iter().filter(is_candidate).peekable();
    if candidates.peek().is_none() {
        return Err(SignatureFault::KeyUnknown);
    }
    let mut candidates = candidates.filter(|key| key.algorithm() == algorithm).peekable();
    if candidates.peek().is_none() {
        return Err(SignatureFault::AlgNotOfKey);
    }
    candidates.find(|key| verifies(key)).ok_or(SignatureFault::SignatureInvalid)
}
