//! `signet bot`: programs that answer visitors before people do.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use signet_app::{Actor, App, NewBot};
use signet_domain::{Bot, BotId, ProjectId};

use crate::cli::operator_name;
use crate::cli::output::{self, Record};
use crate::cli::storage::StorageArgs;

#[derive(Subcommand, Debug)]
pub(crate) enum BotCommand {
    /// Register a bot; the secret that calls to it are signed with is shown once
    Create(CreateArgs),
    /// List a project's bots, the one that answers new conversations first
    List(ListArgs),
    /// Remove a bot: what it was answering goes to the agents
    Remove(RemoveArgs),
}

#[derive(Args, Debug)]
pub(crate) struct CreateArgs {
    /// Site id
    #[arg(long)]
    project: ProjectId,
    /// The name visitors see
    #[arg(long)]
    name: String,
    /// Where it is called, such as https://bot.example/signet
    #[arg(long, value_name = "URL")]
    address: String,
    /// Register it without letting it answer
    #[arg(long)]
    disabled: bool,
    #[command(flatten)]
    storage: StorageArgs,
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// Site id
    #[arg(long)]
    project: ProjectId,
    #[command(flatten)]
    storage: StorageArgs,
}

#[derive(Args, Debug)]
pub(crate) struct RemoveArgs {
    /// Its id
    id: BotId,
    /// Site id
    #[arg(long)]
    project: ProjectId,
    #[command(flatten)]
    storage: StorageArgs,
}

pub(crate) async fn run(command: BotCommand) -> anyhow::Result<()> {
    match command {
        BotCommand::Create(args) => create(args).await,
        BotCommand::List(args) => list(args).await,
        BotCommand::Remove(args) => remove(args).await,
    }
}

async fn create(args: CreateArgs) -> anyhow::Result<()> {
    let new = NewBot { name: args.name, address: args.address, enabled: !args.disabled };
    // Its secret is encrypted with a key from the keystore.
    let made = args
        .storage
        .with_keys(async |app| {
            let made = app.create_bot_of(&args.project, new, &Actor::operator(&operator_name())).await;
            made.context("register the bot")
        })
        .await?;
    output::record(record(&made.bot).with("secret", made.secret), args.storage.json)?;
    if !args.storage.json {
        output::line("\nThe secret cannot be shown again.")?;
    }
    Ok(())
}

async fn list(args: ListArgs) -> anyhow::Result<()> {
    let list = async |app: &App| app.bots_of(&args.project).await.context("list the bots");
    let bots = args.storage.with_app(list).await?;
    output::records(bots.iter().map(record).collect(), args.storage.json)
}

async fn remove(args: RemoveArgs) -> anyhow::Result<()> {
    let actor = Actor::operator(&operator_name());
    let remove =
        async |app: &App| app.remove_bot_of(&args.project, args.id, &actor).await.context("remove the bot");
    output::record(record(&args.storage.with_app(remove).await?), args.storage.json)
}

fn record(bot: &Bot) -> Record {
    Record::default()
        .with("id", bot.id.to_string())
        .with("name", bot.name.as_str())
        .with("projectId", bot.project_id.as_str())
        .with("address", bot.address.as_str())
        .with("enabled", bot.enabled)
}
