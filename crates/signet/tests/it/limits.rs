//! The limits that docs/limits.md publishes: each lets through what it says, refuses one more, and says so with a code of its own.

use futures_util::future::join_all;
use serde_json::{Value, json};
use signet_testkit::server::Installation;
use signet_testkit::visitor::new_id;
use signet_testkit::{Answer, GraphqlClient, now_unix_ms};

use crate::command_line::fails;
use crate::customer_keys::person;
use crate::fixture::{BINARY, Served, ServedProject, eventually};

async fn served(limits: &[&str]) -> (Served, ServedProject) {
    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "shop-1").await;
    (Served::start(installation, limits).await, project)
}

/// The payload of a mutation.
async fn mutate(caller: &GraphqlClient, name: &str, input: Value) -> Value {
    let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    let mutation = format!(
        "mutation($input: {kind}!) {{ {name}(input: $input) {{ userErrors {{ field ... on InvalidInputUserError {{ code }} }} }} }}"
    );
    caller.data(&mutation, json!({ "input": input })).await[name].take()
}

fn assert_held_back(answer: &Answer) {
    assert_eq!((answer.status, answer.code()), (429, "RATE_LIMITED"), "{answer:?}");
    assert!(answer.retry_after.is_some_and(|seconds| (1..=60).contains(&seconds)), "{answer:?}");
}

#[tokio::test]
async fn a_token_has_8_kib_at_most() {
    let (served, project) = served(&[]).await;
    let tokens = served.tokens(&project).await;
    let padded =
        |length: usize| tokens.token("jane", now_unix_ms()).claim("padding", "x".repeat(length)).build();
    // Each character more makes the token one to three longer.
    let mut length = 4_200;
    let mut too_long = padded(length);
    let longest = loop {
        length -= 1;
        let token = padded(length);
        if token.len() <= 8 * 1024 {
            break token;
        }
        too_long = token;
    };
    assert!((8 * 1024 - 2..=8 * 1024).contains(&longest.len()), "{}", longest.len());
    served.visitor(&project).sign_in(&longest).await;
    let graphql = served.graphql(&project).await;
    for token in [too_long, "x".repeat(100_000)] {
        let refused = served.visitor(&project).try_token(&token).await;
        assert_eq!((refused.status, refused.code()), (400, "TOKEN_MALFORMED"));
    }
    let feed = "{ authenticationFailures(projectId: \"shop-1\") { nodes { fineCode finding { title } } } }";
    eventually("the refusal in the feed", async || {
        let lines = graphql.data(feed, json!({})).await["authenticationFailures"]["nodes"].take();
        lines[0]["fineCode"] == "TOKEN_TOO_LARGE" && lines[0]["finding"].is_object()
    })
    .await;
}

#[tokio::test]
async fn a_message_has_10_000_characters_at_most() {
    let (served, project) = served(&[]).await;
    let mut visitor = served.visitor(&project);
    visitor.activate_anonymously().await;
    // Characters, not bytes.
    let longest = "🙂".repeat(10_000);
    let id = visitor.send(&longest).await["conversationId"].clone();
    assert_eq!(visitor.history().await.ok()["entries"][0]["text"], json!(longest));
    let too_long = "x".repeat(10_001);
    let refused = visitor.try_send(&new_id(), &too_long).await;
    assert_eq!((refused.status, refused.code()), (400, "MESSAGE_TOO_LONG"));
    assert!(refused.body["message"].as_str().unwrap().contains("10000"), "{refused:?}");
    let mut socket = visitor.socket().await;
    socket.send(&too_long).await;
    assert_eq!(socket.expect("refused").await["code"], "MESSAGE_TOO_LONG");
    socket.send(&longest).await;
    socket.expect("ack").await;
    let agent = person(&served, &project, "agent").await;
    let refused = mutate(&agent, "messageSend", json!({ "conversationId": id, "text": too_long })).await;
    assert_eq!(refused["userErrors"][0]["code"], "MESSAGE_INVALID");
    let sent = mutate(&agent, "messageSend", json!({ "conversationId": id, "text": longest })).await;
    assert_eq!(sent["userErrors"], json!([]));
}

