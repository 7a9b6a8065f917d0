//! The visitor API and the other HTTP surfaces, as their contract has them: forms, codes, headers, close codes.

use serde_json::{Value, json};
use signet_testkit::client::plain;
use signet_testkit::visitor::new_id;
use signet_testkit::{Answer, TestServer, VisitorClient};

use crate::fixture;

/// Each surface refuses to be framed, sniffed and cached by strangers, and says which request it answered.
#[tokio::test]
async fn every_answer_carries_its_id_and_the_security_headers() {
    let server = fixture::demo().await;
    let http = plain();
    for path in [
        "/",
        "/desk",
        "/desk/any/place",
        "/desk/none.js",
        "/admin",
        "/healthz",
        "/readyz",
        "/iadvize.js",
        "/signet.js",
        "/widget?project=demo&project=nobody",
        "/visitor/v1/history",
        "/visitor/v1/activate",
        "/graphql",
        "/_authenticated",
        "/.well-known/jwks.json",
        "/keys/platform.pem",
    ] {
        let response = http.get(format!("{}{path}", server.url)).send().await.unwrap();
        let header =
            |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header("x-content-type-options").as_deref(), Some("nosniff"), "{path}");
        assert_eq!(header("referrer-policy").as_deref(), Some("no-referrer"), "{path}");
        assert!(header("content-security-policy").unwrap().contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(header("access-control-allow-origin"), None, "{path}");
        assert_eq!(header("set-cookie"), None, "{path}");
        let id = header("x-request-id").unwrap();
        let answer = Answer::read(response).await;
        if let Some(correlation_id) = answer.body.get("correlationId") {
            assert_eq!(correlation_id, &id, "{path}");
        }
    }
}

#[tokio::test]
async fn the_widget_may_be_framed_by_the_projects_pages_alone() {
    let server = fixture::demo().await;
    let url = format!("{}/widget?project={}", server.url, server.manifest.text("projectId"));
    let response = plain().get(url).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(!response.headers().contains_key("x-frame-options"));
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
    assert!(policy.contains("frame-ancestors http://localhost:*"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
}

/// Its widget is there to say so; one that takes itself for a known project's must not be framed by strangers.
#[tokio::test]
async fn an_unknown_projects_widget_may_be_framed_by_anybody() {
    let server = fixture::demo().await;
    let project = server.manifest.text("projectId").to_owned();
    for query in ["?project=nobody", "?project=", ""] {
        let response = plain().get(format!("{}/widget{query}", server.url)).send().await.unwrap();
        assert_eq!(response.status(), 404, "{query}");
        assert!(!response.headers().contains_key("x-frame-options"), "{query}");
        assert_eq!(response.headers()["cache-control"], "no-store", "{query}");
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.ends_with("; frame-ancestors *"), "{policy}");
        assert!(response.text().await.unwrap().contains("/widget/widget.js"), "{query}");
    }
    for query in [format!("?project={project}&project=nobody"), format!("?project=nobody&project={project}")]
    {
        let response = plain().get(format!("{}/widget{query}", server.url)).send().await.unwrap();
        assert_eq!(response.status(), 404, "{query}");
        assert_eq!(response.headers()["x-frame-options"], "DENY", "{query}");
        assert!(!response.text().await.unwrap().contains("widget.js"), "{query}");
    }
}

/// The frame hides from the page why it stays empty; this script says it.
#[tokio::test]
async fn the_tags_script_tells_a_page_why_it_has_no_chat() {
    let server = fixture::demo().await;
    let settings = async |path: &str| {
        let response = plain().get(format!("{}/visitor/v1/tag/{path}", server.url)).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()["cross-origin-resource-policy"], "cross-origin", "{path}");
        let text = response.text().await.unwrap();
        let json = text.strip_prefix("(window.__signet=window.__signet||{}).project=").unwrap();
        serde_json::from_str::<Value>(json.strip_suffix(';').unwrap()).unwrap()
    };
    let allowed = json!({ "id": "demo", "authenticatedMode": "ON" });
    assert_eq!(settings("demo.js").await, allowed);
    assert_eq!(settings("demo.js?origin=http://127.0.0.1:9").await, allowed);

    let reason = "Failed to fetch authentication with a server error: this page's origin is not allowed for the project";
    for (origin, advice) in [
        ("https://evil.example", "add https://evil.example to the allowed origins of project demo"),
        ("null", "this page has no http or https origin that could be allowed"),
        ("%3C/script%3E%22", "this page has no http or https origin that could be allowed"),
    ] {
        assert_eq!(
            settings(&format!("demo.js?origin={origin}")).await,
            json!({ "id": "demo", "authenticatedMode": "ON", "refused": "ORIGIN_NOT_ALLOWED", "reason": reason,
                "advice": advice })
        );
    }
    assert_eq!(
        settings("nobody.js?origin=https://evil.example").await,
        json!({ "refused": "PROJECT_NOT_SET_UP",
            "reason": "Failed to authenticate visitor from credentials : the website is not correctly setup (null)",
            "advice": "no project has the sid of this page's snippet" })
    );
    let unknown = plain().get(format!("{}/visitor/v1/tag/nobody.js", server.url)).send().await.unwrap();
    assert_eq!(unknown.status(), 404);
}

