//! Requests to addresses that customers choose: key sets, and whatever else a brand may point Signet at.
//!
//! Whoever may name an address for the platform to call could otherwise make it call what only the platform reaches: its
//! neighbours, the cloud's metadata, itself. Invariants:
//! - only `https`, and only addresses of the public internet, unless the operator allows more ([`Reach`]);
//! - a name is resolved once, what it resolves to is checked, and the connection goes to exactly that: an answer that changes
//!   between check and use (DNS rebinding) is never used. One bad address among several refuses all of them;
//! - no redirects, no proxies, no cookies, no credentials; a deadline for the whole and a limit for the body;
//! - what went wrong is told by kind alone: an answer that described closed ports would be a scanner for rent.

mod public;
mod resolve;

use std::error::Error as _;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response, StatusCode, Url, redirect};

pub use public::is_public;
pub use resolve::{Lookup, LookupFuture, SystemLookup};

/// Longest address, in bytes.
const ADDRESS: usize = 2_048;
/// Longest body, in bytes.
const BODY: usize = 64 * 1024;
/// The whole of a request, from the name to the last byte.
const DEADLINE: Duration = Duration::from_secs(5);
const CONNECT: Duration = Duration::from_secs(3);

/// What may be reached beyond the public internet over TLS. By default nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reach {
    /// Loopback, private and other special addresses.
    pub private_addresses: bool,
    /// Addresses that begin with `http:`.
    pub plain_http: bool,
}

/// Why nothing came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// Not an absolute address of at most 2,048 characters, or one with credentials or a fragment.
    #[error("the address is not an absolute https address without user name and fragment")]
    AddressInvalid,
    /// Another scheme than `https`.
    #[error("the address does not begin with https")]
    SchemeNotAllowed,
    /// A private address, by number or by name.
    #[error("the address does not lead to the public internet")]
    AddressNotPublic,
    /// No name, no connection, no TLS, no answer.
    #[error("the address cannot be reached")]
    Unreachable,
    /// Not complete in time: five seconds, or what was asked for.
    #[error("the address did not answer in time")]
    TimedOut,
    /// A redirect. The address has to be the final one.
    #[error("the address redirects to another one")]
    Redirected,
    /// Another status than 200.
    #[error("the address answered with another status than 200")]
    StatusNotOk,
    /// More than 64 KiB.
    #[error("the answer is longer than 64 KiB")]
    TooLarge,
    /// Not UTF-8.
    #[error("the answer is not text")]
    NotText,
}

impl FetchError {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::AddressInvalid => "ADDRESS_INVALID",
            Self::SchemeNotAllowed => "ADDRESS_SCHEME_NOT_ALLOWED",
            Self::AddressNotPublic => "ADDRESS_NOT_PUBLIC",
            Self::Unreachable => "ADDRESS_UNREACHABLE",
            Self::TimedOut => "ADDRESS_TIMED_OUT",
            Self::Redirected => "ADDRESS_REDIRECTS",
            Self::StatusNotOk => "ADDRESS_STATUS_NOT_OK",
            Self::TooLarge => "ADDRESS_ANSWER_TOO_LARGE",
            Self::NotText => "ADDRESS_ANSWER_NOT_TEXT",
        }
    }
}

/// Something to post.
#[derive(Debug, Clone)]
pub struct Post<'a> {
    /// Where.
    pub address: &'a str,
    /// Headers beside `content-type`, which is JSON.
    pub headers: &'a [(&'static str, &'a str)],
    /// The body: JSON.
    pub body: String,
    /// For the whole, from the name to the last byte of the answer.
    pub deadline: Duration,
}

/// What was answered, whatever the status. Redirects are no answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// A text of at most 64 KiB.
    pub body: String,
}

/// The HTTP client could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("setting up the HTTP client")]
pub struct ClientError(#[from] reqwest::Error);

/// Fetches from addresses that customers choose. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Fetcher {
    client: Client,
    reach: Reach,
}

impl Fetcher {
    /// A fetcher that trusts the certificates this machine trusts and asks its resolver.
    pub fn new(reach: Reach) -> Result<Self, ClientError> {
        Self::with_lookup(reach, Arc::new(SystemLookup))
    }

