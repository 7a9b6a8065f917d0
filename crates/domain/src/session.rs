//! Visitor sessions that were opened by a verified token.
//!
//! Anonymous sessions have no record: they are carried by their token alone until a first message.

use crate::ids::{BrowserId, ProjectId, SessionId, VisitorId};
use crate::time::Timestamp;

/// Why a session ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SessionEnd {
    /// Its time passed without a fresh proof.
    Expired,
    /// The visitor signed out.
    LoggedOut,
    /// An administrator or the brand's backend revoked it.
    Revoked,
    /// Another person signed in on the same page.
    Switched,
}

impl SessionEnd {
    /// The word used in storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "EXPIRED",
            Self::LoggedOut => "LOGGED_OUT",
            Self::Revoked => "REVOKED",
            Self::Switched => "SWITCHED",
        }
    }

    /// Reads that word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "EXPIRED" => Some(Self::Expired),
            "LOGGED_OUT" => Some(Self::LoggedOut),
            "REVOKED" => Some(Self::Revoked),
            "SWITCHED" => Some(Self::Switched),
            _ => None,
        }
    }
}

/// A session opened by a verified token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// Its id, the `sid` claim of the session token.
    pub id: SessionId,
    /// The project it belongs to.
    pub project_id: ProjectId,
    /// Who is signed in.
    pub visitor_id: VisitorId,
    /// The browser it lives in: its pages and tabs share it.
    pub browser_id: Option<BrowserId>,
    /// When the last token was verified.
    pub verified_at: Timestamp,
    /// When identity must be proved again.
    pub expires_at: Timestamp,
    /// RFC 7638 thumbprint of the customer key that signed the token.
    pub signing_key: String,
    /// RFC 7638 thumbprint of the platform key that the token was encrypted to, if it is known.
    pub platform_key: Option<String>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// Why and when it ended. An expired session can still be renewed by the same person.
    pub ended: Option<(SessionEnd, Timestamp)>,
}
