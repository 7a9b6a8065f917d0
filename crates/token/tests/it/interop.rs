//! Tokens made by other people's tools open. See `interop/README.md`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;

use signet_token::{KeyManagement, Policy, SignatureAlgorithm};

use crate::algorithms::Brand;
use crate::support::{FIXTURE, NOW, SID, good, in_ci, open, open_with};

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

/// Runs a program that makes tokens of the compatible profile; gives its lines as name and token.
fn tokens_of(command: Command, what: &str) -> Option<Vec<(String, String)>> {
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
    lines_of(command, &format!("{}\n", input.join("\n")), what)
}

/// Gives a program its input and reads its lines as name and token.
fn lines_of(mut command: Command, input: &str, what: &str) -> Option<Vec<(String, String)>> {
    let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = spawned else {
        skip(what);
        return None;
    };
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let pairs = lines.lines().map(|line| line.split_once(' ').unwrap());
    Some(pairs.map(|(name, token)| (name.to_owned(), token.to_owned())).collect())
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

/// Has a program make a token for every pair of algorithms, and opens them all.
fn every_pair_opens(command: Command, what: &str) {
    let brands: Vec<Brand> = SignatureAlgorithm::ALL
        .into_iter()
        .map(|signature| Brand::new(signature, KeyManagement::RsaOaep256))
        .collect();
    let recipients: Vec<Brand> = KeyManagement::ALL
        .into_iter()
        .map(|management| Brand::new(SignatureAlgorithm::EdDsa, management))
        .collect();
    let signer = |brand: &Brand| {
        let key = &brand.factory.signing_key;
        let alg = key.verification_key().algorithm().name();
        json!({ "alg": alg, "pem": key.to_pem().unwrap().as_str(), "kid": "brand-1" })
    };
    let order = json!({
        "claims": brands[0].good().claims_json(),
        "typ": signet_token::visitor_token::STRICT_TYPE,
        "signers": brands.iter().map(signer).collect::<Vec<_>>(),
        "recipients": recipients.iter().map(|brand| brand.public_jwk.clone()).collect::<Vec<_>>(),
    });
    let Some(tokens) = lines_of(command, &order.to_string(), what) else { return };
    let pairs = brands.iter().flat_map(|brand| recipients.iter().map(move |recipient| (brand, recipient)));
    let mut opened = 0;
    for ((name, token), (brand, recipient)) in tokens.iter().zip(pairs) {
        let (signature, management) = (brand.key().algorithm(), recipient.factory.encryption_key.algorithm());
        assert!(name.starts_with(signature.name()), "{name}");
        let policy = Policy {
            signature_algorithms: vec![signature],
            key_management: vec![management],
            ..Policy::strict()
        };
        let checked = open_with(token, &policy, recipient.platform.as_ref(), &[brand.key()]);
        assert_eq!(checked.unwrap_or_else(|error| panic!("{name}: {error}")).user_id(), "user-1");
        opened += 1;
    }
    assert_eq!(opened, 12, "{what} made a token for every pair");
}

#[test]
fn npm_jose_with_every_pair_of_algorithms() {
    let folder = folder().join("node");
    if !folder.join("node_modules/jose").is_dir() {
        return skip("npm jose (npm ci in interop/node)");
    }
    let mut command = Command::new("node");
    command.arg(folder.join("make-strict-tokens.mjs"));
    every_pair_opens(command, "node");
}

#[test]
fn python_joserfc_with_every_pair_of_algorithms() {
    let Some(python) = python() else { return };
    let mut command = Command::new(python);
    command.arg(folder().join("python/make_strict_tokens.py"));
    every_pair_opens(command, "python");
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

/// A Python with what the programs import.
fn python() -> Option<PathBuf> {
    let python = std::env::var_os("SIGNET_INTEROP_PYTHON")
        .map_or_else(|| folder().join("python/.venv/bin/python"), PathBuf::from);
    let prepared = Command::new(&python).args(["-c", "import joserfc, jwcrypto"]).output();
    if prepared.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    skip("Python with joserfc and jwcrypto (interop/python/.venv)");
    None
}

#[test]
fn python_joserfc_and_jwcrypto() {
    let Some(python) = python() else { return };
    let mut command = Command::new(python);
    command.arg(folder().join("python/make_tokens.py"));
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
