//! The outside of a keystore file.
//!
//! One JSON object, without line breaks:
//!
//! ```text
//! { "format": "signet-keystore", "version": <1 to 3>,
//!   "kdf":    { "name": "argon2id", "memoryKib": 65536, "iterations": 3, "parallelism": 1, "salt": <16 bytes> },
//!   "cipher": { "name": "A256GCM", "nonce": <12 bytes> },
//!   "sealed": <ciphertext and tag>,
//!   "digest": <SHA-256 of everything above> }
//! ```
//!
//! A file has the lowest version that can say what it holds, so that an earlier program opens it if it can, and says that
//! it is too old if it cannot. Version 2 came with keys on curves, version 3 with keystores that have no active RSA key because
//! those live in other custody.
//!
//! Bytes are base64url without padding. The key is Argon2id (RFC 9106, version 0x13) of the passphrase with the stated
//! cost; everything but `sealed` and `digest` is additional authenticated data. `digest` is no protection, anyone can
//! compute it: it tells an operator whether the file is damaged or the passphrase wrong, before the costly derivation.

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{digest, rand};
use serde::{Deserialize, Serialize};
use signet_token::base64url;
use zeroize::Zeroizing;

use crate::error::KeystoreError;

const FORMAT: &str = "signet-keystore";
/// The newest version this program reads and writes.
const NEWEST_VERSION: u32 = 3;
const KDF: &str = "argon2id";
const CIPHER: &str = "A256GCM";
const SALT_BYTES: usize = 16;
const NONCE_BYTES: usize = 12;

/// What deriving the file's key from the passphrase costs. Stored in the file, so that it can be raised later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KdfCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
}

impl Default for KdfCost {
    /// 64 MiB, three passes, one lane: the second recommended option of RFC 9106 section 4, with one lane because it
    /// runs once at start-up.
    fn default() -> Self {
        Self { memory_kib: 64 * 1024, iterations: 3, parallelism: 1 }
    }
}

impl KdfCost {
    /// The least Argon2 allows. For tests, and for passphrases that are random keys already.
    pub const LOWEST: Self = Self { memory_kib: 8, iterations: 1, parallelism: 1 };

    /// The most this program will spend on a file it is given: 1 GiB, 16 passes, 16 lanes.
    const HIGHEST: Self = Self { memory_kib: 1024 * 1024, iterations: 16, parallelism: 16 };

    fn params(self) -> Result<Params, KeystoreError> {
        let highest = Self::HIGHEST;
        if self.memory_kib > highest.memory_kib
            || self.iterations > highest.iterations
            || self.parallelism > highest.parallelism
        {
            return Err(KeystoreError::CostOutOfRange);
        }
        Params::new(self.memory_kib, self.iterations, self.parallelism, Some(32))
            .map_err(|_| KeystoreError::CostOutOfRange)
    }
}

/// The key a file is sealed with, and how it was derived. Kept while the keystore is open, so that it can be written
/// again without asking for the passphrase.
pub(crate) struct FileKey {
    cost: KdfCost,
    salt: [u8; SALT_BYTES],
    key: Zeroizing<[u8; 32]>,
}

impl FileKey {
    /// Derives a key under a fresh salt.
    pub(crate) fn derive_new(passphrase: &str, cost: KdfCost) -> Result<Self, KeystoreError> {
        Self::derive(passphrase, cost, random()?)
    }

    fn derive(passphrase: &str, cost: KdfCost, salt: [u8; SALT_BYTES]) -> Result<Self, KeystoreError> {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, cost.params()?);
        let mut key = Zeroizing::new([0; 32]);
        argon2
            .hash_password_into(passphrase.as_bytes(), &salt, key.as_mut_slice())
            .map_err(|_| KeystoreError::CostOutOfRange)?;
        Ok(Self { cost, salt, key })
    }

    fn cipher(&self) -> Result<LessSafeKey, KeystoreError> {
        UnboundKey::new(&AES_256_GCM, self.key.as_slice())
            .map(LessSafeKey::new)
            .map_err(|_| KeystoreError::Randomness)
    }

    /// Seals `contents`, which need this version to be understood, under a fresh nonce and writes the envelope around
    /// them.
    pub(crate) fn seal(&self, contents: &[u8], version: u32) -> Result<Vec<u8>, KeystoreError> {
        let nonce: [u8; NONCE_BYTES] = random()?;
        let mut envelope = Envelope {
            format: FORMAT.to_owned(),
            version,
            kdf: Kdf {
                name: KDF.to_owned(),
                memory_kib: self.cost.memory_kib,
                iterations: self.cost.iterations,
                parallelism: self.cost.parallelism,
                salt: base64url::encode(self.salt),
            },
            cipher: Cipher { name: CIPHER.to_owned(), nonce: base64url::encode(nonce) },
            sealed: String::new(),
            digest: String::new(),
        };
        let aad = envelope.authenticated_data();
        let mut sealed = contents.to_vec();
        self.cipher()?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(aad.as_bytes()),
                &mut sealed,
            )
            .map_err(|_| KeystoreError::Randomness)?;
        envelope.sealed = base64url::encode(sealed);
        envelope.digest = envelope.compute_digest();
        serde_json::to_vec(&envelope).map_err(|_| KeystoreError::NotAKeystore)
    }

    fn unseal(&self, envelope: &Envelope) -> Result<Zeroizing<Vec<u8>>, KeystoreError> {
        let nonce: [u8; NONCE_BYTES] = exact_bytes(&envelope.cipher.nonce)?;
        let aad = envelope.authenticated_data();
        let sealed = base64url::decode(&envelope.sealed).map_err(|_| KeystoreError::Damaged)?;
        let mut contents = Zeroizing::new(sealed);
        let length = self
            .cipher()?
            .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(aad.as_bytes()), &mut contents)
            .map_err(|_| KeystoreError::WrongPassphrase)?
            .len();
        contents.truncate(length);
        Ok(contents)
    }
}

