//! The local keystore: keys and secrets of the platform in one encrypted file.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::{digest, rand};
use serde::{Deserialize, Serialize};
use signet_token::{AgreementKey, Curve, DecryptionKey, KeyFingerprint, KeyManagement, SessionSigner};
use zeroize::Zeroizing;

use crate::contents::{Contents, SecretBytes, StoredAgreementKey, StoredDecryptionKey};
use crate::envelope::{self, FileKey, KdfCost};
use crate::error::KeystoreError;
use crate::file;
use crate::pool::{LocalUnwrap, RsaPoolOptions};

mod moving;
mod passphrase;
mod session;

/// The passphrase of a keystore. Wiped when dropped.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes the passphrase as the operator gave it, white space included.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

/// Whether new tokens may be encrypted to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// Published; decrypts.
    Active,
    /// No longer published; still decrypts, for providers that have not fetched the new key.
    Retired,
}

/// What may be known of a decryption key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecryptionKeyInfo {
    /// The thumbprint, which is the `kid`.
    pub key_id: KeyFingerprint,
    /// Whether it is published.
    pub state: KeyState,
    /// What it is for.
    pub algorithm: KeyManagement,
    /// The public half as a JWK with `use: enc`, `alg` and `kid`.
    pub public_jwk: String,
}

struct LiveKey<K> {
    state: KeyState,
    key: Arc<K>,
}

impl LiveKey<DecryptionKey> {
    fn describe(&self) -> DecryptionKeyInfo {
        DecryptionKeyInfo {
            key_id: self.key.fingerprint().clone(),
            state: self.state,
            algorithm: KeyManagement::RsaOaep256,
            public_jwk: self.key.to_public_jwk_json(),
        }
    }
}

impl LiveKey<AgreementKey> {
    fn describe(&self) -> DecryptionKeyInfo {
        DecryptionKeyInfo {
            key_id: self.key.fingerprint().clone(),
            state: self.state,
            algorithm: match self.key.curve() {
                Curve::P256 => KeyManagement::EcdhEsP256,
                Curve::X25519 => KeyManagement::EcdhEsX25519,
            },
            public_jwk: self.key.to_public_jwk_json(),
        }
    }
}

/// Where a keystore is written, and under which key.
struct Place {
    path: PathBuf,
    file_key: FileKey,
    /// SHA-256 of the file as this process read or wrote it last.
    known: [u8; 32],
}

impl Place {
    fn new(path: &Path, file_key: FileKey, bytes: &[u8]) -> Self {
        Self { path: path.to_owned(), file_key, known: sha256(bytes) }
    }

    /// Replaces the file, if it still is the one that was read: what another process wrote in the meantime, a key that
    /// providers use already, would be lost.
    fn replace(&mut self, contents: &Contents) -> Result<(), KeystoreError> {
        let bytes = self.file_key.seal(&contents.write()?, contents.version())?;
        let path = &self.path;
        let write_error = |source| KeystoreError::Write { path: path.clone(), source };
        let _others_wait = file::lock(path).map_err(write_error)?;
        let found = file::read(path).map_err(|source| KeystoreError::Read { path: path.clone(), source })?;
        if found.is_none_or(|found| sha256(&found) != self.known) {
            return Err(KeystoreError::ChangedMeanwhile { path: path.clone() });
        }
        file::replace(path, &bytes).map_err(write_error)?;
        self.known = sha256(&bytes);
        Ok(())
    }
}

/// An opened keystore. Changes are on disk before the call that makes them returns.
pub struct Keystore {
    /// Where it is written; `None` for one that lives in memory only.
    place: Option<Place>,
    decryption_keys: Vec<LiveKey<DecryptionKey>>,
    agreement_keys: Vec<LiveKey<AgreementKey>>,
    session_signer: Arc<SessionSigner>,
    contents: Contents,
}

impl Keystore {
    /// Opens the keystore at `path`, or makes one there with fresh keys if there is no file.
    ///
    /// The file is created with mode 0600. Takes about a tenth of a second, for Argon2id.
    ///
    /// # Errors
    /// [`KeystoreError`], see its variants. Nothing is ever overwritten.
    pub fn open_or_create(path: &Path, passphrase: &Passphrase) -> Result<Self, KeystoreError> {
        Self::open_or_create_with(path, passphrase, KdfCost::default())
    }

