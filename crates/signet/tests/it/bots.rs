//! External bots by the documented conversation flow: what they are told and what becomes of what they answer.

use serde_json::{Value, json};
use signet_testkit::GraphqlClient;

use crate::bot_server::{BotScene, mutate, pause, say};
use crate::customer_keys::person;
use crate::fixture::{answer, conversation, notices, texts, watch};

/// Who wrote what, and what Signet said, in order.
const THREAD: &str =
    "query($id: UUID!) { conversation(id: $id) { state closeReason waiting waitingSince agent { id }
    bot { id name } messages(last: 100) { nodes { kind notice text author { type name } } } } }";

async fn thread(graphql: &GraphqlClient, id: &Value) -> (Value, Vec<String>) {
    let mut data = graphql.data(THREAD, json!({ "id": id })).await;
    let lines = data["conversation"]["messages"]["nodes"].as_array().unwrap().iter();
    let lines = lines
        .map(|entry| {
            let author = entry["author"]["type"].as_str().unwrap();
            let said = entry["text"].as_str().or(entry["notice"].as_str()).unwrap();
            format!("{author} {said}")
        })
        .collect();
    (data["conversation"].take(), lines)
}

/// Waits until an entry says this in a project's events.
async fn until_said(events: &mut signet_testkit::GraphqlSubscription, said: &str) -> Value {
    let event = events
        .next_where(|event| {
            let message = &event["conversationEvents"]["message"];
            message["text"] == said || message["notice"] == said
        })
        .await;
    event["conversationEvents"].clone()
}

#[tokio::test]
async fn a_bot_answers_as_what_it_is_and_hears_every_message_once() {
    let BotScene { served, project, admin, bot, bot_id, secret } = BotScene::start().await;
    bot.reply(|told| match told.path.as_str() {
        "/conversations" => json!([say("Hello, I am a program"), say("What can I do?")]),
        _ => json!([say(&format!("You said {}", told.body["message"]["payload"]["value"]))]),
    });
    let mut events = watch(&admin, &project.id).await;
    let mut visitor = served.visitor(&project);
    visitor.activate_anonymously().await;
    let mut socket = visitor.socket().await;
    let sent = visitor.send("Good morning").await;
    let id = &sent["conversationId"];
    socket.expect_text("What can I do?").await;
    let second = visitor.send("Where is my parcel?").await;
    let answer = socket.expect_text("You said \"Where is my parcel?\"").await;
    assert_eq!(answer["author"], json!({ "type": "BOT", "name": "Robo", "self": false }));
    until_said(&mut events, "You said \"Where is my parcel?\"").await;

    let (seen, lines) = thread(&admin, id).await;
    assert_eq!(
        lines,
        [
            "VISITOR Good morning",
            "BOT BOT_ANSWERS",
            "BOT Hello, I am a program",
            "BOT What can I do?",
            "VISITOR Where is my parcel?",
            "BOT You said \"Where is my parcel?\"",
        ]
    );
    assert_eq!(seen["bot"], json!({ "id": bot_id, "name": "Robo" }));
    assert_eq!((&seen["waiting"], &seen["waitingSince"]), (&json!(false), &Value::Null));

    let told = bot.told();
    assert!(told.iter().all(|call| call.is_signed_with(&secret)), "signed with the secret that was shown");
    assert!(!told.iter().any(|call| call.is_signed_with("another")));
    let nobody =
        json!({ "assurance": "ANONYMOUS", "verifiedAt": null, "lapsedAt": null, "lapseReason": null });
    let opened = &told[0].body;
    assert_eq!(told[0].path, "/conversations");
    assert_eq!((&opened["idOperator"], &opened["idConversation"]), (&json!(bot_id), id));
    assert_eq!(opened["visitor"], nobody);
    let entry = |call: &Value| (call["author"].clone(), call["payload"].clone(), call["assurance"].clone());
    assert_eq!(
        entry(&opened["history"][0]),
        (
            json!({ "role": "visitor" }),
            json!({ "contentType": "text", "value": "Good morning" }),
            json!("ANONYMOUS")
        )
    );
    assert_eq!(told[1].path, "/conversations/:id/messages");
    assert_eq!(told[1].body["message"]["createdAt"], second["createdAt"]);
    assert_eq!(told.len(), 2, "its own messages are not told to it");
    assert_eq!(bot.texts(), ["Good morning", "Where is my parcel?"]);
}

