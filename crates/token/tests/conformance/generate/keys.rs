//! The keys of the suite, and their private JWKs.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use signet_token::{
    AgreementKey, Curve, DecryptionKey, EncryptionKey, SignatureAlgorithm, SigningKey, base64url,
};

use crate::token_factory::TokenFactory;
use crate::vector::{CustomerKey, KeyFile};

/// Customer keys: name, algorithm, key id at registration.
const CUSTOMERS: [(&str, SignatureAlgorithm, Option<&str>); 8] = [
    ("customer-1", SignatureAlgorithm::Rs256, Some("customer-1")),
    ("customer-2", SignatureAlgorithm::Rs256, Some("customer-2")),
    ("customer-unnamed", SignatureAlgorithm::Rs256, None),
    ("customer-ps256", SignatureAlgorithm::Ps256, Some("customer-ps256")),
    ("customer-es256", SignatureAlgorithm::Es256, Some("customer-es256")),
    ("customer-eddsa", SignatureAlgorithm::EdDsa, Some("customer-eddsa")),
    // Of another project, under a key id of its own and under one that the first project also uses.
    ("foreign", SignatureAlgorithm::Rs256, Some("foreign")),
    ("foreign-customer-1", SignatureAlgorithm::Rs256, Some("customer-1")),
];

/// The keys by name.
pub(crate) struct Keys {
    rsa: BTreeMap<&'static str, DecryptionKey>,
    agreement: BTreeMap<&'static str, AgreementKey>,
    customers: BTreeMap<&'static str, (SignatureAlgorithm, Option<&'static str>, SigningKey)>,
}

impl Keys {
    /// Fresh ones.
    pub(crate) fn generate() -> Self {
        let rsa = ["platform-rsa", "platform-rsa-2"]
            .into_iter()
            .map(|name| (name, DecryptionKey::generate().expect("RSA key")));
        let agreement = [("platform-p256", Curve::P256), ("platform-x25519", Curve::X25519)]
            .into_iter()
            .map(|(name, curve)| (name, AgreementKey::generate(curve).expect("curve key")));
        let customers = CUSTOMERS.into_iter().map(|(name, algorithm, key_id)| {
            (name, (algorithm, key_id, SigningKey::generate_for(algorithm).expect("customer key")))
        });
        Self { rsa: rsa.collect(), agreement: agreement.collect(), customers: customers.collect() }
    }

    /// A customer's key.
    pub(crate) fn signer(&self, name: &str) -> SigningKey {
        let (algorithm, key_id, key) = &self.customers[name];
        let copy = SigningKey::from_pkcs8_der(&key.to_pkcs8_der().expect("PKCS#8")).expect("customer key");
        let copy = copy.with_algorithm(*algorithm).expect("algorithm");
        match key_id {
            Some(key_id) => copy.with_key_id(key_id).expect("key id"),
            None => copy,
        }
    }

    /// A platform key's public JWK, with its thumbprint as `kid`.
    pub(crate) fn platform_jwk(&self, name: &str) -> Value {
        let text = match self.rsa.get(name) {
            Some(key) => key.to_public_jwk_json(),
            None => self.agreement[name].to_public_jwk_json(),
        };
        serde_json::from_str(&text).expect("JWK")
    }

    /// A token provider with these keys, whose tokens name both.
    pub(crate) fn factory(&self, customer: &str, platform: &str) -> TokenFactory {
        let encryption_key =
            EncryptionKey::from_jwk(&self.platform_jwk(platform).to_string()).expect("platform key");
        TokenFactory::new(self.signer(customer), encryption_key)
    }

    /// An RSA key of the platform.
    pub(crate) fn rsa(&self, name: &str) -> &DecryptionKey {
        &self.rsa[name]
    }

    /// Public and private JWKs.
    pub(crate) fn to_file(&self) -> KeyFile {
        let mut platform = BTreeMap::new();
        for (name, key) in &self.rsa {
            platform.insert((*name).to_owned(), private_rsa(self.platform_jwk(name), &key.to_pkcs8_der()));
        }
        for (name, key) in &self.agreement {
            let mut jwk = self.platform_jwk(name);
            jwk["d"] = base64url::encode(key.to_secret()).into();
            platform.insert((*name).to_owned(), jwk);
        }
        let customers = self.customers.keys().map(|name| ((*name).to_owned(), self.customer(name))).collect();
        KeyFile {
            comment:
                "TEST KEYS, made by conformance_generate and published: never use them for anything else."
                    .to_owned(),
            platform,
            customers,
        }
    }

    fn customer(&self, name: &str) -> CustomerKey {
        let signer = self.signer(name);
        let mut public: Value = serde_json::from_str(&signer.verification_key().to_jwk_json()).expect("JWK");
        if signer.verification_key().key_id().is_none() {
            public = super::without(&public, "kid");
        }
        let der = signer.to_pkcs8_der().expect("PKCS#8");
        let private = if public["kty"] == "RSA" {
            private_rsa(public.clone(), &der)
        } else {
            let mut private = public.clone();
            private["d"] = base64url::encode(curve_secret(&der)).into();
            private
        };
        CustomerKey { public, private }
    }
}

/// Adds the private members of RFC 7518 section 6.3.2 from PKCS#8.
fn private_rsa(mut jwk: Value, pkcs8: &[u8]) -> Value {
    let octets = octet_string(pkcs8);
    let (_, mut rest, _) = element(octets);
    // Version, n and e come first.
    for (index, name) in ["", "", "", "d", "p", "q", "dp", "dq", "qi"].into_iter().enumerate() {
        let (_, number, after) = element(rest);
        rest = after;
        if index > 2 {
            let zeros = number.iter().take_while(|byte| **byte == 0).count();
            jwk[name] = json!(base64url::encode(&number[zeros..]));
        }
    }
    jwk
}

/// The 32 private bytes of an EC (RFC 5915) or Ed25519 (RFC 8410) key: the first octet string inside.
fn curve_secret(pkcs8: &[u8]) -> &[u8] {
    let (tag, content, _) = element(octet_string(pkcs8));
    if tag == 0x04 {
        return content;
    }
    let (_, _, after_version) = element(content);
    element(after_version).1
}

/// `privateKey` of a `PrivateKeyInfo` (RFC 5208 section 5).
fn octet_string(pkcs8: &[u8]) -> &[u8] {
    let (_, content, _) = element(pkcs8);
    let (_, _, after_version) = element(content);
    let (_, _, after_algorithm) = element(after_version);
    element(after_algorithm).1
}

/// Tag, content and what follows.
fn element(der: &[u8]) -> (u8, &[u8], &[u8]) {
    let (tag, first) = (der[0], usize::from(der[1]));
    let (length, start) = if first < 0x80 {
        (first, 2)
    } else {
        let count = first & 0x7f;
        (der[2..2 + count].iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), 2 + count)
    };
    (tag, &der[start..start + length], &der[start + length..])
}
