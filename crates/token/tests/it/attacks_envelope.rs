//! Attacks on the outside of a token: D2, D4, D5, D7 to D13, D16.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use signet_token::Policy;

use crate::support::{CountingUnwrap, FIXTURE, NOW, good, open, open_with, refusal, refused_before_any_key};
use crate::token_factory::{Part, with_part};

/// Every key management algorithm in the registry (RFC 7518 section 4.1 and later), and some that are not.
const OTHER_ALGS: [&str; 28] = [
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
    "HPKE-0",
    "HPKE-0-KE",
    "none",
    "RS256",
    "rsa-oaep-256",
    "RSA-OAEP-256 ",
    " RSA-OAEP-256",
    "RSA-OAEP-256\u{0}",
    "",
    "RSA_OAEP_256",
];
/// Every content encryption in the registry but ours, and some that are not.
const OTHER_ENCS: [&str; 10] = [
    "A128CBC-HS256",
    "A192CBC-HS384",
    "A256CBC-HS512",
    "A128GCM",
    "A192GCM",
    "a256gcm",
    "A256GCM ",
    "C20P",
    "XC20P",
    "",
];

#[test]
fn d02_a_token_that_is_only_signed_is_refused_and_named() {
    refused_before_any_key(&good().build_inner(), "TOKEN_NOT_ENCRYPTED");
    // Three parts that are not a signed token are something else.
    refused_before_any_key("a.b.c", "JWE_WRONG_PART_COUNT");
}

#[test]
fn d04_only_one_pair_of_algorithms_passes_and_no_key_is_used_for_the_others() {
    for alg in OTHER_ALGS {
        refused_before_any_key(&good().outer_header("alg", alg).build(), "JWE_ALG_NOT_ALLOWED");
    }
    for enc in OTHER_ENCS {
        refused_before_any_key(&good().outer_header("enc", enc).build(), "JWE_ENC_NOT_ALLOWED");
    }
    for wrong in
        [json!(["RSA-OAEP-256"]), json!({ "alg": "RSA-OAEP-256" }), json!(1), Value::Null, json!(true)]
    {
        refused_before_any_key(&good().outer_header("alg", wrong.clone()).build(), "JWE_ALG_NOT_ALLOWED");
        refused_before_any_key(&good().outer_header("enc", wrong).build(), "JWE_ENC_NOT_ALLOWED");
    }
    refused_before_any_key(&good().without_outer_header("alg").build(), "JWE_ALG_MISSING");
    refused_before_any_key(&good().without_outer_header("enc").build(), "JWE_ENC_MISSING");
    // The stub does count: the one pair reaches it.
    let unwrap = CountingUnwrap::default();
    assert!(open_with(&good().build(), &Policy::default(), &unwrap, &FIXTURE.keys()).is_err());
    assert_eq!(unwrap.calls(), 1);
}

#[test]
fn d05_rsa1_5_is_not_in_the_build_and_not_accepted() {
    refused_before_any_key(&good().outer_header("alg", "RSA1_5").build(), "JWE_ALG_NOT_ALLOWED");
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
    let lock = std::fs::read_to_string(lock).unwrap();
    assert!(lock.contains("name = \"aws-lc-rs\""), "this is not our lock file");
    assert!(!lock.contains("name = \"rsa\""), "the rsa crate decrypts PKCS#1 v1.5 and is not constant time");
}

#[test]
fn d07_lengths_of_tag_and_vector_are_exact_and_every_part_is_authenticated() {
    let token = good().build();
    assert!(open(&token).is_ok());
    for length in [0, 4, 8, 12, 15, 17, 32] {
        let changed = with_part(&token, Part::Tag, |bytes| bytes.resize(length, 0));
        assert_eq!(refusal(&changed), "TOKEN_UNDECRYPTABLE", "tag of {length} bytes");
    }
    for length in [0, 8, 11, 13, 16] {
        let changed = with_part(&token, Part::Iv, |bytes| bytes.resize(length, 0));
        assert_eq!(refusal(&changed), "TOKEN_UNDECRYPTABLE", "vector of {length} bytes");
    }
    for part in [Part::EncryptedKey, Part::Iv, Part::Ciphertext, Part::Tag] {
        for bit in 0..8 {
            let changed = with_part(&token, part, |bytes| bytes[0] ^= 1 << bit);
            assert_eq!(refusal(&changed), "TOKEN_UNDECRYPTABLE", "bit {bit} of {part:?}");
        }
    }
    // A vector that is missing is not one of zeros.
    let zeros = good().iv([0; 12]).build();
    assert!(open(&zeros).is_ok());
    for length in [0, 8, 11, 13] {
        let changed = with_part(&zeros, Part::Iv, |bytes| bytes.resize(length, 0));
        assert_eq!(refusal(&changed), "TOKEN_UNDECRYPTABLE", "zero vector of {length} bytes");
    }
    // The header is authenticated as it was written, not by what it means.
    let spaced = with_part(&token, Part::Header, |bytes| bytes.insert(1, b' '));
    assert_eq!(refusal(&spaced), "TOKEN_UNDECRYPTABLE");
    // A vector or tag of the right beginning and the wrong length.
    for part in [Part::Iv, Part::Tag] {
        let longer = with_part(&token, part, |bytes| bytes.push(0));
        assert_eq!(refusal(&longer), "TOKEN_UNDECRYPTABLE");
        let shorter = with_part(&token, part, |bytes| bytes.truncate(bytes.len() - 1));
        assert_eq!(refusal(&shorter), "TOKEN_UNDECRYPTABLE");
    }
}