#[tokio::test]
async fn a_name_has_255_characters_at_most() {
    let (served, project) = served(&[]).await;
    let owner = person(&served, &project, "owner").await;
    let (longest, too_long) = ("é".repeat(255), "é".repeat(256));
    let of = |name: &str, rest: &Value| {
        let mut input = json!({ "projectId": "shop-1", "name": name });
        input.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        input
    };
    for (mutation, rest) in [
        ("projectUpdate", json!({})),
        ("groupCreate", json!({})),
        ("userInvite", json!({ "email": "new@desk.example", "role": "AGENT" })),
        ("apiClientCreate", json!({ "scopes": ["projects:read"] })),
        ("botCreate", json!({ "address": "https://bot.example/" })),
    ] {
        let refused = mutate(&owner, mutation, of(&too_long, &rest)).await;
        let told = &refused["userErrors"][0];
        assert_eq!(
            (&told["code"], &told["field"]),
            (&json!("NAME_INVALID"), &json!(["input", "name"])),
            "{mutation}"
        );
        assert_eq!(
            mutate(&owner, mutation, of(&longest, &rest)).await["userErrors"],
            json!([]),
            "{mutation}"
        );
    }
    let command = ["project", "create", "shop-2", "--name", &too_long];
    assert!(fails(&served.installation, &command).contains("a name has 1 to 255 characters"));

    // The brand's own names: of a person, and of a sale.
    let tokens = served.tokens(&project).await;
    let token = |user: &str| tokens.token(user, now_unix_ms()).build();
    assert_eq!(served.visitor(&project).try_token(&token(&too_long)).await.code(), "TOKEN_CLAIMS_INVALID");
    let mut visitor = served.visitor(&project);
    visitor.sign_in(&token(&longest)).await;
    let refused = visitor.post("/transactions", &json!({ "id": too_long, "amount": 1 })).await;
    assert_eq!((refused.status, refused.code()), (400, "TRANSACTION_INVALID"));
    visitor.post("/transactions", &json!({ "id": longest, "amount": 1 })).await.ok();
}

#[tokio::test]
async fn a_page_has_100_entries_at_most() {
    let (served, project) = served(&["--messages-per-visitor", "1000"]).await;
    let mut visitor = served.visitor(&project);
    visitor.activate_anonymously().await;
    let id = visitor.send("0").await["conversationId"].clone();
    for number in 1..=100 {
        visitor.send(&number.to_string()).await;
    }
    let page = visitor.history_page(100, None).await.ok();
    assert_eq!(page["entries"].as_array().unwrap().len(), 100);
    let refused = visitor.history_page(101, None).await;
    assert_eq!((refused.status, refused.code()), (400, "LIMIT_INVALID"));
    let agent = person(&served, &project, "agent").await;
    let query = "query($id: UUID!, $first: Int!) { conversation(id: $id) { messages(first: $first) { nodes { sequence } } } }";
    let page = agent.data(query, json!({ "id": id, "first": 100 })).await;
    assert_eq!(page["conversation"]["messages"]["nodes"].as_array().unwrap().len(), 100);
    let refused = agent.raw(query, json!({ "id": id, "first": 101 })).await.body;
    assert_eq!(refused["errors"][0]["extensions"]["name"], "PAGE_INVALID", "{refused}");
}

#[tokio::test]
async fn activations_are_limited_by_address() {
    let (served, project) = served(&["--activations-per-address", "2"]).await;
    let guest = json!({ "type": "ANONYMOUS" });
    for _ in 0..2 {
        assert_eq!(served.visitor(&project).try_activate(&guest).await.status, 200);
    }
    assert_held_back(&served.visitor(&project).try_activate(&guest).await);
    let secured = served.visitor(&project).try_token(&served.token(&project, "jane").await).await;
    assert_held_back(&secured);
    assert!(secured.body["reason"].as_str().unwrap().ends_with("too many attempts, try again later"));
}

#[tokio::test]
async fn activations_are_limited_by_session() {
    let (served, project) = served(&["--activations-per-session", "2"]).await;
    let token = async || served.token(&project, "jane").await;
    let (mut jane, mut guest) = (served.visitor(&project), served.visitor(&project));
    jane.sign_in(&token().await).await;
    guest.activate_anonymously().await;
    for _ in 0..2 {
        jane.sign_in(&token().await).await;
        guest.activate_anonymously().await;
    }
    assert_held_back(&jane.try_token(&token().await).await);
    assert_held_back(&guest.try_activate(&json!({ "type": "ANONYMOUS" })).await);
    assert_eq!(jane.history().await.status, 200, "the session itself goes on");
    served.visitor(&project).sign_in(&token().await).await;
}

