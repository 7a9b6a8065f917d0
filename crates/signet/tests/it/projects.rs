//! Projects and their settings through GraphQL.

use serde_json::{Value, json};
use signet_testkit::client::plain;
use signet_testkit::{GraphqlClient, now_unix_ms};

use crate::customer_keys::{person, served};

const FIELDS: &str = "project { projectId name authenticatedMode tokenProfile claimPrefix issuers sessionLifetimeSeconds
        tokenMaxLifetimeSeconds tokenLeewaySeconds signatureAlgorithms keyManagement allowedOrigins allowsLoopback requiresSessionKey snippet }
    userErrors { __typename message field ... on InvalidInputUserError { code } }";

async fn update(graphql: &GraphqlClient, input: Value) -> Value {
    let mutation =
        format!("mutation($input: ProjectUpdateInput!) {{ projectUpdate(input: $input) {{ {FIELDS} }} }}");
    graphql.data(&mutation, json!({ "input": input })).await["projectUpdate"].take()
}

async fn updated(graphql: &GraphqlClient, settings: Value) -> Value {
    let mut payload = update(graphql, json!({ "projectId": "shop-1", "settings": settings })).await;
    assert_eq!(payload["userErrors"], json!([]));
    payload["project"].take()
}

#[tokio::test]
async fn settings_change_what_the_running_platform_does() {
    let (served, project, _) = served().await;
    let graphql = person(&served, &project, "administrator").await;
    let tokens = served.tokens(&project).await;
    let token = || tokens.token("jane", now_unix_ms()).build();
    served.visitor(&project).sign_in(&token()).await;

    let all = json!({ "authenticatedMode": "OBSERVE", "tokenProfile": "COMPATIBLE", "claimPrefix": "https://brand.example/",
        "issuers": ["https://login.brand.example"], "sessionLifetimeSeconds": 420, "tokenMaxLifetimeSeconds": 120,
        "tokenLeewaySeconds": 3, "signatureAlgorithms": ["RS256", "ES256"], "keyManagement": ["RSA-OAEP-256"],
        "allowedOrigins": ["https://shop.example", "https://shop.example"], "allowsLoopback": false,
        "requiresSessionKey": false });
    let changed = updated(&graphql, all.clone()).await;
    for (name, value) in all.as_object().unwrap() {
        let expected = if name == "allowedOrigins" { &json!(["https://shop.example"]) } else { value };
        assert_eq!(&changed[name], expected, "{name}");
    }
    assert_eq!(changed["name"], "Test & Co", "what is left out stays");
    let snippet = changed["snippet"].as_str().unwrap();
    assert!(
        snippet.contains("sid: 'shop-1'") && snippet.contains("src=\"//chat.example/iadvize.js\""),
        "{snippet}"
    );

    let tag = format!("{}/visitor/v1/tag/shop-1.js?origin=https://shop.example", served.server.url);
    let script = plain().get(tag).send().await.unwrap().text().await.unwrap();
    assert!(script.contains("\"authenticatedMode\":\"OBSERVE\""), "{script}");
    // A project that observes lets visitors go on without what it found.
    updated(&graphql, json!({ "authenticatedMode": "ON" })).await;
    let mut visitor = served.visitor(&project);
    assert_eq!(visitor.try_token(&token()).await.code(), "ORIGIN_NOT_ALLOWED");
    visitor.embedding_origin = Some("https://shop.example".to_owned());
    assert_eq!(visitor.try_token(&token()).await.code(), "TOKEN_CLAIMS_INVALID", "another claim prefix");
    updated(&graphql, json!({ "claimPrefix": "https://iadvize.com/" })).await;
    assert_eq!(visitor.try_token(&token()).await.code(), "TOKEN_CLAIMS_INVALID", "another issuer");
    updated(&graphql, json!({ "issuers": [] })).await;
    let now = now_unix_ms();
    let long = tokens.token("jane", now).claim("exp", now / 1000 + 200).build();
    assert_eq!(visitor.try_token(&long).await.code(), "TOKEN_CLAIMS_INVALID", "it lives too long");
    visitor.sign_in(&token()).await;
    updated(&graphql, json!({ "tokenProfile": "STRICT" })).await;
    assert_eq!(visitor.try_token(&token()).await.code(), "TOKEN_MALFORMED");
}

