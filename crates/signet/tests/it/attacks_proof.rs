//! D32: a session token taken from where it lives is worth nothing elsewhere, and its theft is heard of.

use serde_json::{Value, json};
use signet_testkit::visitor::new_id;
use signet_testkit::{Answer, GraphqlClient, TestServer, VisitorClient};

use crate::fixture::{conversation, demo, texts};

/// A visitor with a key, signed in, and somebody who copied the token and nothing else.
async fn robbed(server: &TestServer) -> (VisitorClient, VisitorClient) {
    let mut visitor = server.visitor();
    visitor.make_key();
    visitor.sign_in(&server.token("person")).await;
    let thief = visitor.without_key();
    (visitor, thief)
}

fn assert_refused(answer: &Answer) {
    assert_eq!((answer.status, answer.code()), (401, "SESSION_PROOF_INVALID"), "{answer:?}");
}

/// The fine codes of the alerts in the failure feed, newest first.
async fn alerts(server: &TestServer) -> Vec<String> {
    let query = "query { authenticationFailures(projectId: \"demo\", first: 50, filter: { code: \"SESSION_PROOF_INVALID\" }) {
        nodes { fineCode correlationId } } }";
    let found = server.graphql().data(query, json!({})).await;
    let nodes = found["authenticationFailures"]["nodes"].as_array().unwrap().clone();
    nodes.iter().map(|node| node["fineCode"].as_str().unwrap().to_owned()).collect()
}

