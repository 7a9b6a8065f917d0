//! A customer's private key: what visitor tokens are signed with.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RSA_PSS_SHA256,
};
use zeroize::Zeroizing;

use crate::algorithm::SignatureAlgorithm;
use crate::base64url;
use crate::decryption_key::{key_pair_from_jwk, pkcs8_of, private_pem};
use crate::ecdh_es::{Curve, CurvePoint};
use crate::issue::IssueError;
use crate::jwk::{self, KeyError, KeyPurpose};
use crate::pem;
use crate::spki;
use crate::verification_key::VerificationKey;

/// A customer's private key: RSA for RS256 or PS256, P-256 for ES256, Ed25519 for EdDSA. Wiped when dropped.
pub struct SigningKey {
    pair: Pair,
    public: VerificationKey,
}

enum Pair {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Pair {
    fn generate(algorithm: SignatureAlgorithm) -> Result<Self, KeyError> {
        match algorithm {
            SignatureAlgorithm::Rs256 | SignatureAlgorithm::Ps256 => {
                RsaKeyPair::generate(KeySize::Rsa2048).map(Self::Rsa)
            }
            SignatureAlgorithm::Es256 => {
                EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map(Self::P256)
            }
            SignatureAlgorithm::EdDsa => Ed25519KeyPair::generate().map(Self::Ed25519),
        }
        .map_err(|_| KeyError::Generation)
    }

    fn from_pkcs8_der(der: &[u8]) -> Result<Self, KeyError> {
        RsaKeyPair::from_pkcs8(der)
            .map(Self::Rsa)
            .or_else(|_| EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).map(Self::P256))
            .or_else(|_| Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map(Self::Ed25519))
            .map_err(|_| KeyError::Unreadable)
    }

    fn from_jwk(text: &str) -> Result<Self, KeyError> {
        let mut members = jwk::parse_members(text)?;
        let member = |name| members.get(name).and_then(crate::json::Value::as_str);
        match (member("kty"), member("crv")) {
            (Some("RSA"), _) => {
                key_pair_from_jwk(text, KeyPurpose::Signature, &["RS256", "PS256"]).map(Self::Rsa)
            }
            (Some("EC"), Some("P-256")) => {
                jwk::check_purpose(&members, KeyPurpose::Signature, &["ES256"])?;
                let secret = Zeroizing::new(jwk::member_bytes(&members, "d")?);
                members.remove("d");
                let point = CurvePoint::from_members(&members).filter(|point| point.curve() == Curve::P256);
                let point = point.ok_or(KeyError::Unreadable)?;
                let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
                EcdsaKeyPair::from_private_key_and_public_key(algorithm, &secret, point.as_raw())
                    .map(Self::P256)
                    .map_err(|_| KeyError::Inconsistent)
            }
            (Some("OKP"), Some("Ed25519")) => {
                jwk::check_purpose(&members, KeyPurpose::Signature, &["EdDSA"])?;
                let seed = Zeroizing::new(jwk::member_bytes(&members, "d")?);
                Ed25519KeyPair::from_seed_and_public_key(&seed, &jwk::member_bytes(&members, "x")?)
                    .map(Self::Ed25519)
                    .map_err(|_| KeyError::Inconsistent)
            }
            _ => Err(KeyError::TypeNotAccepted),
        }
    }

    fn public_spki_der(&self) -> Vec<u8> {
        match self {
            Self::Rsa(pair) => pair.public_key().as_ref().to_vec(),
            Self::P256(pair) => spki::write_p256(pair.public_key().as_ref()),
            Self::Ed25519(pair) => spki::write_ed25519(pair.public_key().as_ref()),
        }
    }

    fn to_pkcs8_der(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        match self {
            Self::Rsa(pair) => pkcs8_of(pair),
            Self::P256(pair) => pair
                .to_pkcs8v1()
                .map(|document| Zeroizing::new(document.as_ref().to_vec()))
                .map_err(|_| KeyError::Inconsistent),
            // Version 1: OpenSSL and the JDK do not read the version that carries the public key as well.
            Self::Ed25519(pair) => pair
                .to_pkcs8v1()
                .map(|document| Zeroizing::new(document.as_ref().to_vec()))
                .map_err(|_| KeyError::Inconsistent),
        }
    }
}

