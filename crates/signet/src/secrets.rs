//! Secrets of the platform's own: from the environment, else from the first line of a file. Never from a flag, which every user of the
//! machine can see, and never from the settings file, which is copied about.

use std::path::Path;

use anyhow::{Context as _, ensure};
use zeroize::Zeroizing;

/// A secret and where it may come from.
#[derive(Debug, Clone, Copy)]
pub struct Secret {
    /// What it is, as the reference and messages call it.
    pub name: &'static str,
    /// The variable of the environment that holds it.
    pub variable: &'static str,
    /// The setting that names its file.
    pub file_setting: &'static str,
}

/// What opens the keystore.
pub const KEYSTORE_PASSPHRASE: Secret = Secret {
    name: "keystore passphrase",
    variable: "SIGNET_KEYSTORE_PASSPHRASE",
    file_setting: "keystore_passphrase_file",
};

/// What is to open it from now on.
pub const NEW_KEYSTORE_PASSPHRASE: Secret = Secret {
    name: "new keystore passphrase",
    variable: "SIGNET_NEW_KEYSTORE_PASSPHRASE",
    file_setting: "--new-passphrase-file",
};

/// The password of the PostgreSQL user.
pub const DATABASE_PASSWORD: Secret = Secret {
    name: "database password",
    variable: "SIGNET_DATABASE_PASSWORD",
    file_setting: "database_password_file",
};

/// What signs in to Vault by itself.
pub const VAULT_TOKEN: Secret =
    Secret { name: "token for Vault", variable: "SIGNET_VAULT_TOKEN", file_setting: "vault_token_file" };

/// What signs in to Vault together with the id of an `AppRole`.
pub const VAULT_SECRET_ID: Secret = Secret {
    name: "secret id of the AppRole",
    variable: "SIGNET_VAULT_SECRET_ID",
    file_setting: "vault_secret_id_file",
};

/// What signs in to the token of a PKCS#11 module.
pub const PKCS11_PIN: Secret =
    Secret { name: "PIN of the token", variable: "SIGNET_PKCS11_PIN", file_setting: "pkcs11_pin_file" };

/// Every secret that a platform runs with, for the reference.
pub const ALL: [Secret; 5] =
    [KEYSTORE_PASSPHRASE, DATABASE_PASSWORD, VAULT_TOKEN, VAULT_SECRET_ID, PKCS11_PIN];

impl Secret {
    /// The secret in the environment, if it is there.
    pub fn in_environment(&self) -> anyhow::Result<Option<Zeroizing<String>>> {
        let Ok(secret) = std::env::var(self.variable).map(Zeroizing::new) else { return Ok(None) };
        ensure!(!secret.is_empty(), "{} is empty", self.variable);
        Ok(Some(secret))
    }

    /// The first line of a file.
    pub fn in_file(&self, file: &Path) -> anyhow::Result<Zeroizing<String>> {
        let text = std::fs::read_to_string(file).map(Zeroizing::new);
        let text = text.with_context(|| format!("read the {} in {}", self.name, file.display()))?;
        let secret = text.lines().next().unwrap_or_default();
        ensure!(!secret.is_empty(), "the {} in {} is empty", self.name, file.display());
        Ok(Zeroizing::new(secret.to_owned()))
    }
}
