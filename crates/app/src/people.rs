//! Administration of people: who they are, in which projects, with which role, and the one-time links with which they choose
//! a password.

use std::time::Duration;

use signet_domain::access::{Agent, Caller, ProjectAccess, Role, Scope};
use signet_domain::audit::AuditKind;
use signet_domain::{AgentId, ProjectId, limits, password};
use signet_store::agents::Account;
use signet_store::{Page, PageRequest, Tx, access_tokens, agents, groups, invitations, second_factors};

use crate::audit::{about, record_about};
use crate::project_settings::check_name;
use crate::sign_in::Proved;
use crate::{Actor, App, AppError, DeskSession, RequestContext, secrets};

/// How long a one-time link is good.
const LINK: Duration = Duration::from_hours(24 * 3);

/// Somebody to invite. Without `Debug`: names and addresses stand in no log.
#[derive(Clone)]
pub struct NewUser {
    /// Sign-in name.
    pub email: String,
    /// The name visitors see.
    pub name: String,
    /// Their role in the project.
    pub role: Role,
}

/// Somebody who was invited. Without `Debug`: the link is a secret.
pub struct Invited {
    /// Who.
    pub account: Account,
    /// With which they choose a password; `None` for somebody who has one already.
    pub link: Option<String>,
}

/// Whom a one-time link is for. Without `Debug`, as [`NewUser`].
#[derive(Clone, PartialEq, Eq)]
pub struct Invitee {
    /// `None` for the first owner of the platform, who says it.
    pub email: Option<String>,
    /// The same.
    pub name: Option<String>,
}

/// What somebody answers a one-time link with. Without `Debug`: it holds a password.
pub struct Acceptance<'a> {
    /// The link's secret.
    pub token: &'a str,
    /// The password they chose.
    pub password: &'a str,
    /// Of the first owner.
    pub email: Option<&'a str>,
    /// Of the first owner.
    pub name: Option<&'a str>,
    /// What the browser calls itself.
    pub user_agent: Option<&'a str>,
}

impl App {
    /// The people with a role in the project, first come first.
    pub async fn users(&self, access: &ProjectAccess, page: &PageRequest) -> Result<Page<Account>, AppError> {
        debug_assert_eq!(access.scope(), Scope::UsersRead);
        let (project_id, page) = (access.project_id().clone(), page.clone());
        self.store
            .read(move |tx| Box::pin(async move { Ok(agents::list(tx, &project_id, &page).await?) }))
            .await
    }

    /// One of them.
    pub async fn user(&self, access: &ProjectAccess, id: AgentId) -> Result<Account, AppError> {
        debug_assert_eq!(access.scope(), Scope::UsersRead);
        let project_id = access.project_id().clone();
        self.store.read(move |tx| Box::pin(async move { member(tx, &project_id, id).await })).await
    }

