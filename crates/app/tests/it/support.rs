//! An application of its own for each test: SQLite in memory, real keys, a frozen clock, seeded randomness.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use signet_app::{
    Acknowledgement, Activated, ActivationFailure, ActivationOption, ActivationRequest, Actor, App, AppError,
    ConversationDetail, NewAgent, NewCustomerKey, Page, PageRequest, Parts, RateLimits, RequestContext,
    SendAsAgent, VisitorSession,
};
use signet_custody::{Custody, DecryptionKeyInfo, Keystore, LocalUnwrap, RsaPoolOptions};
use signet_domain::access::{Agent, Caller, Role};
use signet_domain::env::{ManualClock, SeededRandom};
use signet_domain::origin::{AllowedOrigins, Origin};
use signet_domain::{
    ClientMessageId, ConversationId, Env, Event, Message, MessageBody, MessageText, Project, ProjectId,
    Timestamp,
};
use signet_realtime::Hub;
use signet_store::{Store, StoreError, StoreOptions, events};
use signet_testkit::token_factory::TokenFactory;
use signet_token::{EncryptionKey, KeyAgreement, KeyUnwrap, SigningKey, UnwrapFuture};

pub(crate) const SHOP: &str = "https://shop.example";
pub(crate) const PASSWORD: &str = "a long enough password";

/// Keys are made once: RSA generation is the slowest thing here.
static KEYSTORE: LazyLock<Keystore> = LazyLock::new(|| Keystore::in_memory_generated().expect("keystore"));
static CUSTOMER: LazyLock<(String, String)> = LazyLock::new(|| {
    let key = SigningKey::generate().expect("customer key");
    (key.to_pem().expect("private pem").to_string(), key.verification_key().to_pem())
});

