//! Visitor sessions.

use signet_domain::{BrowserId, DeviceId, ProjectId, Session, SessionEnd, SessionId, VisitorId};
use signet_store::sessions::{self, Proof, SessionsOf};
use signet_store::{StoreError, devices, visitors};
use uuid::Uuid;

use crate::harness::{Database, at, both_engines, demo, read, visitor, write};

both_engines!(
    sessions_live_lapse_and_come_back,
    sessions_end_once,
    revoked_sessions_are_listed_while_their_tokens_live,
    a_browser_has_one_session_to_extend,
    many_are_revoked_at_once_and_told_one_by_one,
    what_ended_is_found_from_a_position,
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
        platform_key: Some("lock".into()),
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
    let in_browsers = read!(db, |tx| sessions::count_live_in_browsers(tx, visitor(1), at(50)).await).unwrap();
    assert_eq!(in_browsers, 0, "neither names a browser");
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
        write!(db, |tx| sessions::renew(tx, id(number), of, proof(150, 250, "other")).await).unwrap()
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
            let renewed = write!(db, |tx| sessions::renew(tx, id(number), visitor(1), proof(40, 99, "k"))
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
    assert_eq!(find(&db, 1).await, Some(mine.clone()));
    let renew = async |home, now| {
        let proof = proof(now, now + 100, "other");
        write!(db, |tx| sessions::renew_of_browser(tx, visitor(1), browser(home), proof).await).unwrap()
    };
    assert_eq!(
        (renew(7, 15).await, renew(8, 15).await, renew(9, 15).await),
        (Some(id(1)), Some(id(2)), None)
    );
    let renewed = Session { verified_at: at(15), expires_at: at(115), signing_key: "other".into(), ..mine };
    assert_eq!(find(&db, 1).await, Some(renewed));
    let elses = find(&db, 3).await.unwrap();
    assert_eq!((elses.verified_at, elses.expires_at), (at(10), at(100)), "another person's in that browser");
    assert!(end(&db, 1, SessionEnd::Expired, 20).await);
    assert_eq!(renew(7, 25).await, Some(id(1)), "expired may be extended");
    assert_eq!(find(&db, 1).await.unwrap().ended, None);
    assert!(end(&db, 1, SessionEnd::LoggedOut, 30).await);
    assert_eq!(renew(7, 35).await, None);
    seed(&db, vec![of(5, visitor(1), 7)]).await;
    assert_eq!(renew(7, 45).await, Some(id(5)), "the newest that may be");
}

fn proof(verified_at: i64, expires_at: i64, signing_key: &str) -> Proof<'_> {
    Proof {
        verified_at: at(verified_at),
        expires_at: at(expires_at),
        signing_key,
        platform_key: Some("lock"),
    }
}

async fn many_are_revoked_at_once_and_told_one_by_one(db: Database) {
    let of_key = |number, key: &str| Session { signing_key: key.into(), ..session(number, visitor(2), 100) };
    seed(
        &db,
        vec![
            session(1, visitor(1), 100),
            session(2, visitor(1), 100),
            session(3, visitor(1), 30),
            of_key(4, "lost"),
            of_key(5, "lost"),
            of_key(6, "kept"),
        ],
    )
    .await;
    assert!(end(&db, 2, SessionEnd::LoggedOut, 20).await);
    let revoke = async |project: &str, which: SessionsOf, now| {
        let project = ProjectId::parse(project).unwrap();
        write!(db, |tx| sessions::revoke(tx, &project, &which, Some("request"), at(now)).await).unwrap()
    };
    let live_of = async |project: &str, key, now| {
        let project = ProjectId::parse(project).unwrap();
        read!(db, |tx| sessions::count_live_of_key(tx, &project, key, at(now)).await).unwrap()
    };
    assert_eq!((live_of("demo", "print", 20).await, live_of("demo", "print", 30).await), (2, 1));
    assert_eq!((live_of("demo", "lost", 50).await, live_of("other", "lost", 50).await), (2, 0));
    assert_eq!(revoke("demo", SessionsOf::Visitor(visitor(1)), 50).await, 1, "not what ended or is overdue");
    assert_eq!(revoke("other", SessionsOf::SigningKey("lost".into()), 50).await, 0);
    assert_eq!(revoke("demo", SessionsOf::SigningKey("lost".into()), 50).await, 2);
    assert_eq!(revoke("demo", SessionsOf::SigningKey("lost".into()), 50).await, 0);
    assert_eq!(live_of("demo", "lost", 50).await, 0);
    assert_eq!(revoke("other", SessionsOf::Session(id(6)), 50).await, 0);
    assert_eq!(revoke("demo", SessionsOf::Session(id(6)), 50).await, 1);
    assert_eq!(find(&db, 4).await.unwrap().ended, Some((SessionEnd::Revoked, at(50))));
    assert!(!write!(db, |tx| sessions::renew(tx, id(4), visitor(2), proof(60, 99, "k")).await).unwrap());

    let waiting = async |limit| {
        let found = read!(db, |tx| sessions::to_announce(tx, limit).await).unwrap();
        found.iter().map(|(session, _)| session.id).collect::<Vec<_>>()
    };
    assert_eq!(waiting(9).await, [id(1), id(4), id(5), id(6)]);
    assert_eq!(waiting(2).await, [id(1), id(4)]);
    for told in [true, false] {
        assert_eq!(write!(db, |tx| sessions::announced(tx, id(4)).await).unwrap(), told);
    }
    assert_eq!(waiting(9).await, [id(1), id(5), id(6)]);
}

