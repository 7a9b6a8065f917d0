//! How sure Signet is of who wrote something.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How sure we are of who wrote something. Ordered: a later one is stronger.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Assurance {
    /// Nobody vouches for the visitor.
    Anonymous,
    /// The page named the visitor (`extId`), without proof.
    Claimed,
    /// A token that the brand signed and Signet verified proves it.
    Verified,
}

impl Assurance {
    /// The word used in storage and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Anonymous => "ANONYMOUS",
            Self::Claimed => "CLAIMED",
            Self::Verified => "VERIFIED",
        }
    }

    /// Reads that word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "ANONYMOUS" => Some(Self::Anonymous),
            "CLAIMED" => Some(Self::Claimed),
            "VERIFIED" => Some(Self::Verified),
            _ => None,
        }
    }
}

impl fmt::Display for Assurance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
