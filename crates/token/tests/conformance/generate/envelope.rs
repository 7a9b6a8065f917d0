//! Tokens that are refused for their outside, before any key is used.

use serde_json::{Value, json};

use super::{Group, shown};
use crate::token_factory::TokenBuilder;

pub(crate) fn write(group: &mut Group<'_>) {
    shape(group);
    base64(group);
    json_oddities(group);
    algorithms(group);
    members(group);
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

fn shape(group: &mut Group<'_>) {
    let token = group.good().build();
    let inner = group.good().build_inner();
    let parts: Vec<&str> = token.split('.').collect();
    group.refuse("nothing", "3.1", String::new(), "TOKEN_EMPTY");
    group.refuse("one byte too long", "3.1", "x".repeat(8_193), "TOKEN_TOO_LARGE");
    let padded = format!("{token}{}", "A".repeat(8_193 - token.len()));
    group.refuse("too long for its content", "3.1", padded, "TOKEN_TOO_LARGE");
    group.refuse("a signed token that nobody encrypted", "3.2; D2", inner.clone(), "TOKEN_NOT_ENCRYPTED");
    let unsigned = format!("{}.", inner.rsplit_once('.').map_or("", |(signed, _)| signed));
    group.refuse("an unsigned token that nobody encrypted", "3.2; D1, D2", unsigned, "TOKEN_NOT_ENCRYPTED");
    let object = json!({ "protected": parts[0], "encrypted_key": parts[1], "iv": parts[2], "ciphertext": parts[3], "tag": parts[4] });
    group.refuse(
        "flattened JSON serialization",
        "3.2; RFC 7516 7.2.2",
        object.to_string(),
        "JWE_JSON_SERIALIZATION",
    );
    let general = json!({ "protected": parts[0], "recipients": [{ "encrypted_key": parts[1] }], "iv": parts[2], "ciphertext": parts[3], "tag": parts[4] });
    group.refuse(
        "general JSON serialization",
        "3.2; RFC 7516 7.2.1",
        general.to_string(),
        "JWE_JSON_SERIALIZATION",
    );
    for (title, text) in [
        ("one part", parts[0].to_owned()),
        ("two parts", parts[..2].join(".")),
        ("four parts", parts[..4].join(".")),
        ("six parts", format!("{token}.")),
        ("a dot in front", format!(".{token}")),
        ("dots alone, too many", "......".to_owned()),
        ("words", "hello".to_owned()),
        ("a null from a failed template", "null".to_owned()),
        ("three parts that are no signed token", "a.b.c".to_owned()),
    ] {
        group.refuse(title, "3.2; RFC 7516 7.1", text, "JWE_WRONG_PART_COUNT");
    }
    for (title, text) in
        [("dots alone", "....".to_owned()), ("an empty header", format!(".{}", parts[1..].join(".")))]
    {
        group.refuse(title, "3.3", text, "JWE_HEADER_NOT_JSON");
    }
}

fn base64(group: &mut Group<'_>) {
    let token = group.good().build();
    let names = ["header", "encrypted key", "initialization vector", "ciphertext", "tag"];
    let changed = |index: usize, change: &dyn Fn(&str) -> String| {
        let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
        parts[index] = change(&parts[index]);
        parts.join(".")
    };
    for (index, name) in names.into_iter().enumerate() {
        type Change = fn(&str) -> String;
        let spellings: [(&str, Change); 5] = [
            ("padding", |part| format!("{part}=")),
            ("a space", |part| format!(" {part}")),
            ("a line break", |part| format!("{part}\n")),
            ("a character of the standard alphabet", |part| format!("{}+", &part[..part.len() - 1])),
            ("a length that cannot be", |part| {
                // One character more than a multiple of four stands for six bits of nothing.
                format!("{}{}", part, "A".repeat((5 - part.len() % 4) % 4))
            }),
        ];
        for (what, change) in spellings {
            group.refuse(
                &format!("{what} in the {name}"),
                "3.2; RFC 7515 2; D16",
                changed(index, &change),
                "JWE_NOT_CANONICAL_BASE64URL",
            );
        }
    }
    // Trailing bits: the vector has 12 bytes and none, the tag has 16 and four of them.
    let bits = changed(4, &|part| {
        let (rest, last) = part.split_at(part.len() - 1);
        format!("{rest}{}", char::from(last.as_bytes()[0] + 1))
    });
    group.refuse("trailing bits that are not zero", "3.2; D16", bits, "JWE_NOT_CANONICAL_BASE64URL");
    group.refuse("quotes around the token", "3.2", format!("\"{token}\""), "JWE_NOT_CANONICAL_BASE64URL");
    group.refuse(
        "a prefix of the HTTP header",
        "3.2",
        format!("Bearer {token}"),
        "JWE_NOT_CANONICAL_BASE64URL",
    );
    group.refuse("a NUL behind the token", "3.2", format!("{token}\0"), "JWE_NOT_CANONICAL_BASE64URL");
}

fn json_oddities(group: &mut Group<'_>) {
    let pair = r#""alg":"RSA-OAEP-256","enc":"A256GCM""#;
    for (title, text) in [
        ("an array", format!("[{{{pair}}}]")),
        ("text", format!("{pair:?}")),
        ("cut short", format!("{{{pair}")),
        ("a trailing comma", format!("{{{pair},}}")),
        ("a comment", format!("{{{pair}/*x*/}}")),
        ("single quotes", "{'alg':'RSA-OAEP-256','enc':'A256GCM'}".to_owned()),
        ("a byte order mark", format!("\u{feff}{{{pair}}}")),
        ("something behind it", format!("{{{pair}}}x")),
        ("two objects", format!("{{{pair}}}{{}}")),
        ("a lone surrogate", format!(r#"{{{pair},"x":"\ud800"}}"#)),
        ("a control character in a text", format!("{{{pair},\"x\":\"\u{1}\"}}")),
        ("a number that is no number", format!(r#"{{{pair},"x":NaN}}"#)),
        ("a number that is infinite", format!(r#"{{{pair},"x":1e999}}"#)),
        ("negative zero", format!(r#"{{{pair},"x":-0.0}}"#)),
        ("negative zero as an integer", format!(r#"{{{pair},"x":-0}}"#)),
        ("a leading zero", format!(r#"{{{pair},"x":01}}"#)),
        ("17 levels", format!(r#"{{{pair},"x":{}1{}}}"#, "[".repeat(16), "]".repeat(16))),
        ("a thousand levels", format!(r#"{{{pair},"x":{}{}}}"#, "[".repeat(1_000), "]".repeat(1_000))),
    ] {
        refuse(group, &format!("header: {title}"), "3.3; D14", "JWE_HEADER_NOT_JSON", |token| {
            token.raw_outer_header(&text)
        });
    }
    for text in [
        format!(r#"{{{pair},"alg":"RSA-OAEP-256"}}"#),
        format!(r#"{{"alg":"dir",{pair}}}"#),
        format!(r#"{{{pair},"enc":"A256GCM"}}"#),
        format!(r#"{{{pair},"kid":"a","kid":"b"}}"#),
        format!(r#"{{{pair},"\u0061lg":"dir"}}"#),
        format!(r#"{{{pair},"x":{{"a":1,"a":1}}}}"#),
    ] {
        refuse(
            group,
            &format!("header: {text}"),
            "3.3; RFC 7515 4; D14",
            "JWE_HEADER_DUPLICATE_MEMBER",
            |token| token.raw_outer_header(&text),
        );
    }
}

fn algorithms(group: &mut Group<'_>) {
    let names = [
        "RSA1_5",
        "RSA-OAEP",
        "RSA-OAEP-384",
        "RSA-OAEP-512",
        "A128KW",
        "A192KW",
        "A256KW",
        "dir",
        "ECDH-ES",
        "ECDH-ES+A128KW",
        "ECDH-ES+A192KW",
        "ECDH-ES+A256KW",
        "A128GCMKW",
        "A192GCMKW",
        "A256GCMKW",
        "PBES2-HS256+A128KW",
        "PBES2-HS384+A192KW",
        "PBES2-HS512+A256KW",
        "none",
        "RS256",
        "",
        "RSA_OAEP_256",
        "rsa-oaep-256",
        "RSA-OAEP-256 ",
        " RSA-OAEP-256",
        "RSA-OAEP-2560",
    ];
    let values = names.into_iter().map(Value::from);
    let odd = [json!(["RSA-OAEP-256"]), Value::Null, json!(256), json!(true), json!({ "RSA-OAEP-256": 1 })];
    for alg in values.chain(odd) {
        refuse(
            group,
            &format!("alg {}", shown(&alg)),
            "4.2; RFC 8725 3.1; D4",
            "JWE_ALG_NOT_ALLOWED",
            |token| token.outer_header("alg", alg.clone()),
        );
    }
    refuse(group, "no alg", "4.2", "JWE_ALG_MISSING", |token| token.without_outer_header("alg"));
    let point = json!({ "kty": "OKP", "crv": "X25519", "x": "CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" });
    refuse(
        group,
        "key agreement, which the compatible profile has not",
        "4.2; D10",
        "JWE_ALG_NOT_ALLOWED",
        |token| token.outer_header("alg", "ECDH-ES+A256KW").outer_header("epk", point.clone()),
    );
    let names = [
        "A128GCM",
        "A192GCM",
        "A128CBC-HS256",
        "A192CBC-HS384",
        "A256CBC-HS512",
        "C20P",
        "XC20P",
        "none",
        "",
        "a256gcm",
        "A256GCM ",
    ];
    let values = names.into_iter().map(Value::from);
    for enc in values.chain([json!(["A256GCM"]), Value::Null, json!(1)]) {
        refuse(group, &format!("enc {}", shown(&enc)), "4.2; D4", "JWE_ENC_NOT_ALLOWED", |token| {
            token.outer_header("enc", enc.clone())
        });
    }
    refuse(group, "no enc", "4.2", "JWE_ENC_MISSING", |token| token.without_outer_header("enc"));
}

fn members(group: &mut Group<'_>) {
    for zip in [json!("DEF"), json!(""), Value::Null, json!("GZ")] {
        refuse(
            group,
            &format!("zip {}", shown(&zip)),
            "4.2; RFC 8725 3.6; D8",
            "JWE_ZIP_NOT_ALLOWED",
            |token| token.outer_header("zip", zip.clone()),
        );
    }
    for crit in [json!(["exp"]), json!([]), json!(["x"]), Value::Null, json!(["b64"])] {
        refuse(
            group,
            &format!("crit {}", shown(&crit)),
            "4.2; RFC 7516 4.1.13; D13",
            "JWE_CRIT_NOT_ALLOWED",
            |token| token.outer_header("crit", crit.clone()),
        );
    }
    let jwk = group.keys.platform_jwk("platform-rsa");
    for (name, value) in [
        ("jwk", jwk),
        ("jku", json!("https://evil.example/jwks")),
        ("x5u", json!("https://evil.example/cert")),
        ("x5c", json!(["AAAA"])),
    ] {
        refuse(
            group,
            &format!("a key in {name}"),
            "4.2; RFC 8725 3.10; D12",
            "JWE_HEADER_KEY_NOT_ALLOWED",
            |token| token.outer_header(name, value.clone()),
        );
    }
    for (name, value) in [
        ("p2c", json!(2_147_483_647)),
        ("p2s", json!("AAAA")),
        ("epk", json!({ "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA" })),
        ("apu", json!("QQ")),
        ("apv", json!("QQ")),
        ("iv", json!("AAAA")),
        ("tag", json!("AAAA")),
        ("b64", json!(false)),
    ] {
        refuse(
            group,
            &format!("{name} with RSA"),
            "4.2; D9, D10, D13",
            "JWE_PARAMETER_NOT_ALLOWED",
            |token| token.outer_header(name, value.clone()),
        );
    }
    for typ in [
        json!("at+jwt"),
        json!("logout+jwt"),
        json!("visitor+jwt"),
        json!(""),
        json!(1),
        Value::Null,
        json!(["JWT"]),
    ] {
        refuse(
            group,
            &format!("typ {}", shown(&typ)),
            "4.2; RFC 8725 3.12; D21",
            "JWE_TYP_NOT_ALLOWED",
            |token| token.outer_header("typ", typ.clone()),
        );
    }
    for cty in [json!("json"), json!("JWS"), json!(""), json!(1), Value::Null] {
        refuse(group, &format!("cty {}", shown(&cty)), "4.2", "JWE_CTY_NOT_ALLOWED", |token| {
            token.outer_header("cty", cty.clone())
        });
    }
    for kid in [
        json!(""),
        json!(1),
        Value::Null,
        json!(["a"]),
        json!("k".repeat(256)),
        json!("a\u{0}b"),
        json!("a\nb"),
    ] {
        refuse(
            group,
            &format!("kid {}", shown(&kid)),
            "4.2; RFC 8725 3.10; D11",
            "JWE_KEY_ID_INVALID",
            |token| token.outer_header("kid", kid.clone()),
        );
    }
}

/// Which of two faults gives the word.
fn order(group: &mut Group<'_>) {
    let padded = |token: String| format!("{token}=");
    let token = padded(group.good().outer_header("alg", "RSA-OAEP").build());
    group.refuse("alg, before the other parts are decoded", "4.2", token, "JWE_ALG_NOT_ALLOWED");
    let token = padded(group.good().outer_header("kid", 1).build());
    group.refuse("kid, before the other parts are decoded", "4.2", token, "JWE_KEY_ID_INVALID");
    let token = group.good().outer_header("zip", "DEF").outer_header("crit", json!(["zip"])).build();
    group.refuse("crit before zip, by name", "4.2", token, "JWE_CRIT_NOT_ALLOWED");
    let token = group.good().outer_header("zip", "DEF").outer_header("alg", "none").build();
    group.refuse("what must be absent before alg", "4.2", token, "JWE_ZIP_NOT_ALLOWED");
    let token = group.good().outer_header("alg", "none").without_outer_header("enc").build();
    group.refuse("alg before enc", "4.2", token, "JWE_ALG_NOT_ALLOWED");
}
