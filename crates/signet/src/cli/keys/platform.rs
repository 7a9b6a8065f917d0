//! `signet keys platform`: the platform's own keys in the local keystore.

use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand};
use serde_json::Value;
use signet_app::Actor;
use signet_custody::{DecryptionKeyInfo, KeyState, Keystore, KeystoreError};
use signet_domain::audit::AuditKind;
use signet_token::KeyManagement;

use crate::cli::operator_name;
use crate::cli::output::{self, Record};
use crate::cli::storage::StorageArgs;
use crate::platform;

/// How a running platform learns of a change.
const RESTART: &str = "\nA platform reads its keys when it starts: restart it.";

#[derive(Subcommand, Debug)]
pub(crate) enum PlatformKeysCommand {
    /// List the keys: RSA newest first, then those on curves
    List(StorageArgs),
    /// Make a key for an algorithm, the first or a further one; those before it are retired
    Create(AlgorithmArgs),
    /// Publish no key for an algorithm on a curve any more; its keys go on decrypting until they are destroyed
    Retire(AlgorithmArgs),
    /// Destroy a retired key: tokens encrypted to it no longer open
    Destroy(DestroyArgs),
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
pub(crate) struct DestroyArgs {
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
        PlatformKeysCommand::List(storage) => list(&storage).await,
        PlatformKeysCommand::Create(args) => create(&args).await,
        PlatformKeysCommand::Retire(args) => retire(&args).await,
        PlatformKeysCommand::Destroy(args) => destroy(&args).await,
    }
}

async fn list(storage: &StorageArgs) -> anyhow::Result<()> {
    let keystore = existing(storage).await?;
    output::records(keystore.decryption_keys().iter().map(describe).collect(), storage.json)
}

async fn create(args: &AlgorithmArgs) -> anyhow::Result<()> {
    let name = args.algorithm.name();
    let keystore = platform::open_keystore(&args.storage.resolve()?).await?;
    let (key_id, keys) = change(&args.storage, keystore, |keystore| {
        keystore.rotate_decryption_key_for(args.algorithm).with_context(|| format!("make a key for {name}"))
    })
    .await?;
    let made = keys.iter().find(|info| info.key_id == key_id);
    output::record(describe(made.context("find the new key")?), args.storage.json)?;
    if !args.storage.json {
        output::line(RESTART)?;
        if args.algorithm != KeyManagement::RsaOaep256 {
            output::line(&format!(
                "Projects choose it with: signet project set SITE --profile strict --key-management {name}"
            ))?;
        }
    }
    Ok(())
}

async fn retire(args: &AlgorithmArgs) -> anyhow::Result<()> {
    let name = args.algorithm.name();
    let curve = args.algorithm.curve().with_context(|| {
        format!("there is always an active key for {name}: make a new one, and those before it are retired")
    })?;
    let keystore = existing(&args.storage).await?;
    ensure!(
        keystore
            .decryption_keys()
            .iter()
            .any(|info| info.algorithm == args.algorithm && info.state == KeyState::Active),
        "there is no active key for {name}"
    );
    let ((), keys) = change(&args.storage, keystore, |keystore| {
        keystore.retire_agreement_keys(curve).with_context(|| format!("retire the keys for {name}"))
    })
    .await?;
    show(&keys, &args.storage)
}

async fn destroy(args: &DestroyArgs) -> anyhow::Result<()> {
    let keystore = existing(&args.storage).await?;
    let ((), keys) = change(&args.storage, keystore, |keystore| {
        let found = keystore.decryption_keys().into_iter().find(|info| info.key_id.as_str() == args.key_id);
        let destroy = |info: DecryptionKeyInfo| keystore.destroy_decryption_key(&info.key_id);
        found
            .ok_or(KeystoreError::KeyNotFound)
            .and_then(destroy)
            .with_context(|| format!("destroy the key {}", args.key_id))
    })
    .await?;
    show(&keys, &args.storage)
}

/// Changes the keystore and records in the audit log what became of each key. The database is opened first: no key is
/// changed that cannot be accounted for. Gives the keys as they are then.
async fn change<T>(
    storage: &StorageArgs,
    mut keystore: Keystore,
    edit: impl FnOnce(&mut Keystore) -> anyhow::Result<T>,
) -> anyhow::Result<(T, Vec<DecryptionKeyInfo>)> {
    let operator = storage.open().await?;
    let before = keystore.decryption_keys();
    let changed = async {
        let outcome = edit(&mut keystore)?;
        let after = keystore.decryption_keys();
        let actor = Actor::operator(&operator_name());
        for (kind, info) in events(&before, &after) {
            operator
                .app()
                .record_platform_key(kind, info.key_id.as_str(), info.algorithm.name(), &actor)
                .await
                .context("record the change, which was made, in the audit log")?;
        }
        anyhow::Ok((outcome, after))
    }
    .await;
    operator.close().await;
    changed
}

/// What became of each key that is not as it was.
fn events<'a>(
    before: &'a [DecryptionKeyInfo],
    after: &'a [DecryptionKeyInfo],
) -> Vec<(AuditKind, &'a DecryptionKeyInfo)> {
    let state_in = |keys: &[DecryptionKeyInfo], info: &DecryptionKeyInfo| {
        keys.iter().find(|other| other.key_id == info.key_id).map(|other| other.state)
    };
    let of_those_before = before.iter().filter_map(|info| match (info.state, state_in(after, info)) {
        (_, None) => Some((AuditKind::PlatformKeyRevoked, info)),
        (KeyState::Active, Some(KeyState::Retired)) => Some((AuditKind::PlatformKeyRetired, info)),
        _ => None,
    });
    let new = after.iter().filter(|info| state_in(before, info).is_none());
    of_those_before.chain(new.map(|info| (AuditKind::PlatformKeyCreated, info))).collect()
}

/// Opens the keystore, and makes none: a list of keys that were made for the list would mislead.
async fn existing(storage: &StorageArgs) -> anyhow::Result<Keystore> {
    let config = storage.resolve()?;
    ensure!(config.keystore.exists(), "there is no keystore at {}", config.keystore.display());
    platform::open_keystore(&config).await
}

/// Shows what is left.
fn show(keys: &[DecryptionKeyInfo], storage: &StorageArgs) -> anyhow::Result<()> {
    output::records(keys.iter().map(describe).collect(), storage.json)?;
    if !storage.json {
        output::line(RESTART)?;
    }
    Ok(())
}

fn describe(info: &DecryptionKeyInfo) -> Record {
    let state = match info.state {
        KeyState::Active => "ACTIVE",
        KeyState::Retired => "RETIRED",
    };
    Record::default()
        .with("keyId", info.key_id.as_str())
        .with("algorithm", info.algorithm.name())
        .with("state", state)
        .with("publicJwk", serde_json::from_str(&info.public_jwk).unwrap_or(Value::Null))
}
