//! Settings: where they come from and what they mean. `docs/configuration.md` lists them for operators.
//!
//! [`Settings`] is what an operator may say, in a file, the environment or flags, and every field of it may be missing;
//! [`Config`] is what the platform runs with.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use clap::{Args, ValueEnum};
use serde::Deserialize;
use signet_app::RateLimits;
use signet_custody::RsaPoolOptions;
use signet_outbound::Reach;
use zeroize::Zeroizing;

use crate::secret_file;

/// The variable that holds the keystore's passphrase. There is no flag for it: flags are visible to every user.
pub const PASSPHRASE_VARIABLE: &str = "SIGNET_KEYSTORE_PASSPHRASE";

/// What an operator may say. The same names stand in the file, with `_` for `-`.
#[derive(Args, Deserialize, Debug, Clone, Default)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where data lives: `sqlite:PATH` or `postgres://user@host/database` [default: signet.db in the data directory]
    #[arg(long, env = "SIGNET_DATABASE", value_name = "ADDRESS", hide_env_values = true)]
    pub database: Option<String>,
    /// Address and port to listen on [default: 127.0.0.1:8080]
    #[arg(long, env = "SIGNET_LISTEN", value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// Address under which browsers reach the platform, such as https://chat.example [default: the listen address]
    #[arg(long, env = "SIGNET_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// Directory of the embedded database and the keystore [default: ./signet-data]
    #[arg(long, env = "SIGNET_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// File with the platform's private keys, encrypted [default: keystore.json in the data directory]
    #[arg(long, env = "SIGNET_KEYSTORE", value_name = "FILE")]
    pub keystore: Option<PathBuf>,
    /// File with the keystore's passphrase, unless SIGNET_KEYSTORE_PASSPHRASE holds it [default: made on first start]
    #[arg(long, env = "SIGNET_KEYSTORE_PASSPHRASE_FILE", value_name = "FILE")]
    pub keystore_passphrase_file: Option<PathBuf>,
    /// How log lines look [default: text]
    #[arg(long, env = "SIGNET_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
    /// What is logged, such as `info` or `info,signet_app=debug` [default: info]
    #[arg(long, env = "SIGNET_LOG", value_name = "FILTER")]
    pub log: Option<String>,
    /// How many reverse proxies stand in front and append to X-Forwarded-For [default: 0, the header is ignored]
    #[arg(long, env = "SIGNET_TRUSTED_PROXIES", value_name = "N")]
    pub trusted_proxies: Option<usize>,
    /// Answer /metrics to everybody, not only to callers on this machine [default: false]
    #[arg(long, env = "SIGNET_METRICS_PUBLIC", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub metrics_public: Option<bool>,
    /// Fetch key sets of brands from private addresses too, such as a test server on this machine [default: false]
    #[arg(long, env = "SIGNET_OUTBOUND_PRIVATE_ADDRESSES", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub outbound_private_addresses: Option<bool>,
    /// Fetch key sets of brands without TLS too; anybody on the way could then put keys into them [default: false]
    #[arg(long, env = "SIGNET_OUTBOUND_PLAIN_HTTP", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub outbound_plain_http: Option<bool>,
    /// Threads for RSA decryption [default: one for each processor]
    #[arg(long, env = "SIGNET_RSA_THREADS", value_name = "N")]
    pub rsa_threads: Option<usize>,
    /// Tokens that may wait for decryption before others are refused with RATE_LIMITED [default: 256 for each processor]
    #[arg(long, env = "SIGNET_RSA_QUEUE", value_name = "N")]
    pub rsa_queue: Option<usize>,
    /// Connections for reading the database [default: 4]
    #[arg(long, env = "SIGNET_DATABASE_READERS", value_name = "N")]
    pub database_readers: Option<usize>,
    /// How long a stop waits for requests under way [default: 20s]
    #[arg(long, env = "SIGNET_SHUTDOWN_GRACE", value_name = "DURATION")]
    pub shutdown_grace: Option<Lifetime>,
    /// How old events of the audit log become before they are removed, such as 400d [default: they are kept]
    #[arg(long, env = "SIGNET_AUDIT_RETENTION", value_name = "DURATION")]
    pub audit_retention: Option<Lifetime>,
    /// How much is let in; a table `[rate_limits]` in the file.
    #[command(flatten)]
    pub rate_limits: RateLimitSettings,
}

