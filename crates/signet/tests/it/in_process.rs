//! The platform started in the test's own process, under a clock that the test moves.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use signet::environment::SystemRandom;
use signet::server::{RunningServer, Server};
use signet::settings::Settings;
use signet_app::{Actor, NewApiClient, NewCustomerKey};
use signet_domain::env::{ManualClock, Random};
use signet_domain::{Env, Project, Scopes, Timestamp};
use signet_testkit::token_factory::TokenFactory;
use signet_testkit::{GraphqlClient, VisitorClient};
use signet_token::SigningKey;

use crate::fixture::{conversation, watch};

/// Such a platform, with the project `bank` and a program that may do everything in it.
pub(crate) struct Frozen {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) server: RunningServer,
    pub(crate) tokens: TokenFactory,
    pub(crate) database: Option<String>,
    pub(crate) folder: tempfile::TempDir,
    program: (String, String),
}

impl Frozen {
    /// Without a database address, with the embedded one.
    pub(crate) async fn start(database: Option<&str>) -> Self {
        Self::with_randomness(database, Arc::new(SystemRandom)).await
    }

    pub(crate) async fn with_randomness(database: Option<&str>, random: Arc<dyn Random>) -> Self {
        let start = Timestamp::parse("2026-11-20T12:00:00.000Z").unwrap();
        let clock = Arc::new(ManualClock::new(start));
        let env = Env::new(Arc::clone(&clock) as Arc<_>, random);
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            data_dir: Some(folder.path().to_owned()),
            listen: Some("127.0.0.1:0".parse().unwrap()),
            database: database.map(str::to_owned),
            ..Settings::default()
        };
        let server = Server::start(&settings.resolve().unwrap(), env).await.unwrap();
        let app = server.app();
        let project = Project::new("bank", "Bank", start).unwrap();
        app.create_project(project.clone(), &Actor::system()).await.unwrap();
        let key = SigningKey::generate().unwrap();
        let text = key.verification_key().to_pem();
        let new = NewCustomerKey { project_id: project.id.clone(), text, key_id: None, shared: false };
        app.register_customer_key(new, &Actor::system()).await.unwrap();
        let new = NewApiClient { name: "Test".to_owned(), project_id: project.id, scopes: Scopes::all() };
        let (client, secret) = app.create_api_client(new, &Actor::system()).await.unwrap();
        let tokens = TokenFactory::from_pem(&key.to_pem().unwrap(), None, &app.platform_key_pem().unwrap());
        let database = database.map(str::to_owned);
        Self { clock, server, tokens, database, folder, program: (client.id, secret) }
    }

    /// Bearer tokens do not live for days, so each call gets one.
    pub(crate) async fn graphql(&self) -> GraphqlClient {
        GraphqlClient::client(self.server.public_url(), &self.program.0, &self.program.1).await
    }

    /// A program's visitor: no page embeds it.
    pub(crate) fn visitor(&self) -> VisitorClient {
        let mut visitor = VisitorClient::new(self.server.public_url(), "bank");
        visitor.embedding_origin = None;
        visitor
    }

    /// The platform's time, in milliseconds since the epoch.
    pub(crate) fn now(&self) -> i64 {
        self.server.app().env().now().as_millis()
    }
}

#[tokio::test]
async fn a_session_lasts_an_hour_to_the_millisecond() {
    let bank = Frozen::start(None).await;
    let mut visitor = bank.visitor();
    let opened = visitor.sign_in(&bank.tokens.token("person", bank.now()).build()).await;
    assert_eq!(opened["session"]["expiresAt"], "2026-11-20T13:00:00.000Z");
    assert_eq!(opened["session"]["renewFrom"], "2026-11-20T12:48:00.000Z");
    assert_eq!(opened["session"]["renewUntil"], "2026-11-20T12:57:00.000Z");
    let id = visitor.send("hello").await["conversationId"].clone();
    let graphql = bank.graphql().await;
    let mut events = watch(&graphql, "bank").await;

    bank.clock.advance(Duration::from_hours(1) - Duration::from_millis(1));
    assert_eq!(visitor.history().await.status, 200);
    bank.clock.advance(Duration::from_millis(1));
    let refused = visitor.history().await;
    assert_eq!((refused.status, refused.code()), (401, "SESSION_EXPIRED"));
    events.next_where(|event| event["conversationEvents"]["kind"] == "VISITOR_IDENTITY_LAPSED").await;
    let identity = conversation(&graphql, &id).await["identity"].clone();
    assert_eq!(
        identity,
        json!({ "state": "NO_LONGER_VERIFIED", "verifiedAt": "2026-11-20T12:00:00.000Z",
            "lapsedAt": "2026-11-20T13:00:00.000Z", "lapseReason": "EXPIRED" })
    );
    drop(events);
    bank.server.stop().await.unwrap();
}
