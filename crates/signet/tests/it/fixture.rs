//! What several tests need: a demo, a served installation with two projects, and the questions they ask agents.

use serde_json::{Value, json};
use signet_testkit::server::Installation;
use signet_testkit::token_factory::TokenFactory;
use signet_testkit::{GraphqlClient, GraphqlSubscription, TestServer, VisitorClient, now_unix_ms};

/// The binary under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_signet");

/// Where browsers would reach a served installation. It stays while ports change, and with it who issues sessions.
pub(crate) const PUBLIC_URL: &str = "http://chat.example";

/// A demo with its usual settings.
pub(crate) async fn demo() -> TestServer {
    TestServer::demo(BINARY, &[]).await
}

/// A conversation as an agent sees it, with its entries.
pub(crate) const CONVERSATION: &str = "query($id: UUID!) { conversation(id: $id) {
    id state closeReason waiting unreadCount lastSequence
    identity { state verifiedAt lapsedAt lapseReason }
    continuedIn { id } continuedFrom { id }
    visitor { visitorId externalUserId assurance firstName lastName attributes { name value source } }
    messages(last: 100) { nodes { sequence kind notice text assurance verifiedAt sessionId author { type } } }
} }";

/// Reads a conversation as an agent.
pub(crate) async fn conversation(graphql: &GraphqlClient, id: &Value) -> Value {
    let mut data = graphql.data(CONVERSATION, json!({ "id": id })).await;
    assert!(data["conversation"].is_object(), "there is no conversation {id}");
    data["conversation"].take()
}

/// The texts of a conversation, each with its assurance, in order.
pub(crate) fn texts(conversation: &Value) -> Vec<(String, String)> {
    entries(conversation)
        .iter()
        .filter(|entry| entry["kind"] == "TEXT")
        .map(|entry| (text_of(&entry["text"]), entry["assurance"].as_str().unwrap_or("-").to_owned()))
        .collect()
}

/// The notices of a conversation, in order.
pub(crate) fn notices(conversation: &Value) -> Vec<String> {
    entries(conversation)
        .iter()
        .filter(|entry| entry["kind"] == "NOTICE")
        .map(|entry| text_of(&entry["notice"]))
        .collect()
}

fn entries(conversation: &Value) -> &Vec<Value> {
    conversation["messages"]["nodes"].as_array().expect("entries")
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Everything that a refused attempt must leave as it was: the project's counts, its visitors, its threads. (Its event cursor moves: the
/// refusal is an event.)
pub(crate) async fn state(graphql: &GraphqlClient, project: &str) -> Value {
    let query = "query($id: ID!) {
        project(projectId: $id) { counts { waiting ongoing closed } }
        visitors(projectId: $id, first: 100) { nodes { visitorId externalUserId assurance verifiedAt updatedAt } }
        conversations(projectId: $id, first: 100) { nodes { id lastSequence identity { state verifiedAt } } }
    }";
    graphql.data(query, json!({ "id": project })).await
}

/// Watches a project's conversations, from after everything that has happened so far.
pub(crate) async fn watch(graphql: &GraphqlClient, project: &str) -> GraphqlSubscription {
    let query = "query($id: ID!) { project(projectId: $id) { eventCursor } }";
    let cursor = graphql.data(query, json!({ "id": project })).await["project"]["eventCursor"].clone();
    let subscription = "subscription($id: ID!, $after: Long) { conversationEvents(projectId: $id, after: $after) {
        cursor kind correlationId conversation { id state identity { state } } message { sequence kind notice text assurance } } }";
    graphql.subscribe(subscription, json!({ "id": project, "after": cursor })).await
}

/// Sends a message as an agent.
pub(crate) async fn answer(graphql: &GraphqlClient, conversation: &Value, text: &str) -> Value {
    let mutation = "mutation($input: MessageSendInput!) { messageSend(input: $input) {
        message { id sequence text } userErrors { __typename message } } }";
    let input = json!({ "conversationId": conversation, "text": text });
    let data = graphql.data(mutation, json!({ "input": input })).await;
    assert_eq!(data["messageSend"]["userErrors"], json!([]));
    data["messageSend"]["message"].clone()
}

/// A served installation with projects set up by the command line.
pub(crate) struct Served {
    pub(crate) installation: Installation,
    pub(crate) server: TestServer,
}

/// Asks again until the answer is yes. Every question is a request, so this is no busy loop.
pub(crate) async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    signet_testkit::client::within(what, async { while !holds().await {} }).await;
}

