//! Keys: D22 and what else must not be registered, thumbprints, and the formats that are read.

use serde_json::{Value, json};
use signet_token::{
    DecryptionKey, EncryptionKey, KeyError, KeyFingerprint, SignatureAlgorithm, SigningKey, VerificationKey,
    base64url,
};

use crate::support::FIXTURE;

/// The example key of RFC 7638 section 3.1.
const RFC7638_KEY: &str = r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#;

fn customer() -> &'static VerificationKey {
    FIXTURE.factory.signing_key.verification_key()
}

/// The customer's public JWK with some members changed.
fn jwk_with(changes: &Value) -> Result<VerificationKey, KeyError> {
    let mut jwk: Value = serde_json::from_str(&customer().to_jwk_json()).unwrap();
    for (name, value) in changes.as_object().unwrap() {
        jwk[name] = value.clone();
    }
    VerificationKey::from_jwk(&jwk.to_string())
}

fn jwk_of_modulus(modulus: &[u8]) -> Result<VerificationKey, KeyError> {
    jwk_with(&json!({ "n": base64url::encode(modulus) }))
}

fn modulus() -> Vec<u8> {
    let jwk: Value = serde_json::from_str(&customer().to_jwk_json()).unwrap();
    base64url::decode(jwk["n"].as_str().unwrap()).unwrap()
}

