//! The feed of refused activations.

use signet_domain::ProjectId;
use signet_store::authentication_failures::{
    self, AuthenticationFailure, COUNTS_KEPT, FailureCount, FailureFilter, KEPT,
};
use signet_store::{Cursor, PageRequest, authentication_successes};
use uuid::Uuid;

use crate::harness::{Database, at, both_engines, demo, read, write};

both_engines!(
    failures_read_back,
    a_project_keeps_its_newest,
    they_are_found_by_code_and_correlation_id,
    pages_go_both_ways,
    they_are_counted_by_the_minute,
    what_is_no_refusal_is_listed_and_not_counted,
    accepted_tokens_are_counted_beside_them,
);

fn failure(number: u128, millis: i64) -> AuthenticationFailure {
    AuthenticationFailure {
        id: Uuid::from_u128(number),
        project_id: demo(),
        created_at: at(millis),
        correlation_id: format!("request-{number}"),
        code: "TOKEN_CLAIMS_INVALID".into(),
        fine_code: "EXP_IN_MILLISECONDS".into(),
        origin: None,
        encryption_key_id: None,
        signature_key_id: None,
        token_bytes: None,
        part_characters: Vec::new(),
        issuer: None,
        issued_at: None,
        expires_at: None,
    }
}

async fn insert(db: &Database, failures: Vec<AuthenticationFailure>) {
    write!(db, |tx| authentication_failures::insert_all(tx, &failures).await).unwrap();
}

fn newest(limit: usize) -> PageRequest {
    PageRequest { limit, after: None, before: None, from_end: false }
}

async fn list(
    db: &Database,
    filter: FailureFilter,
    page: PageRequest,
) -> Vec<(Cursor, AuthenticationFailure)> {
    read!(db, |tx| authentication_failures::list(tx, &demo(), &filter, &page).await).unwrap().items
}

async fn failures_read_back(db: Database) {
    let full = AuthenticationFailure {
        origin: Some("https://shop.example".into()),
        encryption_key_id: Some("platform".into()),
        signature_key_id: Some("brand".into()),
        token_bytes: Some(1_234),
        part_characters: vec![60, 342, 16, 900, 22],
        issuer: Some("https://shop.example".into()),
        issued_at: Some(at(1_000)),
        expires_at: Some(at(61_000)),
        ..failure(2, 2_000)
    };
    insert(&db, vec![failure(1, 1_000), full.clone()]).await;
    let found = list(&db, FailureFilter::default(), newest(10)).await;
    let found: Vec<_> = found.into_iter().map(|(_, failure)| failure).collect();
    assert_eq!(found, [full, failure(1, 1_000)]);
}

async fn a_project_keeps_its_newest(db: Database) {
    let other = ProjectId::parse("other").unwrap();
    let many = u128::try_from(KEPT).unwrap() + 20;
    let mut all: Vec<_> = (1..=many).map(|number| failure(number, 1_000)).collect();
    all.push(AuthenticationFailure { project_id: other.clone(), ..failure(9_999, 1) });
    insert(&db, all).await;
    insert(&db, vec![failure(many + 1, 1_000)]).await;
    let mut seen = Vec::new();
    let mut page = newest(100);
    loop {
        let found = list(&db, FailureFilter::default(), page.clone()).await;
        let Some((last, _)) = found.last().cloned() else { break };
        seen.extend(found.into_iter().map(|(_, failure)| failure.id.as_u128()));
        page.after = Some(last);
    }
    let expected: Vec<u128> = (22..=many + 1).rev().collect();
    assert_eq!(seen, expected, "the oldest of one millisecond go too");
    let elsewhere = read!(db, |tx| {
        authentication_failures::list(tx, &other, &FailureFilter::default(), &newest(10)).await
    });
    assert_eq!(elsewhere.unwrap().items.len(), 1, "another project's stays, however old");
}

async fn they_are_found_by_code_and_correlation_id(db: Database) {
    let replayed = AuthenticationFailure {
        code: "TOKEN_REPLAYED".into(),
        fine_code: "TOKEN_REPLAYED".into(),
        ..failure(2, 2_000)
    };
    insert(&db, vec![failure(1, 1_000), replayed, failure(3, 3_000)]).await;
    let ids = async |filter| -> Vec<u128> {
        list(&db, filter, newest(10)).await.iter().map(|(_, failure)| failure.id.as_u128()).collect()
    };
    let all = FailureFilter::default();
    let code = |code: &str| FailureFilter { code: Some(code.into()), ..FailureFilter::default() };
    assert_eq!(ids(all.clone()).await, [3, 2, 1]);
    assert_eq!(ids(code("TOKEN_CLAIMS_INVALID")).await, [3, 1]);
    assert_eq!(ids(code("nothing")).await, [0_u128; 0]);
    assert_eq!(ids(FailureFilter { fine_code: Some("TOKEN_REPLAYED".into()), ..all.clone() }).await, [2]);
    let quoted = FailureFilter { correlation_id: Some("request-3".into()), ..all };
    assert_eq!(ids(quoted.clone()).await, [3]);
    assert_eq!(ids(FailureFilter { code: Some("TOKEN_REPLAYED".into()), ..quoted }).await, [0_u128; 0]);
}