/// How much is let in. Each is "so many at once, refilled evenly over the period".
#[derive(Args, Deserialize, Debug, Clone, Default)]
#[serde(default, deny_unknown_fields)]
pub struct RateLimitSettings {
    /// Secured activations per address and minute [default: 120]
    #[arg(long, env = "SIGNET_ACTIVATIONS_PER_ADDRESS", value_name = "N", hide_short_help = true)]
    pub activations_per_address: Option<u32>,
    /// Secured activations per project and second [default: 2000]
    #[arg(long, env = "SIGNET_ACTIVATIONS_PER_PROJECT", value_name = "N", hide_short_help = true)]
    pub activations_per_project: Option<u32>,
    /// Messages per visitor and minute [default: 60]
    #[arg(long, env = "SIGNET_MESSAGES_PER_VISITOR", value_name = "N", hide_short_help = true)]
    pub messages_per_visitor: Option<u32>,
    /// Messages per address and minute [default: 300]
    #[arg(long, env = "SIGNET_MESSAGES_PER_ADDRESS", value_name = "N", hide_short_help = true)]
    pub messages_per_address: Option<u32>,
    /// Sign-in attempts per account and minute [default: 10]
    #[arg(long, env = "SIGNET_SIGN_INS_PER_ACCOUNT", value_name = "N", hide_short_help = true)]
    pub sign_ins_per_account: Option<u32>,
    /// Sign-in attempts per address and minute [default: 100]
    #[arg(long, env = "SIGNET_SIGN_INS_PER_ADDRESS", value_name = "N", hide_short_help = true)]
    pub sign_ins_per_address: Option<u32>,
    /// Token tests per caller and minute [default: 60]
    #[arg(long, env = "SIGNET_TESTS_PER_CALLER", value_name = "N", hide_short_help = true)]
    pub tests_per_caller: Option<u32>,
}

/// A duration as people write it: `5s`, `60m`, `1h 30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Lifetime(pub Duration);

impl std::str::FromStr for Lifetime {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let duration = parse_duration(text)?;
        ensure!(!duration.is_zero(), "a duration cannot be zero");
        Ok(Self(duration))
    }
}

/// Reads such a duration, which may also be none at all: `0s`.
pub(crate) fn parse_duration(text: &str) -> anyhow::Result<Duration> {
    let signed: jiff::SignedDuration =
        text.trim().parse().ok().context("a duration is a number and a unit, such as 5s, 60m or 24h")?;
    Duration::try_from(signed).ok().context("a duration cannot be negative")
}

impl TryFrom<String> for Lifetime {
    type Error = anyhow::Error;

    fn try_from(text: String) -> anyhow::Result<Self> {
        text.parse()
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

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
    /// Where to listen. Port 0 takes any free one.
    pub listen: SocketAddr,
    /// Address under which browsers reach the platform, without a slash at the end; `None`: the address listened on.
    pub public_url: Option<String>,
    /// Directory of the embedded database and the keystore.
    pub data_dir: PathBuf,
    /// File with the platform's private keys.
    pub keystore: PathBuf,
    /// File with the keystore's passphrase; `None`: beside the keystore.
    pub keystore_passphrase_file: Option<PathBuf>,
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
    /// Reads a settings file in TOML.
    pub fn from_file(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("read the settings in {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("understand the settings in {}", path.display()))
    }

    /// These settings, and those of `other` where these say nothing.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            database: self.database.or(other.database),
            listen: self.listen.or(other.listen),
            public_url: self.public_url.or(other.public_url),
            data_dir: self.data_dir.or(other.data_dir),
            keystore: self.keystore.or(other.keystore),
            keystore_passphrase_file: self.keystore_passphrase_file.or(other.keystore_passphrase_file),
            log_format: self.log_format.or(other.log_format),
            log: self.log.or(other.log),
            trusted_proxies: self.trusted_proxies.or(other.trusted_proxies),
            metrics_public: self.metrics_public.or(other.metrics_public),
            outbound_private_addresses: self.outbound_private_addresses.or(other.outbound_private_addresses),
            outbound_plain_http: self.outbound_plain_http.or(other.outbound_plain_http),
            rsa_threads: self.rsa_threads.or(other.rsa_threads),
            rsa_queue: self.rsa_queue.or(other.rsa_queue),
            database_readers: self.database_readers.or(other.database_readers),
            shutdown_grace: self.shutdown_grace.or(other.shutdown_grace),
            audit_retention: self.audit_retention.or(other.audit_retention),
            rate_limits: self.rate_limits.or(&other.rate_limits),
        }
    }

    /// Fills in the defaults and checks the rest.
    pub fn resolve(self) -> anyhow::Result<Config> {
        let data_dir = self.data_dir.unwrap_or_else(|| PathBuf::from("signet-data"));
        let public_url = self.public_url.map(|url| checked_public_url(&url)).transpose()?;
        let database =
            self.database.unwrap_or_else(|| format!("sqlite:{}", data_dir.join("signet.db").display()));
        let pool = RsaPoolOptions::default();
        let config = Config {
            database,
            listen: self.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
            public_url,
            keystore: self.keystore.unwrap_or_else(|| data_dir.join("keystore.json")),
            keystore_passphrase_file: self.keystore_passphrase_file,
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
            rsa_threads: self.rsa_threads.unwrap_or(pool.threads),
            rsa_queue: self.rsa_queue.unwrap_or(pool.queue),
            database_readers: self.database_readers.unwrap_or(4),
            shutdown_grace: self.shutdown_grace.map_or(Duration::from_secs(20), |lifetime| lifetime.0),
            audit_retention: self.audit_retention.map(|lifetime| lifetime.0),
            rate_limits: self.rate_limits.resolve()?,
            data_dir,
        };
        ensure!(config.rsa_threads > 0, "rsa_threads must be at least 1");
        ensure!(config.rsa_queue > 0, "rsa_queue must be at least 1");
        ensure!(config.database_readers > 0, "database_readers must be at least 1");
        Ok(config)
    }
}