pub(crate) struct World {
    pub(crate) app: Arc<App>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) tokens: TokenFactory,
    pub(crate) agent: Caller,
    pub(crate) hub: Arc<Hub>,
    store: Store,
    env: Env,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(RateLimits::unlimited()).await
    }

    pub(crate) async fn with(limits: RateLimits) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::parse("2026-11-20T12:00:00Z").expect("a moment")));
        let env = Env::new(clock.clone(), Arc::new(SeededRandom::new(42)));
        let hub = Arc::new(Hub::default());
        let store = open("sqlite::memory:", &hub).await;
        Self::over(store, clock, env, hub, limits).await
    }

    /// Over a database that other nodes can open too.
    pub(crate) async fn at(address: &str) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::parse("2026-11-20T12:00:00Z").expect("a moment")));
        let env = Env::new(clock.clone(), Arc::new(SeededRandom::new(42)));
        let hub = Arc::new(Hub::default());
        let store = open(address, &hub).await;
        Self::over(store, clock, env, hub, RateLimits::unlimited()).await
    }

    async fn over(
        store: Store,
        clock: Arc<ManualClock>,
        env: Env,
        hub: Arc<Hub>,
        limits: RateLimits,
    ) -> Self {
        let app = assemble(&env, &store, &hub, limits, shared_keys()).await;
        let platform_key_pem = app.platform_key_pem().expect("platform key").expect("platform key");
        let mut world = Self {
            app,
            clock,
            tokens: TokenFactory::new(
                SigningKey::from_pem(&CUSTOMER.0).expect("customer key"),
                EncryptionKey::from_pem(&platform_key_pem).expect("platform key"),
            ),
            agent: Caller::Agent(Agent {
                platform_owner: false,
                id: signet_domain::AgentId::from_uuid(uuid::Uuid::nil()),
                email: String::new(),
                name: String::new(),
                roles: Vec::new(),
            }),
            hub,
            store,
            env,
        };
        world.project("demo").await;
        world.agent = world.new_agent("amira@desk.example", "Amira", "demo", Role::Agent).await;
        world
    }

    /// A second application over the same database, with nothing in memory.
    pub(crate) async fn another_process(&self) -> Arc<App> {
        let hub = Arc::new(Hub::default());
        assemble(&self.env, &self.store, &hub, RateLimits::unlimited(), shared_keys()).await
    }

    /// Another node: its own connections, its own memory, the same clock, other randomness.
    pub(crate) async fn node(&self, address: &str, seed: u64) -> Arc<App> {
        self.node_with(address, seed, shared_keys()).await
    }

    /// The same with other custody.
    pub(crate) async fn node_with(&self, address: &str, seed: u64, custody: Arc<dyn Custody>) -> Arc<App> {
        let env = Env::new(self.clock.clone(), Arc::new(SeededRandom::new(seed)));
        let hub = Arc::new(Hub::default());
        let store = open(address, &hub).await;
        assemble(&env, &store, &hub, RateLimits::unlimited(), custody).await
    }

    /// Ends this process's hold on the database, as a stop does.
    pub(crate) async fn close(&self) {
        self.store.close().await;
    }

    pub(crate) async fn project(&self, id: &str) -> ProjectId {
        let mut project = Project::new(id, "Lumen & Fils", self.now()).expect("project");
        project.allowed_origins =
            AllowedOrigins { origins: vec![Origin::parse(SHOP).expect("origin")], any_loopback: false };
        let id = project.id.clone();
        self.app.create_project(project, &Actor::system()).await.expect("project");
        let key =
            NewCustomerKey { project_id: id.clone(), text: CUSTOMER.1.clone(), key_id: None, shared: true };
        self.app.register_customer_key(key, &Actor::system()).await.expect("customer key");
        id
    }

    pub(crate) async fn new_agent(&self, email: &str, name: &str, project: &str, role: Role) -> Caller {
        let agent = NewAgent {
            email: email.into(),
            name: name.into(),
            password: PASSWORD.into(),
            roles: vec![(ProjectId::parse(project).expect("project id"), role)],
        };
        Caller::Agent(self.app.create_agent(agent, &Actor::system()).await.expect("agent"))
    }

    pub(crate) fn now(&self) -> Timestamp {
        use signet_domain::env::Clock;
        self.clock.now()
    }

    pub(crate) fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    pub(crate) fn token(&self, user: &str) -> String {
        self.tokens.token(user, self.now().as_millis()).build()
    }

    pub(crate) async fn activate(&self, request: ActivationRequest) -> Result<Activated, ActivationFailure> {
        self.app.activate(request, &context()).await
    }

    pub(crate) async fn guest(&self) -> Activated {
        self.activate(anonymous()).await.expect("anonymous activation")
    }

    pub(crate) async fn sign_in(&self, user: &str) -> Activated {
        self.activate(secured(self.token(user))).await.expect("secured activation")
    }

    /// Signs in on the page where `held` was active.
    pub(crate) async fn sign_in_from(&self, user: &str, held: &Activated) -> Activated {
        let request = ActivationRequest {
            session: Some(held.session.access_token.clone()),
            ..secured(self.token(user))
        };
        self.activate(request).await.expect("secured activation")
    }

    pub(crate) fn session(&self, activated: &Activated) -> VisitorSession {
        self.app.visitor_session(&activated.session.access_token).expect("live session")
    }

    pub(crate) async fn say(&self, who: &Activated, text: &str) -> Acknowledgement {
        self.try_say(who, text).await.expect("message")
    }

    pub(crate) async fn try_say(&self, who: &Activated, text: &str) -> Result<Acknowledgement, AppError> {
        let session = self.app.visitor_session(&who.session.access_token)?;
        let id = ClientMessageId::generate(self.app.env());
        self.app.visitor_send(&session, id, MessageText::parse(text).expect("text"), &context()).await
    }

    pub(crate) async fn reply(&self, conversation_id: ConversationId, text: &str) -> Message {
        let text = MessageText::parse(text).expect("text");
        let message = SendAsAgent { conversation_id, text, client_message_id: None };
        self.app.send_as_agent(&self.agent, message, &context()).await.expect("reply")
    }

    pub(crate) async fn conversation(&self, id: ConversationId) -> ConversationDetail {
        self.app.conversation(&self.agent, id).await.expect("read").expect("conversation")
    }

    pub(crate) async fn conversations(&self) -> Vec<ConversationDetail> {
        let (filter, page) = (signet_app::ConversationFilter::default(), all());
        items(self.app.conversations(&self.agent, None, filter, false, &page).await.expect("conversations"))
    }

    pub(crate) async fn messages(&self, id: ConversationId) -> Vec<Message> {
        items(self.app.messages(&self.agent, id, &all()).await.expect("messages"))
    }

    /// The outbox of project `demo`, from the beginning.
    pub(crate) async fn events(&self) -> Vec<Event> {
        let found: Result<_, StoreError> =
            self.store.read(|tx| Box::pin(async move { events::after(tx, &demo(), 0, 1_000).await })).await;
        found.expect("events")
    }

    /// A thread as a script: what was said, with notices in capitals.
    pub(crate) async fn script(&self, id: ConversationId) -> Vec<String> {
        self.messages(id).await.iter().map(line).collect()
    }
}

