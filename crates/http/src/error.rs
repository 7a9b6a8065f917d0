//! Errors as clients see them: a status, a stable code, a sentence and the correlation id.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use signet_app::AppError;

use crate::wire::ErrorBody;

/// An answer that is an error. As a response it has no body yet: [`crate::observe`] writes it, because only there the
/// correlation id is at hand, and logs the source.
#[derive(Debug, Clone)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: std::borrow::Cow<'static, str>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl ApiError {
    pub(crate) const NOT_FOUND: Self = Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", "not found");
    pub(crate) const METHOD_NOT_ALLOWED: Self =
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "the method is not allowed here");
    pub(crate) const INTERNAL: Self =
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", "an error of the server");
    pub(crate) const TIMEOUT: Self =
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE", "the request took too long");
    pub(crate) const REQUEST_INVALID: Self = Self::new(
        StatusCode::BAD_REQUEST,
        "REQUEST_INVALID",
        "the request does not have the documented form",
    );
    pub(crate) const UNAUTHENTICATED: Self =
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", "a bearer token is needed");
    pub(crate) const ORIGIN_NOT_ALLOWED: Self =
        Self::new(StatusCode::FORBIDDEN, "ORIGIN_NOT_ALLOWED", "the origin is not allowed here");
    pub(crate) const DESK_HEADER_MISSING: Self =
        Self::new(StatusCode::FORBIDDEN, "DESK_HEADER_MISSING", "the header x-signet-desk is needed");
    pub(crate) const CONTENT_TYPE_NOT_SUPPORTED: Self = Self::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "CONTENT_TYPE_NOT_SUPPORTED",
        "the content type must be application/json",
    );
    pub(crate) const BODY_TOO_LARGE: Self =
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "BODY_TOO_LARGE", "the body is larger than 64 KiB");
    pub(crate) const UPGRADE_REQUIRED: Self = Self::new(
        StatusCode::UPGRADE_REQUIRED,
        "REQUEST_INVALID",
        "this address speaks WebSocket with the subprotocol signet.v1",
    );

    pub(crate) const fn new(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        Self { status, code, message: std::borrow::Cow::Borrowed(message), retry_after: None, source: None }
    }

    /// The response with its body.
    pub(crate) fn render(&self, correlation_id: &str) -> Response {
        let body = ErrorBody {
            code: self.code,
            message: self.message.to_string(),
            correlation_id: correlation_id.to_owned(),
        };
        let mut response = refusal(self.status, &body, self.retry_after);
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// A refusal with a body of its own shape, and `retry-after` in whole seconds, at least one.
pub(crate) fn refusal(status: StatusCode, body: &impl Serialize, retry_after: Option<Duration>) -> Response {
    let mut response = (status, Json(body)).into_response();
    if let Some(wait) = retry_after {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    }
    response
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<AppError> for ApiError {
    fn from(error: AppError) -> Self {
        let status = match &error {
            AppError::NotFound => StatusCode::NOT_FOUND,
            AppError::PermissionDenied | AppError::OriginNotAllowed => StatusCode::FORBIDDEN,
            AppError::Unauthenticated
            | AppError::CredentialsInvalid
            | AppError::SecondFactorRequired
            | AppError::SecondFactorInvalid
            | AppError::SessionExpired
            | AppError::SessionEnded
            | AppError::SessionUnproved
            | AppError::SessionProofElsewhere => StatusCode::UNAUTHORIZED,
            AppError::Invalid { .. } => StatusCode::BAD_REQUEST,
            AppError::ConversationClosed | AppError::Conflict { .. } | AppError::Exists(_) => {
                StatusCode::CONFLICT
            }
            AppError::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            AppError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        let retry_after = match &error {
            AppError::RateLimited { retry_after } => Some(*retry_after),
            _ => None,
        };
        let (code, message) = (error.code(), error.to_string().into());
        let source = matches!(error, AppError::Unavailable(_)).then(|| Arc::new(error) as Arc<_>);
        Self { status, code, message, retry_after, source }
    }
}

impl From<signet_app::SessionError> for ApiError {
    fn from(error: signet_app::SessionError) -> Self {
        AppError::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_rounded_up_to_whole_seconds() {
        for (millis, seconds) in [(0, "1"), (1, "1"), (1000, "1"), (1001, "2")] {
            let error = ApiError::from(AppError::RateLimited { retry_after: Duration::from_millis(millis) });
            let response = error.render("id");
            assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
            assert_eq!(response.headers()[header::RETRY_AFTER], seconds);
        }
    }

    #[test]
    fn an_outage_keeps_its_source_for_the_log_and_tells_the_client_nothing_of_it() {
        let error = ApiError::from(AppError::Unavailable("disk full at /var".into()));
        assert!(error.source.is_some());
        assert_eq!(
            (error.code, error.message.as_ref()),
            ("SERVICE_UNAVAILABLE", "the service is unavailable")
        );
    }
}
