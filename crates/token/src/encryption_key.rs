//! The platform's public key: what visitor tokens are encrypted to.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey};
use aws_lc_rs::rand;
use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey};

use crate::algorithm::KeyManagement;
use crate::base64url;
use crate::content_key::ContentKey;
use crate::ecdh_es::{self, Curve, CurvePoint};
use crate::issue::IssueError;
use crate::jwk::{KeyError, KeyFingerprint, KeyPurpose, PublicJwk};
use crate::pem;
use crate::rsa_public::RsaNumbers;
use crate::spki;

/// The platform's public key: RSA for RSA-OAEP-256, P-256 or X25519 for ECDH-ES+A256KW.
pub struct EncryptionKey {
    key: Key,
    fingerprint: KeyFingerprint,
    key_id: Option<String>,
}

enum Key {
    Rsa(OaepPublicEncryptingKey),
    Curve(CurvePoint),
}

/// A content key encrypted to the platform.
#[derive(Debug, Clone)]
pub struct EncryptedKey {
    /// The second part of the token.
    pub encrypted_key: Vec<u8>,
    /// What has to stand in the header as `epk`; `None` for RSA.
    pub ephemeral_key: Option<CurvePoint>,
}

impl EncryptionKey {
    /// Reads a PEM public key, or the base64 of its DER without PEM lines.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let der = pem::public_key_der(text)?;
        let on_curve = |curve, raw| {
            CurvePoint::from_raw(curve, raw)
                .map(|point| Self::from_point(point, None))
                .ok_or(KeyError::Unreadable)
        };
        if let Some(raw) = spki::read_p256(&der) {
            return on_curve(Curve::P256, raw);
        }
        if let Some(raw) = spki::read_x25519(&der) {
            return on_curve(Curve::X25519, raw);
        }
        match RsaNumbers::from_der(&der) {
            Err(KeyError::NotRsa) => Err(KeyError::TypeNotAccepted),
            numbers => Self::from_numbers(&numbers?, None),
        }
    }

    /// Reads a public JWK: RSA, EC on P-256, or OKP with X25519. Its `use`, `key_ops` and `alg` must allow its algorithm
    /// when present; its `kid` goes into the tokens.
    pub fn from_jwk(text: &str) -> Result<Self, KeyError> {
        let jwk = PublicJwk::parse(text)?;
        let key_id = jwk.key_id().map(str::to_owned);
        match jwk.key_type() {
            (Some("RSA"), _) => {
                jwk.check_purpose(KeyPurpose::Encryption, &[KeyManagement::RsaOaep256.alg()])?;
                Self::from_numbers(&RsaNumbers::from_jwk(&jwk)?, key_id)
            }
            (Some("EC" | "OKP"), Some(curve)) if Curve::parse(curve).is_some() => {
                jwk.check_purpose(KeyPurpose::Encryption, &[KeyManagement::EcdhEsP256.alg()])?;
                let point = CurvePoint::from_members(jwk.members()).ok_or(KeyError::Unreadable)?;
                Ok(Self::from_point(point, key_id))
            }
            _ => Err(KeyError::TypeNotAccepted),
        }
    }

    /// A public JWK that [`Self::from_jwk`] reads as a PEM `PUBLIC KEY` (SubjectPublicKeyInfo), for providers that want one.
    pub fn jwk_to_pem(text: &str) -> Result<String, KeyError> {
        Self::from_jwk(text)?;
        let jwk = PublicJwk::parse(text)?;
        let der = match CurvePoint::from_members(jwk.members()) {
            Some(point) => point.to_spki_der(),
            None => RsaNumbers::from_jwk(&jwk)?.to_spki_der()?,
        };
        Ok(pem::write("PUBLIC KEY", &der))
    }

    fn from_numbers(numbers: &RsaNumbers, key_id: Option<String>) -> Result<Self, KeyError> {
        let key = PublicEncryptingKey::from_der(&numbers.to_spki_der()?)
            .map_err(|_| KeyError::Unreadable)
            .and_then(|key| OaepPublicEncryptingKey::new(key).map_err(|_| KeyError::Unreadable))?;
        Ok(Self { key: Key::Rsa(key), fingerprint: numbers.fingerprint(), key_id })
    }

    fn from_point(point: CurvePoint, key_id: Option<String>) -> Self {
        Self { fingerprint: point.fingerprint(), key: Key::Curve(point), key_id }
    }

    /// The algorithm of this key.
    pub fn algorithm(&self) -> KeyManagement {
        match &self.key {
            Key::Rsa(_) => KeyManagement::RsaOaep256,
            Key::Curve(point) => match point.curve() {
                Curve::P256 => KeyManagement::EcdhEsP256,
                Curve::X25519 => KeyManagement::EcdhEsX25519,
            },
        }
    }

    /// The RFC 7638 thumbprint.
    pub fn fingerprint(&self) -> &KeyFingerprint {
        &self.fingerprint
    }

    /// The `kid` that goes into tokens, if the key came with one.
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// RSA-OAEP-256 of any short value (RFC 7518 section 4.3).
    ///
    /// # Errors
    /// [`IssueError`] also if the value is too long for the key, or the key is not an RSA key.
    pub fn wrap(&self, value: &[u8]) -> Result<Vec<u8>, IssueError> {
        let Key::Rsa(key) = &self.key else { return Err(IssueError) };
        let mut output = vec![0; key.ciphertext_size()];
        let length =
            key.encrypt(&OAEP_SHA256_MGF1SHA256, value, &mut output, None).map_err(|_| IssueError)?.len();
        output.truncate(length);
        Ok(output)
    }

    /// Encrypts a content key with the key's algorithm. `party_u` and `party_v` are what the header's `apu` and `apv`
    /// decode to, empty when absent; RSA does not use them.
    ///
    /// # Errors
    /// [`IssueError`] also if the value has a length the algorithm cannot wrap.
    pub fn encrypt_key(
        &self,
        value: &[u8],
        party_u: &[u8],
        party_v: &[u8],
    ) -> Result<EncryptedKey, IssueError> {
        let Key::Curve(recipient) = &self.key else {
            return Ok(EncryptedKey { encrypted_key: self.wrap(value)?, ephemeral_key: None });
        };
        let (curve, algorithm) = (recipient.curve(), recipient.curve().algorithm());
        let ephemeral = PrivateKey::generate(algorithm).map_err(|_| IssueError)?;
        let public = ephemeral.compute_public_key().map_err(|_| IssueError)?;
        let public = CurvePoint::from_raw(curve, public.as_ref()).ok_or(IssueError)?;
        let peer = UnparsedPublicKey::new(algorithm, recipient.as_raw());
        let encrypted_key = agreement::agree(&ephemeral, peer, IssueError, |secret| {
            ecdh_es::wrap(secret, party_u, party_v, value).ok_or(IssueError)
        })?;
        Ok(EncryptedKey { encrypted_key, ephemeral_key: Some(public) })
    }

    /// A compact JWE over `content` under a header of the caller's making, with a fresh key and vector. For
    /// ECDH-ES+A256KW the fresh `epk` is added to the header, which must be a JSON object without `apu` and `apv`.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn encrypt_compact(&self, header: &str, content: &[u8]) -> Result<String, IssueError> {
        let content_key = ContentKey::random().ok_or(IssueError)?;
        let mut iv = [0; 12];
        rand::fill(&mut iv).map_err(|_| IssueError)?;
        let EncryptedKey { encrypted_key, ephemeral_key } =
            self.encrypt_key(content_key.expose(), &[], &[])?;
        let protected = match ephemeral_key {
            None => base64url::encode(header),
            Some(ephemeral_key) => {
                let mut members: serde_json::Map<String, serde_json::Value> =
                    serde_json::from_str(header).map_err(|_| IssueError)?;
                members.insert("epk".to_owned(), ephemeral_key.to_jwk());
                base64url::encode(serde_json::Value::Object(members).to_string())
            }
        };
        let cipher = UnboundKey::new(&AES_256_GCM, content_key.expose())
            .map(LessSafeKey::new)
            .map_err(|_| IssueError)?;
        let mut ciphertext = content.to_vec();
        let tag = cipher
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(iv),
                Aad::from(protected.as_bytes()),
                &mut ciphertext,
            )
            .map_err(|_| IssueError)?;
        let parts = [
            protected,
            base64url::encode(encrypted_key),
            base64url::encode(iv),
            base64url::encode(ciphertext),
            base64url::encode(tag),
        ];
        Ok(parts.join("."))
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptionKey")
            .field("algorithm", &self.algorithm())
            .field("fingerprint", &self.fingerprint)
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}
