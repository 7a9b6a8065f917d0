//! The platform's private decryption key, for custody that keeps keys in its own memory.

use std::fmt;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{
    KeyPair, KeyPairComponents, KeySize, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey,
    PrivateDecryptingKey, PublicKeyComponents,
};
use aws_lc_rs::signature::KeyPair as _;
use subtle::Choice;
use zeroize::Zeroizing;

use crate::algorithm::KeyManagement;
use crate::content_key::{KeyUnwrap, UnwrapFuture, UnwrappedKey};
use crate::jwk::{self, KeyError, KeyFingerprint, KeyPurpose, PrivateJwk};
use crate::pem;
use crate::rsa_public::RsaNumbers;

/// The algorithm of these keys.
const ALG: &str = KeyManagement::RsaOaep256.alg();

/// An RSA private key that unwraps content keys with `RSA-OAEP-256` (RFC 7518 section 4.3).
pub struct DecryptionKey {
    key: OaepPrivateDecryptingKey,
    /// PKCS#8 DER, kept so that a keystore can write the key back.
    pkcs8: Zeroizing<Vec<u8>>,
    numbers: RsaNumbers,
    fingerprint: KeyFingerprint,
}

impl DecryptionKey {
    /// Makes a new 2048-bit key, the size the vendor documents name for the platform.
    pub fn generate() -> Result<Self, KeyError> {
        Self::from_pair(&KeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Generation)?)
    }

    /// Reads PKCS#8 DER.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, KeyError> {
        Self::from_pair(&KeyPair::from_pkcs8(der).map_err(|_| KeyError::Unreadable)?)
    }

    /// Reads a PEM `PRIVATE KEY` (PKCS#8) or `RSA PRIVATE KEY` (PKCS#1).
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        Self::from_pair(&key_pair_from_pem(text)?)
    }

    /// Reads a private RSA JWK. Its `use`, `key_ops` and `alg` must allow RSA-OAEP-256 when present.
    pub fn from_jwk(text: &str) -> Result<Self, KeyError> {
        Self::from_pair(&key_pair_from_jwk(text, KeyPurpose::Encryption, &[ALG])?)
    }

    fn from_pair(pair: &KeyPair) -> Result<Self, KeyError> {
        let numbers = RsaNumbers::from_der(pair.public_key().as_ref())?;
        let pkcs8 = pkcs8_of(pair)?;
        let key = PrivateDecryptingKey::from_pkcs8(&pkcs8)
            .map_err(|_| KeyError::Inconsistent)
            .and_then(|key| OaepPrivateDecryptingKey::new(key).map_err(|_| KeyError::Inconsistent))?;
        Ok(Self { key, pkcs8, fingerprint: numbers.fingerprint(), numbers })
    }

    /// The RFC 7638 thumbprint, which is also the key id the platform publishes.
    pub fn fingerprint(&self) -> &KeyFingerprint {
        &self.fingerprint
    }

    /// The size of the modulus.
    pub fn bits(&self) -> usize {
        self.numbers.bits()
    }

    /// The public half as a JWK with `use: enc`, `alg: RSA-OAEP-256` and the thumbprint as `kid`.
    pub fn to_public_jwk_json(&self) -> String {
        let (modulus, exponent) = (self.numbers.modulus(), self.numbers.exponent());
        jwk::write_rsa(modulus, exponent, KeyPurpose::Encryption, ALG, self.fingerprint.as_str())
    }

    /// The public half as a PEM `PUBLIC KEY`.
    pub fn to_public_pem(&self) -> Result<String, KeyError> {
        Ok(pem::write("PUBLIC KEY", &self.numbers.to_spki_der()?))
    }

    /// The private key as PKCS#8 DER, for a keystore.
    pub fn to_pkcs8_der(&self) -> Zeroizing<Vec<u8>> {
        self.pkcs8.clone()
    }

    /// Unwraps one content key: a full private operation, whatever `encrypted_key` is, on the calling thread.
    ///
    /// A value that the library would refuse without computing (wrong length, not below the modulus) is replaced by
    /// one of the right form first, so that every failure costs the same.
    pub fn unwrap_content_key(&self, encrypted_key: &[u8]) -> UnwrappedKey {
        let modulus = self.numbers.modulus();
        let computable = encrypted_key.len() == modulus.len() && encrypted_key < modulus;
        let stand_in;
        let input = if computable {
            encrypted_key
        } else {
            stand_in = stand_in_for(modulus.len());
            &stand_in
        };
        let mut output = Zeroizing::new(vec![0_u8; self.key.min_output_size()]);
        let unwrapped =
            self.key.decrypt(&OAEP_SHA256_MGF1SHA256, input, &mut output, None).map(|key| key.len());
        UnwrappedKey::from_output(unwrapped.ok(), &output)
    }
}