    /// As [`Keystore::open_or_create`], with the cost for a file that has to be made.
    pub fn open_or_create_with(
        path: &Path,
        passphrase: &Passphrase,
        cost: KdfCost,
    ) -> Result<Self, KeystoreError> {
        Self::open_or_fill(path, passphrase, cost, fresh_contents)
    }

    /// As [`Keystore::open_or_create`]; one that has to be made holds no decryption key: those live in other custody.
    pub fn open_or_create_without_decryption_keys(
        path: &Path,
        passphrase: &Passphrase,
    ) -> Result<Self, KeystoreError> {
        Self::open_or_fill(path, passphrase, KdfCost::default(), contents_without_decryption_keys)
    }

    fn open_or_fill(
        path: &Path,
        passphrase: &Passphrase,
        cost: KdfCost,
        fill: fn() -> Result<Contents, KeystoreError>,
    ) -> Result<Self, KeystoreError> {
        if passphrase.0.is_empty() {
            return Err(KeystoreError::PassphraseEmpty);
        }
        if let Some(keystore) = Self::open(path, passphrase)? {
            return Ok(keystore);
        }
        let file_key = FileKey::derive_new(&passphrase.0, cost)?;
        let contents = fill()?;
        let bytes = file_key.seal(&contents.write()?, contents.version())?;
        let write_error = |source| KeystoreError::Write { path: path.to_owned(), source };
        if file::create(path, &bytes).map_err(write_error)? {
            tracing::info!(path = %path.display(), "keystore created");
            return Self::from_contents(contents, Some(Place::new(path, file_key, &bytes)));
        }
        // Another process made it in the meantime: its keys are the ones.
        Self::open(path, passphrase)?.ok_or(KeystoreError::NotAKeystore)
    }

    fn open(path: &Path, passphrase: &Passphrase) -> Result<Option<Self>, KeystoreError> {
        let read_error = |source| KeystoreError::Read { path: path.to_owned(), source };
        let Some(bytes) = file::read(path).map_err(read_error)? else { return Ok(None) };
        let (contents, file_key) = envelope::open(&bytes, &passphrase.0)?;
        let contents = Contents::read(&contents)?;
        Self::from_contents(contents, Some(Place::new(path, file_key, &bytes))).map(Some)
    }

    /// Takes up what another process wrote since this one read or wrote the file last. False if that is nothing.
    ///
    /// # Errors
    /// [`KeystoreError`]; the keys stay as they were.
    pub fn reload(&mut self) -> Result<bool, KeystoreError> {
        let Some(place) = &self.place else { return Ok(false) };
        let read_error = |source| KeystoreError::Read { path: place.path.clone(), source };
        let found = file::read_again(&place.path).map_err(read_error)?;
        let bytes = found.ok_or_else(|| read_error(io::ErrorKind::NotFound.into()))?;
        if sha256(&bytes) == place.known {
            return Ok(false);
        }
        let contents = Contents::read(&envelope::open_again(&bytes, &place.file_key)?)?;
        let mut changed = Self::from_contents(contents, None)?;
        changed.place = self.place.take().map(|place| Place { known: sha256(&bytes), ..place });
        *self = changed;
        Ok(true)
    }

    /// Makes a keystore with fresh keys that is never written anywhere.
    pub fn in_memory_generated() -> Result<Self, KeystoreError> {
        Self::from_contents(fresh_contents()?, None)
    }

    fn from_contents(contents: Contents, place: Option<Place>) -> Result<Self, KeystoreError> {
        let decryption_keys = contents
            .decryption_keys
            .iter()
            .map(|stored| {
                let key = Arc::new(DecryptionKey::from_pkcs8_der(stored.pkcs8.expose())?);
                Ok(LiveKey { state: stored.state, key })
            })
            .collect::<Result<Vec<_>, KeystoreError>>()?;
        let agreement_keys = contents
            .agreement_keys
            .iter()
            .map(|stored| {
                let curve = Curve::parse(&stored.curve).ok_or(KeystoreError::Damaged)?;
                let key = Arc::new(AgreementKey::from_secret(curve, stored.secret.expose())?);
                Ok(LiveKey { state: stored.state, key })
            })
            .collect::<Result<Vec<_>, KeystoreError>>()?;
        let session_signer = session::signer_of(&contents)?;
        Ok(Self { place, decryption_keys, agreement_keys, session_signer, contents })
    }

