//! What the person (or program) behind a mutation can put right: part of its payload, not an error of the request.

use async_graphql::{Interface, SimpleObject};
use signet_app::{ActivationFailure, AppError, FailureCode, RequestContext};

use crate::error::{self, sentence};

#[derive(Interface)]
#[graphql(
    field(name = "message", ty = "&String"),
    // The path of the input field that is wrong, if it is one.
    field(name = "field", ty = "&Option<Vec<String>>")
)]
pub(crate) enum UserError {
    Authentication(AuthenticationUserError),
    InvalidInput(InvalidInputUserError),
    NotFound(NotFoundUserError),
    ConversationClosed(ConversationClosedUserError),
}

/// A visitor token was refused.
#[derive(SimpleObject)]
pub(crate) struct AuthenticationUserError {
    message: String,
    field: Option<Vec<String>>,
    /// As in the tag's results, such as `TOKEN_EXPIRED`. The cause is in the platform's log under the correlation id.
    code: String,
    correlation_id: String,
}

/// A value breaks its rule, or what is asked cannot be done as things stand.
#[derive(SimpleObject)]
pub(crate) struct InvalidInputUserError {
    message: String,
    field: Option<Vec<String>>,
    /// Which rule, such as `KEY_TOO_SMALL`. Never renamed.
    code: String,
}

/// There is no such thing for this caller.
#[derive(SimpleObject)]
pub(crate) struct NotFoundUserError {
    message: String,
    field: Option<Vec<String>>,
}

/// Nothing can be written into a closed conversation.
#[derive(SimpleObject)]
pub(crate) struct ConversationClosedUserError {
    message: String,
    field: Option<Vec<String>>,
}

/// The path of a field of the mutation's input.
fn input(field: &str) -> Vec<String> {
    vec!["input".to_owned(), field.to_owned()]
}

impl UserError {
    /// The error of a refused activation. The brand reads it while it builds its token provider.
    pub(crate) fn authentication(failure: &ActivationFailure, context: &RequestContext) -> Self {
        let field = match failure.code {
            FailureCode::ProjectNotSetUp | FailureCode::SessionKeyRequired => Some(input("projectId")),
            FailureCode::RateLimited | FailureCode::ServiceUnavailable => None,
            _ => Some(input("credentials")),
        };
        Self::Authentication(AuthenticationUserError {
            message: failure.code.reason(),
            field,
            code: failure.code.as_str().to_owned(),
            correlation_id: context.correlation_id.clone(),
        })
    }

    /// An input field that breaks its rule.
    pub(crate) fn invalid(field: &str, code: &str, message: &str) -> Self {
        Self::InvalidInput(InvalidInputUserError {
            message: sentence(message),
            field: Some(input(field)),
            code: code.to_owned(),
        })
    }

    /// An error of a use case about an input field, if the person can put it right; else an error of the field.
    pub(crate) fn about_field(
        error: &AppError,
        field: Option<&'static str>,
        context: &RequestContext,
    ) -> async_graphql::Result<Self> {
        Self::about_path(error, field.as_ref().map(std::slice::from_ref), context)
    }

    /// The same for a field further inside.
    pub(crate) fn about_path(
        error: &AppError,
        path: Option<&[&str]>,
        context: &RequestContext,
    ) -> async_graphql::Result<Self> {
        match error {
            AppError::Invalid { .. } | AppError::Exists(_) => Ok(Self::InvalidInput(InvalidInputUserError {
                message: sentence(&error.to_string()),
                field: path
                    .map(|path| std::iter::once(&"input").chain(path).map(|&part| part.to_owned()).collect()),
                code: error.code().to_owned(),
            })),
            other => Err(error::field_error(other, context)),
        }
    }

    /// The thing that an input field names does not exist for this caller.
    pub(crate) fn not_found(field: &str, thing: &str) -> Self {
        Self::NotFound(NotFoundUserError {
            message: format!("{} not found", sentence(thing)),
            field: Some(input(field)),
        })
    }

    /// An error of a use case about a conversation, if the person can put it right; else an error of the field.
    pub(crate) fn about_conversation(
        error: &AppError,
        context: &RequestContext,
    ) -> async_graphql::Result<Self> {
        match error {
            AppError::NotFound => Ok(Self::not_found("conversationId", "conversation")),
            AppError::Invalid { .. } => Self::about_path(error, None, context),
            AppError::ConversationClosed => Ok(Self::ConversationClosed(ConversationClosedUserError {
                message: sentence(&error.to_string()),
                field: Some(input("conversationId")),
            })),
            other => Err(error::field_error(other, context)),
        }
    }
}
