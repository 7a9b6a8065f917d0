//! Many at once: isolation of bodies, order, locks.

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use signet_domain::{Author, EventKind};
use signet_store::events::{self, NewEvent};
use signet_store::messages::NewMessage;
use signet_store::{StoreError, conversations, messages, projects, visitors};

use crate::harness::{
    Database, append, at, both_engines, client_id, conversation, demo, project, read, text, visitor, write,
};

both_engines!(
    one_person_is_one_visitor_however_many_sign_in,
    parallel_texts_stand_in_a_row,
    parallel_retries_are_stored_once,
    one_of_many_first_messages_starts_the_conversation,
    failing_bodies_disturb_no_other,
    a_body_cannot_go_on_after_a_failure,
    a_reader_sees_one_state,
);

async fn one_person_is_one_visitor_however_many_sign_in(db: Database) {
    let outcomes = join_all((0..100).map(|number| {
        let db = &db;
        async move {
            write!(db, |tx| visitors::verify(tx, || visitor(number), &demo(), "jane", &[], at(1000)).await)
                .unwrap()
        }
    }))
    .await;
    assert_eq!(outcomes.iter().filter(|verified| verified.new).count(), 1);
    assert!(outcomes.iter().all(|verified| verified.visitor.id == outcomes[0].visitor.id));
}

/// The whole path of a message, as the application goes it.
async fn send(db: &Database, number: u128, id: u128) -> Result<i64, StoreError> {
    write!(db, |tx| {
        let author = Author::Visitor(visitor(number));
        if let Some(known) = messages::find_by_client_id(tx, &author, client_id(id)).await? {
            return Ok(known.sequence);
        }
        let message = NewMessage { client_message_id: Some(client_id(id)), ..text(author, "hello", 1100) };
        let (message, conversation) = append(tx, number, message).await?;
        let sequence = message.sequence;
        let event = NewEvent {
            project_id: demo(),
            kind: EventKind::MessageSent,
            visitor_id: visitor(number),
            conversation: Some(conversation),
            message: Some(message),
            created_at: at(1100),
        };
        events::append(tx, event).await?;
        Ok(sequence)
    })
}

async fn parallel_texts_stand_in_a_row(db: Database) {
    db.seed_many(3).await;
    let sent = join_all((0..300).map(|id| send(&db, id % 3 + 1, id))).await;
    for number in 1..=3_u128 {
        let mut sequences: Vec<i64> = (0..300)
            .filter(|id| id % 3 + 1 == number)
            .map(|id| *sent[id as usize].as_ref().unwrap())
            .collect();
        sequences.sort_unstable();
        assert_eq!(sequences, (1..=100).collect::<Vec<_>>());
        let found = db.find(number).await;
        assert_eq!((found.last_sequence, found.unread_count), (100, 100));
    }
    let heard: Vec<i64> = db.observer.events().iter().map(|event| event.sequence).collect();
    assert_eq!(heard, (1..=300).collect::<Vec<_>>(), "heard in order, without holes");
    assert_eq!(read!(db, |tx| events::after(tx, &demo(), 0, 1000).await).unwrap().len(), 300);
}

