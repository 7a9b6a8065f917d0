//! `signet keys`: the brands' keys for signing visitor tokens, and the platform's that they are encrypted to.

mod migrate;
mod passphrase;
mod platform;
mod session;

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand};
use signet_app::{Actor, App, CustomerKey, NewCustomerKey};
use signet_domain::ProjectId;
use signet_token::possession::Challenge;
use signet_token::{SignatureAlgorithm, SigningKey};
use zeroize::Zeroizing;

use crate::cli::keys::migrate::MigrateArgs;
use crate::cli::keys::passphrase::PassphraseCommand;
use crate::cli::keys::platform::PlatformKeysCommand;
use crate::cli::keys::session::SessionKeysCommand;
use crate::cli::operator_name;
use crate::cli::output::{self, Record};
use crate::cli::storage::StorageArgs;
use crate::config::Config;
use crate::secret_file;

#[derive(Subcommand, Debug)]
pub(crate) enum KeysCommand {
    /// Register the public key with which a brand signs its visitor tokens
    Add(AddArgs),
    /// List a project's keys
    List(ListArgs),
    /// Answer the challenge of a pending key: sign it with the private half and print the signature
    Prove(ProveArgs),
    /// Make a key pair for a token provider: rsaPrivateKey.pem and rsaPublicKey.pem, RSA 2048
    Generate(GenerateArgs),
    /// Manage the platform's own keys, which tokens are encrypted to
    #[command(subcommand)]
    Platform(PlatformKeysCommand),
    /// Move the platform's keys from the keystore to Vault or an HSM
    Migrate(MigrateArgs),
    /// Change what opens the keystore
    #[command(subcommand)]
    Passphrase(PassphraseCommand),
    /// Replace what the platform signs its own tokens with
    #[command(subcommand)]
    Session(SessionKeysCommand),
}

#[derive(Args, Debug)]
pub(crate) struct AddArgs {
    /// Public key: a PEM file or a JWK
    file: PathBuf,
    /// Site id
    #[arg(long)]
    project: ProjectId,
    /// The `kid` that the token provider writes into its headers, if it does
    #[arg(long, value_name = "KID")]
    key_id: Option<String>,
    /// Another project has this key too, and both belong to one organisation
    #[arg(long)]
    shared: bool,
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
pub(crate) struct ProveArgs {
    /// Private key: a PEM file or a JWK
    file: PathBuf,
    /// The challenge, as the platform shows it
    #[arg(long, value_name = "TEXT", value_parser = parse_challenge)]
    challenge: Challenge,
    /// PS256 for an RSA key that was registered for it
    #[arg(long, value_name = "ALG", value_parser = parse_algorithm)]
    algorithm: Option<SignatureAlgorithm>,
}

fn parse_challenge(text: &str) -> Result<Challenge, String> {
    Challenge::parse(text).map_err(|error| error.to_string())
}

fn parse_algorithm(text: &str) -> Result<SignatureAlgorithm, String> {
    SignatureAlgorithm::parse(text)
        .ok_or_else(|| format!("one of {}", SignatureAlgorithm::ALL.map(SignatureAlgorithm::name).join(", ")))
}

#[derive(Args, Debug)]
pub(crate) struct GenerateArgs {
    /// Directory for the two files
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(command: KeysCommand) -> anyhow::Result<()> {
    match command {
        KeysCommand::Add(args) => add(args).await,
        KeysCommand::List(args) => list(args).await,
        KeysCommand::Prove(args) => prove(&args),
        KeysCommand::Generate(args) => generate(&args),
        KeysCommand::Platform(command) => platform::run(command).await,
        KeysCommand::Migrate(args) => migrate::run(args).await,
        KeysCommand::Passphrase(command) => passphrase::run(command).await,
        KeysCommand::Session(command) => session::run(command).await,
    }
}

/// Refuses to make a keystore: one that was made for the command would mislead.
fn existing(config: &Config) -> anyhow::Result<()> {
    ensure!(config.keystore.exists(), "there is no keystore at {}", config.keystore.display());
    Ok(())
}

async fn add(args: AddArgs) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(&args.file)
        .with_context(|| format!("read the key in {}", args.file.display()))?;
    let new = NewCustomerKey { project_id: args.project, text, key_id: args.key_id, shared: args.shared };
    let key = args
        .storage
        .with_app(async |app| {
            let registered = app.register_customer_key(new, &Actor::operator(&operator_name())).await;
            registered.with_context(|| format!("register the key in {}", args.file.display()))
        })
        .await?;
    output::record(describe(&key), args.storage.json)
}

async fn list(args: ListArgs) -> anyhow::Result<()> {
    let list = async |app: &App| app.customer_keys(&args.project).await.context("list the keys");
    let keys = args.storage.with_app(list).await?;
    output::records(keys.iter().map(describe).collect(), args.storage.json)
}

fn prove(args: &ProveArgs) -> anyhow::Result<()> {
    let file = args.file.display();
    let text = std::fs::read_to_string(&args.file).map(Zeroizing::new);
    let text = text.with_context(|| format!("read the private key in {file}"))?;
    let is_jwk = text.trim_start().starts_with('{');
    let key = if is_jwk { SigningKey::from_jwk(&text) } else { SigningKey::from_pem(&text) };
    let mut key = key.with_context(|| format!("understand the private key in {file}"))?;
    if let Some(algorithm) = args.algorithm {
        key = key.with_algorithm(algorithm).with_context(|| format!("use the private key in {file}"))?;
    }
    output::line(&args.challenge.sign(&key).context("sign the challenge")?)
}

fn generate(args: &GenerateArgs) -> anyhow::Result<()> {
    let key = SigningKey::generate().context("make a key pair")?;
    let (private, public) = (args.out.join("rsaPrivateKey.pem"), args.out.join("rsaPublicKey.pem"));
    secret_file::create_directory(&args.out)
        .with_context(|| format!("make the directory {}", args.out.display()))?;
    secret_file::create(&private, key.to_pem().context("write the private key")?.as_bytes())
        .with_context(|| format!("write {}", private.display()))?;
    std::fs::write(&public, key.verification_key().to_pem())
        .with_context(|| format!("write {}", public.display()))?;
    output::record(
        Record::default()
            .with("privateKey", private.display().to_string())
            .with("publicKey", public.display().to_string())
            .with("fingerprint", key.verification_key().fingerprint().as_str()),
        args.json,
    )?;
    if !args.json {
        output::line(
            "\nThe private key stays with your token provider. Register the public one: signet keys add",
        )?;
    }
    Ok(())
}

fn describe(key: &CustomerKey) -> Record {
    Record::default()
        .with("id", key.id.to_string())
        .with("projectId", key.project_id.as_str())
        .with("keyId", key.key_id.clone())
        .with("fingerprint", key.fingerprint.as_str())
        .with("state", key.state.as_str())
        .with("createdAt", key.created_at.to_string())
}
