//! The visitor's socket: `GET /visitor/v1/socket`, subprotocol `signet.v1`.
//!
//! One task per socket. Invariants:
//! - a client's messages are stored in the order they came. A frame is accepted while earlier ones are being stored (up
//!   to [`queue::ACCEPTED`], then reading pauses and TCP holds the client back), but the next one is handed to storage
//!   only when the one before is durable: on PostgreSQL, and on several nodes, nothing else keeps the order;
//! - an `ack` is written after the durable commit, never before;
//! - nothing is written before `welcome`, and nothing that is meant for agents alone, ever;
//! - nothing grows without a bound: frames, accepted sends and the subscription are limited, and a reader to whom
//!   nothing can be written for [`outgoing::PATIENCE`] is closed. It resumes by cursor;
//! - what a client sent before it left, or before the process goes down, is still stored.

mod encode;
mod outgoing;
mod queue;
mod session;

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::response::Response;
use signet_app::{App, AppError, RequestContext, ShownSession, VisitorFeed};
use tokio_util::sync::CancellationToken;

use self::outgoing::Outgoing;
use self::session::Session;
use crate::Server;
use crate::error::ApiError;
use crate::extract::Shutdown;
use crate::wire::{ClientFrame, HelloFrame, RefusedCode, parse_client_frame};

/// The subprotocol. A later, incompatible one would have another name.
pub(crate) const PROTOCOL: &str = "signet.v1";

/// Where sockets are opened: what the proof in `hello` is for.
const ADDRESS: &str = "/visitor/v1/socket";
/// Longest frame of a client, in bytes.
const FRAME_BYTES: usize = 64 * 1024;
/// The library allocates this much per socket at once and keeps it. Ten thousand idle sockets should cost little; a
/// longer frame gets a longer buffer. A hello has about 600 bytes, a message of 180 characters 300.
const READ_BUFFER: usize = 1024;
/// What is written without a flush in between goes out when it is longer than this.
const WRITE_BUFFER: usize = 16 * 1024;
/// Longest frame of ours and what may wait before it. A `welcome` can hold 100 messages of 10,000 characters of four
/// bytes, some of them escaped; nothing is allocated before it is needed.
const WRITE_LIMIT: usize = 16 * 1024 * 1024;
/// How long a client may take to say `hello`.
const HELLO_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a socket is closed: close code and reason (RFC 6455 section 7.4), part of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Close {
    GoingAway,
    Unavailable,
    ProtocolError,
    SessionEnded,
    SessionExpired,
    Unproved,
    ProvedElsewhere,
    NoHello,
    TooSlow,
}

impl Close {
    const fn code(self) -> u16 {
        match self {
            Self::GoingAway => 1001,
            Self::Unavailable => 1013,
            Self::ProtocolError => 4400,
            Self::SessionEnded => 4401,
            Self::SessionExpired => 4403,
            Self::Unproved => 4404,
            Self::ProvedElsewhere => 4405,
            Self::NoHello => 4408,
            Self::TooSlow => 4429,
        }
    }

    const fn reason(self) -> &'static str {
        match self {
            Self::GoingAway => "the server is going away",
            Self::Unavailable => "the service is unavailable",
            Self::ProtocolError => "protocol error",
            Self::SessionEnded => "the session has ended",
            Self::SessionExpired => "the session has expired",
            Self::Unproved => "the proof of the session's key is missing or not good",
            Self::ProvedElsewhere => "the proof was made for another server, make one without a nonce",
            Self::NoHello => "no hello in time",
            Self::TooSlow => "reading too slowly",
        }
    }
}

/// How a socket's life ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// We close it.
    Close(Close),
    /// The client left, or cannot be reached.
    Gone,
}

impl From<Close> for End {
    fn from(close: Close) -> Self {
        Self::Close(close)
    }
}

/// Counts as an open socket until dropped.
struct Open;

impl Open {
    fn new() -> Self {
        metrics::gauge!("signet_visitor_sockets").increment(1);
        Self
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        metrics::gauge!("signet_visitor_sockets").decrement(1);
    }
}

/// `GET /visitor/v1/socket`.
pub(crate) async fn open(
    State(server): State<Server>,
    Extension(context): Extension<RequestContext>,
    Shutdown(shutdown): Shutdown,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let upgrade = upgrade.map_err(|_| ApiError::UPGRADE_REQUIRED)?.protocols([PROTOCOL]);
    if upgrade.selected_protocol().is_none() {
        return Err(ApiError::UPGRADE_REQUIRED);
    }
    let app = Arc::clone(&server.app);
    Ok(upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(WRITE_LIMIT)
        .max_message_size(FRAME_BYTES)
        .max_frame_size(FRAME_BYTES)
        .on_upgrade(move |socket| run(Outgoing::new(socket), app, Box::new(context), shutdown)))
}

