//! `signet token`: what a token provider does, for trying things out.

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};
use signet_domain::env::{Clock as _, SystemClock};
use signet_token::{EncryptionKey, SigningKey, TokenProvider};

use crate::cli::output;
use crate::config::Lifetime;

#[derive(Subcommand, Debug)]
pub(crate) enum TokenCommand {
    /// Sign and encrypt a visitor token and print it
    Issue(IssueArgs),
}

#[derive(Args, Debug)]
pub(crate) struct IssueArgs {
    /// The brand's private key, a PEM file
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The `kid` under which its public half is registered, if any
    #[arg(long, value_name = "KID")]
    key_id: Option<String>,
    /// The platform's public key, a PEM file; the platform serves it at /keys/platform.pem
    #[arg(long, value_name = "FILE")]
    platform_key: PathBuf,
    /// Who the visitor is to the brand
    #[arg(long)]
    user_id: String,
    /// `iss`
    #[arg(long, default_value = "signet-cli")]
    issuer: String,
    /// How long the token is good for
    #[arg(long, value_name = "DURATION", default_value = "60s")]
    lifetime: Lifetime,
    /// A member of visitorData, such as firstName=Jane; may be repeated
    #[arg(long = "data", value_name = "NAME=VALUE", value_parser = parse_member)]
    data: Vec<(String, String)>,
    /// What stands before userId and visitorData in the claims
    #[arg(long, value_name = "PREFIX", default_value = "https://iadvize.com/")]
    claim_prefix: String,
}

fn parse_member(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| "NAME=VALUE".to_owned())
}

pub(crate) fn run(command: TokenCommand) -> anyhow::Result<()> {
    let TokenCommand::Issue(args) = command;
    ensure!(!args.user_id.is_empty(), "the user id is empty");
    let read = |path: &PathBuf| {
        std::fs::read_to_string(path).with_context(|| format!("read the key in {}", path.display()))
    };
    let mut signing_key = SigningKey::from_pem(&read(&args.key)?).context("understand the private key")?;
    if let Some(key_id) = &args.key_id {
        signing_key = signing_key.with_key_id(key_id).context("understand the key id")?;
    }
    let encryption_key =
        EncryptionKey::from_pem(&read(&args.platform_key)?).context("understand the platform's key")?;
    let now = SystemClock.now();
    let mut claims = json!({
        "iss": args.issuer,
        "iat": now.as_seconds(),
        "exp": now.after(args.lifetime.0).as_seconds(),
    });
    claims[format!("{}userId", args.claim_prefix)] = args.user_id.into();
    if !args.data.is_empty() {
        let members: Map<String, Value> =
            args.data.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
        claims[format!("{}visitorData", args.claim_prefix)] = Value::Object(members);
    }
    let token = TokenProvider::new(signing_key, encryption_key).issue(&claims.to_string())?;
    output::line(&token)
}
