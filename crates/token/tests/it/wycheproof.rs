//! Project Wycheproof's JOSE vectors: those in the profile are right, the others are refused.
//!
//! The counts are part of the test, so that it cannot do nothing unnoticed.

use std::path::Path;

use serde_json::Value;
use signet_token::jwe::{Jwe, JweRules};
use signet_token::jws::{self, JwsRules};
use signet_token::{
    AgreementKey, DecryptionKey, KeyAgreement, KeyError, KeyManagement, KeyUnwrap, SignatureAlgorithm,
    UnwrapFuture, UnwrappedKey, VerificationKey, base64url,
};

use crate::support::{block_on, vectors};

/// Every algorithm that a strict project can switch on.
const JWS_RULES: JwsRules<'_> = JwsRules {
    algorithms: &SignatureAlgorithm::ALL,
    types: &["jwt"],
    require_type: false,
    require_key_id: false,
};
const JWE_RULES: JweRules<'_> = JweRules { algorithms: &KeyManagement::ALL, require_key_id: false };

/// How the vectors of one file ended.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    /// Valid, in the profile, and accepted.
    accepted: usize,
    /// Valid by the RFCs, outside the profile, and refused.
    outside: usize,
    /// Invalid, and refused.
    refused: usize,
}

/// Runs every vector of a file. `run` says whether the token was accepted.
fn run_file(folder: &Path, name: &str, mut run: impl FnMut(&Value, &Value) -> bool) -> Tally {
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    let mut tally = Tally::default();
    for group in file["testGroups"].as_array().unwrap() {
        for test in group["tests"].as_array().unwrap() {
            let valid = test["result"] == "valid";
            let accepted = run(group, test);
            assert!(valid || !accepted, "{name} {}: {} was accepted", test["tcId"], test["comment"]);
            match (valid, accepted) {
                (true, true) => tally.accepted += 1,
                (true, false) => tally.outside += 1,
                _ => tally.refused += 1,
            }
        }
    }
    let total = tally.accepted + tally.outside + tally.refused;
    assert_eq!(Some(total as u64), file["numberOfTests"].as_u64(), "every vector ran");
    tally
}

/// The group's public keys that may be registered: of one key or a set.
fn verification_keys(group: &Value) -> Vec<VerificationKey> {
    let public = if group["public"].is_null() { &group["private"] } else { &group["public"] };
    let members = public["keys"].as_array().cloned().unwrap_or_else(|| vec![public.clone()]);
    members.iter().filter_map(|key| VerificationKey::from_jwk(&key.to_string()).ok()).collect()
}

fn accepts_jws(group: &Value, test: &Value) -> bool {
    let compact = test["jws"].as_str().unwrap_or_default();
    jws::verify(compact.as_bytes(), &verification_keys(group), &JWS_RULES).is_ok()
}

/// Unwraps with the group's key if it is one that this layer takes.
struct GroupKey(Option<DecryptionKey>, Option<AgreementKey>);

impl KeyUnwrap for GroupKey {
    fn unwrap<'a>(&'a self, _: Option<&'a str>, encrypted_key: &'a [u8]) -> UnwrapFuture<'a> {
        let result = self.0.as_ref().map(|key| key.unwrap_content_key(encrypted_key));
        Box::pin(std::future::ready(Ok(result.unwrap_or_else(UnwrappedKey::none))))
    }

    fn agree_and_unwrap<'a>(&'a self, _: Option<&'a str>, agreement: &'a KeyAgreement) -> UnwrapFuture<'a> {
        let result = self.1.as_ref().map(|key| key.unwrap_content_key(agreement));
        Box::pin(std::future::ready(Ok(result.unwrap_or_else(UnwrappedKey::none))))
    }
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn accepts_jwe(group: &Value, test: &Value) -> bool {
    let private = group["private"].to_string();
    let key = GroupKey(DecryptionKey::from_jwk(&private).ok(), AgreementKey::from_jwk(&private).ok());
    let Ok(jwe) = Jwe::parse(test["jwe"].as_str().unwrap_or_default(), JWE_RULES) else {
        return false;
    };
    let Ok(opened) = block_on(jwe.open(&key)) else { return false };
    assert_eq!(opened.content.as_slice(), from_hex(test["pt"].as_str().unwrap()), "{}", test["comment"]);
    true
}

#[test]
fn json_web_signatures() {
    let Some(folder) = vectors() else { return };
    let tally = run_file(&folder, "json_web_signature_test.json", accepts_jws);
    assert_eq!(tally, Tally { accepted: 16, outside: 30, refused: 355 });
}

#[test]
fn json_web_encryption() {
    let Some(folder) = vectors() else { return };
    let tally = run_file(&folder, "json_web_encryption_test.json", accepts_jwe);
    assert_eq!(tally, Tally { accepted: 2, outside: 63, refused: 74 });
}

#[test]
fn json_web_keys() {
    let Some(folder) = vectors() else { return };
    let tally = run_file(&folder, "json_web_key_test.json", accepts_jws);
    assert_eq!(tally, Tally { accepted: 1, outside: 4, refused: 21 });
}

#[test]
fn json_web_crypto() {
    let Some(folder) = vectors() else { return };
    let tally = run_file(&folder, "json_web_crypto_test.json", |group, test| {
        if test["jwe"].is_string() { accepts_jwe(group, test) } else { accepts_jws(group, test) }
    });
    assert_eq!(tally, Tally { accepted: 2, outside: 4, refused: 77 });
}

#[test]
fn d22_keys_of_the_roca_generator_are_refused_at_registration() {
    let Some(folder) = vectors() else { return };
    let text = std::fs::read_to_string(folder.join("json_web_crypto_test.json")).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    let groups = file["testGroups"].as_array().unwrap();
    let group = groups.iter().find(|group| group["comment"] == "jws_rsa_roca_key").unwrap();
    let refused = VerificationKey::from_jwk(&group["public"].to_string()).unwrap_err();
    assert_eq!(refused, KeyError::RocaWeak);
    // By the weakness, not by anything else: the ordinary keys beside it are accepted.
    let ordinary = groups.iter().find(|group| group["comment"] == "jws_rsa").unwrap();
    let ordinary = VerificationKey::from_jwk(&ordinary["public"].to_string()).unwrap();
    assert!(base64url::decode(ordinary.fingerprint().as_str()).is_ok());
}
