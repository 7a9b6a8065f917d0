//! The further algorithms of the strict profile: every pair works, none works that is not switched on, and a key is for
//! one algorithm only.

use serde_json::json;
use signet_token::visitor_token::STRICT_TYPE;
use signet_token::{
    AgreementKey, CheckedToken, Curve, CurvePoint, EncryptionKey, KeyManagement, KeyUnwrap, Policy, Profile,
    SignatureAlgorithm, SigningKey, TokenError, TokenProvider, VerificationKey,
};

use crate::support::{FIXTURE, NOW_MS, SID, open_with};
use crate::token_factory::TokenFactory;

/// Strict, with everything switched on.
pub(crate) fn everything() -> Policy {
    Policy {
        signature_algorithms: SignatureAlgorithm::ALL.to_vec(),
        key_management: KeyManagement::ALL.to_vec(),
        ..Policy::strict()
    }
}

/// A brand with one key of each kind, and the platform's key for it.
pub(crate) struct Brand {
    pub(crate) factory: TokenFactory,
    pub(crate) platform: Box<dyn KeyUnwrap>,
    /// The public half of the platform's key.
    pub(crate) public_jwk: serde_json::Value,
}

impl Brand {
    pub(crate) fn new(signature: SignatureAlgorithm, management: KeyManagement) -> Self {
        let signing_key = SigningKey::generate_for(signature).unwrap().with_key_id("brand-1").unwrap();
        let (public_jwk, platform): (String, Box<dyn KeyUnwrap>) = match management.curve() {
            None => {
                let der = FIXTURE.platform.to_pkcs8_der();
                let key = signet_token::DecryptionKey::from_pkcs8_der(&der).unwrap();
                (key.to_public_jwk_json(), Box::new(key))
            }
            Some(curve) => {
                let key = AgreementKey::generate(curve).unwrap();
                (key.to_public_jwk_json(), Box::new(key))
            }
        };
        let encryption_key = EncryptionKey::from_jwk(&public_jwk).unwrap();
        assert_eq!(encryption_key.algorithm(), management);
        let public_jwk = serde_json::from_str(&public_jwk).unwrap();
        Self { factory: TokenFactory::new(signing_key, encryption_key), platform, public_jwk }
    }

    pub(crate) fn key(&self) -> VerificationKey {
        self.factory.signing_key.verification_key().clone()
    }

    /// A token that the strict profile accepts.
    pub(crate) fn good(&self) -> crate::token_factory::TokenBuilder<'_> {
        self.factory.token("user-1", NOW_MS).strict(SID, "token-1")
    }

    pub(crate) fn open(&self, token: &str, policy: &Policy) -> Result<CheckedToken, TokenError> {
        open_with(token, policy, self.platform.as_ref(), &[self.key()])
    }

    fn refusal(&self, token: &str, policy: &Policy) -> &'static str {
        self.open(token, policy).expect_err("token was accepted").fine_code()
    }
}

/// Every pair of algorithms.
pub(crate) fn pairs() -> impl Iterator<Item = (SignatureAlgorithm, KeyManagement)> {
    SignatureAlgorithm::ALL
        .into_iter()
        .flat_map(|signature| KeyManagement::ALL.map(|management| (signature, management)))
}

#[test]
fn every_pair_works_where_it_is_switched_on_and_nowhere_else() {
    for (signature, management) in pairs() {
        let brand = Brand::new(signature, management);
        let token = brand.good().build();
        let checked = brand.open(&token, &everything()).unwrap_or_else(|error| {
            panic!("{} with {}: {error}", signature.name(), management.name());
        });
        assert_eq!(checked.user_id(), "user-1");
        assert_eq!(checked.signing_key(), brand.key().fingerprint());

        let only = Policy {
            signature_algorithms: vec![signature],
            key_management: vec![management],
            ..Policy::strict()
        };
        assert!(brand.open(&token, &only).is_ok());
        let mut other_signature = everything();
        other_signature.signature_algorithms.retain(|algorithm| *algorithm != signature);
        assert_eq!(brand.refusal(&token, &other_signature), "JWS_ALG_NOT_ALLOWED");
        let mut other_management = everything();
        other_management.key_management.retain(|algorithm| *algorithm != management);
        let refusal = brand.refusal(&token, &other_management);
        // The two curves share one `alg`: with one of them off, it is the ephemeral key that is refused.
        let expected = if management.curve().is_some() { "JWE_EPK_INVALID" } else { "JWE_ALG_NOT_ALLOWED" };
        assert_eq!(refusal, expected, "{}", management.name());
    }
}

#[test]
fn the_compatible_profile_has_one_pair_whatever_is_switched_on() {
    let policy = Policy { profile: Profile::Compatible, ..everything() };
    for (signature, management) in pairs() {
        let brand = Brand::new(signature, management);
        let result = brand.open(&brand.good().build(), &policy);
        let vendor = signature == SignatureAlgorithm::Rs256 && management == KeyManagement::RsaOaep256;
        assert_eq!(result.is_ok(), vendor, "{} with {}", signature.name(), management.name());
    }
}

