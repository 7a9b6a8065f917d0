//! Attacks on sessions, origins and logs (SECURITY sections 4.2 and 4.3).

use serde_json::{Value, json};
use signet_testkit::server::Installation;
use signet_testkit::visitor::new_id;
use signet_testkit::{TestServer, VisitorClient};

use crate::fixture::{BINARY, PUBLIC_URL, Served, ServedProject, conversation, demo, state, texts};

/// Every door answers that the session is over, and a socket with its token closes.
async fn shut_out(thief: &VisitorClient, platform: &str) {
    let sent = thief.try_send(&new_id(), "from the thief").await;
    assert_eq!((sent.status, sent.code()), (401, "SESSION_ENDED"));
    let history = thief.history().await;
    assert_eq!((history.status, history.code()), (401, "SESSION_ENDED"));
    let mut socket = thief.open_socket(platform).await.unwrap();
    socket.hello(thief.token(), None).await;
    assert_eq!(socket.closed().await, Some(4401));
}

#[tokio::test]
async fn d24_the_anonymous_session_dies_when_its_visitor_signs_in() {
    let server = demo().await;
    let mut victim = server.visitor();
    victim.activate_anonymously().await;
    let id = victim.send("before the seam").await["conversationId"].clone();
    let thief = victim.clone();
    let mut planted = thief.socket().await;
    planted.expect("welcome").await;

    victim.sign_in(&server.token("victim")).await;
    assert_eq!(planted.closed().await, Some(4401));
    shut_out(&thief, &server.url).await;
    victim.send("after the seam").await;

    // The stolen device credential opens a session of somebody new.
    let mut stranger = server.visitor();
    stranger.device.clone_from(&thief.device);
    let activated = stranger.activate_anonymously().await;
    assert_eq!(stranger.history().await.ok()["entries"], json!([]));
    let seen = conversation(&server.graphql(), &id).await;
    assert_ne!(activated["session"]["visitorId"], seen["visitor"]["visitorId"]);
    assert_eq!(texts(&seen).len(), 2);

    // Nor does the stolen session make the victim's conversation somebody else's.
    let mut usurper = thief.clone();
    let taken = usurper.sign_in(&server.token("usurper")).await;
    assert_ne!(taken["continuity"]["outcome"], "ADOPTED");
    assert_eq!(usurper.history().await.ok()["entries"], json!([]));
}

#[tokio::test]
async fn d28_signing_out_ends_every_socket_and_the_token() {
    let server = demo().await;
    let mut visitor = server.visitor();
    visitor.sign_in(&server.token("person")).await;
    visitor.send("hello").await;
    let thief = visitor.clone();
    let (mut first, mut second) = (visitor.socket().await, thief.socket().await);
    first.expect("welcome").await;
    second.expect("welcome").await;
    assert_eq!(visitor.logout().await, 204);
    let closed = async { (first.closed().await, second.closed().await) };
    let closed = tokio::time::timeout(std::time::Duration::from_secs(5), closed).await.unwrap();
    assert_eq!(closed, (Some(4401), Some(4401)));
    shut_out(&thief, &server.url).await;
}

#[tokio::test]
async fn d28_signing_out_as_a_guest_forgets_the_device() {
    let server = demo().await;
    let mut guest = server.visitor();
    guest.activate_anonymously().await;
    guest.send("on a shared computer").await;
    assert_eq!(guest.logout().await, 204);
    let mut next = server.visitor();
    next.device.clone_from(&guest.device);
    next.activate_anonymously().await;
    assert_eq!(next.history().await.ok()["entries"], json!([]));
}

const REVOKE: &str = "mutation($input: VisitorSessionsRevokeInput!) { visitorSessionsRevoke(input: $input) {
    revokedCount userErrors { __typename message field } } }";

