//! Any text as a key of any kind: PEM, bare DER, JWK, private and public.
#![no_main]

use libfuzzer_sys::fuzz_target;
use signet_token::{AgreementKey, DecryptionKey, EncryptionKey, SigningKey, VerificationKey};

fuzz_target!(|text: &str| {
    if let Ok(key) = VerificationKey::from_text(text) {
        assert!((256..=4_096).contains(&key.bits()));
        let jwk = text.trim_start().starts_with('{');
        assert!(jwk || !text.contains("PRIVATE KEY"), "a private key was taken for a public one");
        for again in [key.to_pem(), key.to_jwk_json()] {
            let read = VerificationKey::from_text(&again).expect("what was written can be read");
            assert_eq!(read.fingerprint(), key.fingerprint());
        }
        assert!(!key.verifies(b"message", b""));
    }
    for key in [EncryptionKey::from_pem(text), EncryptionKey::from_jwk(text)].into_iter().flatten() {
        key.encrypt_key(&[7; 32], b"", b"").expect("a key that was read can be used");
    }
    for key in [SigningKey::from_pem(text), SigningKey::from_jwk(text)].into_iter().flatten() {
        let signature = key.sign(b"message").expect("a key that was read can be used");
        assert!(key.verification_key().verifies(b"message", &signature));
    }
    for key in [DecryptionKey::from_pem(text), DecryptionKey::from_jwk(text)].into_iter().flatten() {
        assert!(!key.unwrap_content_key(&[0; 256]).is_key());
    }
    if let Ok(key) = AgreementKey::from_jwk(text) {
        assert!(EncryptionKey::from_jwk(&key.to_public_jwk_json()).is_ok());
    }
});
