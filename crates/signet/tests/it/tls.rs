//! Certificates made by openssl, and TLS in front of a server, as a reverse proxy gives it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::openssl::openssl;

/// A proxy on a free port of 127.0.0.1. Ends when dropped.
pub(crate) struct TlsProxy {
    /// `https://127.0.0.1:…`
    pub(crate) url: String,
    /// The certificate of the authority that issued the proxy's, which nobody else knows.
    pub(crate) authority: PathBuf,
    listener: JoinHandle<()>,
}

impl TlsProxy {
    /// Starts one that passes everything on to `upstream`. Its certificate is for 127.0.0.1 and for no name.
    pub(crate) async fn start(folder: &Path, upstream: &str) -> Self {
        let upstream: SocketAddr = upstream.strip_prefix("http://").unwrap().parse().unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(certificates(folder)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let listener = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // A client that refuses the certificate ends the handshake.
                    let Ok(mut client) = acceptor.accept(client).await else { return };
                    let mut server = TcpStream::connect(upstream).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                });
            }
        });
        Self { url, authority: folder.join("authority.pem"), listener }
    }

    /// The same place by name.
    pub(crate) fn url_by_name(&self) -> String {
        self.url.replace("127.0.0.1", "localhost")
    }
}

impl Drop for TlsProxy {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// A new key and the options for it.
const KEY: [&str; 6] = ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/// Makes an authority: `authority.pem` and its key.
pub(crate) fn make_authority(folder: &Path) {
    let authority = ["-subj", "/CN=Authority", "-x509", "-days", "2", "-keyout", "authority.key"];
    openssl(folder, &[&KEY[..], &authority, &["-out", "authority.pem"]].concat());
}

/// Has the authority issue a certificate for 127.0.0.1: `NAME.pem` and `NAME.key`.
pub(crate) fn issue(folder: &Path, name: &str) {
    let file = |extension: &str| format!("{name}.{extension}");
    let (key, request, certificate) = (file("key"), file("csr"), file("pem"));
    let subject = ["-subj", "/CN=Server", "-keyout", &key, "-out", &request];
    openssl(folder, &[&KEY[..], &subject].concat());
    std::fs::write(folder.join("server.cnf"), "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
        .unwrap();
    let issue = ["x509", "-req", "-in", &request, "-CA", "authority.pem", "-CAkey", "authority.key"];
    let issued = ["-CAcreateserial", "-days", "2", "-extfile", "server.cnf", "-out", &certificate];
    openssl(folder, &[&issue[..], &issued].concat());
}

fn certificates(folder: &Path) -> ServerConfig {
    make_authority(folder);
    issue(folder, "server");
    let chain = vec![CertificateDer::from_pem_file(folder.join("server.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).unwrap();
    ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap()
}
