//! What the strict profile costs an activation over HTTP, beside the compatible one in the same round.
//!
//! Both are given the same persons, keys and algorithms, and each token is used once, as kits make them for each page. What
//! differs is what the profile adds: more headers and claims, and the record of the token's use.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail};
use clap::Args;
use futures_util::stream::{self, StreamExt as _};
use reqwest::{Client, Response};
use serde_json::json;
use signet_testkit::token_factory::TokenFactory;

use crate::server::Server;
use crate::stats::{line, median, ratios, spread};
use crate::{load, process};

/// Requests under way at a time.
const IN_FLIGHT: usize = 32;
/// Persons who sign in in turn.
const PERSONS: usize = 64;
/// How long a running platform may take to notice a changed setting, many times over.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Args, Clone, Copy)]
pub(crate) struct Extent {
    /// How many rounds; the median counts.
    #[arg(long, default_value_t = 15)]
    rounds: usize,
    /// Activations in each profile in a round; the tokens are made before the clock runs.
    #[arg(long, default_value_t = 2_000)]
    activations: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Profile {
    Compatible,
    Strict,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Self::Compatible => "compatible",
            Self::Strict => "strict",
        }
    }
}

/// What an activation used of the server.
#[derive(Default)]
struct Used {
    cpu_microseconds: Vec<f64>,
    stored_bytes: Vec<f64>,
}

struct Bench {
    server: Server,
    tokens: TokenFactory,
    api: String,
    http: Client,
    /// Tokens made so far, each with its number as `jti`.
    made: usize,
}

pub(crate) async fn run(extent: Extent) -> Result<()> {
    let server = Server::start().await?;
    load::pin_here().await?;
    let (tokens, api) = (server.tokens()?, server.visitor_api()?);
    let http = Client::builder().pool_max_idle_per_host(IN_FLIGHT).build()?;
    let mut bench = Bench { server, tokens, api, http, made: 0 };
    let (mut compatible, mut strict) = (Used::default(), Used::default());
    for round in 0..extent.rounds {
        // Whoever comes second finds a longer log and fuller caches.
        let order = if round % 2 == 0 {
            [Profile::Compatible, Profile::Strict]
        } else {
            [Profile::Strict, Profile::Compatible]
        };
        for profile in order {
            let used = if profile == Profile::Strict { &mut strict } else { &mut compatible };
            bench.round(profile, extent.activations, used).await?;
        }
    }
    print(&compatible, &strict);
    Ok(())
}

impl Bench {
    async fn round(&mut self, profile: Profile, activations: usize, used: &mut Used) -> Result<()> {
        self.switch_to(profile).await?;
        let mut bodies = Vec::with_capacity(activations);
        for number in 0..activations {
            bodies.push(self.body(profile, number % PERSONS)?);
        }
        // A person's first sign-in opens what later ones renew.
        for person in 0..PERSONS {
            let body = self.body(profile, person)?;
            self.activate(body).await?.error_for_status()?;
        }
        let pid = self.server.pid()?;
        let (cpu, stored) = (process::cpu_seconds(pid)?, process::stored_bytes(pid)?);
        let mut answers = stream::iter(bodies).map(|body| self.activate(body)).buffer_unordered(IN_FLIGHT);
        while let Some(answer) = answers.next().await {
            answer?.error_for_status()?.bytes().await?;
        }
        let each = activations as f64;
        used.cpu_microseconds.push((process::cpu_seconds(pid)? - cpu) * 1e6 / each);
        used.stored_bytes.push((process::stored_bytes(pid)? - stored) as f64 / each);
        Ok(())
    }

    /// Sets the demo's project to a profile, and waits until the running server holds tokens to it.
    async fn switch_to(&mut self, profile: Profile) -> Result<()> {
        self.server.command(&["project", "set", "demo", "--profile", profile.name()]).await?;
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while tokio::time::Instant::now() < deadline {
            // What a compatible project accepts, a strict one refuses.
            let probe = self.body(Profile::Compatible, 0)?;
            let accepted = self.activate(probe).await?.status().is_success();
            if accepted == (profile == Profile::Compatible) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("the server did not change to the {} profile", profile.name())
    }

    /// An activation with a fresh token. As the widget's pages do, a person names the same browser each time.
    fn body(&mut self, profile: Profile, person: usize) -> Result<String> {
        self.made += 1;
        let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
        let token = self.tokens.token(&format!("person-{person}"), now);
        let token = match profile {
            Profile::Compatible => token,
            Profile::Strict => token.strict("demo", &format!("token-{}", self.made)),
        };
        let option = json!({ "type": "SECURED_AUTHENTICATION", "token": token.build() });
        let browser = uuid::Uuid::from_u128(person as u128 + 1);
        Ok(json!({ "projectId": "demo", "authenticationOption": option, "browserId": browser }).to_string())
    }

    async fn activate(&self, body: String) -> reqwest::Result<Response> {
        let request = self.http.post(format!("{}/activate", self.api));
        request.header("content-type", "application/json").body(body).send().await
    }
}

fn print(compatible: &Used, strict: &Used) {
    println!("\nAn activation over HTTP, session stored, on one core\n");
    line("", "of the server: median (lowest to highest)", "");
    for (used, profile) in [(compatible, Profile::Compatible), (strict, Profile::Strict)] {
        let name = profile.name();
        line(&format!("{name}: CPU microseconds"), &format!("{:.0}", median(&used.cpu_microseconds)), "");
        line(&format!("{name}: bytes to the disk"), &format!("{:.0}", median(&used.stored_bytes)), "");
    }
    let times = spread(&ratios(&strict.cpu_microseconds, &compatible.cpu_microseconds));
    line("strict, times the CPU of compatible", &times, "");
    println!("\nThat strict writes one row more in the same commit, and nothing else, is a test:");
    println!("cargo nextest run -p signet-app the_strict_profile_costs_one_row_more");
}
