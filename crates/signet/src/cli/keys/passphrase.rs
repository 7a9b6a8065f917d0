//! `signet keys passphrase`: what opens the keystore.

use std::path::PathBuf;

use anyhow::{Context as _, bail, ensure};
use clap::{Args, Subcommand};
use signet_app::{Actor, App};
use signet_custody::{Keystore, KeystoreError, Passphrase};
use zeroize::Zeroizing;

use super::existing;
use crate::cli::operator_name;
use crate::cli::output::{self, Record};
use crate::cli::storage::StorageArgs;
use crate::config::Config;
use crate::secrets::NEW_KEYSTORE_PASSPHRASE;

#[derive(Subcommand, Debug)]
pub(crate) enum PassphraseCommand {
    /// Encrypt the keystore under a new passphrase; the old one no longer opens it
    Change(ChangeArgs),
}

#[derive(Args, Debug)]
pub(crate) struct ChangeArgs {
    /// File whose first line is the new passphrase; SIGNET_NEW_KEYSTORE_PASSPHRASE in the environment goes before it
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    storage: StorageArgs,
}

pub(super) async fn run(command: PassphraseCommand) -> anyhow::Result<()> {
    let PassphraseCommand::Change(args) = command;
    let config = args.storage.resolve()?;
    existing(&config)?;
    let new = new_passphrase(&args)?;
    let old = config.keystore_passphrase()?;
    ensure!(*new != *old, "the new passphrase is the old one");
    // Nothing is changed that could not be written down.
    let changed = async |app: &App| {
        change(&config, old, new).await?;
        let noted = app.keystore_passphrase_changed(&Actor::operator(&operator_name())).await;
        noted.context(
            "the passphrase is changed, and the audit log does not say so yet: run the command again",
        )
    };
    args.storage.with_app(changed).await?;
    let keystore = config.keystore.display().to_string();
    output::record(
        Record::default().with("keystore", keystore).with("passphrase", "CHANGED"),
        args.storage.json,
    )?;
    if args.storage.json {
        return Ok(());
    }
    output::line(
        "\nPut the new passphrase where the platform reads it, then restart it: until then it goes on with the keys it has and takes no changes of \
         them. Backups that were made before need the old passphrase.",
    )
}

fn new_passphrase(args: &ChangeArgs) -> anyhow::Result<Zeroizing<String>> {
    if let Some(passphrase) = NEW_KEYSTORE_PASSPHRASE.in_environment()? {
        return Ok(passphrase);
    }
    match &args.new_passphrase_file {
        Some(file) => NEW_KEYSTORE_PASSPHRASE.in_file(file),
        None => bail!("there is no new passphrase: name its file with --new-passphrase-file"),
    }
}

/// Changes it, unless an attempt that was cut off has done so already.
async fn change(config: &Config, old: Zeroizing<String>, new: Zeroizing<String>) -> anyhow::Result<()> {
    let path = config.keystore.clone();
    let (old, new) = (Passphrase::new(old.as_str()), Passphrase::new(new.as_str()));
    // Argon2id takes a tenth of a second each time: not on a thread that serves others.
    tokio::task::spawn_blocking(move || match Keystore::open_or_create(&path, &old) {
        Ok(mut keystore) => keystore.change_passphrase(&new),
        Err(wrong @ KeystoreError::WrongPassphrase) => {
            Keystore::open_or_create(&path, &new).map(drop).map_err(|_| wrong)
        }
        Err(error) => Err(error),
    })
    .await
    .context("change the passphrase")?
    .with_context(|| format!("change the passphrase of the keystore {}", config.keystore.display()))
}
