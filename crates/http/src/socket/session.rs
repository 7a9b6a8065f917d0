//! A socket after `hello`: updates out, frames in, until one side has enough.

use std::future::ready;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::Message;
use signet_app::{App, AppError, RequestContext, SessionError, Thread, VisitorFeed, VisitorUpdate};
use signet_domain::{ConversationId, Event, MessageText};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, timeout};
use tokio_util::sync::CancellationToken;

use super::outgoing::Outgoing;
use super::queue::{Done, Job, Queue};
use super::{Close, End, encode, log_failure};
use crate::wire::{ClientFrame, RefusedCode, SendFrame, parse_client_frame};

/// How often a silent client is pinged.
const PING_EVERY: Duration = Duration::from_secs(25);
/// Pings in a row that may stay without any sign of life; the next tick, after 75 s of silence, ends the socket.
const UNANSWERED_PINGS: u32 = 2;
/// A client's typing is passed on this often at most.
const TYPING_EVERY: Duration = Duration::from_secs(3);
/// Frames that are none before the socket is closed.
const INVALID_FRAMES: u32 = 16;
/// How long accepted messages may take to be stored once the socket ends.
const DRAIN: Duration = Duration::from_secs(5);
/// Longest `clientMessageId` repeated in a refusal. A UUID has 36 characters.
const ECHO_BYTES: usize = 64;

pub(super) struct Session<'s> {
    out: &'s mut Outgoing,
    feed: Box<VisitorFeed>,
    app: Arc<App>,
    queue: Queue,
    /// The ongoing conversation, where the visitor types.
    conversation: Option<ConversationId>,
    ticks: Interval,
    unanswered_pings: u32,
    invalid_frames: u32,
    last_typing: Option<Instant>,
}

enum Step {
    Shutdown,
    Update(VisitorUpdate),
    Done(Done),
    Received(Result<Message, End>),
    Flush,
    Tick,
}