#[test]
fn the_thumbprint_is_that_of_the_rfc() {
    let key = VerificationKey::from_jwk(RFC7638_KEY).unwrap();
    assert_eq!(key.fingerprint().as_str(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    assert_eq!(key.key_id(), Some("2011-04-29"));
    assert_eq!(key.bits(), 2048);
    let again = KeyFingerprint::parse(key.fingerprint().as_str()).unwrap();
    assert_eq!(&again, key.fingerprint());
    for wrong in
        ["", "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9X", "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xt"]
    {
        assert!(KeyFingerprint::parse(wrong).is_none(), "{wrong}");
    }
}

#[test]
fn every_public_format_is_the_same_key() {
    let key = customer();
    let pem = key.to_pem();
    let bare: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let texts = [
        pem.clone(),
        pem.replace('\n', "\r\n"),
        format!("  \n{pem}\n\n"),
        bare.clone(),
        format!("{}\n{}", &bare[..64], &bare[64..]),
        key.to_jwk_json(),
    ];
    for text in texts {
        assert_eq!(VerificationKey::from_text(&text).unwrap().fingerprint(), key.fingerprint(), "{text}");
    }
    assert_eq!(VerificationKey::from_spki_der(&key.to_spki_der()).unwrap().fingerprint(), key.fingerprint());
    // The key that the vendor documents print, without PEM lines.
    let vendor = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA1KdAzuUa5rOXgLHavoDRYoNXzwWz/pFhgGypYFbvV8DNjB93XK2AzKTwW+vxT7RYl4f+sKLdEi3dJYgPt2hquhTNmFxAzRvTuolUOKr1XNx7QbDj+7cfLVDYjmds/ydNtyHi8TUHSvfzs8SGXO5E5H13llmayPEslHKShG0cLIDcLNr6hJcfv9fvOZqQlLQ4Bx7to/66IHke9zY+1oidrUdFGzxXG+RGK81mIMuXj6N2EGJ7YYcQqXJfBJnWFlSGCQNttw5Rfj00eZbkMRO3XohhNqGIiBG2tejSjfB53UpiHdbzni+tyB72R5aaq4d+gkkgaOVYn/Or2fArOH2FUQIDAQAB";
    assert_eq!(VerificationKey::from_text(vendor).unwrap().bits(), 2048);
    assert!(EncryptionKey::from_pem(vendor).is_ok());
}

#[test]
fn every_private_format_is_the_same_key() {
    let pem = FIXTURE.factory.signing_key.to_pem().unwrap();
    assert_eq!(
        SigningKey::from_pem(&pem).unwrap().verification_key().fingerprint(),
        customer().fingerprint()
    );
    let der = FIXTURE.platform.to_pkcs8_der();
    assert_eq!(DecryptionKey::from_pkcs8_der(&der).unwrap().fingerprint(), FIXTURE.platform.fingerprint());
    assert!(SigningKey::from_pkcs8_der(&der[1..]).is_err());
    assert!(SigningKey::from_pem(&customer().to_pem()).is_err());
}

#[test]
fn a_private_jwk_is_read_whole_or_not_at_all() {
    // A test key, the first customer's of the conformance vectors.
    let keys: Value = serde_json::from_str(include_str!("../../../../conformance/keys.json")).unwrap();
    let pair = &keys["customers"]["customer-1"];
    let read = |change: &dyn Fn(&mut serde_json::Map<String, Value>)| {
        let mut jwk = pair["private"].as_object().unwrap().clone();
        change(&mut jwk);
        SigningKey::from_jwk(&Value::from(jwk).to_string())
            .map(|key| key.verification_key().fingerprint().clone())
    };
    let public = VerificationKey::from_jwk(&pair["public"].to_string()).unwrap();
    assert_eq!(read(&|_| ()).as_ref(), Ok(public.fingerprint()));
    let missing = |name: &str| read(&|jwk| drop(jwk.remove(name)));
    for part in ["n", "e", "d", "p", "q", "dp", "dq", "qi"] {
        assert_eq!(missing(part), Err(KeyError::Unreadable), "{part}");
    }
    let with = |name: &str, value: Value| read(&|jwk| drop(jwk.insert(name.to_owned(), value.clone())));
    assert_eq!(with("oth", json!([])), Err(KeyError::Unreadable), "more than two primes");
    assert!(with("kty", json!("EC")).is_err() && missing("kty").is_err());
    assert_eq!(with("use", json!("enc")), Err(KeyError::WrongUse));
    assert_eq!(with("alg", json!("RSA-OAEP-256")), Err(KeyError::WrongAlgorithm));
    assert_eq!(with("e", json!("AQAD")), Err(KeyError::Inconsistent), "the halves are of one key");
    assert_eq!(DecryptionKey::from_jwk(&pair["private"].to_string()).unwrap_err(), KeyError::WrongUse);
}

#[test]
fn a_jwk_of_16_kib_is_the_longest_that_is_read() {
    let jwk = customer().to_jwk_json();
    let padded = |length: usize| jwk.clone() + &" ".repeat(length - jwk.len());
    assert!(VerificationKey::from_jwk(&padded(16 * 1024)).is_ok());
    assert_eq!(VerificationKey::from_jwk(&padded(16 * 1024 + 1)).unwrap_err(), KeyError::Unreadable);
}

#[test]
fn d22_sizes_outside_2048_to_4096_bits_are_refused() {
    for bytes in [64, 128, 255] {
        assert_eq!(jwk_of_modulus(&odd_modulus(bytes)).unwrap_err(), KeyError::TooSmall, "{bytes} bytes");
    }
    let mut short = modulus();
    short[0] = 0x7f;
    assert_eq!(jwk_of_modulus(&short).unwrap_err(), KeyError::TooSmall, "2047 bits");
    for bytes in [513, 1_024, 2_048] {
        assert_eq!(jwk_of_modulus(&odd_modulus(bytes)).unwrap_err(), KeyError::TooLarge, "{bytes} bytes");
    }
    // The 1024-bit key of a well-known tutorial begins like this one.
    let tutorial = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDdlatRjRjogo3WojgGHFHYLugdUWAY9iR3fy4arWNA1KoS8kVw33cJibXr8bvwUAUparCwlvdbH6dvEOfou0/gCFQsHUfQrSDv+MuSUMAe8jzKE4qW+jK+xQU9a03GUnKHkkle+Q0pX/g6jXZ7r1/xAK5Do2kQ+X5xK9cipRgEKwIDAQAB";
    assert_eq!(VerificationKey::from_text(tutorial).unwrap_err(), KeyError::TooSmall);
}

#[test]
fn d22_a_key_of_4096_bits_is_the_largest() {
    // Any odd number without small factors will do: nobody asks for its primes at registration.
    let mut number = odd_modulus(512);
    while matches!(jwk_of_modulus(&number), Err(KeyError::SmallFactor)) {
        let tail = u32::from_be_bytes(number[508..].try_into().unwrap()).wrapping_add(2);
        number[508..].copy_from_slice(&tail.to_be_bytes());
    }
    assert_eq!(jwk_of_modulus(&number).unwrap().bits(), 4_096);
}

#[test]
fn a_text_of_16_kib_is_the_longest_that_is_read() {
    let pem = customer().to_pem();
    let remark = |length: usize| format!("{}\n{pem}", "x".repeat(length - pem.len() - 1));
    let trimmed = pem.len() - pem.trim_end().len();
    assert!(VerificationKey::from_text(&remark(16 * 1024 + trimmed)).is_ok());
    assert_eq!(
        VerificationKey::from_text(&remark(16 * 1024 + trimmed + 1)).unwrap_err(),
        KeyError::Unreadable
    );
}

#[test]
fn another_algorithm_leaves_the_key_id() {
    let key = customer().clone().with_algorithm(SignatureAlgorithm::Ps256).unwrap();
    assert_eq!(key.key_id(), customer().key_id());
    assert_eq!(key.fingerprint(), customer().fingerprint());
}

/// A number of this many bytes with highest and lowest bit set.
fn odd_modulus(bytes: usize) -> Vec<u8> {
    let mut number = vec![0xa5; bytes];
    number[0] |= 0x80;
    number
}

#[test]
fn d22_unsafe_exponents_are_refused() {
    let exponents: [&[u8]; 8] =
        [&[1], &[3], &[17], &[2], &[1, 0, 0], &[0xff, 0xff], &[1, 0, 2], &[1, 0, 0, 0, 1]];
    for exponent in exponents {
        let refused = jwk_with(&json!({ "e": base64url::encode(exponent) }));
        assert_eq!(refused.unwrap_err(), KeyError::ExponentUnsafe, "{exponent:?}");
    }
    for exponent in [&[][..], &[0, 1, 0, 1]] {
        assert!(jwk_with(&json!({ "e": base64url::encode(exponent) })).is_err(), "{exponent:?}");
    }
}

#[test]
fn d22_a_modulus_with_a_small_factor_is_refused() {
    let mut even = modulus();
    *even.last_mut().unwrap() &= 0xfe;
    assert_eq!(jwk_of_modulus(&even).unwrap_err(), KeyError::SmallFactor);
    for factor in [3_u32, 7, 251, 997] {
        assert_eq!(jwk_of_modulus(&multiple_of(factor)).unwrap_err(), KeyError::SmallFactor, "{factor}");
    }
    let mut zero_first = modulus();
    zero_first.insert(0, 0);
    assert_eq!(jwk_of_modulus(&zero_first).unwrap_err(), KeyError::Unreadable, "not canonical");
}

/// The customer's modulus, lowered in its last bytes to an odd multiple of `factor`.
fn multiple_of(factor: u32) -> Vec<u8> {
    let mut number = modulus();
    let remainder =
        |number: &[u8]| number.iter().fold(0, |rest, byte| (rest << 8 | u32::from(*byte)) % factor);
    while remainder(&number) != 0 || number[255].is_multiple_of(2) {
        let tail = u32::from_be_bytes(number[252..].try_into().unwrap()).wrapping_sub(1);
        number[252..].copy_from_slice(&tail.to_be_bytes());
    }
    number
}

#[test]
fn d22_private_keys_pasted_by_mistake_are_refused_and_named() {
    let pem = FIXTURE.factory.signing_key.to_pem().unwrap();
    let both = format!("{}{}", customer().to_pem(), *pem);
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----";
    let openssh = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----";
    let ec = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----";
    let cut = pem.lines().take(5).collect::<Vec<_>>().join("\n");
    let bare: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let jwk = r#"{"kty":"RSA","n":"AQAB","e":"AQAB","d":"AQAB"}"#;
    // A public key first, and behind it a private one whose label lost a dash: found by fuzzing.
    let damaged = both.replace("BEGIN PRIVATE KEY-----", "BEGIN PRIVATE KEY----");
    for text in [pem.as_str(), &both, &damaged, encrypted, openssh, ec, &cut, &bare, jwk] {
        assert_eq!(VerificationKey::from_text(text).unwrap_err(), KeyError::PrivateKey, "{text}");
    }
    let der = FIXTURE.platform.to_pkcs8_der();
    assert_eq!(VerificationKey::from_spki_der(&der).unwrap_err(), KeyError::PrivateKey);
    assert!(KeyError::PrivateKey.to_string().contains("disclosed"));
}

#[test]
fn d22_keys_of_other_types_are_refused() {
    let p384 = "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEqhfmZbwD/+Gs+3mEoS4RJHnBPG6lLXYNT9bJh5wCXDTxMWBGkQ2CFVO9DFgHuXbG5Q7Yk5qP2y3hHkBMJGQEBsJlB3jXc1Y0sL1gAnY1wIzqjkQfC0kyrI9sTdfYKzHb";
    let x25519 = "MCowBQYDK2VuAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=";
    for text in [p384, x25519] {
        assert_eq!(VerificationKey::from_text(text).unwrap_err(), KeyError::TypeNotAccepted, "{text}");
    }
    assert_eq!(jwk_with(&json!({ "kty": "EC" })).unwrap_err(), KeyError::TypeNotAccepted);
    assert_eq!(jwk_with(&json!({ "kty": "oct" })).unwrap_err(), KeyError::TypeNotAccepted);
    assert_eq!(jwk_with(&json!({ "k": "AAAA" })).unwrap_err(), KeyError::PrivateKey);
    let certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
    assert_eq!(VerificationKey::from_text(certificate).unwrap_err(), KeyError::Certificate);
    for text in ["", "{}", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "hello", "AAAA"] {
        assert!(VerificationKey::from_text(text).is_err(), "{text}");
    }
}

#[test]
fn a_jwk_for_another_purpose_is_refused() {
    assert_eq!(jwk_with(&json!({ "use": "enc" })).unwrap_err(), KeyError::WrongUse);
    assert_eq!(jwk_with(&json!({ "key_ops": ["encrypt"] })).unwrap_err(), KeyError::WrongUse);
    assert_eq!(jwk_with(&json!({ "key_ops": "verify" })).unwrap_err(), KeyError::WrongUse);
    assert_eq!(jwk_with(&json!({ "alg": "RS384" })).unwrap_err(), KeyError::WrongAlgorithm);
    assert_eq!(jwk_with(&json!({ "alg": "ES256" })).unwrap_err(), KeyError::WrongAlgorithm);
    assert_eq!(jwk_with(&json!({ "alg": "PS256" })).unwrap().algorithm(), SignatureAlgorithm::Ps256);
    assert_eq!(jwk_with(&json!({ "alg": "RSA-OAEP-256" })).unwrap_err(), KeyError::WrongAlgorithm);
    assert_eq!(jwk_with(&json!({ "kid": "" })).unwrap_err(), KeyError::KeyIdInvalid);
    assert_eq!(jwk_with(&json!({ "kid": 1 })).unwrap_err(), KeyError::KeyIdInvalid);
    assert!(jwk_with(&json!({ "key_ops": ["verify"] })).is_ok());
    assert_eq!(EncryptionKey::from_jwk(&customer().to_jwk_json()).unwrap_err(), KeyError::WrongUse);
    assert_eq!(
        VerificationKey::from_jwk(&FIXTURE.platform.to_public_jwk_json()).unwrap_err(),
        KeyError::WrongUse
    );
}

#[test]
fn private_keys_are_in_no_debug_output() {
    let pem = FIXTURE.factory.signing_key.to_pem().unwrap();
    let debug = format!("{:?} {:?}", FIXTURE.factory.signing_key, FIXTURE.platform);
    assert!(pem.lines().all(|line| line.starts_with("-----") || !debug.contains(line)));
    assert!(debug.len() < 500, "{debug}");
}
