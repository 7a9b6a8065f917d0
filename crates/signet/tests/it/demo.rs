//! The demo: its manifest, its shop, its data.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use signet_testkit::client::plain;
use signet_testkit::{TestServer, browser};

use crate::fixture::{BINARY, demo};

async fn sign_in(shop: &str, login: &str, password: &str) -> (reqwest::Client, reqwest::Response) {
    let browser = browser();
    let form = [("login", login), ("password", password)];
    let page = browser.post(format!("{shop}/login")).form(&form).send().await.unwrap();
    (browser, page)
}

#[tokio::test]
async fn the_manifest_has_every_address_and_credential() {
    let server = demo().await;
    let manifest = &server.manifest.0;
    let names: BTreeSet<&str> = manifest.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = BTreeSet::from([
        "platformUrl",
        "shopUrl",
        "deskUrl",
        "consoleUrl",
        "graphqlUrl",
        "projectId",
        "platformPublicKeyPem",
        "customerPrivateKeyPem",
        "customerKeyId",
        "admin",
        "agents",
        "shopUsers",
        "graphqlToken",
        "oauthClient",
    ]);
    assert_eq!(names, expected);
    assert_eq!(manifest["projectId"], "demo");
    assert_eq!(manifest["shopUsers"].as_array().unwrap().len(), 3);
    assert_eq!(manifest["agents"].as_array().unwrap().len(), 2);

    let fetch = async |path: &str| {
        let response = plain().get(format!("{}{path}", server.url)).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.text().await.unwrap()
    };
    assert_eq!(
        fetch("/keys/platform.pem").await.trim(),
        manifest["platformPublicKeyPem"].as_str().unwrap().trim()
    );
    for path in
        ["/healthz", "/readyz", "/metrics", "/desk", "/iadvize.js", "/signet.js", "/.well-known/jwks.json"]
    {
        fetch(path).await;
    }
    let viewer =
        server.graphql().data("{ viewer { kind rights { projectId role scopes } } }", json!({})).await;
    let scopes = [
        "projects:read",
        "conversations:read",
        "conversations:write",
        "visitors:read",
        "visitors:authenticate",
    ];
    assert_eq!(
        viewer["viewer"],
        json!({ "kind": "API_CLIENT", "rights": [{ "projectId": "demo", "role": null, "scopes": scopes }] })
    );

    let client = &manifest["oauthClient"];
    let (id, secret) = (client["id"].as_str().unwrap(), client["secret"].as_str().unwrap());
    signet_testkit::GraphqlClient::client(&server.url, id, secret).await;
    for person in manifest["agents"].as_array().unwrap().iter().chain([&manifest["admin"]]) {
        let (email, password) = (person["email"].as_str().unwrap(), person["password"].as_str().unwrap());
        let agent = signet_testkit::GraphqlClient::sign_in(&server.url, email, password).await;
        let viewer = agent.data("{ viewer { kind email } }", json!({})).await;
        assert_eq!(viewer["viewer"], json!({ "kind": "AGENT", "email": email }));
    }
}

#[tokio::test]
async fn the_project_is_set_up_as_promised() {
    let server = TestServer::demo(BINARY, &["--session-lifetime", "7m"]).await;
    let query = "{ project(projectId: \"demo\") { authenticatedMode tokenProfile claimPrefix sessionLifetimeSeconds } }";
    let project = server.graphql().data(query, json!({})).await["project"].clone();
    assert_eq!(
        project,
        json!({ "authenticatedMode": "ON", "tokenProfile": "COMPATIBLE", "claimPrefix": "https://iadvize.com/",
            "sessionLifetimeSeconds": 420 })
    );
    let tag = plain()
        .get(format!("{}/visitor/v1/tag/demo.js", server.url))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(tag.contains("\"authenticatedMode\":\"ON\""), "{tag}");
}

#[tokio::test]
async fn the_shops_pages_carry_the_snippet_under_a_strict_policy() {
    let server = demo().await;
    let shop = server.manifest.text("shopUrl");
    let host = server.url.strip_prefix("http://").unwrap();
    for path in ["/", "/login"] {
        let response = plain().get(format!("{shop}{path}")).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        let page = response.text().await.unwrap();
        assert!(page.contains(&format!("<script async src=\"//{host}/iadvize.js\"></script>")), "{path}");
        assert!(page.contains("iAdvizeInterface.config = { sid: 'demo' };"), "{path}");
        assert!(!page.contains("{{"), "{path} has an unfilled place");
        let directive = |name: &str| policy.split("; ").find(|d| d.starts_with(name)).unwrap().to_owned();
        let nonce = page.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(directive("script-src"), format!("script-src 'self' 'nonce-{nonce}' {}", server.url));
        assert_eq!(directive("frame-src"), format!("frame-src {}", server.url));
        assert_eq!(directive("default-src"), "default-src 'none'");
        assert_eq!(page.matches("style=").count(), 0, "inline styles would need a hole in the policy");
    }
    assert_eq!(plain().get(format!("{shop}/nowhere")).send().await.unwrap().status(), 404);
    let account = plain().get(format!("{shop}/account")).send().await.unwrap();
    assert_eq!((account.status().as_u16(), account.headers()["location"].to_str().unwrap()), (303, "/login"));
}

