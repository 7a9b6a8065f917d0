//! Two processes over one PostgreSQL: whoever watches at one sees what is written at the other, also after their connection was cut.

use futures_util::future::join;
use serde_json::{Value, json};
use signet_testkit::client::within;
use signet_testkit::server::Installation;
use signet_testkit::visitor::VisitorSocket;
use signet_testkit::{GraphqlClient, TestServer, VisitorClient};

use crate::customer_keys::person;
use crate::fixture::{BINARY, PUBLIC_URL, Served, ServedProject, answer, watch};

/// Two nodes, and a project that was made when both ran already.
pub(crate) struct Nodes {
    pub(crate) one: Served,
    pub(crate) two: TestServer,
    pub(crate) project: ServedProject,
    database: String,
}

impl Nodes {
    pub(crate) async fn start() -> Option<Self> {
        // Without a server the kit has said so, or has failed in CI.
        let server = signet_testkit::postgres::shared()?;
        let database = server.database().await;
        let installation = Installation::new(BINARY, Some(&database));
        installation.run(&["project", "create", "first", "--name", "First", "--any-loopback"]).await;
        let one = Served::start(installation, &[]).await;
        let two = TestServer::serve(BINARY, &one.installation, &["--public-url", PUBLIC_URL]).await;
        let project = ServedProject::create(&one.installation, "shop").await;
        Some(Self { one, two, project, database })
    }

    pub(crate) fn visitor(&self) -> VisitorClient {
        self.one.visitor(&self.project)
    }

    pub(crate) async fn token(&self, user_id: &str) -> String {
        self.one.token(&self.project, user_id).await
    }

    /// Cuts every connection by which the nodes tell each other, as a failover would.
    async fn cut(&self) -> i64 {
        let (client, connection) =
            tokio_postgres::connect(&self.database, tokio_postgres::NoTls).await.unwrap();
        let connection = tokio::spawn(connection);
        let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
            WHERE datname = current_database() AND application_name = 'signet bus'";
        let count = client.query_one(cut, &[]).await.unwrap().get(0);
        drop(client);
        connection.await.unwrap().unwrap();
        count
    }
}

/// The same visitor at another node, in another tab or on another device.
pub(crate) fn at(visitor: &VisitorClient, node: &TestServer) -> VisitorClient {
    let mut there = visitor.clone();
    there.moved_to(&node.url);
    there
}

async fn joined(visitor: &VisitorClient) -> VisitorSocket {
    let mut socket = visitor.socket().await;
    socket.expect("welcome").await;
    socket
}

async fn mutate(graphql: &GraphqlClient, name: &str, input: Value) {
    let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    let text =
        format!("mutation($input: {kind}!) {{ {name}(input: $input) {{ userErrors {{ message }} }} }}");
    let data = graphql.data(&text, json!({ "input": input })).await;
    assert_eq!(data[name]["userErrors"], json!([]));
}

fn text_of(data: &Value) -> &Value {
    &data["conversationEvents"]["message"]["text"]
}

#[tokio::test]
async fn what_is_written_at_one_node_is_seen_at_the_other() {
    let Some(nodes) = Nodes::start().await else { return };
    let agent_here = person(&nodes.one, &nodes.project, "administrator").await;
    let agent = agent_here.moved_to(&nodes.two.url);
    let mut desk = watch(&agent, "shop").await;

    // Cases 8 and 9: a guest with a tab at each node, the agent at the second.
    let mut here = nodes.visitor();
    here.activate_anonymously().await;
    let there = at(&here, &nodes.two);
    let (mut tab, mut other_tab) = (joined(&here).await, joined(&there).await);
    tab.send("from the first node").await;
    let id = tab.expect("ack").await["conversationId"].clone();
    other_tab.expect_text("from the first node").await;
    desk.next_where(|data| text_of(data) == "from the first node").await;
    other_tab.send("from the second node").await;
    tab.expect_text("from the second node").await;
    answer(&agent, &id, "from the desk").await;
    for socket in [&mut tab, &mut other_tab] {
        socket.expect_text("from the desk").await;
    }

    // Marks and typing, both ways.
    mutate(&agent, "conversationMarkRead", json!({ "conversationId": id, "sequence": 3 })).await;
    tab.expect_where("conversation", |frame| frame["conversation"]["readByAgent"] == 3).await;
    tab.frame(&json!({ "type": "read", "conversationId": id, "sequence": 3 })).await;
    other_tab.expect_where("conversation", |frame| frame["conversation"]["readByVisitor"] == 3).await;
    mutate(&agent, "conversationTyping", json!({ "conversationId": id })).await;
    assert_eq!(tab.expect("typing").await["name"], "Sam");
    tab.frame(&json!({ "type": "typing" })).await;
    let typing = desk.next_where(|data| data["conversationEvents"]["kind"] == "VISITOR_TYPING").await;
    assert_eq!(typing["conversationEvents"]["conversation"]["id"], id);

    // The padlock closes and opens, and the guest's other tab ends with the seam.
    here.sign_in(&nodes.token("person").await).await;
    let proved = desk.next_where(|data| data["conversationEvents"]["kind"] == "VISITOR_AUTHENTICATED").await;
    assert_eq!(proved["conversationEvents"]["conversation"]["identity"]["state"], "VERIFIED");
    assert_eq!(other_tab.closed().await, Some(4401));
    let there = at(&here, &nodes.two);
    let (mut tab, mut other_tab) = (joined(&here).await, joined(&there).await);
    there.send("proved, at the second node").await;
    assert_eq!(tab.expect_text("proved, at the second node").await["assurance"], "VERIFIED");
    assert_eq!(here.logout().await, 204);
    let left = desk.next_where(|data| data["conversationEvents"]["kind"] == "VISITOR_SIGNED_OUT").await;
    assert_eq!(left["conversationEvents"]["conversation"]["identity"]["state"], "NO_LONGER_VERIFIED");
    assert_eq!(join(tab.closed(), other_tab.closed()).await, (Some(4401), Some(4401)));
    mutate(&agent, "conversationClose", json!({ "conversationId": id })).await;
    let mut desk_here = watch(&agent_here, "shop").await;
    here.sign_in(&nodes.token("person").await).await;
    at(&here, &nodes.two).send("a new one").await;
    desk_here.next_where(|data| text_of(data) == "a new one").await;
}

