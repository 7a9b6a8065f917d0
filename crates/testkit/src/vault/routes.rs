//! The paths below `/v1/`.

use std::sync::Arc;

use axum::extract::{Path, Request, State as Extract};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::engine::{Fault, TransitKey, WrappingKey};
use super::{Inner, ROOT_TOKEN, State};

type Shared = Extract<Arc<State>>;

pub(super) fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/v1/auth/approle/login", post(app_role))
        .route("/v1/auth/kubernetes/login", post(kubernetes))
        .route("/v1/auth/token/lookup-self", get(look_up))
        .route("/v1/auth/token/renew-self", post(renew))
        .route("/v1/transit/keys/{name}", get(read_key).post(create_key))
        .route("/v1/transit/keys/{name}/rotate", post(rotate_key))
        .route("/v1/transit/keys/{name}/import", post(import_key))
        .route("/v1/transit/keys/{name}/import_version", post(import_version))
        .route("/v1/transit/wrapping_key", get(wrapping_key))
        .route("/v1/transit/decrypt/{name}", post(decrypt))
        .fallback(|| async { errors(StatusCode::NOT_FOUND, &[]) })
        .layer(middleware::from_fn_with_state(Arc::clone(&state), at_the_door))
        .with_state(state)
}

fn errors(status: StatusCode, texts: &[&str]) -> Response {
    (status, Json(json!({ "errors": texts }))).into_response()
}

fn permission_denied() -> Response {
    errors(StatusCode::FORBIDDEN, &["permission denied"])
}

fn token(headers: &HeaderMap) -> Option<&str> {
    headers.get("x-vault-token").and_then(|value| value.to_str().ok())
}

/// Waits while it is stalled; a sealed one answers nothing else, and nobody does anything without a token but sign in.
async fn at_the_door(Extract(state): Shared, request: Request, next: Next) -> Response {
    let mut stalled = state.stalled.subscribe();
    let _ = stalled.wait_for(|stalled| !stalled).await;
    let refused = {
        if let Some(namespace) = request.headers().get("x-vault-namespace") {
            let namespace = namespace.to_str().unwrap_or_default().to_owned();
            state.seen.send_modify(|seen| seen.namespaces.push(namespace));
        }
        let inner = state.lock();
        let signs_in = request.uri().path().ends_with("/login");
        if inner.sealed {
            Some(errors(StatusCode::SERVICE_UNAVAILABLE, &["Vault is sealed"]))
        } else if signs_in || inner.accepts(token(request.headers())) {
            None
        } else {
            Some(permission_denied())
        }
    };
    match refused {
        Some(refused) => refused,
        None => next.run(request).await,
    }
}

fn signed_in(state: &State, inner: &mut Inner) -> Response {
    let lease = inner.lease;
    let token = inner.issue(lease);
    state.seen.send_modify(|seen| seen.sign_ins += 1);
    auth(&token, lease.lasts.as_secs(), lease.renewable)
}

fn auth(token: &str, seconds: u64, renewable: bool) -> Response {
    Json(json!({ "data": null, "auth": {
        "client_token": token, "policies": ["default", "signet"], "lease_duration": seconds, "renewable": renewable,
    } }))
    .into_response()
}

async fn app_role(Extract(state): Shared, Json(body): Json<Value>) -> Response {
    let mut inner = state.lock();
    let given = (body["role_id"].as_str(), body["secret_id"].as_str());
    match &inner.app_role {
        Some((role_id, secret_id)) if given == (Some(role_id), Some(secret_id)) => {
            signed_in(&state, &mut inner)
        }
        _ => errors(StatusCode::BAD_REQUEST, &["invalid role or secret ID"]),
    }
}

async fn kubernetes(Extract(state): Shared, Json(body): Json<Value>) -> Response {
    let mut inner = state.lock();
    let given = (body["role"].as_str(), body["jwt"].as_str());
    match &inner.kubernetes {
        Some((role, jwt)) if given == (Some(role), Some(jwt)) => signed_in(&state, &mut inner),
        _ => permission_denied(),
    }
}

async fn look_up(Extract(state): Shared, headers: HeaderMap) -> Response {
    let inner = state.lock();
    let Some(found) = token(&headers).and_then(|token| inner.tokens.get(token)) else {
        return permission_denied();
    };
    let left = found.ends.map_or(0, |ends| ends.saturating_duration_since(Instant::now()).as_secs());
    Json(json!({ "data": { "ttl": left, "renewable": found.renewable, "policies": ["default"] } }))
        .into_response()
}

async fn renew(Extract(state): Shared, headers: HeaderMap) -> Response {
    let mut inner = state.lock();
    let lasts = inner.lease.lasts;
    let name = token(&headers).unwrap_or_default().to_owned();
    let Some(found) = inner.tokens.get_mut(&name).filter(|found| found.renewable) else {
        return errors(StatusCode::BAD_REQUEST, &["lease is not renewable"]);
    };
    found.ends = Some(Instant::now() + lasts);
    state.seen.send_modify(|seen| seen.renewals += 1);
    auth(&name, lasts.as_secs(), true)
}

