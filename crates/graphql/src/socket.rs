//! `GET /graphql` as a WebSocket that speaks `graphql-transport-ws`
//! (github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md).
//!
//! Invariants:
//! - nothing runs before `connection_init` proved who is there: programs with a bearer token in its payload (or in the
//!   handshake's header), browsers with the desk's cookie on a handshake from our own origin;
//! - whoever loses the right to listen is told so within [`RECHECK`], not when they next connect;
//! - a reader that takes nothing for [`SEND_WITHIN`], or says nothing for two heartbeats, is cut off;
//! - a feed that is interrupted closes the socket, so that its client comes back and resumes.

mod protocol;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::Data;
use axum::Extension;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::http::header::UPGRADE;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use futures_util::stream::{AbortHandle, BoxStream, SelectAll, abortable, once};
use signet_app::{Activity, AppError, Authenticated, RequestContext};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use self::protocol::{Close, FromClient, ToClient};
use crate::auth::{self, Credential, Sender};
use crate::call::Call;
use crate::error::{self, RetryPolicy, name};
use crate::subscription::{Interrupted, Interruption};
use crate::wire::{Answer, Asked, Operation};
use crate::{Endpoint, http};

const SUBPROTOCOL: &str = "graphql-transport-ws";
/// How long a client may take to introduce itself.
const INIT_WITHIN: Duration = Duration::from_secs(10);
/// How long one message may take to leave.
const SEND_WITHIN: Duration = Duration::from_secs(10);
/// Between pings of ours.
const HEARTBEAT: Duration = Duration::from_secs(25);
/// Between looks at whether the caller still is who they were.
const RECHECK: Duration = Duration::from_secs(3);
/// Operations at once on one socket: the desk has one a project.
const MAX_OPERATIONS: usize = 128;

/// Answers a GET: a handshake, or nothing we serve.
pub(crate) async fn upgrade(
    State(endpoint): State<Arc<Endpoint>>,
    Extension(context): Extension<RequestContext>,
    shutdown: Option<Extension<CancellationToken>>,
    headers: HeaderMap,
    handshake: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let handshake = match handshake {
        Ok(handshake) => handshake,
        Err(rejection) if headers.contains_key(UPGRADE) => return rejection.into_response(),
        Err(_) => return http::method_not_allowed(&context),
    };
    let bearer = match auth::authorization(&headers) {
        Ok(bearer) => bearer,
        Err(auth::NotBearer) => return http::unauthenticated(&AppError::Unauthenticated, &context),
    };
    let arrival = Arrival {
        bearer,
        cookie: auth::cookie(endpoint.app.desk_cookie_name(), &headers),
        sender: auth::sender(endpoint.app.public_url(), &headers),
    };
    handshake
        .protocols([SUBPROTOCOL])
        .max_message_size(http::BODY_BYTES)
        .max_frame_size(http::BODY_BYTES)
        .on_upgrade(move |socket| async move {
            let shutdown = shutdown.map_or_else(CancellationToken::new, |Extension(token)| token);
            serve(endpoint, socket, arrival, context, shutdown).await;
        })
}

/// What the handshake brought.
struct Arrival {
    /// The `Authorization` header, if it is a bearer token. A handshake with another is not answered.
    bearer: Option<Credential>,
    cookie: Option<Credential>,
    sender: Sender,
}

impl Arrival {
    /// What the client proves itself with, now that it introduced itself.
    fn credential(self, introduced: Option<&str>) -> Result<Credential, Close> {
        match (introduced, self.bearer) {
            (Some(value), _) => auth::bearer(value).ok_or(Close::UNAUTHORIZED),
            (None, Some(bearer)) => Ok(bearer),
            // Browsers name the origin in every handshake, and send cookies with all of them.
            (None, None) => match (self.cookie, self.sender) {
                (Some(cookie), Sender::Ours) => Ok(cookie),
                (Some(_), Sender::Unnamed | Sender::Foreign) => Err(Close::FORBIDDEN),
                (None, _) => Err(Close::UNAUTHORIZED),
            },
        }
    }
}

async fn serve(
    endpoint: Arc<Endpoint>,
    mut socket: WebSocket,
    arrival: Arrival,
    context: RequestContext,
    shutdown: CancellationToken,
) {
    let served = async {
        let (credential, Authenticated { caller, session }) =
            greet(&endpoint, &mut socket, arrival, &context).await?;
        let call = Call { app: Arc::clone(&endpoint.app), caller, session, context };
        Err(Connection::new(Arc::clone(&endpoint), call, credential).run(&mut socket).await)
    };
    let closing: Result<std::convert::Infallible, Option<Close>> = tokio::select! {
        served = served => served,
        () = shutdown.cancelled() => Err(Some(Close::GOING_AWAY)),
    };
    if let Err(Some(close)) = closing {
        let frame = CloseFrame { code: close.code, reason: close.reason.into() };
        // Gone or stuck: then there is nobody to tell.
        let _ = timeout(SEND_WITHIN, socket.send(Message::Close(Some(frame)))).await;
    }
}

