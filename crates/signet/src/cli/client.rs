//! `signet client`: programs that call the API.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use signet_app::{Actor, NewApiClient};
use signet_domain::{ProjectId, Scope, Scopes};

use crate::cli::operator_name;
use crate::cli::output::{self, Record};
use crate::cli::storage::StorageArgs;

#[derive(Subcommand, Debug)]
pub(crate) enum ClientCommand {
    /// Create an API client for the client_credentials grant; its secret is shown once
    Create(CreateArgs),
}

#[derive(Args, Debug)]
pub(crate) struct CreateArgs {
    /// What people call it
    #[arg(long)]
    name: String,
    /// Site id
    #[arg(long)]
    project: ProjectId,
    /// The most it may ask for; may be repeated [default: what integrations need: all about visitors and conversations but
    /// erasing them, and no administration]
    #[arg(long = "scope", value_name = "SCOPE", value_parser = parse_scope)]
    scopes: Vec<Scope>,
    #[command(flatten)]
    storage: StorageArgs,
}

fn parse_scope(text: &str) -> Result<Scope, String> {
    Scope::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or_else(|| {
        let names: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
        format!("one of {}", names.join(", "))
    })
}

pub(crate) async fn run(command: ClientCommand) -> anyhow::Result<()> {
    let ClientCommand::Create(args) = command;
    let scopes = if args.scopes.is_empty() {
        Scopes::INTEGRATION
    } else {
        args.scopes.iter().fold(Scopes::NONE, |set, scope| set.with(*scope))
    };
    let operator = args.storage.open().await?;
    let created = operator
        .app()
        .create_api_client(
            NewApiClient { name: args.name, project_id: args.project, scopes },
            &Actor::operator(&operator_name()),
        )
        .await;
    operator.close().await;
    let (client, secret) = created.context("create the API client")?;
    output::record(
        Record::default()
            .with("id", client.id)
            .with("name", client.name)
            .with("projectId", client.project_id.as_str())
            .with("scope", scopes.to_string())
            .with("secret", secret),
        args.storage.json,
    )?;
    if !args.storage.json {
        output::line("\nThe secret cannot be shown again.")?;
    }
    Ok(())
}
