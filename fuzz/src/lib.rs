//! What the fuzz targets share: fixed keys, and a verifier with everything switched on.
//!
//! The signing and the decryption key are on curves: an RSA operation takes longer than all the parsing that is to be
//! tested. The RSA key is there for tokens that ask for it.

use std::sync::LazyLock;

use futures_util::FutureExt as _;
use serde_json::Value;
use signet_token::{
    AgreementKey, CheckedToken, DecryptionKey, EncryptionKey, KeyAgreement, KeyManagement, KeyUnwrap, Policy, Profile,
    ReceivedToken, SignatureAlgorithm, SigningKey, TokenError, UnwrapFuture, VerificationKey,
};

/// The moment of the vectors, in milliseconds since 1970.
pub const NOW_MS: i64 = 1_795_176_000_250;

/// The keys of the conformance vectors, of which the corpus is made.
pub struct Keys {
    rsa: DecryptionKey,
    agreement: AgreementKey,
    pub encryption: EncryptionKey,
    pub signing: SigningKey,
    pub verification: Vec<VerificationKey>,
}

pub static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let file: Value = serde_json::from_str(include_str!("../../conformance/keys.json")).unwrap();
    let platform = |name: &str| file["platform"][name].to_string();
    let customers = file["customers"].as_object().unwrap();
    let agreement = AgreementKey::from_jwk(&platform("platform-x25519")).unwrap();
    Keys {
        rsa: DecryptionKey::from_jwk(&platform("platform-rsa")).unwrap(),
        encryption: EncryptionKey::from_jwk(&agreement.to_public_jwk_json()).unwrap(),
        agreement,
        signing: SigningKey::from_jwk(&customers["customer-eddsa"]["private"].to_string())
            .unwrap()
            .with_key_id("customer-eddsa")
            .unwrap(),
        verification: customers
            .iter()
            .filter(|(name, _)| name.starts_with("customer"))
            .map(|(_, key)| VerificationKey::from_jwk(&key["public"].to_string()).unwrap())
            .collect(),
    }
});

impl KeyUnwrap for Keys {
    fn unwrap<'a>(&'a self, key_id: Option<&'a str>, encrypted_key: &'a [u8]) -> UnwrapFuture<'a> {
        self.rsa.unwrap(key_id, encrypted_key)
    }

    fn agree_and_unwrap<'a>(&'a self, key_id: Option<&'a str>, agreement: &'a KeyAgreement) -> UnwrapFuture<'a> {
        self.agreement.agree_and_unwrap(key_id, agreement)
    }
}

/// Both profiles, each with every algorithm that it can have.
pub fn policies() -> [Policy; 2] {
    let strict = Policy {
        signature_algorithms: SignatureAlgorithm::ALL.to_vec(),
        key_management: KeyManagement::ALL.to_vec(),
        ..Policy::strict()
    };
    
    [Policy { profile: Profile::Compatible, ..strict.clone() }, strict]
}

/// Walks a token through every step.
pub fn open(token: &str, policy: &Policy) -> Result<CheckedToken, TokenError> {
    let keys = &*KEYS;
    let received = ReceivedToken::parse(token, policy)?;
    let decrypted = received.decrypt(keys).now_or_never().expect("the keys are in memory")?;
    decrypted.verify(&keys.verification)?.check(policy, "shop", NOW_MS)
}

/// That an answer carries nothing of the token: codes and sentences are constants.
pub fn judge(result: Result<CheckedToken, TokenError>) -> Option<CheckedToken> {
    match result {
        Ok(checked) => {
            assert!((1..=255).contains(&checked.user_id().chars().count()));
            assert!(checked.expires_at_unix() * 1_000 + 5_000 > NOW_MS, "an expired token was accepted");
            Some(checked)
        }
        Err(error) => {
            assert!(error.fine_code().bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_'));
            None
        }
    }
}
