//! Attacks on the nesting and on decryption: D1, D3, D6, D19 to D21.

use std::collections::BTreeSet;

use aws_lc_rs::hmac;
use serde_json::json;
use signet_token::{
    EncryptionKey, Policy, SessionClaims, SessionSigner, SessionTokenError, SessionTokenKind, SigningKey,
    TokenError, TokenProvider, UnwrapError, base64url,
};

use crate::support::{CountingUnwrap, FIXTURE, NOW, SID, good, open, open_with, refusal};
use crate::token_factory::{Part, TokenFactory, with_part};

fn compact(header: &str, payload: &str, signature: &[u8]) -> String {
    format!("{}.{}.{}", base64url::encode(header), base64url::encode(payload), base64url::encode(signature))
}

#[test]
fn d01_encrypted_but_unsigned() {
    let claims = good().claims_json();
    let inner = good().build_inner();
    let signed = inner.rsplit_once('.').unwrap().0;
    let none = compact(r#"{"alg":"none"}"#, &claims, b"");
    let jws_over_jws = good().payload(inner.clone()).build_inner();
    let foreign_over_jws = good().signed_by(&FIXTURE.foreign).payload(inner.clone()).build_inner();
    let cases = [
        ("raw claims", claims.clone(), "INNER_NOT_A_JWS"),
        ("empty", String::new(), "INNER_NOT_A_JWS"),
        ("none with trailing dot", none.clone(), "JWS_ALG_NONE"),
        ("none without trailing dot", none.trim_end_matches('.').to_owned(), "INNER_NOT_A_JWS"),
        ("empty signature", format!("{signed}."), "JWS_SIGNATURE_MISSING"),
        ("no signature", signed.to_owned(), "INNER_NOT_A_JWS"),
        ("claims alone, base64url", base64url::encode(&claims), "INNER_NOT_A_JWS"),
        ("JWE in a JWE", good().build(), "INNER_IS_ENCRYPTED"),
        ("JWS over a JWS", jws_over_jws, "INNER_NESTED_TWICE"),
        ("JWS of another over a JWS", foreign_over_jws, "JWS_SIGNATURE_INVALID"),
        (
            "JSON serialization",
            json!({ "payload": base64url::encode(&claims), "signatures": [] }).to_string(),
            "INNER_NOT_A_JWS",
        ),
        ("two tokens", format!("{inner}.{inner}"), "INNER_NOT_A_JWS"),
    ];
    let mut answers = BTreeSet::new();
    for (name, content, fine_code) in cases {
        let error = open(&good().content(content).build()).expect_err(name);
        assert_eq!(error.fine_code(), fine_code, "{name}");
        answers.insert(error.code().as_str());
    }
    assert_eq!(answers.into_iter().collect::<Vec<_>>(), ["TOKEN_SIGNATURE_INVALID"]);
}

#[test]
fn d01_a_signature_of_anyone_else_is_not_enough() {
    let foreign = &FIXTURE.foreign;
    assert_eq!(refusal(&good().signed_by(foreign).build()), "JWS_SIGNATURE_INVALID");
    assert_eq!(
        refusal(&good().signed_by(foreign).without_inner_header("kid").build()),
        "JWS_SIGNATURE_INVALID"
    );
    let inner = good().build_inner();
    let other = good().product_claim("userId", "user-2").build_inner();
    let (_, signature) = inner.rsplit_once('.').unwrap();
    let (signed, _) = other.rsplit_once('.').unwrap();
    assert_eq!(refusal(&good().content(format!("{signed}.{signature}")).build()), "JWS_SIGNATURE_INVALID");
    let no_keys = open_with(&good().build(), &Policy::default(), &FIXTURE.platform, &[]);
    assert_eq!(no_keys.unwrap_err().fine_code(), "PROJECT_HAS_NO_ACTIVE_KEY");
}

#[test]
fn d03_a_public_key_is_never_a_mac_secret() {
    let key = FIXTURE.factory.signing_key.verification_key();
    let pem = key.to_pem();
    let jwk = key.to_jwk_json();
    let modulus = serde_json::from_str::<serde_json::Value>(&jwk).unwrap()["n"].as_str().unwrap().to_owned();
    let secrets: [Vec<u8>; 9] = [
        pem.clone().into_bytes(),
        pem.trim_end().as_bytes().to_vec(),
        pem.replace('\n', "\r\n").into_bytes(),
        format!(" {pem}").into_bytes(),
        key.to_spki_der(),
        base64url::decode(&modulus).unwrap(),
        modulus.into_bytes(),
        jwk.into_bytes(),
        Vec::new(),
    ];
    let macs = [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)];
    for (alg, algorithm) in macs {
        for secret in &secrets {
            let header = json!({ "alg": alg, "kid": key.key_id() }).to_string();
            let signed = format!("{}.{}", base64url::encode(header), base64url::encode(good().claims_json()));
            let tag = hmac::sign(&hmac::Key::new(algorithm, secret), signed.as_bytes());
            let content = format!("{signed}.{}", base64url::encode(tag));
            assert_eq!(refusal(&good().content(content).build()), "JWS_ALG_SYMMETRIC");
        }
    }
}

