//! Backups that are restored: what was acknowledged before is there, and nothing is overwritten.

use std::path::{Path, PathBuf};
use std::process::Command;

use aws_lc_rs::digest;
use serde_json::{Value, json};
use signet_testkit::server::Installation;
use signet_testkit::visitor::new_id;
use signet_testkit::within;
use tokio::sync::watch;

use crate::durability;
use crate::fixture::{BINARY, Served, ServedProject};

/// Who writes while the backup is made, and how many acknowledgements there are by then.
const WRITERS: usize = 4;
const ENOUGH: usize = 100;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Runs `signet backup` and gives what went wrong.
fn refused(arguments: &[&str], data_dir: &Path) -> String {
    let output = Command::new(BINARY).args(arguments).arg("--data-dir").arg(data_dir).output().unwrap();
    assert!(!output.status.success(), "{arguments:?} succeeded");
    String::from_utf8(output.stderr).unwrap()
}

/// Brings the passphrase along, which no backup holds.
fn bring_passphrase(from: &Path, to: &Path) {
    let name = "keystore.json.passphrase";
    std::fs::create_dir_all(to).unwrap();
    std::fs::copy(from.join(name), to.join(name)).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_made_under_load_has_everything_acknowledged_before_it() {
    let limits = ["--messages-per-visitor", "1000000", "--messages-per-address", "1000000"];
    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "load").await;
    let mut served = Served::start(installation, &limits).await;
    let (count, mut counted) = watch::channel(0);
    let mut writers = Vec::new();
    for _ in 0..WRITERS {
        let mut visitor = served.visitor(&project);
        visitor.activate_anonymously().await;
        let mut socket = visitor.socket().await;
        socket.expect("welcome").await;
        writers.push(tokio::spawn(durability::write(visitor, socket, count.clone())));
    }
    within("enough acknowledgements", counted.wait_for(|count| *count >= ENOUGH)).await.unwrap();

    let mut jane = served.visitor(&project);
    jane.sign_in(&served.token(&project, "jane").await).await;
    let mut socket = jane.socket().await;
    socket.expect("welcome").await;
    let mut before = Vec::new();
    for number in 0..20 {
        let id = new_id();
        let frame = json!({ "type": "send", "clientMessageId": id, "text": format!("before {number}") });
        assert!(socket.frame(&frame).await);
        before.push(socket.expect("ack").await["clientMessageId"].as_str().unwrap().to_owned());
    }
    let elsewhere = tempfile::tempdir().unwrap();
    let folder = elsewhere.path().join("backup");
    let made = served.installation.run(&["backup", "create", text(&folder)]).await;
    assert_eq!((made["keystore"].as_bool(), made["schema"].is_i64()), (Some(true), true), "{made}");
    let written = *counted.borrow();
    within("writers to go on", counted.wait_for(|count| *count > written)).await.unwrap();
    served.server.kill().await;
    for writer in writers {
        within("a writer to notice", writer).await.unwrap();
    }

    let restored = Installation::new(BINARY, None);
    bring_passphrase(served.installation.folder(), restored.folder());
    let told = restored.run(&["backup", "restore", text(&folder)]).await;
    assert_eq!(told["passphraseChecked"], true);
    assert_eq!(restored.run(&["audit", "verify"]).await["intact"], true);
    let mut served = Served::start(restored, &limits).await;
    jane.moved_to(&served.server.url);
    let (ids, entries) = durability::stored(&jane).await;
    assert_eq!(ids.len(), entries, "no message is stored twice");
    assert!(before.iter().all(|id| ids.contains(id)), "the old session reads every message of before");
    assert!(jane.send("after").await["conversationId"].is_string(), "and writes");
    // The platform's key is the one that the provider encrypts to.
    let again = served.visitor(&project).sign_in(&served.token(&project, "jane").await).await;
    assert_eq!(again["session"]["assurance"], "VERIFIED");
    assert!(served.server.stop().await.success());
}

/// An installation with a project, and its backup beside it.
async fn backed_up() -> (Installation, tempfile::TempDir, PathBuf) {
    let installation = Installation::new(BINARY, None);
    installation.run(&["project", "create", "shop", "--name", "Shop"]).await;
    installation.run(&["keys", "platform", "create", "RSA-OAEP-256"]).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let folder = elsewhere.path().join("backup");
    installation.run(&["backup", "create", text(&folder)]).await;
    (installation, elsewhere, folder)
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_reads_a_backup_and_it_holds_no_passphrase() {
    use std::os::unix::fs::PermissionsExt as _;
    let (installation, elsewhere, folder) = backed_up().await;
    let passphrase = std::fs::read_to_string(installation.folder().join("keystore.json.passphrase")).unwrap();
    assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    let mut names = Vec::new();
    for file in std::fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{path:?}");
        let bytes = std::fs::read(&path).unwrap();
        let needle = passphrase.trim_end().as_bytes();
        assert!(!bytes.windows(needle.len()).any(|window| window == needle), "{path:?}");
        names.push(path.file_name().unwrap().to_str().unwrap().to_owned());
    }
    names.sort();
    assert_eq!(names, ["backup.json", "keystore.json", "signet.db"]);
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 1, "nothing is left beside it");
    let again = refused(&["backup", "create", text(&folder)], installation.folder());
    assert!(again.contains("a folder of its own"), "{again}");
}

