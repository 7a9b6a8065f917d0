//! What the schema refuses and how it says so. What needs an application is tested through the binary.

use std::net::{IpAddr, Ipv4Addr};

use signet_app::RequestContext;

use crate::builder;
use crate::wire::{Answer, Operation};

fn context() -> RequestContext {
    RequestContext { correlation_id: "req-1".into(), address: IpAddr::V4(Ipv4Addr::LOCALHOST) }
}

/// Sends a document without any application: it gets as far as its first resolver.
async fn send(query: &str) -> serde_json::Value {
    send_with(query, serde_json::json!({})).await
}

async fn send_with(query: &str, variables: serde_json::Value) -> serde_json::Value {
    let body = serde_json::json!({ "query": query, "variables": variables });
    let operation: Operation = serde_json::from_value(body).unwrap();
    let answer = match operation.prepare(&context()) {
        Ok(prepared) => {
            Answer::of(builder().finish().execute(prepared.request).await, &prepared.asked, &context())
        }
        Err(refusal) => Answer::refusal(refusal),
    };
    serde_json::to_value(answer).unwrap()
}

fn name(answer: &serde_json::Value) -> &str {
    answer["errors"][0]["extensions"]["name"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn an_error_in_the_request_has_a_name_and_no_data() {
    let answer = send("{ viewer { nothing } }").await;
    insta::assert_json_snapshot!(answer, @r#"
    {
      "errors": [
        {
          "extensions": {
            "correlationId": "req-1",
            "name": "QUERY_INVALID",
            "retryPolicy": "NO_RETRY"
          },
          "locations": [
            {
              "column": 12,
              "line": 1
            }
          ],
          "message": "Unknown field \"nothing\" on type \"Viewer\"."
        }
      ]
    }
    "#);
    let answer = send("{ viewer {").await;
    assert_eq!(name(&answer), "QUERY_SYNTAX_INVALID");
    assert!(answer.get("data").is_none(), "{answer}");
}

#[tokio::test]
async fn a_wrong_value_has_a_name_too() {
    let query = "query Q($id: UUID!) { conversation(id: $id) { id } }";
    for id in ["0193a5b0000070008000000000000001", "x"] {
        let answer = send_with(query, serde_json::json!({ "id": id })).await;
        assert_eq!(name(&answer), "INPUT_INVALID", "{answer}");
    }
    assert_eq!(name(&send_with(query, serde_json::json!({})).await), "INPUT_INVALID");
    let answer = send("{ conversations(projectId: \"a\", first: \"many\") { nodes { id } } }").await;
    assert_eq!(name(&answer), "QUERY_INVALID");
}

#[tokio::test]
async fn errors_are_no_flood() {
    let fields: Vec<String> = (0..500).map(|n| format!("nothing{n}")).collect();
    let fields = fields.join(" ");
    let answer = send(&format!("{{ viewer {{ {fields} }} }}")).await;
    assert_eq!(answer["errors"].as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn pages_in_pages_are_too_complex() {
    let query = "{ conversations(projectId: \"a\", first: 100) { nodes { messages(first: 100) { nodes { text id } } } } }";
    assert_eq!(name(&send(query).await), "QUERY_TOO_COMPLEX");
    let variables = serde_json::json!({ "n": 100 });
    let query = "query Q($n: Int!) { conversations(projectId: \"a\", first: $n) { nodes { messages(first: $n) { nodes { text id } } } } }";
    assert_eq!(name(&send_with(query, variables).await), "QUERY_TOO_COMPLEX");
}

#[tokio::test]
async fn aliases_of_the_test_mutation_are_bounded() {
    let attempts = |count: usize| {
        let input = r#"(input: {projectId: "a", credentials: "x"}) { userErrors { message } }"#;
        let aliases: Vec<String> =
            (0..count).map(|n| format!("a{n}: testVisitorAuthenticateFromCredentials{input}")).collect();
        let aliases = aliases.join(" ");
        format!("mutation {{ {aliases} }}")
    };
    assert_eq!(name(&send(&attempts(50)).await), "QUERY_TOO_COMPLEX");
    let answer = send(&attempts(40)).await;
    assert!(answer.get("data").is_some(), "{answer}");
}

#[tokio::test]
async fn depth_is_bounded() {
    let query = format!(
        "{{ conversation(id: \"0193a5b0-0000-7000-8000-000000000001\") {{ {} id {} }} }}",
        "continuedIn {".repeat(16),
        "}".repeat(16)
    );
    assert_eq!(name(&send(&query).await), "QUERY_TOO_COMPLEX");
}

#[tokio::test]
async fn tools_can_read_the_schema() {
    // As deep and as wide as what GraphiQL and code generators send.
    let of_type = format!("{} kind name {}", "kind name ofType {".repeat(9), "}".repeat(9));
    let query = format!(
        "query IntrospectionQuery {{ __schema {{ queryType {{ name kind }} mutationType {{ name kind }}
           subscriptionType {{ name kind }} types {{ ...FullType }}
           directives {{ name description locations args {{ ...InputValue }} }} }} }}
         fragment FullType on __Type {{ kind name description
           fields(includeDeprecated: true) {{ name description args {{ ...InputValue }} type {{ ...TypeRef }} isDeprecated deprecationReason }}
           inputFields {{ ...InputValue }} interfaces {{ ...TypeRef }}
           enumValues(includeDeprecated: true) {{ name description isDeprecated deprecationReason }}
           possibleTypes {{ ...TypeRef }} }}
         fragment InputValue on __InputValue {{ name description type {{ ...TypeRef }} defaultValue }}
         fragment TypeRef on __Type {{ {of_type} }}"
    );
    let answer = send(&query).await;
    assert!(answer.get("errors").is_none(), "{}", answer["errors"]);
    let types = answer["data"]["__schema"]["types"].as_array().unwrap();
    assert!(types.iter().any(|found| found["name"] == "Conversation"));
}

#[tokio::test]
async fn subscriptions_need_a_socket() {
    let answer = send("subscription { conversationEvents(projectId: \"a\") { kind } }").await;
    assert_eq!(name(&answer), "QUERY_INVALID");
    assert!(answer.get("data").is_none());
}

#[tokio::test]
async fn an_error_in_a_field_leaves_what_the_schema_promises() {
    // Without an application the resolvers fail, which is an error of their fields.
    let answer = send("{ viewer { id } __typename }").await;
    assert!(answer.as_object().unwrap().contains_key("data"), "{answer}");
    assert_eq!(answer["data"], serde_json::Value::Null);
    assert_eq!(answer["errors"][0]["path"][0], "viewer");
    let answer = send("{ project(projectId: \"a\") { name } __typename }").await;
    assert_eq!(answer["data"], serde_json::json!({ "project": null, "__typename": "Query" }));
}
