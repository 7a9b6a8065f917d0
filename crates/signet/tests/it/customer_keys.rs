//! Customer keys through GraphQL: proved with real OpenSSL, activated, rotated, refused.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use signet_testkit::server::Installation;
use signet_testkit::token_factory::TokenFactory;
use signet_testkit::{GraphqlClient, TestServer, now_unix_ms};
use signet_token::SigningKey;

use crate::fixture::{BINARY, Served, ServedProject};
use crate::openssl::openssl;

const FIELDS: &str =
    "customerKey { id keyId thumbprint algorithm bits state proof provedAt activatedAt retiringAt revokedAt
        firstUsedAt lastUsedAt uses share challenge { text expiresAt opensslCommand signetCommand } }
    userErrors { __typename message field ... on InvalidInputUserError { code } }";

/// A mutation about keys; gives its payload.
pub(crate) async fn change(graphql: &GraphqlClient, name: &str, input: Value) -> Value {
    let kind = match name {
        "customerKeyRegister" => "CustomerKeyRegisterInput",
        "customerKeyProve" => "CustomerKeyProveInput",
        _ => "CustomerKeyInput",
    };
    let mutation = format!("mutation($input: {kind}!) {{ {name}(input: $input) {{ {FIELDS} }} }}");
    graphql.data(&mutation, json!({ "input": input })).await[name].take()
}

/// The same, when it succeeds; gives the key.
pub(crate) async fn changed(graphql: &GraphqlClient, name: &str, input: Value) -> Value {
    let mut payload = change(graphql, name, input).await;
    assert_eq!(payload["userErrors"], json!([]), "{name}");
    payload["customerKey"].take()
}

/// The code and the field of a refusal.
async fn refused(graphql: &GraphqlClient, name: &str, input: Value) -> (String, Value) {
    let payload = change(graphql, name, input).await;
    assert_eq!(payload["customerKey"], Value::Null, "{name}: {payload}");
    let error = &payload["userErrors"][0];
    (error["code"].as_str().unwrap_or_else(|| panic!("{payload}")).to_owned(), error["field"].clone())
}

pub(crate) async fn list(graphql: &GraphqlClient, project: &str) -> Vec<Value> {
    let query = "query($id: ID!) { project(projectId: $id) { customerKeys { id keyId state proof firstUsedAt lastUsedAt uses
        share liveSessions challenge { text } } } }";
    let data = graphql.data(query, json!({ "id": project })).await;
    data["project"]["customerKeys"].as_array().unwrap().clone()
}

/// An administrator of a project.
pub(crate) async fn administrator(served: &Served, project: &ServedProject) -> GraphqlClient {
    person(served, project, "administrator").await
}

/// A person with a role in a project.
pub(crate) async fn person(served: &Served, project: &ServedProject, role: &str) -> GraphqlClient {
    let email = format!("{role}@{}.example", project.id);
    let arguments =
        ["agent", "create", "--email", &email, "--name", "Sam", "--project", &project.id, "--role", role];
    let created = served.installation.run(&arguments).await;
    GraphqlClient::sign_in(&served.server.url, &email, created["password"].as_str().unwrap()).await
}

/// Runs the command that the API gave, in a folder with `privateKey.pem`.
fn shell(folder: &Path, command: &str) -> String {
    let output = Command::new("sh").current_dir(folder).args(["-c", command]).output().unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) async fn served() -> (Served, ServedProject, ServedProject) {
    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "shop-1").await;
    let other = ServedProject::create(&installation, "shop-2").await;
    (Served::start(installation, &[]).await, project, other)
}

