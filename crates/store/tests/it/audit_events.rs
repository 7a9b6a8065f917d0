//! The audit log: what is written, what is hashed, how it is read and what retention leaves.

use signet_domain::audit::{AuditActor, AuditEvent, AuditKind};
use signet_domain::{ProjectId, VisitorId};
use signet_store::audit_events::{self, AuditChain, AuditFilter, AuditRow, BEGINNING, PLATFORM, hexadecimal};
use signet_store::{PageRequest, StoreError, projects};
use uuid::Uuid;

use crate::harness::{Database, at, both_engines, demo, project, read, write};

both_engines!(
    a_row_is_chained_to_the_one_before,
    a_body_that_fails_records_nothing,
    writers_at_once_make_one_chain_each,
    events_are_filtered_and_paged,
    what_retention_leaves_is_still_chained,
    an_unreadable_row_is_told_apart,
    chains_that_grew_want_a_checkpoint,
);

/// A promise to whoever checks an export: what is hashed must never change.
const LINES: [&str; 2] = [
    r#"{"actor":{"id":"a-1","name":"owner@example.test","type":"AGENT"},"address":"203.0.113.7","at":"2026-11-20T12:04:31.250Z","correlationId":"c-1","details":{"keyId":"lumen–2026","reason":"lost \"laptop\"\n"},"hash":"a4f5d8d4716c7763366233b588dfe877e62ff2db74013309cb0a4048d3343931","kind":"CUSTOMER_KEY_REVOKED","previous":"0000000000000000000000000000000000000000000000000000000000000000","projectId":"demo","sequence":1,"subject":{"id":"0193a5b0-0000-7000-8000-000000000001","type":"CUSTOMER_KEY"}}"#,
    r#"{"actor":{"id":"00000000-0000-0000-0000-000000000007","name":null,"type":"VISITOR"},"address":null,"at":"1970-01-01T00:00:00.009Z","correlationId":null,"details":{},"hash":"b4ae7dafbbb87cc0fb13fc5b7b112e11130b5f9286bd2d030f5cd2aa237a66e6","kind":"VISITOR_SIGNED_OUT","previous":"a4f5d8d4716c7763366233b588dfe877e62ff2db74013309cb0a4048d3343931","projectId":"demo","sequence":2,"subject":null}"#,
];

fn event(kind: AuditKind, millis: i64) -> AuditEvent {
    AuditEvent::new(kind, AuditActor::Operator("root".into()), at(millis)).in_project(&demo())
}

async fn record(db: &Database, events: Vec<AuditEvent>) {
    write!(db, |tx| {
        for event in events {
            audit_events::record(tx, event);
        }
        Ok(())
    })
    .unwrap();
}

async fn rows(db: &Database, chain: &'static str) -> Vec<AuditRow> {
    let rows = read!(db, |tx| audit_events::after(tx, chain, 0, 1_000).await).unwrap();
    rows.into_iter().map(Result::unwrap).collect()
}

async fn chains(db: &Database) -> Vec<AuditChain> {
    read!(db, |tx| audit_events::chains(tx).await).unwrap()
}

fn is_chained(rows: &[AuditRow]) -> bool {
    rows.iter().all(|row| row.computed_hash().unwrap() == row.hash)
        && rows
            .windows(2)
            .all(|pair| pair[1].sequence == pair[0].sequence + 1 && pair[1].previous_hash == pair[0].hash)
}

