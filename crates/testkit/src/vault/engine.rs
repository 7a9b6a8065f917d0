//! The transit engine: keys with versions, decryption, import.

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrapPadded as _};
use aws_lc_rs::rsa::{
    KeySize, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey, PublicEncryptingKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// Why an item was not decrypted.
pub(super) enum Fault {
    /// Vault calls it the caller's.
    User(String),
    /// Vault calls it its own.
    Internal(String),
}

/// An RSA key of the transit engine.
#[derive(Debug)]
pub struct TransitKey {
    versions: Vec<(u32, PrivateDecryptingKey)>,
    latest: u32,
    /// Versions below it do not decrypt.
    pub min_decryption_version: u32,
    /// Versions from it on encrypt; 0: only the latest.
    pub min_encryption_version: u32,
    /// Whether its first version came from outside.
    pub imported: bool,
    /// Whether versions may be made in Vault of a key that came from outside.
    pub allow_rotation: bool,
    /// What Vault calls its type.
    pub kind: String,
}

impl TransitKey {
    /// A fresh key of one version.
    pub fn generate() -> Self {
        let mut key = Self::empty();
        key.rotate();
        key
    }

    fn empty() -> Self {
        Self {
            versions: Vec::new(),
            latest: 0,
            min_decryption_version: 1,
            min_encryption_version: 0,
            imported: false,
            allow_rotation: true,
            kind: "rsa-2048".to_owned(),
        }
    }

    /// Makes a new version.
    pub fn rotate(&mut self) {
        self.add(PrivateDecryptingKey::generate(KeySize::Rsa2048).expect("an RSA key"));
    }

    fn add(&mut self, key: PrivateDecryptingKey) {
        self.latest += 1;
        self.versions.push((self.latest, key));
    }

    /// Loses a version, as restoring an old backup of Vault's storage does.
    pub fn lose_version(&mut self, lost: u32) {
        self.versions.retain(|(number, _)| *number != lost);
        self.latest = self.versions.last().map_or(0, |(number, _)| *number);
    }

    pub(super) fn versions(&self) -> usize {
        self.versions.len()
    }

    /// What `GET keys/NAME` says.
    pub(super) fn describe(&self) -> Value {
        let keys: Map<String, Value> = self
            .versions
            .iter()
            .filter(|(number, _)| *number >= self.min_decryption_version)
            .map(|(number, key)| {
                let version = json!({ "creation_time": "2026-11-01T00:00:00Z", "name": self.kind, "public_key": public_pem(&key.public_key()) });
                (number.to_string(), version)
            })
            .collect();
        json!({
            "type": self.kind, "keys": keys, "latest_version": self.latest, "exportable": false,
            "min_decryption_version": self.min_decryption_version,
            "min_encryption_version": self.min_encryption_version,
            "imported_key": self.imported, "imported_key_allow_rotation": self.allow_rotation, "supports_decryption": true,
        })
    }

    /// Decrypts `vault:vN:base64`, and gives the base64 of what was in it.
    pub(super) fn decrypt(&self, ciphertext: &str) -> Result<String, Fault> {
        let user = |text: &str| Fault::User(text.to_owned());
        let rest = ciphertext.strip_prefix("vault:v").ok_or_else(|| user("invalid ciphertext: no prefix"))?;
        let (version, value) =
            rest.split_once(':').ok_or_else(|| user("invalid ciphertext: wrong number of fields"))?;
        let version: u32 =
            version.parse().map_err(|_| user("invalid ciphertext: version number could not be decoded"))?;
        if version > self.latest {
            return Err(user("invalid ciphertext: version is too new"));
        }
        if version < self.min_decryption_version {
            return Err(user("ciphertext or signature version is disallowed by policy (too old)"));
        }
        let value =
            STANDARD.decode(value).map_err(|_| user("invalid ciphertext: could not decode base64"))?;
        let key = self.versions.iter().find(|(number, _)| *number == version);
        let (_, key) = key.ok_or_else(|| Fault::Internal("no such key version".to_owned()))?;
        let key = OaepPrivateDecryptingKey::new(key.clone()).expect("an OAEP key");
        let mut output = vec![0; key.min_output_size()];
        let plain = key.decrypt(&OAEP_SHA256_MGF1SHA256, &value, &mut output, None).map_err(|_| {
            Fault::Internal("failed to RSA decrypt the ciphertext: crypto/rsa: decryption error".to_owned())
        })?;
        Ok(STANDARD.encode(plain))
    }
}

/// What imported keys are wrapped with.
#[derive(Debug)]
pub(super) struct WrappingKey(PrivateDecryptingKey);

impl WrappingKey {
    pub(super) fn generate() -> Self {
        Self(PrivateDecryptingKey::generate(KeySize::Rsa4096).expect("an RSA key"))
    }

    pub(super) fn public_pem(&self) -> String {
        public_pem(&self.0.public_key())
    }

    /// The wrapped AES key has 512 bytes, the rest is the PKCS#8 of the key.
    fn unwrap(&self, ciphertext: &str) -> Option<PrivateDecryptingKey> {
        let ciphertext = STANDARD.decode(ciphertext).ok()?;
        let (wrapped_key, wrapped) = ciphertext.split_at_checked(512)?;
        let key = OaepPrivateDecryptingKey::new(self.0.clone()).ok()?;
        let mut aes = vec![0; key.min_output_size()];
        let aes = key.decrypt(&OAEP_SHA256_MGF1SHA256, wrapped_key, &mut aes, None).ok()?;
        let mut pkcs8 = vec![0; wrapped.len()];
        let pkcs8 = AesKek::new(&AES_256, aes).ok()?.unwrap_with_padding(wrapped, &mut pkcs8).ok()?;
        PrivateDecryptingKey::from_pkcs8(pkcs8).ok()
    }
}

impl TransitKey {
    /// One that takes versions in from outside, as the request for its first says.
    pub(super) fn imported(body: &Value) -> Option<Self> {
        Some(Self {
            imported: true,
            allow_rotation: body["allow_rotation"].as_bool().unwrap_or(false),
            kind: body["type"].as_str()?.to_owned(),
            ..Self::empty()
        })
    }

    /// Takes in what the body of a request brings. False if it is not as the documentation says.
    pub(super) fn import(&mut self, wrapping: &WrappingKey, body: &Value) -> bool {
        let sha256 = body.get("hash_function").is_none_or(|hash| hash == "SHA256");
        let brought = body["ciphertext"].as_str().and_then(|ciphertext| wrapping.unwrap(ciphertext));
        let fits = |key: &PrivateDecryptingKey| self.kind == format!("rsa-{}", key.key_size_bytes() * 8);
        let Some(key) = brought.filter(|key| sha256 && fits(key)) else { return false };
        self.add(key);
        true
    }
}

fn public_pem(key: &PublicEncryptingKey) -> String {
    let der: PublicKeyX509Der<'_> = key.as_der().expect("DER");
    let text = STANDARD.encode(der.as_ref());
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}
