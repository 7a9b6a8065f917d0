//! `signet visitor` and `signet conversation`: what is kept of a person, handed over and erased (docs/data.md).

use std::io::Write as _;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use signet_app::{Actor, DataAsker};
use signet_domain::{ConversationId, ProjectId, VisitorId};

use crate::cli::operator_name;
use crate::cli::output::{self, Record};
use crate::cli::storage::StorageArgs;
use crate::platform::Operator;

#[derive(Subcommand, Debug)]
pub(crate) enum VisitorCommand {
    /// Print everything about a visitor as one JSON document
    Export(VisitorArgs),
    /// Take everything that names a visitor out of the database, for good
    Anonymize(VisitorArgs),
}

#[derive(Subcommand, Debug)]
pub(crate) enum ConversationCommand {
    /// Delete all messages of a closed conversation, for good; its times and scores stay
    Anonymize(ConversationArgs),
}

#[derive(Args, Debug)]
pub(crate) struct VisitorArgs {
    /// The visitor's id, as the desk and GraphQL have it
    #[arg(required_unless_present = "user_id", conflicts_with = "user_id")]
    id: Option<VisitorId>,
    /// The brand's own id of the person, instead of the visitor's
    #[arg(long, value_name = "USER", requires = "project")]
    user_id: Option<String>,
    /// Site id, with --user-id
    #[arg(long, value_name = "ID", requires = "user_id")]
    project: Option<ProjectId>,
    #[command(flatten)]
    storage: StorageArgs,
}

#[derive(Args, Debug)]
pub(crate) struct ConversationArgs {
    /// The conversation's id
    id: ConversationId,
    #[command(flatten)]
    storage: StorageArgs,
}

pub(crate) async fn run(command: VisitorCommand) -> anyhow::Result<()> {
    match command {
        VisitorCommand::Export(args) => export(args).await,
        VisitorCommand::Anonymize(args) => anonymize(args).await,
    }
}

async fn export(args: VisitorArgs) -> anyhow::Result<()> {
    let operator = args.storage.open().await?;
    let exported = write_export(&operator, &args).await;
    operator.close().await;
    exported
}

/// Part by part: a person may have written more than fits into memory.
async fn write_export(operator: &Operator, args: &VisitorArgs) -> anyhow::Result<()> {
    let id = find(operator, args).await?;
    let actor = Actor::operator(&operator_name());
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut after = None;
    loop {
        let part = operator.app().export_visitor(&DataAsker::Operator, id, after.as_deref(), &actor).await;
        let part = part.with_context(|| format!("export the visitor {id}"))?;
        out.write_all(part.text.as_bytes()).context("write the export")?;
        after = part.next;
        if after.is_none() {
            return out.flush().context("write the export");
        }
    }
}

async fn anonymize(args: VisitorArgs) -> anyhow::Result<()> {
    let operator = args.storage.open().await?;
    let anonymized = async {
        let id = find(&operator, &args).await?;
        let actor = Actor::operator(&operator_name());
        let done = operator.app().anonymize_visitor(&DataAsker::Operator, id, &actor).await;
        done.with_context(|| format!("anonymise the visitor {id}"))
    }
    .await;
    operator.close().await;
    let visitor = anonymized?;
    let record = Record::default()
        .with("visitorId", visitor.id.to_string())
        .with("projectId", visitor.project_id.as_str())
        .with("anonymizedAt", visitor.anonymized_at.map(|at| at.to_string()));
    output::record(record, args.storage.json)
}

async fn find(operator: &Operator, args: &VisitorArgs) -> anyhow::Result<VisitorId> {
    match (args.id, &args.project, &args.user_id) {
        (Some(id), _, _) => Ok(id),
        (None, Some(project), Some(user_id)) => {
            let found = operator.app().visitor_of_user(project, user_id).await.context("find the visitor")?;
            found.with_context(|| format!("nobody of this user id signed in to the project {project}"))
        }
        (None, _, _) => anyhow::bail!("name a visitor, or a project and a user id"),
    }
}

pub(crate) async fn run_conversation(command: ConversationCommand) -> anyhow::Result<()> {
    let ConversationCommand::Anonymize(args) = command;
    let operator = args.storage.open().await?;
    let actor = Actor::operator(&operator_name());
    let done = operator.app().anonymize_conversation(&DataAsker::Operator, args.id, &actor).await;
    operator.close().await;
    let conversation = done.with_context(|| format!("anonymise the conversation {}", args.id))?.conversation;
    let record = Record::default()
        .with("conversationId", conversation.id.to_string())
        .with("projectId", conversation.project_id.as_str())
        .with("anonymizedAt", conversation.anonymized_at.map(|at| at.to_string()));
    output::record(record, args.storage.json)
}
