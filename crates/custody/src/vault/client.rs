//! One request to Vault, and what its status means.

use std::time::Duration;

use reqwest::{Certificate, Method, Url, redirect};
use serde::de::DeserializeOwned;
use serde_json::Value;
use zeroize::Zeroizing;

use super::error::VaultError;
use crate::secret::SecretText;

/// Longest answer that is read, in bytes: 64 unwrapped keys, or some dozens of public keys, are a tenth of it.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// What Vault said, whatever the status.
pub(super) struct Answer {
    pub(super) status: u16,
    body: Zeroizing<Vec<u8>>,
}

impl Answer {
    /// The body as a type, if it is one.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The answer if it says that all went well, else what its status means.
    pub(super) fn ok(self) -> Result<Self, VaultError> {
        match self.status {
            200..=299 => Ok(self),
            403 => Err(VaultError::Denied),
            404 => Err(VaultError::KeyNotFound),
            400 if self.says("encryption key not found") => Err(VaultError::KeyNotFound),
            429 => Err(VaultError::RateLimited),
            // 473 is a performance standby, 472 a secondary for disaster recovery: neither does the work.
            472 | 473 | 503 => Err(VaultError::Sealed),
            status => Err(VaultError::Status(status)),
        }
    }

    fn says(&self, text: &str) -> bool {
        let body: Option<Value> = self.read();
        let errors = body.as_ref().and_then(|body| body["errors"].as_array());
        errors.is_some_and(|errors| errors.iter().any(|e| e.as_str().is_some_and(|e| e.contains(text))))
    }
}

/// Speaks to one Vault.
pub(super) struct Client {
    http: reqwest::Client,
    /// Without a slash at the end.
    address: String,
    namespace: Option<String>,
}

impl Client {
    pub(super) fn new(
        address: &str,
        namespace: Option<String>,
        authorities: Option<&[u8]>,
        time_limit: Duration,
    ) -> Result<Self, VaultError> {
        let address = checked_address(address)?;
        // Answers carry content keys, requests a token: no proxy, and no other place that an answer may name.
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("Signet/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(time_limit);
        if let Some(pem) = authorities {
            let certificates = Certificate::from_pem_bundle(pem).map_err(VaultError::Client)?;
            if certificates.is_empty() {
                return Err(VaultError::NoCertificate);
            }
            builder = builder.tls_certs_only(certificates);
        }
        Ok(Self { http: builder.build().map_err(VaultError::Client)?, address, namespace })
    }

    /// Sends a request to a path below `/v1/`.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        token: Option<&SecretText>,
        body: Option<&Value>,
    ) -> Result<Answer, VaultError> {
        let url = format!("{}/v1/{path}", self.address);
        // Vault Agent can demand the second header of whoever is not a browser.
        let mut request = self.http.request(method, url).header("x-vault-request", "true");
        if let Some(token) = token {
            request = request.header("x-vault-token", token.expose());
        }
        if let Some(namespace) = &self.namespace {
            request = request.header("x-vault-namespace", namespace);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let mut answer = request.send().await.map_err(transport)?;
        let mut body = Zeroizing::new(Vec::new());
        while let Some(chunk) = answer.chunk().await.map_err(transport)? {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                return Err(VaultError::Answer);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status: answer.status().as_u16(), body })
    }
}

fn transport(error: reqwest::Error) -> VaultError {
    if error.is_timeout() { VaultError::TimedOut } else { VaultError::Unreachable(error) }
}

/// Content keys travel here: TLS, or a Vault Agent on this machine.
fn checked_address(address: &str) -> Result<String, VaultError> {
    let url = Url::parse(address).map_err(|_| VaultError::Address)?;
    let loopback = match url.host_str() {
        Some("localhost") => true,
        Some(host) => {
            let number = host.trim_start_matches('[').trim_end_matches(']');
            number.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
        None => false,
    };
    let secure = url.scheme() == "https" || (url.scheme() == "http" && loopback);
    let plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if secure && plain { Ok(url.as_str().trim_end_matches('/').to_owned()) } else { Err(VaultError::Address) }
}

/// A name that may stand in a path, as mounts, keys and roles do.
pub(super) fn checked_name(name: &str) -> Result<String, VaultError> {
    let name = name.trim_matches('/');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._/".contains(&byte);
    if !name.is_empty()
        && name.bytes().all(plain)
        && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
    {
        Ok(name.to_owned())
    } else {
        Err(VaultError::Name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tls_or_this_machine() {
        for good in [
            "https://vault.internal:8200",
            "https://vault/",
            "http://127.0.0.1:8200",
            "http://[::1]:1",
            "http://localhost:8200/",
        ] {
            let address = checked_address(good).unwrap();
            assert_eq!(address, good.trim_end_matches('/'));
        }
        for bad in [
            "",
            "vault",
            "http://vault.internal:8200",
            "http://10.0.0.1",
            "ftp://127.0.0.1",
            "https://me@vault",
            "https://vault/?x",
            "https://vault/#x",
        ] {
            assert!(matches!(checked_address(bad), Err(VaultError::Address)), "{bad}");
        }
    }

    #[test]
    fn names_cannot_leave_their_path() {
        for (good, read) in
            [("transit", "transit"), ("/team-a/transit/", "team-a/transit"), ("v1.2_x", "v1.2_x")]
        {
            assert_eq!(checked_name(good).unwrap(), read);
        }
        for bad in ["", "/", "..", "a/../b", "a//b", "a b", "a?b", "a#b", "ä", "a%2fb"] {
            assert!(matches!(checked_name(bad), Err(VaultError::Name)), "{bad}");
        }
    }
}
