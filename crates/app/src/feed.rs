//! Live feeds: the hub's fast path joined with the database, so that a watcher sees everything once, in order.
//!
//! A feed first subscribes, then reads; what the hub brings is taken if it is the next in line, dropped if it was seen, and
//! taken as a sign to read the database if something is missing in between.

use std::sync::Arc;
use std::time::Duration;

use signet_domain::access::{ProjectAccess, Scope};
use signet_domain::{ConversationId, Event, EventKind, Session, VisitorId};
use signet_realtime::{Hub, Published, Received, Signal, Subscription, Topic};
use signet_store::events;

use crate::session_token::{SessionError, VisitorSession};
use crate::visitor::{NEWEST, Thread};
use crate::{App, AppError};

/// Hands committed events to those who watch.
pub(crate) struct HubObserver(pub(crate) Arc<Hub>);

impl signet_store::CommitObserver for HubObserver {
    fn committed(&self, events: Vec<Event>) {
        for event in events {
            self.0.relay().wrote(&event.project_id, event.sequence);
            let project = Topic::Project(event.project_id.clone());
            let visitor = event.visitor_id.map(Topic::Visitor);
            let signal = Signal::Event(Arc::new(Published::new(event)));
            if let Some(visitor) = visitor {
                self.0.publish(&visitor, &signal);
            }
            self.0.publish(&project, &signal);
        }
    }
}

/// The next thing a visitor's socket must tell.
#[derive(Debug)]
pub enum VisitorUpdate {
    /// Something was stored. Its message, if any, follows the one told before; one for agents alone must not be told.
    Event(Arc<Published>),
    /// Signals were missed (or the conversation changed): this is everything since, as after a reconnect.
    CatchUp(Box<Thread>),
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
    /// The process is going down, or storage cannot be read: reconnect.
    GoingAway,
}

/// Everything a visitor's socket must tell, in order.
pub struct VisitorFeed {
    app: Arc<App>,
    session: VisitorSession,
    subscription: Subscription,
    welcome: Option<Thread>,
    /// The conversation shown, and the last sequence told or passed over.
    position: Option<(ConversationId, i64)>,
    /// Something was missed and is still to be read. Kept here, so that a cancelled [`VisitorFeed::next`] forgets nothing.
    behind: bool,
}

impl VisitorFeed {
    /// What the client must be told first, for the cursor it said hello with. `None` once it was taken.
    pub fn take_welcome(&mut self) -> Option<Thread> {
        self.welcome.take()
    }

    /// The session as it is now.
    pub fn session(&self) -> &VisitorSession {
        &self.session
    }

    /// Whether the session has ended without a word to this socket: its project demands a key by now.
    pub fn has_ended(&self) -> bool {
        self.app.check_live(&self.session) == Err(SessionError::Ended)
    }

    /// Goes on under a renewed session token of the same session.
    pub fn renew(&mut self, token: &str) -> Result<&VisitorSession, SessionError> {
        let renewed = self.app.visitor_session(token)?;
        if renewed.session_id != self.session.session_id || renewed.visitor_id != self.session.visitor_id {
            return Err(SessionError::Ended);
        }
        self.session = renewed;
        Ok(&self.session)
    }

    /// Waits for the next update. Cancel safe. After `Expired`, `Ended`, `TooSlow` or `GoingAway` the feed is over.
    pub async fn next(&mut self) -> VisitorUpdate {
        loop {
            if self.behind {
                return self.catch_up().await;
            }
            // At most an hour at a time: the wall clock may be set while we wait.
            let left = self.session.expires_at.since(self.app.env.now()).min(Duration::from_hours(1));
            let received = tokio::time::timeout(left, self.subscription.receive()).await;
            match self.app.check_live(&self.session) {
                Ok(()) => {}
                Err(SessionError::Expired) => return VisitorUpdate::Expired,
                Err(SessionError::Ended) => return VisitorUpdate::Ended,
            }
            let update = match received {
                // The clock was set back, or an hour has passed: wait again.
                Err(_) => None,
                Ok(Received::TooSlow) => Some(VisitorUpdate::TooSlow),
                Ok(Received::Closed) => Some(VisitorUpdate::GoingAway),
                Ok(Received::Signal(signal)) => self.take(signal),
            };
            if let Some(update) = update {
                return update;
            }
        }
    }

