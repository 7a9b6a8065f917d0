//! What the platform runs with: [`Settings`] with the defaults filled in and checked, and the secrets they lead to.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use signet_app::RateLimits;
use signet_custody::RsaPoolOptions;
use signet_http::TlsFiles;
use signet_outbound::Reach;
use zeroize::Zeroizing;

use crate::secret_file;
use crate::secrets::{DATABASE_PASSWORD, KEYSTORE_PASSPHRASE};
use crate::settings::{LogFormat, RateLimitSettings, Settings};

mod custody;

pub use custody::{CustodyKind, Pkcs11Settings, VaultLoginKind, VaultSettings};

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logging {
    /// How lines look.
    pub format: LogFormat,
    /// What is logged, in the syntax of `tracing_subscriber::EnvFilter`.
    pub filter: String,
}

/// What the platform runs with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address of the database.
    pub database: String,
    /// File with the password that its address leaves out.
    pub database_password_file: Option<PathBuf>,
    /// Where to listen. Port 0 takes any free one.
    pub listen: SocketAddr,
    /// Certificate and key for HTTPS; `None`: plain HTTP.
    pub tls: Option<TlsFiles>,
    /// Address under which browsers reach the platform, without a slash at the end; `None`: the address listened on.
    pub public_url: Option<String>,
    /// Directory of the embedded database and the keystore.
    pub data_dir: PathBuf,
    /// File with the platform's private keys.
    pub keystore: PathBuf,
    /// File with the keystore's passphrase; `None`: beside the keystore.
    pub keystore_passphrase_file: Option<PathBuf>,
    /// Where the keys live that tokens are encrypted to.
    pub custody: CustodyKind,
    /// Where they lived before, while tokens encrypted to those keys still come.
    pub former_custody: Option<CustodyKind>,
    /// Custody in Vault.
    pub vault: VaultSettings,
    /// Custody in a PKCS#11 module.
    pub pkcs11: Pkcs11Settings,
    /// What is logged.
    pub logging: Logging,
    /// How many reverse proxies append to `X-Forwarded-For`.
    pub trusted_proxies: usize,
    /// Answer `/metrics` to everybody.
    pub metrics_public: bool,
    /// What may be reached when addresses of brands are fetched.
    pub outbound: Reach,
    /// Threads for RSA decryption.
    pub rsa_threads: usize,
    /// Tokens that may wait for decryption.
    pub rsa_queue: usize,
    /// Connections for reading the database.
    pub database_readers: usize,
    /// How long a stop waits for requests under way.
    pub shutdown_grace: Duration,
    /// How old events of the audit log become.
    pub audit_retention: Option<Duration>,
    /// How much is let in.
    pub rate_limits: RateLimits,
}

impl Settings {
    /// Fills in the defaults and checks the rest.
    pub fn resolve(self) -> anyhow::Result<Config> {
        let data_dir = self.data_dir.unwrap_or_else(|| PathBuf::from("signet-data"));
        let tls = match (self.tls_certificate, self.tls_key) {
            (Some(certificate), Some(key)) => Some(TlsFiles { certificate, key }),
            (None, None) => None,
            _ => bail!("tls_certificate and tls_key belong together: one of them is missing"),
        };
        let public_url = self.public_url.map(|url| checked_public_url(&url)).transpose()?;
        let database =
            self.database.unwrap_or_else(|| format!("sqlite:{}", data_dir.join("signet.db").display()));
        let pool = RsaPoolOptions::default();
        let custody = self.custody.unwrap_or(CustodyKind::Local);
        ensure!(
            self.former_custody.is_none_or(|former| former != custody && former != CustodyKind::Local),
            "former_custody is vault or pkcs11, and not where the keys live now: keys of the keystore go on decrypting without it"
        );
        Ok(Config {
            database,
            database_password_file: self.database_password_file,
            listen: self.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
            tls,
            public_url,
            keystore: self.keystore.unwrap_or_else(|| data_dir.join("keystore.json")),
            keystore_passphrase_file: self.keystore_passphrase_file,
            custody,
            former_custody: self.former_custody,
            vault: VaultSettings {
                address: self.vault_address,
                key: self.vault_key,
                mount: self.vault_mount,
                namespace: self.vault_namespace,
                ca_file: self.vault_ca_file,
                login: self.vault_login,
                login_mount: self.vault_login_mount,
                token_file: self.vault_token_file,
                role_id: self.vault_role_id,
                secret_id_file: self.vault_secret_id_file,
                role: self.vault_role,
                jwt_file: self.vault_jwt_file,
                time_limit: self.vault_time_limit.map_or(Duration::from_secs(2), |limit| limit.0),
            },
            pkcs11: Pkcs11Settings {
                module: self.pkcs11_module,
                token: self.pkcs11_token,
                keys: self.pkcs11_key,
                pin_file: self.pkcs11_pin_file,
                time_limit: self.pkcs11_time_limit.map_or(Duration::from_secs(2), |limit| limit.0),
            },
            logging: Logging {
                format: self.log_format.unwrap_or(LogFormat::Text),
                filter: self.log.unwrap_or_else(|| "info".to_owned()),
            },
            trusted_proxies: self.trusted_proxies.unwrap_or(0),
            metrics_public: self.metrics_public.unwrap_or(false),
            outbound: Reach {
                private_addresses: self.outbound_private_addresses.unwrap_or(false),
                plain_http: self.outbound_plain_http.unwrap_or(false),
            },
            rsa_threads: self.rsa_threads.map_or(pool.threads, NonZeroUsize::get),
            rsa_queue: self.rsa_queue.map_or(pool.queue, NonZeroUsize::get),
            database_readers: self.database_readers.map_or(4, NonZeroUsize::get),
            shutdown_grace: self.shutdown_grace.map_or(Duration::from_secs(20), |lifetime| lifetime.0),
            audit_retention: self.audit_retention.map(|lifetime| lifetime.0),
            rate_limits: self.rate_limits.resolve(),
            data_dir,
        })
    }
}

