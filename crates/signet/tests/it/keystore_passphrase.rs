//! `signet keys passphrase change`: the old passphrase is refused, what runs goes on, and nothing can cut it in two.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use signet_custody::{Keystore, KeystoreError, Passphrase};
use signet_testkit::server::Installation;

use crate::fixture::{BINARY, Served, ServedProject};

const CHANGE: [&str; 3] = ["keys", "passphrase", "change"];
const NEW: (&str, &str) = ("SIGNET_NEW_KEYSTORE_PASSPHRASE", "a new passphrase");

fn passphrase_file(installation: &Installation) -> std::path::PathBuf {
    installation.folder().join("keystore.json.passphrase")
}

fn opens(keystore: &Path, passphrase: &str) -> bool {
    match Keystore::open_or_create(keystore, &Passphrase::new(passphrase)) {
        Ok(_) => true,
        Err(KeystoreError::WrongPassphrase) => false,
        Err(error) => panic!("the keystore is no longer one: {error}"),
    }
}

/// The events in the audit log, in order.
pub(crate) fn audit_events(installation: &Installation) -> Vec<Value> {
    let exported = Command::new(BINARY)
        .args(["audit", "export", "--data-dir"])
        .arg(installation.folder())
        .output()
        .unwrap();
    let lines = String::from_utf8(exported.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn changes_noted(installation: &Installation) -> usize {
    audit_events(installation).iter().filter(|event| event["kind"] == "KEYSTORE_PASSPHRASE_CHANGED").count()
}

#[tokio::test]
async fn the_old_passphrase_is_refused_and_a_platform_that_runs_goes_on() {
    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "shop-1").await;
    let mut served = Served::start(installation, &[]).await;
    let token = served.token(&project, "jane").await;
    let mut jane = served.visitor(&project);
    jane.sign_in(&token).await;

    let file = served.installation.folder().join("new-passphrase");
    std::fs::write(&file, "from a file\nand not this\n").unwrap();
    let named = [&CHANGE[..], &["--new-passphrase-file", file.to_str().unwrap()]].concat();
    let changed = served.installation.run(&named).await;
    assert_eq!(changed["passphrase"], "CHANGED");
    let keystore = served.installation.folder().join("keystore.json");
    assert!(opens(&keystore, "from a file"));
    assert_eq!(changes_noted(&served.installation), 1);
    let verified = [("SIGNET_KEYSTORE_PASSPHRASE", "from a file")];
    assert_eq!(served.installation.run_in(&["audit", "verify"], &verified).await["intact"], true);
    let refused = served.installation.refused(&["keys", "platform", "list"], &[]).await;
    assert!(refused.contains("the passphrase does not open the keystore"), "{refused}");

    // What runs has its keys, and says that it has to be restarted.
    let line = served.server.logged("passphrase was changed").await;
    assert!(line.contains("restart with the new one"), "{line}");
    assert_eq!(jane.history().await.status, 200);
    served.visitor(&project).sign_in(&served.token(&project, "john").await).await;

    assert!(served.server.stop().await.success());
    std::fs::rename(&file, passphrase_file(&served.installation)).unwrap();
    let served = served.restart(&[]).await;
    jane.moved_to(&served.server.url);
    assert_eq!(jane.history().await.status, 200, "the session key is the same");
    served.visitor(&project).sign_in(&token).await;
}

#[tokio::test]
async fn what_was_changed_before_it_was_cut_off_is_noted_when_it_is_done_again() {
    let installation = Installation::new(BINARY, None);
    installation.run(&["keys", "platform", "create", "RSA-OAEP-256"]).await;
    for noted in 1..=2 {
        // The passphrase's file has the old one both times.
        assert_eq!(installation.run_in(&CHANGE, &[NEW]).await["passphrase"], "CHANGED");
        assert_eq!(changes_noted(&installation), noted);
        assert!(opens(&installation.folder().join("keystore.json"), NEW.1));
    }
}

#[tokio::test]
async fn slips_are_told_and_change_nothing() {
    let installation = Installation::new(BINARY, None);
    let none = installation.refused(&CHANGE, &[NEW]).await;
    assert!(none.contains("there is no keystore at"), "{none}");
    installation.run(&["keys", "platform", "create", "RSA-OAEP-256"]).await;
    let keystore = installation.folder().join("keystore.json");
    let before = std::fs::read(&keystore).unwrap();
    let old = std::fs::read_to_string(passphrase_file(&installation)).unwrap();
    let wrong = ("SIGNET_KEYSTORE_PASSPHRASE", "a wrong one");
    for (environment, said) in [
        (vec![], "--new-passphrase-file"),
        (vec![(NEW.0, "")], "SIGNET_NEW_KEYSTORE_PASSPHRASE is empty"),
        (vec![(NEW.0, old.trim())], "the new passphrase is the old one"),
        (vec![NEW, wrong], "the passphrase does not open the keystore"),
    ] {
        let refused = installation.refused(&CHANGE, &environment).await;
        assert!(refused.contains(said), "{refused}");
        assert!(!refused.contains(NEW.1) && !refused.contains(old.trim()), "{refused}");
    }
    assert_eq!(std::fs::read(&keystore).unwrap(), before);
    assert_eq!(changes_noted(&installation), 0);
}

fn change(installation: &Installation, old: &str, new: &str) -> Child {
    Command::new(BINARY)
        .args(CHANGE)
        .arg("--data-dir")
        .arg(installation.folder())
        .env("SIGNET_KEYSTORE_PASSPHRASE", old)
        .env(NEW.0, new)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Files that a writing process has beside the keystore.
fn unfinished(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().filter_map(Result::ok);
    entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(".keystore.json.")).count()
}

#[tokio::test]
async fn killed_in_the_middle_it_leaves_a_keystore_that_one_of_the_two_opens() {
    let installation = Installation::new(BINARY, None);
    installation.run(&["keys", "platform", "create", "RSA-OAEP-256"]).await;
    let keystore = installation.folder().join("keystore.json");
    let mut current = std::fs::read_to_string(passphrase_file(&installation)).unwrap().trim().to_owned();
    for round in 0..5 {
        let next = format!("passphrase {round}");
        let before = unfinished(installation.folder());
        let mut child = change(&installation, &current, &next);
        // As soon as it writes, or when it was faster than this.
        while unfinished(installation.folder()) == before && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let (old, new) = (opens(&keystore, &current), opens(&keystore, &next));
        assert!(old != new, "exactly one opens it: old {old}, new {new}");
        if new {
            current = next;
        }
    }
    // What was left behind is in nobody's way.
    assert!(change(&installation, &current, NEW.1).wait().unwrap().success());
    assert!(opens(&keystore, NEW.1) && !opens(&keystore, &current));
}
