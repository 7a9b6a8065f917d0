//! Everything Signet says over HTTP but GraphQL, which is mounted here too: visitor API and sockets, OAuth, desk sign-in,
//! pages and scripts, platform keys, health.
//!
//! Invariants:
//! - a handler extracts, calls one use case and converts; product rules live in `signet-app`;
//! - every response carries a request id and the security headers; every error body has a stable code;
//! - no log line holds a query, a body, a token or an address. The route is logged by its pattern;
//! - the visitor API knows no cookies and sends no CORS headers: only Signet's own pages can read its answers;
//! - nothing queues without a bound: bodies, frames, sends per socket and writes to a slow reader are all limited.

mod address;
mod answer;
mod connection;
mod desk;
mod error;
mod extract;
mod history_cursor;
mod oauth;
mod observe;
mod operations;
mod pages;
mod probe;
mod security;
mod serve;
mod socket;
mod tag;
mod tls;
mod visitor;
mod wire;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use signet_app::App;

use crate::error::ApiError;
use crate::security::Surfaces;

pub use serve::{bind, serve};
pub use tls::{Certificates, TlsError, TlsFiles};
pub use wire::typescript;

/// Longest request body, in bytes. A token is at most 8 KiB and a message 10,000 characters.
const BODY_BYTES: usize = 64 * 1024;

/// How to answer.
#[derive(Clone)]
pub struct HttpOptions {
    /// How many reverse proxies stand in front and append to `x-forwarded-for`. With 0 the header is ignored.
    pub trusted_proxies: usize,
    /// Renders the metrics in Prometheus' text format.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// Answer `/metrics` to everybody, not only to callers on this machine.
    pub metrics_public: bool,
}

impl std::fmt::Debug for HttpOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpOptions")
            .field("trusted_proxies", &self.trusted_proxies)
            .field("metrics_public", &self.metrics_public)
            .finish_non_exhaustive()
    }
}

/// What handlers share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) app: Arc<App>,
    pub(crate) options: Arc<HttpOptions>,
    pub(crate) surfaces: Arc<Surfaces>,
}

/// Everything over HTTP. `extra` (GraphQL) is merged in and gets the same request ids, limits, headers and log lines:
/// its handlers find a [`signet_app::RequestContext`] and a `CancellationToken`, which tells that the process goes
/// down, among the request's extensions.
pub fn router(app: Arc<App>, extra: Router, options: HttpOptions) -> Router {
    let surfaces = Arc::new(Surfaces::new(app.public_url()));
    let server = Server { app, options: Arc::new(options), surfaces };
    Router::new()
        .nest("/visitor/v1", visitor_api(&server))
        .merge(integrations())
        .merge(operations())
        .merge(pages())
        .with_state(server.clone())
        .merge(extra)
        .fallback(async || ApiError::NOT_FOUND)
        .method_not_allowed_fallback(async || ApiError::METHOD_NOT_ALLOWED)
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(from_fn_with_state(server, observe::observe))
}

fn visitor_api(server: &Server) -> Router<Server> {
    Router::new()
        .route("/activate", post(visitor::activate))
        .route("/logout", post(visitor::logout))
        .route("/messages", post(visitor::send))
        .route("/history", get(visitor::history))
        .route("/earlier-messages", post(visitor::earlier_messages))
        .route("/identity-confirmation", post(visitor::identity_confirmation))
        .route("/hand-over", post(visitor::hand_over))
        .route("/transactions", post(visitor::transaction))
        .route("/custom-data", post(visitor::custom_data))
        .route("/satisfaction", post(visitor::satisfaction))
        .route("/socket", get(socket::open))
        .route_layer(from_fn_with_state(server.clone(), security::own_origin_only))
        // The tag's file is for the brand's pages.
        .route("/tag/{file}", get(tag::script))
}

fn integrations() -> Router<Server> {
    Router::new()
        .route("/oauth2/token", post(oauth::token))
        .route("/_authenticated", get(oauth::authenticated))
        .route("/.well-known/jwks.json", get(operations::platform_keys_jwks))
        .route("/keys/platform.pem", get(operations::platform_key_pem))
}

fn operations() -> Router<Server> {
    Router::new()
        .route("/healthz", get(operations::health))
        .route("/readyz", get(operations::ready))
        .route("/metrics", get(operations::metrics))
        .route("/operations/probe", post(probe::probe))
}

fn pages() -> Router<Server> {
    let session = post(desk::sign_in)
        .delete(desk::sign_out)
        .route_layer(from_fn(security::desk_header_required))
        .get(pages::desk);
    Router::new()
        .route("/", get(pages::root))
        .route("/iadvize.js", get(pages::loader))
        .route("/signet.js", get(pages::loader))
        .route("/companion.js", get(pages::companion))
        .route("/widget", get(pages::widget))
        .route("/widget/{*path}", get(pages::widget_file))
        .route("/desk", get(pages::desk))
        .route("/desk/", get(pages::desk))
        .route("/desk/session", session)
        .route(
            "/desk/invitation",
            post(desk::look_at_invitation).route_layer(from_fn(security::desk_header_required)),
        )
        .route(
            "/desk/invitation/accept",
            post(desk::accept_invitation).route_layer(from_fn(security::desk_header_required)),
        )
        .route("/desk/{*path}", get(pages::desk_file))
        // The console is the same page, which looks at its address.
        .route("/admin", get(pages::desk))
        .route("/admin/", get(pages::desk))
        .route("/admin/{*path}", get(pages::desk))
}
