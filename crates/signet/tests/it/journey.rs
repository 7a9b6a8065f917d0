//! A visitor's whole way: guest, conversation, sign-in, and the three cases of what goes on (PRODUCT section 7).

use serde_json::{Value, json};
use signet_testkit::visitor::new_id;

use crate::fixture::{answer, conversation, demo, notices, state, texts, watch};

fn pair(text: &str, assurance: &str) -> (String, String) {
    (text.to_owned(), assurance.to_owned())
}

#[tokio::test]
async fn a_guest_leaves_no_trace_before_the_first_message() {
    let server = demo().await;
    let graphql = server.graphql();
    let before = state(&graphql, "demo").await;
    let mut visitor = server.visitor();
    let activated = visitor.activate_anonymously().await;
    assert_eq!(activated["continuity"]["outcome"], "NONE");
    assert_eq!(activated["session"]["assurance"], "ANONYMOUS");
    let mut socket = visitor.socket().await;
    let welcome = socket.expect("welcome").await;
    assert_eq!(welcome["conversation"], Value::Null);
    assert_eq!(visitor.history().await.ok()["entries"], json!([]));
    assert_eq!(state(&graphql, "demo").await, before);
}

/// Case 1, with everything an agent sees on the way.
#[tokio::test]
async fn a_conversation_goes_on_when_its_guest_signs_in() {
    let server = demo().await;
    let agent = server.agent().await;
    let mut events = watch(&agent, "demo").await;
    let mut visitor = server.visitor();
    visitor.activate_anonymously().await;
    let mut socket = visitor.socket().await;
    socket.expect("welcome").await;

    let message = socket.send("Where is my lamp?").await;
    let ack = socket.expect("ack").await;
    assert_eq!((&ack["clientMessageId"], &ack["duplicate"]), (&json!(message), &json!(false)));
    let id = ack["conversationId"].clone();
    let started = events.next_where(|e| e["conversationEvents"]["conversation"]["id"] == id).await;
    assert_eq!(started["conversationEvents"]["conversation"]["identity"]["state"], "NOT_VERIFIED");
    if started["conversationEvents"]["message"].is_null() {
        let sent = events.next_where(|e| e["conversationEvents"]["kind"] == "MESSAGE_SENT").await;
        assert_eq!(sent["conversationEvents"]["message"]["text"], "Where is my lamp?");
    }
    let seen = conversation(&agent, &id).await;
    assert_eq!((&seen["waiting"], &seen["unreadCount"]), (&json!(true), &json!(1)));

    answer(&agent, &id, "On its way. Would you sign in?").await;
    let reply = socket.expect_text("On its way. Would you sign in?").await;
    assert_eq!(reply["author"]["type"], "AGENT");
    assert_eq!(reply["author"]["name"], "Camille Rousseau");
    assert_eq!(reply["assurance"], Value::Null);

    let tokens = server.tokens();
    let token = tokens.token("person-1", signet_testkit::now_unix_ms());
    let token = token.visitor_data(json!({ "firstName": "Ada", "lastName": "King" })).build();
    let activated = visitor.sign_in(&token).await;
    assert_eq!(activated["continuity"]["outcome"], "ADOPTED");
    assert_eq!(activated["session"]["displayName"], "Ada");
    assert_eq!(activated["device"], Value::Null);
    let seam = events.next_where(|e| e["conversationEvents"]["kind"] == "VISITOR_AUTHENTICATED").await;
    assert_eq!(seam["conversationEvents"]["conversation"]["identity"]["state"], "VERIFIED");

    let mut socket = visitor.socket().await;
    let welcome = socket.expect("welcome").await;
    assert_eq!(welcome["conversation"]["id"], id);
    assert_eq!(welcome["assurance"], "VERIFIED");
    let kinds: Vec<&Value> = welcome["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| if e["kind"] == "NOTICE" { &e["notice"] } else { &e["text"] })
        .collect();
    assert_eq!(kinds, ["Where is my lamp?", "On its way. Would you sign in?", "VISITOR_SIGNED_IN"]);
    socket.send("It is me").await;
    socket.expect("ack").await;

    each_message_keeps_its_assurance(&conversation(&agent, &id).await);
}

fn each_message_keeps_its_assurance(seen: &Value) {
    assert_eq!(
        texts(seen),
        [
            pair("Where is my lamp?", "ANONYMOUS"),
            pair("On its way. Would you sign in?", "-"),
            pair("It is me", "VERIFIED")
        ]
    );
    assert_eq!(notices(seen), ["VISITOR_SIGNED_IN"]);
    assert_eq!(seen["identity"]["state"], "VERIFIED");
    let profile = &seen["visitor"];
    assert_eq!(profile["externalUserId"], "person-1");
    assert_eq!((&profile["firstName"], &profile["lastName"]), (&json!("Ada"), &json!("King")));
    let entries = seen["messages"]["nodes"].as_array().unwrap();
    assert_eq!(entries[0]["verifiedAt"], Value::Null);
    assert_eq!(entries.last().unwrap()["verifiedAt"], seen["identity"]["verifiedAt"]);
}

/// Case 2: another device, no conversation of its own.
#[tokio::test]
async fn a_person_finds_their_conversation_on_another_device() {
    let server = demo().await;
    let mut phone = server.visitor();
    assert_eq!(phone.sign_in(&server.token("person-2")).await["continuity"]["outcome"], "NEW");
    let id = phone.send("from the phone").await["conversationId"].clone();
    let mut on_phone = phone.socket().await;
    on_phone.expect("welcome").await;

    let mut laptop = server.visitor();
    laptop.activate_anonymously().await;
    assert_eq!(laptop.sign_in(&server.token("person-2")).await["continuity"]["outcome"], "RESUMED");
    let mut on_laptop = laptop.socket().await;
    let welcome = on_laptop.expect("welcome").await;
    assert_eq!(welcome["conversation"]["id"], id);
    assert_eq!(welcome["entries"][0]["text"], "from the phone");

    on_laptop.send("from the laptop").await;
    let heard = on_phone.expect_text("from the laptop").await;
    assert_eq!((&heard["author"]["self"], &heard["assurance"]), (&json!(true), &json!("VERIFIED")));
    let seen = conversation(&server.graphql(), &id).await;
    assert_eq!(texts(&seen), [pair("from the phone", "VERIFIED"), pair("from the laptop", "VERIFIED")]);
}

/// Case 3: both exist. Nothing is merged; both link to each other.
#[tokio::test]
async fn two_conversations_are_linked_and_never_merged() {
    let server = demo().await;
    let graphql = server.graphql();
    let mut phone = server.visitor();
    phone.sign_in(&server.token("person-3")).await;
    let verified = phone.send("verified words").await["conversationId"].clone();

    let mut laptop = server.visitor();
    laptop.activate_anonymously().await;
    let anonymous = laptop.send("anonymous words").await["conversationId"].clone();
    let activated = laptop.sign_in(&server.token("person-3")).await;
    assert_eq!(activated["continuity"]["outcome"], "BOTH");
    assert_eq!(activated["continuity"]["earlierConversationId"], anonymous);
    let mut socket = laptop.socket().await;
    let welcome = socket.expect("welcome").await;
    assert_eq!(welcome["conversation"]["id"], verified);

    let (left, kept) = (conversation(&graphql, &anonymous).await, conversation(&graphql, &verified).await);
    assert_eq!((&left["state"], &left["closeReason"]), (&json!("CLOSED"), &json!("CONTINUED_IN_VERIFIED")));
    assert_eq!(left["continuedIn"]["id"], verified);
    assert_eq!(kept["continuedFrom"], json!([{ "id": anonymous }]));
    assert_eq!(texts(&left), [pair("anonymous words", "ANONYMOUS")]);
    assert_eq!(texts(&kept), [pair("verified words", "VERIFIED")]);
    assert!(left["visitor"]["externalUserId"].is_null(), "the anonymous words stay the anonymous visitor's");
}

#[tokio::test]
async fn a_retried_message_is_stored_once() {
    let server = demo().await;
    let mut visitor = server.visitor();
    visitor.activate_anonymously().await;
    let id = new_id();
    let first = visitor.try_send(&id, "once").await.ok();
    let again = visitor.try_send(&id, "once").await.ok();
    assert_eq!((&first["duplicate"], &again["duplicate"]), (&json!(false), &json!(true)));
    for same in ["conversationId", "sequence", "createdAt"] {
        assert_eq!(first[same], again[same], "{same}");
    }
    let seen = conversation(&server.graphql(), &first["conversationId"]).await;
    assert_eq!(texts(&seen).len(), 1);
}

#[tokio::test]
async fn a_socket_resumes_from_the_last_entry_it_holds() {
    let server = demo().await;
    let mut visitor = server.visitor();
    visitor.activate_anonymously().await;
    let first = visitor.send("one").await;
    for text in ["two", "three"] {
        visitor.send(text).await;
    }
    let mut socket = visitor.open_socket(&server.url).await.unwrap();
    let held = (first["conversationId"].as_str().unwrap(), first["sequence"].as_i64().unwrap());
    socket.hello(visitor.token(), Some(held)).await;
    let welcome = socket.expect("welcome").await;
    let missed: Vec<&Value> = welcome["entries"].as_array().unwrap().iter().map(|e| &e["text"]).collect();
    assert_eq!((missed, &welcome["reset"]), (vec![&json!("two"), &json!("three")], &json!(false)));
}

#[tokio::test]
async fn a_closed_conversation_gives_way_to_a_new_one() {
    let server = demo().await;
    let agent = server.agent().await;
    let mut visitor = server.visitor();
    visitor.sign_in(&server.token("person-4")).await;
    let mut socket = visitor.socket().await;
    socket.expect("welcome").await;
    socket.send("first").await;
    let first = socket.expect("ack").await["conversationId"].clone();
    let close = "mutation($id: UUID!) { conversationClose(input: { conversationId: $id }) { conversation { state } userErrors { message } } }";
    agent.data(close, json!({ "id": first })).await;
    let closed =
        socket.expect_where("conversation", |frame| frame["conversation"]["state"] == "CLOSED").await;
    assert_eq!(closed["conversation"]["id"], first);
    socket.send("second").await;
    assert_ne!(
        socket.expect_where("ack", |ack| ack["conversationId"] != first).await["conversationId"],
        first
    );
    let history = visitor.history().await.ok();
    let texts: Vec<&Value> =
        history["entries"].as_array().unwrap().iter().map(|e| &e["text"]).filter(|t| !t.is_null()).collect();
    assert_eq!(texts, ["first", "second"], "closed verified history stays above");
}