#[tokio::test]
async fn a_bot_is_told_when_the_visitor_signs_in_and_when_the_proof_ends() {
    let BotScene { served, project, admin, bot, secret, .. } = BotScene::start().await;
    bot.reply(|told| match told.path.as_str() {
        "/conversations/:id/visitor" if told.body["visitor"]["assurance"] == "VERIFIED" => {
            json!([say("Now I may tell you more")])
        }
        _ => json!([]),
    });
    let mut visitor = served.visitor(&project);
    visitor.activate_anonymously().await;
    let id = visitor.send("As a guest").await["conversationId"].clone();
    bot.heard(1).await;

    let token = served.token(&project, "jane-4711").await;
    visitor.sign_in(&token).await;
    let mut socket = visitor.socket().await;
    socket.expect_text("Now I may tell you more").await;
    let signed_in = bot.heard(2).await[1].clone();
    assert_eq!(signed_in.path, "/conversations/:id/visitor");
    assert_eq!(signed_in.body["idConversation"], id);
    let verified_at = signed_in.body["visitor"]["verifiedAt"].clone();
    assert!(verified_at.is_string());
    assert_eq!(signed_in.body["visitor"]["assurance"], "VERIFIED");

    // Each page proves it anew, which is no news. The next message carries who wrote it, and the visitor's standing now.
    visitor.sign_in(&served.token(&project, "jane-4711").await).await;
    visitor.send("Signed in").await;
    let written = bot.heard(3).await[2].clone();
    assert_eq!(written.path, "/conversations/:id/messages");
    assert_eq!(written.body["message"]["assurance"], "VERIFIED");
    assert!(written.body["message"]["verifiedAt"].as_str() >= verified_at.as_str());
    assert_eq!(written.body["visitor"]["assurance"], "VERIFIED");

    visitor.logout().await;
    let signed_out = bot.heard(4).await[3].clone();
    assert_eq!(signed_out.path, "/conversations/:id/visitor");
    let standing = &signed_out.body["visitor"];
    assert_eq!(
        (&standing["assurance"], &standing["verifiedAt"], &standing["lapseReason"]),
        (&json!("ANONYMOUS"), &Value::Null, &json!("SIGNED_OUT"))
    );
    assert!(standing["lapsedAt"].is_string());

    let said = format!("{:?}", bot.told());
    assert!(!said.contains(&token[..40]) && !said.contains("jane-4711"), "neither token nor identity");
    assert!(bot.told().iter().all(|call| call.is_signed_with(&secret)));
    assert_eq!(
        texts(&conversation(&admin, &id).await),
        [
            ("As a guest".to_owned(), "ANONYMOUS".to_owned()),
            ("Now I may tell you more".to_owned(), "-".to_owned()),
            ("Signed in".to_owned(), "VERIFIED".to_owned()),
        ]
    );
}

#[tokio::test]
async fn a_bot_that_knows_nothing_of_identities_answers_on() {
    let BotScene { served, project, admin, bot, .. } = BotScene::start().await;
    bot.script(|told| {
        let status = if told.path.ends_with("/visitor") { 404 } else { 200 };
        (status.try_into().unwrap(), json!({ "replies": [say("Yes?")] }))
    });
    let mut visitor = served.visitor(&project);
    visitor.activate_anonymously().await;
    let id = visitor.send("As a guest").await["conversationId"].clone();
    bot.heard(1).await;
    visitor.sign_in(&served.token(&project, "jane").await).await;
    bot.heard(2).await;
    let mut events = watch(&admin, &project.id).await;
    visitor.send("Signed in").await;
    until_said(&mut events, "Yes?").await;
    assert_eq!(bot.told()[2].body["message"]["assurance"], "VERIFIED");
    assert_eq!(notices(&conversation(&admin, &id).await), ["BOT_ANSWERS", "VISITOR_SIGNED_IN"]);
}