/// A project of such an installation.
pub(crate) struct ServedProject {
    pub(crate) id: String,
    pub(crate) private_key: String,
    client: (String, String),
}

impl ServedProject {
    /// Sets a project up: origin, key and API client.
    pub(crate) async fn create(installation: &Installation, id: &str) -> Self {
        installation.run(&["project", "create", id, "--name", "Test & Co", "--any-loopback"]).await;
        let (private, public) = installation.generate_key(id).await;
        let public = public.display().to_string();
        installation.run(&["keys", "add", &public, "--project", id, "--key-id", "test-1"]).await;
        let client = installation.run(&["client", "create", "--name", "Test", "--project", id]).await;
        let field = |name: &str| client[name].as_str().expect("API client").to_owned();
        Self {
            id: id.to_owned(),
            private_key: std::fs::read_to_string(private).expect("private key"),
            client: (field("id"), field("secret")),
        }
    }

    /// Id and secret of its API client.
    pub(crate) fn credentials(&self) -> (&str, &str) {
        (&self.client.0, &self.client.1)
    }
}

impl Served {
    /// Serves an installation.
    pub(crate) async fn start(installation: Installation, arguments: &[&str]) -> Self {
        let public = ["--public-url", PUBLIC_URL];
        let server = TestServer::serve(BINARY, &installation, &[&public, arguments].concat()).await;
        Self { installation, server }
    }

    /// Serves it again after it ended.
    pub(crate) async fn restart(self, arguments: &[&str]) -> Self {
        Self::start(self.installation, arguments).await
    }

    /// A browser that has never been in this project.
    pub(crate) fn visitor(&self, project: &ServedProject) -> VisitorClient {
        let mut visitor = VisitorClient::new(&self.server.url, &project.id);
        PUBLIC_URL.clone_into(&mut visitor.platform_origin);
        visitor
    }

    /// GraphQL as the project's API client.
    pub(crate) async fn graphql(&self, project: &ServedProject) -> GraphqlClient {
        GraphqlClient::client(&self.server.url, &project.client.0, &project.client.1).await
    }

    /// The platform's first owner, who comes by the link that the server printed.
    pub(crate) async fn platform_owner(&self) -> GraphqlClient {
        let (email, password) = ("olga@platform.example", "correct horse battery");
        let link = self.server.said("/desk/welcome#").await;
        let token = link.trim().split_once('#').expect("a link with its secret").1;
        let accepted = signet_testkit::client::plain()
            .post(format!("{}/desk/invitation/accept", self.server.url))
            .header("origin", PUBLIC_URL)
            .header("x-signet-desk", "1")
            .json(&json!({ "token": token, "password": password, "email": email, "name": "Olga" }))
            .send()
            .await
            .expect("the platform answers");
        assert_eq!(accepted.status(), 204);
        GraphqlClient::sign_in(&self.server.url, email, password).await
    }

    /// The keys that token providers fetch.
    pub(crate) async fn platform_keys(&self) -> Vec<Value> {
        let url = format!("{}/.well-known/jwks.json", self.server.url);
        let answer = signet_testkit::client::plain().get(url).send().await.expect("the platform answers");
        answer.json::<Value>().await.expect("JSON")["keys"].as_array().expect("keys").clone()
    }

    /// A bearer token of the project's API client, for programs that are no part of the tests.
    pub(crate) async fn bearer(&self, project: &ServedProject) -> String {
        let (id, secret) = project.credentials();
        let answer = signet_testkit::client::plain()
            .post(format!("{}/oauth2/token", self.server.url))
            .form(&[("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)])
            .send()
            .await
            .expect("the platform answers");
        let grant: Value = answer.json().await.expect("JSON");
        grant["access_token"].as_str().expect("an access token").to_owned()
    }

    /// The project's token provider, which fetches the platform's key as any would.
    pub(crate) async fn tokens(&self, project: &ServedProject) -> TokenFactory {
        let url = format!("{}/keys/platform.pem", self.server.url);
        let pem = signet_testkit::client::plain().get(url).send().await.expect("platform key").text().await;
        TokenFactory::from_pem(&project.private_key, Some("test-1"), &pem.expect("platform key"))
    }

    /// A token of the project's provider, good now.
    pub(crate) async fn token(&self, project: &ServedProject, user_id: &str) -> String {
        self.tokens(project).await.token(user_id, now_unix_ms()).build()
    }
}
