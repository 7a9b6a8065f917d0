//! `ECDH-ES+A256KW`: a content key wrapped under a key that was agreed on with an ephemeral key of the sender
//! (RFC 7518 section 4.6 for P-256, RFC 8037 section 3.2 for X25519).
//!
//! What a sender can get wrong in an ephemeral key is judged in two places. That it is a point of the curve it names is
//! judged when the header is read, from public bytes alone. That it is of the key's own curve, and that the agreement does
//! not end in the all-zero secret (RFC 7748 section 6.1), is judged where the private key is, as one failure.

use aws_lc_rs::agreement::{self, ECDH_P256, ParsedPublicKey, UnparsedPublicKey, X25519};
use aws_lc_rs::digest;
use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrap as _};
use zeroize::Zeroizing;

use crate::base64url;
use crate::content_key::UnwrappedKey;
use crate::exact::Exact;
use crate::json::{Object, Value};
use crate::jwk::KeyFingerprint;
use crate::key_unwrap::{self, WRAPPED_KEY_BYTES};
use crate::spki;

/// Length of a coordinate, of a private key and of the shared secret, in bytes, on both curves.
pub(crate) const FIELD_BYTES: usize = 32;
/// `AlgorithmID` of the key derivation (RFC 7518 section 4.6.2).
const ALGORITHM_ID: &[u8] = b"ECDH-ES+A256KW";
/// Length of the derived key in bits.
const DERIVED_KEY_BITS: u32 = 256;
/// First byte of an uncompressed point (SEC 1 section 2.3.3).
const UNCOMPRESSED: u8 = 4;

/// The curves of the key agreement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Curve {
    /// NIST P-256.
    P256,
    /// Curve25519, for key agreement only.
    X25519,
}

impl Curve {
    /// The value of `crv`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::X25519 => "X25519",
        }
    }

    /// The curve of exactly this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::P256, Self::X25519].into_iter().find(|curve| curve.name() == name)
    }

    pub(crate) const fn key_type(self) -> &'static str {
        match self {
            Self::P256 => "EC",
            Self::X25519 => "OKP",
        }
    }

    pub(crate) const fn algorithm(self) -> &'static agreement::Algorithm {
        match self {
            Self::P256 => &ECDH_P256,
            Self::X25519 => &X25519,
        }
    }
}

/// A public key on one of the curves: a point that was found to lie on it.
#[derive(Clone, PartialEq, Eq)]
pub struct CurvePoint {
    curve: Curve,
    /// X25519: 32 bytes. P-256: the uncompressed point, 65 bytes.
    raw: Vec<u8>,
}

impl CurvePoint {
    /// Takes the 32 bytes of an X25519 key, or the 65 of an uncompressed P-256 point. `None` for other lengths, other
    /// forms, and points off the curve; infinity has no such form.
    pub fn from_raw(curve: Curve, raw: &[u8]) -> Option<Self> {
        let right_form = match curve {
            Curve::X25519 => raw.len() == FIELD_BYTES,
            Curve::P256 => raw.len() == 2 * FIELD_BYTES + 1 && raw.first() == Some(&UNCOMPRESSED),
        };
        if !right_form {
            return None;
        }
        ParsedPublicKey::try_from(UnparsedPublicKey::new(curve.algorithm(), raw)).ok()?;
        Some(Self { curve, raw: raw.to_vec() })
    }

    /// Reads the members of a public JWK: `kty`, `crv`, `x`, for P-256 `y`, each coordinate at full length (RFC 7518
    /// section 6.2.1.2), and no private part.
    pub(crate) fn from_members(members: &Object) -> Option<Self> {
        let text = |name| members.get(name).and_then(Value::as_str);
        let curve = Curve::parse(text("crv")?)?;
        if text("kty")? != curve.key_type() || members.contains_key("d") {
            return None;
        }
        let coordinate =
            |name| base64url::decode(text(name)?).ok().filter(|bytes| bytes.len() == FIELD_BYTES);
        match curve {
            Curve::X25519 => Self::from_raw(curve, &coordinate("x")?),
            Curve::P256 => {
                let (x, y) = (coordinate("x")?, coordinate("y")?);
                let raw = [&[UNCOMPRESSED], x.as_slice(), y.as_slice()].concat();
                Self::from_raw(curve, &raw)
            }
        }
    }

    /// The curve.
    pub fn curve(&self) -> Curve {
        self.curve
    }

