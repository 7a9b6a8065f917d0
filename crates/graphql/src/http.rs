//! `POST /graphql`: one request in `application/json`, one answer.
//!
//! Anything a page of another origin could send without asking us first (a form, `text/plain`, a GET) is refused before
//! anything else is looked at.

use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use signet_app::{AppError, Authenticated, RequestContext};

use crate::call::Call;
use crate::error::{self, RetryPolicy, name};
use crate::wire::{Answer, Operation};
use crate::{Endpoint, auth};

/// Longest request, in bytes.
pub(crate) const BODY_BYTES: usize = 256 * 1024;

/// Answers a POST.
pub(crate) async fn post(
    State(endpoint): State<Arc<Endpoint>>,
    Extension(context): Extension<RequestContext>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    if !is_json(&headers) {
        let message = "the content type must be application/json";
        return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, name::MEDIA_TYPE_UNSUPPORTED, message, &context);
    }
    let caller = match auth::of_request(&endpoint.app, &headers) {
        Some(credential) => credential.caller(&endpoint.app, auth::activity(&headers)).await,
        None => Err(AppError::Unauthenticated),
    };
    let Authenticated { caller, session } = match caller {
        Ok(authenticated) => authenticated,
        Err(error) => return unauthenticated(&error, &context),
    };
    let Ok(body) = to_bytes(body, BODY_BYTES).await else {
        let message = "the request has more than 262144 bytes, or did not arrive whole";
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, name::REQUEST_TOO_LARGE, message, &context);
    };
    let operation = match read(&body) {
        Ok(operation) => operation,
        Err(message) => return refuse(StatusCode::BAD_REQUEST, name::REQUEST_INVALID, message, &context),
    };
    let prepared = match operation.prepare(&context) {
        Ok(prepared) => prepared,
        Err(error) => return answer(StatusCode::BAD_REQUEST, &Answer::refusal(error)),
    };
    let call = Call { app: Arc::clone(&endpoint.app), caller, session, context: context.clone() };
    let response = endpoint.schema.execute(prepared.request.data(call)).await;
    let result = Answer::of(response, &prepared.asked, &context);
    let status = if result.is_refusal() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    answer(status, &result)
}

/// Answers a GET that is no WebSocket handshake: it must not run anything.
pub(crate) fn method_not_allowed(context: &RequestContext) -> Response {
    let message = "send a POST, or open a WebSocket";
    let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, name::METHOD_NOT_ALLOWED, message, context);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    response
}

fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (types.next(), types.next()) else { return false };
    value.to_str().is_ok_and(|value| {
        let essence = value.split(';').next().unwrap_or(value);
        essence.trim().eq_ignore_ascii_case("application/json")
    })
}

/// Reads the body. A JSON array is told apart, as some clients send several requests that way; it is refused because a
/// limit on requests would not count what is inside.
fn read(body: &[u8]) -> Result<Operation, &'static str> {
    match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => {}
        Some(b'[') => return Err("several requests in one body are not supported"),
        _ => return Err("the body is not a JSON object"),
    }
    serde_json::from_slice(body).map_err(|_| {
        "the body is not a JSON object with `query` (text), and perhaps `operationName` (text) and `variables` (object)"
    })
}

/// Answers who did not prove who they are, or could not be asked.
pub(crate) fn unauthenticated(error: &AppError, context: &RequestContext) -> Response {
    error::log(error, context);
    match error {
        AppError::Unavailable(_) => {
            let message = error.to_string();
            let error = error::request_error(error.code(), &message, RetryPolicy::RetryAfterDelay, context);
            answer(StatusCode::SERVICE_UNAVAILABLE, &Answer::refusal(error))
        }
        AppError::RateLimited { retry_after } => {
            let message = error.to_string();
            let refusal = error::request_error(error.code(), &message, RetryPolicy::RetryAfterDelay, context);
            let mut response = answer(StatusCode::TOO_MANY_REQUESTS, &Answer::refusal(refusal));
            let seconds = HeaderValue::from(retry_after.as_secs().saturating_add(1));
            response.headers_mut().insert(RETRY_AFTER, seconds);
            response
        }
        _ => {
            let error = AppError::Unauthenticated;
            let mut response = refuse(StatusCode::UNAUTHORIZED, error.code(), &error.to_string(), context);
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            response
        }
    }
}

fn refuse(status: StatusCode, name: &str, message: &str, context: &RequestContext) -> Response {
    answer(status, &Answer::refusal(error::request_error(name, message, RetryPolicy::NoRetry, context)))
}

fn answer(status: StatusCode, answer: &Answer) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    match serde_json::to_vec(answer) {
        Ok(body) => (status, headers, body).into_response(),
        // Maps with text keys and plain values always serialise.
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_is_json() {
        let is = |value: &'static str| {
            is_json(&HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(value))]))
        };
        assert!(is("application/json"));
        assert!(is("Application/JSON; charset=utf-8"));
        for other in [
            "",
            "text/plain",
            "text/plain; application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=application/json",
            "application/jsonp",
            "application/graphql",
        ] {
            assert!(!is(other), "{other}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }

    #[test]
    fn bodies_are_one_object() {
        assert!(read(br#" {"query":"{a}","operationName":null,"variables":null} "#).is_ok());
        assert!(read(br#"{"query":"{a}","variables":{"a":1},"extensions":{}}"#).is_ok());
        for bad in [
            "",
            "null",
            "[]",
            r#"[{"query":"{a}"}]"#,
            r#"["{a}",null,null]"#,
            "{}",
            r#"{"query":1}"#,
            r#"{"query":"{a}","variables":[]}"#,
            r#"{"query":"{a}"} {}"#,
        ] {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