#[tokio::test]
async fn what_is_not_text_is_written_out_and_nothing_of_it_can_be_more_than_text() {
    let BotScene { served, project, admin, bot, .. } = BotScene::start().await;
    bot.reply(|_| {
        let card = json!({ "contentType": "card/content", "title": "Size guide", "text": "How to measure",
            "image": { "url": "https://shop.example/a.png", "description": "Drawing" },
            "actions": [{ "type": "LINK", "name": "Read", "url": "https://shop.example/sizes" },
                { "type": "LINK", "name": "Bad", "url": "javascript:alert(1)" }] });
        let offer = |name: &str| json!({ "name": name, "price": "30 €", "offerPrice": "25 €" });
        let message = |payload: Value| json!({ "type": "message", "payload": payload });
        json!([
            message(card),
            message(json!({ "contentType": "bundle/product-offer", "offers": [offer("Hat"), offer("Scarf")] })),
            message(json!({ "contentType": "file", "fileName": "Terms.pdf", "mimeType": "application/pdf",
                "url": "https://shop.example/terms.pdf" })),
            { "type": "message", "payload": { "contentType": "text", "value": "Which one?" },
                "quickReplies": [{ "contentType": "text/quick-reply", "value": "The hat" },
                    { "contentType": "text/quick-reply", "value": "The scarf" }] },
        ])
    });
    let mut events = watch(&admin, &project.id).await;
    let mut visitor = served.visitor(&project);
    visitor.activate_anonymously().await;
    let id = visitor.send("Hello").await["conversationId"].clone();
    let last = "Which one?\n• The hat\n• The scarf";
    until_said(&mut events, last).await;
    let said: Vec<String> =
        texts(&conversation(&admin, &id).await).into_iter().map(|(text, _)| text).collect();
    assert_eq!(
        said[1..],
        [
            "Size guide\nHow to measure\nDrawing: https://shop.example/a.png\nRead: https://shop.example/sizes",
            "Hat\n25 € (30 €)\n\nScarf\n25 € (30 €)",
            "Terms.pdf: https://shop.example/terms.pdf",
            last,
        ]
    );
}

#[tokio::test]
async fn a_new_message_ends_a_pause_and_what_was_to_follow() {
    let BotScene { served, project, admin, bot, .. } = BotScene::start().await;
    bot.reply(|told| match told.path.as_str() {
        "/conversations" => {
            json!([say("One"), pause(50, "millis"), say("Two"), pause(10, "minutes"), say("Never")])
        }
        _ => json!([say("Three")]),
    });
    let mut events = watch(&admin, &project.id).await;
    let mut visitor = served.visitor(&project);
    visitor.activate_anonymously().await;
    let id = visitor.send("Hello").await["conversationId"].clone();
    until_said(&mut events, "Two").await;
    visitor.send("I am quicker").await;
    until_said(&mut events, "Three").await;
    let (_, lines) = thread(&admin, &id).await;
    assert_eq!(lines[2..], ["BOT One", "BOT Two", "VISITOR I am quicker", "BOT Three"]);
    // It is over: with the last message told there is nothing left to be done.
    visitor.send("And again").await;
    until_said(&mut events, "Three").await;
    assert!(!thread(&admin, &id).await.1.contains(&"BOT Never".to_owned()));
}

