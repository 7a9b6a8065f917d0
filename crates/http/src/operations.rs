//! For operators and token providers: health, metrics, platform keys.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::{HeaderMap, StatusCode, header};
use serde_json::json;

use crate::error::ApiError;
use crate::extract::Shutdown;
use crate::{Server, address};

/// Keys change with a rotation, and the old ones go on working through it.
const KEYS_FRESH: &str = "public, max-age=300";

/// The process is up.
pub(crate) async fn health() -> Response {
    Json(json!({"status": "up"})).into_response()
}

/// Storage answers and the process is not going down: requests may be sent here. Custody that is away makes no process unready: sessions live on,
/// and every other process has the same trouble.
pub(crate) async fn ready(
    State(server): State<Server>,
    Shutdown(shutdown): Shutdown,
) -> Result<Response, ApiError> {
    if shutdown.is_cancelled() {
        return Err(ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "SERVICE_UNAVAILABLE",
            "the process is going down",
        ));
    }
    server.app.ready().await?;
    let custody = if server.app.custody_is_available() { "available" } else { "unavailable" };
    Ok(Json(json!({"status": "ready", "custody": custody})).into_response())
}

/// Metrics in Prometheus' text format. For callers on this machine, unless the operator opened them; a proxy on this
/// machine speaks for somebody else.
pub(crate) async fn metrics(
    State(server): State<Server>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let local = peer.is_some_and(|Extension(ConnectInfo(peer))| peer.ip().to_canonical().is_loopback());
    if !server.options.metrics_public && (!local || address::was_forwarded(&headers)) {
        return Err(ApiError::NOT_FOUND);
    }
    let content_type = (header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    Ok(([content_type], (server.options.metrics)()).into_response())
}

/// The platform's encryption keys (RFC 7517 section 5).
pub(crate) async fn platform_keys_jwks(State(server): State<Server>) -> Result<Response, ApiError> {
    let headers = [(header::CONTENT_TYPE, "application/jwk-set+json"), (header::CACHE_CONTROL, KEYS_FRESH)];
    Ok((headers, server.app.platform_keys_jwks()?).into_response())
}

/// The newest platform key, as PEM.
pub(crate) async fn platform_key_pem(State(server): State<Server>) -> Result<Response, ApiError> {
    let headers = [(header::CONTENT_TYPE, "application/x-pem-file"), (header::CACHE_CONTROL, KEYS_FRESH)];
    let pem = server.app.platform_key_pem()?.ok_or(ApiError::NOT_FOUND)?;
    Ok((headers, pem).into_response())
}
