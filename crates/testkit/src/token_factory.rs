//! Visitor tokens for tests: good ones in one line, hostile ones by changing any layer of a good one.
//!
//! [`TokenFactory::token`] starts from claims that the compatible profile accepts. Claims, either header, the signed
//! payload, the encrypted content and each of the five parts can then be changed on their own, so that a test differs
//! from a working token in exactly the thing it is about.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use serde_json::{Map, Value, json};
use signet_token::visitor_token::STRICT_TYPE;
use signet_token::{DecryptionKey, EncryptionKey, SigningKey, base64url};

/// The claim prefix of a project that has not changed it.
pub const CLAIM_PREFIX: &str = "https://iadvize.com/";
/// The lifetime of the tokens that are made, in seconds, unless a test says otherwise.
pub const LIFETIME_SECONDS: i64 = 60;

/// A brand's token provider, with the means to misbehave.
#[derive(Debug)]
pub struct TokenFactory {
    /// The customer's key.
    pub signing_key: SigningKey,
    /// The platform's key.
    pub encryption_key: EncryptionKey,
}

#[expect(clippy::expect_used, reason = "test support: a key that cannot be read fails the test")]
impl TokenFactory {
    /// Takes both keys.
    pub fn new(signing_key: SigningKey, encryption_key: EncryptionKey) -> Self {
        Self { signing_key, encryption_key }
    }

    /// Reads both keys as the demo's manifest has them.
    pub fn from_pem(
        customer_private_key: &str,
        customer_key_id: Option<&str>,
        platform_public_key: &str,
    ) -> Self {
        let mut signing_key = SigningKey::from_pem(customer_private_key).expect("customer private key");
        if let Some(key_id) = customer_key_id {
            signing_key = signing_key.with_key_id(key_id).expect("customer key id");
        }
        Self::new(signing_key, EncryptionKey::from_pem(platform_public_key).expect("platform public key"))
    }

    /// Makes a new customer key and a new platform key, whose private half it returns.
    pub fn generate() -> (Self, DecryptionKey) {
        let platform = DecryptionKey::generate().expect("platform key");
        let encryption_key = EncryptionKey::from_jwk(&platform.to_public_jwk_json()).expect("platform jwk");
        let signing_key =
            SigningKey::generate().expect("customer key").with_key_id("customer-1").expect("key id");
        (Self::new(signing_key, encryption_key), platform)
    }

    /// Starts from a token that is good at `now_unix_ms` for a minute.
    pub fn token(&self, user_id: &str, now_unix_ms: i64) -> TokenBuilder<'_> {
        let claims = json!({
            format!("{CLAIM_PREFIX}userId"): user_id,
            "iss": "https://shop.example",
            "exp": now_unix_ms / 1_000 + LIFETIME_SECONDS,
        });
        let mut inner_header =
            json!({ "alg": self.signing_key.verification_key().algorithm().name(), "typ": "JWT" });
        if let Some(key_id) = self.signing_key.verification_key().key_id() {
            inner_header["kid"] = key_id.into();
        }
        let mut outer_header =
            json!({ "alg": self.encryption_key.algorithm().alg(), "enc": "A256GCM", "cty": "JWT" });
        if let Some(key_id) = self.encryption_key.key_id() {
            outer_header["kid"] = key_id.into();
        }
        TokenBuilder {
            factory: self,
            now_seconds: now_unix_ms / 1_000,
            claims: members(claims),
            inner_header: Text::Members(members(inner_header)),
            outer_header: Text::Members(members(outer_header)),
            payload: None,
            signer: None,
            content: None,
            content_key: vec![0x4b; 32],
            iv: [0x17; 12],
        }
    }
}

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// A header: built member by member, or any text at all.
#[derive(Debug, Clone)]
enum Text {
    Members(Map<String, Value>),
    Raw(String),
}

impl Text {
    fn set(&mut self, name: &str, value: Value) {
        if let Self::Members(members) = self {
            members.insert(name.to_owned(), value);
        }
    }

    fn set_if_absent(&mut self, name: &str, value: Value) {
        if let Self::Members(members) = self {
            members.entry(name).or_insert(value);
        }
    }

    /// A member that is base64url of bytes.
    fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        let Self::Members(members) = self else { return None };
        base64url::decode(members.get(name)?.as_str()?).ok()
    }

    fn remove(&mut self, name: &str) {
        if let Self::Members(members) = self {
            members.remove(name);
        }
    }

    fn render(&self) -> String {
        match self {
            Self::Members(members) => Value::Object(members.clone()).to_string(),
            Self::Raw(text) => text.clone(),
        }
    }
}

/// A token in the making. Every method changes one thing and leaves the rest as it was.
#[derive(Debug, Clone)]
#[must_use]
pub struct TokenBuilder<'a> {
    factory: &'a TokenFactory,
    now_seconds: i64,
    claims: Map<String, Value>,
    inner_header: Text,
    outer_header: Text,
    payload: Option<Vec<u8>>,
    signer: Option<&'a SigningKey>,
    content: Option<Vec<u8>>,
    content_key: Vec<u8>,
    iv: [u8; 12],
}

