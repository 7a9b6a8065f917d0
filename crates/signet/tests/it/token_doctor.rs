//! The Token Doctor through GraphQL and the command line, and the failure feed.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use signet_testkit::server::Installation;
use signet_testkit::token_factory::TokenFactory;
use signet_testkit::{GraphqlClient, now_unix_ms, within};
use signet_token::{AgreementKey, Curve, DecryptionKey, EncryptionKey, SignatureAlgorithm, SigningKey};

use crate::fixture::{BINARY, Served, ServedProject, state};

const INSPECT: &str = "mutation($input: TokenInspectInput!) { tokenInspect(input: $input) {
    inspection { accepted steps { name status facts { name value } } claims { name value }
        finding { code publicCode title cause fix documentationUrl } warnings { code message } }
    userErrors { __typename message field } } }";
const FAILURES: &str = "query($id: ID!, $filter: AuthenticationFailureFilter) {
    authenticationFailures(projectId: $id, filter: $filter, first: 10) {
        nodes { correlationId code fineCode finding { title documentationUrl } origin tokenBytes partCharacters
            signatureKeyId issuer expiresAt }
        pageInfo { hasNextPage } } }";

async fn inspect(graphql: &GraphqlClient, project: &str, token: &str) -> Value {
    let input = json!({ "projectId": project, "token": token });
    graphql.data(INSPECT, json!({ "input": input })).await["tokenInspect"].take()
}

async fn served() -> (Served, ServedProject, ServedProject) {
    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "shop-1").await;
    let other = ServedProject::create(&installation, "shop-2").await;
    (Served::start(installation, &[]).await, project, other)
}

