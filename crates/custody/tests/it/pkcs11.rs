//! Custody in a PKCS#11 module: the contract, and what happens to sessions, with Kryoptic; what SoftHSM 2 refuses.
//!
//! A module reads its settings from the environment of the process when it starts. So each test starts itself again with a token of its
//! own, and the half that is started is the test that is ignored otherwise. `cargo xtask hsm` builds Kryoptic and runs them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, ObjectClass};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use signet_custody::{KeyState, Pkcs11Error, Pkcs11Options, Pkcs11Unwrap, SecretSource, SecretText};
use signet_token::{KeyUnwrap as _, UnwrapError};

use crate::contract::{Subject, wrap};

const TOKEN: &str = "signet test";
const PIN: &str = "123456";
const SECURITY_OFFICER: &str = "12345678";
/// Names the library of the module, and tells the half that was started that it was.
const MODULE: &str = "SIGNET_TEST_PKCS11_MODULE";

fn kryoptic() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/kryoptic/debug/libsignet_kryoptic.so")
}

const SOFTHSM: &str = "/usr/lib/softhsm/libsofthsm2.so";

/// Runs one of the ignored tests below with a fresh token.
fn with_a_token(module: &Path, test: &str) {
    assert!(module.exists(), "there is no {}: run `cargo xtask hsm`", module.display());
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let kryoptic = format!("[[slots]]\nslot = 1\ndbtype = \"sqlite\"\ndbargs = {:?}\n", at("token.sql"));
    std::fs::write(at("kryoptic.conf"), kryoptic).unwrap();
    std::fs::create_dir(at("tokens")).unwrap();
    std::fs::write(at("softhsm2.conf"), format!("directories.tokendir = {}\n", at("tokens"))).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("pkcs11::{test}"), "--ignored", "--nocapture"])
        .env("KRYOPTIC_CONF", at("kryoptic.conf"))
        .env("SOFTHSM2_CONF", at("softhsm2.conf"))
        .env(MODULE, module)
        .output()
        .unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("1 passed"), "{said}\n{errors}");
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
fn a_module_that_refuses_the_algorithm_is_refused_at_the_start() {
    if Path::new(SOFTHSM).exists() {
        with_a_token(Path::new(SOFTHSM), "a_refusal");
    } else {
        eprintln!("SKIPPED: there is no {SOFTHSM}: install softhsm2");
    }
}

/// Makes a token with keys of these labels, and gives what to start with and a session that may change it.
fn make_token(labels: &[&str]) -> (Pkcs11Options, Pkcs11, Session) {
    let path = PathBuf::from(std::env::var(MODULE).unwrap());
    let module = Pkcs11::new(&path).unwrap();
    module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
    let pin = |text: &str| AuthPin::new(text.to_owned().into());
    let slot = module.get_slots_with_token().unwrap()[0];
    module.init_token(slot, &pin(SECURITY_OFFICER), TOKEN).unwrap();
    // SoftHSM moves a token to another slot when it is initialised.
    let slot = module
        .get_slots_with_token()
        .unwrap()
        .into_iter()
        .find(|slot| module.get_token_info(*slot).unwrap().label() == TOKEN)
        .unwrap();
    let session = module.open_rw_session(slot).unwrap();
    session.login(UserType::So, Some(&pin(SECURITY_OFFICER))).unwrap();
    session.init_pin(&pin(PIN)).unwrap();
    session.logout().unwrap();
    session.login(UserType::User, Some(&pin(PIN))).unwrap();
    for label in labels {
        generate(&session, label);
    }
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

fn generate(session: &Session, label: &str) {
    let label = Attribute::Label(label.as_bytes().to_vec());
    let public = [
        Attribute::Token(true),
        Attribute::Encrypt(true),
        Attribute::ModulusBits(2048.into()),
        Attribute::PublicExponent(vec![1, 0, 1]),
        label.clone(),
    ];
    let private = [
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Decrypt(true),
        label,
    ];
    session.generate_key_pair(&Mechanism::RsaPkcsKeyPairGen, &public, &private).unwrap();
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
