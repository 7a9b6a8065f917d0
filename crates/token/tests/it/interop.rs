//! Tokens made by other people's tools open. See `interop/README.md`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;

use crate::support::{FIXTURE, NOW, SID, good, in_ci, open};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../interop")
}

/// Says that a tool is missing; in CI that is a failure.
fn skip(what: &str) {
    assert!(!in_ci(), "{what} is missing");
    eprintln!("SKIPPED: {what} is missing");
}

/// The base64 of a PEM block on one line.
fn body(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with("-----")).collect()
}

/// Runs a program that makes tokens; gives its lines as name and token.
fn tokens_of(mut command: Command, what: &str) -> Option<Vec<(String, String)>> {
    let claims = good()
        .visitor_data(json!({ "firstName": "Zoë", "city": "Nantes" }))
        .claim("iat", NOW)
        .claim("aud", SID)
        .claims_json();
    let input = [
        body(&FIXTURE.factory.signing_key.to_pem().unwrap()),
        body(&FIXTURE.platform.to_public_pem().unwrap()),
        FIXTURE.factory.signing_key.verification_key().key_id().unwrap().to_owned(),
        FIXTURE.platform.fingerprint().to_string(),
        claims.clone(),
        claims.replace('/', "\\/"),
    ];
    let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = spawned else {
        skip(what);
        return None;
    };
    child.stdin.take().unwrap().write_all(format!("{}\n", input.join("\n")).as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    Some(
        lines
            .lines()
            .map(|line| line.split_once(' ').unwrap())
            .map(|(n, t)| (n.to_owned(), t.to_owned()))
            .collect(),
    )
}

/// Opens every token and holds it against what was put in.
fn all_open(tokens: &[(String, String)], names: &[&str]) {
    assert_eq!(tokens.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), names);
    for (name, token) in tokens {
        let checked = open(token).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(checked.user_id(), "user-1", "{name}");
        assert_eq!(checked.visitor_data().first_name.as_deref(), Some("Zoë"), "{name}");
        assert_eq!(checked.issued_at(), Some(NOW), "{name}");
    }
}

#[test]
fn npm_jose() {
    let folder = folder().join("node");
    if !folder.join("node_modules/jose").is_dir() {
        return skip("npm jose (npm ci in interop/node)");
    }
    let mut command = Command::new("node");
    command.arg(folder.join("make-tokens.mjs"));
    if let Some(tokens) = tokens_of(command, "node") {
        all_open(&tokens, &["jose-minimal", "jose-escaped", "jose-full", "jose-signjwt", "jose-jwk"]);
    }
}

#[test]
fn python_joserfc_and_jwcrypto() {
    let folder = folder().join("python");
    let python = std::env::var_os("SIGNET_INTEROP_PYTHON")
        .map_or_else(|| folder.join(".venv/bin/python"), PathBuf::from);
    let prepared = Command::new(&python).args(["-c", "import joserfc, jwcrypto"]).output();
    if !prepared.is_ok_and(|output| output.status.success()) {
        return skip("Python with joserfc and jwcrypto (interop/python/.venv)");
    }
    let mut command = Command::new(python);
    command.arg(folder.join("make_tokens.py"));
    if let Some(tokens) = tokens_of(command, "python") {
        let joserfc = ["joserfc-minimal", "joserfc-escaped", "joserfc-full", "joserfc-jwt"];
        let jwcrypto = ["jwcrypto-minimal", "jwcrypto-full", "jwcrypto-jwt"];
        all_open(&tokens, &[&joserfc[..], &jwcrypto].concat());
    }
}

#[test]
fn plain_jdk() {
    let mut command = Command::new("java");
    command.arg("-Dfile.encoding=UTF-8").arg(folder().join("java/MakeTokens.java"));
    if let Some(tokens) = tokens_of(command, "java (JDK 17 or later)") {
        all_open(&tokens, &["jdk-minimal", "jdk-escaped", "jdk-full"]);
    }
}
