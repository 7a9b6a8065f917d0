//! `signet keys platform`: the platform's own keys in custody. A platform that runs follows within a second.

use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use signet_app::{Actor, App, PlatformKeyChange, PlatformKeyChanged, PlatformKeyDetail, PlatformKeyState};
use signet_token::KeyManagement;

use super::existing;
use crate::cli::operator_name;
use crate::cli::output::{self, Record};
use crate::cli::storage::StorageArgs;

#[derive(Subcommand, Debug)]
pub(crate) enum PlatformKeysCommand {
    /// List the keys: RSA newest first, then those on curves, then revoked ones; and who used them in the last seven days
    List(StorageArgs),
    /// Make a key for an algorithm, the first or a further one; those before it are retired
    Create(AlgorithmArgs),
    /// Publish no key for an algorithm on a curve any more; its keys go on decrypting until they are destroyed
    Retire(AlgorithmArgs),
    /// Destroy a retired key: tokens encrypted to it no longer open, and the sessions they opened end
    Destroy(KeyArgs),
    /// Revoke a key that may have leaked, whatever its state: as destroy, and one that is in use is replaced first
    Revoke(KeyArgs),
}

#[derive(Args, Debug)]
pub(crate) struct AlgorithmArgs {
    /// RSA-OAEP-256, ECDH-ES+A256KW/P-256 or ECDH-ES+A256KW/X25519
    #[arg(value_name = "ALGORITHM", value_parser = parse_algorithm)]
    algorithm: KeyManagement,
    #[command(flatten)]
    storage: StorageArgs,
}

#[derive(Args, Debug)]
pub(crate) struct KeyArgs {
    /// The key's id, as the list has it
    #[arg(long, value_name = "KID", allow_hyphen_values = true)]
    key_id: String,
    #[command(flatten)]
    storage: StorageArgs,
}

fn parse_algorithm(text: &str) -> Result<KeyManagement, String> {
    KeyManagement::parse(text)
        .ok_or_else(|| format!("one of {}", KeyManagement::ALL.map(KeyManagement::name).join(", ")))
}

pub(super) async fn run(command: PlatformKeysCommand) -> anyhow::Result<()> {
    match command {
        PlatformKeysCommand::List(storage) => {
            existing(&storage.resolve()?)?;
            storage.with_keys(list).await.and_then(|keys| show(&keys, &storage))
        }
        PlatformKeysCommand::Create(args) => create(&args).await,
        PlatformKeysCommand::Retire(args) => retire(&args).await,
        PlatformKeysCommand::Destroy(args) => revoke(&args, true).await,
        PlatformKeysCommand::Revoke(args) => revoke(&args, false).await,
    }
}

async fn create(args: &AlgorithmArgs) -> anyhow::Result<()> {
    let name = args.algorithm.name();
    let made = args
        .storage
        .with_keys(async |app| {
            change(app, PlatformKeyChange::Create(args.algorithm))
                .await
                .with_context(|| format!("make a key for {name}"))
        })
        .await?;
    output::record(describe(&made.key), args.storage.json)?;
    if !args.storage.json && args.algorithm != KeyManagement::RsaOaep256 {
        output::line(&format!(
            "\nProjects choose it with: signet project set SITE --profile strict --key-management {name}"
        ))?;
    }
    Ok(())
}

async fn retire(args: &AlgorithmArgs) -> anyhow::Result<()> {
    let name = args.algorithm.name();
    args.algorithm.curve().with_context(|| {
        format!("there is always an active key for {name}: make a new one, and those before it are retired")
    })?;
    existing(&args.storage.resolve()?)?;
    let keys = args
        .storage
        .with_keys(async |app| {
            let keys = list(app).await?;
            let active = keys
                .iter()
                .find(|key| key.record.algorithm == name && key.state == PlatformKeyState::Active)
                .with_context(|| format!("there is no active key for {name}"))?;
            change(app, PlatformKeyChange::Retire(active.record.key_id.clone()))
                .await
                .with_context(|| format!("retire the keys for {name}"))?;
            list(app).await
        })
        .await?;
    show(&keys, &args.storage)
}

async fn revoke(args: &KeyArgs, only_retired: bool) -> anyhow::Result<()> {
    existing(&args.storage.resolve()?)?;
    let keys = args
        .storage
        .with_keys(async |app| {
            let keys = list(app).await?;
            let found = keys.iter().find(|key| key.record.key_id == args.key_id);
            let found = found.with_context(|| format!("there is no such key as {}", args.key_id))?;
            ensure!(
                !only_retired || found.state != PlatformKeyState::Active,
                "the key is active: make a new one for its algorithm, or retire it, first; or revoke it"
            );
            change(app, PlatformKeyChange::Revoke(args.key_id.clone()))
                .await
                .with_context(|| format!("revoke the key {}", args.key_id))?;
            list(app).await
        })
        .await?;
    show(&keys, &args.storage)
}

async fn list(app: &App) -> anyhow::Result<Vec<PlatformKeyDetail>> {
    app.platform_keys_as_operator().await.context("list the platform's keys")
}

async fn change(app: &App, change: PlatformKeyChange) -> anyhow::Result<PlatformKeyChanged> {
    Ok(app.change_platform_keys_as_operator(change, &Actor::operator(&operator_name())).await?)
}

fn show(keys: &[PlatformKeyDetail], storage: &StorageArgs) -> anyhow::Result<()> {
    output::records(keys.iter().map(describe).collect(), storage.json)
}

fn describe(key: &PlatformKeyDetail) -> Record {
    let state = match key.state {
        PlatformKeyState::Active => "ACTIVE",
        PlatformKeyState::Retiring => "RETIRING",
        PlatformKeyState::Revoked => "REVOKED",
    };
    let uses = |project: &signet_app::PlatformKeyUse| {
        json!({ "projectId": project.project_id.as_str(), "uses": project.uses,
            "lastUsedAt": project.last_used_at.to_string() })
    };
    Record::default()
        .with("keyId", key.record.key_id.as_str())
        .with("algorithm", key.record.algorithm.as_str())
        .with("state", state)
        .with("createdAt", key.record.created_at.to_string())
        .with("lastUsedAt", key.last_used_at.map(|at| at.to_string()))
        .with("projects", key.projects.iter().map(uses).collect::<Vec<_>>())
        .with("publicJwk", serde_json::from_str(&key.record.public_jwk).unwrap_or(Value::Null))
}
