//! The platform's own keys through GraphQL: rotated with an overlap, counted down, revoked, and for whom.

use serde_json::{Value, json};
use signet_testkit::server::Installation;
use signet_testkit::token_factory::TokenFactory;
use signet_testkit::{GraphqlClient, TestServer, now_unix_ms};
use signet_token::{EncryptionKey, SigningKey};

use crate::customer_keys::person;
use crate::fixture::{BINARY, PUBLIC_URL, Served, ServedProject, eventually};

const FIELDS: &str =
    "keyId algorithm state publicJwk pem createdAt retiringAt revokedAt firstUsedAt lastUsedAt uses
    projects { projectId uses lastUsedAt }";

/// Whoever asks again and again must not be held back.
const MANY: [&str; 2] = ["--activations-per-address", "100000"];

/// A mutation about platform keys; gives its payload.
pub(crate) async fn change(graphql: &GraphqlClient, name: &str, input: Value) -> Value {
    let kind = if name == "platformKeyCreate" { "PlatformKeyCreateInput" } else { "PlatformKeyInput" };
    let successor = if name == "platformKeyRevoke" { "successor { keyId state }" } else { "" };
    let mutation = format!(
        "mutation($input: {kind}!) {{ {name}(input: $input) {{ platformKey {{ {FIELDS} }} {successor}
            userErrors {{ __typename field ... on InvalidInputUserError {{ code }} }} }} }}"
    );
    graphql.data(&mutation, json!({ "input": input })).await[name].take()
}

pub(crate) async fn list(graphql: &GraphqlClient) -> Vec<Value> {
    let data = graphql.data(&format!("{{ platformKeys {{ {FIELDS} }} }}"), Value::Null).await;
    data["platformKeys"].as_array().unwrap().clone()
}

/// What is public of a key, and where it stands.
pub(crate) fn states(keys: &[Value]) -> Vec<(&str, &str)> {
    keys.iter().map(|key| (key["keyId"].as_str().unwrap(), key["state"].as_str().unwrap())).collect()
}

/// The project's provider when it encrypts to this key, with or without naming it.
fn provider(project: &ServedProject, key: &Value, named: bool) -> TokenFactory {
    let signing_key = SigningKey::from_pem(&project.private_key).unwrap().with_key_id("test-1").unwrap();
    let encryption_key = if named {
        EncryptionKey::from_jwk(key["publicJwk"].as_str().unwrap())
    } else {
        EncryptionKey::from_pem(key["pem"].as_str().unwrap())
    };
    TokenFactory::new(signing_key, encryption_key.unwrap())
}

pub(crate) fn token(project: &ServedProject, key: &Value, named: bool) -> String {
    provider(project, key, named).token("jane", now_unix_ms()).build()
}

async fn served() -> (Served, ServedProject, ServedProject) {
    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "shop-1").await;
    let other = ServedProject::create(&installation, "shop-2").await;
    (Served::start(installation, &MANY).await, project, other)
}