#[tokio::test]
async fn a_transfer_hands_over_and_the_bot_is_out_of_it() {
    let BotScene { served, project, admin, bot, .. } = BotScene::start().await;
    let timeout = json!({ "value": 60, "unit": "seconds" });
    bot.reply(move |_| {
        json!([say("I ask a colleague"),
            { "type": "transfer", "distributionRule": "-", "transferOptions": { "timeout": timeout } },
            say("Nobody is there")])
    });
    let agent = person(&served, &project, "agent").await;
    let mut events = watch(&admin, &project.id).await;
    let mut visitor = served.visitor(&project);
    visitor.activate_anonymously().await;
    let id = visitor.send("A person, please").await["conversationId"].clone();
    until_said(&mut events, "BOT_TRANSFERRED").await;
    let (waiting, _) = thread(&admin, &id).await;
    assert_eq!((&waiting["bot"], &waiting["waiting"]), (&Value::Null, &json!(true)));
    visitor.send("Still there?").await;
    answer(&agent, &id, "I am Sam").await;
    visitor.send("Good to meet you").await;
    until_said(&mut events, "Good to meet you").await;
    assert_eq!(bot.texts(), ["A person, please"], "what was written to agents is none of its business");
    let (taken, lines) = thread(&admin, &id).await;
    assert!(taken["bot"].is_null() && taken["agent"].is_object());
    assert_eq!(
        lines[2..],
        [
            "BOT I ask a colleague",
            "BOT BOT_TRANSFERRED",
            "VISITOR Still there?",
            "AGENT I am Sam",
            "VISITOR Good to meet you"
        ]
    );
}

#[tokio::test]
async fn a_transfer_that_nobody_takes_comes_back_and_what_was_written_meanwhile_is_told() {
    let BotScene { served, project, admin, bot, .. } = BotScene::start().await;
    bot.reply(|told| match told.path.as_str() {
        "/conversations" => {
            json!([{ "type": "transfer", "transferOptions": { "timeout": { "value": 5, "unit": "seconds" } } },
                say("Nobody is there")])
        }
        _ => json!([say("I heard that"), { "type": "close" }]),
    });
    let mut events = watch(&admin, &project.id).await;
    let mut visitor = served.visitor(&project);
    visitor.activate_anonymously().await;
    let id = visitor.send("A person, please").await["conversationId"].clone();
    until_said(&mut events, "BOT_TRANSFERRED").await;
    visitor.send("Hello?").await;
    until_said(&mut events, "CONVERSATION_CLOSED").await;
    let (closed, lines) = thread(&admin, &id).await;
    assert_eq!(
        lines[2..],
        [
            "BOT BOT_TRANSFERRED",
            "VISITOR Hello?",
            "BOT BOT_RESUMED",
            "BOT Nobody is there",
            "BOT I heard that",
            "BOT CONVERSATION_CLOSED"
        ]
    );
    assert_eq!((&closed["state"], &closed["closeReason"]), (&json!("CLOSED"), &json!("BOT")));
    // What the visitor writes next starts a conversation of its own, with the bot.
    let next = visitor.send("Once more").await["conversationId"].clone();
    assert_ne!(next, id);
    until_said(&mut events, "BOT_TRANSFERRED").await;
}

