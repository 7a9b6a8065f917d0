//! What group commit gives: 64 writers on one SQLite file, against the same store with a commit for every row, and
//! against the least that durability costs, a preallocated log whose writer thread shares one `fdatasync` among those who
//! wait. Rounds are interleaved, ratios are taken within a round, medians are printed: machines are noisy.
//!
//! `cargo run --release -p signet-store --example group_commit [ROUNDS] [FOLDER]`. The folder's disk is what is
//! measured; by default it is the current one.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock, prints, and fails by panicking"
)]

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use signet_domain::{
    Author, ClientMessageId, ConversationId, DeviceId, Event, EventKind, MessageBody, MessageId, MessageText,
    Project, ProjectId, Timestamp, VisitorId,
};
use signet_store::events::NewEvent;
use signet_store::messages::NewMessage;
use signet_store::{
    CommitObserver, Store, StoreError, StoreOptions, conversations, devices, events, messages, projects,
    visitors,
};
use signet_testkit::postgres::{Durability, Server};
use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;

const WRITERS: u64 = 64;
/// How long each variant runs in each round.
const SLICE: Duration = Duration::from_millis(400);
/// Bytes of a text, and of a record of the raw log.
const BYTES: usize = 180;
const POSTGRES: &str = "message path, PostgreSQL";
const TELLING: &str = "message path, PostgreSQL, telling other nodes";
const NOW: Timestamp = Timestamp::from_millis(1_795_176_271_250);

struct Nobody;

impl CommitObserver for Nobody {
    fn committed(&self, _: Vec<Event>) {}
}

/// Tells other processes how far the project has come, as the application does: after the commits, as often as the word gets through.
struct Telling(watch::Sender<i64>);

impl CommitObserver for Telling {
    fn committed(&self, events: Vec<Event>) {
        if let Some(newest) = events.last() {
            self.0.send_replace(newest.sequence);
        }
    }
}

/// A store that tells, and somebody who listens.
async fn telling(address: &str) -> Store {
    let (newest, mut told) = watch::channel(0);
    let store = seeded_with(address, 512, Arc::new(Telling(newest))).await;
    let (mut mouth, mut ear) = (store.bus().expect("PostgreSQL"), store.bus().expect("PostgreSQL"));
    mouth.connect().await.expect("the server takes a connection");
    ear.connect().await.expect("the server takes a connection");
    tokio::spawn(async move { while ear.hear().await.is_some() {} });
    tokio::spawn(async move {
        while told.changed().await.is_ok() {
            let word = format!("node\nwrote bench {}", *told.borrow_and_update());
            mouth.say(&[word]).await.expect("the server passes it on");
        }
    });
    store
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let rounds: usize = arguments.next().map_or(15, |rounds| rounds.parse().expect("a number of rounds"));
    let folder = tempfile::tempdir_in(arguments.next().unwrap_or_else(|| ".".to_owned())).expect("a folder");
    let group = open(folder.path(), "group.db", 512).await;
    let single = open(folder.path(), "single.db", 1).await;
    let log = RawLog::start(&folder.path().join("raw.log"));
    let server = Server::start(Durability::Full);
    let postgres = match &server {
        Some(server) => {
            Some((seeded(&server.database().await, 512).await, telling(&server.database().await).await))
        }
        None => None,
    };
    if postgres.is_none() {
        eprintln!("without PostgreSQL");
    }

    let mut table = Table::default();
    for round in 0..=rounds {
        let mut rates = vec![
            ("raw log, group commit", run(|writer, count| log.append(writer, count)).await),
            ("row, group commit", run(|writer, count| row(&group, writer, count)).await),
            ("row, a commit each", run(|writer, count| row(&single, writer, count)).await),
            ("message path, group commit", run(|writer, count| message(&group, writer, count)).await),
            ("message path, a commit each", run(|writer, count| message(&single, writer, count)).await),
        ];
        if let Some((alone, telling)) = &postgres {
            rates.push((POSTGRES, run(|writer, count| message(alone, writer, count)).await));
            rates.push((TELLING, run(|writer, count| message(telling, writer, count)).await));
        }
        // The first round warms caches and grows files.
        if round > 0 {
            table.add(&rates);
        }
    }
    table.print(rounds);
    let (alone, telling) = postgres.unzip();
    for store in [Some(group), Some(single), alone, telling].into_iter().flatten() {
        store.close().await;
    }
}

