//! The browser tests: the real binary, Debian's Chromium, Node's own test runner.

use crate::process::{Run, find_program};
use crate::steps::Closing;
use crate::web;
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use std::path::PathBuf;

/// The browser: what `CHROMIUM` names, else Debian's.
pub(crate) fn chromium() -> Option<PathBuf> {
    match std::env::var_os("CHROMIUM") {
        Some(path) => Some(PathBuf::from(path)).filter(|path| path.is_file()),
        None => find_program("chromium"),
    }
}

/// Builds the web packages and the binary as `cargo run` does, then runs the tests.
pub(crate) fn run(workspace: &Workspace, filter: Option<&str>) -> Result<()> {
    prepare(workspace)?;
    tests(workspace, filter)?;
    Ok(())
}

/// Walks the screens and keeps pictures in `web/test-results/screenshots`.
pub(crate) fn screenshots(workspace: &Workspace) -> Result<()> {
    prepare(workspace)?;
    node(workspace)?.args(["screenshots.mjs"]).go()
}

/// Runs the tests against the binary that is built already; gives the runner's closing lines.
pub(crate) fn tests(workspace: &Workspace, filter: Option<&str>) -> Result<Closing> {
    forget_failures(workspace)?;
    let files = test_files(workspace)?;
    let named: Vec<String> =
        files.iter().filter(|file| filter.is_none_or(|wanted| file.contains(wanted))).cloned().collect();
    // One file at a time: each has a server and a browser of its own, and machines may have two cores.
    let mut run = node(workspace)?.args([
        "--test",
        "--test-concurrency=1",
        "--test-reporter=spec",
        "--test-timeout=300000",
    ]);
    if named.is_empty() {
        run = run.args(["--test-name-pattern", filter.unwrap_or_default()]).args(&files);
    } else {
        run = run.args(&named);
    }
    let closing = run.watch(is_closing_line)?;
    if !closing.iter().any(|line| line.starts_with("ℹ pass ") && line != "ℹ pass 0") {
        bail!("no browser test ran");
    }
    Ok(closing)
}

/// Removes what an earlier run kept of its failures.
fn forget_failures(workspace: &Workspace) -> Result<()> {
    match std::fs::remove_dir_all(workspace.path("web/test-results/failures")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).context("could not remove web/test-results/failures")
        }
        _ => Ok(()),
    }
}

/// The last lines of Node's test runner.
fn is_closing_line(line: &str) -> bool {
    ["ℹ tests ", "ℹ pass ", "ℹ fail ", "ℹ skipped "].iter().any(|start| line.starts_with(start))
}

fn prepare(workspace: &Workspace) -> Result<()> {
    web::build(workspace)?;
    workspace.cargo(["build", "--package", "signet"]).go().context("the binary does not build")?;
    Ok(())
}

fn node(workspace: &Workspace) -> Result<Run> {
    let chromium = chromium()
        .context("Chromium was not found; install Debian's `chromium` or set CHROMIUM to its path")?;
    Ok(Run::new("node")
        .within(workspace.path("web/e2e"))
        .env("CHROMIUM", chromium)
        .env("SIGNET_BINARY", workspace.built("debug/signet")))
}

fn test_files(workspace: &Workspace) -> Result<Vec<String>> {
    let folder = workspace.path("web/e2e/tests");
    let entries =
        std::fs::read_dir(&folder).with_context(|| format!("could not list {}", folder.display()))?;
    let mut files: Vec<String> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.ends_with(".test.mjs"))
        .map(|name| format!("tests/{name}"))
        .collect();
    files.sort();
    Ok(files)
}
