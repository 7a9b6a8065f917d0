//! `docs/integration.md` does what it says: its blocks are run in their order, in one folder, against the real binary.
//!
//! The info string of a block says what it is. `sh test` runs; `sh test=background` runs until the end; `sh test=eventually` runs again
//! until it prints what is expected; `file=name` is written down, and `output` is what the block before it prints, where `…` stands for
//! anything. `sh test=install` is the one command that is not run: it would build the very binary under test again.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use signet_testkit::client::PATIENCE;
use signet_testkit::now_unix_ms;
use signet_testkit::server::Installation;
use signet_testkit::token_factory::TokenFactory;
use signet_token::SigningKey;

use crate::fixture::{BINARY, Served, ServedProject};

const USER_ID: &str = "https://iadvize.com/userId";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A fenced block.
struct Block {
    line: usize,
    language: String,
    /// What follows the language in the info string.
    role: String,
    text: String,
}

fn blocks(guide: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut open = false;
    for (index, line) in guide.lines().enumerate() {
        match (line.strip_prefix("```"), open) {
            (Some(info), false) => {
                let (language, role) = info.split_once(' ').unwrap_or((info, ""));
                let (language, role) = (language.to_owned(), role.to_owned());
                found.push(Block { line: index + 1, language, role, text: String::new() });
                open = true;
            }
            (Some(_), true) => open = false,
            (None, true) => {
                let text = &mut found.last_mut().unwrap().text;
                text.push_str(line);
                text.push('\n');
            }
            (None, false) => {}
        }
    }
    assert!(!open, "a block is not closed");
    found
}

/// Whether a text is what a pattern says, `…` standing for anything.
fn matches(text: &str, pattern: &str) -> bool {
    let mut pieces = pattern.trim_end().split('…');
    let Some(mut rest) = text.trim_end().strip_prefix(pieces.next().unwrap_or_default()) else {
        return false;
    };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        match rest.split_once(piece) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    true
}

/// The reader of the guide: a home with a checkout, a folder, and terminals in which something goes on running.
struct Reader {
    home: tempfile::TempDir,
    ports: [(&'static str, u16); 2],
    running: Vec<Child>,
}

impl Reader {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(repository(), home.path().join("signet")).unwrap();
        std::fs::create_dir(home.path().join("shop")).unwrap();
        // Held together, so that they are two; let go before anybody takes them.
        let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [platform, site] = listeners.map(|listener| listener.local_addr().unwrap().port());
        Self { home, ports: [("8080", platform), ("3000", site)], running: Vec::new() }
    }

    fn folder(&self) -> PathBuf {
        self.home.path().join("shop")
    }

    /// The guide's ports as they are here.
    fn here(&self, text: &str) -> String {
        self.ports.iter().fold(text.to_owned(), |text, (port, here)| text.replace(port, &here.to_string()))
    }

    fn url(&self, which: usize) -> String {
        format!("http://127.0.0.1:{}", self.ports[which].1)
    }

    /// A command in the folder, with nothing of this process's settings.
    fn command(&self, program: &str) -> Command {
        let programs = Path::new(BINARY).parent().unwrap().display().to_string();
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new(program);
        command.env_clear().current_dir(self.folder());
        command.env("PATH", format!("{programs}:{path}")).env("HOME", self.home.path());
        command.env("LANG", "C.UTF-8").env("NO_PROXY", "*").stdin(Stdio::null());
        command
    }

    fn shell(&self, text: &str) -> Command {
        let mut command = self.command("bash");
        command.args(["--noprofile", "--norc", "-euo", "pipefail", "-c"]).arg(self.here(text));
        command
    }

    fn run(&self, block: &Block) -> String {
        let output = self.shell(&block.text).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "line {}: {printed}{errors}", block.line);
        printed
    }

    /// Runs a block until it prints what is expected.
    async fn run_until(&self, block: &Block, expected: &str) -> String {
        let repeated = async {
            loop {
                let printed = self.run(block);
                if matches(&printed, expected) {
                    return printed;
                }
                tokio::task::yield_now().await;
            }
        };
        let outcome = tokio::time::timeout(PATIENCE, repeated).await;
        outcome.unwrap_or_else(|_| panic!("line {}: never printed {expected}", block.line))
    }

    fn start(&mut self, block: &Block) {
        let text = format!("exec {}", block.text);
        self.running.push(self.shell(&text).stdout(Stdio::null()).spawn().unwrap());
    }

    /// The guide's page, visited: as a guest, as a customer, and after signing out.
    fn visit(&self) -> Value {
        let browser = repository().join("crates/signet/tests/it/integration_guide.mjs");
        let output =
            self.command("node").arg(browser).args([self.url(0), self.url(1)]).arg("shop").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        for child in &mut self.running {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.folder().join("signet.log")).unwrap_or_default();
            let _ = writeln!(std::io::stderr(), "signet logged:\n{log}");
        }
    }
}