#[tokio::test]
async fn the_command_that_the_api_gives_proves_each_kind_of_key() {
    let (served, project, _) = served().await;
    let graphql = administrator(&served, &project).await;
    let kinds: [(&str, &[&str], Option<&str>); 4] = [
        ("RS256", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], None),
        ("PS256", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"], Some("PS256")),
        ("ES256", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], None),
        ("EdDSA", &["-algorithm", "ED25519"], None),
    ];
    for (name, options, algorithm) in kinds {
        let folder = tempfile::tempdir().unwrap();
        openssl(folder.path(), &[&["genpkey", "-out", "privateKey.pem"], options].concat());
        let public = openssl(folder.path(), &["pkey", "-in", "privateKey.pem", "-pubout"]);
        let input = json!({ "projectId": "shop-1", "key": public, "keyId": name, "algorithm": algorithm });
        let key = changed(&graphql, "customerKeyRegister", input).await;
        assert_eq!((key["state"].as_str(), key["algorithm"].as_str()), (Some("PENDING"), Some(name)));
        let challenge = key["challenge"]["text"].as_str().unwrap();
        assert!(
            challenge.starts_with("signet-key-proof-v1 platform=http://chat.example project=shop-1 key="),
            "{challenge}"
        );
        // OpenSSL first; then, on a new challenge, Signet's own program.
        let signature = shell(folder.path(), key["challenge"]["opensslCommand"].as_str().unwrap());
        let this = json!({ "projectId": "shop-1", "customerKeyId": key["id"] });
        let renewed = changed(&graphql, "customerKeyChallenge", this.clone()).await;
        let prove = |signature: &str| json!({ "projectId": "shop-1", "customerKeyId": key["id"], "signature": signature });
        let (code, field) = refused(&graphql, "customerKeyProve", prove(&signature)).await;
        assert_eq!((code.as_str(), field), ("SIGNATURE_INVALID", json!(["input", "signature"])), "{name}");
        let (code, _) = refused(&graphql, "customerKeyActivate", this.clone()).await;
        assert_eq!(code, "KEY_NOT_PROVED");

        let command = renewed["challenge"]["signetCommand"].as_str().unwrap();
        let ours = shell(folder.path(), &command.replacen("signet", BINARY, 1));
        let with_openssl = shell(folder.path(), renewed["challenge"]["opensslCommand"].as_str().unwrap());
        let signature = if name == "EdDSA" { ours } else { with_openssl };
        let proved = changed(&graphql, "customerKeyProve", prove(&signature)).await;
        assert_eq!(
            (proved["state"].as_str(), proved["proof"].as_str()),
            (Some("PENDING"), Some("CHALLENGE"))
        );
        assert_eq!(proved["challenge"], Value::Null);
        let (code, _) = refused(&graphql, "customerKeyProve", prove(&signature)).await;
        assert_eq!(code, "KEY_NOT_CHALLENGED", "a challenge is answered once");
        let active = changed(&graphql, "customerKeyActivate", this).await;
        assert_eq!(active["state"], "ACTIVE");
    }
}

#[tokio::test]
async fn a_key_takes_over_from_another_while_visitors_notice_nothing() {
    let (served, project, _) = served().await;
    let graphql = administrator(&served, &project).await;
    let old = served.tokens(&project).await;
    served.visitor(&project).sign_in(&old.token("jane", now_unix_ms()).build()).await;

    let key = SigningKey::generate().unwrap();
    let input = json!({ "projectId": "shop-1", "key": key.verification_key().to_jwk_json() });
    let registered = changed(&graphql, "customerKeyRegister", input).await;
    let this = json!({ "projectId": "shop-1", "customerKeyId": registered["id"] });
    let challenge = registered["challenge"]["text"].as_str().unwrap();
    let challenge = signet_token::possession::Challenge::parse(challenge).unwrap();
    let proof = json!({ "projectId": "shop-1", "customerKeyId": registered["id"],
        "signature": challenge.sign(&key).unwrap() });
    changed(&graphql, "customerKeyProve", proof).await;

    let key_id = registered["keyId"].as_str().unwrap();
    let new = || async {
        let url = format!("{}/keys/platform.pem", served.server.url);
        let pem = signet_testkit::client::plain().get(url).send().await.unwrap().text().await.unwrap();
        TokenFactory::from_pem(&key.to_pem().unwrap(), Some(key_id), &pem)
    };
    let new = new().await;
    let token = || new.token("jane", now_unix_ms()).build();
    let early = served.visitor(&project).try_token(&token()).await;
    assert_eq!(early.code(), "TOKEN_SIGNATURE_INVALID", "proved is not yet active");
    changed(&graphql, "customerKeyActivate", this.clone()).await;
    served.visitor(&project).sign_in(&token()).await;

    let first = list(&graphql, "shop-1").await[0].clone();
    let retired = json!({ "projectId": "shop-1", "customerKeyId": first["id"] });
    assert_eq!(changed(&graphql, "customerKeyRetire", retired.clone()).await["state"], "RETIRING");
    served.visitor(&project).sign_in(&old.token("jane", now_unix_ms()).build()).await;
    served.visitor(&project).sign_in(&token()).await;
    let keys = list(&graphql, "shop-1").await;
    let seen: Vec<_> =
        keys.iter().map(|key| (key["state"].clone(), key["uses"].clone(), key["share"].clone())).collect();
    assert_eq!(seen, [(json!("RETIRING"), json!(2), json!(0.5)), (json!("ACTIVE"), json!(2), json!(0.5))]);
    assert_eq!([&keys[0]["liveSessions"], &keys[1]["liveSessions"]], [2, 2]);
    assert!(keys[0]["firstUsedAt"].as_str().unwrap() < keys[0]["lastUsedAt"].as_str().unwrap());

    assert_eq!(changed(&graphql, "customerKeyActivate", retired.clone()).await["retiringAt"], Value::Null);
    assert_eq!(changed(&graphql, "customerKeyRevoke", retired.clone()).await["state"], "REVOKED");
    let late = served.visitor(&project).try_token(&old.token("jane", now_unix_ms()).build()).await;
    assert_eq!(late.code(), "TOKEN_SIGNATURE_INVALID");
    let (code, _) = refused(&graphql, "customerKeyActivate", retired).await;
    assert_eq!(code, "KEY_STATE_INVALID", "revoked is for good");
    assert_eq!(list(&graphql, "shop-1").await[0]["liveSessions"], 0);
}

