//! Writes about bots.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use signet_app::{AppError, BotChange, NewBot, NewBotSecret};
use signet_domain::{BotId, Scope};

use crate::call::Call;
use crate::model::BotNode;
use crate::mutation::WRITE_COST;
use crate::people_mutation::{About, refused};
use crate::scalars::Uuid;
use crate::user_error::UserError;

#[derive(InputObject)]
pub(crate) struct BotCreateInput {
    project_id: ID,
    /// The name visitors see.
    name: String,
    /// Where it is called, such as `https://bot.example/signet`: calls go to paths below.
    address: String,
    /// Whether it answers new conversations from now on.
    #[graphql(default = true)]
    enabled: bool,
}

/// What is left out stays.
#[derive(InputObject)]
pub(crate) struct BotUpdateInput {
    project_id: ID,
    bot_id: Uuid,
    name: Option<String>,
    address: Option<String>,
    /// A bot that is switched off is not called any more; what it was answering goes to the agents.
    enabled: Option<bool>,
}

#[derive(InputObject)]
pub(crate) struct BotSecretRotateInput {
    project_id: ID,
    bot_id: Uuid,
}

#[derive(InputObject)]
pub(crate) struct BotRemoveInput {
    project_id: ID,
    bot_id: Uuid,
}

#[derive(SimpleObject)]
pub(crate) struct BotUpdatePayload {
    bot: Option<BotNode>,
    user_errors: Vec<UserError>,
}

#[derive(SimpleObject)]
pub(crate) struct BotRemovePayload {
    bot: Option<BotNode>,
    user_errors: Vec<UserError>,
}

#[derive(SimpleObject)]
pub(crate) struct BotCreatePayload {
    bot: Option<BotNode>,
    /// Calls are signed with it. Shown once.
    secret: Option<String>,
    user_errors: Vec<UserError>,
}

#[derive(SimpleObject)]
pub(crate) struct BotSecretRotatePayload {
    bot: Option<BotNode>,
    /// Calls are signed with it from now on. Shown once.
    secret: Option<String>,
    user_errors: Vec<UserError>,
}

/// A thing and its secret, or what is wrong.
type Parts = (Option<BotNode>, Option<String>, Vec<UserError>);

fn parts(call: &Call, done: Result<NewBotSecret, AppError>, about: About) -> Result<Parts> {
    Ok(match done {
        Ok(made) => (Some(BotNode(made.bot)), Some(made.secret), Vec::new()),
        Err(error) => (None, None, vec![refused(call, &error, about)?]),
    })
}

const PROJECT: About = ("projectId", "project");
const BOT: About = ("botId", "bot");

#[derive(Default)]
pub(crate) struct BotMutation;

#[Object]
impl BotMutation {
    /// Registers a bot. Its secret is shown once.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn bot_create(&self, ctx: &Context<'_>, input: BotCreateInput) -> Result<BotCreatePayload> {
        let call = Call::of(ctx)?;
        let access = call.require(&input.project_id, Scope::UsersWrite)?;
        let new = NewBot { name: input.name, address: input.address, enabled: input.enabled };
        let done = call.app.create_bot(&access, new, &call.actor()).await;
        let (bot, secret, user_errors) = parts(call, done, PROJECT)?;
        Ok(BotCreatePayload { bot, secret, user_errors })
    }

    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn bot_update(&self, ctx: &Context<'_>, input: BotUpdateInput) -> Result<BotUpdatePayload> {
        let call = Call::of(ctx)?;
        let access = call.require(&input.project_id, Scope::UsersWrite)?;
        let change = BotChange { name: input.name, address: input.address, enabled: input.enabled };
        let done =
            call.app.update_bot(&access, BotId::from_uuid(input.bot_id.0), change, &call.actor()).await;
        Ok(match done {
            Ok(bot) => BotUpdatePayload { bot: Some(BotNode(bot)), user_errors: Vec::new() },
            Err(error) => BotUpdatePayload { bot: None, user_errors: vec![refused(call, &error, BOT)?] },
        })
    }

    /// Gives a bot a new secret, shown once. The next call is signed with it.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn bot_secret_rotate(
        &self,
        ctx: &Context<'_>,
        input: BotSecretRotateInput,
    ) -> Result<BotSecretRotatePayload> {
        let call = Call::of(ctx)?;
        let access = call.require(&input.project_id, Scope::UsersWrite)?;
        let id = BotId::from_uuid(input.bot_id.0);
        let done = call.app.rotate_bot_secret(&access, id, &call.actor()).await;
        let (bot, secret, user_errors) = parts(call, done, BOT)?;
        Ok(BotSecretRotatePayload { bot, secret, user_errors })
    }

    /// Removes a bot. What it was answering goes to the agents.
    #[graphql(complexity = "WRITE_COST + child_complexity")]
    async fn bot_remove(&self, ctx: &Context<'_>, input: BotRemoveInput) -> Result<BotRemovePayload> {
        let call = Call::of(ctx)?;
        let access = call.require(&input.project_id, Scope::UsersWrite)?;
        let id = BotId::from_uuid(input.bot_id.0);
        let done = call.app.remove_bot(&access, id, &call.actor()).await;
        Ok(match done {
            Ok(bot) => BotRemovePayload { bot: Some(BotNode(bot)), user_errors: Vec::new() },
            Err(error) => BotRemovePayload { bot: None, user_errors: vec![refused(call, &error, BOT)?] },
        })
    }
}