/// Opens a file's bytes with a passphrase; gives the contents and the key to write them again.
pub(crate) fn open(bytes: &[u8], passphrase: &str) -> Result<(Zeroizing<Vec<u8>>, FileKey), KeystoreError> {
    let envelope = Envelope::read(bytes)?;
    let file_key = FileKey::derive(passphrase, envelope.kdf.cost(), exact_bytes(&envelope.kdf.salt)?)?;
    let contents = file_key.unseal(&envelope)?;
    Ok((contents, file_key))
}

/// Opens a file's bytes with the key that opened it before, without the costly derivation.
///
/// # Errors
/// [`KeystoreError::PassphraseChanged`]: the key has another salt then.
pub(crate) fn open_again(bytes: &[u8], file_key: &FileKey) -> Result<Zeroizing<Vec<u8>>, KeystoreError> {
    let envelope = Envelope::read(bytes)?;
    if exact_bytes(&envelope.kdf.salt)? != file_key.salt || envelope.kdf.cost() != file_key.cost {
        return Err(KeystoreError::PassphraseChanged);
    }
    file_key.unseal(&envelope)
}

fn exact_bytes<const N: usize>(text: &str) -> Result<[u8; N], KeystoreError> {
    base64url::decode(text).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(KeystoreError::Damaged)
}

fn random<const N: usize>() -> Result<[u8; N], KeystoreError> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| KeystoreError::Randomness)?;
    Ok(bytes)
}

/// The two members that every version of the format has.
#[derive(Deserialize)]
struct Versioned {
    format: String,
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Envelope {
    format: String,
    version: u32,
    kdf: Kdf,
    cipher: Cipher,
    sealed: String,
    digest: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Kdf {
    name: String,
    memory_kib: u32,
    iterations: u32,
    parallelism: u32,
    salt: String,
}

impl Kdf {
    const fn cost(&self) -> KdfCost {
        KdfCost { memory_kib: self.memory_kib, iterations: self.iterations, parallelism: self.parallelism }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Cipher {
    name: String,
    nonce: String,
}

impl Envelope {
    /// Reads a file that this program can, whole and undamaged.
    fn read(bytes: &[u8]) -> Result<Self, KeystoreError> {
        let versioned: Versioned = serde_json::from_slice(bytes).map_err(|_| KeystoreError::NotAKeystore)?;
        if versioned.format != FORMAT {
            return Err(KeystoreError::NotAKeystore);
        }
        if versioned.version > NEWEST_VERSION {
            return Err(KeystoreError::UnsupportedVersion {
                found: versioned.version,
                known: NEWEST_VERSION,
            });
        }
        let envelope: Envelope = serde_json::from_slice(bytes).map_err(|_| KeystoreError::NotAKeystore)?;
        if envelope.compute_digest() != envelope.digest
            || envelope.kdf.name != KDF
            || envelope.cipher.name != CIPHER
        {
            return Err(KeystoreError::Damaged);
        }
        Ok(envelope)
    }

    /// Every member but `sealed` and `digest`, one a line, in the order of the format.
    fn authenticated_data(&self) -> String {
        let Kdf { name, memory_kib, iterations, parallelism, salt } = &self.kdf;
        let Cipher { name: cipher, nonce } = &self.cipher;
        let (format, version) = (&self.format, self.version);
        format!(
            "{format}\n{version}\n{name}\n{memory_kib}\n{iterations}\n{parallelism}\n{salt}\n{cipher}\n{nonce}"
        )
    }

    fn compute_digest(&self) -> String {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(self.authenticated_data().as_bytes());
        context.update(b"\n");
        context.update(self.sealed.as_bytes());
        base64url::encode(context.finish())
    }
}