#[expect(clippy::expect_used, reason = "test support: a token that cannot be made fails the test")]
impl<'a> TokenBuilder<'a> {
    /// Adds what the strict profile asks for: the inner `typ`, both `kid`, `aud`, `iat`, and `jti`.
    pub fn strict(self, site_id: &str, token_id: &str) -> Self {
        let signer = self.factory.signing_key.verification_key();
        let recipient = &self.factory.encryption_key;
        let inner_key_id = signer.key_id().unwrap_or(signer.fingerprint().as_str()).to_owned();
        let outer_key_id = recipient.key_id().unwrap_or(recipient.fingerprint().as_str()).to_owned();
        let now = self.now_seconds;
        self.inner_header("typ", STRICT_TYPE)
            .inner_header("kid", inner_key_id)
            .outer_header("kid", outer_key_id)
            .claim("aud", site_id)
            .claim("iat", now)
            .claim("jti", token_id)
    }

    /// Sets a claim by its full name.
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// Takes a claim away.
    pub fn without_claim(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// Sets a claim with the product's prefix.
    pub fn product_claim(self, name: &str, value: impl Into<Value>) -> Self {
        self.claim(&format!("{CLAIM_PREFIX}{name}"), value)
    }

    /// Sets `visitorData`.
    pub fn visitor_data(self, value: impl Into<Value>) -> Self {
        self.product_claim("visitorData", value)
    }

    /// Sets a member of the signature header.
    pub fn inner_header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.inner_header.set(name, value.into());
        self
    }

    /// Takes a member of the signature header away.
    pub fn without_inner_header(mut self, name: &str) -> Self {
        self.inner_header.remove(name);
        self
    }

    /// Replaces the signature header by any text.
    pub fn raw_inner_header(mut self, text: &str) -> Self {
        self.inner_header = Text::Raw(text.to_owned());
        self
    }

    /// Sets a member of the encryption header.
    pub fn outer_header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.outer_header.set(name, value.into());
        self
    }

    /// Takes a member of the encryption header away.
    pub fn without_outer_header(mut self, name: &str) -> Self {
        self.outer_header.remove(name);
        self
    }

    /// Replaces the encryption header by any text.
    pub fn raw_outer_header(mut self, text: &str) -> Self {
        self.outer_header = Text::Raw(text.to_owned());
        self
    }

    /// Signs these bytes instead of the claims.
    pub fn payload(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.payload = Some(bytes.into());
        self
    }

    /// Signs with another key.
    pub fn signed_by(mut self, key: &'a SigningKey) -> Self {
        self.signer = Some(key);
        self
    }

    /// Encrypts these bytes instead of the signed token.
    pub fn content(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.content = Some(bytes.into());
        self
    }

    /// Wraps these bytes as the content key. The content is encrypted with their first 32, padded with zeros.
    pub fn content_key(mut self, bytes: &[u8]) -> Self {
        self.content_key = bytes.to_vec();
        self
    }

    /// Encrypts the content under this initialization vector.
    pub fn iv(mut self, iv: [u8; 12]) -> Self {
        self.iv = iv;
        self
    }

    /// The claims as JSON.
    pub fn claims_json(&self) -> String {
        Value::Object(self.claims.clone()).to_string()
    }

    /// The signed token inside, a compact JWS.
    pub fn build_inner(&self) -> String {
        let payload = self.payload.clone().unwrap_or_else(|| self.claims_json().into_bytes());
        let signer = self.signer.unwrap_or(&self.factory.signing_key);
        signer.sign_compact(&self.inner_header.render(), &payload).expect("signature")
    }

    /// The whole token, a compact JWE. For a platform key on a curve the header gets a fresh `epk` unless it has one.
    pub fn build(&self) -> String {
        let content = self.content.clone().unwrap_or_else(|| self.build_inner().into_bytes());
        let mut header = self.outer_header.clone();
        let decoded = |name| header.bytes(name).unwrap_or_default();
        let wrapped = self
            .factory
            .encryption_key
            .encrypt_key(&self.content_key, &decoded("apu"), &decoded("apv"))
            .expect("key encryption");
        if let Some(ephemeral_key) = &wrapped.ephemeral_key {
            header.set_if_absent("epk", ephemeral_key.to_jwk());
        }
        let protected = base64url::encode(header.render());
        let mut key = [0; 32];
        key.iter_mut().zip(&self.content_key).for_each(|(to, from)| *to = *from);
        let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).expect("content key"));
        let mut ciphertext = content;
        let nonce = Nonce::assume_unique_for_key(self.iv);
        let tag = cipher
            .seal_in_place_separate_tag(nonce, Aad::from(protected.as_bytes()), &mut ciphertext)
            .expect("content encryption");
        let parts = [wrapped.encrypted_key, self.iv.to_vec(), ciphertext, tag.as_ref().to_vec()]
            .map(base64url::encode);
        format!("{protected}.{}", parts.join("."))
    }
}

/// The parts of a compact serialization, to be changed one at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The protected header, base64url of JSON.
    Header = 0,
    /// The encrypted content key.
    EncryptedKey = 1,
    /// The initialization vector.
    Iv = 2,
    /// The encrypted content.
    Ciphertext = 3,
    /// The authentication tag.
    Tag = 4,
}

/// The token with the bytes of one part changed.
#[expect(clippy::expect_used, reason = "test support: only tokens made here are changed")]
pub fn with_part(token: &str, part: Part, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    let text = parts.get_mut(part as usize).expect("part of a compact JWE");
    let mut bytes = base64url::decode(text.as_bytes()).expect("canonical part");
    change(&mut bytes);
    *text = base64url::encode(bytes);
    parts.join(".")
}