    /// Gives somebody a role in the project. Who is new gets a one-time link; who is known elsewhere on the platform keeps
    /// name and password.
    pub async fn invite_user(
        &self,
        access: &ProjectAccess,
        user: NewUser,
        actor: &Actor,
    ) -> Result<Invited, AppError> {
        debug_assert_eq!(access.scope(), Scope::UsersWrite);
        check_email(&user.email)?;
        check_name(&user.name)?;
        may_assign(access.caller(), access.project_id(), user.role)?;
        let project_id = access.project_id().clone();
        let now = self.env.now();
        let fresh = Agent {
            id: AgentId::generate(&self.env),
            email: user.email.trim().to_lowercase(),
            name: user.name.trim().to_owned(),
            platform_owner: false,
            roles: vec![(project_id.clone(), user.role)],
        };
        let (secret, hash) = secrets::generate("sgi", &self.env);
        let event = actor.did(AuditKind::UserInvited, now).in_project(&project_id);
        let (account, new) = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let known = agents::find_by_email(tx, &fresh.email).await?;
                    let (id, new) = match known {
                        Some((account, _)) => {
                            if account.agent.role_in(&project_id).is_some() {
                                return Err(AppError::Exists("user".to_owned()));
                            }
                            agents::grant(tx, account.agent.id, &project_id, user.role).await?;
                            (account.agent.id, false)
                        }
                        None => {
                            agents::insert(tx, &fresh, "", now).await?;
                            invitations::replace(tx, &hash, Some(fresh.id), now, now.after(LINK)).await?;
                            (fresh.id, true)
                        }
                    };
                    let event = event.to("USER", &id).with("email", &fresh.email);
                    signet_store::audit_events::record(tx, event.with("role", &user.role.as_str()));
                    Ok((member(tx, &project_id, id).await?, new))
                })
            })
            .await?;
        Ok(Invited { account, link: new.then(|| self.link(&secret)) })
    }

    /// Makes a new one-time link, for somebody whose link was lost or who forgot their password. The old password stays good
    /// until the link is used. Only for who may administrate all of that person's projects: the link opens them all.
    pub async fn renew_invitation(
        &self,
        access: &ProjectAccess,
        id: AgentId,
        actor: &Actor,
    ) -> Result<Invited, AppError> {
        let (secret, hash) = secrets::generate("sgi", &self.env);
        let now = self.env.now();
        let event = actor.did(AuditKind::UserInvited, now).to("USER", &id);
        let account = self
            .govern(access, id, move |tx, account| {
                Box::pin(async move {
                    invitations::replace(tx, &hash, Some(id), now, now.after(LINK)).await?;
                    record_about(tx, &event, &account.agent);
                    Ok(())
                })
            })
            .await?;
        Ok(Invited { account, link: Some(self.link(&secret)) })
    }

    /// Forbids somebody to sign in, and ends their sessions; or allows it again.
    pub async fn set_user_disabled(
        &self,
        access: &ProjectAccess,
        id: AgentId,
        disabled: bool,
        actor: &Actor,
    ) -> Result<Account, AppError> {
        let now = self.env.now();
        let kind = if disabled { AuditKind::UserDisabled } else { AuditKind::UserEnabled };
        let event = actor.did(kind, now).to("USER", &id);
        self.govern(access, id, move |tx, account| {
            Box::pin(async move {
                agents::set_disabled(tx, id, disabled.then_some(now)).await?;
                if disabled {
                    access_tokens::delete_of_agent(tx, id, None).await?;
                    invitations::delete(tx, Some(id)).await?;
                }
                record_about(tx, &event, &account.agent);
                Ok(())
            })
        })
        .await
    }

    /// Gives somebody another name. It is the one visitors see, in all of their projects.
    pub async fn rename_user(
        &self,
        access: &ProjectAccess,
        id: AgentId,
        name: &str,
        actor: &Actor,
    ) -> Result<Account, AppError> {
        check_name(name)?;
        let name = name.trim().to_owned();
        let event = actor.did(AuditKind::UserChanged, self.env.now()).to("USER", &id);
        self.govern(access, id, move |tx, account| {
            Box::pin(async move {
                agents::set_name(tx, id, &name).await?;
                record_about(tx, &event.with("name", &name), &account.agent);
                Ok(())
            })
        })
        .await
    }

    /// Takes somebody's second factor away, and ends their sessions.
    pub async fn reset_second_factor(
        &self,
        access: &ProjectAccess,
        id: AgentId,
        actor: &Actor,
    ) -> Result<Account, AppError> {
        let event = actor.did(AuditKind::SecondFactorDisabled, self.env.now()).to("USER", &id);
        self.govern(access, id, move |tx, account| {
            Box::pin(async move {
                second_factors::delete(tx, id).await?;
                access_tokens::delete_of_agent(tx, id, None).await?;
                record_about(tx, &event, &account.agent);
                Ok(())
            })
        })
        .await
    }

    /// Gives somebody another role in the project, or with `None` takes them out of it. Nobody changes their own, so that
    /// somebody with the right to is always left.
    pub async fn set_user_role(
        &self,
        access: &ProjectAccess,
        id: AgentId,
        role: Option<Role>,
        actor: &Actor,
    ) -> Result<Account, AppError> {
        debug_assert_eq!(access.scope(), Scope::UsersWrite);
        let (caller, project_id) = (access.caller().clone(), access.project_id().clone());
        if let Some(role) = role {
            may_assign(&caller, &project_id, role)?;
        }
        let event =
            actor.did(AuditKind::UserRolesChanged, self.env.now()).in_project(&project_id).to("USER", &id);
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let mut account = member(tx, &project_id, id).await?;
                    not_oneself(&caller, id)?;
                    let before = account.agent.role_in(&project_id).ok_or(AppError::NotFound)?;
                    if account.agent.platform_owner {
                        return Err(AppError::PermissionDenied);
                    }
                    may_assign(&caller, &project_id, before)?;
                    agents::set_role(tx, id, &project_id, role).await?;
                    if role.is_none() {
                        groups::leave(tx, &project_id, id).await?;
                    }
                    let after = role.map_or("NONE", Role::as_str);
                    let event = event.with("from", &before.as_str()).with("to", &after);
                    signet_store::audit_events::record(tx, event);
                    account.agent.roles.retain(|(project, _)| *project != project_id);
                    account.agent.roles.extend(role.map(|role| (project_id, role)));
                    Ok(account)
                })
            })
            .await
    }

    /// Changes somebody as a whole, which concerns all their projects: whoever does must be able to administrate them in each.
    async fn govern<F>(&self, access: &ProjectAccess, id: AgentId, change: F) -> Result<Account, AppError>
    where
        F: for<'t> FnOnce(&'t mut Tx<'_>, Account) -> signet_store::Work<'t, Result<(), AppError>>
            + Send
            + 'static,
    {
        debug_assert_eq!(access.scope(), Scope::UsersWrite);
        let (caller, project_id) = (access.caller().clone(), access.project_id().clone());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let account = member(tx, &project_id, id).await?;
                    not_oneself(&caller, id)?;
                    if account.agent.platform_owner && !caller.owns_platform() {
                        return Err(AppError::PermissionDenied);
                    }
                    for (project, role) in &account.agent.roles {
                        may_assign(&caller, project, *role)?;
                    }
                    change(tx, account).await?;
                    member(tx, &project_id, id).await
                })
            })
            .await
    }

    fn link(&self, secret: &str) -> String {
        // After the #, so that it is in no log and no referrer.
        format!("{}/desk/welcome#{secret}", self.public_url)
    }

    /// A one-time link for the first owner, if there is nobody on the platform yet; the one before is no longer good.
    pub async fn first_owner_link(&self) -> Result<Option<String>, AppError> {
        let (secret, hash) = secrets::generate("sgi", &self.env);
        let now = self.env.now();
        let wanted = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    if agents::any(tx).await? {
                        return Ok(false);
                    }
                    invitations::replace(tx, &hash, None, now, now.after(LINK)).await?;
                    Ok::<_, AppError>(true)
                })
            })
            .await?;
        Ok(wanted.then(|| self.link(&secret)))
    }

    /// Whom a one-time link is for. [`AppError::NotFound`] if it was used, replaced or has passed its time.
    pub async fn invitee(&self, token: &str, context: &RequestContext) -> Result<Invitee, AppError> {
        self.limits.sign_in("", context.address)?;
        let (hash, now) = (secrets::hash(token), self.env.now());
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    match invitations::find(tx, &hash, now).await?.ok_or(AppError::NotFound)? {
                        None => Ok(Invitee { email: None, name: None }),
                        Some(id) => {
                            let agent = agents::find(tx, id).await?.ok_or(AppError::NotFound)?;
                            Ok(Invitee { email: Some(agent.email), name: Some(agent.name) })
                        }
                    }
                })
            })
            .await
    }

    /// Chooses a password with a one-time link, which is used up, and signs in. All other sessions end. Who has a second factor keeps
    /// it, and signs in with it afterwards: `None`.
    pub async fn accept_invitation(
        &self,
        acceptance: Acceptance<'_>,
        context: &RequestContext,
    ) -> Result<Option<DeskSession>, AppError> {
        let invitee = self.invitee(acceptance.token, context).await?;
        let owner = invitee.email.is_none();
        let said = |known: Option<String>, said: Option<&str>| {
            known.unwrap_or_else(|| said.unwrap_or_default().trim().to_owned())
        };
        let email = said(invitee.email, acceptance.email).to_lowercase();
        let name = said(invitee.name, acceptance.name);
        check_email(&email)?;
        check_name(&name)?;
        check_password(acceptance.password, &[&email, &name])?;
        let password_hash = secrets::hash_password(acceptance.password.to_owned(), &self.env).await?;
        let (hash, now) = (secrets::hash(acceptance.token), self.env.now());
        let first =
            Agent { id: AgentId::generate(&self.env), email, name, platform_owner: true, roles: Vec::new() };
        let account = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    // Looked at again: of two who use the link at once, one is late.
                    let id = match invitations::find(tx, &hash, now).await?.ok_or(AppError::NotFound)? {
                        Some(id) => {
                            agents::set_password(tx, id, &password_hash).await?;
                            access_tokens::delete_of_agent(tx, id, None).await?;
                            id
                        }
                        None if owner && !agents::any(tx).await? => {
                            agents::insert(tx, &first, &password_hash, now).await?;
                            first.id
                        }
                        None => return Err(AppError::NotFound),
                    };
                    invitations::delete(tx, (!owner).then_some(id)).await?;
                    let account = agents::find_account(tx, id).await?.ok_or(AppError::NotFound)?.0;
                    if account.disabled_at.is_some() { Err(AppError::NotFound) } else { Ok(account) }
                })
            })
            .await?;
        let (agent, kind) = (account.agent.clone(), AuditKind::InvitationAccepted);
        if account.has_second_factor {
            let event = crate::sign_in::actor_of(&agent, context).did(kind, now);
            self.record_later(about(&event, &agent));
            return Ok(None);
        }
        let proved = Proved { agent, known: false, recovery: false };
        self.open_desk(proved, acceptance.user_agent, context, kind).await.map(Some)
    }
}

