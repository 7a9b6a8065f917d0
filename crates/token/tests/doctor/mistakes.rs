//! What people really do, and the word for it.

use serde_json::json;
use signet_token::doctor::{diagnose_key, diagnoses};
use signet_token::{Policy, SignatureAlgorithm, base64url};

use crate::support::{KEYS, NOW, examine_under, found, good};
use crate::token_factory::{Part, TokenBuilder, with_part};

#[track_caller]
fn all(cases: Vec<(&str, String)>) {
    for (code, token) in cases {
        assert_eq!(found(&token), code);
        let diagnosis = diagnoses::find(code).unwrap();
        assert_eq!(examine_under(&token, &Policy::default()).finding, Some(diagnosis));
    }
}

/// Standard base64 of the text of a token's parts.
fn standard(token: &str) -> String {
    let parts: Vec<String> = token
        .split('.')
        .map(|part| {
            use base64::Engine as _;
            base64::engine::general_purpose::STANDARD.encode(base64url::decode(part).unwrap())
        })
        .collect();
    parts.join(".")
}

#[test]
fn around_the_token() {
    let token = good().build();
    let inner = good().build_inner();
    let jwe_inside = format!(
        "{}.{}.{}",
        base64url::encode(r#"{"alg":"RS256"}"#),
        base64url::encode(&token),
        base64url::encode("signature")
    );
    all(vec![
        ("TOKEN_EMPTY", String::new()),
        ("TOKEN_TOO_LARGE", "a".repeat(9_000)),
        ("TOKEN_HAS_WHITESPACE", format!("{token}\n")),
        ("TOKEN_HAS_WHITESPACE", format!(" {token}")),
        ("TOKEN_HAS_WHITESPACE", format!("{}\n{}", &token[..64], &token[64..])),
        ("TOKEN_QUOTED", format!("\"{token}\"")),
        ("TOKEN_QUOTED", format!("'{token}'")),
        ("TOKEN_QUOTED", format!("\\\"{token}\\\"")),
        ("TOKEN_HAS_BEARER_PREFIX", format!("Bearer {token}")),
        ("TOKEN_URL_ENCODED", token.replace('.', "%2E")),
        ("TOKEN_ENCODED_TWICE", base64url::encode(&token)),
        ("TOKEN_WRAPPED_IN_JSON", json!({ "token": token }).to_string()),
        ("TOKEN_IS_A_PLACEHOLDER", "undefined".into()),
        ("TOKEN_IS_A_PLACEHOLDER", "[object Promise]".into()),
        ("TOKEN_IS_A_PLACEHOLDER", " ".into()),
        ("TOKEN_IS_HTML", "<!doctype html><title>Sign in</title>".into()),
        ("TOKEN_IS_A_KEY", KEYS.factory.signing_key.verification_key().to_pem()),
        ("TOKEN_IS_A_KEY", KEYS.factory.signing_key.verification_key().to_jwk_json()),
        ("TOKEN_IS_PLAIN_CLAIMS", good().claims_json()),
        ("TOKEN_NOT_ENCRYPTED", inner),
        ("LAYERS_SWAPPED", jwe_inside),
        ("JWE_JSON_SERIALIZATION", json!({ "protected": "e30", "ciphertext": "x" }).to_string()),
        ("JWE_WRONG_PART_COUNT", format!("{token}.{token}")),
        ("TOKEN_TRUNCATED", token.rsplit_once('.').unwrap().0.to_owned()),
        ("TOKEN_TRUNCATED", token[..token.len() - 300].to_owned()),
        ("TOKEN_TRUNCATED", token[..token.len() - 1].to_owned()),
        ("JWE_TAG_CUT", token[..token.len() - 2].to_owned()),
        ("BASE64_NOT_BASE64URL", standard(&token)),
        ("BASE64_PADDED", token.replace('.', "=.")),
    ]);
}

#[test]
fn in_the_encryption() {
    let alg = |name: &str| good().outer_header("alg", name).build();
    let enc = |name: &str| good().outer_header("enc", name).build();
    let token = good().build();
    let customer = KEYS.factory.signing_key.verification_key();
    all(vec![
        ("JWE_ALG_RSA_OAEP_SHA1", alg("RSA-OAEP")),
        ("JWE_ALG_MISSPELLED", alg("RSA_OAEP_256")),
        ("JWE_ALG_MISSPELLED", alg("rsa-oaep-256")),
        ("JWE_ALG_RSA1_5", alg("RSA1_5")),
        ("JWE_ALG_SYMMETRIC", alg("dir")),
        ("JWE_ALG_SYMMETRIC", alg("A256KW")),
        ("JWE_ALG_NOT_SWITCHED_ON", alg("ECDH-ES+A256KW")),
        ("JWE_ALG_NOT_ALLOWED", alg("none")),
        ("JWE_ENC_MISSPELLED", enc("AES-256-GCM")),
        ("JWE_ENC_NOT_ALLOWED", enc("A128CBC-HS256")),
        ("JWE_CTY_NOT_ALLOWED", good().outer_header("cty", "application/visitor").build()),
        ("JWE_ZIP_NOT_ALLOWED", good().outer_header("zip", "DEF").build()),
        ("JWE_KEY_UNKNOWN", good().outer_header("kid", "staging").build()),
        ("JWE_ENCRYPTED_TO_RETIRED_KEY", good().outer_header("kid", "retired").build()),
        ("JWE_ENCRYPTED_TO_CUSTOMER_KEY", good().outer_header("kid", "customer-1").build()),
        (
            "JWE_ENCRYPTED_TO_CUSTOMER_KEY",
            good().outer_header("kid", customer.fingerprint().as_str()).build(),
        ),
        ("JWE_ENCRYPTED_KEY_LENGTH", with_part(&token, Part::EncryptedKey, |bytes| bytes.extend([0; 512]))),
        ("JWE_IV_LENGTH", with_part(&token, Part::Iv, |bytes| bytes.extend([0; 4]))),
        ("JWE_TAG_LENGTH", with_part(&token, Part::Tag, |bytes| bytes.extend([0; 4]))),
        ("TOKEN_UNDECRYPTABLE", with_part(&token, Part::Ciphertext, |bytes| bytes[0] ^= 1)),
    ]);
}

#[test]
fn in_the_signed_token() {
    let inner = good().build_inner();
    let alg = |name: &str| good().inner_header("alg", name).build();
    let content = |text: String| good().content(text).build();
    let (signed, signature) = inner.rsplit_once('.').unwrap();
    all(vec![
        ("INNER_IS_PLAIN_CLAIMS", content(good().claims_json())),
        ("INNER_QUOTED", content(format!("\"{inner}\""))),
        ("INNER_HAS_WHITESPACE", content(format!("{inner}\n"))),
        ("INNER_JWS_JSON_SERIALIZATION", content(json!({ "payload": "x", "signatures": [] }).to_string())),
        ("INNER_UNSIGNED_JWT", content(signed.to_owned())),
        ("INNER_NOT_A_JWS", content("hello".into())),
        ("INNER_IS_ENCRYPTED", content(good().build())),
        ("INNER_NESTED_TWICE", good().payload(inner.clone()).build()),
        ("JWS_BASE64_NOT_BASE64URL", content(format!("{signed}.{signature}=="))),
        ("JWS_SIGNATURE_MISSING", content(format!("{signed}."))),
        ("JWS_ALG_NONE", alg("none")),
        ("JWS_ALG_SYMMETRIC", alg("HS256")),
        ("JWS_ALG_MISSPELLED", alg("rs256")),
        ("JWS_ALG_MISSPELLED", alg("SHA256withRSA")),
        ("JWS_ALG_OTHER_HASH", alg("RS512")),
        ("JWS_ALG_NOT_SWITCHED_ON", alg("PS256")),
        ("JWS_ALG_NOT_ALLOWED", alg("ML-DSA-65")),
        ("JWS_SIGNATURE_ENCODED_TWICE", content(format!("{signed}.{}", base64url::encode(signature)))),
        ("JWS_TYP_NOT_ALLOWED", good().inner_header("typ", "at+jwt").build()),
    ]);
}

#[test]
fn whose_signature() {
    let by = |key: &'static signet_token::SigningKey, kid: &str| {
        good().signed_by(key).inner_header("kid", kid).build()
    };
    all(vec![
        ("JWS_KEY_ID_MISMATCH", by(&KEYS.second, "customer-1")),
        ("JWS_KEY_ID_MISMATCH", by(&KEYS.second, "revoked")),
        ("JWS_SIGNED_BY_RETIRED_KEY", by(&KEYS.revoked, "revoked")),
        ("JWS_SIGNED_BY_RETIRED_KEY", by(&KEYS.revoked, "customer-1")),
        ("JWS_SIGNED_BY_RETIRED_KEY", good().signed_by(&KEYS.revoked).without_inner_header("kid").build()),
        ("JWS_KEY_PENDING", by(&KEYS.pending, "pending")),
        ("JWS_KEY_OF_ANOTHER_PROJECT", by(&KEYS.elsewhere, "elsewhere")),
        ("JWS_KEY_UNKNOWN", by(&KEYS.unknown, "unknown")),
        ("JWS_KEY_ID_IS_PLATFORM_KEY", by(&KEYS.unknown, KEYS.platform.fingerprint().as_str())),
        ("JWS_SIGNATURE_INVALID", by(&KEYS.unknown, "customer-1")),
        ("JWS_ALG_NOT_OF_KEY", by(&KEYS.unknown, "curve")),
    ]);
}

