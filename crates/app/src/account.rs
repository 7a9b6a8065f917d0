//! What people see and change of their own account: password, second factor, sessions.

use qrcodegen::{QrCode, QrCodeEcc};
use signet_domain::access::{Agent, Caller};
use signet_domain::audit::AuditKind;
use signet_domain::{AgentId, Timestamp};
use signet_store::access_tokens::{self, ListedToken};
use signet_store::{agents, second_factors};
use uuid::Uuid;

use crate::audit::record_about;
use crate::backoff::Origin;
use crate::people::check_password;
use crate::project_settings::check_name;
use crate::sign_in::actor_of;
use crate::{App, AppError, Authenticated, RequestContext, one_time_password, secrets};

/// What an authenticator app calls us.
const ISSUER: &str = "Signet";

/// A person with their session: who changes only what is theirs. Made of a caller who is a person.
#[derive(Debug, Clone)]
pub struct OwnAccount {
    agent: Agent,
    session: Uuid,
    context: RequestContext,
}

impl OwnAccount {
    /// The account of whoever calls; `None` for programs.
    pub fn of(authenticated: &Authenticated, context: &RequestContext) -> Option<Self> {
        match &authenticated.caller {
            Caller::Agent(agent) => {
                Some(Self { agent: agent.clone(), session: authenticated.session, context: context.clone() })
            }
            Caller::Client(_) => None,
        }
    }
}

/// A second factor that is being set up. Without `Debug`: it holds the secret.
pub struct SecondFactorSetup {
    /// The secret as a person can type it (RFC 4648 base 32).
    pub secret: String,
    /// The secret as an authenticator app reads it.
    pub uri: String,
    /// The same as a QR code: rows of dark (`true`) and light modules, without the quiet zone.
    pub modules: Vec<Vec<bool>>,
}

