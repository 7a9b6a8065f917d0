//! Tokens of the project whose claims are not acceptable.

use serde_json::{Value, json};

use super::{Group, NOW, NOW_MS, Setting, shown};
use crate::token_factory::{CLAIM_PREFIX, TokenBuilder};

const TYPES: &str = "6; D15";

pub(crate) fn write(group: &mut Group<'_>) {
    form(group);
    user_id(group);
    issuer(group);
    expiry(group);
    other_times(group);
    audience_and_token_id(group);
    visitor_data(group);
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

/// Values of other types than text.
fn not_text() -> [Value; 7] {
    [json!(1), json!(1.5), json!(true), Value::Null, json!(["a"]), json!({ "a": 1 }), json!(0)]
}

fn form(group: &mut Group<'_>) {
    let good = group.good().claims_json();
    for (title, payload) in [
        ("nothing", String::new()),
        ("an array", format!("[{good}]")),
        ("text", "user-1".to_owned()),
        ("JSON in JSON", json!(good).to_string()),
        ("null", "null".to_owned()),
        ("cut short", good[..good.len() - 1].to_owned()),
        ("a byte order mark", format!("\u{feff}{good}")),
        ("something behind", format!("{good}x")),
        ("a second object", format!("{good}{good}")),
        ("a trailing comma", format!("{},}}", &good[..good.len() - 1])),
        ("a lone surrogate", format!(r#"{},"x":"\ud83d"}}"#, &good[..good.len() - 1])),
        ("an infinite number", format!(r#"{},"x":1e999}}"#, &good[..good.len() - 1])),
        ("negative zero", format!(r#"{},"x":-0.0}}"#, &good[..good.len() - 1])),
        ("a hexadecimal number", format!(r#"{},"x":0x10}}"#, &good[..good.len() - 1])),
    ] {
        refuse(group, &format!("claims: {title}"), "3.3; D14", "CLAIMS_NOT_JSON", |token| {
            token.payload(payload.as_str())
        });
    }
    let mut bytes = good.clone().into_bytes();
    bytes.insert(2, 0xff);
    refuse(group, "claims: bytes that are not UTF-8", "3.3; D14", "CLAIMS_NOT_JSON", |token| {
        token.payload(bytes.clone())
    });
    for member in [
        format!(r#""exp":{}"#, NOW + 60),
        format!(r#""{CLAIM_PREFIX}userId":"user-2""#),
        format!(r#""{}userId":"user-2""#, CLAIM_PREFIX.replace('/', "\\/")),
        r#""iss":"https://shop.example""#.to_owned(),
        r#""x":{"y":[{"z":1,"z":1}]}"#.to_owned(),
    ] {
        let payload = format!("{},{member}}}", &good[..good.len() - 1]);
        refuse(
            group,
            &format!("a member twice: {}", shown(&json!(member))),
            "3.3; RFC 7519 4; D14",
            "CLAIMS_DUPLICATE_MEMBER",
            |token| token.payload(payload.as_str()),
        );
    }
    for levels in [17, 100, 1_000] {
        let payload = format!(
            r#"{},"x":{}{}}}"#,
            &good[..good.len() - 1],
            "[".repeat(levels - 1),
            "]".repeat(levels - 1)
        );
        refuse(group, &format!("{levels} levels"), "3.3; D14", "CLAIMS_TOO_DEEP", |token| {
            token.payload(payload.as_str())
        });
    }
}

fn user_id(group: &mut Group<'_>) {
    let name = format!("{CLAIM_PREFIX}userId");
    refuse(group, "no userId", "6.1", "USER_ID_MISSING", |token| token.without_claim(&name));
    refuse(group, "userId without prefix", "6.1", "CLAIM_PREFIX_MISSING", |token| {
        token.without_claim(&name).claim("userId", "user-1")
    });
    refuse(group, "userId with another prefix", "6.1", "CLAIM_PREFIX_MISSING", |token| {
        token.without_claim(&name).claim("https://example.com/userId", "user-1")
    });
    refuse(group, "sub is no userId", "6.1", "USER_ID_MISSING", |token| {
        token.without_claim(&name).claim("sub", "user-1")
    });
    refuse(group, "userid in lower case", "6.1", "USER_ID_MISSING", |token| {
        token.without_claim(&name).claim(&format!("{CLAIM_PREFIX}userid"), "user-1")
    });
    for value in not_text() {
        refuse(group, &format!("userId {}", shown(&value)), TYPES, "USER_ID_NOT_A_STRING", |token| {
            token.product_claim("userId", value.clone())
        });
    }
    refuse(group, "userId empty", "6.1", "USER_ID_EMPTY", |token| token.product_claim("userId", ""));
    for (text, title) in
        [("x".repeat(256), "256 characters"), ("😀".repeat(256), "256 characters outside the basic plane")]
    {
        refuse(group, &format!("userId of {title}"), "6.1", "USER_ID_TOO_LONG", |token| {
            token.product_claim("userId", text.as_str())
        });
    }
    for text in ["a\u{0}b", "a\n", "\u{1b}[31m", "\u{7f}", "a\u{85}b"] {
        refuse(group, &format!("userId {text:?}"), "6.1", "USER_ID_NOT_PRINTABLE", |token| {
            token.product_claim("userId", text)
        });
    }
    let setting = || Setting::policy(json!({ "claimPrefix": "urn:x:" }));
    let token = group.good().build();
    group.refuse_in(
        setting(),
        "the usual prefix where the project has its own",
        "2",
        token,
        "CLAIM_PREFIX_MISSING",
    );
}

fn issuer(group: &mut Group<'_>) {
    refuse(group, "no iss", "6.2", "ISSUER_MISSING", |token| token.without_claim("iss"));
    for value in not_text().into_iter().chain([json!(""), json!("i".repeat(1_025))]) {
        refuse(group, &format!("iss {}", shown(&value)), TYPES, "ISSUER_NOT_A_STRING", |token| {
            token.claim("iss", value.clone())
        });
    }
    for iss in [
        "https://shop.example/",
        "https://shop.example.evil",
        "HTTPS://shop.example",
        "",
        " https://shop.example",
    ] {
        let setting = Setting::policy(json!({ "issuers": ["https://shop.example"] }));
        let token = group.good().claim("iss", iss).build();
        let fine_code = if iss.is_empty() { "ISSUER_NOT_A_STRING" } else { "ISSUER_NOT_ALLOWED" };
        group.refuse_in(
            setting,
            &format!("iss {iss:?} where only https://shop.example is on the list"),
            "6.2",
            token,
            fine_code,
        );
    }
}

fn expiry(group: &mut Group<'_>) {
    refuse(group, "no exp", "6.3; D18", "EXP_MISSING", |token| token.without_claim("exp"));
    let not_integers = [
        json!("never"),
        json!((NOW + 60).to_string()),
        Value::Null,
        json!([NOW + 60]),
        json!({ "exp": NOW + 60 }),
        json!(true),
        json!(NOW as f64 + 60.5),
        json!(1e300),
        json!("2026-11-20T12:01:00Z"),
        json!(18_446_744_073_709_551_615_u64),
    ];
    for value in not_integers {
        refuse(
            group,
            &format!("exp {}", shown(&value)),
            "6.3; RFC 8725 3.1; D15",
            "EXP_NOT_AN_INTEGER",
            |token| token.claim("exp", value.clone()),
        );
    }
    for value in [-1, i64::MIN] {
        refuse(group, &format!("exp {value}"), TYPES, "EXP_OUT_OF_RANGE", |token| token.claim("exp", value));
    }
    for value in [NOW_MS + 60_000, 100_000_000_000, i64::MAX] {
        refuse(group, &format!("exp {value}"), "6.3", "EXP_IN_MILLISECONDS", |token| {
            token.claim("exp", value)
        });
    }
    for offset in [-5, -6, -60, -3_600] {
        refuse(group, &format!("exp {} seconds ago", -offset), "6.3", "TOKEN_EXPIRED", |token| {
            token.claim("exp", NOW + offset)
        });
    }
    refuse(group, "exp at the beginning of time", "6.3", "TOKEN_EXPIRED", |token| token.claim("exp", 0));
    let token = group.good().claim("exp", NOW).build();
    group.refuse_in(
        Setting::default().at((NOW + 5) * 1_000),
        "the first millisecond after the leeway",
        "6.3",
        token.clone(),
        "TOKEN_EXPIRED",
    );
    let setting = Setting::policy(json!({ "leewaySeconds": 0 }));
    group.refuse_in(setting, "exp now, without leeway", "6.3", token, "TOKEN_EXPIRED");
    for offset in [86_406, 200_000, 99_999_999_999 - NOW] {
        refuse(group, &format!("exp in {offset} seconds"), "6.3; D18", "LIFETIME_TOO_LONG", |token| {
            token.claim("exp", NOW + offset)
        });
    }
    let setting = Setting::policy(json!({ "maxLifetimeSeconds": 3_600 }));
    let token = group.good().claim("exp", NOW + 3_606).build();
    group.refuse_in(
        setting,
        "longer than the project's own longest lifetime",
        "6.3; D18",
        token,
        "LIFETIME_TOO_LONG",
    );
}

fn other_times(group: &mut Group<'_>) {
    let wrong = [
        json!((NOW).to_string()),
        json!("now"),
        Value::Null,
        json!([NOW]),
        json!(NOW as f64 + 0.5),
        json!(true),
        json!(-1),
        json!(NOW_MS),
        json!(1e300),
    ];
    for (name, fine_code) in [("nbf", "NBF_NOT_AN_INTEGER"), ("iat", "IAT_NOT_AN_INTEGER")] {
        for value in &wrong {
            refuse(group, &format!("{name} {}", shown(value)), TYPES, fine_code, |token| {
                token.claim(name, value.clone())
            });
        }
    }
    for (name, far) in [("nbf", "TOKEN_NOT_YET_VALID"), ("iat", "IAT_IN_THE_FUTURE")] {
        for (offset, fine_code) in [
            (6, "CLOCK_SKEW_SUSPECTED"),
            (61, "CLOCK_SKEW_SUSPECTED"),
            (900, "CLOCK_SKEW_SUSPECTED"),
            (901, far),
            (86_000, far),
        ] {
            refuse(group, &format!("{name} {offset} seconds ahead"), "6.3; D18", fine_code, |token| {
                token.claim(name, NOW + offset).claim("exp", NOW + 86_400)
            });
        }
    }
    refuse(group, "exp equal to iat", "6.3", "EXP_BEFORE_IAT", |token| {
        token.claim("exp", NOW).claim("iat", NOW)
    });
    refuse(group, "exp before iat", "6.3", "EXP_BEFORE_IAT", |token| {
        token.claim("exp", NOW).claim("iat", NOW + 3)
    });
}

fn audience_and_token_id(group: &mut Group<'_>) {
    for value in [
        json!("other"),
        json!("Shop"),
        json!("shop "),
        json!(""),
        json!([]),
        json!(["other"]),
        json!(["sho", "p"]),
        json!("shop,other"),
    ] {
        refuse(
            group,
            &format!("aud {}", shown(&value)),
            "6.4; RFC 8725 3.9; D19",
            "AUDIENCE_MISMATCH",
            |token| token.claim("aud", value.clone()),
        );
    }
    for value in
        [json!(1), Value::Null, json!({ "shop": 1 }), json!(["shop", 1]), json!([["shop"]]), json!(true)]
    {
        refuse(group, &format!("aud {}", shown(&value)), "6.4; D15", "AUDIENCE_NOT_A_STRING", |token| {
            token.claim("aud", value.clone())
        });
    }
    let token = group.good().claim("aud", "shop").build();
    group.refuse_in(
        Setting::default().site("bank"),
        "signed for one site, encrypted anew and sent to another",
        "6.4; D19",
        token,
        "AUDIENCE_MISMATCH",
    );
    for value in not_text().into_iter().chain([json!(""), json!("j".repeat(256))]) {
        refuse(group, &format!("jti {}", shown(&value)), "6.5; D15", "JTI_INVALID", |token| {
            token.claim("jti", value.clone())
        });
    }
}

fn visitor_data(group: &mut Group<'_>) {
    for value in [json!("Zoë"), json!(1), Value::Null, json!([]), json!(true), json!("{\"city\":\"Nantes\"}")]
    {
        refuse(
            group,
            &format!("visitorData {}", shown(&value)),
            "6.6; D15",
            "VISITOR_DATA_NOT_AN_OBJECT",
            |token| token.visitor_data(value.clone()),
        );
    }
    let names = ["address", "city", "country", "email", "firstName", "lastName", "phoneNumber", "zipCode"];
    for name in names {
        refuse(group, &format!("{name} of 1,025 characters"), "6.6", "VISITOR_DATA_TOO_LONG", |token| {
            token.visitor_data(json!({ name: "x".repeat(1_025) }))
        });
        refuse(group, &format!("{name} as a number"), "6.6; D15", "VISITOR_DATA_NOT_A_STRING", |token| {
            token.visitor_data(json!({ name: 44_000 }))
        });
    }
    for value in [Value::Null, json!(["Nantes"]), json!({ "name": "Nantes" }), json!(true)] {
        refuse(group, &format!("city {}", shown(&value)), "6.6; D15", "VISITOR_DATA_NOT_A_STRING", |token| {
            token.visitor_data(json!({ "city": value.clone() }))
        });
    }
    refuse(group, "visitorData without prefix", "6.6", "CLAIM_PREFIX_MISSING", |token| {
        token.claim("visitorData", json!({ "city": "Nantes" }))
    });
}

/// Which of two faults gives the word.
fn order(group: &mut Group<'_>) {
    let expired = NOW - 60;
    refuse(group, "userId before exp", "6", "USER_ID_EMPTY", |token| {
        token.product_claim("userId", "").claim("exp", expired)
    });
    refuse(group, "iss before exp", "6", "ISSUER_MISSING", |token| {
        token.without_claim("iss").claim("exp", expired)
    });
    refuse(group, "the types of the times before exp", "6.3", "NBF_NOT_AN_INTEGER", |token| {
        token.claim("exp", expired).claim("nbf", "now")
    });
    refuse(group, "exp before aud", "6", "TOKEN_EXPIRED", |token| {
        token.claim("exp", expired).claim("aud", "bank")
    });
    refuse(group, "aud before jti", "6", "AUDIENCE_MISMATCH", |token| {
        token.claim("aud", "bank").claim("jti", 1)
    });
    refuse(group, "jti before visitorData", "6", "JTI_INVALID", |token| {
        token.claim("jti", 1).visitor_data(json!([]))
    });
}