#[tokio::test]
async fn a_cut_between_the_nodes_heals_without_loss_or_repetition() {
    let Some(nodes) = Nodes::start().await else { return };
    let agent = person(&nodes.one, &nodes.project, "administrator").await;
    let mut desk = watch(&agent.moved_to(&nodes.two.url), "shop").await;
    let mut visitor = nodes.visitor();
    visitor.sign_in(&nodes.token("person").await).await;
    let id = visitor.send("0").await["conversationId"].clone();
    let mut tab = joined(&at(&visitor, &nodes.two)).await;

    // Both sides write at the first node while the word between the nodes is cut again and again.
    let writing = async {
        for number in 1..=40 {
            visitor.send(&number.to_string()).await;
            answer(&agent, &id, &format!("answer {number}")).await;
        }
    };
    let cutting = async {
        let mut cuts = 0;
        while cuts < 8 {
            cuts += nodes.cut().await;
        }
    };
    join(writing, within("eight connections to be cut", cutting)).await;
    nodes.two.logged("listening to the other nodes again").await;
    visitor.send("the last").await;

    let mut cursors = Vec::new();
    let mut texts = Vec::new();
    while texts.last() != Some(&json!("the last")) {
        let event = desk.next().await["conversationEvents"].take();
        cursors.push(event["cursor"].as_i64().unwrap_or_else(|| panic!("{event}")));
        texts.extend(Some(event["message"]["text"].clone()).filter(Value::is_string));
    }
    let expected = |number: i32| [json!(number.to_string()), json!(format!("answer {number}"))];
    let expected: Vec<Value> =
        [json!("0")].into_iter().chain((1..=40).flat_map(expected)).chain([json!("the last")]).collect();
    assert_eq!(texts, expected, "the desk at the other node sees everything once, in order");
    assert!(cursors.windows(2).all(|pair| pair[1] == pair[0] + 1), "{cursors:?}");
    let mut seen = Vec::new();
    while seen.last() != Some(&json!("the last")) {
        let frame = tab.expect_where("entry", |frame| frame["entry"]["kind"] == "TEXT").await;
        seen.push(frame["entry"]["text"].clone());
    }
    assert_eq!(seen, expected[1..], "and so does the visitor's tab there");
}

#[tokio::test]
async fn a_conversation_begun_at_the_other_node_takes_nothing_out_of_view() {
    let Some(nodes) = Nodes::start().await else { return };
    let agent = person(&nodes.one, &nodes.project, "administrator").await;
    let mut here = nodes.visitor();
    here.sign_in(&nodes.token("person").await).await;
    let mut tab = joined(&at(&here, &nodes.two)).await;
    let first = here.send("the first conversation").await["conversationId"].clone();
    tab.expect_text("the first conversation").await;
    mutate(&agent, "conversationClose", json!({ "conversationId": first })).await;
    tab.expect_where("conversation", |frame| frame["conversation"]["state"] == "CLOSED").await;
    let second = here.send("the second conversation").await["conversationId"].clone();
    // A `welcome` would have the tab forget the first.
    tab.expect_where("conversation", |frame| frame["conversation"]["id"] == second).await;
    tab.expect_text("the second conversation").await;
}
