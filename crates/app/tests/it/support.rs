//! An application of its own for each test: SQLite in memory, real keys, a frozen clock, seeded randomness.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use signet_app::{
    Acknowledgement, Activated, ActivationFailure, ActivationOption, ActivationRequest, App, AppError,
    ConversationDetail, NewAgent, NewCustomerKey, Page, PageRequest, Parts, RateLimits, RequestContext, SendAsAgent,
    VisitorSession,
};
use signet_custody::{Keystore, RsaPoolOptions};
use signet_domain::access::{Agent, Caller, Role};
use signet_domain::env::{ManualClock, SeededRandom};
use signet_domain::origin::{AllowedOrigins, Origin};
use signet_domain::{
    ClientMessageId, ConversationId, Env, Message, MessageBody, MessageText, Notice, Project, ProjectId, Timestamp,
};
use signet_realtime::Hub;
use signet_store::{Store, StoreOptions};
use signet_testkit::token_factory::TokenFactory;
use signet_token::{EncryptionKey, SigningKey};

pub const SHOP: &str = "https://shop.example";
pub const PASSWORD: &str = "a long enough password";

/// Keys are made once: RSA generation is the slowest thing here.
static KEYSTORE: LazyLock<Keystore> = LazyLock::new(|| Keystore::in_memory_generated().expect("keystore"));
static CUSTOMER: LazyLock<(String, String)> = LazyLock::new(|| {
    let key = SigningKey::generate().expect("customer key");
    (key.to_pem().expect("private pem").to_string(), key.verification_key().to_pem())
});

pub struct World {
    pub app: Arc<App>,
    pub clock: Arc<ManualClock>,
    pub tokens: TokenFactory,
    pub agent: Caller,
    pub hub: Arc<Hub>,
}

impl World {
    pub async fn new() -> Self {
        Self::with(RateLimits::unlimited()).await
    }

