//! `signet keys session`: what the platform signs its own tokens with.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use signet_app::Actor;

use super::existing;
use crate::cli::operator_name;
use crate::cli::output::{self, Record};
use crate::cli::storage::StorageArgs;
use crate::platform;

#[derive(Subcommand, Debug)]
pub(crate) enum SessionKeysCommand {
    /// Sign session tokens with a new key, once the platform is restarted; those of the former one stay good
    Rotate(RotateArgs),
}

#[derive(Args, Debug)]
pub(crate) struct RotateArgs {
    /// The former keys may have leaked: tokens that they signed are good no more, and all sessions end with the restart
    #[arg(long)]
    end_sessions: bool,
    #[command(flatten)]
    storage: StorageArgs,
}

pub(super) async fn run(command: SessionKeysCommand) -> anyhow::Result<()> {
    let SessionKeysCommand::Rotate(args) = command;
    let config = args.storage.resolve()?;
    existing(&config)?;
    let (former, key_id) = args
        .storage
        .with_app(async |app| {
            let mut keystore = platform::open_keystore(&config).await?;
            let former = keystore.session_signer();
            let rotated = if args.end_sessions {
                keystore.replace_session_keys()
            } else {
                keystore.rotate_session_key()
            };
            rotated.context("make a new session key")?;
            let key_id = keystore.session_signer().key_id().as_str().to_owned();
            let actor = Actor::operator(&operator_name());
            let noted = app.session_key_rotated(&key_id, args.end_sessions, &actor).await;
            noted.context("the session key is replaced, and the audit log does not say so")?;
            Ok((former, key_id))
        })
        .await?;
    let record = Record::default()
        .with("keyId", key_id)
        .with("formerKeyId", former.key_id().as_str())
        .with("formerTokensGood", !args.end_sessions);
    output::record(record, args.storage.json)?;
    if args.storage.json {
        return Ok(());
    }
    output::line("\nRestart the platform: it signs with the key that it started with.")
}
