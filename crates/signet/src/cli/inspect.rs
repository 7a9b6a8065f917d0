//! `signet token inspect`: the Token Doctor at the command line.
//!
//! Three ways to the keys: given files, a running platform over GraphQL, or this machine's own database and keystore. The
//! first two need nothing of the platform's; offline, the platform's private key must be at hand.

mod online;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use serde_json::{Value, json};
use signet_app::PlatformKey;
use signet_domain::ProjectId;
use signet_token::doctor::{self, Context, Report};
use signet_token::{
    AgreementKey, DecryptionKey, KeyManagement, KeyUnwrap, Policy, Profile, SignatureAlgorithm,
    VerificationKey,
};

use crate::cli::inspect::online::ServerArgs;
use crate::cli::output;
use crate::cli::storage::StorageArgs;
use crate::cli::token::read;
use crate::environment;
use crate::platform::Platform;
use crate::settings::parse_duration;

#[derive(Args, Debug)]
pub(crate) struct InspectArgs {
    /// File with the token, `-` for standard input
    #[arg(default_value = "-")]
    file: PathBuf,
    /// Site id
    #[arg(long)]
    project: ProjectId,
    #[command(flatten)]
    server: ServerArgs,
    /// Private key of the platform, PEM for RSA or a JWK: inspects offline
    #[arg(long, value_name = "FILE", requires = "customer_keys")]
    platform_key: Option<PathBuf>,
    /// Public key of the project, PEM or JWK, optionally as KID=FILE; may be repeated
    #[arg(long = "customer-key", value_name = "[KID=]FILE", requires = "platform_key")]
    customer_keys: Vec<String>,
    /// Hold the token against the strict profile, with given keys
    #[arg(long, requires = "platform_key")]
    strict: bool,
    /// What stands before userId and visitorData, with given keys
    #[arg(long, value_name = "PREFIX", requires = "platform_key")]
    claim_prefix: Option<String>,
    /// How far the clocks may differ, with given keys [default: 5s]
    #[arg(long, value_name = "DURATION", requires = "platform_key", value_parser = parse_duration)]
    token_leeway: Option<Duration>,
    #[command(flatten)]
    storage: StorageArgs,
}