#[tokio::test]
async fn a_key_is_replaced_while_it_is_counted_who_still_uses_the_old_one() {
    let (served, project, other) = served().await;
    let owner = served.platform_owner().await;
    let first = list(&owner).await[0].clone();
    assert_eq!((&first["state"], &first["algorithm"]), (&json!("ACTIVE"), &json!("RSA-OAEP-256")));
    assert_eq!(served.platform_keys().await[0].to_string(), first["publicJwk"].as_str().unwrap());

    let made = change(&owner, "platformKeyCreate", json!({})).await["platformKey"].take();
    assert_eq!(made["state"], "ACTIVE");
    assert_eq!(served.platform_keys().await[0]["kid"], made["keyId"], "at once, without a restart");
    let url = format!("{}/keys/platform.pem", served.server.url);
    let pem = signet_testkit::client::plain().get(url).send().await.unwrap().text().await.unwrap();
    assert_eq!(pem, made["pem"].as_str().unwrap());

    // One brand has moved on, another has not, and names no key.
    served.visitor(&project).sign_in(&token(&project, &made, true)).await;
    served.visitor(&other).sign_in(&token(&other, &first, false)).await;
    served.visitor(&other).sign_in(&token(&other, &first, true)).await;
    let keys = list(&owner).await;
    let (new, old) = (made["keyId"].as_str().unwrap(), first["keyId"].as_str().unwrap());
    assert_eq!(states(&keys), [(new, "ACTIVE"), (old, "RETIRING")]);
    let used = |key: &Value| -> Vec<(Value, Value)> {
        let projects = key["projects"].as_array().unwrap();
        projects.iter().map(|project| (project["projectId"].clone(), project["uses"].clone())).collect()
    };
    assert_eq!(used(&keys[0]), [(json!("shop-1"), json!(1))]);
    assert_eq!(used(&keys[1]), [(json!("shop-2"), json!(2))], "one of them by a token that names no key");
    assert!(keys[1]["retiringAt"].is_string() && keys[1]["lastUsedAt"].is_string());

    // A brand sees its own use, and is told in its feed, once an hour.
    let theirs = person(&served, &other, "administrator").await;
    assert_eq!(used(&list(&theirs).await[1]), [(json!("shop-2"), json!(2))]);
    let ours = person(&served, &project, "administrator").await;
    assert_eq!(list(&ours).await[1]["projects"], json!([]));
    assert_eq!(list(&ours).await[1]["lastUsedAt"], Value::Null, "nor when others used it");
    let feed = "query($id: ID!) { authenticationFailures(projectId: $id) { nodes {
        code fineCode encryptionKeyId finding { fix } } } }";
    let mut lines = Value::Null;
    eventually("the line in the feed", async || {
        lines = theirs.data(feed, json!({ "id": "shop-2" })).await["authenticationFailures"]["nodes"].take();
        lines != json!([])
    })
    .await;
    assert_eq!(lines.as_array().unwrap().len(), 1);
    assert_eq!(lines[0]["fineCode"], "JWE_ENCRYPTED_TO_RETIRED_KEY");
    assert_eq!(lines[0]["encryptionKeyId"], first["keyId"]);
    assert!(lines[0]["finding"]["fix"].as_str().unwrap().contains("jwks.json"));

    // The doctor says it of a token that names no key as well.
    let inspect = "mutation($input: TokenInspectInput!) { tokenInspect(input: $input) {
        inspection { accepted steps { name facts { name value } } } } }";
    let input = json!({ "projectId": "shop-2", "token": token(&other, &first, false) });
    let mut inspected = theirs.data(inspect, json!({ "input": input })).await;
    let inspection = inspected["tokenInspect"]["inspection"].take();
    assert_eq!(inspection["accepted"], true);
    assert!(inspection.to_string().contains("retired: still decrypting"), "{inspection}");
}

