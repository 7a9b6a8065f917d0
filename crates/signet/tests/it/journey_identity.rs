//! What happens to identity after it was proved: signing out, running out, coming back, another person.

use serde_json::{Value, json};
use signet_testkit::TestServer;

use crate::fixture::{BINARY, conversation, notices, texts, watch};

#[tokio::test]
async fn signing_out_ends_the_session_and_tells_the_agents() {
    let server = crate::fixture::demo().await;
    let agent = server.agent().await;
    let mut visitor = server.visitor();
    visitor.sign_in(&server.token("person-1")).await;
    let id = visitor.send("hello").await["conversationId"].clone();
    let mut events = watch(&agent, "demo").await;
    assert_eq!(visitor.logout().await, 204);
    let event = events.next_where(|e| e["conversationEvents"]["conversation"]["id"] == id).await;
    assert_eq!(event["conversationEvents"]["kind"], "VISITOR_SIGNED_OUT");
    let seen = conversation(&agent, &id).await;
    assert_eq!(notices(&seen), ["VISITOR_SIGNED_OUT"]);
    assert_eq!(seen["state"], "ONGOING");
    assert_eq!(seen["identity"]["state"], "NO_LONGER_VERIFIED");
    assert_eq!(seen["identity"]["lapseReason"], "SIGNED_OUT");
    assert_eq!(visitor.logout().await, 204, "again does no harm");

    let mut next = server.visitor();
    let activated = next.activate_anonymously().await;
    assert_ne!(activated["session"]["visitorId"], seen["visitor"]["visitorId"]);
    assert_eq!(next.history().await.ok()["entries"], json!([]));
}

#[tokio::test]
async fn a_session_that_nobody_renews_runs_out_on_the_server() {
    let server = TestServer::demo(BINARY, &["--session-lifetime", "2s"]).await;
    let agent = server.agent().await;
    let mut events = watch(&agent, "demo").await;
    let mut visitor = server.visitor();
    visitor.sign_in(&server.token("person-1")).await;
    let mut socket = visitor.socket().await;
    socket.expect("welcome").await;
    socket.send("before").await;
    let id = socket.expect("ack").await["conversationId"].clone();

    socket.expect("expired").await;
    assert_eq!(socket.closed().await, Some(4403));
    let lapsed = events.next_where(|e| e["conversationEvents"]["kind"] == "VISITOR_IDENTITY_LAPSED").await;
    assert_eq!(lapsed["conversationEvents"]["conversation"]["id"], id);
    let refused = visitor.try_send(&signet_testkit::visitor::new_id(), "after").await;
    assert_eq!((refused.status, refused.code()), (401, "SESSION_EXPIRED"));
    assert_eq!(visitor.history().await.status, 401, "history is covered");
    let mut late = visitor.open_socket(&server.url).await.unwrap();
    late.hello(visitor.token(), None).await;
    assert_eq!(late.closed().await, Some(4403));

    let seen = conversation(&agent, &id).await;
    assert_eq!(seen["identity"]["state"], "NO_LONGER_VERIFIED");
    assert_eq!(seen["identity"]["lapseReason"], "EXPIRED");
    assert_eq!(notices(&seen), ["IDENTITY_LAPSED"]);
    assert_eq!(texts(&seen).len(), 1, "nothing was written under the lapsed identity");

    // The same person comes back with the session that ran out: it goes on.
    let renewed = visitor.sign_in(&server.token("person-1")).await;
    assert_eq!(renewed["continuity"]["outcome"], "RENEWED");
    visitor.send("after").await;
    let seen = conversation(&agent, &id).await;
    assert_eq!(seen["identity"]["state"], "VERIFIED");
    assert_eq!(notices(&seen), ["IDENTITY_LAPSED", "IDENTITY_CONFIRMED"]);
}

#[tokio::test]
async fn a_renewal_keeps_session_and_socket() {
    let server = crate::fixture::demo().await;
    let mut visitor = server.visitor();
    let first = visitor.sign_in(&server.token("person-1")).await;
    let mut socket = visitor.socket().await;
    socket.expect("welcome").await;
    let second = visitor.sign_in(&server.token("person-1")).await;
    assert_eq!(second["continuity"]["outcome"], "RENEWED");
    assert_eq!(first["session"]["sessionId"], second["session"]["sessionId"]);
    socket.frame(&json!({ "type": "renew", "token": visitor.token() })).await;
    let renewed = socket.expect("renewed").await;
    assert_eq!(renewed["expiresAt"], second["session"]["expiresAt"]);
    socket.send("still here").await;
    socket.expect("ack").await;
}

/// Case 7 and attack D29: what one person began is never another's.
#[tokio::test]
async fn another_person_in_the_same_browser_starts_over() {
    let server = crate::fixture::demo().await;
    let mut browser = server.visitor();
    browser.sign_in(&server.token("person-1")).await;
    let first = browser.send("mine alone").await["conversationId"].clone();
    let mut socket = browser.socket().await;
    socket.expect("welcome").await;

    let switched = browser.sign_in(&server.token("person-2")).await;
    assert_eq!(switched["continuity"]["outcome"], "SWITCHED");
    assert_eq!(socket.closed().await, Some(4401));
    assert_eq!(browser.history().await.ok()["entries"], json!([]));
    let mut socket = browser.socket().await;
    assert_eq!(socket.expect("welcome").await["conversation"], Value::Null);
    let second = browser.send("somebody else").await["conversationId"].clone();
    assert_ne!(first, second);
    let seen = conversation(&server.graphql(), &first).await;
    assert_eq!(texts(&seen).len(), 1);
    assert_eq!(seen["visitor"]["externalUserId"], "person-1");
}
