//! Any bytes as the claims of a token that is signed and encrypted with the right keys.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use signet_fuzz::{KEYS, NOW_MS, judge, open, policies};

fuzz_target!(|payload: &[u8]| {
    if payload.len() > 4_096 {
        return;
    }
    let inner_header = r#"{"alg":"EdDSA","typ":"visitor+jwt","kid":"customer-eddsa"}"#;
    let outer_header = json!({ "alg": "ECDH-ES+A256KW", "enc": "A256GCM", "kid": KEYS.encryption.key_id() });
    let inner = KEYS.signing.sign_compact(inner_header, payload).unwrap();
    let token = KEYS.encryption.encrypt_compact(&outer_header.to_string(), inner.as_bytes()).unwrap();
    let [_, strict] = policies();
    let mut free = strict.clone();
    free.max_lifetime_seconds = 86_400;
    for policy in [strict, free] {
        if let Some(checked) = judge(open(&token, &policy)) {
            // Another parser reads the same claims out of the same bytes.
            let claims: Value = serde_json::from_slice(payload).expect("accepted claims are JSON");
            assert_eq!(claims["https://iadvize.com/userId"], checked.user_id());
            assert_eq!(claims["iss"], checked.issuer());
            assert_eq!(claims["exp"], checked.expires_at_unix());
            assert_eq!(claims["jti"].as_str(), checked.token_id());
            assert!(checked.issued_at().unwrap() * 1_000 <= NOW_MS + 5_000, "signed in the future");
            assert_eq!(claims["https://iadvize.com/visitorData"]["email"].as_str(), checked.visitor_data().email.as_deref());
        }
    }
});