fn demo() -> ProjectId {
    ProjectId::parse("demo").expect("project id")
}

async fn open(address: &str, hub: &Arc<Hub>) -> Store {
    Store::open(address, StoreOptions::default(), App::observer(hub.clone())).await.expect("store")
}

/// The keys that all tests share, used by threads of one test's own. They cannot be changed.
struct SharedKeys(LocalUnwrap);

fn shared_keys() -> Arc<dyn Custody> {
    Arc::new(SharedKeys(KEYSTORE.local_unwrap(RsaPoolOptions::default()).expect("pool")))
}

impl KeyUnwrap for SharedKeys {
    fn unwrap<'a>(&'a self, key_id: Option<&'a str>, encrypted_key: &'a [u8]) -> UnwrapFuture<'a> {
        self.0.unwrap(key_id, encrypted_key)
    }

    fn agree_and_unwrap<'a>(
        &'a self,
        key_id: Option<&'a str>,
        agreement: &'a KeyAgreement,
    ) -> UnwrapFuture<'a> {
        self.0.agree_and_unwrap(key_id, agreement)
    }
}

impl Custody for SharedKeys {
    fn keys(&self) -> Arc<[DecryptionKeyInfo]> {
        KEYSTORE.decryption_keys().into()
    }
}

async fn assemble(
    env: &Env,
    store: &Store,
    hub: &Arc<Hub>,
    limits: RateLimits,
    custody: Arc<dyn Custody>,
) -> Arc<App> {
    let parts = Parts {
        env: env.clone(),
        store: store.clone(),
        hub: hub.clone(),
        custody,
        signer: KEYSTORE.session_signer(),
        public_url: "https://signet.example".into(),
        outbound: signet_outbound::Fetcher::new(signet_outbound::Reach::default()).expect("fetcher"),
        sealing_key: [7; 32],
        limits,
    };
    App::start(parts).await.expect("app")
}

pub(crate) fn line(message: &Message) -> String {
    match (&message.body, message.assurance) {
        (MessageBody::Text(text), Some(assurance)) => format!("{assurance}: {}", text.as_str()),
        (MessageBody::Text(text), None) => format!("agent: {}", text.as_str()),
        (MessageBody::Notice(notice), _) => notice.as_str().to_owned(),
    }
}

pub(crate) fn items<T>(page: Page<T>) -> Vec<T> {
    page.items.into_iter().map(|(_, item)| item).collect()
}

pub(crate) fn all() -> PageRequest {
    PageRequest { limit: 100, after: None, before: None, from_end: false }
}

pub(crate) fn context() -> RequestContext {
    RequestContext { correlation_id: "test".into(), address: [127, 0, 0, 1].into() }
}

pub(crate) fn anonymous() -> ActivationRequest {
    ActivationRequest {
        project_id: "demo".into(),
        origin: Some(SHOP.into()),
        option: Some(ActivationOption::Anonymous),
        session: None,
        device: None,
        browser: None,
        hand_over: None,
        claimed_id: None,
        proof_key: None,
        proof: None,
    }
}

pub(crate) fn secured(token: String) -> ActivationRequest {
    ActivationRequest { option: Some(ActivationOption::Secured { token }), ..anonymous() }
}
