//! A newer program over the data of an older one, as the operations guide's section on upgrades has it.

use std::path::Path;

use rusqlite::{Connection, params};
use serde_json::{Value, json};
use signet_testkit::server::Installation;
use signet_token::{EncryptionKey, SigningKey};

use crate::fixture::{BINARY, Served, conversation, texts};

/// The steps of the schema in their order: name and text.
fn migrations() -> Vec<(String, String)> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../store/migrations/sqlite"));
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let name = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    paths.iter().map(|path| (name(path), std::fs::read_to_string(path).unwrap())).collect()
}

/// What the schema is made of, and which steps it says were applied.
fn schema(database: &Connection) -> (Vec<String>, Vec<(i64, String, String)>) {
    let mut statement =
        database.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name").unwrap();
    let parts = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut statement =
        database.prepare("SELECT version, name, checksum FROM schema_migrations ORDER BY version").unwrap();
    let applied = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    (parts, applied.map(Result::unwrap).collect())
}

/// A database as this program makes it.
struct Newest {
    database: Connection,
    _installation: Installation,
}

impl Newest {
    async fn make() -> Self {
        let installation = Installation::new(BINARY, None);
        installation.run(&["migrate"]).await;
        let database = Connection::open(installation.folder().join("signet.db")).unwrap();
        Self { database, _installation: installation }
    }

    /// The database of a program that knew the first so many steps. This program's own list says what it remembered of them.
    fn older(&self, file: &Path, steps: usize) -> Connection {
        let table = "SELECT sql FROM sqlite_schema WHERE name = 'schema_migrations'";
        let table: String = self.database.query_row(table, [], |row| row.get(0)).unwrap();
        let database = Connection::open(file).unwrap();
        database.execute_batch(&table).unwrap();
        let (_, applied) = schema(&self.database);
        for ((name, text), (version, recorded, checksum)) in migrations().iter().zip(applied).take(steps) {
            assert_eq!(*name, recorded);
            database.execute_batch(text).unwrap();
            let record = "INSERT INTO schema_migrations (version, name, checksum) VALUES (?1, ?2, ?3)";
            database.execute(record, params![version, name, checksum]).unwrap();
        }
        database
    }
}

#[tokio::test]
async fn every_older_schema_is_brought_up_to_date() {
    let newest = Newest::make().await;
    let expected = schema(&newest.database);
    assert_eq!(expected.1.len(), migrations().len());
    for steps in 1..migrations().len() {
        let installation = Installation::new(BINARY, None);
        let file = installation.folder().join("signet.db");
        drop(newest.older(&file, steps));
        assert_eq!(installation.run(&["migrate"]).await["schema"], "UP_TO_DATE");
        assert_eq!(schema(&Connection::open(&file).unwrap()), expected, "from step {steps}");
    }
}

const START: i64 = 1_750_000_000_000;
const VISITOR: &str = "0197720a-0000-7000-8000-000000000001";
const CONVERSATION: &str = "0197720a-0000-7000-8000-000000000002";

/// What a brand had in the very first version: a project with a key, a verified visitor and what they wrote.
fn first_version(database: &Connection, key: &SigningKey) {
    let public = key.verification_key();
    database
        .execute_batch(&format!(
            "INSERT INTO projects VALUES ('shop', 'Lumen & Fils', 'ON', 'COMPATIBLE', 'https://iadvize.com/', '[]', 3600000, 86400000,
                '{{\"origins\":[],\"anyLoopback\":true}}', {START});
            INSERT INTO project_counters VALUES ('shop', 2);
            INSERT INTO visitors VALUES (X'{visitor}', 'shop', 'jane', 'VERIFIED', {START}, NULL, NULL,
                '[{{\"name\":\"firstName\",\"value\":\"Jane\",\"source\":\"TOKEN\",\"updated_at\":{START}}}]', {START}, {START});
            INSERT INTO conversations VALUES (X'{conversation}', 'shop', X'{visitor}', {START}, NULL, NULL, NULL, NULL, 2, 2, {START}, {START},
                2, 0, 0);
            INSERT INTO events VALUES ('shop', 1, 'CONVERSATION_STARTED', X'{visitor}', X'{conversation}', NULL, {START}),
                ('shop', 2, 'MESSAGE_SENT', X'{visitor}', X'{conversation}', 1, {START});",
            visitor = VISITOR.replace('-', ""),
            conversation = CONVERSATION.replace('-', ""),
        ))
        .unwrap();
    let customer_key = "INSERT INTO customer_keys VALUES (?1, 'shop', ?2, 'test-1', ?3, 'ACTIVE', ?4)";
    let id = uuid_bytes("0197720a-0000-7000-8000-000000000003");
    database
        .execute(customer_key, params![id, public.fingerprint().as_str(), public.to_spki_der(), START])
        .unwrap();
    let message = "INSERT INTO messages VALUES (?1, ?2, ?3, 'VISITOR', ?4, NULL, ?5, NULL, FALSE, 'VERIFIED', ?6, NULL, NULL, ?6)";
    for (sequence, text) in [(1, "Where is my parcel?"), (2, "Order 7310.")] {
        let id = uuid_bytes(&format!("0197720a-0000-7000-8000-00000000001{sequence}"));
        let (conversation, visitor) = (uuid_bytes(CONVERSATION), uuid_bytes(VISITOR));
        database.execute(message, params![conversation, sequence, id, visitor, text, START]).unwrap();
    }
}

fn uuid_bytes(text: &str) -> Vec<u8> {
    let digits = text.replace('-', "");
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

#[tokio::test]
async fn what_the_first_version_kept_is_there_after_the_upgrade() {
    let installation = Installation::new(BINARY, None);
    let key = SigningKey::generate().unwrap().with_key_id("test-1").unwrap();
    let older = Newest::make().await.older(&installation.folder().join("signet.db"), 1);
    first_version(&older, &key);
    drop(older);

    // Nothing but the new program: it migrates when it starts.
    let mut served = Served::start(installation, &[]).await;
    let owner = served.platform_owner().await;
    let kept = conversation(&owner, &json!(CONVERSATION)).await;
    let verified = |text: &str| (text.to_owned(), "VERIFIED".to_owned());
    assert_eq!(texts(&kept), [verified("Where is my parcel?"), verified("Order 7310.")]);
    let visitor = &kept["visitor"];
    assert_eq!((&visitor["externalUserId"], &visitor["firstName"]), (&json!("jane"), &json!("Jane")));

    // The brand's key still lets its people in, and they go on where they were.
    let platform = EncryptionKey::from_jwk(&served.platform_keys().await[0].to_string()).unwrap();
    let tokens = signet_testkit::token_factory::TokenFactory::new(key, platform);
    let mut jane = signet_testkit::VisitorClient::new(&served.server.url, "shop");
    crate::fixture::PUBLIC_URL.clone_into(&mut jane.platform_origin);
    let signed_in = jane.sign_in(&tokens.token("jane", signet_testkit::now_unix_ms()).build()).await;
    assert_eq!(signed_in["continuity"]["outcome"], "RESUMED");
    assert_eq!(jane.send("Thank you").await["conversationId"], CONVERSATION);
    assert_eq!(jane.history().await.ok()["entries"].as_array().unwrap().len(), 3);
    assert!(served.server.stop().await.success());
    assert_eq!(served.installation.run(&["audit", "verify"]).await["intact"], true);
    let projects: Value = served.installation.run(&["project", "show", "shop"]).await;
    assert_eq!(projects["tokenLeewaySeconds"], 5, "what the first version did not know has its default");
}
