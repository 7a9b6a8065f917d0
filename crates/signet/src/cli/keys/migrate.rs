//! `signet keys migrate`: the platform's keys to other custody.

use anyhow::Context as _;
use clap::Args;
use signet_app::{Actor, App, PlatformKeyState, PlatformKeysMoved};
use signet_custody::KeyState;

use super::existing;
use crate::cli::operator_name;
use crate::cli::output::{self, Record};
use crate::cli::storage::StorageArgs;
use crate::config::CustodyKind;
use crate::migration::{self, Action, Step};

#[derive(Args, Debug)]
#[command(
    after_help = "The keys keep their ids, so tokens on their way arrive. Afterwards name the new custody in the settings, restart, and \
                        destroy the keystore's copies with --destroy-former. docs/custody.md has the whole way."
)]
pub(crate) struct MigrateArgs {
    /// Where they go: vault or pkcs11, as the settings describe it
    #[arg(long, value_name = "CUSTODY")]
    to: CustodyKind,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Destroy the keystore's copies of keys that the new custody has; the settings have to name it by then
    #[arg(long)]
    destroy_former: bool,
    #[command(flatten)]
    storage: StorageArgs,
}

pub(super) async fn run(args: MigrateArgs) -> anyhow::Result<()> {
    let config = args.storage.resolve()?;
    existing(&config)?;
    let steps = args
        .storage
        .with_app(async |app| {
            let revoked = revoked(app).await?;
            let steps = if args.destroy_former {
                migration::destroy_former(&config, args.to, &revoked, args.dry_run).await?
            } else {
                migration::take_in(&config, args.to, &revoked, args.dry_run).await?
            };
            if !args.dry_run {
                note(app, &args, &steps).await?;
            }
            Ok(steps)
        })
        .await?;
    output::records(steps.iter().map(|step| describe(step, args.dry_run)).collect(), args.storage.json)?;
    match (args.storage.json, args.dry_run, args.destroy_former) {
        (true, ..) => Ok(()),
        (_, true, _) => output::line("\nNothing was done."),
        (_, _, true) => {
            output::line("\nBackups of the keystore that were made before still have these keys.")
        }
        _ => output::line(&format!(
            "\nEvery key opened what was just encrypted to it. Now set custody = \"{}\" and restart the platform.",
            args.to.name()
        )),
    }
}

/// Ids of the keys that are to open nothing, wherever they are.
async fn revoked(app: &App) -> anyhow::Result<Vec<String>> {
    let keys = app.platform_keys_as_operator().await.context("read which keys are revoked")?;
    let revoked = keys.into_iter().filter(|key| key.state == PlatformKeyState::Revoked);
    Ok(revoked.map(|key| key.record.key_id).collect())
}

/// What is there already is noted too: whoever took it in may have been cut off before they could say so.
async fn note(app: &App, args: &MigrateArgs, steps: &[Step]) -> anyhow::Result<()> {
    let concerned = |step: &&Step| !matches!(step.action, Action::LeftOut | Action::Keep);
    let key_ids: Vec<String> = steps.iter().filter(concerned).map(|step| step.key_id.clone()).collect();
    if key_ids.is_empty() {
        return Ok(());
    }
    let moved = PlatformKeysMoved {
        from: CustodyKind::Local.name(),
        to: args.to.name(),
        key_ids,
        former_destroyed: args.destroy_former,
    };
    let noted = app.platform_keys_moved(&moved, &Actor::operator(&operator_name())).await;
    noted.context("the keys are moved, and the audit log does not say so yet: run the command again")
}

fn describe(step: &Step, is_plan: bool) -> Record {
    let action = match (step.action, is_plan) {
        (Action::TakeIn, true) => "TAKE_IN",
        (Action::TakeIn, false) => "TAKEN_IN",
        (Action::IsThere, _) => "IS_THERE",
        (Action::LeftOut, _) => "REVOKED",
        (Action::Destroy, true) => "DESTROY",
        (Action::Destroy, false) => "DESTROYED",
        (Action::Keep, _) => "KEPT",
    };
    let state = match step.state {
        KeyState::Active => "ACTIVE",
        KeyState::Retired => "RETIRING",
    };
    Record::default()
        .with("keyId", step.key_id.as_str())
        .with("state", state)
        .with("action", action)
        .with("place", step.place.clone())
}
