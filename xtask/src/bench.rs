//! Benchmarks by name. They print ratios against a reference measured in the same run; none is a test.

use crate::install;
use crate::process::Run;
use crate::workspace::Workspace;
use anyhow::{Result, bail};

struct Bench {
    name: &'static str,
    measures: &'static str,
}

const BENCHES: [Bench; 7] = [
    Bench {
        name: "activation",
        measures: "opening and using a visitor session, against raw RSA-2048 operations",
    },
    Bench {
        name: "profiles",
        measures: "what the strict profile costs an activation, against the compatible one",
    },
    Bench {
        name: "messages",
        measures: "a message in, durably stored, delivered, against Node ws with PostgreSQL",
    },
    Bench {
        name: "commits",
        measures: "group commit of the store, against a commit each and against a raw log",
    },
    Bench { name: "connections", measures: "memory of idle sockets with a session each" },
    Bench { name: "timing", measures: "whether failures of decryption can be told apart by their time" },
    Bench {
        name: "door",
        measures: "whether people and keys can be told from the time of an answer over HTTP",
    },
];

/// Prints the benchmarks.
pub(crate) fn list() {
    for Bench { name, measures } in &BENCHES {
        println!("  {name:<12} {measures}");
    }
}

/// Builds server and benchmark as they ship and runs one, passing further arguments on.
pub(crate) fn run(workspace: &Workspace, name: &str, arguments: &[&str]) -> Result<()> {
    if !BENCHES.iter().any(|bench| bench.name == name) {
        let names: Vec<&str> = BENCHES.iter().map(|bench| bench.name).collect();
        bail!("`{name}` is not a benchmark; there are {}", names.join(", "));
    }
    if name == "commits" {
        let example = ["--package", "signet-store", "--example", "group_commit", "--"];
        let run = ["run", "--release"].into_iter().chain(example);
        return workspace.cargo(run.chain(arguments.iter().copied())).go();
    }
    if name == "messages" {
        install::npm_packages(&workspace.path("crates/bench/peer/node"))?;
    }
    workspace.cargo(["build", "--release", "--package", "signet", "--package", "signet-bench"]).go()?;
    Run::new(workspace.built("release/signet-bench")).args([name]).args(arguments).go()
}
