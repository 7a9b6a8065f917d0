//! GraphQL over HTTP: the documented call, who may see what, pages, errors, and what other sites' pages cannot do.

use serde_json::{Value, json};
use signet_testkit::client::plain;
use signet_testkit::server::Installation;
use signet_testkit::visitor::new_id;
use signet_testkit::{GraphqlClient, TestServer};

use crate::fixture::{BINARY, Served, ServedProject, answer, demo, state};

/// Posts a body with these headers and gives status, request id and JSON.
async fn post(server: &TestServer, headers: &[(&str, &str)], body: &str) -> (u16, String, Value) {
    let mut request = plain().post(format!("{}/graphql", server.url)).body(body.to_owned());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    (response.status().as_u16(), id, response.json().await.unwrap_or(Value::Null))
}

fn name(body: &Value) -> &str {
    body["errors"][0]["extensions"]["name"].as_str().unwrap_or_default()
}

/// The body of the call in the vendor's documents, with its two places filled in.
fn documented(project: &str, token: &str) -> String {
    r#"{"query":"mutation TestJWE {\n  testVisitorAuthenticateFromCredentials(input: {projectId: \"YOUR PROJECT SID\", credentials: \"<REPLACE JWE HERE>\"}) {\n    visitorSessionToken {\n      accessToken\n    }\n  }\n}\n","operationName":"TestJWE"}"#
        .replace("YOUR PROJECT SID", project)
        .replace("<REPLACE JWE HERE>", token)
}

#[tokio::test]
async fn the_documented_call_works_as_printed_and_leaves_no_trace() {
    let server = demo().await;
    let bearer = format!("Bearer {}", server.manifest.text("graphqlToken"));
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let before = state(&server.graphql(), "demo").await;
    let token = server.token("user-1");
    for _ in 0..2 {
        let (status, _, body) = post(&server, &headers, &documented("demo", &token)).await;
        assert_eq!(status, 200, "{body}");
        assert!(body.get("errors").is_none(), "{body}");
        let session =
            &body["data"]["testVisitorAuthenticateFromCredentials"]["visitorSessionToken"]["accessToken"];
        assert_eq!(session.as_str().unwrap().split('.').count(), 3);
        // It opens nothing.
        let mut visitor = server.visitor();
        visitor.session = Some(session.as_str().unwrap().to_owned());
        assert_eq!(visitor.history().await.status, 401);
    }
    assert_eq!(state(&server.graphql(), "demo").await, before);
    server.visitor().sign_in(&token).await;
}

#[tokio::test]
async fn a_refused_token_is_a_user_error_and_foreign_projects_do_not_exist() {
    let server = demo().await;
    let mutation = "mutation($input: VisitorAuthenticateFromCredentialsInput!) {
        test: testVisitorAuthenticateFromCredentials(input: $input) {
            visitorSessionToken { accessToken } userErrors { __typename message field
                ... on AuthenticationUserError { code correlationId } } } }";
    let test = async |client: &GraphqlClient, project: &str, credentials: &str| {
        let input = json!({ "projectId": project, "credentials": credentials });
        let mut data = client.data(mutation, json!({ "input": input })).await;
        assert_eq!(data["test"]["visitorSessionToken"], Value::Null);
        data["test"]["userErrors"][0].take()
    };
    let client = server.graphql();
    let malformed = test(&client, "demo", "x").await;
    assert_eq!(malformed["__typename"], "AuthenticationUserError");
    assert_eq!(malformed["code"], "TOKEN_MALFORMED");
    assert_eq!(malformed["field"], json!(["input", "credentials"]));
    assert_eq!(malformed["correlationId"].as_str().unwrap().len(), 36);
    let expired = server.tokens().token("user-1", 0).build();
    assert_eq!(test(&client, "demo", &expired).await["code"], "TOKEN_EXPIRED");

    let unknown = test(&client, "nobody", "x").await;
    assert_eq!(unknown["__typename"], "NotFoundUserError");
    assert_eq!(unknown["field"], json!(["input", "projectId"]));
    assert_eq!(test(&client, "a b", "x").await, unknown);
    // An agent may not test tokens, and learns no more than a stranger.
    assert_eq!(test(&server.agent().await, "demo", &server.token("user-1")).await, unknown);
}

