//! The demo's brand shop: a small site on an origin of its own, with its own sign-in and its own token provider.
//!
//! It stands for the sites that embed Signet and shares nothing with the platform but what they share: the platform's
//! public address, its public key, and a key pair whose public half is registered. Its pages carry the integration
//! guide's snippet under a strict content security policy.

mod pages;
mod sign_in;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use signet_domain::env::{Clock as _, SystemClock};
use signet_token::{EncryptionKey, SigningKey, TokenProvider};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::demo::Urls;
use crate::demo::setup::Demo;
use pages::Pages;
use sign_in::Sessions;

/// The shop, before its doors are open.
pub(super) struct Shop {
    state: Arc<ShopState>,
}

/// What its handlers share.
struct ShopState {
    pages: Pages,
    sessions: Sessions,
    provider: TokenProvider,
    token_lifetime: Duration,
    origin: HeaderValue,
}

impl Shop {
    /// Takes the shop's keys and finds out where the platform is.
    pub(super) fn open(
        demo: &Demo,
        platform_key_pem: &str,
        urls: &Urls,
        token_lifetime: Duration,
    ) -> anyhow::Result<Self> {
        let signing_key = SigningKey::from_pem(&demo.customer_private_key_pem)
            .context("read the shop's private key")?
            .with_key_id(&demo.customer_key_id)?;
        let encryption_key =
            EncryptionKey::from_pem(platform_key_pem).context("read the platform's public key")?;
        Ok(Self {
            state: Arc::new(ShopState {
                pages: Pages::new(&urls.platform, &demo.project_id),
                sessions: Sessions::default(),
                provider: TokenProvider::new(signing_key, encryption_key),
                token_lifetime,
                origin: HeaderValue::from_str(&urls.shop).context("write the shop's origin")?,
            }),
        })
    }

    /// Opens the doors.
    pub(super) fn serve(self, listener: TcpListener) -> RunningShop {
        let closing = CancellationToken::new();
        let until = closing.clone();
        let router = router(self.state);
        let serving = tokio::spawn(async move {
            let served = axum::serve(listener, router).with_graceful_shutdown(until.cancelled_owned()).await;
            if let Err(error) = served {
                tracing::error!(error = &error as &dyn std::error::Error, "the shop stopped serving");
            }
        });
        RunningShop { closing, serving }
    }
}

/// An open shop.
pub(super) struct RunningShop {
    closing: CancellationToken,
    serving: JoinHandle<()>,
}

impl RunningShop {
    /// Closes the doors. Browsers keep connections open, so those still there after a moment are cut off.
    pub(super) async fn stop(mut self) {
        self.closing.cancel();
        if tokio::time::timeout(Duration::from_millis(500), &mut self.serving).await.is_err() {
            self.serving.abort();
        }
    }
}

fn router(state: Arc<ShopState>) -> Router {
    Router::new()
        .route("/", get(catalogue))
        .route("/account", get(account))
        .route("/login", get(login).post(sign_in::sign_in))
        .route("/logout", post(sign_in::sign_out))
        .route("/signet-token", get(visitor_token))
        .route(
            "/shop.css",
            get(|| async { file("text/css; charset=utf-8", include_str!("../../../../web/shop/shop.css")) }),
        )
        .route(
            "/shop.js",
            get(|| async {
                file("text/javascript; charset=utf-8", include_str!("../../../../web/shop/shop.js"))
            }),
        )
        .route(
            "/favicon.svg",
            get(|| async { file("image/svg+xml", include_str!("../../../../web/shop/favicon.svg")) }),
        )
        .fallback(not_found)
        .with_state(state)
}

type Shared = State<Arc<ShopState>>;

async fn catalogue(State(shop): Shared, headers: HeaderMap) -> Response {
    let customer = shop.sessions.find(&headers);
    shop.pages.catalogue(customer)
}

async fn account(State(shop): Shared, headers: HeaderMap) -> Response {
    match shop.sessions.find(&headers) {
        Some(customer) => shop.pages.account(customer),
        None => sign_in::see_other("/login"),
    }
}

async fn login(State(shop): Shared, headers: HeaderMap) -> Response {
    match shop.sessions.find(&headers) {
        Some(_) => sign_in::see_other("/account"),
        None => shop.pages.login(None),
    }
}

/// The token provider's address: a visitor token for whoever the shop's own cookie says is signed in.
async fn visitor_token(State(shop): Shared, headers: HeaderMap) -> Response {
    let no_store = [(header::CACHE_CONTROL, "no-store"), (header::VARY, "Cookie")];
    let Some(user) = shop.sessions.find(&headers) else {
        let body = serde_json::json!({ "error": "nobody is signed in" });
        return (StatusCode::UNAUTHORIZED, no_store, axum::Json(body)).into_response();
    };
    match shop.provider.issue(&user.customer.claims(SystemClock.now(), shop.token_lifetime)) {
        Ok(token) => (no_store, axum::Json(serde_json::json!({ "token": token }))).into_response(),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the shop could not make a token");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn not_found(State(shop): Shared, headers: HeaderMap) -> Response {
    let customer = shop.sessions.find(&headers);
    shop.pages.not_found(customer)
}

fn file(content_type: &'static str, content: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, content).into_response()
}