async fn a_row_is_chained_to_the_one_before(db: Database) {
    let mut first = event(AuditKind::CustomerKeyRevoked, 1_795_176_271_250)
        .to("CUSTOMER_KEY", &"0193a5b0-0000-7000-8000-000000000001")
        .with("reason", &"lost \"laptop\"\n")
        .with("keyId", &"lumen–2026");
    first.actor = AuditActor::Agent("a-1".into(), "owner@example.test".into());
    first.address = Some("203.0.113.7".into());
    first.correlation_id = Some("c-1".into());
    record(&db, vec![first, AuditEvent { project_id: None, ..event(AuditKind::PlatformKeyCreated, 5) }])
        .await;
    let visitor = VisitorId::from_uuid(Uuid::from_u128(7));
    let second = AuditEvent { actor: AuditActor::Visitor(visitor), ..event(AuditKind::VisitorSignedOut, 9) };
    record(&db, vec![second]).await;

    let rows = rows(&db, "demo").await;
    assert_eq!(rows.iter().map(|row| row.line().unwrap()).collect::<Vec<_>>(), LINES);
    assert!(is_chained(&rows), "{rows:#?}");
    assert_eq!(rows[0].previous_hash, BEGINNING);
    let [platform, project] = &chains(&db).await[..] else { panic!("two chains") };
    assert_eq!((platform.chain.as_str(), platform.sequence), (PLATFORM, 1));
    assert_eq!((project.chain.as_str(), project.sequence, project.hash), ("demo", 2, rows[1].hash));
    assert_eq!(hexadecimal(&project.hash).len(), 64);
    assert_eq!(read!(db, |tx| audit_events::chains_with_rows(tx).await).unwrap(), ["", "demo"]);
}

async fn a_body_that_fails_records_nothing(db: Database) {
    let refused: Result<(), StoreError> = write!(db, |tx| {
        audit_events::record(tx, event(AuditKind::ProjectCreated, 1));
        projects::insert(tx, &project("demo")).await?;
        Err(StoreError::Corrupt("on purpose"))
    });
    assert!(refused.is_err());
    assert_eq!((rows(&db, "demo").await, chains(&db).await), (vec![], vec![]));
}

async fn writers_at_once_make_one_chain_each(db: Database) {
    let writers = (0..40_i64).map(|number| {
        let here = event(AuditKind::DeskSignedIn, number);
        let there = AuditEvent { project_id: None, ..here.clone() };
        // In both orders: the store sorts, so that nobody waits for each other in a circle.
        record(&db, if number % 2 == 0 { vec![here, there] } else { vec![there, here] })
    });
    futures_util::future::join_all(writers).await;
    for chain in [PLATFORM, "demo"] {
        let rows = rows(&db, chain).await;
        assert_eq!(rows.len(), 40);
        assert!(is_chained(&rows));
    }
}

async fn events_are_filtered_and_paged(db: Database) {
    let kinds = [AuditKind::ProjectCreated, AuditKind::UserInvited, AuditKind::UserDisabled];
    let events = (1..=9_i64).map(|number| {
        let kind = kinds[usize::try_from(number % 3).unwrap()];
        event(kind, number * 10).to("USER", &(number % 2))
    });
    record(&db, events.collect()).await;
    let other = ProjectId::parse("other").unwrap();
    record(&db, vec![event(AuditKind::ProjectCreated, 1).in_project(&other)]).await;

    let page = |limit, after, from_end| PageRequest { limit, after, before: None, from_end };
    let list = async |filter: AuditFilter, page: PageRequest| {
        let page = read!(db, |tx| audit_events::list(tx, &demo(), &filter, &page).await).unwrap();
        let sequences: Vec<i64> = page.items.iter().map(|(_, row)| row.sequence).collect();
        (sequences, page.items.last().map(|(cursor, _)| cursor.clone()), page.has_next)
    };
    let all = AuditFilter::default();
    let (first, end, more) = list(all.clone(), page(4, None, false)).await;
    assert_eq!((first, more), (vec![9, 8, 7, 6], true));
    let (second, end, _) = list(all.clone(), page(4, end, false)).await;
    assert_eq!(second, [5, 4, 3, 2]);
    let (third, _, more) = list(all.clone(), page(4, end, false)).await;
    assert_eq!((third, more), (vec![1], false));
    assert_eq!(list(all.clone(), page(2, None, true)).await.0, [2, 1]);

    let kinds =
        AuditFilter { kinds: Some(vec!["USER_INVITED".into(), "USER_DISABLED".into()]), ..all.clone() };
    assert_eq!(list(kinds.clone(), page(9, None, false)).await.0, [8, 7, 5, 4, 2, 1]);
    assert_eq!(list(kinds, page(2, None, true)).await.0, [2, 1]);
    let subject = AuditFilter { subject_id: Some("0".into()), ..all.clone() };
    assert_eq!(list(subject, page(9, None, false)).await.0, [8, 6, 4, 2]);
    let span = AuditFilter { from: Some(at(30)), to: Some(at(50)), ..all.clone() };
    assert_eq!(list(span, page(9, None, false)).await.0, [4, 3]);
    let nobody = AuditFilter { actor_id: Some("x".into()), ..all.clone() };
    assert_eq!(list(nobody, page(9, None, false)).await.0, [0_i64; 0]);
    let no_kind = AuditFilter { kinds: Some(vec![]), ..all };
    assert_eq!(list(no_kind, page(9, None, false)).await.0, [0_i64; 0]);
}

