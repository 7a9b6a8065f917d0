//! Tokens that anybody could have made: they open, and are not signed by the project.

use aws_lc_rs::hmac;
use serde_json::{Value, json};
use signet_token::base64url;

use super::{Group, NOW_MS, Setting, shown};
use crate::token_factory::TokenBuilder;

const JSON_WEB_TOKEN: &str = "4.3; RFC 8725 3.3; D1";

pub(crate) fn write(group: &mut Group<'_>) {
    content(group);
    mac(group);
    algorithms(group);
    headers(group);
    keys(group);
    signatures(group);
    order(group);
}

fn refuse(
    group: &mut Group<'_>,
    title: &str,
    reference: &str,
    fine_code: &str,
    change: impl Fn(TokenBuilder<'_>) -> TokenBuilder<'_>,
) {
    let token = change(group.good()).build();
    group.refuse(title, reference, token, fine_code);
}

/// What else than a signed token can be encrypted.
fn content(group: &mut Group<'_>) {
    let claims = group.good().claims_json();
    let inner = group.good().build_inner();
    let token = group.good().build();
    let unsigned = inner.rsplit_once('.').map_or(String::new(), |(signed, _)| signed.to_owned());
    let payload = base64url::encode(&claims);
    let none = |header: &str| format!("{}.{payload}", base64url::encode(header));
    let cases = [
        ("the claims alone", claims.clone(), "INNER_NOT_A_JWS"),
        ("the claims alone behind white space", format!(" \n{claims}"), "INNER_NOT_A_JWS"),
        ("the claims in base64url", payload.clone(), "INNER_NOT_A_JWS"),
        ("nothing", String::new(), "INNER_NOT_A_JWS"),
        ("text", "user-1".to_owned(), "INNER_NOT_A_JWS"),
        ("dots", "..".to_owned(), "JWS_HEADER_NOT_JSON"),
        ("five dots", ".....".to_owned(), "INNER_NOT_A_JWS"),
        ("alg none, empty signature", format!("{}.", none(r#"{"alg":"none"}"#)), "JWS_ALG_NONE"),
        ("alg none, no signature", none(r#"{"alg":"none"}"#), "INNER_NOT_A_JWS"),
        ("alg none, somebody's signature", format!("{}.AAAA", none(r#"{"alg":"none"}"#)), "JWS_ALG_NONE"),
        ("alg none and typ JWT", format!("{}.", none(r#"{"typ":"JWT","alg":"none"}"#)), "JWS_ALG_NONE"),
        ("no alg, empty signature", format!("{}.", none("{}")), "JWS_ALG_MISSING"),
        ("alg RS256, empty signature", format!("{unsigned}."), "JWS_SIGNATURE_MISSING"),
        ("alg RS256, no signature", unsigned.clone(), "INNER_NOT_A_JWS"),
        ("an encrypted token", token.clone(), "INNER_IS_ENCRYPTED"),
        ("four parts", format!("{inner}.AAAA"), "INNER_NOT_A_JWS"),
        ("white space in front", format!(" {inner}"), "JWS_NOT_CANONICAL_BASE64URL"),
        ("a line break behind", format!("{inner}\n"), "JWS_NOT_CANONICAL_BASE64URL"),
        ("quotes", format!("{inner:?}"), "JWS_NOT_CANONICAL_BASE64URL"),
        (
            "flattened JSON serialization",
            json!({ "payload": payload, "protected": "e30", "signature": "" }).to_string(),
            "INNER_NOT_A_JWS",
        ),
    ];
    for (title, content, fine_code) in cases {
        refuse(group, &format!("content: {title}"), JSON_WEB_TOKEN, fine_code, |token| {
            token.content(content.clone())
        });
    }
    let utf16: Vec<u8> = inner.encode_utf16().flat_map(u16::to_le_bytes).collect();
    refuse(group, "content: UTF-16", JSON_WEB_TOKEN, "JWS_NOT_CANONICAL_BASE64URL", |token| {
        token.content(utf16.clone())
    });
    refuse(group, "content: bytes that are no text", JSON_WEB_TOKEN, "INNER_NOT_A_JWS", |token| {
        token.content(vec![0xff; 40])
    });
    for (title, payload) in [
        ("a signed token", inner.clone()),
        ("an encrypted token", token),
        ("an unsigned token", format!("{}.", none(r#"{"alg":"none"}"#))),
    ] {
        refuse(
            group,
            &format!("signed once more around {title}"),
            JSON_WEB_TOKEN,
            "INNER_NESTED_TWICE",
            |token| token.payload(payload.clone()),
        );
    }
    for (index, name) in ["header", "payload", "signature"].into_iter().enumerate() {
        for (what, suffix) in
            [("padding", "="), ("a character of the standard alphabet", "+"), ("a space", " ")]
        {
            let mut parts: Vec<String> = inner.split('.').map(str::to_owned).collect();
            parts[index].push_str(suffix);
            refuse(
                group,
                &format!("{what} in the {name}"),
                "3.2; D16",
                "JWS_NOT_CANONICAL_BASE64URL",
                |token| token.content(parts.join(".")),
            );
        }
    }
}

/// D3: the public key as the secret of a MAC.
fn mac(group: &mut Group<'_>) {
    let key = group.main.signing_key.verification_key();
    let (pem, jwk) = (key.to_pem(), key.to_jwk_json());
    let modulus =
        serde_json::from_str::<Value>(&jwk).expect("JWK")["n"].as_str().unwrap_or_default().to_owned();
    let secrets = [
        ("the PEM text", pem.clone().into_bytes()),
        ("the PEM text with CRLF", pem.replace('\n', "\r\n").into_bytes()),
        ("the PEM text behind a space", format!(" {pem}").into_bytes()),
        ("the PEM text without its last line break", pem.trim_end().as_bytes().to_vec()),
        ("the DER", key.to_spki_der()),
        ("the modulus", base64url::decode(&modulus).expect("modulus")),
        ("the JWK", jwk.into_bytes()),
        ("nothing", Vec::new()),
    ];
    let algorithms =
        [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)];
    for (name, algorithm) in algorithms {
        for (what, secret) in &secrets {
            let header =
                base64url::encode(json!({ "alg": name, "typ": "JWT", "kid": "customer-1" }).to_string());
            let signed = format!("{header}.{}", base64url::encode(group.good().claims_json()));
            let mac = hmac::sign(&hmac::Key::new(algorithm, secret), signed.as_bytes());
            let content = format!("{signed}.{}", base64url::encode(mac.as_ref()));
            refuse(
                group,
                &format!("{name} with {what} as secret"),
                "4.3; RFC 8725 3.1; D3",
                "JWS_ALG_SYMMETRIC",
                |token| token.content(content.clone()),
            );
        }
    }
}

fn algorithms(group: &mut Group<'_>) {
    let not_allowed = [
        json!("RS384"),
        json!("RS512"),
        json!("PS256"),
        json!("PS384"),
        json!("PS512"),
        json!("ES256"),
        json!("ES384"),
        json!("ES512"),
        json!("ES256K"),
        json!("EdDSA"),
        json!("Ed25519"),
        json!("RS1"),
        json!("rs256"),
        json!("Rs256"),
        json!("RS256 "),
        json!(" RS256"),
        json!("RS256\u{0}"),
        json!("\u{feff}RS256"),
        json!(""),
        json!(["RS256"]),
        Value::Null,
        json!(256),
        json!(true),
        json!({ "RS256": 1 }),
        json!("RSA-OAEP-256"),
        json!("SHA256withRSA"),
    ];
    for alg in not_allowed {
        refuse(
            group,
            &format!("alg {}", shown(&alg)),
            "4.3; RFC 8725 3.1; D3",
            "JWS_ALG_NOT_ALLOWED",
            |token| token.inner_header("alg", alg.clone()),
        );
    }
    for alg in ["none", "None", "NONE", "nOnE", "none ", " none"] {
        refuse(group, &format!("signed, and alg {alg:?}"), "4.3; D3", "JWS_ALG_NONE", |token| {
            token.inner_header("alg", alg)
        });
    }
    for alg in ["HS256", "hs256", " HS256", "HS512"] {
        refuse(
            group,
            &format!("signed with RSA, and alg {alg:?}"),
            "4.3; D3",
            "JWS_ALG_SYMMETRIC",
            |token| token.inner_header("alg", alg),
        );
    }
    refuse(group, "no alg", "4.3", "JWS_ALG_MISSING", |token| token.without_inner_header("alg"));
}

fn headers(group: &mut Group<'_>) {
    for (title, text) in [
        ("an array", r#"[{"alg":"RS256"}]"#),
        ("cut short", r#"{"alg":"RS256""#),
        ("a trailing comma", r#"{"alg":"RS256",}"#),
        ("a byte order mark", "\u{feff}{\"alg\":\"RS256\"}"),
        ("a lone surrogate", r#"{"alg":"RS256","x":"\udc00"}"#),
        ("something behind it", r#"{"alg":"RS256"}{}"#),
        ("an infinite number", r#"{"alg":"RS256","x":1e999}"#),
        ("negative zero", r#"{"alg":"RS256","x":-0}"#),
        ("nothing", ""),
    ] {
        refuse(group, &format!("signature header: {title}"), "3.3; D14", "JWS_HEADER_NOT_JSON", |token| {
            token.raw_inner_header(text)
        });
    }
    for text in [
        r#"{"alg":"RS256","alg":"RS256"}"#,
        r#"{"alg":"none","alg":"RS256"}"#,
        r#"{"alg":"RS256","\u0061lg":"none"}"#,
        r#"{"alg":"RS256","kid":"customer-1","kid":"x"}"#,
        r#"{"alg":"RS256","x":{"y":1,"y":2}}"#,
    ] {
        refuse(
            group,
            &format!("signature header: {text}"),
            "3.3; RFC 7515 4; D14",
            "JWS_HEADER_DUPLICATE_MEMBER",
            |token| token.raw_inner_header(text),
        );
    }
    for crit in [json!(["exp"]), json!([]), json!(["x"]), Value::Null] {
        refuse(
            group,
            &format!("crit {}", shown(&crit)),
            "4.3; RFC 7515 4.1.11; D13",
            "JWS_CRIT_NOT_ALLOWED",
            |token| token.inner_header("crit", crit.clone()),
        );
    }
    let foreign = group.keys.signer("foreign");
    let jwk: Value = serde_json::from_str(&foreign.verification_key().to_jwk_json()).expect("JWK");
    let own: Value =
        serde_json::from_str(&group.main.signing_key.verification_key().to_jwk_json()).expect("JWK");
    let token = group.good().inner_header("jwk", jwk).signed_by(&foreign).build();
    group.refuse(
        "signed by the key that its own header brings",
        "4.3; RFC 8725 3.10; D12",
        token,
        "JWS_HEADER_KEY_NOT_ALLOWED",
    );
    for (name, value) in [
        ("jwk", own),
        ("jku", json!("https://evil.example/jwks")),
        ("x5u", json!("https://evil.example/c")),
        ("x5c", json!(["AAAA"])),
    ] {
        refuse(
            group,
            &format!("a key in {name}"),
            "4.3; RFC 8725 3.10; D12",
            "JWS_HEADER_KEY_NOT_ALLOWED",
            |token| token.inner_header(name, value.clone()),
        );
    }
    for (name, value) in [
        ("b64", json!(false)),
        ("b64", json!(true)),
        ("zip", json!("DEF")),
        ("enc", json!("A256GCM")),
        ("epk", json!({})),
        ("p2c", json!(1)),
        ("p2s", json!("AA")),
        ("apu", json!("AA")),
        ("apv", json!("AA")),
    ] {
        refuse(
            group,
            &format!("{name} {} in the signature header", shown(&value)),
            "4.3; RFC 7797; D13",
            "JWS_PARAMETER_NOT_ALLOWED",
            |token| token.inner_header(name, value.clone()),
        );
    }
    for typ in [
        json!("at+jwt"),
        json!("logout+jwt"),
        json!("secevent+jwt"),
        json!("dpop+jwt"),
        json!("signet-session+jwt"),
        json!("signet-device+jwt"),
        json!("JWE"),
        json!(""),
        json!(1),
        Value::Null,
        json!(["JWT"]),
    ] {
        refuse(
            group,
            &format!("typ {}", shown(&typ)),
            "4.3; RFC 8725 3.11, 3.12; D21",
            "JWS_TYP_NOT_ALLOWED",
            |token| token.inner_header("typ", typ.clone()),
        );
    }
    for cty in [json!("JWE"), json!("xml"), json!(""), json!(1), Value::Null] {
        refuse(group, &format!("cty {}", shown(&cty)), "4.3", "JWS_CTY_NOT_ALLOWED", |token| {
            token.inner_header("cty", cty.clone())
        });
    }
    for kid in [
        json!(""),
        json!(1),
        Value::Null,
        json!(["customer-1"]),
        json!("k".repeat(256)),
        json!("a\u{0}b"),
        json!("\u{7f}"),
    ] {
        refuse(
            group,
            &format!("kid {}", shown(&kid)),
            "4.3; RFC 8725 3.10; D11",
            "JWS_KEY_ID_INVALID",
            |token| token.inner_header("kid", kid.clone()),
        );
    }
}

fn keys(group: &mut Group<'_>) {
    for kid in
        ["customer-2", "Customer-1", "customer-1 ", "../customer-1", "' OR 1=1 --", "%63ustomer-1", "*"]
    {
        refuse(
            group,
            &format!("kid {kid:?} names no key of the project"),
            "5.4; D11",
            "JWS_KEY_UNKNOWN",
            |token| token.inner_header("kid", kid),
        );
    }
    let token = group.keys.factory("foreign", "platform-rsa").token("user-1", NOW_MS).build();
    group.refuse(
        "signed by another project, whose kid it names",
        "5.4; D11, D20",
        token.clone(),
        "JWS_KEY_UNKNOWN",
    );
    let setting = Setting::default().project(&["customer-1", "customer-unnamed"]);
    group.refuse_in(
        setting,
        "another project's kid where keys without key id are",
        "5.4",
        token,
        "JWS_SIGNATURE_INVALID",
    );
    let token = group
        .keys
        .factory("foreign", "platform-rsa")
        .token("user-1", NOW_MS)
        .without_inner_header("kid")
        .build();
    group.refuse("signed by another project, no kid", "5.4; D20", token, "JWS_SIGNATURE_INVALID");
    let token = group.keys.factory("foreign-customer-1", "platform-rsa").token("user-1", NOW_MS).build();
    group.refuse("signed by another project under the same kid", "5.4; D20", token, "JWS_SIGNATURE_INVALID");
    let thumbprint = group.main.signing_key.verification_key().fingerprint().to_string();
    let foreign = group.keys.signer("foreign");
    let token = group.good().inner_header("kid", thumbprint).signed_by(&foreign).build();
    group.refuse(
        "signed by another project under the key's thumbprint",
        "5.4",
        token,
        "JWS_SIGNATURE_INVALID",
    );
    let token = group.good().build();
    group.refuse_in(
        Setting::default().project(&[]),
        "a project without keys",
        "5.4",
        token.clone(),
        "PROJECT_HAS_NO_ACTIVE_KEY",
    );
    group.refuse_in(
        Setting::default().project(&["customer-2"]),
        "a key that is no longer active",
        "5.4",
        token,
        "JWS_KEY_UNKNOWN",
    );
    let factory = group.keys.factory("customer-2", "platform-rsa");
    let token = factory.token("user-1", NOW_MS).inner_header("kid", "customer-1").build();
    let setting = Setting::default().project(&["customer-1", "customer-2"]);
    group.refuse_in(
        setting,
        "kid names one key of the project, signed by the other",
        "5.4",
        token,
        "JWS_SIGNATURE_INVALID",
    );
    for (key, alg) in [("customer-es256", "ES256"), ("customer-eddsa", "EdDSA"), ("customer-ps256", "PS256")]
    {
        let token = group.keys.factory(key, "platform-rsa").token("user-1", NOW_MS).build();
        let setting = Setting::default().project(&[key]);
        group.refuse_in(
            setting,
            &format!("{alg}, which the compatible profile has not"),
            "4.3",
            token,
            "JWS_ALG_NOT_ALLOWED",
        );
        let setting = Setting::default().project(&[key]);
        let token = group
            .keys
            .factory(key, "platform-rsa")
            .token("user-1", NOW_MS)
            .inner_header("alg", "RS256")
            .build();
        group.refuse_in(
            setting,
            &format!("a key for {alg} behind alg RS256"),
            "5.4; D3",
            token,
            "JWS_ALG_NOT_OF_KEY",
        );
    }
}

fn signatures(group: &mut Group<'_>) {
    let inner = group.good().build_inner();
    let other = group.good().product_claim("userId", "user-2").build_inner();
    let (signed, signature) =
        inner.rsplit_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap_or_default();
    let other_signature = other.rsplit_once('.').map_or(String::new(), |(_, b)| b.to_owned());
    let bytes = base64url::decode(&signature).expect("signature");
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = bytes.clone();
        change(&mut bytes);
        base64url::encode(bytes)
    };
    let cases = [
        ("of other claims", other_signature),
        ("with its first bit changed", changed(&|bytes| bytes[0] ^= 0x80)),
        ("with its last bit changed", changed(&|bytes| bytes[255] ^= 1)),
        ("cut by a byte", changed(&|bytes| bytes.truncate(255))),
        ("longer by a byte", changed(&|bytes| bytes.push(0))),
        ("behind a zero byte", changed(&|bytes| bytes.insert(0, 0))),
        ("of zeros", changed(&|bytes| bytes.fill(0))),
        ("of ones", changed(&|bytes| bytes.fill(0xff))),
        ("of one byte", changed(&|bytes| bytes.truncate(1))),
        (
            "that is the number one",
            changed(&|bytes| {
                bytes.fill(0);
                bytes[255] = 1;
            }),
        ),
    ];
    for (title, signature) in cases {
        let content = format!("{signed}.{signature}");
        refuse(
            group,
            &format!("a signature {title}"),
            "5.4; RFC 7515 5.2",
            "JWS_SIGNATURE_INVALID",
            |token| token.content(content.clone()),
        );
    }
    let claims = base64url::encode(group.good().product_claim("userId", "admin").claims_json());
    let parts: Vec<&str> = inner.split('.').collect();
    let content = [parts[0], &claims, parts[2]].join(".");
    refuse(group, "claims exchanged under the signature", "5.4", "JWS_SIGNATURE_INVALID", |token| {
        token.content(content.clone())
    });
    let header = base64url::encode(r#"{"alg":"RS256"}"#);
    let content = [header.as_str(), parts[1], parts[2]].join(".");
    refuse(group, "the header exchanged under the signature", "5.4", "JWS_SIGNATURE_INVALID", |token| {
        token.content(content.clone())
    });
    let pss = group
        .keys
        .signer("customer-1")
        .with_algorithm(signet_token::SignatureAlgorithm::Ps256)
        .expect("PS256");
    let token = group.good().signed_by(&pss).build();
    group.refuse("a PS256 signature behind alg RS256", "5.4; D3", token, "JWS_SIGNATURE_INVALID");
}

/// Which of two faults gives the word.
fn order(group: &mut Group<'_>) {
    let foreign = group.keys.signer("foreign");
    let token = group.good().inner_header("typ", "at+jwt").signed_by(&foreign).build();
    group.refuse("typ before the signature", "4.3", token, "JWS_TYP_NOT_ALLOWED");
    let token = group.good().inner_header("alg", "none").inner_header("crit", json!([])).build();
    group.refuse("what must be absent before alg", "4.3", token, "JWS_CRIT_NOT_ALLOWED");
    let token = group.good().payload("[]").signed_by(&foreign).build();
    group.refuse("the signature before the claims", "5", token, "JWS_SIGNATURE_INVALID");
    let inner = group.good().inner_header("alg", "none").build_inner();
    let token = group.good().content(format!("{inner}=")).build();
    group.refuse("alg, before the other parts are decoded", "5.4", token, "JWS_ALG_NONE");
}
