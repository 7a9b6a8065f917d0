//! Where the demo keeps its data, and what must be the same when it starts there again.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::config;
use crate::secret_file;

/// The demo's directory.
pub(super) struct DemoFolder {
    path: PathBuf,
    temporary: Option<TempDir>,
}

/// What the demo must remember between starts.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Remembered {
    pub(super) customer_private_key_pem: String,
    pub(super) customer_key_id: String,
    pub(super) client_id: String,
    pub(super) client_secret: String,
}

impl DemoFolder {
    /// The directory asked for, or a fresh temporary one.
    pub(super) fn open(asked: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(path) = asked {
            secret_file::create_directory(path)
                .with_context(|| format!("make the data directory {}", path.display()))?;
            return Ok(Self { path: path.to_owned(), temporary: None });
        }
        let temporary = tempfile::Builder::new()
            .prefix("signet-demo-")
            .tempdir()
            .context("make a temporary data directory")?;
        Ok(Self { path: temporary.path().to_owned(), temporary: Some(temporary) })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the data stays at exit.
    pub(super) fn stays(&self) -> bool {
        self.temporary.is_none()
    }

    /// The keystore's passphrase; made on the first start.
    pub(super) fn passphrase_file(&self) -> anyhow::Result<PathBuf> {
        let file = self.path.join("keystore.json.passphrase");
        if !file.exists() {
            config::make_passphrase(&file)?;
        }
        Ok(file)
    }

    fn remembered_file(&self) -> PathBuf {
        self.path.join("demo.json")
    }

    /// What an earlier start wrote down; `None` on the first.
    pub(super) fn recall(&self) -> anyhow::Result<Option<Remembered>> {
        let file = self.remembered_file();
        match std::fs::read(&file) {
            Ok(text) => serde_json::from_slice(&text)
                .map(Some)
                .with_context(|| format!("understand {}", file.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("read {}", file.display())),
        }
    }

    /// Writes down what the next start must know.
    pub(super) fn remember(&self, remembered: &Remembered) -> anyhow::Result<()> {
        let file = self.remembered_file();
        secret_file::replace(&file, &serde_json::to_vec_pretty(remembered)?)
            .with_context(|| format!("write {}", file.display()))
    }

    /// Removes a temporary directory.
    pub(super) fn leave(self) -> anyhow::Result<()> {
        match self.temporary {
            Some(temporary) => temporary.close().context("remove the temporary data directory"),
            None => Ok(()),
        }
    }
}
