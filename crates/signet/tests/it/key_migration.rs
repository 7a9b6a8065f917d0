//! `signet keys migrate`: from the keystore to Vault. The way into a PKCS#11 module is with the tests of that.

use serde_json::{Value, json};
use signet_custody::{Keystore, Passphrase};
use signet_testkit::server::Installation;
use signet_testkit::vault::{FakeVault, ROOT_TOKEN};

use crate::fixture::{BINARY, Served, ServedProject, eventually};
use crate::keystore_passphrase::audit_events;

const KEY: &str = "signet";
const TO_VAULT: [&str; 4] = ["keys", "migrate", "--to", "vault"];

/// What the operator who moves keys has in the environment: a token of theirs, which may do more than the platform's.
fn environment(vault: &FakeVault) -> Vec<(&'static str, &str)> {
    vec![
        ("SIGNET_VAULT_ADDRESS", vault.url.as_str()),
        ("SIGNET_VAULT_KEY", KEY),
        ("SIGNET_VAULT_TOKEN", ROOT_TOKEN),
    ]
}

/// The members of a list's records with these names, in order.
fn columns<'a>(records: &'a Value, names: [&str; 2]) -> Vec<[&'a str; 2]> {
    let record = |record: &'a Value| names.map(|name| record[name].as_str().unwrap_or("-"));
    records.as_array().unwrap().iter().map(record).collect()
}

/// How many keys the keystore has that tokens are encrypted to.
fn keys_in_keystore(installation: &Installation) -> usize {
    let folder = installation.folder();
    let passphrase = std::fs::read_to_string(folder.join("keystore.json.passphrase")).unwrap();
    let keystore =
        Keystore::open_or_create(&folder.join("keystore.json"), &Passphrase::new(passphrase.trim()));
    keystore.unwrap().decryption_keys().len()
}

/// What the audit log says of moves: the step, and how many keys it concerned.
fn moves(installation: &Installation) -> Vec<(String, usize)> {
    let events = audit_events(installation);
    let moved = events.iter().filter(|event| event["kind"] == "PLATFORM_KEYS_MIGRATED");
    let details = moved.map(|event| &event["details"]);
    details
        .map(|details| {
            assert_eq!((&details["from"], &details["to"]), (&json!("local"), &json!("vault")));
            let keys = details["keys"].as_str().unwrap();
            (details["step"].as_str().unwrap().to_owned(), keys.split(' ').count())
        })
        .collect()
}

#[tokio::test]
async fn keys_move_to_vault_and_tokens_on_their_way_arrive() {
    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "shop-1").await;
    let mut served = Served::start(installation, &[]).await;
    let to_the_first = served.token(&project, "jane").await;
    let made = served.installation.run(&["keys", "platform", "create", "RSA-OAEP-256"]).await;
    eventually("the second key", async || served.platform_keys().await[0]["kid"] == made["keyId"]).await;
    let to_the_second = served.token(&project, "john").await;
    let published = served.platform_keys().await;

    // A plan, then an attempt that is cut off between the keys, then the rest of it, then nothing more.
    let vault = FakeVault::start();
    let environment = environment(&vault);
    let columns_of = |steps: &Value| -> Vec<[String; 2]> {
        columns(steps, ["action", "place"]).iter().map(|row| row.map(str::to_owned)).collect()
    };
    let places = ["version 1 of transit/keys/signet", "version 2 of transit/keys/signet"];
    let actions = |actions: [&str; 2]| {
        [[actions[0], places[0]], [actions[1], places[1]]].map(|row| row.map(str::to_owned))
    };
    let installation = &served.installation;
    let plan = installation.run_in(&[&TO_VAULT[..], &["--dry-run"]].concat(), &environment).await;
    assert_eq!(columns_of(&plan), actions(["TAKE_IN", "TAKE_IN"]));
    assert_eq!(columns(&plan, ["keyId", "state"])[1], [made["keyId"].as_str().unwrap(), "ACTIVE"]);
    assert_eq!(vault.versions(KEY), 0, "a plan is a plan");
    vault.fail_after_imports(Some(1));
    let cut_off = installation.refused(&TO_VAULT, &environment).await;
    assert!(cut_off.contains("run the command again to go on"), "{cut_off}");
    assert_eq!((vault.versions(KEY), moves(installation)), (1, vec![]));
    vault.fail_after_imports(None);
    let done = installation.run_in(&TO_VAULT, &environment).await;
    assert_eq!(columns_of(&done), actions(["IS_THERE", "TAKEN_IN"]));
    let again = installation.run_in(&TO_VAULT, &environment).await;
    assert_eq!(columns_of(&again), actions(["IS_THERE", "IS_THERE"]));
    assert_eq!(vault.versions(KEY), 2);
    assert_eq!(keys_in_keystore(installation), 2, "destroying is another step");
    assert!(vault.edit(KEY, |key| key.imported && key.allow_rotation), "the next version is made in Vault");

    // Nobody destroys what the platform still uses.
    let destroy = [&TO_VAULT[..], &["--destroy-former"]].concat();
    let too_soon = installation.refused(&destroy, &environment).await;
    assert!(too_soon.contains("do not name vault as custody yet"), "{too_soon}");

    assert!(served.server.stop().await.success());
    let token = served.installation.folder().join("vault-token");
    std::fs::write(&token, ROOT_TOKEN).unwrap();
    let token = token.to_str().unwrap().to_owned();
    let flags = [
        "--custody",
        "vault",
        "--vault-address",
        &vault.url,
        "--vault-key",
        KEY,
        "--vault-token-file",
        &token,
    ];
    let served = served.restart(&flags).await;
    assert_eq!(served.platform_keys().await, published, "the same key ids");
    let opens = async |token: &str| served.visitor(&project).try_token(token).await.status;
    assert_eq!((opens(&to_the_first).await, opens(&to_the_second).await), (200, 200));

    let named = [&environment[..], &[("SIGNET_CUSTODY", "vault")]].concat();
    let plan = served.installation.run_in(&[&destroy[..], &["--dry-run"]].concat(), &named).await;
    assert_eq!(columns_of(&plan).concat(), ["DESTROY", "-", "DESTROY", "-"]);
    assert_eq!(keys_in_keystore(&served.installation), 2);
    let destroyed = served.installation.run_in(&destroy, &named).await;
    assert_eq!(columns_of(&destroyed).concat(), ["DESTROYED", "-", "DESTROYED", "-"]);
    assert_eq!(keys_in_keystore(&served.installation), 0);
    assert_eq!((opens(&to_the_first).await, opens(&to_the_second).await), (200, 200));
    vault.seal(true);
    assert_eq!((opens(&to_the_first).await, opens(&to_the_second).await), (503, 503), "Vault alone has them");
    let step = |step: &str| (step.to_owned(), 2);
    assert_eq!(moves(&served.installation), [step("TAKEN_IN"), step("TAKEN_IN"), step("FORMER_DESTROYED")]);
}