#[test]
fn what_a_provider_of_the_strict_profile_issues_is_accepted() {
    let claims = json!({
        "https://iadvize.com/userId": "user-1", "iss": "https://shop.example", "aud": SID, "jti": "1",
        "iat": NOW_MS / 1_000, "exp": NOW_MS / 1_000 + 60,
    });
    for (signature, management) in pairs() {
        let Brand { factory, platform, .. } = Brand::new(signature, management);
        let key = factory.signing_key.verification_key().clone();
        let provider =
            TokenProvider::new(factory.signing_key, factory.encryption_key).for_profile(Profile::Strict);
        assert!(provider.inner_header().contains(STRICT_TYPE));
        let token = provider.issue(&claims.to_string()).unwrap();
        let checked = open_with(&token, &everything(), platform.as_ref(), &[key]).unwrap();
        assert_eq!(checked.token_id(), Some("1"));
    }
}

#[test]
fn d03_a_key_is_for_its_own_algorithm_whatever_a_header_says() {
    for signature in SignatureAlgorithm::ALL {
        let brand = Brand::new(signature, KeyManagement::RsaOaep256);
        for claimed in SignatureAlgorithm::ALL {
            let token = brand.good().inner_header("alg", claimed.name()).build();
            match brand.open(&token, &everything()) {
                Ok(_) => assert_eq!(claimed, signature),
                Err(error) => {
                    assert_ne!(claimed, signature);
                    assert_eq!(error.fine_code(), "JWS_ALG_NOT_OF_KEY");
                }
            }
        }
    }
}

#[test]
fn d03_an_rsa_key_for_ps256_verifies_no_rs256() {
    let brand = Brand::new(SignatureAlgorithm::Rs256, KeyManagement::RsaOaep256);
    let token = brand.good().build();
    let registered_for_ps256 = [brand.key().with_algorithm(SignatureAlgorithm::Ps256).unwrap()];
    let refused = open_with(&token, &everything(), brand.platform.as_ref(), &registered_for_ps256);
    assert_eq!(refused.unwrap_err().fine_code(), "JWS_ALG_NOT_OF_KEY");
    // Nor does its header's word turn the signature into one that verifies.
    let renamed = brand.good().inner_header("alg", "PS256").build();
    let refused = open_with(&renamed, &everything(), brand.platform.as_ref(), &registered_for_ps256);
    assert_eq!(refused.unwrap_err().fine_code(), "JWS_SIGNATURE_INVALID");
    for other in [SignatureAlgorithm::Es256, SignatureAlgorithm::EdDsa] {
        assert!(brand.key().with_algorithm(other).is_err());
    }
}

#[test]
fn a_key_of_the_right_algorithm_is_found_among_others() {
    let brands = SignatureAlgorithm::ALL.map(|signature| Brand::new(signature, KeyManagement::RsaOaep256));
    let keys: Vec<VerificationKey> = brands.iter().map(Brand::key).collect();
    for brand in &brands {
        let token = brand.good().build();
        // All four keys have one key id; the thumbprint tells them apart as well.
        for token in [token, brand.good().inner_header("kid", brand.key().fingerprint().as_str()).build()] {
            let checked = open_with(&token, &everything(), brand.platform.as_ref(), &keys).unwrap();
            assert_eq!(checked.signing_key(), brand.key().fingerprint());
        }
    }
}

#[test]
fn an_es256_signature_has_one_form() {
    let brand = Brand::new(SignatureAlgorithm::Es256, KeyManagement::RsaOaep256);
    let inner = brand.good().build_inner();
    let (signed, signature) = inner.rsplit_once('.').unwrap();
    let signature = signet_token::base64url::decode(signature).unwrap();
    assert_eq!(signature.len(), 64);
    let (r, s) = signature.split_at(32);
    let integer = |number: &[u8]| {
        let mut der = vec![0x02, 33, 0];
        der.extend_from_slice(number);
        der
    };
    let mut der = [integer(r), integer(s)].concat();
    der.splice(0..0, [0x30, 70]);
    let mut longer = signature.clone();
    longer.push(0);
    for wrong in [der.as_slice(), &longer, &signature[..63], &[0; 64], &[0xff; 64], r] {
        let inner = format!("{signed}.{}", signet_token::base64url::encode(wrong));
        let token = brand.good().content(inner).build();
        assert_eq!(brand.refusal(&token, &everything()), "JWS_SIGNATURE_INVALID");
    }
}

#[test]
fn d22_for_a_small_order_key_anybody_can_sign_so_none_is_registered() {
    use aws_lc_rs::signature::{ED25519, ParsedPublicKey};

    // What the attack is: the identity as key and as R, zero as S, verifies for every message.
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut forged = [0; 64];
    forged[0] = 1;
    let parsed = ParsedPublicKey::new(&ED25519, identity).unwrap();
    assert!(parsed.verify_sig(b"whatever anybody wants", &forged).is_ok());

    let order_eight =
        [0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67];
    let order_eight: Vec<u8> = order_eight
        .into_iter()
        .chain([
            0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03,
        ])
        .chain([0x7a])
        .collect();
    let filled = |first: u8| {
        let mut key = vec![0xff; 32];
        (key[0], key[31]) = (first, 0x7f);
        key
    };
    let points = [identity.to_vec(), vec![0; 32], order_eight, filled(0xec), filled(0xed), filled(0xee)];
    for point in points {
        for sign in [0, 0x80] {
            let mut key = point.clone();
            key[31] |= sign;
            let x = signet_token::base64url::encode(&key);
            let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": x }).to_string();
            let refused = VerificationKey::from_jwk(&jwk).unwrap_err();
            assert_eq!(refused.code(), "KEY_SMALL_ORDER", "{key:02x?}");
        }
    }
}

