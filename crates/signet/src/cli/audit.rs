//! `signet audit`: whether the audit log is as it was written, and taking it elsewhere.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use signet_app::{Actor, AuditReport, RateLimits};
use signet_domain::ProjectId;

use crate::cli::operator_name;
use crate::cli::output::{self, Record};
use crate::cli::storage::StorageArgs;
use crate::platform::{self, Platform};
use crate::settings::Lifetime;

#[derive(Subcommand, Debug)]
pub(crate) enum AuditCommand {
    /// Find any change, removal or reordering of events; the exit code is 1 if there is one
    Verify(VerifyArgs),
    /// Print the events as JSON Lines
    Export(ExportArgs),
    /// Sign where each chain of events ends now, and print the checkpoints: keep them where nobody can change them
    Sign(StorageArgs),
    /// Remove old events; what is left still verifies
    Prune(PruneArgs),
}

#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    /// File with checkpoints that were kept elsewhere, one a line
    #[arg(long, value_name = "FILE")]
    checkpoints: Option<PathBuf>,
    #[command(flatten)]
    storage: StorageArgs,
}

#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    /// Site id [default: every project and the platform]
    #[arg(long)]
    project: Option<ProjectId>,
    #[command(flatten)]
    storage: StorageArgs,
}

#[derive(Args, Debug)]
pub(crate) struct PruneArgs {
    /// How old an event must be to be removed, such as 400d
    #[arg(long, value_name = "DURATION")]
    older_than: Lifetime,
    #[command(flatten)]
    storage: StorageArgs,
}

pub(crate) async fn run(command: AuditCommand) -> anyhow::Result<ExitCode> {
    match command {
        AuditCommand::Verify(args) => return verify(args).await,
        AuditCommand::Export(args) => export(args).await,
        AuditCommand::Sign(storage) => sign(storage).await,
        AuditCommand::Prune(args) => prune(args).await,
    }
    .map(|()| ExitCode::SUCCESS)
}

async fn verify(args: VerifyArgs) -> anyhow::Result<ExitCode> {
    let config = args.storage.resolve()?;
    // Without the keystore the chains can still be walked; only signatures cannot be checked.
    let verifier = if config.keystore.exists() {
        let keystore = platform::open_keystore(&config).await?;
        Some(keystore.audit_verifier().context("read the platform's signing keys")?)
    } else {
        None
    };
    let kept = args.checkpoints.as_deref().map(read_checkpoints).transpose()?.unwrap_or_default();
    let operator = args.storage.open().await?;
    let report = operator.app().verify_audit(verifier.as_ref(), &kept).await;
    operator.close().await;
    let report = report.context("read the audit log")?;
    show(&report, verifier.is_some(), args.storage.json)?;
    Ok(if report.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read_checkpoints(path: &Path) -> anyhow::Result<Vec<String>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("read the checkpoints in {}", path.display()))?;
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

fn show(report: &AuditReport, signatures: bool, json: bool) -> anyhow::Result<()> {
    let faults = report.faults.iter().map(|fault| {
        serde_json::json!({
            "chain": fault.chain, "first": fault.first, "last": fault.last, "fault": fault.kind.as_str(),
        })
    });
    if json {
        let record = Record::default()
            .with("intact", report.faults.is_empty())
            .with("chains", report.chains)
            .with("events", report.events)
            .with("checkpoints", report.checkpoints)
            .with("signaturesChecked", signatures)
            .with("faults", faults.collect::<Vec<_>>());
        return output::record(record, true);
    }
    for fault in &report.faults {
        let chain = if fault.chain.is_empty() { "platform" } else { &fault.chain };
        let events = if fault.first == fault.last {
            format!("event {}", fault.first)
        } else {
            format!("events {} to {}", fault.first, fault.last)
        };
        output::line(&format!("{chain}, {events}: {} ({})", fault.kind.sentence(), fault.kind.as_str()))?;
    }
    let verdict = if report.faults.is_empty() { "Intact" } else { "NOT INTACT" };
    let AuditReport { events, chains, checkpoints, .. } = report;
    output::line(&format!("{verdict}: {events} events in {chains} chains, {checkpoints} checkpoints."))?;
    if !signatures {
        output::line("There is no keystore here, so the checkpoints' signatures were not checked.")?;
    }
    Ok(())
}

async fn export(args: ExportArgs) -> anyhow::Result<()> {
    let operator = args.storage.open().await?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let exported = operator
        .app()
        .export_audit(args.project.as_ref(), &Actor::operator(&operator_name()), |lines| {
            lines.iter().try_for_each(|line| writeln!(out, "{line}"))
        })
        .await;
    operator.close().await;
    exported.context("export the audit log")?;
    out.flush().context("export the audit log")
}

async fn sign(storage: StorageArgs) -> anyhow::Result<()> {
    let platform = Platform::open(&storage.resolve()?).await?;
    let app = platform.app(crate::environment::system(), "", RateLimits::default()).await?;
    let signed = app.sign_audit(std::time::Duration::ZERO).await;
    platform.store.close().await;
    for checkpoint in signed.context("sign the audit log")? {
        output::line(&checkpoint)?;
    }
    Ok(())
}

async fn prune(args: PruneArgs) -> anyhow::Result<()> {
    let operator = args.storage.open().await?;
    let removed = operator.app().prune_audit(args.older_than.0, &Actor::operator(&operator_name())).await;
    operator.close().await;
    let removed = removed.context("remove old events")?;
    output::record(Record::default().with("removed", removed), args.storage.json)
}
