//! An agent asks the visitor to confirm who they are (PRODUCT section 8).
//!
//! Invariants:
//! - only a proof made after the request answers it: one that the verifier checked after it, with a token that was not issued before;
//! - a request has one end, and the thread says which: confirmed, not confirmed, unanswered.

use std::time::Duration;

use signet_domain::access::Caller;
use signet_domain::conversation::IdentityRequest;
use signet_domain::{Author, ConversationId, EventKind, MessageId, Notice, Timestamp, limits};
use signet_store::events::Trace;
use signet_store::{Tx, conversations};

use crate::conversations::{agent_of, detail, writable};
use crate::endings::Line;
use crate::session_token::VisitorSession;
use crate::{App, AppError, ConversationDetail, RequestContext};

/// Requests ended between two looks at the list.
const BATCH: usize = 100;

/// What a verified token says of when it was made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Freshness {
    issued_at: Option<i64>,
    leeway: Duration,
}

impl Freshness {
    /// `issued_at` is the token's `iat`, in seconds since 1970.
    pub(crate) fn new(issued_at: Option<i64>, leeway: Duration) -> Self {
        Self { issued_at, leeway }
    }

    /// Whether a token that is being verified now was made after the request, as far as it says. The provider's clock may be behind
    /// ours by the leeway, and counts whole seconds.
    pub(crate) fn answers(&self, request: &IdentityRequest) -> bool {
        let leeway = i64::try_from(self.leeway.as_secs()).unwrap_or(i64::MAX);
        self.issued_at.is_none_or(|seconds| seconds.saturating_add(leeway) >= request.at.as_seconds())
    }
}

/// Why a visitor did not confirm their identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotConfirmed {
    /// They did not want to.
    Declined,
    /// The page's provider gave no token, or one that was refused.
    Failed,
}

impl NotConfirmed {
    /// The word in logs.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Declined => "declined",
            Self::Failed => "failed",
        }
    }
}

impl App {
    /// Asks the visitor of an ongoing conversation to confirm who they are, in the name of the calling agent. Asked already: nothing
    /// more is written.
    pub async fn request_identity_confirmation(
        &self,
        caller: &Caller,
        id: ConversationId,
        context: &RequestContext,
    ) -> Result<ConversationDetail, AppError> {
        let agent = agent_of(caller).ok_or(AppError::PermissionDenied)?.clone();
        let (caller, now, line_id) = (caller.clone(), self.env.now(), MessageId::generate(&self.env));
        let correlation_id = context.correlation_id.clone();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    if !writable(tx, &caller, id).await?.state.is_ongoing() {
                        return Err(AppError::ConversationClosed);
                    }
                    if conversations::request_identity(tx, id, agent.id, now).await? {
                        let kind = EventKind::ConversationUpdated;
                        let line = Line {
                            author: Author::Agent { id: agent.id, name: agent.name },
                            trace: Trace { correlation_id: Some(&correlation_id), subject: None },
                            ..Line::plain(line_id, Notice::IdentityRequested, kind, now)
                        };
                        line.write(tx, id).await?;
                    }
                    detail(tx, id).await
                })
            })
            .await
    }

    /// The visitor does not confirm: the request ends, and agents read so. Nothing asked (any more) is no error.
    pub async fn identity_not_confirmed(
        &self,
        session: &VisitorSession,
        id: ConversationId,
        why: NotConfirmed,
        context: &RequestContext,
    ) -> Result<(), AppError> {
        self.check_live(session)?;
        let (visitor_id, now, line_id) = (session.visitor_id, self.env.now(), MessageId::generate(&self.env));
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let conversation = conversations::find(tx, id).await?;
                    let own = conversation.filter(|conversation| conversation.visitor_id == visitor_id);
                    own.ok_or(AppError::NotFound)?;
                    end(tx, id, Notice::IdentityNotConfirmed, line_id, now).await
                })
            })
            .await?;
        tracing::info!(
            conversation = %id,
            why = why.as_str(),
            correlation_id = %context.correlation_id,
            "identity not confirmed"
        );
        Ok(())
    }

    /// Ends every request that nobody answered in time, and tells how many. What [`crate::Sweeper`] does each second.
    pub async fn expire_identity_requests(&self) -> Result<usize, AppError> {
        let mut ended = 0;
        loop {
            let now = self.env.now();
            let until = now.before(limits::IDENTITY_REQUEST);
            let overdue = self
                .store
                .read(move |tx| {
                    Box::pin(async move {
                        Ok::<_, AppError>(conversations::identity_requested_until(tx, until, BATCH).await?)
                    })
                })
                .await?;
            let found = overdue.len();
            for id in overdue {
                let line_id = MessageId::generate(&self.env);
                self.store
                    .write(move |tx| {
                        Box::pin(
                            async move { end(tx, id, Notice::IdentityRequestUnanswered, line_id, now).await },
                        )
                    })
                    .await?;
                ended += 1;
            }
            if found < BATCH {
                return Ok(ended);
            }
        }
    }
}

async fn end(
    tx: &mut Tx<'_>,
    id: ConversationId,
    notice: Notice,
    line_id: MessageId,
    now: Timestamp,
) -> Result<(), AppError> {
    if conversations::end_identity_request(tx, id).await? {
        Line::plain(line_id, notice, EventKind::ConversationUpdated, now).write(tx, id).await?;
    }
    Ok(())
}