#[tokio::test]
async fn d20_a_key_is_nobody_elses_and_nobodys_without_proof() {
    let (served, project, other) = served().await;
    let (victim, attacker) = (administrator(&served, &project).await, administrator(&served, &other).await);
    let public = SigningKey::from_pem(&project.private_key).unwrap().verification_key().to_pem();
    // The victim's key is registered: nobody else may have it.
    let squat = json!({ "projectId": "shop-2", "key": public });
    let (code, field) = refused(&attacker, "customerKeyRegister", squat).await;
    assert_eq!((code.as_str(), field), ("KEY_OF_ANOTHER_ORGANISATION", json!(["input", "key"])));

    // A key that is registered nowhere yet: the attacker comes first, and has nothing.
    let key = SigningKey::generate().unwrap();
    let public = key.verification_key().to_pem();
    let squat =
        changed(&attacker, "customerKeyRegister", json!({ "projectId": "shop-2", "key": public })).await;
    let this = json!({ "projectId": "shop-2", "customerKeyId": squat["id"] });
    assert_eq!(refused(&attacker, "customerKeyActivate", this).await.0, "KEY_NOT_PROVED");
    let url = format!("{}/keys/platform.pem", served.server.url);
    let pem = signet_testkit::client::plain().get(url).send().await.unwrap().text().await.unwrap();
    let tokens = TokenFactory::from_pem(&key.to_pem().unwrap(), None, &pem);
    let stolen = tokens.token("canary-jane", now_unix_ms()).build();
    let answer = served.visitor(&other).try_token(&stolen).await;
    assert_eq!(answer.code(), "TOKEN_SIGNATURE_INVALID");
    assert!(!answer.body.to_string().contains("canary"));

    // The owner is not kept out by that, answers the own challenge, and the attacker cannot use the answer.
    let owned =
        changed(&victim, "customerKeyRegister", json!({ "projectId": "shop-1", "key": public })).await;
    let challenge = owned["challenge"]["text"].as_str().unwrap();
    let challenge = signet_token::possession::Challenge::parse(challenge).unwrap();
    let signature = challenge.sign(&key).unwrap();
    let with = |project: &str, key: &Value| json!({ "projectId": project, "customerKeyId": key["id"], "signature": signature });
    assert_eq!(refused(&attacker, "customerKeyProve", with("shop-2", &squat)).await.0, "SIGNATURE_INVALID");
    let theirs = change(&attacker, "customerKeyProve", with("shop-1", &owned)).await;
    assert_eq!(theirs["userErrors"][0]["__typename"], "NotFoundUserError");
    changed(&victim, "customerKeyProve", with("shop-1", &owned)).await;
    // Even the private half does not help once the key is somebody's.
    let challenge = squat["challenge"]["text"].as_str().unwrap();
    let challenge = signet_token::possession::Challenge::parse(challenge).unwrap();
    let late = json!({ "projectId": "shop-2", "customerKeyId": squat["id"], "signature": challenge.sign(&key).unwrap() });
    assert_eq!(refused(&attacker, "customerKeyProve", late).await.0, "KEY_OF_ANOTHER_ORGANISATION");
}