#[tokio::test]
async fn bots_are_registered_changed_and_removed_by_administrators() {
    let BotScene { served, project, admin, bot, bot_id, secret } = BotScene::start().await;
    assert!(secret.starts_with("sgb_") && secret.len() == 47, "256 bits");
    let list = "query($id: ID!) { bots(projectId: $id) { id name address enabled } }";
    let listed = admin.data(list, json!({ "id": project.id })).await;
    assert_eq!(
        listed["bots"],
        json!([{ "id": bot_id, "name": "Robo", "address": bot.address, "enabled": true }])
    );

    let about = |more: Value| {
        let mut input = json!({ "projectId": project.id, "botId": bot_id });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let fields = "bot { name enabled }";
    let renamed = mutate(&admin, "botUpdate", about(json!({ "name": "Ada" })), fields).await;
    assert_eq!(renamed["bot"], json!({ "name": "Ada", "enabled": true }));
    let unnamed = mutate(&admin, "botUpdate", about(json!({ "name": " " })), fields).await;
    assert_eq!(unnamed["userErrors"][0]["code"], "NAME_INVALID");

    let rotated = mutate(&admin, "botSecretRotate", about(json!({})), "secret").await;
    let new_secret = rotated["secret"].as_str().unwrap();
    let mut visitor = served.visitor(&project);
    visitor.activate_anonymously().await;
    visitor.send("Hello").await;
    let told = bot.heard(1).await;
    assert!(told[0].is_signed_with(new_secret) && !told[0].is_signed_with(&secret));

    let removed = mutate(&admin, "botRemove", about(json!({})), fields).await;
    assert_eq!(removed["bot"]["name"], "Ada");
    let again = mutate(&admin, "botRemove", about(json!({})), fields).await;
    assert_eq!(again["userErrors"][0]["__typename"], "NotFoundUserError");
    assert_eq!(admin.data(list, json!({ "id": project.id })).await["bots"], json!([]));
    let log = "query($id: ID!) { auditEvents(projectId: $id, first: 100) { nodes { kind } } }";
    let log = admin.data(log, json!({ "id": project.id })).await.to_string();
    for kind in ["BOT_CREATED", "BOT_CHANGED", "BOT_SECRET_ROTATED", "BOT_REMOVED"] {
        assert!(log.contains(kind), "{kind}: {log}");
    }
}

#[tokio::test]
async fn a_bot_from_the_command_line_answers_too() {
    let BotScene { served, project, admin, bot, bot_id, .. } = BotScene::start().await;
    let settings = served.installation.folder().join("bots.toml");
    std::fs::write(&settings, "outbound_private_addresses = true\noutbound_plain_http = true\n").unwrap();
    let settings = settings.display().to_string();
    let common = ["--project", project.id.as_str(), "--config", settings.as_str()];
    let run = async |arguments: &[&str]| served.installation.run(&[arguments, &common].concat()).await;
    let removed = run(&["bot", "remove", &bot_id]).await;
    assert_eq!(removed["name"], "Robo");
    let made = run(&["bot", "create", "--name", "Ada", "--address", &bot.address]).await;
    let idle = ["bot", "create", "--name", "Idle", "--address", "https://bot.example/", "--disabled"];
    assert_eq!(run(&idle).await["address"], "https://bot.example");
    let listed = run(&["bot", "list"]).await;
    assert_eq!((&listed[0]["name"], &listed[1]["name"]), (&json!("Ada"), &json!("Idle")));
    assert_eq!((&listed[0]["enabled"], &listed[1]["enabled"]), (&json!(true), &json!(false)));
    assert!(listed[0]["secret"].is_null(), "shown once");

    bot.reply(|_| json!([say("Yes?")]));
    let mut events = watch(&admin, &project.id).await;
    let mut visitor = served.visitor(&project);
    visitor.activate_anonymously().await;
    visitor.send("Hello").await;
    until_said(&mut events, "Yes?").await;
    assert!(bot.told()[0].is_signed_with(made["secret"].as_str().unwrap()));
}

#[tokio::test]
async fn d30_bots_of_another_project_are_missing_and_agents_may_not_touch_them() {
    let BotScene { served, project, admin, bot_id, .. } = BotScene::start().await;
    let other = crate::fixture::ServedProject::create(&served.installation, "shop-2").await;
    let stranger = crate::customer_keys::administrator(&served, &other).await;
    let input = json!({ "projectId": "shop-2", "botId": bot_id });
    for name in ["botUpdate", "botSecretRotate", "botRemove"] {
        let refused = mutate(&stranger, name, input.clone(), "bot { id }").await;
        assert_eq!(refused["userErrors"][0]["__typename"], "NotFoundUserError", "{name}");
    }
    let list = "query($id: ID!) { bots(projectId: $id) { id } }";
    let foreign = stranger.raw(list, json!({ "id": project.id })).await;
    assert_eq!(foreign.body["errors"][0]["extensions"]["name"], "NOT_FOUND");
    let agent = person(&served, &project, "agent").await;
    let denied = agent.raw(list, json!({ "id": project.id })).await;
    assert_eq!(denied.body["errors"][0]["extensions"]["name"], "PERMISSION_DENIED");
    let kept = admin.data(list, json!({ "id": project.id })).await;
    assert_eq!(kept["bots"][0]["id"], *bot_id);
}
