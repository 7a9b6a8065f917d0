//! Where things are: the workspace's folders and what `cargo metadata` says of it.

use crate::process::Run;
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The project's folders.
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// Finds the workspace this tool was built from.
    pub(crate) fn find() -> Result<Self> {
        let root =
            Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies outside a workspace")?;
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        Ok(Self { root: root.to_owned(), target })
    }

    /// A path below the workspace's root.
    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.root.join(below)
    }

    /// A path below cargo's build folder.
    pub(crate) fn built(&self, below: &str) -> PathBuf {
        self.target.join(below)
    }

    /// A cargo command in the workspace, with the cargo that runs this tool.
    pub(crate) fn cargo<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Run {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        Run::new(cargo).args(arguments).within(&self.root)
    }

    /// The answer of `cargo metadata` for our own crates; nothing is downloaded for it.
    pub(crate) fn metadata(&self) -> Result<Value> {
        let text = self.cargo(["metadata", "--format-version", "1", "--no-deps"]).read()?;
        serde_json::from_str(&text).context("cargo metadata did not answer in JSON")
    }
}
