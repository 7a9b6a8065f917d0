//! The web packages: types, unit tests, and the build that is committed under `crates/assets/dist`.

use crate::install;
use crate::process::Run;
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const DIST: &str = "crates/assets/dist";

/// An npm script of the web workspace.
pub(crate) fn npm(workspace: &Workspace, script: &str) -> Run {
    Run::new("npm").args(["run", "--silent", script]).within(workspace.path("web"))
}

/// Builds all packages into the folder the server embeds.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    install::web_packages(workspace)?;
    npm(workspace, "build").go()
}

/// Types the desk derives from the GraphQL schema, written anew by its `types` script.
const SCHEMA_TYPES: &str = "web/desk/src/graphql/schema.d.ts";

/// Checks the types of every package, and that those derived from the schema were current.
pub(crate) fn check_types(workspace: &Workspace) -> Result<()> {
    let held = std::fs::read(workspace.path(SCHEMA_TYPES)).unwrap_or_default();
    npm(workspace, "types").go()?;
    if std::fs::read(workspace.path(SCHEMA_TYPES)).is_ok_and(|new| new == held) {
        return Ok(());
    }
    bail!("{SCHEMA_TYPES} was not what the schema gives. It is now; commit it")
}

/// Writes the types derived from the GraphQL schema.
pub(crate) fn write_schema_types(workspace: &Workspace) -> Result<()> {
    install::web_packages(workspace)?;
    npm(workspace, "schema").args(["--workspace", "@signet/desk"]).go()?;
    println!("wrote {SCHEMA_TYPES}");
    Ok(())
}

/// Builds and fails unless the result is, byte for byte, what was there before: what is committed is what the
/// sources give.
pub(crate) fn check_build(workspace: &Workspace) -> Result<()> {
    let dist = workspace.path(DIST);
    let before = contents(&dist)?;
    npm(workspace, "build").go()?;
    let after = contents(&dist)?;
    let changed: Vec<String> = before
        .keys()
        .chain(after.keys())
        .filter(|file| before.get(*file) != after.get(*file))
        .map(|file| file.display().to_string())
        .collect();
    if !changed.is_empty() {
        bail!("{DIST} was not what the sources give: {}. It is now; commit it", changed.join(", "));
    }
    println!("{DIST}: {} files are what the sources give", after.len());
    Ok(())
}

/// Every file below a folder with its bytes.
fn contents(folder: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut files = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next).with_context(|| format!("could not list {}", next.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let bytes =
                    std::fs::read(&path).with_context(|| format!("could not read {}", path.display()))?;
                files.insert(path, bytes);
            }
        }
    }
    Ok(files)
}