async fn wait_for_alerts(server: &TestServer, count: usize) -> Vec<String> {
    signet_testkit::within("the alerts in the failure feed", async {
        loop {
            let found = alerts(server).await;
            if found.len() >= count {
                return found;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

#[tokio::test]
async fn d32_a_stolen_session_token_is_refused_elsewhere_and_the_brand_is_alerted() {
    let server = demo().await;
    let (visitor, thief) = robbed(&server).await;
    let id = visitor.send("before the theft").await["conversationId"].clone();
    assert_refused(&thief.try_send(&new_id(), "by the thief").await);
    assert_refused(&thief.history().await);
    for (path, body) in [
        ("/earlier-messages", json!({ "conversationId": id })),
        ("/identity-confirmation", json!({ "conversationId": id, "outcome": "DECLINED" })),
        ("/hand-over", json!({ "origin": "http://127.0.0.1:4000" })),
        ("/transactions", json!({ "id": "order-1", "amount": 1 })),
        ("/satisfaction", json!({ "conversationId": id, "customerSatisfaction": 1 })),
    ] {
        assert_refused(&thief.post(path, &body).await);
    }
    // A key of the thief's own is another key.
    let mut armed = thief.clone();
    armed.make_key();
    assert_refused(&armed.history().await);
    let mut codes = wait_for_alerts(&server, 8).await;
    codes.dedup();
    assert_eq!(codes, ["SESSION_PROOF_OF_ANOTHER_KEY", "SESSION_PROOF_MISSING"]);

    let audit = "query { auditEvents(projectId: \"demo\", first: 50, filter: { kinds: [\"VISITOR_SESSION_MISUSED\"] }) {
        nodes { kind correlationId } } }";
    let admin = &server.manifest.0["admin"];
    let (email, password) = (admin["email"].as_str().unwrap(), admin["password"].as_str().unwrap());
    let admin = GraphqlClient::sign_in(&server.url, email, password).await;
    let logged = admin.data(audit, json!({})).await;
    assert_eq!(logged["auditEvents"]["nodes"].as_array().unwrap().len(), 8);
    // The chat itself goes on.
    visitor.send("after the theft").await;
    let seen = texts(&conversation(&server.graphql(), &id).await);
    let seen: Vec<&str> = seen.iter().map(|(text, _)| text.as_str()).collect();
    assert_eq!(seen, ["before the theft", "after the theft"]);
}

#[tokio::test]
async fn d32_a_proof_is_good_once_for_its_own_request() {
    let server = demo().await;
    let (visitor, thief) = robbed(&server).await;
    let (other, _) = robbed(&server).await;
    let proof = visitor.proof("GET", "/history");
    assert_eq!(thief.history_with(&proof).await.status, 200, "whoever has both at once is the client");
    assert_refused(&thief.history_with(&proof).await);
    let days_ago = visitor.proof_at("GET", "/history", -86_400);
    for bad in [
        visitor.proof("POST", "/history"),
        visitor.proof("GET", "/messages"),
        other.proof("GET", "/history"),
        days_ago,
        "x".to_owned(),
        String::new(),
    ] {
        assert_refused(&thief.history_with(&bad).await);
    }
    assert_eq!(visitor.history().await.status, 200);
    let mut codes = wait_for_alerts(&server, 7).await;
    codes.sort();
    codes.dedup();
    assert_eq!(
        codes,
        [
            "SESSION_PROOF_FOR_ANOTHER_REQUEST",
            "SESSION_PROOF_MALFORMED",
            "SESSION_PROOF_NOT_OF_NOW",
            "SESSION_PROOF_OF_ANOTHER_KEY",
            "SESSION_PROOF_REPLAYED",
        ]
    );
}

#[tokio::test]
async fn d32_a_stolen_token_opens_no_socket_and_is_no_step_to_another_session() {
    let server = demo().await;
    let (visitor, thief) = robbed(&server).await;
    let mut socket = visitor.socket().await;
    socket.expect("welcome").await;
    let mut stolen = thief.socket().await;
    assert_eq!(stolen.closed().await, Some(4404));
    // A renewal needs the key; what was opened goes on under the renewed token.
    let mut renewing = visitor.clone();
    let renewed = renewing.sign_in(&server.token("person")).await;
    assert_eq!(renewed["continuity"]["outcome"], "RENEWED");
    socket.frame(&json!({ "type": "renew", "token": renewed["session"]["accessToken"] })).await;
    socket.expect("renewed").await;

    // Presented by the thief it is as if absent: their own sign-in ends nobody's session.
    let mut switching = thief.clone();
    let own = switching.sign_in(&server.token("thief")).await;
    assert_eq!(own["continuity"]["outcome"], "NEW");
    socket.send("still here").await;
    socket.expect("ack").await;

    // Nor does it take a guest's conversation over.
    let mut guest = server.visitor();
    guest.make_key();
    guest.activate_anonymously().await;
    let id = guest.send("a guest's question").await["conversationId"].clone();
    let mut adopting = guest.without_key();
    adopting.device = None;
    let own = adopting.sign_in(&server.token("thief")).await;
    assert_eq!(own["continuity"]["outcome"], "NEW");
    assert_eq!(guest.send("and another").await["conversationId"], id);
}

#[tokio::test]
async fn d32_clients_without_a_key_go_on_as_before_and_keys_must_be_keys() {
    let server = demo().await;
    let mut headless = server.visitor();
    headless.sign_in(&server.token("person")).await;
    headless.send("without a key").await;
    assert_eq!(headless.history_with("nonsense").await.status, 200, "nobody asked for a proof");
    for bad in [
        json!({ "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA" }),
        json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB" }),
        json!({ "kty": "EC", "crv": "P-256", "x": "A", "y": "A", "d": "A" }),
        json!("key"),
    ] {
        let body =
            json!({ "projectId": "demo", "authenticationOption": { "type": "ANONYMOUS" }, "proofKey": bad });
        let url = format!("{}/visitor/v1/activate", server.url);
        let request = signet_testkit::client::plain().post(url).json(&body);
        let answer = Answer::read(request.send().await.unwrap()).await;
        assert_eq!((answer.status, answer.code()), (400, "REQUEST_INVALID"), "{bad}");
    }
    let _: Value = headless.activate_anonymously().await;
}
