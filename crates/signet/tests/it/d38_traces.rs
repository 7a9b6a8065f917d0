//! D38: after a whole journey nothing of people and no credential stands in the log, however talkative, in the metrics, or in
//! what a panic says.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::Method;
use serde_json::{Value, json};
use signet::config::Logging;
use signet::environment::SystemRandom;
use signet::settings::LogFormat;
use signet_custody::{Passphrase, SecretText};
use signet_domain::bot::Reply;
use signet_domain::env::Random;
use signet_domain::{Attribute, AttributeName, AttributeSource, MessageText, Timestamp};
use signet_testkit::client::plain;
use signet_testkit::server::Installation;
use signet_testkit::{GraphqlClient, now_unix_ms};
use signet_token::SigningKey;

use crate::fixture::{BINARY, PUBLIC_URL, Served, ServedProject, answer};
use crate::in_process::Frozen;

/// Stands in everything that a person, a page or a stranger says.
const CANARY: &str = "canary";

/// Credentials, in whole or in parts, that were made or used on the way.
type Secrets = Vec<String>;

#[tokio::test]
async fn d38_logs_say_nothing_about_people() {
    a_journey_leaves_no_trace(None).await;
}

#[tokio::test]
async fn d38_logs_say_nothing_about_people_on_postgresql() {
    let Some(postgres) = signet_testkit::postgres::shared() else { return };
    a_journey_leaves_no_trace(Some(&postgres.database().await)).await;
}

async fn a_journey_leaves_no_trace(database: Option<&str>) {
    let installation = Installation::new(BINARY, database);
    let project = ServedProject::create(&installation, "bank").await;
    let mut served = Served::start(installation, &["--log", "trace"]).await;
    let mut secrets: Secrets = project.private_key.lines().skip(1).take(4).map(str::to_owned).collect();
    secrets.push(project.credentials().1.to_owned());
    let owner = an_owner_administrates(&served, &mut secrets).await;
    visitors_talk(&served, &project, &owner, &mut secrets).await;
    strangers_try(&served).await;
    let metrics = plain().get(format!("{}/metrics", served.server.url)).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    assert!(served.server.stop().await.success());
    served.server.logged("\"stopped\"").await;

    let logs = served.server.logs();
    assert!(logs.contains("signet::access"), "the journey left lines to search");
    holds_nothing_of(&logs, &secrets);
    holds_nothing_of(&metrics, &secrets);
    // Each line is an event of its own.
    for line in logs.lines() {
        serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
    }
}

fn holds_nothing_of(text: &str, secrets: &[String]) {
    let parts = secrets.iter().flat_map(|secret| secret.split('.')).filter(|part| part.len() >= 12);
    for part in parts {
        assert!(!text.contains(part), "a credential stands there: {part}");
    }
    let lower = text.to_lowercase();
    for line in lower.lines() {
        assert!(!line.contains(CANARY) && !line.contains("555 0123"), "{line}");
    }
}