#[test]
fn d03_the_header_does_not_choose_the_algorithm() {
    for alg in ["none", "None", "nOnE", "NONE", " none"] {
        assert_eq!(refusal(&good().inner_header("alg", alg).build()), "JWS_ALG_NONE", "{alg}");
    }
    for alg in ["hs256", " HS256", "HS1"] {
        assert_eq!(refusal(&good().inner_header("alg", alg).build()), "JWS_ALG_SYMMETRIC", "{alg}");
    }
    let others = [
        "RS384",
        "RS512",
        "PS256",
        "PS384",
        "PS512",
        "ES256",
        "ES384",
        "ES512",
        "ES256K",
        "EdDSA",
        "Ed25519",
        "RS256 ",
        " RS256",
        "rs256",
        "RS256\u{0}",
        "RS1",
        "",
        "RSA-OAEP-256",
        "A256GCM",
    ];
    for alg in others {
        assert_eq!(refusal(&good().inner_header("alg", alg).build()), "JWS_ALG_NOT_ALLOWED", "{alg}");
    }
    for alg in [json!(["RS256"]), json!({ "alg": "RS256" }), json!(256), json!(null), json!(true)] {
        assert_eq!(refusal(&good().inner_header("alg", alg).build()), "JWS_ALG_NOT_ALLOWED");
    }
    assert_eq!(refusal(&good().without_inner_header("alg").build()), "JWS_ALG_MISSING");
}

/// The five failures of decryption that must look alike, and what else ends there.
fn undecryptable_tokens() -> Vec<(&'static str, String)> {
    let token = good().build();
    let other_platform = TokenFactory::generate().0;
    let for_other =
        other_platform.token("user-1", crate::support::NOW_MS).without_outer_header("kid").build();
    vec![
        ("bad OAEP", with_part(&token, Part::EncryptedKey, |bytes| bytes[128] ^= 1)),
        ("content key of 16 bytes", good().content_key(&[7; 16]).build()),
        ("content key of 33 bytes", good().content_key(&[7; 33]).build()),
        ("empty content key", good().content_key(&[]).build()),
        ("bad tag", with_part(&token, Part::Tag, |bytes| bytes[15] ^= 1)),
        ("bad vector length", with_part(&token, Part::Iv, |bytes| bytes.push(0))),
        ("bad ciphertext", with_part(&token, Part::Ciphertext, |bytes| bytes[40] ^= 1)),
        ("empty ciphertext", with_part(&token, Part::Ciphertext, Vec::clear)),
        ("encrypted key too short", with_part(&token, Part::EncryptedKey, |bytes| bytes.truncate(255))),
        ("encrypted key too long", with_part(&token, Part::EncryptedKey, |bytes| bytes.push(0))),
        ("encrypted key empty", with_part(&token, Part::EncryptedKey, Vec::clear)),
        ("encrypted key above the modulus", with_part(&token, Part::EncryptedKey, |bytes| bytes.fill(0xff))),
        ("encrypted key zero", with_part(&token, Part::EncryptedKey, |bytes| bytes.fill(0))),
        ("another platform", for_other),
        ("unknown platform key id", good().outer_header("kid", "unknown").build()),
    ]
}

