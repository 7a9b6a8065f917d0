//! Encrypted tokens: JWE compact serialization (RFC 7516) with the key management that the project accepts and `A256GCM`.
//!
//! [`Jwe::parse`] looks at shape and header and uses no key; [`Jwe::open`] does the cryptography. Lengths of the
//! encrypted key, the initialization vector and the tag are judged in `open`, after the same work as any other
//! failure, because all of them are answers about decryption.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rand;
use zeroize::Zeroizing;

use crate::algorithm::KeyManagement;
use crate::base64url;
use crate::content_key::{ContentKey, KeyUnwrap, UnwrapError};
use crate::ecdh_es::{CurvePoint, KeyAgreement};
use crate::error::EnvelopeFault;
use crate::exact::Exact;
use crate::json::{self, JsonError, Object, Value};
use crate::jwk::{KeyFingerprint, is_key_id};

/// The only content encryption (RFC 7518 section 5.3).
pub const ENC: &str = "A256GCM";
/// Length of the initialization vector in bytes (RFC 7518 section 5.3).
const IV_BYTES: usize = 12;
/// Length of the authentication tag in bytes (RFC 7518 section 5.3).
const TAG_BYTES: usize = 16;

/// What a profile asks of the header beyond what always holds.
#[derive(Debug, Clone, Copy)]
pub struct JweRules<'a> {
    /// Accepted key management algorithms.
    pub algorithms: &'a [KeyManagement],
    /// `kid` must be present.
    pub require_key_id: bool,
}

impl Default for JweRules<'_> {
    /// `RSA-OAEP-256` alone, `kid` optional.
    fn default() -> Self {
        Self { algorithms: &[KeyManagement::RsaOaep256], require_key_id: false }
    }
}

/// Why a token was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// One value for every failure of unwrap and content decryption.
    #[error("content could not be decrypted")]
    Undecryptable,
    /// Key custody cannot be reached.
    #[error("key custody is not available")]
    Unavailable,
    /// The queue in front of the private key is full.
    #[error("key custody is overloaded")]
    Overloaded,
}

/// A compact JWE whose shape and header were accepted. Nothing in it is trusted yet.
pub struct Jwe {
    /// The protected header as it was written: the additional authenticated data.
    protected: String,
    key_id: Option<String>,
    encrypted_key: WrappedKey,
    iv: Exact<IV_BYTES>,
    ciphertext: Vec<u8>,
    tag: Exact<TAG_BYTES>,
}

/// The encrypted content key, with all that its algorithm needs.
enum WrappedKey {
    Rsa(Vec<u8>),
    Agreed(KeyAgreement),
}

impl Jwe {
    /// Reads the compact serialization and holds the header against the profile. Uses no key.
    ///
    /// # Errors
    /// [`EnvelopeFault`], one per thing that can be wrong.
    pub fn parse(compact: &str, rules: JweRules<'_>) -> Result<Self, EnvelopeFault> {
        let [protected, encrypted_key, iv, ciphertext, tag] = split(compact)?;
        let header = parse_header(protected)?;
        let algorithm = check_header(&header, rules)?;
        let key_id = read_key_id(&header, rules)?;
        let agreement = algorithm.curve().map(|_| read_agreement(&header, rules.algorithms)).transpose()?;
        let bytes = |part: &str| base64url::decode(part).map_err(|_| EnvelopeFault::NotCanonicalBase64);
        Ok(Self {
            protected: protected.to_owned(),
            key_id,
            encrypted_key: match agreement {
                None => WrappedKey::Rsa(bytes(encrypted_key)?),
                Some(agreement) => WrappedKey::Agreed(KeyAgreement {
                    encrypted_key: Exact::read(&bytes(encrypted_key)?),
                    ..agreement
                }),
            },
            iv: Exact::read(&bytes(iv)?),
            ciphertext: bytes(ciphertext)?,
            tag: Exact::read(&bytes(tag)?),
        })
    }

