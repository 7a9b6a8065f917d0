//! Key sets at an address of the brand's, served by real servers on this machine.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use signet_testkit::server::Installation;
use signet_testkit::token_factory::TokenFactory;
use signet_testkit::{GraphqlClient, TestServer, now_unix_ms};
use signet_token::SigningKey;
use signet_token::possession::Challenge;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::customer_keys::{administrator, changed, list};
use crate::fixture::{BINARY, Served, ServedProject};
use crate::openssl::openssl;

const FIELDS: &str = "customerKeySet { address provedAt fetchedAt failure ignoredKeys { keyId code }
        challenge { text opensslCommand } }
    userErrors { __typename message field ... on InvalidInputUserError { code } }";
/// What lets a test server on this machine be reached.
const ALLOWED: [&str; 2] = ["--outbound-private-addresses", "--outbound-plain-http"];

async fn change(graphql: &GraphqlClient, name: &str, input: Value) -> Value {
    let kind = match name {
        "customerKeySetUse" => "CustomerKeySetUseInput",
        "customerKeySetProve" => "CustomerKeySetProveInput",
        _ => "CustomerKeySetInput",
    };
    let mutation = format!("mutation($input: {kind}!) {{ {name}(input: $input) {{ {FIELDS} }} }}");
    graphql.data(&mutation, json!({ "input": input })).await[name].take()
}

async fn done(graphql: &GraphqlClient, name: &str, input: Value) -> Value {
    let mut payload = change(graphql, name, input).await;
    assert_eq!(payload["userErrors"], json!([]), "{name}");
    payload["customerKeySet"].take()
}

async fn refresh(graphql: &GraphqlClient) -> Value {
    done(graphql, "customerKeySetRefresh", json!({ "projectId": "shop-1" })).await
}

/// A brand's server with a key set that can be exchanged.
struct KeyServer {
    address: String,
    answer: Arc<Mutex<String>>,
    requests: Arc<AtomicUsize>,
}

impl KeyServer {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/jwks.json", listener.local_addr().unwrap());
        let (answer, requests) = (Arc::new(Mutex::new(String::new())), Arc::new(AtomicUsize::new(0)));
        let (said, counted) = (Arc::clone(&answer), Arc::clone(&requests));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let answer = said.lock().unwrap().clone();
                tokio::spawn(async move {
                    let mut request = [0; 4_096];
                    let _ = stream.read(&mut request).await;
                    let _ = stream.write_all(answer.as_bytes()).await;
                });
            }
        });
        Self { address, answer, requests }
    }

    fn say(&self, status: &str, body: &str) {
        *self.answer.lock().unwrap() = format!("HTTP/1.1 {status}\r\nconnection: close\r\n\r\n{body}");
    }

    fn publish(&self, keys: &[&SigningKey]) {
        self.say("200 OK", &set_of(keys));
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

fn set_of(keys: &[&SigningKey]) -> String {
    let keys: Vec<String> = keys.iter().map(|key| key.verification_key().to_jwk_json()).collect();
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}

fn new_key(key_id: &str) -> SigningKey {
    SigningKey::generate().unwrap().with_key_id(key_id).unwrap()
}

/// Tokens of a key, named or not.
async fn tokens(server: &TestServer, key: &SigningKey, key_id: Option<&str>) -> TokenFactory {
    let url = format!("{}/keys/platform.pem", server.url);
    let pem = signet_testkit::client::plain().get(url).send().await.unwrap().text().await.unwrap();
    TokenFactory::from_pem(&key.to_pem().unwrap(), key_id, &pem)
}

async fn try_with(
    served: &Served,
    project: &ServedProject,
    key: &SigningKey,
    key_id: Option<&str>,
) -> String {
    let token = tokens(&served.server, key, key_id).await.token("jane", now_unix_ms()).build();
    let answer = served.visitor(project).try_token(&token).await;
    if answer.status == 200 { "OK".to_owned() } else { answer.code().to_owned() }
}

async fn served(arguments: &[&str]) -> (Served, ServedProject, ServedProject) {
    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "shop-1").await;
    let other = ServedProject::create(&installation, "shop-2").await;
    (Served::start(installation, arguments).await, project, other)
}