#[tokio::test]
async fn every_block_of_the_guide_does_what_it_says() {
    let guide = read("docs/integration.md");
    let blocks = blocks(&guide);
    let mut reader = Reader::new();
    let mut visited = false;
    for (index, block) in blocks.iter().enumerate() {
        let expected =
            blocks.get(index + 1).filter(|next| next.role == "output").map(|next| reader.here(&next.text));
        match (block.language.as_str(), block.role.split_once('=').unwrap_or((&block.role, ""))) {
            ("sh", ("test", "")) => {
                let printed = reader.run(block);
                if let Some(expected) = expected {
                    assert!(matches(&printed, &expected), "line {} printed:\n{printed}", block.line);
                }
            }
            ("sh", ("test", "eventually")) => {
                reader.run_until(block, &expected.expect("something to wait for")).await;
            }
            ("sh", ("test", "background")) => reader.start(block),
            ("sh", ("test", "install")) => {
                assert_eq!(block.text, "cargo install --locked --path ~/signet/crates/signet\n");
            }
            (_, ("file", name)) => {
                std::fs::write(reader.folder().join(name), reader.here(&block.text)).unwrap();
                if name == "page.js" {
                    let anonymous = json!({ "activate": "ANONYMOUS", "status": "authentication-success",
                        "assurance": "ANONYMOUS", "name": null });
                    let secured = json!({ "activate": "SECURED_AUTHENTICATION", "status": "authentication-success",
                        "assurance": "VERIFIED", "name": "Jane" });
                    let story = json!([anonymous, secured, { "logout": 204 }, anonymous, { "token": 401 }]);
                    assert_eq!(reader.visit(), story);
                    visited = true;
                }
            }
            (_, ("output", "")) => assert!(blocks[index - 1].language == "sh", "line {}", block.line),
            // What only a page can have is used in a browser by web/e2e/tests/guide.test.mjs.
            ("text", ("csp", "")) | ("js", ("config", "")) => {}
            _ => panic!("line {}: nobody runs this block", block.line),
        }
    }
    assert!(visited, "the page was visited");
}

/// The codes in the first column of a table's rows.
fn codes(rows: &str) -> BTreeSet<String> {
    let first = |row: &str| {
        row.strip_prefix("| `").and_then(|row| row.split_once('`')).map(|(code, _)| code.to_owned())
    };
    rows.lines().filter_map(first).filter(|code| code.contains('_') && *code == code.to_uppercase()).collect()
}

fn section<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, after) = text.split_once(from).unwrap_or_else(|| panic!("no {from:?}"));
    after.split_once(to).map_or(after, |(section, _)| section)
}

#[test]
fn the_table_of_results_has_every_code_and_no_other() {
    let guide = read("docs/integration.md");
    let listed = codes(section(&guide, "## 7. ", "\n## "));
    let api = read("docs/visitor-api.md");
    let mut expected = codes(section(&api, "\nFailure: ", "\n`reason` is"));
    assert!(expected.contains("TOKEN_EXPIRED"), "{expected:?}");
    // Those that the tag gives by itself.
    for piece in read("web/loader/src/results.ts").split("code: \"").skip(1) {
        expected.insert(piece.split_once('"').unwrap().0.to_owned());
    }
    assert_eq!(listed, expected);
}

#[test]
fn the_guide_names_no_command_that_does_not_exist() {
    let guide = read("docs/integration.md");
    let prose: String = guide.split("```").step_by(2).collect();
    let mut commands: BTreeSet<Vec<&str>> = BTreeSet::new();
    for code in prose.split('`').skip(1).step_by(2).filter_map(|code| code.strip_prefix("signet ")) {
        let is_word =
            |word: &&str| word.chars().all(|character| character.is_ascii_lowercase() || character == '-');
        commands.insert(
            code.split(' ').take(2).take_while(|word| is_word(word) && !word.starts_with('-')).collect(),
        );
    }
    assert!(commands.len() > 3, "{commands:?}");
    for command in commands {
        let output = Command::new(BINARY).args(&command).arg("--help").output().unwrap();
        assert!(output.status.success(), "signet {}", command.join(" "));
    }
}

