//! The tokens the platform hands out.

use serde_json::json;
use signet_token::{SessionClaims, SessionSigner, SessionTokenError, SessionTokenKind, base64url};

use crate::support::{NOW, NOW_MS};

fn signer() -> SessionSigner {
    SessionSigner::from_seed(&[7; 32]).unwrap()
}

fn claims() -> SessionClaims {
    SessionClaims {
        iss: "https://signet.example".to_owned(),
        aud: "shop".to_owned(),
        sub: "01930000-0000-7000-8000-000000000001".to_owned(),
        sid: "01930000-0000-7000-8000-000000000002".to_owned(),
        iat: NOW,
        exp: NOW + 3_600,
        assurance: "VERIFIED".to_owned(),
        auth_time: Some(NOW),
        dev: None,
        ext: None,
        cnf: None,
    }
}

fn parts(token: &str) -> [String; 3] {
    token.split('.').map(str::to_owned).collect::<Vec<_>>().try_into().unwrap()
}

#[test]
fn what_was_signed_comes_back() {
    let device = SessionClaims { auth_time: None, dev: Some("device-1".to_owned()), ..claims() };
    for kind in SessionTokenKind::ALL {
        for claims in [claims(), device.clone()] {
            let token = signer().sign(kind, &claims).unwrap();
            assert_eq!(signer().verify(&token, kind).unwrap(), claims);
        }
    }
}

#[test]
fn the_token_is_what_the_contract_says() {
    // Ed25519 signatures are deterministic, so the whole token can be pinned.
    let token = signer().sign(SessionTokenKind::Session, &claims()).unwrap();
    let [header, payload, signature] = parts(&token);
    let text = |part: &str| String::from_utf8(base64url::decode(part).unwrap()).unwrap();
    insta::assert_snapshot!(format!("{}\n{}\n{signature}", text(&header), text(&payload)));
}

#[test]
fn a_token_of_one_kind_is_not_one_of_another() {
    for kind in SessionTokenKind::ALL {
        let token = signer().sign(kind, &claims()).unwrap();
        for other in SessionTokenKind::ALL.into_iter().filter(|other| *other != kind) {
            assert_eq!(signer().verify(&token, other).unwrap_err(), SessionTokenError::WrongKind);
        }
    }
}

#[test]
fn a_former_key_still_verifies_and_a_strangers_does_not() {
    let former = SessionSigner::generate().unwrap();
    let token = former.sign(SessionTokenKind::Session, &claims()).unwrap();
    assert_eq!(
        signer().verify(&token, SessionTokenKind::Session).unwrap_err(),
        SessionTokenError::UnknownKey
    );
    let both = signer().verifier().clone().with_former(former.verifier());
    assert!(both.verify(&token, SessionTokenKind::Session).is_ok());
    let own = signer().sign(SessionTokenKind::Session, &claims()).unwrap();
    assert!(both.verify(&own, SessionTokenKind::Session).is_ok());
    // The stranger's signature under our header.
    let [header, ..] = parts(&own);
    let [_, payload, signature] = parts(&token);
    let mixed = format!("{header}.{payload}.{signature}");
    assert_eq!(
        both.verify(&mixed, SessionTokenKind::Session).unwrap_err(),
        SessionTokenError::SignatureInvalid
    );
}

#[test]
fn changing_any_one_character_makes_it_unacceptable() {
    let token = signer().sign(SessionTokenKind::Session, &claims()).unwrap();
    for at in 0..token.len() {
        for replacement in ["A", "B", ".", "=", " ", ""] {
            let mut changed = token.clone();
            changed.replace_range(at..=at, replacement);
            if changed != token {
                assert!(
                    signer().verify(&changed, SessionTokenKind::Session).is_err(),
                    "character {at}: {replacement}"
                );
            }
        }
    }
}

#[test]
fn no_header_but_ours_is_accepted() {
    let token = signer().sign(SessionTokenKind::Session, &claims()).unwrap();
    let [header, payload, signature] = parts(&token);
    let kid = signer().key_id().to_string();
    let typ = SessionTokenKind::Session.typ();
    let headers = [
        json!({ "alg": "none", "kid": kid, "typ": typ }).to_string(),
        json!({ "alg": "HS256", "kid": kid, "typ": typ }).to_string(),
        json!({ "alg": "EdDSA", "kid": kid, "typ": "JWT" }).to_string(),
        json!({ "alg": "EdDSA", "kid": kid }).to_string(),
        json!({ "alg": "EdDSA", "typ": typ, "kid": "../../etc/passwd" }).to_string(),
        json!({ "alg": "EdDSA", "typ": typ, "kid": kid, "crit": [] }).to_string(),
        format!(r#"{{"alg":"EdDSA", "kid":"{kid}","typ":"{typ}"}}"#),
        String::new(),
    ];
    for other in headers {
        let changed = format!("{}.{payload}.{signature}", base64url::encode(other));
        assert!(signer().verify(&changed, SessionTokenKind::Session).is_err());
    }
    for text in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        header.clone(),
        format!("{header}.{payload}"),
        "x".repeat(5_000),
    ] {
        assert_eq!(
            signer().verify(&text, SessionTokenKind::Session).unwrap_err(),
            SessionTokenError::Malformed,
            "{text}"
        );
    }
}

#[test]
fn a_token_above_the_limit_is_refused_although_its_signature_is_good() {
    let sign = |length| {
        let claims = SessionClaims { iss: "x".repeat(length), ..claims() };
        signer().sign(SessionTokenKind::Session, &claims).unwrap()
    };
    assert!(signer().verify(&sign(2_000), SessionTokenKind::Session).is_ok());
    let refused = signer().verify(&sign(4_000), SessionTokenKind::Session);
    assert_eq!(refused.unwrap_err(), SessionTokenError::Malformed);
}

#[test]
fn expiry_is_the_callers_and_exact() {
    let claims = SessionClaims { exp: NOW + 1, ..claims() };
    assert!(!claims.is_expired(NOW_MS));
    assert!(!claims.is_expired((NOW + 1) * 1_000 - 1));
    assert!(claims.is_expired((NOW + 1) * 1_000));
}

#[test]
fn the_seed_makes_the_same_key_again() {
    let generated = SessionSigner::generate().unwrap();
    let again = SessionSigner::from_seed(&generated.seed().unwrap()).unwrap();
    assert_eq!(again.key_id(), generated.key_id());
    for length in [0, 31, 33] {
        assert!(SessionSigner::from_seed(&vec![1; length]).is_err());
    }
    assert!(!format!("{generated:?}").contains(&base64url::encode(generated.seed().unwrap())));
}

#[test]
fn the_thumbprint_is_that_of_rfc_8037() {
    // RFC 8037 appendix A.1 to A.3: the private key's seed and the public key's thumbprint.
    let seed = base64url::decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
    let signer = SessionSigner::from_seed(&seed).unwrap();
    assert_eq!(signer.key_id().as_str(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    let jwk: serde_json::Value = serde_json::from_str(&signer.verifier().to_jwk_json()).unwrap();
    assert_eq!(jwk["x"], "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
}
