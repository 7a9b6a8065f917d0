//! A keystore under another passphrase, and without keys that moved elsewhere.

use signet_custody::{KdfCost, KeyState, Keystore, KeystoreError, Passphrase};
use signet_token::{KeyManagement, SessionTokenKind};

use crate::keystore::{claims, files, folder_with_keystore, open, passphrase};

#[test]
fn under_another_passphrase_it_is_the_same_and_whoever_has_it_open_is_told() {
    let (folder, path, mut keystore) = folder_with_keystore();
    let mut elsewhere = open(&path).unwrap();
    let jwks = keystore.jwks_json();
    let refused = keystore.change_passphrase_with(&Passphrase::new(""), KdfCost::LOWEST).unwrap_err();
    assert!(matches!(refused, KeystoreError::PassphraseEmpty), "{refused}");
    let new = Passphrase::new("another");
    keystore.change_passphrase_with(&new, KdfCost::LOWEST).unwrap();
    assert_eq!(files(&folder), ["signet.keystore"]);
    assert!(matches!(open(&path).unwrap_err(), KeystoreError::WrongPassphrase));
    assert_eq!(Keystore::open_or_create(&path, &new).unwrap().jwks_json(), jwks);

    // It goes on with what it has, and writes nothing over what it cannot read.
    let told = elsewhere.reload().unwrap_err();
    assert!(matches!(told, KeystoreError::PassphraseChanged), "{told}");
    assert_eq!(elsewhere.jwks_json(), jwks);
    let refused = elsewhere.rotate_decryption_key().unwrap_err();
    assert!(matches!(refused, KeystoreError::ChangedMeanwhile { .. }), "{refused}");
    let refused = elsewhere.change_passphrase_with(&passphrase(), KdfCost::LOWEST).unwrap_err();
    assert!(matches!(refused, KeystoreError::ChangedMeanwhile { .. }), "{refused}");

    // Whoever changed it goes on writing under the new one.
    keystore.rotate_decryption_key().unwrap();
    assert_eq!(Keystore::open_or_create(&path, &new).unwrap().decryption_keys().len(), 2);
}

#[test]
fn keys_that_moved_are_forgotten_whatever_their_state() {
    let (_folder, path, mut keystore) = folder_with_keystore();
    keystore.rotate_decryption_key().unwrap();
    keystore.rotate_decryption_key_for(KeyManagement::EcdhEsX25519).unwrap();
    let portable = keystore.portable_keys();
    let states = portable.iter().map(|key| key.info.state).collect::<Vec<_>>();
    assert_eq!(states, [KeyState::Retired, KeyState::Active], "oldest first, and none on a curve");
    assert!(!format!("{portable:?}").contains("pkcs8"));
    let stranger = Keystore::in_memory_generated().unwrap().portable_keys()[0].info.key_id.clone();
    keystore.forget_decryption_keys(&[stranger]).unwrap();
    assert_eq!(keystore.portable_keys().len(), 2);
    let moved: Vec<_> = portable.iter().map(|key| key.info.key_id.clone()).collect();
    keystore.forget_decryption_keys(&moved[1..]).unwrap();
    assert_eq!(keystore.portable_keys()[0].info.key_id, moved[0]);
    keystore.forget_decryption_keys(&moved).unwrap();
    let left = open(&path).unwrap().decryption_keys();
    assert_eq!(left.iter().map(|info| info.algorithm).collect::<Vec<_>>(), [KeyManagement::EcdhEsX25519]);
}

#[test]
fn replaced_session_keys_sign_and_verify_nothing_but_what_is_in_the_audit_log() {
    let (_folder, path, mut keystore) = folder_with_keystore();
    let first = keystore.session_signer();
    keystore.rotate_session_key().unwrap();
    let second = keystore.session_signer();
    keystore.replace_session_keys().unwrap();
    let (current, audit) =
        (open(&path).unwrap().session_signer(), open(&path).unwrap().audit_verifier().unwrap());
    for (signer, is_good) in [(&first, false), (&second, false), (&current, true)] {
        let token = signer.sign(SessionTokenKind::Session, &claims()).unwrap();
        assert_eq!(current.verify(&token, SessionTokenKind::Session).is_ok(), is_good);
        assert!(audit.verify(&token, SessionTokenKind::Session).is_ok(), "its key is known");
    }
    // It is the seeds that are gone: nothing in the file signs for a former key.
    keystore.rotate_session_key().unwrap();
    let token = current.sign(SessionTokenKind::Session, &claims()).unwrap();
    assert!(keystore.session_signer().verify(&token, SessionTokenKind::Session).is_ok());
}
