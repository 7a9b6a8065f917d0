//! The listener.
//!
//! Shutdown invariants:
//! - nothing new is accepted, requests in flight are answered, idle connections close;
//! - sockets learn of it through the `CancellationToken` among their request's extensions, finish the sends they accepted
//!   and say 1001;
//! - [`serve`] returns after the last connection's stream is dropped.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::connection::Connection;
use crate::tls::Certificates;

/// Connections the kernel may hold ready for us. Linux caps it at `net.core.somaxconn`, 4096 by default; the usual 128
/// refuses part of a burst of reconnecting widgets.
const BACKLOG: i32 = 4096;
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

/// Serves until `shutdown`, then finishes what runs, for at most `grace`. What is still open after that is cut. With
/// `tls` HTTPS alone is spoken, without it plain HTTP/1.1.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    tls: Option<Arc<Certificates>>,
    shutdown: CancellationToken,
    grace: Duration,
) {
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
                let connection = Connection {
                    peer,
                    router: router.clone(),
                    tls: tls.clone(),
                    shutdown: shutdown.clone(),
                    open: connections.token(),
                };
                let cut = cut.clone();
                tokio::spawn(async move { cut.run_until_cancelled(connection.converse(stream)).await });
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

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

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
        let server = tokio::spawn(serve(listener, router, None, shutdown.clone(), grace));
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
