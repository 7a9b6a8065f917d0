//! How sessions end, and the lines that Signet writes into threads.
//!
//! Invariant: a session ends once; what that means for its visitor is written in the transaction that ends it, or, for many at
//! once, in one that follows ([`crate::revocation`]).

use signet_domain::conversation::LapseReason;
use signet_domain::{
    Author, Conversation, ConversationId, EventKind, MessageBody, MessageId, Notice, Session, SessionEnd,
    Timestamp,
};
use signet_store::events::{self, NewEvent, Trace};
use signet_store::messages::{self, NewMessage};
use signet_store::{Tx, conversations, sessions, visitors};

use crate::AppError;

/// A line for a thread.
pub(crate) struct Line<'a> {
    pub(crate) id: MessageId,
    pub(crate) author: Author,
    pub(crate) notice: Notice,
    pub(crate) kind: EventKind,
    pub(crate) trace: Trace<'a>,
    pub(crate) now: Timestamp,
}

impl Line<'_> {
    /// By Signet itself, and of no request.
    pub(crate) fn plain(id: MessageId, notice: Notice, kind: EventKind, now: Timestamp) -> Self {
        Self { id, author: Author::System, notice, kind, trace: Trace::default(), now }
    }

    /// Writes it into a thread and tells who watches. Answers the conversation as it is then.
    pub(crate) async fn write(
        self,
        tx: &mut Tx<'_>,
        conversation_id: ConversationId,
    ) -> Result<Option<Conversation>, AppError> {
        let entry = NewMessage {
            id: self.id,
            author: self.author,
            body: MessageBody::Notice(self.notice),
            assurance: None,
            verified_at: None,
            session_id: None,
            client_message_id: None,
            created_at: self.now,
            copied_from: None,
        };
        let Some((message, conversation)) = messages::append(tx, conversation_id, entry).await? else {
            return Ok(None);
        };
        let event = NewEvent::of_conversation(self.kind, conversation.clone(), self.now).with(message);
        events::append_traced(tx, event, self.trace).await?;
        Ok(Some(conversation))
    }
}

/// Why, when and by which request a session ends.
#[derive(Clone, Copy)]
pub(crate) struct Ending<'a> {
    pub(crate) reason: SessionEnd,
    pub(crate) notice_id: MessageId,
    pub(crate) correlation_id: Option<&'a str>,
    pub(crate) now: Timestamp,
}

impl Ending<'_> {
    /// Ends a session, once. If no other session proves the visitor's identity, it lapses: a line in the thread, and the padlock
    /// opens. False if the session had ended already.
    pub(crate) async fn end(self, tx: &mut Tx<'_>, session: &Session) -> Result<bool, AppError> {
        if !sessions::end(tx, session.id, self.reason, self.now).await? {
            return Ok(false);
        }
        self.after(tx, session).await?;
        Ok(true)
    }

    /// What follows for the visitor when a session has ended: nothing while another one proves who they are.
    pub(crate) async fn after(self, tx: &mut Tx<'_>, session: &Session) -> Result<(), AppError> {
        let Self { reason, notice_id, correlation_id, now } = self;
        // A browser that keeps nothing opens a session with every page, and can sign out of its last alone: of those before it
        // nobody has the token any more, and they must not keep the padlock closed.
        let forgetful = reason == SessionEnd::LoggedOut && session.browser_id.is_none();
        let others = if forgetful {
            sessions::count_live_in_browsers(tx, session.visitor_id, now).await?
        } else {
            sessions::count_live(tx, session.visitor_id, now).await?
        };
        if others > 0 {
            return Ok(());
        }
        let (lapse, notice, kind) = match reason {
            SessionEnd::Expired => {
                (LapseReason::Expired, Notice::IdentityLapsed, EventKind::VisitorIdentityLapsed)
            }
            SessionEnd::Revoked => {
                (LapseReason::Revoked, Notice::IdentityLapsed, EventKind::VisitorIdentityLapsed)
            }
            SessionEnd::LoggedOut | SessionEnd::Switched => {
                (LapseReason::SignedOut, Notice::VisitorSignedOut, EventKind::VisitorSignedOut)
            }
        };
        // Of several sessions that end by time or by others' doing together, one lapse is told; who signs out does so each time.
        if !visitors::lapse(tx, session.visitor_id, lapse, now).await? && lapse != LapseReason::SignedOut {
            return Ok(());
        }
        let trace = Trace { correlation_id, subject: Some(session.id.as_uuid()) };
        if let Some(conversation) = conversations::find_ongoing(tx, session.visitor_id).await? {
            let line = Line { trace, ..Line::plain(notice_id, notice, kind, now) };
            return line.write(tx, conversation.id).await.map(drop);
        }
        let event = NewEvent::of_visitor(kind, &session.project_id, session.visitor_id, now);
        Ok(events::append_traced(tx, event, trace).await?)
    }
}
