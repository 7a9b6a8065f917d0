//! What other sites' pages cannot do with the desk and the console: send requests in its name, frame it, plant or read its cookie.

use serde_json::json;
use signet_testkit::client::plain;
use signet_testkit::server::Installation;

use crate::fixture::{BINARY, ServedProject, demo};
use signet_testkit::TestServer;

/// Bodies that a page can send anywhere without asking first.
const SIMPLE: [(&str, &str); 4] = [
    ("application/x-www-form-urlencoded", "query=mutation%7Bx%7D"),
    (
        "multipart/form-data; boundary=x",
        "--x\r\ncontent-disposition: form-data; name=\"query\"\r\n\r\nx\r\n--x--\r\n",
    ),
    ("text/plain", "{\"query\":\"mutation { viewerOtherSessionsRevoke { userErrors { message } } }\"}"),
    ("text/plain; application/json", "{\"query\":\"{ viewer { id } }\"}"),
];

/// The desk's cookie of somebody who has signed in.
async fn cookie(server: &TestServer) -> String {
    let admin = &server.manifest.0["admin"];
    let url = format!("{}/desk/session", server.url);
    let request = plain().post(url).header("x-signet-desk", "1").json(admin);
    let response = request.send().await.unwrap();
    response.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn d36_forms_plain_texts_and_addresses_change_nothing() {
    let server = demo().await;
    let cookie = cookie(&server).await;
    let graphql = format!("{}/graphql", server.url);
    // With everything else right: the cookie, and even the header that no foreign page can send.
    for (media, body) in SIMPLE {
        let request = plain().post(&graphql).header("cookie", &cookie).header("x-signet-desk", "1");
        let refused = request.header("content-type", media).body(body).send().await.unwrap();
        assert_eq!(refused.status(), 415, "{media}");
    }
    let no_type = plain().post(&graphql).header("cookie", &cookie).header("x-signet-desk", "1").body("{}");
    assert_eq!(no_type.send().await.unwrap().status(), 415);
    let get = format!("{graphql}?query=mutation%7BviewerOtherSessionsRevoke%7BuserErrors%7Bmessage%7D%7D%7D");
    for header in [None, Some("1")] {
        let request = plain().get(&get).header("cookie", &cookie);
        let request = header.iter().fold(request, |request, value| request.header("x-signet-desk", *value));
        assert_eq!(request.send().await.unwrap().status(), 405);
    }
    // And as a form of another page would come, with the cookie alone.
    for (media, body) in SIMPLE {
        for path in ["/desk/session", "/graphql"] {
            let request = plain().post(format!("{}{path}", server.url)).header("cookie", &cookie);
            let status = request.header("content-type", media).body(body).send().await.unwrap().status();
            assert!([401, 403, 415].contains(&status.as_u16()), "{path} {media}: {status}");
        }
    }
    let still = plain().post(&graphql).header("cookie", &cookie).header("x-signet-desk", "1");
    let still = still.json(&json!({ "query": "{ viewer { id } }" })).send().await.unwrap();
    assert_eq!(still.status(), 200, "nobody was signed out");
}

#[tokio::test]
async fn d36_the_cookie_is_bound_to_its_host_and_to_tls() {
    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "shop-1").await;
    let create =
        ["agent", "create", "--email", "sam@desk.example", "--name", "Sam", "--project", &project.id];
    let created = installation.run(&create).await;
    let server = TestServer::serve(BINARY, &installation, &["--public-url", "https://chat.example"]).await;
    let credentials = json!({ "email": "sam@desk.example", "password": created["password"] });
    let request = plain().post(format!("{}/desk/session", server.url)).header("x-signet-desk", "1");
    let response = request.header("origin", "https://chat.example").json(&credentials).send().await.unwrap();
    assert_eq!(response.status(), 204);
    let cookies: Vec<_> =
        response.headers().get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect();
    assert!(cookies.iter().any(|cookie| cookie.starts_with("__Host-signet_desk=")), "{cookies:?}");
    for cookie in cookies {
        // The prefix is the browser's promise: no Domain, Path=/ and Secure (RFC 6265bis section 4.1.3.2).
        assert!(cookie.starts_with("__Host-") && cookie.contains("; Path=/;"), "{cookie}");
        assert!(cookie.contains("; Secure") && cookie.contains("; HttpOnly"), "{cookie}");
        assert!(cookie.contains("; SameSite=Strict") || cookie.contains("; SameSite=Lax"), "{cookie}");
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
    assert!(response.headers().contains_key("strict-transport-security"));
}

#[tokio::test]
async fn d37_no_answer_of_desk_and_console_can_be_framed() {
    let server = demo().await;
    let page = plain().get(format!("{}/desk", server.url)).send().await.unwrap().text().await.unwrap();
    let assets: Vec<&str> =
        page.split('"').filter(|part| part.starts_with('/') && part.contains('.')).collect();
    assert!(!assets.is_empty(), "the desk loads something");
    let mut paths = vec![
        "/desk",
        "/desk/",
        "/desk/nowhere",
        "/desk/session",
        "/admin",
        "/admin/",
        "/admin/nowhere/deeper",
        "/graphql",
        "/oauth2/token",
        "/_authenticated",
        "/nowhere",
        "/healthz",
        "/metrics",
        "/keys/platform.pem",
        "/desk/%2e%2e/x",
        "/desk/session/elsewhere",
    ];
    paths.extend(assets);
    for path in paths {
        for method in ["GET", "POST", "PUT", "DELETE", "OPTIONS"] {
            let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
            let request = plain().request(method.clone(), format!("{}{path}", server.url)).body("x");
            let answer = request.send().await.unwrap();
            let header = |name: &str| answer.headers().get(name).map_or("", |value| value.to_str().unwrap());
            let policy = header("content-security-policy");
            assert!(
                policy.contains("frame-ancestors 'none'"),
                "{method} {path} {}: {policy}",
                answer.status()
            );
            assert_eq!(header("x-frame-options"), "DENY", "{method} {path}");
            assert_eq!(header("x-content-type-options"), "nosniff", "{method} {path}");
            assert_eq!(header("referrer-policy"), "no-referrer", "{method} {path}");
        }
    }
}
