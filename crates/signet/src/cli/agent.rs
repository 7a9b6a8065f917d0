//! `signet agent`: the people who answer visitors.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use signet_app::{Actor, NewAgent};
use signet_domain::{ProjectId, Role};

use crate::cli::output::{self, Record};
use crate::cli::storage::StorageArgs;
use crate::cli::{operator_name, password};

#[derive(Subcommand, Debug)]
pub(crate) enum AgentCommand {
    /// Create an agent or an administrator
    Create(CreateArgs),
}

#[derive(Args, Debug)]
pub(crate) struct CreateArgs {
    /// E-mail address to sign in with
    #[arg(long)]
    email: String,
    /// The name that visitors see
    #[arg(long)]
    name: String,
    /// Site id of a project to work in; may be repeated
    #[arg(long = "project", value_name = "ID", required = true)]
    projects: Vec<ProjectId>,
    /// owner, administrator, supervisor, agent or auditor
    #[arg(long, default_value = "agent", value_parser = parse_role)]
    role: Role,
    /// File with the password, `-` for standard input [default: one is made and shown once]
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    #[command(flatten)]
    storage: StorageArgs,
}

fn parse_role(text: &str) -> Result<Role, String> {
    Role::parse(&text.to_ascii_uppercase())
        .ok_or_else(|| "one of owner, administrator, supervisor, agent, auditor".to_owned())
}

pub(crate) async fn run(command: AgentCommand) -> anyhow::Result<()> {
    let AgentCommand::Create(args) = command;
    let password = password::obtain(args.password_file.as_deref())?;
    let operator = args.storage.open().await?;
    let created = operator
        .app()
        .create_agent(
            NewAgent {
                email: args.email.clone(),
                name: args.name,
                password: password.text.to_string(),
                roles: args.projects.iter().map(|project| (project.clone(), args.role)).collect(),
            },
            &Actor::operator(&operator_name()),
        )
        .await;
    operator.close().await;
    let agent = created.with_context(|| format!("create the agent {}", args.email))?;
    let mut shown = Record::default()
        .with("id", agent.id.to_string())
        .with("email", agent.email)
        .with("name", agent.name)
        .with("role", args.role.as_str())
        .with("projects", args.projects.iter().map(ToString::to_string).collect::<Vec<_>>());
    if password.made {
        shown = shown.with("password", password.text.as_str());
    }
    output::record(shown, args.storage.json)?;
    if password.made && !args.storage.json {
        output::line("\nThe password cannot be shown again.")?;
    }
    Ok(())
}