    /// The decryption keys: RSA newest first, then those on curves newest first.
    pub fn decryption_keys(&self) -> Vec<DecryptionKeyInfo> {
        let rsa = self.decryption_keys.iter().rev().map(LiveKey::<DecryptionKey>::describe);
        rsa.chain(self.agreement_keys.iter().rev().map(LiveKey::<AgreementKey>::describe)).collect()
    }

    /// The active public keys as a JWK set (RFC 7517 section 5), in the order of [`Self::decryption_keys`]: what providers
    /// fetch.
    pub fn jwks_json(&self) -> String {
        jwks_json(&self.decryption_keys())
    }

    /// The newest active public RSA key as a PEM `PUBLIC KEY`.
    pub fn platform_public_key_pem(&self) -> Result<String, KeystoreError> {
        let newest = self.decryption_keys.iter().rev().find(|live| live.state == KeyState::Active);
        Ok(newest.ok_or(KeystoreError::LastActiveKey)?.key.to_public_pem()?)
    }

    /// Starts a pool of threads that unwrap content keys with the keys as they are now.
    pub fn local_unwrap(&self, options: RsaPoolOptions) -> Result<LocalUnwrap, KeystoreError> {
        let (rsa, agreement) = self.ring();
        LocalUnwrap::start(rsa, agreement, options).map_err(KeystoreError::Threads)
    }

    /// The keys that decrypt, newest first.
    pub(crate) fn ring(&self) -> (Vec<Arc<DecryptionKey>>, Vec<Arc<AgreementKey>>) {
        let rsa = self.decryption_keys.iter().rev().map(|live| Arc::clone(&live.key)).collect();
        (rsa, self.agreement_keys.iter().rev().map(|live| Arc::clone(&live.key)).collect())
    }

    /// Makes a new active key for an algorithm, the first or a further one, and retires the others of that algorithm,
    /// which go on decrypting. Keys on curves exist only after this was called for them.
    pub fn rotate_decryption_key_for(
        &mut self,
        algorithm: KeyManagement,
    ) -> Result<KeyFingerprint, KeystoreError> {
        let Some(curve) = algorithm.curve() else { return self.rotate_decryption_key() };
        let key = AgreementKey::generate(curve)?;
        let stored = StoredAgreementKey {
            state: KeyState::Active,
            curve: curve.name().to_owned(),
            secret: SecretBytes::new(&key.to_secret()),
        };
        self.change(|contents| {
            retire(contents, curve);
            contents.agreement_keys.push(stored);
            Ok(())
        })?;
        Ok(key.fingerprint().clone())
    }

    /// Publishes no key for a curve any more. Its keys go on decrypting until they are destroyed.
    pub fn retire_agreement_keys(&mut self, curve: Curve) -> Result<(), KeystoreError> {
        self.change(|contents| {
            retire(contents, curve);
            Ok(())
        })
    }

    /// Makes a new active RSA key and retires the others, which go on decrypting.
    pub fn rotate_decryption_key(&mut self) -> Result<KeyFingerprint, KeystoreError> {
        let key = DecryptionKey::generate()?;
        let key_id = key.fingerprint().clone();
        let pkcs8 = SecretBytes::new(&key.to_pkcs8_der());
        self.change(|contents| {
            for stored in &mut contents.decryption_keys {
                stored.state = KeyState::Retired;
            }
            contents.decryption_keys.push(StoredDecryptionKey { state: KeyState::Active, pkcs8 });
            Ok(())
        })?;
        Ok(key_id)
    }

    /// Publishes a key no longer. It goes on decrypting until it is destroyed. One that is retired already stays so.
    ///
    /// # Errors
    /// [`KeystoreError::KeyNotFound`]; [`KeystoreError::LastActiveKey`] for the RSA key that is in use.
    pub fn retire_decryption_key(&mut self, key_id: &KeyFingerprint) -> Result<(), KeystoreError> {
        let found = self.decryption_keys().into_iter().find(|info| info.key_id == *key_id);
        let found = found.ok_or(KeystoreError::KeyNotFound)?;
        match (found.state, found.algorithm.curve()) {
            (KeyState::Retired, _) => Ok(()),
            (KeyState::Active, Some(curve)) => self.retire_agreement_keys(curve),
            (KeyState::Active, None) => Err(KeystoreError::LastActiveKey),
        }
    }

