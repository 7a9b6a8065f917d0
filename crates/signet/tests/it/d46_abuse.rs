//! Documents that ask for too much: each is refused whole, before any of it runs, and what remains is counted one by one.

use std::fmt::Write as _;

use serde_json::{Value, json};
use signet_testkit::client::plain;
use signet_testkit::now_unix_ms;
use signet_testkit::server::Installation;

use crate::fixture::{BINARY, Served, ServedProject, demo, state};

fn name(body: &Value) -> &str {
    body["errors"][0]["extensions"]["name"].as_str().unwrap_or_default()
}

/// A mutation asked for many times in one document, under other names.
fn aliases(mutation: &str, count: usize, credentials: &str) -> String {
    let mut document = String::from("mutation {");
    for number in 0..count {
        write!(
            document,
            " a{number}: {mutation}(input: {{ projectId: \"shop-1\", credentials: \"{credentials}\" }}) \
             {{ userErrors {{ ... on AuthenticationUserError {{ code }} }} }}"
        )
        .unwrap();
    }
    document + " }"
}

#[tokio::test]
async fn d46_what_asks_for_too_much_is_refused_whole() {
    let server = demo().await;
    let client = server.graphql();
    let before = state(&client, "demo").await;
    let deep = format!(
        "{{ conversation(id: \"0193a5b0-0000-7000-8000-000000000001\") {{ {} id {} }} }}",
        "continuedIn {".repeat(20),
        "}".repeat(20)
    );
    let mut bomb = String::from("{ ...F0 }");
    for number in 0..28 {
        write!(bomb, " fragment F{number} on Query {{ ...F{0} ...F{0} }}", number + 1).unwrap();
    }
    bomb.push_str(" fragment F28 on Query { viewer { id } }");
    let pages = "{ projects(first: 100) { nodes { customerKeys { id } counts { mine } } }
        conversations(projectId: \"demo\", first: 100) { nodes { messages(first: 100) { nodes { text } } } } }";
    // As many as fit into a request.
    let attempts = aliases("testVisitorAuthenticateFromCredentials", 1_200, "x");
    let types = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }";
    let directives = format!("{{ viewer {} {{ id }} }}", "@include(if: true) ".repeat(1_000));
    for (what, document) in [
        ("depth", deep.as_str()),
        ("brackets", &"{a".repeat(50_000)),
        ("a fragment that spreads itself", "{ ...A } fragment A on Query { ...A }"),
        ("a circle of fragments", "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"),
        ("fragments that multiply", &bomb),
        ("pages in pages", pages),
        ("aliases", &attempts),
        ("types of types", types),
        ("directives", &directives),
    ] {
        let answer = client.raw(document, json!({})).await;
        assert_eq!(answer.status, 400, "{what}: {:?}", answer.body);
        let refusal = name(&answer.body);
        assert!(["QUERY_TOO_COMPLEX", "QUERY_INVALID"].contains(&refusal), "{what}: {refusal}");
        assert!(answer.body.get("data").is_none(), "{what}");
        // The same rules on the socket.
        if document.len() < 60_000 {
            let first = client.first_of(document, json!({})).await;
            assert_eq!(name(&first), refusal, "{what} on the socket");
        }
    }
    let batch = plain()
        .post(format!("{}/graphql", server.url))
        .bearer_auth(server.manifest.text("graphqlToken"))
        .json(&json!([{ "query": "{ viewer { id } }" }, { "query": "{ viewer { id } }" }]));
    assert_eq!(batch.send().await.unwrap().status(), 400, "several requests in one body");
    assert_eq!(state(&client, "demo").await, before);
}

#[tokio::test]
async fn d46_the_schema_is_read_by_those_who_may_ask() {
    let server = demo().await;
    let query = "{ __schema { types { name fields { name args { name } type { name } } } } }";
    let answer = server.graphql().raw(query, json!({})).await.ok();
    assert!(answer["data"]["__schema"]["types"].as_array().unwrap().len() > 50);
    let request = plain().post(format!("{}/graphql", server.url)).json(&json!({ "query": query }));
    let refused = request.send().await.unwrap();
    assert_eq!(refused.status(), 401);
    assert!(!refused.text().await.unwrap().contains("types"));
}

/// However they are packed, so many attempts are so many attempts.
#[tokio::test]
async fn d46_aliases_of_an_attempt_are_as_many_attempts() {
    const ALLOWED: usize = 5;
    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "shop-1").await;
    let settings = installation.folder().join("signet.toml");
    let limits =
        format!("[rate_limits]\ntests_per_caller = {ALLOWED}\nactivations_per_project = {ALLOWED}\n");
    std::fs::write(&settings, limits).unwrap();
    let served = Served::start(installation, &["--config", settings.to_str().unwrap()]).await;
    let client = served.graphql(&project).await;
    // In form, and encrypted to nobody: what costs a decryption each.
    let tokens = served.tokens(&project).await;
    let token = tokens.token("jane", now_unix_ms()).build();
    let mut parts: Vec<&str> = token.split('.').collect();
    let junk = "A".repeat(parts[1].len());
    parts[1] = &junk;
    let token = parts.join(".");
    for mutation in ["testVisitorAuthenticateFromCredentials", "visitorAuthenticateFromCredentials"] {
        let started = now_unix_ms();
        let mut codes: Vec<String> = Vec::new();
        for _ in 0..4 {
            let answer = client.raw(&aliases(mutation, 40, &token), json!({})).await.ok();
            for (_, payload) in answer["data"].as_object().unwrap() {
                codes.push(payload["userErrors"][0]["code"].as_str().unwrap().to_owned());
            }
        }
        let verified = codes.iter().filter(|code| *code == "TOKEN_UNDECRYPTABLE").count();
        let refused = codes.iter().filter(|code| *code == "RATE_LIMITED").count();
        assert_eq!(verified + refused, 160, "{codes:?}");
        // What was refilled meanwhile; for production attempts that is so many a second.
        let seconds = usize::try_from((now_unix_ms() - started) / 1000).unwrap() + 1;
        assert!((1..=ALLOWED * (1 + seconds)).contains(&verified), "{mutation}: {verified} in {seconds} s");
        assert!(refused > 0 || seconds > 20, "{mutation}: none was refused");
    }
}
