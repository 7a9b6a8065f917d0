//! Plain HTTP, and the patience every test shares.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

/// The longest wait for anything. A test that waits this long has failed; none takes it on the way to success.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A status and a body.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `retry-after` in seconds, if the answer has one.
    pub retry_after: Option<u64>,
    /// The body as JSON; `null` if it is not.
    pub body: Value,
}

impl Answer {
    /// Reads a whole response.
    pub async fn read(response: reqwest::Response) -> Self {
        let status = response.status().as_u16();
        let retry_after =
            response.headers().get("retry-after").and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
        let text = response.text().await.expect("response body");
        Self { status, retry_after, body: serde_json::from_str(&text).unwrap_or(Value::Null) }
    }

    /// The body of an answer that must be a success.
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "unexpected answer: {self:?}");
        self.body
    }

    /// The `code` in the body, or nothing.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or("")
    }
}

/// A client without redirects and without cookies.
pub fn plain() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE)
        .no_proxy()
        .build()
        .expect("HTTP client")
}

/// A client that follows redirects and keeps cookies, as a browser does.
pub fn browser() -> reqwest::Client {
    reqwest::Client::builder().cookie_store(true).timeout(PATIENCE).no_proxy().build().expect("HTTP client")
}

/// What a future gives, unless it takes longer than [`PATIENCE`].
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    let outcome = tokio::time::timeout(PATIENCE, future).await;
    outcome.unwrap_or_else(|_| panic!("waited {PATIENCE:?} in vain for {what}"))
}

/// The time by which servers of their own process judge tokens.
#[expect(clippy::disallowed_methods, reason = "the process under test reads the system's clock too")]
pub fn now_unix_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("clock after 1970");
    i64::try_from(now.as_millis()).expect("clock before the year 292,000,000")
}