#[test]
fn the_other_padding_and_the_other_signature_form() {
    let strict = Policy { signature_algorithms: SignatureAlgorithm::ALL.to_vec(), ..Policy::strict() };
    let found = |token: &str| examine_under(token, &strict).finding.unwrap().code;
    let pss = KEYS.second.verification_key();
    let pss_key = signet_token::SigningKey::from_pem(&KEYS.second.to_pem().unwrap())
        .unwrap()
        .with_key_id(pss.key_id().unwrap())
        .unwrap()
        .with_algorithm(SignatureAlgorithm::Ps256)
        .unwrap();
    let mixed = good().strict("shop", "1").signed_by(&pss_key).inner_header("kid", "second").build();
    assert_eq!(found(&mixed), "JWS_PADDING_MIXED_UP");
    let der = [&[0x30, 0x44, 0x02, 0x20][..], &[0x11; 32], &[0x02, 0x20], &[0x22; 32]].concat();
    let inner =
        good().strict("shop", "1").inner_header("alg", "ES256").inner_header("kid", "curve").build_inner();
    let signed = inner.rsplit_once('.').unwrap().0;
    let token = good()
        .outer_header("kid", KEYS.platform.fingerprint().as_str())
        .content(format!("{signed}.{}", base64url::encode(der)))
        .build();
    assert_eq!(found(&token), "JWS_SIGNATURE_IS_DER");
}

