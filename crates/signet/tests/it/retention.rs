//! What a project keeps no longer goes by itself, under a clock that the test moves.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use signet_testkit::VisitorClient;
use signet_testkit::server::Installation;

use crate::command_line::fails;
use crate::fixture::BINARY;
use crate::in_process::Frozen;
use crate::personal_data::{canary, mutate, tables_of_postgres, tables_of_sqlite};

const KEPT: &str = "project { retention { conversationsAnonymizedAfterDays conversationsDeletedAfterDays
    visitorsAnonymizedAfterDays transactionsDeletedAfterDays failuresDeletedAfterDays eventsDeletedAfterDays } }";

impl Frozen {
    async fn sign_in(&self, user: &str) -> VisitorClient {
        let mut visitor = self.visitor();
        let data = json!({ "email": format!("{user}@mail.example") });
        visitor.sign_in(&self.tokens.token(user, self.now()).visitor_data(data).build()).await;
        visitor
    }

    async fn days_later(&self, days: u64) {
        self.clock.advance(Duration::from_hours(24 * days));
        self.server.app().apply_retention().await.unwrap();
    }

    async fn tables_with_canaries(&self) -> Vec<String> {
        let found: BTreeSet<String> = match &self.database {
            Some(address) => tables_of_postgres(address).await,
            None => tables_of_sqlite(&self.folder.path().join("signet.db")),
        };
        found.into_iter().collect()
    }

    async fn audit(&self, kind: &str) -> Vec<Value> {
        let query = "query($kinds: [String!]) { auditEvents(projectId: \"bank\", filter: { kinds: $kinds }, first: 100) {
            nodes { kind actor { type } subject { type id } details { name value } } } }";
        let mut data = self.graphql().await.data(query, json!({ "kinds": [kind] })).await;
        serde_json::from_value(data["auditEvents"]["nodes"].take()).unwrap()
    }
}

/// Runs a test on both engines.
macro_rules! both_engines {
    ($($name:ident),* $(,)?) => {
        mod sqlite { $(#[tokio::test] async fn $name() { super::$name(super::Frozen::start(None).await).await; })* }
        mod postgres { $(#[tokio::test] async fn $name() {
            if let Some(server) = signet_testkit::postgres::shared() {
                let address = server.database().await;
                super::$name(super::Frozen::start(Some(&address)).await).await;
            }
        })* }
    };
}
both_engines!(everything_goes_when_its_time_has_come);

async fn everything_goes_when_its_time_has_come(bank: Frozen) {
    let kept = json!({ "conversationsAnonymizedAfterDays": 30, "conversationsDeletedAfterDays": 365,
        "visitorsAnonymizedAfterDays": 90, "transactionsDeletedAfterDays": 60, "failuresDeletedAfterDays": 20,
        "eventsDeletedAfterDays": 14 });
    let graphql = bank.graphql().await;
    let settings = json!({ "projectId": "bank", "settings": { "retention": kept } });
    let updated = mutate(&graphql, "projectUpdate", settings, KEPT).await;
    assert_eq!(updated["project"]["retention"], kept);
    let told = bank.audit("RETENTION_CHANGED").await;
    assert_eq!((told.len(), told[0]["details"].as_array().unwrap().len()), (1, 6));

    let jane = bank.sign_in(&canary("jane")).await;
    let first = jane.send(&canary("text")).await["conversationId"].clone();
    jane.post("/transactions", &json!({ "id": canary("sale"), "amount": 5 })).await.ok();
    mutate(&graphql, "conversationClose", json!({ "conversationId": first }), "conversation { id }").await;
    let words = json!({ "conversationId": first, "comment": canary("comment") });
    assert_eq!(jane.post("/satisfaction", &words).await.status, 204);
    jane.try_token(&bank.tokens.token("late", 0).build()).await;
    bank.server.app().flush_authentication_failures().await;
    // Whoever waits for an answer is not forgotten meanwhile.
    let john = bank.sign_in("john").await;
    let waiting = john.send("Is anybody there?").await["conversationId"].clone();
    let everything = ["messages", "satisfaction_answers", "transactions", "visitors"];
    assert_eq!(bank.tables_with_canaries().await, everything);

    let seen = async || -> Value {
        let query = "query($first: UUID!, $waiting: UUID!) {
            first: conversation(id: $first) { anonymizedAt visitor { anonymizedAt } }
            waiting: conversation(id: $waiting) { lastMessage { text } visitor { email } }
            authenticationFailures(projectId: \"bank\") { nodes { code } } }";
        bank.graphql().await.data(query, json!({ "first": first, "waiting": waiting })).await
    };
    // Their sessions end in time, and not with the first look after weeks.
    bank.clock.advance(Duration::from_hours(2));
    bank.server.app().expire_sessions().await.unwrap();
    bank.days_later(29).await;
    assert_eq!(bank.tables_with_canaries().await, everything, "a day early");
    assert_eq!(seen().await["authenticationFailures"]["nodes"], json!([]), "20 days have passed");
    bank.days_later(2).await;
    assert_eq!(bank.tables_with_canaries().await, ["transactions", "visitors"]);
    assert!(seen().await["first"]["anonymizedAt"].is_string());
    bank.days_later(30).await;
    assert_eq!(bank.tables_with_canaries().await, ["visitors"]);
    bank.days_later(30).await;
    assert_eq!(bank.tables_with_canaries().await, [""; 0]);
    assert!(seen().await["first"]["visitor"]["anonymizedAt"].is_string());
    let erased = bank.audit("VISITOR_ANONYMIZED").await;
    assert_eq!((erased.len(), &erased[0]["actor"]["type"]), (1, &json!("SYSTEM")));
    bank.days_later(300).await;
    let left = seen().await;
    assert_eq!(left["first"], Value::Null);
    let john = json!({ "lastMessage": { "text": "Is anybody there?" }, "visitor": { "email": "john@mail.example" } });
    assert_eq!(left["waiting"], john);
    bank.server.stop().await.unwrap();
}

#[tokio::test]
async fn the_command_sets_what_is_kept_and_says_what_cannot_be() {
    let installation = Installation::new(BINARY, None);
    installation.run(&["project", "create", "shop-1", "--name", "Shop", "--retention-visitors", "400"]).await;
    let set = ["project", "set", "shop-1", "--retention-conversations", "90", "--retention-events", "7"];
    let changed = installation.run(&set).await;
    assert_eq!(changed["visitorsAnonymizedAfterDays"], 400, "what is not named stays");
    assert_eq!(changed["conversationsAnonymizedAfterDays"], 90);
    let forever = installation.run(&["project", "set", "shop-1", "--retention-visitors", "never"]).await;
    assert_eq!(forever["visitorsAnonymizedAfterDays"], Value::Null);
    let refused = fails(&installation, &["project", "set", "shop-1", "--retention-events", "6"]);
    assert!(refused.contains("events are kept for 7 days at least"), "{refused}");
    let refused = fails(&installation, &["project", "set", "shop-1", "--retention-failures", "0"]);
    assert!(refused.contains("1 to 36500 days"), "{refused}");
}
