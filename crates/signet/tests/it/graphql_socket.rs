//! GraphQL over a WebSocket: `graphql-transport-ws`, who may open one, and resuming a subscription.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use signet_testkit::client::plain;
use signet_testkit::{TestServer, within};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::fixture::{answer, demo, watch};

/// A socket of which every frame is written by the test.
struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    async fn open(server: &TestServer, headers: &[(&'static str, &str)]) -> Self {
        let url = format!("{}/graphql", server.url.replacen("http", "ws", 1));
        let mut request = url.into_client_request().unwrap();
        let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
        let own = headers.iter().any(|(name, _)| *name == protocol.0);
        for (name, value) in headers.iter().chain((!own).then_some(&protocol)) {
            request
                .headers_mut()
                .insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        Self(within("the socket to open", tokio_tungstenite::connect_async(request)).await.unwrap().0)
    }

    /// Opens one and introduces a program.
    async fn greeted(server: &TestServer) -> Self {
        let mut socket = Self::open(server, &[]).await;
        let bearer = format!("Bearer {}", server.manifest.text("graphqlToken"));
        socket.say(json!({ "type": "connection_init", "payload": { "authorization": bearer } })).await;
        assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
        socket
    }

    async fn say(&mut self, frame: Value) {
        self.0.send(Message::text(frame.to_string())).await.unwrap();
    }

    async fn subscribe(&mut self, id: &str, query: &str) {
        self.say(json!({ "type": "subscribe", "id": id, "payload": { "query": query } })).await;
    }

    /// The next frame.
    async fn hear(&mut self) -> Value {
        self.next().await.unwrap_or_else(|code| panic!("closed with {code:?}"))
    }

    /// The code of the close that must come next.
    async fn closed(&mut self) -> u16 {
        match self.next().await {
            Ok(frame) => panic!("heard {frame} instead of a close"),
            Err(code) => code.expect("a close code"),
        }
    }

    async fn next(&mut self) -> Result<Value, Option<u16>> {
        within("a frame", async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                    Some(Ok(Message::Close(frame))) => return Err(frame.map(|frame| frame.code.into())),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return Err(None),
                }
            }
        })
        .await
    }
}

const TYPING: &str = "subscription { conversationEvents(projectId: \"demo\") { kind } }";

#[tokio::test]
async fn a_subscription_resumes_from_its_cursor_without_a_gap() {
    let server = demo().await;
    let agent = server.agent().await;
    let mut first = watch(&agent, "demo").await;
    let mut visitor = server.visitor();
    visitor.activate_anonymously().await;
    let conversation = visitor.send("one").await["conversationId"].clone();
    let text = |text: &'static str| move |data: &Value| data["conversationEvents"]["message"]["text"] == text;
    let heard = first.next_where(text("one")).await["conversationEvents"].clone();
    assert_eq!(heard["conversation"]["id"], conversation);
    assert_eq!(heard["conversation"]["identity"]["state"], "NOT_VERIFIED");
    let cursor = heard["cursor"].as_i64().unwrap();
    drop(first);

    visitor.send("two").await;
    answer(&agent, &conversation, "three").await;
    visitor.sign_in(&server.token("user-1")).await;
    let query = "subscription($after: Long) { conversationEvents(projectId: \"demo\", after: $after) {
        cursor kind message { text notice } conversation { id identity { state } visitor { externalUserId } lastMessage { text } } } }";
    let mut second = agent.subscribe(query, json!({ "after": cursor })).await;
    let mut missed = Vec::new();
    let mut expected = cursor;
    while missed.last() != Some(&json!("VISITOR_SIGNED_IN")) {
        let event = second.next().await["conversationEvents"].clone();
        let place = event["cursor"].as_i64().unwrap();
        assert!(place > expected, "{event} after {expected}");
        expected = place;
        let message = &event["message"];
        let said = if message["text"].is_null() { &message["notice"] } else { &message["text"] };
        if !said.is_null() {
            missed.push(said.clone());
        }
        if missed.last() == Some(&json!("VISITOR_SIGNED_IN")) {
            assert_eq!(event["conversation"]["identity"]["state"], "VERIFIED");
            assert_eq!(event["conversation"]["visitor"]["externalUserId"], "user-1");
            assert_eq!(event["conversation"]["lastMessage"]["text"], "three");
        }
    }
    assert_eq!(missed, [json!("two"), json!("three"), json!("VISITOR_SIGNED_IN")]);

    // And goes on live; what the visitor types is told and not kept.
    let mut socket = visitor.socket().await;
    socket.expect("welcome").await;
    socket.frame(&json!({ "type": "typing" })).await;
    let typing = second.next_where(|data| data["conversationEvents"]["kind"] == "VISITOR_TYPING").await;
    assert_eq!(typing["conversationEvents"]["cursor"], Value::Null);
    assert_eq!(typing["conversationEvents"]["conversation"]["id"], conversation);
    visitor.send("four").await;
    second.next_where(text("four")).await;
}