async fn what_ended_is_found_from_a_position(db: Database) {
    seed(&db, (1..=4).map(|number| session(number, visitor(1), 100)).collect()).await;
    let positions = async || {
        read!(db, |tx| Ok((
            sessions::revocation_position(tx).await?,
            devices::revocation_position(tx).await?
        )))
        .unwrap()
    };
    let since = async |(of_sessions, of_devices), now| {
        read!(db, |tx| {
            let found = sessions::revoked_since(tx, of_sessions, at(now)).await?;
            let devices = devices::revoked_since(tx, of_devices, at(now)).await?;
            let ids: Vec<_> = found.into_iter().map(|session| session.id).collect();
            Ok((ids, devices.into_iter().map(|(id, ..)| id).collect::<Vec<_>>()))
        })
        .unwrap()
    };
    let device = |number| DeviceId::from_uuid(Uuid::from_u128(number));
    let revoke = async |number| {
        write!(db, |tx| devices::revoke(tx, device(number), &demo(), visitor(9), at(20), at(200)).await)
            .unwrap();
    };
    let start = positions().await;
    assert_eq!(since(start, 50).await, (vec![], vec![]));
    assert!(end(&db, 1, SessionEnd::Expired, 20).await);
    assert!(end(&db, 2, SessionEnd::LoggedOut, 20).await);
    revoke(1).await;
    let middle = positions().await;
    assert!(end(&db, 1, SessionEnd::LoggedOut, 30).await, "an expired one that is then signed out");
    write!(db, |tx| sessions::revoke(tx, &demo(), &SessionsOf::Session(id(3)), Some("request"), at(40))
        .await)
    .unwrap();
    revoke(2).await;
    revoke(1).await;

    // On PostgreSQL a transaction of anybody's that still runs lets a reader begin further back: what was seen comes first.
    let exact = db.is_sqlite();
    let (sessions, devices) = since(start, 50).await;
    assert_eq!((sessions, devices.len()), (vec![id(2), id(1), id(3)], 2));
    let (sessions, devices) = since(middle, 50).await;
    assert!(sessions.ends_with(&[id(1), id(3)]) && (sessions.len() == 2 || !exact), "{sessions:?}");
    assert_eq!(devices.len(), 2);
    assert_eq!(since(start, 100).await.0, [], "their tokens' time is over");
    let end = positions().await;
    assert!(since(end, 50).await == (vec![], vec![]) || !exact);
}

/// A transaction that began before a reader looked and commits after it is what the reader finds next.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_that_commits_late_is_not_missed() {
    let Some(db) = Database::postgres().await else { return };
    seed(&db, vec![session(1, visitor(1), 100), session(2, visitor(2), 100)]).await;
    let (late, connection) = tokio_postgres::connect(&db.address, tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let ended = "UPDATE sessions SET end_reason = 'REVOKED', ended_at = 20, \
        revocation_position = pg_current_xact_id()::text::bigint WHERE visitor_id = $1";
    late.batch_execute("BEGIN").await.unwrap();
    late.execute(ended, &[&visitor(1).as_uuid()]).await.unwrap();
    assert!(end(&db, 2, SessionEnd::Revoked, 20).await);

    let found = async |position| {
        read!(db, |tx| {
            let next = sessions::revocation_position(tx).await?;
            let found = sessions::revoked_since(tx, position, at(50)).await?;
            Ok((next, found.into_iter().map(|session| session.id).collect::<Vec<_>>()))
        })
        .unwrap()
    };
    let (next, first) = found(0).await;
    assert_eq!(first, [id(2)]);
    late.batch_execute("COMMIT").await.unwrap();
    let (_, second) = found(next).await;
    assert!(second.contains(&id(1)), "{second:?}");
    drop(late);
    connection.await.unwrap().unwrap();
}