#[tokio::test]
async fn restoring_overwrites_nothing_and_refuses_what_it_cannot_trust() {
    let (installation, elsewhere, folder) = backed_up().await;
    let restore = ["backup", "restore", text(&folder)];
    let over = refused(&restore, installation.folder());
    assert!(over.contains("nothing is overwritten"), "{over}");

    let target = elsewhere.path().join("target");
    let empty = |why: &str| assert!(!target.join("signet.db").exists(), "{why}");
    std::fs::create_dir_all(&target).unwrap();
    std::fs::write(target.join("keystore.json.passphrase"), "another\n").unwrap();
    let wrong = refused(&restore, &target);
    assert!(wrong.contains("the passphrase does not open the keystore"), "{wrong}");
    empty("a wrong passphrase");
    std::fs::remove_file(target.join("keystore.json.passphrase")).unwrap();

    let database = folder.join("signet.db");
    let whole = std::fs::read(&database).unwrap();
    std::fs::write(&database, &whole[..whole.len() - 4096]).unwrap();
    let cut = refused(&restore, &target);
    assert!(cut.contains("changed or cut short"), "{cut}");
    empty("a part of a file");

    std::fs::write(&database, &whole).unwrap();
    rusqlite::Connection::open(&database)
        .unwrap()
        .execute("INSERT INTO schema_migrations (version, name, checksum) VALUES (999, 'later', '')", [])
        .unwrap();
    let sum = digest::digest(&digest::SHA256, &std::fs::read(&database).unwrap());
    let sum = signet_app::hexadecimal(&sum.as_ref().try_into().unwrap());
    let manifest = folder.join("backup.json");
    let mut described: Value = serde_json::from_slice(&std::fs::read(&manifest).unwrap()).unwrap();
    described["database"] = sum.into();
    std::fs::write(&manifest, described.to_string()).unwrap();
    let newer = refused(&restore, &target);
    assert!(newer.contains("run a newer version"), "{newer}");
    empty("a later schema");

    std::fs::remove_file(&manifest).unwrap();
    assert!(refused(&restore, &target).contains("is this a whole backup?"));
}

#[tokio::test]
async fn with_postgresql_a_backup_holds_the_keystore_and_says_so() {
    let Some(postgres) = signet_testkit::postgres::shared() else { return };
    let installation = Installation::new(BINARY, Some(&postgres.database().await));
    installation.run(&["keys", "platform", "create", "RSA-OAEP-256"]).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let folder = elsewhere.path().join("backup");
    let made = installation.run(&["backup", "create", text(&folder)]).await;
    assert_eq!((&made["schema"], &made["keystore"]), (&Value::Null, &json!(true)));
    let target = elsewhere.path().join("target");
    let output = Command::new(BINARY)
        .args(["backup", "restore", text(&folder), "--database", "postgres://nobody@127.0.0.1/none"])
        .arg("--data-dir")
        .arg(&target)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("pg_restore brings it back") && said.contains("needs its passphrase"), "{said}");
    assert_eq!(
        std::fs::read(target.join("keystore.json")).unwrap(),
        std::fs::read(installation.folder().join("keystore.json")).unwrap()
    );
}

/// The command of the operations guide that begins so, with the test's addresses in it.
fn documented(beginning: &str, replace: &[(&str, &str)]) -> String {
    let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operations.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let line = guide.lines().find(|line| line.starts_with(beginning));
    let line = line.unwrap_or_else(|| panic!("the guide has {beginning}")).split("  #").next().unwrap();
    replace.iter().fold(line.to_owned(), |line, (from, to)| {
        assert!(line.contains(from), "{line}: {from}");
        line.replace(from, to)
    })
}

fn shell(command: &str) {
    let output = Command::new("sh").args(["-ec", command]).output().unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn postgresql_is_dumped_and_restored_as_the_guide_says() {
    let Some(postgres) = signet_testkit::postgres::shared() else { return };
    let (before, after) = (postgres.database().await, postgres.database().await);
    let installation = Installation::new(BINARY, Some(&before));
    let project = ServedProject::create(&installation, "shop").await;
    let mut served = Served::start(installation, &[]).await;
    let mut jane = served.visitor(&project);
    jane.sign_in(&served.token(&project, "jane").await).await;
    let conversation = jane.send("before the backup").await["conversationId"].clone();

    let elsewhere = tempfile::tempdir().unwrap();
    let (dump, folder) = (elsewhere.path().join("signet.dump"), elsewhere.path().join("backup"));
    let in_guide = ("/backup/signet.dump", "postgres://signet@db.internal/signet");
    shell(&documented("pg_dump", &[(in_guide.0, text(&dump)), (in_guide.1, &before)]));
    served.installation.run(&["backup", "create", text(&folder)]).await;
    jane.send("after the backup").await;
    served.server.kill().await;

    let restored = Installation::new(BINARY, Some(&after));
    bring_passphrase(served.installation.folder(), restored.folder());
    shell(&documented("pg_restore", &[(in_guide.0, text(&dump)), (in_guide.1, &after)]));
    assert_eq!(restored.run(&["backup", "restore", text(&folder)]).await["passphraseChecked"], true);
    assert_eq!(restored.run(&["audit", "verify"]).await["intact"], true);
    let served = Served::start(restored, &[]).await;
    jane.moved_to(&served.server.url);
    let (ids, entries) = durability::stored(&jane).await;
    assert_eq!((ids.len(), entries), (1, 1), "what came after the backup is gone");
    assert_eq!(jane.send("after the restoration").await["conversationId"], conversation);
    let again = served.visitor(&project).sign_in(&served.token(&project, "jane").await).await;
    assert_eq!(again["session"]["assurance"], "VERIFIED");
}
