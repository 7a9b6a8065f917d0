//! Session tokens: minted at activation, checked by signature and a small revocation set.
#![expect(clippy::todo, unused_variables, clippy::unused_async, dead_code, reason = "skeleton")]

use signet_domain::{Assurance, DeviceId, ProjectId, SessionId, Timestamp, VisitorId};
use signet_store::Store;
use signet_token::SessionSigner;

use crate::{App, AppError};

pub(crate) struct SessionTokens {}

impl SessionTokens {
    pub(crate) async fn load(signer: SessionSigner, issuer: &str, store: &Store, now: Timestamp) -> Result<Self, AppError> {
        todo!()
    }
}

/// Proof that a request carries a live session of a visitor. Made by [`App::visitor_session`] alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitorSession {
    session_id: SessionId,
    project_id: ProjectId,
    visitor_id: VisitorId,
    assurance: Assurance,
    verified_at: Option<Timestamp>,
    expires_at: Timestamp,
    device_id: Option<DeviceId>,
}

impl VisitorSession {
    /// The session.
    pub fn session_id(&self) -> SessionId {
        self.session_id
    }

    /// The project.
    pub fn project_id(&self) -> &ProjectId {
        &self.project_id
    }

    /// The visitor.
    pub fn visitor_id(&self) -> VisitorId {
        self.visitor_id
    }

    /// How sure we are of them.
    pub fn assurance(&self) -> Assurance {
        self.assurance
    }

    /// When it passes.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

/// Why a session token was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// Its time has passed: prove identity again.
    #[error("the session has expired")]
    Expired,
    /// Forged, revoked or signed out.
    #[error("the session has ended")]
    Ended,
}

impl From<SessionError> for AppError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Expired => Self::SessionExpired,
            SessionError::Ended => Self::SessionEnded,
        }
    }
}

impl App {
    /// Checks a session token: signature (once a token, then from memory), time, revocation.
    pub fn visitor_session(&self, token: &str) -> Result<VisitorSession, SessionError> {
        todo!()
    }
}
