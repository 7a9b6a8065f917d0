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

/// The answer to an address that names no project, or several.
const NOT_SET_UP: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Chat</title>\
    <p>This chat is not set up.</p></html>";

/// The loader, under both of its names.
pub(crate) async fn loader(headers: HeaderMap) -> Result<Response, ApiError> {
    file("loader.js", &headers).map(for_other_origins)
}

/// What few pages need beside the loader, which imports it: a module, so other origins must be allowed to read it.
pub(crate) async fn companion(headers: HeaderMap) -> Result<Response, ApiError> {
    file("companion.js", &headers).map(for_other_origins).map(as_module)
}

/// Which project a widget is for.
#[derive(Deserialize)]
pub(crate) struct WidgetQuery {
    #[serde(default)]
    project: String,
}

/// The widget's page. Only pages of the project's origins may frame it.
///
/// For an unknown project every page may: its widget gets no session, and is there for the tag to be told
/// `PROJECT_NOT_SET_UP` at once instead of waiting for a chat that never comes. An address that the widget might read
/// differently from us (a project named twice) gets no widget: one that thinks it is a known project's must not be framed
/// by strangers.
pub(crate) async fn widget(
    State(server): State<Server>,
    query: Result<Query<WidgetQuery>, QueryRejection>,
    mut headers: HeaderMap,
) -> Result<Response, ApiError> {
    let Ok(Query(WidgetQuery { project: id })) = query else {
        let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
        return Ok((StatusCode::NOT_FOUND, headers, NOT_SET_UP).into_response());
    };
    let project = find_project(&server, &id).await?;
    let ancestors =
        project.as_ref().map_or("*".to_owned(), |project| project.allowed_origins.frame_ancestors());
    if project.is_none() {
        // A 404 that somebody holds is no answer to a later one.
        headers.remove(header::IF_NONE_MATCH);
    }
    let mut response = file("widget/index.html", &headers)?;
    if project.is_none() {
        response.headers_mut().remove(header::ETAG);
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    answer::set(&mut response, header::CONTENT_SECURITY_POLICY, &server.surfaces.widget_policy(&ancestors));
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

/// The page of desk and console, for each of the addresses its router knows.
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

pub(crate) fn for_other_origins(mut response: Response) -> Response {
    response.headers_mut().insert(RESOURCE_POLICY, CROSS_ORIGIN);
    response
}

/// Lets pages of every origin import the response as a module. There is nothing in it that is not for everybody.
pub(crate) fn as_module(mut response: Response) -> Response {
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

/// An id that cannot be one names no project.
pub(crate) async fn find_project(server: &Server, id: &str) -> Result<Option<Project>, AppError> {
    match ProjectId::parse(id) {
        Ok(id) => server.app.find_project(&id).await,
        Err(_) => Ok(None),
    }
}
