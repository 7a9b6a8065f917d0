//! A customer's public key: what a project's visitor tokens are verified with.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::Digest;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    VerificationAlgorithm,
};

use crate::algorithm::SignatureAlgorithm;
use crate::ecdh_es::{Curve, CurvePoint};
use crate::jwk::{self, KeyError, KeyFingerprint, KeyPurpose, PublicJwk};
use crate::rsa_public::RsaNumbers;
use crate::{base64url, der, ed25519_point, pem, spki};

/// A public key with its one algorithm, parsed once and cheap to clone.
///
/// RSA keys are for RS256 unless they were registered for PS256, P-256 keys for ES256, Ed25519 keys for EdDSA. Every
/// constructor refuses keys that must not be registered: RSA of other sizes than 2048 to 4096 bits, with unsafe
/// exponents, small factors, or of the flawed generator of CVE-2017-15361; points off their curve or of small order; and
/// private keys pasted by mistake.
#[derive(Clone)]
pub struct VerificationKey {
    inner: Arc<Inner>,
    key_id: Option<Arc<str>>,
}

struct Inner {
    parsed: ParsedPublicKey,
    algorithm: SignatureAlgorithm,
    material: Material,
    spki: Vec<u8>,
    fingerprint: KeyFingerprint,
}

/// The public numbers, by key type.
#[derive(Clone)]
enum Material {
    Rsa(RsaNumbers),
    P256(CurvePoint),
    Ed25519(Vec<u8>),
}

impl Material {
    fn from_spki_der(bytes: &[u8]) -> Result<Self, KeyError> {
        if der::is_private_key(bytes) {
            return Err(KeyError::PrivateKey);
        }
        if let Some(point) = spki::read_p256(bytes) {
            return CurvePoint::from_raw(Curve::P256, point).map(Self::P256).ok_or(KeyError::Unreadable);
        }
        if let Some(key) = spki::read_ed25519(bytes) {
            return Self::ed25519(key);
        }
        match RsaNumbers::from_der(bytes) {
            Err(KeyError::NotRsa) => Err(KeyError::TypeNotAccepted),
            other => other.map(Self::Rsa),
        }
    }

    fn from_jwk(jwk: &PublicJwk) -> Result<Self, KeyError> {
        match jwk.key_type() {
            (Some("RSA"), _) => RsaNumbers::from_jwk(jwk).map(Self::Rsa),
            (Some("EC"), Some("P-256")) => {
                CurvePoint::from_members(jwk.members()).map(Self::P256).ok_or(KeyError::Unreadable)
            }
            (Some("OKP"), Some("Ed25519")) => Self::ed25519(&jwk.bytes("x")?),
            _ => Err(KeyError::TypeNotAccepted),
        }
    }

    fn ed25519(key: &[u8]) -> Result<Self, KeyError> {
        if ed25519_point::has_small_order(key) {
            return Err(KeyError::SmallOrder);
        }
        Ok(Self::Ed25519(key.to_vec()))
    }

    /// The algorithms a key of this type can have, the first unless another was chosen.
    const fn algorithms(&self) -> &'static [SignatureAlgorithm] {
        match self {
            Self::Rsa(_) => &[SignatureAlgorithm::Rs256, SignatureAlgorithm::Ps256],
            Self::P256(_) => &[SignatureAlgorithm::Es256],
            Self::Ed25519(_) => &[SignatureAlgorithm::EdDsa],
        }
    }

    fn parse(&self, algorithm: SignatureAlgorithm) -> Result<ParsedPublicKey, KeyError> {
        let curve_key = |algorithm: &'static dyn VerificationAlgorithm, key: &[u8]| {
            ParsedPublicKey::new(algorithm, key).map_err(|_| KeyError::Unreadable)
        };
        match (self, algorithm) {
            (Self::Rsa(numbers), SignatureAlgorithm::Rs256) => {
                { numbers.components().to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256) }
                    .map_err(|_| KeyError::Unreadable)
            }
            (Self::Rsa(numbers), SignatureAlgorithm::Ps256) => {
                { numbers.components().to_parsed_public_key(&RSA_PSS_2048_8192_SHA256) }
                    .map_err(|_| KeyError::Unreadable)
            }
            (Self::P256(point), SignatureAlgorithm::Es256) => {
                curve_key(&ECDSA_P256_SHA256_FIXED, point.as_raw())
            }
            (Self::Ed25519(key), SignatureAlgorithm::EdDsa) => curve_key(&ED25519, key),
            _ => Err(KeyError::WrongAlgorithm),
        }
    }

    fn to_spki_der(&self) -> Result<Vec<u8>, KeyError> {
        match self {
            Self::Rsa(numbers) => numbers.to_spki_der(),
            Self::P256(point) => Ok(point.to_spki_der()),
            Self::Ed25519(key) => Ok(spki::write_ed25519(key)),
        }
    }

    fn fingerprint(&self) -> KeyFingerprint {
        match self {
            Self::Rsa(numbers) => numbers.fingerprint(),
            Self::P256(point) => point.fingerprint(),
            Self::Ed25519(key) => KeyFingerprint::of_ed25519(key),
        }
    }
}

