//! Activation: from what the page offers to a visitor session.
#![expect(clippy::todo, unused_variables, clippy::unused_async, dead_code, reason = "skeleton")]

use std::time::Duration;

use signet_domain::access::ProjectAccess;
use signet_domain::{Assurance, ConversationId, Project, ProjectId, SessionId, Timestamp, VisitorId};

use crate::error::FailureCode;
use crate::{App, AppError, RequestContext};

#[derive(Debug, Default)]
pub(crate) struct ProjectCache {}

/// What the page offers.
#[derive(Clone)]
pub enum ActivationOption {
    /// A visitor token.
    Secured {
        /// JWE compact.
        token: String,
    },
    /// Nobody in particular.
    Anonymous,
}

/// An activation attempt, as it came in.
#[derive(Clone)]
pub struct ActivationRequest {
    /// Site id, unparsed: an unknown one is `PROJECT_NOT_SET_UP`.
    pub project_id: String,
    /// Origin of the embedding page; `None` from clients that are not browsers.
    pub origin: Option<String>,
    /// What the page offers; `None` if it has neither of the two forms.
    pub option: Option<ActivationOption>,
    /// The session token the client holds, live or expired.
    pub session: Option<String>,
    /// The device credential the client holds.
    pub device: Option<String>,
}

/// A session, ready to be used.
#[derive(Clone)]
pub struct OpenedSession {
    /// The session token.
    pub access_token: String,
    /// Its id.
    pub session_id: SessionId,
    /// The visitor.
    pub visitor_id: VisitorId,
    /// How sure we are of them.
    pub assurance: Assurance,
    /// When identity must be proved again.
    pub expires_at: Timestamp,
    /// First name from a verified token.
    pub display_name: Option<String>,
}

impl OpenedSession {
    /// From when a client should renew: 80 % of the life that is left at `now`.
    pub fn renew_from(&self, now: Timestamp) -> Timestamp {
        now.after(self.expires_at.since(now).mul_f64(0.80))
    }

    /// Until when a client should have renewed: 95 %.
    pub fn renew_until(&self, now: Timestamp) -> Timestamp {
        now.after(self.expires_at.since(now).mul_f64(0.95))
    }
}

/// What the activation meant for conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivationOutcome {
    /// Anonymous.
    None,
    /// Verified, without an ongoing conversation.
    New,
    /// Case 1.
    Adopted,
    /// Case 2.
    Resumed,
    /// Case 3.
    Both,
    /// The session was extended.
    Renewed,
    /// The session presented belonged to another person.
    Switched,
}

impl ActivationOutcome {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::New => "NEW",
            Self::Adopted => "ADOPTED",
            Self::Resumed => "RESUMED",
            Self::Both => "BOTH",
            Self::Renewed => "RENEWED",
            Self::Switched => "SWITCHED",
        }
    }
}

/// A successful activation.
#[derive(Clone)]
pub struct Activated {
    /// The session.
    pub session: OpenedSession,
    /// Device credential to keep; `None`: forget any.
    pub device: Option<String>,
    /// The project.
    pub project: Project,
    /// What it meant for conversations.
    pub outcome: ActivationOutcome,
    /// Case 3: the anonymous conversation that was closed.
    pub earlier_conversation_id: Option<ConversationId>,
}

/// A refused activation. What the browser may know; the cause is in log and metrics under the correlation id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivationFailure {
    /// Coarse code.
    pub code: FailureCode,
    /// When to try again, for `RATE_LIMITED`.
    pub retry_after: Option<Duration>,
}

/// A token that passed the test mutation.
#[derive(Clone)]
pub struct TestedToken {
    /// A session token marked `test`, good for nothing but introspection.
    pub access_token: String,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl App {
    /// A project's settings, from a cache of at most a second.
    pub async fn find_project(&self, id: &ProjectId) -> Result<Option<Project>, AppError> {
        todo!()
    }

    /// Opens a visitor session, or renews the one presented.
    pub async fn activate(&self, request: ActivationRequest, context: &RequestContext) -> Result<Activated, ActivationFailure> {
        todo!()
    }

    /// Verifies a token without consuming it, opening a session or storing anything.
    pub async fn test_credentials(
        &self,
        access: &ProjectAccess,
        credentials: &str,
        context: &RequestContext,
    ) -> Result<TestedToken, ActivationFailure> {
        todo!()
    }

    /// Opens a session for a server-side integration. As [`App::activate`] with a token, without an origin.
    pub async fn authenticate_credentials(
        &self,
        access: &ProjectAccess,
        credentials: &str,
        context: &RequestContext,
    ) -> Result<Activated, ActivationFailure> {
        todo!()
    }
}