#[tokio::test]
async fn activations_are_limited_by_project() {
    let (served, project) = served(&["--activations-per-project", "1"]).await;
    let quiet = ServedProject::create(&served.installation, "shop-2").await;
    let token = served.token(&project, "jane").await;
    let visitor = served.visitor(&project);
    let answers = join_all((0..40).map(|_| visitor.try_token(&token))).await;
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status != 200).collect();
    assert!(!refused.is_empty(), "forty at once, and one a second is let in");
    refused.into_iter().for_each(assert_held_back);
    served.visitor(&quiet).sign_in(&served.token(&quiet, "jane").await).await;
}

#[tokio::test]
async fn messages_are_limited_by_visitor() {
    let (served, project) = served(&["--messages-per-visitor", "2"]).await;
    let (mut visitor, mut other) = (served.visitor(&project), served.visitor(&project));
    visitor.activate_anonymously().await;
    for _ in 0..2 {
        visitor.send("let in").await;
    }
    assert_held_back(&visitor.try_send(&new_id(), "one too many").await);
    let mut socket = visitor.socket().await;
    let id = socket.send("one too many").await;
    let refused = socket.expect("refused").await;
    assert_eq!((&refused["code"], &refused["clientMessageId"]), (&json!("RATE_LIMITED"), &json!(id)));
    assert_eq!(visitor.history().await.ok()["entries"].as_array().unwrap().len(), 2);
    other.activate_anonymously().await;
    other.send("somebody else").await;
}

#[tokio::test]
async fn messages_are_limited_by_address() {
    let (served, project) = served(&["--messages-per-address", "2"]).await;
    for number in 0..3 {
        let mut visitor = served.visitor(&project);
        visitor.activate_anonymously().await;
        let answer = visitor.try_send(&new_id(), "hello").await;
        if number < 2 {
            answer.ok();
        } else {
            assert_held_back(&answer);
        }
    }
}

#[tokio::test]
async fn messages_are_limited_by_project() {
    let (served, project) = served(&["--messages-per-project", "1"]).await;
    let quiet = ServedProject::create(&served.installation, "shop-2").await;
    let mut visitor = served.visitor(&project);
    visitor.activate_anonymously().await;
    let answers = join_all((0..40).map(|_| async { visitor.try_send(&new_id(), "hello").await })).await;
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status != 201).collect();
    assert!(!refused.is_empty(), "forty at once, and one a second is let in");
    refused.into_iter().for_each(assert_held_back);
    let mut elsewhere = served.visitor(&quiet);
    elsewhere.activate_anonymously().await;
    elsewhere.send("hello").await;
}

/// What is published is what is enforced.
#[test]
fn the_page_of_limits_says_what_holds() {
    use signet_domain::limits;
    let page = include_str!("../../../../docs/limits.md");
    let default = signet_app::RateLimits::default();
    for row in [
        format!("| visitor token | {} KiB |", limits::TOKEN_BYTES / 1024),
        format!("| message | {} characters |", thousands(limits::MESSAGE_CHARACTERS)),
        format!("| name | {} characters |", limits::NAME_CHARACTERS),
        format!("| page of history, or of any list | {} |", limits::PAGE),
        format!("| activations | address | {} a minute |", default.activations_per_address),
        format!(
            "| activations | session, or device of a guest | {} a minute |",
            default.activations_per_session
        ),
        format!(
            "| activations with a token | project | {} a second |",
            thousands(default.activations_per_project as usize)
        ),
        format!("| messages | visitor | {} a minute |", default.messages_per_visitor),
        format!("| messages | address | {} a minute |", default.messages_per_address),
        format!("| messages | project | {} a second |", thousands(default.messages_per_project as usize)),
    ] {
        assert!(page.contains(&row), "docs/limits.md lacks {row}");
    }
}

fn thousands(number: usize) -> String {
    if number < 1_000 { number.to_string() } else { format!("{},{:03}", number / 1_000, number % 1_000) }
}
