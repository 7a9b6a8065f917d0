//! Any text as either header of a token that is signed and encrypted with the right keys. The first byte says which.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use signet_fuzz::{KEYS, NOW_MS, judge, open, policies};

fuzz_target!(|input: (bool, &str)| {
    let (outer, text) = input;
    let now = NOW_MS / 1_000;
    let claims = json!({
        "https://iadvize.com/userId": "user-1", "iss": "i", "iat": now, "exp": now + 60, "aud": "shop", "jti": "1",
    });
    let usual_inner = r#"{"alg":"EdDSA","typ":"visitor+jwt","kid":"customer-eddsa"}"#;
    let usual_outer = json!({ "alg": "ECDH-ES+A256KW", "enc": "A256GCM", "kid": KEYS.encryption.key_id() }).to_string();
    let (inner_header, outer_header) = if outer { (usual_inner, text) } else { (text, usual_outer.as_str()) };
    let inner = KEYS.signing.sign_compact(inner_header, claims.to_string().as_bytes()).unwrap();
    // The encryption adds `epk` to a header that is an object; any other header goes out as it is.
    let token = KEYS.encryption.encrypt_compact(outer_header, inner.as_bytes());
    let Ok(token) = token else { return };
    let [_, strict] = policies();
    if judge(open(&token, &strict)).is_some() {
        let header: Value = serde_json::from_str(text).expect("an accepted header is JSON");
        let expected = if outer { "ECDH-ES+A256KW" } else { "EdDSA" };
        assert_eq!(header["alg"], expected, "a header chose the algorithm");
        for forbidden in ["crit", "zip", "jwk", "jku", "x5u", "x5c", "b64", "p2c", "p2s"] {
            assert!(header.get(forbidden).is_none(), "{forbidden} was accepted");
        }
    }
});