#[tokio::test]
async fn built_files_are_compressed_and_revalidated() {
    let server = fixture::demo().await;
    let url = format!("{}/iadvize.js", server.url);
    let plain_file = plain().get(&url).send().await.unwrap();
    let etag = plain_file.headers()["etag"].clone();
    assert_eq!(plain_file.headers()["cross-origin-resource-policy"], "cross-origin");
    let size = plain_file.bytes().await.unwrap().len();
    let gzip = plain().get(&url).header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(gzip.headers()["content-encoding"], "gzip");
    assert_ne!(gzip.headers()["etag"], etag);
    assert!(gzip.bytes().await.unwrap().len() < size);
    let again = plain().get(&url).header("if-none-match", etag).send().await.unwrap();
    assert_eq!(again.status(), 304);
}

async fn post(server: &TestServer, path: &str, content_type: &str, body: impl Into<reqwest::Body>) -> Answer {
    let request =
        plain().post(format!("{}{path}", server.url)).header("content-type", content_type).body(body);
    Answer::read(request.send().await.unwrap()).await
}

#[tokio::test]
async fn requests_that_break_the_form_are_told_so() {
    let server = fixture::demo().await;
    let path = "/visitor/v1/activate";
    let project = server.manifest.text("projectId");
    for (content_type, body, status, code) in [
        ("text/plain", "{}".to_owned(), 415, "CONTENT_TYPE_NOT_SUPPORTED"),
        ("application/json", "{".to_owned(), 400, "REQUEST_INVALID"),
        ("application/json", "{}".to_owned(), 400, "REQUEST_INVALID"),
        (
            "application/json",
            format!(r#"{{"projectId":"{project}","projectId":"{project}"}}"#),
            400,
            "REQUEST_INVALID",
        ),
        ("application/json", format!(r#"{{"projectId":"{project}","admin":true}}"#), 400, "REQUEST_INVALID"),
        ("application/json", format!(r#"{{"projectId":"{project}"}}"#), 400, "OPTION_INVALID"),
        (
            "application/json",
            format!(r#"{{"projectId":"{project}","authenticationOption":"ANONYMOUS"}}"#),
            400,
            "OPTION_INVALID",
        ),
        ("application/json", "x".repeat(70_000), 400, "TOKEN_MALFORMED"),
    ] {
        let answer = post(&server, path, content_type, body).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{answer:?}");
        assert!(answer.body["correlationId"].is_string(), "{answer:?}");
    }
    let option = json!({ "type": "SECURED_AUTHENTICATION", "token": "not a token" });
    let refused = server.visitor().try_activate(&option).await;
    assert_eq!((refused.status, refused.code()), (400, "TOKEN_MALFORMED"));
    assert_eq!(refused.body["status"], "authentication-failure");
}

#[tokio::test]
async fn messages_and_history_over_http() {
    let server = fixture::demo().await;
    let mut visitor = server.visitor();
    visitor.activate_anonymously().await;
    for (id, text, code) in [
        ("not a uuid".to_owned(), "hi".to_owned(), "CLIENT_MESSAGE_ID_INVALID"),
        (new_id(), " \n".to_owned(), "MESSAGE_EMPTY"),
        (new_id(), "x".repeat(10_001), "MESSAGE_TOO_LONG"),
    ] {
        let refused = visitor.try_send(&id, &text).await;
        assert_eq!((refused.status, refused.code()), (400, code));
    }
    for number in 1..=5 {
        assert_eq!(visitor.send(&format!("text {number}")).await["sequence"], number);
    }

    let newest = visitor.history_page(2, None).await.ok();
    assert_eq!(texts(&newest), ["text 4", "text 5"]);
    let older = visitor.history_page(2, newest["before"].as_str()).await.ok();
    assert_eq!(texts(&older), ["text 2", "text 3"]);
    let oldest = visitor.history_page(2, older["before"].as_str()).await.ok();
    assert_eq!((texts(&oldest), &oldest["before"]), (vec!["text 1".to_owned()], &Value::Null));

    for (limit, before, code) in
        [(0, None, "LIMIT_INVALID"), (101, None, "LIMIT_INVALID"), (1, Some("AAAA"), "CURSOR_INVALID")]
    {
        let refused = visitor.history_page(limit, before).await;
        assert_eq!((refused.status, refused.code()), (400, code));
    }
    // A cursor is no key: another visitor reads nothing with it.
    let mut other = server.visitor();
    other.activate_anonymously().await;
    let refused = other.history_page(2, newest["before"].as_str()).await;
    assert_eq!((refused.status, refused.code()), (400, "CURSOR_INVALID"));
}

fn texts(page: &Value) -> Vec<String> {
    page["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["text"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn one_socket_keeps_the_order_of_what_it_was_sent() {
    let server = fixture::demo().await;
    let mut visitor = server.visitor();
    visitor.activate_anonymously().await;
    let mut socket = visitor.socket().await;
    // More than may be under way at once, without waiting for an answer.
    let mut ids = Vec::new();
    for number in 0..50 {
        ids.push(socket.send(&format!("{number}")).await);
    }
    for (number, id) in ids.iter().enumerate() {
        let ack = socket.expect("ack").await;
        assert_eq!((&ack["clientMessageId"], &ack["sequence"]), (&json!(id), &json!(number + 1)));
    }
    let stored = texts(&visitor.history().await.ok());
    assert_eq!(stored, (0..50).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_was_sent_before_the_client_left_is_stored() {
    let server = fixture::demo().await;
    let mut visitor = server.visitor();
    visitor.activate_anonymously().await;
    let mut watching = visitor.socket().await;
    watching.expect("welcome").await;
    let mut leaving = visitor.socket().await;
    for number in 0..20 {
        leaving.send(&format!("{number}")).await;
    }
    leaving.leave().await;
    watching.expect_text("19").await;
}

#[tokio::test]
async fn frames_are_refused_one_by_one() {
    let server = fixture::demo().await;
    let mut visitor = server.visitor();
    visitor.activate_anonymously().await;
    let mut socket = visitor.socket().await;
    let id = new_id();
    for (frame, client_message_id, code) in [
        (
            json!({ "type": "send", "clientMessageId": "7", "text": "hi" }),
            json!("7"),
            "CLIENT_MESSAGE_ID_INVALID",
        ),
        (json!({ "type": "send", "clientMessageId": id, "text": "" }), json!(id), "MESSAGE_EMPTY"),
        (
            json!({ "type": "send", "clientMessageId": id, "text": "x".repeat(10_001) }),
            json!(id),
            "MESSAGE_TOO_LONG",
        ),
        (
            json!({ "type": "send", "clientMessageId": id, "text": "hi", "assurance": "VERIFIED" }),
            Value::Null,
            "FRAME_INVALID",
        ),
        (json!({ "type": "unheard of" }), Value::Null, "FRAME_INVALID"),
    ] {
        socket.frame(&frame).await;
        let refused = socket.expect("refused").await;
        assert_eq!((&refused["clientMessageId"], &refused["code"]), (&client_message_id, &json!(code)));
    }
    socket.frame(&json!({ "type": "ping" })).await;
    socket.expect("pong").await;
    assert_eq!(texts(&visitor.history().await.ok()), Vec::<String>::new());
}

/// What `converse` sends, on a socket of its own, ends it with this code.
async fn closes_with(visitor: &VisitorClient, server: &TestServer, frames: &[Value]) -> Option<u16> {
    let mut socket = visitor.open_socket(&server.url).await.unwrap();
    for frame in frames {
        socket.frame(frame).await;
    }
    socket.closed().await
}

#[tokio::test]
async fn sockets_close_with_the_codes_of_the_contract() {
    let server = fixture::demo().await;
    let mut visitor = server.visitor();
    visitor.activate_anonymously().await;
    let hello = json!({ "type": "hello", "token": visitor.token(), "conversationId": null, "sequence": 0 });
    let forged = json!({ "type": "hello", "token": "eyJhbGciOiJub25lIn0.e30.", "conversationId": null, "sequence": 0 });
    let long = json!({ "type": "send", "clientMessageId": new_id(), "text": "x".repeat(70_000) });
    let mut invalid = vec![hello.clone()];
    invalid.extend(std::iter::repeat_n(json!({ "type": "unheard of" }), 17));

    assert_eq!(closes_with(&visitor, &server, &[json!({ "type": "ping" })]).await, Some(4400));
    assert_eq!(closes_with(&visitor, &server, &[hello.clone(), hello.clone()]).await, Some(4400));
    assert_eq!(closes_with(&visitor, &server, &[hello.clone(), long]).await, Some(4400));
    assert_eq!(closes_with(&visitor, &server, &invalid).await, Some(4400));
    assert_eq!(closes_with(&visitor, &server, &[forged]).await, Some(4401));
    assert_eq!(closes_with(&visitor, &server, &[]).await, Some(4408));

    visitor.logout().await;
    assert_eq!(closes_with(&visitor, &server, &[hello]).await, Some(4401));
}

#[tokio::test]
async fn tokens_for_integrations() {
    let server = fixture::demo().await;
    let (id, secret) = (&server.manifest.0["oauthClient"]["id"], &server.manifest.0["oauthClient"]["secret"]);
    let (id, secret) = (id.as_str().unwrap(), secret.as_str().unwrap());
    let ask = async |form: &[(&str, &str)]| {
        let request = plain().post(format!("{}/oauth2/token", server.url)).form(form);
        Answer::read(request.send().await.unwrap()).await
    };
    let grant = ("grant_type", "client_credentials");
    let issued = ask(&[grant, ("client_id", id), ("client_secret", secret)]).await.ok();
    assert_eq!((&issued["token_type"], &issued["refresh_token"]), (&json!("Bearer"), &json!("none")));
    let basic =
        plain().post(format!("{}/oauth2/token", server.url)).basic_auth(id, Some(secret)).form(&[grant]);
    Answer::read(basic.send().await.unwrap()).await.ok();

    for (form, status, error) in [
        (vec![("client_id", id)], 400, "invalid_request"),
        (vec![grant, grant], 400, "invalid_request"),
        (vec![("grant_type", "implicit")], 400, "unsupported_grant_type"),
        (vec![grant, ("client_id", id), ("client_secret", "wrong")], 401, "invalid_client"),
        (
            vec![grant, ("client_id", id), ("client_secret", secret), ("scope", "everything")],
            400,
            "invalid_scope",
        ),
        (
            vec![
                ("grant_type", "password"),
                ("username", "nobody@shop.example"),
                ("password", "wrong wrong wrong"),
            ],
            400,
            "invalid_grant",
        ),
    ] {
        let refused = ask(&form).await;
        assert_eq!((refused.status, &refused.body["error"]), (status, &json!(error)), "{form:?}");
    }

    let authenticated = async |token: &str| {
        let request = plain().get(format!("{}/_authenticated", server.url)).bearer_auth(token);
        Answer::read(request.send().await.unwrap()).await
    };
    let good = authenticated(issued["access_token"].as_str().unwrap()).await;
    assert_eq!((good.status, good.body), (200, json!({ "authenticated": true })));
    let bad = authenticated("nonsense").await;
    let words = json!({ "error_description": "access token not valid", "error": "invalid_token" });
    assert_eq!((bad.status, bad.body), (401, words));
}

#[tokio::test]
async fn d36_only_the_desks_own_page_signs_in() {
    let server = fixture::demo().await;
    let admin = &server.manifest.0["admin"];
    let url = format!("{}/desk/session", server.url);
    let right = |request: reqwest::RequestBuilder| request.header("x-signet-desk", "1").json(admin);
    let refusals = [
        (plain().post(&url).json(admin), 403, "DESK_HEADER_MISSING"),
        (right(plain().post(&url)).header("origin", "https://evil.example"), 403, "ORIGIN_NOT_ALLOWED"),
        (right(plain().post(&url)).header("origin", "null"), 403, "ORIGIN_NOT_ALLOWED"),
        (
            plain()
                .post(&url)
                .header("x-signet-desk", "1")
                .header("content-type", "text/plain")
                .body(admin.to_string()),
            415,
            "CONTENT_TYPE_NOT_SUPPORTED",
        ),
        (plain().delete(&url), 403, "DESK_HEADER_MISSING"),
    ];
    for (request, status, code) in refusals {
        let response = request.send().await.unwrap();
        assert!(!response.headers().contains_key("set-cookie"));
        let refused = Answer::read(response).await;
        assert_eq!((refused.status, refused.code()), (status, code));
    }

    let signed_in = right(plain().post(&url)).header("origin", &server.url).send().await.unwrap();
    assert_eq!(signed_in.status(), 204);
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("; HttpOnly; SameSite=Strict"), "{cookie}");
    let pair = cookie.split(';').next().unwrap();
    let signed_out =
        plain().delete(&url).header("x-signet-desk", "1").header("cookie", pair).send().await.unwrap();
    assert_eq!(signed_out.status(), 204);
    assert!(signed_out.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
}
