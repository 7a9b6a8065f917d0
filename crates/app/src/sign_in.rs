//! How agents and programs prove who they are: passwords and second factors, client secrets, bearer tokens, the desk's cookie.

use std::time::Duration;

use signet_domain::Timestamp;
use signet_domain::access::{Agent, Caller, Scopes};
use signet_domain::audit::{AuditEvent, AuditKind};
use signet_store::access_tokens::{self, NewToken, TokenOwner, TokenUse};
use signet_store::agents::Account;
use signet_store::{StoreError, Tx, agents, api_clients, audit_events, second_factors};
use uuid::Uuid;

use crate::audit::{about, record_about};
use crate::backoff::Origin;
use crate::{Actor, App, AppError, RequestContext, one_time_password, secrets};

/// How long bearer tokens are good, as on the documented platform.
const BEARER: Duration = Duration::from_hours(24);
/// How long a desk stays signed in.
const DESK: Duration = Duration::from_hours(12);
/// How long a desk stays signed in when nobody does anything.
const IDLE: Duration = Duration::from_hours(1);
/// How exactly the last use of a session is written down.
const TOUCH: Duration = Duration::from_mins(1);
/// How long a browser is known.
const KNOWN: Duration = Duration::from_hours(24 * 90);
/// How much of a browser's name is kept, in characters.
const USER_AGENT_CHARACTERS: usize = 200;

/// A bearer token, as RFC 6749 section 5.1 answers it.
pub struct IssuedToken {
    /// The token.
    pub access_token: String,
    /// Its life.
    pub expires_in: Duration,
    /// What it allows.
    pub scopes: Scopes,
}

/// What somebody signs in with. Without `Debug`: it holds a password.
pub struct SignInAttempt<'a> {
    /// Sign-in name.
    pub email: &'a str,
    /// The password.
    pub password: &'a str,
    /// A one-time password or a recovery code.
    pub code: Option<&'a str>,
    /// What the browser kept from an earlier sign-in.
    pub known_browser: Option<&'a str>,
    /// What the browser calls itself.
    pub user_agent: Option<&'a str>,
}

/// A signed-in desk.
pub struct DeskSession {
    /// The cookie's value.
    pub cookie: String,
    /// Its life.
    pub expires_in: Duration,
    /// Who signed in.
    pub agent: Agent,
    /// What the browser is to keep, if it is new: its life is [`DeskSession::known_for`].
    pub known_browser: Option<String>,
}

impl DeskSession {
    /// How long a browser keeps [`DeskSession::known_browser`].
    pub const fn known_for() -> Duration {
        KNOWN
    }
}

/// Somebody who has proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticated {
    /// Who.
    pub caller: Caller,
    /// The id of the session or token, as its owner's list has it.
    pub session: Uuid,
}

/// Whether a request is somebody doing something, or a page looking for news by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// Somebody does something.
    Active,
    /// Nobody may be there.
    Background,
}

