//! What handlers take out of requests. Authorisation is an argument: who takes a [`Visitor`] has a live session.

use axum::extract::OriginalUri;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use signet_app::{RequestContext, ShownSession, VisitorSession};
use tokio_util::sync::CancellationToken;

use crate::Server;
use crate::error::ApiError;

/// A JSON body of exactly the documented shape, declared as `application/json`.
pub(crate) struct StrictJson<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Server> for StrictJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, server: &Server) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::CONTENT_TYPE_NOT_SUPPORTED);
        }
        let body =
            Bytes::from_request(request, server).await.map_err(|rejection| refused_body(&rejection))?;
        // serde's own message quotes the input, which may be a token or a password; the place is enough.
        serde_json::from_slice(&body).map(Self).map_err(|error| ApiError {
            message: format!(
                "the body breaks the documented form at line {} column {}",
                error.line(),
                error.column()
            )
            .into(),
            ..ApiError::REQUEST_INVALID
        })
    }
}

fn refused_body(rejection: &BytesRejection) -> ApiError {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        ApiError::BODY_TOO_LARGE
    } else {
        ApiError::REQUEST_INVALID
    }
}

/// Whether the body is declared as JSON, with or without a charset.
fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// The credential of `Authorization: Bearer …` (RFC 6750 section 2.1), unchecked.
pub(crate) struct Bearer(pub(crate) String);

impl<S: Sync> FromRequestParts<S> for Bearer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        bearer(&parts.headers).map(|token| Self(token.to_owned())).ok_or(ApiError::UNAUTHENTICATED)
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).into_iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_some() {
        return None;
    }
    let (scheme, token) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// The proof of the session's key: the header `DPoP` (RFC 9449 section 4.1), if there is exactly one.
pub(crate) struct Proof(pub(crate) Option<String>);

impl<S: Sync> FromRequestParts<S> for Proof {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(proof(&parts.headers).map(str::to_owned)))
    }
}

fn proof(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all("dpop").into_iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// A live visitor session, used by whoever it was opened for.
pub(crate) struct Visitor(pub(crate) VisitorSession);

impl FromRequestParts<Server> for Visitor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, ApiError> {
        let token = bearer(&parts.headers).ok_or(ApiError::UNAUTHENTICATED)?;
        let context = parts.extensions.get::<RequestContext>().ok_or(ApiError::INTERNAL)?;
        // The router that serves this address sees the path below its own only.
        let path = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0).path();
        let (proof, method) = (proof(&parts.headers), parts.method.as_str());
        let shown = ShownSession { token, proof, method, path };
        Ok(Self(server.app.proved_session(&shown, context).await?))
    }
}

/// Tells that the process is going down. Without [`crate::serve`] (a router called directly) it never does.
pub(crate) struct Shutdown(pub(crate) CancellationToken);

impl<S: Sync> FromRequestParts<S> for Shutdown {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.extensions.get().cloned().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &header::HeaderName, values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn one_bearer_token_and_no_other_scheme() {
        let token = |values: &[&str]| bearer(&with(&header::AUTHORIZATION, values)).map(str::to_owned);
        assert_eq!(token(&["Bearer abc"]), Some("abc".to_owned()));
        assert_eq!(token(&["bearer abc"]), Some("abc".to_owned()));
        for refused in [&[][..], &["Basic abc"], &["Bearer"], &["Bearer "], &["Bearer a", "Bearer b"]] {
            assert_eq!(token(refused), None, "{refused:?}");
        }
    }

    #[test]
    fn json_must_be_declared() {
        let json = |value: &str| is_json(&with(&header::CONTENT_TYPE, &[value]));
        assert!(json("application/json") && json("Application/JSON; charset=utf-8"));
        for other in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/jsonp",
            "text/plain; application/json",
        ] {
            assert!(!json(other), "{other}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
