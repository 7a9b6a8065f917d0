//! What an operator may say: one table of settings, and everything that is made of it.
//!
//! A row of [`Settings`] or [`RateLimitSettings`] is a field of the settings file, a flag, a variable of the environment and a line of
//! `docs/settings.md`. Invariants:
//! - a setting has one name in three spellings: `rsa_queue`, `--rsa-queue`, `SIGNET_RSA_QUEUE`;
//! - every command hears what the file and the environment say; as flags a command takes what it is about;
//! - a secret is never a setting: it comes from the environment or from a file that a setting names ([`crate::secrets`]).

use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use clap::builder::ValueParser;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, ValueEnum};
use serde::Deserialize;

pub use crate::config::{CustodyKind, VaultLoginKind};

/// A row of the table, as flags and the reference show it.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The name in the file.
    pub name: &'static str,
    /// The table of the file it stands in; empty for those above all tables.
    pub table: &'static str,
    /// What kind of value it takes: `N`, `BOOL`, `DURATION`, `FILE`…
    pub kind: &'static str,
    /// What holds without it.
    pub default: &'static str,
    /// A value as one could write it.
    pub example: &'static str,
    /// What it means, line by line; Markdown.
    pub text: &'static [&'static str],
    /// Whether every command on the data takes it as a flag, or `signet serve` alone.
    pub commands: Commands,
}

/// Which commands take a setting as a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commands {
    /// Every command that opens the database or the keys.
    Every,
    /// `signet serve`.
    Serve,
}

impl Setting {
    /// The flag, without its dashes.
    pub fn flag(&self) -> String {
        self.name.replace('_', "-")
    }

    /// The variable of the environment.
    pub fn variable(&self) -> String {
        format!("SIGNET_{}", self.name.to_ascii_uppercase())
    }

    /// What it means, in one line.
    pub fn meaning(&self) -> String {
        self.text.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
    }

    fn argument(&self, parser: ValueParser) -> Arg {
        let meaning = self.meaning();
        let first = meaning.split_once(". ").map_or(meaning.as_str(), |(first, _)| first);
        let argument = Arg::new(self.name)
            .long(self.flag())
            .env(self.variable())
            .hide_env_values(true)
            .value_name(self.kind)
            .value_parser(parser)
            .help(format!("{first} [default: {}]", self.default))
            .long_help(format!("{meaning} [default: {}]", self.default))
            .hide_short_help(!self.table.is_empty());
        // A switch says yes by being there.
        if self.kind == "BOOL" { argument.num_args(0..=1).default_missing_value("true") } else { argument }
    }
}

