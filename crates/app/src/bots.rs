//! The bots of a project: who they are, where they are called, and the secret that calls are signed with.

use signet_domain::access::{ProjectAccess, Scope};
use signet_domain::audit::AuditKind;
use signet_domain::{Bot, BotId, ProjectId};
use signet_outbound::FetchError;
use signet_store::{Tx, audit_events, bots, projects};

use crate::project_settings::check_name;
use crate::{Actor, App, AppError, sealing, secrets};

/// A bot to be registered.
#[derive(Debug, Clone)]
pub struct NewBot {
    /// The name visitors see.
    pub name: String,
    /// Where it is called: calls go to paths below.
    pub address: String,
    /// Whether it answers new conversations from now on.
    pub enabled: bool,
}

/// What to change of a bot. What is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct BotChange {
    /// The name visitors see.
    pub name: Option<String>,
    /// Where it is called.
    pub address: Option<String>,
    /// Whether it is called at all.
    pub enabled: Option<bool>,
}

/// A bot and its new secret, which cannot be read again. Without `Debug`: it holds the secret.
pub struct NewBotSecret {
    /// Which.
    pub bot: Bot,
    /// 256 bits, with a prefix that scanners of leaked secrets can recognise.
    pub secret: String,
}

impl App {
    /// The project's bots, oldest first.
    pub async fn bots(&self, access: &ProjectAccess) -> Result<Vec<Bot>, AppError> {
        debug_assert_eq!(access.scope(), Scope::UsersRead);
        self.bots_of(access.project_id()).await
    }

    /// The same for whoever has the database in hand.
    pub async fn bots_of(&self, project_id: &ProjectId) -> Result<Vec<Bot>, AppError> {
        let project_id = project_id.clone();
        self.store.read(move |tx| Box::pin(async move { Ok(bots::list(tx, &project_id).await?) })).await
    }

    /// Registers a bot.
    pub async fn create_bot(
        &self,
        access: &ProjectAccess,
        new: NewBot,
        actor: &Actor,
    ) -> Result<NewBotSecret, AppError> {
        debug_assert_eq!(access.scope(), Scope::UsersWrite);
        self.create_bot_of(access.project_id(), new, actor).await
    }

