//! Through the doors: an agent's request to confirm, messages from before the sign-in, hand-over, sales and the survey.

use serde_json::{Value, json};
use signet_testkit::visitor::new_id;
use signet_testkit::{GraphqlClient, TestServer, VisitorClient};

use crate::fixture::{answer, conversation, demo, notices, texts, watch};

async fn mutate(graphql: &GraphqlClient, name: &str, input: Value) -> Value {
    let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    let text = format!(
        "mutation($input: {kind}!) {{ {name}(input: $input) {{ userErrors {{ __typename message }} }} }}"
    );
    graphql.data(&text, json!({ "input": input })).await[name]["userErrors"].clone()
}

#[tokio::test]
async fn an_agent_asks_and_the_widget_hears_who_asks_and_answers() {
    let server = demo().await;
    let agent = server.agent().await;
    let mut visitor = server.visitor();
    visitor.sign_in(&server.token("person")).await;
    let id = visitor.send("Please change my address").await["conversationId"].clone();
    let mut socket = visitor.socket().await;
    socket.expect("welcome").await;
    let mut events = watch(&agent, "demo").await;
    let asked = mutate(&agent, "identityConfirmationRequest", json!({ "conversationId": id })).await;
    assert_eq!(asked, json!([]));
    let entry = socket.expect_where("entry", |frame| frame["entry"]["kind"] == "NOTICE").await;
    assert_eq!(entry["entry"]["notice"], "IDENTITY_REQUESTED");
    assert_eq!(entry["entry"]["author"]["type"], "AGENT");
    let told = socket
        .expect_where("conversation", |frame| frame["conversation"]["identityRequest"].is_object())
        .await;
    let request = &told["conversation"]["identityRequest"];
    assert_eq!(request["agent"]["name"], entry["entry"]["author"]["name"]);
    let event = events.next().await;
    assert_eq!(event["conversationEvents"]["message"]["notice"], "IDENTITY_REQUESTED");

    // A page that is loaded later still learns of it.
    let mut later = visitor.socket().await;
    assert_eq!(later.expect("welcome").await["conversation"]["identityRequest"], *request);
    let declined = json!({ "conversationId": id, "outcome": "DECLINED" });
    assert_eq!(visitor.post("/identity-confirmation", &declined).await.status, 204);
    socket.expect_where("conversation", |frame| frame["conversation"]["identityRequest"].is_null()).await;
    mutate(&agent, "identityConfirmationRequest", json!({ "conversationId": id })).await;
    visitor.sign_in(&server.token("person")).await;
    socket.expect_where("entry", |frame| frame["entry"]["notice"] == "IDENTITY_CONFIRMED").await;
    let seen = conversation(&agent, &id).await;
    assert_eq!(
        notices(&seen),
        ["IDENTITY_REQUESTED", "IDENTITY_NOT_CONFIRMED", "IDENTITY_REQUESTED", "IDENTITY_CONFIRMED"]
    );
    // A program speaks for nobody.
    let program = server.graphql();
    let by_program = program.raw(
        "mutation($id: UUID!) { identityConfirmationRequest(input: { conversationId: $id }) { conversation { id } } }",
        json!({ "id": id }),
    );
    assert_eq!(by_program.await.body["errors"][0]["extensions"]["name"], "PERMISSION_DENIED");
}

/// Case 3 before the seam: a person with a conversation at home, and the guest they still are elsewhere, with one of theirs.
struct HomeAndAway {
    home: VisitorClient,
    guest: VisitorClient,
    ongoing: Value,
    earlier: Value,
}

impl HomeAndAway {
    async fn of_person(server: &TestServer) -> Self {
        let mut home = server.visitor();
        home.sign_in(&server.token("person")).await;
        let ongoing = home.send("My order is late").await["conversationId"].clone();
        let mut guest = server.visitor();
        guest.activate_anonymously().await;
        let earlier = guest.send("Do you ship to Spain?").await["conversationId"].clone();
        Self { home, guest, ongoing, earlier }
    }
}

#[tokio::test]
async fn d25_what_a_guest_wrote_becomes_a_persons_only_by_their_click() {
    let server = demo().await;
    let agent = server.agent().await;
    let HomeAndAway { mut guest, ongoing, earlier, .. } = HomeAndAway::of_person(&server).await;
    answer(&agent, &earlier, "We do").await;
    let signed_in = guest.sign_in(&server.token("person")).await;
    assert_eq!(signed_in["continuity"]["outcome"], "BOTH");
    assert_eq!(signed_in["continuity"]["earlierConversationId"], earlier);
    let own = vec![("My order is late".to_owned(), "VERIFIED".to_owned())];
    assert_eq!(texts(&conversation(&agent, &ongoing).await), own, "refusing leaves them apart");

    let mut socket = guest.socket().await;
    socket.expect("welcome").await;
    let mut other = server.visitor();
    other.sign_in(&server.token("somebody else")).await;
    let body = json!({ "conversationId": earlier });
    let refused = other.post("/earlier-messages", &body).await;
    assert_eq!((refused.status, refused.code()), (404, "NOT_FOUND"));
    let added = guest.post("/earlier-messages", &body).await.ok();
    assert_eq!(added, json!({ "conversationId": ongoing, "copied": 1, "duplicate": false }));
    let copy = socket.expect_text("Do you ship to Spain?").await;
    assert_eq!((&copy["assurance"], &copy["copiedFrom"]["conversationId"]), (&json!("ANONYMOUS"), &earlier));
    assert_eq!(guest.post("/earlier-messages", &body).await.ok()["duplicate"], true);
    let seen = conversation(&agent, &ongoing).await;
    assert_eq!(texts(&seen).len(), 2);
    assert_eq!(seen["continuedFrom"], json!([{ "id": earlier }]));
    assert_eq!(notices(&seen), ["CONTINUED_FROM", "EARLIER_MESSAGES_ADDED"]);
}

