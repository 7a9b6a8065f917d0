//! Signing in at the desk. The session is a cookie that scripts cannot read and other sites cannot send.

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use signet_app::RequestContext;

use crate::error::ApiError;
use crate::extract::StrictJson;
use crate::{Server, answer};

/// Who signs in. Without `Debug`: it holds a password.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    email: String,
    password: String,
}

/// `POST /desk/session`: 204 with the cookie.
pub(crate) async fn sign_in(
    State(server): State<Server>,
    Extension(context): Extension<RequestContext>,
    headers: HeaderMap,
    StrictJson(body): StrictJson<SignIn>,
) -> Result<Response, ApiError> {
    check_origin(&server, &headers)?;
    let session = server.app.desk_sign_in(&body.email, &body.password, &context).await?;
    Ok(with_cookie(&server, &session.cookie, session.expires_in.as_secs()))
}

/// `DELETE /desk/session`: 204, also without a session.
pub(crate) async fn sign_out(State(server): State<Server>, headers: HeaderMap) -> Result<Response, ApiError> {
    check_origin(&server, &headers)?;
    if let Some(value) = cookie(&headers, server.app.desk_cookie_name()) {
        server.app.desk_sign_out(value).await?;
    }
    Ok(with_cookie(&server, "", 0))
}

fn check_origin(server: &Server, headers: &HeaderMap) -> Result<(), ApiError> {
    if server.surfaces.is_own_origin(headers) { Ok(()) } else { Err(ApiError::ORIGIN_NOT_ALLOWED) }
}

fn with_cookie(server: &Server, value: &str, max_age: u64) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let cookie = set_cookie(server.app.desk_cookie_name(), value, max_age, server.surfaces.secure());
    answer::set(&mut response, header::SET_COOKIE, &cookie);
    response
}

fn set_cookie(name: &str, value: &str, max_age: u64, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Strict{secure}")
}

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name && !value.is_empty()).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
        assert_eq!(
            set_cookie("__Host-signet_desk", "abc", 60, true),
            "__Host-signet_desk=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure"
        );
        assert_eq!(set_cookie("d", "", 0, false), "d=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
    }

    #[test]
    fn one_cookie_among_others() {
        let headers: HeaderMap =
            ["a=1; desk=x", "b=2"].iter().map(|value| (header::COOKIE, value.parse().unwrap())).collect();
        assert_eq!(cookie(&headers, "desk"), Some("x"));
        assert_eq!(cookie(&headers, "b"), Some("2"));
        assert_eq!(cookie(&headers, "esk"), None);
    }
}