    /// The same with another resolver.
    pub fn with_lookup(reach: Reach, lookup: Arc<dyn Lookup>) -> Result<Self, ClientError> {
        let client = Client::builder()
            .user_agent(concat!("Signet/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(resolve::Checked { lookup, private: reach.private_addresses }))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .https_only(!reach.plain_http)
            // Each request resolves and checks anew: no connection of an earlier answer is used again.
            .pool_max_idle_per_host(0)
            .connect_timeout(CONNECT)
            .timeout(DEADLINE)
            .build()?;
        Ok(Self { client, reach })
    }

    /// Whether an address may be fetched as far as its text says: scheme, form, numbers in place of a name.
    pub fn check(&self, address: &str) -> Result<(), FetchError> {
        self.parse(address).map(drop)
    }

    fn parse(&self, address: &str) -> Result<Url, FetchError> {
        let written_plainly = address.len() <= ADDRESS && address.bytes().all(|byte| byte.is_ascii_graphic());
        if !written_plainly {
            return Err(FetchError::AddressInvalid);
        }
        let url = Url::parse(address).map_err(|_| FetchError::AddressInvalid)?;
        match url.scheme() {
            "https" => {}
            "http" if self.reach.plain_http => {}
            _ => return Err(FetchError::SchemeNotAllowed),
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(FetchError::AddressInvalid);
        }
        let host = url.host_str().ok_or(FetchError::AddressInvalid)?;
        // Every spelling of a number (decimal, octal, short, in brackets) was made plain by the parser.
        let number = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        let refused = match number {
            Ok(number) => !is_public(number),
            Err(_) => is_local_name(host),
        };
        if refused && !self.reach.private_addresses { Err(FetchError::AddressNotPublic) } else { Ok(url) }
    }

    /// Fetches a text of at most 64 KiB.
    pub async fn text(&self, address: &str) -> Result<String, FetchError> {
        let request = self.client.get(self.parse(address)?);
        within(DEADLINE, async {
            let answer = send(request).await?;
            if answer.status() == StatusCode::OK {
                text_of(answer).await
            } else {
                Err(FetchError::StatusNotOk)
            }
        })
        .await
    }

    /// Posts JSON and gives the answer.
    pub async fn post(&self, post: Post<'_>) -> Result<Answer, FetchError> {
        let mut request = self.client.post(self.parse(post.address)?).timeout(post.deadline);
        for (name, value) in post.headers {
            request = request.header(*name, *value);
        }
        within(post.deadline, async {
            let answer = send(request.header("content-type", "application/json").body(post.body)).await?;
            Ok(Answer { status: answer.status().as_u16(), body: text_of(answer).await? })
        })
        .await
    }
}

async fn within<T>(
    deadline: Duration,
    exchange: impl Future<Output = Result<T, FetchError>>,
) -> Result<T, FetchError> {
    tokio::time::timeout(deadline, exchange).await.unwrap_or(Err(FetchError::TimedOut))
}

async fn send(request: RequestBuilder) -> Result<Response, FetchError> {
    let answer = request.header("accept", "application/json").send().await.map_err(|error| kind(&error))?;
    if answer.status().is_redirection() { Err(FetchError::Redirected) } else { Ok(answer) }
}

async fn text_of(mut answer: Response) -> Result<String, FetchError> {
    if answer.content_length().is_some_and(|length| length > BODY as u64) {
        return Err(FetchError::TooLarge);
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| kind(&error))? {
        if body.len() + chunk.len() > BODY {
            return Err(FetchError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    String::from_utf8(body).map_err(|_| FetchError::NotText)
}

/// Names that stand for this machine or its neighbourhood whatever a resolver says (RFC 6761, RFC 6762, RFC 8375).
fn is_local_name(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    let local = ["localhost", "local", "internal", "home.arpa", "localdomain"];
    !host.contains('.') || local.iter().any(|last| host.ends_with(&format!(".{last}")))
}

/// Which of our errors an error of the client's is.
fn kind(error: &reqwest::Error) -> FetchError {
    let mut cause = error.source();
    while let Some(found) = cause {
        if found.downcast_ref::<resolve::NotPublic>().is_some() {
            return FetchError::AddressNotPublic;
        }
        cause = found.source();
    }
    if error.is_timeout() { FetchError::TimedOut } else { FetchError::Unreachable }
}
