//! Who sends a request: a bearer token, or the desk's cookie from a page of ours.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, COOKIE, ORIGIN};
use signet_app::{Activity, App, AppError, Authenticated};
use signet_domain::origin::Origin;

/// What a request proves itself with. No `Debug`: it holds secrets.
#[derive(Clone)]
pub(crate) enum Credential {
    /// `Authorization: Bearer …` (RFC 6750 section 2.1).
    Bearer(String),
    /// The desk's cookie.
    Cookie(String),
}

impl Credential {
    /// Whose it is. What a page does by itself does not keep a session from ending for want of use.
    pub(crate) async fn caller(&self, app: &App, activity: Activity) -> Result<Authenticated, AppError> {
        match self {
            Self::Bearer(token) => app.bearer(token).await,
            Self::Cookie(cookie) => app.desk_cookie(cookie, activity).await,
        }
    }
}

/// Where a request comes from, as its browser says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sender {
    /// No `Origin`: not a browser, or a same-origin read.
    Unnamed,
    /// A page of ours.
    Ours,
    /// Another page, `null`, or something no browser writes.
    Foreign,
}

/// The header that our pages add and that no page of another origin can send without asking us first (a preflight,
/// which nobody answers).
const DESK_HEADER: &str = "x-signet-desk";

/// Its value when nobody did anything: the page looks for news by itself.
const BACKGROUND: &[u8] = b"background";

/// Whether somebody is behind a request.
pub(crate) fn activity(headers: &HeaderMap) -> Activity {
    if headers.get(DESK_HEADER).is_some_and(|value| value.as_bytes() == BACKGROUND) {
        Activity::Background
    } else {
        Activity::Active
    }
}

/// Reads the bearer token from the value of an `Authorization` header.
pub(crate) fn bearer(value: &str) -> Option<Credential> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| Credential::Bearer(token.to_owned()))
}

/// An `Authorization` header that is not a bearer token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotBearer;

/// Reads the `Authorization` header, if there is one.
pub(crate) fn authorization(headers: &HeaderMap) -> Result<Option<Credential>, NotBearer> {
    let Some(value) = headers.get(AUTHORIZATION) else { return Ok(None) };
    value.to_str().ok().and_then(bearer).map(Some).ok_or(NotBearer)
}

/// What a POST proves itself with. `None` if there is nothing, or a cookie without proof that our page sent it.
pub(crate) fn of_request(app: &Arc<App>, headers: &HeaderMap) -> Option<Credential> {
    // Whoever sends a bearer token means it: a bad one does not fall back to the cookie.
    if let Some(bearer) = authorization(headers).ok()? {
        return Some(bearer);
    }
    let marked = headers.get(DESK_HEADER).is_some_and(|value| matches!(value.as_bytes(), b"1" | BACKGROUND));
    let foreign = sender(app.public_url(), headers) == Sender::Foreign;
    if marked && !foreign { cookie(app.desk_cookie_name(), headers) } else { None }
}

/// Compares the origin of a request with that of our public address, as text (RFC 6454 section 5).
pub(crate) fn sender(public_url: &str, headers: &HeaderMap) -> Sender {
    let mut origins = headers.get_all(ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => Sender::Unnamed,
        (Some(origin), None)
            if our_origin(public_url).is_some_and(|ours| ours.as_str().as_bytes() == origin.as_bytes()) =>
        {
            Sender::Ours
        }
        _ => Sender::Foreign,
    }
}

/// The origin of our public address.
fn our_origin(public_url: &str) -> Option<Origin> {
    let (scheme, rest) = public_url.split_once("://")?;
    let host = rest.split('/').next().unwrap_or(rest);
    Origin::parse(&format!("{scheme}://{host}")).ok()
}

/// A cookie of that name (RFC 6265 section 4.2.1).
pub(crate) fn cookie(name: &str, headers: &HeaderMap) -> Option<Credential> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, value)| *found == name && !value.is_empty())
        .map(|(_, value)| Credential::Cookie(value.to_owned()))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(axum::http::HeaderName, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn only_our_own_origin_is_ours() {
        let sent = |origin| sender("https://chat.example:8443", &headers(&[(ORIGIN, origin)]));
        assert_eq!(sent("https://chat.example:8443"), Sender::Ours);
        for foreign in [
            "null",
            "",
            "https://chat.example",
            "http://chat.example:8443",
            "https://chat.example:84430",
            "https://chat.example:8443.evil.tld",
            "https://chat.example.evil.tld:8443",
            "https://evil-chat.example:8443",
            "https://chat.example.:8443",
            "https://CHAT.example:8443",
            "https://chat.example:8443/",
        ] {
            assert_eq!(sent(foreign), Sender::Foreign, "{foreign}");
        }
        assert_eq!(sender("https://chat.example", &headers(&[])), Sender::Unnamed);
        let twice = headers(&[(ORIGIN, "https://chat.example"), (ORIGIN, "https://evil.tld")]);
        assert_eq!(sender("https://chat.example", &twice), Sender::Foreign);
        let below = headers(&[(ORIGIN, "https://chat.example")]);
        assert_eq!(sender("https://chat.example/signet", &below), Sender::Ours);
    }

    #[test]
    fn bearer_tokens_need_their_scheme() {
        let token = |value| match bearer(value) {
            Some(Credential::Bearer(token)) => Some(token),
            _ => None,
        };
        assert_eq!(token("Bearer abc"), Some("abc".into()));
        assert_eq!(token("bearer  abc"), Some("abc".into()));
        for other in ["abc", "Bearer", "Bearer ", "Basic abc", "Bearerabc"] {
            assert_eq!(token(other), None, "{other}");
        }
    }

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        let value = |line| match cookie("signet_desk", &headers(&[(COOKIE, line)])) {
            Some(Credential::Cookie(value)) => Some(value),
            _ => None,
        };
        assert_eq!(value("a=b; signet_desk=x=y; c=d"), Some("x=y".into()));
        assert_eq!(value("__Host-signet_desk=x; signet_desk2=y; signet_desk="), None);
    }
}
