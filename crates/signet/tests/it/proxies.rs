//! A visitor and an agent behind each reverse proxy of `packaging/`: TLS, the caller's address, headers, sockets that live.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use signet_testkit::server::Installation;
use signet_testkit::within;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::caddy::{self, Caddy};
use crate::fixture::{BINARY, ServedProject};
use crate::nginx::{self, Nginx, free_port};

#[tokio::test]
async fn a_conversation_goes_through_nginx() {
    if nginx::is_installed() {
        goes_through(|folder, port, upstream| {
            let nginx = Nginx::start(folder, port, upstream, |text| text);
            let authority = nginx.authority();
            (Box::new(nginx), authority)
        })
        .await;
    }
}

#[tokio::test]
async fn a_conversation_goes_through_caddy() {
    if caddy::is_installed() {
        goes_through(|folder, port, upstream| {
            let caddy = Caddy::start(folder, port, upstream);
            let authority = caddy.authority();
            (Box::new(caddy), authority)
        })
        .await;
    }
}

/// What curl was answered: status, headers in lower case, body.
struct Answer {
    status: u16,
    headers: String,
    body: Value,
}

/// A client outside that trusts the proxy's certificate.
struct Outside {
    authority: PathBuf,
    url: String,
}

impl Outside {
    fn curl(&self, path: &str, arguments: &[&str], body: &Value) -> Answer {
        let output = Command::new("curl")
            .args(["--silent", "--show-error", "--include", "--noproxy", "*", "--cacert"])
            .arg(&self.authority)
            .args(["--header", "content-type: application/json", "--data", &body.to_string()])
            .args(arguments)
            .arg(format!("{}{path}", self.url))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8(output.stdout).unwrap();
        let (head, body) = said.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, headers: head.to_lowercase(), body: serde_json::from_str(body).unwrap_or_default() }
    }

    fn activate(&self, option: &Value, arguments: &[&str]) -> Answer {
        let body = json!({ "projectId": "shop", "authenticationOption": option });
        self.curl("/visitor/v1/activate", arguments, &body)
    }

    /// Says hello over the visitor's socket, sends a text, and hears that it is stored.
    async fn talks(&self, session: &str) {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&self.authority).unwrap()).unwrap();
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let place = self.url.strip_prefix("https://").unwrap();
        let stream = TcpStream::connect(place).await.unwrap();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let connecting = TlsConnector::from(Arc::new(config)).connect(name, stream);
        let stream = within("a handshake", connecting).await.unwrap();
        let mut request = format!("wss://{place}/visitor/v1/socket").into_client_request().unwrap();
        request.headers_mut().insert("origin", self.url.parse().unwrap());
        request.headers_mut().insert("sec-websocket-protocol", "signet.v1".parse().unwrap());
        let upgrade = Box::pin(tokio_tungstenite::client_async(request, stream));
        let (mut socket, _) = within("an upgrade", upgrade).await.unwrap();
        let id = signet_testkit::visitor::new_id();
        for frame in [
            json!({ "type": "hello", "token": session, "conversationId": null, "sequence": 0 }),
            json!({ "type": "send", "clientMessageId": id, "text": "through the proxy" }),
        ] {
            socket.send(Message::text(frame.to_string())).await.unwrap();
        }
        let acknowledged = async {
            loop {
                let Message::Text(text) = socket.next().await.unwrap().unwrap() else { continue };
                let frame: Value = serde_json::from_str(&text).unwrap();
                if frame["type"] == "ack" {
                    return frame["clientMessageId"].clone();
                }
            }
        };
        assert_eq!(within("an acknowledgement", acknowledged).await, id);
    }
}

async fn goes_through(start: impl FnOnce(&Path, u16, &str) -> (Box<dyn Send>, PathBuf)) {
    let installation = Installation::new(BINARY, None);
    let project = ServedProject::create(&installation, "shop").await;
    let port = free_port();
    let url = format!("https://127.0.0.1:{port}");
    let limits = ["--activations-per-address", "3"];
    let flags = [&["--public-url", &url, "--trusted-proxies", "1"][..], &limits].concat();
    let server = signet_testkit::TestServer::serve(BINARY, &installation, &flags).await;
    let (proxy, authority) = start(&installation.folder().join("proxy"), port, &server.url);
    let outside = Outside { authority, url };

    let pem = signet_testkit::client::plain().get(format!("{}/keys/platform.pem", server.url)).send().await;
    let pem = pem.unwrap().text().await.unwrap();
    let tokens =
        signet_testkit::token_factory::TokenFactory::from_pem(&project.private_key, Some("test-1"), &pem);
    let token = tokens.token("jane", signet_testkit::now_unix_ms()).build();
    let secured = json!({ "type": "SECURED_AUTHENTICATION", "token": token });
    let signed_in = outside.activate(&secured, &["--http2"]);
    assert_eq!((signed_in.status, &signed_in.body["session"]["assurance"]), (200, &json!("VERIFIED")));
    assert!(signed_in.headers.starts_with("http/2"), "{}", signed_in.headers);
    for header in
        ["strict-transport-security: max-age=31536000", "x-content-type-options: nosniff", "x-request-id: "]
    {
        assert!(signed_in.headers.contains(header), "{header}: {}", signed_in.headers);
    }
    outside.talks(signed_in.body["session"]["accessToken"].as_str().unwrap()).await;

    // Whatever a caller says of itself, it is one address: believed, each of these would be another, and let in.
    let anonymous = json!({ "type": "ANONYMOUS" });
    let is_held_back = (1..=20).any(|number| {
        let forged = format!("x-forwarded-for: 192.0.2.{number}");
        outside.activate(&anonymous, &["--http1.1", "--header", &forged]).status == 429
    });
    assert!(is_held_back, "callers choose their address");
    drop(proxy);
}
