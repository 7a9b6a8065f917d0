//! The shop's own sign-in: a form, a cookie, and a session in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Form;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::demo::people::{SHOP_USERS, ShopUser};
use crate::demo::shop::ShopState;
use crate::environment;

/// The shop's cookie.
const COOKIE: &str = "lumen_session";

/// Who is signed in, by the value of their cookie.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<String, &'static ShopUser>>);

impl Sessions {
    /// Who the request's cookie belongs to.
    pub(super) fn find(&self, headers: &HeaderMap) -> Option<&'static ShopUser> {
        self.lock().get(cookie(headers)?).copied()
    }

    fn begin(&self, user: &'static ShopUser) -> String {
        let value = signet_token::base64url::encode(environment::system().random_bytes::<32>());
        self.lock().insert(value.clone(), user);
        value
    }

    fn end(&self, headers: &HeaderMap) {
        if let Some(value) = cookie(headers) {
            self.lock().remove(value);
        }
    }

    /// Each operation on the map is whole, so a panic elsewhere leaves nothing half done.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, &'static ShopUser>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

/// What the sign-in form sends.
#[derive(Deserialize)]
pub(super) struct Credentials {
    login: String,
    password: String,
}

pub(super) async fn sign_in(
    State(shop): State<Arc<ShopState>>,
    headers: HeaderMap,
    Form(credentials): Form<Credentials>,
) -> Response {
    if foreign(&shop, &headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let found = SHOP_USERS.iter().find(|user| user.login == credentials.login.trim());
    // Compared also for unknown logins, so that both answers take the same time.
    let expected = found.map_or("", |user| user.password);
    let matches = aws_lc_rs::constant_time::verify_slices_are_equal(
        expected.as_bytes(),
        credentials.password.as_bytes(),
    )
    .is_ok();
    match found {
        Some(user) if matches => {
            // A new cookie at every sign-in: one that was there before proves nothing.
            shop.sessions.end(&headers);
            let cookie = format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Lax", shop.sessions.begin(user));
            ([(header::SET_COOKIE, cookie)], see_other("/account")).into_response()
        }
        _ => shop.pages.login(Some(credentials.login.trim())),
    }
}

pub(super) async fn sign_out(State(shop): State<Arc<ShopState>>, headers: HeaderMap) -> Response {
    if foreign(&shop, &headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    shop.sessions.end(&headers);
    let cookie = format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    ([(header::SET_COOKIE, cookie)], see_other("/")).into_response()
}

/// Whether another site's page sent the form. `SameSite` does not tell ports apart, the origin does.
fn foreign(shop: &ShopState, headers: &HeaderMap) -> bool {
    headers.get(header::ORIGIN).is_some_and(|origin| origin != shop.origin)
}

/// Sends the browser on after a form.
pub(super) fn see_other(place: &'static str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, place), (header::CACHE_CONTROL, "no-store")]).into_response()
}
