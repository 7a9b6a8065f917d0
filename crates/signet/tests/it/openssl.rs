//! Keys made by openssl, and tokens opened with them by nothing of the product.

use std::path::Path;
use std::process::Command;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::Value;
use signet_token::base64url;

/// What a provider holds: its own private key and the platform's public one, PEM.
#[derive(Clone)]
pub(crate) struct Keys {
    pub(crate) private: String,
    pub(crate) platform: String,
}

/// Key pairs made by openssl, as the integration guide makes them.
pub(crate) struct OpensslKeys {
    pub(crate) customer: Keys,
    /// The same private key in the form that older versions write.
    pub(crate) traditional: String,
    pub(crate) customer_public: String,
    pub(crate) platform_private: String,
}

/// Runs openssl in a folder and gives what it printed.
pub(crate) fn openssl(folder: &Path, arguments: &[&str]) -> String {
    let output =
        Command::new("openssl").current_dir(folder).args(arguments).output().expect("openssl is there");
    assert!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

impl OpensslKeys {
    /// Makes both pairs in a folder.
    pub(crate) fn make(folder: &Path) -> Self {
        let private = |name: &str| {
            let options = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
            openssl(folder, &[&["genpkey", "-out", name][..], &options].concat());
            std::fs::read_to_string(folder.join(name)).unwrap()
        };
        let (customer, platform) = (private("customer.pem"), private("platform.pem"));
        let public = |name| openssl(folder, &["rsa", "-in", name, "-pubout"]);
        let keys = Self {
            customer: Keys { private: customer, platform: public("platform.pem") },
            traditional: openssl(folder, &["rsa", "-in", "customer.pem", "-traditional"]),
            customer_public: public("customer.pem"),
            platform_private: platform,
        };
        assert!(keys.traditional.contains("BEGIN RSA PRIVATE KEY"));
        keys
    }

    /// Decrypts a token, trusting nothing of the product. Gives the signed token inside.
    pub(crate) fn decrypt(&self, token: &str) -> String {
        let parts: Vec<Vec<u8>> =
            token.split('.').map(|part| base64url::decode(part.as_bytes()).unwrap()).collect();
        let [_, encrypted_key, iv, ciphertext, tag] = parts.try_into().unwrap();
        let key = PrivateDecryptingKey::from_pkcs8(&der(&self.platform_private)).unwrap();
        let key = OaepPrivateDecryptingKey::new(key).unwrap();
        let mut content_key = vec![0; key.min_output_size()];
        let content_key =
            key.decrypt(&OAEP_SHA256_MGF1SHA256, &encrypted_key, &mut content_key, None).unwrap();
        let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, content_key).unwrap());
        let aad = Aad::from(token.split('.').next().unwrap().as_bytes());
        let mut sealed = [ciphertext, tag].concat();
        let nonce = Nonce::assume_unique_for_key(iv.try_into().unwrap());
        std::str::from_utf8(cipher.open_in_place(nonce, aad, &mut sealed).unwrap()).unwrap().to_owned()
    }

    /// Decrypts and verifies a token in the same way. Gives both headers and the claims.
    pub(crate) fn open(&self, token: &str) -> (Value, Value, Value) {
        let content = self.decrypt(token);
        let (signed, signature) = content.rsplit_once('.').unwrap();
        let signature = base64url::decode(signature.as_bytes()).unwrap();
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der(&self.customer_public))
            .verify(signed.as_bytes(), &signature)
            .unwrap();
        let (inner, claims) = signed.split_once('.').unwrap();
        let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
        let decoded = |part: &str| read(&base64url::decode(part.as_bytes()).unwrap());
        (decoded(token.split('.').next().unwrap()), decoded(inner), decoded(claims))
    }
}

fn der(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    base64url::decode(body.trim_end_matches('=').replace('+', "-").replace('/', "_")).unwrap()
}
