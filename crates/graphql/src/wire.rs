//! The JSON of answers. Where async-graphql 7 writes `"data": null` beside errors in the request itself, we write none:
//! a request that was never executed has no data (GraphQL specification, section 7.1).

use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response, ServerError, Value, Variables};
use serde::{Deserialize, Serialize};
use signet_app::RequestContext;

use crate::document::{self, DocumentError};
use crate::error::{self, RetryPolicy, name};
use crate::nulls;

/// Most errors in an answer: whoever made a thousand mistakes needs to see the first.
const MAX_ERRORS: usize = 20;

/// An answer, as it is written.
#[derive(Serialize)]
pub(crate) struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ServerError>,
}

impl Answer {
    /// Makes async-graphql's answer to this request ours.
    pub(crate) fn of(response: Response, asked: &Asked, context: &RequestContext) -> Self {
        let (mut data, mut errors) = (response.data, response.errors);
        let paths: Vec<_> =
            errors.iter().map(|error| error.path.clone()).filter(|path| !path.is_empty()).collect();
        let executed = errors.is_empty() || data != Value::Null || !paths.is_empty();
        if !paths.is_empty() {
            nulls::place(&mut data, &paths, &asked.query, asked.operation_name.as_deref());
        }
        errors.truncate(MAX_ERRORS);
        for error in &mut errors {
            error::complete(error, context);
        }
        Self { data: executed.then_some(data), errors }
    }

    /// An error in the request itself.
    pub(crate) fn refusal(error: ServerError) -> Self {
        Self { data: None, errors: vec![error] }
    }

    /// Whether nothing was executed.
    pub(crate) fn is_refusal(&self) -> bool {
        self.data.is_none()
    }

    /// Whether nothing came of it.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self.data, None | Some(Value::Null))
    }

    /// Its errors.
    pub(crate) fn into_errors(self) -> Vec<ServerError> {
        self.errors
    }
}

/// A request, as it comes in.
#[derive(Deserialize)]
pub(crate) struct Operation {
    query: String,
    #[serde(default, rename = "operationName")]
    name: Option<String>,
    #[serde(default)]
    variables: Option<serde_json::Map<String, serde_json::Value>>,
}

/// What was asked, to make sense of errors in the answer.
#[derive(Clone)]
pub(crate) struct Asked {
    query: Arc<str>,
    operation_name: Option<String>,
}

/// A request that may be executed, and what kind it is.
pub(crate) struct Prepared {
    pub(crate) request: Request,
    pub(crate) asked: Asked,
    pub(crate) is_subscription: bool,
}

impl Operation {
    /// Reads the document within the limits.
    pub(crate) fn prepare(self, context: &RequestContext) -> Result<Prepared, ServerError> {
        let document = document::parse(&self.query).map_err(|refusal| refused(&refusal, context))?;
        let kind = document::operation_type(&document, self.name.as_deref());
        let asked = Asked { query: self.query.into(), operation_name: self.name };
        let mut request = Request::new(asked.query.as_ref());
        request.operation_name.clone_from(&asked.operation_name);
        if let Some(variables) = self.variables {
            request.variables = Variables::from_json(serde_json::Value::Object(variables));
        }
        request.set_parsed_query(document);
        Ok(Prepared { request, asked, is_subscription: kind == Some(OperationType::Subscription) })
    }
}

fn refused(refusal: &DocumentError, context: &RequestContext) -> ServerError {
    let name = match refusal {
        DocumentError::Syntax { .. } => name::QUERY_SYNTAX_INVALID,
        DocumentError::TooDeep | DocumentError::TooComplex => name::QUERY_TOO_COMPLEX,
    };
    let mut error = error::request_error(name, &refusal.to_string(), RetryPolicy::NoRetry, context);
    if let DocumentError::Syntax { places, .. } = refusal {
        error.locations.clone_from(places);
    }
    error
}