#[tokio::test]
async fn pages_lead_through_the_whole_list_both_ways() {
    let server = demo().await;
    let client = server.graphql();
    let query = "query($after: String, $before: String, $first: Int, $last: Int) {
        conversations(projectId: \"demo\", after: $after, before: $before, first: $first, last: $last) {
            nodes { id } edges { cursor node { id } }
            pageInfo { startCursor endCursor hasPreviousPage hasNextPage } } }";
    let page = async |variables: Value| client.data(query, variables).await["conversations"].clone();
    let ids = |page: &Value| -> Vec<Value> {
        page["nodes"].as_array().unwrap().iter().map(|node| node["id"].clone()).collect()
    };
    let all = ids(&page(json!({ "first": 100 })).await);
    assert!(all.len() > 12, "{}", all.len());
    assert_eq!(ids(&page(json!({})).await), all, "fifty by default, and the empty cursor is none");
    assert_eq!(ids(&page(json!({ "after": "" })).await), all);

    let (mut forward, mut after) = (Vec::new(), Value::Null);
    loop {
        let next = page(json!({ "first": 5, "after": after })).await;
        assert_eq!(next["pageInfo"]["hasPreviousPage"], !forward.is_empty());
        assert_eq!(next["edges"][0]["cursor"], next["pageInfo"]["startCursor"]);
        forward.extend(ids(&next));
        after = next["pageInfo"]["endCursor"].clone();
        if next["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(forward, all);

    let (mut backward, mut before) = (Vec::new(), Value::Null);
    loop {
        let previous = page(json!({ "last": 5, "before": before })).await;
        backward.splice(0..0, ids(&previous));
        before = previous["pageInfo"]["startCursor"].clone();
        if previous["pageInfo"]["hasPreviousPage"] == false {
            break;
        }
    }
    assert_eq!(backward, all);

    for (variables, expected) in [
        (json!({ "first": 0 }), "PAGE_INVALID"),
        (json!({ "first": 101 }), "PAGE_INVALID"),
        (json!({ "last": -1 }), "PAGE_INVALID"),
        (json!({ "first": 1, "last": 1 }), "PAGE_INVALID"),
        (json!({ "after": "WzFd" }), "CURSOR_INVALID"),
    ] {
        let answer = client.raw(query, variables.clone()).await;
        assert_eq!((answer.status, name(&answer.body)), (200, expected), "{variables}");
        assert_eq!(answer.body["data"], Value::Null);
    }
}

/// Headers, body, status and name.
type Refusal<'a> = (&'a [(&'a str, &'a str)], &'a str, u16, &'a str);

