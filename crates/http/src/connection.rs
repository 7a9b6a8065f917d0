//! One connection: TLS or not, HTTP/1.1 or HTTP/2, from the first byte to the last.
//!
//! Invariants:
//! - whoever says nothing is let go: a handshake, a request's head and the pause between two requests have a limit each;
//! - which version is spoken comes from the handshake; without TLS it is HTTP/1.1, so that there is nothing to sniff and the
//!   limit for a request's head covers the very first byte;
//! - a connection counts until its TCP stream is dropped, upgraded or not.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{interval_at, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tower::ServiceExt as _;

use crate::tls::{Certificates, HTTP_2};

/// Longest wait for a handshake, for a request's head, and for the next request on a kept connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest request head, in bytes, and hyper's buffer for bodies.
const HEAD_BYTES: usize = 32 * 1024;
/// Requests that one HTTP/2 connection may have under way. RFC 9113 section 6.5.2 advises at least 100.
const STREAMS: u32 = 100;
/// The first byte of a TLS handshake (RFC 8446 section 5.1).
const HANDSHAKE: u8 = 22;
/// What a client hears that speaks plain HTTP to a TLS port.
const PLAIN_HTTP: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\nThis port speaks TLS: the address begins with https://\n";

/// What a connection needs beside its stream.
pub(crate) struct Connection {
    pub(crate) peer: SocketAddr,
    pub(crate) router: Router,
    pub(crate) tls: Option<Arc<Certificates>>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) open: TaskTrackerToken,
}

impl Connection {
    /// Answers requests until either side has enough.
    pub(crate) async fn converse(self, stream: TcpStream) {
        // Frames are small and flushed when they should go: waiting for more would only add latency.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "setting TCP_NODELAY failed");
        }
        let Self { peer, router, tls, shutdown, open } = self;
        let service = Service { peer, router, shutdown, load: Arc::default() };
        let stream = Tracked { stream, _open: open };
        let Some(tls) = tls else { return service.http_1(stream).await };
        let handshake = async {
            if !begins_handshake(&stream.stream).await? {
                let mut stream = stream.stream;
                stream.write_all(PLAIN_HTTP).await?;
                stream.shutdown().await?;
                return Ok(None);
            }
            tls.acceptor().accept(stream).await.map(Some)
        };
        match timeout(HEAD_TIMEOUT, handshake).await {
            Ok(Ok(Some(stream))) if stream.get_ref().1.alpn_protocol() == Some(HTTP_2) => {
                service.http_2(stream).await;
            }
            Ok(Ok(Some(stream))) => service.http_1(stream).await,
            Ok(Ok(None)) => tracing::debug!("a client spoke plain HTTP where TLS is spoken"),
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }
}

async fn begins_handshake(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0];
    Ok(stream.peek(&mut first).await? == 0 || first[0] == HANDSHAKE)
}

/// Answers the requests of one connection.
#[derive(Clone)]
struct Service {
    peer: SocketAddr,
    router: Router,
    shutdown: CancellationToken,
    load: Arc<Load>,
}

/// What a connection has had to do.
#[derive(Default)]
struct Load {
    begun: AtomicU64,
    under_way: AtomicUsize,
}

impl Service {
    async fn answer(self, request: Request<Incoming>) -> Result<Response, Infallible> {
        self.load.begun.fetch_add(1, Ordering::Relaxed);
        self.load.under_way.fetch_add(1, Ordering::Relaxed);
        let load = Arc::clone(&self.load);
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(self.peer));
        request.extensions_mut().insert(self.shutdown);
        let response = self.router.oneshot(request).await;
        load.under_way.fetch_sub(1, Ordering::Relaxed);
        response
    }

    async fn http_1(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let shutdown = self.shutdown.clone();
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_buf_size(HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), service_fn(move |request| self.clone().answer(request)))
            .with_upgrades();
        let mut connection = std::pin::pin!(connection);
        let result = tokio::select! {
            result = connection.as_mut() => result,
            () = shutdown.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        ended(result);
    }

    async fn http_2(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let (shutdown, load) = (self.shutdown.clone(), Arc::clone(&self.load));
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(HEAD_BYTES as u32)
            // A peer that is gone without a word is found out.
            .keep_alive_interval(HEAD_TIMEOUT)
            .keep_alive_timeout(HEAD_TIMEOUT)
            .serve_connection(TokioIo::new(stream), service_fn(move |request| self.clone().answer(request)));
        let mut connection = std::pin::pin!(connection);
        let result = tokio::select! {
            result = connection.as_mut() => result,
            () = async { tokio::select! { () = shutdown.cancelled() => {}, () = load.idle() => {} } } => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        ended(result);
    }
}

impl Load {
    /// Waits until nothing was asked between two looks and nothing is under way. HTTP/2 has no limit of its own for that.
    async fn idle(&self) {
        let mut looks = interval_at(tokio::time::Instant::now() + HEAD_TIMEOUT, HEAD_TIMEOUT);
        let mut seen = 0;
        loop {
            looks.tick().await;
            let begun = self.begun.load(Ordering::Relaxed);
            if begun == seen && self.under_way.load(Ordering::Relaxed) == 0 {
                return;
            }
            seen = begun;
        }
    }
}

fn ended(result: hyper::Result<()>) {
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