pub(crate) async fn run(args: InspectArgs) -> anyhow::Result<ExitCode> {
    // As it is: spaces and quotes are part of the diagnosis. A file's last line break is the file's, not the token's.
    let text = read(&args.file)?;
    let token = text.strip_suffix('\n').unwrap_or(&text);
    let token = token.strip_suffix('\r').unwrap_or(token);
    let inspection = match (&args.server.server, &args.platform_key) {
        (Some(server), _) => args.server.inspect(server, &args.project, token).await?,
        (None, Some(_)) => described(&with_given_keys(&args, token).await?),
        (None, None) => described(&on_this_machine(&args, token).await?),
    };
    let accepted = inspection["accepted"] == true;
    if args.storage.json {
        output::line(&format!("{inspection:#}"))?;
    } else {
        output::line(&lines(&inspection))?;
    }
    Ok(if accepted { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn with_given_keys(args: &InspectArgs, token: &str) -> anyhow::Result<Report> {
    let path = args.platform_key.as_ref().context("--platform-key is missing")?;
    let (key_id, platform_key) = platform_key(&read(path)?)
        .with_context(|| format!("understand the platform's private key in {}", path.display()))?;
    let keys =
        args.customer_keys.iter().map(|text| customer_key(text)).collect::<anyhow::Result<Vec<_>>>()?;
    let mut policy = if args.strict { Policy::strict() } else { Policy::default() };
    if policy.profile == Profile::Strict {
        policy.signature_algorithms = SignatureAlgorithm::ALL.to_vec();
        policy.key_management = KeyManagement::ALL.to_vec();
    }
    if let Some(prefix) = &args.claim_prefix {
        policy.claim_prefix.clone_from(prefix);
    }
    if let Some(leeway) = args.token_leeway {
        policy.leeway_seconds = i64::try_from(leeway.as_secs()).context("--token-leeway is too long")?;
    }
    let known = [PlatformKey { key_id, retired: false }];
    let context = Context {
        policy: &policy,
        audience: args.project.as_str(),
        now_unix_ms: environment::system().now().as_millis(),
        keys: &keys,
        other_keys: &[],
        platform_keys: &known,
    };
    Ok(doctor::inspect(token, &context, platform_key.as_ref()).await)
}

/// Reads a private key of the platform, PEM for RSA or a JWK of any kind, and gives its id.
fn platform_key(text: &str) -> anyhow::Result<(String, Box<dyn KeyUnwrap>)> {
    if !text.trim_start().starts_with('{') {
        let key = DecryptionKey::from_pem(text)?;
        return Ok((key.fingerprint().to_string(), Box::new(key)));
    }
    let jwk: Value = serde_json::from_str(text).context("it is not JSON")?;
    if jwk["kty"] == "RSA" {
        let key = DecryptionKey::from_jwk(text)?;
        return Ok((key.fingerprint().to_string(), Box::new(key)));
    }
    let key = AgreementKey::from_jwk(text)?;
    Ok((key.fingerprint().to_string(), Box::new(key)))
}

/// Reads `FILE` or `KID=FILE`, and says what is wrong with a key that cannot be used.
fn customer_key(text: &str) -> anyhow::Result<VerificationKey> {
    let (key_id, path) = match text.split_once('=') {
        Some((key_id, path)) => (Some(key_id), path),
        None => (None, text),
    };
    let pem = read(path.as_ref())?;
    if let Some(diagnosis) = doctor::diagnose_key(&pem) {
        bail!("{path}: {} ({}). {} {}", diagnosis.title, diagnosis.code, diagnosis.cause, diagnosis.fix);
    }
    let key = VerificationKey::from_text(&pem)?;
    Ok(match key_id {
        Some(key_id) => key.with_key_id(key_id)?,
        None => key,
    })
}

/// With the database and keystore of this machine, as the operator.
async fn on_this_machine(args: &InspectArgs, token: &str) -> anyhow::Result<Report> {
    let config = args.storage.resolve()?;
    ensure!(
        config.keystore.exists(),
        "there is no keystore at {}: give keys with --platform-key and --customer-key, or ask a platform with --server",
        config.keystore.display()
    );
    let platform = Platform::open(&config).await?;
    let app = platform.app(environment::system(), "", config.rate_limits.clone()).await?;
    let inspected = app.inspect_token_as_operator(&args.project, token).await;
    platform.store.close().await;
    inspected.with_context(|| format!("inspect a token of the project {}", args.project))
}

/// A report in the form in which GraphQL answers it.
fn described(report: &Report) -> Value {
    let pairs = |pairs: &mut dyn Iterator<Item = (&str, &str)>| -> Value {
        pairs.map(|(name, value)| json!({ "name": name, "value": value })).collect()
    };
    let steps: Vec<Value> = report
        .steps
        .iter()
        .map(|step| {
            let facts = pairs(&mut step.facts.iter().map(|(name, value)| (*name, value.as_str())));
            json!({ "name": step.name.as_str(), "status": step.status.as_str(), "facts": facts })
        })
        .collect();
    let finding = report.finding.map(|found| {
        json!({ "code": found.code, "publicCode": found.public_code, "title": found.title, "cause": found.cause,
            "fix": found.fix })
    });
    let claims = report
        .claims
        .as_ref()
        .map(|claims| pairs(&mut claims.iter().map(|(name, value)| (name.as_str(), value.as_str()))));
    let warnings: Vec<Value> = report
        .warnings
        .iter()
        .map(|warning| json!({ "code": warning.code(), "message": warning.message() }))
        .collect();
    json!({ "accepted": report.accepted(), "steps": steps, "finding": finding, "claims": claims, "warnings": warnings })
}

/// For people: a line for each step, then what was found.
fn lines(inspection: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let each = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut lines = Vec::new();
    for step in each(&inspection["steps"]) {
        let facts: Vec<String> = each(&step["facts"])
            .iter()
            .map(|fact| format!("{} {}", text(&fact["name"]), text(&fact["value"])))
            .collect();
        lines.push(format!("{:7}  {:17}  {}", text(&step["status"]), text(&step["name"]), facts.join(", ")));
    }
    lines.push(String::new());
    let finding = &inspection["finding"];
    if finding.is_object() {
        lines.push(format!("{}: {}", text(&finding["code"]), text(&finding["title"])));
        lines.push(format!("Pages are told {}.", text(&finding["publicCode"])));
        lines.push(format!("Cause: {}", text(&finding["cause"])));
        lines.push(format!("Fix: {}", text(&finding["fix"])));
    } else {
        lines.push("The token is accepted.".to_owned());
    }
    for warning in each(&inspection["warnings"]) {
        lines.push(format!("{}: {}", text(&warning["code"]), text(&warning["message"])));
    }
    let claims = each(&inspection["claims"]);
    if !claims.is_empty() {
        lines.push("\nClaims, signed by the project:".to_owned());
        lines.extend(
            claims.iter().map(|claim| format!("  {} {}", text(&claim["name"]), text(&claim["value"]))),
        );
    }
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}
