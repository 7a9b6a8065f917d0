//! Texts that must not be seen.

use std::fmt;
use std::fs;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// A text that is wiped when dropped and shows nothing.
#[derive(Clone)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Takes the text as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(..)")
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// Where a secret is.
#[derive(Debug, Clone)]
pub enum SecretSource {
    /// Here.
    Given(SecretText),
    /// In a file, without the line break at its end. It is read each time the secret is needed: whoever issues it may
    /// replace the file.
    File(PathBuf),
}

impl SecretSource {
    pub(crate) fn read(&self) -> Result<SecretText, SecretError> {
        match self {
            Self::Given(secret) => Ok(secret.clone()),
            Self::File(path) => {
                let failed = |source| SecretError { path: path.clone(), source };
                let text = fs::read_to_string(path).map(Zeroizing::new).map_err(failed)?;
                let secret = text.trim_end_matches(['\r', '\n']);
                if secret.is_empty() {
                    return Err(failed(io::Error::from(io::ErrorKind::UnexpectedEof)));
                }
                Ok(SecretText::new(secret))
            }
        }
    }
}

/// A file with a secret could not be read.
#[derive(Debug, thiserror::Error)]
#[error("reading the secret in {path}")]
pub struct SecretError {
    path: PathBuf,
    #[source]
    source: io::Error,
}