#[test]
fn the_tag_and_the_policy_are_those_that_the_browser_tests_use() {
    let guide = read("docs/integration.md");
    let brand = read("web/e2e/harness/brand.mjs");
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    let tag = section(&brand, "const tag = ({ platformUrl, projectId }) => `", "`;");
    let tag = tag.replace("${projectId}", "shop").replace("${new URL(platformUrl).host}", "127.0.0.1:8080");
    let blocks = blocks(&guide);
    let page = blocks.iter().find(|block| block.role == "file=page.html").unwrap();
    assert!(squeezed(&page.text).contains(&squeezed(&tag)), "{tag}");

    let directive = |text: &str| text.trim().split(' ').next().unwrap_or_default().to_owned();
    let of_brand: BTreeSet<String> = brand
        .lines()
        .filter(|line| line.contains("${[signet"))
        .map(|line| directive(line.trim().trim_matches('`')))
        .collect();
    let policy = blocks.iter().find(|block| block.role == "csp").unwrap();
    let of_guide: BTreeSet<String> = policy
        .text
        .split(';')
        .filter(|part| part.contains("https://chat.example.com"))
        .map(directive)
        .collect();
    assert_eq!(of_guide, of_brand);
    assert_eq!(of_guide.len(), 2);
}

#[test]
fn patterns_match_what_they_say() {
    assert!(matches("a b c\n", "a … c"));
    assert!(matches("{\"x\":1,\"y\":2}", "{…\"y\":2}"));
    assert!(matches("same", "same"));
    assert!(!matches("same and more", "same"));
    assert!(!matches("a b d", "a … c"));
    assert!(!matches("401\n", "200"));
}

/// The mistakes of the troubleshooting table, each made with a token that is otherwise good.
fn mistakes(tokens: &TokenFactory) -> Vec<(&'static str, String)> {
    let (others, _) = TokenFactory::generate();
    let elsewhere = TokenFactory::new(SigningKey::generate().unwrap(), others.encryption_key);
    let now = now_unix_ms();
    let good = || tokens.token("user-1", now);
    let seconds = now / 1_000;
    vec![
        ("TOKEN_NOT_ENCRYPTED", good().build_inner()),
        ("JWE_ALG_NOT_ALLOWED", good().outer_header("alg", "RSA-OAEP").build()),
        ("JWE_ALG_NOT_ALLOWED", good().outer_header("alg", "RSA1_5").build()),
        ("JWE_ALG_NOT_ALLOWED", good().outer_header("alg", "RSA_OAEP_256").build()),
        ("TOKEN_UNDECRYPTABLE", elsewhere.token("user-1", now).without_outer_header("kid").build()),
        ("INNER_NOT_A_JWS", good().content(good().claims_json()).build()),
        ("JWS_KEY_UNKNOWN", good().inner_header("kid", "another").build()),
        ("JWS_SIGNATURE_INVALID", good().signed_by(&elsewhere.signing_key).build()),
        ("CLAIM_PREFIX_MISSING", good().without_claim(USER_ID).claim("userId", "user-1").build()),
        ("USER_ID_NOT_A_STRING", good().claim(USER_ID, 42).build()),
        ("EXP_IN_MILLISECONDS", good().claim("exp", now + 60_000).build()),
        ("LIFETIME_TOO_LONG", good().claim("exp", seconds + 2 * 86_400).build()),
        ("CLOCK_SKEW_SUSPECTED", good().claim("iat", seconds + 300).claim("exp", seconds + 360).build()),
        ("ISSUER_NOT_ALLOWED", good().claim("iss", "https://test.example").build()),
        ("AUDIENCE_MISMATCH", good().claim("aud", "another-shop").build()),
    ]
}

#[tokio::test]
async fn the_mistakes_of_the_troubleshooting_table_are_logged_under_their_names() {
    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "shop").await;
    installation.run(&["project", "set", "shop", "--issuer", "https://shop.example"]).await;
    let served = Served::start(installation, &[]).await;
    let tokens = served.tokens(&project).await;
    let visitor = served.visitor(&project);
    let good = visitor.try_token(&tokens.token("user-1", now_unix_ms()).build()).await.ok();
    assert_eq!(good["session"]["assurance"], "VERIFIED");
    let mut made = BTreeSet::new();
    for (code, token) in mistakes(&tokens) {
        let answer = visitor.try_token(&token).await;
        let correlation =
            answer.body["correlationId"].as_str().unwrap_or_else(|| panic!("{code}: {answer:?}"));
        served.server.logged(correlation).await;
        let logs = served.server.logs();
        let line = logs.lines().find(|line| line.contains(correlation) && line.contains("fine_code"));
        let line: Value =
            serde_json::from_str(line.unwrap_or_default()).expect("the log line of the refusal");
        assert_eq!(line["fine_code"], code, "{line}");
        made.insert(code.to_owned());
    }
    let guide = read("docs/integration.md");
    assert_eq!(
        made,
        codes(section(&guide, "## Troubleshooting", "\n## ")),
        "the table and the mistakes made here"
    );
}
