//! Anonymising: what goes, what stays, in which pieces, and what is left of it in SQLite's file.

use signet_domain::conversation::{CloseReason, LapseReason};
use signet_domain::{Assurance, Attribute, AttributeName, AttributeSource, Author, EventKind, Visitor};
use signet_store::erasure::{self, Erased};
use signet_store::satisfaction::{self, Satisfaction};
use signet_store::transactions::{self, Transaction};
use signet_store::visitors::Verified;
use signet_store::{conversations, devices, events, messages, retention, visitors};
use uuid::Uuid;

use crate::harness::{Database, append, at, both_engines, conversation, demo, read, text, visitor, write};

both_engines!(
    an_anonymised_record_names_nobody_and_the_person_begins_anew,
    what_remains_goes_in_pieces,
    the_file_keeps_no_trace_once_it_is_written_anew,
    events_outlive_what_they_tell_of,
    what_is_old_is_found_and_removed,
);

const CANARY: &str = "cAnArY";

fn attribute(value: &str) -> Attribute {
    Attribute {
        name: AttributeName::Email,
        value: value.to_owned(),
        source: AttributeSource::Token,
        updated_at: at(1000),
    }
}

async fn verified(db: &Database, number: u128) -> Visitor {
    let Verified { visitor, .. } = write!(db, |tx| {
        let attributes = [attribute("jane@example.test")];
        visitors::verify(tx, || visitor(number), &demo(), "jane", &attributes, at(2000)).await
    })
    .unwrap();
    visitor
}

async fn an_anonymised_record_names_nobody_and_the_person_begins_anew(db: Database) {
    db.seed().await;
    let jane = verified(&db, 7).await;
    write!(db, |tx| visitors::set_signed_in_as(tx, visitor(1), visitor(7)).await).unwrap();
    assert_eq!(read!(db, |tx| visitors::guests_of(tx, visitor(7)).await).unwrap()[0].id, visitor(1));
    let first =
        write!(db, |tx| erasure::anonymize_visitor(tx, visitor(7), &demo(), at(3000), at(9000)).await);
    assert!(first.unwrap());
    let again =
        write!(db, |tx| erasure::anonymize_visitor(tx, visitor(7), &demo(), at(4000), at(9000)).await);
    assert!(!again.unwrap(), "once");
    let now = read!(db, |tx| visitors::find(tx, visitor(7)).await).unwrap().unwrap();
    let expected = Visitor {
        external_user_id: None,
        attributes: Vec::new(),
        lapsed: Some((at(3000), LapseReason::Revoked)),
        updated_at: at(3000),
        anonymized_at: Some(at(3000)),
        ..jane
    };
    assert_eq!(now, expected);
    assert!(!write!(db, |tx| visitors::hold(tx, visitor(7)).await).unwrap(), "nothing is added to it");
    assert!(write!(db, |tx| visitors::hold(tx, visitor(1)).await).unwrap());
    let every = devices::every_device_of(visitor(7));
    let other = devices::every_device_of(visitor(8));
    assert!(read!(db, |tx| devices::is_revoked(tx, other, visitor(7)).await).unwrap(), "{every:?}");
    assert_eq!(verified(&db, 8).await.id, visitor(8), "the same userId is somebody new");
}

