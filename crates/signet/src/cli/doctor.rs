//! `signet doctor`.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::cli::output::{self, Record};
use crate::cli::storage::StorageArgs;
use crate::doctor::{self, Report, Severity};

/// Where the findings are explained.
const PAGE: &str = "docs/doctor.md";

#[derive(Args, Debug)]
#[command(after_help = "Exits with 0 if all is well or worth a note, 1 for warnings, 2 for errors. \
                        Run it as the user that Signet runs as, with the settings that it has.")]
pub(crate) struct DoctorArgs {
    /// Ask the platform at this address instead of its public one
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    #[command(flatten)]
    storage: StorageArgs,
}

pub(crate) async fn run(args: DoctorArgs) -> anyhow::Result<ExitCode> {
    let report = match args.storage.resolve() {
        Ok(config) => {
            let env = crate::environment::system();
            // The future holds every examination.
            Box::pin(doctor::examine(&config, args.url.as_deref(), &env)).await
        }
        Err(error) => Report::of_settings(&error),
    };
    if args.storage.json {
        print_json(&report)?;
    } else {
        print_lines(&report)?;
    }
    Ok(match report.worst() {
        Severity::Ok | Severity::Note => ExitCode::SUCCESS,
        Severity::Warning => ExitCode::from(1),
        Severity::Error => ExitCode::from(2),
    })
}

fn print_json(report: &Report) -> anyhow::Result<()> {
    let findings = report.findings().iter().map(|finding| {
        let check = finding.check;
        json!({
            "code": check.code, "severity": check.severity.as_str(), "seen": finding.seen,
            "meaning": check.meaning, "fix": check.fix, "documentation": format!("{PAGE}#{}", check.anchor()),
        })
    });
    let record = Record::default()
        .with("worst", report.worst().as_str())
        .with("findings", findings.collect::<Vec<_>>());
    output::record(record, true)
}

fn print_lines(report: &Report) -> anyhow::Result<()> {
    for finding in report.findings() {
        let check = finding.check;
        output::line(&format!("{:<8} {}  {}", check.severity.as_str(), check.code, finding.seen))?;
        if check.severity > Severity::Ok {
            output::line(&format!("         {}", check.meaning))?;
            output::line(&format!("         Do: {}", check.fix))?;
        }
    }
    let count = |severity| report.findings().iter().filter(|found| found.check.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    output::line(&format!("\n{errors} errors, {warnings} warnings. {PAGE} explains every code."))
}
