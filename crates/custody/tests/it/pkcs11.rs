//! Custody in a PKCS#11 module: the contract, and what happens to sessions, with Kryoptic; what SoftHSM 2 refuses.
//!
//! A module reads its settings from the environment of the process when it starts. So each test starts itself again with a token of its
//! own, and the half that is started is the test that is ignored otherwise. `cargo xtask hsm` builds Kryoptic and runs them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use cryptoki::context::Pkcs11;
use cryptoki::object::{Attribute, AttributeType, ObjectClass};
use cryptoki::session::Session;
use signet_custody::{
    ImportError, KdfCost, KeyImport as _, KeyState, Keystore, Passphrase, Pkcs11Error, Pkcs11Import,
    Pkcs11Options, Pkcs11Unwrap, SecretSource, SecretText,
};
use signet_testkit::pkcs11::{self, PIN, TOKEN, TokenPlace, generate, kryoptic};
use signet_token::{KeyUnwrap as _, UnwrapError};

use crate::contract::{Subject, wrap};

const SOFTHSM: &str = "/usr/lib/softhsm/libsofthsm2.so";

/// Runs one of the ignored tests below with a fresh token.
fn with_a_token(module: &Path, test: &str) {
    TokenPlace::new().run_ignored(module, &format!("pkcs11::{test}"));
}

#[test]
fn kryoptic_obeys_the_contract() {
    with_a_token(&kryoptic(), "the_contract");
}

#[test]
fn a_lost_login_and_a_lost_key_are_noticed_and_a_login_is_made_anew() {
    with_a_token(&kryoptic(), "what_is_lost");
}

#[test]
fn settings_that_cannot_work_are_said_at_the_start() {
    with_a_token(&kryoptic(), "what_cannot_work");
}

#[test]
fn keys_of_the_keystore_are_taken_in_and_do_not_leave_again() {
    with_a_token(&kryoptic(), "what_is_taken_in");
}

#[test]
fn a_module_that_refuses_the_algorithm_is_refused_at_the_start() {
    if Path::new(SOFTHSM).exists() {
        with_a_token(Path::new(SOFTHSM), "a_refusal");
    } else {
        eprintln!("SKIPPED: there is no {SOFTHSM}: install softhsm2");
    }
}

/// Makes a token with keys of these labels, and gives what to start with and a session that may change it.
fn make_token(labels: &[&str]) -> (Pkcs11Options, Pkcs11, Session) {
    let path = pkcs11::module();
    let (module, session) = pkcs11::make_token(&path, labels);
    let options = Pkcs11Options {
        module: path,
        token: TOKEN.to_owned(),
        keys: labels.iter().map(|label| (*label).to_owned()).collect(),
        pin: SecretSource::Given(SecretText::new(PIN)),
        threads: 2,
        queue: 1_024,
        time_limit: Duration::from_secs(30),
    };
    (options, module, session)
}

#[tokio::test]
#[ignore = "started by kryoptic_obeys_the_contract"]
async fn the_contract() {
    let (options, _module, _session) = make_token(&["new", "old"]);
    let custody = Pkcs11Unwrap::start(options).unwrap();
    let keys = custody.keys();
    assert_eq!(keys.iter().map(|key| key.state).collect::<Vec<_>>(), [KeyState::Active, KeyState::Retired]);
    Subject { custody: &custody, keys }.obeys_the_contract().await;
}

#[tokio::test]
#[ignore = "started by a_lost_login_and_a_lost_key_are_noticed_and_a_login_is_made_anew"]
async fn what_is_lost() {
    let (options, _module, session) = make_token(&["new", "old"]);
    let custody = Pkcs11Unwrap::start(options).unwrap();
    let keys = custody.keys();
    let outcome = async |index: usize| {
        let info = &keys[index];
        custody.unwrap(Some(info.key_id.as_str()), &wrap(info, &[7; 32])).await.map(|key| key.is_key())
    };
    for _ in 0..4 {
        assert_eq!(outcome(0).await, Ok(true));
        // The login is the process's: this ends everybody's.
        session.logout().unwrap();
    }
    assert_eq!(outcome(0).await, Ok(true));
    let private = [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Label(b"old".to_vec())];
    let found = session.find_objects(&private).unwrap();
    session.destroy_object(found[0]).unwrap();
    for _ in 0..4 {
        assert_eq!(outcome(1).await, Err(UnwrapError::Unavailable), "this is the token's trouble");
    }
}

