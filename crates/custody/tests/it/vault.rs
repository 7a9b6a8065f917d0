//! Custody in Vault: the contract, how requests are put together, and every kind of trouble.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use signet_custody::{
    DecryptionKeyInfo, KeyState, SecretSource, SecretText, VaultError, VaultLogin, VaultOptions, VaultUnwrap,
};
use signet_testkit::vault::{FakeVault, ROOT_TOKEN, TransitKey};
use signet_testkit::within;
use signet_token::{KeyUnwrap, UnwrapError};

use crate::contract::{Subject, wrap};

const KEY: &str = "signet";
/// Long enough for a machine under load; nothing here waits for it but what is meant to.
const LONG: Duration = Duration::from_secs(30);
/// For a Vault that does not answer.
const SHORT: Duration = Duration::from_millis(400);

fn options(vault: &FakeVault) -> VaultOptions {
    VaultOptions {
        address: vault.url.clone(),
        namespace: None,
        mount: "transit".to_owned(),
        key: KEY.to_owned(),
        login: VaultLogin::Token(SecretSource::Given(SecretText::new(ROOT_TOKEN))),
        authorities: None,
        time_limit: LONG,
        queue: 1_024,
    }
}

async fn connect(vault: &FakeVault) -> VaultUnwrap {
    VaultUnwrap::connect(options(vault)).await.unwrap()
}

async fn connect_with(vault: &FakeVault, login: VaultLogin) -> Result<VaultUnwrap, VaultError> {
    VaultUnwrap::connect(VaultOptions { login, ..options(vault) }).await
}

fn app_role(secret_id: SecretSource) -> VaultLogin {
    VaultLogin::AppRole { mount: "approle".to_owned(), role_id: "signet-1".to_owned(), secret_id }
}

fn given(secret: &str) -> SecretSource {
    SecretSource::Given(SecretText::new(secret))
}

/// A token's outcome, without the key.
async fn outcome(custody: &VaultUnwrap, info: &DecryptionKeyInfo) -> Result<bool, UnwrapError> {
    custody.unwrap(Some(info.key_id.as_str()), &wrap(info, &[7; 32])).await.map(|key| key.is_key())
}

async fn junk(custody: &VaultUnwrap, info: &DecryptionKeyInfo) -> Result<bool, UnwrapError> {
    custody.unwrap(Some(info.key_id.as_str()), &[1; 256]).await.map(|key| key.is_key())
}

#[tokio::test]
async fn it_obeys_the_contract() {
    let vault = FakeVault::with_key(KEY);
    vault.edit(KEY, TransitKey::rotate);
    let custody = connect(&vault).await;
    Subject { custody: &custody, keys: custody.keys() }.obeys_the_contract().await;
}

/// The same against a server of one's own: `VAULT_ADDR`, `VAULT_TOKEN`, and `VAULT_TRANSIT_KEY` with the name of an RSA key of at least two
/// versions in the engine at `transit`.
#[tokio::test]
async fn a_real_vault_obeys_the_contract() {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (Some(address), Some(token), Some(key)) =
        (variable("VAULT_ADDR"), variable("VAULT_TOKEN"), variable("VAULT_TRANSIT_KEY"))
    else {
        eprintln!("SKIPPED: no real Vault: set VAULT_ADDR, VAULT_TOKEN and VAULT_TRANSIT_KEY");
        return;
    };
    let custody = VaultUnwrap::connect(VaultOptions {
        address,
        namespace: variable("VAULT_NAMESPACE"),
        mount: variable("VAULT_TRANSIT_MOUNT").unwrap_or_else(|| "transit".to_owned()),
        key,
        login: VaultLogin::Token(given(&token)),
        authorities: variable("VAULT_CACERT").map(|path| std::fs::read(path).unwrap()),
        time_limit: LONG,
        queue: 1_024,
    })
    .await
    .unwrap();
    Subject { custody: &custody, keys: custody.keys() }.obeys_the_contract().await;
}

#[tokio::test]
async fn versions_are_published_retired_and_gone_as_vault_says() {
    let vault = FakeVault::with_key(KEY);
    vault.edit(KEY, TransitKey::rotate);
    vault.edit(KEY, TransitKey::rotate);
    let states = |custody: &VaultUnwrap| custody.keys().iter().map(|info| info.state).collect::<Vec<_>>();
    let custody = connect(&vault).await;
    let [newest, middle, oldest] = &custody.keys()[..] else { panic!("three versions") };
    assert_eq!(states(&custody), [KeyState::Active, KeyState::Retired, KeyState::Retired]);
    for info in [newest, middle, oldest] {
        assert_eq!(outcome(&custody, info).await, Ok(true));
    }
    vault.edit(KEY, |key| {
        key.min_encryption_version = 2;
        key.min_decryption_version = 2;
    });
    let custody = connect(&vault).await;
    assert_eq!(states(&custody), [KeyState::Active, KeyState::Active]);
    assert_eq!(custody.keys()[1].key_id, middle.key_id);
    assert_eq!(outcome(&custody, oldest).await, Ok(false), "its tokens open no more");
}