    /// The same for whoever has the database in hand.
    pub async fn create_bot_of(
        &self,
        project_id: &ProjectId,
        new: NewBot,
        actor: &Actor,
    ) -> Result<NewBotSecret, AppError> {
        check_name(&new.name)?;
        let bot = Bot {
            id: BotId::generate(&self.env),
            project_id: project_id.clone(),
            name: new.name.trim().to_owned(),
            address: self.check_bot_address(&new.address)?,
            enabled: new.enabled,
            created_at: self.env.now(),
        };
        let (secret, _) = secrets::generate("sgb", &self.env);
        let sealed = seal(&self.sealing_key, bot.id, &secret)?;
        let event = described(actor, AuditKind::BotCreated, &bot, bot.created_at);
        let stored = bot.clone();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    projects::find(tx, &stored.project_id).await?.ok_or(AppError::NotFound)?;
                    bots::insert(tx, &stored, &sealed).await?;
                    audit_events::record(tx, event);
                    Ok::<_, AppError>(())
                })
            })
            .await?;
        Ok(NewBotSecret { bot, secret })
    }

    /// Changes a bot. One that is switched off is not called any more: conversations that it answers go to the agents as soon as there
    /// is something to tell it.
    pub async fn update_bot(
        &self,
        access: &ProjectAccess,
        id: BotId,
        change: BotChange,
        actor: &Actor,
    ) -> Result<Bot, AppError> {
        debug_assert_eq!(access.scope(), Scope::UsersWrite);
        if let Some(name) = &change.name {
            check_name(name)?;
        }
        let address = change.address.map(|address| self.check_bot_address(&address)).transpose()?;
        let (project_id, now, actor) = (access.project_id().clone(), self.env.now(), actor.clone());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let mut bot = found(tx, &project_id, id).await?;
                    if let Some(name) = change.name {
                        name.trim().clone_into(&mut bot.name);
                    }
                    bot.address = address.unwrap_or(bot.address);
                    bot.enabled = change.enabled.unwrap_or(bot.enabled);
                    bots::update(tx, &bot).await?;
                    audit_events::record(tx, described(&actor, AuditKind::BotChanged, &bot, now));
                    Ok(bot)
                })
            })
            .await
    }

    /// Gives a bot a new secret; from the next call on it is what calls are signed with.
    pub async fn rotate_bot_secret(
        &self,
        access: &ProjectAccess,
        id: BotId,
        actor: &Actor,
    ) -> Result<NewBotSecret, AppError> {
        debug_assert_eq!(access.scope(), Scope::UsersWrite);
        let (secret, _) = secrets::generate("sgb", &self.env);
        let sealed = seal(&self.sealing_key, id, &secret)?;
        let project_id = access.project_id().clone();
        let event = actor.did(AuditKind::BotSecretRotated, self.env.now()).in_project(&project_id);
        let bot = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let bot = found(tx, &project_id, id).await?;
                    bots::set_secret(tx, id, &sealed).await?;
                    audit_events::record(tx, event.to("BOT", &id).with("name", &bot.name));
                    Ok::<_, AppError>(bot)
                })
            })
            .await?;
        Ok(NewBotSecret { bot, secret })
    }

    /// Removes a bot. Conversations that it answers go to the agents as soon as there is something to tell it.
    pub async fn remove_bot(
        &self,
        access: &ProjectAccess,
        id: BotId,
        actor: &Actor,
    ) -> Result<Bot, AppError> {
        debug_assert_eq!(access.scope(), Scope::UsersWrite);
        self.remove_bot_of(access.project_id(), id, actor).await
    }

    /// The same for whoever has the database in hand.
    pub async fn remove_bot_of(
        &self,
        project_id: &ProjectId,
        id: BotId,
        actor: &Actor,
    ) -> Result<Bot, AppError> {
        let (project_id, now) = (project_id.clone(), self.env.now());
        let event = actor.did(AuditKind::BotRemoved, now).in_project(&project_id);
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let bot = found(tx, &project_id, id).await?;
                    bots::remove(tx, id, now).await?;
                    audit_events::record(tx, event.to("BOT", &id).with("name", &bot.name));
                    Ok(bot)
                })
            })
            .await
    }

    /// An address as it is stored: without a slash at its end, so that paths can follow.
    fn check_bot_address(&self, address: &str) -> Result<String, AppError> {
        let refused =
            |error: FetchError| AppError::Invalid { code: error.code(), message: error.to_string() };
        self.outbound.check(address).map_err(refused)?;
        if address.contains('?') {
            let message = "the address of a bot has no query".to_owned();
            return Err(AppError::Invalid { code: FetchError::AddressInvalid.code(), message });
        }
        Ok(address.trim_end_matches('/').to_owned())
    }
}

/// A bot of the project; to it, no other exists.
async fn found(tx: &mut Tx<'_>, project_id: &ProjectId, id: BotId) -> Result<Bot, AppError> {
    let found = bots::find(tx, id).await?.map(|(bot, _)| bot);
    found.filter(|bot| bot.project_id == *project_id).ok_or(AppError::NotFound)
}

fn described(
    actor: &Actor,
    kind: AuditKind,
    bot: &Bot,
    at: signet_domain::Timestamp,
) -> signet_domain::AuditEvent {
    let event = actor.did(kind, at).in_project(&bot.project_id).to("BOT", &bot.id);
    event.with("name", &bot.name).with("address", &bot.address).with("enabled", &bot.enabled)
}

/// Encrypts a bot's secret for storage, bound to the bot.
fn seal(key: &[u8; 32], id: BotId, secret: &str) -> Result<Vec<u8>, AppError> {
    sealing::seal(key, &owner(id), secret.as_bytes())
}

/// Decrypts a bot's secret.
pub(crate) fn open(key: &[u8; 32], id: BotId, sealed: &[u8]) -> Result<Vec<u8>, AppError> {
    sealing::open(key, &owner(id), sealed)
}

/// Whose a secret is. Longer than the id of a person alone, which secrets of second factors are bound to.
fn owner(id: BotId) -> Vec<u8> {
    [b"bot ", &id.as_uuid().as_bytes()[..]].concat()
}