/// A number of the modulus's length that is certainly below it: its first byte is zero, a modulus's never.
pub(crate) fn stand_in_for(length: usize) -> Vec<u8> {
    let mut number = vec![0x5a; length];
    number.iter_mut().take(1).for_each(|byte| *byte = 0);
    number
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptionKey").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

impl KeyUnwrap for DecryptionKey {
    /// Runs on the calling thread, for command lines and tests. A server puts its keys behind a bounded pool.
    fn unwrap<'a>(&'a self, key_id: Option<&'a str>, encrypted_key: &'a [u8]) -> UnwrapFuture<'a> {
        let known = key_id.is_none_or(|key_id| key_id == self.fingerprint.as_str());
        Box::pin(std::future::ready(Ok(self
            .unwrap_content_key(encrypted_key)
            .only_if(Choice::from(u8::from(known))))))
    }
}

/// Label and DER of a private key in PEM.
pub(crate) fn private_pem(text: &str) -> Result<(String, Zeroizing<Vec<u8>>), KeyError> {
    if text.len() > jwk::MAX_KEY_TEXT_BYTES {
        return Err(KeyError::Unreadable);
    }
    let block = pem::first_block(text).ok_or(KeyError::Unreadable)?;
    Ok((block.label, Zeroizing::new(block.der)))
}

/// Reads a private RSA key from PEM, either packaging.
fn key_pair_from_pem(text: &str) -> Result<KeyPair, KeyError> {
    let (label, der) = private_pem(text)?;
    match label.as_str() {
        "PRIVATE KEY" => KeyPair::from_pkcs8(&der),
        "RSA PRIVATE KEY" => KeyPair::from_der(&der),
        _ => return Err(KeyError::Unreadable),
    }
    .map_err(|_| KeyError::Unreadable)
}

/// Reads a private key from a JWK.
pub(crate) fn key_pair_from_jwk(
    text: &str,
    purpose: KeyPurpose,
    algorithms: &[&str],
) -> Result<KeyPair, KeyError> {
    let jwk = PrivateJwk::parse(text, purpose, algorithms)?;
    let (modulus, exponent) = (jwk.public.bytes("n")?, jwk.public.bytes("e")?);
    KeyPair::from_components(&KeyPairComponents {
        public_key: PublicKeyComponents { n: modulus.as_slice(), e: exponent.as_slice() },
        d: jwk.d.as_slice(),
        p: jwk.p.as_slice(),
        q: jwk.q.as_slice(),
        dP: jwk.dp.as_slice(),
        dQ: jwk.dq.as_slice(),
        qInv: jwk.qi.as_slice(),
    })
    .map_err(|_| KeyError::Inconsistent)
}

/// Writes a private key as PKCS#8 DER.
pub(crate) fn pkcs8_of(pair: &KeyPair) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let der = pair.as_der().map_err(|_| KeyError::Inconsistent)?;
    Ok(Zeroizing::new(der.as_ref().to_vec()))
}