    /// The bytes that [`Self::from_raw`] takes.
    pub fn as_raw(&self) -> &[u8] {
        &self.raw
    }

    /// The coordinates without the byte for the form: `x`, and `y` on P-256.
    fn coordinates(&self) -> (&[u8], Option<&[u8]>) {
        match self.curve {
            Curve::X25519 => (&self.raw, None),
            Curve::P256 => {
                let (x, y) = self.raw.get(1..).unwrap_or_default().split_at(FIELD_BYTES);
                (x, Some(y))
            }
        }
    }

    /// The members `kty`, `crv`, `x` and, on P-256, `y` of a public JWK.
    pub fn to_jwk(&self) -> serde_json::Value {
        let (x, y) = self.coordinates();
        let mut jwk = serde_json::json!({
            "kty": self.curve.key_type(),
            "crv": self.curve.name(),
            "x": base64url::encode(x),
        });
        if let Some(y) = y {
            jwk["y"] = base64url::encode(y).into();
        }
        jwk
    }

    /// The RFC 7638 thumbprint (RFC 8037 section 2 for X25519).
    pub fn fingerprint(&self) -> KeyFingerprint {
        let (x, y) = self.coordinates();
        match y {
            None => KeyFingerprint::of_octet_key_pair(self.curve.name(), x),
            Some(y) => KeyFingerprint::of_p256(x, y),
        }
    }

    /// The key as `SubjectPublicKeyInfo` DER (RFC 5480, RFC 8410).
    pub fn to_spki_der(&self) -> Vec<u8> {
        match self.curve {
            Curve::P256 => spki::write_p256(&self.raw),
            Curve::X25519 => spki::write_x25519(&self.raw),
        }
    }
}

impl std::fmt::Debug for CurvePoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CurvePoint").field("curve", &self.curve).finish_non_exhaustive()
    }
}

/// What a token with `ECDH-ES+A256KW` brings for the agreement: everything custody needs but the private key.
#[derive(Clone)]
pub struct KeyAgreement {
    /// The sender's ephemeral public key, `epk`.
    pub ephemeral_key: CurvePoint,
    /// `apu`, decoded; empty when absent.
    pub party_u: Vec<u8>,
    /// `apv`, decoded; empty when absent.
    pub party_v: Vec<u8>,
    /// The wrapped content key.
    pub encrypted_key: Exact<WRAPPED_KEY_BYTES>,
}

impl KeyAgreement {
    /// Derives the wrapping key from the shared secret and unwraps the content key. For custody that computes the
    /// secret elsewhere, in a hardware module for instance.
    ///
    pub fn unwrap_content_key(&self, shared_secret: &[u8]) -> UnwrappedKey {
        let wrapping_key = wrapping_key(shared_secret, &self.party_u, &self.party_v);
        key_unwrap::unwrap(&wrapping_key, self.encrypted_key.bytes()).only_if(self.encrypted_key.is_exact())
    }
}

impl std::fmt::Debug for KeyAgreement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyAgreement").field("ephemeral_key", &self.ephemeral_key).finish_non_exhaustive()
    }
}

/// Wraps `value` under the key derived from a shared secret, `None` if its length is not a multiple of eight of at
/// least sixteen.
pub(crate) fn wrap(shared_secret: &[u8], party_u: &[u8], party_v: &[u8], value: &[u8]) -> Option<Vec<u8>> {
    let wrapping_key = wrapping_key(shared_secret, party_u, party_v);
    let mut output = vec![0; value.len() + 8];
    let kek = AesKek::new(&AES_256, wrapping_key.as_slice()).ok()?;
    let length = kek.wrap(value, &mut output).ok()?.len();
    output.truncate(length);
    Some(output)
}

/// Concat KDF (RFC 7518 section 4.6.2) with SHA-256. A 256-bit key is one round of it.
fn wrapping_key(shared_secret: &[u8], party_u: &[u8], party_v: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(&1_u32.to_be_bytes());
    context.update(shared_secret);
    for part in [ALGORITHM_ID, party_u, party_v] {
        context.update(&(part.len() as u32).to_be_bytes());
        context.update(part);
    }
    context.update(&DERIVED_KEY_BITS.to_be_bytes());
    let mut key = Zeroizing::new([0; 32]);
    key.copy_from_slice(context.finish().as_ref());
    key
}
