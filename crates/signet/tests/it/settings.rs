//! Settings by file, environment and flag, through the commands that take them. That file and flags know every setting is tested beside
//! the table.

use std::process::{Command, Output};

use serde_json::Value;
use signet::settings::{RateLimitSettings, Settings};

use crate::fixture::BINARY;

fn signet(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    Command::new(BINARY).args(arguments).envs(environment.iter().copied()).output().unwrap()
}

fn json(output: &Output) -> Value {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Every setting that can be wrong is read from the environment by every command, and its slip is named.
#[test]
fn slips_in_the_environment_are_named_by_commands_that_do_not_take_the_flag() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().to_str().unwrap();
    let mut wrong = 0;
    for row in Settings::ROWS.iter().chain(RateLimitSettings::ROWS) {
        if !matches!(row.kind, "N" | "BOOL" | "DURATION" | "ADDRESS:PORT" | "FORMAT") {
            continue;
        }
        let refused = signet(&["migrate", "--data-dir", data_dir], &[(&row.variable(), "wrong")]);
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(!refused.status.success(), "{}", row.name);
        assert!(said.contains(&format!("--{}", row.flag())) && said.contains("environment"), "{said}");
        wrong += 1;
    }
    assert!(wrong > 15, "{wrong}");
}

#[test]
fn a_flag_wins_over_the_environment_which_wins_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let file = path("signet.toml");
    let text = format!("data_dir = {:?}\nkeystore = {:?}", path("of-file"), path("file-keys/keystore.json"));
    std::fs::write(&file, text).unwrap();
    let create = ["keys", "platform", "create", "RSA-OAEP-256", "--json", "--config", &file];

    json(&signet(&create, &[]));
    assert!(folder.path().join("of-file/signet.db").is_file());
    assert!(folder.path().join("file-keys/keystore.json").is_file());

    let environment =
        [("SIGNET_DATA_DIR", &*path("of-environment")), ("SIGNET_KEYSTORE", &*path("env-keys"))];
    json(&signet(&create, &environment));
    assert!(folder.path().join("of-environment/signet.db").is_file());
    assert!(folder.path().join("env-keys.passphrase").is_file());

    let flag = path("of-flag");
    json(&signet(&[&create[..], &["--data-dir", &flag]].concat(), &environment));
    assert!(folder.path().join("of-flag/signet.db").is_file());
}

#[test]
fn the_passphrase_comes_from_a_file_or_the_environment_and_a_wrong_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let data_dir = path("data");
    let list = ["keys", "platform", "create", "RSA-OAEP-256", "--json", "--data-dir", &data_dir];
    std::fs::write(path("passphrase"), "from a file\nand no further\n").unwrap();
    json(&signet(&list, &[("SIGNET_KEYSTORE_PASSPHRASE_FILE", &path("passphrase"))]));
    json(&signet(&list, &[("SIGNET_KEYSTORE_PASSPHRASE", "from a file")]));
    let refused = signet(&list, &[("SIGNET_KEYSTORE_PASSPHRASE", "another")]);
    assert!(!refused.status.success());
    let missing = signet(&list, &[("SIGNET_KEYSTORE_PASSPHRASE_FILE", &path("none"))]);
    let said = String::from_utf8(missing.stderr).unwrap();
    assert!(said.contains("read the keystore passphrase in") && said.contains("none"), "{said}");
}

fn packaged(name: &str) -> String {
    std::fs::read_to_string(format!("{}/../../packaging/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn the_packaged_settings_are_good_ones_and_so_are_those_in_its_comments() {
    let text = packaged("signet.toml");
    let settings: Settings = toml::from_str(&text).unwrap();
    assert_eq!(settings.resolve().unwrap().trusted_proxies, 1);
    let alternatives =
        text.lines().filter_map(|line| line.strip_prefix("# ")).filter(|line| line.contains(" = "));
    let alternatives: Settings = toml::from_str(&alternatives.collect::<Vec<_>>().join("\n")).unwrap();
    assert!(alternatives.resolve().unwrap().tls.is_some());
}

/// systemd's own opinion of the unit: it is understood, and leaves little open.
#[test]
fn the_packaged_unit_is_understood_by_systemd_and_leaves_little_open() {
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("signet.service");
    std::fs::write(&unit, packaged("signet.service").replace("/usr/local/bin/signet", BINARY)).unwrap();
    let analyze = |arguments: &[&str]| Command::new("systemd-analyze").args(arguments).arg(&unit).output();
    let Ok(verified) = analyze(&["verify"]) else {
        eprintln!("SKIPPED: systemd-analyze is not installed");
        return;
    };
    let said = String::from_utf8(verified.stderr).unwrap();
    assert!(verified.status.success() && !said.contains("signet.service"), "{said}");
    // Tenths on a scale to 10, where 10 is a unit without any restriction.
    let judged = analyze(&["security", "--offline=true", "--threshold=20"]).unwrap();
    assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stdout));
}
