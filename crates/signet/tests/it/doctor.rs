//! `signet doctor` on set-ups that are broken in one way each.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use signet_testkit::TestServer;
use signet_testkit::server::Installation;

use crate::caddy::{self, Caddy};
use crate::fixture::{BINARY, ServedProject};
use crate::nginx::{self, Nginx, free_port};

/// What the doctor found: the exit code, and what was seen by code.
#[derive(Debug)]
pub(crate) struct Findings {
    pub(crate) exit: i32,
    seen: BTreeMap<String, String>,
}

impl Findings {
    pub(crate) fn has(&self, code: &str, seen: &str) {
        let found = self.seen.get(code).unwrap_or_else(|| panic!("no {code} in {self:#?}"));
        assert!(found.contains(seen), "{code}: {found}");
    }

    pub(crate) fn lacks(&self, code: &str) {
        assert!(!self.seen.contains_key(code), "{self:#?}");
    }

    fn sees_a_sound_proxy(&self, url: &str) {
        self.has("ADDRESS_ANSWERS", url);
        self.has("PROXY_SOUND", "the caller is 127.0.0.1");
        for code in ["SOCKETS_BLOCKED", "HEADERS_CHANGED", "BODY_LIMIT_LOW", "PROXY_NOT_TRUSTED"] {
            self.lacks(code);
        }
    }
}

pub(crate) fn command(data_dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.env_clear().args(["doctor", "--data-dir"]).arg(data_dir).args(arguments);
    command
}

pub(crate) fn diagnose(command: &mut Command) -> Findings {
    let output = command.arg("--json").output().unwrap();
    let said: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let mut seen = BTreeMap::new();
    for finding in said["findings"].as_array().unwrap() {
        let text = |name: &str| finding[name].as_str().unwrap().to_owned();
        assert!(text("severity") == "ok" || !text("fix").is_empty(), "{finding}");
        assert!(text("documentation").ends_with(&text("code").to_lowercase()), "{finding}");
        // How full this machine's disk is, is no matter of the tests.
        if text("code") != "DISK_SPACE_LOW" && text("code") != "DISK_SOUND" {
            seen.entry(text("code")).or_insert_with(String::new).push_str(&(text("seen") + "\n"));
        }
    }
    Findings { exit: output.status.code().unwrap(), seen }
}

fn doctor(data_dir: &Path, arguments: &[&str]) -> Findings {
    diagnose(&mut command(data_dir, arguments))
}

/// An installation that has run once, with a project, its key and a page.
pub(crate) async fn installation() -> (Installation, ServedProject) {
    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "shop").await;
    let origins = ["project", "set-origins", "shop", "--origin", "https://shop.example"];
    installation.run(&origins).await;
    installation.run(&["keys", "platform", "create", "RSA-OAEP-256"]).await;
    (installation, project)
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_sound_installation_is_found_sound_and_is_not_changed() {
    let (installation, _) = installation().await;
    set_mode(installation.folder(), 0o700);
    let server = TestServer::serve(BINARY, &installation, &[]).await;
    let found = doctor(installation.folder(), &["--url", &server.url]);
    for code in
        ["SETTINGS_READ", "DATABASE_SOUND", "CUSTODY_SOUND", "CLOCK_RIGHT", "ADDRESS_ANSWERS", "PROXY_SOUND"]
    {
        found.has(code, "");
    }
    // Notes: the passphrase that was made beside the keystore, and that nobody has become owner yet.
    assert_eq!(found.seen.len(), 8, "{found:#?}");
    found.has("PASSPHRASE_BESIDE_KEYSTORE", "keystore.json.passphrase");
    found.has("NOBODY_OWNS", "");
    assert!(found.exit < 2, "{found:?}");

    let empty = tempfile::tempdir().unwrap();
    let found = doctor(empty.path(), &[]);
    found.has("DATABASE_MISSING", "signet.db");
    found.has("KEYSTORE_MISSING", "keystore.json");
    assert_eq!(std::fs::read_dir(empty.path()).unwrap().count(), 0, "nothing is made");
}

