//! The platform's keys, and the sessions that rest on them.

use signet_domain::{Session, SessionEnd, SessionId};
use signet_store::key_uses::{self, KeyUse};
use signet_store::platform_keys::{self, PlatformKeyRecord};
use signet_store::{projects, sessions, visitors};
use uuid::Uuid;

use crate::harness::{Database, at, both_engines, demo, project, read, visitor, write};

both_engines!(
    keys_are_remembered_retired_and_revoked_once,
    uses_of_all_projects_add_up,
    a_keys_sessions_end_and_those_of_which_it_is_not_known
);

async fn list(db: &Database) -> Vec<PlatformKeyRecord> {
    read!(db, |tx| platform_keys::list(tx).await).unwrap()
}

async fn keys_are_remembered_retired_and_revoked_once(db: Database) {
    for (key_id, now) in [("one", 10), ("two", 20), ("one", 30)] {
        write!(db, |tx| platform_keys::remember(tx, key_id, ("RSA-OAEP-256", "{}"), at(now)).await).unwrap();
    }
    let record = |key_id: &str, created_at| PlatformKeyRecord {
        key_id: key_id.to_owned(),
        algorithm: "RSA-OAEP-256".to_owned(),
        public_jwk: "{}".to_owned(),
        created_at: at(created_at),
        retired_at: None,
        revoked_at: None,
    };
    assert_eq!(list(&db).await, [record("two", 20), record("one", 10)]);
    let retire = async |now| write!(db, |tx| platform_keys::retire(tx, "one", at(now)).await).unwrap();
    let revoke = async |key_id: &'static str, now| {
        write!(db, |tx| platform_keys::revoke(tx, key_id, at(now)).await).unwrap()
    };
    assert!(retire(40).await && !retire(50).await);
    assert!(revoke("one", 60).await && !revoke("one", 70).await && !revoke("nobody", 70).await);
    let revoked =
        PlatformKeyRecord { retired_at: Some(at(40)), revoked_at: Some(at(60)), ..record("one", 10) };
    assert_eq!(list(&db).await, [record("two", 20), revoked]);
    let since = async |moment| read!(db, |tx| platform_keys::revoked_since(tx, at(moment)).await).unwrap();
    assert_eq!(since(60).await, [("one".to_owned(), at(60))]);
    assert!(since(61).await.is_empty());
}

async fn uses_of_all_projects_add_up(db: Database) {
    const DAY: i64 = 86_400_000;
    let used = |project_id: &str, customer_key: &str, platform_key: &str, moment| KeyUse {
        project_id: project(project_id).id,
        customer_key: customer_key.to_owned(),
        platform_key: platform_key.to_owned(),
        uses: 1,
        first_at: at(moment),
        last_at: at(moment),
    };
    write!(db, |tx| {
        projects::insert(tx, &project("demo")).await?;
        projects::insert(tx, &project("other")).await?;
        let entries = [
            used("demo", "brand", "old", 5),
            used("demo", "brand", "old", 8 * DAY),
            used("demo", "next", "old", 9 * DAY),
            used("demo", "next", "", 9 * DAY),
            used("other", "brand", "old", 5),
        ];
        key_uses::add_all(tx, &entries).await
    })
    .unwrap();
    let sums = read!(db, |tx| key_uses::sum_of_platform(tx, at(2 * DAY)).await).unwrap();
    assert_eq!(
        sums,
        [
            KeyUse { uses: 2, first_at: at(5), ..used("demo", "", "old", 9 * DAY) },
            KeyUse { uses: 0, ..used("other", "", "old", 5) },
        ]
    );
}

async fn a_keys_sessions_end_and_those_of_which_it_is_not_known(db: Database) {
    let id = |number| SessionId::from_uuid(Uuid::from_u128(number));
    let session = |number, verified_at, platform_key: Option<&str>| Session {
        id: id(number),
        project_id: demo(),
        visitor_id: visitor(number),
        browser_id: None,
        verified_at: at(verified_at),
        expires_at: at(100),
        signing_key: "brand".into(),
        platform_key: platform_key.map(str::to_owned),
        created_at: at(verified_at),
        ended: None,
    };
    let all = [
        session(1, 10, Some("leaked")),
        session(2, 10, Some("safe")),
        session(3, 10, None),
        session(4, 30, None),
        session(5, 30, Some("leaked")),
    ];
    write!(db, |tx| {
        projects::insert(tx, &project("demo")).await?;
        for session in &all {
            visitors::ensure_anonymous(tx, session.visitor_id, &demo(), at(1)).await?;
            sessions::insert(tx, session).await?;
        }
        Ok(())
    })
    .unwrap();
    let revoke = async |now| {
        write!(db, |tx| sessions::revoke_of_platform_key(tx, "leaked", at(20), Some("request"), at(now))
            .await)
        .unwrap()
    };
    assert_eq!(revoke(40).await, 3);
    assert_eq!(revoke(41).await, 0);
    for (number, ended) in [(1, true), (2, false), (3, true), (4, false), (5, true)] {
        let found = read!(db, |tx| sessions::find(tx, id(number)).await).unwrap().unwrap();
        assert_eq!(found.ended, ended.then(|| (SessionEnd::Revoked, at(40))), "{number}");
    }
}
