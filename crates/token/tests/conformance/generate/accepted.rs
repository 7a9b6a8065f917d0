//! Tokens that must be accepted: a verifier that is too strict breaks providers that did nothing wrong.

use serde_json::{Value, json};

use super::{Group, NOW, NOW_MS, Setting, without};
use crate::token_factory::{CLAIM_PREFIX, TokenBuilder};

pub(crate) fn write(group: &mut Group<'_>) {
    headers(group);
    keys(group);
    claims(group);
    times(group);
    policies(group);
}

fn accept(
    group: &mut Group<'_>,
    title: &str,
    reference: &str,
    change: impl Fn(TokenBuilder<'_>) -> TokenBuilder<'_>,
) {
    let token = change(group.good()).build();
    group.accept(title, reference, token);
}

fn headers(group: &mut Group<'_>) {
    accept(group, "everything usual", "4.1", |token| token);
    accept(group, "no member that may be left out", "4.2", |token| {
        token
            .without_outer_header("kid")
            .without_outer_header("cty")
            .without_inner_header("kid")
            .without_inner_header("typ")
    });
    for typ in ["JWT", "jwt", "application/jwt", "JOSE", "JWS", "visitor+jwt", "application/visitor+jwt"] {
        accept(group, &format!("inner typ {typ}"), "4.3; RFC 7515 4.1.9", |token| {
            token.inner_header("typ", typ)
        });
    }
    for typ in ["JWT", "JOSE", "jwe", "application/JWT"] {
        accept(group, &format!("outer typ {typ}"), "4.2", |token| token.outer_header("typ", typ));
    }
    for cty in ["JWT", "jwt", "application/jwt"] {
        accept(group, &format!("outer cty {cty}"), "4.2; RFC 7519 5.2", |token| {
            token.outer_header("cty", cty)
        });
    }
    for cty in ["JWT", "json", "application/json"] {
        accept(group, &format!("inner cty {cty}"), "4.3", |token| token.inner_header("cty", cty));
    }
    accept(group, "header members nobody knows are ignored", "4.2; RFC 7515 4", |token| {
        token
            .outer_header("x-trace", json!({ "a": [1] }))
            .inner_header("x-trace", true)
            .inner_header("x5t", "AAAA")
    });
    let spaced = r#" { "alg" : "RS256" , "typ" : "JWT" } "#;
    accept(group, "white space in the signature header", "3.3", |token| token.raw_inner_header(spaced));
    let escaped = r#"{"\u0061lg":"RSA-OAEP-\u003256","enc":"A256GCM"}"#;
    accept(group, "escapes in the encryption header", "3.3", |token| token.raw_outer_header(escaped));
}

fn keys(group: &mut Group<'_>) {
    let both = ["customer-1", "customer-2", "customer-unnamed"];
    for name in both {
        let factory = group.keys.factory(name, "platform-rsa");
        let fingerprint = factory.signing_key.verification_key().fingerprint().to_string();
        let usual = json!({ "userId": "user-1", "signingKey": fingerprint });
        let token = factory.token("user-1", NOW_MS).build();
        let setting = || Setting::default().project(&both);
        group.accept_in(setting(), &format!("one of three keys: {name}"), "5.4", token, usual.clone());
        let token = factory.token("user-1", NOW_MS).without_inner_header("kid").build();
        group.accept_in(
            setting(),
            &format!("{name} without kid: every key is tried"),
            "5.4",
            token,
            usual.clone(),
        );
        let token = factory.token("user-1", NOW_MS).inner_header("kid", fingerprint.as_str()).build();
        group.accept_in(setting(), &format!("{name} by its thumbprint"), "5.4; RFC 7638", token, usual);
    }
    let factory = group.keys.factory("customer-unnamed", "platform-rsa");
    let token = factory.token("user-1", NOW_MS).inner_header("kid", "a name of the provider's own").build();
    let setting = Setting::default().project(&["customer-unnamed"]);
    group.accept_in(
        setting,
        "any kid for a key registered without a key id",
        "5.4",
        token,
        json!({ "userId": "user-1" }),
    );
    for name in ["platform-rsa", "platform-rsa-2"] {
        let factory = group.keys.factory("customer-1", name);
        let setting = || Setting::default().platform(&["platform-rsa", "platform-rsa-2"]);
        let token = factory.token("user-1", NOW_MS).build();
        group.accept_in(
            setting(),
            &format!("one of two platform keys: {name}"),
            "5.2",
            token,
            json!({ "userId": "user-1" }),
        );
        let token = factory.token("user-1", NOW_MS).without_outer_header("kid").build();
        group.accept_in(
            setting(),
            &format!("{name} without kid"),
            "5.2",
            token,
            json!({ "userId": "user-1" }),
        );
    }
}

fn claims(group: &mut Group<'_>) {
    for (title, user_id) in [
        ("one character", "x".to_owned()),
        ("255 characters", "x".repeat(255)),
        ("255 characters outside the basic plane", "😀".repeat(255)),
        ("letters of other scripts", "Ζωή-娟-é".to_owned()),
        ("an address", "zoe@mail.example".to_owned()),
        ("white space inside and around", " a b ".to_owned()),
        ("digits", "0042".to_owned()),
    ] {
        let token = group.good().product_claim("userId", user_id.as_str()).build();
        group.accept_in(
            Setting::default(),
            &format!("userId of {title}"),
            "6.1",
            token,
            json!({ "userId": user_id }),
        );
    }
    accept(group, "iss of 1,024 characters", "6.2", |token| token.claim("iss", "i".repeat(1_024)));
    accept(group, "aud as text", "6.4", |token| token.claim("aud", "shop"));
    accept(group, "aud as an array", "6.4", |token| token.claim("aud", json!(["other", "shop"])));
    accept(group, "jti of 255 characters", "6.5", |token| token.claim("jti", "j".repeat(255)));
    accept(group, "sub is not ours and no surprise", "6.7", |token| token.claim("sub", "anything"));
    let full: Value = json!({
        "address": "9 rue de la Fosse", "city": "Nantes", "country": "France", "email": "zoe@mail.example",
        "firstName": "Zoë", "lastName": "", "phoneNumber": "+33 2 40 00 00 00", "zipCode": "44000",
    });
    let token = group.good().visitor_data(full.clone()).build();
    let expected = json!({ "visitorData": full, "warnings": [] });
    group.accept_in(Setting::default(), "all of visitorData", "6.6", token, expected);
    let long = json!({ "city": "é".repeat(1_024) });
    let token = group.good().visitor_data(long.clone()).build();
    group.accept_in(
        Setting::default(),
        "visitorData with 1,024 characters",
        "6.6",
        token,
        json!({ "visitorData": long }),
    );
    accept(group, "empty visitorData", "6.6", |token| token.visitor_data(json!({})));
    let token =
        group.good().visitor_data(json!({ "city": "Nantes", "shoeSize": 39, "role": "admin" })).build();
    let expected =
        json!({ "visitorData": { "city": "Nantes" }, "warnings": ["VISITOR_DATA_MEMBERS_IGNORED"] });
    group.accept_in(Setting::default(), "unknown members of visitorData are ignored", "6.6", token, expected);
    let token = group.good().claim("role", "admin").claim("scope", "desk").build();
    let expected = json!({ "userId": "user-1", "warnings": ["CLAIMS_IGNORED"] });
    group.accept_in(
        Setting::default(),
        "unknown claims give no rights and a warning",
        "6.7",
        token,
        expected.clone(),
    );
    let nested = (0..15).fold(json!(1), |inner, _| json!([inner]));
    let token = group.good().claim("deep", nested).build();
    group.accept_in(Setting::default(), "nesting to the limit", "3.3", token, expected.clone());
    let number = format!(
        r#"{{"{CLAIM_PREFIX}userId":"user-1","iss":"i","exp":{},"n":[18446744073709551615,-1.5e300,0]}}"#,
        NOW + 60
    );
    let token = group.good().payload(number).build();
    group.accept_in(Setting::default(), "numbers of any size in claims nobody reads", "3.3", token, expected);
    let claims = group.good().claims_json();
    let token = group.good().payload(claims.replace('/', "\\/")).build();
    group.accept("escaped slashes in claim names", "3.3", token);
    let token = group.good().payload(format!("\r\n\t {claims} \n")).build();
    group.accept("white space around the claims", "3.3", token);
    size(group);
}

/// A token of exactly 8,192 bytes.
fn size(group: &mut Group<'_>) {
    let with = |length: usize, padding: usize| {
        let full = "x".repeat(1_000);
        let data = json!({ "address": full, "city": full, "country": full, "email": "e".repeat(length / 2) });
        let token = group.good().claim("iss", "i".repeat(length - length / 2)).visitor_data(data);
        token.outer_header("x", "x".repeat(padding)).build()
    };
    // Base64 grows in steps of base64: a member of the header takes what is left.
    let length = (600..1_024).rev().find(|length| with(*length, 0).len() <= 8_188).expect("a length");
    let token = (0..64).map(|padding| with(length, padding)).find(|token| token.len() == 8_192);
    group.accept("a token of exactly 8,192 bytes", "3.1", token.expect("a token of this size"));
}

fn times(group: &mut Group<'_>) {
    let cases: [(&str, i64, &[&str]); 4] = [
        ("exp in a second", 1, &[]),
        ("exp five seconds ago, within the leeway", -4, &[]),
        ("exp in 65 seconds: no warning yet", 65, &[]),
        ("exp in 66 seconds: a warning", 66, &["LIFETIME_OVER_ONE_MINUTE"]),
    ];
    for (title, offset, warnings) in cases {
        let token = group.good().claim("exp", NOW + offset).build();
        let expected = json!({ "expiresAt": NOW + offset, "warnings": warnings });
        group.accept_in(Setting::default(), title, "6.3", token, expected);
    }
    let token = group.good().claim("exp", NOW + 86_405).build();
    let expected = json!({ "warnings": ["LIFETIME_OVER_ONE_MINUTE"] });
    group.accept_in(Setting::default(), "exp at the longest lifetime and the leeway", "6.3", token, expected);
    for (title, not_before, issued_at) in [
        ("nbf and iat now", NOW, NOW),
        ("nbf and iat ahead by the leeway", NOW + 5, NOW + 5),
        ("nbf and iat long ago", 0, 0),
    ] {
        let token = group.good().claim("nbf", not_before).claim("iat", issued_at).build();
        let expected = json!({ "notBefore": not_before, "issuedAt": issued_at, "tokenId": null });
        group.accept_in(Setting::default(), title, "6.3", token, expected);
    }
    let token = group.good().claim("exp", NOW).build();
    let setting = Setting::default().at((NOW + 5) * 1_000 - 1);
    group.accept_in(setting, "the last millisecond", "6.3", token, json!({ "userId": "user-1" }));
}

fn policies(group: &mut Group<'_>) {
    let claims = json!({ "userId": "user-1", "iss": "https://shop.example", "exp": NOW + 60 });
    let token = group.good().payload(claims.to_string()).build();
    let setting = Setting::policy(json!({ "claimPrefix": "" }));
    group.accept_in(
        setting,
        "a project without claim prefix",
        "2",
        token,
        json!({ "userId": "user-1", "warnings": [] }),
    );
    let prefixed = json!({ "urn:x:userId": "user-1", "urn:x:visitorData": { "city": "Nantes" }, "iss": "i", "exp": NOW + 60 });
    let token = group.good().payload(prefixed.to_string()).build();
    let setting = Setting::policy(json!({ "claimPrefix": "urn:x:" }));
    let expected = json!({ "visitorData": { "city": "Nantes" }, "warnings": [] });
    group.accept_in(setting, "a claim prefix of the project's own", "2", token, expected);
    let setting = Setting::policy(json!({ "issuers": ["https://a.example", "https://shop.example"] }));
    let token = group.good().build();
    group.accept_in(
        setting,
        "an issuer on the list",
        "6.2",
        token,
        json!({ "issuer": "https://shop.example" }),
    );
    let setting = Setting::policy(json!({ "leewaySeconds": 0 }));
    let token = group.good().claim("exp", NOW + 1).claim("iat", NOW).build();
    group.accept_in(setting, "no leeway, and none needed", "6.3", token, json!({ "userId": "user-1" }));
    let setting = Setting::policy(json!({ "maxLifetimeSeconds": 3_600 }));
    let token = group.good().claim("exp", NOW + 3_605).build();
    group.accept_in(
        setting,
        "the project's own longest lifetime",
        "6.3",
        token,
        json!({ "userId": "user-1" }),
    );
    let strict = json!({ "signatureAlgorithms": ["ES256"], "keyManagement": [] });
    let token = group.good().build();
    group.accept_in(
        Setting::policy(strict),
        "the compatible profile keeps its one pair whatever is switched on",
        "2",
        token,
        without(&json!({ "userId": "user-1", "x": 1 }), "x"),
    );
}