#[tokio::test]
async fn operations_answer_fail_and_end_as_the_protocol_says() {
    let server = demo().await;
    let mut socket = Socket::greeted(&server).await;
    socket.say(json!({ "type": "ping", "payload": { "n": 1 } })).await;
    assert_eq!(socket.hear().await, json!({ "type": "pong" }));

    socket.subscribe("q", "{ viewer { kind } }").await;
    let data = json!({ "viewer": { "kind": "API_CLIENT" } });
    assert_eq!(socket.hear().await, json!({ "type": "next", "id": "q", "payload": { "data": data } }));
    assert_eq!(socket.hear().await, json!({ "type": "complete", "id": "q" }));

    for (query, name) in [
        ("{ viewer {", "QUERY_SYNTAX_INVALID"),
        ("{ viewer { nothing } }", "QUERY_INVALID"),
        ("subscription { conversationEvents(projectId: \"nobody\") { kind } }", "NOT_FOUND"),
        ("subscription { conversationEvents(projectId: \"demo\", after: -1) { kind } }", "CURSOR_INVALID"),
    ] {
        socket.subscribe("e", query).await;
        let error = socket.hear().await;
        assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("e")), "{error}");
        assert_eq!(error["payload"][0]["extensions"]["name"], name, "{error}");
    }

    // A completed subscription is silent, and its id free again.
    socket.subscribe("s", TYPING).await;
    socket.say(json!({ "type": "complete", "id": "s" })).await;
    // Until the server has read this, an event may be on its way.
    socket.say(json!({ "type": "ping" })).await;
    assert_eq!(socket.hear().await, json!({ "type": "pong" }));
    let mut visitor = server.visitor();
    visitor.activate_anonymously().await;
    visitor.send("hello").await;
    socket.subscribe("s", "{ __typename }").await;
    assert_eq!(socket.hear().await["payload"]["data"], json!({ "__typename": "Query" }));
}

#[tokio::test]
async fn d35_only_a_token_or_a_page_of_ours_opens_a_socket() {
    let server = demo().await;
    let agent = &server.manifest.0["agents"][0];
    let credentials = json!({ "email": agent["email"], "password": agent["password"] });
    let request =
        plain().post(format!("{}/desk/session", server.url)).header("x-signet-desk", "1").json(&credentials);
    let response = request.send().await.unwrap();
    let cookie = response.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let bearer = format!("Bearer {}", server.manifest.text("graphqlToken"));
    let init = json!({ "type": "connection_init" });
    let open = async |headers: &[(&'static str, &str)], init: &Value| {
        let mut socket = Socket::open(&server, headers).await;
        socket.say(init.clone()).await;
        socket.next().await.map(|frame| frame["type"].clone())
    };

    let own = [("cookie", cookie.as_str()), ("origin", server.url.as_str())];
    assert_eq!(open(&own, &init).await, Ok(json!("connection_ack")));
    assert_eq!(open(&[("authorization", &bearer)], &init).await, Ok(json!("connection_ack")));

    let look_alike = format!("{}.evil.tld", server.url);
    let port = format!("{}0", server.url);
    for origin in ["null", "http://evil.example", &look_alike, &port] {
        let foreign = [("cookie", cookie.as_str()), ("origin", origin)];
        assert_eq!(open(&foreign, &init).await, Err(Some(4403)), "{origin}");
    }
    assert_eq!(open(&[("cookie", &cookie)], &init).await, Err(Some(4403)), "browsers name the origin");
    let forged = [("cookie", "signet_desk=forged"), ("origin", server.url.as_str())];
    assert_eq!(open(&forged, &init).await, Err(Some(4401)));
    assert_eq!(open(&[], &init).await, Err(Some(4401)));
    let nobody = json!({ "type": "connection_init", "payload": { "authorization": "Bearer nobody" } });
    assert_eq!(open(&[], &nobody).await, Err(Some(4401)));
    assert_eq!(open(&own, &nobody).await, Err(Some(4401)), "a bad token is not made good by a cookie");
}

#[tokio::test]
async fn who_breaks_the_protocol_is_cut_off_with_its_code() {
    let server = demo().await;
    let subscribe = json!({ "type": "subscribe", "id": "1", "payload": { "query": TYPING } });
    let mut early = Socket::open(&server, &[]).await;
    early.say(subscribe.clone()).await;
    assert_eq!(early.closed().await, 4401);

    for frame in [json!("x"), json!({ "type": "unknown" }), json!({ "type": "subscribe", "id": "1" })] {
        let mut socket = Socket::greeted(&server).await;
        socket.say(frame).await;
        assert_eq!(socket.closed().await, 4400);
    }
    let mut twice = Socket::greeted(&server).await;
    twice.say(json!({ "type": "connection_init" })).await;
    assert_eq!(twice.closed().await, 4429);
    let mut duplicate = Socket::greeted(&server).await;
    duplicate.say(subscribe.clone()).await;
    duplicate.say(subscribe).await;
    assert_eq!(duplicate.closed().await, 4409);
}

#[tokio::test]
async fn sockets_are_told_when_the_process_goes_down() {
    let mut server = demo().await;
    let mut idle = Socket::greeted(&server).await;
    let mut watching = Socket::greeted(&server).await;
    watching.subscribe("1", TYPING).await;
    server.terminate();
    assert_eq!(idle.closed().await, 1001);
    assert_eq!(watching.closed().await, 1001);
    assert!(server.stop().await.success());
}
