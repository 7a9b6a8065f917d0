//! Custody in a PKCS#11 module, through the doors of a platform that serves. The module is Kryoptic, a token in software: `cargo xtask hsm`
//! builds it, and runs these tests with a program that has the feature `hsm`.

use serde_json::json;
use signet_testkit::TestServer;
use signet_testkit::pkcs11::{self, PIN, TOKEN, TokenPlace, kryoptic};
use signet_testkit::server::Installation;

use crate::doctor::{command, diagnose};
use crate::fixture::{BINARY, PUBLIC_URL, Served, ServedProject, eventually};
use crate::keystore_passphrase::audit_events;
use crate::platform_key_administration::list;
use crate::platform_keys_elsewhere::{a_former_key_is_revoked, curves_are_made_and_retired, is_read_only};

/// A token in a folder of its own, and what a process needs to use it.
struct Hsm {
    place: TokenPlace,
    module: String,
    pin_file: String,
}

impl Hsm {
    /// One made by an ignored test below.
    fn made_by(test: &str, installation: &Installation) -> Self {
        let place = TokenPlace::new();
        place.run_ignored(&kryoptic(), &format!("custody_pkcs11::{test}"));
        let pin_file = installation.folder().join("pin");
        std::fs::write(&pin_file, format!("{PIN}\n")).unwrap();
        let module = kryoptic().to_str().unwrap().to_owned();
        Self { place, module, pin_file: pin_file.to_str().unwrap().to_owned() }
    }

    /// Settings that name it, as variables, with the labels of its keys.
    fn environment<'a>(
        &'a self,
        settings: &'a [(&'static str, String); 2],
        labels: &'a str,
    ) -> Vec<(&'a str, &'a str)> {
        let module = settings.iter().map(|(name, value)| (*name, value.as_str()));
        let own = [
            ("SIGNET_PKCS11_MODULE", self.module.as_str()),
            ("SIGNET_PKCS11_TOKEN", TOKEN),
            ("SIGNET_PKCS11_PIN_FILE", self.pin_file.as_str()),
            ("SIGNET_PKCS11_KEY", labels),
            // The first use of a module on a busy machine takes its time.
            ("SIGNET_PKCS11_TIME_LIMIT", "20s"),
        ];
        module.chain(own).collect()
    }

    /// A platform whose custody it is.
    async fn serve(&self, installation: Installation, labels: &str) -> Served {
        let settings = self.place.environment();
        let environment = self.environment(&settings, labels);
        let flags =
            ["--custody", "pkcs11", "--public-url", PUBLIC_URL, "--activations-per-address", "100000"];
        let server = TestServer::serve_in(BINARY, &installation, &flags, &environment).await;
        Served { installation, server }
    }
}

#[test]
#[ignore = "started by others"]
fn makes_two_keys() {
    pkcs11::make_token(&pkcs11::module(), &["new", "old"]);
}

#[test]
#[ignore = "started by others"]
fn makes_no_key() {
    pkcs11::make_token(&pkcs11::module(), &[]);
}

#[tokio::test]
async fn pkcs11_a_platform_opens_sessions_with_keys_in_a_module() {
    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "shop-1").await;
    let hsm = Hsm::made_by("makes_two_keys", &installation);
    // The key that is on its way out is in use until the other is made.
    let mut served = hsm.serve(installation, "old").await;
    let on_its_way = served.token(&project, "jane").await;
    let former = served.platform_keys().await[0].clone();
    served.visitor(&project).sign_in(&on_its_way).await;
    assert!(served.server.stop().await.success());

    let served = hsm.serve(served.installation, "new,old").await;
    let owner = served.platform_owner().await;
    let [published] = &served.platform_keys().await[..] else { panic!("one key") };
    assert_ne!(published["kid"], former["kid"]);
    for token in [&on_its_way, &served.token(&project, "john").await] {
        served.visitor(&project).sign_in(token).await;
    }
    let junk = signet_token::base64url::encode([1; 256]);
    let mut parts: Vec<&str> = on_its_way.split('.').collect();
    parts[1] = &junk;
    let answer = served.visitor(&project).try_token(&parts.join(".")).await;
    assert_eq!(answer.code(), "TOKEN_UNDECRYPTABLE");

    is_read_only(&owner, &["platformKeyCreate", "platformKeyRetire", "platformKeyRevoke"]).await;
    curves_are_made_and_retired(&owner).await;
    let keys = list(&owner).await;
    let former = keys.iter().find(|key| key["keyId"] == former["kid"]).unwrap();
    assert_eq!(former["state"], "RETIRING");
    a_former_key_is_revoked(&served, &project, &owner, former).await;
    served.visitor(&project).sign_in(&served.token(&project, "jane").await).await;
}