#[tokio::test]
async fn d28_the_brand_revokes_and_every_node_closes() {
    // Without a server the kit has said so, or has failed in CI.
    let Some(server) = signet_testkit::postgres::shared() else { return };
    let database = server.database().await;
    let installation = Installation::new(BINARY, Some(&database));
    let project = ServedProject::create(&installation, "bank").await;
    let other = ServedProject::create(&installation, "other").await;
    let one = Served::start(installation, &[]).await;
    let two = TestServer::serve(BINARY, &one.installation, &["--public-url", PUBLIC_URL]).await;
    let graphql = one.graphql(&project).await;
    let revoke = async |graphql: &signet_testkit::GraphqlClient, project: &str, by: Value| {
        let mut input = by;
        input["projectId"] = json!(project);
        graphql.data(REVOKE, json!({ "input": input })).await["visitorSessionsRevoke"].clone()
    };

    let mut visitor = one.visitor(&project);
    let activated = visitor.sign_in(&one.token(&project, "person").await).await;
    let id = visitor.send("hello").await["conversationId"].clone();
    let thief = visitor.clone();
    let mut there = visitor.clone();
    there.moved_to(&two.url);
    let (mut here, mut elsewhere) = (visitor.socket().await, there.socket().await);
    here.expect("welcome").await;
    elsewhere.expect("welcome").await;

    // Neither another project's client, nor two names at once, nor none.
    let stranger = one.graphql(&other).await;
    let refused = revoke(&stranger, "bank", json!({ "userId": "person" })).await;
    assert_eq!(refused["userErrors"][0]["__typename"], "NotFoundUserError");
    assert_eq!(revoke(&stranger, "other", json!({ "userId": "person" })).await["revokedCount"], 0);
    let session = activated["session"]["sessionId"].clone();
    let by_id = revoke(&stranger, "other", json!({ "sessionId": session })).await;
    assert_eq!(by_id["revokedCount"], 0);
    for unclear in [json!({}), json!({ "userId": "person", "signingKey": "x" })] {
        let refused = revoke(&graphql, "bank", unclear).await;
        assert_eq!(refused["userErrors"][0]["__typename"], "InvalidInputUserError");
    }
    visitor.send("still here").await;

    let answer = revoke(&graphql, "bank", json!({ "userId": "person" })).await;
    assert_eq!(answer, json!({ "revokedCount": 1, "userErrors": [] }));
    let closed = async { (here.closed().await, elsewhere.closed().await) };
    let closed = tokio::time::timeout(std::time::Duration::from_secs(5), closed).await.unwrap();
    assert_eq!(closed, (Some(4401), Some(4401)));
    shut_out(&thief, PUBLIC_URL).await;
    shut_out(&there, PUBLIC_URL).await;
    let seen = conversation(&graphql, &id).await;
    assert_eq!(seen["identity"]["lapseReason"], "REVOKED");
    assert_eq!(crate::fixture::notices(&seen), ["IDENTITY_LAPSED"]);
}

#[tokio::test]
async fn a_sign_out_that_waited_for_the_network_needs_only_its_handle() {
    let server = demo().await;
    let mut visitor = server.visitor();
    let activated = visitor.sign_in(&server.token("person")).await;
    visitor.send("hello").await;
    let thief = visitor.clone();
    let mut socket = visitor.socket().await;
    socket.expect("welcome").await;
    visitor.session = activated["session"]["signOutHandle"].as_str().map(str::to_owned);
    let read = visitor.history().await;
    assert_eq!((read.status, read.code()), (401, "SESSION_ENDED"), "a handle reads nothing");
    assert_eq!((visitor.logout().await, visitor.logout().await), (204, 204));
    assert_eq!(socket.closed().await, Some(4401));
    shut_out(&thief, &server.url).await;
}

#[tokio::test]
async fn d35_only_pages_on_the_list_may_activate() {
    let server = demo().await;
    let graphql = server.graphql();
    let before = state(&graphql, "demo").await;
    let token = server.token("person");
    let origins = [
        "http://127.0.0.1.evil.tld",
        "https://shop.example.evil.tld",
        "http://127.0.0.1:80",
        "http://127.0.0.1.",
        "http://LOCALHOST",
        "null",
        "",
        "ftp://127.0.0.1",
        "http://evil@127.0.0.1",
        "https://xn--lcalhost-54a.tld",
    ];
    for origin in origins {
        let mut visitor = server.visitor();
        visitor.embedding_origin = Some(origin.to_owned());
        for answer in
            [visitor.try_token(&token).await, visitor.try_activate(&json!({ "type": "ANONYMOUS" })).await]
        {
            assert_eq!((answer.status, answer.code()), (403, "ORIGIN_NOT_ALLOWED"), "{origin}");
        }
    }
    assert_eq!(state(&graphql, "demo").await, before);
}

#[tokio::test]
async fn d35_other_sites_pages_reach_neither_socket_nor_api() {
    let server = demo().await;
    let mut visitor = server.visitor();
    visitor.activate_anonymously().await;
    let shop = server.manifest.text("shopUrl").to_owned();
    let port = server.url.rsplit(':').next().unwrap();
    let trailing = format!("http://127.0.0.1.:{port}");
    let secure = server.url.replacen("http", "https", 1);
    for origin in [shop.as_str(), "http://evil.example", "null", &trailing, &secure, "http://127.0.0.1"] {
        assert_eq!(visitor.open_socket(origin).await.err(), Some(403), "{origin}");
        let request = signet_testkit::client::plain()
            .post(format!("{}/visitor/v1/messages", server.url))
            .header("origin", origin)
            .bearer_auth(visitor.token())
            .json(&json!({ "clientMessageId": new_id(), "text": "from elsewhere" }));
        assert_eq!(request.send().await.unwrap().status(), 403, "{origin}");
    }
    // The right origin alone is no credential.
    let mut socket = visitor.open_socket(&server.url).await.unwrap();
    socket.hello("eyJhbGciOiJub25lIn0.e30.", None).await;
    assert_eq!(socket.closed().await, Some(4401));
    assert_eq!(visitor.history().await.ok()["entries"], json!([]));
}
