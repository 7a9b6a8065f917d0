//! The published conformance vectors of `conformance/`, run against the verifier of this crate; and the suite itself:
//! that it covers every code, and that it can be made anew.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers fail the test that called them"
)]

mod generate;
mod serve;
#[path = "../../../testkit/src/token_factory.rs"]
#[expect(dead_code, unreachable_pub, reason = "tests of other crates use all of it")]
mod token_factory;
mod vector;
mod verify;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;

use signet_token::{ClaimsFault, EnvelopeFault, SignatureFault};

use crate::vector::{Answer, Suite};

/// Runs every vector, and says which are not met.
fn run(suite: &Suite) {
    let mut wrong = Vec::new();
    for vector in suite.all() {
        let found = verify::answer(&suite.request(vector)).expect("a request of the contract");
        if !vector.expect.is_met_by(&found) {
            wrong.push(format!("{} {}: {:?}, found {found:?}", vector.id, vector.title, vector.expect));
        }
    }
    assert!(wrong.is_empty(), "{} vectors are not met:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_published_vector_is_met() {
    run(&Suite::read(&Suite::folder()));
}

#[test]
fn the_suite_can_be_made_anew_with_fresh_keys() {
    let fresh = generate::suite();
    run(&fresh);
    // Same vectors in the same order: the published ones are up to date with the generator.
    let published = Suite::read(&Suite::folder());
    let outline = |suite: &Suite| -> Vec<(String, String)> {
        suite.all().map(|vector| (vector.id.clone(), vector.title.clone())).collect()
    };
    assert_eq!(outline(&fresh), outline(&published), "run the generator again");
    // What is written can be read.
    let folder = tempfile::tempdir().unwrap();
    generate::write(&fresh, folder.path()).unwrap();
    run(&Suite::read(folder.path()));
}

#[test]
fn it_has_at_least_300_vectors_most_of_them_hostile_and_no_two_alike() {
    let suite = Suite::read(&Suite::folder());
    let total = suite.all().count();
    let hostile = suite.all().filter(|vector| matches!(vector.expect, Answer::Refused { .. })).count();
    assert!(total >= 300, "{total}");
    assert!(hostile * 2 > total, "{hostile} of {total}");
    let ids: BTreeSet<&str> = suite.all().map(|vector| vector.id.as_str()).collect();
    assert_eq!(ids.len(), total, "an id stands twice");
    let inputs: BTreeSet<String> = suite.all().map(|vector| suite.request(vector).to_string()).collect();
    assert_eq!(inputs.len(), total, "two vectors ask the same");
}

#[test]
fn every_code_of_the_verifier_has_a_vector() {
    let suite = Suite::read(&Suite::folder());
    let covered: BTreeSet<String> = suite
        .all()
        .filter_map(|vector| match &vector.expect {
            Answer::Refused { fine_code, .. } => Some(fine_code.clone()),
            Answer::Accepted { .. } => None,
        })
        .collect();
    let declared = EnvelopeFault::ALL
        .iter()
        .map(|fault| fault.fine_code())
        .chain(SignatureFault::ALL.iter().map(|fault| fault.fine_code()))
        .chain(ClaimsFault::ALL.iter().map(|fault| fault.fine_code()))
        .chain(["TOKEN_UNDECRYPTABLE", "TOKEN_EXPIRED"]);
    let missing: Vec<&str> = declared.filter(|code| !covered.contains(*code)).collect();
    assert!(missing.is_empty(), "no vector for {missing:?}");
}

#[test]
fn a_request_that_is_not_one_is_said_to_be_none() {
    let suite = Suite::read(&Suite::folder());
    let good = suite.request(suite.all().next().unwrap());
    assert!(verify::answer(&good).is_some());
    for name in ["policy", "platformKeys", "projectKeys", "siteId", "now", "token"] {
        let mut request = good.clone();
        request[name] = serde_json::Value::Null;
        assert!(verify::answer(&request).is_none(), "{name}");
    }
}

/// Runs the Node runner against a verifier; gives its exit status and what it printed.
fn node_runner(verifier: serve::Verifier) -> Option<(Option<i32>, String)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || serve::serve(&listener, verifier));
    let Ok(output) = Command::new("node").arg(Suite::folder().join("run.mjs")).arg(address).output() else {
        assert!(std::env::var_os("CI").is_none(), "node is missing");
        return None;
    };
    Some((output.status.code(), String::from_utf8(output.stdout).unwrap()))
}

#[test]
fn the_runner_in_another_language_agrees_over_http() {
    let Some((status, output)) = node_runner(verify::answer) else { return };
    assert_eq!(status, Some(0), "{output}");
    assert!(output.contains(" 0 not"), "{output}");
}

#[test]
fn the_runner_in_another_language_is_not_easily_pleased() {
    let believer: serve::Verifier = |_| Some(Answer::Accepted { claims: BTreeMap::new() });
    let sceptic: serve::Verifier = |_| {
        let code = "TOKEN_UNDECRYPTABLE".to_owned();
        Some(Answer::Refused { fine_code: code.clone(), code })
    };
    for verifier in [believer, sceptic, |_| None] {
        let Some((status, output)) = node_runner(verifier) else { return };
        assert_eq!(status, Some(1), "{output}");
    }
}
