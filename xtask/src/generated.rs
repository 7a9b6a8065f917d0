//! Generated files: written by what owns their source, compared in continuous integration.

use crate::process::Run;
use crate::workspace::Workspace;
use crate::{attacks, web};
use anyhow::{Context, Result, bail};

/// An example program and the file that holds what it prints.
const FILES: [(&str, &str); 6] = [
    ("sdl", "crates/graphql/schema.graphql"),
    ("visitor_types", "web/protocol/src/visitor.ts"),
    ("token_errors", "docs/token-errors.md"),
    ("rights", "docs/rights.md"),
    ("settings", "docs/settings.md"),
    ("doctor", "docs/doctor.md"),
];

/// Writes every generated file.
pub(crate) fn write(workspace: &Workspace) -> Result<()> {
    for (file, text) in produce(workspace)? {
        std::fs::write(workspace.path(file), text).with_context(|| format!("could not write {file}"))?;
        println!("wrote {file}");
    }
    web::write_schema_types(workspace)
}

/// Fails when a generated file is not what its source gives now.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut stale = Vec::new();
    for (file, text) in produce(workspace)? {
        let held = std::fs::read_to_string(workspace.path(file)).unwrap_or_default();
        if held == text {
            println!("{file} is current");
            continue;
        }
        let line = held.lines().zip(text.lines()).take_while(|(held, new)| held == new).count() + 1;
        stale.push(format!("{file} (from line {line})"));
    }
    if !stale.is_empty() {
        bail!("out of date: {}. Run `cargo xtask gen` and commit the result", stale.join(", "));
    }
    Ok(())
}

/// Builds with the whole workspace's features, as the tests do, so that nothing is compiled twice.
fn produce(workspace: &Workspace) -> Result<Vec<(&'static str, String)>> {
    workspace.cargo(["build", "--workspace", "--examples", "--bins"]).go()?;
    let mut files = vec![(attacks::FILE, attacks::page(workspace)?)];
    for (example, file) in FILES {
        files.push((file, Run::new(workspace.built(&format!("debug/examples/{example}"))).read()?));
    }
    Ok(files)
}
