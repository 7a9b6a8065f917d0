//! People, programs and how they prove who they are, through GraphQL, HTTP and the desk's cookie.

use reqwest::header::{COOKIE, ORIGIN, SET_COOKIE};
use serde_json::{Value, json};
use signet_testkit::client::plain;
use signet_testkit::server::Installation;
use signet_testkit::{GraphqlClient, TestServer};

use crate::fixture::BINARY;

const PASSWORD: &str = "correct horse battery";

/// A server on which nobody is yet, and the link it printed.
async fn fresh() -> (Installation, TestServer, String) {
    let installation = Installation::new(BINARY, None);
    installation.run(&["project", "create", "shop-1", "--name", "Shop"]).await;
    installation.run(&["project", "create", "shop-2", "--name", "Another"]).await;
    let server = TestServer::serve(BINARY, &installation, &[]).await;
    let link = server.said("/desk/welcome#").await.trim().to_owned();
    (installation, server, link)
}

fn token_of(link: &str) -> String {
    link.split_once('#').unwrap().1.to_owned()
}

/// A browser at the desk: its cookies are its own.
struct Browser {
    base: String,
    cookies: Vec<(String, String)>,
}

impl Browser {
    fn new(server: &TestServer) -> Self {
        Self { base: server.url.clone(), cookies: Vec::new() }
    }

    async fn post(&mut self, path: &str, body: Value) -> (u16, Value) {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let response = plain()
            .post(format!("{}{path}", self.base))
            .header(ORIGIN, &self.base)
            .header("x-signet-desk", "1")
            .header(COOKIE, cookies.join("; "))
            .json(&body)
            .send()
            .await
            .unwrap();
        for cookie in response.headers().get_all(SET_COOKIE) {
            let text = cookie.to_str().unwrap();
            assert!(text.contains("; HttpOnly; SameSite=Strict"), "{text}");
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
        (response.status().as_u16(), response.json().await.unwrap_or(Value::Null))
    }

    async fn sign_in(&mut self, email: &str, password: &str, code: Option<&str>) -> (u16, Value) {
        self.post("/desk/session", json!({ "email": email, "password": password, "code": code })).await
    }

    async fn accept(&mut self, link: &str, password: &str) -> (u16, Value) {
        self.post("/desk/invitation/accept", json!({ "token": token_of(link), "password": password })).await
    }

    async fn graphql(&mut self, query: &str, variables: Value) -> Value {
        let (status, body) = self.post("/graphql", json!({ "query": query, "variables": variables })).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    /// Runs a mutation with one input and gives its payload.
    async fn mutate(&mut self, name: &str, fields: &str, input: Value) -> Value {
        let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
        let query = format!(
            "mutation($input: {kind}!) {{ {name}(input: $input) {{ {fields} userErrors {{ __typename message field \
             ... on InvalidInputUserError {{ code }} }} }} }}"
        );
        let mut body = self.graphql(&query, json!({ "input": input })).await;
        if body["errors"].is_null() {
            body["data"][name].take()
        } else {
            body["errors"][0]["extensions"]["name"].take()
        }
    }
}

/// The platform's owner, signed in.
async fn owner(server: &TestServer, link: &str) -> Browser {
    let mut owner = Browser::new(server);
    let body =
        json!({ "token": token_of(link), "password": PASSWORD, "email": "Olga@x.example", "name": "Olga" });
    assert_eq!(owner.post("/desk/invitation/accept", body).await.0, 204);
    owner
}

async fn invite(owner: &mut Browser, project: &str, email: &str, role: &str) -> (String, String) {
    let input = json!({ "projectId": project, "email": email, "name": "Somebody", "role": role });
    let invited = owner.mutate("userInvite", "user { id state role } invitationUrl", input).await;
    assert_eq!(invited["userErrors"], json!([]), "{invited}");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&invited["user"]["id"]), text(&invited["invitationUrl"]))
}

#[tokio::test]
async fn the_first_owner_comes_by_a_link_that_works_once() {
    let (_installation, server, link) = fresh().await;
    assert!(!server.logs().contains(&token_of(&link)), "a link is printed and never logged");
    let mut owner = Browser::new(&server);
    let (status, invitee) = owner.post("/desk/invitation", json!({ "token": token_of(&link) })).await;
    assert_eq!((status, invitee), (200, json!({ "email": null, "name": null })));
    let accept = |password: &str| json!({ "token": token_of(&link), "password": password, "email": "o@x.example", "name": "Olga" });
    for (password, code) in [("Password2026!", "PASSWORD_COMMON"), ("short", "PASSWORD_TOO_SHORT")] {
        let (status, body) = owner.post("/desk/invitation/accept", accept(password)).await;
        assert_eq!((status, body["code"].as_str()), (400, Some(code)));
    }
    assert_eq!(owner.post("/desk/invitation/accept", accept(PASSWORD)).await.0, 204);
    assert_eq!(owner.post("/desk/invitation/accept", accept(PASSWORD)).await.0, 404);
    let viewer =
        owner.graphql("{ viewer { email ownsPlatform rights { projectId role } } }", json!({})).await;
    assert_eq!(
        viewer["data"]["viewer"],
        json!({ "email": "o@x.example", "ownsPlatform": true, "rights": [
            { "projectId": "shop-1", "role": "OWNER" }, { "projectId": "shop-2", "role": "OWNER" }] })
    );
}