#[tokio::test]
async fn d28_revoking_a_platform_key_ends_the_sessions_of_its_tokens_on_every_node() {
    // Without a server the kit has said so, or has failed in CI.
    let Some(postgres) = signet_testkit::postgres::shared() else { return };
    let database = postgres.database().await;
    let installation = Installation::new(BINARY, Some(&database));
    let project = ServedProject::create(&installation, "shop-1").await;
    let other = ServedProject::create(&installation, "shop-2").await;
    let served = Served::start(installation, &MANY).await;
    let owner = served.platform_owner().await;
    let second =
        TestServer::serve(BINARY, &served.installation, &[&["--public-url", PUBLIC_URL], &MANY[..]].concat())
            .await;
    let leaked = list(&owner).await[0].clone();
    let made = change(&owner, "platformKeyCreate", json!({})).await["platformKey"].take();
    let at_second = Served { installation: Installation::new(BINARY, None), server: second };
    eventually("the other node to publish the new key", async || {
        at_second.platform_keys().await[0]["kid"] == made["keyId"]
    })
    .await;

    let (mut named, mut unnamed, mut safe) =
        (served.visitor(&project), at_second.visitor(&other), at_second.visitor(&project));
    named.sign_in(&token(&project, &leaked, true)).await;
    unnamed.sign_in(&token(&other, &leaked, false)).await;
    safe.sign_in(&token(&project, &made, false)).await;
    let (mut here, mut there) = (named.socket().await, unnamed.socket().await);
    here.expect("welcome").await;
    there.expect("welcome").await;

    let revoked = change(&owner, "platformKeyRevoke", json!({ "keyId": leaked["keyId"] })).await;
    assert_eq!(revoked["userErrors"], json!([]));
    assert_eq!((&revoked["platformKey"]["state"], &revoked["successor"]), (&json!("REVOKED"), &Value::Null));
    let closed = async { (here.closed().await, there.closed().await) };
    let closed = tokio::time::timeout(std::time::Duration::from_secs(5), closed).await.unwrap();
    assert_eq!(closed, (Some(4401), Some(4401)));
    assert_eq!((named.history().await.status, unnamed.history().await.status), (401, 401));
    assert_eq!(safe.history().await.status, 200, "a session of another key goes on");

    // It opens nothing from then on, named or not, on neither node.
    let refused = served.visitor(&project).try_token(&token(&project, &leaked, true)).await;
    assert_eq!(refused.code(), "TOKEN_UNDECRYPTABLE");
    for named in [true, false] {
        eventually("the other node to refuse the key", async || {
            let answer = at_second.visitor(&project).try_token(&token(&project, &leaked, named)).await;
            answer.status != 200 && answer.code() == "TOKEN_UNDECRYPTABLE"
        })
        .await;
    }
    let brand = person(&served, &project, "administrator").await;
    let feed = "{ authenticationFailures(projectId: \"shop-1\", filter: { fineCode: \"JWE_KEY_UNKNOWN\" }) { nodes { code fineCode } } }";
    eventually("the refusal in the feed", async || {
        let line = brand.data(feed, Value::Null).await["authenticationFailures"]["nodes"][0].take();
        line == json!({ "code": "TOKEN_UNDECRYPTABLE", "fineCode": "JWE_KEY_UNKNOWN" })
    })
    .await;

    // Doing it again changes nothing.
    let again = change(&owner, "platformKeyRevoke", json!({ "keyId": leaked["keyId"] })).await;
    assert_eq!(again["platformKey"]["revokedAt"], revoked["platformKey"]["revokedAt"]);
    assert_eq!(safe.history().await.status, 200);
}

#[tokio::test]
async fn the_key_in_use_is_replaced_when_it_is_revoked_and_stays_revoked_in_a_restored_keystore() {
    let (mut served, project, _) = served().await;
    let owner = served.platform_owner().await;
    let leaked = list(&owner).await[0].clone();
    let keystore = served.installation.folder().join("keystore.json");
    let backup = std::fs::read(&keystore).unwrap();
    let (code, field) = refused(&owner, "platformKeyRetire", json!({ "keyId": leaked["keyId"] })).await;
    assert_eq!((code, field), (json!("PLATFORM_KEY_LAST_ACTIVE"), json!(["input", "keyId"])));

    let revoked = change(&owner, "platformKeyRevoke", json!({ "keyId": leaked["keyId"] })).await;
    let successor = revoked["successor"]["keyId"].clone();
    assert_eq!(revoked["successor"]["state"], "ACTIVE");
    let kids: Vec<Value> = served.platform_keys().await.iter().map(|key| key["kid"].clone()).collect();
    assert_eq!(kids, [successor]);
    served.visitor(&project).sign_in(&served.token(&project, "jane").await).await;

    // Whoever restores a backup does not revive the key: not while the platform runs, nor when it starts.
    std::fs::write(&keystore, backup).unwrap();
    eventually("the platform to see the old keystore", async || served.platform_keys().await.is_empty())
        .await;
    for named in [true, false] {
        let answer = served.visitor(&project).try_token(&token(&project, &leaked, named)).await;
        assert_eq!(answer.code(), "TOKEN_UNDECRYPTABLE");
    }
    assert!(served.server.stop().await.success());
    let served = served.restart(&MANY).await;
    let answer = served.visitor(&project).try_token(&token(&project, &leaked, true)).await;
    assert_eq!(answer.code(), "TOKEN_UNDECRYPTABLE");
    let url = format!("{}/keys/platform.pem", served.server.url);
    assert_eq!(signet_testkit::client::plain().get(url).send().await.unwrap().status(), 404);
    // A new key is all it takes.
    served.installation.run(&["keys", "platform", "create", "RSA-OAEP-256"]).await;
    eventually("the new key", async || served.platform_keys().await.len() == 1).await;
    served.visitor(&project).sign_in(&served.token(&project, "jane").await).await;
}

