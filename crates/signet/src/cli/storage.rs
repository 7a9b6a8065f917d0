//! Which database a command works on, and bringing it up to date.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use signet_app::App;

use crate::cli::output;
use crate::config::Config;
use crate::platform::Operator;
use crate::settings::{CommandSettings, Settings};

/// Where the data and the keys are.
#[derive(Args, Debug, Clone)]
pub(crate) struct StorageArgs {
    /// Settings file in TOML, the same as for `signet serve`
    #[arg(short, long, env = "SIGNET_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: CommandSettings,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

impl StorageArgs {
    /// The settings, with the defaults.
    pub(crate) fn resolve(&self) -> anyhow::Result<Config> {
        let said = Settings::clone(&self.settings.0).or(Settings::from_environment()?);
        match &self.config {
            Some(path) => said.or(Settings::from_file(path)?),
            None => said,
        }
        .resolve()
    }

    /// Opens the database.
    pub(crate) async fn open(&self) -> anyhow::Result<Operator> {
        Operator::open(&self.resolve()?).await
    }

    /// Does something with the database, and lets go of it whatever came of that.
    pub(crate) async fn with_app<T>(
        &self,
        work: impl AsyncFnOnce(&App) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        closing(self.open().await?, work).await
    }

    /// The same with the platform's keys, which are made if there are none.
    pub(crate) async fn with_keys<T>(
        &self,
        work: impl AsyncFnOnce(&App) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        closing(Operator::open_with_keys(&self.resolve()?).await?, work).await
    }
}

async fn closing<T>(
    operator: Operator,
    work: impl AsyncFnOnce(&App) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let done = work(operator.app()).await;
    operator.close().await;
    done
}

#[derive(Args, Debug)]
pub(crate) struct MigrateArgs {
    #[command(flatten)]
    storage: StorageArgs,
}

#[derive(Args, Debug)]
pub(crate) struct CompactArgs {
    #[command(flatten)]
    storage: StorageArgs,
}

/// Writes the embedded database's file anew, whatever its size.
pub(crate) async fn compact(args: CompactArgs) -> anyhow::Result<()> {
    let operator = args.storage.open().await?;
    let compacted = operator.app().compact(u64::MAX).await;
    operator.close().await;
    compacted.context("write the database's file anew")?;
    if args.storage.json {
        return output::record(output::Record::default().with("file", "COMPACT"), true);
    }
    output::line("The database holds no trace of what was erased.")
}

pub(crate) async fn migrate(args: MigrateArgs) -> anyhow::Result<()> {
    // Opening is what migrates; the server does the same when it starts.
    args.storage.open().await?.close().await;
    if args.storage.json {
        return output::record(output::Record::default().with("schema", "UP_TO_DATE"), true);
    }
    output::line("The schema is up to date.")
}