#[tokio::test]
async fn a_new_version_is_known_by_the_first_token_that_names_it() {
    let vault = FakeVault::with_key(KEY);
    let custody = connect(&vault).await;
    vault.edit(KEY, TransitKey::rotate);
    let elsewhere = connect(&vault).await;
    let newest = elsewhere.keys().remove(0);
    assert_eq!(outcome(&custody, &newest).await, Ok(true));
    assert_eq!(custody.keys().len(), 2);
}

#[tokio::test]
async fn a_lone_token_goes_at_once_and_a_crowd_goes_together() {
    let vault = FakeVault::with_key(KEY);
    let custody = connect(&vault).await;
    let info = custody.keys().remove(0);
    for _ in 0..3 {
        assert_eq!(outcome(&custody, &info).await, Ok(true));
    }
    assert_eq!(vault.seen().batches, [1, 1, 1]);
    let answers = join_all((0..200).map(|_| outcome(&custody, &info))).await;
    assert!(answers.iter().all(Result::is_ok));
    let batches = vault.seen().batches.split_off(3);
    assert_eq!(batches.iter().sum::<usize>(), 200);
    assert!(batches.len() <= 8, "{batches:?}");
    assert!(batches.iter().all(|size| *size <= 64), "{batches:?}");
}

#[tokio::test]
async fn a_token_without_a_key_id_costs_one_item_for_each_of_at_most_eight_versions() {
    let vault = FakeVault::with_key(KEY);
    for _ in 0..9 {
        vault.edit(KEY, TransitKey::rotate);
    }
    let custody = connect(&vault).await;
    let keys = custody.keys();
    assert_eq!(keys.len(), 10);
    for (index, wanted) in [(0, Ok(true)), (7, Ok(true)), (8, Ok(false))] {
        let wrapped = wrap(&keys[index], &[7; 32]);
        assert_eq!(
            custody.unwrap(None, &wrapped).await.map(|key| key.is_key()),
            wanted,
            "version {index} from the newest"
        );
    }
    assert_eq!(vault.seen().batches, [8, 8, 8], "whichever fits, all of them are tried");
    assert_eq!(outcome(&custody, &keys[9]).await, Ok(true), "named, each opens");
}

#[tokio::test]
async fn one_more_than_can_wait_is_refused_at_once() {
    let vault = FakeVault::with_key(KEY);
    let custody = VaultUnwrap::connect(VaultOptions { queue: 4, ..options(&vault) }).await.unwrap();
    let info = custody.keys().remove(0);
    vault.stall(true);
    let answers = join_all((0..2_000).map(|_| outcome(&custody, &info)));
    let (answers, ()) = tokio::join!(answers, async { vault.stall(false) });
    let refused = answers.iter().filter(|answer| **answer == Err(UnwrapError::Overloaded)).count();
    let done = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(done + refused, 2_000);
    assert!(refused > 1_000, "{refused}");
    assert_eq!(outcome(&custody, &info).await, Ok(true), "and it recovers");
}

/// Alone, a bad ciphertext is an HTTP 500 of Vault's.
#[tokio::test]
async fn d47_junk_cannot_make_vault_look_broken() {
    let vault = FakeVault::with_key(KEY);
    let custody = connect(&vault).await;
    let info = custody.keys().remove(0);
    for _ in 0..50 {
        assert_eq!(junk(&custody, &info).await, Ok(false));
    }
    assert_eq!(outcome(&custody, &info).await, Ok(true));
    let mixed = (0..100).map(|number| {
        let (custody, info) = (&custody, &info);
        async move {
            if number % 3 == 0 {
                assert_eq!(outcome(custody, info).await, Ok(true));
            } else {
                assert_eq!(junk(custody, info).await, Ok(false));
            }
        }
    });
    join_all(mixed).await;
    assert_eq!(vault.seen().batches.iter().sum::<usize>(), 151, "each of them was asked about");
}