#[test]
fn d08_compression_is_refused_before_anything_is_inflated() {
    for zip in [json!("DEF"), json!(""), json!("GZIP"), Value::Null] {
        refused_before_any_key(&good().outer_header("zip", zip).build(), "JWE_ZIP_NOT_ALLOWED");
    }
    let large = good().outer_header("zip", "DEF").content(vec![0; 250_000]).build();
    refused_before_any_key(&large, "TOKEN_TOO_LARGE");
    // Memory is measured in a process of its own: tests beside this one would count as well.
    if std::env::var_os("SIGNET_D08_CHILD").is_some() {
        let small = good().outer_header("zip", "DEF").content(vec![0; 4_000]).build();
        let refuse = |count| {
            for _ in 0..count {
                assert!(open(&small).is_err() && open(&large).is_err());
            }
        };
        refuse(1_000);
        let before = resident_bytes();
        refuse(10_000);
        let growth = resident_bytes().saturating_sub(before);
        assert!(growth < 1024 * 1024, "10,000 bombs left {growth} bytes");
    } else if cfg!(target_os = "linux") {
        let name = "attacks_envelope::d08_compression_is_refused_before_anything_is_inflated";
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env("SIGNET_D08_CHILD", "1")
            .output()
            .unwrap();
        let output = String::from_utf8_lossy(&child.stdout);
        assert!(child.status.success() && output.contains("1 passed"), "{output}");
    }
}

/// Resident memory of this process in bytes, from the second field of `statm`.
fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4_096
}

#[test]
fn d09_a_huge_iteration_count_is_refused_at_once() {
    let bomb =
        json!({ "alg": "PBES2-HS512+A256KW", "enc": "A256GCM", "p2c": 2_147_483_647, "p2s": "c2FsdA" });
    let token = good().raw_outer_header(&bomb.to_string()).build();
    refused_before_any_key(&token, "JWE_PARAMETER_NOT_ALLOWED");
    let polite = good().outer_header("p2c", 2_147_483_647).build();
    refused_before_any_key(&polite, "JWE_PARAMETER_NOT_ALLOWED");
    // The quickest of many: a machine that is busy elsewhere does not make this slow, iterating would.
    let quickest = (0..50).map(|_| elapsed(|| assert!(open(&token).is_err()))).min().unwrap();
    assert!(quickest < std::time::Duration::from_millis(1), "{quickest:?}");
}

#[expect(clippy::disallowed_methods, reason = "the attack is about real time")]
fn elapsed(action: impl FnOnce()) -> std::time::Duration {
    let start = std::time::Instant::now();
    action();
    start.elapsed()
}

#[test]
fn d10_an_ephemeral_key_is_refused() {
    let point = json!({ "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA" });
    refused_before_any_key(&good().outer_header("epk", point).build(), "JWE_PARAMETER_NOT_ALLOWED");
}

#[test]
fn d11_a_key_id_only_ever_selects_a_known_key() {
    let foreign = FIXTURE.foreign.verification_key();
    let unknown = [
        "../../etc/passwd",
        "' OR 1=1 --",
        "$(id)",
        "http://127.0.0.1/key",
        "shop/customer-1",
        "customer-1 ",
        "CUSTOMER-1",
        "ｃustomer-1",
        "customer-1\u{200b}",
        "customer-2",
        "foreign-1",
        foreign.fingerprint().as_str(),
    ];
    for key_id in unknown {
        assert_eq!(refusal(&good().inner_header("kid", key_id).build()), "JWS_KEY_UNKNOWN", "{key_id}");
        assert_eq!(refusal(&good().outer_header("kid", key_id).build()), "TOKEN_UNDECRYPTABLE", "{key_id}");
    }
    let impossible = [
        json!("customer-1\u{0}"),
        json!("\u{0}"),
        json!(""),
        json!("x".repeat(256)),
        json!(1),
        Value::Null,
        json!(["customer-1"]),
        json!({ "kid": "customer-1" }),
    ];
    for key_id in impossible {
        assert_eq!(refusal(&good().inner_header("kid", key_id.clone()).build()), "JWS_KEY_ID_INVALID");
        refused_before_any_key(&good().outer_header("kid", key_id).build(), "JWE_KEY_ID_INVALID");
    }
    let megabyte = "k".repeat(1024 * 1024);
    refused_before_any_key(&good().outer_header("kid", megabyte.as_str()).build(), "TOKEN_TOO_LARGE");
    refused_before_any_key(&good().inner_header("kid", megabyte.as_str()).build(), "TOKEN_TOO_LARGE");
}

