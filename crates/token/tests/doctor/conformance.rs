//! On the published vectors the doctor says what the verifier says, and no less.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;
use signet_token::doctor::{self, Context, diagnoses};
use signet_token::{DecryptionKey, Policy, VerificationKey};

use crate::support::block_on;

fn file(name: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../conformance").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// Vectors under the default policy with one RSA key of the platform: those that need no settings of their own.
#[test]
fn refusals_are_those_of_the_vectors() {
    let keys = file("keys.json");
    let mut platform = BTreeMap::new();
    let mut compared = 0;
    for name in ["accepted", "envelope", "decryption", "signature", "claims"] {
        for vector in file(&format!("vectors/{name}.json"))["vectors"].as_array().unwrap() {
            let names = |list: &str| -> Vec<String> {
                vector[list]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|name| name.as_str().unwrap().to_owned())
                    .collect()
            };
            let [platform_key] = &names("platformKeys")[..] else { continue };
            let jwk = keys["platform"][platform_key].to_string();
            let Ok(key) = DecryptionKey::from_jwk(&jwk) else { continue };
            if vector["policy"].as_object().is_none_or(|policy| !policy.is_empty()) {
                continue;
            }
            let custody = platform.entry(platform_key.clone()).or_insert(key);
            let project_keys: Vec<VerificationKey> = names("projectKeys")
                .iter()
                .map(|name| {
                    VerificationKey::from_jwk(&keys["customers"][name]["public"].to_string()).unwrap()
                })
                .collect();
            let context = Context {
                policy: &Policy::default(),
                audience: vector["siteId"].as_str().unwrap(),
                now_unix_ms: vector["now"].as_i64().unwrap(),
                keys: &project_keys,
                other_keys: &[],
                platform_keys: &[],
            };
            let report = block_on(doctor::inspect(vector["token"].as_str().unwrap(), &context, custody));
            let (id, expect) = (&vector["id"], &vector["expect"]);
            assert_eq!(report.accepted(), expect["outcome"] == "accepted", "{id}: {report:?}");
            if let Some(finding) = report.finding {
                assert_eq!(finding.public_code, expect["code"], "{id}: {}", finding.code);
                assert!(diagnoses::find(expect["fineCode"].as_str().unwrap()).is_some(), "{id}");
            }
            compared += 1;
        }
    }
    assert!(compared >= 300, "only {compared} vectors could be compared");
}