/// What an activation answers of the offer to add earlier messages.
fn offer(activated: &Value) -> (&Value, &Value) {
    (&activated["continuity"]["outcome"], &activated["continuity"]["earlierConversationId"])
}

#[tokio::test]
async fn the_offer_to_add_earlier_messages_stands_until_it_is_answered() {
    let server = demo().await;
    let agent = server.agent().await;
    let token = || server.token("person");
    let HomeAndAway { mut home, mut guest, ongoing, earlier: first } = HomeAndAway::of_person(&server).await;
    let both = guest.sign_in(&token()).await;
    assert_eq!(offer(&both), (&json!("BOTH"), &first));
    let seen = agent.data("query($id: UUID!) { conversation(id: $id) { closedAt } }", json!({ "id": first }));
    let closed_at = seen.await["conversation"]["closedAt"].clone();
    assert_eq!(both["continuity"]["earlierClosedAt"], closed_at);

    // A renewal, a page that is loaded anew without the session, the person's other device.
    let renewed = guest.sign_in(&token()).await;
    assert_eq!(offer(&renewed), (&json!("RENEWED"), &first));
    assert_eq!(renewed["continuity"]["earlierClosedAt"], closed_at);
    let reloaded = server.visitor().sign_in(&token()).await;
    assert_eq!(offer(&reloaded), (&json!("RESUMED"), &first));
    assert_eq!(offer(&home.sign_in(&token()).await), (&json!("RENEWED"), &first));
    let mut other = server.visitor();
    let stranger = other.sign_in(&server.token("somebody else")).await;
    assert_eq!(offer(&stranger), (&json!("NEW"), &Value::Null));
    let decline = json!({ "conversationId": first, "answer": "DECLINE" });
    assert_eq!(other.post("/earlier-messages", &decline).await.status, 404);

    // A second one is offered before the first, and declining it leaves the first.
    let mut tablet = server.visitor();
    tablet.activate_anonymously().await;
    let second = tablet.send("And to Portugal?").await["conversationId"].clone();
    assert_eq!(offer(&tablet.sign_in(&token()).await), (&json!("BOTH"), &second));
    let declined = json!({ "conversationId": second, "answer": "DECLINE" });
    let left = json!({ "conversationId": ongoing, "copied": 0, "duplicate": false });
    assert_eq!(home.post("/earlier-messages", &declined).await.ok(), left);
    assert_eq!(home.post("/earlier-messages", &declined).await.ok()["duplicate"], true);
    assert_eq!(offer(&tablet.sign_in(&token()).await), (&json!("RENEWED"), &first));
    let added =
        guest.post("/earlier-messages", &json!({ "conversationId": first, "answer": "ADD" })).await.ok();
    assert_eq!(added["copied"], 1);
    for visitor in [&mut home, &mut guest, &mut tablet, &mut server.visitor()] {
        assert_eq!(visitor.sign_in(&token()).await["continuity"]["earlierConversationId"], Value::Null);
    }

    // What was added stays; a page that still shows a declined offer may take it up.
    let late = json!({ "conversationId": first, "answer": "DECLINE" });
    assert_eq!(guest.post("/earlier-messages", &late).await.ok()["copied"], 1);
    let changed_mind = tablet.post("/earlier-messages", &json!({ "conversationId": second })).await.ok();
    assert_eq!((&changed_mind["copied"], &changed_mind["duplicate"]), (&json!(1), &json!(false)));
    let bad = guest.post("/earlier-messages", &json!({ "conversationId": first, "answer": "PERHAPS" })).await;
    assert_eq!((bad.status, bad.code()), (400, "REQUEST_INVALID"));
}

#[tokio::test]
async fn an_offer_ends_with_the_conversation_that_goes_on() {
    let server = demo().await;
    let agent = server.agent().await;
    let HomeAndAway { mut guest, ongoing, earlier, .. } = HomeAndAway::of_person(&server).await;
    assert_eq!(offer(&guest.sign_in(&server.token("person")).await), (&json!("BOTH"), &earlier));
    mutate(&agent, "conversationClose", json!({ "conversationId": ongoing })).await;
    assert_eq!(offer(&guest.sign_in(&server.token("person")).await), (&json!("RENEWED"), &Value::Null));
    guest.send("Another thing").await;
    assert_eq!(offer(&guest.sign_in(&server.token("person")).await), (&json!("RENEWED"), &Value::Null));
}