async fn open(folder: &Path, name: &str, batch: usize) -> Store {
    seeded(&format!("sqlite:{}", folder.join(name).display()), batch).await
}

/// A store with a project, and a visitor with a conversation for each writer.
async fn seeded(address: &str, batch: usize) -> Store {
    seeded_with(address, batch, Arc::new(Nobody)).await
}

async fn seeded_with(address: &str, batch: usize, observer: Arc<dyn CommitObserver>) -> Store {
    let options = StoreOptions { batch, ..StoreOptions::default() };
    let store = Store::open(address, options, observer).await.expect("the store opens");
    let seeded: Result<(), StoreError> = store
        .write(|tx| {
            Box::pin(async move {
                let project = Project::new("bench", "Bench", NOW).expect("the id is valid");
                projects::insert(tx, &project).await?;
                for writer in 0..WRITERS {
                    visitors::ensure_anonymous(tx, visitor(writer), &project.id, NOW).await?;
                    conversations::insert(tx, conversation(writer), &project.id, visitor(writer), NOW)
                        .await?;
                }
                Ok(())
            })
        })
        .await;
    seeded.expect("the store takes rows");
    store
}

fn uuid(high: u64, low: u64) -> Uuid {
    Uuid::from_u64_pair(high, low)
}

fn visitor(writer: u64) -> VisitorId {
    VisitorId::from_uuid(uuid(1, writer))
}

fn conversation(writer: u64) -> ConversationId {
    ConversationId::from_uuid(uuid(2, writer))
}

fn bench() -> ProjectId {
    ProjectId::parse("bench").expect("the id is valid")
}

/// One row in one table with one more index.
async fn row(store: &Store, writer: u64, count: u64) {
    let id = DeviceId::from_uuid(uuid(count, writer));
    let outcome: Result<(), StoreError> = store
        .write(move |tx| {
            Box::pin(async move { devices::revoke(tx, id, &bench(), visitor(writer), NOW, NOW).await })
        })
        .await;
    outcome.expect("the row is stored");
}

/// What the application does for a visitor's text: look for a retry, append, log the event.
async fn message(store: &Store, writer: u64, count: u64) {
    let outcome: Result<(), StoreError> = store
        .write(move |tx| {
            Box::pin(async move {
                let author = Author::Visitor(visitor(writer));
                let client_message_id = ClientMessageId::from_uuid(uuid(count, writer));
                if messages::find_by_client_id(tx, &author, client_message_id).await?.is_some() {
                    return Ok(());
                }
                let new = NewMessage {
                    id: MessageId::from_uuid(uuid(count, writer)),
                    author,
                    body: MessageBody::Text(MessageText::from_storage("x".repeat(BYTES))),
                    assurance: None,
                    verified_at: None,
                    session_id: None,
                    client_message_id: Some(client_message_id),
                    created_at: NOW,
                    copied_from: None,
                };
                let appended = messages::append(tx, conversation(writer), new).await?;
                let (message, conversation) = appended.expect("the conversation goes on");
                let event = NewEvent {
                    project_id: bench(),
                    kind: EventKind::MessageSent,
                    visitor_id: visitor(writer),
                    conversation: Some(conversation),
                    message: Some(message),
                    created_at: NOW,
                };
                events::append(tx, event).await
            })
        })
        .await;
    outcome.expect("the message is stored");
}

/// Numbers that no two operations of the whole run share.
static COUNT: AtomicU64 = AtomicU64::new(0);