async fn what_retention_leaves_is_still_chained(db: Database) {
    // The clock was set back after the third event: what is newer than the limit stays, and so does all that follows it.
    let events = [10, 20, 60, 30, 70].map(|millis| event(AuditKind::ProjectChanged, millis));
    record(&db, events.to_vec()).await;
    let whole = rows(&db, "demo").await;
    let chain = chains(&db).await.remove(0);
    let removed = write!(db, |tx| {
        let (sequence, hash) = audit_events::last_before(tx, &chain, at(50)).await?.expect("two are old");
        audit_events::record(tx, event(AuditKind::AuditEventsRemoved, 80));
        audit_events::remove(tx, &chain.chain, sequence, &hash).await
    });
    assert_eq!(removed.unwrap(), 2);
    let left = rows(&db, "demo").await;
    assert_eq!(left[..3], whole[2..]);
    assert!(is_chained(&left) && left.len() == 4);
    let chain = chains(&db).await.remove(0);
    assert_eq!((chain.removed_sequence, chain.removed_hash), (2, whole[1].hash));
    assert_eq!(left[0].previous_hash, chain.removed_hash);
    let again = read!(db, |tx| audit_events::last_before(tx, &chain, at(50)).await).unwrap();
    assert_eq!(again, None);
}

async fn an_unreadable_row_is_told_apart(db: Database) {
    record(&db, (1..=3).map(|number| event(AuditKind::UserCreated, number)).collect()).await;
    db.tamper("UPDATE audit_events SET hash = previous_hash WHERE sequence = 1").await;
    db.tamper("UPDATE audit_events SET previous_hash = substr(hash, 1, 31) WHERE sequence = 2").await;
    let found = read!(db, |tx| audit_events::after(tx, "demo", 0, 10).await).unwrap();
    assert!(matches!(&found[..], [Ok(_), Err(Some(2)), Ok(_)]), "{found:?}");
}

async fn chains_that_grew_want_a_checkpoint(db: Database) {
    let other = ProjectId::parse("other").unwrap();
    record(
        &db,
        vec![event(AuditKind::ProjectCreated, 1), event(AuditKind::ProjectCreated, 1).in_project(&other)],
    )
    .await;
    let unsigned = async |before| {
        let chains = read!(db, |tx| audit_events::unsigned(tx, at(before)).await).unwrap();
        chains.into_iter().map(|chain| chain.chain).collect::<Vec<_>>()
    };
    assert_eq!(unsigned(0).await, ["demo", "other"]);
    let sign = async |millis, text: &'static str| {
        let chain = chains(&db).await.remove(0);
        write!(db, |tx| audit_events::insert_checkpoint(tx, &chain, at(millis), text).await).unwrap();
    };
    sign(100, "first").await;
    sign(110, "the same end again").await;
    assert_eq!(unsigned(1_000).await, ["other"]);
    record(&db, vec![event(AuditKind::ProjectChanged, 150)]).await;
    assert_eq!(unsigned(99).await, ["other"], "the last one is young");
    assert_eq!(unsigned(100).await, ["demo", "other"]);
    sign(200, "second").await;
    let page = async |after| read!(db, |tx| audit_events::checkpoints(tx, "demo", after, 9).await).unwrap();
    assert_eq!(page(0).await, [(1, "first".to_owned()), (2, "second".to_owned())]);
    assert_eq!(page(1).await, [(2, "second".to_owned())]);
    write!(db, |tx| audit_events::remove(tx, "demo", 2, &BEGINNING).await).unwrap();
    assert_eq!(page(0).await, [(2, "second".to_owned())]);
}