#[tokio::test]
async fn pkcs11_keys_move_there_from_the_keystore_and_tokens_on_their_way_arrive() {
    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "shop-1").await;
    let hsm = Hsm::made_by("makes_no_key", &installation);
    let mut served = Served::start(installation, &[]).await;
    let to_the_first = served.token(&project, "jane").await;
    let made = served.installation.run(&["keys", "platform", "create", "RSA-OAEP-256"]).await;
    eventually("the second key", async || served.platform_keys().await[0]["kid"] == made["keyId"]).await;
    let to_the_second = served.token(&project, "john").await;
    let published = served.platform_keys().await;

    let settings = hsm.place.environment();
    let environment = hsm.environment(&settings, "tokens-2026,tokens-2025");
    let migrate = ["keys", "migrate", "--to", "pkcs11"];
    let installation = &served.installation;
    let few = installation.refused(&migrate, &hsm.environment(&settings, "tokens-2026")).await;
    assert!(few.contains("2 keys to move and 1 labels"), "{few}");
    let plan = installation.run_in(&[&migrate[..], &["--dry-run"]].concat(), &environment).await;
    assert_eq!((&plan[0]["action"], &plan[1]["action"]), (&json!("TAKE_IN"), &json!("TAKE_IN")));
    assert_eq!(plan[1]["place"], json!(format!("label tokens-2026 of the token {TOKEN}")));
    for actions in [["TAKEN_IN", "TAKEN_IN"], ["IS_THERE", "IS_THERE"]] {
        let done = installation.run_in(&migrate, &environment).await;
        assert_eq!([&done[0]["action"], &done[1]["action"]], actions);
    }
    assert!(served.server.stop().await.success());

    let served = hsm.serve(served.installation, "tokens-2026,tokens-2025").await;
    assert_eq!(served.platform_keys().await, published, "the same key ids");
    let named = [&environment[..], &[("SIGNET_CUSTODY", "pkcs11")]].concat();
    let destroy = [&migrate[..], &["--destroy-former"]].concat();
    let destroyed = served.installation.run_in(&destroy, &named).await;
    assert_eq!([&destroyed[0]["action"], &destroyed[1]["action"]], ["DESTROYED", "DESTROYED"]);
    for token in [&to_the_first, &to_the_second] {
        served.visitor(&project).sign_in(token).await;
    }
    let noted = audit_events(&served.installation);
    let steps: Vec<_> = noted
        .iter()
        .filter(|event| event["kind"] == "PLATFORM_KEYS_MIGRATED")
        .map(|event| &event["details"]["step"])
        .collect();
    assert_eq!(steps, ["TAKEN_IN", "TAKEN_IN", "FORMER_DESTROYED"]);
}

#[tokio::test]
async fn pkcs11_a_start_that_cannot_work_says_why() {
    let installation = Installation::new(BINARY, None);
    let hsm = Hsm::made_by("makes_two_keys", &installation);
    installation.run(&["keys", "platform", "create", "RSA-OAEP-256"]).await;
    let settings = hsm.place.environment();
    let usual = [&hsm.environment(&settings, "new,old")[..], &[("SIGNET_CUSTODY", "pkcs11")]].concat();
    let sound = diagnose(command(installation.folder(), &[]).envs(usual.iter().copied()));
    sound.has("CUSTODY_SOUND", "1 published, 3 retired");
    for (variable, value, said, code) in [
        ("SIGNET_PKCS11_MODULE", "/nowhere.so", "starting the PKCS#11 module", "PKCS11_MODULE_UNUSABLE"),
        ("SIGNET_PKCS11_TOKEN", "nobody", "no token with the label \"nobody\"", "PKCS11_TOKEN_MISSING"),
        (
            "SIGNET_PKCS11_KEY",
            "nobody",
            "no private RSA key with the label \"nobody\"",
            "PKCS11_KEY_UNUSABLE",
        ),
        ("SIGNET_PKCS11_PIN", "654321", "does not accept the PIN", "PKCS11_LOGIN_REFUSED"),
    ] {
        let environment = [&usual[..], &[(variable, value)]].concat();
        let refused = installation.refused(&["keys", "platform", "list"], &environment).await;
        assert!(refused.contains(said), "{refused}");
        let found = diagnose(command(installation.folder(), &[]).envs(environment));
        found.has(code, said);
        assert_eq!(found.exit, 2);
    }
}