/// Makes a struct of optional settings, with the means to read it from a file, from flags and from the environment.
macro_rules! settings {
    (
        $(#[$attribute:meta])*
        $name:ident in $table:literal {
            $($(#[doc = $text:literal])+ $setting:ident: $type:ty, $kind:literal, $commands:ident, $default:literal, $example:literal;)*
        }
        $(tables { $($(#[$table_attribute:meta])* $inner:ident: $Inner:ident;)* })?
    ) => {
        $(#[$attribute])*
        #[derive(Deserialize, Debug, Clone, Default)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $($(#[doc = $text])+ pub $setting: Option<$type>,)*
            $($($(#[$table_attribute])* pub $inner: $Inner,)*)?
        }

        impl $name {
            /// The rows of this table.
            pub const ROWS: &[Setting] = &[$(Setting {
                name: stringify!($setting),
                table: $table,
                kind: $kind,
                default: $default,
                example: $example,
                text: &[$($text),+],
                commands: Commands::$commands,
            }),*];

            /// These settings, and those of `other` where these say nothing.
            #[must_use]
            pub fn or(self, other: Self) -> Self {
                Self {
                    $($setting: self.$setting.or(other.$setting),)*
                    $($($inner: self.$inner.or(other.$inner),)*)?
                }
            }

            fn flags(mut command: Command, wanted: fn(&Setting) -> bool) -> Command {
                let mut rows = Self::ROWS.iter();
                $(if let Some(row) = rows.next().filter(|row| wanted(row)) {
                    command = command.arg(row.argument(clap::value_parser!($type).into()));
                })*
                $($(command = $Inner::flags(command, wanted);)*)?
                command
            }
        }

        impl Args for $name {
            fn augment_args(command: Command) -> Command {
                Self::flags(command, |_| true)
            }

            fn augment_args_for_update(command: Command) -> Command {
                Self::augment_args(command)
            }
        }

        impl FromArgMatches for $name {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
                Ok(Self {
                    // An error means that the command does not take the flag.
                    $($setting: matches.try_get_one::<$type>(stringify!($setting)).ok().flatten().cloned(),)*
                    $($($inner: $Inner::from_arg_matches(matches)?,)*)?
                })
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
                *self = Self::from_arg_matches(matches)?.or(std::mem::take(self));
                Ok(())
            }
        }
    };
}

settings! {
    /// What an operator may say. Everything may be missing.
    Settings in "" {
        /// Where data lives: `sqlite:PATH` or `postgres://user@host/database`. The schema is brought up to date at the start, or before it
        /// by `signet migrate`.
        database: String, "ADDRESS", Every, "`sqlite:` and `signet.db` in the data directory", "postgres://signet@db.internal/signet";
        /// File whose first line is the password of the PostgreSQL user, so that the address needs none. `SIGNET_DATABASE_PASSWORD` in the
        /// environment goes before it.
        database_password_file: PathBuf, "FILE", Every, "none", "/run/secrets/signet-database";
        /// Connections for reading the database.
        database_readers: NonZeroUsize, "N", Serve, "4", "8";
        /// Directory of the embedded database and the keystore. Made with mode 0700.
        data_dir: PathBuf, "DIR", Every, "`./signet-data`", "/var/lib/signet";
        /// File with the platform's private keys, encrypted. Made on the first start.
        keystore: PathBuf, "FILE", Every, "`keystore.json` in the data directory", "/var/lib/signet/keystore.json";
        /// File whose first line is the keystore's passphrase. On the very first start a missing one is made (256 random bits, mode 0600) and
        /// the log says where. `SIGNET_KEYSTORE_PASSPHRASE` in the environment goes before it. There is no flag for the passphrase: flags are
        /// visible to every user of the machine.
        keystore_passphrase_file: PathBuf, "FILE", Every, "the keystore's name with `.passphrase`", "/run/secrets/signet-passphrase";
        /// Address and port to listen on: for HTTPS with a certificate, else for plain HTTP.
        listen: SocketAddr, "ADDRESS:PORT", Serve, "`127.0.0.1:8080`", "0.0.0.0:8080";
        /// File with the certificate for HTTPS and those of the authorities between it and the root, PEM. Taken anew within seconds when it
        /// changes. Without it TLS ends at your proxy.
        tls_certificate: PathBuf, "FILE", Serve, "none", "/etc/letsencrypt/live/chat.example/fullchain.pem";
        /// File with that certificate's private key, PEM.
        tls_key: PathBuf, "FILE", Serve, "none", "/etc/letsencrypt/live/chat.example/privkey.pem";
        /// Address under which browsers reach the platform: scheme, host and perhaps port. It is the issuer of session tokens, so changing it
        /// ends the sessions there are; with `https://` cookies are `Secure`.
        public_url: String, "URL", Serve, "the address listened on", "https://chat.example";
        /// How many reverse proxies stand in front and append to `X-Forwarded-For`. With 0 the header is ignored.
        trusted_proxies: usize, "N", Serve, "0", "1";
        /// How long a stop waits for requests under way.
        shutdown_grace: Lifetime, "DURATION", Serve, "20s", "30s";
        /// What is logged: a level, or levels by module such as `info,signet_app=debug`. Of libraries never more than `info`: in detail
        /// they would tell what people write.
        log: String, "FILTER", Serve, "`info`", "info,signet_app=debug";
        /// How log lines look: `text`, or `json` with one object a line. They go to standard error.
        log_format: LogFormat, "FORMAT", Serve, "`text`", "json";
        /// Answer `/metrics` to everybody, not only to callers on this machine.
        metrics_public: bool, "BOOL", Serve, "false", "true";
        /// How old events of the [audit log](audit-log.md) become before they are removed, such as `400d`.
        audit_retention: Lifetime, "DURATION", Serve, "they are kept", "400d";
        /// Fetch key sets of brands from private addresses and call bots there too, such as a test server on this machine.
        outbound_private_addresses: bool, "BOOL", Serve, "false", "true";
        /// Fetch key sets of brands and call bots without TLS too. Anybody on the way could then put keys into them, and read and answer what
        /// visitors write.
        outbound_plain_http: bool, "BOOL", Serve, "false", "true";
        /// Threads for RSA decryption.
        rsa_threads: NonZeroUsize, "N", Serve, "one for each processor", "4";
        /// Tokens that may wait for decryption. One more is refused with `RATE_LIMITED` at once.
        rsa_queue: NonZeroUsize, "N", Serve, "256 for each processor", "1024";
        /// Where the keys live that tokens are encrypted to: `local` is the keystore, `vault` is Vault or OpenBao,
        /// `pkcs11` is an HSM. See [custody](custody.md).
        custody: CustodyKind, "WHERE", Serve, "`local`", "vault";
        /// Where they lived before, `vault` or `pkcs11`: its keys are published no longer and go on decrypting. The keystore's do so without it.
        former_custody: CustodyKind, "WHERE", Serve, "none", "pkcs11";
        /// Address of Vault. Without TLS only on this machine.
        vault_address: String, "URL", Serve, "none", "https://vault.internal:8200";
        /// Name of the RSA key in Vault's transit engine.
        vault_key: String, "NAME", Serve, "none", "signet";
        /// Where that engine is mounted.
        vault_mount: String, "PATH", Serve, "`transit`", "team-a/transit";
        /// Namespace, if Vault has them.
        vault_namespace: String, "NAME", Serve, "none", "team-a";
        /// File with the certificates (PEM) that vouch for Vault; with it no others do.
        vault_ca_file: PathBuf, "FILE", Serve, "what this machine trusts", "/etc/ssl/vault-ca.pem";
        /// How to sign in to Vault: `token`, `approle` or `kubernetes`. Secrets in files are read at each sign-in.
        vault_login: VaultLoginKind, "METHOD", Serve, "`token`", "approle";
        /// Where that method is mounted.
        vault_login_mount: String, "PATH", Serve, "the method's name", "team-a/approle";
        /// File with the token for Vault. `SIGNET_VAULT_TOKEN` in the environment goes before it.
        vault_token_file: PathBuf, "FILE", Serve, "none", "/run/vault/token";
        /// Id of the AppRole.
        vault_role_id: String, "ID", Serve, "none", "c2c5c3a0-7e0f-4d5c-9d0b-9a3f0d1e2f34";
        /// File with the AppRole's secret id. `SIGNET_VAULT_SECRET_ID` in the environment goes before it.
        vault_secret_id_file: PathBuf, "FILE", Serve, "none", "/run/secrets/signet-secret-id";
        /// Role of the Kubernetes method.
        vault_role: String, "NAME", Serve, "none", "signet";
        /// File with the service account's token.
        vault_jwt_file: PathBuf, "FILE", Serve, "where Kubernetes puts it", "/var/run/secrets/vault/token";
        /// How long Vault may take to answer before it counts as failing.
        vault_time_limit: Lifetime, "DURATION", Serve, "2s", "1s";
        /// Library of the PKCS#11 module. Programs built with the feature `hsm` load it.
        pkcs11_module: PathBuf, "FILE", Serve, "none", "/usr/lib/pkcs11/module.so";
        /// Label of the token.
        pkcs11_token: String, "LABEL", Serve, "none", "signet";
        /// Label of the private RSA key in it; after commas those of former keys that still decrypt.
        pkcs11_key: String, "LABELS", Serve, "none", "tokens-2026,tokens-2025";
        /// File whose first line is the user's PIN. `SIGNET_PKCS11_PIN` in the environment goes before it.
        pkcs11_pin_file: PathBuf, "FILE", Serve, "none", "/run/secrets/signet-pin";
        /// How long a token waits for the module.
        pkcs11_time_limit: Lifetime, "DURATION", Serve, "2s", "5s";
    }
    tables {
        /// How much is let in; a table `[rate_limits]` in the file.
        rate_limits: RateLimitSettings;
    }
}

settings! {
    /// How much is let in. Each is "so many at once, refilled evenly over the period".
    RateLimitSettings in "rate_limits" {
        /// Activations per address and minute.
        activations_per_address: NonZeroU32, "N", Serve, "120", "600";
        /// Activations per session, or per device of a guest, and minute.
        activations_per_session: NonZeroU32, "N", Serve, "60", "30";
        /// Secured activations per project and second.
        activations_per_project: NonZeroU32, "N", Serve, "2000", "500";
        /// Messages per visitor and minute.
        messages_per_visitor: NonZeroU32, "N", Serve, "60", "30";
        /// Messages per address and minute.
        messages_per_address: NonZeroU32, "N", Serve, "300", "1000";
        /// Messages per project and second.
        messages_per_project: NonZeroU32, "N", Serve, "2000", "500";
        /// Sign-in attempts per account and minute.
        sign_ins_per_account: NonZeroU32, "N", Serve, "10", "5";
        /// Sign-in attempts per address and minute.
        sign_ins_per_address: NonZeroU32, "N", Serve, "100", "50";
        /// Token tests and inspections per caller and minute.
        tests_per_caller: NonZeroU32, "N", Serve, "60", "120";
    }
}

impl Settings {
    /// Reads a settings file in TOML.
    pub fn from_file(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("read the settings in {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("understand the settings in {}", path.display()))
    }

    /// Reads the environment.
    pub fn from_environment() -> anyhow::Result<Self> {
        let command = Self::augment_args(Command::new("environment").no_binary_name(true));
        let read = command.try_get_matches_from(None::<&str>).and_then(|said| Self::from_arg_matches(&said));
        read.map_err(|error| {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default();
            anyhow!("{}", first.trim_start_matches("error: ")).context("understand the environment")
        })
    }
}

/// The settings that every command on the data takes as flags; the rest it hears from the environment and the file.
#[derive(Debug, Clone, Default)]
pub struct CommandSettings(pub Box<Settings>);

impl Args for CommandSettings {
    fn augment_args(command: Command) -> Command {
        Settings::flags(command, |setting| setting.commands == Commands::Every)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for CommandSettings {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Settings::from_arg_matches(matches).map(Box::new).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
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
    let span: jiff::Span = text
        .trim()
        .parse()
        .ok()
        .context("a duration is a number and a unit, such as 5s, 60m, 24h or 400d")?;
    let signed = span
        .to_duration(jiff::SpanRelativeTo::days_are_24_hours())
        .ok()
        .context("a duration has no months or years: their length differs")?;
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

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn rows() -> impl Iterator<Item = &'static Setting> {
        Settings::ROWS.iter().chain(RateLimitSettings::ROWS)
    }

    /// A settings file in which every setting has its example.
    fn full_file() -> String {
        let mut text = String::new();
        for (index, row) in rows().enumerate() {
            if !row.table.is_empty() && index == Settings::ROWS.len() {
                writeln!(text, "[{}]", row.table).unwrap();
            }
            let bare = matches!(row.kind, "N" | "BOOL");
            let value = if bare { row.example.to_owned() } else { format!("{:?}", row.example) };
            writeln!(text, "{} = {value}", row.name).unwrap();
        }
        text
    }

    /// What settings say, name by name.
    fn said(settings: &Settings) -> Vec<String> {
        let text = format!("{settings:#?}");
        let fields = text.lines().filter(|line| line.trim_end().ends_with("Some(")).count();
        assert_eq!(fields, rows().count(), "every setting is there: {text}");
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_file_and_flags_say_the_same_and_variables_are_spelled_alike() {
        let from_file: Settings = toml::from_str(&full_file()).unwrap();
        let command = Settings::augment_args(Command::new("serve").no_binary_name(true));
        for (row, argument) in rows().zip(command.get_arguments()) {
            assert_eq!(argument.get_env().unwrap().to_str().unwrap(), row.variable());
        }
        let flags = rows().map(|row| format!("--{}={}", row.flag(), row.example));
        let matches = command.try_get_matches_from(flags).unwrap();
        assert_eq!(said(&Settings::from_arg_matches(&matches).unwrap()), said(&from_file));
    }

    #[test]
    fn slips_in_a_file_are_named() {
        for (text, named) in [
            ("databse = 'x'", "databse"),
            ("shutdown_grace = 'soon'", "a duration is a number and a unit"),
            ("rsa_queue = 0", "rsa_queue"),
            ("[rate_limits]\nmessages_per_vistor = 1", "messages_per_vistor"),
            ("[rate_limits]\nmessages_per_visitor = 0", "messages_per_visitor"),
        ] {
            let error = toml::from_str::<Settings>(text).unwrap_err().to_string();
            assert!(error.contains(named), "{text}: {error}");
        }
    }

    #[test]
    fn durations_are_written_as_people_do() {
        for (text, seconds) in
            [("5s", 5), ("60m", 3600), ("1h 30m", 5400), ("24h", 86_400), ("400d", 34_560_000)]
        {
            assert_eq!(text.parse::<Lifetime>().unwrap(), Lifetime(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "5", "0s", "-5s", "soon", "1mo"] {
            assert!(text.parse::<Lifetime>().is_err(), "{text}");
        }
    }
}
