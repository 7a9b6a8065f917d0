//! The platform's private key for `ECDH-ES+A256KW`, for custody that keeps keys in its own memory.

use std::fmt;

use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey};
use aws_lc_rs::encoding::{AsBigEndian, Curve25519SeedBin, EcPrivateKeyBin};
use subtle::Choice;
use zeroize::Zeroizing;

use crate::content_key::{KeyUnwrap, UnwrapFuture, UnwrappedKey};
use crate::ecdh_es::{Curve, CurvePoint, FIELD_BYTES, KeyAgreement};
use crate::jwk::{self, KeyError, KeyFingerprint, KeyPurpose};
use crate::pem;

/// A private key on P-256 or X25519 that unwraps content keys with `ECDH-ES+A256KW` (RFC 7518 section 4.6).
pub struct AgreementKey {
    key: PrivateKey,
    /// The 32 bytes of the private key, kept so that a keystore can write the key back.
    secret: Zeroizing<Vec<u8>>,
    public: CurvePoint,
    fingerprint: KeyFingerprint,
}

impl AgreementKey {
    /// Makes a new key.
    pub fn generate(curve: Curve) -> Result<Self, KeyError> {
        let key = PrivateKey::generate(curve.algorithm()).map_err(|_| KeyError::Generation)?;
        Self::from_secret(curve, &secret_of(&key, curve)?)
    }

    /// Takes the 32 bytes of a private key: a big-endian scalar on P-256, the seed of RFC 7748 on X25519.
    pub fn from_secret(curve: Curve, secret: &[u8]) -> Result<Self, KeyError> {
        let key =
            PrivateKey::from_private_key(curve.algorithm(), secret).map_err(|_| KeyError::Unreadable)?;
        let public = key.compute_public_key().map_err(|_| KeyError::Inconsistent)?;
        let public = CurvePoint::from_raw(curve, public.as_ref()).ok_or(KeyError::Inconsistent)?;
        Ok(Self { key, secret: Zeroizing::new(secret.to_vec()), fingerprint: public.fingerprint(), public })
    }

    /// Reads a private JWK (RFC 7518 section 6.2.2, RFC 8037 section 2). Its `use`, `key_ops` and `alg` must allow
    /// ECDH-ES+A256KW when present, and both halves must belong together.
    pub fn from_jwk(text: &str) -> Result<Self, KeyError> {
        let mut members = jwk::parse_members(text)?;
        jwk::check_purpose(&members, KeyPurpose::Encryption, &["ECDH-ES+A256KW"])?;
        let secret = Zeroizing::new(jwk::member_bytes(&members, "d")?);
        members.remove("d");
        let public = CurvePoint::from_members(&members).ok_or(KeyError::Unreadable)?;
        let key = Self::from_secret(public.curve(), &secret)?;
        if key.public == public { Ok(key) } else { Err(KeyError::Inconsistent) }
    }

    /// The curve.
    pub fn curve(&self) -> Curve {
        self.public.curve()
    }

    /// The RFC 7638 thumbprint, which is also the key id the platform publishes.
    pub fn fingerprint(&self) -> &KeyFingerprint {
        &self.fingerprint
    }

    /// The public half as a JWK with `use: enc`, `alg: ECDH-ES+A256KW` and the thumbprint as `kid`.
    pub fn to_public_jwk_json(&self) -> String {
        let mut jwk = self.public.to_jwk();
        jwk["use"] = "enc".into();
        jwk["alg"] = "ECDH-ES+A256KW".into();
        jwk["kid"] = self.fingerprint.as_str().into();
        jwk.to_string()
    }

    /// The public half as a PEM `PUBLIC KEY`.
    pub fn to_public_pem(&self) -> String {
        pem::write("PUBLIC KEY", &self.public.to_spki_der())
    }

    /// The 32 bytes of the private key, for a keystore.
    pub fn to_secret(&self) -> Zeroizing<Vec<u8>> {
        self.secret.clone()
    }

    /// Agrees on the wrapping key and unwraps one content key, on the calling thread.
    ///
    /// An ephemeral key of another curve is replaced by one of this curve, and the all-zero secret of a small-order point, which
    /// the agreement itself refuses (RFC 7748 section 6.1), is used like any other, so that every failure costs the same.
    pub fn unwrap_content_key(&self, agreement: &KeyAgreement) -> UnwrappedKey {
        let same_curve = agreement.ephemeral_key.curve() == self.curve();
        let peer = if same_curve { &agreement.ephemeral_key } else { &self.public };
        let peer = UnparsedPublicKey::new(self.curve().algorithm(), peer.as_raw());
        agreement::agree(&self.key, peer, (), |secret| Ok(agreement.unwrap_content_key(secret)))
            .unwrap_or_else(|()| agreement.unwrap_content_key(&[0; FIELD_BYTES]).refused())
            .only_if(Choice::from(u8::from(same_curve)))
    }
}

/// The library's private key as bytes.
fn secret_of(key: &PrivateKey, curve: Curve) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let mut secret = Zeroizing::new(Vec::with_capacity(FIELD_BYTES));
    match curve {
        Curve::P256 => {
            let bytes: EcPrivateKeyBin<'_> = key.as_be_bytes().map_err(|_| KeyError::Generation)?;
            secret.extend_from_slice(bytes.as_ref());
        }
        Curve::X25519 => {
            let bytes: Curve25519SeedBin<'_> = key.as_be_bytes().map_err(|_| KeyError::Generation)?;
            secret.extend_from_slice(bytes.as_ref());
        }
    }
    Ok(secret)
}

impl fmt::Debug for AgreementKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgreementKey")
            .field("curve", &self.curve())
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

impl KeyUnwrap for AgreementKey {
    /// It has no RSA key.
    fn unwrap<'a>(&'a self, _: Option<&'a str>, _: &'a [u8]) -> UnwrapFuture<'a> {
        Box::pin(std::future::ready(Ok(UnwrappedKey::none())))
    }

    /// Runs on the calling thread, for command lines and tests. A server puts its keys behind a bounded pool.
    fn agree_and_unwrap<'a>(
        &'a self,
        key_id: Option<&'a str>,
        agreement: &'a KeyAgreement,
    ) -> UnwrapFuture<'a> {
        let known = key_id.is_none_or(|key_id| key_id == self.fingerprint.as_str());
        Box::pin(std::future::ready(Ok(self
            .unwrap_content_key(agreement)
            .only_if(Choice::from(u8::from(known))))))
    }
}
