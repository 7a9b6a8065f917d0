//! D32: a session token taken from where it lives is worth nothing elsewhere, and its theft is heard of.

use futures_util::future::join_all;
use serde_json::{Value, json};
use signet_testkit::server::Installation;
use signet_testkit::visitor::new_id;
use signet_testkit::{Answer, GraphqlClient, TestServer, VisitorClient};

use crate::customer_keys::person;
use crate::fixture::{BINARY, Served, ServedProject, conversation, demo, eventually, state, texts};
use crate::nodes::{Nodes, at};
use crate::observe::counts;

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

    assert_eq!(counts(&server.graphql(), "demo").await, (1, 0), "an alert is no refused sign-in");

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

/// Says hello with a proof of the caller's, and tells whether the socket was let in.
async fn let_in(visitor: &VisitorClient, proof: &str) -> bool {
    let mut socket = visitor.open_socket(&visitor.platform_origin).await.unwrap();
    let hello = json!({ "type": "hello", "token": visitor.token(), "conversationId": null, "sequence": 0, "proof": proof });
    socket.frame(&hello).await;
    socket.next_or_closed("welcome").await.is_some()
}

#[tokio::test]
async fn d32_a_copied_request_is_worth_nothing_at_another_node() {
    let Some(nodes) = Nodes::start().await else { return };
    let mut visitor = nodes.visitor();
    visitor.make_key();
    visitor.sign_in(&nodes.token("person").await).await;
    let there = at(&visitor, &nodes.two);
    let copied = visitor.proof("GET", "/history");
    assert_eq!(visitor.history_with(&copied).await.status, 200);
    assert_refused(&there.history_with(&copied).await);
    let copied = visitor.proof("GET", "/socket");
    assert!(let_in(&there, &copied).await);
    assert!(!let_in(&visitor, &copied).await, "and the other way round");

    // All at once, at both: one of them is the client.
    let copied = visitor.proof("GET", "/history");
    let tries = (0..20).map(|number| {
        let (client, copied) = (if number % 2 == 0 { &visitor } else { &there }, &copied);
        async move { client.history_with(copied).await.status }
    });
    let mut statuses = join_all(tries).await;
    statuses.sort_unstable();
    assert_eq!(statuses[..2], [200, 401], "{statuses:?}");
    // Who has the key goes on, wherever they are sent.
    assert_eq!(visitor.history().await.status, 200);
    assert_eq!(there.history().await.status, 200);
}

/// What the answer of an activation said is put into proofs from then on.
fn keep_nonce(visitor: &mut VisitorClient, answer: &Value) {
    visitor.nonce = answer["session"]["proofNonce"].as_str().map(str::to_owned);
    assert!(visitor.nonce.is_some(), "{answer}");
}

#[tokio::test]
async fn d32_a_proof_for_one_node_is_good_there_alone_and_once() {
    let Some(nodes) = Nodes::start().await else { return };
    let mut visitor = nodes.visitor();
    visitor.make_key();
    let answer = visitor.sign_in(&nodes.token("person").await).await;
    keep_nonce(&mut visitor, &answer);
    let there = at(&visitor, &nodes.two);
    let copied = visitor.proof("GET", "/history");
    for _ in 0..2 {
        // Refused before it is used up: it goes on being for the first node. And nobody is alarmed by a client that was sent elsewhere.
        let refused = there.history_with(&copied).await;
        assert_eq!((refused.status, refused.code()), (401, "SESSION_PROOF_ELSEWHERE"));
    }
    assert_eq!(visitor.history_with(&copied).await.status, 200);
    assert_refused(&visitor.history_with(&copied).await);
    let copied = visitor.proof("GET", "/socket");
    let mut refused = there.open_socket(&there.platform_origin).await.unwrap();
    let hello = json!({ "type": "hello", "token": there.token(), "conversationId": null, "sequence": 0, "proof": copied });
    refused.frame(&hello).await;
    assert_eq!(refused.closed().await, Some(4405));
    assert!(let_in(&visitor, &copied).await);
    assert!(!let_in(&visitor, &copied).await);
    // A renewal with a proof for another node is one without a session: it must be proved for any.
    let mut moved = there.clone();
    let renewed = moved.sign_in(&nodes.token("person").await).await;
    assert_eq!(renewed["continuity"]["outcome"], "NEW");
    moved.session.clone_from(&visitor.session);
    moved.nonce = None;
    let renewed = moved.sign_in(&nodes.token("person").await).await;
    assert_eq!(renewed["continuity"]["outcome"], "RENEWED");
    assert_ne!(renewed["session"]["proofNonce"], json!(visitor.nonce));
    keep_nonce(&mut moved, &renewed);
    assert_eq!(moved.history().await.status, 200);

    let query = "{ authenticationFailures(projectId: \"shop\") { nodes { fineCode } } }";
    let graphql = nodes.one.graphql(&nodes.project).await;
    let told = async || graphql.data(query, json!({})).await["authenticationFailures"]["nodes"].take();
    eventually("the two alerts", async || told().await.as_array().unwrap().len() == 2).await;
    let replayed = json!({ "fineCode": "SESSION_PROOF_REPLAYED" });
    assert_eq!(told().await, json!([replayed, replayed]));
}

