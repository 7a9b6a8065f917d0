//! The listener and its connections.
//!
//! HTTP/1.1 only: TLS, and with it HTTP/2, ends at the operator's proxy. Without a version to sniff, the deadline for a
//! request's head covers the very first byte, so silent connections cannot pile up. Shutdown invariants:
//! - nothing new is accepted, requests in flight are answered, idle connections close;
//! - sockets learn of it through the `CancellationToken` among their request's extensions, finish the sends they accepted
//!   and say 1001;
//! - a connection counts until its TCP stream is dropped, upgraded or not, so [`serve`] returns after the last one.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tower::ServiceExt;

/// Connections the kernel may hold ready for us. Linux caps it at `net.core.somaxconn`, 4096 by default; the usual 128
/// refuses part of a burst of reconnecting widgets.
const BACKLOG: i32 = 4096;
/// Longest wait for a request's head, also for the next one on a kept connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest request head, in bytes, and hyper's buffer for bodies.
const HEAD_BYTES: usize = 32 * 1024;
/// Pause after an accept that failed for want of descriptors or memory: more of them only come with time.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Listens on an address with a backlog fit for thousands of widgets that reconnect at once. Port 0 takes any free one.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A restarted server must not wait for the old connections' TIME_WAIT. On Windows the option means something else.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Serves until `shutdown`, then finishes what runs, for at most `grace`. What is still open after that is cut.
pub async fn serve(listener: TcpListener, router: Router, shutdown: CancellationToken, grace: Duration) {
    let connections = TaskTracker::new();
    let cut = CancellationToken::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection =
                    converse(stream, peer, router.clone(), shutdown.clone(), connections.token());
                let cut = cut.clone();
                tokio::spawn(async move { cut.run_until_cancelled(connection).await });
            }
            // The peer was gone before we looked: its own affair.
            Err(error) if is_of_the_peer(&error) => {}
            Err(error) => {
                tracing::error!(%error, "accepting a connection failed");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(grace, connections.wait()).await.is_err() {
        tracing::warn!(open = connections.len(), "connections were cut after the grace period");
    }
    cut.cancel();
}

fn is_of_the_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}

async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    shutdown: CancellationToken,
    open: TaskTrackerToken,
) {
    // Frames are small and flushed when they should go: waiting for more would only add latency.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "setting TCP_NODELAY failed");
    }
    let token = shutdown.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(token.clone());
        let router = router.clone();
        async move { Ok::<_, Infallible>(router.oneshot(request).await.unwrap_or_else(|never| match never {})) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(Tracked { stream, _open: open }), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        // Resets, timeouts and bad requests of peers: of interest only when looking for one.
        tracing::debug!(%error, "a connection ended early");
    }
}

/// A TCP stream that counts as open until it is dropped, also by an upgrade's new owner.
struct Tracked {
    stream: TcpStream,
    _open: TaskTrackerToken,
}

impl AsyncRead for Tracked {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Tracked {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// A server whose only address answers once `release` is cancelled, having cancelled `entered`.
    struct Slow {
        address: SocketAddr,
        entered: CancellationToken,
        release: CancellationToken,
        shutdown: CancellationToken,
        server: tokio::task::JoinHandle<()>,
    }

    fn start(grace: Duration) -> Slow {
        let (entered, release, shutdown) =
            <(CancellationToken, CancellationToken, CancellationToken)>::default();
        let (inside, gate) = (entered.clone(), release.clone());
        let router = Router::new().route(
            "/",
            get(async move || {
                inside.cancel();
                gate.cancelled().await;
                "done"
            }),
        );
        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(serve(listener, router, shutdown.clone(), grace));
        Slow { address, entered, release, shutdown, server }
    }

    async fn request(address: SocketAddr) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        stream
    }

    #[tokio::test]
    async fn a_request_in_flight_is_answered_and_then_the_server_returns() {
        let slow = start(Duration::from_mins(1));
        let mut stream = request(slow.address).await;
        let idle = TcpStream::connect(slow.address).await.unwrap();
        slow.entered.cancelled().await;
        slow.shutdown.cancel();
        slow.release.cancel();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("done"), "{answer}");
        slow.server.await.unwrap();
        drop(idle);
        assert!(TcpStream::connect(slow.address).await.is_err());
    }

    #[tokio::test]
    async fn what_outlives_the_grace_period_is_cut() {
        let slow = start(Duration::ZERO);
        let mut stream = request(slow.address).await;
        slow.entered.cancelled().await;
        slow.shutdown.cancel();
        slow.server.await.unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert_eq!(answer, b"");
    }
}
