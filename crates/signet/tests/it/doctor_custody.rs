//! `signet doctor` on the platform's keys: their age, and custody that is in trouble.

use signet_testkit::vault::{FakeVault, ROOT_TOKEN};

use crate::doctor::{Findings, command, diagnose, installation};

const KEY: &str = "signet";

#[tokio::test]
async fn custody_in_vault_is_tried_and_its_trouble_is_named() {
    let (installation, _) = installation().await;
    let mut vault = FakeVault::with_key("made-there");
    let url = vault.url.clone();
    let look = |more: &[(&str, &str)]| -> Findings {
        let usual = [
            ("SIGNET_CUSTODY", "vault"),
            ("SIGNET_VAULT_ADDRESS", url.as_str()),
            ("SIGNET_VAULT_KEY", "made-there"),
            ("SIGNET_VAULT_TOKEN", ROOT_TOKEN),
        ];
        diagnose(command(installation.folder(), &[]).envs(usual).envs(more.iter().copied()))
    };
    let sound = look(&[]);
    sound.has("CUSTODY_SOUND", "1 published, 2 retired");
    sound.lacks("FORMER_COPY_LEFT");

    vault.deny(true);
    look(&[]).has("SELF_TEST_FAILED", "open it again");
    vault.deny(false);
    vault.seal(true);
    let sealed = look(&[]);
    sealed.has("VAULT_SEALED", "Vault is sealed");
    sealed.has("DATABASE_SOUND", "");
    assert_eq!(sealed.exit, 2);
    vault.seal(false);
    look(&[("SIGNET_VAULT_TOKEN", "hvs.nobody")]).has("VAULT_DENIED", "Vault denies permission");
    look(&[("SIGNET_VAULT_KEY", "nobody")]).has("VAULT_KEY_UNUSABLE", "no such key");
    let role =
        [("SIGNET_VAULT_LOGIN", "approle"), ("SIGNET_VAULT_ROLE_ID", "r"), ("SIGNET_VAULT_SECRET_ID", "s")];
    look(&role).has("VAULT_LOGIN_REFUSED", "does not accept the credentials");

    let moved = [("SIGNET_VAULT_KEY", KEY)];
    let migrate = ["keys", "migrate", "--to", "vault"];
    let place = [
        ("SIGNET_VAULT_ADDRESS", url.as_str()),
        ("SIGNET_VAULT_KEY", KEY),
        ("SIGNET_VAULT_TOKEN", ROOT_TOKEN),
    ];
    installation.run_in(&migrate, &place).await;
    let left = look(&moved);
    left.has("FORMER_COPY_LEFT", "");
    left.has("CUSTODY_SOUND", "1 published, 1 retired");
    let settled = [&place[..], &[("SIGNET_CUSTODY", "vault")]].concat();
    installation.run_in(&[&migrate[..], &["--destroy-former"]].concat(), &settled).await;
    look(&moved).lacks("FORMER_COPY_LEFT");

    vault.go_away();
    look(&[]).has("VAULT_UNREACHABLE", "Vault cannot be reached");
}

#[tokio::test]
async fn platform_keys_that_are_old_left_or_revived_are_named() {
    let (installation, _) = installation().await;
    let folder = installation.folder();
    let look = || diagnose(&mut command(folder, &[]));
    let young = look();
    for code in ["PLATFORM_KEY_OLD", "RETIRED_KEY_LEFT", "REVOKED_KEY_IN_CUSTODY"] {
        young.lacks(code);
    }
    let keys = installation.run(&["keys", "platform", "list"]).await;
    let [active, retired] = [0, 1].map(|index: usize| keys[index]["keyId"].as_str().unwrap());
    let change =
        |sql: &str| rusqlite::Connection::open(folder.join("signet.db")).unwrap().execute(sql, []).unwrap();
    change(
        "UPDATE platform_keys SET created_at = created_at - 370 * 86400000, retired_at = retired_at - 100 * 86400000",
    );
    let old = look();
    old.has("PLATFORM_KEY_OLD", &format!("{active}, 370 days"));
    old.has("RETIRED_KEY_LEFT", &format!("{retired}, 100 days"));
    assert!(old.exit >= 1);

    let backup = std::fs::read(folder.join("keystore.json")).unwrap();
    installation.run(&["keys", "platform", "destroy", "--key-id", retired]).await;
    look().lacks("RETIRED_KEY_LEFT");
    std::fs::write(folder.join("keystore.json"), backup).unwrap();
    let revived = look();
    revived.has("REVOKED_KEY_IN_CUSTODY", retired);
    revived.lacks("RETIRED_KEY_LEFT");
}