    fn take(&mut self, signal: Signal) -> Option<VisitorUpdate> {
        match signal {
            Signal::Event(published) => self.take_event(published),
            Signal::Written { conversation_id, sequence } => {
                self.behind = match (self.position, sequence) {
                    (Some((shown, told)), Some(sequence)) if shown == conversation_id => sequence > told,
                    // A mark or a change of hands in another conversation concerns nobody who looks at this one.
                    (position, None) => position.is_some_and(|(shown, _)| shown == conversation_id),
                    (_, Some(_)) => true,
                };
                None
            }
            Signal::AgentTyping { conversation_id, name } => {
                let here = self.position.is_some_and(|(shown, _)| shown == conversation_id);
                here.then_some(VisitorUpdate::AgentTyping { name })
            }
            Signal::SessionEnded(id) => (id == self.session.session_id).then_some(VisitorUpdate::Ended),
            Signal::VisitorEnded => Some(VisitorUpdate::Ended),
            Signal::VisitorTyping { .. } => None,
        }
    }

    fn take_event(&mut self, published: Arc<Published>) -> Option<VisitorUpdate> {
        let event = &published.event;
        let conversation = event.conversation.as_ref()?;
        let Some(message) = &event.message else {
            // A mark or a change of hands in another conversation concerns nobody who looks at this one.
            let here = self.position.is_some_and(|(shown, _)| shown == conversation.id);
            return here.then_some(VisitorUpdate::Event(published));
        };
        match self.position {
            Some((shown, told)) if shown == conversation.id => {
                if message.sequence <= told {
                    return None;
                }
                if message.sequence == told + 1 {
                    self.position = Some((shown, message.sequence));
                    return Some(VisitorUpdate::Event(published));
                }
            }
            _ if event.kind == EventKind::ConversationStarted && message.sequence == 1 => {
                self.position = Some((conversation.id, 1));
                return Some(VisitorUpdate::Event(published));
            }
            _ => {}
        }
        self.behind = true;
        None
    }

    /// Boxed, because the read is rare and its future large, and an idle socket keeps room for all it might ever wait for.
    async fn catch_up(&mut self) -> VisitorUpdate {
        match Box::pin(self.read_thread()).await {
            Ok(thread) => {
                self.position = position_after(&thread, self.position);
                self.behind = false;
                VisitorUpdate::CatchUp(Box::new(thread))
            }
            Err(AppError::SessionExpired) => VisitorUpdate::Expired,
            Err(AppError::SessionEnded) => VisitorUpdate::Ended,
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a visitor's feed could not catch up"
                );
                VisitorUpdate::GoingAway
            }
        }
    }

    /// What was missed. Nothing has to be forgotten for a conversation that began since and is read whole, unless something of the one shown
    /// before was missed too.
    async fn read_thread(&self) -> Result<Thread, AppError> {
        let mut thread = self.app.visitor_thread(&self.session, self.position).await?;
        let begun = thread.conversation.as_ref().filter(|found| found.last_sequence <= NEWEST as i64);
        if let (true, Some(begun)) = (thread.reset, begun) {
            thread.reset = match self.position {
                None => false,
                Some((shown, _)) if shown == begun.id => true,
                Some((shown, told)) => !self.app.ends_at(shown, told).await?,
            };
        }
        Ok(thread)
    }
}

fn position_after(thread: &Thread, before: Option<(ConversationId, i64)>) -> Option<(ConversationId, i64)> {
    // The conversation's own last sequence, not the last entry told: entries for agents alone are passed over.
    thread.conversation.as_ref().map(|conversation| (conversation.id, conversation.last_sequence)).or(before)
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
    /// Read from the database and not yet told, newest first.
    waiting: Vec<Event>,
    behind: bool,
}

/// Events read at a time.
const BACKLOG: usize = 200;

