//! `signet keys platform`: the platform's own keys, made, published, retired and destroyed.

use serde_json::{Value, json};
use signet_testkit::now_unix_ms;
use signet_testkit::server::Installation;
use signet_testkit::token_factory::TokenFactory;
use signet_token::{EncryptionKey, SigningKey};

use crate::command_line::fails;
use crate::fixture::{BINARY, Served, ServedProject, eventually};

const P256: &str = "ECDH-ES+A256KW/P-256";
const X25519: &str = "ECDH-ES+A256KW/X25519";

/// A member of each of a list's records.
fn column<'a>(records: &'a Value, name: &str) -> Vec<&'a str> {
    records.as_array().unwrap().iter().map(|record| record[name].as_str().unwrap()).collect()
}

/// What a page is told of a strict token that is encrypted to a key; `null` for a good one.
async fn told(served: &Served, project: &ServedProject, recipient: &Value, token_id: &str) -> Value {
    let signing_key = SigningKey::from_pem(&project.private_key).unwrap().with_key_id("test-1").unwrap();
    let encryption_key = EncryptionKey::from_jwk(&recipient.to_string()).unwrap();
    let tokens = TokenFactory::new(signing_key, encryption_key);
    let token = tokens.token("jane", now_unix_ms()).strict(&project.id, token_id).build();
    served.visitor(project).try_token(&token).await.body["code"].clone()
}

#[tokio::test]
async fn keys_on_curves_are_made_used_retired_and_destroyed() {
    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "shop-1").await;
    let accept = ["--profile", "strict", "--key-management", P256, "--key-management", X25519];
    installation.run(&[&["project", "set", "shop-1"][..], &accept].concat()).await;
    let made = installation.run(&["keys", "platform", "create", P256]).await;
    assert_eq!((&made["algorithm"], &made["state"]), (&json!(P256), &json!("ACTIVE")));
    installation.run(&["keys", "platform", "create", X25519]).await;
    let listed = installation.run(&["keys", "platform", "list"]).await;
    assert_eq!(column(&listed, "algorithm"), ["RSA-OAEP-256", X25519, P256]);

    let served = Served::start(installation, &["--activations-per-address", "100000"]).await;
    let keys = served.platform_keys().await;
    let shown: Vec<_> = listed.as_array().unwrap().iter().map(|record| record["publicJwk"].clone()).collect();
    assert_eq!(keys, shown);
    assert_eq!(
        told(&served, &project, &keys[0], "0").await,
        "TOKEN_MALFORMED",
        "RSA is not accepted any more"
    );
    assert_eq!(told(&served, &project, &keys[1], "1").await, Value::Null);
    assert_eq!(told(&served, &project, &keys[2], "2").await, Value::Null);

    let (x25519, p256) = (keys[1].clone(), keys[2].clone());
    let retired = served.installation.run(&["keys", "platform", "retire", X25519]).await;
    assert_eq!(column(&retired, "state"), ["ACTIVE", "RETIRING", "ACTIVE"]);
    let made = served.installation.run(&["keys", "platform", "create", P256]).await;
    eventually("the running platform to publish the new key", async || {
        served.platform_keys().await.contains(&made["publicJwk"])
    })
    .await;
    let keys = served.platform_keys().await;
    assert_eq!(keys.len(), 2);
    assert!(!keys.contains(&x25519) && !keys.contains(&p256), "retired keys are not published");
    assert_eq!(told(&served, &project, &keys[1], "3").await, Value::Null);
    assert_eq!(told(&served, &project, &p256, "4").await, Value::Null, "what is on its way arrives");
    assert_eq!(told(&served, &project, &x25519, "5").await, Value::Null);

    let key_id = x25519["kid"].as_str().unwrap();
    served.installation.run(&["keys", "platform", "destroy", "--key-id", key_id]).await;
    let mut number = 6;
    eventually("the running platform to let go of the key", async || {
        number += 1;
        told(&served, &project, &x25519, &number.to_string()).await == "TOKEN_UNDECRYPTABLE"
    })
    .await;
    assert_eq!(told(&served, &project, &p256, "6").await, Value::Null);
}

