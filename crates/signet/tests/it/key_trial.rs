//! A key is tried on the last tokens before it is activated.

use serde_json::{Value, json};
use signet_testkit::server::Installation;
use signet_testkit::token_factory::TokenFactory;
use signet_testkit::{GraphqlClient, now_unix_ms};
use signet_token::{EncryptionKey, SignatureAlgorithm, SigningKey};

use crate::customer_keys::{administrator, changed};
use crate::fixture::{BINARY, Served, ServedProject};

/// Registers the public half of a key and gives its id.
async fn registered(graphql: &GraphqlClient, project: &str, key: &SigningKey) -> Value {
    let input = json!({ "projectId": project, "key": key.verification_key().to_jwk_json() });
    changed(graphql, "customerKeyRegister", input).await["id"].take()
}

async fn tried(graphql: &GraphqlClient, project: &str, key: &Value) -> Value {
    let mutation = "mutation($input: CustomerKeyInput!) { customerKeyTry(input: $input) {
        tried verified notTriable oldest newest userErrors { __typename field } } }";
    let input = json!({ "projectId": project, "customerKeyId": key });
    graphql.data(mutation, json!({ "input": input })).await["customerKeyTry"].take()
}

/// Tried, verified, not triable.
fn counts(trial: &Value) -> [i64; 3] {
    assert_eq!(trial["userErrors"], json!([]), "{trial}");
    ["tried", "verified", "notTriable"].map(|name| trial[name].as_i64().unwrap())
}

/// A provider that signs with this key.
async fn provider(served: &Served, key: SigningKey) -> TokenFactory {
    let recipient = served.platform_keys().await[0].to_string();
    TokenFactory::new(key, EncryptionKey::from_jwk(&recipient).unwrap())
}

#[tokio::test]
async fn a_key_that_waits_is_held_against_the_tokens_that_came() {
    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "shop-1").await;
    let other = ServedProject::create(&installation, "shop-2").await;
    let served = Served::start(installation, &[]).await;
    let graphql = administrator(&served, &project).await;
    let next = provider(&served, SigningKey::generate().unwrap().with_key_id("next").unwrap()).await;
    let id = registered(&graphql, "shop-1", &next.signing_key).await;
    let none = tried(&graphql, "shop-1", &id).await;
    assert_eq!(counts(&none), [0, 0, 0]);
    assert_eq!((&none["oldest"], &none["newest"]), (&Value::Null, &Value::Null));

    // The provider signs with either: two are let in, three are refused; another's and a damaged one, too.
    for number in 0..5 {
        let token = if number < 2 {
            served.token(&project, "jane").await
        } else {
            next.token("canary-jane", now_unix_ms()).build()
        };
        let code = served.visitor(&project).try_token(&token).await.body["code"].clone();
        assert_eq!(code, if number < 2 { Value::Null } else { json!("TOKEN_SIGNATURE_INVALID") });
    }
    let stranger = provider(&served, SigningKey::generate().unwrap()).await;
    served.visitor(&project).try_token(&stranger.token("x", now_unix_ms()).build()).await;
    served.visitor(&project).try_token("nonsense").await;
    // What comes to another project is not this one's.
    served.visitor(&other).try_token(&next.token("x", now_unix_ms()).build()).await;
    let trial = tried(&graphql, "shop-1", &id).await;
    assert_eq!(counts(&trial), [6, 3, 0]);
    assert!(trial["oldest"].as_str().unwrap() < trial["newest"].as_str().unwrap());
    assert!(!served.server.logs().contains("canary"));

    let active = graphql
        .data("{ project(projectId: \"shop-1\") { customerKeys { id keyId } } }", Value::Null)
        .await["project"]["customerKeys"][0]["id"]
        .clone();
    assert_eq!(counts(&tried(&graphql, "shop-1", &active).await), [6, 2, 0]);

    // Nobody tries keys on the tokens of others.
    let theirs = administrator(&served, &other).await;
    let elsewhere = registered(&theirs, "shop-2", &SigningKey::generate().unwrap()).await;
    assert_eq!(counts(&tried(&theirs, "shop-2", &elsewhere).await), [1, 0, 0]);
    for (project, field) in [("shop-1", "projectId"), ("shop-2", "customerKeyId")] {
        let refused = tried(&theirs, project, &id).await;
        let error = json!({ "__typename": "NotFoundUserError", "field": ["input", field] });
        assert_eq!(refused["userErrors"][0], error);
    }
    let program = served.graphql(&project).await;
    let mutation = format!(
        "mutation {{ customerKeyTry(input: {{ projectId: \"shop-1\", customerKeyId: {id} }}) {{ tried }} }}"
    );
    let answer = program.raw(&mutation, Value::Null).await.body;
    assert_eq!(answer["errors"][0]["extensions"]["name"], "PERMISSION_DENIED", "{answer}");
}

#[tokio::test]
async fn what_cannot_be_tried_is_said() {
    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "shop-1").await;
    let algorithms =
        ["RS256", "PS256", "ES256", "EdDSA"].map(|name| ["--signature-algorithm", name]).concat();
    installation.run(&[&["project", "set", "shop-1", "--profile", "strict"][..], &algorithms].concat()).await;
    let served = Served::start(installation, &[]).await;
    let graphql = administrator(&served, &project).await;
    let mut keys = Vec::new();
    for algorithm in [SignatureAlgorithm::EdDsa, SignatureAlgorithm::Es256, SignatureAlgorithm::Ps256] {
        let key = SigningKey::generate_for(algorithm).unwrap().with_key_id(algorithm.name()).unwrap();
        let tokens = provider(&served, key).await;
        let token = tokens.token("jane", now_unix_ms()).strict("shop-1", algorithm.name()).build();
        assert_eq!(served.visitor(&project).try_token(&token).await.code(), "TOKEN_SIGNATURE_INVALID");
        keys.push(registered(&graphql, "shop-1", &tokens.signing_key).await);
    }
    let mut trials = Vec::new();
    for id in &keys {
        trials.push(counts(&tried(&graphql, "shop-1", id).await));
    }
    // Ed25519 signs no digest; a token of another algorithm is not this key's, whatever it is.
    assert_eq!(trials, [[2, 0, 1], [3, 1, 0], [3, 1, 0]]);
}
