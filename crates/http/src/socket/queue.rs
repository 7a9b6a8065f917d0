//! What a client asked for and storage has not done yet, in order, one at a time.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;

use signet_app::{Acknowledgement, App, AppError, RequestContext, VisitorSession};
use signet_domain::{ClientMessageId, ConversationId, MessageText};

/// Accepted frames that may wait. More are not read from the socket until there is room.
pub(super) const ACCEPTED: usize = 32;

/// Something that must be stored.
pub(super) enum Job {
    /// A message.
    Send { client_message_id: ClientMessageId, text: MessageText },
    /// A read mark.
    Read { conversation_id: ConversationId, sequence: i64 },
}

/// What became of it.
pub(super) enum Done {
    /// The message is durable, or was refused.
    Sent { client_message_id: ClientMessageId, result: Result<Acknowledgement, AppError> },
    /// Read marks are not acknowledged.
    Read(Result<(), AppError>),
}

type Running = Pin<Box<dyn Future<Output = Done> + Send>>;

/// The queue of one socket.
pub(super) struct Queue {
    app: Arc<App>,
    context: RequestContext,
    waiting: VecDeque<Job>,
    running: Option<Running>,
}

impl Queue {
    pub(super) fn new(app: Arc<App>, context: RequestContext) -> Self {
        Self { app, context, waiting: VecDeque::new(), running: None }
    }

    /// Whether another job fits.
    pub(super) fn has_room(&self) -> bool {
        self.waiting.len() < ACCEPTED
    }

    /// Adds a job and starts it if nothing runs. A read mark replaces the one before it, which it covers.
    pub(super) fn push(&mut self, job: Job, session: &VisitorSession) {
        if let (
            Job::Read { conversation_id, sequence },
            Some(Job::Read { conversation_id: same, sequence: mark }),
        ) = (&job, self.waiting.back_mut())
            && conversation_id == same
        {
            *mark = (*mark).max(*sequence);
            return;
        }
        self.waiting.push_back(job);
        self.start(session);
    }

    /// Waits for the running job; forever if there is none. Cancel safe: the job goes on at the next call, and
    /// [`Queue::start`] must follow each answer.
    pub(super) async fn done(&mut self) -> Done {
        match &mut self.running {
            Some(running) => {
                let done = running.await;
                self.running = None;
                done
            }
            None => std::future::pending().await,
        }
    }

    /// Whether something runs or waits.
    pub(super) fn is_busy(&self) -> bool {
        self.running.is_some() || !self.waiting.is_empty()
    }

    /// Starts the next job if none runs.
    pub(super) fn start(&mut self, session: &VisitorSession) {
        if self.running.is_some() {
            return;
        }
        let Some(job) = self.waiting.pop_front() else {
            // A burst is over: an idle socket should not keep its room.
            self.waiting = VecDeque::new();
            return;
        };
        let (app, session) = (Arc::clone(&self.app), session.clone());
        self.running =
            Some(match job {
                Job::Send { client_message_id, text } => {
                    let context = self.context.clone();
                    Box::pin(async move {
                        let result = app.visitor_send(&session, client_message_id, text, &context).await;
                        Done::Sent { client_message_id, result }
                    })
                }
                Job::Read { conversation_id, sequence } => Box::pin(async move {
                    Done::Read(app.visitor_read(&session, conversation_id, sequence).await)
                }),
            });
    }
}