#[tokio::test]
async fn d32_a_copied_request_is_worth_nothing_after_a_restart() {
    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "shop").await;
    let mut served = Served::start(installation, &[]).await;
    let mut visitor = served.visitor(&project);
    visitor.make_key();
    let answer = visitor.sign_in(&served.token(&project, "person").await).await;
    let copied = visitor.proof("GET", "/history");
    assert_eq!(visitor.history_with(&copied).await.status, 200);
    keep_nonce(&mut visitor, &answer);
    let for_this_process = visitor.proof("GET", "/history");
    assert_eq!(visitor.history_with(&for_this_process).await.status, 200);
    served.server.kill().await;
    let served = served.restart(&[]).await;
    visitor.moved_to(&served.server.url);
    assert_refused(&visitor.history_with(&copied).await);
    assert_eq!(visitor.history_with(&for_this_process).await.code(), "SESSION_PROOF_ELSEWHERE");
    visitor.nonce = None;
    assert_eq!(visitor.history().await.status, 200);
}

async fn demand_keys(owner: &GraphqlClient, demanded: bool) {
    let mutation = "mutation($on: Boolean!) { projectUpdate(input: { projectId: \"shop\", settings: { requiresSessionKey: $on } }) {
        project { requiresSessionKey } userErrors { message } } }";
    let done = owner.data(mutation, json!({ "on": demanded })).await;
    assert_eq!(done["projectUpdate"]["project"]["requiresSessionKey"], demanded, "{done}");
}

#[tokio::test]
async fn d32_a_project_may_demand_a_key_of_every_client() {
    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "shop").await;
    let served = Served::start(installation, &[]).await;
    let owner = person(&served, &project, "owner").await;
    let token = async || served.token(&project, "person").await;
    let mut keyless = served.visitor(&project);
    keyless.sign_in(&token().await).await;
    keyless.send("before").await;
    let mut open = keyless.socket().await;
    open.expect("welcome").await;
    let mut guest = served.visitor(&project);
    guest.activate_anonymously().await;
    let id = guest.send("a guest's question").await["conversationId"].clone();

    demand_keys(&owner, true).await;
    let before = state(&owner, "shop").await;
    // What was opened without a key has ended, whatever way it is used.
    for client in [&keyless, &guest] {
        let refused = client.history().await;
        assert_eq!((refused.status, refused.code()), (401, "SESSION_ENDED"));
    }
    open.send("through the open socket").await;
    assert_eq!(open.closed().await, Some(4401));
    assert_eq!(keyless.socket().await.closed().await, Some(4401));
    // Nobody comes in without one: by a token, as a guest, or by way of a program.
    for option in
        [json!({ "type": "SECURED_AUTHENTICATION", "token": token().await }), json!({ "type": "ANONYMOUS" })]
    {
        let refused = served.visitor(&project).try_activate(&option).await;
        assert_eq!((refused.status, refused.code()), (403, "SESSION_KEY_REQUIRED"), "{refused:?}");
        assert!(refused.body["reason"].as_str().unwrap().ends_with("this client brought none"));
    }
    let open = "mutation($token: String!) { visitorAuthenticateFromCredentials(input: { projectId: \"shop\", credentials: $token }) {
        visitorSessionToken { accessToken } userErrors { ... on AuthenticationUserError { code field } } } }";
    let answer = served.graphql(&project).await.data(open, json!({ "token": token().await })).await;
    assert_eq!(
        answer["visitorAuthenticateFromCredentials"],
        json!({ "visitorSessionToken": null,
            "userErrors": [{ "code": "SESSION_KEY_REQUIRED", "field": ["input", "projectId"] }] })
    );
    assert_eq!(state(&owner, "shop").await, before, "and nothing was written");
    let feed = "{ authenticationFailures(projectId: \"shop\") { nodes { code finding { title } } } }";
    eventually("the refusals in the feed", async || {
        let lines = owner.data(feed, json!({})).await["authenticationFailures"]["nodes"].clone();
        let told = |line: &Value| line["code"] == "SESSION_KEY_REQUIRED" && line["finding"].is_object();
        lines.as_array().unwrap().iter().filter(|line| told(line)).count() == 2
    })
    .await;

    // A session without a key is no step to one with: who brings a key and the stolen token gets a session of their own.
    let mut thief = guest.clone();
    thief.device = None;
    thief.make_key();
    thief.session.clone_from(&guest.session);
    let own = thief.sign_in(&served.token(&project, "thief").await).await;
    assert_eq!(own["continuity"]["outcome"], "NEW");
    // With a key everybody comes in, the guest with the device's credential to what was theirs.
    guest.session = None;
    guest.make_key();
    guest.activate_anonymously().await;
    assert_eq!(guest.send("with a key").await["conversationId"], id);
    keyless.make_key();
    assert_eq!(keyless.sign_in(&token().await).await["continuity"]["outcome"], "RESUMED");

    demand_keys(&owner, false).await;
    let mut headless = served.visitor(&project);
    headless.sign_in(&token().await).await;
    assert_eq!(headless.history().await.status, 200);
}

#[tokio::test]
async fn d32_every_node_follows_a_demand_made_at_the_command_line() {
    let Some(nodes) = Nodes::start().await else { return };
    let mut visitor = nodes.visitor();
    visitor.sign_in(&nodes.token("person").await).await;
    let set = ["project", "set", &nodes.project.id, "--require-session-key", "on"];
    assert_eq!(nodes.one.installation.run(&set).await["requiresSessionKey"], true);
    for client in [&visitor, &at(&visitor, &nodes.two)] {
        eventually("the session to end", async || client.history().await.code() == "SESSION_ENDED").await;
        eventually("clients without a key to be refused", async || {
            client.try_activate(&json!({ "type": "ANONYMOUS" })).await.code() == "SESSION_KEY_REQUIRED"
        })
        .await;
    }
}
