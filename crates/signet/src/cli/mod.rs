//! The command line. Each command reads its arguments, calls one use case and prints what came of it.

mod agent;
mod audit;
mod backup;
mod bot;
mod client;
mod doctor;
#[cfg(test)]
mod documented;
mod inspect;
mod keys;
mod output;
mod password;
mod project;
mod serve;
mod storage;
mod token;
mod visitor;

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};

pub(crate) use output::line;

use crate::config::Logging;
use crate::settings::LogFormat;
use crate::telemetry;

/// Authenticated messaging for websites.
#[derive(Parser, Debug)]
#[command(
    name = "signet",
    version,
    max_term_width = 100,
    arg_required_else_help = true,
    after_help = "New here? `signet demo` starts everything on this machine: a platform, a shop that uses it, \
                  and people who wait for an answer."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run the platform
    Serve(serve::ServeArgs),
    /// Try everything on this machine: platform, shop, customers, agents and conversations
    Demo(crate::demo::DemoArgs),
    /// Create projects and change their settings
    #[command(subcommand)]
    Project(project::ProjectCommand),
    /// Manage the keys with which brands sign visitor tokens, and the platform's own
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Create the people who answer visitors
    #[command(subcommand)]
    Agent(agent::AgentCommand),
    /// Register and remove bots, programs that answer visitors
    #[command(subcommand)]
    Bot(bot::BotCommand),
    /// Create API clients for integrations
    #[command(subcommand)]
    Client(client::ClientCommand),
    /// Make visitor tokens, and find out what is wrong with them
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Hand over or erase everything about a visitor
    #[command(subcommand)]
    Visitor(visitor::VisitorCommand),
    /// Erase what was written in a closed conversation
    #[command(subcommand)]
    Conversation(visitor::ConversationCommand),
    /// Verify, export and shorten the audit log
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Back up database and keystore, and bring them back
    #[command(subcommand)]
    Backup(backup::BackupCommand),
    /// Find what is wrong with this installation, and say what to do about it
    Doctor(doctor::DoctorArgs),
    /// Bring the database's schema up to date and exit
    Migrate(storage::MigrateArgs),
    /// Write the embedded database's file anew, without traces of what was erased
    Compact(storage::CompactArgs),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = keep_memory_to_oneself(&cli.command).and_then(|()| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(run(cli.command))
    });
    match outcome {
        Ok(code) => code,
        Err(error) => {
            output::error(&error);
            ExitCode::FAILURE
        }
    }
}

/// Before any key is in memory. A demo has none that matter, and whoever works on Signet may want to look into it.
fn keep_memory_to_oneself(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Demo(_) => Ok(()),
        _ => crate::hardening::forbid_core_dumps().context("forbid core dumps"),
    }
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(args) => return serve::run(args).await.map(|()| ExitCode::SUCCESS),
        Command::Demo(args) => return crate::demo::run(args).await.map(|()| ExitCode::SUCCESS),
        _ => {}
    }
    // Commands that end at once speak through their output; what is logged on the way matters only when it is a warning.
    let filter = std::env::var("SIGNET_LOG").unwrap_or_else(|_| "warn".to_owned());
    telemetry::start_logging(&Logging { format: LogFormat::Text, filter })?;
    match command {
        Command::Serve(_) | Command::Demo(_) => Ok(()),
        Command::Project(command) => project::run(command).await,
        Command::Keys(command) => keys::run(command).await,
        Command::Agent(command) => agent::run(command).await,
        Command::Bot(command) => bot::run(command).await,
        Command::Client(command) => client::run(command).await,
        Command::Token(command) => return token::run(command).await,
        Command::Visitor(command) => visitor::run(command).await,
        Command::Conversation(command) => visitor::run_conversation(command).await,
        Command::Audit(command) => return audit::run(command).await,
        Command::Doctor(args) => return doctor::run(args).await,
        Command::Backup(command) => backup::run(command).await,
        Command::Migrate(args) => storage::migrate(args).await,
        Command::Compact(args) => storage::compact(args).await,
    }
    .map(|()| ExitCode::SUCCESS)
}

/// What the system calls whoever runs this command, for the audit log. They could say otherwise: with the database's files in
/// reach there is nothing that they could not.
pub(crate) fn operator_name() -> String {
    ["SUDO_USER", "USER", "LOGNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()))
        .unwrap_or_else(|| "operator".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }
}
