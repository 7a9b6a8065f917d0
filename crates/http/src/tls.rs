//! TLS of our own: certificate and key from PEM files, taken anew when they change.
//!
//! Invariants:
//! - a pair that does not fit together, or cannot be read, never replaces one that works;
//! - a change concerns handshakes that come after it: connections live on;
//! - both files are read whenever either is looked at, so links that are switched in one step (as orchestrators do) are noticed too.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{Error, ServerConfig};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(5);

/// What HTTP/2 calls itself in the handshake (RFC 9113 section 3.2).
pub(crate) const HTTP_2: &[u8] = b"h2";
const HTTP_1: &[u8] = b"http/1.1";

/// Where certificate and key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate and those of the authorities between it and the root, PEM, in this order.
    pub certificate: PathBuf,
    /// The certificate's private key: PKCS#8, PKCS#1 or SEC 1, PEM.
    pub key: PathBuf,
}

/// Why a certificate or its key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("read {}", .0.display())]
    Unreadable(PathBuf, #[source] io::Error),
    /// The file holds no certificate.
    #[error("{} holds no certificate in PEM", .0.display())]
    NoCertificate(PathBuf),
    /// The file holds no private key.
    #[error("{} holds no private key in PEM", .0.display())]
    NoKey(PathBuf),
    /// Certificate and key are of different key pairs.
    #[error("the key in {} does not belong to the certificate in {}", .0.key.display(), .0.certificate.display())]
    Mismatch(TlsFiles),
    /// The certificate does not parse, or the key is of a kind that TLS cannot use.
    #[error("use the certificate in {} with its key", .0.display())]
    Unusable(PathBuf, #[source] Error),
}

/// Certificate and key in use.
pub struct Certificates {
    files: TlsFiles,
    current: Arc<Current>,
    acceptor: TlsAcceptor,
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificates").field("files", &self.files).finish_non_exhaustive()
    }
}

/// What handshakes take.
#[derive(Debug)]
struct Current(RwLock<Pair>);

#[derive(Debug, Clone)]
struct Pair {
    certified: Arc<CertifiedKey>,
    /// The bytes of both files, to notice a change. The key's are kept as the signer keeps them: in memory.
    read: Arc<Files>,
}

#[derive(PartialEq, Eq)]
struct Files {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Files(_)")
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner).certified))
    }
}

impl Certificates {
    /// Reads certificate and key. TLS 1.2 and 1.3; HTTP/2 and HTTP/1.1.
    pub fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let pair = certify(&files, read(&files)?, &provider)?;
        let current = Arc::new(Current(RwLock::new(pair)));
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::Unusable(files.certificate.clone(), error))?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&current) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![HTTP_2.to_vec(), HTTP_1.to_vec()];
        Ok(Self { files, current, acceptor: TlsAcceptor::from(Arc::new(config)) })
    }

    pub(crate) fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }

    /// Takes the files anew whenever they have changed, for ever. A pair that cannot be used is logged once.
    pub async fn watch(self: Arc<Self>) {
        let mut refused = None;
        loop {
            tokio::time::sleep(LOOK).await;
            let certificates = Arc::clone(&self);
            let Ok(outcome) = tokio::task::spawn_blocking(move || certificates.reload()).await else {
                return;
            };
            let said = outcome.as_ref().err().map(|error| crate::observe::chain(error));
            match &outcome {
                Ok(true) => {
                    tracing::info!(certificate = %self.files.certificate.display(), "the certificate was read anew");
                }
                Ok(false) => {}
                Err(_) if said == refused => {}
                Err(_) => {
                    tracing::error!(
                        error = said,
                        "the changed certificate cannot be used: the old one stays"
                    );
                }
            }
            refused = said;
        }
    }

    /// Whether there was a change.
    fn reload(&self) -> Result<bool, TlsError> {
        let files = read(&self.files)?;
        if *self.current.0.read().unwrap_or_else(PoisonError::into_inner).read == files {
            return Ok(false);
        }
        let pair = certify(&self.files, files, self.acceptor.config().crypto_provider())?;
        *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = pair;
        Ok(true)
    }
}

fn read(files: &TlsFiles) -> Result<Files, TlsError> {
    let bytes =
        |path: &Path| std::fs::read(path).map_err(|error| TlsError::Unreadable(path.to_owned(), error));
    Ok(Files { certificate: bytes(&files.certificate)?, key: bytes(&files.key)? })
}

fn certify(files: &TlsFiles, read: Files, provider: &CryptoProvider) -> Result<Pair, TlsError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read.certificate).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    let chain = chain.ok_or_else(|| TlsError::NoCertificate(files.certificate.clone()))?;
    let key = PrivateKeyDer::from_pem_slice(&read.key).map_err(|_| TlsError::NoKey(files.key.clone()))?;
    let certified = CertifiedKey::from_der(chain, key, provider).map_err(|error| match error {
        Error::InconsistentKeys(_) => TlsError::Mismatch(files.clone()),
        other => TlsError::Unusable(files.certificate.clone(), other),
    })?;
    Ok(Pair { certified: Arc::new(certified), read: Arc::new(read) })
}
