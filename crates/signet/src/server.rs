//! Starting the platform, and stopping it so that nothing acknowledged is lost.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use signet_app::{App, BotRunner, PlatformKeyWatch, RevocationWatch, Sweeper};
use signet_domain::Env;
use signet_http::{Certificates, HttpOptions};
use signet_realtime::Hub;
use signet_store::Store;
use tokio::net::TcpListener;
use tokio::task::{JoinError, JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::platform::Platform;
use crate::telemetry;

/// The platform's server.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Opens the database and the keys, listens, and serves.
    pub async fn start(config: &Config, env: Env) -> anyhow::Result<RunningServer> {
        let platform = Platform::open(config).await?;
        let listener = listen(config.listen)?;
        Self::start_on(config, platform, listener, env).await
    }

    /// Serves on a listener of the caller's.
    pub async fn start_on(
        config: &Config,
        platform: Platform,
        listener: TcpListener,
        env: Env,
    ) -> anyhow::Result<RunningServer> {
        let address = listener.local_addr().context("read the address listened on")?;
        let public_url = config.public_url.clone().unwrap_or_else(|| url_of(address, config.tls.is_some()));
        let tls =
            config.tls.clone().map(Certificates::load).transpose().context("prepare TLS")?.map(Arc::new);
        let app = platform.app(env, &public_url, config.rate_limits.clone()).await?;
        // Before the first watcher comes.
        let nodes = app.join_nodes().await.context("join the other nodes")?;
        let relaying = nodes.map(|relay| tokio::spawn(relay.run()));
        let shutdown = CancellationToken::new();
        let router = router(config, &app)?;
        let serving = tokio::spawn(signet_http::serve(
            listener,
            router,
            tls.clone(),
            shutdown.clone(),
            config.shutdown_grace,
        ));
        let sweeping =
            tokio::spawn(Sweeper::new(Arc::clone(&app)).with_audit_retention(config.audit_retention).run());
        let renewing = tokio::spawn(async move {
            match tls {
                Some(certificates) => certificates.watch().await,
                None => std::future::pending().await,
            }
        });
        let watching = tokio::spawn(RevocationWatch::new(Arc::clone(&app)).run());
        let stop = shutdown.clone().cancelled_owned();
        let running_bots = tokio::spawn(BotRunner::new(Arc::clone(&app)).run(stop));
        let following = tokio::spawn(PlatformKeyWatch::new(Arc::clone(&app)).run());
        invite_first_owner(&app).await?;
        tracing::info!(%address, public_url, version = env!("CARGO_PKG_VERSION"), "listening");
        Ok(RunningServer {
            address,
            public_url,
            app,
            store: platform.store,
            hub: platform.hub,
            shutdown,
            serving,
            sweeping,
            renewing,
            watching,
            relaying,
            running_bots,
            following,
        })
    }
}

/// On a platform without anybody there is a one-time link for whoever will own it. It is printed, not logged: logs are kept.
async fn invite_first_owner(app: &App) -> anyhow::Result<()> {
    if let Some(link) = app.first_owner_link().await.context("make the link for the first owner")? {
        let text = format!(
            "Nobody can sign in yet. Become the platform's owner with this link, within three days:\n\n    {link}\n"
        );
        crate::cli::line(&text)?;
    }
    Ok(())
}

fn router(config: &Config, app: &Arc<App>) -> anyhow::Result<Router> {
    let options = HttpOptions {
        trusted_proxies: config.trusted_proxies,
        metrics: telemetry::metrics()?,
        metrics_public: config.metrics_public,
    };
    let extra = signet_graphql::router(Arc::clone(app)).merge(crate::documentation::router());
    Ok(signet_http::router(Arc::clone(app), extra, options))
}

/// Listens, with a message that says which address was taken.
pub fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    signet_http::bind(address).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => {
            anyhow::anyhow!("listen on {address}: another program listens there already")
        }
        _ => anyhow::Error::new(error).context(format!("listen on {address}")),
    })
}