/// The context is boxed because the session takes it over, and its place here would stay empty as long as the socket is open.
async fn run(mut out: Outgoing, app: Arc<App>, context: Box<RequestContext>, shutdown: CancellationToken) {
    let _open = Open::new();
    // Boxed: the greeting's future is larger than what an idle socket needs, and is over soon.
    let greeted = Box::pin(shutdown.run_until_cancelled(greet(&mut out, &app, &context))).await;
    let end = match greeted.unwrap_or(Err(Close::GoingAway.into())) {
        Ok(feed) => Session::new(&mut out, feed, app, *context).run(shutdown).await,
        Err(end) => end,
    };
    let code = match end {
        End::Close(close) => {
            Box::pin(out.close(close.code(), close.reason())).await;
            close.code()
        }
        End::Gone => 1006,
    };
    metrics::counter!("signet_visitor_sockets_closed_total", "code" => code.to_string()).increment(1);
}

/// Waits for `hello`, checks the session and starts watching.
async fn greet(
    out: &mut Outgoing,
    app: &Arc<App>,
    context: &RequestContext,
) -> Result<Box<VisitorFeed>, End> {
    let hello = tokio::time::timeout(HELLO_TIMEOUT, first_frame(out)).await.map_err(|_| Close::NoHello)??;
    let proof = hello.proof.as_deref();
    let shown = ShownSession { token: &hello.token, proof, method: "GET", path: ADDRESS };
    let known = hello.conversation_id.map(|id| (id, hello.sequence));
    let opened = async {
        let session = app.proved_session(&shown, context).await?;
        app.visitor_feed(session, known).await
    };
    match opened.await {
        Ok(feed) => Ok(Box::new(feed)),
        Err(AppError::SessionUnproved) => Err(Close::Unproved.into()),
        Err(AppError::SessionProofElsewhere) => Err(Close::ProvedElsewhere.into()),
        Err(AppError::SessionExpired) => Err(out.session_over(signet_app::SessionError::Expired).await),
        Err(AppError::SessionEnded) => Err(Close::SessionEnded.into()),
        Err(error) => {
            log_failure("opening a visitor's feed", &error);
            let code = match error {
                AppError::RateLimited { .. } => RefusedCode::RateLimited,
                _ => RefusedCode::ServiceUnavailable,
            };
            out.push_text(encode::refused(None, code, error.to_string())).await?;
            Err(Close::Unavailable.into())
        }
    }
}

/// The client's first frame, which must be `hello`.
async fn first_frame(out: &mut Outgoing) -> Result<HelloFrame, End> {
    loop {
        match out.receive().await? {
            Message::Text(text) => {
                return match parse_client_frame(&text) {
                    Some(ClientFrame::Hello(hello)) => Ok(hello),
                    _ => Err(Close::ProtocolError.into()),
                };
            }
            Message::Binary(_) => return Err(Close::ProtocolError.into()),
            Message::Close(_) => return Err(out.client_closed().await),
            Message::Ping(_) | Message::Pong(_) => {}
        }
    }
}

/// Logs an error that is the server's own fault; others are the client's business and were told to them.
fn log_failure(attempted: &str, error: &AppError) {
    if matches!(error, AppError::Unavailable(_)) {
        tracing::error!(error = crate::observe::chain(error), "{attempted} failed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Figure C1 of the performance goals leaves 8 KiB for everything an idle socket has; its task must stay a small part.
    #[test]
    fn an_idle_socket_costs_little() {
        fn size<A, B, C, D, F>(_: fn(A, B, C, D) -> F) -> usize {
            std::mem::size_of::<F>()
        }
        assert!(size(run) <= 1536, "{} bytes", size(run));
    }

    #[test]
    fn close_codes_are_those_of_the_contract() {
        let contract = include_str!("../../../../docs/visitor-api.md");
        for close in [
            Close::GoingAway,
            Close::Unavailable,
            Close::ProtocolError,
            Close::SessionEnded,
            Close::SessionExpired,
            Close::Unproved,
            Close::ProvedElsewhere,
            Close::NoHello,
            Close::TooSlow,
        ] {
            assert!(contract.contains(&format!("{} ", close.code())), "{}", close.code());
            assert!(close.reason().len() <= 123, "RFC 6455 section 5.5 leaves room for no more");
        }
    }
}
