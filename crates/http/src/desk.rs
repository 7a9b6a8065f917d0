//! Signing in at the desk, and choosing a password with a one-time link. The session is a cookie that scripts cannot read and
//! other sites cannot send.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use signet_app::{Acceptance, DeskSession, RequestContext, SignInAttempt};

use crate::error::ApiError;
use crate::extract::StrictJson;
use crate::{Server, answer};

/// Who signs in. Without `Debug`: it holds a password.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    email: String,
    password: String,
    /// Of the second factor, once the answer was `SECOND_FACTOR_REQUIRED`.
    code: Option<String>,
}

/// A one-time link. Without `Debug`: it is a secret.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Invitation {
    token: String,
}

/// Whom a link is for; nobody in particular if it is that of the first owner.
#[derive(Serialize)]
struct Invitee {
    email: Option<String>,
    name: Option<String>,
}

/// What somebody answers a link with. Without `Debug`: it holds a password.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Accept {
    token: String,
    password: String,
    email: Option<String>,
    name: Option<String>,
}

/// `POST /desk/session`: 204 with the cookie.
pub(crate) async fn sign_in(
    State(server): State<Server>,
    Extension(context): Extension<RequestContext>,
    headers: HeaderMap,
    StrictJson(body): StrictJson<SignIn>,
) -> Result<Response, ApiError> {
    check_origin(&server, &headers)?;
    let attempt = SignInAttempt {
        email: &body.email,
        password: &body.password,
        code: body.code.as_deref(),
        known_browser: cookie(&headers, server.app.known_browser_cookie_name()),
        user_agent: user_agent(&headers),
    };
    let session = server.app.desk_sign_in(attempt, &context).await?;
    Ok(signed_in(&server, &session))
}

/// `POST /desk/invitation`: whom the link is for.
pub(crate) async fn look_at_invitation(
    State(server): State<Server>,
    Extension(context): Extension<RequestContext>,
    headers: HeaderMap,
    StrictJson(body): StrictJson<Invitation>,
) -> Result<Response, ApiError> {
    check_origin(&server, &headers)?;
    let invitee = server.app.invitee(&body.token, &context).await?;
    let body = Invitee { email: invitee.email, name: invitee.name };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response())
}

/// `POST /desk/invitation/accept`: 204 with the cookie; without one for a person who has to sign in with a second factor now.
pub(crate) async fn accept_invitation(
    State(server): State<Server>,
    Extension(context): Extension<RequestContext>,
    headers: HeaderMap,
    StrictJson(body): StrictJson<Accept>,
) -> Result<Response, ApiError> {
    check_origin(&server, &headers)?;
    let acceptance = Acceptance {
        token: &body.token,
        password: &body.password,
        email: body.email.as_deref(),
        name: body.name.as_deref(),
        user_agent: user_agent(&headers),
    };
    let session = server.app.accept_invitation(acceptance, &context).await?;
    Ok(session.map_or_else(|| StatusCode::NO_CONTENT.into_response(), |session| signed_in(&server, &session)))
}

/// `DELETE /desk/session`: 204, also without a session.
pub(crate) async fn sign_out(
    State(server): State<Server>,
    Extension(context): Extension<RequestContext>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    check_origin(&server, &headers)?;
    if let Some(value) = cookie(&headers, server.app.desk_cookie_name()) {
        server.app.desk_sign_out(value, &context).await?;
    }
    Ok(with_cookie(&server, "", 0))
}

fn signed_in(server: &Server, session: &DeskSession) -> Response {
    let mut response = with_cookie(server, &session.cookie, session.expires_in.as_secs());
    if let Some(known) = &session.known_browser {
        let name = server.app.known_browser_cookie_name();
        let kept = set_cookie(name, known, DeskSession::known_for().as_secs(), server.surfaces.secure());
        if let Ok(value) = HeaderValue::try_from(kept) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

fn user_agent(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok())
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
