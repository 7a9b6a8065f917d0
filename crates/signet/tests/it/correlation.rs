//! One request, one id: what the page is told of an activation or a sign-out stands in the outbox, the audit log, the failure feed and the
//! server's log. `web/e2e/tests/correlation.test.mjs` says the same of the page's own events.

use serde_json::{Value, json};
use signet_testkit::GraphqlClient;
use signet_testkit::client::plain;
use signet_testkit::server::Installation;

use crate::customer_keys::person;
use crate::fixture::{BINARY, Served, ServedProject, eventually, watch};

/// The kinds of the rows of a table under a correlation id.
fn rows(served: &Served, table: &str, id: &str) -> Vec<String> {
    let database = rusqlite::Connection::open(served.installation.folder().join("signet.db")).unwrap();
    let query = format!("SELECT kind FROM {table} WHERE correlation_id = ? ORDER BY sequence");
    let mut rows = database.prepare(&query).unwrap();
    rows.query_map([id], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// The kinds of the audit log under a correlation id, as GraphQL has them.
async fn audited(owner: &GraphqlClient, id: &str) -> Vec<Value> {
    let query = "query($id: String!) { auditEvents(projectId: \"shop-1\", filter: { correlationId: $id }) { nodes { kind } } }";
    let mut found = owner.data(query, json!({ "id": id })).await;
    let nodes = found["auditEvents"]["nodes"].as_array_mut().unwrap();
    nodes.iter_mut().map(|node| node["kind"].take()).collect()
}

fn id_of(answer: &Value) -> String {
    answer["correlationId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_became_of_an_identity_is_found_by_one_id_everywhere() {
    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "shop-1").await;
    let served = Served::start(installation, &[]).await;
    let owner = person(&served, &project, "owner").await;
    let mut desk = watch(&owner, "shop-1").await;
    let mut visitor = served.visitor(&project);
    visitor.activate_anonymously().await;
    visitor.send("hello").await;

    // Signed in: `authentication:success`.
    let proved = id_of(&visitor.sign_in(&served.token(&project, "jane").await).await);
    let event = desk.next_where(|data| data["conversationEvents"]["kind"] == "VISITOR_AUTHENTICATED").await;
    assert_eq!(event["conversationEvents"]["correlationId"], json!(proved));
    assert_eq!(rows(&served, "events", &proved), ["VISITOR_AUTHENTICATED"]);
    assert_eq!(audited(&owner, &proved).await, ["VISITOR_AUTHENTICATED"]);

    // Refused: `authentication:failure`.
    let answer = served.visitor(&project).try_token("nonsense").await;
    let refused = id_of(&answer.body);
    eventually("the refusal in the audit log", async || {
        audited(&owner, &refused).await == ["VISITOR_AUTHENTICATION_REFUSED"]
    })
    .await;
    assert_eq!(rows(&served, "events", &refused), ["VISITOR_AUTHENTICATION_FAILED"]);
    let feed = "query($id: String!) { authenticationFailures(projectId: \"shop-1\", filter: { correlationId: $id }) { nodes { code } } }";
    let lines = owner.data(feed, json!({ "id": refused })).await;
    assert_eq!(lines["authenticationFailures"]["nodes"], json!([{ "code": "TOKEN_MALFORMED" }]));

    // Misused by somebody without the key.
    let mut bound = served.visitor(&project);
    bound.make_key();
    bound.sign_in(&served.token(&project, "john").await).await;
    let stolen = bound.without_key().history().await;
    let misused = id_of(&stolen.body);
    eventually("the alert in the audit log", async || {
        audited(&owner, &misused).await == ["VISITOR_SESSION_MISUSED"]
    })
    .await;
    assert_eq!(rows(&served, "events", &misused), ["VISITOR_SESSION_MISUSED"]);

    // Signed out: `authentication:logout`.
    let request =
        plain().post(format!("{}/visitor/v1/logout", served.server.url)).bearer_auth(visitor.token());
    let answer = request.send().await.unwrap();
    let left = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let event = desk.next_where(|data| data["conversationEvents"]["kind"] == "VISITOR_SIGNED_OUT").await;
    assert_eq!(event["conversationEvents"]["correlationId"], json!(left));
    assert_eq!(rows(&served, "events", &left), ["VISITOR_SIGNED_OUT"]);
    assert_eq!(audited(&owner, &left).await, ["VISITOR_SIGNED_OUT"]);

    for (id, what) in [(&refused, "activation refused"), (&left, "visitor signed out")] {
        let line = served.server.logged(id).await;
        assert!(
            served.server.logs().lines().any(|line| line.contains(id.as_str()) && line.contains(what)),
            "{line}"
        );
    }
}
