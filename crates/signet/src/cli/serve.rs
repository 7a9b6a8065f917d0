//! `signet serve`.

use std::path::PathBuf;

use clap::Args;

use crate::environment;
use crate::server::{Server, StopSignals};
use crate::settings::Settings;
use crate::telemetry;

#[derive(Args, Debug)]
#[command(after_help = "A flag wins over its environment variable, which wins over the file. \
                        docs/settings.md describes every setting.")]
pub(crate) struct ServeArgs {
    /// Settings file in TOML
    #[arg(short, long, env = "SIGNET_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: Box<Settings>,
}

pub(crate) async fn run(args: ServeArgs) -> anyhow::Result<()> {
    let settings = match &args.config {
        Some(path) => args.settings.or(Settings::from_file(path)?),
        None => *args.settings,
    };
    let config = settings.resolve()?;
    telemetry::start_logging(&config.logging)?;
    let mut signals = StopSignals::listen()?;
    let mut server = tokio::select! {
        server = Server::start(&config, environment::system()) => server?,
        signal = signals.received() => return signal,
    };
    tokio::select! {
        signal = signals.received() => signal?,
        error = server.failed() => return Err(error),
    }
    server.stop().await
}