impl App {
    /// The `password` grant, for compatibility: a bearer token for an agent, good for 24 h. Not for agents with a second factor,
    /// which this grant has no place for.
    pub async fn password_grant(
        &self,
        email: &str,
        password: &str,
        context: &RequestContext,
    ) -> Result<IssuedToken, AppError> {
        let attempt = SignInAttempt { email, password, code: None, known_browser: None, user_agent: None };
        let proved = self.prove(&attempt, context).await.map_err(|error| match error {
            AppError::SecondFactorRequired => AppError::CredentialsInvalid,
            other => other,
        })?;
        let scopes = Caller::Agent(proved.agent.clone()).scopes();
        let (access_token, token) =
            self.new_token("sgt", TokenOwner::Agent(proved.agent.id), TokenUse::Bearer, BEARER, context);
        let event = actor_of(&proved.agent, context).did(AuditKind::AccessTokenIssued, token.created_at);
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    access_tokens::insert(tx, &token).await?;
                    agents::seen(tx, proved.agent.id, token.created_at).await?;
                    record_about(tx, &event, &proved.agent);
                    Ok::<_, AppError>(())
                })
            })
            .await?;
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
        let (record, hashes) = found.ok_or(AppError::CredentialsInvalid)?;
        let now = self.env.now();
        let current = secrets::equal(&presented, &hashes.current);
        let previous =
            hashes.previous.is_some_and(|(hash, until)| secrets::equal(&presented, &hash) && now < until);
        let caller = Caller::Client(record.client.clone());
        let event =
            |kind| Actor::caller(&caller, context).did(kind, now).in_project(&record.client.project_id);
        if record.revoked_at.is_some() || !(current || previous) {
            self.record_later(vec![event(AuditKind::ClientTokenRefused)]);
            return Err(AppError::CredentialsInvalid);
        }
        let most = record.client.scopes;
        let scopes = match scope.map(str::trim).filter(|scope| !scope.is_empty()) {
            None => most,
            Some(names) => {
                Scopes::parse(names).filter(|asked| most.contains_all(*asked)).ok_or_else(|| {
                    AppError::Invalid { code: "SCOPE_INVALID", message: "the scope is not allowed".into() }
                })?
            }
        };
        let owner = TokenOwner::Client(record.client.id.clone(), scopes);
        let (access_token, token) = self.new_token("sgt", owner, TokenUse::Bearer, BEARER, context);
        let event = event(AuditKind::ClientTokenIssued).with("scopes", &scopes);
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    access_tokens::insert(tx, &token).await?;
                    api_clients::used(tx, &record.client.id, now).await?;
                    audit_events::record(tx, event);
                    Ok::<_, AppError>(())
                })
            })
            .await?;
        Ok(IssuedToken { access_token, expires_in: BEARER, scopes })
    }

    /// Whose bearer token this is.
    pub async fn bearer(&self, token: &str) -> Result<Authenticated, AppError> {
        self.authenticated(token, TokenUse::Bearer, Activity::Active).await
    }

    /// Signs an agent in at the desk.
    pub async fn desk_sign_in(
        &self,
        attempt: SignInAttempt<'_>,
        context: &RequestContext,
    ) -> Result<DeskSession, AppError> {
        let proved = self.prove(&attempt, context).await?;
        self.open_desk(proved, attempt.user_agent, context, AuditKind::DeskSignedIn).await
    }

    /// Opens the desk for somebody who has proved who they are, and records that as `kind`.
    pub(crate) async fn open_desk(
        &self,
        proved: Proved,
        user_agent: Option<&str>,
        context: &RequestContext,
        kind: AuditKind,
    ) -> Result<DeskSession, AppError> {
        let Proved { agent, known, recovery } = proved;
        let (cookie, mut token) =
            self.new_token("sgd", TokenOwner::Agent(agent.id), TokenUse::Cookie, DESK, context);
        token.user_agent = user_agent.map(|name| name.chars().take(USER_AGENT_CHARACTERS).collect());
        let browser = (!known).then(|| secrets::generate("sgk", &self.env));
        let now = token.created_at;
        let actor = actor_of(&agent, context);
        let mut events = vec![actor.did(kind, now)];
        if recovery {
            events.push(actor.did(AuditKind::RecoveryCodeUsed, now));
        }
        let (remembered, stored) = (browser.as_ref().map(|(_, hash)| *hash), agent.clone());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    access_tokens::insert(tx, &token).await?;
                    agents::seen(tx, stored.id, now).await?;
                    if let Some(hash) = remembered {
                        second_factors::remember_browser(tx, &hash, stored.id, now.after(KNOWN)).await?;
                    }
                    for event in &events {
                        record_about(tx, event, &stored);
                    }
                    Ok::<_, AppError>(())
                })
            })
            .await?;
        Ok(DeskSession { cookie, expires_in: DESK, agent, known_browser: browser.map(|(secret, _)| secret) })
    }

    /// Whose desk cookie this is.
    pub async fn desk_cookie(&self, cookie: &str, activity: Activity) -> Result<Authenticated, AppError> {
        self.authenticated(cookie, TokenUse::Cookie, activity).await
    }

    /// Ends a desk session; idempotent.
    pub async fn desk_sign_out(&self, cookie: &str, context: &RequestContext) -> Result<(), AppError> {
        let hash = secrets::hash(cookie);
        let (now, context) = (self.env.now(), context.clone());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let Some(found) = access_tokens::find(tx, &hash, TokenUse::Cookie, now).await? else {
                        return Ok(());
                    };
                    access_tokens::delete(tx, &hash).await?;
                    if let TokenOwner::Agent(id) = found.owner
                        && let Some(agent) = agents::find(tx, id).await?
                    {
                        record_about(
                            tx,
                            &actor_of(&agent, &context).did(AuditKind::DeskSignedOut, now),
                            &agent,
                        );
                    }
                    Ok(())
                })
            })
            .await
    }

    /// The desk cookie's name. `__Host-` binds it to this host over TLS (RFC 6265bis section 4.1.3.2); browsers refuse the
    /// prefix without TLS, so a platform on plain loopback HTTP uses the bare name.
    pub fn desk_cookie_name(&self) -> &'static str {
        if self.public_url.starts_with("https://") { "__Host-signet_desk" } else { "signet_desk" }
    }

    /// The name of the cookie by which a browser is known again.
    pub fn known_browser_cookie_name(&self) -> &'static str {
        if self.public_url.starts_with("https://") { "__Host-signet_known" } else { "signet_known" }
    }

    /// Checks password and second factor. Every way to fail takes the time of a password's hash.
    async fn prove(&self, attempt: &SignInAttempt<'_>, context: &RequestContext) -> Result<Proved, AppError> {
        let (now, email) = (self.env.now(), attempt.email.to_owned());
        let browser = attempt.known_browser.map(secrets::hash);
        let (found, known_owner) = self
            .store
            .read(move |tx| {
                Box::pin(async move {
                    let found = agents::find_by_email(tx, &email).await?;
                    let owner = match &browser {
                        Some(hash) => second_factors::find_browser(tx, hash, now).await?,
                        None => None,
                    };
                    Ok::<_, AppError>((found, owner))
                })
            })
            .await?;
        let known =
            known_owner.is_some() && known_owner == found.as_ref().map(|(account, _)| account.agent.id);
        let origin = match browser.filter(|_| known) {
            Some(hash) => Origin::Known(hash),
            None => {
                self.limits.sign_in(attempt.email, context.address)?;
                Origin::address(context.address)
            }
        };
        self.backoff
            .check(attempt.email, &origin, now)
            .map_err(|retry_after| AppError::RateLimited { retry_after })?;
        let (account, hash) = found.map_or((None, None), |(account, hash)| {
            // Who is disabled or has no password yet is refused as one who does not exist.
            let may = account.disabled_at.is_none() && account.has_password;
            (Some(account), Some(hash).filter(|_| may))
        });
        let right = secrets::verify_password(attempt.password.to_owned(), hash).await?;
        let outcome = match account.as_ref().filter(|_| right) {
            Some(account) => self.second_factor(account, attempt.code, now).await,
            None => Err(AppError::CredentialsInvalid),
        };
        match (outcome, account) {
            (Ok(recovery), Some(account)) => {
                self.backoff.accepted(attempt.email, &origin);
                Ok(Proved { agent: account.agent, known, recovery })
            }
            // The password was right; asking for the code is not a refusal.
            (Err(AppError::SecondFactorRequired), _) => Err(AppError::SecondFactorRequired),
            (outcome, account) => {
                self.refuse(attempt.email, &origin, account.as_ref(), context, now);
                Err(outcome.err().unwrap_or(AppError::CredentialsInvalid))
            }
        }
    }

    /// Whether the code is good, and whether it was a recovery code. `Ok(false)` if none is needed.
    async fn second_factor(
        &self,
        account: &Account,
        code: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, AppError> {
        if !account.has_second_factor {
            return Ok(false);
        }
        let code = code.map(str::trim).filter(|code| !code.is_empty());
        let code = code.ok_or(AppError::SecondFactorRequired)?.to_owned();
        let (agent, key) = (account.agent.id, self.sealing_key);
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let factor =
                        second_factors::find(tx, agent).await?.ok_or(AppError::SecondFactorInvalid)?;
                    let secret = one_time_password::open(&key, agent, &factor.secret)?;
                    if let Some(step) = one_time_password::matching_step(&secret, &code, now) {
                        // The same password a second time is somebody who looked over a shoulder.
                        let first = second_factors::use_step(tx, agent, step).await?;
                        return if first { Ok(false) } else { Err(AppError::SecondFactorInvalid) };
                    }
                    let hash = one_time_password::recovery_hash(&code);
                    let used = second_factors::use_code(tx, agent, &hash).await?;
                    if used { Ok(true) } else { Err(AppError::SecondFactorInvalid) }
                })
            })
            .await
    }

    /// Counts a refusal and writes it down. Not in the caller's time, which would tell whether the account exists.
    fn refuse(
        &self,
        email: &str,
        origin: &Origin,
        account: Option<&Account>,
        context: &RequestContext,
        now: Timestamp,
    ) {
        tracing::info!(correlation_id = %context.correlation_id, "sign-in refused");
        let held = self.backoff.refused(email, origin, now);
        let Some(account) = account else { return };
        let mut events = Vec::new();
        let anonymous = Actor::somebody(context);
        for kind in [AuditKind::DeskSignInRefused, AuditKind::DeskSignInHeldBack] {
            if kind == AuditKind::DeskSignInRefused || held {
                let event = anonymous.did(kind, now).to("USER", &account.agent.id);
                events.extend(about(&event, &account.agent));
            }
        }
        self.record_later(events);
    }

    pub(crate) fn record_later(&self, events: Vec<AuditEvent>) {
        let store = self.store.clone();
        tokio::spawn(async move {
            let recorded: Result<(), StoreError> = store
                .write(move |tx| {
                    Box::pin(async move {
                        for event in events {
                            audit_events::record(tx, event);
                        }
                        Ok(())
                    })
                })
                .await;
            if let Err(error) = recorded {
                tracing::error!(error = &error as &dyn std::error::Error, "a refusal could not be recorded");
            }
        });
    }

    fn new_token(
        &self,
        prefix: &str,
        owner: TokenOwner,
        usage: TokenUse,
        life: Duration,
        context: &RequestContext,
    ) -> (String, NewToken) {
        let (secret, hash) = secrets::generate(prefix, &self.env);
        let now = self.env.now();
        let token = NewToken {
            hash,
            id: self.env.uuid_v7(),
            owner,
            usage,
            created_at: now,
            expires_at: now.after(life),
            address: Some(context.address.to_canonical().to_string()),
            user_agent: None,
        };
        (secret, token)
    }

    async fn authenticated(
        &self,
        secret: &str,
        usage: TokenUse,
        activity: Activity,
    ) -> Result<Authenticated, AppError> {
        let (hash, now) = (secrets::hash(secret), self.env.now());
        let (authenticated, last_used_at) = self
            .store
            .read(move |tx| {
                Box::pin(async move {
                    let found =
                        access_tokens::find(tx, &hash, usage, now).await?.ok_or(AppError::Unauthenticated)?;
                    if usage == TokenUse::Cookie && now.since(found.last_used_at) > IDLE {
                        return Err(AppError::Unauthenticated);
                    }
                    let caller = owner_of(tx, found.owner).await?.ok_or(AppError::Unauthenticated)?;
                    Ok((Authenticated { caller, session: found.id }, found.last_used_at))
                })
            })
            .await?;
        if activity == Activity::Active && now.since(last_used_at) >= TOUCH {
            let person = match &authenticated.caller {
                Caller::Agent(agent) => Some(agent.id),
                Caller::Client(_) => None,
            };
            self.store
                .write(move |tx| {
                    Box::pin(async move {
                        access_tokens::touch(tx, &hash, now).await?;
                        if let Some(id) = person {
                            agents::seen(tx, id, now).await?;
                        }
                        Ok::<_, AppError>(())
                    })
                })
                .await?;
        }
        Ok(authenticated)
    }
}

/// Somebody whose password and second factor were right.
pub(crate) struct Proved {
    pub(crate) agent: Agent,
    /// Whether they have signed in in this browser before.
    pub(crate) known: bool,
    /// Whether a recovery code was used up.
    pub(crate) recovery: bool,
}

/// Who a token speaks for, if they may still come in.
async fn owner_of(tx: &mut Tx<'_>, owner: TokenOwner) -> Result<Option<Caller>, StoreError> {
    match owner {
        TokenOwner::Agent(id) => Ok(agents::find_account(tx, id)
            .await?
            .filter(|(account, _)| account.disabled_at.is_none())
            .map(|(account, _)| Caller::Agent(account.agent))),
        TokenOwner::Client(id, scopes) => Ok(api_clients::find(tx, &id)
            .await?
            .filter(|(record, _)| record.revoked_at.is_none())
            .map(|(record, _)| {
                // Of what the client asked for, what it may still have.
                let scopes = scopes.and(record.client.scopes);
                Caller::Client(signet_domain::access::ApiClient { scopes, ..record.client })
            })),
    }
}

pub(crate) fn actor_of(agent: &Agent, context: &RequestContext) -> Actor {
    Actor::caller(&Caller::Agent(agent.clone()), context)
}
