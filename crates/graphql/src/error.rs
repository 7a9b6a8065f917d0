//! Errors as clients see them: a stable `name`, whether to try again, and the id under which we can find the cause.

use async_graphql::{Error, ErrorExtensionValues, ServerError};
use signet_app::{AppError, RequestContext};

/// Whether the same request may succeed later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RetryPolicy {
    /// It will fail again.
    NoRetry,
    /// After a while, `retryAfter` seconds if the error names them.
    RetryAfterDelay,
}

impl RetryPolicy {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::NoRetry => "NO_RETRY",
            Self::RetryAfterDelay => "RETRY_AFTER_DELAY",
        }
    }

    const fn of(error: &AppError) -> Self {
        match error {
            AppError::RateLimited { .. } | AppError::Unavailable(_) => Self::RetryAfterDelay,
            _ => Self::NoRetry,
        }
    }
}

/// Names of errors in the request itself, before anything was resolved. Never renamed.
pub(crate) mod name {
    /// The body is not a GraphQL request.
    pub(crate) const REQUEST_INVALID: &str = "REQUEST_INVALID";
    /// The document is not GraphQL.
    pub(crate) const QUERY_SYNTAX_INVALID: &str = "QUERY_SYNTAX_INVALID";
    /// The document does not fit the schema, or its variables do not fit it.
    pub(crate) const QUERY_INVALID: &str = "QUERY_INVALID";
    /// The document asks for too much.
    pub(crate) const QUERY_TOO_COMPLEX: &str = "QUERY_TOO_COMPLEX";
    /// A value in the request does not have its type.
    pub(crate) const INPUT_INVALID: &str = "INPUT_INVALID";
    /// The content type is not `application/json`.
    pub(crate) const MEDIA_TYPE_UNSUPPORTED: &str = "MEDIA_TYPE_UNSUPPORTED";
    /// The method is neither POST nor a WebSocket handshake.
    pub(crate) const METHOD_NOT_ALLOWED: &str = "METHOD_NOT_ALLOWED";
    /// The body is longer than 256 KiB.
    pub(crate) const REQUEST_TOO_LARGE: &str = "REQUEST_TOO_LARGE";
    /// Too many operations on one socket.
    pub(crate) const TOO_MANY_OPERATIONS: &str = "TOO_MANY_OPERATIONS";
}

/// An error of a use case as a GraphQL error. Logs the cause of a failure that is ours; nothing of it goes outside.
pub(crate) fn field_error(error: &AppError, context: &RequestContext) -> Error {
    log(error, context);
    let mut extensions = extensions(error.code(), RetryPolicy::of(error), context);
    if let AppError::RateLimited { retry_after } = error {
        extensions.set("retryAfter", retry_after.as_secs().saturating_add(1));
    }
    Error { message: sentence(&error.to_string()), source: None, extensions: Some(extensions) }
}

/// Logs a failure that is ours, once, with its causes.
pub(crate) fn log(error: &AppError, context: &RequestContext) {
    if let AppError::Unavailable(cause) = error {
        let mut causes = cause.to_string();
        let mut next = cause.source();
        while let Some(cause) = next {
            causes.push_str(": ");
            causes.push_str(&cause.to_string());
            next = cause.source();
        }
        tracing::error!(correlation_id = %context.correlation_id, error = %causes, "graphql operation failed");
    }
}

/// An error in the request itself.
pub(crate) fn request_error(
    name: &str,
    message: &str,
    policy: RetryPolicy,
    context: &RequestContext,
) -> ServerError {
    let mut error = ServerError::new(sentence(message), None);
    error.extensions = Some(extensions(name, policy, context));
    error
}

/// Gives an error that async-graphql made the extensions every error has.
pub(crate) fn complete(error: &mut ServerError, context: &RequestContext) {
    if error.extensions.as_ref().is_some_and(|values| values.get("name").is_some()) {
        return;
    }
    let name = match error.message.as_str() {
        // async-graphql's own words for its two limits; a test of ours notices if they change.
        "Query is too complex." | "Query is nested too deep." => name::QUERY_TOO_COMPLEX,
        _ if error.path.is_empty() => name::QUERY_INVALID,
        _ => name::INPUT_INVALID,
    };
    error.extensions = Some(extensions(name, RetryPolicy::NoRetry, context));
}

fn extensions(name: &str, policy: RetryPolicy, context: &RequestContext) -> ErrorExtensionValues {
    let mut values = ErrorExtensionValues::default();
    values.set("name", name);
    values.set("retryPolicy", policy.as_str());
    values.set("correlationId", context.correlation_id.as_str());
    values
}

/// Errors are lower-case phrases inside and sentences outside.
pub(crate) fn sentence(phrase: &str) -> String {
    let mut characters = phrase.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}