impl<'s> Session<'s> {
    pub(super) fn new(
        out: &'s mut Outgoing,
        feed: Box<VisitorFeed>,
        app: Arc<App>,
        context: RequestContext,
    ) -> Self {
        let mut ticks = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            out,
            feed,
            queue: Queue::new(Arc::clone(&app), context),
            app,
            conversation: None,
            ticks,
            unanswered_pings: 0,
            invalid_frames: 0,
            last_typing: None,
        }
    }

    /// Runs the socket to its end. What was accepted before is stored, unless the session itself is over.
    pub(super) async fn run(mut self, shutdown: CancellationToken) -> End {
        let end = match self.converse(&shutdown).await {
            Ok(never) => match never {},
            Err(end) => end,
        };
        let over = matches!(end, End::Close(Close::SessionEnded | Close::SessionExpired));
        if !over && self.queue.is_busy() {
            // A client that goes on reading still gets its acknowledgements.
            let tell = end == Close::GoingAway.into();
            if timeout(DRAIN, Box::pin(self.drain(tell))).await.is_err() {
                tracing::warn!("accepted messages were not stored before the socket ended");
            }
        }
        end
    }

    async fn converse(&mut self, shutdown: &CancellationToken) -> Result<std::convert::Infallible, End> {
        if let Some(thread) = self.feed.take_welcome() {
            Box::pin(self.welcome(&thread)).await?;
        }
        let mut stopped = pin!(shutdown.cancelled());
        loop {
            // In this order: what ends or changes the session comes before what the client asks for. The flush is ready
            // whenever something waits for it, so it runs when nothing else is to be done at this moment.
            let step = tokio::select! {
                biased;
                () = stopped.as_mut() => Step::Shutdown,
                update = self.feed.next() => Step::Update(update),
                done = self.queue.done() => Step::Done(done),
                message = self.out.receive(), if self.queue.has_room() => Step::Received(message),
                () = ready(()), if self.out.is_dirty() => Step::Flush,
                _ = self.ticks.tick() => Step::Tick,
            };
            // Boxed where the future is large and soon over: an idle socket keeps room for all it might ever wait for.
            match step {
                Step::Shutdown => return Err(Close::GoingAway.into()),
                Step::Update(update) => Box::pin(self.tell(update)).await?,
                Step::Done(done) => {
                    self.queue.start(self.feed.session());
                    Box::pin(self.acknowledge(done)).await?;
                }
                Step::Received(message) => Box::pin(self.hear(message?)).await?,
                Step::Flush => self.out.flush().await?,
                Step::Tick if self.feed.has_ended() => return Err(Close::SessionEnded.into()),
                Step::Tick => self.ping().await?,
            }
        }
    }

    async fn drain(&mut self, tell: bool) {
        while self.queue.is_busy() {
            let done = self.queue.done().await;
            self.queue.start(self.feed.session());
            // The first failed write ends the telling, not the storing.
            if tell && self.acknowledge(done).await.is_err() {
                return Box::pin(self.drain(false)).await;
            }
        }
    }

    async fn welcome(&mut self, thread: &Thread) -> Result<(), End> {
        self.follow(thread);
        let frame = encode::welcome(self.feed.session(), thread);
        self.out.push_text(frame).await
    }

    async fn tell(&mut self, update: VisitorUpdate) -> Result<(), End> {
        match update {
            VisitorUpdate::Event(published) => {
                self.follow_event(&published.event);
                for frame in published.visitor_frames(encode::event) {
                    self.out.push(frame.clone()).await?;
                }
                Ok(())
            }
            VisitorUpdate::CatchUp(thread) if thread.reset => self.welcome(&thread).await,
            VisitorUpdate::CatchUp(thread) => {
                self.follow(&thread);
                for frame in encode::catch_up(&thread) {
                    self.out.push_text(frame).await?;
                }
                Ok(())
            }
            VisitorUpdate::AgentTyping { name } => self.out.push_text(encode::typing(&name)).await,
            VisitorUpdate::Expired => Err(self.out.session_over(SessionError::Expired).await),
            VisitorUpdate::Ended => Err(Close::SessionEnded.into()),
            VisitorUpdate::TooSlow => Err(Close::TooSlow.into()),
            VisitorUpdate::GoingAway => Err(Close::GoingAway.into()),
        }
    }

    fn follow(&mut self, thread: &Thread) {
        self.conversation =
            thread.conversation.as_ref().filter(|conversation| conversation.state.is_ongoing()).map(|c| c.id);
    }

    fn follow_event(&mut self, event: &Event) {
        match &event.conversation {
            Some(conversation) if conversation.state.is_ongoing() => {
                self.conversation = Some(conversation.id);
            }
            Some(closed) if self.conversation == Some(closed.id) => self.conversation = None,
            _ => {}
        }
    }

    async fn hear(&mut self, message: Message) -> Result<(), End> {
        self.unanswered_pings = 0;
        match message {
            Message::Text(text) => match parse_client_frame(&text) {
                Some(frame) => self.answer(frame).await,
                None => self.invalid_frame().await,
            },
            Message::Binary(_) => Err(Close::ProtocolError.into()),
            Message::Close(_) => Err(self.out.client_closed().await),
            Message::Ping(_) => self.out.flush().await,
            Message::Pong(_) => Ok(()),
        }
    }

    async fn answer(&mut self, frame: ClientFrame) -> Result<(), End> {
        match frame {
            ClientFrame::Hello(_) => Err(Close::ProtocolError.into()),
            ClientFrame::Send(send) => self.accept(send).await,
            ClientFrame::Read(read) => {
                let job = Job::Read { conversation_id: read.conversation_id, sequence: read.sequence };
                self.queue.push(job, self.feed.session());
                Ok(())
            }
            ClientFrame::Typing(_) => {
                self.typing();
                Ok(())
            }
            ClientFrame::Renew(renew) => {
                match self.feed.renew(&renew.token).map(signet_app::VisitorSession::expires_at) {
                    Ok(expires_at) => self.out.push_text(encode::renewed(expires_at)).await,
                    Err(error) => Err(self.out.session_over(error).await),
                }
            }
            ClientFrame::Ping(_) => self.out.push_text(encode::pong()).await,
        }
    }

    async fn accept(&mut self, frame: SendFrame) -> Result<(), End> {
        let SendFrame { client_message_id, text, visitor_id } = frame;
        let Ok(id) = client_message_id.parse() else {
            let echo = Some(client_message_id).filter(|id| id.len() <= ECHO_BYTES);
            return self
                .refuse(echo, RefusedCode::ClientMessageIdInvalid, "clientMessageId is not a UUID")
                .await;
        };
        if let Err(error) = self.feed.session().check_author(visitor_id) {
            return self
                .refuse(Some(client_message_id), RefusedCode::VisitorChanged, &error.to_string())
                .await;
        }
        match MessageText::parse(&text) {
            Ok(text) => {
                self.queue.push(Job::Send { client_message_id: id, text }, self.feed.session());
                Ok(())
            }
            Err(error) => self.refuse(Some(client_message_id), error.into(), &error.to_string()).await,
        }
    }

    /// Passes on that the visitor types, if there is a conversation to type in.
    fn typing(&mut self) {
        let now = Instant::now();
        let soon = self.last_typing.is_some_and(|last| now.duration_since(last) < TYPING_EVERY);
        if let (Some(conversation), false) = (self.conversation, soon) {
            self.last_typing = Some(now);
            self.app.visitor_typing(self.feed.session(), conversation);
        }
    }

    async fn invalid_frame(&mut self) -> Result<(), End> {
        self.invalid_frames += 1;
        if self.invalid_frames > INVALID_FRAMES {
            return Err(Close::ProtocolError.into());
        }
        self.refuse(None, RefusedCode::FrameInvalid, "the frame is none of the documented ones").await
    }

    async fn acknowledge(&mut self, done: Done) -> Result<(), End> {
        let (client_message_id, error) = match done {
            Done::Sent { result: Ok(stored), .. } => {
                self.conversation = Some(stored.conversation_id);
                return self.out.push_text(encode::ack(stored)).await;
            }
            Done::Sent { client_message_id, result: Err(error) } => (client_message_id, error),
            Done::Read(result) => {
                if let Err(error) = result {
                    log_failure("moving a read mark", &error);
                }
                return Ok(());
            }
        };
        log_failure("storing a visitor's message", &error);
        let code = match &error {
            AppError::SessionExpired => return Err(self.out.session_over(SessionError::Expired).await),
            AppError::SessionEnded => return Err(Close::SessionEnded.into()),
            AppError::RateLimited { .. } => RefusedCode::RateLimited,
            _ => RefusedCode::ServiceUnavailable,
        };
        self.refuse(Some(client_message_id.to_string()), code, &error.to_string()).await
    }

    async fn refuse(&mut self, id: Option<String>, code: RefusedCode, message: &str) -> Result<(), End> {
        self.out.push_text(encode::refused(id, code, message.to_owned())).await
    }

    async fn ping(&mut self) -> Result<(), End> {
        if self.unanswered_pings >= UNANSWERED_PINGS {
            return Err(End::Gone);
        }
        self.unanswered_pings += 1;
        self.out.push_ping().await
    }
}
