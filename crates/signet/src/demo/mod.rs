//! `signet demo`: everything a newcomer needs, on loopback, with embedded storage and no other process.
//!
//! The platform and, on a second origin, a small brand shop with its own sign-in and token provider. The shop uses
//! nothing but what any brand's site would: the tag, the platform's public key and a key pair of its own.

mod folder;
mod manifest;
mod people;
mod seed;
mod setup;
mod shop;
mod stories;
mod stories_closed;
mod welcome;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use signet_app::RateLimits;
use tokio::net::TcpListener;

use crate::config::{Config, Logging};
use crate::environment;
use crate::platform::Platform;
use crate::server::{Server, StopSignals};
use crate::settings::{Lifetime, LogFormat, RateLimitSettings, Settings};
use crate::telemetry;
use folder::DemoFolder;
use shop::Shop;

/// Ports that are tried first, so that bookmarks keep working.
const PORT: u16 = 8080;
const SHOP_PORT: u16 = 8081;

/// What `signet demo` takes.
#[derive(Args, Debug)]
pub struct DemoArgs {
    /// Port of the platform, 0 for any free one [default: 8080, or any free one if that is taken]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Port of the shop, 0 for any free one [default: 8081, or any free one if that is taken]
    #[arg(long, value_name = "PORT")]
    shop_port: Option<u16>,
    /// Directory for the data, kept at exit [default: a fresh temporary folder, removed at exit]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Write addresses and credentials to this file as JSON once both servers answer
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// How long a visitor session lasts before identity must be proved again
    #[arg(long, value_name = "DURATION", default_value = "60m")]
    session_lifetime: Lifetime,
    /// How long the shop's visitor tokens are good for
    #[arg(long, value_name = "DURATION", default_value = "1m")]
    token_lifetime: Lifetime,
    /// What is logged, such as `info` or `debug`
    #[arg(long, env = "SIGNET_LOG", value_name = "FILTER", default_value = "warn")]
    log: String,
    /// How log lines look
    #[arg(long, env = "SIGNET_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    log_format: LogFormat,
    #[command(flatten)]
    rate_limits: RateLimitSettings,
}

/// Runs the demo until it is told to stop.
pub async fn run(args: DemoArgs) -> anyhow::Result<()> {
    telemetry::start_logging(&Logging { format: args.log_format, filter: args.log.clone() })?;
    let folder = DemoFolder::open(args.data.as_deref())?;
    let listener = listen("--port", args.port, PORT)?;
    let shop_listener = listen("--shop-port", args.shop_port, SHOP_PORT)?;
    let urls = Urls {
        platform: format!("http://{}", listener.local_addr().context("read the platform's address")?),
        shop: format!("http://{}", shop_listener.local_addr().context("read the shop's address")?),
    };

    let config = config(&args, &folder)?;
    let platform = Platform::open(&config).await?;
    let demo = setup::prepare(&platform, &folder, &urls.platform, args.session_lifetime.0).await?;
    let pem = platform.platform_key_pem()?;
    let mut signals = StopSignals::listen()?;
    let mut server = Server::start_on(&config, platform, listener, environment::system()).await?;
    let shop = Shop::open(&demo, &pem, &urls, args.token_lifetime.0)?.serve(shop_listener);

    let manifest = manifest::build(&demo, &pem, &urls, server.app()).await?;
    if let Some(path) = &args.manifest {
        manifest.write(path)?;
    }
    welcome::print(&manifest, args.manifest.as_deref(), &folder)?;

    tokio::select! {
        signal = signals.received() => signal?,
        error = server.failed() => return Err(error),
    }
    shop.stop().await;
    server.stop().await?;
    folder.leave()
}

/// Where browsers find both servers, without a slash at the end.
pub(crate) struct Urls {
    pub(crate) platform: String,
    pub(crate) shop: String,
}

fn config(args: &DemoArgs, folder: &DemoFolder) -> anyhow::Result<Config> {
    // Every visitor of a demo comes from one address, so what protects a platform from one address would be in the way.
    let limits = RateLimits::default();
    let mut rate_limits = args.rate_limits.clone();
    let or_ten_times = |said: Option<NonZeroU32>, limit: u32| said.or(NonZeroU32::new(limit * 10));
    rate_limits.activations_per_address =
        or_ten_times(rate_limits.activations_per_address, limits.activations_per_address);
    rate_limits.messages_per_address =
        or_ten_times(rate_limits.messages_per_address, limits.messages_per_address);
    rate_limits.sign_ins_per_address =
        or_ten_times(rate_limits.sign_ins_per_address, limits.sign_ins_per_address);
    let settings = Settings {
        data_dir: Some(folder.path().to_owned()),
        keystore_passphrase_file: Some(folder.passphrase_file()?),
        shutdown_grace: Some(Lifetime(std::time::Duration::from_secs(5))),
        // A newcomer's bot and key set are on this machine too.
        outbound_private_addresses: Some(true),
        outbound_plain_http: Some(true),
        rate_limits,
        ..Settings::default()
    };
    settings.resolve()
}

/// Listens on the port that was asked for; without one, on the usual one or else any.
fn listen(flag: &str, asked: Option<u16>, usual: u16) -> anyhow::Result<TcpListener> {
    let at = |port| signet_http::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    match (at(asked.unwrap_or(usual)), asked) {
        (Ok(listener), _) => Ok(listener),
        (Err(error), None) if error.kind() == io::ErrorKind::AddrInUse => {
            at(0).with_context(|| format!("listen on any port, since {usual} is taken"))
        }
        (Err(error), Some(port)) if error.kind() == io::ErrorKind::AddrInUse => {
            bail!(
                "port {port} is taken by another program; choose another with {flag}, or {flag} 0 for any free one"
            )
        }
        (Err(error), _) => Err(error).context("listen on loopback"),
    }
}