#[tokio::test]
async fn d47_trouble_is_unavailable_for_good_tokens_and_junk_alike_and_passes() {
    let mut vault = FakeVault::with_key(KEY);
    let custody = VaultUnwrap::connect(VaultOptions { time_limit: SHORT, ..options(&vault) }).await.unwrap();
    let info = custody.keys().remove(0);
    let refused = Err(UnwrapError::Unavailable);
    let recovered = async |what: &str| {
        let works = async {
            while outcome(&custody, &info).await != Ok(true) {
                tokio::task::yield_now().await;
            }
        };
        within(what, works).await;
    };
    recovered("the start").await;
    vault.seal(true);
    assert_eq!((outcome(&custody, &info).await, junk(&custody, &info).await), (refused, refused), "sealed");
    vault.seal(false);
    recovered("unsealing").await;
    vault.stall(true);
    assert_eq!((outcome(&custody, &info).await, junk(&custody, &info).await), (refused, refused), "slow");
    vault.stall(false);
    recovered("quickness").await;
    vault.deny(true);
    assert_eq!((outcome(&custody, &info).await, junk(&custody, &info).await), (refused, refused), "denied");
    vault.deny(false);
    recovered("permission").await;
    let key = vault.remove_key(KEY);
    assert_eq!((outcome(&custody, &info).await, junk(&custody, &info).await), (refused, refused), "no key");
    vault.put_key(KEY, key);
    recovered("the key's return").await;
    vault.go_away();
    assert_eq!((outcome(&custody, &info).await, junk(&custody, &info).await), (refused, refused), "away");
    vault.come_back();
    recovered("the network").await;
}

#[tokio::test]
async fn d47_a_version_that_is_missing_is_vaults_trouble_until_the_key_is_read_again() {
    let vault = FakeVault::with_key(KEY);
    vault.edit(KEY, TransitKey::rotate);
    let custody = connect(&vault).await;
    let [newest, older] = &custody.keys()[..] else { panic!("two versions") };
    vault.edit(KEY, |key| key.min_decryption_version = 2);
    assert_eq!(outcome(&custody, older).await, Err(UnwrapError::Unavailable));
    assert_eq!(outcome(&custody, newest).await, Ok(true), "the other one is not touched by it");
    vault.edit(KEY, |key| key.lose_version(2));
    assert_eq!(outcome(&custody, newest).await, Err(UnwrapError::Unavailable));
    for _ in 0..10 {
        assert_eq!(outcome(&custody, newest).await, Err(UnwrapError::Unavailable), "also when asked often");
    }
}

#[tokio::test]
async fn a_broken_vault_is_left_alone_for_a_moment() {
    let vault = FakeVault::with_key(KEY);
    let custody = VaultUnwrap::connect(VaultOptions { time_limit: SHORT, ..options(&vault) }).await.unwrap();
    let info = custody.keys().remove(0);
    vault.stall(true);
    for _ in 0..3 {
        assert_eq!(outcome(&custody, &info).await, Err(UnwrapError::Unavailable));
    }
    // Forty more would take sixteen seconds if each waited for the time limit; most are refused at once.
    let started = tokio::time::Instant::now();
    for _ in 0..40 {
        assert_eq!(outcome(&custody, &info).await, Err(UnwrapError::Unavailable));
    }
    assert!(started.elapsed() < SHORT * 20, "{:?}", started.elapsed());
}

#[tokio::test]
async fn it_signs_in_with_app_role_and_again_when_the_token_has_ended() {
    let vault = FakeVault::with_key(KEY);
    vault.allow_app_role("signet-1", "s3cret");
    let custody = connect_with(&vault, app_role(given("s3cret"))).await.unwrap();
    let info = custody.keys().remove(0);
    assert_eq!(outcome(&custody, &info).await, Ok(true));
    assert_eq!(vault.seen().sign_ins, 1);
    vault.end_tokens();
    let answers = join_all((0..20).map(|_| outcome(&custody, &info))).await;
    assert!(answers.iter().all(Result::is_ok), "nobody notices: {answers:?}");
    assert_eq!(vault.seen().sign_ins, 2, "and one sign-in serves them all");
    let refused = connect_with(&vault, app_role(given("other"))).await.unwrap_err();
    assert!(matches!(refused, VaultError::LoginRefused), "{refused}");
}