#[tokio::test]
async fn only_the_shops_own_cookie_buys_a_token() {
    let server = TestServer::demo(BINARY, &["--token-lifetime", "90s"]).await;
    let shop = server.manifest.text("shopUrl");
    let address = format!("{shop}/signet-token");
    assert_eq!(plain().get(&address).send().await.unwrap().status(), 401);
    let forged = plain().get(&address).header("cookie", "lumen_session=AAAA").send().await.unwrap();
    assert_eq!(forged.status(), 401);

    let user = &server.manifest.0["shopUsers"][0];
    let field = |name: &str| user[name].as_str().unwrap();
    let (stranger, refused) = sign_in(shop, field("login"), "wrong").await;
    assert_eq!(refused.status(), 401);
    assert!(refused.text().await.unwrap().contains("role=\"alert\""));
    assert_eq!(stranger.get(&address).send().await.unwrap().status(), 401);

    let (browser, page) = sign_in(shop, field("login"), field("password")).await;
    assert_eq!(page.url().path(), "/account");
    assert!(page.text().await.unwrap().contains("Jane Whitfield"));
    let response = browser.get(&address).send().await.unwrap();
    assert_eq!(response.headers()["cache-control"], "no-store");
    let answer: Value = response.json().await.unwrap();
    let mut visitor = server.visitor();
    let activated = visitor.sign_in(answer["token"].as_str().unwrap()).await;
    assert_eq!(activated["session"]["displayName"], "Jane");
    assert_eq!(activated["continuity"]["outcome"], "NEW");
    let query = "query($id: UUID!) { visitor(id: $id) { externalUserId firstName lastName email phoneNumber
        address zipCode city country assurance attributes { source } } }";
    let id = &activated["session"]["visitorId"];
    let mut profile = server.graphql().data(query, json!({ "id": id })).await["visitor"].clone();
    let sources = profile["attributes"].take();
    assert_eq!(sources, json!(vec![json!({ "source": "TOKEN" }); 8]));
    assert_eq!(
        profile,
        json!({ "externalUserId": field("userId"), "firstName": "Jane", "lastName": "Whitfield",
            "email": "jane.whitfield@mail.example", "phoneNumber": "+44 20 7946 0018", "address": "14 Wharf Lane",
            "zipCode": "BS1 4RB", "city": "Bristol", "country": "United Kingdom", "assurance": "VERIFIED",
            "attributes": null })
    );

    browser.post(format!("{shop}/logout")).send().await.unwrap();
    assert_eq!(browser.get(&address).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn another_sites_form_signs_nobody_in_or_out() {
    let server = demo().await;
    let shop = server.manifest.text("shopUrl");
    let user = &server.manifest.0["shopUsers"][1];
    let form = [("login", user["login"].as_str().unwrap()), ("password", user["password"].as_str().unwrap())];
    let request = plain().post(format!("{shop}/login")).header("origin", "http://evil.example").form(&form);
    let refused = request.send().await.unwrap();
    assert_eq!(refused.status(), 403);
    assert!(refused.headers().get("set-cookie").is_none());
    let request = plain().post(format!("{shop}/login")).header("origin", shop).form(&form);
    let cookie = request.send().await.unwrap().headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("; HttpOnly; SameSite=Lax"), "{cookie}");
}

#[tokio::test]
async fn the_desk_has_something_to_show() {
    let server = demo().await;
    let query = "{ conversations(projectId: \"demo\", first: 100) { nodes {
        state waiting unreadCount closeReason identity { state } visitor { externalUserId firstName }
        agent { name } lastActivityAt continuedFrom { id } } } }";
    let conversations = server.graphql().data(query, json!({})).await["conversations"]["nodes"].clone();
    let conversations = conversations.as_array().unwrap();
    let count = |condition: &dyn Fn(&Value) -> bool| conversations.iter().filter(|c| condition(c)).count();
    assert!(conversations.len() >= 18, "{}", conversations.len());
    assert!(count(&|c| c["state"] == "CLOSED") >= 8);
    assert!(count(&|c| c["waiting"] == true && c["unreadCount"] != 0) >= 4);
    assert!(count(&|c| c["identity"]["state"] == "VERIFIED") >= 4);
    assert_eq!(count(&|c| c["state"] == "ONGOING" && c["identity"]["state"] == "NO_LONGER_VERIFIED"), 1);
    assert_eq!(count(&|c| c["closeReason"] == "CONTINUED_IN_VERIFIED"), 1);
    assert_eq!(count(&|c| c["continuedFrom"] != json!([])), 1);
    let agents: BTreeSet<&str> = conversations.iter().filter_map(|c| c["agent"]["name"].as_str()).collect();
    assert_eq!(agents, BTreeSet::from(["Camille Rousseau", "Samir Haddad"]));
    let shoppers = count(&|c| {
        server.manifest.0["shopUsers"]
            .as_array()
            .unwrap()
            .iter()
            .any(|u| u["userId"] == c["visitor"]["externalUserId"])
    });
    assert_eq!(shoppers, 0, "the shop's own customers begin with nothing");
}

#[tokio::test]
async fn a_directory_of_the_users_choice_is_kept_and_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let arguments = ["--data", data.to_str().unwrap()];
    let mut first = TestServer::demo(BINARY, &arguments).await;
    let mut visitor = first.visitor();
    visitor.activate_anonymously().await;
    let acknowledged = visitor.send("still here tomorrow?").await;
    assert!(first.stop().await.success());

    let second = TestServer::demo(BINARY, &arguments).await;
    for name in ["platformPublicKeyPem", "customerPrivateKeyPem", "oauthClient"] {
        assert_eq!(first.manifest.0[name], second.manifest.0[name], "{name}");
    }
    let conversation = crate::fixture::conversation(&second.graphql(), &acknowledged["conversationId"]).await;
    assert_eq!(crate::fixture::texts(&conversation)[0].0, "still here tomorrow?");
}
