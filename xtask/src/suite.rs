//! `cargo xtask test`: everything that must hold, quick checks first, stopping at the first failure.

use crate::process::Run;
use crate::steps::{Closing, Steps};
use crate::workspace::Workspace;
use crate::{e2e, generated, hsm, install, layers, web};
use anyhow::Result;

/// Installs what is needed, then runs every step.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let mut steps = Steps::default();
    steps.run("install", || quiet(install::everything(workspace)))?;
    steps.run("format", || quiet(workspace.cargo(["fmt", "--all", "--check"]).go()))?;
    steps.run("layers", || quiet(layers::check(workspace)))?;
    steps.run("web types", || quiet(web::check_types(workspace)))?;
    steps.run("web unit tests", || web::npm(workspace, "test").watch(is_vitest_closing))?;
    steps.run("web build", || quiet(web::check_build(workspace)))?;
    steps.run("clippy", || quiet(clippy(workspace).go()))?;
    steps.run("fuzz targets", || quiet(fuzz_targets(workspace).go()))?;
    steps.run("generated files", || quiet(generated::check(workspace)))?;
    // `cargo test`, not a process per test: a binary's tests share the PostgreSQL server they start.
    steps.run("Rust tests", || {
        workspace.cargo(["test", "--workspace", "--no-fail-fast"]).watch(is_cargo_closing)
    })?;
    steps.run("PKCS#11 tests", || hsm::tests(workspace)?.watch(is_cargo_closing))?;
    steps.run("browser tests", || e2e::tests(workspace, None))?;
    steps.finish();
    Ok(())
}

fn clippy(workspace: &Workspace) -> Run {
    workspace.cargo(["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"])
}

/// They are a workspace of their own, which a change of the token crate could leave behind unnoticed.
fn fuzz_targets(workspace: &Workspace) -> Run {
    let check = ["check", "--quiet", "--locked", "--manifest-path", "fuzz/Cargo.toml", "--bins"];
    workspace.cargo(check).env("CARGO_TARGET_DIR", workspace.built("fuzz"))
}

fn quiet(outcome: Result<()>) -> Result<Closing> {
    outcome.map(|()| Closing::new())
}

fn is_vitest_closing(line: &str) -> bool {
    line.starts_with("Test Files ") || line.starts_with("Tests ")
}

/// Lines of test binaries that ran something; empty ones are noise.
fn is_cargo_closing(line: &str) -> bool {
    line.starts_with("test result: ") && !line.contains(" 0 passed; 0 failed; 0 ignored;")
}
