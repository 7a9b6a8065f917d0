//! The write side of a socket, with patience for slow readers and none for those who do not read at all.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use bytes::Bytes;
use futures_util::SinkExt;
use signet_app::SessionError;
use tokio::time::timeout;

use super::{Close, End, encode};

/// Longest time a write may wait for the reader.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// Longest time for a close frame to go out, and for the client's own to come back.
const FAREWELL: Duration = Duration::from_secs(2);
/// Frames that may wait for a flush.
const UNFLUSHED: u32 = 32;

pub(super) struct Outgoing {
    /// Boxed, because the compiler keeps room for a value in every future it is moved through.
    socket: Box<WebSocket>,
    unflushed: u32,
}

impl Outgoing {
    pub(super) fn new(socket: WebSocket) -> Self {
        Self { socket: Box::new(socket), unflushed: 0 }
    }

    /// The next message of the client. Cancel safe.
    pub(super) async fn receive(&mut self) -> Result<Message, End> {
        match self.socket.recv().await {
            Some(Ok(message)) => Ok(message),
            // A frame too long, text that is not UTF-8, a reset connection: trying to say so harms in none of the cases.
            Some(Err(_)) => Err(Close::ProtocolError.into()),
            None => Err(End::Gone),
        }
    }

    /// Whether something waits for [`Outgoing::flush`].
    pub(super) fn is_dirty(&self) -> bool {
        self.unflushed > 0
    }

    /// Takes an encoded frame, shared with other sockets. It goes out with the next flush, or when many wait.
    pub(super) async fn push(&mut self, frame: Bytes) -> Result<(), End> {
        match Utf8Bytes::try_from(frame) {
            Ok(text) => self.push_message(Message::Text(text)).await,
            Err(_) => Err(Close::ProtocolError.into()),
        }
    }

    /// As [`Outgoing::push`], for a frame of this socket's own.
    pub(super) async fn push_text(&mut self, frame: String) -> Result<(), End> {
        self.push_message(Message::Text(frame.into())).await
    }

    /// Asks the other side for a sign of life.
    pub(super) async fn push_ping(&mut self) -> Result<(), End> {
        self.push_message(Message::Ping(Bytes::new())).await
    }

    async fn push_message(&mut self, message: Message) -> Result<(), End> {
        self.unflushed += 1;
        in_time(self.socket.feed(message)).await?;
        if self.unflushed >= UNFLUSHED { self.flush().await } else { Ok(()) }
    }

    /// Sends what waits.
    pub(super) async fn flush(&mut self) -> Result<(), End> {
        self.unflushed = 0;
        in_time(self.socket.flush()).await
    }

    /// Tells a client why its session does not carry a socket (any more).
    pub(super) async fn session_over(&mut self, error: SessionError) -> End {
        match error {
            SessionError::Ended => Close::SessionEnded.into(),
            SessionError::Expired => match self.push_text(encode::expired()).await {
                Ok(()) => Close::SessionExpired.into(),
                Err(end) => end,
            },
        }
    }

    /// Answers the client's close frame (RFC 6455 section 5.5.1), which the library has written and not yet sent.
    pub(super) async fn client_closed(&mut self) -> End {
        let _ = Box::pin(timeout(FAREWELL, self.socket.flush())).await;
        End::Gone
    }

    /// Sends what waits and a close frame, and reads until the client has answered it: a connection that is dropped with
    /// unread data in it is reset, and the client may never see the code.
    pub(super) async fn close(&mut self, code: u16, reason: &'static str) {
        let frame = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
        if timeout(FAREWELL, self.socket.send(frame)).await.is_ok_and(|sent| sent.is_ok()) {
            let _ = timeout(FAREWELL, async { while let Some(Ok(_)) = self.socket.recv().await {} }).await;
        }
    }
}

/// Most writes are done at once. Only for one that is not is there a timer, and room for it.
async fn in_time(write: impl Future<Output = Result<(), axum::Error>>) -> Result<(), End> {
    let mut write = pin!(write);
    let written = match poll_fn(|cx| Poll::Ready(write.as_mut().poll(cx))).await {
        Poll::Ready(written) => written,
        Poll::Pending => Box::pin(timeout(PATIENCE, write)).await.map_err(|_| Close::TooSlow)?,
    };
    written.map_err(|_| End::Gone)
}
