//! What the page says of its visitor, through the doors: bounded, marked as a claim, and below what a token said.

use serde_json::{Value, json};
use signet_testkit::server::TestServer;
use signet_testkit::visitor::new_id;
use signet_testkit::{GraphqlClient, VisitorClient, now_unix_ms};

use crate::fixture::{demo, watch};

const PROFILE: &str = "query($id: UUID!) { conversation(id: $id) { visitor {
    assurance claimedId email lastName attributes { name value source } customData { key value type source } } } }";

async fn profile(agent: &GraphqlClient, conversation: &Value) -> Value {
    agent.data(PROFILE, json!({ "id": conversation })).await["conversation"]["visitor"].take()
}

fn token(server: &TestServer, data: Value) -> String {
    server.tokens().token("claims-person", now_unix_ms()).visitor_data(data).build()
}

async fn say(visitor: &VisitorClient, members: Value) -> Value {
    visitor.post("/custom-data", &json!({ "customData": members })).await.ok()
}

#[tokio::test]
async fn what_a_page_says_of_a_guest_is_kept_from_their_first_message_on() {
    let server = demo().await;
    let agent = server.agent().await;
    let mut guest = server.visitor();
    guest.ext_id = Some("FR-012345".into());
    guest.activate_anonymously().await;
    let said = json!({ "cust_email": "page@example.org", "cust_name": "Doe", "plan": "gold", "visits": 3,
        "member": true, "empty": "", "extID": "not here" });
    assert_eq!(
        say(&guest, said.clone()).await,
        json!({ "stored": false }),
        "nothing is stored of a stranger"
    );
    let everybody =
        "{ visitors(projectId: \"demo\", first: 100) { nodes { claimedId customData { key } } } }";
    let known = agent.data(everybody, json!({})).await["visitors"]["nodes"].take();
    assert!(
        known
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["claimedId"].is_null() && one["customData"] == json!([]))
    );

    let id = guest.send("Hello").await["conversationId"].clone();
    let mut events = watch(&agent, "demo").await;
    assert_eq!(say(&guest, said.clone()).await, json!({ "stored": true }));
    assert_eq!(
        events.next().await["conversationEvents"]["kind"],
        "CONVERSATION_UPDATED",
        "the desk looks again"
    );
    let datum = |key: &str, value: &str, kind: &str| json!({ "key": key, "value": value, "type": kind, "source": "PAGE" });
    let attribute = |name: &str, value: &str| json!({ "name": name, "value": value, "source": "PAGE" });
    let expected = json!({
        "assurance": "CLAIMED",
        "claimedId": "FR-012345",
        "email": "page@example.org",
        "lastName": "Doe",
        "attributes": [attribute("lastName", "Doe"), attribute("email", "page@example.org")],
        "customData": [
            datum("cust_email", "page@example.org", "STRING"), datum("cust_name", "Doe", "STRING"),
            datum("member", "true", "BOOLEAN"), datum("plan", "gold", "STRING"), datum("visits", "3", "NUMBER"),
        ],
    });
    assert_eq!(profile(&agent, &id).await, expected);
    assert_eq!(say(&guest, json!({ "plan": "silver" })).await, json!({ "stored": true }));
    let changed = profile(&agent, &id).await;
    assert_eq!(
        changed["customData"],
        json!([datum("plan", "silver", "STRING")]),
        "the page's newest word counts"
    );
    assert_eq!((&changed["attributes"], &changed["email"]), (&json!([]), &Value::Null));
}

#[tokio::test]
async fn what_a_page_says_never_stands_above_a_token() {
    let server = demo().await;
    let agent = server.agent().await;
    let mut visitor = server.visitor();
    let data = json!({ "email": "token@example.org" });
    visitor.sign_in(&token(&server, data)).await;
    let id = visitor.send("It is me").await["conversationId"].clone();
    let said = json!({ "cust_email": "evil@example.org", "cust_name": "Somebody Else" });
    assert_eq!(say(&visitor, said).await, json!({ "stored": true }));
    let seen = profile(&agent, &id).await;
    assert_eq!((&seen["assurance"], &seen["email"]), (&json!("VERIFIED"), &json!("token@example.org")));
    assert_eq!(seen["lastName"], Value::Null, "a claim is no part of what was proved");
    assert_eq!(
        seen["attributes"],
        json!([
            { "name": "lastName", "value": "Somebody Else", "source": "PAGE" },
            { "name": "email", "value": "token@example.org", "source": "TOKEN" },
        ])
    );
    let named = json!({ "lastName": "Doe" });
    visitor.sign_in(&token(&server, named)).await;
    let seen = profile(&agent, &id).await;
    assert_eq!(seen["lastName"], "Doe");
    assert_eq!(seen["attributes"], json!([{ "name": "lastName", "value": "Doe", "source": "TOKEN" }]));
}

#[tokio::test]
async fn custom_data_are_bounded_and_a_visitors_own() {
    let server = demo().await;
    let mut visitor = server.visitor();
    visitor.activate_anonymously().await;
    visitor.send("Hello").await;
    let many: serde_json::Map<String, Value> = (0..51).map(|n| (format!("key {n}"), json!(n))).collect();
    for members in [
        Value::Object(many),
        json!({ "k".repeat(65): "x" }),
        json!({ "": "x" }),
        json!({ "a\nb": "x" }),
        json!({ "key": "x".repeat(1025) }),
    ] {
        let refused = visitor.post("/custom-data", &json!({ "customData": members })).await;
        assert_eq!((refused.status, refused.code()), (400, "CUSTOM_DATA_INVALID"));
    }
    for members in [json!({ "key": { "nested": 1 } }), json!({ "key": null }), json!(["x"]), json!("x")] {
        let refused = visitor.post("/custom-data", &json!({ "customData": members })).await;
        assert_eq!((refused.status, refused.code()), (400, "REQUEST_INVALID"));
    }
    let mut stranger = visitor.clone();
    stranger.session = Some(new_id());
    assert_eq!(stranger.post("/custom-data", &json!({ "customData": {} })).await.status, 401);
    // Written too often, it is held back, and messages are not.
    let mut refused = None;
    for turn in 0..200 {
        let answer = visitor.post("/custom-data", &json!({ "customData": { "turn": turn } })).await;
        if answer.status != 200 {
            refused = Some((answer.status, answer.code().to_owned()));
            break;
        }
    }
    assert_eq!(refused, Some((429, "RATE_LIMITED".to_owned())));
    visitor.send("And I may still write").await;
}
