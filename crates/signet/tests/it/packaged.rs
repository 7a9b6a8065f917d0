//! The configurations of reverse proxies that `packaging/` ships, and what tests alter in them.

use std::path::Path;
use std::process::Command;

use crate::tls::{issue, make_authority};

/// Whether a program is installed, which says loudly if it is not. `version` is how it is asked for its version.
#[expect(clippy::print_stderr, reason = "a test that did not run must say so")]
pub(crate) fn is_installed(program: &str, version: &str) -> bool {
    let there = Command::new(program).arg(version).output().is_ok();
    if !there {
        eprintln!("SKIPPED: {program} is not installed");
    }
    there
}

/// A shipped file. Beside it, `folder` is made, with an authority and the certificate `server` of its own.
pub(crate) fn shipped(name: &str, folder: &Path) -> String {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../packaging")).join(name);
    std::fs::create_dir_all(folder).unwrap();
    make_authority(folder);
    issue(folder, "server");
    std::fs::read_to_string(path).unwrap()
}

/// Puts one text in the place of another, which must be there.
pub(crate) fn place(from: &str, to: &str, text: &str) -> String {
    assert!(text.contains(from), "the shipped configuration has {from}");
    text.replace(from, to)
}