    /// The header's `kid`.
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// Unwraps the content key and decrypts the content.
    ///
    /// When the key cannot be unwrapped, a random one takes its place and decryption goes on to fail like any other
    /// (RFC 7516 section 11.5), so that an attacker cannot tell the two apart. It is made for every token: making it
    /// only for the bad ones took half a microsecond that could be measured.
    ///
    /// # Errors
    /// [`OpenError`], see its variants.
    pub async fn open<U: KeyUnwrap + ?Sized>(self, unwrap: &U) -> Result<Opened, OpenError> {
        let substitutes = Substitutes::random().ok_or(OpenError::Unavailable)?;
        let key_id = self.key_id.as_deref();
        let unwrapped = match &self.encrypted_key {
            WrappedKey::Rsa(encrypted_key) => unwrap.unwrap(key_id, encrypted_key),
            WrappedKey::Agreed(agreement) => unwrap.agree_and_unwrap(key_id, agreement),
        };
        let unwrapped = unwrapped.await.map_err(|error| match error {
            UnwrapError::Unavailable => OpenError::Unavailable,
            UnwrapError::Overloaded => OpenError::Overloaded,
        })?;
        let unwrapped_by = unwrapped.unwrapped_by();
        let content_key = unwrapped.or_substitute(&substitutes.content_key);
        // A vector or tag of the wrong length fails like a wrong value of the right length, after the same work.
        let iv = self.iv.or(&substitutes.iv);
        let tag = self.tag.or(&substitutes.tag);
        let content = self.decrypt(&content_key, iv, &tag).ok_or(OpenError::Undecryptable)?;
        Ok(Opened { content, unwrapped_by })
    }

    /// AES-256-GCM over the content.
    fn decrypt(
        self,
        content_key: &ContentKey,
        iv: [u8; IV_BYTES],
        tag: &[u8; TAG_BYTES],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, content_key.expose()).ok()?);
        let mut content = Zeroizing::new(self.ciphertext);
        content.extend_from_slice(tag);
        let aad = Aad::from(self.protected.as_bytes());
        let nonce = Nonce::assume_unique_for_key(iv);
        let length = cipher.open_in_place(nonce, aad, &mut content).ok()?.len();
        content.truncate(length);
        Some(content)
    }
}

/// What was inside.
pub struct Opened {
    /// The content, authenticated with the header.
    pub content: Zeroizing<Vec<u8>>,
    /// The platform key that it was encrypted to, if custody says.
    pub unwrapped_by: Option<KeyFingerprint>,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("unwrapped_by", &self.unwrapped_by).finish_non_exhaustive()
    }
}

/// Random values that take the place of what a token does not bring in usable form.
struct Substitutes {
    content_key: ContentKey,
    iv: [u8; IV_BYTES],
    tag: [u8; TAG_BYTES],
}

impl Substitutes {
    /// Fresh ones, `None` if the system's generator fails.
    fn random() -> Option<Self> {
        let mut iv_and_tag = [0; IV_BYTES + TAG_BYTES];
        rand::fill(&mut iv_and_tag).ok()?;
        let (iv, tag) = iv_and_tag.split_at(IV_BYTES);
        Some(Self { content_key: ContentKey::random()?, iv: iv.try_into().ok()?, tag: tag.try_into().ok()? })
    }
}

impl std::fmt::Debug for Jwe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Jwe").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// Splits at the dots, and says what else the text looks like when there are not four of them.
fn split(compact: &str) -> Result<[&str; 5], EnvelopeFault> {
    if compact.is_empty() {
        return Err(EnvelopeFault::Empty);
    }
    let mut parts = compact.split('.');
    let five = [(); 5].map(|()| parts.next());
    if let ([Some(a), Some(b), Some(c), Some(d), Some(e)], None) = (five, parts.next()) {
        return Ok([a, b, c, d, e]);
    }
    if compact.trim_start().starts_with('{') {
        return Err(EnvelopeFault::JsonSerialization);
    }
    // A signed token sent bare: whoever saw it read the visitor's claims, and the brand must hear of it.
    let is_bare_jws = matches!(five, [Some(_), Some(_), Some(_), None, None])
        && five[0].is_some_and(|first| parse_header(first).is_ok_and(|header| header.contains_key("alg")));
    Err(if is_bare_jws { EnvelopeFault::NotEncrypted } else { EnvelopeFault::WrongPartCount })
}

fn parse_header(protected: &str) -> Result<Object, EnvelopeFault> {
    let bytes = base64url::decode(protected).map_err(|_| EnvelopeFault::NotCanonicalBase64)?;
    json::parse_object(&bytes).map_err(|error| match error {
        JsonError::DuplicateMember => EnvelopeFault::HeaderDuplicateMember,
        _ => EnvelopeFault::HeaderNotJson,
    })
}

