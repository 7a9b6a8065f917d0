//! A Signet server under load: the demo, without its rate limits, on one core.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use signet_testkit::token_factory::TokenFactory;
use tokio::process::Child;

use crate::process;

/// A running server. It is stopped when this is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) manifest: Value,
    folder: tempfile::TempDir,
}

const LIMITS: [&str; 5] = [
    "SIGNET_ACTIVATIONS_PER_ADDRESS",
    "SIGNET_ACTIVATIONS_PER_PROJECT",
    "SIGNET_MESSAGES_PER_VISITOR",
    "SIGNET_MESSAGES_PER_ADDRESS",
    "SIGNET_SIGN_INS_PER_ADDRESS",
];

impl Server {
    /// Starts the `signet` binary beside this one as a demo and waits for its manifest.
    pub(crate) async fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let manifest = folder.path().join("manifest.json");
        let mut command = process::pinned(process::SERVER_CORE, binary()?);
        command.args(["demo", "--port", "0", "--shop-port", "0", "--manifest"]).arg(&manifest);
        command.arg("--data").arg(data(&folder));
        command.env("SIGNET_LOG", "warn").env("SIGNET_RSA_THREADS", "1").env("SIGNET_RSA_QUEUE", "100000");
        for limit in LIMITS {
            command.env(limit, u32::MAX.to_string());
        }
        command.stdout(std::process::Stdio::null());
        let mut child = command.spawn().context("start signet under taskset (Debian package util-linux)")?;
        for _ in 0..600 {
            if let Some(status) = child.try_wait()? {
                bail!("signet ended at once: {status}");
            }
            if let Ok(text) = std::fs::read_to_string(&manifest) {
                return Ok(Self { child, manifest: serde_json::from_str(&text)?, folder });
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("signet did not become ready within a minute")
    }

    /// Runs a command on this server's data.
    pub(crate) async fn command(&self, arguments: &[&str]) -> Result<()> {
        let mut command = process::pinned(process::LOAD_CORE, binary()?);
        command.args(arguments).arg("--data-dir").arg(data(&self.folder));
        let status = command.stdout(std::process::Stdio::null()).status().await?;
        ensure!(status.success(), "signet {}: {status}", arguments.join(" "));
        Ok(())
    }

    /// A text of the manifest.
    pub(crate) fn text(&self, name: &str) -> Result<&str> {
        self.manifest[name].as_str().with_context(|| format!("the manifest has no {name}"))
    }

    /// The process id, which `taskset` hands on to what it starts.
    pub(crate) fn pid(&self) -> Result<u32> {
        self.child.id().context("signet has ended")
    }

    /// The demo shop's token provider.
    pub(crate) fn tokens(&self) -> Result<TokenFactory> {
        Ok(TokenFactory::from_pem(
            self.text("customerPrivateKeyPem")?,
            self.manifest["customerKeyId"].as_str(),
            self.text("platformPublicKeyPem")?,
        ))
    }

    /// The visitor API's address.
    pub(crate) fn visitor_api(&self) -> Result<String> {
        Ok(format!("{}/visitor/v1", self.text("platformUrl")?))
    }
}

/// Where the demo keeps its database.
fn data(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("data")
}

fn binary() -> Result<PathBuf> {
    let here = std::env::current_exe()?;
    let path = here.with_file_name("signet");
    if path.exists() {
        return Ok(path);
    }
    bail!("{} is missing: build it with `cargo build --release --package signet`", path.display())
}
