//! What an activation writes, counted by the database itself: the strict profile costs one row more (PRODUCT section 3).

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::Connection;
use signet_app::ActivationRequest;
use signet_domain::{BrowserId, TokenProfile, limits};

use crate::support::{World, context, secured};

/// Rows written, by table and what was done.
type Written = BTreeMap<String, i64>;

/// Counts rows with triggers on every table, from a connection of its own.
struct Counter(Connection);

impl Counter {
    fn new(path: &Path) -> Self {
        let connection = Connection::open(path).unwrap();
        let names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
        let tables: Vec<String> = connection
            .prepare(names)
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert!(tables.iter().any(|name| name == "replays"), "{tables:?}");
        connection.execute_batch("CREATE TABLE counted (what TEXT NOT NULL)").unwrap();
        for table in tables {
            for change in ["INSERT", "UPDATE", "DELETE"] {
                let trigger = format!(
                    "CREATE TRIGGER {table}_{change} AFTER {change} ON {table}
                     BEGIN INSERT INTO counted VALUES ('{change} {table}'); END"
                );
                connection.execute_batch(&trigger).unwrap();
            }
        }
        Self(connection)
    }

    /// What was written since the last call.
    fn take(&self) -> Written {
        let mut query = self.0.prepare("SELECT what, count(*) FROM counted GROUP BY what").unwrap();
        let pair = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let written = query.query_map([], pair).unwrap().collect::<Result<_, _>>().unwrap();
        self.0.execute_batch("DELETE FROM counted").unwrap();
        written
    }
}

#[tokio::test]
async fn the_strict_profile_costs_one_row_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let world = World::at(&format!("sqlite:{}", path.display())).await;
    let id = world.project("strict").await;
    let mut strict = world.app.find_project(&id).await.unwrap().unwrap();
    strict.token_profile = TokenProfile::Strict;
    strict.token_max_lifetime = limits::TOKEN_LIFETIME_STRICT;
    world.app.update_project(strict, &signet_app::Actor::system()).await.unwrap();
    let counter = Counter::new(&path);
    let browser = BrowserId::generate(world.app.env());
    let activate = async |project: &str, token: String| {
        let request =
            ActivationRequest { project_id: project.into(), browser: Some(browser), ..secured(token) };
        world.app.activate(request, &context()).await.expect("activation");
        counter.take()
    };
    // The first event of a project's audit log begins its chain, and is not counted.
    let now = world.now().as_millis();
    activate("demo", world.tokens.token("john", now).build()).await;
    activate("strict", world.tokens.token("john", now).strict("strict", "john").build()).await;
    for visit in ["first", "again"] {
        let now = world.now().as_millis();
        let compatible = activate("demo", world.tokens.token("jane", now).build()).await;
        let mut strict =
            activate("strict", world.tokens.token("jane", now).strict("strict", visit).build()).await;
        assert!(!compatible.is_empty(), "{visit}: nothing was counted");
        assert_eq!(strict.remove("INSERT replays"), Some(1), "{visit}");
        assert_eq!(strict, compatible, "{visit}");
    }
}
