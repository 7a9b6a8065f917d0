//! A WebSocket with JSON frames.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::client::within;

/// The next thing a socket says.
#[derive(Debug)]
pub(crate) enum Heard {
    Frame(Value),
    /// Closed, with the code if the server gave one.
    Closed(Option<u16>),
}

#[derive(Debug)]
pub(crate) struct WebSocket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl WebSocket {
    /// Connects to an `http://` address. The error is the HTTP status with which the upgrade was refused.
    pub(crate) async fn connect(
        url: &str,
        protocol: &str,
        headers: &[(&'static str, String)],
    ) -> Result<Self, u16> {
        let url = url.replacen("http", "ws", 1);
        let mut request = url.into_client_request().expect("WebSocket address");
        let mut set = |name: &'static str, value: &str| {
            request.headers_mut().insert(name, HeaderValue::from_str(value).expect("header value"));
        };
        set("sec-websocket-protocol", protocol);
        for (name, value) in headers {
            set(name, value);
        }
        match within("the WebSocket to open", tokio_tungstenite::connect_async(request)).await {
            Ok((stream, _)) => Ok(Self(stream)),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("open the WebSocket: {error}"),
        }
    }

    /// Sends a frame. False if the socket is gone.
    pub(crate) async fn send(&mut self, frame: &Value) -> bool {
        self.0.send(Message::text(frame.to_string())).await.is_ok()
    }

    /// Sends a close frame and waits until the other side has answered it and closed.
    pub(crate) async fn close(&mut self) {
        if self.0.close(None).await.is_ok() {
            within("the socket to close", async { while let Some(Ok(_)) = self.0.next().await {} }).await;
        }
    }

    pub(crate) async fn next(&mut self) -> Heard {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => {
                    return Heard::Frame(serde_json::from_str(&text).expect("JSON frame"));
                }
                Some(Ok(Message::Close(frame))) => {
                    return Heard::Closed(frame.map(|frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Heard::Closed(None),
            }
        }
    }
}
