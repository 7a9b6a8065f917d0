//! Custody in a PKCS#11 module: builds Kryoptic, a token in software, and runs the tests that use it.

use crate::process::Run;
use crate::workspace::Workspace;
use anyhow::Result;

/// The tests, ready to run. Only what the feature `hsm` changes is compiled for them, and not the whole workspace again.
pub(crate) fn tests(workspace: &Workspace) -> Result<Run> {
    let build = Run::new("cargo")
        .args(["build", "--locked", "--target-dir"])
        .args([&workspace.path("target/kryoptic")]);
    build.within(workspace.path("interop/kryoptic")).go()?;
    Ok(workspace.cargo(["test", "--package", "signet-custody", "--features", "hsm", "pkcs11"]))
}
