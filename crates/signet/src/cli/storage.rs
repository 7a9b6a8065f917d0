//! Which database a command works on, and bringing it up to date.

use std::path::PathBuf;

use clap::Args;

use crate::cli::output;
use crate::config::{Config, Settings};
use crate::platform::Operator;

/// Where the data is.
#[derive(Args, Debug, Clone)]
pub(crate) struct StorageArgs {
    /// Settings file in TOML, the same as for `signet serve`
    #[arg(short, long, env = "SIGNET_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where data lives: `sqlite:PATH` or `postgres://user@host/database` [default: signet.db in the data directory]
    #[arg(long, env = "SIGNET_DATABASE", value_name = "ADDRESS", hide_env_values = true)]
    database: Option<String>,
    /// Directory of the embedded database [default: ./signet-data]
    #[arg(long, env = "SIGNET_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

impl StorageArgs {
    /// The settings, with the defaults.
    pub(crate) fn resolve(&self) -> anyhow::Result<Config> {
        let said = Settings {
            database: self.database.clone(),
            data_dir: self.data_dir.clone(),
            ..Settings::default()
        };
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
}

#[derive(Args, Debug)]
pub(crate) struct MigrateArgs {
    #[command(flatten)]
    storage: StorageArgs,
}

pub(crate) async fn migrate(args: MigrateArgs) -> anyhow::Result<()> {
    // Opening is what migrates; the server does the same when it starts.
    args.storage.open().await?.close().await;
    if args.storage.json {
        return output::record(output::Record::default().with("schema", "UP_TO_DATE"), true);
    }
    output::line("The schema is up to date.")
}