async fn parallel_retries_are_stored_once(db: Database) {
    db.seed().await;
    let sent = join_all((0..50).map(|_| send(&db, 1, 1))).await;
    for outcome in &sent {
        match outcome {
            Ok(sequence) => assert_eq!(*sequence, 1),
            Err(StoreError::Conflict(name)) => assert_eq!(name, "messages_client_message_id"),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(sent.iter().any(Result::is_ok));
    assert_eq!(db.find(1).await.last_sequence, 1);
    assert_eq!(db.observer.events().len(), 1);
}

async fn one_of_many_first_messages_starts_the_conversation(db: Database) {
    write!(db, |tx| {
        projects::insert(tx, &project("demo")).await?;
        visitors::ensure_anonymous(tx, visitor(1), &demo(), at(1)).await
    })
    .unwrap();
    let started = join_all((0..50).map(|number| {
        let db = &db;
        async move {
            write!(db, |tx| conversations::insert(tx, conversation(number), &demo(), visitor(1), at(1000))
                .await)
        }
    }))
    .await;
    assert_eq!(started.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let lost = started.iter().filter(
        |outcome| matches!(outcome, Err(StoreError::Conflict(name)) if name == "conversations_one_ongoing"),
    );
    assert_eq!(lost.count(), 49);
}

async fn insert_or_fail(db: &Database, number: u128) -> Result<(), StoreError> {
    write!(db, |tx| {
        visitors::ensure_anonymous(tx, visitor(number), &demo(), at(1)).await?;
        match number % 10 {
            3 => Err(StoreError::Corrupt("on purpose")),
            5 => panic!("on purpose"),
            // A statement that fails, and one that breaks a foreign key.
            7 => visitors::verify(tx, || visitor(number), &demo(), "x", &[], at(1)).await.map(drop),
            9 => conversations::insert(tx, conversation(1), &demo(), visitor(4000), at(1)).await.map(drop),
            _ => {
                let event = NewEvent {
                    project_id: demo(),
                    kind: EventKind::VisitorAuthenticated,
                    visitor_id: visitor(number),
                    conversation: None,
                    message: None,
                    created_at: at(1),
                };
                events::append(tx, event).await
            }
        }
    })
}

/// What is left after `insert_or_fail` was called for 0 to 99.
async fn check_isolation(db: &Database, outcomes: &[Result<(), StoreError>]) {
    for (number, outcome) in (0_u128..).zip(outcomes) {
        let good = !matches!(number % 10, 3 | 5 | 7 | 9);
        assert_eq!(outcome.is_ok(), good, "{number}: {outcome:?}");
        let stored = read!(db, |tx| visitors::find(tx, visitor(number)).await).unwrap();
        assert_eq!(stored.is_some(), good, "{number}");
    }
    let heard: Vec<i64> = db.observer.events().iter().map(|event| event.sequence).collect();
    assert_eq!(heard, (1..=60).collect::<Vec<_>>());
}

async fn failing_bodies_disturb_no_other(db: Database) {
    write!(db, |tx| projects::insert(tx, &project("demo")).await).unwrap();
    let outcomes = join_all((0..100).map(|number| insert_or_fail(&db, number))).await;
    check_isolation(&db, &outcomes).await;
}

/// The same in one commit: the writer is held until all wait for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_share_a_commit_do_not_share_their_fate() {
    let db = Database::sqlite().await;
    write!(db, |tx| projects::insert(tx, &project("demo")).await).unwrap();
    let (entered, inside) = tokio::sync::oneshot::channel();
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let store = db.store.clone();
    let held = tokio::spawn(async move {
        let outcome: Result<(), StoreError> = store
            .write(move |_| {
                entered.send(()).unwrap();
                gate.recv().unwrap();
                Box::pin(async { Ok(()) })
            })
            .await;
        outcome
    });
    inside.await.unwrap();
    let mut waiting: Vec<_> = (0..100).map(|number| Box::pin(insert_or_fail(&db, number))).collect();
    for body in &mut waiting {
        assert!(body.as_mut().now_or_never().is_none(), "the first poll only puts it in the queue");
    }
    open.send(()).unwrap();
    held.await.unwrap().unwrap();
    let outcomes = join_all(waiting).await;
    assert_eq!(db.observer.batches().len(), 1, "one commit");
    check_isolation(&db, &outcomes).await;
}

async fn a_body_cannot_go_on_after_a_failure(db: Database) {
    db.seed().await;
    let outcome = write!(db, |tx| {
        visitors::ensure_anonymous(tx, visitor(50), &demo(), at(1)).await?;
        let taken = conversations::insert(tx, conversation(7), &demo(), visitor(1), at(1)).await;
        assert!(matches!(taken, Err(StoreError::Conflict(_))));
        Ok(())
    });
    assert!(matches!(outcome, Err(StoreError::Statement(_))));
    assert_eq!(read!(db, |tx| visitors::find(tx, visitor(50)).await).unwrap(), None);
}

async fn a_reader_sees_one_state(db: Database) {
    db.seed().await;
    let (entered, inside) = tokio::sync::oneshot::channel();
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let store = db.store.clone();
    let reader = tokio::spawn(async move {
        let outcome: Result<_, StoreError> = store
            .read(|tx| {
                Box::pin(async move {
                    let before = conversations::find(tx, conversation(1)).await?;
                    entered.send(()).unwrap();
                    gate.recv().unwrap();
                    Ok((before, conversations::find(tx, conversation(1)).await?))
                })
            })
            .await;
        outcome
    });
    inside.await.unwrap();
    write!(db, |tx| append(tx, 1, text(Author::Visitor(visitor(1)), "hello", 1100)).await).unwrap();
    open.send(()).unwrap();
    let (before, after) = reader.await.unwrap().unwrap();
    assert_eq!(before, after);
    assert_eq!(db.find(1).await.last_sequence, 1);
}

/// A body may wait for its statements only. On SQLite there is nobody to wake it.
#[tokio::test]
async fn a_body_that_waits_fails() {
    let db = Database::sqlite().await;
    let outcome: Result<(), _> = write!(db, |tx| {
        projects::insert(tx, &project("demo")).await?;
        tokio::task::yield_now().await;
        Ok(())
    });
    assert!(matches!(outcome, Err(StoreError::Statement(_))));
    assert_eq!(read!(db, |tx| projects::all(tx).await).unwrap(), []);
}

/// Another process holds the file for longer than we wait.
#[tokio::test]
async fn a_file_that_somebody_holds_is_unavailable() {
    let db = Database::sqlite().await;
    let other = rusqlite::Connection::open(db.address.trim_start_matches("sqlite:")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = write!(db, |tx| projects::insert(tx, &project("demo")).await);
    assert!(matches!(refused, Err(StoreError::Unavailable(Some(_)))), "{refused:?}");
    other.execute_batch("ROLLBACK").unwrap();
    write!(db, |tx| projects::insert(tx, &project("demo")).await).unwrap();
}