impl RateLimitSettings {
    fn resolve(&self) -> RateLimits {
        let default = RateLimits::default();
        let or = |said: Option<NonZeroU32>, default| said.map_or(default, NonZeroU32::get);
        RateLimits {
            activations_per_address: or(self.activations_per_address, default.activations_per_address),
            activations_per_session: or(self.activations_per_session, default.activations_per_session),
            activations_per_project: or(self.activations_per_project, default.activations_per_project),
            messages_per_visitor: or(self.messages_per_visitor, default.messages_per_visitor),
            messages_per_address: or(self.messages_per_address, default.messages_per_address),
            messages_per_project: or(self.messages_per_project, default.messages_per_project),
            sign_ins_per_account: or(self.sign_ins_per_account, default.sign_ins_per_account),
            sign_ins_per_address: or(self.sign_ins_per_address, default.sign_ins_per_address),
            tests_per_caller: or(self.tests_per_caller, default.tests_per_caller),
        }
    }
}

fn checked_public_url(url: &str) -> anyhow::Result<String> {
    let origin = url.strip_suffix('/').unwrap_or(url);
    signet_domain::origin::Origin::parse(origin).with_context(|| {
        format!("understand the public address {url:?}: it has a scheme, a host and perhaps a port")
    })?;
    Ok(origin.to_owned())
}

impl Config {
    /// The keystore's passphrase: from the environment, else from its file. Before there is a keystore a missing file is
    /// made, with 256 random bits.
    pub fn keystore_passphrase(&self) -> anyhow::Result<Zeroizing<String>> {
        if let Some(passphrase) = KEYSTORE_PASSPHRASE.in_environment()? {
            return Ok(passphrase);
        }
        let file = self.passphrase_file();
        if !file.exists() && !self.keystore.exists() {
            make_passphrase(&file)?;
            tracing::warn!(
                passphrase_file = %file.display(),
                keystore = %self.keystore.display(),
                "no passphrase was configured: made one for the new keystore; keep both, apart from each other"
            );
        }
        KEYSTORE_PASSPHRASE.in_file(&file)
    }

    /// The file with the keystore's passphrase, which the environment makes needless.
    pub fn passphrase_file(&self) -> PathBuf {
        self.keystore_passphrase_file.clone().unwrap_or_else(|| {
            let mut name = self.keystore.clone().into_os_string();
            name.push(".passphrase");
            PathBuf::from(name)
        })
    }

    /// The database's address with its password, if that is kept apart.
    pub fn database_address(&self) -> anyhow::Result<Zeroizing<String>> {
        let from_file = || self.database_password_file.as_deref().map(|file| DATABASE_PASSWORD.in_file(file));
        let address = &self.database;
        let password = if address.starts_with("sqlite:") {
            None
        } else {
            DATABASE_PASSWORD
                .in_environment()?
                .map_or_else(|| from_file().transpose(), |said| Ok(Some(said)))?
        };
        let Some(password) = password else { return Ok(Zeroizing::new(address.clone())) };
        ensure!(
            !has_password(address),
            "the database's address holds a password already: keep one of the two"
        );
        let separator = if address.contains('?') { '&' } else { '?' };
        Ok(Zeroizing::new(format!("{address}{separator}password={}", percent_encoded(&password).as_str())))
    }
}