impl SigningKey {
    /// Makes a new 2048-bit RSA key for RS256.
    pub fn generate() -> Result<Self, KeyError> {
        Self::generate_for(SignatureAlgorithm::Rs256)
    }

    /// Makes a new key for an algorithm; RSA keys have 2048 bits.
    pub fn generate_for(algorithm: SignatureAlgorithm) -> Result<Self, KeyError> {
        Self::from_pair(Pair::generate(algorithm)?)?.with_algorithm(algorithm)
    }

    /// Reads a PEM `PRIVATE KEY` (PKCS#8), `RSA PRIVATE KEY` (PKCS#1) or `EC PRIVATE KEY` (SEC 1).
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let (label, der) = private_pem(text)?;
        let pair = match label.as_str() {
            "PRIVATE KEY" => Pair::from_pkcs8_der(&der)?,
            "RSA PRIVATE KEY" => Pair::Rsa(RsaKeyPair::from_der(&der).map_err(|_| KeyError::Unreadable)?),
            "EC PRIVATE KEY" => EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, &der)
                .map(Pair::P256)
                .map_err(|_| KeyError::Unreadable)?,
            _ => return Err(KeyError::Unreadable),
        };
        Self::from_pair(pair)
    }

    /// Reads PKCS#8 DER.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, KeyError> {
        Self::from_pair(Pair::from_pkcs8_der(der)?)
    }

    /// Reads a private JWK. Its `use`, `key_ops` and `alg` must allow signing when present; an RSA key with
    /// `alg: PS256` is one for PS256.
    pub fn from_jwk(text: &str) -> Result<Self, KeyError> {
        let key = Self::from_pair(Pair::from_jwk(text)?)?;
        let alg =
            jwk::parse_members(text)?.get("alg").and_then(|alg| SignatureAlgorithm::parse(alg.as_str()?));
        match alg {
            Some(algorithm) => key.with_algorithm(algorithm),
            None => Ok(key),
        }
    }

    fn from_pair(pair: Pair) -> Result<Self, KeyError> {
        let public = VerificationKey::from_spki_der(&pair.public_spki_der())?;
        Ok(Self { pair, public })
    }

    /// The same key under a key id.
    ///
    /// # Errors
    /// [`KeyError::KeyIdInvalid`].
    pub fn with_key_id(self, key_id: &str) -> Result<Self, KeyError> {
        Ok(Self { public: self.public.with_key_id(key_id)?, ..self })
    }

    /// The same key for another algorithm of its type. Only RSA keys have two.
    ///
    /// # Errors
    /// [`KeyError::WrongAlgorithm`].
    pub fn with_algorithm(self, algorithm: SignatureAlgorithm) -> Result<Self, KeyError> {
        Ok(Self { public: self.public.with_algorithm(algorithm)?, ..self })
    }

    /// The public half, as the platform registers it.
    pub fn verification_key(&self) -> &VerificationKey {
        &self.public
    }

    /// The private key as PKCS#8 DER. Wiped when dropped.
    pub fn to_pkcs8_der(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        self.pair.to_pkcs8_der()
    }

    /// The private key as a PEM `PRIVATE KEY`. Wiped when dropped.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        Ok(Zeroizing::new(pem::write("PRIVATE KEY", &self.to_pkcs8_der()?)))
    }

    /// A signature of `message` with the key's algorithm.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, IssueError> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let encoding = match self.public.algorithm() {
                    SignatureAlgorithm::Ps256 => &RSA_PSS_SHA256,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(encoding, &random, message, &mut signature).map_err(|_| IssueError)?;
                Ok(signature)
            }
            Pair::P256(pair) => {
                pair.sign(&random, message).map(|bytes| bytes.as_ref().to_vec()).map_err(|_| IssueError)
            }
            Pair::Ed25519(pair) => {
                pair.try_sign(message).map(|bytes| bytes.as_ref().to_vec()).map_err(|_| IssueError)
            }
        }
    }

    /// A compact JWS over `payload` under a header of the caller's making.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn sign_compact(&self, header: &str, payload: &[u8]) -> Result<String, IssueError> {
        let signed = format!("{}.{}", base64url::encode(header), base64url::encode(payload));
        let signature = self.sign(signed.as_bytes())?;
        Ok(format!("{signed}.{}", base64url::encode(signature)))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("public", &self.public).finish_non_exhaustive()
    }
}