#[tokio::test]
async fn people_are_invited_promoted_and_disabled() {
    let (_installation, server, link) = fresh().await;
    let mut owner = owner(&server, &link).await;
    let (admin_id, admin_link) = invite(&mut owner, "shop-1", "adam@x.example", "ADMINISTRATOR").await;
    let mut admin = Browser::new(&server);
    assert_eq!(admin.accept(&admin_link, PASSWORD).await.0, 204);
    assert_eq!(admin.accept(&admin_link, PASSWORD).await.0, 404, "a link works once");

    // An administrator makes everybody but owners, and changes nobody's rights they could not have given.
    let owner_input = json!({ "projectId": "shop-1", "email": "x@x.example", "name": "X", "role": "OWNER" });
    assert_eq!(admin.mutate("userInvite", "user { id }", owner_input).await, "PERMISSION_DENIED");
    let (agent_id, agent_link) = invite(&mut admin, "shop-1", "ana@x.example", "AGENT").await;
    let mut agent = Browser::new(&server);
    assert_eq!(agent.accept(&agent_link, PASSWORD).await.0, 204);
    for (who, name, input, outcome) in [
        (
            "admin",
            "userRoleSet",
            json!({ "projectId": "shop-1", "userId": admin_id, "role": "OWNER" }),
            "PERMISSION_DENIED",
        ),
        (
            "admin",
            "userRoleSet",
            json!({ "projectId": "shop-1", "userId": admin_id, "role": "AGENT" }),
            "PERMISSION_DENIED",
        ),
        ("admin", "userDisable", json!({ "projectId": "shop-1", "userId": admin_id }), "PERMISSION_DENIED"),
        ("agent", "userDisable", json!({ "projectId": "shop-1", "userId": admin_id }), "PERMISSION_DENIED"),
        ("admin", "userDisable", json!({ "projectId": "shop-2", "userId": agent_id }), "NOT_FOUND"),
    ] {
        let who = if who == "admin" { &mut admin } else { &mut agent };
        assert_eq!(who.mutate(name, "user { id }", input).await, outcome, "{name}");
    }
    // With a role in another project a person is no longer this administrator's to disable.
    invite(&mut owner, "shop-2", "ana@x.example", "AUDITOR").await;
    let disable = json!({ "projectId": "shop-1", "userId": agent_id });
    assert_eq!(admin.mutate("userDisable", "user { id }", disable.clone()).await, "PERMISSION_DENIED");
    let promoted = json!({ "projectId": "shop-1", "userId": agent_id, "role": "SUPERVISOR" });
    assert_eq!(admin.mutate("userRoleSet", "user { role }", promoted).await["user"]["role"], "SUPERVISOR");

    let disabled = owner.mutate("userDisable", "user { state }", disable).await;
    assert_eq!(disabled["user"]["state"], "DISABLED");
    assert_eq!(agent.post("/graphql", json!({ "query": "{ viewer { id } }" })).await.0, 401);
    assert_eq!(agent.sign_in("ana@x.example", PASSWORD, None).await.0, 401);
    let users = "{ users(projectId: \"shop-1\") { nodes { email role state } pageInfo { hasNextPage } } }";
    let listed = owner.graphql(users, json!({})).await;
    assert_eq!(
        listed["data"]["users"]["nodes"],
        json!([{ "email": "adam@x.example", "role": "ADMINISTRATOR", "state": "ACTIVE" },
            { "email": "ana@x.example", "role": "SUPERVISOR", "state": "DISABLED" }])
    );
    let kinds = "{ auditEvents(projectId: \"shop-1\", filter: { category: ADMINISTRATION }) { nodes { kind actor { type name } } } }";
    let events = owner.graphql(kinds, json!({})).await;
    let nodes: Vec<String> = events["data"]["auditEvents"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| {
            format!("{} {}", event["kind"].as_str().unwrap(), event["actor"]["name"].as_str().unwrap_or("-"))
        })
        .collect();
    assert_eq!(
        nodes[..4],
        [
            "USER_DISABLED olga@x.example",
            "USER_ROLES_CHANGED adam@x.example",
            "USER_INVITED adam@x.example",
            "USER_INVITED olga@x.example",
        ]
    );
    assert_eq!(agent.post("/graphql", json!({ "query": kinds })).await.0, 401);
}

