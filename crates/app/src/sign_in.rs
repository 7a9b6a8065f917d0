//! How agents and programs prove who they are: passwords, client secrets, bearer tokens, the desk's cookie.
#![expect(clippy::todo, unused_variables, clippy::unused_async, dead_code, reason = "skeleton")]

use std::time::Duration;

use signet_domain::access::{Agent, Caller, Scopes};

use crate::{App, AppError, RequestContext};

/// A bearer token, as RFC 6749 section 5.1 answers it.
pub struct IssuedToken {
    /// The token.
    pub access_token: String,
    /// Its life.
    pub expires_in: Duration,
    /// What it allows.
    pub scopes: Scopes,
}

/// A signed-in desk.
pub struct DeskSession {
    /// The cookie's value.
    pub cookie: String,
    /// Its life.
    pub expires_in: Duration,
    /// Who signed in.
    pub agent: Agent,
}

impl App {
    /// The `password` grant, for compatibility: a bearer token for an agent, good for 24 h.
    pub async fn password_grant(&self, email: &str, password: &str, context: &RequestContext) -> Result<IssuedToken, AppError> {
        todo!()
    }

    /// The `client_credentials` grant (RFC 6749 section 4.4). Without `scope` the token gets all the client may have;
    /// `Invalid { code: "SCOPE_INVALID" }` for more than that.
    pub async fn client_credentials_grant(
        &self,
        client_id: &str,
        secret: &str,
        scope: Option<&str>,
        context: &RequestContext,
    ) -> Result<IssuedToken, AppError> {
        todo!()
    }

    /// Whose bearer token this is.
    pub async fn bearer(&self, token: &str) -> Result<Caller, AppError> {
        todo!()
    }

    /// Signs an agent in at the desk.
    pub async fn desk_sign_in(&self, email: &str, password: &str, context: &RequestContext) -> Result<DeskSession, AppError> {
        todo!()
    }

    /// Whose desk cookie this is.
    pub async fn desk_cookie(&self, cookie: &str) -> Result<Caller, AppError> {
        todo!()
    }

    /// Ends a desk session; idempotent.
    pub async fn desk_sign_out(&self, cookie: &str) -> Result<(), AppError> {
        todo!()
    }
}

impl App {
    /// The desk cookie's name. `__Host-` binds it to this host over TLS (RFC 6265bis section 4.1.3.2); browsers refuse the
    /// prefix without TLS, so a platform on plain loopback HTTP uses the bare name.
    pub fn desk_cookie_name(&self) -> &'static str {
        if self.public_url.starts_with("https://") { "__Host-signet_desk" } else { "signet_desk" }
    }
}