    /// Destroys a retired decryption key: tokens encrypted to it no longer open.
    ///
    /// # Errors
    /// [`KeystoreError::KeyNotFound`], [`KeystoreError::StillActive`].
    pub fn destroy_decryption_key(&mut self, key_id: &KeyFingerprint) -> Result<(), KeystoreError> {
        let rsa = self.decryption_keys.iter().position(|live| live.key.fingerprint() == key_id);
        let agreement = self.agreement_keys.iter().position(|live| live.key.fingerprint() == key_id);
        let found = self.decryption_keys().into_iter().find(|info| info.key_id == *key_id);
        if found.ok_or(KeystoreError::KeyNotFound)?.state == KeyState::Active {
            return Err(KeystoreError::StillActive);
        }
        self.change(|contents| {
            if let Some(position) = rsa {
                contents.decryption_keys.remove(position);
            } else if let Some(position) = agreement {
                contents.agreement_keys.remove(position);
            }
            Ok(())
        })
    }

    /// A further secret of `length` bytes under a name, made at the first call.
    pub fn secret_or_create(
        &mut self,
        name: &str,
        length: usize,
    ) -> Result<Zeroizing<Vec<u8>>, KeystoreError> {
        if let Some(secret) = self.contents.secrets.get(name) {
            return Ok(Zeroizing::new(secret.expose().to_vec()));
        }
        let mut bytes = Zeroizing::new(vec![0; length]);
        rand::fill(&mut bytes).map_err(|_| KeystoreError::Randomness)?;
        let secret = SecretBytes::new(&bytes);
        self.change(|contents| {
            contents.secrets.insert(name.to_owned(), secret);
            Ok(())
        })?;
        Ok(bytes)
    }

    /// Applies a change to a copy of the contents, writes it, and only then takes it over.
    fn change(
        &mut self,
        edit: impl FnOnce(&mut Contents) -> Result<(), KeystoreError>,
    ) -> Result<(), KeystoreError> {
        let mut contents = Contents::read(&self.contents.write()?)?;
        edit(&mut contents)?;
        let mut changed = Self::from_contents(contents, None)?;
        if let Some(place) = &mut self.place {
            place.replace(&changed.contents)?;
        }
        changed.place = self.place.take();
        *self = changed;
        Ok(())
    }
}

impl fmt::Debug for Keystore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keystore")
            .field("path", &self.place.as_ref().map(|place| &place.path))
            .field("decryption_keys", &self.decryption_keys.len())
            .field("agreement_keys", &self.agreement_keys.len())
            .field("session_keys", &self.contents.session_seeds.len())
            .finish_non_exhaustive()
    }
}

/// The active ones among keys as a JWK set (RFC 7517 section 5), in their order.
pub fn jwks_json(keys: &[DecryptionKeyInfo]) -> String {
    let active = keys.iter().filter(|info| info.state == KeyState::Active);
    let keys: Vec<&str> = active.map(|info| info.public_jwk.as_str()).collect();
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut sum = [0; 32];
    sum.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    sum
}

/// Retires the keys on a curve.
fn retire(contents: &mut Contents, curve: Curve) {
    for stored in contents.agreement_keys.iter_mut().filter(|stored| stored.curve == curve.name()) {
        stored.state = KeyState::Retired;
    }
}

/// One RSA key and one session key.
fn fresh_contents() -> Result<Contents, KeystoreError> {
    let pkcs8 = SecretBytes::new(&DecryptionKey::generate()?.to_pkcs8_der());
    let decryption_keys = vec![StoredDecryptionKey { state: KeyState::Active, pkcs8 }];
    Ok(Contents { decryption_keys, ..contents_without_decryption_keys()? })
}

/// One session key.
fn contents_without_decryption_keys() -> Result<Contents, KeystoreError> {
    let seed = SecretBytes::new(&SessionSigner::generate()?.seed()?);
    Ok(Contents { session_seeds: vec![seed], ..Contents::default() })
}
