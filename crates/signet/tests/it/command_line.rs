//! Setting an installation up with commands, and what they say when something is wrong.

use std::process::Command;

use serde_json::json;
use signet_testkit::now_unix_ms;
use signet_testkit::server::Installation;

use crate::fixture::{BINARY, Served, ServedProject};

pub(crate) fn fails(installation: &Installation, arguments: &[&str]) -> String {
    let data_dir = installation.folder().to_str().unwrap();
    let output = Command::new(BINARY).args(arguments).args(["--data-dir", data_dir]).output().unwrap();
    assert!(!output.status.success(), "{arguments:?} succeeded");
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn what_the_commands_set_up_is_what_the_platform_serves() {
    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "shop-1").await;
    let shown = installation.run(&["project", "show", "shop-1"]).await;
    assert_eq!(shown["authenticatedMode"], "ON");
    assert_eq!(shown["sessionLifetimeSeconds"], 3600);
    let changed = installation
        .run(&["project", "set-origins", "shop-1", "--origin", "https://shop.example", "--any-loopback"])
        .await;
    assert_eq!(changed["allowedOrigins"], serde_json::json!(["https://shop.example", "any loopback origin"]));
    installation.run(&["project", "set", "shop-1", "--session-lifetime", "20m"]).await;
    let keys = installation.run(&["keys", "list", "--project", "shop-1"]).await;
    assert_eq!((keys[0]["keyId"].as_str(), keys[0]["state"].as_str()), (Some("test-1"), Some("ACTIVE")));

    let served = Served::start(installation, &[]).await;
    let mut visitor = served.visitor(&project);
    let activated = visitor.sign_in(&served.token(&project, "user-1").await).await;
    assert_eq!(activated["session"]["assurance"], "VERIFIED");
    visitor.send("hello").await;
    let query = "query($id: ID!) { project(projectId: $id) { sessionLifetimeSeconds allowedOrigins counts { ongoing } } }";
    let data = served.graphql(&project).await.data(query, serde_json::json!({ "id": "shop-1" })).await;
    assert_eq!(data["project"]["sessionLifetimeSeconds"], 1200);
    assert_eq!(data["project"]["counts"]["ongoing"], 1);
    assert!(
        served.installation.folder().join("keystore.json.passphrase").is_file(),
        "made on the first start"
    );
}

#[tokio::test]
async fn d18_how_far_clocks_may_differ_is_a_setting_of_the_project() {
    let installation = Installation::new(BINARY, None);
    let projects = [
        ServedProject::create(&installation, "default").await,
        ServedProject::create(&installation, "patient").await,
    ];
    let patient = installation.run(&["project", "set", "patient", "--token-leeway", "60s"]).await;
    assert_eq!(patient["tokenLeewaySeconds"], 60);
    let refused = fails(&installation, &["project", "set", "patient", "--token-leeway", "61s"]);
    assert!(refused.contains("the leeway is 0 to 60 whole seconds"), "{refused}");
    let served = Served::start(installation, &[]).await;
    // Half a minute is far from both boundaries, however slow the machine.
    let mut answers = Vec::new();
    for project in &projects {
        let now = now_unix_ms();
        let late = served.tokens(project).await.token("jane", now).claim("exp", now / 1_000 - 30).build();
        let answer = served.visitor(project).try_token(&late).await;
        answers.push(answer.body["code"].clone());
        let query =
            "query($id: ID!) { project(projectId: $id) { tokenLeewaySeconds tokenMaxLifetimeSeconds issuers
            signatureAlgorithms keyManagement } }";
        let data = served.graphql(project).await.data(query, json!({ "id": project.id })).await;
        let leeway = if project.id == "patient" { 60 } else { 5 };
        assert_eq!(
            data["project"],
            json!({ "tokenLeewaySeconds": leeway, "tokenMaxLifetimeSeconds": 86_400, "issuers": [],
                "signatureAlgorithms": ["RS256"], "keyManagement": ["RSA-OAEP-256"] })
        );
    }
    assert_eq!(answers, [json!("TOKEN_EXPIRED"), json!(null)]);
}

#[tokio::test]
async fn slips_are_told_in_words() {
    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "shop-1").await;
    assert!(fails(&installation, &["project", "create", "shop-1", "--name", "x"]).contains("exists"));
    assert!(fails(&installation, &["project", "show", "shop-2"]).contains("there is no project shop-2"));
    assert!(fails(&installation, &["project", "create", "a b", "--name", "x"]).contains("project id"));
    let origin =
        fails(&installation, &["project", "set-origins", "shop-1", "--origin", "https://shop.example/page"]);
    assert!(origin.contains("https://shop.example"), "{origin}");

    let private = installation.folder().join("private.pem");
    std::fs::write(&private, &project.private_key).unwrap();
    let burnt = fails(&installation, &["keys", "add", private.to_str().unwrap(), "--project", "shop-1"]);
    assert!(burnt.contains("private"), "{burnt}");
    assert!(!burnt.contains("BEGIN"), "the key itself is not repeated: {burnt}");
    let generated = Command::new(BINARY)
        .args(["keys", "generate", "--out"])
        .arg(installation.folder().join("shop-1"))
        .output()
        .unwrap();
    assert!(!generated.status.success(), "an existing key is not overwritten");
}