/// The address to write in a browser on this machine.
fn url_of(address: SocketAddr, secure: bool) -> String {
    let host = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::from([127, 0, 0, 1]),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
        ip => ip,
    };
    let scheme = if secure { "https" } else { "http" };
    format!("{scheme}://{}", SocketAddr::new(host, address.port()))
}

/// A platform that serves.
#[derive(Debug)]
pub struct RunningServer {
    address: SocketAddr,
    public_url: String,
    app: Arc<App>,
    store: Store,
    hub: Arc<Hub>,
    shutdown: CancellationToken,
    serving: JoinHandle<()>,
    sweeping: JoinHandle<()>,
    renewing: JoinHandle<()>,
    watching: JoinHandle<()>,
    relaying: Option<JoinHandle<()>>,
    running_bots: JoinHandle<()>,
    following: JoinHandle<()>,
}

impl RunningServer {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where browsers reach it, without a slash at the end.
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    /// The use cases.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Waits until it stops by itself, which it does only when it fails. Cancel safe.
    pub async fn failed(&mut self) -> anyhow::Error {
        let stopped = tokio::select! {
            stopped = &mut self.serving => stopped.context("serve"),
            stopped = &mut self.sweeping => stopped.context("end overdue sessions"),
            stopped = &mut self.renewing => stopped.context("look after the certificate"),
            stopped = &mut self.watching => stopped.context("watch for revoked sessions"),
            stopped = ended(&mut self.relaying) => stopped.context("listen to the other nodes"),
            stopped = &mut self.running_bots => stopped.context("run bots"),
            stopped = &mut self.following => stopped.context("follow the platform's keys"),
        };
        stopped.err().unwrap_or_else(|| anyhow::anyhow!("the server stopped by itself"))
    }

    /// Stops: takes nothing new, closes sockets with 1001, finishes the requests under way within the grace period, and
    /// closes the database after everything that waits is written.
    pub async fn stop(self) -> anyhow::Result<()> {
        tracing::info!("stopping");
        self.shutdown.cancel();
        let served = self.serving.await.context("serve");
        // Nobody is left to be told; this ends whatever still listens.
        self.hub.close();
        self.sweeping.abort();
        self.renewing.abort();
        self.watching.abort();
        if let Some(relaying) = &self.relaying {
            relaying.abort();
        }
        let bots = self.running_bots.await.context("run bots");
        self.following.abort();
        self.app.flush_authentication_failures().await;
        if let Err(error) = self.app.write_key_uses().await {
            tracing::error!(error = &error as &dyn std::error::Error, "the use of keys could not be written");
        }
        self.store.close().await;
        tracing::info!("stopped");
        served.and(bots)
    }
}

/// The end of a task, if there is one.
async fn ended(task: &mut Option<JoinHandle<()>>) -> Result<(), JoinError> {
    match task {
        Some(task) => task.await,
        None => std::future::pending().await,
    }
}

/// The signals to stop, SIGTERM and SIGINT. They are listened to from the moment this is made: make it before the server says that it
/// listens, or whoever stops it at that moment kills it.
pub struct StopSignals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl StopSignals {
    /// Listens from now on.
    pub fn listen() -> anyhow::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Self {
                terminate: signal(SignalKind::terminate()).context("watch for SIGTERM")?,
                interrupt: signal(SignalKind::interrupt()).context("watch for SIGINT")?,
            })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Waits for one of them.
    pub async fn received(&mut self) -> anyhow::Result<()> {
        #[cfg(unix)]
        {
            tokio::select! {
                _ = self.terminate.recv() => {}
                _ = self.interrupt.recv() => {}
            }
            Ok(())
        }
        #[cfg(not(unix))]
        tokio::signal::ctrl_c().await.context("watch for Ctrl-C")
    }
}