async fn what_remains_goes_in_pieces(db: Database) {
    db.seed_many(3).await;
    let sale = |id: u128, by: u128| Transaction {
        id: Uuid::from_u128(id),
        project_id: demo(),
        external_id: format!("order-{id}"),
        visitor_id: visitor(by),
        conversation_id: Some(conversation(by)),
        amount_millionths: 5,
        created_at: at(1500),
    };
    write!(db, |tx| {
        for number in 0..5 {
            append(tx, 1, text(Author::Visitor(visitor(1)), "hello", 1100 + number)).await?;
        }
        append(tx, 2, text(Author::Visitor(visitor(2)), "hello", 1200)).await?;
        transactions::insert(tx, &sale(1, 1)).await?;
        transactions::insert(tx, &sale(2, 2)).await?;
        let answers = Satisfaction {
            customer_satisfaction: Some(4),
            comment: Some("Jane says".into()),
            ..Default::default()
        };
        satisfaction::answer(tx, conversation(1), &demo(), &answers, at(1500)).await
    })
    .unwrap();
    let ongoing = write!(db, |tx| erasure::anonymize_conversation(tx, conversation(1), at(3000)).await);
    assert!(!ongoing.unwrap(), "an ongoing one stays");
    write!(db, |tx| conversations::close(tx, conversation(1), CloseReason::Policy, None, at(2000)).await)
        .unwrap();
    write!(db, |tx| erasure::anonymize_visitor(tx, visitor(1), &demo(), at(3000), at(9000)).await).unwrap();
    assert_eq!(read!(db, |tx| erasure::visitors(tx, 9).await).unwrap(), [visitor(1)]);

    let piece = async || write!(db, |tx| erasure::erase_visitor(tx, visitor(1), 1, at(3000)).await).unwrap();
    assert!(!piece().await, "as many conversations as one piece holds: there may be more");
    assert!(piece().await);
    assert_eq!(read!(db, |tx| erasure::visitors(tx, 9).await).unwrap(), []);
    assert_eq!(read!(db, |tx| erasure::conversations(tx, 9).await).unwrap(), [conversation(1)]);
    let piece = async || write!(db, |tx| erasure::erase_conversation(tx, conversation(1), 2).await).unwrap();
    assert_eq!((piece().await, piece().await), (Erased::Piece, Erased::Piece));
    let Erased::Whole(Some(left)) = piece().await else { panic!("five entries are three pieces") };
    assert_eq!((left.anonymized_at, left.last_sequence, left.unread_count), (Some(at(3000)), 5, 0));
    assert_eq!(piece().await, Erased::Whole(None), "once");
    assert_eq!(read!(db, |tx| messages::after(tx, conversation(1), 0, 9).await).unwrap(), []);
    let (answers, _) = read!(db, |tx| satisfaction::find(tx, conversation(1)).await).unwrap().unwrap();
    assert_eq!((answers.customer_satisfaction, answers.comment), (Some(4), None));
    let sold = read!(db, |tx| transactions::of_visitor(tx, visitor(1), 9).await).unwrap();
    assert_eq!(sold[0].external_id, "anonymized-00000000000000000000000000000001");
    assert_eq!(sold[0].amount_millionths, 5, "sums stay right");

    let others = read!(db, |tx| transactions::of_visitor(tx, visitor(2), 9).await).unwrap();
    assert_eq!(others[0].external_id, "order-2");
    assert_eq!(db.find(2).await.last_text_sequence, 1);
    assert_eq!(read!(db, |tx| messages::after(tx, conversation(2), 0, 9).await).unwrap().len(), 1);
}

/// Of a person's words nothing may be found in the bytes of the file and its log, nor in a copy of both.
async fn the_file_keeps_no_trace_once_it_is_written_anew(db: Database) {
    const PEOPLE: u128 = 60;
    const WRITTEN: i64 = 3_000;
    db.seed_many(PEOPLE).await;
    // Texts of very different lengths, so that pages are split and records move between them.
    let length = |number: i64| [5, 40, 200, 900, 2_500, 9_000][(number * 7 % 6) as usize];
    write!(db, |tx| {
        for number in 0..WRITTEN {
            let person = 1 + (number * 31 % PEOPLE as i64) as u128;
            let who = if person.is_multiple_of(4) { CANARY } else { "nobody" };
            let words = format!("{who} {}", "m".repeat(length(number)));
            append(tx, person, text(Author::Visitor(visitor(person)), &words, 1_100 + number)).await?;
        }
        Ok(())
    })
    .unwrap();
    for person in (4..=PEOPLE).step_by(4) {
        write!(db, |tx| {
            let reason = CloseReason::Policy;
            conversations::close(tx, conversation(person), reason, None, at(9_000)).await?;
            erasure::anonymize_conversation(tx, conversation(person), at(9_000)).await
        })
        .unwrap();
        while write!(db, |tx| erasure::erase_conversation(tx, conversation(person), 20).await).unwrap()
            == Erased::Piece
        {}
    }
    db.store.forget_log().await.unwrap();
    if let Some(path) = db.address.strip_prefix("sqlite:") {
        let log = std::fs::read(format!("{path}-wal")).unwrap();
        assert_eq!(log.len(), 0, "the log is cut off at once");
        db.store.compact(1).await.unwrap();
        let size = std::fs::metadata(path).unwrap().len();
        db.store.compact(u64::MAX).await.unwrap();
        assert!(std::fs::metadata(path).unwrap().len() < size, "written anew, and not before it may be");
        for file in [path.to_owned(), format!("{path}-wal")] {
            let bytes = std::fs::read(file).unwrap();
            let found = bytes.windows(CANARY.len()).filter(|window| *window == CANARY.as_bytes()).count();
            assert_eq!(found, 0);
        }
        // What is there stays there.
        assert_eq!(read!(db, |tx| messages::after(tx, conversation(1), 0, 9).await).unwrap().len(), 9);
    }
    append_after(&db).await;
}

/// The log is written to again after it was cut off.
async fn append_after(db: &Database) {
    write!(db, |tx| append(tx, 1, text(Author::Visitor(visitor(1)), "still here", 9_500)).await).unwrap();
    assert_eq!(db.find(1).await.last_activity_at, at(9_500));
}

