//! What was acknowledged is there after `kill -9`: a second process of this test binary writes and is killed at work.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::sync::Arc;

use futures_util::future::join_all;
use signet_domain::{Author, EventKind, MessageId};
use signet_store::events::{self, NewEvent};
use signet_store::messages::{self, NewMessage};
use signet_store::{Store, StoreError};
use uuid::Uuid;

use crate::harness::{
    Database, Recorder, append, at, both_engines, conversation, demo, open, read, text, visitor,
};

both_engines!(nothing_acknowledged_is_lost);

/// Names the database to the second process.
const ADDRESS: &str = "SIGNET_TEST_DURABILITY_ADDRESS";
const WRITERS: u128 = 16;
/// Killed after so many acknowledgements, with every writer still at work.
const ENOUGH: usize = 500;

/// The second process: writes without end and says what was acknowledged, a line each. In the first it does nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Ok(address) = std::env::var(ADDRESS) else { return };
    let store = open(&address, Arc::new(Recorder::default())).await.unwrap();
    join_all((1..=WRITERS).map(|writer| tokio::spawn(write_forever(store.clone(), writer)))).await;
}

async fn write_forever(store: Store, writer: u128) {
    for count in 0_u64.. {
        let id = MessageId::from_uuid(Uuid::from_u128(writer << 64 | u128::from(count)));
        let outcome: Result<i64, StoreError> = store
            .write(move |tx| {
                Box::pin(async move {
                    let message = NewMessage { id, ..text(Author::Visitor(visitor(writer)), "hello", 1100) };
                    let (message, conversation) = append(tx, writer, message).await?;
                    let sequence = message.sequence;
                    let event = NewEvent {
                        project_id: demo(),
                        kind: EventKind::MessageSent,
                        visitor_id: visitor(writer),
                        conversation: Some(conversation),
                        message: Some(message),
                        created_at: at(1100),
                    };
                    events::append(tx, event).await?;
                    Ok(sequence)
                })
            })
            .await;
        let line = format!("acknowledged {writer} {} {id}\n", outcome.unwrap());
        std::io::stdout().write_all(line.as_bytes()).unwrap();
    }
}

async fn nothing_acknowledged_is_lost(db: Database) {
    db.seed_many(WRITERS).await;
    db.store.close().await;
    for round in 0..3 {
        let address = db.address.clone();
        let acknowledged = tokio::task::spawn_blocking(move || kill_at_work(&address)).await.unwrap();
        assert!(acknowledged.len() >= ENOUGH, "round {round}");
        check(&db.address, &acknowledged).await;
    }
}

/// Runs the second process until it has acknowledged enough, kills it, and answers all it had said.
fn kill_at_work(address: &str) -> Vec<(u128, i64, String)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "durability::child", "--nocapture"])
        .env(ADDRESS, address)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut acknowledged = Vec::new();
    let mut line = String::new();
    while output.read_line(&mut line).unwrap() > 0 {
        // What was cut off in the middle was not said. The test runner's own words stand before the first.
        if let Some((_, words)) = line.strip_suffix('\n').and_then(|line| line.split_once("acknowledged ")) {
            let mut words = words.split(' ');
            let mut next = || words.next().unwrap();
            acknowledged.push((next().parse().unwrap(), next().parse().unwrap(), next().to_owned()));
        }
        if acknowledged.len() == ENOUGH {
            child.kill().unwrap();
        }
        line.clear();
    }
    assert!(!child.wait().unwrap().success());
    acknowledged
}

async fn check(address: &str, acknowledged: &[(u128, i64, String)]) {
    let db = Opened { store: open(address, Arc::new(Recorder::default())).await.unwrap() };
    let mut total = 0;
    for writer in 1..=WRITERS {
        let stored = read!(db, |tx| messages::after(tx, conversation(writer), 0, 1_000_000).await).unwrap();
        let sequences: Vec<i64> = stored.iter().map(|message| message.sequence).collect();
        assert_eq!(sequences, (1..=stored.len() as i64).collect::<Vec<_>>(), "without holes");
        for (_, sequence, id) in acknowledged.iter().filter(|(by, ..)| *by == writer) {
            let message = stored.get(usize::try_from(*sequence).unwrap() - 1);
            assert_eq!(message.map(|message| message.id.to_string()).as_ref(), Some(id), "lost or changed");
        }
        total += stored.len();
    }
    // A message and its event are kept together or not at all.
    let events = read!(db, |tx| events::after(tx, &demo(), 0, 1_000_000).await).unwrap();
    assert_eq!(events.len(), total);
    assert_eq!(events.last().map(|event| event.sequence), Some(total as i64));
    db.store.close().await;
}

/// A database that was opened again.
struct Opened {
    store: Store,
}