async fn read_key(Extract(state): Shared, Path(name): Path<String>) -> Response {
    match state.lock().keys.get(&name) {
        Some(key) => Json(json!({ "data": key.describe() })).into_response(),
        None => errors(StatusCode::NOT_FOUND, &[]),
    }
}

/// Only the root may change keys here, as with the policy that the documentation recommends.
fn is_root(headers: &HeaderMap) -> bool {
    token(headers) == Some(ROOT_TOKEN)
}

async fn create_key(Extract(state): Shared, Path(name): Path<String>, headers: HeaderMap) -> Response {
    if !is_root(&headers) {
        return permission_denied();
    }
    state.lock().keys.entry(name).or_insert_with(TransitKey::generate);
    StatusCode::NO_CONTENT.into_response()
}

async fn rotate_key(Extract(state): Shared, Path(name): Path<String>, headers: HeaderMap) -> Response {
    match state.lock().keys.get_mut(&name) {
        Some(key) if is_root(&headers) && key.allow_rotation => {
            key.rotate();
            StatusCode::NO_CONTENT.into_response()
        }
        Some(_) if is_root(&headers) => {
            errors(StatusCode::INTERNAL_SERVER_ERROR, &["imported key does not allow rotation"])
        }
        _ => permission_denied(),
    }
}

async fn wrapping_key(Extract(state): Shared, headers: HeaderMap) -> Response {
    if !is_root(&headers) {
        return permission_denied();
    }
    let mut inner = state.lock();
    let key = inner.wrapping_key.get_or_insert_with(WrappingKey::generate).public_pem();
    Json(json!({ "data": { "public_key": key } })).into_response()
}

async fn import_key(
    Extract(state): Shared,
    Path(name): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let exists = state.lock().keys.contains_key(&name);
    if exists {
        let text = "the import path cannot be used with an existing key; use import-version to rotate an existing imported key";
        return errors(StatusCode::INTERNAL_SERVER_ERROR, &[text]);
    }
    import(&state, &name, &headers, &body)
}

async fn import_version(
    Extract(state): Shared,
    Path(name): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let imported = state.lock().keys.get(&name).is_some_and(|key| key.imported);
    if !imported {
        let text = "the import_version endpoint can only be used with an imported key";
        return errors(StatusCode::INTERNAL_SERVER_ERROR, &[text]);
    }
    import(&state, &name, &headers, &body)
}

fn import(state: &State, name: &str, headers: &HeaderMap, body: &Value) -> Response {
    if !is_root(headers) {
        return permission_denied();
    }
    let mut inner = state.lock();
    let Inner { keys, wrapping_key, imports_left, .. } = &mut *inner;
    if *imports_left == Some(0) {
        return errors(StatusCode::SERVICE_UNAVAILABLE, &["Vault is sealed"]);
    }
    let wrapping_key = wrapping_key.get_or_insert_with(WrappingKey::generate);
    let key = keys.remove(name).or_else(|| TransitKey::imported(body));
    let Some(mut key) = key else { return errors(StatusCode::BAD_REQUEST, &["type is missing"]) };
    let taken_in = key.import(wrapping_key, body);
    if taken_in || key.versions() > 0 {
        keys.insert(name.to_owned(), key);
    }
    if !taken_in {
        return errors(StatusCode::INTERNAL_SERVER_ERROR, &["error importing key"]);
    }
    *imports_left = imports_left.map(|left| left - 1);
    StatusCode::NO_CONTENT.into_response()
}

async fn decrypt(Extract(state): Shared, Path(name): Path<String>, Json(body): Json<Value>) -> Response {
    let inner = state.lock();
    if inner.denied {
        return permission_denied();
    }
    let batch = body["batch_input"].as_array();
    state.seen.send_modify(|seen| seen.batches.push(batch.map_or(1, Vec::len)));
    let Some(key) = inner.keys.get(&name) else {
        return errors(StatusCode::BAD_REQUEST, &["encryption key not found"]);
    };
    let open = |item: &Value| key.decrypt(item["ciphertext"].as_str().unwrap_or_default());
    let Some(batch) = batch else { return alone(open(&body)) };
    let (mut user, mut internal) = (false, false);
    let results: Vec<Value> = batch
        .iter()
        .map(|item| match open(item) {
            Ok(plaintext) => json!({ "plaintext": plaintext, "reference": "" }),
            Err(Fault::User(error)) => {
                user = true;
                json!({ "plaintext": "", "error": error, "reference": "" })
            }
            Err(Fault::Internal(error)) => {
                internal = true;
                json!({ "plaintext": "", "error": error, "reference": "" })
            }
        })
        .collect();
    let status = match (internal, user) {
        (true, _) => StatusCode::INTERNAL_SERVER_ERROR,
        (false, true) => StatusCode::BAD_REQUEST,
        (false, false) => StatusCode::OK,
    };
    (status, Json(json!({ "data": { "batch_results": results } }))).into_response()
}

fn alone(opened: Result<String, Fault>) -> Response {
    match opened {
        Ok(plaintext) => Json(json!({ "data": { "plaintext": plaintext } })).into_response(),
        Err(Fault::User(error)) => errors(StatusCode::BAD_REQUEST, &[&error]),
        Err(Fault::Internal(error)) => errors(StatusCode::INTERNAL_SERVER_ERROR, &[&error]),
    }
}
