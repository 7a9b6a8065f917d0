//! Settings of custody other than the local keystore.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::ValueEnum;
use serde::Deserialize;
use signet_custody::{SecretSource, SecretText, VaultLogin, VaultOptions};

use crate::secrets::{Secret, VAULT_SECRET_ID, VAULT_TOKEN};

/// Where Kubernetes puts it.
const SERVICE_ACCOUNT_TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// Where the private keys live that visitor tokens are encrypted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CustodyKind {
    /// In the keystore.
    Local,
    /// In Vault or OpenBao.
    Vault,
    /// In a PKCS#11 module.
    Pkcs11,
}

impl CustodyKind {
    /// The word in the settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Vault => "vault",
            Self::Pkcs11 => "pkcs11",
        }
    }
}

/// How the platform signs in to Vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VaultLoginKind {
    /// With a token.
    Token,
    /// With the `AppRole` method.
    #[value(name = "approle")]
    AppRole,
    /// With a pod's service account.
    Kubernetes,
}

/// Where Vault is and how to use it. `docs/settings.md` says what each means.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "they are the settings of these names")]
pub struct VaultSettings {
    pub address: Option<String>,
    pub key: Option<String>,
    pub mount: Option<String>,
    pub namespace: Option<String>,
    pub ca_file: Option<PathBuf>,
    pub login: Option<VaultLoginKind>,
    pub login_mount: Option<String>,
    pub token_file: Option<PathBuf>,
    pub role_id: Option<String>,
    pub secret_id_file: Option<PathBuf>,
    pub role: Option<String>,
    pub jwt_file: Option<PathBuf>,
    pub time_limit: Duration,
}

impl VaultSettings {
    /// What to connect with. `queue` is how many tokens may wait.
    pub(crate) fn options(&self, queue: usize) -> anyhow::Result<VaultOptions> {
        let authorities = self.ca_file.as_ref().map(|file| {
            std::fs::read(file).with_context(|| format!("read the certificates in {}", file.display()))
        });
        let authorities = authorities.transpose()?;
        Ok(VaultOptions {
            address: self.address.clone().context("custody in Vault needs vault_address")?,
            namespace: self.namespace.clone(),
            mount: self.mount.clone().unwrap_or_else(|| "transit".to_owned()),
            key: self.key.clone().context("custody in Vault needs vault_key")?,
            login: self.login()?,
            authorities,
            time_limit: self.time_limit,
            queue,
        })
    }

    fn login(&self) -> anyhow::Result<VaultLogin> {
        let mount = |usual: &str| self.login_mount.clone().unwrap_or_else(|| usual.to_owned());
        Ok(match self.login.unwrap_or(VaultLoginKind::Token) {
            VaultLoginKind::Token => VaultLogin::Token(source(VAULT_TOKEN, self.token_file.as_ref())?),
            VaultLoginKind::AppRole => VaultLogin::AppRole {
                mount: mount("approle"),
                role_id: self.role_id.clone().context("signing in with AppRole needs vault_role_id")?,
                secret_id: source(VAULT_SECRET_ID, self.secret_id_file.as_ref())?,
            },
            VaultLoginKind::Kubernetes => VaultLogin::Kubernetes {
                mount: mount("kubernetes"),
                role: self.role.clone().context("signing in with Kubernetes needs vault_role")?,
                service_account_token: self
                    .jwt_file
                    .clone()
                    .unwrap_or_else(|| PathBuf::from(SERVICE_ACCOUNT_TOKEN)),
            },
        })
    }
}

/// Which PKCS#11 module and how to use it. `docs/settings.md` says what each means.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "they are the settings of these names")]
pub struct Pkcs11Settings {
    pub module: Option<PathBuf>,
    pub token: Option<String>,
    pub keys: Option<String>,
    pub pin_file: Option<PathBuf>,
    pub time_limit: Duration,
}

#[cfg(feature = "hsm")]
impl Pkcs11Settings {
    /// What to start with. `threads` sessions are opened; `queue` tokens may wait.
    pub(crate) fn options(
        &self,
        threads: usize,
        queue: usize,
    ) -> anyhow::Result<signet_custody::Pkcs11Options> {
        let labels = self.keys.as_deref().context("custody in a PKCS#11 module needs pkcs11_key")?;
        Ok(signet_custody::Pkcs11Options {
            module: self.module.clone().context("custody in a PKCS#11 module needs pkcs11_module")?,
            token: self.token.clone().context("custody in a PKCS#11 module needs pkcs11_token")?,
            keys: labels.split(',').map(|label| label.trim().to_owned()).collect(),
            pin: source(crate::secrets::PKCS11_PIN, self.pin_file.as_ref())?,
            threads,
            queue,
            time_limit: self.time_limit,
        })
    }
}

/// From the environment, else from its file.
fn source(secret: Secret, file: Option<&PathBuf>) -> anyhow::Result<SecretSource> {
    if let Some(given) = secret.in_environment()? {
        return Ok(SecretSource::Given(SecretText::new(given.as_str())));
    }
    let lacking =
        || format!("the {} is lacking: set {} or {}", secret.name, secret.variable, secret.file_setting);
    file.cloned().map(SecretSource::File).with_context(lacking)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn options(text: &str) -> anyhow::Result<VaultOptions> {
        toml::from_str::<Settings>(text)?.resolve()?.vault.options(7)
    }

    #[test]
    fn each_way_to_sign_in_says_what_it_lacks() {
        let place = "vault_address = 'https://vault'\nvault_key = 'signet'\n";
        for (said, lacking) in [
            ("", "vault_address"),
            ("vault_address = 'https://vault'", "vault_key"),
            (place, "SIGNET_VAULT_TOKEN or vault_token_file"),
            (&format!("{place}vault_login = 'approle'"), "vault_role_id"),
            (&format!("{place}vault_login = 'approle'\nvault_role_id = 'r'"), "vault_secret_id_file"),
            (&format!("{place}vault_login = 'kubernetes'"), "vault_role"),
            (&format!("{place}vault_ca_file = '/nowhere'"), "read the certificates in /nowhere"),
        ] {
            let error = options(said).unwrap_err().to_string();
            assert!(error.contains(lacking), "{said:?}: {error}");
        }
    }

    #[test]
    fn defaults_are_those_of_vault() {
        let place = "vault_address = 'https://vault'\nvault_key = 'signet'\n";
        let found = options(&format!("{place}vault_login = 'kubernetes'\nvault_role = 'signet'")).unwrap();
        assert_eq!(
            (found.mount.as_str(), found.time_limit, found.queue),
            ("transit", Duration::from_secs(2), 7)
        );
        let VaultLogin::Kubernetes { mount, service_account_token, .. } = found.login else {
            panic!("Kubernetes")
        };
        assert_eq!(mount, "kubernetes");
        assert_eq!(service_account_token, PathBuf::from(SERVICE_ACCOUNT_TOKEN));
        let role = "vault_login = 'approle'\nvault_role_id = 'r'\nvault_secret_id_file = 's'\nvault_login_mount = 'team'";
        let VaultLogin::AppRole { mount, secret_id, .. } = options(&format!("{place}{role}")).unwrap().login
        else {
            panic!("AppRole")
        };
        assert_eq!(mount, "team");
        assert!(matches!(secret_id, SecretSource::File(_)));
    }
}
