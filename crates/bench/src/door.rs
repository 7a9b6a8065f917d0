//! D39: whether the time of an answer at the door tells which people and keys exist.
//!
//! As `timing`, but through a running server: one connection over loopback, one request at a time, all ways of one group in
//! random order. Within a group the answers are the same but for the correlation id; what is asked is whether their times
//! are. A client elsewhere measures worse than this one.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use reqwest::Client;
use serde_json::{Value, json};
use signet_testkit::GraphqlClient;
use signet_testkit::token_factory::{Part, TokenBuilder, TokenFactory, with_part};
use signet_token::SigningKey;

use crate::server::Server;
use crate::stats::{self, THRESHOLD};

#[derive(Args, Clone, Copy)]
pub(crate) struct Requests {
    /// How many requests of each kind.
    #[arg(long, default_value_t = 5_000)]
    requests: usize,
}

/// What is asked of the door, again and again.
struct Kind {
    name: &'static str,
    project: &'static str,
    token: String,
}

/// Kinds that must be answered alike.
struct Group {
    title: &'static str,
    code: &'static str,
    kinds: Vec<Kind>,
}

pub(crate) async fn run(Requests { requests }: Requests) -> Result<()> {
    let server = Server::start().await?;
    crate::load::pin_here().await?;
    let (tokens, api) = (server.tokens()?, server.visitor_api()?);
    let revoked = revoked_key(&server, &tokens, &api).await?;
    println!("answers at the door: Welch's t against the first of a group, slowest 10 % left out");
    println!("{requests} requests of each kind; above {THRESHOLD} they can be told apart\n");
    for group in groups(&tokens, &revoked)? {
        measure(&api, &group, requests).await?;
    }
    Ok(())
}

/// Registers a key, opens a session with it, and revokes it.
async fn revoked_key(server: &Server, tokens: &TokenFactory, api: &str) -> Result<SigningKey> {
    let key = SigningKey::generate()?.with_key_id("revoked")?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("key.jwk");
    std::fs::write(&path, key.verification_key().to_jwk_json())?;
    let path = path.to_str().context("a temporary path in UTF-8")?;
    server.command(&["keys", "add", path, "--project", "demo", "--key-id", "revoked"]).await?;
    // A running platform notices within a second or so.
    let http = Client::new();
    let body = |now| {
        token_body("demo", &tokens.token("jane", now).inner_header("kid", "revoked").signed_by(&key).build())
    };
    for _ in 0..100 {
        if post(&http, api, &body(now()?)).await?["status"] == "authentication-success" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let admin = |member: &str| server.manifest["admin"][member].as_str().context("the manifest's admin");
    let graphql =
        GraphqlClient::sign_in(server.text("platformUrl")?, admin("email")?, admin("password")?).await;
    let keys =
        graphql.data("{ project(projectId: \"demo\") { customerKeys { id keyId } } }", json!({})).await;
    let keys = keys["project"]["customerKeys"].as_array().context("the project's keys")?;
    let id = keys.iter().find(|key| key["keyId"] == "revoked").context("the new key")?["id"].clone();
    let revoke = "mutation($id: UUID!) { customerKeyRevoke(input: { projectId: \"demo\", customerKeyId: $id }) { userErrors { message } } }";
    graphql.data(revoke, json!({ "id": id })).await;
    for _ in 0..100 {
        if post(&http, api, &body(now()?)).await?["code"] == "TOKEN_SIGNATURE_INVALID" {
            return Ok(key);
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    anyhow::bail!("the revoked key still opens sessions")
}

fn groups(tokens: &TokenFactory, revoked: &SigningKey) -> Result<Vec<Group>> {
    // Long enough for the whole measurement.
    let now = now()? + 3_600_000;
    let stranger = SigningKey::generate()?;
    let kind = |name, project, token: String| Kind { name, project, token };
    let token = |user: &str| tokens.token(user, now);
    let forged =
        |user: &str, key_id: &str| token(user).inner_header("kid", key_id).signed_by(&stranger).build();
    let damaged = |part, at: usize| with_part(&token("jane").build(), part, |bytes| bytes[at] ^= 1);
    let own = TokenBuilder::build(&token("jane"));
    Ok(vec![
        Group {
            title: "signatures of nobody the project knows",
            code: "TOKEN_SIGNATURE_INVALID",
            kinds: vec![
                kind("an unknown key, a person who was here", "demo", forged("jane", "unknown")),
                kind("the same again", "demo", forged("jane", "unknown")),
                kind("an unknown key, a person who was not", "demo", forged("nobody", "unknown")),
                kind("a revoked key's name, forged", "demo", forged("jane", "revoked")),
                kind(
                    "a revoked key's own signature",
                    "demo",
                    token("jane").inner_header("kid", "revoked").signed_by(revoked).build(),
                ),
            ],
        },
        Group {
            title: "what cannot be decrypted",
            code: "TOKEN_UNDECRYPTABLE",
            kinds: vec![
                kind("a bad tag", "demo", damaged(Part::Tag, 15)),
                kind("the same again", "demo", damaged(Part::Tag, 15)),
                kind("a bad encrypted key", "demo", damaged(Part::EncryptedKey, 200)),
                kind("a bad initialization vector", "demo", damaged(Part::Iv, 5)),
                kind("bad content", "demo", damaged(Part::Ciphertext, 40)),
                kind("an unknown platform key", "demo", token("jane").outer_header("kid", "unknown").build()),
            ],
        },
        Group {
            title: "projects that do not exist",
            code: "PROJECT_NOT_SET_UP",
            kinds: vec![
                kind("one", "shop-a", own.clone()),
                kind("the same again", "shop-a", own.clone()),
                kind("another", "shop-b", own),
            ],
        },
    ])
}

async fn measure(api: &str, group: &Group, requests: usize) -> Result<()> {
    let http = Client::builder().pool_max_idle_per_host(1).build()?;
    let mut times: Vec<Vec<f64>> = vec![Vec::with_capacity(requests); group.kinds.len()];
    let mut order: Vec<usize> = (0..group.kinds.len()).collect();
    for _ in 0..requests {
        stats::shuffle(&mut order)?;
        for index in &order {
            let kind = &group.kinds[*index];
            let body = token_body(kind.project, &kind.token);
            let start = Instant::now();
            let answer = post(&http, api, &body).await?;
            times[*index].push(start.elapsed().as_nanos() as f64 / 1_000.0);
            ensure!(answer["code"] == group.code, "{}: {answer}", kind.name);
        }
    }
    println!("{}: {}", group.title, group.code);
    let reference = stats::median(&times[0]);
    for (kind, sample) in group.kinds.iter().zip(&times) {
        let t = stats::welch(&times[0], sample);
        let verdict = if t.abs() > THRESHOLD { "DISTINGUISHABLE" } else { "not told apart" };
        let median = stats::median(sample);
        let figure = format!("t {t:>6.2}, {:.3} of the first", median / reference);
        stats::line(&format!("  {}", kind.name), &figure, verdict);
    }
    println!("  (the first: {reference:.0} µs)\n");
    Ok(())
}

fn token_body(project: &str, token: &str) -> String {
    let option = json!({ "type": "SECURED_AUTHENTICATION", "token": token });
    json!({ "projectId": project, "origin": null, "authenticationOption": option }).to_string()
}

async fn post(http: &Client, api: &str, body: &str) -> Result<Value> {
    let request = http.post(format!("{api}/activate")).header("content-type", "application/json");
    Ok(request.body(body.to_owned()).send().await?.json().await?)
}

fn now() -> Result<i64> {
    Ok(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?)
}
