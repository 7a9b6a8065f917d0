//! The platform's keys through GraphQL when they live in Vault or, with the feature `hsm`, in a PKCS#11 module.

use serde_json::{Value, json};
use signet_testkit::GraphqlClient;
use signet_testkit::server::Installation;
use signet_testkit::vault::{FakeVault, ROOT_TOKEN, TransitKey};

use crate::fixture::{BINARY, Served, ServedProject, eventually};
use crate::platform_key_administration::{change, list, refused, states, token};

const KEY: &str = "signet";
const CURVE: &str = "ECDH-ES+A256KW/X25519";

/// A platform whose keys are in Vault, with a token for it that may make new versions or may not.
async fn in_vault(vault: &FakeVault, vault_token: &str) -> (Served, ServedProject) {
    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "shop-1").await;
    let file = installation.folder().join("vault-token");
    std::fs::write(&file, vault_token).unwrap();
    let file = file.to_str().unwrap().to_owned();
    let place = [
        "--custody",
        "vault",
        "--vault-address",
        &vault.url,
        "--vault-key",
        KEY,
        "--vault-token-file",
        &file,
    ];
    let flags = [&place[..], &["--activations-per-address", "100000"]].concat();
    (Served::start(installation, &flags).await, project)
}

/// Keys on curves live in the keystore, wherever the others are.
pub(crate) async fn curves_are_made_and_retired(owner: &GraphqlClient) {
    let made = change(owner, "platformKeyCreate", json!({ "algorithm": CURVE })).await["platformKey"].take();
    assert_eq!(made["state"], "ACTIVE", "{made}");
    let this = json!({ "keyId": made["keyId"] });
    assert_eq!(change(owner, "platformKeyRetire", this.clone()).await["platformKey"]["state"], "RETIRING");
    assert_eq!(change(owner, "platformKeyRevoke", this).await["platformKey"]["state"], "REVOKED");
}

/// What cannot be done from here is said to be done elsewhere, and nothing has changed.
pub(crate) async fn is_read_only(owner: &GraphqlClient, mutations: &[&str]) {
    let before = list(owner).await;
    let this = json!({ "keyId": before[0]["keyId"] });
    for mutation in mutations {
        let input = if *mutation == "platformKeyCreate" { json!({}) } else { this.clone() };
        assert_eq!(refused(owner, mutation, input).await.0, "CUSTODY_READ_ONLY", "{mutation}");
    }
    assert_eq!(states(&list(owner).await), states(&before));
}

/// Revokes a key that still stands in custody: it opens nothing, and its sessions end.
pub(crate) async fn a_former_key_is_revoked(
    served: &Served,
    project: &ServedProject,
    owner: &GraphqlClient,
    key: &Value,
) {
    let mut jane = served.visitor(project);
    jane.sign_in(&token(project, key, true)).await;
    let revoked = change(owner, "platformKeyRevoke", json!({ "keyId": key["keyId"] })).await;
    assert_eq!(revoked["platformKey"]["state"], "REVOKED", "{revoked}");
    assert_eq!(jane.history().await.status, 401);
    for named in [true, false] {
        let answer = served.visitor(project).try_token(&token(project, key, named)).await;
        assert_eq!(answer.code(), "TOKEN_UNDECRYPTABLE", "named: {named}");
    }
}

#[tokio::test]
async fn versions_in_vault_are_made_by_a_platform_that_may() {
    let vault = FakeVault::with_key(KEY);
    let (served, project) = in_vault(&vault, ROOT_TOKEN).await;
    let owner = served.platform_owner().await;
    let first = list(&owner).await[0].clone();
    let made = change(&owner, "platformKeyCreate", json!({})).await["platformKey"].take();
    assert_eq!(vault.versions(KEY), 2);
    let [new, old] = [&made, &first].map(|key| key["keyId"].as_str().unwrap());
    assert_eq!(states(&list(&owner).await), [(new, "ACTIVE"), (old, "RETIRING")]);
    assert_eq!(served.platform_keys().await[0]["kid"], new, "at once");
    for key in [&first, &made] {
        served.visitor(&project).sign_in(&token(&project, key, true)).await;
    }
    curves_are_made_and_retired(&owner).await;
    // Versions are retired by making others.
    is_read_only(&owner, &["platformKeyRetire"]).await;
    a_former_key_is_revoked(&served, &project, &owner, &first).await;

    // One that has leaked while it was in use is replaced first.
    let revoked = change(&owner, "platformKeyRevoke", json!({ "keyId": new })).await;
    assert_eq!(vault.versions(KEY), 3);
    assert_eq!(served.platform_keys().await[0]["kid"], revoked["successor"]["keyId"]);
}

#[tokio::test]
async fn without_the_right_to_make_versions_they_are_made_in_vault() {
    let vault = FakeVault::with_key(KEY);
    let usual = vault.token(std::time::Duration::from_hours(1), true);
    let (served, project) = in_vault(&vault, &usual).await;
    let owner = served.platform_owner().await;
    let first = list(&owner).await[0].clone();
    // A key in use cannot be revoked before there is another.
    is_read_only(&owner, &["platformKeyCreate", "platformKeyRetire", "platformKeyRevoke"]).await;
    served.visitor(&project).sign_in(&token(&project, &first, true)).await;
    vault.edit(KEY, TransitKey::rotate);
    eventually("the new version", async || served.platform_keys().await[0]["kid"] != first["keyId"]).await;
    a_former_key_is_revoked(&served, &project, &owner, &first).await;
}

/// The way out of custody that gives no key away.
#[tokio::test]
async fn former_custody_opens_what_is_on_its_way_and_publishes_nothing() {
    let vault = FakeVault::with_key(KEY);
    let (mut served, project) = in_vault(&vault, ROOT_TOKEN).await;
    let on_its_way = served.token(&project, "jane").await;
    let former = served.platform_keys().await[0].clone();
    assert!(served.server.stop().await.success());
    let file = served.installation.folder().join("vault-token");
    let file = file.to_str().unwrap().to_owned();
    let place = ["--vault-address", &vault.url, "--vault-key", KEY, "--vault-token-file", &file];
    let served = served.restart(&[&place[..], &["--former-custody", "vault"]].concat()).await;

    let owner = served.platform_owner().await;
    let [published] = &served.platform_keys().await[..] else { panic!("one key") };
    assert_ne!(published["kid"], former["kid"], "the keystore has one of its own");
    let [new, old] = [published, &former].map(|key| key["kid"].as_str().unwrap());
    assert_eq!(states(&list(&owner).await), [(new, "ACTIVE"), (old, "RETIRING")]);
    let after = served.token(&project, "john").await;
    let opens = async |token: &str| served.visitor(&project).try_token(token).await.status;
    assert_eq!((opens(&on_its_way).await, opens(&after).await), (200, 200));
    vault.seal(true);
    assert_eq!(
        (opens(&on_its_way).await, opens(&after).await),
        (503, 200),
        "Vault has the one, the keystore the other"
    );
    vault.seal(false);
    let former = list(&owner).await.pop().unwrap();
    eventually("Vault", async || opens(&on_its_way).await == 200).await;
    a_former_key_is_revoked(&served, &project, &owner, &former).await;

    let twice = [("SIGNET_CUSTODY", "vault"), ("SIGNET_FORMER_CUSTODY", "vault")];
    let refused = served.installation.refused(&["keys", "platform", "list"], &twice).await;
    assert!(refused.contains("former_custody is vault or pkcs11"), "{refused}");
}