#[test]
fn keys_on_curves_are_the_same_in_every_format() {
    for signature in [SignatureAlgorithm::Es256, SignatureAlgorithm::EdDsa] {
        let key = SigningKey::generate_for(signature).unwrap();
        let public = key.verification_key();
        for text in [public.to_pem(), public.to_jwk_json()] {
            let read = VerificationKey::from_text(&text).unwrap();
            assert_eq!(read.fingerprint(), public.fingerprint(), "{text}");
            assert_eq!(read.algorithm(), signature);
            assert_eq!(read.bits(), 256);
        }
        let again = SigningKey::from_pem(&key.to_pem().unwrap()).unwrap();
        assert_eq!(again.verification_key().fingerprint(), public.fingerprint());
    }
    for curve in [Curve::P256, Curve::X25519] {
        let key = AgreementKey::generate(curve).unwrap();
        let from_pem = EncryptionKey::from_pem(&key.to_public_pem()).unwrap();
        assert_eq!(from_pem.fingerprint(), key.fingerprint());
        assert_eq!(
            AgreementKey::from_secret(curve, &key.to_secret()).unwrap().fingerprint(),
            key.fingerprint()
        );
        assert!(AgreementKey::from_secret(curve, &[7; 31]).is_err());
    }
}

#[test]
fn thumbprints_are_those_of_the_rfcs() {
    // RFC 8037 appendix A.3.
    let ed25519 = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let key = VerificationKey::from_jwk(ed25519).unwrap();
    assert_eq!(key.fingerprint().as_str(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    // The EC key of RFC 7515 appendix A.3; the thumbprint was computed with another implementation.
    let p256 = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
    let key = VerificationKey::from_jwk(p256).unwrap();
    assert_eq!(key.fingerprint().as_str(), "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
}

#[test]
fn damaged_and_mismatched_curve_keys_are_refused() {
    let good: serde_json::Value = serde_json::from_str(
        SigningKey::generate_for(SignatureAlgorithm::Es256)
            .unwrap()
            .verification_key()
            .to_jwk_json()
            .as_str(),
    )
    .unwrap();
    let changes = [
        ("y", json!(good["x"]), "KEY_UNREADABLE"),
        ("y", json!(null), "KEY_UNREADABLE"),
        ("x", json!("AAAA"), "KEY_UNREADABLE"),
        ("crv", json!("P-384"), "KEY_TYPE_NOT_ACCEPTED"),
        ("crv", json!("X25519"), "KEY_TYPE_NOT_ACCEPTED"),
        ("kty", json!("OKP"), "KEY_TYPE_NOT_ACCEPTED"),
        ("alg", json!("RS256"), "KEY_WRONG_ALGORITHM"),
        ("use", json!("enc"), "KEY_WRONG_USE"),
        ("d", json!("AAAA"), "KEY_IS_PRIVATE"),
    ];
    for (name, value, code) in changes {
        let mut jwk = good.clone();
        jwk[name] = value;
        assert_eq!(VerificationKey::from_jwk(&jwk.to_string()).unwrap_err().code(), code, "{name}");
    }
    // Both halves of a private key must belong together.
    let other = AgreementKey::generate(Curve::P256).unwrap();
    let mut jwk: serde_json::Value =
        serde_json::from_str(&AgreementKey::generate(Curve::P256).unwrap().to_public_jwk_json()).unwrap();
    jwk["d"] = signet_token::base64url::encode(other.to_secret()).into();
    assert_eq!(AgreementKey::from_jwk(&jwk.to_string()).unwrap_err().code(), "KEY_INCONSISTENT");
}

#[test]
fn d10_a_p256_point_has_one_form() {
    let key = AgreementKey::generate(Curve::P256).unwrap();
    let pem = key.to_public_pem();
    let der: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let point = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.decode(der).unwrap().split_off(26)
    };
    assert!(CurvePoint::from_raw(Curve::P256, &point).is_some());
    let sign = point[64] & 1;
    let compressed = [&[2 | sign], &point[1..33]].concat();
    let hybrid = [&[6 | sign], &point[1..]].concat();
    let longer = [point.as_slice(), &[0]].concat();
    for wrong in [compressed.as_slice(), &hybrid, &longer, &point[1..], &point[..64], &[0], &[4], &[]] {
        assert!(CurvePoint::from_raw(Curve::P256, wrong).is_none(), "{} bytes", wrong.len());
    }
    for length in [0, 31, 33, 44, 65] {
        assert!(CurvePoint::from_raw(Curve::X25519, &vec![9; length]).is_none(), "{length} bytes");
    }
}