#[test]
fn in_the_claims() {
    let claim = |name: &str, value: serde_json::Value| good().claim(name, value).build();
    let user = |value: serde_json::Value| good().product_claim("userId", value).build();
    let data = |value: serde_json::Value| good().visitor_data(value).build();
    let without_user = || good().without_claim("https://iadvize.com/userId");
    let named = |name: &str| without_user().claim(name, "u").build();
    let json_text = serde_json::Value::from(good().claims_json()).to_string();
    all(vec![
        ("CLAIMS_DOUBLE_ENCODED", good().payload(json_text).build()),
        ("CLAIMS_WITH_BOM", good().payload(format!("\u{feff}{}", good().claims_json())).build()),
        ("CLAIMS_NOT_JSON", good().payload("userId=1").build()),
        ("CLAIM_PREFIX_MISSING", named("userId")),
        ("CLAIM_PREFIX_WRONG", named("http://iadvize.com/userId")),
        ("CLAIM_PREFIX_WRONG", named("https://iadvize.comuserId")),
        ("USER_ID_MISSING", without_user().build()),
        ("USER_ID_MISSPELLED", named("https://iadvize.com/user_id")),
        ("USER_ID_IN_SUB", named("sub")),
        ("USER_ID_IS_A_NUMBER", user(42.into())),
        ("USER_ID_IS_NULL", user(serde_json::Value::Null)),
        ("USER_ID_NOT_A_STRING", user(json!(["x"]))),
        ("USER_ID_EMPTY", user("".into())),
        ("USER_ID_TOO_LONG", user("x".repeat(256).into())),
        ("ISSUER_MISSING", good().without_claim("iss").build()),
        ("EXP_MISSING", good().without_claim("exp").build()),
        ("EXP_IN_MILLISECONDS", claim("exp", (NOW * 1_000).into())),
        ("EXP_IS_A_STRING", claim("exp", (NOW + 60).to_string().into())),
        ("EXP_IS_A_DATE", claim("exp", "2026-11-20T12:01:00Z".into())),
        ("EXP_HAS_A_FRACTION", claim("exp", json!(1_795_176_060.5))),
        ("EXP_IS_A_DURATION", claim("exp", 60.into())),
        ("TOKEN_EXPIRED", claim("exp", (NOW - 60).into())),
        ("EXP_BEFORE_IAT", good().claim("iat", NOW + 3).claim("exp", NOW + 3).build()),
        ("LIFETIME_TOO_LONG", claim("exp", (NOW + 90_000).into())),
        ("IAT_IN_MILLISECONDS", claim("iat", (NOW * 1_000).into())),
        ("IAT_NOT_AN_INTEGER", claim("iat", "now".into())),
        ("NBF_IN_MILLISECONDS", claim("nbf", (NOW * 1_000).into())),
        ("CLOCK_SKEW_SUSPECTED", claim("iat", (NOW + 300).into())),
        ("TIME_ZONE_SUSPECTED", good().claim("iat", NOW + 7_201).claim("exp", NOW + 7_260).build()),
        ("TIME_ZONE_SUSPECTED", good().claim("nbf", NOW + 5 * 3_600 + 1_800).build()),
        ("IAT_IN_THE_FUTURE", good().claim("iat", NOW + 2_700).claim("exp", NOW + 2_760).build()),
        ("AUDIENCE_MISMATCH", claim("aud", "other".into())),
        ("JTI_INVALID", claim("jti", 7.into())),
        ("VISITOR_DATA_DOUBLE_ENCODED", data(r#"{"city":"Lyon"}"#.into())),
        ("VISITOR_DATA_NOT_AN_OBJECT", data("Lyon".into())),
        ("VISITOR_DATA_MEMBER_NULL", data(json!({ "city": null }))),
        ("VISITOR_DATA_NOT_A_STRING", data(json!({ "zipCode": 69_001 }))),
    ]);
    let listed = Policy { issuers: vec!["https://shop.example/".into()], ..Policy::default() };
    let found = |token: TokenBuilder<'_>| examine_under(&token.build(), &listed).finding.unwrap().code;
    assert_eq!(found(good()), "ISSUER_ALMOST");
    assert_eq!(found(good().claim("iss", "elsewhere")), "ISSUER_NOT_ALLOWED");
}

#[test]
fn in_a_key() {
    let pem = KEYS.factory.signing_key.verification_key().to_pem();
    let code = |text: &str| diagnose_key(text).map(|diagnosis| diagnosis.code);
    assert_eq!(code(&pem), None);
    assert_eq!(code(&pem.replace('\n', "\\n")), Some("KEY_PEM_LITERAL_NEWLINES"));
    assert_eq!(code(&pem[..200]), Some("KEY_UNREADABLE"));
    assert_eq!(code(&KEYS.factory.signing_key.to_pem().unwrap()), Some("KEY_IS_PRIVATE"));
}