/// The code and the field of a refusal.
pub(crate) async fn refused(graphql: &GraphqlClient, name: &str, input: Value) -> (Value, Value) {
    let mut payload = change(graphql, name, input).await;
    assert_eq!(payload["platformKey"], Value::Null, "{payload}");
    let mut error = payload["userErrors"][0].take();
    (
        if error["code"].is_null() { error["__typename"].take() } else { error["code"].take() },
        error["field"].take(),
    )
}

#[tokio::test]
async fn d30_platform_keys_are_changed_by_the_platforms_owners_alone() {
    let (served, project, _) = served().await;
    let owner = served.platform_owner().await;
    let key = list(&owner).await[0].clone();
    let refusals = async |graphql: &GraphqlClient| {
        let mutations = [
            "platformKeyCreate(input: {})",
            "platformKeyRetire(input: { keyId: \"KEY\" })",
            "platformKeyRevoke(input: { keyId: \"KEY\" })",
        ];
        for mutation in mutations {
            let mutation = mutation.replace("KEY", key["keyId"].as_str().unwrap());
            let query = format!("mutation {{ {mutation} {{ userErrors {{ message }} }} }}");
            let answer = graphql.raw(&query, Value::Null).await.body;
            assert_eq!(answer["errors"][0]["extensions"]["name"], "PERMISSION_DENIED", "{answer}");
        }
    };
    let local = person(&served, &project, "owner").await;
    refusals(&local).await;
    for role in ["administrator", "auditor"] {
        refusals(&person(&served, &project, role).await).await;
    }
    refusals(&served.graphql(&project).await).await;

    // An owner of the project may register programs, and cannot give them what is not theirs.
    let create =
        "mutation($scopes: [String!]!) { apiClientCreate(input: { projectId: \"shop-1\", name: \"Rotation\",
        scopes: $scopes }) { apiClient { id } clientSecret userErrors { message } } }";
    let scopes = json!({ "scopes": ["projects:read", "platform:write"] });
    let denied = local.raw(create, scopes.clone()).await.body;
    assert_eq!(denied["errors"][0]["extensions"]["name"], "PERMISSION_DENIED", "{denied}");
    // Neither at once nor later, nor by the secret of one that has it.
    let made = owner.data(create, scopes.clone()).await["apiClientCreate"].clone();
    let id = &made["apiClient"]["id"];
    let plain = local.data(create, json!({ "scopes": ["projects:read"] })).await["apiClientCreate"].clone();
    let update = "mutation($id: ID!, $scopes: [String!]!) { apiClientUpdate(input: { projectId: \"shop-1\", clientId: $id,
        scopes: $scopes }) { apiClient { id } } }";
    let more_scopes = json!({ "id": plain["apiClient"]["id"], "scopes": scopes["scopes"] });
    let rotate = "mutation($id: ID!) { apiClientSecretRotate(input: { projectId: \"shop-1\", clientId: $id }) { clientSecret } }";
    for (mutation, variables) in [(update, more_scopes), (rotate, json!({ "id": id }))] {
        let denied = local.raw(mutation, variables).await.body;
        assert_eq!(denied["errors"][0]["extensions"]["name"], "PERMISSION_DENIED", "{denied}");
    }

    // The program that the platform's owner gave the right to has it.
    let (id, secret) = (id.as_str().unwrap(), made["clientSecret"].as_str().unwrap());
    let program = GraphqlClient::client(&served.server.url, id, secret).await;
    let curve = json!({ "algorithm": "ECDH-ES+A256KW/X25519" });
    let made = change(&program, "platformKeyCreate", curve).await["platformKey"].take();
    let this = json!({ "keyId": made["keyId"] });
    assert_eq!(change(&program, "platformKeyRetire", this).await["platformKey"]["state"], "RETIRING");
    let unknown = json!({ "keyId": "nobody" });
    assert_eq!(refused(&program, "platformKeyRevoke", unknown).await.0, "NotFoundUserError");
    let odd = json!({ "algorithm": "RSA1_5" });
    assert_eq!(
        refused(&program, "platformKeyCreate", odd).await,
        (json!("KEY_MANAGEMENT_INVALID"), json!(["input", "algorithm"]))
    );
}