#[tokio::test]
async fn secrets_in_files_are_read_at_each_sign_in() {
    let folder = tempfile::tempdir().unwrap();
    let (secret_id, jwt, token) =
        (folder.path().join("secret-id"), folder.path().join("jwt"), folder.path().join("token"));
    let vault = FakeVault::with_key(KEY);
    vault.allow_app_role("signet-1", "first");
    vault.allow_kubernetes("signet", "pod-1");
    std::fs::write(&secret_id, "first\n").unwrap();
    std::fs::write(&jwt, "pod-1").unwrap();
    std::fs::write(&token, format!("{}\n", vault.token(LONG, true))).unwrap();
    let kubernetes = VaultLogin::Kubernetes {
        mount: "kubernetes".to_owned(),
        role: "signet".to_owned(),
        service_account_token: jwt.clone(),
    };
    let all = [
        connect_with(&vault, app_role(SecretSource::File(secret_id.clone()))).await.unwrap(),
        connect_with(&vault, kubernetes).await.unwrap(),
        connect_with(&vault, VaultLogin::Token(SecretSource::File(token.clone()))).await.unwrap(),
    ];
    let info = all[0].keys().remove(0);
    vault.end_tokens();
    vault.allow_app_role("signet-1", "second");
    vault.allow_kubernetes("signet", "pod-2");
    for custody in &all {
        assert_eq!(outcome(custody, &info).await, Err(UnwrapError::Unavailable), "the old ones do no more");
    }
    std::fs::write(&secret_id, "second\n").unwrap();
    std::fs::write(&jwt, "pod-2").unwrap();
    std::fs::write(&token, format!("{}\n", vault.token(LONG, true))).unwrap();
    for custody in &all {
        assert_eq!(outcome(custody, &info).await, Ok(true));
    }
    std::fs::remove_file(&secret_id).unwrap();
    let refused = connect_with(&vault, app_role(SecretSource::File(secret_id))).await.unwrap_err();
    assert!(matches!(refused, VaultError::Secret(_)), "{refused}");
}

#[tokio::test]
async fn tokens_are_renewed_before_they_end_and_replaced_when_they_cannot_be() {
    for (renewable, login) in [(true, "renewed"), (false, "signed in anew")] {
        let vault = FakeVault::with_key(KEY);
        vault.allow_app_role("signet-1", "s3cret");
        vault.lease(Duration::from_secs(2), renewable);
        let custody = connect_with(&vault, app_role(given("s3cret"))).await.unwrap();
        let kept = vault.until(|seen| if renewable { seen.renewals >= 2 } else { seen.sign_ins >= 3 });
        within(login, kept).await;
        let info = custody.keys().remove(0);
        assert_eq!(outcome(&custody, &info).await, Ok(true));
    }
}

#[tokio::test]
async fn settings_that_cannot_work_are_said_at_the_start() {
    let vault = FakeVault::with_key(KEY);
    let with = |change: fn(&mut VaultOptions)| {
        let mut options = options(&vault);
        change(&mut options);
        VaultUnwrap::connect(options)
    };
    let refused = with(|options| options.address = "http://vault.example:8200".to_owned()).await.unwrap_err();
    assert!(matches!(refused, VaultError::Address), "{refused}");
    let refused = with(|options| options.key = "../other".to_owned()).await.unwrap_err();
    assert!(matches!(refused, VaultError::Name), "{refused}");
    let refused = with(|options| options.key = "nobody".to_owned()).await.unwrap_err();
    assert!(matches!(refused, VaultError::KeyNotFound), "{refused}");
    let refused = with(|options| options.login = VaultLogin::Token(given("hvs.other"))).await.unwrap_err();
    assert!(matches!(refused, VaultError::Denied), "{refused}");
    let refused = with(|options| options.authorities = Some(b"nonsense".to_vec())).await;
    assert!(matches!(refused, Err(VaultError::NoCertificate)), "{refused:?}");
    vault.edit(KEY, |key| key.kind = "aes256-gcm96".to_owned());
    let refused = with(|_| ()).await.unwrap_err();
    assert!(matches!(&refused, VaultError::NotRsa(kind) if kind == "aes256-gcm96"), "{refused}");
}

#[tokio::test]
async fn the_namespace_goes_with_every_request_and_secrets_show_nowhere() {
    let vault = FakeVault::with_key(KEY);
    let options = VaultOptions { namespace: Some("team-a".to_owned()), ..options(&vault) };
    assert!(!format!("{options:?}").contains(ROOT_TOKEN));
    let custody = Arc::new(VaultUnwrap::connect(options).await.unwrap());
    assert!(!format!("{custody:?}").contains(ROOT_TOKEN));
    let info = custody.keys().remove(0);
    assert_eq!(outcome(&custody, &info).await, Ok(true));
    assert_eq!(vault.seen().namespaces, ["team-a"; 3]);
}
