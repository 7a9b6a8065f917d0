//! Observe mode: tokens are verified and reported, and nobody notices.

use serde_json::{Value, json};
use signet_testkit::server::Installation;
use signet_testkit::{GraphqlClient, now_unix_ms};

use crate::customer_keys::person;
use crate::fixture::{BINARY, Served, ServedProject, eventually, texts};

async fn served() -> (Served, ServedProject, GraphqlClient) {
    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "shop-1").await;
    installation.run(&["project", "set", "shop-1", "--mode", "observe"]).await;
    let served = Served::start(installation, &[]).await;
    let owner = person(&served, &project, "owner").await;
    (served, project, owner)
}

/// Accepted tokens and refused ones of a project in the last hour.
pub(crate) async fn counts(graphql: &GraphqlClient, project: &str) -> (i64, i64) {
    let time = |offset: i64| signet_domain::Timestamp::from_millis(now_unix_ms() + offset).to_string();
    let query =
        "query($id: ID!, $from: DateTime!, $to: DateTime!) { authenticationFailureCounts(projectId: $id,
        interval: { from: $from, to: $to }, buckets: 1) { count successes } }";
    let data =
        graphql.data(query, json!({ "id": project, "from": time(-3_600_000), "to": time(60_000) })).await;
    let span = &data["authenticationFailureCounts"][0];
    (span["successes"].as_i64().unwrap(), span["count"].as_i64().unwrap())
}

#[tokio::test]
async fn tokens_are_judged_and_the_visitor_goes_on_anonymously() {
    let (served, project, owner) = served().await;
    let tokens = served.tokens(&project).await;
    let mut visitor = served.visitor(&project);
    visitor.activate_anonymously().await;
    let id = visitor.send("hello").await["conversationId"].clone();

    // A good token: reported as such, and nothing else changes.
    let good = tokens.token("canary-jane", now_unix_ms()).claim("jti", json!("once")).build();
    let answer = visitor.sign_in(&good).await;
    assert_eq!(answer["session"]["assurance"], "ANONYMOUS");
    assert_eq!(
        answer["observed"],
        json!({ "status": "authentication-success", "reason": null, "code": null })
    );
    visitor.send("still a guest").await;

    // Bad ones: used before, signed by somebody else, expired, and no token at all.
    let elsewhere = signet_token::SigningKey::generate().unwrap();
    let bad = [
        (good.clone(), "TOKEN_REPLAYED"),
        (tokens.token("canary-jane", now_unix_ms()).signed_by(&elsewhere).build(), "TOKEN_SIGNATURE_INVALID"),
        (tokens.token("canary-jane", now_unix_ms() - 3_600_000).build(), "TOKEN_EXPIRED"),
        ("nonsense".to_owned(), "TOKEN_MALFORMED"),
    ];
    for (token, code) in &bad {
        let answer = visitor.sign_in(token).await;
        assert_eq!(
            (&answer["status"], &answer["session"]["assurance"]),
            (&json!("authentication-success"), &json!("ANONYMOUS"))
        );
        let observed = &answer["observed"];
        assert_eq!(
            (&observed["status"], &observed["code"]),
            (&json!("authentication-failure"), &json!(code))
        );
        assert!(
            observed["reason"].as_str().unwrap().starts_with("Failed to fetch authentication"),
            "{observed}"
        );
    }
    assert_eq!(visitor.send("and on").await["conversationId"], id);
    let plain = served.visitor(&project).try_activate(&json!({ "type": "ANONYMOUS" })).await.ok();
    assert_eq!(plain["observed"], Value::Null, "nothing was offered");

    // Agents see a guest; nothing of the tokens is anywhere.
    let seen = crate::fixture::conversation(&owner, &id).await;
    assert_eq!(seen["identity"]["state"], "NOT_VERIFIED");
    let said: Vec<_> =
        ["hello", "still a guest", "and on"].map(|text| (text.to_owned(), "ANONYMOUS".to_owned())).into();
    assert_eq!(texts(&seen), said);
    let query = "{ visitors(projectId: \"shop-1\") { nodes { externalUserId assurance } } }";
    let visitors = owner.data(query, Value::Null).await;
    assert_eq!(visitors["visitors"]["nodes"], json!([{ "externalUserId": null, "assurance": "ANONYMOUS" }]));

    // The report: 1 of 5 would have succeeded.
    eventually("the report", async || counts(&owner, "shop-1").await == (1, 4)).await;
    let feed = "{ authenticationFailures(projectId: \"shop-1\") { nodes { code fineCode correlationId } } }";
    let lines = owner.data(feed, Value::Null).await["authenticationFailures"]["nodes"].to_string();
    assert!(bad.iter().all(|(_, code)| lines.contains(code)), "{lines}");
    assert!(!lines.contains("canary"), "{lines}");
    assert!(!served.server.logs().contains("canary"));
}

#[tokio::test]
async fn a_mode_that_changes_takes_nothing_from_anybody() {
    let (served, project, owner) = served().await;
    let token = async |user: &str| served.token(&project, user).await;
    let set = async |mode: &str| {
        let mutation = "mutation($mode: AuthenticatedMode!) { projectUpdate(input: { projectId: \"shop-1\",
            settings: { authenticatedMode: $mode } }) { userErrors { message } } }";
        let done = owner.data(mutation, json!({ "mode": mode })).await;
        assert_eq!(done["projectUpdate"]["userErrors"], json!([]));
    };
    // On the server's side nothing is opened by it either, and an inspection or a test is as ever.
    let program = served.graphql(&project).await;
    let open = |name: &str, token: String| {
        let query = format!(
            "mutation($input: VisitorAuthenticateFromCredentialsInput!) {{ {name}(input: $input) {{
                visitorSessionToken {{ expiresAt }} userErrors {{ ... on AuthenticationUserError {{ code }} }} }} }}"
        );
        (query, json!({ "input": { "projectId": "shop-1", "credentials": token } }))
    };
    let (query, input) = open("visitorAuthenticateFromCredentials", token("jane").await);
    let refused = program.data(&query, input).await["visitorAuthenticateFromCredentials"].clone();
    assert_eq!(refused["userErrors"][0]["code"], "PROJECT_NOT_SET_UP");
    let (query, input) = open("testVisitorAuthenticateFromCredentials", token("jane").await);
    let tested = program.data(&query, input).await["testVisitorAuthenticateFromCredentials"].clone();
    assert_eq!(tested["userErrors"], json!([]));

    let mut jane = served.visitor(&project);
    jane.sign_in(&token("jane").await).await;
    jane.send("as a guest").await;
    set("ON").await;
    let upgraded = jane.sign_in(&token("jane").await).await;
    assert_eq!(
        (&upgraded["session"]["assurance"], &upgraded["observed"]),
        (&json!("VERIFIED"), &Value::Null)
    );
    assert_eq!(upgraded["continuity"]["outcome"], "ADOPTED");
    set("OBSERVE").await;
    let renewed = jane.sign_in(&token("jane").await).await;
    assert_eq!(renewed["session"]["assurance"], "VERIFIED", "who is signed in stays so");
    assert_eq!(renewed["continuity"]["outcome"], "RENEWED");
    assert_eq!(jane.history().await.status, 200);
}