/// Names an address and proves it with a key of the set.
async fn use_set(graphql: &GraphqlClient, project: &str, address: &str, key: &SigningKey) -> Value {
    let set = done(graphql, "customerKeySetUse", json!({ "projectId": project, "address": address })).await;
    assert_eq!(set["provedAt"], Value::Null);
    let signature = Challenge::parse(set["challenge"]["text"].as_str().unwrap()).unwrap().sign(key).unwrap();
    done(graphql, "customerKeySetProve", json!({ "projectId": project, "signature": signature })).await
}

#[tokio::test]
async fn d44_a_set_rotates_by_itself_and_a_bad_one_changes_nothing() {
    let (served, project, _) = served(&ALLOWED).await;
    let graphql = administrator(&served, &project).await;
    let brand = KeyServer::start().await;
    let (first, second, third) = (new_key("first"), new_key("second"), new_key("third"));
    brand.publish(&[&first]);

    // Naming an address uses nothing of it; only a key of the set proves that it is one's own.
    let input = json!({ "projectId": "shop-1", "address": brand.address });
    let set = done(&graphql, "customerKeySetUse", input).await;
    assert_eq!(try_with(&served, &project, &first, Some("first")).await, "TOKEN_SIGNATURE_INVALID");
    let challenge = Challenge::parse(set["challenge"]["text"].as_str().unwrap()).unwrap();
    let with = |key: &SigningKey| json!({ "projectId": "shop-1", "signature": challenge.sign(key).unwrap() });
    let refused = change(&graphql, "customerKeySetProve", with(&second)).await;
    assert_eq!(refused["userErrors"][0]["code"], "SIGNATURE_INVALID");
    let proved = done(&graphql, "customerKeySetProve", with(&first)).await;
    assert!(proved["provedAt"].is_string() && proved["fetchedAt"].is_string(), "{proved}");
    let late = change(&graphql, "customerKeySetProve", with(&first)).await;
    assert_eq!(late["userErrors"][0]["code"], "CHALLENGE_EXPIRED");
    assert_eq!(try_with(&served, &project, &first, Some("first")).await, "OK");
    let keys = list(&graphql, "shop-1").await;
    assert_eq!((keys[1]["state"].as_str(), keys[1]["proof"].as_str()), (Some("ACTIVE"), Some("KEY_SET")));

    // A new key is found when its first token comes.
    brand.publish(&[&first, &second]);
    assert_eq!(try_with(&served, &project, &second, Some("second")).await, "OK");
    assert_eq!(try_with(&served, &project, &first, Some("first")).await, "OK");
    // Within the same minute nothing makes the platform ask again, however many ask at once.
    let asked = brand.requests();
    brand.publish(&[&second, &third]);
    let factory = tokens(&served.server, &third, Some("third")).await;
    let flood = (0..30).map(|number| {
        let token = factory.token(&format!("jane-{number}"), now_unix_ms()).build();
        let visitor = served.visitor(&project);
        async move { visitor.try_token(&token).await.code().to_owned() }
    });
    for code in futures_util::future::join_all(flood).await {
        assert_eq!(code, "TOKEN_SIGNATURE_INVALID");
    }
    assert_eq!(brand.requests(), asked, "once a minute");

    // A person may ask; what is gone from the set is gone.
    assert_eq!(refresh(&graphql).await["failure"], Value::Null);
    assert_eq!(try_with(&served, &project, &third, Some("third")).await, "OK");
    assert_eq!(try_with(&served, &project, &first, Some("first")).await, "TOKEN_SIGNATURE_INVALID");

    // Whatever goes wrong, the last good set stays, and the failure is named.
    let weak = r#"{"keys":[{"kty":"RSA","kid":"weak","n":"AQAB","e":"AQAB"}]}"#;
    for (status, body, failure) in [
        ("500 Oops", "", "ADDRESS_STATUS_NOT_OK"),
        ("302 Found\r\nlocation: http://127.0.0.1/", "", "ADDRESS_REDIRECTS"),
        ("200 OK", "<html>", "KEY_SET_UNREADABLE"),
        ("200 OK", r#"{"keys":[]}"#, "KEY_SET_EMPTY"),
        ("200 OK", weak, "KEY_SET_EMPTY"),
    ] {
        brand.say(status, body);
        assert_eq!(refresh(&graphql).await["failure"], failure);
        assert_eq!(try_with(&served, &project, &third, Some("third")).await, "OK", "{failure}");
    }
    // A bad key beside good ones is left out.
    let good = set_of(&[&third]);
    brand.say("200 OK", &good.replacen("[{", &format!("[{},{{", &weak[9..weak.len() - 2]), 1));
    let set = refresh(&graphql).await;
    assert_eq!(
        (&set["failure"], &set["ignoredKeys"]),
        (&Value::Null, &json!([{ "keyId": "weak", "code": "KEY_TOO_SMALL" }]))
    );
    assert_eq!(try_with(&served, &project, &third, Some("third")).await, "OK");

    let removed = done(&graphql, "customerKeySetRemove", json!({ "projectId": "shop-1" })).await;
    assert_eq!(removed, Value::Null);
    assert_eq!(try_with(&served, &project, &third, Some("third")).await, "TOKEN_SIGNATURE_INVALID");
}

#[tokio::test]
async fn d20_a_key_set_of_somebody_else_is_of_no_use() {
    let (served, project, other) = served(&ALLOWED).await;
    let (victim, attacker) = (administrator(&served, &project).await, administrator(&served, &other).await);
    let brand = KeyServer::start().await;
    let key = new_key("brand");
    brand.publish(&[&key]);
    // The set is public: the attacker names it first, and cannot prove it.
    let input = json!({ "projectId": "shop-2", "address": brand.address });
    let squat = done(&attacker, "customerKeySetUse", input.clone()).await;
    assert_eq!(try_with(&served, &other, &key, Some("brand")).await, "TOKEN_SIGNATURE_INVALID");
    use_set(&victim, "shop-1", &brand.address, &key).await;
    assert_eq!(try_with(&served, &project, &key, Some("brand")).await, "OK");
    let text = squat["challenge"]["text"].as_str().unwrap();
    assert!(text.contains("project=shop-2"), "{text}");

    // A set of the attacker's own, with the victim's key in it, brings only the attacker's.
    let own = new_key("own");
    let theirs = KeyServer::start().await;
    theirs.publish(&[&own, &key]);
    let set = use_set(&attacker, "shop-2", &theirs.address, &own).await;
    assert_eq!(set["ignoredKeys"], json!([{ "keyId": "brand", "code": "KEY_OF_ANOTHER_ORGANISATION" }]));
    assert_eq!(try_with(&served, &other, &own, Some("own")).await, "OK");
    assert_eq!(try_with(&served, &other, &key, Some("brand")).await, "TOKEN_SIGNATURE_INVALID");

    // A revoked key does not come back by its set.
    let keys = list(&victim, "shop-1").await;
    let id = keys.iter().find(|found| found["keyId"] == "brand").unwrap()["id"].clone();
    changed(&victim, "customerKeyRevoke", json!({ "projectId": "shop-1", "customerKeyId": id })).await;
    refresh(&victim).await;
    assert_eq!(try_with(&served, &project, &key, Some("brand")).await, "TOKEN_SIGNATURE_INVALID");
}

#[tokio::test]
async fn d43_an_administrator_cannot_make_the_platform_call_its_neighbours() {
    let (served, project, _) = served(&[]).await;
    let graphql = administrator(&served, &project).await;
    let neighbour = KeyServer::start().await;
    neighbour.publish(&[&new_key("secret")]);
    let port = neighbour.address.rsplit(':').next().unwrap().to_owned();
    let hosts = [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "2130706433",
        "0x7f.1",
        "[::ffff:127.0.0.1]",
        "169.254.169.254",
        "10.0.0.1",
        "metadata",
    ];
    let addresses =
        hosts.iter().map(|host| format!("https://{host}:{port}")).chain([neighbour.address.clone()]);
    for address in addresses {
        let input = json!({ "projectId": "shop-1", "address": address });
        let refused = change(&graphql, "customerKeySetUse", input).await;
        let error = &refused["userErrors"][0];
        let code = error["code"].as_str().unwrap();
        assert!(["ADDRESS_NOT_PUBLIC", "ADDRESS_SCHEME_NOT_ALLOWED"].contains(&code), "{address}: {code}");
        assert_eq!(error["field"], json!(["input", "address"]));
    }
    assert_eq!(neighbour.requests(), 0);
}

/// `openssl s_server` with the files of a folder; ended with the test.
struct TlsServer(Child);

impl Drop for TlsServer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn tls_server(folder: &Path) -> (TlsServer, u16) {
    // Taken and given back: s_server cannot say which port it was given.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let child = Command::new("openssl")
        .current_dir(folder)
        .args(["s_server", "-accept", &address, "-cert", "cert.pem", "-key", "tls.pem", "-HTTP", "-quiet"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    (TlsServer(child), port)
}

#[tokio::test]
async fn d44_a_set_comes_over_tls_from_a_server_that_is_who_it_says() {
    let folder = tempfile::tempdir().unwrap();
    openssl(
        folder.path(),
        &[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            "tls.pem",
            "-out",
            "cert.pem",
            "-days",
            "2",
            "-subj",
            "/CN=brand",
            "-addext",
            "subjectAltName=DNS:localhost",
            "-addext",
            "basicConstraints=critical,CA:false",
        ],
    );
    let key = new_key("brand");
    let body = set_of(&[&key]);
    std::fs::write(folder.path().join("jwks.json"), format!("HTTP/1.0 200 OK\r\n\r\n{body}")).unwrap();
    let (_server, port) = tls_server(folder.path());
    signet_testkit::within("the TLS server to listen", async {
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let certificate = folder.path().join("cert.pem").display().to_string();

    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "shop-1").await;
    let served = Served::start(installation, &["--outbound-private-addresses"]).await;
    let graphql = administrator(&served, &project).await;
    let try_use = async |graphql: &GraphqlClient, host: &str| {
        let address = format!("https://{host}:{port}/jwks.json");
        let payload =
            change(graphql, "customerKeySetUse", json!({ "projectId": "shop-1", "address": address })).await;
        payload["userErrors"][0]["code"].as_str().unwrap_or("OK").to_owned()
    };
    assert_eq!(
        try_use(&graphql, "localhost").await,
        "ADDRESS_UNREACHABLE",
        "nobody vouches for the certificate"
    );
    let plain = json!({ "projectId": "shop-1", "address": format!("http://localhost:{port}/jwks.json") });
    let refused = change(&graphql, "customerKeySetUse", plain).await;
    assert_eq!(refused["userErrors"][0]["code"], "ADDRESS_SCHEME_NOT_ALLOWED");

    let trusting = [("SSL_CERT_FILE", certificate.as_str())];
    let arguments = ["--outbound-private-addresses", "--public-url", "http://chat.example"];
    let node = TestServer::serve_in(BINARY, &served.installation, &arguments, &trusting).await;
    let there = Served { installation: served.installation, server: node };
    let graphql = graphql.moved_to(&there.server.url);
    assert_eq!(
        try_use(&graphql, "127.0.0.1").await,
        "ADDRESS_UNREACHABLE",
        "the certificate is for another name"
    );
    use_set(&graphql, "shop-1", &format!("https://localhost:{port}/jwks.json"), &key).await;
    assert_eq!(try_with(&there, &project, &key, Some("brand")).await, "OK");
}