impl ProjectFeed {
    /// Waits for the next update; `None` when the process is going down. Cancel safe.
    pub async fn next(&mut self) -> Option<Result<ProjectUpdate, AppError>> {
        loop {
            if let Some(event) = self.waiting.pop() {
                self.cursor = event.sequence;
                return Some(Ok(ProjectUpdate::Event(Arc::new(Published::new(event)))));
            }
            if self.behind {
                match self.read_on().await {
                    Ok(()) => continue,
                    Err(error) => return Some(Err(error)),
                }
            }
            match self.subscription.receive().await {
                Received::Closed => return None,
                // What was dropped is in the database.
                Received::TooSlow => {
                    self.subscription =
                        self.app.hub.subscribe(Topic::Project(self.access.project_id().clone()));
                    self.behind = true;
                }
                Received::Signal(Signal::VisitorTyping { conversation_id, visitor_id }) => {
                    if self.owns(conversation_id, visitor_id).await {
                        return Some(Ok(ProjectUpdate::VisitorTyping { conversation_id }));
                    }
                }
                Received::Signal(Signal::Event(published)) => {
                    let sequence = published.event.sequence;
                    if sequence == self.cursor + 1 {
                        self.cursor = sequence;
                        return Some(Ok(ProjectUpdate::Event(published)));
                    }
                    self.behind = sequence > self.cursor;
                }
                Received::Signal(_) => {}
            }
        }
    }

    /// Typing names a conversation that the visitor chose: believed only if it is theirs.
    async fn owns(&self, conversation_id: ConversationId, visitor_id: VisitorId) -> bool {
        let found = self.app.conversation(self.access.caller(), conversation_id).await;
        matches!(found, Ok(Some(detail)) if detail.visitor.id == visitor_id)
    }

    async fn read_on(&mut self) -> Result<(), AppError> {
        let (project_id, cursor) = (self.access.project_id().clone(), self.cursor);
        let mut found = self
            .app
            .store
            .read(move |tx| {
                Box::pin(
                    async move { Ok::<_, AppError>(events::after(tx, &project_id, cursor, BACKLOG).await?) },
                )
            })
            .await?;
        self.behind = found.len() == BACKLOG;
        found.reverse();
        self.waiting = found;
        Ok(())
    }
}

impl App {
    /// Watches a visitor's conversations from what the client knows on.
    pub async fn visitor_feed(
        self: &Arc<Self>,
        session: VisitorSession,
        known: Option<(ConversationId, i64)>,
    ) -> Result<VisitorFeed, AppError> {
        let subscription = self.hub.subscribe(Topic::Visitor(session.visitor_id));
        let thread = self.visitor_thread(&session, known).await?;
        let position = position_after(&thread, None);
        Ok(VisitorFeed {
            app: Arc::clone(self),
            session,
            subscription,
            welcome: Some(thread),
            position,
            behind: false,
        })
    }

    /// Watches a project from a cursor on (`None`: from now).
    pub async fn project_feed(
        self: &Arc<Self>,
        access: ProjectAccess,
        after: Option<i64>,
    ) -> Result<ProjectFeed, AppError> {
        if access.scope() != Scope::ConversationsRead {
            return Err(AppError::PermissionDenied);
        }
        let subscription = self.hub.subscribe(Topic::Project(access.project_id().clone()));
        let latest = self.event_cursor(&access).await?;
        // A cursor from the future (a restored backup) would wait for ever: begin at the end instead.
        let cursor = after.unwrap_or(latest).clamp(0, latest);
        let behind = cursor < latest;
        Ok(ProjectFeed { app: Arc::clone(self), access, subscription, cursor, waiting: Vec::new(), behind })
    }

    /// The cursor of a project's newest event, 0 before the first: where a watcher who has just read everything begins.
    pub async fn event_cursor(&self, access: &ProjectAccess) -> Result<i64, AppError> {
        let project_id = access.project_id().clone();
        self.store
            .read(move |tx| {
                Box::pin(async move { Ok::<_, AppError>(events::latest(tx, &project_id).await?) })
            })
            .await
    }

    pub(crate) fn end_session_sockets(&self, session: &Session) {
        self.hub.publish(&Topic::Visitor(session.visitor_id), &Signal::SessionEnded(session.id));
    }

    pub(crate) fn end_visitor_sockets(&self, visitor_id: VisitorId) {
        self.hub.publish(&Topic::Visitor(visitor_id), &Signal::VisitorEnded);
    }
}