#[cfg(unix)]
#[tokio::test]
async fn files_and_settings_that_are_wrong_are_named() {
    let (installation, _) = installation().await;
    let folder = installation.folder();
    set_mode(&folder.join("keystore.json"), 0o644);
    set_mode(folder, 0o755);
    let found = doctor(folder, &[]);
    found.has("SECRET_READABLE_BY_OTHERS", "keystore.json has mode 644");
    found.has("FOLDER_OPEN_TO_OTHERS", "mode 755");
    assert_eq!(found.exit, 2);
    set_mode(&folder.join("keystore.json"), 0o600);
    set_mode(folder, 0o700);

    let settings = folder.join("signet.toml");
    std::fs::write(&settings, "databse = 'x'").unwrap();
    let found = doctor(folder, &["--config", settings.to_str().unwrap()]);
    found.has("SETTINGS_INVALID", "databse");
    assert_eq!((found.exit, found.seen.len()), (2, 1));

    std::fs::write(&settings, "listen = '0.0.0.0:1'\nmetrics_public = true\noutbound_plain_http = true")
        .unwrap();
    let found = doctor(folder, &["--config", settings.to_str().unwrap()]);
    for code in ["PUBLIC_URL_MISSING", "METRICS_PUBLIC", "OUTBOUND_OPEN"] {
        found.has(code, "");
    }
    std::fs::write(&settings, "tls_certificate = 'none.pem'\ntls_key = 'none.key'").unwrap();
    doctor(folder, &["--config", settings.to_str().unwrap()]).has("TLS_UNUSABLE", "read none.pem");
    let nowhere = free_port();
    std::fs::write(&settings, format!("public_url = 'http://name.invalid:{nowhere}'")).unwrap();
    let found = doctor(folder, &["--config", settings.to_str().unwrap()]);
    found.has("PUBLIC_URL_NOT_SECURE", "http://name.invalid");
    found.has("ADDRESS_UNREACHABLE", "name.invalid");
    assert_eq!(found.exit, 2);

    let found = diagnose(command(folder, &[]).env("SIGNET_KEYSTORE_PASSPHRASE", "another"));
    found.has("CUSTODY_UNUSABLE", "passphrase does not open");
    found.has("DATABASE_SOUND", "");
}

#[tokio::test]
async fn a_database_of_another_version_or_damaged_is_told_and_left_alone() {
    let (installation, _) = installation().await;
    let folder = installation.folder();
    let path = folder.join("signet.db");
    let change = |sql: &str| rusqlite::Connection::open(&path).unwrap().execute(sql, []).unwrap();
    let versions = || -> i64 {
        let database = rusqlite::Connection::open(&path).unwrap();
        database.query_row("SELECT count(*) FROM schema_migrations", [], |row| row.get(0)).unwrap()
    };
    let known = versions();
    change("INSERT INTO schema_migrations (version, name, checksum) VALUES (999, 'later', '')");
    let found = doctor(folder, &[]);
    found.has("SCHEMA_UNKNOWN", "run a newer version");
    assert_eq!(found.exit, 2);

    change(
        "DELETE FROM schema_migrations WHERE version >= (SELECT max(version) FROM schema_migrations WHERE version < 999)",
    );
    doctor(folder, &[]).has("SCHEMA_OLD", &format!("this program has {known}"));
    assert_eq!(versions(), known - 1, "the doctor does not migrate");

    let mut bytes = std::fs::read(&path).unwrap();
    bytes[4096 * 4..4096 * 8].fill(0xA5);
    std::fs::write(&path, bytes).unwrap();
    let found = doctor(folder, &[]);
    found.has("DATABASE_DAMAGED", "");
    assert_eq!(found.exit, 2);
}

#[tokio::test]
async fn projects_keys_and_owners_that_need_attention_are_named() {
    let (installation, _) = installation().await;
    let folder = installation.folder();
    installation.run(&["project", "create", "open", "--name", "Open"]).await;
    installation.run(&["project", "set", "open", "--session-lifetime", "48h"]).await;
    installation
        .run(&["project", "create", "plain", "--name", "Plain", "--origin", "http://plain.example"])
        .await;
    let owner = [
        "agent",
        "create",
        "--project",
        "shop",
        "--email",
        "o@shop.example",
        "--name",
        "O",
        "--role",
        "owner",
    ];
    let owner = installation.run(&owner).await;
    installation.run(&["keys", "platform", "create", "RSA-OAEP-256"]).await;
    rusqlite::Connection::open(folder.join("signet.db"))
        .unwrap()
        .execute("UPDATE customer_keys SET created_at = created_at - 400 * 86400000", [])
        .unwrap();
    let found = doctor(folder, &[]);
    found.has("PROJECT_WITHOUT_KEY", "project open\nproject plain");
    found.has("PROJECT_WITHOUT_ORIGINS", "project open");
    found.has("PROJECT_ORIGIN_NOT_SECURE", "http://plain.example");
    found.has("SESSION_LONG", "project open, 48 hours");
    found.has("CUSTOMER_KEY_OLD", "project shop, key test-1, 400 days");
    found.has("CUSTOMER_KEY_UNUSED", "test-1");
    found.has("OWNER_WITHOUT_SECOND_FACTOR", owner["id"].as_str().unwrap());
    found.has("CUSTODY_SOUND", "1 published, 2 retired");
    found.lacks("NOBODY_OWNS");
    assert_eq!(found.exit, 2);
}

