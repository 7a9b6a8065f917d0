//! D10: ephemeral keys that are no keys, and whatever else can be wrong with a key agreement.

use serde_json::{Value, json};
use signet_token::{
    AgreementKey, Curve, CurvePoint, KeyAgreement, KeyManagement, Policy, SignatureAlgorithm, base64url,
};

use crate::algorithms::{Brand, everything};
use crate::support::{CountingUnwrap, open_with};

const P256: KeyManagement = KeyManagement::EcdhEsP256;
const X25519: KeyManagement = KeyManagement::EcdhEsX25519;

fn brand(management: KeyManagement) -> Brand {
    Brand::new(SignatureAlgorithm::EdDsa, management)
}

fn refusal(brand: &Brand, token: &str) -> &'static str {
    brand.open(token, &everything()).expect_err("token was accepted").fine_code()
}

/// A public key of some sender.
fn some_point(curve: Curve) -> Value {
    let jwk: Value =
        serde_json::from_str(&AgreementKey::generate(curve).unwrap().to_public_jwk_json()).unwrap();
    let members = ["kty", "crv", "x", "y"].map(|name| (name.to_owned(), jwk[name].clone()));
    Value::Object(members.into_iter().filter(|(_, value)| !value.is_null()).collect())
}

fn with(mut point: Value, name: &str, value: impl Into<Value>) -> Value {
    point[name] = value.into();
    point
}

#[test]
fn d10_an_ephemeral_key_that_is_no_point_of_its_curve_is_refused_before_any_key() {
    let point = some_point(Curve::P256);
    let octets = some_point(Curve::X25519);
    let zeros = base64url::encode([0; 32]);
    let off_curve = with(point.clone(), "y", point["x"].clone());
    let beyond_the_prime = with(point.clone(), "x", base64url::encode([0xff; 32]));
    let compressed = json!({ "kty": "EC", "crv": "P-256", "x": point["x"] });
    let wrong = [
        off_curve,
        beyond_the_prime,
        compressed,
        // Infinity has no coordinates; (0, 0) is how careless code writes it.
        json!({ "kty": "EC", "crv": "P-256", "x": zeros, "y": zeros }),
        json!({ "kty": "EC", "crv": "P-256", "x": "", "y": "" }),
        // Other curves, and the right ones under another name or type.
        with(point.clone(), "crv", "P-384"),
        with(point.clone(), "crv", "secp256k1"),
        with(point.clone(), "crv", "p-256"),
        with(point.clone(), "crv", "X25519"),
        with(point.clone(), "kty", "OKP"),
        with(octets.clone(), "crv", "X448"),
        with(octets.clone(), "crv", "Ed25519"),
        with(octets.clone(), "kty", "EC"),
        with(octets.clone(), "crv", Value::Null),
        // Lengths and types.
        with(octets.clone(), "x", base64url::encode([9; 31])),
        with(octets.clone(), "x", base64url::encode([9; 33])),
        with(octets.clone(), "x", format!("{}=", octets["x"].as_str().unwrap())),
        with(octets.clone(), "x", 9),
        with(point.clone(), "x", base64url::encode([&[0], [9; 32].as_slice()].concat())),
        // A private key nobody should have sent.
        with(octets.clone(), "d", base64url::encode([9; 32])),
        json!("P-256"),
        json!([]),
        Value::Null,
    ];
    for management in [P256, X25519] {
        let brand = brand(management);
        for epk in &wrong {
            let token = brand.good().outer_header("epk", epk.clone()).build();
            let unwrap = CountingUnwrap::default();
            let refused = open_with(&token, &everything(), &unwrap, &[brand.key()]).unwrap_err();
            assert_eq!(refused.fine_code(), "JWE_EPK_INVALID", "{epk}");
            assert_eq!(unwrap.calls(), 0, "{epk}");
        }
        // A valid point does ask for the key, once.
        let unwrap = CountingUnwrap::default();
        let refused = open_with(&brand.good().build(), &everything(), &unwrap, &[brand.key()]);
        assert_eq!(refused.unwrap_err().fine_code(), "TOKEN_UNDECRYPTABLE");
        assert_eq!(unwrap.calls(), 1);
        let header = json!({ "alg": "ECDH-ES+A256KW", "enc": "A256GCM", "kid": "platform" });
        let token = brand.good().raw_outer_header(&header.to_string()).build();
        assert_eq!(refusal(&brand, &token), "JWE_EPK_MISSING");
    }
}

#[test]
fn d10_a_valid_point_that_is_not_the_senders_fails_like_any_other_decryption() {
    for management in [P256, X25519] {
        let brand = brand(management);
        for curve in [Curve::P256, Curve::X25519] {
            let token = brand.good().outer_header("epk", some_point(curve)).build();
            assert_eq!(refusal(&brand, &token), "TOKEN_UNDECRYPTABLE");
        }
    }
}

