// Tested with Rust 1.95 by crates/signet/tests/it/providers.rs. Needs the crates aws-lc-rs, base64 and serde_json.
//! Makes the tokens with which a site's backend tells Signet who is signed in.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::aead::{Aad, LessSafeKey, Nonce, UnboundKey, AES_256_GCM};
use aws_lc_rs::rand::{fill, SystemRandom};
use aws_lc_rs::rsa::{KeyPair, OaepPublicEncryptingKey, PublicEncryptingKey, OAEP_SHA256_MGF1SHA256};
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use base64::Engine as _;
use serde_json::{json, Map, Value};

const VISITOR_DATA: [&str; 8] =
    ["address", "city", "country", "email", "firstName", "lastName", "phoneNumber", "zipCode"];

/// Why there is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// Signet would refuse it.
    Invalid(&'static str),
    /// A key is not the PEM of an RSA key, or is not of 2048 to 4096 bits.
    Key,
    /// The cryptographic library failed.
    Crypto,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Invalid(message) => message,
            Self::Key => "a key is not the PEM of an RSA key",
            Self::Crypto => "the token could not be made",
        })
    }
}

impl std::error::Error for Error {}

/// How tokens are made.
#[derive(Debug, Clone)]
pub struct Options {
    /// `iss`: your site's name, such as `https://www.example.com`.
    pub issuer: String,
    /// Seconds that a token is good for.
    pub lifetime: u64,
    /// `aud`: your site id. The strict profile needs it.
    pub audience: Option<String>,
    /// `kid` of your key, as registered. The strict profile needs it.
    pub key_id: Option<String>,
    /// `kid` of Signet's key, from `/.well-known/jwks.json`. The strict profile needs it.
    pub platform_key_id: Option<String>,
    /// The project's claim prefix.
    pub claim_prefix: String,
    /// Seconds since 1970, for tests.
    pub clock: fn() -> u64,
}

impl Options {
    /// A minute, the documented claim prefix, and nothing optional.
    pub fn new(issuer: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            lifetime: 60,
            audience: None,
            key_id: None,
            platform_key_id: None,
            claim_prefix: "https://iadvize.com/".to_owned(),
            clock: || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs()),
        }
    }
}

/// Makes tokens. Make one and keep it; threads may share it.
pub struct TokenProvider {
    signing_key: KeyPair,
    platform_key: OaepPublicEncryptingKey,
    options: Options,
}

impl TokenProvider {
    /// Reads the keys: yours as openssl and `signet keys generate` write it (PKCS#8 or traditional), and Signet's public one
    /// from `/keys/platform.pem`.
    pub fn new(private_key_pem: &str, platform_key_pem: &str, options: Options) -> Result<Self, Error> {
        require(!options.issuer.is_empty(), "an issuer is needed")?;
        require((1..=86_400).contains(&options.lifetime), "the lifetime is 1 to 86400 seconds")?;
        let private = der(private_key_pem)?;
        let signing_key = if private_key_pem.contains("BEGIN RSA PRIVATE KEY") {
            KeyPair::from_der(&private)
        } else {
            KeyPair::from_pkcs8(&private)
        };
        let platform_key = PublicEncryptingKey::from_der(&der(platform_key_pem)?)
            .map_err(|_| Error::Key)
            .and_then(|key| OaepPublicEncryptingKey::new(key).map_err(|_| Error::Key))?;
        Ok(Self { signing_key: signing_key.map_err(|_| Error::Key)?, platform_key, options })
    }

    /// A token for the person who is signed in now. Take `user_id` from your own checked session, never from the request: 1 to
    /// 255 characters, unique, never given to somebody else. `visitor_data` is shown to agents.
    pub fn issue(&self, user_id: &str, visitor_data: &[(&str, &str)]) -> Result<String, Error> {
        let length = user_id.chars().count();
        require(
            (1..=255).contains(&length) && !user_id.chars().any(char::is_control),
            "a user id is a string of 1 to 255 printable characters",
        )?;
        let mut data = Map::new();
        for (name, value) in visitor_data {
            require(VISITOR_DATA.contains(name), "visitorData has no such member")?;
            require(value.chars().count() <= 1024, "visitorData has strings of at most 1,024 characters")?;
            data.insert((*name).to_owned(), (*value).into());
        }
        let options = &self.options;
        let issued_at = (options.clock)();
        let mut id = [0; 16];
        fill(&mut id).map_err(|_| Error::Crypto)?;
        let mut claims = json!({
            "iss": options.issuer,
            "iat": issued_at,
            "exp": issued_at + options.lifetime,
            "jti": URL_SAFE_NO_PAD.encode(id),
        });
        claims[format!("{}userId", options.claim_prefix)] = user_id.into();
        if !data.is_empty() {
            claims[format!("{}visitorData", options.claim_prefix)] = Value::Object(data);
        }
        if let Some(audience) = &options.audience {
            claims["aud"] = audience.as_str().into();
        }
        self.encrypt(self.sign(&claims)?)
    }

    fn sign(&self, claims: &Value) -> Result<String, Error> {
        let header = header(json!({ "alg": "RS256", "typ": "visitor+jwt" }), &self.options.key_id);
        let content = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let mut signature = vec![0; self.signing_key.public_modulus_len()];
        self.signing_key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), content.as_bytes(), &mut signature)
            .map_err(|_| Error::Crypto)?;
        Ok(format!("{content}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    fn encrypt(&self, content: String) -> Result<String, Error> {
        let header = header(
            json!({ "alg": "RSA-OAEP-256", "enc": "A256GCM", "cty": "JWT" }),
            &self.options.platform_key_id,
        );
        let (mut content_key, mut vector) = ([0; 32], [0; 12]);
        fill(&mut content_key).and_then(|()| fill(&mut vector)).map_err(|_| Error::Crypto)?;
        let mut encrypted_key = vec![0; self.platform_key.ciphertext_size()];
        self.platform_key
            .encrypt(&OAEP_SHA256_MGF1SHA256, &content_key, &mut encrypted_key, None)
            .map_err(|_| Error::Crypto)?;
        let key = UnboundKey::new(&AES_256_GCM, &content_key).map_err(|_| Error::Crypto)?;
        let mut ciphertext = content.into_bytes();
        let tag = LessSafeKey::new(key)
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(vector),
                Aad::from(header.as_bytes()),
                &mut ciphertext,
            )
            .map_err(|_| Error::Crypto)?;
        let parts =
            [&encrypted_key[..], &vector, &ciphertext, tag.as_ref()].map(|part| URL_SAFE_NO_PAD.encode(part));
        Ok(format!("{header}.{}", parts.join(".")))
    }
}

fn header(mut header: Value, key_id: &Option<String>) -> String {
    if let Some(key_id) = key_id {
        header["kid"] = key_id.as_str().into();
    }
    URL_SAFE_NO_PAD.encode(header.to_string())
}

fn require(condition: bool, message: &'static str) -> Result<(), Error> {
    if condition {
        Ok(())
    } else {
        Err(Error::Invalid(message))
    }
}

fn der(pem: &str) -> Result<Vec<u8>, Error> {
    let body: String = pem
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .flat_map(str::chars)
        .filter(|c| !c.is_whitespace())
        .collect();
    STANDARD.decode(body).map_err(|_| Error::Key)
}
