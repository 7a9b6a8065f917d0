//! Bots that fail, processes that die, and two processes at once: no message is lost, and nothing happens twice.

use axum::http::StatusCode;
use serde_json::{Value, json};
use signet_testkit::{GraphqlClient, TestServer, VisitorClient, within};

use crate::bot_server::{ALLOWED, BotScene, mutate, say};
use crate::customer_keys::person;
use crate::fixture::{BINARY, PUBLIC_URL, answer, conversation, notices, texts, watch};

async fn until_notice(events: &mut signet_testkit::GraphqlSubscription, notice: &str) {
    events.next_where(|event| event["conversationEvents"]["message"]["notice"] == notice).await;
}

/// Asserts that a conversation waits for an agent, says why, and holds what was written.
async fn assert_handed_over(graphql: &GraphqlClient, id: &Value, written: &[&str]) {
    let seen = conversation(graphql, id).await;
    assert_eq!(seen["waiting"], true);
    assert!(notices(&seen).contains(&"BOT_FAILED".to_owned()));
    let said: Vec<String> = texts(&seen).into_iter().map(|(text, _)| text).collect();
    assert_eq!(said, written);
}

#[tokio::test]
async fn a_bot_that_fails_leaves_everything_to_the_agents() {
    let BotScene { served, project, admin, bot, .. } = BotScene::start().await;
    let answers: [(u16, Value); 6] = [
        (500, json!({ "replies": [] })),
        (404, json!({ "replies": [] })),
        (302, json!({ "replies": [] })),
        (200, json!("not an answer")),
        (200, json!({ "replies": [{ "type": "dance" }] })),
        (200, json!({ "replies": vec![say("x"); 21] })),
    ];
    let mut events = watch(&admin, &project.id).await;
    for (status, body) in answers {
        let told = bot.told().len();
        bot.script(move |_| (StatusCode::from_u16(status).unwrap(), body.clone()));
        let mut visitor = served.visitor(&project);
        visitor.activate_anonymously().await;
        let id = visitor.send("First").await["conversationId"].clone();
        until_notice(&mut events, "BOT_FAILED").await;
        visitor.send("Second").await;
        assert_handed_over(&admin, &id, &["First", "Second"]).await;
        assert_eq!(bot.told().len(), told + 1, "it is not asked again");
    }
}

#[tokio::test]
async fn a_bot_that_fails_later_or_is_switched_off_loses_no_message_either() {
    let BotScene { served, project, admin, bot, bot_id, .. } = BotScene::start().await;
    bot.script(|told| match told.path.as_str() {
        "/conversations" => (StatusCode::OK, json!({ "replies": [say("Yes?")] })),
        _ => (StatusCode::BAD_GATEWAY, json!({})),
    });
    let mut events = watch(&admin, &project.id).await;
    let (mut one, mut other) = (served.visitor(&project), served.visitor(&project));
    one.activate_anonymously().await;
    let first = one.send("One").await["conversationId"].clone();
    other.activate_anonymously().await;
    let second = other.send("Two").await["conversationId"].clone();
    bot.heard(2).await;
    for _ in 0..2 {
        events.next_where(|event| event["conversationEvents"]["message"]["text"] == "Yes?").await;
    }
    one.send("It breaks now").await;
    until_notice(&mut events, "BOT_FAILED").await;
    assert_handed_over(&admin, &first, &["One", "Yes?", "It breaks now"]).await;

    let off = json!({ "projectId": project.id, "botId": bot_id, "enabled": false });
    mutate(&admin, "botUpdate", off, "bot { id }").await;
    let told = bot.told().len();
    other.send("Is anybody there?").await;
    until_notice(&mut events, "BOT_FAILED").await;
    assert_handed_over(&admin, &second, &["Two", "Yes?", "Is anybody there?"]).await;
    let mut third = served.visitor(&project);
    third.activate_anonymously().await;
    let id = third.send("A new one").await["conversationId"].clone();
    assert_eq!(conversation(&admin, &id).await["waiting"], true);
    assert_eq!(bot.told().len(), told, "one that is switched off is not called");
}