#[test]
fn d10_small_order_points_end_in_no_agreement() {
    let brand = brand(X25519);
    let order_eight: [u8; 32] = [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda,
        0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
    ];
    let number = |first: u8, middle: u8, last: u8| {
        let mut bytes = [middle; 32];
        (bytes[0], bytes[31]) = (first, last);
        bytes
    };
    let points = [
        number(0, 0, 0),
        number(1, 0, 0),
        order_eight,
        number(0xec, 0xff, 0x7f),
        number(0xed, 0xff, 0x7f),
        number(0xee, 0xff, 0x7f),
    ];
    for point in points {
        let epk = json!({ "kty": "OKP", "crv": "X25519", "x": base64url::encode(point) });
        // An attacker who knows that the secret is zero wraps a content key under what is derived from it.
        let token = forged_for_the_zero_secret(&brand, &epk);
        assert_eq!(refusal(&brand, &token), "TOKEN_UNDECRYPTABLE", "{point:02x?}");
    }
}

/// A token whose content key is wrapped under the key derived from an all-zero secret.
fn forged_for_the_zero_secret(brand: &Brand, epk: &Value) -> String {
    use aws_lc_rs::digest::{SHA256, digest};
    use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrap as _};

    let name = b"ECDH-ES+A256KW";
    let info = [
        &1_u32.to_be_bytes()[..],
        &[0; 32],
        &(name.len() as u32).to_be_bytes(),
        name,
        &[0; 8],
        &256_u32.to_be_bytes(),
    ]
    .concat();
    let kek = AesKek::new(&AES_256, digest(&SHA256, &info).as_ref()).unwrap();
    let mut wrapped = [0; 40];
    kek.wrap(&[0x4b; 32], &mut wrapped).unwrap();
    // Given the zero secret it does unwrap: the test fails for the secret alone.
    let agreement = KeyAgreement {
        ephemeral_key: CurvePoint::from_raw(Curve::X25519, &[9; 32]).unwrap(),
        party_u: Vec::new(),
        party_v: Vec::new(),
        encrypted_key: signet_token::Exact::read(&wrapped),
    };
    assert!(agreement.unwrap_content_key(&[0; 32]).is_key());
    // The builder encrypts the content with this same key.
    let token = brand.good().outer_header("epk", epk.clone()).build();
    crate::token_factory::with_part(&token, crate::token_factory::Part::EncryptedKey, |bytes| {
        *bytes = wrapped.to_vec();
    })
}

#[test]
fn party_information_is_part_of_the_derivation_and_has_one_spelling() {
    for management in [P256, X25519] {
        let brand = brand(management);
        let token = brand.good().outer_header("apu", "QWxpY2U").outer_header("apv", "Qm9i").build();
        assert!(brand.open(&token, &everything()).is_ok());
    }
    let brand = brand(P256);
    for name in ["apu", "apv"] {
        for wrong in [json!("QQ="), json!("QR"), json!(1), json!(["QQ"]), Value::Null, json!("a b")] {
            let token = brand.good().outer_header(name, wrong.clone()).build();
            assert_eq!(refusal(&brand, &token), "JWE_PARTY_INFO_INVALID", "{name} {wrong}");
        }
    }
}

#[test]
fn the_wrapped_key_has_one_length() {
    for management in [P256, X25519] {
        let brand = brand(management);
        for length in [16, 24, 40, 48] {
            let token = brand.good().content_key(&vec![7; length]).build();
            assert_eq!(refusal(&brand, &token), "TOKEN_UNDECRYPTABLE", "{length}");
        }
        for length in [0, 8, 39, 41, 256] {
            let token = crate::token_factory::with_part(
                &brand.good().build(),
                crate::token_factory::Part::EncryptedKey,
                |bytes| bytes.resize(length, 0),
            );
            assert_eq!(refusal(&brand, &token), "TOKEN_UNDECRYPTABLE", "{length}");
        }
    }
}

#[test]
fn key_agreement_that_is_not_switched_on_is_named_as_what_it_is() {
    for management in [P256, X25519] {
        let brand = brand(management);
        let token = brand.good().build();
        for policy in [Policy::default(), Policy::strict()] {
            let refused = brand.open(&token, &policy).unwrap_err();
            assert_eq!(refused.fine_code(), "JWE_ALG_NOT_ALLOWED");
        }
        for alg in ["ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ecdh-es+a256kw"] {
            let token = brand.good().outer_header("alg", alg).build();
            let refused = brand.open(&token, &everything()).unwrap_err();
            assert_eq!(refused.code().as_str(), "TOKEN_MALFORMED", "{alg}");
        }
    }
}

#[test]
fn a_key_of_another_kind_under_the_right_name_is_of_no_use() {
    let agreed = brand(P256);
    let rsa = brand(KeyManagement::RsaOaep256);
    // The header of one kind, custody of the other.
    for (token, custody) in [(agreed.good().build(), &rsa), (rsa.good().build(), &agreed)] {
        let refused = open_with(&token, &everything(), custody.platform.as_ref(), &[agreed.key()]);
        assert_eq!(refused.unwrap_err().fine_code(), "TOKEN_UNDECRYPTABLE");
    }
    let unknown = agreed.good().outer_header("kid", "another").build();
    assert_eq!(refusal(&agreed, &unknown), "TOKEN_UNDECRYPTABLE");
}
