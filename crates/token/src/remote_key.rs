//! The public half of a decryption key whose private half lies elsewhere, in Vault or in an HSM.

use std::borrow::Cow;
use std::fmt;

use crate::algorithm::KeyManagement;
use crate::decryption_key::stand_in_for;
use crate::encryption_key::EncryptionKey;
use crate::jwk::{self, KeyError, KeyFingerprint, KeyPurpose, PublicJwk};
use crate::pem;
use crate::rsa_public::RsaNumbers;

/// The algorithm of these keys.
const ALG: &str = KeyManagement::RsaOaep256.alg();

/// What is known here of an RSA key that unwraps content keys somewhere else.
#[derive(Clone)]
pub struct RemoteKey {
    numbers: RsaNumbers,
    fingerprint: KeyFingerprint,
}

impl RemoteKey {
    /// Reads a PEM public key, or the base64 of its DER without PEM lines.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        RsaNumbers::from_der(&pem::public_key_der(text)?).map(Self::from_numbers)
    }

    /// Reads a public RSA JWK. Its `use`, `key_ops` and `alg` must allow RSA-OAEP-256 when present.
    pub fn from_jwk(text: &str) -> Result<Self, KeyError> {
        let jwk = PublicJwk::parse(text)?;
        jwk.check_purpose(KeyPurpose::Encryption, &[ALG])?;
        RsaNumbers::from_jwk(&jwk).map(Self::from_numbers)
    }

    /// Takes modulus and public exponent, big-endian, as a PKCS#11 module gives them.
    pub fn from_components(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        let numbers = RsaNumbers::new(without_zeros(modulus), without_zeros(exponent))?;
        Ok(Self::from_numbers(numbers))
    }

    fn from_numbers(numbers: RsaNumbers) -> Self {
        Self { fingerprint: numbers.fingerprint(), numbers }
    }

    /// The RFC 7638 thumbprint, which is also the key id the platform publishes.
    pub fn fingerprint(&self) -> &KeyFingerprint {
        &self.fingerprint
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

    /// The key that encrypts to it.
    pub fn to_encryption_key(&self) -> Result<EncryptionKey, KeyError> {
        EncryptionKey::from_jwk(&self.to_public_jwk_json())
    }

    /// The value itself if it has the right length and is below the modulus, else one in its place that is: whoever holds the
    /// private half then does the same work for whatever a token contains, and never has a reason of another kind to refuse.
    ///
    /// A value in its place unwraps to nothing, as the value itself would.
    pub fn computable<'a>(&self, encrypted_key: &'a [u8]) -> Cow<'a, [u8]> {
        let modulus = self.numbers.modulus();
        if encrypted_key.len() == modulus.len() && encrypted_key < modulus {
            Cow::Borrowed(encrypted_key)
        } else {
            Cow::Owned(stand_in_for(modulus.len()))
        }
    }
}

impl fmt::Debug for RemoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteKey").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let start = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
    number.get(start..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DecryptionKey;

    #[test]
    fn it_says_of_a_key_what_the_key_itself_says() {
        let key = DecryptionKey::generate().unwrap();
        let remote = RemoteKey::from_pem(&key.to_public_pem().unwrap()).unwrap();
        assert_eq!(remote.fingerprint(), key.fingerprint());
        assert_eq!(remote.to_public_jwk_json(), key.to_public_jwk_json());
        assert_eq!(remote.to_public_pem().unwrap(), key.to_public_pem().unwrap());
        let read = RemoteKey::from_jwk(&key.to_public_jwk_json()).unwrap();
        let (modulus, exponent) = (read.numbers.modulus(), read.numbers.exponent());
        let padded = [&[0], modulus].concat();
        let made = RemoteKey::from_components(&padded, exponent).unwrap();
        assert_eq!(made.fingerprint(), key.fingerprint());
        let wrapped = made.to_encryption_key().unwrap().wrap(&[7; 32]).unwrap();
        assert!(key.unwrap_content_key(&wrapped).is_key());
        assert!(RemoteKey::from_components(&[], &[0]).is_err());
    }

    #[test]
    fn what_cannot_be_computed_is_replaced_by_what_can() {
        let key = DecryptionKey::generate().unwrap();
        let remote = RemoteKey::from_pem(&key.to_public_pem().unwrap()).unwrap();
        let wrapped = remote.to_encryption_key().unwrap().wrap(&[7; 32]).unwrap();
        assert_eq!(*remote.computable(&wrapped), wrapped);
        for junk in [Vec::new(), vec![1; 255], vec![1; 257], vec![0xff; 256], vec![1; 5_000]] {
            let replaced = remote.computable(&junk);
            assert_eq!(replaced.len(), 256);
            assert!(*replaced < *remote.numbers.modulus());
            assert!(!key.unwrap_content_key(&replaced).is_key());
        }
    }
}