/// Somebody with a role in the project; to it, nobody else exists.
async fn member(tx: &mut Tx<'_>, project_id: &ProjectId, id: AgentId) -> Result<Account, AppError> {
    let found = agents::find_account(tx, id).await?.map(|(account, _)| account);
    found.filter(|account| account.agent.role_in(project_id).is_some()).ok_or(AppError::NotFound)
}

fn not_oneself(caller: &Caller, id: AgentId) -> Result<(), AppError> {
    match caller {
        Caller::Agent(agent) if agent.id == id => Err(AppError::PermissionDenied),
        _ => Ok(()),
    }
}

/// Whether the caller may give or take a role in a project.
fn may_assign(caller: &Caller, project_id: &ProjectId, role: Role) -> Result<(), AppError> {
    let may = match caller {
        Caller::Agent(agent) => agent.role_in(project_id).is_some_and(|own| own.may_assign(role)),
        // A program acts as an administrator would.
        Caller::Client(_) => {
            caller.scopes_in(project_id).contains(Scope::UsersWrite) && Role::Administrator.may_assign(role)
        }
    };
    if may { Ok(()) } else { Err(AppError::PermissionDenied) }
}

pub(crate) fn check_email(email: &str) -> Result<(), AppError> {
    let email = email.trim();
    let looks_like_an_address = email.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && !host.is_empty() && !email.contains(|c: char| c.is_whitespace() || c.is_control())
    });
    if looks_like_an_address && email.chars().count() <= limits::NAME_CHARACTERS {
        return Ok(());
    }
    Err(AppError::Invalid { code: "EMAIL_INVALID", message: "the e-mail address is not valid".into() })
}

pub(crate) fn check_password(text: &str, personal: &[&str]) -> Result<(), AppError> {
    password::check(text, personal)
        .map_err(|fault| AppError::Invalid { code: fault.code(), message: fault.to_string() })
}