/// A guest who signs in, tokens that are refused, an agent who answers, and an export of it all.
async fn visitors_talk(
    served: &Served,
    project: &ServedProject,
    owner: &GraphqlClient,
    secrets: &mut Secrets,
) {
    let (tokens, now) = (served.tokens(project).await, now_unix_ms());
    let data = json!({ "firstName": "Canaryfirst", "lastName": "Canarylast", "email": "canary@mail.example",
        "phoneNumber": "+99 555 0123", "address": "Canary Lane 7" });
    let token = tokens.token("canary-user", now).visitor_data(data).build();
    let forged = tokens.token("canary-forged", now).payload("{\"canary-claim\":1}").build();
    let mut visitor = served.visitor(project);
    visitor.ext_id = Some("canary-claimed".to_owned());
    visitor.activate_anonymously().await;
    secrets.push(visitor.token().to_owned());
    secrets.extend(visitor.device.clone());
    let mut socket = visitor.socket().await;
    socket.expect("welcome").await;
    socket.send("canary words of a guest").await;
    let id = socket.expect("ack").await["conversationId"].clone();
    for refused in [&forged, &format!("{token}="), &format!("{}x", &token[1..])] {
        visitor.try_token(refused).await;
    }
    let signed_in = visitor.sign_in(&token).await;
    secrets.extend([token.clone(), forged, visitor.token().to_owned()]);
    secrets.push(signed_in["session"]["signOutHandle"].as_str().unwrap().to_owned());
    visitor.send("canary words of a person").await;
    visitor.try_send("canary-id", "canary words refused").await;
    visitor.post("/transactions", &json!({ "id": "canary-order", "amount": 5 })).await.ok();
    answer(owner, &id, "canary words of an agent").await;
    let inspect = "mutation($token: String!) { tokenInspect(input: { projectId: \"bank\", token: $token }) { userErrors { message } } }";
    owner.data(inspect, json!({ "token": token })).await;
    let export = "mutation($id: UUID!) { visitorExport(input: { visitorId: $id }) { part { text } userErrors { message } } }";
    let exported = owner.data(export, json!({ "id": signed_in["session"]["visitorId"] })).await;
    assert!(exported.to_string().contains("canary words of a person"), "{exported}");
    visitor.history().await;
    visitor.logout().await;
}

/// Whoever administrates signs in, mistypes, invites, registers a program and pastes what they should not.
async fn an_owner_administrates(served: &Served, secrets: &mut Secrets) -> GraphqlClient {
    let email = "canary-owner@desk.example";
    let create =
        ["agent", "create", "--email", email, "--name", "Canary", "--project", "bank", "--role", "owner"];
    let created = served.installation.run(&create).await;
    let password = created["password"].as_str().unwrap().to_owned();
    let owner = GraphqlClient::sign_in(&served.server.url, email, &password).await;
    for password in [password.as_str(), "canary-password"] {
        let request = desk(served, "/desk/session").json(&json!({ "email": email, "password": password }));
        let answer = request.send().await.unwrap();
        let cookies = answer.headers().get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
        secrets.extend(cookies.filter_map(|cookie| Some(cookie.split(['=', ';']).nth(1)?.to_owned())));
    }
    let form = [("grant_type", "password"), ("username", email), ("password", "canary-password")];
    plain().post(format!("{}/oauth2/token", served.server.url)).form(&form).send().await.unwrap();
    secrets.push(password);

    let invite = "mutation { userInvite(input: { projectId: \"bank\", email: \"canary-new@desk.example\", name: \"Canary New\",
        role: AGENT }) { invitationUrl } }";
    let invited = owner.data(invite, Value::Null).await;
    let link = invited["userInvite"]["invitationUrl"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let accept = json!({ "token": link, "password": "seven brass lamps at dusk" });
    let accepted = desk(served, "/desk/invitation/accept").json(&accept).send().await.unwrap();
    assert_eq!(accepted.status(), 204);
    secrets.push(link);
    let program = "mutation { apiClientCreate(input: { projectId: \"bank\", name: \"Canary\", scopes: [\"projects:read\"] }) { clientSecret } }";
    let program = owner.data(program, Value::Null).await;
    secrets.push(program["apiClientCreate"]["clientSecret"].as_str().unwrap().to_owned());
    let (private, _) = served.installation.generate_key("burnt").await;
    let private = std::fs::read_to_string(private).unwrap();
    let register = "mutation($key: String!) { customerKeyRegister(input: { projectId: \"bank\", key: $key }) { userErrors { message } } }";
    let refused = owner.data(register, json!({ "key": private })).await;
    assert!(refused.to_string().contains("burnt"), "{refused}");
    secrets.extend(private.lines().skip(1).take(4).map(str::to_owned));
    owner.raw("{ canaryField }", json!({ "canary": 1 })).await;
    owner.raw("{ canary", Value::Null).await;
    owner
}

fn desk(served: &Served, path: &str) -> reqwest::RequestBuilder {
    let request = plain().post(format!("{}{path}", served.server.url));
    request.header("origin", PUBLIC_URL).header("x-signet-desk", "1")
}

