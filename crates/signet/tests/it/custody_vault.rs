//! Custody in Vault, through the doors of a platform that serves (D47).

use serde_json::{Value, json};
use signet_custody::{Keystore, Passphrase};
use signet_testkit::server::Installation;
use signet_testkit::vault::{FakeVault, ROOT_TOKEN, TransitKey};
use signet_testkit::{TestServer, VisitorClient, within};
use signet_token::EncryptionKey;

use crate::command_line::fails;
use crate::fixture::{BINARY, Served, ServedProject, eventually};
use crate::tls::TlsProxy;

const KEY: &str = "signet";
/// Longer than a Vault on a machine under load takes to answer, and shorter than the patience of the tests.
const TIME_LIMIT: &str = "2s";

/// A platform whose keys are in Vault.
struct InVault {
    vault: FakeVault,
    served: Served,
    project: ServedProject,
}

impl InVault {
    /// One that signs in with `AppRole`.
    async fn start() -> Self {
        let vault = FakeVault::with_key(KEY);
        vault.allow_app_role("signet-1", "s3cret");
        Self::with(vault).await
    }

    async fn with(vault: FakeVault) -> Self {
        let installation = Installation::new(BINARY, None);
        let project = ServedProject::create(&installation, "shop-1").await;
        let arguments = arguments(&vault, &installation);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let served = Served::start(installation, &arguments).await;
        Self { vault, served, project }
    }

    async fn restart(mut self) -> Self {
        assert!(self.served.server.stop().await.success());
        let arguments = arguments(&self.vault, &self.served.installation);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Self { served: self.served.restart(&arguments).await, ..self }
    }

    /// Somebody who is signed in.
    async fn signed_in(&self, user_id: &str) -> VisitorClient {
        let mut visitor = self.served.visitor(&self.project);
        visitor.sign_in(&self.served.token(&self.project, user_id).await).await;
        visitor
    }

    /// Status and code of a new activation; `null` for one that succeeds.
    async fn activates(&self, token: &str) -> (u16, Value) {
        let answer = self.served.visitor(&self.project).try_token(token).await;
        (answer.status, answer.body["code"].clone())
    }