#[tokio::test]
async fn what_becomes_of_a_key_is_in_the_audit_log() {
    let installation = Installation::new(BINARY, None);
    let first = installation.run(&["keys", "platform", "create", X25519]).await;
    let second = installation.run(&["keys", "platform", "create", X25519]).await;
    let key_id = |made: &Value| made["keyId"].as_str().unwrap().to_owned();
    installation.run(&["keys", "platform", "retire", X25519]).await;
    installation.run(&["keys", "platform", "destroy", "--key-id", &key_id(&first)]).await;
    let exported = std::process::Command::new(BINARY)
        .args(["audit", "export", "--data-dir"])
        .arg(installation.folder())
        .output()
        .unwrap();
    let lines = String::from_utf8(exported.stdout).unwrap();
    let events: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of_keys: Vec<(String, String)> = events
        .iter()
        .filter(|event| event["kind"].as_str().is_some_and(|kind| kind.starts_with("PLATFORM_KEY_")))
        .map(|event| {
            (
                event["kind"].as_str().unwrap().to_owned(),
                event["subject"]["id"].as_str().unwrap_or("-").to_owned(),
            )
        })
        .collect();
    let happened = |kind: &str, made: &Value| (format!("PLATFORM_KEY_{kind}"), key_id(made));
    assert_eq!(
        of_keys,
        [
            happened("CREATED", &first),
            happened("RETIRED", &first),
            happened("CREATED", &second),
            happened("RETIRED", &second),
            happened("REVOKED", &first),
        ],
        "{lines}"
    );
    let verified = installation.run(&["audit", "verify"]).await;
    assert!(!verified.is_null());
}

#[tokio::test]
async fn the_rsa_key_rotates_and_tokens_on_their_way_arrive() {
    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "shop-1").await;
    let served = Served::start(installation, &[]).await;
    let before = served.token(&project, "jane").await;
    let made = served.installation.run(&["keys", "platform", "create", "RSA-OAEP-256"]).await;
    eventually("the new key to take the old one's place", async || {
        served.platform_keys().await == [made["publicJwk"].clone()]
    })
    .await;
    let after = served.token(&project, "john").await;
    for token in [before, after] {
        assert_eq!(served.visitor(&project).try_token(&token).await.body["code"], Value::Null);
    }
}

#[tokio::test]
async fn what_cannot_be_done_with_a_key_is_told_in_words() {
    let installation = Installation::new(BINARY, None);
    let command = |rest: &[&str]| fails(&installation, &[&["keys", "platform"][..], rest].concat());
    assert!(command(&["list"]).contains("there is no keystore at"));
    assert!(command(&["create", "ES256"]).contains("ECDH-ES+A256KW/X25519"));
    let made = installation.run(&["keys", "platform", "create", P256]).await;
    assert!(command(&["retire", X25519]).contains("no active key for ECDH-ES+A256KW/X25519"));
    assert!(command(&["retire", "RSA-OAEP-256"]).contains("always an active key"));
    let active = command(&["destroy", "--key-id", made["keyId"].as_str().unwrap()]);
    assert!(active.contains("active"), "{active}");
    assert!(command(&["destroy", "--key-id", "-nobody"]).contains("no such key"));

    // A keystore that a later program wrote.
    let path = installation.folder().join("keystore.json");
    let file = std::fs::read_to_string(&path).unwrap();
    assert!(file.contains(r#""version":2"#), "a program that knows RSA alone has to notice");
    std::fs::write(&path, file.replace(r#""version":2"#, r#""version":4"#)).unwrap();
    let newer = command(&["list"]);
    assert!(newer.contains("format version 4") && newer.contains("use a newer program"), "{newer}");
    assert!(fails(&installation, &["serve", "--listen", "127.0.0.1:0"]).contains("use a newer program"));
}
