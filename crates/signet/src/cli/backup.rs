//! `signet backup`: taking everything the platform knows elsewhere, and bringing it back.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::backup::{self, Manifest};
use crate::cli::output::{self, Record};
use crate::cli::storage::StorageArgs;

#[derive(Subcommand, Debug)]
pub(crate) enum BackupCommand {
    /// Copy database and keystore into a new folder, while the platform runs
    Create(BackupArgs),
    /// Put a backup where the settings say; overwrites nothing
    Restore(BackupArgs),
}

#[derive(Args, Debug)]
pub(crate) struct BackupArgs {
    /// The backup's folder
    folder: PathBuf,
    #[command(flatten)]
    storage: StorageArgs,
}

pub(crate) async fn run(command: BackupCommand) -> anyhow::Result<()> {
    match command {
        BackupCommand::Create(args) => create(&args).await,
        BackupCommand::Restore(args) => restore(&args).await,
    }
}

async fn create(args: &BackupArgs) -> anyhow::Result<()> {
    let config = args.storage.resolve()?;
    let manifest = backup::create(&config, &args.folder, &crate::environment::system()).await?;
    output::record(describe(args, &manifest), args.storage.json)?;
    if args.storage.json {
        return Ok(());
    }
    if manifest.schema.is_none() {
        let dump = args.folder.join("signet.dump");
        output::line(&format!(
            "\nThis is the keystore alone. The database is PostgreSQL's to back up, and that comes first, so that the keystore has every key \
             the dump speaks of:\n\n    pg_dump --format=custom --file={} --dbname=…",
            dump.display()
        ))?;
    }
    output::line(
        "\nThe keystore's passphrase is not in it: keep that apart, or nothing opens the keys again.",
    )
}

async fn restore(args: &BackupArgs) -> anyhow::Result<()> {
    let config = args.storage.resolve()?;
    let (manifest, opened) = backup::restore(&config, &args.folder).await?;
    output::record(describe(args, &manifest).with("passphraseChecked", opened), args.storage.json)?;
    if args.storage.json {
        return Ok(());
    }
    if manifest.schema.is_none() {
        output::line("\nThe database is PostgreSQL's: pg_restore brings it back.")?;
    }
    if manifest.keystore.is_some() && !opened {
        let file = config.passphrase_file();
        output::line(&format!("\nThe keystore needs its passphrase, in {} for example.", file.display()))?;
    }
    Ok(())
}

fn describe(args: &BackupArgs, manifest: &Manifest) -> Record {
    Record::default()
        .with("folder", args.folder.display().to_string())
        .with("createdAt", manifest.created_at.as_str())
        .with("schema", manifest.schema)
        .with("keystore", manifest.keystore.is_some())
}