async fn events_outlive_what_they_tell_of(db: Database) {
    db.seed().await;
    write!(db, |tx| {
        let (message, conversation) = append(tx, 1, text(Author::Visitor(visitor(1)), "hello", 1100)).await?;
        let event = events::NewEvent {
            project_id: demo(),
            kind: EventKind::MessageSent,
            visitor_id: visitor(1),
            conversation: Some(conversation),
            message: Some(message),
            created_at: at(1100),
        };
        events::append(tx, event).await
    })
    .unwrap();
    db.tamper("DELETE FROM messages").await;
    let told = read!(db, |tx| events::after(tx, &demo(), 0, 9).await).unwrap();
    assert_eq!((told.len(), &told[0].message), (1, &None));
    assert!(told[0].conversation.is_some());
    db.tamper("DELETE FROM conversations").await;
    let told = read!(db, |tx| events::after(tx, &demo(), 0, 9).await).unwrap();
    assert_eq!(told[0].conversation, None);
}

async fn what_is_old_is_found_and_removed(db: Database) {
    db.seed_many(3).await;
    let sale = |id: u128, at_millis: i64| Transaction {
        id: Uuid::from_u128(id),
        project_id: demo(),
        external_id: format!("order-{id}"),
        visitor_id: visitor(1),
        conversation_id: Some(conversation(1)),
        amount_millionths: 5,
        created_at: at(at_millis),
    };
    write!(db, |tx| {
        for (number, closed_at) in [(1, 2_000), (2, 3_000)] {
            append(tx, number, text(Author::Visitor(visitor(number)), "hello", 1_500)).await?;
            conversations::close(tx, conversation(number), CloseReason::Agent, None, at(closed_at)).await?;
        }
        for (id, at_millis) in [(1, 1_000), (2, 2_000), (3, 3_000)] {
            transactions::insert(tx, &sale(id, at_millis)).await?;
        }
        for at_millis in [1_000, 2_000, 3_000] {
            let event = events::NewEvent {
                project_id: demo(),
                kind: EventKind::VisitorSignedOut,
                visitor_id: visitor(1),
                conversation: None,
                message: None,
                created_at: at(at_millis),
            };
            events::append(tx, event).await?;
        }
        Ok(())
    })
    .unwrap();
    let due = read!(db, |tx| retention::conversations_to_anonymize(tx, &demo(), at(3_000), 9).await);
    assert_eq!(due.unwrap(), [conversation(1)]);
    // 1 and 2 have gone quiet; 3 has an ongoing conversation.
    let old = async |before: i64| {
        let place = (at(0), Uuid::nil());
        let assurance = Assurance::Anonymous;
        let found =
            read!(db, |tx| retention::old_visitors(tx, &demo(), assurance, at(before), place, 9).await);
        found.unwrap().into_iter().map(|visitor| (visitor.id, visitor.inactive)).collect::<Vec<_>>()
    };
    assert_eq!(old(1_000).await, []);
    assert_eq!(old(1_500).await, [1, 2, 3].map(|number| (visitor(number), false)));
    assert_eq!(old(1_501).await, [1, 2, 3].map(|number| (visitor(number), number != 3)));

    write!(db, |tx| erasure::anonymize_conversation(tx, conversation(1), at(4_000)).await).unwrap();
    let deleted = write!(db, |tx| retention::delete_conversation(tx, conversation(1)).await);
    assert!(!deleted.unwrap(), "not before its messages are gone");
    write!(db, |tx| erasure::erase_conversation(tx, conversation(1), 9).await).unwrap();
    assert!(write!(db, |tx| retention::delete_conversation(tx, conversation(1)).await).unwrap());
    assert_eq!(read!(db, |tx| conversations::find(tx, conversation(1)).await).unwrap(), None);
    let due = read!(db, |tx| retention::conversations_to_delete(tx, &demo(), at(9_000), 9).await);
    assert_eq!(due.unwrap(), [conversation(2)]);

    let sales = async || write!(db, |tx| retention::delete_sales(tx, &demo(), at(3_000), 1).await).unwrap();
    assert_eq!((sales().await, sales().await, sales().await), (1, 1, 0));
    let kept = read!(db, |tx| transactions::of_visitor(tx, visitor(1), 9).await).unwrap();
    assert_eq!((kept.len(), kept[0].conversation_id), (1, None), "it outlives its conversation");
    let gone = async || write!(db, |tx| retention::delete_events(tx, &demo(), at(3_000), 9).await).unwrap();
    assert_eq!((gone().await, gone().await), (2, 0));
    let left = read!(db, |tx| events::after(tx, &demo(), 0, 9).await).unwrap();
    assert_eq!(left.iter().map(|event| event.sequence).collect::<Vec<_>>(), [3], "numbers stay");
    assert_eq!(write!(db, |tx| retention::delete_failures(tx, &demo(), at(9_000)).await).unwrap(), 0);
}
