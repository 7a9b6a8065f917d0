//! The audit log taken elsewhere through GraphQL: whole, verifiable without Signet, and for those who may read it.

use std::process::Command;

use serde_json::{Value, json};
use signet_testkit::GraphqlClient;
use signet_testkit::server::Installation;

use crate::customer_keys::person;
use crate::fixture::{BINARY, Served, ServedProject};

async fn part(caller: &GraphqlClient, project: Option<&str>, after: Option<&str>) -> Value {
    let mutation = "mutation($input: AuditExportInput!) { auditExport(input: $input) { part { text next }
        userErrors { __typename field ... on InvalidInputUserError { code } } } }";
    let input = json!({ "projectId": project, "after": after });
    caller.data(mutation, json!({ "input": input })).await["auditExport"].take()
}

/// The texts of all parts.
async fn export(caller: &GraphqlClient, project: Option<&str>) -> Vec<String> {
    let (mut parts, mut after) = (Vec::new(), None);
    loop {
        let found = part(caller, project, after.as_deref()).await;
        assert_eq!(found["userErrors"], json!([]));
        parts.push(found["part"]["text"].as_str().unwrap().to_owned());
        after = found["part"]["next"].as_str().map(str::to_owned);
        if after.is_none() {
            return parts;
        }
    }
}

/// What the program that shares nothing with Signet says of an export.
fn verified(export: &str) -> String {
    let script = include_str!("../../../../docs/verify-audit-export.py");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("export.jsonl");
    std::fs::write(&file, export).unwrap();
    let output = Command::new("python3").args(["-c", script]).arg(&file).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn code(refused: &Value) -> (&Value, &Value) {
    (&refused["part"], &refused["userErrors"][0]["code"])
}

#[tokio::test]
async fn d50_an_export_through_graphql_is_whole_and_verifies_without_signet() {
    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "shop-1").await;
    let other = ServedProject::create(&installation, "shop-2").await;
    let served = Served::start(installation, &[]).await;
    let platform_owner = served.platform_owner().await;
    let owner = person(&served, &project, "owner").await;
    let auditor = person(&served, &project, "auditor").await;
    let create =
        "mutation($n: String!) { groupCreate(input: { projectId: \"shop-1\", name: $n }) { group { id } } }";
    for number in 0..420 {
        owner.data(create, json!({ "n": format!("group {number}") })).await;
    }
    let parts = export(&auditor, Some("shop-1")).await;
    assert!(parts.len() >= 3, "{} parts", parts.len());
    let whole = parts.concat();
    let lines: Vec<Value> = whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(verified(&whole), format!("{} events, intact\n", lines.len()));
    assert!(verified(&whole.replace("group", "groop")).contains("changed"));
    let last = lines.last().unwrap();
    assert_eq!((&last["kind"], &last["actor"]["type"]), (&json!("AUDIT_EXPORTED"), &json!("AGENT")));
    assert_eq!(last["actor"]["name"], "auditor@shop-1.example");
    let command = Command::new(BINARY)
        .args(["audit", "export", "--project", "shop-1", "--data-dir"])
        .arg(served.installation.folder())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(command.stdout).unwrap(), whole, "the same lines as at the command line");

    // A cursor is of one chain and one caller, and nobody makes one.
    let next = part(&auditor, Some("shop-1"), None).await["part"]["next"].as_str().unwrap().to_owned();
    let invalid = (&Value::Null, &json!("CURSOR_INVALID"));
    assert_eq!(code(&part(&owner, Some("shop-1"), Some(&next)).await), invalid);
    let theirs = person(&served, &other, "owner").await;
    assert_eq!(code(&part(&theirs, Some("shop-2"), Some(&next)).await), invalid);
    assert_eq!(code(&part(&auditor, Some("shop-1"), Some("AAAA")).await), invalid);
    let missing = part(&theirs, Some("shop-1"), None).await;
    assert_eq!(missing["userErrors"][0]["__typename"], "NotFoundUserError");

    // The platform's own chain is for its owners.
    let mutation = "mutation { auditExport(input: {}) { part { text } } }";
    let denied = owner.raw(mutation, json!({})).await.body;
    assert_eq!(denied["errors"][0]["extensions"]["name"], "PERMISSION_DENIED");
    let platform = export(&platform_owner, None).await.concat();
    assert!(verified(&platform).ends_with("events, intact\n"), "{}", verified(&platform));
    assert!(platform.lines().all(|line| line.contains("\"projectId\":null")));
}