#[tokio::test]
async fn an_agent_who_answers_takes_over_from_a_bot_in_the_middle_of_its_call() {
    let BotScene { served, project, admin, bot, .. } = BotScene::start().await;
    bot.reply(|_| json!([say("Too late")]));
    bot.hold(true);
    let agent = person(&served, &project, "agent").await;
    let mut events = watch(&admin, &project.id).await;
    let mut visitor = served.visitor(&project);
    visitor.activate_anonymously().await;
    let id = visitor.send("Hello").await["conversationId"].clone();
    bot.heard(1).await;
    answer(&agent, &id, "I am Sam").await;
    bot.hold(false);
    visitor.send("Thank you").await;
    events.next_where(|event| event["conversationEvents"]["message"]["text"] == "Thank you").await;
    // A second conversation goes all the way, so the answer of the first has come long since.
    let mut second = served.visitor(&project);
    second.activate_anonymously().await;
    second.send("Another").await;
    events.next_where(|event| event["conversationEvents"]["message"]["text"] == "Too late").await;
    let said: Vec<String> =
        texts(&conversation(&admin, &id).await).into_iter().map(|(text, _)| text).collect();
    assert_eq!(said, ["Hello", "I am Sam", "Thank you"]);
    assert_eq!(bot.texts(), ["Hello", "Another"]);
}

#[tokio::test]
async fn d43_bots_at_private_addresses_are_refused_and_not_called() {
    let BotScene { served, project, admin, bot, .. } = BotScene::start().await;
    let create = |address: &str| json!({ "projectId": project.id, "name": "Spy", "address": address });
    for (address, code) in [
        ("ftp://bot.example/", "ADDRESS_SCHEME_NOT_ALLOWED"),
        ("https://user:pass@bot.example/", "ADDRESS_INVALID"),
        ("https://bot.example/?a=b", "ADDRESS_INVALID"),
        ("bot.example", "ADDRESS_INVALID"),
    ] {
        let refused = mutate(&admin, "botCreate", create(address), "secret").await;
        assert_eq!(refused["userErrors"][0]["code"], code, "{address}");
        assert!(refused["secret"].is_null());
    }

    // The operator allows private addresses no longer: neither new ones nor those that are there.
    let mut served = served;
    assert!(served.server.stop().await.success());
    let served = served.restart(&[]).await;
    let admin = admin.moved_to(&served.server.url);
    for address in [
        "http://bot.example/",
        "https://127.0.0.1/",
        "https://10.0.0.7/bot",
        "https://169.254.169.254/latest",
        "https://[::1]/",
        "https://localhost/",
        "https://bot.internal/",
        "https://2130706433/",
    ] {
        let refused = mutate(&admin, "botCreate", create(address), "secret").await;
        let code = refused["userErrors"][0]["code"].as_str().unwrap();
        assert!(["ADDRESS_NOT_PUBLIC", "ADDRESS_SCHEME_NOT_ALLOWED"].contains(&code), "{address}: {code}");
    }
    let mut events = watch(&admin, &project.id).await;
    let mut visitor = served.visitor(&project);
    visitor.activate_anonymously().await;
    let id = visitor.send("Hello").await["conversationId"].clone();
    until_notice(&mut events, "BOT_FAILED").await;
    assert_handed_over(&admin, &id, &["Hello"]).await;
    assert_eq!(bot.told().len(), 0);
}