#[tokio::test]
async fn d21_a_signed_challenge_is_no_token_and_a_token_no_answer() {
    let (served, project, _) = served().await;
    let graphql = administrator(&served, &project).await;
    let key = SigningKey::generate().unwrap();
    let input = json!({ "projectId": "shop-1", "key": key.verification_key().to_pem() });
    let registered = changed(&graphql, "customerKeyRegister", input).await;
    let text = registered["challenge"]["text"].as_str().unwrap();
    let challenge = signet_token::possession::Challenge::parse(text).unwrap();
    let signature = challenge.sign(&key).unwrap();
    let tokens = served.tokens(&project).await;
    for content in [format!("{text}.{signature}"), format!("{text}..{signature}"), signature.clone()] {
        let token = tokens.token("jane", now_unix_ms()).content(content).build();
        assert_eq!(served.visitor(&project).try_token(&token).await.code(), "TOKEN_SIGNATURE_INVALID");
    }
    // What the key signs in a token does not answer the challenge.
    let jws = tokens.token("jane", now_unix_ms()).signed_by(&key).build_inner();
    for answer in [jws.as_str(), jws.rsplit('.').next().unwrap()] {
        let proof = json!({ "projectId": "shop-1", "customerKeyId": registered["id"], "signature": answer });
        assert_eq!(refused(&graphql, "customerKeyProve", proof).await.0, "SIGNATURE_INVALID");
    }
}