impl VerificationKey {
    /// Reads `SubjectPublicKeyInfo` DER (RFC 5280), or an RFC 8017 `RSAPublicKey`.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, KeyError> {
        Self::from_material(Material::from_spki_der(der)?)
    }

    /// Reads a PEM public key, or the base64 of its DER without PEM lines.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        Self::from_spki_der(&pem::public_key_der(text)?)
    }

    /// Reads a public JWK: RSA, EC on P-256, or OKP with Ed25519. Its `use` and `key_ops` must allow verification and its
    /// `alg` be one of the key type's when present; `alg: PS256` makes an RSA key one for PS256. Its `kid` becomes the
    /// key id.
    pub fn from_jwk(text: &str) -> Result<Self, KeyError> {
        let jwk = PublicJwk::parse(text)?;
        let material = Material::from_jwk(&jwk)?;
        let names: Vec<&str> = material.algorithms().iter().map(|algorithm| algorithm.name()).collect();
        jwk.check_purpose(KeyPurpose::Signature, &names)?;
        let algorithm = jwk.text("alg").and_then(SignatureAlgorithm::parse);
        let key = Self::with_material(material, algorithm)?;
        Ok(Self { key_id: jwk.key_id().map(Arc::from), ..key })
    }

    /// Reads whatever an administrator pastes: PEM, bare base64 of the DER, or a JWK.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        if text.len() > jwk::MAX_KEY_TEXT_BYTES {
            return Err(KeyError::Unreadable);
        }
        if text.starts_with('{') { Self::from_jwk(text) } else { Self::from_pem(text) }
    }

    fn from_material(material: Material) -> Result<Self, KeyError> {
        Self::with_material(material, None)
    }

    fn with_material(material: Material, algorithm: Option<SignatureAlgorithm>) -> Result<Self, KeyError> {
        let algorithm =
            algorithm.or(material.algorithms().first().copied()).ok_or(KeyError::TypeNotAccepted)?;
        let parsed = material.parse(algorithm)?;
        let (spki, fingerprint) = (material.to_spki_der()?, material.fingerprint());
        let inner = Inner { parsed, algorithm, material, spki, fingerprint };
        Ok(Self { inner: Arc::new(inner), key_id: None })
    }

    /// The same key under another key id, the `kid` its tokens will name.
    ///
    /// # Errors
    /// [`KeyError::KeyIdInvalid`] unless it has 1 to 255 characters and no control characters.
    pub fn with_key_id(mut self, key_id: &str) -> Result<Self, KeyError> {
        if !jwk::is_key_id(key_id) {
            return Err(KeyError::KeyIdInvalid);
        }
        self.key_id = Some(Arc::from(key_id));
        Ok(self)
    }

    /// The same key for another algorithm of its type. Only RSA keys have two.
    ///
    /// # Errors
    /// [`KeyError::WrongAlgorithm`].
    pub fn with_algorithm(self, algorithm: SignatureAlgorithm) -> Result<Self, KeyError> {
        let key = Self::with_material(self.inner.material.clone(), Some(algorithm))?;
        Ok(Self { key_id: self.key_id, ..key })
    }

    /// The key id given at registration, if any.
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// The one algorithm this key verifies.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.inner.algorithm
    }

    /// The RFC 7638 thumbprint.
    pub fn fingerprint(&self) -> &KeyFingerprint {
        &self.inner.fingerprint
    }

    /// Size of the modulus in bits; 256 for keys on a curve.
    pub fn bits(&self) -> usize {
        match &self.inner.material {
            Material::Rsa(numbers) => numbers.bits(),
            Material::P256(_) | Material::Ed25519(_) => 256,
        }
    }

    /// The key as `SubjectPublicKeyInfo` DER. It does not say whether an RSA key is for RS256 or PS256.
    pub fn to_spki_der(&self) -> Vec<u8> {
        self.inner.spki.clone()
    }

    /// The key as a PEM `PUBLIC KEY`.
    pub fn to_pem(&self) -> String {
        pem::write("PUBLIC KEY", &self.inner.spki)
    }

    /// The key as a JWK with `use`, `alg` and `kid` (the key id, else the thumbprint).
    pub fn to_jwk_json(&self) -> String {
        let key_id = self.key_id().unwrap_or(self.inner.fingerprint.as_str());
        let algorithm = self.inner.algorithm.name();
        let mut jwk = match &self.inner.material {
            Material::Rsa(numbers) => {
                let (modulus, exponent) = (numbers.modulus(), numbers.exponent());
                return jwk::write_rsa(modulus, exponent, KeyPurpose::Signature, algorithm, key_id);
            }
            Material::P256(point) => point.to_jwk(),
            Material::Ed25519(key) => {
                serde_json::json!({ "kty": "OKP", "crv": "Ed25519", "x": base64url::encode(key) })
            }
        };
        jwk["use"] = "sig".into();
        jwk["alg"] = algorithm.into();
        jwk["kid"] = key_id.into();
        jwk.to_string()
    }

    /// Whether `signature` is a signature of `message` by this key with its algorithm. An ES256 signature is the 64 bytes
    /// of `r` and `s` (RFC 7518 section 3.4), never DER.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.inner.parsed.verify_sig(message, signature).is_ok()
    }

    /// The same with the SHA-256 digest of the message. False for Ed25519, which signs no digest.
    pub(crate) fn verifies_digest(&self, digest: &Digest, signature: &[u8]) -> bool {
        self.inner.parsed.verify_digest_sig(digest, signature).is_ok()
    }
}

impl fmt::Debug for VerificationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerificationKey")
            .field("fingerprint", &self.inner.fingerprint)
            .field("key_id", &self.key_id)
            .field("algorithm", &self.inner.algorithm)
            .field("bits", &self.bits())
            .finish()
    }
}