/// Addresses, headers and bodies that nobody asked for.
async fn strangers_try(served: &Served) {
    let base = &served.server.url;
    for (method, path, body) in [
        ("GET", "/canary/path?canary=query", ""),
        ("GET", "/visitor/v1/history?limit=canary", ""),
        ("GET", "/desk?canary=query", ""),
        ("POST", "/visitor/v1/activate", "{\"canary\":"),
        ("POST", "/visitor/v1/messages?canary", "{\"canary\": 1}"),
        ("POST", "/graphql", "{\"query\": \"{ canary\"}"),
        ("POST", "/oauth2/token", "grant_type=canary&client_secret=canary"),
        ("POST", "/desk/invitation", "{\"token\": \"canary\"}"),
        ("CANARY", "/", ""),
    ] {
        let request =
            plain().request(Method::from_bytes(method.as_bytes()).unwrap(), format!("{base}{path}"));
        let request = request
            .header("content-type", "application/json")
            .header("referer", "https://canary.example/?canary")
            .header("user-agent", "canary-browser")
            .header("x-request-id", "canary")
            .header("cookie", "signet_desk=canary")
            .bearer_auth("canary.canary.canary");
        request.body(body).send().await.unwrap();
    }
}

/// The system's randomness, which fails once with a text that nobody may read.
#[derive(Default)]
struct Failing {
    /// How many more calls it serves before it fails; 0: it does not fail.
    until: AtomicUsize,
}

impl Random for Failing {
    fn fill(&self, buffer: &mut [u8]) {
        let before =
            self.until.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |calls| calls.checked_sub(1));
        assert!(before != Ok(1), "canary words that a value had in it");
        SystemRandom.fill(buffer);
    }
}

/// What panics say is decided for a whole process, so this runs in one of its own.
#[tokio::test]
#[ignore = "the next test runs it"]
async fn a_handler_panics() {
    let logging = Logging { format: LogFormat::Json, filter: "trace".to_owned() };
    signet::telemetry::start_logging(&logging).unwrap();
    let random = Arc::new(Failing::default());
    let bank = Frozen::with_randomness(None, Arc::clone(&random) as Arc<_>).await;
    let visitor = bank.visitor();
    // The request's id is the first of its random numbers.
    random.until.store(2, Ordering::SeqCst);
    let answer = visitor.try_activate(&json!({ "type": "ANONYMOUS" })).await;
    assert_eq!(answer.status, 500);
    assert!(!answer.body.to_string().contains(CANARY), "{}", answer.body);
    let answer = visitor.try_activate(&json!({ "type": "ANONYMOUS" })).await;
    assert_eq!(answer.status, 200, "the platform goes on");
    bank.server.stop().await.unwrap();
}

#[test]
fn d38_a_panic_tells_where_it_was_and_not_what_it_says() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "d38_traces::a_handler_panics", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stdout));
    holds_nothing_of(&said, &[]);
    let panicked: Vec<Value> = said
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|event: &Value| event["message"] == "panicked")
        .collect();
    assert_eq!(panicked.len(), 1, "{said}");
    assert!(panicked[0]["location"].as_str().unwrap().contains("d38_traces.rs:"), "{}", panicked[0]);
}

#[test]
fn d38_secret_types_say_nothing_of_what_they_hold() {
    let key = SigningKey::generate().unwrap();
    let text = || "canary words".to_owned();
    let attribute = Attribute {
        name: AttributeName::Email,
        value: text(),
        source: AttributeSource::Token,
        updated_at: Timestamp::from_millis(0),
    };
    let said = format!(
        "{:?}",
        (
            MessageText::from_storage(text()),
            attribute,
            Reply::Say { text: text(), choices: vec![text()] },
            Passphrase::new(text()),
            SecretText::new(text()),
            &key,
        )
    );
    let secrets: Secrets = key.to_pem().unwrap().lines().map(str::to_owned).collect();
    // The private key holds the public one, which may be told.
    let public = key.verification_key().to_pem();
    let private: Secrets = secrets.into_iter().filter(|line| !public.contains(line.as_str())).collect();
    assert!(private.len() > 10);
    holds_nothing_of(&said, &private);
}