/// Holds the header against what this layer does; gives its `alg`. The two curves have one `alg`: which of them it is, the
/// ephemeral key says, and [`read_agreement`] holds that against what is accepted.
fn check_header(header: &Object, rules: JweRules<'_>) -> Result<KeyManagement, EnvelopeFault> {
    let accepted = header
        .get("alg")
        .and_then(Value::as_str)
        .and_then(|name| rules.algorithms.iter().copied().find(|algorithm| algorithm.alg() == name));
    let agrees = accepted.is_some_and(|algorithm| algorithm.curve().is_some());
    for name in header.keys() {
        match name.as_str() {
            "zip" => return Err(EnvelopeFault::CompressionNotAllowed),
            "crit" => return Err(EnvelopeFault::CritNotAllowed),
            "jwk" | "jku" | "x5u" | "x5c" => return Err(EnvelopeFault::HeaderKeyNotAllowed),
            "epk" | "apu" | "apv" if agrees => {}
            // A header of key agreement where it is not accepted: it is the algorithm that is wrong.
            "epk" | "apu" | "apv" if names_key_agreement(header) => return Err(EnvelopeFault::AlgNotAllowed),
            "p2c" | "p2s" | "epk" | "apu" | "apv" | "iv" | "tag" | "b64" => {
                return Err(EnvelopeFault::ParameterNotAllowed);
            }
            // RFC 7516 section 4: members that are not understood are ignored.
            _ => {}
        }
    }
    let algorithm = match (accepted, header.get("alg")) {
        (Some(algorithm), _) => algorithm,
        (None, None) => return Err(EnvelopeFault::AlgMissing),
        (None, Some(_)) => return Err(EnvelopeFault::AlgNotAllowed),
    };
    exactly(header, "enc", ENC, EnvelopeFault::EncMissing, EnvelopeFault::EncNotAllowed)?;
    if header.get("typ").is_some_and(|value| !names_media_type(value, &["jwt", "jose", "jwe"])) {
        return Err(EnvelopeFault::TypNotAllowed);
    }
    if header.get("cty").is_some_and(|value| !names_media_type(value, &["jwt"])) {
        return Err(EnvelopeFault::CtyNotAllowed);
    }
    Ok(algorithm)
}

/// Whether the header's `alg` is one of the ECDH-ES family, which `epk`, `apu` and `apv` belong to.
fn names_key_agreement(header: &Object) -> bool {
    header.get("alg").and_then(Value::as_str).is_some_and(|name| name.starts_with("ECDH-ES"))
}

fn read_key_id(header: &Object, rules: JweRules<'_>) -> Result<Option<String>, EnvelopeFault> {
    match header.get("kid") {
        None if rules.require_key_id => Err(EnvelopeFault::KeyIdMissing),
        None => Ok(None),
        Some(Value::String(key_id)) if is_key_id(key_id) => Ok(Some(key_id.clone())),
        Some(_) => Err(EnvelopeFault::KeyIdInvalid),
    }
}

/// Reads `epk`, `apu` and `apv` (RFC 7518 section 4.6.1). The encrypted key is still to come.
fn read_agreement(header: &Object, accepted: &[KeyManagement]) -> Result<KeyAgreement, EnvelopeFault> {
    let ephemeral_key = match header.get("epk") {
        None => return Err(EnvelopeFault::EphemeralKeyMissing),
        Some(Value::Object(members)) => CurvePoint::from_members(members),
        Some(_) => None,
    };
    let ephemeral_key = ephemeral_key
        .filter(|point| accepted.iter().any(|algorithm| algorithm.curve() == Some(point.curve())))
        .ok_or(EnvelopeFault::EphemeralKeyInvalid)?;
    let party = |name| match header.get(name) {
        None => Ok(Vec::new()),
        Some(Value::String(text)) => base64url::decode(text).map_err(|_| EnvelopeFault::PartyInfoInvalid),
        Some(_) => Err(EnvelopeFault::PartyInfoInvalid),
    };
    Ok(KeyAgreement {
        ephemeral_key,
        party_u: party("apu")?,
        party_v: party("apv")?,
        encrypted_key: Exact::read(&[]),
    })
}

fn exactly(
    header: &Object,
    name: &str,
    wanted: &str,
    missing: EnvelopeFault,
    other: EnvelopeFault,
) -> Result<(), EnvelopeFault> {
    match header.get(name) {
        None => Err(missing),
        Some(Value::String(found)) if found == wanted => Ok(()),
        Some(_) => Err(other),
    }
}

/// Whether a `typ` or `cty` names one of the given types (lower case). RFC 7515 section 4.1.9: `application/` may be
/// left out; RFC 7519 section 5: compared without regard to case.
pub(crate) fn names_media_type(value: &Value, accepted: &[&str]) -> bool {
    value.as_str().is_some_and(|text| {
        let lower = text.to_ascii_lowercase();
        let name = lower.strip_prefix("application/").unwrap_or(&lower);
        accepted.contains(&name)
    })
}
