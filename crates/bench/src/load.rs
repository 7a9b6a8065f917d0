//! The load generator's runtime and its visitors.

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Runs a benchmark on this process's threads. The parent process pins nothing; see [`pin_here`].
pub(crate) fn run(benchmark: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(benchmark)
}

/// Moves this process to the load's core.
pub(crate) async fn pin_here() -> Result<()> {
    let pid = std::process::id().to_string();
    let status = tokio::process::Command::new("taskset")
        .args(["--all-tasks", "--cpu-list", "--pid", crate::process::LOAD_CORE, &pid])
        .stdout(std::process::Stdio::null())
        .status()
        .await
        .context("run taskset (Debian package util-linux)")?;
    if status.success() { Ok(()) } else { bail!("taskset could not pin the load generator") }
}

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Activates and answers the session token.
pub(crate) async fn activate(http: &reqwest::Client, api: &str, option: Value) -> Result<String> {
    let body = json!({ "projectId": "demo", "origin": null, "authenticationOption": option, "session": null, "device": null });
    let response = http.post(format!("{api}/activate")).json(&body).send().await?;
    let answer: Value = response.json().await?;
    let token = answer["session"]["accessToken"].as_str();
    Ok(token.with_context(|| format!("activation refused: {}", answer["code"]))?.to_owned())
}

/// Opens a visitor's socket and waits for its welcome.
pub(crate) async fn connect(api: &str, token: &str) -> Result<Socket> {
    let mut request = format!("{}/socket", api.replacen("http", "ws", 1)).into_client_request()?;
    request.headers_mut().insert("sec-websocket-protocol", "signet.v1".parse()?);
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await?;
    let hello = json!({ "type": "hello", "token": token, "conversationId": null, "sequence": 0 });
    socket.send(Message::text(hello.to_string())).await?;
    let welcome = next_frame(&mut socket).await?;
    if welcome["type"] != "welcome" {
        bail!("expected a welcome, got {welcome}");
    }
    Ok(socket)
}

/// The next JSON frame.
pub(crate) async fn next_frame(socket: &mut Socket) -> Result<Value> {
    loop {
        match socket.next().await.context("the socket was closed")?? {
            Message::Text(text) => return Ok(serde_json::from_str(&text)?),
            Message::Close(frame) => bail!("the socket was closed: {frame:?}"),
            _ => {}
        }
    }
}