/// Waits for `connection_init` and finds out who is there. The error is how to close; `None` if the client is gone.
async fn greet(
    endpoint: &Endpoint,
    socket: &mut WebSocket,
    arrival: Arrival,
    context: &RequestContext,
) -> Result<(Credential, Authenticated), Option<Close>> {
    if socket.protocol().is_none_or(|protocol| protocol != SUBPROTOCOL) {
        return Err(Some(Close::SUBPROTOCOL));
    }
    let introduced =
        timeout(INIT_WITHIN, introduction(socket)).await.map_err(|_| Some(Close::INIT_TIMEOUT))??;
    let credential = arrival.credential(introduced.as_deref()).map_err(Some)?;
    let caller = credential.caller(&endpoint.app, Activity::Background).await.map_err(|error| {
        error::log(&error, context);
        Some(match error {
            AppError::Unavailable(_) | AppError::RateLimited { .. } => Close::TRY_AGAIN,
            _ => Close::UNAUTHORIZED,
        })
    })?;
    send(socket, &ToClient::ConnectionAck).await?;
    Ok((credential, caller))
}

/// The `authorization` of the `connection_init`, if it has one.
async fn introduction(socket: &mut WebSocket) -> Result<Option<String>, Option<Close>> {
    loop {
        match receive(socket.recv().await)? {
            None | Some(FromClient::Pong {}) => {}
            Some(FromClient::Ping {}) => send(socket, &ToClient::Pong).await?,
            Some(FromClient::ConnectionInit { payload }) => {
                return Ok(payload.and_then(|payload| payload.authorization));
            }
            Some(FromClient::Subscribe { .. } | FromClient::Complete { .. }) => {
                return Err(Some(Close::UNAUTHORIZED));
            }
        }
    }
}

/// Reads what came in; `None` for frames that say nothing. The error is how to close.
fn receive(received: Option<Result<Message, axum::Error>>) -> Result<Option<FromClient>, Option<Close>> {
    match received {
        Some(Ok(Message::Text(text))) => {
            serde_json::from_str(&text).map(Some).map_err(|_| Some(Close::BAD_REQUEST))
        }
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
        Some(Ok(Message::Binary(_))) => Err(Some(Close::BAD_REQUEST)),
        Some(Ok(Message::Close(_)) | Err(_)) | None => Err(None),
    }
}

/// Sends a message. The error is how to close.
async fn send(socket: &mut WebSocket, message: &ToClient<'_>) -> Result<(), Option<Close>> {
    let text = serde_json::to_string(message).map_err(|_| Some(Close::INTERNAL))?;
    transmit(socket, Message::Text(text.into())).await
}

async fn transmit(socket: &mut WebSocket, message: Message) -> Result<(), Option<Close>> {
    match timeout(SEND_WITHIN, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(None),
    }
}

/// What an operation brings.
enum Step {
    Next(Box<async_graphql::Response>),
    Done,
}

struct Running {
    abort: AbortHandle,
    asked: Asked,
    is_subscription: bool,
    interrupted: Interrupted,
    /// Whether it brought something.
    began: bool,
}

/// A socket whose client is known.
struct Connection {
    endpoint: Arc<Endpoint>,
    call: Call,
    credential: Credential,
    running: HashMap<Arc<str>, Running>,
    steps: SelectAll<BoxStream<'static, (Arc<str>, Step)>>,
}

impl Connection {
    fn new(endpoint: Arc<Endpoint>, call: Call, credential: Credential) -> Self {
        Self { endpoint, call, credential, running: HashMap::new(), steps: SelectAll::new() }
    }

    /// Serves until it is over, and answers how to close.
    async fn run(mut self, socket: &mut WebSocket) -> Option<Close> {
        let (mut heartbeat, mut recheck) = (interval(HEARTBEAT), interval(RECHECK));
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        recheck.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first tick of an interval is immediate.
        heartbeat.tick().await;
        recheck.tick().await;
        let mut silent_beats = 0;
        loop {
            let done = tokio::select! {
                received = socket.recv() => {
                    silent_beats = 0;
                    match receive(received) {
                        Ok(Some(message)) => self.handle(socket, message).await,
                        Ok(None) => Ok(()),
                        Err(closing) => Err(closing),
                    }
                }
                Some((id, step)) = self.steps.next(), if !self.steps.is_empty() => self.step(socket, &id, step).await,
                _ = heartbeat.tick() => {
                    silent_beats += 1;
                    if silent_beats > 2 { Err(None) } else { transmit(socket, Message::Ping("".into())).await }
                }
                _ = recheck.tick() => still_the_same(&self.credential, &self.call).await,
            };
            if let Err(closing) = done {
                return closing;
            }
        }
    }

