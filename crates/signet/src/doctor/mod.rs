//! `signet doctor`: what is wrong with an installation, and what to do about it.
//!
//! Invariants:
//! - it changes nothing and makes nothing, but for one file that it writes and removes to see whether the disk takes writes;
//! - every finding has a code of [`checks::ALL`]; what was seen names files, keys and projects, never a secret;
//! - what cannot be looked at is a finding and not the end: one run says everything.

mod address;
pub mod checks;
mod custody;
mod disk;
mod projects;
mod proxy;
mod storage;

use signet_domain::Env;

use crate::config::Config;
pub use checks::Check;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// As it should be.
    Ok,
    /// Worth knowing.
    Note,
    /// Should be changed.
    Warning,
    /// Does not work, or not safely.
    Error,
}

impl Severity {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Something that was found.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What it is.
    pub check: Check,
    /// What was seen.
    pub seen: String,
}

/// Everything that was found.
#[derive(Debug, Default)]
pub struct Report(Vec<Finding>);

impl Report {
    fn add(&mut self, check: Check, seen: impl Into<String>) {
        self.0.push(Finding { check, seen: seen.into() });
    }

    /// The findings in the order in which things were looked at.
    pub fn findings(&self) -> &[Finding] {
        &self.0
    }

    /// The worst of them.
    pub fn worst(&self) -> Severity {
        self.0.iter().map(|finding| finding.check.severity).max().unwrap_or(Severity::Ok)
    }

    /// That the settings cannot be used.
    pub fn of_settings(error: &anyhow::Error) -> Self {
        let mut report = Self::default();
        report.add(checks::SETTINGS_INVALID, format!("{error:#}"));
        report
    }
}

/// Looks at everything. `url` is asked instead of the public address, when the name does not lead to this machine yet.
pub async fn examine(config: &Config, url: Option<&str>, env: &Env) -> Report {
    let mut report = Report::default();
    report.add(checks::SETTINGS_READ, format!("data in {}", config.data_dir.display()));
    disk::examine(config, &mut report);
    let usable = storage::examine(config, env, &mut report).await;
    let keys = custody::examine(config, &mut report).await;
    if usable {
        projects::examine(config, keys.as_ref(), env, &mut report).await;
    }
    address::examine(config, url, keys.as_ref().map(|keys| &*keys.signer), env, &mut report).await;
    report
}
