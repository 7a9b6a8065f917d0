//! Live feeds: the hub's fast path joined with the database, so that a watcher sees everything once, in order.
#![expect(clippy::todo, unused_variables, clippy::unused_async, dead_code, reason = "skeleton")]

use std::sync::Arc;

use signet_domain::access::ProjectAccess;
use signet_domain::{ConversationId, Event, SessionId};
use signet_realtime::{Hub, Published, Subscription};

use crate::session_token::{SessionError, VisitorSession};
use crate::visitor::Thread;
use crate::{App, AppError};

pub(crate) struct HubObserver(pub(crate) Arc<Hub>);

impl signet_store::CommitObserver for HubObserver {
    fn committed(&self, events: Vec<Event>) {
        todo!()
    }
}

/// The next thing a visitor's socket must tell.
#[derive(Debug)]
pub enum VisitorUpdate {
    /// Something was stored. Entries for agents alone are left out already; `message`, if any, follows the one told before.
    Event(Arc<Published>),
    /// Signals were missed (or the conversation changed): this is everything since, as after a reconnect.
    CatchUp(Thread),
    /// An agent types.
    AgentTyping {
        /// The name visitors see.
        name: Arc<str>,
    },
    /// The session's time has passed.
    Expired,
    /// Logged out, revoked, or given up for a verified one.
    Ended,
    /// This reader is too slow.
    TooSlow,
    /// The process is going down.
    GoingAway,
}

/// Everything a visitor's socket must tell, in order.
pub struct VisitorFeed {
    app: Arc<App>,
    session: VisitorSession,
    subscription: Subscription,
}

impl VisitorFeed {
    /// What the client must be told first, for the cursor it said hello with.
    pub fn take_welcome(&mut self) -> Thread {
        todo!()
    }

    /// The session as it is now.
    pub fn session(&self) -> &VisitorSession {
        &self.session
    }

    /// Goes on under a renewed session token of the same session.
    pub fn renew(&mut self, token: &str) -> Result<&VisitorSession, SessionError> {
        todo!()
    }

    /// Waits for the next update. Cancel safe. After `Expired`, `Ended`, `TooSlow` or `GoingAway` the feed is over.
    pub async fn next(&mut self) -> VisitorUpdate {
        todo!()
    }
}

/// The next thing an agent's subscription must tell.
#[derive(Debug)]
pub enum ProjectUpdate {
    /// Something was stored.
    Event(Arc<Published>),
    /// A visitor types.
    VisitorTyping {
        /// Where.
        conversation_id: ConversationId,
    },
}

/// Everything in a project from a cursor on, in order.
pub struct ProjectFeed {
    app: Arc<App>,
    access: ProjectAccess,
    subscription: Subscription,
    cursor: i64,
}

impl ProjectFeed {
    /// Waits for the next update; `None` when the process is going down. Cancel safe.
    pub async fn next(&mut self) -> Option<Result<ProjectUpdate, AppError>> {
        todo!()
    }
}

impl App {
    /// Watches a visitor's conversations from what the client knows on.
    pub async fn visitor_feed(
        self: &Arc<Self>,
        session: VisitorSession,
        known: Option<(ConversationId, i64)>,
    ) -> Result<VisitorFeed, AppError> {
        todo!()
    }

    /// Watches a project from a cursor on (`None`: from now).
    pub async fn project_feed(self: &Arc<Self>, access: ProjectAccess, after: Option<i64>) -> Result<ProjectFeed, AppError> {
        todo!()
    }
}

#[expect(unused, reason = "skeleton")]
type Unused = SessionId;
