//! The audit log through the command line: what it finds in a database that somebody tampered with, and what it leaves.

use std::process::{Command, Output};

use serde_json::{Value, json};
use signet_testkit::server::Installation;

use crate::fixture::BINARY;

/// An installation with seven events in the chain of project `shop-1`: its creation, and six programs that were registered.
struct Audited {
    installation: Installation,
    database: String,
}

impl Audited {
    async fn new(database: Option<&str>) -> Self {
        let installation = Installation::new(BINARY, database);
        installation.run(&["project", "create", "shop-1", "--name", "Shop"]).await;
        for name in ["one", "two", "three", "four", "five", "six"] {
            installation.run(&["client", "create", "--name", name, "--project", "shop-1"]).await;
        }
        let file = installation.folder().join("signet.db");
        let database = database.map_or_else(|| file.display().to_string(), str::to_owned);
        Self { installation, database }
    }

    /// Runs SQL behind Signet's back.
    async fn tamper(&self, sql: &str) {
        if self.database.starts_with("postgres") {
            let (client, connection) =
                tokio_postgres::connect(&self.database, tokio_postgres::NoTls).await.unwrap();
            let connection = tokio::spawn(connection);
            client.batch_execute(sql).await.unwrap();
            drop(client);
            connection.await.unwrap().unwrap();
        } else {
            rusqlite::Connection::open(&self.database).unwrap().execute_batch(sql).unwrap();
        }
    }

    fn audit(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(BINARY);
        command.arg("audit").args(arguments).arg("--data-dir").arg(self.installation.folder());
        if self.database.starts_with("postgres") {
            command.args(["--database", &self.database]);
        }
        command.output().unwrap()
    }

    /// What verification finds: chain, first and last row, kind.
    fn faults(&self, arguments: &[&str]) -> Vec<(String, i64, i64, String)> {
        let output = self.audit(&[&["verify", "--json"], arguments].concat());
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let faults = report["faults"].as_array().unwrap();
        assert_eq!(output.status.success(), faults.is_empty(), "the exit code says so too");
        assert_eq!(report["intact"], faults.is_empty());
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let number = |value: &Value| value.as_i64().unwrap();
        faults
            .iter()
            .map(|fault| {
                (
                    text(&fault["chain"]),
                    number(&fault["first"]),
                    number(&fault["last"]),
                    text(&fault["fault"]),
                )
            })
            .collect()
    }
}

fn fault(first: i64, last: i64, kind: &str) -> (String, i64, i64, String) {
    ("shop-1".to_owned(), first, last, kind.to_owned())
}

