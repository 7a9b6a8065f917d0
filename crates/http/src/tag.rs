//! What the tag asks of a project from the brand's page: `/visitor/v1/tag/{sid}.js`.
//!
//! A script, because a page's policy names Signet's host in `script-src` and not in `connect-src`; imported as a module, for
//! which a page needs neither a nonce nor a Trusted Types policy. It says nothing that the
//! widget's own headers don't: anybody may learn a project's mode, and whether an origin is on its list.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::header;
use serde::{Deserialize, Serialize};
use signet_app::FailureCode;
use signet_domain::Project;
use signet_domain::origin::Origin;

use crate::Server;
use crate::error::ApiError;
use crate::pages::{as_module, find_project, for_other_origins};

/// Which page asks.
#[derive(Deserialize)]
pub(crate) struct TagQuery {
    /// Its origin, as its browser writes it.
    origin: Option<String>,
}

/// The object that the script leaves on the page.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Settings<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authenticated_mode: Option<&'static str>,
    #[serde(flatten)]
    refusal: Option<Refusal>,
}

/// Why the page that asks cannot have a chat, for the developer who looks at its console.
#[derive(Serialize, Debug, PartialEq, Eq)]
struct Refusal {
    /// What an activation would fail with.
    #[serde(rename = "refused")]
    code: &'static str,
    reason: String,
    /// What to change.
    advice: String,
}

/// `GET /visitor/v1/tag/{sid}.js?origin={origin}`. Without an origin nothing is refused, and an unknown project is 404.
pub(crate) async fn script(
    State(server): State<Server>,
    Path(file): Path<String>,
    query: Result<Query<TagQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Ok(Query(TagQuery { origin })) = query else { return Err(ApiError::REQUEST_INVALID) };
    let id = file.strip_suffix(".js").ok_or(ApiError::NOT_FOUND)?;
    let project = find_project(&server, id).await?;
    if project.is_none() && origin.is_none() {
        return Err(ApiError::NOT_FOUND);
    }
    let settings = Settings {
        id: project.as_ref().map(|project| project.id.as_str()),
        authenticated_mode: project.as_ref().map(|project| project.authenticated_mode.as_str()),
        refusal: origin.and_then(|origin| refusal(project.as_ref(), &origin)),
    };
    let json = serde_json::to_string(&settings)
        .map_err(|error| ApiError { source: Some(std::sync::Arc::new(error)), ..ApiError::INTERNAL })?;
    let headers =
        [(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    let script = format!("(window.__signet=window.__signet||{{}}).project={json};");
    Ok(as_module(for_other_origins((headers, script).into_response())))
}

fn refusal(project: Option<&Project>, origin: &str) -> Option<Refusal> {
    let (code, advice) = match (project, Origin::parse(origin)) {
        (None, _) => {
            (FailureCode::ProjectNotSetUp, "no project has the sid of this page's snippet".to_owned())
        }
        (Some(project), Ok(origin)) if project.allowed_origins.allow(&origin) => return None,
        (Some(project), Ok(origin)) => (
            FailureCode::OriginNotAllowed,
            format!("add {origin} to the allowed origins of project {}", project.id),
        ),
        // Not repeated: it may be any text.
        (Some(_), Err(_)) => (
            FailureCode::OriginNotAllowed,
            "this page has no http or https origin that could be allowed".to_owned(),
        ),
    };
    Some(Refusal { code: code.as_str(), reason: code.reason(), advice })
}
