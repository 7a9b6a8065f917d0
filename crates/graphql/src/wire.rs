//! The JSON of answers. Where async-graphql 7 writes `"data": null` beside errors in the request itself, we write none:
//! a request that was never executed has no data (GraphQL specification, section 7.1).

use async_graphql::{Request, Response, ServerError, Value, Variables};
use serde::{Deserialize, Serialize};
use signet_app::RequestContext;

use crate::error::{self, name};

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
    /// Makes async-graphql's answer ours.
    pub(crate) fn of(response: Response, context: &RequestContext) -> Self {
        let mut errors = response.errors;
        errors.truncate(MAX_ERRORS);
        for error in &mut errors {
            error::complete(error, context);
        }
        let executed = errors.is_empty()
            || response.data != Value::Null
            || errors.iter().any(|error| !error.path.is_empty());
        Self { data: executed.then_some(response.data), errors }
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

/// A request that may be executed, and what kind it is.
pub(crate) struct Prepared {
    pub(crate) request: Request,
    pub(crate) is_subscription: bool,
}

impl Operation {
    /// Reads the document within the limits.
    pub(crate) fn prepare(self, context: &RequestContext) -> Result<Prepared, ServerError> {
        use crate::document::{self, DocumentError};
        let document = document::parse(&self.query).map_err(|refusal| {
            let name = match refusal {
                DocumentError::Syntax(_) => name::QUERY_SYNTAX_INVALID,
                DocumentError::TooDeep | DocumentError::TooComplex => name::QUERY_TOO_COMPLEX,
            };
            error::request_error(name, &refusal.to_string(), error::RetryPolicy::NoRetry, context)
        })?;
        let kind = document::operation_type(&document, self.name.as_deref());
        let mut request = Request::new(self.query);
        request.operation_name = self.name;
        if let Some(variables) = self.variables {
            request.variables = Variables::from_json(serde_json::Value::Object(variables));
        }
        request.set_parsed_query(document);
        let is_subscription = kind == Some(async_graphql::parser::types::OperationType::Subscription);
        Ok(Prepared { request, is_subscription })
    }
}
