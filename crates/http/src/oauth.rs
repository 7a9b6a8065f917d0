//! Bearer tokens for integrations (RFC 6749), with the answers the vendor documents print.

use axum::Extension;
use axum::Form;
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::json;
use signet_app::{AppError, IssuedToken, RequestContext};

use crate::Server;
use crate::error::{ApiError, refusal};
use crate::extract::Bearer;

/// A token request. A parameter given twice is refused, an unknown one ignored (RFC 6749 section 3.2). Without `Debug`:
/// it holds secrets.
#[derive(Deserialize)]
pub(crate) struct TokenRequest {
    grant_type: Option<String>,
    username: Option<String>,
    password: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    scope: Option<String>,
}

/// RFC 6749 section 5.1. There is no refresh token, and the vendor documents say so in this way.
#[derive(Serialize)]
struct TokenAnswer {
    access_token: String,
    expires_in: u64,
    token_type: &'static str,
    refresh_token: &'static str,
    scope: String,
}

/// RFC 6749 section 5.2.
#[derive(Serialize)]
struct OAuthError {
    error: &'static str,
    error_description: String,
}

/// Why no token was issued.
enum Refusal {
    /// One of RFC 6749 section 5.2, or of ours for what it has no word for.
    OAuth { status: StatusCode, error: &'static str, description: &'static str },
    /// A limit or an outage.
    App(AppError),
}

impl Refusal {
    const fn bad(error: &'static str, description: &'static str) -> Self {
        Self::OAuth { status: StatusCode::BAD_REQUEST, error, description }
    }

    const CLIENT: Self = Self::OAuth {
        status: StatusCode::UNAUTHORIZED,
        error: "invalid_client",
        description: "the client id or secret is not valid",
    };
}

/// `POST /oauth2/token`.
pub(crate) async fn token(
    State(server): State<Server>,
    Extension(context): Extension<RequestContext>,
    headers: HeaderMap,
    form: Result<Form<TokenRequest>, FormRejection>,
) -> Result<Response, ApiError> {
    let Ok(Form(request)) = form else {
        return answer(Err(Refusal::bad(
            "invalid_request",
            "the body is not a form, or names a parameter twice",
        )));
    };
    answer(grant(&server, &context, &headers, request).await)
}

async fn grant(
    server: &Server,
    context: &RequestContext,
    headers: &HeaderMap,
    request: TokenRequest,
) -> Result<IssuedToken, Refusal> {
    match request.grant_type.as_deref() {
        Some("password") => {
            let (Some(username), Some(password)) = (request.username, request.password) else {
                return Err(Refusal::bad("invalid_request", "username and password are needed"));
            };
            let issued = server.app.password_grant(&username, &password, context).await;
            issued.map_err(|error| match error {
                AppError::CredentialsInvalid => {
                    Refusal::bad("invalid_grant", "the username or password is not valid")
                }
                other => Refusal::App(other),
            })
        }
        Some("client_credentials") => {
            let (id, secret) = client_credentials(headers, request.client_id, request.client_secret)?;
            let issued =
                server.app.client_credentials_grant(&id, &secret, request.scope.as_deref(), context).await;
            issued.map_err(|error| match error {
                AppError::CredentialsInvalid => Refusal::CLIENT,
                AppError::Invalid { code: "SCOPE_INVALID", .. } => {
                    Refusal::bad("invalid_scope", "a scope is unknown or more than the client may have")
                }
                other => Refusal::App(other),
            })
        }
        Some(_) => {
            Err(Refusal::bad("unsupported_grant_type", "the grant type is client_credentials or password"))
        }
        None => Err(Refusal::bad("invalid_request", "grant_type is needed")),
    }
}