#[tokio::test]
async fn a_revoked_key_stays_behind_and_is_destroyed_with_the_others() {
    let installation = Installation::new(BINARY, None);
    let first = installation.run(&["keys", "platform", "create", "RSA-OAEP-256"]).await;
    installation.run(&["keys", "platform", "create", "RSA-OAEP-256"]).await;
    let (keystore, revoked) = (installation.folder().join("keystore.json"), first["keyId"].as_str().unwrap());
    // A backup brings back what was revoked.
    let backup = std::fs::read(&keystore).unwrap();
    installation.run(&["keys", "platform", "destroy", "--key-id", revoked]).await;
    std::fs::write(&keystore, backup).unwrap();
    let vault = FakeVault::start();
    let environment = environment(&vault);
    let moved = installation.run_in(&TO_VAULT, &environment).await;
    let rows = columns(&moved, ["keyId", "action"]);
    assert_eq!(rows.last(), Some(&[revoked, "REVOKED"]), "{moved}");
    assert_eq!(vault.versions(KEY), rows.len() - 1);
    let named = [&environment[..], &[("SIGNET_CUSTODY", "vault")]].concat();
    installation.run_in(&[&TO_VAULT[..], &["--destroy-former"]].concat(), &named).await;
    assert_eq!(keys_in_keystore(&installation), 0);
}

#[tokio::test]
async fn what_cannot_be_moved_is_told_in_words() {
    let vault = FakeVault::with_key("made-there");
    let installation = Installation::new(BINARY, None);
    let usual = environment(&vault);
    let with = |more: &[(&'static str, &'static str)]| [&usual[..], more].concat();
    let none = installation.refused(&TO_VAULT, &usual).await;
    assert!(none.contains("there is no keystore at"), "{none}");
    installation.run(&["keys", "platform", "create", "RSA-OAEP-256"]).await;

    for (custody, to, said) in [
        ("local", "local", "in the keystore already"),
        ("vault", "local", "the keys live in vault, which gives no private key away"),
        ("vault", "pkcs11", "Out of Vault or an HSM"),
        ("pkcs11", "vault", "the keys live in pkcs11, which gives no private key away"),
    ] {
        let refused = installation
            .refused(&["keys", "migrate", "--to", to], &with(&[("SIGNET_CUSTODY", custody)]))
            .await;
        assert!(refused.contains(said), "{refused}");
    }
    for (environment, said) in [
        (with(&[("SIGNET_VAULT_KEY", "made-there")]), "was made in Vault"),
        (with(&[("SIGNET_VAULT_TOKEN", "hvs.nobody")]), "Vault denies permission"),
        (with(&[("SIGNET_VAULT_ADDRESS", "http://127.0.0.1:1")]), "Vault cannot be reached"),
    ] {
        let refused = installation.refused(&TO_VAULT, &environment).await;
        assert!(refused.contains(said), "{refused}");
    }
    // Another platform's keys are in that key of Vault's.
    let other = Installation::new(BINARY, None);
    other.run(&["keys", "platform", "create", "RSA-OAEP-256"]).await;
    other.run_in(&TO_VAULT, &usual).await;
    let taken = installation.refused(&TO_VAULT, &usual).await;
    assert!(taken.contains("holds keys that are not the keystore's"), "{taken}");
    // The keystore has what other custody does not, whatever the settings say.
    let kept = installation
        .run_in(&[&TO_VAULT[..], &["--destroy-former"]].concat(), &with(&[("SIGNET_CUSTODY", "vault")]))
        .await;
    assert!(columns(&kept, ["action", "place"]).iter().all(|[action, _]| *action == "KEPT"), "{kept}");
    assert!(keys_in_keystore(&installation) > 0);
}