    pub async fn with(limits: RateLimits) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::parse("2026-11-20T12:00:00Z").expect("a moment")));
        let env = Env::new(clock.clone(), Arc::new(SeededRandom::new(42)));
        let hub = Arc::new(Hub::default());
        let store = Store::open("sqlite::memory:", StoreOptions::default(), App::observer(hub.clone()))
            .await
            .expect("store");
        let platform_key_pem = KEYSTORE.platform_public_key_pem().expect("platform key");
        let app = App::start(Parts {
            env,
            store,
            hub: hub.clone(),
            custody: Arc::new(KEYSTORE.local_unwrap(RsaPoolOptions::default()).expect("pool")),
            signer: KEYSTORE.session_signer().expect("signer"),
            public_url: "https://signet.example".into(),
            platform_keys_jwks: KEYSTORE.jwks_json(),
            platform_key_pem: platform_key_pem.clone(),
            limits,
        })
        .await
        .expect("app");
        let mut world = Self {
            app,
            clock,
            tokens: TokenFactory::new(
                SigningKey::from_pem(&CUSTOMER.0).expect("customer key"),
                EncryptionKey::from_pem(&platform_key_pem).expect("platform key"),
            ),
            agent: Caller::Agent(Agent {
                id: signet_domain::AgentId::from_uuid(uuid::Uuid::nil()),
                email: String::new(),
                name: String::new(),
                roles: Vec::new(),
            }),
            hub,
        };
        world.project("demo").await;
        world.agent = world.new_agent("amira@desk.example", "Amira", "demo", Role::Agent).await;
        world
    }

    pub async fn project(&self, id: &str) -> ProjectId {
        let mut project = Project::new(id, "Lumen & Fils", self.now()).expect("project");
        project.allowed_origins =
            AllowedOrigins { origins: vec![Origin::parse(SHOP).expect("origin")], any_loopback: false };
        let id = project.id.clone();
        self.app.create_project(project).await.expect("project");
        let key = NewCustomerKey { project_id: id.clone(), text: CUSTOMER.1.clone(), key_id: None };
        self.app.register_customer_key(key).await.expect("customer key");
        id
    }

    pub async fn new_agent(&self, email: &str, name: &str, project: &str, role: Role) -> Caller {
        let agent = NewAgent {
            email: email.into(),
            name: name.into(),
            password: PASSWORD.into(),
            roles: vec![(ProjectId::parse(project).expect("project id"), role)],
        };
        Caller::Agent(self.app.create_agent(agent).await.expect("agent"))
    }

    pub fn now(&self) -> Timestamp {
        use signet_domain::env::Clock;
        self.clock.now()
    }

    pub fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    pub fn token(&self, user: &str) -> String {
        self.tokens.token(user, self.now().as_millis()).build()
    }

    pub async fn activate(&self, request: ActivationRequest) -> Result<Activated, ActivationFailure> {
        self.app.activate(request, &context()).await
    }

    pub async fn guest(&self) -> Activated {
        self.activate(anonymous()).await.expect("anonymous activation")
    }

    pub async fn sign_in(&self, user: &str) -> Activated {
        self.activate(secured(self.token(user))).await.expect("secured activation")
    }

    /// Signs in on the page where `held` was active.
    pub async fn sign_in_from(&self, user: &str, held: &Activated) -> Activated {
        let request = ActivationRequest { session: Some(held.session.access_token.clone()), ..secured(self.token(user)) };
        self.activate(request).await.expect("secured activation")
    }

    pub fn session(&self, activated: &Activated) -> VisitorSession {
        self.app.visitor_session(&activated.session.access_token).expect("live session")
    }

    pub async fn say(&self, who: &Activated, text: &str) -> Acknowledgement {
        self.try_say(who, text).await.expect("message")
    }

    pub async fn try_say(&self, who: &Activated, text: &str) -> Result<Acknowledgement, AppError> {
        let session = self.app.visitor_session(&who.session.access_token)?;
        let id = ClientMessageId::generate(self.app.env());
        self.app.visitor_send(&session, id, MessageText::parse(text).expect("text"), &context()).await
    }

    pub async fn reply(&self, conversation_id: ConversationId, text: &str) -> Message {
        let text = MessageText::parse(text).expect("text");
        let message = SendAsAgent { conversation_id, text, client_message_id: None };
        self.app.send_as_agent(&self.agent, message, &context()).await.expect("reply")
    }

    pub async fn conversation(&self, id: ConversationId) -> ConversationDetail {
        self.app.conversation(&self.agent, id).await.expect("read").expect("conversation")
    }

    pub async fn conversations(&self) -> Vec<ConversationDetail> {
        let page = self.app.conversations(&self.agent, None, signet_app::ConversationFilter::default(), false, &all());
        items(page.await.expect("conversations"))
    }

    pub async fn messages(&self, id: ConversationId) -> Vec<Message> {
        items(self.app.messages(&self.agent, id, &all()).await.expect("messages"))
    }

    /// A thread as a script: what was said, with notices in capitals.
    pub async fn script(&self, id: ConversationId) -> Vec<String> {
        self.messages(id).await.iter().map(line).collect()
    }
}

pub fn line(message: &Message) -> String {
    match (&message.body, message.assurance) {
        (MessageBody::Text(text), Some(assurance)) => format!("{assurance}: {}", text.as_str()),
        (MessageBody::Text(text), None) => format!("agent: {}", text.as_str()),
        (MessageBody::Notice(notice), _) => notice.as_str().to_owned(),
    }
}

pub fn is_notice(message: &Message, wanted: Notice) -> bool {
    matches!(message.body, MessageBody::Notice(notice) if notice == wanted)
}

pub fn items<T>(page: Page<T>) -> Vec<T> {
    page.items.into_iter().map(|(_, item)| item).collect()
}

pub fn all() -> PageRequest {
    PageRequest { limit: 100, after: None, before: None, from_end: false }
}

pub fn context() -> RequestContext {
    RequestContext { correlation_id: "test".into(), address: [127, 0, 0, 1].into() }
}

pub fn anonymous() -> ActivationRequest {
    ActivationRequest {
        project_id: "demo".into(),
        origin: Some(SHOP.into()),
        option: Some(ActivationOption::Anonymous),
        session: None,
        device: None,
    }
}

pub fn secured(token: String) -> ActivationRequest {
    ActivationRequest { option: Some(ActivationOption::Secured { token }), ..anonymous() }
}
