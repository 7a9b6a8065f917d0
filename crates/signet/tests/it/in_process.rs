//! The platform started in the test's own process, under a clock that the test moves.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use signet::environment::SystemRandom;
use signet::server::{RunningServer, Server};
use signet::settings::Settings;
use signet_app::{Actor, NewApiClient, NewCustomerKey};
use signet_domain::env::{ManualClock, Random};
use signet_domain::origin::Origin;
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
        let tokens =
            TokenFactory::from_pem(&key.to_pem().unwrap(), None, &app.platform_key_pem().unwrap().unwrap());
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

#[tokio::test]
async fn a_hand_over_code_is_good_once_for_a_minute_on_one_origin_of_one_project() {
    let platform = Frozen::start(None).await;
    let (shop, sister) = ("https://shop.example", "https://sister.example");
    for id in ["shop", "other"] {
        let mut project = Project::new(id, id, platform.server.app().env().now()).unwrap();
        project.allowed_origins.origins = [shop, sister].map(|origin| Origin::parse(origin).unwrap()).into();
        platform.server.app().create_project(project, &Actor::system()).await.unwrap();
    }
    let at = |project: &str, origin: &str| {
        let mut visitor = VisitorClient::new(platform.server.public_url(), project);
        visitor.embedding_origin = Some(origin.to_owned());
        visitor
    };
    let mut here = at("shop", shop);
    here.activate_anonymously().await;
    let id = here.send("Do you ship to Spain?").await["conversationId"].clone();
    let code = async || {
        let made = here.post("/hand-over", &json!({ "origin": sister })).await;
        assert_eq!(made.status, 201);
        made.body["code"].as_str().map(str::to_owned)
    };
    let arrive = async |mut visitor: VisitorClient, code: &Option<String>| {
        visitor.hand_over.clone_from(code);
        let outcome = visitor.activate_anonymously().await["continuity"]["outcome"].clone();
        (visitor, outcome)
    };

    // It is not even made for an origin that is not on the list, and not taken from one.
    for elsewhere in ["https://evil.example", "http://sister.example", "https://sister.example:8443", "null"]
    {
        let refused = here.post("/hand-over", &json!({ "origin": elsewhere })).await;
        assert_eq!((refused.status, refused.code()), (403, "ORIGIN_NOT_ALLOWED"), "{elsewhere}");
    }
    let taken = code().await;
    let mut evil = at("shop", "https://evil.example");
    evil.hand_over.clone_from(&taken);
    let refused = evil.try_activate(&json!({ "type": "ANONYMOUS" })).await;
    assert_eq!((refused.status, refused.code()), (403, "ORIGIN_NOT_ALLOWED"));
    platform.clock.advance(Duration::from_millis(59_999));
    let (there, outcome) = arrive(at("shop", sister), &taken).await;
    assert_eq!(outcome, "HANDED_OVER", "until the last millisecond");
    assert_eq!(there.send("And from here?").await["conversationId"], id);

    // Used, for another origin of the project, for another project, by no browser at all, and a minute old.
    let mut nowhere = at("shop", sister);
    nowhere.embedding_origin = None;
    for (visitor, code, late, what) in [
        (at("shop", sister), taken, 0, "a second time"),
        (at("shop", shop), code().await, 0, "where it comes from"),
        (at("other", sister), code().await, 0, "in another project"),
        (nowhere, code().await, 0, "without an origin"),
        (at("shop", sister), code().await, 60_000, "after a minute"),
    ] {
        platform.clock.advance(Duration::from_millis(late));
        let (visitor, outcome) = arrive(visitor, &code).await;
        assert_eq!(outcome, "NONE", "{what}");
        assert_eq!(visitor.history().await.ok()["entries"], json!([]), "{what}");
        // Whoever shows it uses it up, whether it is theirs or not.
        assert_eq!(arrive(at("shop", sister), &code).await.1, "NONE", "{what}, and then rightly");
    }
    platform.server.stop().await.unwrap();
}
