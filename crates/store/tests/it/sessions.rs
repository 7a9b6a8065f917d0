//! Visitor sessions.

use signet_domain::{BrowserId, Session, SessionEnd, SessionId, VisitorId};
use signet_store::{StoreError, sessions, visitors};
use uuid::Uuid;

use crate::harness::{Database, at, both_engines, demo, read, visitor, write};

both_engines!(
    sessions_live_lapse_and_come_back,
    sessions_end_once,
    revoked_sessions_are_listed_while_their_tokens_live,
    a_browser_has_one_session_to_extend
);

fn id(number: u128) -> SessionId {
    SessionId::from_uuid(Uuid::from_u128(number))
}

fn session(number: u128, visitor_id: VisitorId, expires_at: i64) -> Session {
    Session {
        id: id(number),
        project_id: demo(),
        visitor_id,
        browser_id: None,
        verified_at: at(10),
        expires_at: at(expires_at),
        signing_key: "print".into(),
        created_at: at(10),
        ended: None,
    }
}

async fn seed(db: &Database, sessions: Vec<Session>) {
    write!(db, |tx| {
        for session in &sessions {
            visitors::ensure_anonymous(tx, session.visitor_id, &demo(), at(1)).await?;
            sessions::insert(tx, session).await?;
        }
        Ok(())
    })
    .unwrap();
}

async fn find(db: &Database, number: u128) -> Option<Session> {
    read!(db, |tx| sessions::find(tx, id(number)).await).unwrap()
}

async fn end(db: &Database, number: u128, reason: SessionEnd, now: i64) -> bool {
    write!(db, |tx| sessions::end(tx, id(number), reason, at(now)).await).unwrap()
}

async fn sessions_live_lapse_and_come_back(db: Database) {
    let live = session(1, visitor(1), 100);
    seed(&db, vec![live.clone(), session(2, visitor(1), 90), session(3, visitor(2), 300)]).await;
    assert_eq!(find(&db, 1).await, Some(live.clone()));
    assert_eq!(find(&db, 9).await, None);
    let twice = live.clone();
    let twice = write!(db, |tx| sessions::insert(tx, &twice).await);
    assert!(matches!(twice, Err(StoreError::Conflict(name)) if name == "sessions_pkey"));

    let live_at = async |now| read!(db, |tx| sessions::count_live(tx, visitor(1), at(now)).await).unwrap();
    assert_eq!((live_at(50).await, live_at(90).await, live_at(100).await), (2, 1, 0));
    let overdue = async |now, limit| {
        let found = read!(db, |tx| sessions::list_overdue(tx, at(now), limit).await).unwrap();
        found.iter().map(|session| session.id).collect::<Vec<_>>()
    };
    assert_eq!(overdue(89, 9).await, []);
    assert_eq!(overdue(100, 9).await, [id(2), id(1)]);
    assert_eq!(overdue(100, 1).await, [id(2)]);

    assert!(end(&db, 1, SessionEnd::Expired, 101).await);
    assert_eq!(overdue(100, 9).await, [id(2)]);
    assert_eq!(find(&db, 1).await.unwrap().ended, Some((SessionEnd::Expired, at(101))));

    let renew = async |number, of| {
        write!(db, |tx| sessions::renew(tx, id(number), of, at(150), at(250), "other").await).unwrap()
    };
    assert!(!renew(1, visitor(2)).await, "another person's session");
    assert!(!renew(9, visitor(1)).await);
    assert!(renew(1, visitor(1)).await, "an expired one");
    assert!(renew(1, visitor(1)).await, "a live one");
    let renewed = Session { verified_at: at(150), expires_at: at(250), signing_key: "other".into(), ..live };
    assert_eq!(find(&db, 1).await, Some(renewed));
}

async fn sessions_end_once(db: Database) {
    let reasons = [SessionEnd::Expired, SessionEnd::LoggedOut, SessionEnd::Revoked, SessionEnd::Switched];
    for (first_number, first) in (1..).zip(reasons) {
        for (second_number, second) in (1..).zip(reasons) {
            let number = first_number * 10 + second_number;
            seed(&db, vec![session(number, visitor(1), 100)]).await;
            assert!(end(&db, number, first, 20).await);
            let weak = first == SessionEnd::Expired && second != SessionEnd::Expired;
            assert_eq!(end(&db, number, second, 30).await, weak, "{first:?} then {second:?}");
            let expected = if weak { (second, at(30)) } else { (first, at(20)) };
            assert_eq!(find(&db, number).await.unwrap().ended, Some(expected));
            let renewed = write!(db, |tx| sessions::renew(tx, id(number), visitor(1), at(40), at(99), "k")
                .await)
            .unwrap();
            assert_eq!(renewed, expected.0 == SessionEnd::Expired);
        }
    }
    assert!(!end(&db, 99, SessionEnd::Revoked, 1).await);
}

async fn revoked_sessions_are_listed_while_their_tokens_live(db: Database) {
    seed(
        &db,
        (1..=5).map(|number| session(number, visitor(1), 100 + i64::try_from(number).unwrap())).collect(),
    )
    .await;
    for (number, reason) in [
        (1, SessionEnd::LoggedOut),
        (2, SessionEnd::Revoked),
        (3, SessionEnd::Switched),
        (4, SessionEnd::Expired),
    ] {
        assert!(end(&db, number, reason, 50).await);
    }
    let ended = async |now| {
        let found = read!(db, |tx| sessions::ended_in_time(tx, at(now)).await).unwrap();
        found.iter().map(|session| session.id).collect::<Vec<_>>()
    };
    assert_eq!(ended(60).await, [id(1), id(2), id(3)]);
    assert_eq!(ended(102).await, [id(3)]);
    assert_eq!(ended(103).await, []);
}

async fn a_browser_has_one_session_to_extend(db: Database) {
    let browser = |number| BrowserId::from_uuid(Uuid::from_u128(number));
    let of = |number, visitor_id, home| Session {
        browser_id: Some(browser(home)),
        ..session(number, visitor_id, 100)
    };
    let mine = of(1, visitor(1), 7);
    seed(&db, vec![mine.clone(), of(2, visitor(1), 8), of(3, visitor(2), 7), session(4, visitor(1), 100)])
        .await;
    let find = async |home| {
        read!(db, |tx| sessions::find_of_browser(tx, visitor(1), browser(home)).await)
            .unwrap()
            .map(|found| found.id)
    };
    assert_eq!(super::sessions::find(&db, 1).await, Some(mine));
    assert_eq!((find(7).await, find(8).await, find(9).await), (Some(id(1)), Some(id(2)), None));
    assert!(end(&db, 1, SessionEnd::Expired, 20).await);
    assert_eq!(find(7).await, Some(id(1)), "expired may be extended");
    assert!(end(&db, 1, SessionEnd::LoggedOut, 30).await);
    assert_eq!(find(7).await, None);
}