#[tokio::test]
async fn a_setting_that_breaks_its_rule_is_named() {
    let (served, project, _) = served().await;
    let graphql = person(&served, &project, "administrator").await;
    let cases = [
        (json!({ "claimPrefix": "" }), "CLAIM_PREFIX_INVALID", "claimPrefix"),
        (json!({ "issuers": ["a", ""] }), "ISSUER_INVALID", "issuers"),
        (json!({ "sessionLifetimeSeconds": 0 }), "SESSION_LIFETIME_INVALID", "sessionLifetimeSeconds"),
        (
            json!({ "sessionLifetimeSeconds": 100_000_000 }),
            "SESSION_LIFETIME_INVALID",
            "sessionLifetimeSeconds",
        ),
        (json!({ "tokenMaxLifetimeSeconds": 0 }), "TOKEN_LIFETIME_INVALID", "tokenMaxLifetimeSeconds"),
        (json!({ "tokenLeewaySeconds": 61 }), "LEEWAY_INVALID", "tokenLeewaySeconds"),
        (json!({ "signatureAlgorithms": [] }), "SIGNATURE_ALGORITHM_INVALID", "signatureAlgorithms"),
        (json!({ "signatureAlgorithms": ["none"] }), "SIGNATURE_ALGORITHM_INVALID", "signatureAlgorithms"),
        (json!({ "keyManagement": ["RSA1_5"] }), "KEY_MANAGEMENT_INVALID", "keyManagement"),
        (json!({ "allowedOrigins": ["https://shop.example/path"] }), "ORIGIN_INVALID", "allowedOrigins"),
        (json!({ "allowedOrigins": ["*"] }), "ORIGIN_INVALID", "allowedOrigins"),
    ];
    for (settings, code, field) in cases {
        let payload = update(&graphql, json!({ "projectId": "shop-1", "settings": settings })).await;
        assert_eq!(payload["project"], Value::Null, "{settings}");
        let error = &payload["userErrors"][0];
        assert_eq!(error["code"], code, "{payload}");
        assert_eq!(error["field"], json!(["input", "settings", field]));
    }
    let payload = update(&graphql, json!({ "projectId": "shop-1", "name": " " })).await;
    assert_eq!(payload["userErrors"][0]["field"], json!(["input", "name"]));
    served.visitor(&project).sign_in(&served.token(&project, "jane").await).await;
}

#[tokio::test]
async fn d30_the_platforms_owners_create_projects_and_nobody_changes_those_of_others() {
    let (served, project, _) = served().await;
    let owner = served.platform_owner().await;
    let create =
        format!("mutation($input: ProjectCreateInput!) {{ projectCreate(input: $input) {{ {FIELDS} }} }}");
    let input = json!({ "projectId": "shop-3", "name": "Third", "settings": { "tokenProfile": "STRICT" } });
    let mut created = owner.data(&create, json!({ "input": input })).await["projectCreate"].take();
    assert_eq!(created["userErrors"], json!([]));
    let created = created["project"].take();
    assert_eq!(
        (&created["authenticatedMode"], &created["tokenMaxLifetimeSeconds"]),
        (&json!("ON"), &json!(60))
    );
    let again = owner.data(&create, json!({ "input": input })).await["projectCreate"]["userErrors"][0].take();
    assert_eq!((&again["code"], &again["field"]), (&json!("ALREADY_EXISTS"), &json!(["input", "projectId"])));
    let odd = json!({ "projectId": "a b", "name": "Odd" });
    let odd = owner.data(&create, json!({ "input": odd })).await["projectCreate"]["userErrors"][0].take();
    assert_eq!(odd["code"], "PROJECT_ID_INVALID");
    // It is theirs at once, in every session they have.
    let renamed = update(&owner, json!({ "projectId": "shop-3", "name": "The third" })).await;
    assert_eq!(renamed["project"]["name"], "The third");

    for caller in [
        person(&served, &project, "owner").await,
        person(&served, &project, "administrator").await,
        person(&served, &project, "agent").await,
        served.graphql(&project).await,
    ] {
        let answer = caller.raw(&create, json!({ "input": { "projectId": "shop-4", "name": "x" } })).await;
        assert_eq!(answer.body["errors"][0]["extensions"]["name"], "PERMISSION_DENIED");
        let theirs = update(&caller, json!({ "projectId": "shop-3", "name": "Mine" })).await;
        assert_eq!(theirs["userErrors"][0]["__typename"], "NotFoundUserError");
        assert_eq!(theirs, update(&caller, json!({ "projectId": "nowhere", "name": "Mine" })).await);
    }
    let agent = person(&served, &project, "supervisor").await;
    let mutation =
        "mutation { projectUpdate(input: { projectId: \"shop-1\", name: \"x\" }) { project { name } } }";
    let answer = agent.raw(mutation, json!({})).await;
    assert_eq!(answer.body["errors"][0]["extensions"]["name"], "PERMISSION_DENIED");
}
