//! The numbers of an RSA public key and the checks every such key passes before it is used.

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rsa::{PublicKey, PublicKeyComponents};

use crate::der;
use crate::jwk::{KeyError, KeyFingerprint, PublicJwk};

/// `rsaEncryption`, 1.2.840.113549.1.1.1, as DER content.
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// Smallest modulus, in bits (RFC 7518 sections 3.3 and 4.3).
const SMALLEST_BITS: usize = 2048;
/// Largest modulus, in bits (PRODUCT: 2048 to 4096 on both sides).
const LARGEST_BITS: usize = 4096;
/// Smallest public exponent. FIPS 186-5 section 5.1 wants more than 2^16; smaller ones have a history of
/// implementations that check padding badly, and no current tool makes them by default.
const SMALLEST_EXPONENT: u64 = 65_537;

/// Primes up to 167, the set whose residues give away keys of the flawed generator of CVE-2017-15361.
const ROCA_PRIMES: [u64; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103,
    107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/// Modulus and exponent, big-endian without leading zeros, checked.
#[derive(Clone)]
pub(crate) struct RsaNumbers {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl RsaNumbers {
    /// Reads an RFC 8017 `RSAPublicKey` or a `SubjectPublicKeyInfo`, and checks it.
    pub(crate) fn from_der(bytes: &[u8]) -> Result<Self, KeyError> {
        if der::is_private_key(bytes) {
            return Err(KeyError::PrivateKey);
        }
        if der::spki_algorithm(bytes).is_some_and(|algorithm| algorithm != RSA_ENCRYPTION) {
            return Err(KeyError::NotRsa);
        }
        let key = PublicKey::from_der(bytes).map_err(|_| KeyError::Unreadable)?;
        let (modulus, exponent) = der::rsa_public_key(key.as_ref()).ok_or(KeyError::Unreadable)?;
        Self::new(modulus, exponent)
    }

    /// Takes the members of a JWK.
    pub(crate) fn from_jwk(jwk: &PublicJwk) -> Result<Self, KeyError> {
        if jwk.key_type().0 != Some("RSA") {
            return Err(KeyError::NotRsa);
        }
        Self::new(&jwk.bytes("n")?, &jwk.bytes("e")?)
    }

    /// Takes both numbers, big-endian without leading zeros, and checks them.
    pub(crate) fn new(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        let numbers = Self { modulus: modulus.to_vec(), exponent: exponent.to_vec() };
        numbers.check()?;
        Ok(numbers)
    }

    /// Size, exponent, small factors, and the fingerprint of the generator of CVE-2017-15361 (ROCA).
    fn check(&self) -> Result<(), KeyError> {
        if self.modulus.first().is_none_or(|byte| *byte == 0) {
            return Err(KeyError::Unreadable);
        }
        if self.bits() < SMALLEST_BITS {
            return Err(KeyError::TooSmall);
        }
        if self.bits() > LARGEST_BITS {
            return Err(KeyError::TooLarge);
        }
        // The library takes exponents of at most 33 bits; four bytes are plenty and simpler to say.
        if self.exponent.len() > 4 || self.exponent.first().is_none_or(|byte| *byte == 0) {
            return Err(KeyError::ExponentUnsafe);
        }
        let exponent = self.exponent.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        if exponent < SMALLEST_EXPONENT || exponent % 2 == 0 {
            return Err(KeyError::ExponentUnsafe);
        }
        if self.modulo(2) == 0 || (3..1_000).step_by(2).any(|divisor| self.modulo(divisor) == 0) {
            return Err(KeyError::SmallFactor);
        }
        if ROCA_PRIMES.into_iter().all(|prime| in_subgroup_of_65537(self.modulo(prime), prime)) {
            return Err(KeyError::RocaWeak);
        }
        Ok(())
    }

    fn modulo(&self, divisor: u64) -> u64 {
        self.modulus.iter().fold(0, |remainder, byte| (remainder << 8 | u64::from(*byte)) % divisor)
    }

    /// Size of the modulus in bits.
    pub(crate) fn bits(&self) -> usize {
        let zeros = self.modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
        self.modulus.len() * 8 - zeros
    }

    /// The modulus, big-endian without leading zeros.
    pub(crate) fn modulus(&self) -> &[u8] {
        &self.modulus
    }

    /// The exponent, big-endian without leading zeros.
    pub(crate) fn exponent(&self) -> &[u8] {
        &self.exponent
    }

    /// The numbers in the form the cryptographic library takes.
    pub(crate) fn components(&self) -> PublicKeyComponents<&[u8]> {
        PublicKeyComponents { n: &self.modulus, e: &self.exponent }
    }

    /// The key as `SubjectPublicKeyInfo` DER.
    pub(crate) fn to_spki_der(&self) -> Result<Vec<u8>, KeyError> {
        let der: PublicKeyX509Der<'_> = self.components().as_der().map_err(|_| KeyError::Unreadable)?;
        Ok(der.as_ref().to_vec())
    }

    /// The RFC 7638 thumbprint.
    pub(crate) fn fingerprint(&self) -> KeyFingerprint {
        KeyFingerprint::of_rsa(&self.modulus, &self.exponent)
    }
}

/// Whether `residue` is a power of 65537 modulo `prime`. The flawed generator built its primes as powers of 65537
/// modulo a product of small primes, so every residue of its moduli is; for an ordinary modulus all 38 hold together
/// with a probability below 2^-27.
fn in_subgroup_of_65537(residue: u64, prime: u64) -> bool {
    let mut power = 1;
    loop {
        if power == residue {
            return true;
        }
        power = power * 65_537 % prime;
        if power == 1 {
            return false;
        }
    }
}