#[tokio::test]
async fn d22_weak_keys_and_private_ones_are_refused_with_a_word_on_what_to_do() {
    let (served, project, _) = served().await;
    let graphql = administrator(&served, &project).await;
    let folder = tempfile::tempdir().unwrap();
    let generated = |options: &[&str]| {
        openssl(folder.path(), &[&["genpkey", "-out", "key.pem"], options].concat());
        openssl(folder.path(), &["pkey", "-in", "key.pem", "-pubout"])
    };
    let rsa = |bits: &str, exponent: &str| {
        let (bits, exponent) = (format!("rsa_keygen_bits:{bits}"), format!("rsa_keygen_pubexp:{exponent}"));
        generated(&["-algorithm", "RSA", "-pkeyopt", &bits, "-pkeyopt", &exponent])
    };
    let good = SigningKey::generate().unwrap();
    let jwk: Value = serde_json::from_str(&good.verification_key().to_jwk_json()).unwrap();
    let with = |name: &str, value: Value| {
        let mut jwk = jwk.clone();
        jwk[name] = value;
        jwk.to_string()
    };
    let even = with("e", json!("AQAC"));
    let factor = {
        let mut modulus = signet_token::base64url::decode(jwk["n"].as_str().unwrap()).unwrap();
        let rest = modulus.iter().fold(0_u32, |rest, byte| (rest * 256 + u32::from(*byte)) % 3) as u8;
        // 256 is 1 more than a multiple of 3, so any byte but the last, which makes it odd, may make up for the rest.
        modulus[100] = modulus[100].checked_sub(rest).unwrap_or(modulus[100] + 3 - rest);
        with("n", json!(signet_token::base64url::encode(&modulus)))
    };
    let private_jwk = with("d", json!("AQAB"));
    let cases = [
        (rsa("1024", "65537"), "KEY_TOO_SMALL"),
        (rsa("2048", "3"), "KEY_EXPONENT_UNSAFE"),
        (even, "KEY_EXPONENT_UNSAFE"),
        (factor, "KEY_SMALL_FACTOR"),
        (generated(&["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]), "KEY_TYPE_NOT_ACCEPTED"),
        (generated(&["-algorithm", "X25519"]), "KEY_TYPE_NOT_ACCEPTED"),
        (good.to_pem().unwrap().to_string(), "KEY_IS_PRIVATE"),
        (private_jwk, "KEY_IS_PRIVATE"),
        (with("use", json!("enc")), "KEY_WRONG_USE"),
        ("hello".to_owned(), "KEY_UNREADABLE"),
    ];
    for (key, expected) in cases {
        let input = json!({ "projectId": "shop-1", "key": key });
        let payload = change(&graphql, "customerKeyRegister", input).await;
        let error = &payload["userErrors"][0];
        assert_eq!((error["code"].as_str(), &error["field"]), (Some(expected), &json!(["input", "key"])));
        if expected == "KEY_IS_PRIVATE" {
            let message = error["message"].as_str().unwrap();
            assert!(message.contains("burnt") && message.contains("openssl"), "{message}");
        }
    }
    assert_eq!(list(&graphql, "shop-1").await.len(), 1, "nothing was kept of them");
    let again = SigningKey::from_pem(&project.private_key).unwrap().verification_key().to_pem();
    let (code, _) =
        refused(&graphql, "customerKeyRegister", json!({ "projectId": "shop-1", "key": again })).await;
    assert_eq!(code, "KEY_EXISTS");
    let input =
        json!({ "projectId": "shop-1", "key": good.verification_key().to_pem(), "algorithm": "ES256" });
    let (code, field) = refused(&graphql, "customerKeyRegister", input).await;
    assert_eq!((code.as_str(), field), ("KEY_WRONG_ALGORITHM", json!(["input", "algorithm"])));
}

#[tokio::test]
async fn keys_are_for_those_who_may_and_nobody_elses_business() {
    let (served, project, _) = served().await;
    let arguments = ["client", "create", "--name", "R", "--project", "shop-1", "--scope", "projects:read"];
    let created = served.installation.run(&arguments).await;
    let (id, secret) = (created["id"].as_str().unwrap(), created["secret"].as_str().unwrap());
    let reader = GraphqlClient::client(&served.server.url, id, secret).await;
    let key = list(&reader, "shop-1").await[0]["id"].clone();
    for (name, kind, input) in [
        ("customerKeyRegister", "CustomerKeyRegisterInput", json!({ "projectId": "shop-1", "key": "x" })),
        ("customerKeyRevoke", "CustomerKeyInput", json!({ "projectId": "shop-1", "customerKeyId": key })),
    ] {
        let mutation = format!("mutation($input: {kind}!) {{ {name}(input: $input) {{ {FIELDS} }} }}");
        let answer = reader.raw(&mutation, json!({ "input": input })).await;
        assert_eq!(answer.body["errors"][0]["extensions"]["name"], "PERMISSION_DENIED");
        let mut elsewhere = input.clone();
        elsewhere["projectId"] = json!("shop-2");
        let mut nowhere = input;
        nowhere["projectId"] = json!("nowhere");
        let theirs = change(&reader, name, elsewhere).await;
        assert_eq!(theirs["userErrors"][0]["__typename"], "NotFoundUserError");
        assert_eq!(theirs, change(&reader, name, nowhere).await);
    }
    drop(project);
}

#[tokio::test]
async fn d28_revoking_a_key_ends_what_it_opened_on_every_node() {
    // Without a server the kit has said so, or has failed in CI.
    let Some(postgres) = signet_testkit::postgres::shared() else { return };
    let installation = Installation::new(BINARY, Some(&postgres.database().await));
    let project = ServedProject::create(&installation, "shop-1").await;
    let one = Served::start(installation, &[]).await;
    let two = TestServer::serve(BINARY, &one.installation, &["--public-url", "http://chat.example"]).await;
    let graphql = administrator(&one, &project).await;
    let mut visitor = one.visitor(&project);
    visitor.sign_in(&one.token(&project, "jane").await).await;
    visitor.send("hello").await;
    let mut guest = one.visitor(&project);
    guest.activate_anonymously().await;
    let mut there = visitor.clone();
    there.moved_to(&two.url);
    let (mut here, mut elsewhere) = (visitor.socket().await, there.socket().await);
    here.expect("welcome").await;
    elsewhere.expect("welcome").await;

    let key = list(&graphql, "shop-1").await[0]["id"].clone();
    let input = json!({ "projectId": "shop-1", "customerKeyId": key });
    assert_eq!(changed(&graphql, "customerKeyRevoke", input).await["state"], "REVOKED");
    let closed = async { (here.closed().await, elsewhere.closed().await) };
    let closed = tokio::time::timeout(Duration::from_secs(5), closed).await.expect("within five seconds");
    assert_eq!(closed, (Some(4401), Some(4401)));
    assert_eq!((visitor.history().await.status, there.history().await.status), (401, 401));
    assert_eq!(guest.history().await.status, 200, "guests are as they were");
    let again = one.visitor(&project).try_token(&one.token(&project, "jane").await).await;
    assert_eq!(again.code(), "PROJECT_NOT_SET_UP", "it was the only key");
}
