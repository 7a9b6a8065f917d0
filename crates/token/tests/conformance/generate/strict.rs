//! The strict profile: what it asks for in addition, and the further algorithms.

use serde_json::{Value, json};
use signet_token::base64url;

use super::{Group, NOW, NOW_MS, SITE, Setting, shown, without};
use crate::token_factory::{Part, TokenBuilder, TokenFactory, with_part};

/// Customer keys with the algorithm each is for.
const SIGNERS: [(&str, &str); 4] = [
    ("customer-1", "RS256"),
    ("customer-ps256", "PS256"),
    ("customer-es256", "ES256"),
    ("customer-eddsa", "EdDSA"),
];
/// Platform keys with the setting that switches their algorithm on.
const PLATFORMS: [(&str, &str); 3] = [
    ("platform-rsa", "RSA-OAEP-256"),
    ("platform-p256", "ECDH-ES+A256KW/P-256"),
    ("platform-x25519", "ECDH-ES+A256KW/X25519"),
];

pub(crate) fn write(group: &mut Group<'_>) {
    members(group);
    claims(group);
    pairs(group);
    mixed_up(group);
    ephemeral_keys(group);
    agreements(group);
    order(group);
}

fn good(factory: &TokenFactory) -> TokenBuilder<'_> {
    factory.token("user-1", NOW_MS).strict(SITE, "token-1")
}

/// Strict with these algorithms.
fn setting(signatures: &[&str], management: &[&str]) -> Setting {
    Setting::policy(
        json!({ "profile": "strict", "signatureAlgorithms": signatures, "keyManagement": management }),
    )
}

fn everything() -> Setting {
    setting(&SIGNERS.map(|(_, alg)| alg), &PLATFORMS.map(|(_, name)| name))
}