impl RateLimitSettings {
    fn or(self, other: &Self) -> Self {
        Self {
            activations_per_address: self.activations_per_address.or(other.activations_per_address),
            activations_per_project: self.activations_per_project.or(other.activations_per_project),
            messages_per_visitor: self.messages_per_visitor.or(other.messages_per_visitor),
            messages_per_address: self.messages_per_address.or(other.messages_per_address),
            sign_ins_per_account: self.sign_ins_per_account.or(other.sign_ins_per_account),
            sign_ins_per_address: self.sign_ins_per_address.or(other.sign_ins_per_address),
            tests_per_caller: self.tests_per_caller.or(other.tests_per_caller),
        }
    }

    fn resolve(&self) -> anyhow::Result<RateLimits> {
        let default = RateLimits::default();
        let at_least_one = |name: &str, value: Option<u32>, default: u32| match value {
            Some(0) => bail!("{name} must be at least 1"),
            other => Ok(other.unwrap_or(default)),
        };
        Ok(RateLimits {
            activations_per_address: at_least_one(
                "activations_per_address",
                self.activations_per_address,
                default.activations_per_address,
            )?,
            activations_per_project: at_least_one(
                "activations_per_project",
                self.activations_per_project,
                default.activations_per_project,
            )?,
            messages_per_visitor: at_least_one(
                "messages_per_visitor",
                self.messages_per_visitor,
                default.messages_per_visitor,
            )?,
            messages_per_address: at_least_one(
                "messages_per_address",
                self.messages_per_address,
                default.messages_per_address,
            )?,
            sign_ins_per_account: at_least_one(
                "sign_ins_per_account",
                self.sign_ins_per_account,
                default.sign_ins_per_account,
            )?,
            sign_ins_per_address: at_least_one(
                "sign_ins_per_address",
                self.sign_ins_per_address,
                default.sign_ins_per_address,
            )?,
            tests_per_caller: at_least_one(
                "tests_per_caller",
                self.tests_per_caller,
                default.tests_per_caller,
            )?,
        })
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
        if let Ok(passphrase) = std::env::var(PASSPHRASE_VARIABLE) {
            ensure!(!passphrase.is_empty(), "{PASSPHRASE_VARIABLE} is empty");
            return Ok(Zeroizing::new(passphrase));
        }
        let file = self.keystore_passphrase_file.clone().unwrap_or_else(|| {
            let mut name = self.keystore.clone().into_os_string();
            name.push(".passphrase");
            PathBuf::from(name)
        });
        if !file.exists() && !self.keystore.exists() {
            make_passphrase(&file)?;
            tracing::warn!(
                passphrase_file = %file.display(),
                keystore = %self.keystore.display(),
                "no passphrase was configured: made one for the new keystore; keep both, apart from each other"
            );
        }
        let text = std::fs::read_to_string(&file).map(Zeroizing::new).with_context(|| {
            format!("read the passphrase of {} in {}", self.keystore.display(), file.display())
        })?;
        let passphrase = text.trim_end_matches(['\r', '\n']);
        ensure!(!passphrase.is_empty(), "the passphrase file {} is empty", file.display());
        Ok(Zeroizing::new(passphrase.to_owned()))
    }
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
    fn slips_in_a_file_are_named() {
        for (text, named) in [
            ("databse = 'x'", "databse"),
            ("shutdown_grace = 'soon'", "a duration is a number and a unit"),
            ("[rate_limits]\nmessages_per_vistor = 1", "messages_per_vistor"),
        ] {
            let error = toml::from_str::<Settings>(text).unwrap_err().to_string();
            assert!(error.contains(named), "{text}: {error}");
        }
        let bad = |text: &str| toml::from_str::<Settings>(text).unwrap().resolve().unwrap_err().to_string();
        assert!(bad("public_url = 'https://chat.example/path'").contains("public address"));
        assert!(bad("[rate_limits]\nmessages_per_visitor = 0").contains("messages_per_visitor"));
    }

    #[test]
    fn durations_are_written_as_people_do() {
        for (text, seconds) in [("5s", 5), ("60m", 3600), ("1h 30m", 5400), ("24h", 86_400)] {
            assert_eq!(text.parse::<Lifetime>().unwrap(), Lifetime(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "5", "0s", "-5s", "soon"] {
            assert!(text.parse::<Lifetime>().is_err(), "{text}");
        }
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
        assert!(config.keystore_passphrase().unwrap_err().to_string().contains("read the passphrase"));
    }
}
