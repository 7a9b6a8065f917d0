//! Benchmarks by name. They print ratios against a reference measured in the same run; none is a test.

use crate::workspace::Workspace;
use anyhow::{Result, bail};

struct Bench {
    name: &'static str,
    measures: &'static str,
    /// The package and binary that runs it, built with the profile `bench-run`; none: not there yet.
    program: Option<(&'static str, &'static str)>,
}

const BENCHES: [Bench; 3] = [
    Bench {
        name: "activation",
        measures: "opening a secured session, in process and over HTTP, against one raw RSA-2048 operation",
        program: None,
    },
    Bench {
        name: "messages",
        measures: "a message in, durably stored, delivered, against Node ws with PostgreSQL",
        program: None,
    },
    Bench {
        name: "connections",
        measures: "memory of 10,000 idle sockets with a session each",
        program: None,
    },
];

/// Prints the benchmarks.
pub(crate) fn list() {
    for bench in &BENCHES {
        let state = if bench.program.is_some() { "" } else { " (not there yet)" };
        println!("  {:<12} {}{state}", bench.name, bench.measures);
    }
}

/// Runs one, passing further arguments on.
pub(crate) fn run(workspace: &Workspace, name: &str, arguments: &[&str]) -> Result<()> {
    let Some(bench) = BENCHES.iter().find(|bench| bench.name == name) else {
        let names: Vec<&str> = BENCHES.iter().map(|bench| bench.name).collect();
        bail!("`{name}` is not a benchmark; there are {}", names.join(", "));
    };
    let Some((package, binary)) = bench.program else {
        bail!("the benchmark `{name}` is not there yet; it will measure {}", bench.measures);
    };
    let run = ["run", "--profile", "bench-run", "--package", package, "--bin", binary, "--"];
    workspace.cargo(run.iter().chain(arguments).copied()).go()
}