/// Ends the server while a call is under way, writes more, and starts it again.
async fn survives(end: impl AsyncFnOnce(&mut TestServer)) {
    let BotScene { mut served, project, admin, bot, .. } = BotScene::start().await;
    bot.reply(|told| match told.path.as_str() {
        "/conversations" => json!([say("Yes?")]),
        _ => json!([say(&format!("Heard {}", told.body["message"]["payload"]["value"]))]),
    });
    let mut visitor = served.visitor(&project);
    visitor.activate_anonymously().await;
    let mut socket = visitor.socket().await;
    let id = visitor.send("One").await["conversationId"].clone();
    socket.expect_text("Yes?").await;
    bot.hold(true);
    visitor.send("Two").await;
    bot.heard(2).await;
    visitor.send("Three").await;
    end(&mut served.server).await;
    bot.hold(false);
    let served = served.restart(&ALLOWED).await;
    visitor.moved_to(&served.server.url);
    let mut socket = visitor.socket().await;
    let texts_of = async |graphql: &GraphqlClient| {
        let seen = conversation(graphql, &id).await;
        texts(&seen).into_iter().map(|(text, _)| text).collect::<Vec<_>>()
    };
    let admin = admin.moved_to(&served.server.url);
    let welcome = socket.expect("welcome").await;
    if !welcome.to_string().contains("Heard \\\"Three\\\"") {
        socket.expect_where("entry", |frame| frame["entry"]["text"] == "Heard \"Three\"").await;
    }
    assert_eq!(
        texts_of(&admin).await,
        ["One", "Yes?", "Two", "Three", "Heard \"Two\"", "Heard \"Three\""],
        "each answer once"
    );
    // The call that was cut off is made again, under the same id.
    let told = bot.told();
    assert_eq!(bot.texts(), ["One", "Two", "Two", "Three"]);
    assert_eq!(told[1].body["message"]["idMessage"], told[2].body["message"]["idMessage"]);
    assert_eq!(notices(&conversation(&admin, &id).await), ["BOT_ANSWERS"]);
}

#[tokio::test]
async fn a_stop_in_the_middle_of_a_call_loses_nothing() {
    survives(async |server| assert!(server.stop().await.success())).await;
}

#[tokio::test]
async fn a_kill_in_the_middle_of_a_call_loses_nothing() {
    survives(async |server| server.kill().await).await;
}

#[tokio::test]
async fn two_processes_tell_a_bot_everything_once() {
    let Some(postgres) = signet_testkit::postgres::shared() else { return };
    let database = postgres.database().await;
    let BotScene { served, project, admin, bot, .. } = BotScene::start_on(Some(&database)).await;
    let arguments = [&["--public-url", PUBLIC_URL][..], &ALLOWED].concat();
    let two = TestServer::serve(BINARY, &served.installation, &arguments).await;
    bot.reply(|told| match told.path.as_str() {
        "/conversations" => json!([say("Yes?")]),
        _ => json!([say(&format!("Heard {}", told.body["message"]["payload"]["value"]))]),
    });
    // Half of the visitors are at one process, half at the other; in each conversation both look for work.
    let talk = async |mut visitor: VisitorClient, here: bool, name: String| {
        if !here {
            visitor.moved_to(&two.url);
        }
        visitor.activate_anonymously().await;
        let mut id = Value::Null;
        for number in 1..=4 {
            id = visitor.send(&format!("{name} {number}")).await["conversationId"].clone();
        }
        id
    };
    let visitors =
        (0..12).map(|number| talk(served.visitor(&project), number % 2 == 0, format!("visitor {number}:")));
    let ids = futures_util::future::join_all(visitors).await;
    for (number, id) in ids.iter().enumerate() {
        let last = format!("Heard \"visitor {number}: 4\"");
        within("the last answer", async {
            loop {
                let said = texts(&conversation(&admin, id).await);
                if said.last().is_some_and(|(text, _)| *text == last) {
                    break;
                }
                tokio::task::yield_now().await;
            }
        })
        .await;
        let said = texts(&conversation(&admin, id).await);
        let answers: Vec<&str> =
            said.iter().map(|(text, _)| text.as_str()).filter(|text| text.starts_with("Heard")).collect();
        let mut told: Vec<&str> = answers.clone();
        told.dedup();
        assert_eq!(told, answers, "no answer twice");
    }
    let mut heard = bot.texts();
    let count = heard.len();
    heard.sort();
    heard.dedup();
    assert_eq!((heard.len(), count), (48, 48), "each message once");
}