    async fn metric(&self, name: &str) -> f64 {
        let url = format!("{}/metrics", self.served.server.url);
        let text = signet_testkit::client::plain().get(url).send().await.unwrap().text().await.unwrap();
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.rsplit(' ').next()).map_or(0.0, |value| value.parse().unwrap())
    }

    /// Trouble comes and passes: new sessions are refused meanwhile and say so, sessions go on, and whoever operates this learns of
    /// both.
    async fn lives_through(
        &mut self,
        trouble: &str,
        begin: impl AsyncFnOnce(&mut FakeVault),
        end: impl AsyncFnOnce(&mut FakeVault),
    ) {
        let before = self.signed_in("jane").await;
        let token = self.served.token(&self.project, "john").await;
        let known = [before.session.clone().unwrap(), token.clone()];
        begin(&mut self.vault).await;
        let refused = (503, json!("SERVICE_UNAVAILABLE"));
        assert_eq!(self.activates(&token).await, refused, "{trouble}");
        before.send("this session goes on").await;
        assert_eq!(before.history().await.status, 200, "{trouble}");
        let mut guest = self.served.visitor(&self.project);
        guest.activate_anonymously().await;
        assert!(self.metric(r#"signet_custody_available{custody="vault"}"#).await < 0.5, "{trouble}");
        let reason = format!(r#"signet_custody_failures_total{{custody="vault",reason="{trouble}"}}"#);
        assert!(self.metric(&reason).await >= 1.0, "{reason}");
        let line = self.served.server.logged(&format!(r#""reason":"{trouble}""#)).await;
        assert!(
            line.contains("key custody is not available") && line.contains(r#""level":"ERROR""#),
            "{line}"
        );
        end(&mut self.vault).await;
        let recovered = async {
            while self.activates(&token).await.0 != 200 {
                tokio::task::yield_now().await;
            }
        };
        within("custody to work again", recovered).await;
        assert!(self.metric(r#"signet_custody_available{custody="vault"}"#).await > 0.5, "{trouble}");
        let logs = self.served.server.logs();
        assert!(known.iter().all(|secret| !logs.contains(secret.as_str())), "{trouble}");
        assert!(!logs.contains("s3cret") && !logs.contains("hvs."), "{trouble}");
    }
}

/// How the platform is told of it. The secret is in a file.
fn arguments(vault: &FakeVault, installation: &Installation) -> Vec<String> {
    let secret_id = installation.folder().join("secret-id");
    std::fs::write(&secret_id, "s3cret\n").unwrap();
    let secret_id = secret_id.display().to_string();
    [
        "--custody",
        "vault",
        "--vault-address",
        &vault.url,
        "--vault-key",
        KEY,
        "--vault-time-limit",
        TIME_LIMIT,
        "--vault-login",
        "approle",
        "--vault-role-id",
        "signet-1",
        "--vault-secret-id-file",
        &secret_id,
    ]
    .map(str::to_owned)
    .to_vec()
}

#[tokio::test]
async fn d47_a_sealed_vault_refuses_new_sessions_and_leaves_the_others() {
    let mut platform = InVault::start().await;
    platform.lives_through("sealed", async |vault| vault.seal(true), async |vault| vault.seal(false)).await;
}

/// It does not answer for longer than the time limit, as one that takes five seconds with the default of two.
#[tokio::test]
async fn d47_a_slow_vault_refuses_new_sessions_within_the_time_limit() {
    let mut platform = InVault::start().await;
    platform
        .lives_through("timeout", async |vault| vault.stall(true), async |vault| vault.stall(false))
        .await;
}

#[tokio::test]
async fn d47_a_vault_that_denies_permission_refuses_new_sessions_and_leaves_the_others() {
    let mut platform = InVault::start().await;
    platform.lives_through("denied", async |vault| vault.deny(true), async |vault| vault.deny(false)).await;
}

#[tokio::test]
async fn d47_a_vault_that_is_away_refuses_new_sessions_and_leaves_the_others() {
    let mut platform = InVault::start().await;
    platform
        .lives_through("unreachable", async |vault| vault.go_away(), async |vault| vault.come_back())
        .await;
}

#[tokio::test]
async fn d47_a_missing_key_version_refuses_new_sessions_and_leaves_the_others() {
    let mut platform = InVault::start().await;
    let begin = async |vault: &mut FakeVault| {
        vault.edit(KEY, TransitKey::rotate);
        vault.edit(KEY, |key| key.min_decryption_version = 2);
    };
    platform
        .lives_through("version_missing", begin, async |vault| {
            vault.edit(KEY, |key| key.min_decryption_version = 1);
        })
        .await;
}

#[tokio::test]
async fn d47_a_token_for_vault_that_ended_is_replaced_and_nobody_notices() {
    let platform = InVault::start().await;
    let token = platform.served.token(&platform.project, "jane").await;
    platform.vault.end_tokens();
    assert_eq!(platform.activates(&token).await.0, 200);
    assert_eq!(platform.vault.seen().sign_ins, 2);
}

/// The role is gone with the token: signing in anew is refused.
#[tokio::test]
async fn d47_a_token_for_vault_that_cannot_be_replaced_refuses_new_sessions() {
    let mut platform = InVault::start().await;
    let begin = async |vault: &mut FakeVault| {
        vault.allow_app_role("signet-1", "another");
        vault.end_tokens();
    };
    platform.lives_through("login", begin, async |vault| vault.allow_app_role("signet-1", "s3cret")).await;
}

/// Something that happens to Vault.
type Change = fn(&mut FakeVault);

/// What `/readyz` says of custody, with its status.
async fn readiness(served: &Served) -> (u16, Value) {
    let url = format!("{}/readyz", served.server.url);
    let answer = signet_testkit::client::plain().get(url).send().await.unwrap();
    (answer.status().as_u16(), answer.json::<Value>().await.unwrap()["custody"].take())
}

async fn status(served: &Served, path: &str) -> u16 {
    let url = format!("{}{path}", served.server.url);
    signet_testkit::client::plain().get(url).send().await.unwrap().status().as_u16()
}

/// A machine that starts before its Vault does serves everything that needs no key of it, and the rest as soon as Vault is there.
#[tokio::test]
async fn d47_a_platform_starts_without_its_vault_and_recovers_by_itself() {
    let mut platform = InVault::start().await;
    assert_eq!(readiness(&platform.served).await, (200, json!("available")));
    let published = platform.served.platform_keys().await;
    let token = platform.served.token(&platform.project, "john").await;
    let mut jane = platform.signed_in("jane").await;
    let troubles: [(&str, Change, Change); 3] = [
        ("unreachable", FakeVault::go_away, FakeVault::come_back),
        ("sealed", |vault| vault.seal(true), |vault| vault.seal(false)),
        ("timeout", |vault| vault.stall(true), |vault| vault.stall(false)),
    ];
    for (trouble, begin, end) in troubles {
        begin(&mut platform.vault);
        platform = platform.restart().await;
        jane.moved_to(&platform.served.server.url);
        assert_eq!(readiness(&platform.served).await, (200, json!("unavailable")), "{trouble}");
        // Providers are not told that there is no key.
        for path in ["/.well-known/jwks.json", "/keys/platform.pem"] {
            assert_eq!(status(&platform.served, path).await, 503, "{trouble} {path}");
        }
        assert_eq!(platform.activates(&token).await, (503, json!("SERVICE_UNAVAILABLE")), "{trouble}");
        jane.send("this session goes on").await;
        let mut guest = platform.served.visitor(&platform.project);
        guest.activate_anonymously().await;
        assert!(platform.metric(r#"signet_custody_available{custody="vault"}"#).await < 0.5, "{trouble}");
        let line = platform.served.server.logged(&format!(r#""reason":"{trouble}""#)).await;
        assert!(line.contains("key custody is not available"), "{line}");

        end(&mut platform.vault);
        // Nobody has to try it.
        eventually("the keys", async || status(&platform.served, "/.well-known/jwks.json").await == 200)
            .await;
        assert_eq!(platform.served.platform_keys().await, published, "{trouble}");
        assert_eq!(readiness(&platform.served).await, (200, json!("available")), "{trouble}");
        assert_eq!(platform.activates(&token).await, (200, Value::Null), "{trouble}");
    }
}

#[tokio::test]
async fn d47_no_decryption_key_is_on_disk() {
    let platform = InVault::start().await;
    platform.signed_in("jane").await;
    let folder = platform.served.installation.folder();
    let passphrase = std::fs::read_to_string(folder.join("keystore.json.passphrase")).unwrap();
    let keystore =
        Keystore::open_or_create(&folder.join("keystore.json"), &Passphrase::new(passphrase.trim())).unwrap();
    assert!(keystore.decryption_keys().is_empty());
}

/// A thousand junk tokens are a thousand bad tokens, and Vault works for everybody else.
#[tokio::test]
async fn d47_junk_tokens_do_not_close_the_door_for_good_ones() {
    let platform = InVault::start().await;
    let good = platform.served.token(&platform.project, "jane").await;
    let mut parts: Vec<&str> = good.split('.').collect();
    let junk = signet_token::base64url::encode([1; 256]);
    parts[1] = &junk;
    let junk = parts.join(".");
    for _ in 0..20 {
        assert_eq!(platform.activates(&junk).await, (401, json!("TOKEN_UNDECRYPTABLE")));
    }
    assert_eq!(platform.activates(&good).await.0, 200);
    assert!(platform.metric(r#"signet_custody_available{custody="vault"}"#).await > 0.5);
    assert!(platform.metric("signet_custody_failures_total").await < 0.5);
}

#[tokio::test]
async fn versions_of_the_key_are_published_and_former_ones_still_decrypt() {
    let platform = InVault::start().await;
    let before = platform.served.token(&platform.project, "jane").await;
    platform.vault.edit(KEY, TransitKey::rotate);
    let platform = platform.restart().await;
    let jwks = signet_testkit::client::plain()
        .get(format!("{}/.well-known/jwks.json", platform.served.server.url))
        .send()
        .await
        .unwrap();
    let jwks: Value = jwks.json().await.unwrap();
    let [published] = &jwks["keys"].as_array().unwrap()[..] else { panic!("one key: {jwks}") };
    let newest = EncryptionKey::from_jwk(&published.to_string()).unwrap();
    assert_eq!(published["kid"], newest.fingerprint().as_str());
    assert_eq!(published["use"], "enc");
    let after = platform.served.token(&platform.project, "john").await;
    for token in [before, after] {
        assert_eq!(platform.activates(&token).await, (200, Value::Null));
    }
}

/// The keystore's key is kept when the platform moves, until no provider uses it.
#[tokio::test]
async fn keys_of_the_keystore_decrypt_beside_those_of_vault() {
    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "shop-1").await;
    let served = Served::start(installation, &[]).await;
    let before = served.token(&project, "jane").await;
    let mut served = served;
    assert!(served.server.stop().await.success());
    let vault = FakeVault::with_key(KEY);
    vault.allow_app_role("signet-1", "s3cret");
    let arguments = arguments(&vault, &served.installation);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let served = served.restart(&arguments).await;
    let after = served.token(&project, "john").await;
    for token in [&before, &after] {
        assert_eq!(served.visitor(&project).try_token(token).await.status, 200);
    }
    assert_eq!(vault.seen().batches.len(), 2, "without a key id both are asked");
    vault.seal(true);
    assert_eq!(served.visitor(&project).try_token(&before).await.status, 200, "it is the keystore's");
    assert_eq!(served.visitor(&project).try_token(&after).await.status, 503);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vault_is_reached_over_tls_with_its_own_authority_alone() {
    let folder = tempfile::tempdir().unwrap();
    let vault = FakeVault::with_key(KEY);
    let proxy = TlsProxy::start(folder.path(), &vault.url).await;
    let token = folder.path().join("token");
    std::fs::write(&token, ROOT_TOKEN).unwrap();
    let (token, authority) = (token.display().to_string(), proxy.authority.display().to_string());
    let place = [
        "--custody",
        "vault",
        "--vault-address",
        &proxy.url,
        "--vault-key",
        KEY,
        "--vault-token-file",
        &token,
    ];
    let installation = Installation::new(BINARY, None);
    let list = ["keys", "platform", "list"];
    let variables = [
        ("SIGNET_CUSTODY", "vault"),
        ("SIGNET_VAULT_ADDRESS", &*proxy.url),
        ("SIGNET_VAULT_KEY", KEY),
        ("SIGNET_VAULT_TOKEN", ROOT_TOKEN),
    ];
    installation.run(&["keys", "platform", "create", "RSA-OAEP-256"]).await;
    let untrusted = installation.refused(&list, &variables).await;
    assert!(untrusted.contains("Vault cannot be reached"), "{untrusted}");
    let mut untrusting = TestServer::serve(BINARY, &installation, &place).await;
    let line = untrusting.logged("key custody is not available").await;
    assert!(line.contains(r#""reason":"unreachable""#), "{line}");
    assert!(untrusting.stop().await.success());
    let project = ServedProject::create(&installation, "shop-1").await;
    let trusting = [&place[..], &["--vault-ca-file", &authority]].concat();
    let served = Served::start(installation, &trusting).await;
    let token = served.token(&project, "jane").await;
    assert_eq!(served.visitor(&project).try_token(&token).await.status, 200);
}

#[tokio::test]
async fn a_start_that_cannot_work_says_why() {
    let vault = FakeVault::with_key(KEY);
    let installation = Installation::new(BINARY, None);
    let serve =
        |rest: &[&str]| fails(&installation, &[&["serve", "--listen", "127.0.0.1:0"][..], rest].concat());
    let lacking = serve(&["--custody", "vault"]);
    assert!(lacking.contains("vault_address"), "{lacking}");
    let token = installation.folder().join("token");
    std::fs::write(&token, "hvs.wrong").unwrap();
    let token = token.display().to_string();
    let place =
        ["--custody", "vault", "--vault-address", &vault.url, "--vault-token-file", &token, "--vault-key"];
    let denied = serve(&[&place[..], &[KEY]].concat());
    assert!(denied.contains("Vault denies permission"), "{denied}");
    std::fs::write(&token, ROOT_TOKEN).unwrap();
    let missing = serve(&[&place[..], &["nobody"]].concat());
    assert!(missing.contains("Vault has no such key"), "{missing}");
    vault.edit(KEY, |key| key.kind = "aes256-gcm96".to_owned());
    let wrong = serve(&[&place[..], &[KEY]].concat());
    assert!(wrong.contains("aes256-gcm96"), "{wrong}");
    // The keystore has no decryption key now; whoever forgets the setting is told.
    let forgotten = serve(&[]);
    assert!(forgotten.contains("they may live in other custody"), "{forgotten}");
}