impl App {
    /// Whether the person signs in with a second factor since when, and how many recovery codes are left.
    pub async fn own_second_factor(&self, own: &OwnAccount) -> Result<Option<(Timestamp, i64)>, AppError> {
        let id = own.agent.id;
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    let factor = second_factors::find(tx, id).await?;
                    let Some(since) = factor.and_then(|factor| factor.confirmed_at) else { return Ok(None) };
                    Ok::<_, AppError>(Some((since, second_factors::count_codes(tx, id).await?)))
                })
            })
            .await
    }

    /// The person's sessions and tokens that are good, newest first.
    pub async fn own_sessions(&self, own: &OwnAccount) -> Result<Vec<ListedToken>, AppError> {
        let (id, now) = (own.agent.id, self.env.now());
        self.store.read(move |tx| Box::pin(async move { Ok(access_tokens::list(tx, id, now).await?) })).await
    }

    /// Ends one of the person's sessions. [`AppError::NotFound`] if there is no such one.
    pub async fn revoke_own_session(&self, own: &OwnAccount, session: Uuid) -> Result<(), AppError> {
        let agent = own.agent.clone();
        let event = actor_of(&agent, &own.context)
            .did(AuditKind::DeskSessionsRevoked, self.env.now())
            .to("SESSION", &session);
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    if !access_tokens::delete_one(tx, agent.id, session).await? {
                        return Err(AppError::NotFound);
                    }
                    record_about(tx, &event, &agent);
                    Ok(())
                })
            })
            .await
    }

    /// Ends all of the person's sessions but this one, and tells how many.
    pub async fn revoke_other_sessions(&self, own: &OwnAccount) -> Result<u64, AppError> {
        let (agent, session) = (own.agent.clone(), own.session);
        let event = actor_of(&agent, &own.context).did(AuditKind::DeskSessionsRevoked, self.env.now());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let ended = access_tokens::delete_of_agent(tx, agent.id, Some(session)).await?;
                    record_about(tx, &event.with("sessions", &ended), &agent);
                    Ok(ended)
                })
            })
            .await
    }

    /// Gives the person another name, which visitors see.
    pub async fn rename_oneself(&self, own: &OwnAccount, name: &str) -> Result<Agent, AppError> {
        check_name(name)?;
        let mut agent = own.agent.clone();
        name.trim().clone_into(&mut agent.name);
        let event = actor_of(&agent, &own.context)
            .did(AuditKind::UserChanged, self.env.now())
            .to("USER", &agent.id)
            .with("name", &agent.name);
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    agents::set_name(tx, agent.id, &agent.name).await?;
                    record_about(tx, &event, &agent);
                    Ok(agent)
                })
            })
            .await
    }

    /// Changes the person's password, and ends all other sessions. The present one must be given.
    pub async fn change_password(&self, own: &OwnAccount, present: &str, new: &str) -> Result<(), AppError> {
        self.prove_password(own, present).await?;
        check_password(new, &[&own.agent.email, &own.agent.name])?;
        let hash = secrets::hash_password(new.to_owned(), &self.env).await?;
        let (agent, session) = (own.agent.clone(), own.session);
        let event = actor_of(&agent, &own.context).did(AuditKind::PasswordChanged, self.env.now());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    agents::set_password(tx, agent.id, &hash).await?;
                    access_tokens::delete_of_agent(tx, agent.id, Some(session)).await?;
                    record_about(tx, &event, &agent);
                    Ok(())
                })
            })
            .await
    }

    /// Begins to set a second factor up. It is asked for once [`App::confirm_second_factor`] has seen a code of it.
    pub async fn begin_second_factor(
        &self,
        own: &OwnAccount,
        password: &str,
    ) -> Result<SecondFactorSetup, AppError> {
        self.prove_password(own, password).await?;
        let secret: one_time_password::Secret = self.env.random_bytes();
        let id = own.agent.id;
        let sealed = one_time_password::seal(&self.sealing_key, id, &secret)?;
        let begun = self
            .store
            .write(move |tx| {
                Box::pin(async move { Ok::<_, AppError>(second_factors::begin(tx, id, &sealed).await?) })
            })
            .await?;
        if !begun {
            return Err(AppError::Exists("second factor".to_owned()));
        }
        let uri = one_time_password::uri(&secret, ISSUER, &own.agent.email);
        let code = QrCode::encode_text(&uri, QrCodeEcc::Medium)
            .map_err(|error| AppError::Unavailable(Box::new(error)))?;
        let modules =
            (0..code.size()).map(|y| (0..code.size()).map(|x| code.get_module(x, y)).collect()).collect();
        Ok(SecondFactorSetup { secret: one_time_password::base32(&secret), uri, modules })
    }

    /// Asks for the second factor from now on, if the code is one of it, and answers the recovery codes, which cannot be read
    /// again. Ends all other sessions: they were opened without it.
    pub async fn confirm_second_factor(&self, own: &OwnAccount, code: &str) -> Result<Vec<String>, AppError> {
        let (codes, hashes) = one_time_password::recovery_codes(&self.env);
        let (agent, session, now, key) = (own.agent.clone(), own.session, self.env.now(), self.sealing_key);
        let (code, event) =
            (code.to_owned(), actor_of(&agent, &own.context).did(AuditKind::SecondFactorEnabled, now));
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let factor = second_factors::find(tx, agent.id).await?;
                    let factor =
                        factor.filter(|factor| factor.confirmed_at.is_none()).ok_or(AppError::NotFound)?;
                    let secret = one_time_password::open(&key, agent.id, &factor.secret)?;
                    let step = one_time_password::matching_step(&secret, &code, now)
                        .ok_or(AppError::SecondFactorInvalid)?;
                    second_factors::use_step(tx, agent.id, step).await?;
                    second_factors::confirm(tx, agent.id, now).await?;
                    second_factors::replace_codes(tx, agent.id, &hashes).await?;
                    access_tokens::delete_of_agent(tx, agent.id, Some(session)).await?;
                    record_about(tx, &event, &agent);
                    Ok::<_, AppError>(())
                })
            })
            .await?;
        Ok(codes)
    }

    /// Signs in without a second factor from now on.
    pub async fn disable_second_factor(&self, own: &OwnAccount, password: &str) -> Result<(), AppError> {
        self.prove_password(own, password).await?;
        let agent = own.agent.clone();
        let event = actor_of(&agent, &own.context).did(AuditKind::SecondFactorDisabled, self.env.now());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    second_factors::delete(tx, agent.id).await?;
                    record_about(tx, &event, &agent);
                    Ok(())
                })
            })
            .await
    }

    /// Makes new recovery codes, which cannot be read again; the old ones are no longer good.
    pub async fn renew_recovery_codes(
        &self,
        own: &OwnAccount,
        password: &str,
    ) -> Result<Vec<String>, AppError> {
        self.prove_password(own, password).await?;
        if self.own_second_factor(own).await?.is_none() {
            return Err(AppError::NotFound);
        }
        let (codes, hashes) = one_time_password::recovery_codes(&self.env);
        let agent = own.agent.clone();
        let event = actor_of(&agent, &own.context).did(AuditKind::RecoveryCodesRenewed, self.env.now());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    second_factors::replace_codes(tx, agent.id, &hashes).await?;
                    record_about(tx, &event, &agent);
                    Ok::<_, AppError>(())
                })
            })
            .await?;
        Ok(codes)
    }

    /// Whether whoever sits at a desk that is signed in knows its person's password. Guessing is held back as at the door.
    async fn prove_password(&self, own: &OwnAccount, password: &str) -> Result<(), AppError> {
        let (email, now) = (own.agent.email.as_str(), self.env.now());
        let origin = Origin::address(own.context.address);
        self.backoff
            .check(email, &origin, now)
            .map_err(|retry_after| AppError::RateLimited { retry_after })?;
        let id: AgentId = own.agent.id;
        let found = self
            .store
            .read(move |tx| Box::pin(async move { Ok::<_, AppError>(agents::find_account(tx, id).await?) }))
            .await?;
        let hash = found.map(|(_, hash)| hash).filter(|hash| !hash.is_empty());
        if secrets::verify_password(password.to_owned(), hash).await? {
            self.backoff.accepted(email, &origin);
            return Ok(());
        }
        self.backoff.refused(email, &origin, now);
        Err(AppError::CredentialsInvalid)
    }
}