/// Whether the part before the host, `user:password@`, holds a password.
fn has_password(address: &str) -> bool {
    let authority = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = authority.split(['/', '?']).next().unwrap_or_default();
    authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
}

/// RFC 3986 section 2.1: everything but unreserved characters as `%XX`.
fn percent_encoded(text: &str) -> Zeroizing<String> {
    let mut encoded = Zeroizing::new(String::with_capacity(text.len() * 3));
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Writes a passphrase of 256 random bits to a new file that only its owner may read.
pub(crate) fn make_passphrase(file: &Path) -> anyhow::Result<()> {
    let mut bytes = Zeroizing::new([0; 32]);
    aws_lc_rs::rand::fill(bytes.as_mut()).context("draw a passphrase")?;
    let line = Zeroizing::new(format!("{}\n", signet_token::base64url::encode(bytes.as_ref())));
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        secret_file::create_directory(folder)
            .with_context(|| format!("make the folder {}", folder.display()))?;
    }
    secret_file::create(file, line.as_bytes())
        .with_context(|| format!("write the passphrase file {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_later_gives_way_and_the_rest_has_defaults() {
        let flags = Settings { database: Some("sqlite:flag.db".to_owned()), ..Settings::default() };
        let file: Settings = toml::from_str(
            "database = 'sqlite:file.db'\nlisten = '0.0.0.0:9000'\nshutdown_grace = '5s'\npublic_url = 'https://chat.example/'\n[rate_limits]\nmessages_per_visitor = 7",
        )
        .unwrap();
        let config = flags.or(file).resolve().unwrap();
        assert_eq!(config.database, "sqlite:flag.db");
        assert_eq!(config.listen.port(), 9000);
        assert_eq!(config.public_url.as_deref(), Some("https://chat.example"));
        assert_eq!(config.shutdown_grace, Duration::from_secs(5));
        assert_eq!(config.rate_limits.messages_per_visitor, 7);
        assert_eq!(config.rate_limits.tests_per_caller, RateLimits::default().tests_per_caller);
        assert_eq!(config.keystore, PathBuf::from("signet-data/keystore.json"));
    }

    #[test]
    fn a_certificate_needs_its_key() {
        let settings: Settings = toml::from_str("tls_certificate = 'chain.pem'").unwrap();
        assert!(settings.resolve().unwrap_err().to_string().contains("belong together"));
    }

    #[test]
    fn a_public_address_has_no_path() {
        let settings: Settings = toml::from_str("public_url = 'https://chat.example/path'").unwrap();
        assert!(settings.resolve().unwrap_err().to_string().contains("public address"));
    }

    #[test]
    fn a_password_from_a_file_goes_into_the_address_and_only_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        std::fs::write(&file, "p@ss/w\u{f6}rd 100%\nnot this\n").unwrap();
        let address = |database: &str| {
            let settings = Settings {
                database: Some(database.to_owned()),
                database_password_file: Some(file.clone()),
                ..Settings::default()
            };
            settings.resolve().unwrap().database_address().map(|address| address.to_string())
        };
        let password = "password=p%40ss%2Fw%C3%B6rd%20100%25";
        assert_eq!(
            address("postgres://signet@db/signet").unwrap(),
            format!("postgres://signet@db/signet?{password}")
        );
        let understood: tokio_postgres::Config =
            address("postgres://signet@db/signet").unwrap().parse().unwrap();
        assert_eq!(understood.get_password(), Some("p@ss/w\u{f6}rd 100%".as_bytes()));
        assert_eq!(
            address("postgres://u@db/s?port=5").unwrap(),
            format!("postgres://u@db/s?port=5&{password}")
        );
        assert!(address("postgres://u:secret@db/s").unwrap_err().to_string().contains("keep one"));
        assert_eq!(address("sqlite:a.db").unwrap(), "sqlite:a.db");
    }

    #[test]
    fn a_passphrase_is_made_once_and_never_for_an_existing_keystore() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { data_dir: Some(folder.path().join("data")), ..Settings::default() };
        let config = settings.resolve().unwrap();
        let made = config.keystore_passphrase().unwrap();
        assert_eq!(made.len(), 43);
        assert_eq!(*config.keystore_passphrase().unwrap(), *made);
        std::fs::write(&config.keystore, "{}").unwrap();
        std::fs::remove_file(folder.path().join("data/keystore.json.passphrase")).unwrap();
        assert!(
            config.keystore_passphrase().unwrap_err().to_string().contains("read the keystore passphrase")
        );
    }
}
