//! The examples of RFC 7520: what lies in the profile is right, the rest is refused, and the keys of its nesting example
//! carry a nested token of ours.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use signet_token::jwe::{Jwe, JweRules};
use signet_token::jws::{self, JwsRules};
use signet_token::{
    DecryptionKey, EncryptionKey, KeyManagement, Policy, ReceivedToken, SignatureAlgorithm, SigningKey,
    TokenProvider, VerificationKey,
};

use crate::support::{NOW_MS, SID, block_on, good, vectors};

/// Every algorithm that a strict project can switch on.
const JWS_RULES: JwsRules<'_> = JwsRules {
    algorithms: &SignatureAlgorithm::ALL,
    types: &["jwt"],
    require_type: false,
    require_key_id: false,
};
const JWE_RULES: JweRules<'_> = JweRules { algorithms: &KeyManagement::ALL, require_key_id: false };

fn read(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn examples(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    paths
}

#[test]
fn signature_examples() {
    let Some(folder) = vectors() else { return };
    let (mut verified, mut refused) = (Vec::new(), 0);
    for path in examples(&folder.join("rfc7520/jws")) {
        let example = read(&path);
        let Some(compact) = example["output"]["compact"].as_str() else { continue };
        let keys: Vec<VerificationKey> = SigningKey::from_jwk(&example["input"]["key"].to_string())
            .map(|key| key.verification_key().clone())
            .into_iter()
            .collect();
        match jws::verify(compact.as_bytes(), &keys, &JWS_RULES) {
            Ok(jws) => {
                assert_eq!(jws.payload(), example["input"]["payload"].as_str().unwrap().as_bytes());
                verified.push(path.file_name().unwrap().to_string_lossy().into_owned());
            }
            Err(_) => refused += 1,
        }
    }
    assert_eq!(verified, ["4_1.rsa_v15_signature.json"]);
    assert_eq!(refused, 4);
}

#[test]
fn the_ed25519_example_of_rfc_8037() {
    let Some(folder) = vectors() else { return };
    let example = read(&folder.join("rfc7520/curve25519/jws.json"));
    let key = SigningKey::from_jwk(&example["input"]["key"].to_string()).unwrap();
    let compact = example["output"]["compact"].as_str().unwrap();
    let payload = example["input"]["payload"].as_str().unwrap().as_bytes();
    let keys = [key.verification_key().clone()];
    assert_eq!(jws::verify(compact.as_bytes(), &keys, &JWS_RULES).unwrap().payload(), payload);
    // Ed25519 is deterministic: the same key makes the same text.
    assert_eq!(key.sign_compact(r#"{"alg":"EdDSA"}"#, payload).unwrap(), compact);
}

#[test]
fn encryption_examples_are_all_of_other_algorithms_or_lengths() {
    let Some(folder) = vectors() else { return };
    let mut refused = 0;
    for path in examples(&folder.join("rfc7520/jwe")) {
        let example = read(&path);
        let Some(compact) = example["output"]["compact"].as_str() else { continue };
        assert!(Jwe::parse(compact, JWE_RULES).is_err(), "{}", path.display());
        refused += 1;
    }
    assert_eq!(refused, 9);
}

#[test]
fn the_nesting_example_is_refused_for_its_algorithms_and_its_keys_work_in_the_profile() {
    let Some(folder) = vectors() else { return };
    let example = read(&folder.join("rfc7520/6.nesting_signatures_and_encryption.json"));
    let published = example["encrypt"]["output"]["compact"].as_str().unwrap();
    let refused = ReceivedToken::parse(published, &Policy::default()).unwrap_err();
    assert_eq!(refused.fine_code(), "JWE_ALG_NOT_ALLOWED");

    let without = |key: &Value, members: &[&str]| {
        let mut key = key.clone();
        for member in members {
            key.as_object_mut().unwrap().remove(*member);
        }
        key.to_string()
    };
    let signing = &example["sign"]["input"]["key"];
    let encrypting = &example["encrypt"]["input"]["key"];
    // Its key is marked for RSA-OAEP with SHA-1: as published it must not be used with another algorithm.
    assert!(DecryptionKey::from_jwk(&encrypting.to_string()).is_err());
    let platform = DecryptionKey::from_jwk(&without(encrypting, &["alg"])).unwrap();
    let public = without(encrypting, &["alg", "d", "p", "q", "dp", "dq", "qi"]);
    let customer = SigningKey::from_jwk(&signing.to_string()).unwrap();
    let keys = [customer.verification_key().clone()];
    // The signed half with RS256 under PS256's header is what D3 is about.
    let inner = example["sign"]["output"]["compact"].as_str().unwrap();
    assert!(jws::verify(inner.as_bytes(), &keys, &JWS_RULES).is_err());

    let encryption_key =
        EncryptionKey::from_jwk(&without(&serde_json::from_str(&public).unwrap(), &["kid"])).unwrap();
    let provider = TokenProvider::new(customer, encryption_key);
    let token = provider.issue(&good().claims_json()).unwrap();
    let received = ReceivedToken::parse(&token, &Policy::default()).unwrap();
    let verified = block_on(received.decrypt(&platform)).unwrap().verify(&keys).unwrap();
    assert_eq!(verified.check(&Policy::default(), SID, NOW_MS).unwrap().user_id(), "user-1");
}