    async fn handle(&mut self, socket: &mut WebSocket, message: FromClient) -> Result<(), Option<Close>> {
        match message {
            FromClient::ConnectionInit { .. } => Err(Some(Close::TOO_MANY_INITS)),
            FromClient::Ping {} => send(socket, &ToClient::Pong).await,
            FromClient::Pong {} => Ok(()),
            FromClient::Complete { id } => {
                if let Some(running) = self.running.remove(id.as_str()) {
                    running.abort.abort();
                }
                Ok(())
            }
            FromClient::Subscribe { id, payload } => self.start(socket, id, payload).await,
        }
    }

    async fn start(
        &mut self,
        socket: &mut WebSocket,
        id: String,
        operation: Operation,
    ) -> Result<(), Option<Close>> {
        let id: Arc<str> = id.into();
        if self.running.contains_key(&id) {
            return Err(Some(Close::DUPLICATE));
        }
        if self.running.len() >= MAX_OPERATIONS {
            let message = format!("a socket carries at most {MAX_OPERATIONS} operations at once");
            let refusal = error::request_error(
                name::TOO_MANY_OPERATIONS,
                &message,
                RetryPolicy::NoRetry,
                &self.call.context,
            );
            return send(socket, &ToClient::Error { id: &id, payload: &[refusal] }).await;
        }
        let prepared = match operation.prepare(&self.call.context) {
            Ok(prepared) => prepared,
            Err(refusal) => return send(socket, &ToClient::Error { id: &id, payload: &[refusal] }).await,
        };
        let interrupted = Interrupted::default();
        let mut data = Data::default();
        data.insert(self.call.clone());
        data.insert(interrupted.clone());
        let responses = self
            .endpoint
            .schema
            .execute_stream_with_session_data(prepared.request, Arc::new(data))
            .map(|response| Step::Next(Box::new(response)));
        let (steps, abort) = abortable(responses.chain(once(async { Step::Done })));
        let name = Arc::clone(&id);
        self.steps.push(steps.map(move |step| (Arc::clone(&name), step)).boxed());
        let running = Running {
            abort,
            asked: prepared.asked,
            is_subscription: prepared.is_subscription,
            interrupted,
            began: false,
        };
        self.running.insert(id, running);
        Ok(())
    }

    async fn step(&mut self, socket: &mut WebSocket, id: &str, step: Step) -> Result<(), Option<Close>> {
        // What was completed by the client meanwhile is none of its business any more.
        let Some(running) = self.running.get_mut(id) else { return Ok(()) };
        match step {
            Step::Next(response) => {
                let answer = Answer::of(*response, &running.asked, &self.call.context);
                let refused =
                    answer.is_refusal() || running.is_subscription && !running.began && answer.is_empty();
                running.began = true;
                if refused {
                    // `error` ends an operation: nothing may follow it.
                    running.abort.abort();
                    self.running.remove(id);
                    return send(socket, &ToClient::Error { id, payload: &answer.into_errors() }).await;
                }
                send(socket, &ToClient::Next { id, payload: &answer }).await
            }
            Step::Done => {
                let interruption = running.interrupted.get();
                self.running.remove(id);
                match interruption {
                    None => send(socket, &ToClient::Complete { id }).await,
                    Some(Interruption::GoingAway) => Err(Some(Close::GOING_AWAY)),
                    Some(Interruption::Unavailable) => Err(Some(Close::TRY_AGAIN)),
                }
            }
        }
    }
}

/// Looks whether the caller still is who they were: signed in, with the same rights.
async fn still_the_same(credential: &Credential, call: &Call) -> Result<(), Option<Close>> {
    match credential.caller(&call.app, Activity::Background).await {
        Ok(found) if found.caller == call.caller => Ok(()),
        Ok(_) => Err(Some(Close::RIGHTS_CHANGED)),
        // Storage is away: a look that can't be taken is no reason to cut everybody off.
        Err(AppError::Unavailable(_) | AppError::RateLimited { .. }) => Ok(()),
        Err(_) => Err(Some(Close::UNAUTHORIZED)),
    }
}