#[tokio::test]
async fn graphql_walks_a_token_and_explains() {
    let (served, project, _) = served().await;
    let graphql = served.graphql(&project).await;
    let tokens = served.tokens(&project).await;
    let now = now_unix_ms();

    let good = inspect(&graphql, "shop-1", &tokens.token("jane", now).claim("jti", "1").build()).await;
    assert_eq!(good["userErrors"], json!([]));
    assert_eq!(good["inspection"]["accepted"], true, "{good}");
    assert_eq!(good["inspection"]["finding"], Value::Null);
    let statuses: Vec<&str> = good["inspection"]["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["OK"; 7]);

    let milliseconds = tokens.token("jane", now).claim("exp", now).build();
    let refused = inspect(&graphql, "shop-1", &milliseconds).await;
    let found = &refused["inspection"]["finding"];
    assert_eq!(
        (found["code"].as_str(), found["publicCode"].as_str()),
        (Some("EXP_IN_MILLISECONDS"), Some("TOKEN_CLAIMS_INVALID"))
    );
    let claims = refused["inspection"]["claims"].as_array().unwrap();
    assert!(
        claims.contains(&json!({ "name": "https://iadvize.com/userId", "value": "\"jane\"" })),
        "{claims:?}"
    );

    let address =
        found["documentationUrl"].as_str().unwrap().replace("http://chat.example", &served.server.url);
    let (page, anchor) = address.split_once('#').unwrap();
    let answer = signet_testkit::client::plain().get(page).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    assert!(answer.text().await.unwrap().contains(&format!("id=\"{anchor}\"")));
}

#[tokio::test]
async fn d39_d40_strangers_learn_nothing_and_nobody_reads_what_is_not_signed() {
    let (served, project, other) = served().await;
    let stranger = served.graphql(&other).await;
    let canary = "canary-7f3a";
    let tokens = served.tokens(&project).await;
    let token = tokens.token(canary, now_unix_ms()).build();
    let own = inspect(&stranger, "shop-1", &token).await;
    let missing = inspect(&stranger, "nowhere", &token).await;
    assert_eq!(own, missing);
    assert_eq!(own["inspection"], Value::Null);
    assert_eq!(own["userErrors"][0]["__typename"], "NotFoundUserError");
    let answer = stranger.raw(FAILURES, json!({ "id": "shop-1" })).await.ok();
    assert_eq!(answer["errors"][0]["extensions"]["name"], "NOT_FOUND", "{answer}");

    // A token of one project in the hands of another one's administrator: it decrypts, and stays closed.
    let elsewhere = inspect(&stranger, "shop-2", &token).await;
    assert!(!elsewhere.to_string().contains(canary), "{elsewhere}");
    assert_eq!(elsewhere["inspection"]["claims"], Value::Null);
    assert_eq!(elsewhere["inspection"]["finding"]["publicCode"], "TOKEN_SIGNATURE_INVALID");
}

#[tokio::test]
async fn a_refused_sign_in_is_found_by_what_the_page_was_told() {
    let (served, project, _) = served().await;
    let graphql = served.graphql(&project).await;
    let before = state(&graphql, "shop-1").await;
    let tokens = served.tokens(&project).await;
    let plain = tokens.token("jane", now_unix_ms()).claims_json();
    let token = tokens.token("jane", now_unix_ms()).content(plain).build();
    let visitor = served.visitor(&project);
    let answer = visitor.try_token(&token).await;
    let (told, id) = (answer.code().to_owned(), answer.body["correlationId"].clone());
    assert_eq!(told, "TOKEN_SIGNATURE_INVALID");

    let filter = json!({ "correlationId": id });
    let failure = within("the failure to be in the feed", async {
        loop {
            let data = graphql.data(FAILURES, json!({ "id": "shop-1", "filter": filter })).await;
            let nodes = data["authenticationFailures"]["nodes"].as_array().unwrap().clone();
            if let [failure] = &nodes[..] {
                return failure.clone();
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(
        (failure["code"].as_str(), failure["fineCode"].as_str()),
        (Some("TOKEN_SIGNATURE_INVALID"), Some("INNER_IS_PLAIN_CLAIMS"))
    );
    assert_eq!(failure["finding"]["title"], "Encrypted but not signed");
    assert_eq!(failure["tokenBytes"], token.len());
    assert_eq!((&failure["issuer"], &failure["expiresAt"]), (&Value::Null, &Value::Null));
    assert_eq!(state(&graphql, "shop-1").await, before, "a refused sign-in changed something");

    let counts = "query($id: ID!, $interval: IntervalInput!) {
        authenticationFailureCounts(projectId: $id, interval: $interval, buckets: 2) { from to count codes { fineCode count } } }";
    let interval = json!({ "from": "2020-01-01T00:00:00.000Z", "to": "2100-01-01T00:00:00.000Z" });
    let data = graphql.data(counts, json!({ "id": "shop-1", "interval": interval })).await;
    let codes = data["authenticationFailureCounts"][0]["codes"].clone();
    assert_eq!(codes, json!([{ "fineCode": "INNER_IS_PLAIN_CLAIMS", "count": 1 }]), "{data}");
}

/// Runs `signet token inspect` with a token on standard input.
fn command(arguments: &[&str], token: &str) -> Output {
    let mut child = Command::new(BINARY)
        .args(["token", "inspect"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(token.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap() + &String::from_utf8(output.stderr.clone()).unwrap()
}

#[tokio::test]
async fn the_command_asks_a_platform_and_works_beside_it() {
    let (served, project, _) = served().await;
    let tokens = served.tokens(&project).await;
    let bearer = served.bearer(&project).await;
    let online = ["--project", "shop-1", "--server", &served.server.url, "--token", &bearer];
    let folder = served.installation.folder().to_str().unwrap().to_owned();
    let local = ["--project", "shop-1", "--data-dir", &folder];

    let good = tokens.token("jane", now_unix_ms()).build();
    let quoted = format!("\"{good}\"\n");
    for arguments in [&online[..], &local[..]] {
        let accepted = command(arguments, &format!("{good}\n"));
        assert!(accepted.status.success(), "{}", said(&accepted));
        assert!(said(&accepted).contains("The token is accepted."), "{}", said(&accepted));
        assert!(said(&accepted).contains("https://iadvize.com/userId \"jane\""), "{}", said(&accepted));
        let refused = command(arguments, &quoted);
        assert_eq!(refused.status.code(), Some(1));
        assert!(said(&refused).contains("TOKEN_QUOTED: The token stands in quotes"), "{}", said(&refused));
        let refused = command(&[arguments, &["--json"]].concat(), &quoted);
        let report: Value = serde_json::from_slice(&refused.stdout).unwrap();
        assert_eq!(
            (&report["accepted"], &report["finding"]["code"]),
            (&json!(false), &json!("TOKEN_QUOTED"))
        );
    }
    let denied = command(&["--project", "shop-2", "--server", &served.server.url, "--token", &bearer], &good);
    assert_eq!(denied.status.code(), Some(1));
    assert!(said(&denied).contains("Project not found"), "{}", said(&denied));
}

#[test]
fn the_command_works_offline_with_given_keys() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (tokens, platform) = TokenFactory::generate();
    write_pem(&platform, path("platform.pem").as_ref());
    let public = tokens.signing_key.verification_key().to_pem();
    std::fs::write(path("brand.pem"), &public).unwrap();
    std::fs::write(path("escaped.pem"), public.replace('\n', "\\n")).unwrap();
    std::fs::write(path("token.txt"), tokens.token("jane", now_unix_ms()).build()).unwrap();
    let (platform, token) = (path("platform.pem"), path("token.txt"));
    let key = format!("customer-1={}", path("brand.pem"));
    let given = ["--project", "shop", "--platform-key", &platform, "--customer-key", &key];
    let accepted = command(&[&given[..], &[&token]].concat(), "");
    assert!(accepted.status.success(), "{}", said(&accepted));
    let strict = command(&[&given[..], &["--strict", &token]].concat(), "");
    assert_eq!(strict.status.code(), Some(1));
    assert!(
        said(&strict).contains("JWE_KEY_ID_MISSING") || said(&strict).contains("JWS_TYP"),
        "{}",
        said(&strict)
    );
    let escaped = path("escaped.pem");
    let escaped = ["--project", "shop", "--platform-key", &platform, "--customer-key", &escaped, &token];
    assert!(said(&command(&escaped, "")).contains("KEY_PEM_LITERAL_NEWLINES"));
    let nowhere = path("nowhere");
    let without = command(&["--project", "shop", "--data-dir", &nowhere, &token], "");
    assert_eq!(without.status.code(), Some(1));
    assert!(said(&without).contains("--platform-key"), "{}", said(&without));
    assert!(!Path::new(&nowhere).exists(), "looking makes no installation");
}

#[test]
fn strict_tokens_to_keys_on_curves_are_inspected_offline_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for (curve, signature) in
        [(Curve::P256, SignatureAlgorithm::Es256), (Curve::X25519, SignatureAlgorithm::EdDsa)]
    {
        let key = AgreementKey::generate(curve).unwrap();
        let mut jwk: Value = serde_json::from_str(&key.to_public_jwk_json()).unwrap();
        let signing_key = SigningKey::generate_for(signature).unwrap().with_key_id("brand-1").unwrap();
        let tokens = TokenFactory::new(signing_key, EncryptionKey::from_jwk(&jwk.to_string()).unwrap());
        jwk["d"] = signet_token::base64url::encode(key.to_secret().as_slice()).into();
        std::fs::write(path("platform.jwk"), jwk.to_string()).unwrap();
        std::fs::write(path("brand.jwk"), tokens.signing_key.verification_key().to_jwk_json()).unwrap();
        let token = tokens.token("jane", now_unix_ms()).strict("shop", "1").build();
        let (platform, brand) = (path("platform.jwk"), path("brand.jwk"));
        let given = ["--project", "shop", "--platform-key", &platform, "--customer-key", &brand];
        let accepted = command(&[&given[..], &["--strict"]].concat(), &token);
        assert!(accepted.status.success(), "{}", said(&accepted));
        let compatible = command(&given, &token);
        assert!(said(&compatible).contains("JWE_ALG_NOT_SWITCHED_ON"), "{}", said(&compatible));
    }
}

fn write_pem(key: &DecryptionKey, path: &Path) {
    let der = signet_token::base64url::encode(key.to_pkcs8_der().as_slice());
    let mut text = der.replace('-', "+").replace('_', "/");
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    std::fs::write(path, format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n"))
        .unwrap();
}
