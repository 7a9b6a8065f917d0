//! Good tokens: what the compatible and the strict profile accept, and what they make of it.

use serde_json::json;
use signet_token::{Policy, ReceivedToken, Warning};

use crate::support::{FIXTURE, NOW, NOW_MS, SID, good, open, open_under, open_with, refusal};
use crate::token_factory::CLAIM_PREFIX;

#[test]
fn a_full_token_gives_every_claim() {
    let token = good()
        .visitor_data(json!({
            "address": "1 quai des Antilles", "city": "Nantes", "country": "France", "email": "jane@shop.example",
            "firstName": "Jane", "lastName": "Doe", "phoneNumber": "+33 1 23 45 67 89", "zipCode": "44200",
        }))
        .claim("iat", NOW)
        .claim("nbf", NOW)
        .claim("aud", SID)
        .claim("jti", "token-1")
        .build();
    let checked = open(&token).unwrap();
    assert_eq!(checked.user_id(), "user-1");
    let data = checked.visitor_data();
    assert_eq!(data.address.as_deref(), Some("1 quai des Antilles"));
    assert_eq!(data.city.as_deref(), Some("Nantes"));
    assert_eq!(data.country.as_deref(), Some("France"));
    assert_eq!(data.email.as_deref(), Some("jane@shop.example"));
    assert_eq!(data.first_name.as_deref(), Some("Jane"));
    assert_eq!(data.last_name.as_deref(), Some("Doe"));
    assert_eq!(data.phone_number.as_deref(), Some("+33 1 23 45 67 89"));
    assert_eq!(data.zip_code.as_deref(), Some("44200"));
    assert_eq!(checked.issuer(), "https://shop.example");
    assert_eq!(checked.expires_at_unix(), NOW + 60);
    assert_eq!(checked.issued_at(), Some(NOW));
    assert_eq!(checked.not_before(), Some(NOW));
    assert_eq!(checked.token_id(), Some("token-1"));
    assert_eq!(checked.signing_key(), FIXTURE.factory.signing_key.verification_key().fingerprint());
    assert_eq!(checked.platform_key(), Some(FIXTURE.platform.fingerprint().as_str()));
    assert!(checked.warnings().is_empty(), "{:?}", checked.warnings());
}

