//! Identifiers as types of their own, so that one can't be passed for another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::env::Env;

/// An identifier that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} is not valid")]
pub struct InvalidId {
    /// Which identifier was expected.
    pub kind: &'static str,
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Makes a new id: UUID version 7 (RFC 9562 section 5.7), so that ids sort by the time they were made.
            pub fn generate(env: &Env) -> Self {
                Self(env.uuid_v7())
            }

            /// Wraps a UUID that is known to name such a thing.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The bare UUID, for storage and the wire.
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                // Only the hyphenated form of 36 characters: one spelling for one id.
                if text.len() != 36 {
                    return Err(InvalidId { kind: $kind });
                }
                Uuid::from_str(text).map(Self).map_err(|_| InvalidId { kind: $kind })
            }
        }
    };
}

uuid_id!(
    /// A person on the brand's site, as Signet knows them. May change at sign-in and sign-out.
    VisitorId, "visitor id"
);
uuid_id!(
    /// A thread between a visitor and the brand.
    ConversationId, "conversation id"
);
uuid_id!(
    /// One entry of a conversation.
    MessageId, "message id"
);
uuid_id!(
    /// What Signet opens after an activation.
    SessionId, "session id"
);
uuid_id!(
    /// A browser (or app) of an anonymous visitor.
    DeviceId, "device id"
);
uuid_id!(
    /// A browser (or app), by a random id that its widget keeps. It proves nothing: it joins the pages and tabs of one
    /// browser into one session of a person, so that signing out in one signs out in all.
    BrowserId, "browser id"
);
uuid_id!(
    /// A person who answers.
    AgentId, "agent id"
);
uuid_id!(
    /// A program that answers.
    BotId, "bot id"
);
uuid_id!(
    /// A brand's signing key, as registered with a project.
    CustomerKeyId, "customer key id"
);
uuid_id!(
    /// The id a client gives a message before sending it, so that a retry is stored once.
    ClientMessageId, "client message id"
);

/// A project's public id, the site id (`sid`) of the snippet: 1 to 64 of `A-Z a-z 0-9 . _ -`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProjectId(String);

impl ProjectId {
    /// Reads a site id.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidId { kind: "project id" }) }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProjectId({})", self.0)
    }
}

impl FromStr for ProjectId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::parse(text)
    }
}

impl TryFrom<String> for ProjectId {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        Self::parse(&text)
    }
}

impl From<ProjectId> for String {
    fn from(id: ProjectId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_one_spelling() {
        let id = "0193a5b0-0000-7000-8000-000000000001";
        assert_eq!(ConversationId::from_str(id).unwrap().to_string(), id);
        assert!(ConversationId::from_str("0193a5b0000070008000000000000001").is_err());
        assert!(ConversationId::from_str("{0193a5b0-0000-7000-8000-000000000001}").is_err());
        assert!(ConversationId::from_str("").is_err());
    }

    #[test]
    fn site_ids_hold_nothing_that_needs_escaping() {
        for good in ["demo", "5678", "ha-12.eu_1"] {
            assert!(ProjectId::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "a b", "a/b", "é", "a'b", &"x".repeat(65)] {
            assert!(ProjectId::parse(bad).is_err(), "{bad}");
        }
    }
}
