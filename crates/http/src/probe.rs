//! How a request of the operator's arrived: what `signet doctor` compares with what it sent.
//!
//! Whoever could ask this without being the operator would learn the addresses of the proxies in front, and which header to forge. So
//! the request carries a token signed with the platform's session key, good for a minute: only who holds the keystore and its
//! passphrase can make one, nothing has to be written to the database first, and a platform that accepts it has proved by that to be
//! the one whose keystore it is. Everybody else hears what they hear of any other address that is not there.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use bytes::Bytes;
use http::{HeaderMap, header};
use serde_json::json;
use signet_app::RequestContext;

use crate::Server;
use crate::error::ApiError;

/// Answers with what this server saw of the request.
pub(crate) async fn probe(
    State(server): State<Server>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    Extension(context): Extension<RequestContext>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let probe = bearer.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    if !server.app.is_operators_probe(probe) {
        return Err(ApiError::NOT_FOUND);
    }
    let all = |name: &str| -> Vec<String> {
        let values = headers.get_all(name).into_iter();
        values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
    };
    Ok(Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "peer": peer.map(|Extension(ConnectInfo(peer))| peer.ip().to_canonical().to_string()),
        "caller": context.address.to_string(),
        "trustedProxies": server.options.trusted_proxies,
        "forwardedFor": all("x-forwarded-for"),
        "forwardedProto": all("x-forwarded-proto"),
        "host": all("host"),
        "bodyBytes": body.len(),
    }))
    .into_response())
}