async fn pages_go_both_ways(db: Database) {
    insert(&db, (1..=5).map(|number| failure(number, 1_000)).collect()).await;
    let ids = async |page| {
        let filter = FailureFilter::default();
        let page = read!(db, |tx| authentication_failures::list(tx, &demo(), &filter, &page).await).unwrap();
        let ids: Vec<u128> = page.items.iter().map(|(_, failure)| failure.id.as_u128()).collect();
        (ids, page.has_previous, page.has_next)
    };
    let cursor = |number| Cursor { key: 1_000, id: Uuid::from_u128(number).to_string() };
    assert_eq!(ids(newest(2)).await, (vec![5, 4], false, true));
    let after = PageRequest { after: Some(cursor(4)), ..newest(2) };
    assert_eq!(ids(after).await, (vec![3, 2], true, true));
    let last = PageRequest { from_end: true, ..newest(2) };
    assert_eq!(ids(last).await, (vec![2, 1], true, false));
    let before = PageRequest { before: Some(cursor(3)), from_end: true, ..newest(1) };
    assert_eq!(ids(before).await, (vec![4], true, true));
}

async fn they_are_counted_by_the_minute(db: Database) {
    insert(&db, vec![failure(1, 59_999), failure(2, 60_000), failure(3, 119_999)]).await;
    let replayed = AuthenticationFailure { fine_code: "X".into(), ..failure(4, 61_000) };
    insert(&db, vec![failure(5, 60_500), replayed, failure(6, 600_000)]).await;
    let counts = async |from, to, span| {
        read!(db, |tx| authentication_failures::counts(tx, &demo(), at(from), at(to), span).await).unwrap()
    };
    let count = |bucket, fine_code: &str, failures| FailureCount {
        bucket,
        code: "TOKEN_CLAIMS_INVALID".into(),
        fine_code: fine_code.into(),
        failures,
    };
    let exp = "EXP_IN_MILLISECONDS";
    assert_eq!(counts(0, 120_000, 1).await, [count(0, exp, 1), count(1, exp, 3), count(1, "X", 1)]);
    assert_eq!(counts(30_000, 630_000, 5).await, [count(0, exp, 4), count(0, "X", 1)]);
    assert_eq!(counts(60_000, 660_000, 5).await, [count(0, exp, 3), count(0, "X", 1), count(1, exp, 1)]);

    let kept = i64::try_from(COUNTS_KEPT.as_millis()).unwrap();
    assert_eq!(
        write!(db, |tx| authentication_failures::purge_counts(tx, at(60_000 + kept)).await).unwrap(),
        1
    );
    assert_eq!(counts(0, 120_000, 2).await, [count(0, exp, 3), count(0, "X", 1)]);
}

async fn what_is_no_refusal_is_listed_and_not_counted(db: Database) {
    let lines: Vec<_> = (0..KEPT as u128 + 3).map(|number| failure(number, number as i64)).collect();
    write!(db, |tx| authentication_failures::note_all(tx, &lines).await).unwrap();
    let of = |number: u128| {
        let correlation_id = Some(format!("request-{number}"));
        list(&db, FailureFilter { correlation_id, ..FailureFilter::default() }, newest(1))
    };
    assert!(of(2).await.is_empty(), "the first three are too many");
    assert_eq!(of(3).await.len(), 1);
    let counts = read!(db, |tx| authentication_failures::counts(tx, &demo(), at(0), at(60_000), 1).await);
    assert!(counts.unwrap().is_empty());
}

async fn accepted_tokens_are_counted_beside_them(db: Database) {
    let other = ProjectId::parse("other").unwrap();
    let minute = authentication_successes::minute_of(at(61_000));
    assert_eq!(minute, 60_000);
    for counts in [vec![(demo(), 0, 2), (demo(), minute, 3), (other, 0, 9)], vec![(demo(), minute, 4)]] {
        write!(db, |tx| authentication_successes::add_all(tx, &counts).await).unwrap();
    }
    let counts = async |from, to, span| {
        read!(db, |tx| authentication_successes::counts(tx, &demo(), (at(from), at(to)), span).await).unwrap()
    };
    assert_eq!(counts(0, 120_000, 1).await, [(0, 2), (1, 7)]);
    assert_eq!(counts(0, 120_000, 2).await, [(0, 9)]);
    assert_eq!(counts(60_000, 120_000, 5).await, [(0, 7)]);
    let kept = i64::try_from(COUNTS_KEPT.as_millis()).unwrap();
    assert_eq!(write!(db, |tx| authentication_successes::purge(tx, at(60_000 + kept)).await).unwrap(), 2);
    assert_eq!(counts(0, 120_000, 1).await, [(1, 7)]);
}
