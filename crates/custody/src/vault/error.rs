//! What can go wrong between here and Vault.

use signet_token::KeyError;

use crate::secret::SecretError;

/// Vault could not be used.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The address is not one, or without TLS and not of this machine.
    #[error("the address of Vault must begin with https://, or with http:// and lead to this machine")]
    Address,
    /// A mount, key, role or namespace that cannot stand in a path.
    #[error("a mount, key or role of Vault is made of letters, digits and -._/")]
    Name,
    /// The HTTP client could not be set up, for instance with these certificates.
    #[error("setting up the HTTP client for Vault")]
    Client(#[source] reqwest::Error),
    /// No certificate was found in what should hold some.
    #[error("there is no certificate (PEM) among those that should vouch for Vault")]
    NoCertificate,
    /// A secret for signing in could not be read.
    #[error("signing in to Vault")]
    Secret(#[from] SecretError),
    /// No connection, no TLS, or no complete answer.
    #[error("Vault cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// No answer within the time limit.
    #[error("Vault did not answer in time")]
    TimedOut,
    /// Sealed, or not initialised, or without a leader (503).
    #[error("Vault is sealed or has no leader")]
    Sealed,
    /// The credentials for signing in are not accepted.
    #[error("Vault does not accept the credentials")]
    LoginRefused,
    /// The policy does not allow it, or the token is no longer good (403).
    #[error("Vault denies permission")]
    Denied,
    /// No such mount or key (404, or 400 with those words).
    #[error("Vault has no such key")]
    KeyNotFound,
    /// More requests than a quota allows (429).
    #[error("Vault limits the rate of requests")]
    RateLimited,
    /// A status that means none of these.
    #[error("Vault answered with the status {0}")]
    Status(u16),
    /// An answer that is not what its documentation says.
    #[error("Vault's answer is not understood")]
    Answer,
    /// A version that was usable when the keys were read last.
    #[error("Vault no longer decrypts with a version of the key that it had")]
    VersionMissing,
    /// The key is not an RSA key.
    #[error("the key in Vault is of type {0}, and has to be rsa-2048, rsa-3072 or rsa-4096")]
    NotRsa(String),
    /// A public key that this platform does not take.
    #[error("a version of the key in Vault is not usable")]
    Key(#[from] KeyError),
    /// Not called, because the calls before failed.
    #[error("Vault failed just now and is left alone for a moment")]
    LeftAlone,
}

impl VaultError {
    /// Whether it can be over without anybody changing settings or rights.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::TimedOut | Self::Sealed | Self::RateLimited | Self::LeftAlone => {
                true
            }
            Self::Status(status) => *status >= 500,
            _ => false,
        }
    }

    /// The word in the metrics.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Address | Self::Name | Self::Client(_) | Self::NoCertificate => "settings",
            Self::Secret(_) | Self::LoginRefused => "login",
            Self::Unreachable(_) => "unreachable",
            Self::TimedOut => "timeout",
            Self::Sealed => "sealed",
            Self::Denied => "denied",
            Self::KeyNotFound | Self::NotRsa(_) | Self::Key(_) => "key",
            Self::RateLimited => "rate_limited",
            Self::Status(_) | Self::Answer => "answer",
            Self::VersionMissing => "version_missing",
            Self::LeftAlone => "left_alone",
        }
    }
}
