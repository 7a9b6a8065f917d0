//! Single use of tokens.

use signet_domain::ProjectId;
use signet_store::{StoreError, replays};

use crate::harness::{Database, at, both_engines, demo, read, write};

both_engines!(
    a_token_is_used_once,
    of_many_at_once_one_is_first,
    a_use_that_is_rolled_back_did_not_happen,
    old_records_go,
);

const TOKEN: [u8; 32] = [7; 32];

async fn use_token(db: &Database, digest: [u8; 32], keep_until: i64) -> bool {
    write!(db, |tx| replays::use_once(tx, &demo(), &digest, at(keep_until)).await).unwrap()
}

async fn a_token_is_used_once(db: Database) {
    assert!(!read!(db, |tx| replays::is_used(tx, &demo(), &TOKEN).await).unwrap());
    assert!(use_token(&db, TOKEN, 1_000).await);
    assert!(!use_token(&db, TOKEN, 9_000).await);
    assert!(read!(db, |tx| replays::is_used(tx, &demo(), &TOKEN).await).unwrap());
    assert!(use_token(&db, [8; 32], 1_000).await, "another token");
    let elsewhere = write!(db, |tx| {
        let other = ProjectId::parse("other").unwrap();
        replays::use_once(tx, &other, &TOKEN, at(1_000)).await
    });
    assert!(elsewhere.unwrap(), "another project's token");
}

async fn of_many_at_once_one_is_first(db: Database) {
    let all = futures_util::future::join_all((0..50).map(|_| use_token(&db, TOKEN, 1_000))).await;
    assert_eq!(all.into_iter().filter(|first| *first).count(), 1);
}

async fn a_use_that_is_rolled_back_did_not_happen(db: Database) {
    let failed: Result<(), StoreError> = write!(db, |tx| {
        assert!(replays::use_once(tx, &demo(), &TOKEN, at(1_000)).await?);
        Err(StoreError::InvalidCursor)
    });
    assert!(failed.is_err());
    assert!(use_token(&db, TOKEN, 1_000).await);
}

async fn old_records_go(db: Database) {
    for (number, keep_until) in [(1, 1_000), (2, 2_000), (3, 3_000)] {
        assert!(use_token(&db, [number; 32], keep_until).await);
    }
    assert_eq!(write!(db, |tx| replays::purge(tx, at(2_000), 1).await).unwrap(), 1);
    assert_eq!(write!(db, |tx| replays::purge(tx, at(2_000), 9).await).unwrap(), 1);
    assert!(use_token(&db, [1; 32], 9_000).await && use_token(&db, [2; 32], 9_000).await);
    assert!(!use_token(&db, [3; 32], 9_000).await);
}