#[test]
fn d12_keys_from_the_header_are_refused() {
    let attacker: Value = serde_json::from_str(&FIXTURE.foreign.verification_key().to_jwk_json()).unwrap();
    let members = [
        ("jwk", attacker),
        ("jku", json!("https://attacker.example/jwks.json")),
        ("x5u", json!("https://attacker.example/chain.pem")),
        ("x5c", json!(["MIIB"])),
    ];
    for (name, value) in members {
        refused_before_any_key(
            &good().outer_header(name, value.clone()).build(),
            "JWE_HEADER_KEY_NOT_ALLOWED",
        );
        let inner = good().signed_by(&FIXTURE.foreign).inner_header(name, value.clone());
        assert_eq!(refusal(&inner.build()), "JWS_HEADER_KEY_NOT_ALLOWED", "{name}");
        // Also when the signature is good: the header is refused for what it tries.
        assert_eq!(
            refusal(&good().inner_header(name, value).build()),
            "JWS_HEADER_KEY_NOT_ALLOWED",
            "{name}"
        );
    }
}

#[test]
fn d13_crit_and_b64_are_refused() {
    for crit in [json!(["exp"]), json!([]), json!(["x"]), json!(["b64"]), Value::Null] {
        refused_before_any_key(&good().outer_header("crit", crit.clone()).build(), "JWE_CRIT_NOT_ALLOWED");
        assert_eq!(refusal(&good().inner_header("crit", crit).build()), "JWS_CRIT_NOT_ALLOWED");
    }
    for b64 in [json!(false), json!(true)] {
        refused_before_any_key(&good().outer_header("b64", b64.clone()).build(), "JWE_PARAMETER_NOT_ALLOWED");
        assert_eq!(refusal(&good().inner_header("b64", b64).build()), "JWS_PARAMETER_NOT_ALLOWED");
    }
    let unencoded = good().inner_header("b64", false).inner_header("crit", json!(["b64"]));
    assert_eq!(refusal(&unencoded.build()), "JWS_PARAMETER_NOT_ALLOWED");
}

#[test]
fn d16_there_is_one_spelling_of_a_token() {
    let token = good().claim("iat", NOW).build();
    let inner = good().claim("iat", NOW).build_inner();
    let mut changed = 0;
    for spelling in other_spellings(&token) {
        refused_before_any_key(&spelling, "JWE_NOT_CANONICAL_BASE64URL");
        changed += 1;
    }
    for spelling in other_spellings(&inner) {
        assert_eq!(refusal(&good().content(spelling).build()), "JWS_NOT_CANONICAL_BASE64URL");
        changed += 1;
    }
    assert!(changed >= 8 * 6, "only {changed} spellings were tried");
    for around in
        [format!(" {token}"), format!("{token}\n"), format!("{token}\u{0}"), format!("\u{feff}{token}")]
    {
        refused_before_any_key(&around, "JWE_NOT_CANONICAL_BASE64URL");
    }
    for shape in
        [format!("{token}."), format!(".{token}"), token.replace('.', ".."), token.replacen('.', "", 1)]
    {
        refused_before_any_key(&shape, "JWE_WRONG_PART_COUNT");
    }
}

/// The token with one part written in another way that a lenient decoder would read alike.
fn other_spellings(token: &str) -> Vec<String> {
    let parts: Vec<&str> = token.split('.').collect();
    let mut spellings = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let mut variants = vec![
            format!("{part}="),
            format!("{part}=="),
            format!("{part} "),
            format!("\n{part}"),
            format!("{part}\t"),
            format!("{part}A===="),
        ];
        if let Some(at) = part.find(['-', '_']) {
            let standard = if part[at..].starts_with('-') { "+" } else { "/" };
            variants.push(format!("{}{standard}{}", &part[..at], &part[at + 1..]));
        }
        variants.extend(with_trailing_bits(part));
        for variant in variants {
            let mut text = String::new();
            for (other, original) in parts.iter().enumerate() {
                let separator = if other == 0 { "" } else { "." };
                write!(text, "{separator}{}", if other == index { &variant } else { *original }).unwrap();
            }
            spellings.push(text);
        }
    }
    spellings
}

/// The part with a bit set that belongs to no byte, if its length leaves such bits.
fn with_trailing_bits(part: &str) -> Option<String> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    if part.len().is_multiple_of(4) {
        return None;
    }
    let last = *part.as_bytes().last()?;
    let value = ALPHABET.iter().position(|candidate| *candidate == last)?;
    let replaced = ALPHABET[value | 1] as char;
    Some(format!("{}{replaced}", &part[..part.len() - 1]))
}
