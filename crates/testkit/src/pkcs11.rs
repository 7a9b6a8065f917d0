//! Tokens in software for one test: Kryoptic, which `cargo xtask hsm` builds, and SoftHSM 2.
//!
//! A module reads its settings from the environment of the process when it starts. So whoever makes or uses a token in the test's own process
//! starts that test program again ([`TokenPlace::run_ignored`]), and the half that is started is a test that is ignored otherwise.

use std::path::{Path, PathBuf};
use std::process::Command;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::Attribute;
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;

/// The label of every token.
pub const TOKEN: &str = "signet test";
/// The PIN of its user.
pub const PIN: &str = "123456";
const SECURITY_OFFICER: &str = "12345678";
/// Names the library of the module, and tells the half that was started that it was.
const MODULE: &str = "SIGNET_TEST_PKCS11_MODULE";

/// Kryoptic's library.
pub fn kryoptic() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/kryoptic/debug/libsignet_kryoptic.so")
}

/// The module that the half that was started is to use.
pub fn module() -> PathBuf {
    std::env::var(MODULE).expect("this test is started by another").into()
}

/// Where a module keeps the token of one test.
#[derive(Debug)]
pub struct TokenPlace {
    folder: tempfile::TempDir,
}

impl TokenPlace {
    /// A fresh one, without a token yet.
    pub fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().expect("temporary folder") };
        let kryoptic =
            format!("[[slots]]\nslot = 1\ndbtype = \"sqlite\"\ndbargs = {:?}\n", place.at("token.sql"));
        let softhsm = format!("directories.tokendir = {}\n", place.at("tokens"));
        std::fs::write(place.at("kryoptic.conf"), kryoptic).expect("settings of Kryoptic");
        std::fs::create_dir(place.at("tokens")).expect("folder of SoftHSM");
        std::fs::write(place.at("softhsm2.conf"), softhsm).expect("settings of SoftHSM");
        place
    }

    fn at(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// What a process that uses the token needs in its environment.
    pub fn environment(&self) -> [(&'static str, String); 2] {
        [("KRYOPTIC_CONF", self.at("kryoptic.conf")), ("SOFTHSM2_CONF", self.at("softhsm2.conf"))]
    }

    /// Runs an ignored test of this program with the token.
    pub fn run_ignored(&self, module: &Path, test: &str) {
        assert!(module.exists(), "there is no {}: run `cargo xtask hsm`", module.display());
        let program = std::env::current_exe().expect("this program");
        let output = Command::new(program)
            .args(["--exact", test, "--ignored", "--nocapture"])
            .envs(self.environment())
            .env(MODULE, module)
            .output()
            .expect("this program starts");
        let (said, errors) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && said.contains("1 passed"), "{said}\n{errors}");
    }
}

impl Default for TokenPlace {
    fn default() -> Self {
        Self::new()
    }
}

/// Makes the token with RSA keys of these labels, and gives the module and a session that may change it.
pub fn make_token(module: &Path, labels: &[&str]) -> (Pkcs11, Session) {
    let module = Pkcs11::new(module).expect("the module loads");
    module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).expect("the module starts");
    let pin = |text: &str| AuthPin::new(text.to_owned().into());
    let slot = module.get_slots_with_token().expect("slots")[0];
    module.init_token(slot, &pin(SECURITY_OFFICER), TOKEN).expect("a token");
    // SoftHSM moves a token to another slot when it is initialised.
    let slots = module.get_slots_with_token().expect("slots");
    let has_label = |info: cryptoki::slot::TokenInfo| info.label() == TOKEN;
    let slot = slots.into_iter().find(|slot| module.get_token_info(*slot).is_ok_and(has_label));
    let session = module.open_rw_session(slot.expect("the token")).expect("a session");
    session.login(UserType::So, Some(&pin(SECURITY_OFFICER))).expect("the security officer");
    session.init_pin(&pin(PIN)).expect("a PIN");
    session.logout().expect("signed out");
    session.login(UserType::User, Some(&pin(PIN))).expect("the user");
    for label in labels {
        generate(&session, label);
    }
    (module, session)
}

/// Makes an RSA key in the token.
pub fn generate(session: &Session, label: &str) {
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
    session.generate_key_pair(&Mechanism::RsaPkcsKeyPairGen, &public, &private).expect("a key");
}
