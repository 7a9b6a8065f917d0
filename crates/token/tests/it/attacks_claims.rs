//! Attacks on the claims: D14, D15, and D22 is in `keys`.

use serde_json::{Value, json};

use crate::support::{FIXTURE, NOW, good, open, refusal, refused_before_any_key};
use crate::token_factory::CLAIM_PREFIX;

/// Signs a text in place of the claims.
fn refusal_of_claims(text: impl Into<Vec<u8>>) -> &'static str {
    refusal(&good().payload(text).build())
}

fn claims_with(extra: &str) -> String {
    let exp = NOW + 60;
    format!(r#"{{"https://iadvize.com/userId":"user-1","iss":"https://shop.example","exp":{exp}{extra}}}"#)
}

#[test]
fn d14_duplicate_members_are_refused_in_every_object() {
    assert!(open(&good().payload(claims_with("")).build()).is_ok());
    let exp = NOW + 60;
    for extra in [
        format!(r#","exp":{exp}"#),
        r#","https://iadvize.com/userId":"user-2""#.to_owned(),
        r#","https:\/\/iadvize.com\/userId":"user-1""#.to_owned(),
        r#","\u0069ss":"https://shop.example""#.to_owned(),
        r#","x":{"a":1,"a":2}"#.to_owned(),
        r#","x":[{"a":1,"a":2}]"#.to_owned(),
        r#","https://iadvize.com/visitorData":{"email":"a","email":"b"}"#.to_owned(),
        r#","https://iadvize.com/visitorData":{},"https://iadvize.com/visitorData":{}"#.to_owned(),
    ] {
        assert_eq!(refusal_of_claims(claims_with(&extra)), "CLAIMS_DUPLICATE_MEMBER", "{extra}");
    }
    let inner = r#"{"alg":"RS256","alg":"RS256"}"#;
    assert_eq!(refusal(&good().raw_inner_header(inner).build()), "JWS_HEADER_DUPLICATE_MEMBER");
    let inner = r#"{"alg":"none","alg":"RS256"}"#;
    assert_eq!(refusal(&good().raw_inner_header(inner).build()), "JWS_HEADER_DUPLICATE_MEMBER");
    for outer in [
        r#"{"alg":"RSA-OAEP-256","alg":"RSA-OAEP-256","enc":"A256GCM"}"#,
        r#"{"alg":"RSA-OAEP-256","enc":"A256GCM","enc":"A128GCM"}"#,
        r#"{"alg":"RSA-OAEP-256","enc":"A256GCM","\u0061lg":"dir"}"#,
    ] {
        refused_before_any_key(&good().raw_outer_header(outer).build(), "JWE_HEADER_DUPLICATE_MEMBER");
    }
}

#[test]
fn d14_oddities_of_json_are_refused() {
    let good_text = claims_with("");
    for text in [
        format!("\u{feff}{good_text}"),
        format!("{good_text}{good_text}"),
        format!("{good_text},"),
        format!("[{good_text}]"),
        claims_with(","),
        claims_with(r#","x":[1,]"#),
        claims_with(r#","x":"\ud800""#),
        claims_with(r#","x":"\udc00\ud800""#),
        claims_with(r#","\ud800":1"#),
        claims_with(r#","x":1e999"#),
        claims_with(r#","x":-1e999"#),
        claims_with(r#","x":-0"#),
        claims_with(r#","x":-0.0"#),
        claims_with(r#","x":01"#),
        claims_with(r#","x":+1"#),
        claims_with(r#","x":.5"#),
        claims_with(r#","x":NaN"#),
        claims_with(r#","x":Infinity"#),
        claims_with(r#","x":'y'"#),
        claims_with(r#","x":"\x41""#),
        claims_with(",\"x\":\"\u{1}\""),
        claims_with(r", x:1"),
        claims_with("/**/"),
        String::new(),
        "null".to_owned(),
        "\"claims\"".to_owned(),
        "7".to_owned(),
    ] {
        assert_eq!(refusal_of_claims(text.clone()), "CLAIMS_NOT_JSON", "{text}");
    }
    assert_eq!(refusal_of_claims([&b"{\"iss\":\"\xff\xfe\"}"[..]].concat()), "CLAIMS_NOT_JSON");
    assert_eq!(
        refusal_of_claims(good_text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()),
        "CLAIMS_NOT_JSON"
    );
    for depth in [17, 200, 1_000] {
        let nested = format!(r#","x":{}{}"#, "[".repeat(depth), "]".repeat(depth));
        assert_eq!(refusal_of_claims(claims_with(&nested)), "CLAIMS_TOO_DEEP", "{depth}");
        let header = format!(r#"{{"alg":"RSA-OAEP-256","enc":"A256GCM"{nested}}}"#);
        refused_before_any_key(&good().raw_outer_header(&header).build(), "JWE_HEADER_NOT_JSON");
        let header = format!(r#"{{"alg":"RS256"{nested}}}"#);
        assert_eq!(refusal(&good().raw_inner_header(&header).build()), "JWS_HEADER_NOT_JSON");
    }
    for header in ["", "null", "[]", "{", "{}x", "\u{feff}{}"] {
        refused_before_any_key(&good().raw_outer_header(header).build(), "JWE_HEADER_NOT_JSON");
        assert_eq!(refusal(&good().raw_inner_header(header).build()), "JWS_HEADER_NOT_JSON");
    }
}

/// Values that are not a string.
fn not_strings() -> [Value; 6] {
    [json!(1), json!(null), json!(true), json!(["user-1"]), json!({ "id": "user-1" }), json!(1.5)]
}

/// Values that are not a whole number.
fn not_integers() -> [Value; 9] {
    [
        json!("never"),
        json!(NOW.to_string()),
        json!(null),
        json!([NOW]),
        json!({ "exp": NOW }),
        json!(1e300),
        json!(true),
        json!(NOW as f64 + 60.5),
        json!(NOW as f64 + 60.0),
    ]
}

#[test]
fn d15_exp_has_one_type() {
    for value in not_integers() {
        assert_eq!(refusal(&good().claim("exp", value.clone()).build()), "EXP_NOT_AN_INTEGER", "{value}");
    }
    assert_eq!(refusal(&good().claim("exp", -1).build()), "EXP_OUT_OF_RANGE");
    assert_eq!(refusal(&good().claim("exp", i64::MIN).build()), "EXP_OUT_OF_RANGE");
    assert_eq!(refusal(&good().claim("exp", i64::MAX).build()), "EXP_IN_MILLISECONDS");
    assert_eq!(refusal(&good().claim("exp", u64::MAX).build()), "EXP_NOT_AN_INTEGER");
    assert_eq!(refusal(&good().claim("exp", (NOW + 60) * 1_000).build()), "EXP_IN_MILLISECONDS");
    assert_eq!(refusal(&good().claim("exp", 0).build()), "TOKEN_EXPIRED");
    assert_eq!(refusal(&good().without_claim("exp").build()), "EXP_MISSING");
}

#[test]
fn d15_optional_times_are_checked_when_present() {
    for value in not_integers() {
        assert_eq!(refusal(&good().claim("nbf", value.clone()).build()), "NBF_NOT_AN_INTEGER", "{value}");
        assert_eq!(refusal(&good().claim("iat", value.clone()).build()), "IAT_NOT_AN_INTEGER", "{value}");
    }
    assert_eq!(refusal(&good().claim("nbf", "9999999999").build()), "NBF_NOT_AN_INTEGER");
    assert_eq!(refusal(&good().claim("nbf", -1).build()), "NBF_NOT_AN_INTEGER");
    assert_eq!(refusal(&good().claim("nbf", NOW * 1_000).build()), "NBF_NOT_AN_INTEGER");
    assert_eq!(refusal(&good().claim("nbf", NOW + 3_600).build()), "TOKEN_NOT_YET_VALID");
    assert_eq!(refusal(&good().claim("nbf", NOW + 120).build()), "CLOCK_SKEW_SUSPECTED");
    assert_eq!(refusal(&good().claim("iat", NOW + 3_600).build()), "IAT_IN_THE_FUTURE");
    assert_eq!(
        refusal(&good().claim("iat", NOW + 60).claim("exp", NOW + 120).build()),
        "CLOCK_SKEW_SUSPECTED"
    );
    assert_eq!(refusal(&good().claim("iat", NOW).claim("exp", NOW).build()), "EXP_BEFORE_IAT");
}

#[test]
fn d15_the_audience_and_token_id_have_one_type() {
    for value in [
        json!(1),
        json!(null),
        json!({ "aud": "shop" }),
        json!([1]),
        json!(["shop", null]),
        json!([["shop"]]),
    ] {
        assert_eq!(refusal(&good().claim("aud", value.clone()).build()), "AUDIENCE_NOT_A_STRING", "{value}");
    }
    for value in not_strings().into_iter().chain([json!(""), json!("x".repeat(256))]) {
        assert_eq!(refusal(&good().claim("jti", value).build()), "JTI_INVALID");
    }
    assert!(open(&good().claim("jti", "😀".repeat(255)).build()).is_ok());
}

#[test]
fn d15_user_id_has_one_type_and_1_to_255_characters() {
    for value in not_strings() {
        assert_eq!(
            refusal(&good().product_claim("userId", value.clone()).build()),
            "USER_ID_NOT_A_STRING",
            "{value}"
        );
    }
    assert_eq!(refusal(&good().product_claim("userId", "").build()), "USER_ID_EMPTY");
    assert_eq!(refusal(&good().product_claim("userId", "x".repeat(256)).build()), "USER_ID_TOO_LONG");
    // Characters, not bytes and not UTF-16 units.
    for character in ["x", "é", "漢", "😀"] {
        let longest = character.repeat(255);
        assert_eq!(
            open(&good().product_claim("userId", longest.as_str()).build()).unwrap().user_id(),
            longest
        );
        let longer = character.repeat(256);
        assert_eq!(refusal(&good().product_claim("userId", longer).build()), "USER_ID_TOO_LONG");
    }
    for control in ["a\u{0}", "\n", "a\tb", "\u{7f}", "\u{85}", "a\r\nb"] {
        assert_eq!(
            refusal(&good().product_claim("userId", control).build()),
            "USER_ID_NOT_PRINTABLE",
            "{control:?}"
        );
    }
    let without = || good().without_claim(&format!("{CLAIM_PREFIX}userId"));
    assert_eq!(refusal(&without().build()), "USER_ID_MISSING");
    assert_eq!(refusal(&without().claim("sub", "user-1").build()), "USER_ID_MISSING");
    for name in
        ["userId", "http://iadvize.com/userId", "https://iadvize.com//userId", "https://example.com/userId"]
    {
        assert_eq!(refusal(&without().claim(name, "user-1").build()), "CLAIM_PREFIX_MISSING", "{name}");
    }
    assert_eq!(refusal(&without().claim("https://iadvize.com/userid", "user-1").build()), "USER_ID_MISSING");
}

#[test]
fn d15_the_issuer_is_required_and_checked_against_the_list() {
    for value in not_strings().into_iter().chain([json!(""), json!("x".repeat(1_025))]) {
        assert_eq!(refusal(&good().claim("iss", value).build()), "ISSUER_NOT_A_STRING");
    }
    assert_eq!(refusal(&good().without_claim("iss").build()), "ISSUER_MISSING");
    let policy = signet_token::Policy {
        issuers: vec!["https://a.example".to_owned(), "https://shop.example".to_owned()],
        ..Default::default()
    };
    let refusal =
        |token: String| crate::support::open_under(&token, &policy).map_err(|error| error.fine_code());
    assert!(refusal(good().build()).is_ok());
    for issuer in ["https://shop.example/", "https://SHOP.example", "https://b.example", "*"] {
        assert_eq!(refusal(good().claim("iss", issuer).build()).unwrap_err(), "ISSUER_NOT_ALLOWED");
    }
}

#[test]
fn d15_visitor_data_has_strings_of_at_most_1024_characters() {
    let members = ["address", "city", "country", "email", "firstName", "lastName", "phoneNumber", "zipCode"];
    for member in members {
        for value in not_strings() {
            let token = good().visitor_data(json!({ member: value })).build();
            assert_eq!(refusal(&token), "VISITOR_DATA_NOT_A_STRING", "{member}");
        }
        let longest = "é".repeat(1_024);
        assert!(open(&good().visitor_data(json!({ member: longest })).build()).is_ok());
        let token = good().visitor_data(json!({ member: format!("{longest}x") })).build();
        assert_eq!(refusal(&token), "VISITOR_DATA_TOO_LONG", "{member}");
        assert!(open(&good().visitor_data(json!({ member: "" })).build()).is_ok());
    }
    for value in [json!(null), json!([]), json!("Jane"), json!(1)] {
        assert_eq!(refusal(&good().visitor_data(value).build()), "VISITOR_DATA_NOT_AN_OBJECT");
    }
    assert_eq!(refusal(&good().claim("visitorData", json!({})).build()), "CLAIM_PREFIX_MISSING");
}

#[test]
fn claims_of_a_token_that_did_not_verify_are_never_judged() {
    // Expired, malformed and of a stranger: the only answer is about the signature.
    let token = good().signed_by(&FIXTURE.foreign).without_inner_header("kid").payload("{").build();
    assert_eq!(refusal(&token), "JWS_SIGNATURE_INVALID");
}