#[tokio::test]
async fn people_have_names_roles_and_a_last_visit() {
    let (_installation, server, link) = fresh().await;
    let mut owner = owner(&server, &link).await;
    let (id, link) = invite(&mut owner, "shop-1", "ana@x.example", "AGENT").await;
    invite(&mut owner, "shop-2", "ana@x.example", "AUDITOR").await;
    let (_, admin_link) = invite(&mut owner, "shop-1", "adam@x.example", "ADMINISTRATOR").await;
    let (mut ana, mut admin) = (Browser::new(&server), Browser::new(&server));
    assert_eq!(admin.accept(&admin_link, PASSWORD).await.0, 204);
    let look = "query($id: UUID!) { user(projectId: \"shop-1\", id: $id) { name lastSeenAt roles { projectId role } } }";
    let seen = |body: &Value| body["data"]["user"]["lastSeenAt"].is_string();
    assert!(!seen(&owner.graphql(look, json!({ "id": id })).await));
    assert_eq!(ana.accept(&link, PASSWORD).await.0, 204);
    let by_owner = owner.graphql(look, json!({ "id": id })).await;
    assert!(seen(&by_owner));
    let roles =
        json!([{ "projectId": "shop-1", "role": "AGENT" }, { "projectId": "shop-2", "role": "AUDITOR" }]);
    assert_eq!(by_owner["data"]["user"]["roles"], roles);
    let by_admin = admin.graphql(look, json!({ "id": id })).await;
    assert_eq!(by_admin["data"]["user"]["roles"], json!([roles[0]]), "of projects that are theirs to read");

    let rename = |name: &str| json!({ "projectId": "shop-1", "userId": id, "name": name });
    assert_eq!(admin.mutate("userUpdate", "user { name }", rename("Mallory")).await, "PERMISSION_DENIED");
    let empty = owner.mutate("userUpdate", "user { name }", rename(" ")).await;
    let fault = json!([{ "__typename": "InvalidInputUserError", "code": "NAME_INVALID",
        "message": empty["userErrors"][0]["message"], "field": ["input", "name"] }]);
    assert_eq!(empty["userErrors"], fault);
    let renamed = owner.mutate("userUpdate", "user { name }", rename(" Ana Lima ")).await;
    assert_eq!(renamed["user"]["name"], "Ana Lima");
    let own = ana.mutate("viewerUpdate", "viewer { name }", json!({ "name": "Ana L." })).await;
    assert_eq!(own["viewer"]["name"], "Ana L.");
    let kinds = "{ auditEvents(projectId: \"shop-1\", filter: { kinds: [\"USER_CHANGED\"] }) { nodes { actor { name } details { value } } } }";
    let events = owner.graphql(kinds, json!({})).await;
    let told = |who: &str, name: &str| json!({ "actor": { "name": who }, "details": [{ "value": name }] });
    assert_eq!(
        events["data"]["auditEvents"]["nodes"],
        json!([told("ana@x.example", "Ana L."), told("olga@x.example", "Ana Lima")])
    );
    let known = owner.graphql("{ auditEventKinds { kind category description } }", json!({})).await;
    let kinds = known["data"]["auditEventKinds"].as_array().unwrap();
    assert!(kinds.contains(&json!({ "kind": "USER_CHANGED", "category": "ADMINISTRATION",
        "description": "A person has another name." })));
}

#[tokio::test]
async fn d28_a_disabled_persons_sessions_and_sockets_end() {
    let (_installation, server, link) = fresh().await;
    let mut owner = owner(&server, &link).await;
    let (id, link) = invite(&mut owner, "shop-1", "ana@x.example", "AGENT").await;
    assert_eq!(Browser::new(&server).accept(&link, PASSWORD).await.0, 204);
    let ana = GraphqlClient::sign_in(&server.url, "ana@x.example", PASSWORD).await;
    let mut socket = ana
        .subscribe("subscription { conversationEvents(projectId: \"shop-1\") { cursor } }", json!({}))
        .await;
    owner.mutate("userDisable", "user { state }", json!({ "projectId": "shop-1", "userId": id })).await;
    let ended = tokio::time::timeout(std::time::Duration::from_secs(5), socket.ended()).await;
    assert_eq!(ended, Ok(true), "within five seconds");
}

