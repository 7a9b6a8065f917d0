//! Databases for tests, one each, and short ways to fill them.

use std::sync::{Arc, Mutex};

use signet_domain::access::{Agent, Role};
use signet_domain::{
    AgentId, Assurance, Author, ClientMessageId, Conversation, ConversationId, Event, Message, MessageBody,
    MessageId, MessageText, Notice, Project, ProjectId, Timestamp, VisitorId,
};
use signet_store::messages::NewMessage;
use signet_store::{
    CommitObserver, Store, StoreError, StoreOptions, Tx, conversations, messages, projects, visitors,
};
use uuid::Uuid;

/// Declares tests that run on both engines: `both_engines!(name, …)` runs `async fn name(db: Database)` as
/// `sqlite::name` and `postgres::name`.
macro_rules! both_engines {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name($crate::harness::Database::sqlite().await).await;
                }
            )*
        }
        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    // Without a server the harness has said so, or has failed in CI.
                    if let Some(db) = $crate::harness::Database::postgres().await {
                        super::$name(db).await;
                    }
                }
            )*
        }
    };
}
pub(crate) use both_engines;

/// Runs statements in a transaction: `write!(db, |tx| body)`, where the body is an expression of type `Result<_, StoreError>`.
macro_rules! write {
    ($db:expr, |$tx:ident| $body:expr) => {{
        let outcome: Result<_, signet_store::StoreError> =
            $db.store.write(move |$tx| Box::pin(async move { $body })).await;
        outcome
    }};
}
pub(crate) use write;

/// As `write!`, on a reader.
macro_rules! read {
    ($db:expr, |$tx:ident| $body:expr) => {{
        let outcome: Result<_, signet_store::StoreError> =
            $db.store.read(move |$tx| Box::pin(async move { $body })).await;
        outcome
    }};
}
pub(crate) use read;

/// Remembers what it was told, commit by commit.
#[derive(Default)]
pub(crate) struct Recorder(Mutex<Vec<Vec<Event>>>);

impl Recorder {
    pub(crate) fn batches(&self) -> Vec<Vec<Event>> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        self.batches().concat()
    }
}

impl CommitObserver for Recorder {
    fn committed(&self, events: Vec<Event>) {
        self.0.lock().unwrap().push(events);
    }
}

/// A fresh database.
pub(crate) struct Database {
    pub(crate) address: String,
    pub(crate) store: Store,
    pub(crate) observer: Arc<Recorder>,
    _folder: Option<tempfile::TempDir>,
}

impl Database {
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = format!("sqlite:{}", folder.path().join("test.db").display());
        Self::open(address, Some(folder)).await
    }

    pub(crate) async fn postgres() -> Option<Self> {
        let address = signet_testkit::postgres::shared()?.database().await;
        Some(Self::open(address, None).await)
    }

    async fn open(address: String, folder: Option<tempfile::TempDir>) -> Self {
        let observer = Arc::new(Recorder::default());
        let store = open(&address, Arc::clone(&observer) as _).await.unwrap();
        Self { address, store, observer, _folder: folder }
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        self.address.starts_with("sqlite:")
    }

    /// Runs SQL behind the store's back.
    pub(crate) async fn tamper(&self, sql: &str) {
        if let Some(path) = self.address.strip_prefix("sqlite:") {
            rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
        } else {
            let (client, connection) =
                tokio_postgres::connect(&self.address, tokio_postgres::NoTls).await.unwrap();
            let connection = tokio::spawn(connection);
            client.batch_execute(sql).await.unwrap();
            drop(client);
            connection.await.unwrap().unwrap();
        }
    }

    /// Adds project `demo`, and visitor 1 in it with conversation 1.
    pub(crate) async fn seed(&self) {
        self.seed_many(1).await;
    }

    /// Adds project `demo`, and visitors 1 to `count`, each with the conversation of the same number.
    pub(crate) async fn seed_many(&self, count: u128) {
        write!(self, |tx| {
            projects::insert(tx, &project("demo")).await?;
            for number in 1..=count {
                visitors::ensure_anonymous(tx, visitor(number), &demo(), at(1000)).await?;
                conversations::insert(tx, conversation(number), &demo(), visitor(number), at(1000)).await?;
            }
            Ok(())
        })
        .unwrap();
    }

    pub(crate) async fn find(&self, number: u128) -> Conversation {
        read!(self, |tx| conversations::find(tx, conversation(number)).await).unwrap().unwrap()
    }
}

pub(crate) async fn open(address: &str, observer: Arc<dyn CommitObserver>) -> Result<Store, StoreError> {
    Store::open(address, StoreOptions::default(), observer).await
}

pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub(crate) fn demo() -> ProjectId {
    ProjectId::parse("demo").unwrap()
}

pub(crate) fn project(id: &str) -> Project {
    Project::new(id, &format!("Project {id}"), at(500)).unwrap()
}

pub(crate) fn visitor(number: u128) -> VisitorId {
    VisitorId::from_uuid(Uuid::from_u128(0x1_0000_0000 + number))
}

pub(crate) fn conversation(number: u128) -> ConversationId {
    ConversationId::from_uuid(Uuid::from_u128(0x2_0000_0000 + number))
}

pub(crate) fn agent(number: u128) -> Agent {
    Agent {
        id: AgentId::from_uuid(Uuid::from_u128(0x3_0000_0000 + number)),
        email: format!("Agent{number}@Example.test"),
        name: format!("Agent {number}"),
        platform_owner: false,
        roles: vec![(demo(), Role::Agent)],
    }
}

pub(crate) fn by_agent(number: u128) -> Author {
    let agent = agent(number);
    Author::Agent { id: agent.id, name: agent.name }
}

pub(crate) fn client_id(number: u128) -> ClientMessageId {
    ClientMessageId::from_uuid(Uuid::from_u128(0x4_0000_0000 + number))
}

/// A text, with no client id.
pub(crate) fn text(author: Author, words: &str, millis: i64) -> NewMessage {
    let by_visitor = matches!(author, Author::Visitor(_));
    NewMessage {
        id: MessageId::from_uuid(Uuid::from_u128(0x5_0000_0000 + u128::from(millis.unsigned_abs()))),
        author,
        body: MessageBody::Text(MessageText::parse(words).unwrap()),
        assurance: by_visitor.then_some(Assurance::Anonymous),
        verified_at: None,
        session_id: None,
        client_message_id: None,
        created_at: at(millis),
        copied_from: None,
    }
}

pub(crate) fn notice(notice: Notice, millis: i64) -> NewMessage {
    NewMessage { body: MessageBody::Notice(notice), ..text(Author::System, "-", millis) }
}

/// Appends to an ongoing conversation.
pub(crate) async fn append(
    tx: &mut Tx<'_>,
    number: u128,
    message: NewMessage,
) -> Result<(Message, Conversation), StoreError> {
    Ok(messages::append(tx, conversation(number), message).await?.expect("the conversation takes entries"))
}