#[tokio::test]
async fn d29_a_message_of_one_person_is_not_taken_from_another() {
    let server = demo().await;
    let mut visitor = server.visitor();
    let jane = visitor.sign_in(&server.token("jane")).await["session"]["visitorId"].clone();
    let john = visitor.sign_in(&server.token("john")).await;
    assert_eq!(john["continuity"]["outcome"], "SWITCHED");
    let queued = json!({ "clientMessageId": new_id(), "text": "queued by Jane", "visitorId": jane });
    let refused = visitor.post("/messages", &queued).await;
    assert_eq!((refused.status, refused.code()), (409, "VISITOR_CHANGED"));
    let mut socket = visitor.socket().await;
    socket.expect("welcome").await;
    let mut frame = queued.clone();
    frame["type"] = json!("send");
    socket.frame(&frame).await;
    let refused = socket.expect("refused").await;
    assert_eq!(
        (&refused["code"], &refused["clientMessageId"]),
        (&json!("VISITOR_CHANGED"), &queued["clientMessageId"])
    );
    frame["visitorId"] = john["session"]["visitorId"].clone();
    socket.frame(&frame).await;
    socket.expect("ack").await;
    assert_eq!(visitor.history().await.ok()["entries"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_link_to_another_domain_takes_the_conversation_along() {
    let server = demo().await;
    let sister = "http://127.0.0.1:4000";
    let mut here = server.visitor();
    here.activate_anonymously().await;
    let body = json!({ "origin": sister });
    let early = here.post("/hand-over", &body).await;
    assert_eq!((early.status, early.code()), (409, "NOTHING_TO_HAND_OVER"));
    let id = here.send("Do you ship to Spain?").await["conversationId"].clone();
    let refused = here.post("/hand-over", &json!({ "origin": "https://evil.example" })).await;
    assert_eq!((refused.status, refused.code()), (403, "ORIGIN_NOT_ALLOWED"));
    let made = here.post("/hand-over", &body).await;
    assert_eq!(made.status, 201);
    let mut there = server.visitor();
    there.embedding_origin = Some(sister.to_owned());
    there.hand_over = made.body["code"].as_str().map(str::to_owned);
    let thief = there.clone();
    assert_eq!(there.activate_anonymously().await["continuity"]["outcome"], "HANDED_OVER");
    assert_eq!(there.send("And from here?").await["conversationId"], id);
    assert_eq!(there.history().await.ok()["entries"].as_array().unwrap().len(), 2);
    let mut late = thief;
    assert_eq!(late.activate_anonymously().await["continuity"]["outcome"], "NONE");
    assert_eq!(late.history().await.ok()["entries"], json!([]));
}

#[tokio::test]
async fn agents_see_sales_and_what_the_survey_said() {
    let server = demo().await;
    let agent = server.agent().await;
    let mut visitor = server.visitor();
    visitor.sign_in(&server.token("person")).await;
    let id = visitor.send("Does it fit?").await["conversationId"].clone();
    let sale = json!({ "id": "order-1", "amount": 49.95 });
    let stored = json!({ "stored": true, "duplicate": false, "conversationId": id });
    assert_eq!(visitor.post("/transactions", &sale).await.ok(), stored);
    assert_eq!(visitor.post("/transactions", &sale).await.ok()["duplicate"], true);
    let bad = visitor.post("/transactions", &json!({ "id": "", "amount": 1 })).await;
    assert_eq!((bad.status, bad.code()), (400, "TRANSACTION_INVALID"));
    let stars = json!({ "conversationId": id, "customerSatisfaction": 4 });
    let early = visitor.post("/satisfaction", &stars).await;
    assert_eq!((early.status, early.code()), (409, "CONVERSATION_ONGOING"));
    mutate(&agent, "conversationClose", json!({ "conversationId": id })).await;
    assert_eq!(visitor.post("/satisfaction", &stars).await.status, 204);
    let words = json!({ "conversationId": id, "comment": "Quick." });
    assert_eq!(visitor.post("/satisfaction", &words).await.status, 204);
    let query = "query($id: UUID!) { conversation(id: $id) {
        transactions { externalId amount conversationId }
        satisfaction { customerSatisfaction netPromoterScore comment }
        visitor { transactions { externalId } } } }";
    let seen = agent.data(query, json!({ "id": id })).await;
    assert_eq!(
        seen["conversation"],
        json!({
            "transactions": [{ "externalId": "order-1", "amount": 49.95, "conversationId": id }],
            "satisfaction": { "customerSatisfaction": 4, "netPromoterScore": null, "comment": "Quick." },
            "visitor": { "transactions": [{ "externalId": "order-1" }] },
        })
    );
}
