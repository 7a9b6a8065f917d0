//! Opening, migrating, closing.

use std::sync::Arc;

use signet_domain::Timestamp;
use signet_store::{SchemaMismatch, Store, StoreError, projects};

use crate::harness::{Database, Recorder, both_engines, demo, open, project, read, write};

both_engines!(
    every_statement_fits_the_schema,
    a_database_opens_again_with_what_it_held,
    several_may_open_at_once,
    a_newer_schema_is_refused,
    an_altered_migration_is_refused,
    a_closed_store_refuses_work,
    readers_cannot_write,
);

async fn reopen(db: &Database) -> Result<Store, StoreError> {
    open(&db.address, Arc::new(Recorder::default())).await
}

async fn every_statement_fits_the_schema(db: Database) {
    db.store.check().await.unwrap();
    db.store.ping().await.unwrap();
    db.tamper("ALTER TABLE messages DROP COLUMN session_id").await;
    assert!(matches!(db.store.check().await, Err(StoreError::Statement(_))));
}

async fn a_database_opens_again_with_what_it_held(db: Database) {
    write!(db, |tx| projects::insert(tx, &project("demo")).await).unwrap();
    db.store.close().await;
    let store = reopen(&db).await.unwrap();
    let found: Result<_, StoreError> =
        store.read(|tx| Box::pin(async move { projects::find(tx, &demo()).await })).await;
    assert_eq!(found.unwrap(), Some(project("demo")));
    store.close().await;
}

async fn several_may_open_at_once(db: Database) {
    let opened = futures_util::future::join_all((0..4).map(|_| reopen(&db))).await;
    for store in opened {
        store.unwrap().close().await;
    }
}

async fn a_newer_schema_is_refused(db: Database) {
    db.store.close().await;
    db.tamper("INSERT INTO schema_migrations (version, name, checksum) VALUES (999, '0999_future', 'x')")
        .await;
    let refused = reopen(&db).await;
    let Err(StoreError::Schema(mismatch)) = refused else { panic!("opened: {refused:?}") };
    assert!(matches!(mismatch, SchemaMismatch::Newer { found: 999, .. }));
}

async fn an_altered_migration_is_refused(db: Database) {
    db.store.close().await;
    db.tamper("UPDATE schema_migrations SET checksum = 'x' WHERE version = 1").await;
    let refused = reopen(&db).await;
    assert!(
        matches!(refused, Err(StoreError::Schema(SchemaMismatch::Changed { version: 1 }))),
        "{refused:?}"
    );
}

async fn a_closed_store_refuses_work(db: Database) {
    db.store.close().await;
    let written = write!(db, |tx| projects::insert(tx, &project("demo")).await);
    assert!(matches!(written, Err(StoreError::Unavailable(_))));
    assert!(matches!(db.store.ping().await, Err(StoreError::Unavailable(_))));
    db.store.close().await;
}

async fn readers_cannot_write(db: Database) {
    assert!(read!(db, |tx| projects::insert(tx, &project("demo")).await).is_err());
    assert_eq!(read!(db, |tx| projects::find(tx, &demo()).await).unwrap(), None);
}

#[tokio::test]
async fn other_addresses_are_refused() {
    for address in ["", "sqlite", "sqlite:", "mysql://host/db", "postgres://host:port/db", "/tmp/x.db"] {
        let refused = open(address, Arc::new(Recorder::default())).await;
        assert!(matches!(refused, Err(StoreError::InvalidAddress)), "{address}: {refused:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    // Port 1 of the loopback: nobody listens there.
    let refused = open("postgres://nobody@127.0.0.1:1/none", Arc::new(Recorder::default())).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
}

#[tokio::test]
async fn a_memory_database_is_shared_by_readers_and_writer_and_by_nobody_else() {
    let one = open("sqlite::memory:", Arc::new(Recorder::default())).await.unwrap();
    let two = open("sqlite::memory:", Arc::new(Recorder::default())).await.unwrap();
    let inserted: Result<(), StoreError> =
        one.write(|tx| Box::pin(async move { projects::insert(tx, &project("demo")).await })).await;
    inserted.unwrap();
    let count = async |store: &Store| {
        let found: Result<_, StoreError> =
            store.read(|tx| Box::pin(async move { projects::all(tx).await })).await;
        found.unwrap().len()
    };
    assert_eq!((count(&one).await, count(&two).await), (1, 0));
    assert_eq!(project("demo").created_at, Timestamp::from_millis(500));
}

#[cfg(unix)]
#[tokio::test]
async fn a_database_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("private.db");
    let store = open(&format!("sqlite:{}", path.display()), Arc::new(Recorder::default())).await.unwrap();
    for name in ["private.db", "private.db-wal"] {
        let mode = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    store.close().await;
    assert!(!folder.path().join("private.db-wal").exists(), "a closed database is one file");
}
