//! TLS of the platform's own, seen by real clients.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use signet_testkit::TestServer;
use signet_testkit::client::{PATIENCE, within};
use signet_testkit::server::Installation;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::fixture::BINARY;
use crate::tls::{issue, make_authority};

/// A platform with a certificate, and the authority that its clients trust.
struct Secure {
    installation: Installation,
    server: TestServer,
    connector: TlsConnector,
}

impl Secure {
    async fn start() -> Self {
        let installation = Installation::new(BINARY, None);
        let folder = installation.folder().to_owned();
        make_authority(&folder);
        issue(&folder, "server");
        let (certificate, key) = paths(&folder, "server");
        let flags = ["--tls-certificate", certificate.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
        let server = TestServer::serve(BINARY, &installation, &flags).await;
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(folder.join("authority.pem")).unwrap()).unwrap();
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        Self { installation, server, connector: TlsConnector::from(Arc::new(config)) }
    }

    fn authority(&self) -> PathBuf {
        self.installation.folder().join("authority.pem")
    }

    fn address(&self) -> &str {
        self.server.url.strip_prefix("http://").unwrap()
    }

    async fn connect(&self) -> TlsStream<TcpStream> {
        let stream = TcpStream::connect(self.address()).await.unwrap();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        within("a handshake", self.connector.connect(name, stream)).await.unwrap()
    }
}

fn paths(folder: &Path, name: &str) -> (PathBuf, PathBuf) {
    (folder.join(format!("{name}.pem")), folder.join(format!("{name}.key")))
}

/// Asks for health on a connection that is kept.
async fn is_healthy(stream: &mut TlsStream<TcpStream>) {
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    while !answer.ends_with("{\"status\":\"up\"}") {
        let mut bytes = [0; 4096];
        let read = within("an answer", stream.read(&mut bytes)).await.unwrap();
        assert!(read > 0, "closed after {answer}");
        answer.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
    }
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}

fn certificate_of(stream: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
}

#[tokio::test]
async fn browsers_speak_http_2_and_sockets_http_1_and_the_address_is_https() {
    let secure = Secure::start().await;
    let url = format!("https://{}", secure.address());
    let line = secure.server.logs().lines().find(|line| line.contains("\"public_url\"")).unwrap().to_owned();
    assert!(line.contains(&url), "{line}");
    for (option, version) in [("--http2", "2"), ("--http1.1", "1.1")] {
        let output = Command::new("curl")
            .args(["--silent", "--show-error", "--include", option, "--noproxy", "*", "--cacert"])
            .arg(secure.authority())
            .args(["--write-out", "\nversion %{http_version}", &format!("{url}/readyz")])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.ends_with(&format!("\"status\":\"ready\"}}\nversion {version}")), "{said} {output:?}");
        assert!(said.to_lowercase().contains("strict-transport-security: max-age=31536000"), "{said}");
    }
    let mut request = format!("wss://{}/graphql", secure.address()).into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
    let upgrade = Box::pin(tokio_tungstenite::client_async(request, secure.connect().await));
    let (_, answer) = within("an upgrade", upgrade).await.unwrap();
    assert_eq!(answer.status(), 101);
}

#[tokio::test]
async fn a_new_certificate_is_taken_up_and_connections_live_on() {
    let secure = Secure::start().await;
    let folder = secure.installation.folder().to_owned();
    let mut old = secure.connect().await;
    is_healthy(&mut old).await;
    let before = certificate_of(&old);

    // The key arrives before its certificate: for a while the pair does not fit.
    issue(&folder, "renewed");
    let (certificate, key) = paths(&folder, "server");
    let (new_certificate, new_key) = paths(&folder, "renewed");
    std::fs::rename(new_key, key).unwrap();
    let refused = secure.server.logged("the old one stays").await;
    assert!(refused.contains("does not belong to the certificate"), "{refused}");
    assert_eq!(certificate_of(&secure.connect().await), before);

    let expected = CertificateDer::from_pem_file(&new_certificate).unwrap();
    std::fs::rename(new_certificate, certificate).unwrap();
    tokio::time::timeout(PATIENCE, async {
        while certificate_of(&secure.connect().await) != expected {
            is_healthy(&mut old).await;
        }
    })
    .await
    .expect("the new certificate is served");
    is_healthy(&mut old).await;
    assert_eq!(certificate_of(&old), before);
}

#[tokio::test]
async fn plain_http_is_told_to_speak_tls() {
    let secure = Secure::start().await;
    let answer = signet_testkit::client::plain().get(format!("{}/readyz", secure.server.url)).send().await;
    let answer = answer.unwrap();
    assert_eq!(answer.status(), 400);
    assert!(answer.text().await.unwrap().contains("speaks TLS"));
}

#[test]
fn a_pair_that_does_not_fit_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    make_authority(folder.path());
    issue(folder.path(), "one");
    issue(folder.path(), "other");
    let ((one, one_key), (_, other_key)) = (paths(folder.path(), "one"), paths(folder.path(), "other"));
    let data = folder.path().join("data");
    let refusal = |certificate: &Path, key: &Path| {
        let output = Command::new(BINARY)
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(&data)
            .arg("--tls-certificate")
            .arg(certificate)
            .arg("--tls-key")
            .arg(key)
            .output()
            .unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    for (certificate, key, word) in [
        (&one, &other_key, "does not belong to the certificate"),
        (&one_key, &one_key, "holds no certificate in PEM"),
        (&one, &one, "holds no private key in PEM"),
        (&folder.path().join("missing"), &one_key, "No such file"),
    ] {
        let said = refusal(certificate, key);
        assert!(said.contains(word), "{word}: {said}");
    }
}