fn refuse(
    group: &mut Group<'_>,
    title: &str,
    reference: &str,
    fine_code: &str,
    change: impl Fn(TokenBuilder<'_>) -> TokenBuilder<'_>,
) {
    let token = change(good(&group.main)).build();
    group.refuse_in(Setting::strict(), title, reference, token, fine_code);
}

fn accept(
    group: &mut Group<'_>,
    title: &str,
    reference: &str,
    change: impl Fn(TokenBuilder<'_>) -> TokenBuilder<'_>,
) {
    let token = change(good(&group.main)).build();
    let expected = json!({ "userId": "user-1", "tokenId": "token-1", "issuedAt": NOW, "warnings": [] });
    group.accept_in(Setting::strict(), title, reference, token, expected);
}

fn members(group: &mut Group<'_>) {
    accept(group, "everything the strict profile asks for", "4, 6", |token| token);
    accept(group, "typ with its prefix", "4.3", |token| token.inner_header("typ", "application/visitor+jwt"));
    accept(group, "typ in capitals", "4.3; RFC 7515 4.1.9", |token| token.inner_header("typ", "VISITOR+JWT"));
    accept(group, "aud as an array", "6.4", |token| token.claim("aud", json!(["shop", "other"])));
    refuse(group, "no inner typ", "4.3; RFC 8725 3.11", "JWS_TYP_MISSING", |token| {
        token.without_inner_header("typ")
    });
    for typ in [
        json!("JWT"),
        json!("JWS"),
        json!("JOSE"),
        json!("at+jwt"),
        json!("visitor"),
        json!("visitor+jws"),
        json!("signet-session+jwt"),
        json!(1),
        Value::Null,
    ] {
        refuse(
            group,
            &format!("typ {}", shown(&typ)),
            "4.3; RFC 8725 3.11",
            "JWS_TYP_NOT_ALLOWED",
            |token| token.inner_header("typ", typ.clone()),
        );
    }
    refuse(group, "no outer kid", "4.2", "JWE_KEY_ID_MISSING", |token| token.without_outer_header("kid"));
    refuse(group, "no inner kid", "4.3", "JWS_KEY_ID_MISSING", |token| token.without_inner_header("kid"));
    refuse(group, "encrypted and not signed", "4.3; D1", "INNER_NOT_A_JWS", |token| {
        let claims = token.claims_json();
        token.content(claims)
    });
    refuse(group, "alg none", "4.3; D1, D3", "JWS_ALG_NONE", |token| token.inner_header("alg", "none"));
    let token = good(&group.main).build_inner();
    group.refuse_in(Setting::strict(), "signed and not encrypted", "3.2; D2", token, "TOKEN_NOT_ENCRYPTED");
    let token = group.good().build();
    group.refuse_in(
        Setting::strict(),
        "a token of the compatible profile",
        "4",
        token,
        "JWS_TYP_NOT_ALLOWED",
    );
}

fn claims(group: &mut Group<'_>) {
    for (name, fine_code) in [
        ("aud", "AUDIENCE_MISSING"),
        ("iat", "IAT_MISSING"),
        ("jti", "JTI_MISSING"),
        ("exp", "EXP_MISSING"),
        ("iss", "ISSUER_MISSING"),
    ] {
        refuse(group, &format!("no {name}"), "6; D15", fine_code, |token| token.without_claim(name));
    }
    for (name, fine_code) in
        [("aud", "AUDIENCE_NOT_A_STRING"), ("iat", "IAT_NOT_AN_INTEGER"), ("jti", "JTI_INVALID")]
    {
        refuse(group, &format!("{name} null is not absent"), "6; D15", fine_code, |token| {
            token.claim(name, Value::Null)
        });
    }
    refuse(group, "aud of another site", "6.4; D19", "AUDIENCE_MISMATCH", |token| token.claim("aud", "bank"));
    accept(group, "exp a minute after iat", "6.3", |token| token.claim("exp", NOW + 60));
    refuse(group, "exp 61 seconds after iat", "6.3; D18", "LIFETIME_TOO_LONG", |token| {
        token.claim("exp", NOW + 61)
    });
    refuse(group, "iat a day ago", "6.3; D18", "LIFETIME_TOO_LONG", |token| token.claim("iat", NOW - 86_400));
    refuse(group, "exp an hour away", "6.3; D18", "LIFETIME_TOO_LONG", |token| {
        token.claim("exp", NOW + 3_600)
    });
    refuse(group, "iat ahead", "6.3; D18", "CLOCK_SKEW_SUSPECTED", |token| token.claim("iat", NOW + 61));
    refuse(group, "expired", "6.3", "TOKEN_EXPIRED", |token| {
        token.claim("exp", NOW - 5).claim("iat", NOW - 60)
    });
    let longer = Setting::policy(json!({ "profile": "strict", "maxLifetimeSeconds": 300 }));
    let token = good(&group.main).claim("exp", NOW + 300).build();
    let expected = json!({ "userId": "user-1", "warnings": ["LIFETIME_OVER_ONE_MINUTE"] });
    group.accept_in(longer, "the project's own lifetime", "6.3", token, expected);
}

fn pairs(group: &mut Group<'_>) {
    for (signer, alg) in SIGNERS {
        for (platform, name) in PLATFORMS {
            let factory = group.keys.factory(signer, platform);
            let token = good(&factory).build();
            let keys = |setting: Setting| setting.project(&[signer]).platform(&[platform]);
            let expected = json!({ "userId": "user-1", "warnings": [] });
            group.accept_in(
                keys(setting(&[alg], &[name])),
                &format!("{alg} inside {name}"),
                "5",
                token.clone(),
                expected,
            );
            let others: Vec<&str> =
                SIGNERS.iter().map(|(_, other)| *other).filter(|other| *other != alg).collect();
            let off = keys(setting(&others, &[name]));
            group.refuse_in(
                off,
                &format!("{alg} inside {name}, {alg} not switched on"),
                "2; RFC 8725 3.1",
                token.clone(),
                "JWS_ALG_NOT_ALLOWED",
            );
            let others: Vec<&str> =
                PLATFORMS.iter().map(|(_, other)| *other).filter(|other| *other != name).collect();
            let fine_code = if name == "RSA-OAEP-256" { "JWE_ALG_NOT_ALLOWED" } else { "JWE_EPK_INVALID" };
            let off = keys(setting(&[alg], &others));
            group.refuse_in(
                off,
                &format!("{alg} inside {name}, {name} not switched on"),
                "2; RFC 8725 3.1",
                token.clone(),
                fine_code,
            );
            if name != "RSA-OAEP-256" {
                let off = keys(setting(&[alg], &["RSA-OAEP-256"]));
                group.refuse_in(
                    off,
                    &format!("{alg} inside {name} where only RSA is on"),
                    "2",
                    token,
                    "JWE_ALG_NOT_ALLOWED",
                );
            }
        }
    }
    let factory = group.keys.factory("customer-1", "platform-rsa");
    let token = good(&factory).build();
    group.refuse_in(
        setting(&["RS256"], &[]),
        "no key management switched on",
        "2",
        token.clone(),
        "JWE_ALG_NOT_ALLOWED",
    );
    group.refuse_in(
        setting(&[], &["RSA-OAEP-256"]),
        "no signature algorithm switched on",
        "2",
        token,
        "JWS_ALG_NOT_ALLOWED",
    );
}

/// A key is for one algorithm (D3).
fn mixed_up(group: &mut Group<'_>) {
    let signers = SIGNERS.map(|(name, _)| name);
    for (signer, own) in SIGNERS {
        for (_, claimed) in SIGNERS.iter().filter(|(_, alg)| *alg != own) {
            let factory = group.keys.factory(signer, "platform-rsa");
            let token = good(&factory).inner_header("alg", *claimed).build();
            let title = format!("a key for {own} behind alg {claimed}");
            group.refuse_in(
                everything().project(&signers),
                &title,
                "5.4; RFC 8725 3.1; D3",
                token,
                "JWS_ALG_NOT_OF_KEY",
            );
        }
        let factory = group.keys.factory(signer, "platform-rsa");
        let inner = good(&factory).build_inner();
        let (signed, signature) = inner.rsplit_once('.').expect("signature");
        let bytes = base64url::decode(signature).expect("signature");
        let mut changes: Vec<(&str, Vec<u8>)> = vec![
            ("cut by a byte", bytes[..bytes.len() - 1].to_vec()),
            ("longer by a byte", [bytes.as_slice(), &[0]].concat()),
            ("of zeros", vec![0; bytes.len()]),
            (
                "with one bit changed",
                bytes.iter().enumerate().map(|(at, byte)| if at == 9 { byte ^ 1 } else { *byte }).collect(),
            ),
        ];
        if own == "ES256" {
            let half = |number: &[u8]| [&[2, 33, 0], number].concat();
            let (r, s) = bytes.split_at(32);
            changes.push(("in DER", [&[0x30, 70], half(r).as_slice(), &half(s)].concat()));
        }
        for (title, signature) in changes {
            let content = format!("{signed}.{}", base64url::encode(signature));
            let token = good(&factory).content(content).build();
            group.refuse_in(
                everything().project(&signers),
                &format!("an {own} signature {title}"),
                "5.4",
                token,
                "JWS_SIGNATURE_INVALID",
            );
        }
    }
}

/// What can stand in `epk` (D10).
fn ephemeral_keys(group: &mut Group<'_>) {
    let public = |group: &Group<'_>, name: &str| {
        let jwk = group.keys.platform_jwk(name);
        ["use", "alg", "kid"].iter().fold(jwk, |jwk, member| without(&jwk, member))
    };
    let point = public(group, "platform-p256");
    let octets = public(group, "platform-x25519");
    let with = |jwk: &Value, name: &str, value: Value| {
        let mut jwk = jwk.clone();
        jwk[name] = value;
        jwk
    };
    let zeros = json!(base64url::encode([0; 32]));
    let invalid = [
        ("a point off the curve", with(&point, "y", point["x"].clone())),
        ("a coordinate beyond the field", with(&point, "x", json!(base64url::encode([0xff; 32])))),
        ("the point (0, 0)", json!({ "kty": "EC", "crv": "P-256", "x": zeros, "y": zeros })),
        ("infinity as empty coordinates", json!({ "kty": "EC", "crv": "P-256", "x": "", "y": "" })),
        ("a compressed point", without(&point, "y")),
        ("P-384 by name", with(&point, "crv", json!("P-384"))),
        ("secp256k1 by name", with(&point, "crv", json!("secp256k1"))),
        ("Ed25519 by name", with(&octets, "crv", json!("Ed25519"))),
        ("X448 by name", with(&octets, "crv", json!("X448"))),
        ("an EC key called OKP", with(&point, "kty", json!("OKP"))),
        ("an OKP key called EC", with(&octets, "kty", json!("EC"))),
        ("no crv", without(&octets, "crv")),
        ("no kty", without(&octets, "kty")),
        ("no x", without(&octets, "x")),
        ("31 bytes", with(&octets, "x", json!(base64url::encode([9; 31])))),
        ("33 bytes", with(&octets, "x", json!(base64url::encode([9; 33])))),
        ("a coordinate with a leading zero", with(&point, "x", json!(base64url::encode([0; 33])))),
        ("padding", with(&octets, "x", json!(format!("{}=", octets["x"].as_str().unwrap_or_default())))),
        ("its private part", with(&octets, "d", zeros.clone())),
        ("an RSA key", json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB" })),
        ("text", json!("X25519")),
        ("null", Value::Null),
        ("an array", json!([octets])),
        ("an empty object", json!({})),
    ];
    let factory = group.keys.factory("customer-eddsa", "platform-x25519");
    let keys = || {
        everything().project(&["customer-eddsa"]).platform(&[
            "platform-x25519",
            "platform-p256",
            "platform-rsa",
        ])
    };
    for (title, epk) in invalid {
        let token = good(&factory).outer_header("epk", epk).build();
        group.refuse_in(keys(), &format!("epk: {title}"), "5.2; RFC 8725 3.4; D10", token, "JWE_EPK_INVALID");
    }
    let header = json!({ "alg": "ECDH-ES+A256KW", "enc": "A256GCM", "kid": factory.encryption_key.key_id() });
    let token = good(&factory).raw_outer_header(&header.to_string()).build();
    group.refuse_in(keys(), "no epk", "4.2", token, "JWE_EPK_MISSING");
    let number = |first: u8, middle: u8, last: u8| {
        let mut bytes = [middle; 32];
        (bytes[0], bytes[31]) = (first, last);
        bytes
    };
    let small_order = [
        ("0", number(0, 0, 0)),
        ("1", number(1, 0, 0)),
        ("-1", number(0xec, 0xff, 0x7f)),
        ("the prime, another 0", number(0xed, 0xff, 0x7f)),
        ("another 1", number(0xee, 0xff, 0x7f)),
    ];
    for (title, u) in small_order {
        let epk = json!({ "kty": "OKP", "crv": "X25519", "x": base64url::encode(u) });
        let token = wrapped_for_zero_secret(&good(&factory).outer_header("epk", epk).build());
        group.refuse_in(
            keys(),
            &format!("small order: {title}"),
            "5.2; RFC 7748 6.1; D10",
            token,
            "TOKEN_UNDECRYPTABLE",
        );
    }
    for (title, epk) in
        [("a key of its own curve that is not the sender's", octets), ("a key on the other curve", point)]
    {
        let token = good(&factory).outer_header("epk", epk).build();
        group.refuse_in(keys(), &format!("epk: {title}"), "5.2; D10", token, "TOKEN_UNDECRYPTABLE");
    }
}

/// The token with its content key wrapped under what is derived from an all-zero secret, which needs no private key.
fn wrapped_for_zero_secret(token: &str) -> String {
    use aws_lc_rs::digest::{SHA256, digest};
    use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrap as _};

    let name = b"ECDH-ES+A256KW";
    let length = (name.len() as u32).to_be_bytes();
    let info = [&1_u32.to_be_bytes()[..], &[0; 32], &length, name, &[0; 8], &256_u32.to_be_bytes()].concat();
    let kek = AesKek::new(&AES_256, digest(&SHA256, &info).as_ref()).expect("key");
    let mut wrapped = vec![0; 40];
    kek.wrap(&[0x4b; 32], &mut wrapped).expect("key wrap");
    with_part(token, Part::EncryptedKey, |bytes| *bytes = wrapped)
}

fn agreements(group: &mut Group<'_>) {
    for platform in ["platform-p256", "platform-x25519"] {
        let factory = group.keys.factory("customer-eddsa", platform);
        let keys = || everything().project(&["customer-eddsa"]).platform(&["platform-rsa", platform]);
        let named = |title: &str| format!("{platform}: {title}");
        let token = good(&factory).outer_header("apu", "QWxpY2U").outer_header("apv", "Qm9i").build();
        group.accept_in(
            keys(),
            &named("party information"),
            "5.2; RFC 7518 4.6.1",
            token,
            json!({ "userId": "user-1" }),
        );
        for (name, value) in [
            ("apu", json!("QQ==")),
            ("apv", json!("QR")),
            ("apu", json!(1)),
            ("apv", Value::Null),
            ("apu", json!(["QQ"])),
        ] {
            let token = good(&factory).outer_header(name, value.clone()).build();
            let title = named(&format!("{name} {}", shown(&value)));
            group.refuse_in(keys(), &title, "4.2; RFC 7518 4.6.1", token, "JWE_PARTY_INFO_INVALID");
        }
        let plain = good(&factory).build();
        for place in [0, 20, 39] {
            let token = with_part(&plain, Part::EncryptedKey, |bytes| bytes[place] ^= 1);
            group.refuse_in(
                keys(),
                &named(&format!("one bit of the wrapped key, byte {place}")),
                "5.2",
                token,
                "TOKEN_UNDECRYPTABLE",
            );
        }
        for length in [0, 8, 24, 32, 39, 41, 48, 256] {
            let token = with_part(&plain, Part::EncryptedKey, |bytes| bytes.resize(length, 0));
            group.refuse_in(
                keys(),
                &named(&format!("a wrapped key of {length} bytes")),
                "5.2; RFC 3394",
                token,
                "TOKEN_UNDECRYPTABLE",
            );
        }
        for length in [16, 24, 40] {
            let token = good(&factory).content_key(&vec![0x4b; length]).build();
            group.refuse_in(
                keys(),
                &named(&format!("a content key of {length} bytes")),
                "5.2",
                token,
                "TOKEN_UNDECRYPTABLE",
            );
        }
        for (part, title) in [(Part::Iv, "vector"), (Part::Ciphertext, "ciphertext"), (Part::Tag, "tag")] {
            let token = with_part(&plain, part, |bytes| bytes[3] ^= 1);
            group.refuse_in(
                keys(),
                &named(&format!("one bit of the {title}")),
                "5.3",
                token,
                "TOKEN_UNDECRYPTABLE",
            );
        }
        let rsa = group.keys.platform_jwk("platform-rsa")["kid"].clone();
        for (title, kid) in [("an unknown kid", json!("unknown")), ("the kid of the RSA key", rsa)] {
            let token = good(&factory).outer_header("kid", kid).build();
            group.refuse_in(keys(), &named(title), "5.2; D11", token, "TOKEN_UNDECRYPTABLE");
        }
        for alg in ["ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW"] {
            let token = good(&factory).outer_header("alg", alg).build();
            group.refuse_in(keys(), &named(&format!("alg {alg}")), "4.2; D4", token, "JWE_ALG_NOT_ALLOWED");
        }
        let token = good(&factory).outer_header("alg", "RSA-OAEP-256").build();
        group.refuse_in(
            keys(),
            &named("alg RSA-OAEP-256 beside an epk"),
            "4.2",
            token,
            "JWE_PARAMETER_NOT_ALLOWED",
        );
    }
}

/// Which of two faults gives the word.
fn order(group: &mut Group<'_>) {
    let factory = group.keys.factory("customer-eddsa", "platform-x25519");
    let keys = || everything().project(&["customer-eddsa"]).platform(&["platform-x25519"]);
    let token = format!("{}=", good(&factory).outer_header("epk", json!({})).build());
    group.refuse_in(keys(), "epk, before the other parts are decoded", "4.2", token, "JWE_EPK_INVALID");
    let token = good(&factory).outer_header("epk", json!({})).outer_header("apu", 1).build();
    group.refuse_in(keys(), "epk before apu", "4.2", token, "JWE_EPK_INVALID");
    let token = good(&factory).without_outer_header("kid").outer_header("epk", json!({})).build();
    group.refuse_in(keys(), "kid before epk", "4.2", token, "JWE_KEY_ID_MISSING");
}