#[test]
fn d06_every_failure_of_decryption_is_the_same_answer() {
    let mut answers = BTreeSet::new();
    for (name, token) in undecryptable_tokens() {
        let error = open(&token).expect_err(name);
        assert_eq!(error, TokenError::Undecryptable, "{name}");
        let code = error.code();
        answers.insert(format!("{error} {error:?} {} {code} {code:?}", error.fine_code()));
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
}

#[test]
fn d06_every_failure_of_decryption_asks_for_the_private_key_once() {
    for (name, token) in undecryptable_tokens() {
        let unwrap = CountingUnwrap::default();
        let error = open_with(&token, &Policy::default(), &unwrap, &FIXTURE.keys()).expect_err(name);
        assert_eq!((error, unwrap.calls()), (TokenError::Undecryptable, 1), "{name}");
    }
}

#[test]
fn d06_a_random_key_takes_the_place_of_one_that_cannot_be_unwrapped() {
    // If the substitute were a constant, content encrypted with that constant would open.
    for constant in [[0; 32], [0xff; 32], [0x4b; 32]] {
        let token = good().content_key(&constant).build();
        assert!(open(&token).is_ok());
        let unwrap = CountingUnwrap::default();
        let refused = open_with(&token, &Policy::default(), &unwrap, &FIXTURE.keys());
        assert_eq!(refused.unwrap_err(), TokenError::Undecryptable);
    }
}

#[test]
fn trouble_with_custody_is_not_the_tokens_fault() {
    let cases =
        [(UnwrapError::Unavailable, "SERVICE_UNAVAILABLE"), (UnwrapError::Overloaded, "RATE_LIMITED")];
    for (answer, code) in cases {
        let unwrap = CountingUnwrap::in_trouble(answer);
        let error = open_with(&good().build(), &Policy::default(), &unwrap, &FIXTURE.keys()).unwrap_err();
        assert_eq!(error.code().as_str(), code);
    }
}

#[test]
fn d19_a_token_for_another_site_is_refused() {
    for audience in
        [json!("other"), json!(["other", "third"]), json!([]), json!("SHOP"), json!("shop "), json!("")]
    {
        assert_eq!(refusal(&good().claim("aud", audience).build()), "AUDIENCE_MISMATCH");
    }
    for audience in [json!(SID), json!(["other", SID])] {
        assert!(open(&good().claim("aud", audience).build()).is_ok());
    }
    // The same signed token, encrypted again by whoever could read it.
    let stolen = good().claim("aud", "staging").build_inner();
    assert_eq!(refusal(&good().content(stolen).build()), "AUDIENCE_MISMATCH");
}

#[test]
fn d20_a_token_of_another_project_is_refused_before_its_claims_are_read() {
    let inner =
        good().signed_by(&FIXTURE.foreign).inner_header("kid", "foreign-1").claim("exp", "not a number");
    let error = open(&inner.build()).unwrap_err();
    assert_eq!(error.fine_code(), "JWS_KEY_UNKNOWN");
}

#[test]
fn d21_tokens_of_other_kinds_are_not_visitor_tokens_and_the_reverse() {
    let signer = SessionSigner::generate().unwrap();
    let claims = SessionClaims {
        iss: "https://signet.example".to_owned(),
        aud: SID.to_owned(),
        sub: "visitor".to_owned(),
        sid: "session".to_owned(),
        iat: NOW,
        exp: NOW + 3_600,
        assurance: "VERIFIED".to_owned(),
        auth_time: Some(NOW),
        dev: None,
        ext: None,
        cnf: None,
    };
    for kind in SessionTokenKind::ALL {
        let session = signer.sign(kind, &claims).unwrap();
        assert_eq!(refusal(&session), "TOKEN_NOT_ENCRYPTED");
        assert_eq!(refusal(&good().content(session).build()), "JWS_ALG_NOT_ALLOWED");
        for token in [good().build(), good().build_inner()] {
            let refused = signer.verify(&token, kind).unwrap_err();
            assert_eq!(refused, SessionTokenError::Malformed);
        }
    }
    // Typed tokens that the brand's key may sign for other purposes.
    for typ in [
        "at+jwt",
        "application/at+jwt",
        "logout+jwt",
        "secevent+jwt",
        "dpop+jwt",
        "signet-session+jwt",
        "",
        "SAML",
    ] {
        assert_eq!(refusal(&good().inner_header("typ", typ).build()), "JWS_TYP_NOT_ALLOWED", "{typ}");
    }
    assert_eq!(refusal(&good().inner_header("typ", 1).build()), "JWS_TYP_NOT_ALLOWED");
}

#[test]
fn a_provider_of_ours_makes_tokens_that_open() {
    let signing_key = SigningKey::from_pem(&FIXTURE.factory.signing_key.to_pem().unwrap()).unwrap();
    let encryption_key = EncryptionKey::from_pem(&FIXTURE.platform.to_public_pem().unwrap()).unwrap();
    let provider = TokenProvider::new(signing_key, encryption_key);
    assert_eq!(open(&provider.issue(&good().claims_json()).unwrap()).unwrap().user_id(), "user-1");
    // Two tokens of the same claims share nothing that is encrypted.
    let (first, second) = (provider.issue("{}").unwrap(), provider.issue("{}").unwrap());
    assert!(first.split('.').skip(1).zip(second.split('.').skip(1)).all(|(one, other)| one != other));
}