#[test]
fn the_vendor_sample_shape_opens() {
    // Headers with nothing but the algorithms, escaped slashes, members in the documented order.
    let exp = NOW + 60;
    let claims = format!(
        r#"{{"https:\/\/iadvize.com\/userId":"1","https:\/\/iadvize.com\/visitorData":{{"firstName":"Zo\u00eb"}},"iss":"https:\/\/test.iadvize.com","exp":{exp}}}"#
    );
    let token = good()
        .payload(claims)
        .raw_inner_header(r#"{"alg":"RS256"}"#)
        .raw_outer_header(r#"{"alg":"RSA-OAEP-256","enc":"A256GCM"}"#)
        .build();
    let checked = open(&token).unwrap();
    assert_eq!(checked.user_id(), "1");
    assert_eq!(checked.visitor_data().first_name.as_deref(), Some("Zoë"));
    assert_eq!(checked.issuer(), "https://test.iadvize.com");
    assert_eq!(checked.platform_key(), None);
}

#[test]
fn what_libraries_write_into_headers_is_accepted() {
    for (name, value) in
        [("typ", "JWT"), ("typ", "jwt"), ("typ", "application/jwt"), ("typ", "JOSE"), ("cty", "JWT")]
    {
        assert!(open(&good().inner_header(name, value).build()).is_ok(), "inner {name} {value}");
        assert!(open(&good().outer_header(name, value).build()).is_ok(), "outer {name} {value}");
    }
    assert!(open(&good().inner_header("x5t", "dGh1bWI").build()).is_ok(), "members that are not understood");
    assert!(open(&good().outer_header("iat", NOW).build()).is_ok(), "members that are not understood");
}

#[test]
fn a_key_is_found_by_key_id_by_thumbprint_or_by_trying() {
    let key = FIXTURE.factory.signing_key.verification_key();
    let thumbprint = key.fingerprint().as_str();
    let foreign = FIXTURE.foreign.verification_key();
    let keys = [foreign.clone(), key.clone()];
    let accepts =
        |token: &str, keys: &[_]| open_with(token, &Policy::default(), &FIXTURE.platform, keys).is_ok();
    assert!(accepts(&good().build(), &keys));
    assert!(accepts(&good().inner_header("kid", thumbprint).build(), &keys));
    assert!(accepts(&good().without_inner_header("kid").build(), &keys));
    // A key registered without key id stands for whatever id its provider uses.
    let unnamed = signet_token::VerificationKey::from_spki_der(&key.to_spki_der()).unwrap();
    assert!(accepts(&good().inner_header("kid", "never-told").build(), std::slice::from_ref(&unnamed)));
    assert!(accepts(&good().inner_header("kid", "never-told").build(), &[foreign.clone(), unnamed]));
    // One registered under another id does not.
    assert_eq!(refusal(&good().inner_header("kid", "never-told").build()), "JWS_KEY_UNKNOWN");
}

#[test]
fn ignored_members_are_reported_by_name_only() {
    let token = good()
        .visitor_data(json!({ "firstName": "Jane", "loyaltyCard": "4711", "__proto__": {} }))
        .claim("role", "admin")
        .build();
    let checked = open(&token).unwrap();
    assert_eq!(checked.unknown_visitor_data(), ["__proto__", "loyaltyCard"]);
    assert_eq!(checked.unknown_claims(), ["role"]);
    assert_eq!(checked.warnings(), [Warning::VisitorDataMembersIgnored, Warning::ClaimsIgnored]);
    let many =
        (0..100).map(|number| (format!("{number:0>200}"), json!(0))).collect::<serde_json::Map<_, _>>();
    let checked = open(&good().visitor_data(many).build()).unwrap_err();
    assert_eq!(checked.fine_code(), "TOKEN_TOO_LARGE");
    let many = (0..50).map(|number| (format!("{number:0>70}"), json!(0))).collect::<serde_json::Map<_, _>>();
    let checked = open(&good().visitor_data(many).build()).unwrap();
    assert_eq!(checked.unknown_visitor_data().len(), 20);
    assert!(checked.unknown_visitor_data().iter().all(|name| name.len() == 64));
}

#[test]
fn another_claim_prefix_is_a_setting() {
    let policy = Policy { claim_prefix: "https://shop.example/".to_owned(), ..Policy::default() };
    let token = good()
        .without_claim(&format!("{CLAIM_PREFIX}userId"))
        .claim("https://shop.example/userId", "user-2")
        .build();
    assert_eq!(open_under(&token, &policy).unwrap().user_id(), "user-2");
    assert_eq!(refusal(&token), "CLAIM_PREFIX_MISSING");
}

#[test]
fn a_long_life_is_accepted_with_a_warning() {
    let checked = open(&good().claim("exp", NOW + 24 * 60 * 60).build()).unwrap();
    assert_eq!(checked.warnings(), [Warning::LifetimeOverOneMinute]);
    assert_eq!(refusal(&good().claim("exp", NOW + 24 * 60 * 60 + 6).build()), "LIFETIME_TOO_LONG");
}

#[test]
fn the_boundaries_of_time_are_exact() {
    let leeway = Policy::default().leeway_seconds;
    // The current second is under way: 250 ms of it have passed.
    assert!(open(&good().claim("exp", NOW - leeway + 1).build()).is_ok());
    assert_eq!(refusal(&good().claim("exp", NOW - leeway).build()), "TOKEN_EXPIRED");
    assert!(open(&good().claim("nbf", NOW + leeway).build()).is_ok());
    assert_eq!(refusal(&good().claim("nbf", NOW + leeway + 1).build()), "CLOCK_SKEW_SUSPECTED");
    assert!(open(&good().claim("iat", NOW + leeway).build()).is_ok());
    assert_eq!(refusal(&good().claim("iat", NOW + leeway + 1).build()), "CLOCK_SKEW_SUSPECTED");
}

#[test]
fn the_strict_profile_wants_everything() {
    let policy = Policy::strict();
    let strict = || {
        let base = good().claim("aud", SID).claim("iat", NOW).claim("jti", "token-1");
        base.inner_header("typ", signet_token::visitor_token::STRICT_TYPE)
    };
    let refusal = |token: String| open_under(&token, &policy).unwrap_err().fine_code();
    let accepted = open_under(&strict().build(), &policy);
    assert_eq!(accepted.unwrap().token_id(), Some("token-1"));
    assert_eq!(refusal(strict().without_outer_header("kid").build()), "JWE_KEY_ID_MISSING");
    assert_eq!(refusal(strict().without_inner_header("kid").build()), "JWS_KEY_ID_MISSING");
    assert_eq!(refusal(strict().without_inner_header("typ").build()), "JWS_TYP_MISSING");
    assert_eq!(refusal(strict().inner_header("typ", "JWT").build()), "JWS_TYP_NOT_ALLOWED");
    assert_eq!(refusal(strict().without_claim("aud").build()), "AUDIENCE_MISSING");
    assert_eq!(refusal(strict().without_claim("iat").build()), "IAT_MISSING");
    assert_eq!(refusal(strict().without_claim("jti").build()), "JTI_MISSING");
    assert_eq!(refusal(strict().claim("iat", NOW - 1).build()), "LIFETIME_TOO_LONG");
}

#[test]
fn d18_over_long_tokens_are_refused() {
    let policy = Policy { max_lifetime_seconds: 60, ..Policy::default() };
    for skew in [-61, -6, 0, 4] {
        let token = good().claim("exp", NOW + 60 + skew).build();
        assert_eq!(open_under(&token, &policy).is_ok(), skew > -61 - 5, "{skew}");
    }
    let token = good().claim("exp", NOW + 60 + 61).build();
    assert_eq!(open_under(&token, &policy).unwrap_err().fine_code(), "LIFETIME_TOO_LONG");
}

#[test]
fn an_outline_gives_issuer_and_times_alone() {
    use signet_token::ReceivedToken;

    let token = good().claim("exp", NOW - 600).claim("iat", NOW - 660).build();
    let received = ReceivedToken::parse(&token, &Policy::default()).unwrap();
    let verified =
        crate::support::block_on(received.decrypt(&FIXTURE.platform)).unwrap().verify(&FIXTURE.keys());
    let verified = verified.unwrap();
    let outline = verified.outline();
    assert_eq!(outline.issuer.as_deref(), Some("https://shop.example"));
    assert_eq!((outline.issued_at, outline.expires_at), (Some(NOW - 660), Some(NOW - 600)));
    assert_eq!(verified.check(&Policy::default(), SID, NOW_MS).unwrap_err().fine_code(), "TOKEN_EXPIRED");
}

#[test]
fn nothing_of_a_visitor_is_in_any_debug_output() {
    let canary = "canary-7f3a";
    let token = good().visitor_data(json!({ "email": canary })).product_claim("userId", canary).build();
    let received = signet_token::ReceivedToken::parse(&token, &Policy::default()).unwrap();
    let received_debug = format!("{received:?}");
    let decrypted = crate::support::block_on(received.decrypt(&FIXTURE.platform)).unwrap();
    let decrypted_debug = format!("{decrypted:?}");
    let verified = decrypted.verify(&FIXTURE.keys()).unwrap();
    let verified_debug = format!("{verified:?}");
    let checked = verified.check(&Policy::default(), SID, NOW_MS).unwrap();
    let checked_debug = format!("{checked:?} {:?}", checked.visitor_data());
    for debug in [received_debug, decrypted_debug, verified_debug, checked_debug] {
        assert!(!debug.contains(canary), "{debug}");
        assert!(!token.split('.').any(|part| debug.contains(part)), "{debug}");
    }
}

#[test]
fn the_outer_key_id_is_known_before_any_key_is_used() {
    let received = |token: &str| ReceivedToken::parse(token, &Policy::default()).unwrap();
    let named = received(&good().build());
    assert_eq!(named.key_id(), Some(FIXTURE.platform.fingerprint().as_str()));
    assert_eq!(received(&good().without_outer_header("kid").build()).key_id(), None);
}