/// The client's id and secret, from HTTP Basic or from the form, not from both (RFC 6749 section 2.3).
fn client_credentials(
    headers: &HeaderMap,
    id: Option<String>,
    secret: Option<String>,
) -> Result<(String, String), Refusal> {
    match (headers.get(header::AUTHORIZATION), id, secret) {
        (Some(value), id, None) => {
            let (basic_id, secret) = basic(value).ok_or(Refusal::CLIENT)?;
            // Some clients repeat the id in the form.
            if id.is_some_and(|id| id != basic_id) { Err(Refusal::CLIENT) } else { Ok((basic_id, secret)) }
        }
        (None, Some(id), Some(secret)) => Ok((id, secret)),
        (None, _, _) => Err(Refusal::CLIENT),
        (Some(_), _, Some(_)) => {
            Err(Refusal::bad("invalid_request", "the client authenticates in two ways at once"))
        }
    }
}

/// HTTP Basic (RFC 7617) whose two parts are form-encoded first (RFC 6749 section 2.3.1).
fn basic(value: &HeaderValue) -> Option<(String, String)> {
    let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((form_decoded(id)?, form_decoded(secret)?))
}

/// `application/x-www-form-urlencoded`, one value. `None` if an escape is broken.
fn form_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn answer(issued: Result<IssuedToken, Refusal>) -> Result<Response, ApiError> {
    let (status, error, description) = match issued {
        Ok(issued) => {
            let body = TokenAnswer {
                access_token: issued.access_token,
                expires_in: issued.expires_in.as_secs(),
                token_type: "Bearer",
                refresh_token: "none",
                scope: issued.scopes.to_string(),
            };
            let headers = [(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")];
            return Ok((headers, Json(body)).into_response());
        }
        Err(Refusal::OAuth { status, error, description }) => (status, error, description.to_owned()),
        Err(Refusal::App(AppError::RateLimited { retry_after })) => {
            let body =
                OAuthError { error: "rate_limited", error_description: "too many attempts".to_owned() };
            return Ok(refusal(StatusCode::TOO_MANY_REQUESTS, &body, Some(retry_after)));
        }
        Err(Refusal::App(other)) => return Err(other.into()),
    };
    let mut response = refusal(status, &OAuthError { error, error_description: description }, None);
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(
            header::WWW_AUTHENTICATE,
            HeaderValue::from_static("Basic realm=\"signet\", charset=\"UTF-8\""),
        );
    }
    Ok(response)
}

/// `GET /_authenticated`: whether the bearer token is good, in the vendor documents' words.
pub(crate) async fn authenticated(
    State(server): State<Server>,
    token: Result<Bearer, ApiError>,
) -> Result<Response, ApiError> {
    let caller = match token {
        Ok(Bearer(token)) => server.app.bearer(&token).await,
        Err(_) => Err(AppError::Unauthenticated),
    };
    match caller {
        Ok(_) => Ok(Json(json!({"authenticated": true})).into_response()),
        Err(AppError::Unauthenticated) => {
            let body =
                OAuthError { error: "invalid_token", error_description: "access token not valid".to_owned() };
            let mut response = refusal(StatusCode::UNAUTHORIZED, &body, None);
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""));
            Ok(response)
        }
        Err(other) => Err(other.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(basic: &str) -> HeaderMap {
        [(header::AUTHORIZATION, format!("Basic {}", STANDARD.encode(basic)).parse().unwrap())]
            .into_iter()
            .collect()
    }

    fn read(headers: &HeaderMap, id: Option<&str>, secret: Option<&str>) -> Option<(String, String)> {
        client_credentials(headers, id.map(str::to_owned), secret.map(str::to_owned)).ok()
    }

    #[test]
    fn a_client_authenticates_in_one_way() {
        let pair = Some(("id".to_owned(), "s:e c%".to_owned()));
        assert_eq!(read(&headers("id:s%3Ae+c%25"), None, None), pair);
        assert_eq!(read(&headers("id:s%3Ae+c%25"), Some("id"), None), pair);
        assert_eq!(read(&HeaderMap::new(), Some("id"), Some("s:e c%")), pair);
        assert_eq!(read(&headers("id:x"), Some("other"), None), None);
        assert_eq!(read(&headers("id:x"), Some("id"), Some("x")), None);
        assert_eq!(read(&headers("no colon"), None, None), None);
        assert_eq!(read(&headers("id:%zz"), None, None), None);
        assert_eq!(read(&headers("id:%f"), None, None), None);
        assert_eq!(read(&HeaderMap::new(), Some("id"), None), None);
    }
}
