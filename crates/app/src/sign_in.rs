//! How agents and programs prove who they are: passwords, client secrets, bearer tokens, the desk's cookie.

use std::time::Duration;

use signet_domain::access::{Agent, Caller, Scopes};
use signet_store::access_tokens::{self, TokenOwner, TokenUse};
use signet_store::{agents, api_clients};

use crate::{App, AppError, RequestContext, secrets};

/// How long bearer tokens are good, as on the documented platform.
const BEARER: Duration = Duration::from_hours(24);
/// How long a desk stays signed in.
const DESK: Duration = Duration::from_hours(12);

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
    pub async fn password_grant(
        &self,
        email: &str,
        password: &str,
        context: &RequestContext,
    ) -> Result<IssuedToken, AppError> {
        let agent = self.check_password(email, password, context).await?;
        let scopes = Caller::Agent(agent.clone()).scopes();
        let access_token = self.issue("sgt", TokenOwner::Agent(agent.id), TokenUse::Bearer, BEARER).await?;
        Ok(IssuedToken { access_token, expires_in: BEARER, scopes })
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
        self.limits.sign_in(client_id, context.address)?;
        let id = client_id.to_owned();
        let found = self
            .store
            .read(move |tx| Box::pin(async move { Ok::<_, AppError>(api_clients::find(tx, &id).await?) }))
            .await?;
        let presented = secrets::hash(secret);
        let (client, hash) = found.ok_or(AppError::CredentialsInvalid)?;
        if !secrets::equal(&presented, &hash) {
            return Err(AppError::CredentialsInvalid);
        }
        let scopes = match scope.map(str::trim).filter(|scope| !scope.is_empty()) {
            None => client.scopes,
            Some(names) => {
                Scopes::parse(names).filter(|asked| client.scopes.contains_all(*asked)).ok_or_else(|| {
                    AppError::Invalid { code: "SCOPE_INVALID", message: "the scope is not allowed".into() }
                })?
            }
        };
        let owner = TokenOwner::Client(client.id, scopes);
        let access_token = self.issue("sgt", owner, TokenUse::Bearer, BEARER).await?;
        Ok(IssuedToken { access_token, expires_in: BEARER, scopes })
    }

    /// Whose bearer token this is.
    pub async fn bearer(&self, token: &str) -> Result<Caller, AppError> {
        self.caller(token, TokenUse::Bearer).await
    }

    /// Signs an agent in at the desk.
    pub async fn desk_sign_in(
        &self,
        email: &str,
        password: &str,
        context: &RequestContext,
    ) -> Result<DeskSession, AppError> {
        let agent = self.check_password(email, password, context).await?;
        let cookie = self.issue("sgd", TokenOwner::Agent(agent.id), TokenUse::Cookie, DESK).await?;
        Ok(DeskSession { cookie, expires_in: DESK, agent })
    }

    /// Whose desk cookie this is.
    pub async fn desk_cookie(&self, cookie: &str) -> Result<Caller, AppError> {
        self.caller(cookie, TokenUse::Cookie).await
    }

    /// Ends a desk session; idempotent.
    pub async fn desk_sign_out(&self, cookie: &str) -> Result<(), AppError> {
        let hash = secrets::hash(cookie);
        self.store.write(move |tx| Box::pin(async move { Ok(access_tokens::delete(tx, &hash).await?) })).await
    }

    /// The desk cookie's name. `__Host-` binds it to this host over TLS (RFC 6265bis section 4.1.3.2); browsers refuse the
    /// prefix without TLS, so a platform on plain loopback HTTP uses the bare name.
    pub fn desk_cookie_name(&self) -> &'static str {
        if self.public_url.starts_with("https://") { "__Host-signet_desk" } else { "signet_desk" }
    }

    async fn check_password(
        &self,
        email: &str,
        password: &str,
        context: &RequestContext,
    ) -> Result<Agent, AppError> {
        self.limits.sign_in(email, context.address)?;
        let wanted = email.to_owned();
        let found = self
            .store
            .read(move |tx| {
                Box::pin(async move { Ok::<_, AppError>(agents::find_by_email(tx, &wanted).await?) })
            })
            .await?;
        let (agent, hash) = match found {
            Some((agent, hash)) => (Some(agent), Some(hash)),
            None => (None, None),
        };
        let right = secrets::verify_password(password.to_owned(), hash).await?;
        match agent.filter(|_| right) {
            Some(agent) => Ok(agent),
            None => {
                tracing::info!(correlation_id = %context.correlation_id, "sign-in refused");
                Err(AppError::CredentialsInvalid)
            }
        }
    }

    async fn issue(
        &self,
        prefix: &str,
        owner: TokenOwner,
        usage: TokenUse,
        life: Duration,
    ) -> Result<String, AppError> {
        let (secret, hash) = secrets::generate(prefix, &self.env);
        let now = self.env.now();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    access_tokens::insert(tx, &hash, &owner, usage, now, now.after(life)).await?;
                    Ok::<_, AppError>(())
                })
            })
            .await?;
        Ok(secret)
    }

    async fn caller(&self, secret: &str, usage: TokenUse) -> Result<Caller, AppError> {
        let (hash, now) = (secrets::hash(secret), self.env.now());
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    let (owner, _) =
                        access_tokens::find(tx, &hash, usage, now).await?.ok_or(AppError::Unauthenticated)?;
                    match owner {
                        TokenOwner::Agent(id) => agents::find(tx, id).await?.map(Caller::Agent),
                        TokenOwner::Client(id, scopes) => {
                            api_clients::find(tx, &id).await?.map(|(mut client, _)| {
                                client.scopes = scopes;
                                Caller::Client(client)
                            })
                        }
                    }
                    .ok_or(AppError::Unauthenticated)
                })
            })
            .await
    }
}
