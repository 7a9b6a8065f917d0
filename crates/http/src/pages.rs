//! Pages and scripts: the tag's files for brand pages, the widget for its iframe, the desk.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Deserialize;
use signet_app::AppError;
use signet_domain::{Project, ProjectId};

use crate::error::ApiError;
use crate::{Server, answer};

/// Lets pages of other origins load a response, also those that demand it of everything they embed.
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const CROSS_ORIGIN: HeaderValue = HeaderValue::from_static("cross-origin");

/// Shown in the iframe of a page whose snippet names a project that does not exist.
const NOT_SET_UP: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Chat</title>\
    <p>This chat is not set up.</p></html>";

/// The loader, under both of its names.
pub(crate) async fn loader(headers: HeaderMap) -> Result<Response, ApiError> {
    file("loader.js", &headers).map(for_other_origins)
}

/// What the tag must know of a project before anybody activates: `/visitor/v1/tag/{sid}.js`.
pub(crate) async fn tag(
    State(server): State<Server>,
    Path(file): Path<String>,
) -> Result<Response, ApiError> {
    let id = file.strip_suffix(".js").ok_or(ApiError::NOT_FOUND)?;
    let project = find_project(&server, id).await?.ok_or(ApiError::NOT_FOUND)?;
    // Site ids hold nothing that needs escaping, and the mode is a fixed word.
    let script = format!(
        "(window.__signet=window.__signet||{{}}).project={{\"id\":\"{}\",\"authenticatedMode\":\"{}\"}};",
        project.id,
        project.authenticated_mode.as_str()
    );
    let headers =
        [(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    Ok(for_other_origins((headers, script).into_response()))
}

/// Which project a widget is for.
#[derive(Deserialize)]
pub(crate) struct WidgetQuery {
    #[serde(default)]
    project: String,
}

/// The widget's page. Only pages of the project's origins may frame it.
pub(crate) async fn widget(
    State(server): State<Server>,
    query: Result<Query<WidgetQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let id = query.map(|Query(query)| query.project).unwrap_or_default();
    let Some(project) = find_project(&server, &id).await? else {
        let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
        return Ok((StatusCode::NOT_FOUND, headers, NOT_SET_UP).into_response());
    };
    let mut response = file("widget/index.html", &headers)?;
    let policy = server.surfaces.widget_policy(&project.allowed_origins.frame_ancestors());
    answer::set(&mut response, header::CONTENT_SECURITY_POLICY, &policy);
    Ok(for_other_origins(response))
}

/// The widget's scripts and styles.
pub(crate) async fn widget_file(Path(path): Path<String>, headers: HeaderMap) -> Result<Response, ApiError> {
    if path == "index.html" {
        // Without a project there are no ancestors to name.
        return Err(ApiError::NOT_FOUND);
    }
    file(&format!("widget/{path}"), &headers)
}

/// The desk's page, for each of the addresses its router knows.
pub(crate) async fn desk(State(server): State<Server>, headers: HeaderMap) -> Result<Response, ApiError> {
    let mut response = file("desk/index.html", &headers)?;
    answer::set(&mut response, header::CONTENT_SECURITY_POLICY, server.surfaces.desk_policy());
    Ok(response)
}

/// The desk's files; what has no extension is an address inside the desk.
pub(crate) async fn desk_file(
    server: State<Server>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let last = path.rsplit('/').next().unwrap_or_default();
    if last.contains('.') && path != "index.html" {
        file(&format!("desk/{path}"), &headers)
    } else {
        desk(server, headers).await
    }
}

/// Agents are the only people who come here by typing an address.
pub(crate) async fn root() -> Redirect {
    Redirect::temporary("/desk")
}

fn file(path: &str, headers: &HeaderMap) -> Result<Response, ApiError> {
    signet_assets::find(path).map(|asset| answer::asset(asset, headers)).ok_or(ApiError::NOT_FOUND)
}

fn for_other_origins(mut response: Response) -> Response {
    response.headers_mut().insert(RESOURCE_POLICY, CROSS_ORIGIN);
    response
}

/// An id that cannot be one names no project.
async fn find_project(server: &Server, id: &str) -> Result<Option<Project>, AppError> {
    match ProjectId::parse(id) {
        Ok(id) => server.app.find_project(&id).await,
        Err(_) => Ok(None),
    }
}