#[tokio::test]
async fn postgresql_that_may_lose_writes_is_told() {
    let Some(postgres) = signet_testkit::postgres::shared() else { return };
    let database = postgres.database().await;
    let installation = Installation::new(BINARY, Some(&database));
    installation.run(&["project", "create", "shop", "--name", "Shop", "--any-loopback"]).await;
    let found = doctor(installation.folder(), &["--database", &database]);
    // The tests' own server does not wait for the disk.
    found.has("POSTGRESQL_UNSAFE", "fsync=off");
    found.has("CLOCK_RIGHT", "the database's");
    found.has("PROJECT_ANY_LOOPBACK", "shop");
    let found = doctor(installation.folder(), &["--database", "postgres://nobody@127.0.0.1:1/none"]);
    found.has("DATABASE_UNREACHABLE", "");
}

#[tokio::test]
async fn a_real_proxy_is_seen_through() {
    if !nginx::is_installed() {
        return;
    }
    let (installation, _) = installation().await;
    let folder = installation.folder().to_owned();
    let port = free_port();
    let url = format!("https://127.0.0.1:{port}");
    let serve = async |proxies: &str| {
        let flags = ["--public-url", &url, "--trusted-proxies", proxies];
        TestServer::serve(BINARY, &installation, &flags).await
    };
    let look = |server: &TestServer, change: &dyn Fn(String) -> String| {
        let nginx = Nginx::start(&folder.join("nginx"), port, &server.url, change);
        diagnose(command(&folder, &[]).env("SIGNET_PUBLIC_URL", &url).env("SSL_CERT_FILE", nginx.authority()))
    };
    let replace = |from: &'static str, to: &'static str| {
        move |text: String| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        }
    };
    let server = serve("1").await;
    let sound = look(&server, &|text| text);
    sound.sees_a_sound_proxy(&url);
    let upgrade = replace("proxy_set_header Upgrade $http_upgrade;", "");
    look(&server, &upgrade).has("SOCKETS_BLOCKED", "an upgrade is answered with");
    let small = replace("client_max_body_size 128k", "client_max_body_size 1k");
    look(&server, &small).has("BODY_LIMIT_LOW", "413");
    let stripped = replace("access_log off;", "proxy_hide_header Content-Security-Policy;");
    look(&server, &stripped).has("HEADERS_CHANGED", "content-security-policy is missing");
    let passed = replace("proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;", "");
    look(&server, &passed).has("CALLER_FORGEABLE", "192.0.2.77");
    drop(server);
    let server = serve("0").await;
    look(&server, &|text| text).has("PROXY_NOT_TRUSTED", "192.0.2.77, 127.0.0.1");
}

#[tokio::test]
async fn caddy_as_it_is_shipped_is_sound() {
    if !caddy::is_installed() {
        return;
    }
    let (installation, _) = installation().await;
    let folder = installation.folder();
    let port = free_port();
    let url = format!("https://127.0.0.1:{port}");
    let flags = ["--public-url", &url, "--trusted-proxies", "1"];
    let server = TestServer::serve(BINARY, &installation, &flags).await;
    let caddy = Caddy::start(&folder.join("caddy"), port, &server.url);
    let found =
        diagnose(command(folder, &[]).env("SIGNET_PUBLIC_URL", &url).env("SSL_CERT_FILE", caddy.authority()));
    found.sees_a_sound_proxy(&url);
}

#[tokio::test]
async fn how_a_request_arrived_is_told_to_the_operator_alone() {
    let (installation, project) = installation().await;
    let server = TestServer::serve(BINARY, &installation, &[]).await;
    let url = format!("{}/operations/probe", server.url);
    let mut visitor = signet_testkit::VisitorClient::new(&server.url, &project.id);
    let origins = ["project", "set-origins", "shop", "--any-loopback"];
    installation.run(&origins).await;
    visitor.activate_anonymously().await;
    let session = visitor.token().to_owned();
    for bearer in ["", "x", &session] {
        let request =
            signet_testkit::client::plain().post(&url).header("authorization", format!("Bearer {bearer}"));
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let body: Value = answer.json().await.unwrap();
        assert_eq!((status.as_u16(), &body["code"]), (404, &json!("NOT_FOUND")), "{bearer}");
    }
    // Another platform's operator is a stranger too.
    let (other, _) = self::installation().await;
    let found = doctor(other.folder(), &["--url", &server.url]);
    found.has("ADDRESS_OF_ANOTHER", "404");
    assert_eq!(found.exit, 2);
}
