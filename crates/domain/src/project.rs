//! A brand's site and its settings.

use std::time::Duration;

use crate::ids::{InvalidId, ProjectId};
use crate::limits;
use crate::origin::AllowedOrigins;
use crate::retention::Retention;
use crate::time::Timestamp;

/// Whether visitors must prove who they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AuthenticatedMode {
    /// The tag starts anonymously by itself; secured activation is still possible.
    Off,
    /// As off, and every token is verified and reported as if the mode were on. It opens no verified session.
    Observe,
    /// The tag waits for `activate`.
    On,
}

impl AuthenticatedMode {
    /// The word used in storage and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "OFF",
            Self::Observe => "OBSERVE",
            Self::On => "ON",
        }
    }

    /// Reads that word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "OFF" => Some(Self::Off),
            "OBSERVE" => Some(Self::Observe),
            "ON" => Some(Self::On),
            _ => None,
        }
    }
}

/// Which rules a project's tokens are held to (PRODUCT section 3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenProfile {
    /// What the vendor documents describe.
    Compatible,
    /// In addition typed, keyed, bound to the project, single use and short-lived.
    Strict,
}

impl TokenProfile {
    /// The word used in storage and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Compatible => "COMPATIBLE",
            Self::Strict => "STRICT",
        }
    }

    /// Reads that word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "COMPATIBLE" => Some(Self::Compatible),
            "STRICT" => Some(Self::Strict),
            _ => None,
        }
    }
}

/// One brand site, or a group of them, with its settings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Project {
    /// The site id of the snippet.
    pub id: ProjectId,
    /// The brand's name, shown to visitors and agents.
    pub name: String,
    /// Whether visitors must prove who they are.
    pub authenticated_mode: AuthenticatedMode,
    /// Which rules its tokens are held to.
    pub token_profile: TokenProfile,
    /// What precedes `userId` and `visitorData` in the claims. `https://iadvize.com/` by default.
    pub claim_prefix: String,
    /// Accepted `iss` values; empty accepts any.
    pub issuers: Vec<String>,
    /// How long a visitor session lasts before identity must be proved again.
    pub session_lifetime: Duration,
    /// How far ahead `exp` of a token may lie.
    pub token_max_lifetime: Duration,
    /// How far the clocks of provider and platform may differ when times of a token are checked: whole seconds, at most
    /// [`limits::TOKEN_LEEWAY_MAX`].
    pub token_leeway: Duration,
    /// Names of the signature algorithms that the strict profile accepts, `RS256` by default. The compatible one accepts
    /// `RS256` alone.
    pub signature_algorithms: Vec<String>,
    /// Names of the key management algorithms that the strict profile accepts, `RSA-OAEP-256` by default. The compatible
    /// one accepts `RSA-OAEP-256` alone.
    pub key_management: Vec<String>,
    /// Pages that may embed the widget.
    pub allowed_origins: AllowedOrigins,
    /// Whether a visitor session must be for a key of the client, of which every use brings a proof. Off by default.
    pub requires_session_key: bool,
    /// How long what is about people is kept.
    pub retention: Retention,
    /// When it was created.
    pub created_at: Timestamp,
}

impl Project {
    /// A project with every setting at its default: authenticated mode on, compatible profile, 60 minute sessions.
    pub fn new(id: &str, name: &str, created_at: Timestamp) -> Result<Self, InvalidId> {
        Ok(Self {
            id: ProjectId::parse(id)?,
            name: name.to_owned(),
            authenticated_mode: AuthenticatedMode::On,
            token_profile: TokenProfile::Compatible,
            claim_prefix: "https://iadvize.com/".to_owned(),
            issuers: Vec::new(),
            session_lifetime: limits::SESSION_LIFETIME,
            token_max_lifetime: limits::TOKEN_LIFETIME_COMPATIBLE,
            token_leeway: limits::TOKEN_LEEWAY,
            signature_algorithms: vec!["RS256".to_owned()],
            key_management: vec!["RSA-OAEP-256".to_owned()],
            allowed_origins: AllowedOrigins::default(),
            requires_session_key: false,
            retention: Retention::default(),
            created_at,
        })
    }

    /// What every page of the site contains. `host` is the platform's, with or without the scheme before it.
    pub fn snippet(&self, host: &str) -> String {
        let host = host.split_once("://").map_or(host, |(_, host)| host);
        let id = &self.id;
        format!(
            "<script>\n  window.iAdvizeInterface = window.iAdvizeInterface || [];\n  iAdvizeInterface.config = {{ sid: '{id}' \
             }};\n</script>\n<script async src=\"//{host}/iadvize.js\"></script>"
        )
    }
}