/// Lets every writer do one operation after the other for a while, and answers operations per second.
async fn run<F: Future<Output = ()>>(operation: impl Fn(u64, u64) -> F) -> f64 {
    let over = AtomicBool::new(false);
    let done = AtomicU64::new(0);
    let started = Instant::now();
    let writers = (0..WRITERS).map(|writer| {
        let (over, done, operation) = (&over, &done, &operation);
        async move {
            while !over.load(Ordering::Relaxed) {
                operation(writer, COUNT.fetch_add(1, Ordering::Relaxed)).await;
                done.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    let stop = async {
        tokio::time::sleep(SLICE).await;
        over.store(true, Ordering::Relaxed);
    };
    futures_util::future::join(futures_util::future::join_all(writers), stop).await;
    done.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64()
}

/// The least that a shared, durable acknowledgement costs: no format, no index, no transaction.
struct RawLog {
    queue: mpsc::Sender<oneshot::Sender<()>>,
}

impl RawLog {
    /// Size of the file; its writer begins again when it is full.
    const SIZE: u64 = 64 << 20;

    fn start(path: &Path) -> Self {
        let file = File::create(path).expect("the log is made");
        // Written and not merely sized, so that no write later changes metadata.
        let zeros = vec![0; 1 << 20];
        for megabyte in 0..Self::SIZE >> 20 {
            file.write_all_at(&zeros, megabyte << 20).expect("the log is filled");
        }
        file.sync_all().expect("the log is on disk");
        let (queue, mut receiver) = mpsc::channel(4096);
        std::thread::spawn(move || {
            let mut waiting: Vec<oneshot::Sender<()>> = Vec::new();
            let mut offset = 0;
            while receiver.blocking_recv_many(&mut waiting, 512) > 0 {
                let records = vec![b'x'; waiting.len() * BYTES];
                if offset + records.len() as u64 > Self::SIZE {
                    offset = 0;
                }
                file.write_all_at(&records, offset).expect("the records are written");
                file.sync_data().expect("the records are on disk");
                offset += records.len() as u64;
                for answer in waiting.drain(..) {
                    let _ = answer.send(());
                }
            }
        });
        Self { queue }
    }

    async fn append(&self, _writer: u64, _count: u64) {
        let (answer, outcome) = oneshot::channel();
        self.queue.send(answer).await.expect("the log takes records");
        outcome.await.expect("the log answers");
    }
}

/// Rates of every variant in every round.
#[derive(Default)]
struct Table(Vec<(&'static str, Vec<f64>)>);

impl Table {
    fn add(&mut self, rates: &[(&'static str, f64)]) {
        for (name, rate) in rates {
            match self.0.iter_mut().find(|(known, _)| known == name) {
                Some((_, rounds)) => rounds.push(*rate),
                None => self.0.push((name, vec![*rate])),
            }
        }
    }

    fn of(&self, name: &str) -> &[f64] {
        self.0.iter().find(|(known, _)| *known == name).map_or(&[], |(_, rates)| rates)
    }

    /// Median of the ratios within each round.
    fn ratio(&self, one: &str, other: &str) -> f64 {
        median(self.of(one).iter().zip(self.of(other)).map(|(one, other)| one / other).collect())
    }

    fn print(&self, rounds: usize) {
        println!("{WRITERS} writers, {rounds} rounds of {SLICE:?}, medians\n");
        println!("| variant | operations/s | of raw log |\n| --- | ---: | ---: |");
        for (name, rates) in &self.0 {
            let of_raw = self.ratio(name, "raw log, group commit");
            println!("| {name} | {:.0} | {of_raw:.2} |", median(rates.clone()));
        }
        let row = self.ratio("row, group commit", "row, a commit each");
        let message = self.ratio("message path, group commit", "message path, a commit each");
        println!("\ngroup commit against a commit each: row {row:.1} x, message path {message:.1} x");
        println!("PostgreSQL, telling other nodes against alone: {:.2} x", self.ratio(TELLING, POSTGRES));
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
