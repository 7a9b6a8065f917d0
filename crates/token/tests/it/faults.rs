//! One token for every fault: deleting any single check of the verifier turns this test red.

use std::collections::BTreeSet;

use serde_json::json;
use signet_token::visitor_token::STRICT_TYPE;
use signet_token::{
    ClaimsFault, EnvelopeFault, KeyManagement, Policy, SignatureAlgorithm, SignatureFault, UnwrapError,
};

use crate::algorithms::{Brand, everything};
use crate::support::{CountingUnwrap, FIXTURE, NOW, SID, good, open_under, open_with};
use crate::token_factory::{CLAIM_PREFIX, Part, TokenBuilder, with_part};

/// A token that the strict profile accepts.
fn strict() -> TokenBuilder<'static> {
    let base = good().claim("aud", SID).claim("iat", NOW).claim("jti", "token-1");
    base.inner_header("typ", STRICT_TYPE)
}

fn without_user_id() -> TokenBuilder<'static> {
    good().without_claim(&format!("{CLAIM_PREFIX}userId"))
}

/// Tokens with one thing wrong on the outside.
fn envelope() -> Vec<String> {
    let token = good().build();
    vec![
        String::new(),
        "x".repeat(8 * 1024 + 1),
        good().build_inner(),
        json!({ "protected": "", "ciphertext": "" }).to_string(),
        "a.b.c.d".to_owned(),
        format!("{token}="),
        good().raw_outer_header("{").build(),
        good().raw_outer_header(r#"{"alg":"RSA-OAEP-256","enc":"A256GCM","enc":"A256GCM"}"#).build(),
        good().without_outer_header("alg").build(),
        good().outer_header("alg", "RSA-OAEP").build(),
        good().without_outer_header("enc").build(),
        good().outer_header("enc", "A128GCM").build(),
        good().outer_header("zip", "DEF").build(),
        good().outer_header("crit", json!([])).build(),
        good().outer_header("jku", "https://a.example").build(),
        good().outer_header("epk", json!({})).build(),
        good().outer_header("typ", "at+jwt").build(),
        good().outer_header("cty", "json").build(),
        good().outer_header("kid", 1).build(),
    ]
}

/// Tokens with one thing wrong in the signed token.
fn signature() -> Vec<String> {
    let inner = good().build_inner();
    let unsigned = inner.rsplit_once('.').unwrap().0;
    vec![
        good().content("{}").build(),
        good().content(good().build()).build(),
        good().payload(inner.clone()).build(),
        good().content(format!("{inner}=")).build(),
        good().raw_inner_header("{").build(),
        good().raw_inner_header(r#"{"alg":"RS256","alg":"RS256"}"#).build(),
        good().without_inner_header("alg").build(),
        good().inner_header("alg", "none").build(),
        good().inner_header("alg", "HS256").build(),
        good().inner_header("alg", "PS256").build(),
        good().inner_header("crit", json!([])).build(),
        good().inner_header("jwk", json!({})).build(),
        good().inner_header("b64", true).build(),
        good().inner_header("typ", "at+jwt").build(),
        good().inner_header("cty", "xml").build(),
        good().inner_header("kid", 1).build(),
        good().inner_header("kid", "unknown").build(),
        good().content(format!("{unsigned}.")).build(),
        good().signed_by(&FIXTURE.foreign).build(),
    ]
}

/// Tokens with one thing wrong in the claims.
fn claims() -> Vec<String> {
    vec![
        good().payload("[]").build(),
        good().payload(r#"{"a":1,"a":1}"#).build(),
        good().claim("deep", (0..20).fold(json!(1), |inner, _| json!([inner]))).build(),
        without_user_id().claim("userId", "user-1").build(),
        without_user_id().build(),
        good().product_claim("userId", 1).build(),
        good().product_claim("userId", "").build(),
        good().product_claim("userId", "x".repeat(256)).build(),
        good().product_claim("userId", "\n").build(),
        good().without_claim("iss").build(),
        good().claim("iss", 1).build(),
        good().without_claim("exp").build(),
        good().claim("exp", "soon").build(),
        good().claim("exp", NOW * 1_000).build(),
        good().claim("exp", -1).build(),
        good().claim("exp", NOW).claim("iat", NOW).build(),
        good().claim("exp", NOW + 100_000).build(),
        good().claim("nbf", "now").build(),
        good().claim("nbf", NOW + 3_600).build(),
        good().claim("iat", "now").build(),
        good().claim("iat", NOW + 3_600).build(),
        good().claim("nbf", NOW + 30).build(),
        good().claim("aud", 1).build(),
        good().claim("aud", "other").build(),
        good().claim("jti", 1).build(),
        good().visitor_data(json!([])).build(),
        good().visitor_data(json!({ "email": 1 })).build(),
        good().visitor_data(json!({ "email": "x".repeat(1_025) })).build(),
        good().claim("exp", NOW - 60).build(),
    ]
}

/// Tokens that only the strict profile refuses.
fn strict_only() -> Vec<String> {
    vec![
        strict().without_outer_header("kid").build(),
        strict().without_inner_header("kid").build(),
        strict().without_inner_header("typ").build(),
        strict().without_claim("iat").build(),
        strict().without_claim("aud").build(),
        strict().without_claim("jti").build(),
    ]
}

/// Tokens with one thing wrong that only a further algorithm makes possible, with the brand they are of.
fn further() -> Vec<(Brand, String)> {
    let agreed = || Brand::new(SignatureAlgorithm::EdDsa, KeyManagement::EcdhEsX25519);
    let no_ephemeral_key =
        json!({ "alg": "ECDH-ES+A256KW", "enc": "A256GCM", "kid": "platform" }).to_string();
    let changes: [fn(TokenBuilder<'_>) -> TokenBuilder<'_>; 3] = [
        |token| token.outer_header("epk", json!({})),
        |token| token.outer_header("apu", 1),
        |token| token.inner_header("alg", "ES256"),
    ];
    let mut tokens: Vec<(Brand, String)> = changes
        .into_iter()
        .map(|change| {
            let brand = agreed();
            let token = change(brand.good()).build();
            (brand, token)
        })
        .collect();
    let brand = agreed();
    let token = brand.good().raw_outer_header(&no_ephemeral_key).build();
    tokens.push((brand, token));
    tokens
}

#[test]
fn every_fault_is_reached_by_a_token_that_has_it() {
    let mut reached = BTreeSet::new();
    for token in envelope().into_iter().chain(signature()).chain(claims()) {
        reached.insert(open_under(&token, &Policy::default()).expect_err("accepted").fine_code());
    }
    for token in strict_only() {
        assert!(open_under(&token, &Policy::default()).is_ok(), "the compatible profile accepts it");
        reached.insert(open_under(&token, &Policy::strict()).expect_err("accepted").fine_code());
    }
    for (brand, token) in further() {
        reached.insert(brand.open(&token, &everything()).expect_err("accepted").fine_code());
    }
    let other_issuers = Policy { issuers: vec!["https://a.example".to_owned()], ..Policy::default() };
    reached.insert(open_under(&good().build(), &other_issuers).expect_err("accepted").fine_code());
    let no_keys = open_with(&good().build(), &Policy::default(), &FIXTURE.platform, &[]);
    reached.insert(no_keys.expect_err("accepted").fine_code());
    let damaged = with_part(&good().build(), Part::Tag, |bytes| bytes[0] ^= 1);
    reached.insert(open_under(&damaged, &Policy::default()).expect_err("accepted").fine_code());
    for answer in [UnwrapError::Unavailable, UnwrapError::Overloaded] {
        let unwrap = CountingUnwrap::in_trouble(answer);
        let refused = open_with(&good().build(), &Policy::default(), &unwrap, &FIXTURE.keys());
        reached.insert(refused.expect_err("accepted").fine_code());
    }

    let mut declared =
        BTreeSet::from(["TOKEN_UNDECRYPTABLE", "TOKEN_EXPIRED", "CUSTODY_UNAVAILABLE", "CUSTODY_OVERLOADED"]);
    declared.extend(EnvelopeFault::ALL.iter().map(|fault| fault.fine_code()));
    declared.extend(SignatureFault::ALL.iter().map(|fault| fault.fine_code()));
    declared.extend(ClaimsFault::ALL.iter().map(|fault| fault.fine_code()));
    assert_eq!(reached, declared);
}