#[tokio::test]
async fn every_refusal_has_a_name_and_the_id_of_its_request() {
    let server = demo().await;
    let bearer = format!("Bearer {}", server.manifest.text("graphqlToken"));
    let authorization = ("authorization", bearer.as_str());
    let json_type = ("content-type", "application/json");
    let long = format!(r#"{{"query":"{{viewer{{id}}}}","x":"{}"}}"#, "x".repeat(256 * 1024));
    let deep = json!({ "query": "{a".repeat(60_000) }).to_string();
    let good = r#"{"query":"{viewer{id}}"}"#;
    let table: &[Refusal<'_>] = &[
        (&[authorization], good, 415, "MEDIA_TYPE_UNSUPPORTED"),
        (&[authorization, ("content-type", "text/plain")], good, 415, "MEDIA_TYPE_UNSUPPORTED"),
        (
            &[authorization, ("content-type", "application/x-www-form-urlencoded")],
            "query=x",
            415,
            "MEDIA_TYPE_UNSUPPORTED",
        ),
        (
            &[authorization, ("content-type", "multipart/form-data; boundary=x")],
            good,
            415,
            "MEDIA_TYPE_UNSUPPORTED",
        ),
        (&[json_type], good, 401, "UNAUTHENTICATED"),
        (&[json_type, ("authorization", "Bearer nobody")], good, 401, "UNAUTHENTICATED"),
        (&[json_type, ("authorization", "Basic eDp5")], good, 401, "UNAUTHENTICATED"),
        (&[json_type, authorization], &long, 413, "REQUEST_TOO_LARGE"),
        (&[json_type, authorization], "", 400, "REQUEST_INVALID"),
        (&[json_type, authorization], r#"[{"query":"{viewer{id}}"}]"#, 400, "REQUEST_INVALID"),
        (&[json_type, authorization], r#"{"query":"{viewer{"}"#, 400, "QUERY_SYNTAX_INVALID"),
        (&[json_type, authorization], r#"{"query":"{viewer{nothing}}"}"#, 400, "QUERY_INVALID"),
        (
            &[json_type, authorization],
            r#"{"query":"query A {viewer{id}}","operationName":"B"}"#,
            400,
            "QUERY_INVALID",
        ),
        (&[json_type, authorization], &deep, 400, "QUERY_TOO_COMPLEX"),
    ];
    for (headers, body, status, expected) in table {
        let (found, id, body) = post(&server, headers, body).await;
        assert_eq!((found, name(&body)), (*status, *expected), "{body}");
        assert!(body.get("data").is_none(), "{body}");
        let extensions = &body["errors"][0]["extensions"];
        assert_eq!(
            (&extensions["retryPolicy"], &extensions["correlationId"]),
            (&json!("NO_RETRY"), &json!(id))
        );
    }
    for method in [reqwest::Method::GET, reqwest::Method::PUT, reqwest::Method::DELETE] {
        let url = format!("{}/graphql?query=%7Bviewer%7Bid%7D%7D", server.url);
        let request = plain().request(method.clone(), url).header("authorization", &bearer);
        assert_eq!(request.send().await.unwrap().status(), 405, "{method}");
    }
}

#[tokio::test]
async fn d36_the_desks_cookie_proves_nothing_from_another_sites_page() {
    let server = demo().await;
    let agent = &server.manifest.0["agents"][0];
    let credentials = json!({ "email": agent["email"], "password": agent["password"] });
    let request =
        plain().post(format!("{}/desk/session", server.url)).header("x-signet-desk", "1").json(&credentials);
    let response = request.send().await.unwrap();
    let cookie = response.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let body = r#"{"query":"mutation { conversationTyping(input: {conversationId: \"0193a5b0-0000-7000-8000-000000000001\"}) { userErrors { __typename } } }"}"#;
    let send = async |extra: &[(&str, &str)]| {
        let mut headers = vec![("content-type", "application/json"), ("cookie", cookie.as_str())];
        headers.extend_from_slice(extra);
        post(&server, &headers, body).await
    };
    let marked = ("x-signet-desk", "1");
    for allowed in [&[marked][..], &[marked, ("origin", server.url.as_str())]] {
        let (status, _, body) = send(allowed).await;
        assert_eq!((status, &body["errors"]), (200, &Value::Null), "{body}");
        assert_eq!(body["data"]["conversationTyping"]["userErrors"][0]["__typename"], "NotFoundUserError");
    }
    let look_alike = format!("{}.evil.tld", server.url);
    let port = format!("{}0", server.url);
    let scheme = server.url.replace("http:", "https:");
    let slash = format!("{}/", server.url);
    let dot = server.url.replace("127.0.0.1", "127.0.0.1.");
    for origin in ["null", "http://evil.example", "", &look_alike, &port, &scheme, &slash, &dot] {
        let (status, _, body) = send(&[marked, ("origin", origin)]).await;
        assert_eq!((status, name(&body)), (401, "UNAUTHENTICATED"), "{origin}");
    }
    for unmarked in [&[][..], &[("x-signet-desk", "0")], &[("origin", server.url.as_str())]] {
        assert_eq!(send(unmarked).await.0, 401, "{unmarked:?}");
    }
    assert_eq!(
        send(&[marked, ("authorization", "Bearer x")]).await.0,
        401,
        "a bad token is not made good by a cookie"
    );
}

/// Two brands on one platform.
struct Tenants {
    served: Served,
    ours: ServedProject,
    theirs: ServedProject,
}

impl Tenants {
    async fn start() -> Self {
        let installation = Installation::new(BINARY, None);
        let ours = ServedProject::create(&installation, "shop-1").await;
        let theirs = ServedProject::create(&installation, "shop-2").await;
        Self { served: Served::start(installation, &[]).await, ours, theirs }
    }

    /// Creates somebody with this role in a project.
    async fn person(&self, project: &ServedProject, role: &str) -> GraphqlClient {
        let email = format!("{role}@{}.example", project.id);
        let arguments =
            ["agent", "create", "--email", &email, "--name", "Sam", "--project", &project.id, "--role", role];
        let created = self.served.installation.run(&arguments).await;
        GraphqlClient::sign_in(&self.served.server.url, &email, created["password"].as_str().unwrap()).await
    }

    /// A conversation of a visitor: its id and the visitor's.
    async fn conversation(&self, project: &ServedProject) -> (Value, Value) {
        let mut visitor = self.served.visitor(project);
        let activated = visitor.activate_anonymously().await;
        let sent = visitor.send("hello").await;
        (sent["conversationId"].clone(), activated["session"]["visitorId"].clone())
    }
}

/// The answer without what differs from request to request.
fn shape(mut body: Value) -> Value {
    for error in body["errors"].as_array_mut().into_iter().flatten() {
        error["extensions"]["correlationId"] = Value::Null;
    }
    body
}

#[tokio::test]
async fn d30_what_belongs_to_another_project_is_not_there() {
    let tenants = Tenants::start().await;
    let (conversation, visitor) = tenants.conversation(&tenants.theirs).await;
    let callers = [tenants.served.graphql(&tenants.ours).await, tenants.person(&tenants.ours, "owner").await];
    let nobody = json!(new_id());
    let writes = "userErrors { __typename message field }";
    let by_id = [
        ("query($id: UUID!) { conversation(id: $id) { id visitor { visitorId } messages { nodes { text } } } }".to_owned(), &conversation),
        ("query($id: UUID!) { visitor(id: $id) { visitorId conversations { nodes { id } } } }".to_owned(), &visitor),
        (format!("mutation($id: UUID!) {{ messageSend(input: {{ conversationId: $id, text: \"x\" }}) {{ message {{ id }} {writes} }} }}"), &conversation),
        (format!("mutation($id: UUID!) {{ conversationClose(input: {{ conversationId: $id }}) {{ conversation {{ id }} {writes} }} }}"), &conversation),
        (format!("mutation($id: UUID!) {{ conversationMarkRead(input: {{ conversationId: $id, sequence: 1 }}) {{ conversation {{ id }} {writes} }} }}"), &conversation),
        (format!("mutation($id: UUID!) {{ conversationTyping(input: {{ conversationId: $id }}) {{ {writes} }} }}"), &conversation),
    ];
    let by_project = [
        "query($id: ID!) { project(projectId: $id) { name eventCursor } }",
        "query($id: ID!) { conversations(projectId: $id) { nodes { id } } }",
        "query($id: ID!) { visitors(projectId: $id) { nodes { visitorId } } }",
        "query($id: ID!) { closedConversations(interval: { from: \"2020-01-01T00:00:00Z\", to: \"2100-01-01T00:00:00Z\" }, projectIds: [$id]) { nodes { id } } }",
        "mutation($id: ID!) { testVisitorAuthenticateFromCredentials(input: { projectId: $id, credentials: \"x\" }) { userErrors { __typename message } } }",
        "mutation($id: ID!) { visitorAuthenticateFromCredentials(input: { projectId: $id, credentials: \"x\" }) { userErrors { __typename message } } }",
    ];
    let before = state(&tenants.served.graphql(&tenants.theirs).await, "shop-2").await;
    for caller in &callers {
        for (query, id) in &by_id {
            let theirs = caller.raw(query, json!({ "id": id })).await;
            let random = caller.raw(query, json!({ "id": nobody })).await;
            assert_eq!(
                (theirs.status, shape(theirs.body.clone())),
                (random.status, shape(random.body)),
                "{query}"
            );
            assert!(!theirs.body.to_string().contains("hello"), "{query}: {}", theirs.body);
        }
        for query in by_project {
            let theirs = caller.raw(query, json!({ "id": "shop-2" })).await;
            let random = caller.raw(query, json!({ "id": "shop-3" })).await;
            assert_eq!((theirs.status, shape(theirs.body)), (random.status, shape(random.body)), "{query}");
        }
        let filter = "query($id: UUID!) { conversations(projectId: \"shop-1\", filter: { visitorId: $id }) { nodes { id } } }";
        assert_eq!(caller.data(filter, json!({ "id": visitor })).await["conversations"]["nodes"], json!([]));
        let projects = caller.data("{ projects { nodes { projectId } } }", json!({})).await;
        assert_eq!(projects["projects"]["nodes"], json!([{ "projectId": "shop-1" }]));
    }
    assert_eq!(state(&tenants.served.graphql(&tenants.theirs).await, "shop-2").await, before);
}

#[tokio::test]
async fn rights_are_those_of_the_role() {
    let tenants = Tenants::start().await;
    let (conversation, _) = tenants.conversation(&tenants.ours).await;
    let auditor = tenants.person(&tenants.ours, "auditor").await;
    let read = "query($id: UUID!) { conversation(id: $id) { lastMessage { text } } }";
    let found = auditor.data(read, json!({ "id": conversation })).await;
    assert_eq!(found["conversation"]["lastMessage"]["text"], "hello");
    for write in [
        "mutation($id: UUID!) { messageSend(input: { conversationId: $id, text: \"x\" }) { message { id } } }",
        "mutation($id: UUID!) { conversationClose(input: { conversationId: $id }) { conversation { id } } }",
        "mutation($id: UUID!) { conversationMarkRead(input: { conversationId: $id, sequence: 1 }) { conversation { id } } }",
    ] {
        let refused = auditor.raw(write, json!({ "id": conversation })).await;
        assert_eq!((refused.status, name(&refused.body)), (200, "PERMISSION_DENIED"), "{write}");
        assert_eq!(refused.body["errors"][0]["message"], "Insufficient permissions to perform the operation");
        assert_eq!(refused.body["data"], Value::Null);
    }

    // A program with one scope reads nothing else, not even through a conversation.
    let arguments =
        ["client", "create", "--name", "Reader", "--project", "shop-1", "--scope", "conversations:read"];
    let created = tenants.served.installation.run(&arguments).await;
    let (id, secret) = (created["id"].as_str().unwrap(), created["secret"].as_str().unwrap());
    let reader = GraphqlClient::client(&tenants.served.server.url, id, secret).await;
    assert_eq!(
        reader.data(read, json!({ "id": conversation })).await["conversation"]["lastMessage"]["text"],
        "hello"
    );
    let query = "query($id: UUID!) { conversation(id: $id) { id visitor { email } } __typename }";
    let refused = reader.raw(query, json!({ "id": conversation })).await;
    assert_eq!(name(&refused.body), "PERMISSION_DENIED");
    assert_eq!(refused.body["errors"][0]["path"], json!(["conversation", "visitor"]));
    assert_eq!(refused.body["data"], json!({ "conversation": null, "__typename": "Query" }));
    let refused = reader.raw("{ visitors(projectId: \"shop-1\") { nodes { email } } }", json!({})).await;
    assert_eq!(name(&refused.body), "PERMISSION_DENIED");
}

#[tokio::test]
async fn what_an_agent_can_put_right_is_a_user_error() {
    let tenants = Tenants::start().await;
    let agent = tenants.person(&tenants.ours, "agent").await;
    let (conversation, _) = tenants.conversation(&tenants.ours).await;
    let send = "mutation($input: MessageSendInput!) { messageSend(input: $input) {
        message { id sequence clientMessageId author { type name } } userErrors { __typename field } } }";
    let send = async |client_message_id: &str, text: &str| {
        let input =
            json!({ "conversationId": conversation, "text": text, "clientMessageId": client_message_id });
        agent.data(send, json!({ "input": input })).await["messageSend"].clone()
    };
    let id = new_id();
    let first = send(&id, "Good morning").await;
    assert_eq!(first["message"]["clientMessageId"], json!(id));
    assert_eq!(first["message"]["author"], json!({ "type": "AGENT", "name": "Sam" }));
    assert_eq!(send(&id, "Good morning").await, first, "a retry is stored once");
    let program = tenants.served.graphql(&tenants.ours).await;
    let query =
        "query($id: UUID!) { conversation(id: $id) { messages(last: 1) { nodes { clientMessageId } } } }";
    let seen = program.data(query, json!({ "id": conversation })).await;
    assert_eq!(seen["conversation"]["messages"]["nodes"], json!([{ "clientMessageId": null }]));

    for text in ["", " \n", &"x".repeat(10_001)] {
        let refused = send(&new_id(), text).await;
        let expected = json!([{ "__typename": "InvalidInputUserError", "field": ["input", "text"] }]);
        assert_eq!((&refused["message"], &refused["userErrors"]), (&Value::Null, &expected));
    }
    answer(&agent, &conversation, "Goodbye").await;
    let close = "mutation($id: UUID!) { conversationClose(input: { conversationId: $id }) {
        conversation { state closeReason waiting } userErrors { __typename } } }";
    let closed = agent.data(close, json!({ "id": conversation })).await["conversationClose"].clone();
    assert_eq!(
        closed["conversation"],
        json!({ "state": "CLOSED", "closeReason": "AGENT", "waiting": false })
    );
    assert_eq!(agent.data(close, json!({ "id": conversation })).await["conversationClose"], closed);
    let refused = send(&new_id(), "One more thing").await;
    assert_eq!(refused["userErrors"][0]["__typename"], "ConversationClosedUserError");
}