/// Runs a test on both engines.
macro_rules! both_engines {
    ($($name:ident),* $(,)?) => {
        mod sqlite { $(#[tokio::test] async fn $name() { super::$name(super::Audited::new(None).await).await; })* }
        mod postgres { $(#[tokio::test] async fn $name() {
            if let Some(server) = signet_testkit::postgres::shared() {
                let address = server.database().await;
                super::$name(super::Audited::new(Some(&address)).await).await;
            }
        })* }
    };
}
both_engines!(
    d50_a_changed_event_is_found,
    d50_a_removed_event_is_found,
    d50_reordered_and_inserted_events_are_found,
    d50_a_cut_off_end_is_found_by_a_checkpoint,
    d50_retention_leaves_a_chain_that_verifies,
);

async fn d50_a_changed_event_is_found(log: Audited) {
    assert_eq!(log.faults(&[]), []);
    for (column, value) in [
        ("kind", "'CLIENT_REVOKED'"),
        ("actor_name", "'somebody else'"),
        ("actor_type", "'SYSTEM'"),
        ("created_at", "created_at + 1"),
        ("details", "'{}'"),
        ("details", "replace(details, ':', ': ')"),
        ("details", "'no JSON'"),
        ("subject_id", "NULL"),
        ("address", "'203.0.113.1'"),
        ("correlation_id", "'x'"),
        ("hash", "previous_hash"),
    ] {
        log.tamper("CREATE TABLE kept AS SELECT * FROM audit_events").await;
        log.tamper(&format!(
            "UPDATE audit_events SET {column} = {value} WHERE chain = 'shop-1' AND sequence = 4"
        ))
        .await;
        assert_eq!(log.faults(&[]), [fault(4, 4, "CHANGED")], "{column} = {value}");
        log.tamper("DELETE FROM audit_events; INSERT INTO audit_events SELECT * FROM kept; DROP TABLE kept")
            .await;
    }
    assert_eq!(log.faults(&[]), []);
    let people = log.audit(&["verify"]);
    assert!(String::from_utf8(people.stdout).unwrap().starts_with("Intact: 7 events in 1 chains"));
}

async fn d50_a_removed_event_is_found(log: Audited) {
    log.tamper("DELETE FROM audit_events WHERE sequence = 3").await;
    assert_eq!(log.faults(&[]), [fault(3, 3, "MISSING")]);
    log.tamper("DELETE FROM audit_events WHERE sequence IN (1, 5, 6)").await;
    assert_eq!(log.faults(&[]), [fault(1, 1, "MISSING"), fault(3, 3, "MISSING"), fault(5, 6, "MISSING")]);
    log.tamper("DELETE FROM audit_events WHERE sequence = 7").await;
    assert_eq!(log.faults(&[]).last(), Some(&fault(5, 7, "MISSING")), "the end is remembered");
    let people = String::from_utf8(log.audit(&["verify"]).stdout).unwrap();
    assert!(people.contains("shop-1, event 3: not there (MISSING)"), "{people}");
    assert!(people.contains("NOT INTACT: 2 events"), "{people}");
}

async fn d50_reordered_and_inserted_events_are_found(log: Audited) {
    log.tamper(
        "UPDATE audit_events SET sequence = 100 WHERE sequence = 2;
         UPDATE audit_events SET sequence = 2 WHERE sequence = 5;
         UPDATE audit_events SET sequence = 5 WHERE sequence = 100",
    )
    .await;
    assert_eq!(log.faults(&[]), [fault(2, 2, "CHANGED"), fault(5, 5, "CHANGED")]);
    log.tamper(
        "UPDATE audit_events SET sequence = 100 WHERE sequence = 2;
         UPDATE audit_events SET sequence = 2 WHERE sequence = 5;
         UPDATE audit_events SET sequence = 5 WHERE sequence = 100",
    )
    .await;
    assert_eq!(log.faults(&[]), []);
    // A copy at the end is sound in nothing but its form.
    log.tamper(
        "INSERT INTO audit_events SELECT chain, 8, created_at, kind, actor_type, actor_id, actor_name, subject_type, \
         subject_id, address, correlation_id, details, previous_hash, hash FROM audit_events WHERE sequence = 7",
    )
    .await;
    assert_eq!(log.faults(&[]), [fault(8, 8, "CHANGED"), fault(8, 8, "BEYOND_END")]);
}

async fn d50_a_cut_off_end_is_found_by_a_checkpoint(log: Audited) {
    let signed = String::from_utf8(log.audit(&["sign"]).stdout).unwrap();
    let checkpoint = signed.lines().find(|line| line.starts_with("ey")).unwrap().to_owned();
    let elsewhere = log.installation.folder().join("kept-elsewhere");
    std::fs::write(&elsewhere, &checkpoint).unwrap();
    assert_eq!(log.faults(&["--checkpoints", elsewhere.to_str().unwrap()]), []);

    // Whoever knows the tables makes the log end earlier, and nothing in the chain says otherwise.
    log.tamper(
        "DELETE FROM audit_events WHERE sequence > 5;
         UPDATE audit_chains SET sequence = 5, hash = (SELECT hash FROM audit_events WHERE sequence = 5)",
    )
    .await;
    assert_eq!(log.faults(&[]), [fault(7, 7, "NOT_AS_SIGNED")]);
    // They may forge the checkpoint as well, or remove it; one that was kept elsewhere is out of their reach.
    log.tamper("UPDATE audit_checkpoints SET sequence = 5").await;
    assert_eq!(log.faults(&[]), [fault(5, 5, "CHECKPOINT_FORGED")]);
    log.tamper("DELETE FROM audit_checkpoints").await;
    assert_eq!(log.faults(&[]), [], "this is what cannot be found with the database alone");
    let kept = ["--checkpoints", elsewhere.to_str().unwrap()];
    assert_eq!(log.faults(&kept), [fault(7, 7, "NOT_AS_SIGNED")]);
    log.tamper("DELETE FROM audit_events; DELETE FROM audit_chains").await;
    assert_eq!(log.faults(&kept), [fault(7, 7, "NOT_AS_SIGNED")], "nor with nothing left at all");
}

async fn d50_retention_leaves_a_chain_that_verifies(log: Audited) {
    log.tamper("UPDATE audit_chains SET removed_sequence = 2").await;
    assert!(log.faults(&[]).contains(&fault(1, 2, "REMOVED_WITHOUT_TRACE")), "{:?}", log.faults(&[]));
    log.tamper("UPDATE audit_chains SET removed_sequence = 0").await;

    // A second later everything is old.
    let removed = loop {
        let pruned = log.installation.run(&["audit", "prune", "--older-than", "1s"]).await;
        if pruned["removed"] != json!(0) {
            break pruned["removed"].as_u64().unwrap();
        }
    };
    assert!((1..=7).contains(&removed));
    assert_eq!(log.faults(&[]), []);
    log.installation.run(&["client", "create", "--name", "eight", "--project", "shop-1"]).await;
    assert_eq!(log.faults(&[]), []);
    let export = String::from_utf8(log.audit(&["export"]).stdout).unwrap();
    let through = removed.to_string();
    let lines: Vec<Value> = export.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len() as u64, 7 - removed + 2);
    assert!(lines.iter().any(|line| line["kind"] == "AUDIT_EVENTS_REMOVED"
        && line["details"]["through"].as_str() == Some(through.as_str())));
    // Removing by hand what retention may remove is found all the same.
    log.tamper(
        "UPDATE audit_chains SET removed_sequence = 8, removed_hash = (SELECT hash FROM audit_events WHERE sequence = 8) \
         WHERE chain = 'shop-1'; DELETE FROM audit_events WHERE chain = 'shop-1' AND sequence <= 8",
    )
    .await;
    assert_eq!(log.faults(&[]), [fault(1, 8, "REMOVED_WITHOUT_TRACE")]);
}

/// Another program, with nothing of ours, reads an export as `docs/audit-log.md` says.
#[tokio::test]
async fn d50_an_export_verifies_without_signet() {
    let log = Audited::new(None).await;
    let export = log.audit(&["export", "--project", "shop-1"]).stdout;
    let script = include_str!("../../../../docs/verify-audit-export.py");
    let verify = |export: &[u8]| {
        let file = log.installation.folder().join("export.jsonl");
        std::fs::write(&file, export).unwrap();
        Command::new("python3").args(["-c", script]).arg(file).output().unwrap()
    };
    let sound = verify(&export);
    assert_eq!(String::from_utf8(sound.stdout).unwrap(), "7 events, intact\n");
    let changed = String::from_utf8(export).unwrap().replace("\"two\"", "\"too\"");
    let found = verify(changed.as_bytes());
    assert!(!found.status.success());
    assert_eq!(String::from_utf8(found.stdout).unwrap(), "shop-1, event 3: changed\n");
}
