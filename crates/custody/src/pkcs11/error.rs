//! What can go wrong with a PKCS#11 module.

use cryptoki::error::{Error, RvError};
use signet_token::KeyError;

use crate::secret::SecretError;

/// A module could not be used.
#[derive(Debug, thiserror::Error)]
pub enum Pkcs11Error {
    /// The library could not be loaded or started.
    #[error("starting the PKCS#11 module")]
    Module(#[source] Box<Error>),
    /// The PIN could not be read.
    #[error("signing in to the token")]
    Secret(#[from] SecretError),
    /// No token has this label.
    #[error("the PKCS#11 module has no token with the label {0:?}")]
    TokenNotFound(String),
    /// The PIN is not accepted.
    #[error("the token does not accept the PIN")]
    PinRefused,
    /// No private RSA key has this label, or more than one.
    #[error("the token has no private RSA key with the label {0:?}, or several")]
    KeyNotFound(String),
    /// A key that this platform does not take.
    #[error("the key with the label {label:?} is not usable")]
    Key {
        /// The key's label.
        label: String,
        /// Why.
        #[source]
        source: KeyError,
    },
    /// The token does not do what is needed.
    #[error(
        "the token refuses RSA-OAEP with SHA-256 for the key {label:?} (SoftHSM 2 does up to version 2.6.1): use another module"
    )]
    OaepRefused {
        /// The key's label.
        label: String,
        /// What it said.
        #[source]
        source: Box<Error>,
    },
    /// The token unwrapped something else than what was wrapped.
    #[error("the token's key {0:?} does not unwrap what was wrapped for its public half")]
    SelfTest(String),
    /// A call failed.
    #[error("the PKCS#11 module failed")]
    Call(#[source] Box<Error>),
    /// The threads could not be started.
    #[error("starting the threads for the PKCS#11 module")]
    Threads(#[source] std::io::Error),
    /// No answer within the time limit.
    #[error("the PKCS#11 module did not answer in time")]
    TimedOut,
}

impl Pkcs11Error {
    pub(super) fn call(error: Error) -> Self {
        Self::Call(Box::new(error))
    }

    /// The word in the metrics.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Module(_) | Self::Threads(_) => "module",
            Self::TokenNotFound(_) => "token",
            Self::Secret(_) | Self::PinRefused => "login",
            Self::KeyNotFound(_) | Self::Key { .. } | Self::OaepRefused { .. } | Self::SelfTest(_) => "key",
            Self::Call(_) => "failed",
            Self::TimedOut => "timeout",
        }
    }
}

/// What an error of the module's says about the value it was given.
pub(super) enum Verdict {
    /// The value is bad.
    Bad,
    /// The session, the login or the token is gone: another session may do better.
    Lost,
    /// It could be either.
    Unclear,
}

pub(super) fn judge(error: &Error) -> Verdict {
    let Error::Pkcs11(code, _) = error else { return Verdict::Lost };
    match code {
        RvError::EncryptedDataInvalid | RvError::EncryptedDataLenRange => Verdict::Bad,
        RvError::SessionHandleInvalid
        | RvError::SessionClosed
        | RvError::UserNotLoggedIn
        | RvError::KeyHandleInvalid
        | RvError::ObjectHandleInvalid
        | RvError::DeviceRemoved
        | RvError::TokenNotPresent
        | RvError::CryptokiNotInitialized => Verdict::Lost,
        _ => Verdict::Unclear,
    }
}

/// Whether an error says that the module does not do RSA-OAEP with SHA-256.
pub(super) fn refuses_oaep(error: &Error) -> bool {
    matches!(
        error,
        Error::Pkcs11(RvError::ArgumentsBad | RvError::MechanismInvalid | RvError::MechanismParamInvalid, _)
    )
}
