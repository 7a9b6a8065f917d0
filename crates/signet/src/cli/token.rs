//! `signet token`: what a token provider does, for trying things out and for scripts.
//!
//! It makes the same tokens as the kits in `providers/`, and refuses what they refuse; the same vectors hold it to that.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};
use signet_token::visitor_token::STRICT_TYPE;
use signet_token::{EncryptionKey, SigningKey, TokenProvider, base64url};

use crate::cli::{inspect, output};
use crate::environment;
use crate::settings::Lifetime;

/// The documented members of visitorData.
const VISITOR_DATA: [&str; 8] =
    ["address", "city", "country", "email", "firstName", "lastName", "phoneNumber", "zipCode"];
/// Longest user id, in characters.
const LONGEST_USER_ID: usize = 255;
/// Longest member of visitorData, in characters.
const LONGEST_MEMBER: usize = 1_024;
/// Longest lifetime that a project accepts unless it says otherwise.
const LONGEST_LIFETIME: Duration = Duration::from_hours(24);

#[derive(Subcommand, Debug)]
pub(crate) enum TokenCommand {
    /// Sign and encrypt a visitor token and print it
    Issue(IssueArgs),
    /// Walk a visitor token step by step and say what is wrong with it; exits with 1 if it is refused
    Inspect(inspect::InspectArgs),
}

#[derive(Args, Debug)]
pub(crate) struct IssueArgs {
    /// The brand's private key: PEM, PKCS#8 or traditional
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The `kid` under which its public half is registered, if any
    #[arg(long, value_name = "KID")]
    key_id: Option<String>,
    /// The platform's public key, as it serves it: /keys/platform.pem, or /.well-known/jwks.json, whose `kid` then goes
    /// into the token
    #[arg(long, value_name = "FILE")]
    platform_key: PathBuf,
    /// Who the visitor is to the brand
    #[arg(long)]
    user_id: String,
    /// `iss`
    #[arg(long, default_value = "signet-cli")]
    issuer: String,
    /// `aud`: the site id
    #[arg(long, value_name = "SID")]
    audience: Option<String>,
    /// How long the token is good for
    #[arg(long, value_name = "DURATION", default_value = "60s")]
    lifetime: Lifetime,
    /// A member of visitorData, such as firstName=Jane; may be repeated
    #[arg(long = "data", value_name = "NAME=VALUE", value_parser = parse_member)]
    data: Vec<(String, String)>,
    /// File with visitorData as a JSON object, `-` for standard input; --data adds to it
    #[arg(long, value_name = "FILE")]
    data_file: Option<PathBuf>,
    /// What stands before userId and visitorData in the claims
    #[arg(long, value_name = "PREFIX", default_value = "https://iadvize.com/")]
    claim_prefix: String,
}

fn parse_member(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| "NAME=VALUE".to_owned())
}

pub(crate) async fn run(command: TokenCommand) -> anyhow::Result<ExitCode> {
    match command {
        TokenCommand::Issue(args) => issue(&args).map(|()| ExitCode::SUCCESS),
        TokenCommand::Inspect(args) => inspect::run(args).await,
    }
}

fn issue(args: &IssueArgs) -> anyhow::Result<()> {
    let claims = claims(args)?;
    let mut signing_key = SigningKey::from_pem(&read(&args.key)?)
        .with_context(|| format!("understand the private key in {}", args.key.display()))?;
    if let Some(key_id) = &args.key_id {
        signing_key = signing_key.with_key_id(key_id).context("understand the key id")?;
    }
    let encryption_key = platform_key(&read(&args.platform_key)?)
        .with_context(|| format!("understand the platform's key in {}", args.platform_key.display()))?;
    let provider = TokenProvider::new(signing_key, encryption_key);
    let mut header: Value = serde_json::from_str(&provider.inner_header()).context("make the header")?;
    // The type that the strict profile wants and the compatible one takes as well.
    header["typ"] = STRICT_TYPE.into();
    let signed = provider.signing_key().sign_compact(&header.to_string(), claims.to_string().as_bytes())?;
    let token = provider.encryption_key().encrypt_compact(&provider.outer_header(), signed.as_bytes())?;
    output::line(&token)
}

/// The claims, if Signet would accept them.
fn claims(args: &IssueArgs) -> anyhow::Result<Value> {
    let length = args.user_id.chars().count();
    ensure!((1..=LONGEST_USER_ID).contains(&length), "a user id has 1 to {LONGEST_USER_ID} characters");
    ensure!(!args.user_id.chars().any(char::is_control), "a user id has no control characters");
    ensure!(!args.issuer.is_empty(), "the issuer is empty");
    ensure!(args.lifetime.0 <= LONGEST_LIFETIME, "a token lives for a day at most");
    let environment = environment::system();
    let now = environment.now();
    let mut claims = json!({
        "iss": args.issuer,
        "iat": now.as_seconds(),
        "exp": now.as_seconds() + i64::try_from(args.lifetime.0.as_secs())?,
        "jti": base64url::encode(environment.random_bytes::<16>()),
    });
    claims[format!("{}userId", args.claim_prefix)] = args.user_id.as_str().into();
    if let Some(audience) = &args.audience {
        claims["aud"] = audience.as_str().into();
    }
    let data = visitor_data(args)?;
    if !data.is_empty() {
        claims[format!("{}visitorData", args.claim_prefix)] = Value::Object(data);
    }
    Ok(claims)
}

fn visitor_data(args: &IssueArgs) -> anyhow::Result<Map<String, Value>> {
    let mut data = match &args.data_file {
        Some(path) => {
            let text = read(path)?;
            serde_json::from_str(&text)
                .with_context(|| format!("understand {} as a JSON object", path.display()))?
        }
        None => Map::new(),
    };
    data.extend(args.data.iter().map(|(name, value)| (name.clone(), value.as_str().into())));
    for (name, value) in &data {
        ensure!(
            VISITOR_DATA.contains(&name.as_str()),
            "visitorData has no member {name}: {}",
            VISITOR_DATA.join(", ")
        );
        let Some(text) = value.as_str() else { bail!("{name} is not a string") };
        ensure!(text.chars().count() <= LONGEST_MEMBER, "{name} is longer than {LONGEST_MEMBER} characters");
    }
    Ok(data)
}

/// Reads PEM, a JWK, or the first RSA key of a set (RFC 7517 section 5), which is the newest in the platform's.
fn platform_key(text: &str) -> anyhow::Result<EncryptionKey> {
    if !text.trim_start().starts_with('{') {
        return Ok(EncryptionKey::from_pem(text)?);
    }
    let json: Value = serde_json::from_str(text).context("it is not JSON")?;
    let is_rsa = |key: &&Value| key["kty"] == "RSA";
    let key = match json["keys"].as_array() {
        Some(keys) => keys.iter().find(is_rsa).context("the key set has no RSA key")?,
        None => &json,
    };
    Ok(EncryptionKey::from_jwk(&key.to_string())?)
}

/// Reads a file, or standard input for `-`.
pub(crate) fn read(path: &Path) -> anyhow::Result<String> {
    let read = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    read.with_context(|| format!("read {}", path.display()))
}