#[tokio::test]
#[ignore = "started by settings_that_cannot_work_are_said_at_the_start"]
async fn what_cannot_work() {
    let (options, _module, session) = make_token(&["key"]);
    generate(&session, "twin");
    generate(&session, "twin");
    session.logout().unwrap();
    let refused = |options: Pkcs11Options| Pkcs11Unwrap::start(options).unwrap_err();
    let pin = SecretSource::Given(SecretText::new("654321"));
    assert!(matches!(refused(Pkcs11Options { pin, ..options.clone() }), Pkcs11Error::PinRefused));
    let token = "nobody".to_owned();
    assert!(matches!(refused(Pkcs11Options { token, ..options.clone() }), Pkcs11Error::TokenNotFound(_)));
    for label in ["nobody", "twin"] {
        let keys = vec![label.to_owned()];
        assert!(matches!(refused(Pkcs11Options { keys, ..options.clone() }), Pkcs11Error::KeyNotFound(_)));
    }
    let module = PathBuf::from("/nowhere.so");
    assert!(matches!(refused(Pkcs11Options { module, ..options.clone() }), Pkcs11Error::Module(_)));
    assert!(Pkcs11Unwrap::start(options).is_ok());
}

#[tokio::test]
#[ignore = "started by a_module_that_refuses_the_algorithm_is_refused_at_the_start"]
async fn a_refusal() {
    let (options, _module, _session) = make_token(&["key"]);
    let refused = Pkcs11Unwrap::start(options).unwrap_err();
    assert!(matches!(refused, Pkcs11Error::OaepRefused { .. }), "{refused}");
    assert!(refused.to_string().contains("SoftHSM 2"), "{refused}");
}

#[tokio::test]
#[ignore = "started by keys_of_the_keystore_are_taken_in_and_do_not_leave_again"]
async fn what_is_taken_in() {
    let (options, _module, session) = make_token(&["made-here"]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keystore");
    let mut keystore = Keystore::open_or_create_with(&path, &Passphrase::new("x"), KdfCost::LOWEST).unwrap();
    keystore.rotate_decryption_key().unwrap();
    let keys = keystore.portable_keys();
    let with = |labels: &[&str]| {
        let keys = labels.iter().map(|label| (*label).to_owned()).collect();
        Pkcs11Options { keys, ..options.clone() }
    };
    let few = Pkcs11Import::start(with(&["new"])).unwrap().plan(&keys).await.unwrap_err();
    assert!(matches!(few, ImportError::Labels { keys: 2, labels: 1 }), "{few}");
    let taken = Pkcs11Import::start(with(&["made-here", "old"])).unwrap().plan(&keys).await.unwrap_err();
    assert!(matches!(taken, ImportError::Taken(_)), "{taken}");

    let target = Pkcs11Import::start(with(&["new", "old"])).unwrap();
    let plan = target.plan(&keys).await.unwrap();
    assert_eq!(plan.iter().map(|placement| placement.is_there).collect::<Vec<_>>(), [false, false]);
    assert_eq!(plan[0].place, format!("label old of the token {TOKEN}"), "the oldest goes first");
    target.take_in(&keys[0], &plan[0]).await.unwrap();
    let plan = target.plan(&keys).await.unwrap();
    assert_eq!(plan.iter().map(|placement| placement.is_there).collect::<Vec<_>>(), [true, false]);
    target.take_in(&keys[1], &plan[1]).await.unwrap();

    let custody = Pkcs11Unwrap::start(with(&["new", "old"])).unwrap();
    let described = custody.keys();
    assert_eq!(described, keystore.decryption_keys(), "ids, states and public halves are the same");
    Subject { custody: &custody, keys: described }.obeys_the_contract().await;
    // As if they had been made there.
    let wanted = [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Label(b"new".to_vec())];
    let found = session.find_objects(&wanted).unwrap();
    let about = [AttributeType::Sensitive, AttributeType::Extractable, AttributeType::Token];
    let attributes = session.get_attributes(found[0], &about).unwrap();
    assert_eq!(
        attributes,
        [Attribute::Sensitive(true), Attribute::Extractable(false), Attribute::Token(true)]
    );
    let private = session.get_attributes(found[0], &[AttributeType::PrivateExponent]);
    assert!(!private.is_ok_and(|values| !values.is_empty()), "it does not leave");
    // What carried it is gone.
    let secrets = session.find_objects(&[Attribute::Class(ObjectClass::SECRET_KEY)]).unwrap();
    assert!(secrets.is_empty());
}