#[tokio::test]
async fn programs_get_secrets_that_rotate_and_end() {
    let (_installation, server, link) = fresh().await;
    let mut owner = owner(&server, &link).await;
    let create = |scopes: Value| json!({ "projectId": "shop-1", "name": "CRM", "scopes": scopes });
    let unknown = owner.mutate("apiClientCreate", "apiClient { id }", create(json!(["everything"]))).await;
    assert_eq!(unknown["userErrors"][0]["code"], "SCOPE_INVALID");
    let made = owner
        .mutate(
            "apiClientCreate",
            "apiClient { id scopes } clientSecret",
            create(json!(["visitors:read", "users:read"])),
        )
        .await;
    let id = made["apiClient"]["id"].as_str().unwrap().to_owned();
    let secret = made["clientSecret"].as_str().unwrap().to_owned();
    let grant = async |secret: &str| {
        let form =
            [("grant_type", "client_credentials"), ("client_id", id.as_str()), ("client_secret", secret)];
        plain()
            .post(format!("{}/oauth2/token", server.url))
            .form(&form)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    let program = GraphqlClient::client(&server.url, &id, &secret).await;
    let rotate = json!({ "projectId": "shop-1", "clientId": id, "overlapSeconds": 3600 });
    let rotated = owner.mutate("apiClientSecretRotate", "clientSecret", rotate).await;
    let second = rotated["clientSecret"].as_str().unwrap().to_owned();
    assert_eq!((grant(&secret).await, grant(&second).await), (200, 200), "both are good for a while");
    let fewer = json!({ "projectId": "shop-1", "clientId": id, "scopes": ["visitors:read"] });
    owner.mutate("apiClientUpdate", "apiClient { scopes }", fewer).await;
    let users = program.raw("{ users(projectId: \"shop-1\") { nodes { id } } }", json!({})).await.ok();
    assert_eq!(
        users["errors"][0]["extensions"]["name"], "PERMISSION_DENIED",
        "at once, for tokens there are"
    );
    let now = json!({ "projectId": "shop-1", "clientId": id, "overlapSeconds": 0 });
    let third = owner.mutate("apiClientSecretRotate", "clientSecret", now).await;
    let third = third["clientSecret"].as_str().unwrap().to_owned();
    assert_eq!((grant(&secret).await, grant(&second).await, grant(&third).await), (401, 401, 200));
    let revoke = json!({ "projectId": "shop-1", "clientId": id });
    let revoked = owner.mutate("apiClientRevoke", "apiClient { revokedAt }", revoke).await;
    assert!(revoked["apiClient"]["revokedAt"].is_string());
    assert_eq!(grant(&third).await, 401);
}

#[tokio::test]
async fn groups_hold_people_of_their_project() {
    let (_installation, server, link) = fresh().await;
    let mut owner = owner(&server, &link).await;
    let (ana, _) = invite(&mut owner, "shop-1", "ana@x.example", "AGENT").await;
    let (eve, _) = invite(&mut owner, "shop-2", "eve@x.example", "AGENT").await;
    let stranger = json!({ "projectId": "shop-1", "name": "Sales", "memberIds": [eve] });
    let refused = owner.mutate("groupCreate", "group { id }", stranger).await;
    assert_eq!(refused["userErrors"][0]["code"], "MEMBER_INVALID");
    let create = json!({ "projectId": "shop-1", "name": "Sales", "memberIds": [ana] });
    let made = owner.mutate("groupCreate", "group { id members { email } }", create.clone()).await;
    assert_eq!(made["group"]["members"], json!([{ "email": "ana@x.example" }]));
    assert_eq!(
        owner.mutate("groupCreate", "group { id }", create).await["userErrors"][0]["code"],
        "ALREADY_EXISTS"
    );
    let id = &made["group"]["id"];
    let elsewhere = json!({ "projectId": "shop-2", "groupId": id, "name": "Mine" });
    assert_eq!(
        owner.mutate("groupUpdate", "group { id }", elsewhere).await["userErrors"][0]["__typename"],
        "NotFoundUserError"
    );
    let out = json!({ "projectId": "shop-1", "userId": ana, "role": null });
    owner.mutate("userRoleSet", "user { id }", out).await;
    let groups = owner.graphql("{ groups(projectId: \"shop-1\") { name memberIds } }", json!({})).await;
    assert_eq!(groups["data"]["groups"], json!([{ "name": "Sales", "memberIds": [] }]));
    let remove = json!({ "projectId": "shop-1", "groupId": id });
    assert_eq!(owner.mutate("groupRemove", "group { name }", remove).await["group"]["name"], "Sales");
}
