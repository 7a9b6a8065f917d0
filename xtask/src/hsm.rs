//! Custody in a PKCS#11 module: builds Kryoptic, a token in software, and runs the tests that use it.

use crate::process::Run;
use crate::workspace::Workspace;
use anyhow::Result;

/// The tests, ready to run: those of custody, and those of a platform that serves. Only what the feature `hsm` changes is compiled for them, and
/// not the whole workspace again.
pub(crate) fn tests(workspace: &Workspace) -> Result<Run> {
    let build = Run::new("cargo")
        .args(["build", "--locked", "--target-dir"])
        .args([&workspace.path("target/kryoptic")]);
    build.within(workspace.path("interop/kryoptic")).go()?;
    let packages = ["test", "--package", "signet-custody", "--package", "signet"];
    Ok(workspace.cargo([&packages[..], &["--features", "hsm", "pkcs11"]].concat()))
}
