//! A1, A2, A4, A5: opening and using a visitor session, as shares of one raw RSA-2048 private operation.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures_util::stream::{FuturesUnordered, StreamExt};
use serde_json::{Value, json};

use crate::server::Server;
use crate::stats::{line, median, ratios, spread};
use crate::{Rounds, load, process, worker};

/// Requests under way at a time over HTTP.
const IN_FLIGHT: usize = 64;
/// Persons whose tokens are used in turn.
const PERSONS: usize = 64;

#[derive(Default)]
struct Figures {
    raw: Vec<f64>,
    in_process: Vec<f64>,
    junk: Vec<f64>,
    session_token: Vec<f64>,
    recognised: Vec<f64>,
    raw_two: Vec<f64>,
    in_process_two: Vec<f64>,
    josekit_two: Vec<f64>,
    http: Vec<f64>,
    http_request: Vec<f64>,
}

pub(crate) async fn run(rounds: Rounds, only_http: bool) -> Result<()> {
    let server = Server::start().await?;
    load::pin_here().await?;
    let api = server.visitor_api()?;
    let tokens = server.tokens()?;
    let http = reqwest::Client::builder().pool_max_idle_per_host(IN_FLIGHT).build()?;
    let length = Duration::from_millis(rounds.milliseconds);
    let josekit = Josekit::find()?;
    let mut figures = Figures::default();
    for round in 1..=rounds.rounds {
        let worker = |work: &'static str, cores: &'static str, threads| {
            in_worker(work, cores, threads, rounds.milliseconds)
        };
        figures.raw.push(worker("raw", process::SERVER_CORE, 1).await?);
        if !only_http {
            figures.in_process.push(worker("activation", process::SERVER_CORE, 1).await?);
            figures.junk.push(worker("junk", process::SERVER_CORE, 1).await?);
            figures.session_token.push(worker("session-token", process::SERVER_CORE, 1).await?);
            figures.recognised.push(worker("recognised", process::SERVER_CORE, 1).await?);
            figures.raw_two.push(worker("raw", "0,1", 2).await?);
            figures.in_process_two.push(worker("activation", "0,1", 2).await?);
            if let Some(peer) = &josekit {
                figures.josekit_two.push(peer.measure(rounds.milliseconds).await?);
            }
        }
        // Fresh tokens for each round: the default lifetime is a minute.
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_millis();
        let made: Vec<String> = (0..PERSONS)
            .map(|person| {
                tokens.token(&format!("person-{person}"), i64::try_from(now).unwrap_or(i64::MAX)).build()
            })
            .collect();
        let session = load::activate(&http, &api, secured(&made[0])).await?;
        let activations = |n: usize| {
            let body = body(n % PERSONS, &made[n % PERSONS]);
            http.post(format!("{api}/activate")).json(&body)
        };
        figures.http.push(repeat(length, &server, activations).await?);
        if only_http {
            continue;
        }
        let requests = |_| http.get(format!("{api}/history?limit=1")).bearer_auth(&session);
        figures.http_request.push(repeat(length, &server, requests).await?);
        eprint_round(round, rounds.rounds);
    }
    print(&figures);
    Ok(())
}

fn secured(token: &str) -> Value {
    json!({ "type": "SECURED_AUTHENTICATION", "token": token })
}

/// As the widget's pages do, a person names the same browser each time.
fn body(person: usize, token: &str) -> Value {
    let browser = uuid::Uuid::from_u128(person as u128 + 1);
    json!({ "projectId": "demo", "authenticationOption": secured(token), "browserId": browser })
}

/// Operations per second of a worker process on those cores.
async fn in_worker(work: &str, cores: &str, threads: usize, milliseconds: u64) -> Result<f64> {
    let output = process::pinned(cores, std::env::current_exe()?)
        .args([
            "worker",
            work,
            "--milliseconds",
            &milliseconds.to_string(),
            "--threads",
            &threads.to_string(),
        ])
        .stderr(std::process::Stdio::inherit())
        .output()
        .await?;
    String::from_utf8(output.stdout)?.trim().parse().with_context(|| format!("the worker `{work}` failed"))
}

/// The josekit peer, if it was built: `cargo build --release --manifest-path crates/bench/peer/josekit/Cargo.toml`.
struct Josekit {
    binary: PathBuf,
    folder: tempfile::TempDir,
}

impl Josekit {
    fn find() -> Result<Option<Self>> {
        let binary = concat!(env!("CARGO_MANIFEST_DIR"), "/peer/josekit/target/release/signet-bench-josekit");
        if !Path::new(binary).exists() {
            return Ok(None);
        }
        let folder = tempfile::tempdir()?;
        worker::write_peer_files(folder.path())?;
        Ok(Some(Self { binary: binary.into(), folder }))
    }

    async fn measure(&self, milliseconds: u64) -> Result<f64> {
        let output = process::pinned("0,1", &self.binary)
            .arg(self.folder.path())
            .args([&milliseconds.to_string(), "2"])
            .stderr(std::process::Stdio::inherit())
            .output()
            .await?;
        String::from_utf8(output.stdout)?.trim().parse().context("the josekit peer failed")
    }
}

/// Successful requests per CPU second of the server: on the one core it has, that is its rate with nothing else running, and
/// it does not count the time the load generator takes.
async fn repeat(
    length: Duration,
    server: &Server,
    request: impl Fn(usize) -> reqwest::RequestBuilder,
) -> Result<f64> {
    let pid = server.pid()?;
    let (start, used) = (Instant::now(), process::cpu_seconds(pid)?);
    let mut sent = 0;
    let mut under_way = FuturesUnordered::new();
    let mut done = 0_u32;
    loop {
        while under_way.len() < IN_FLIGHT && start.elapsed() < length {
            under_way.push(request(sent).send());
            sent += 1;
        }
        let Some(response) = under_way.next().await else { break };
        let response = response?.error_for_status()?;
        // The body is part of the request.
        response.bytes().await?;
        done += 1;
    }
    Ok(f64::from(done) / (process::cpu_seconds(pid)? - used))
}

#[expect(clippy::print_stderr, reason = "progress for whoever waits")]
fn eprint_round(round: usize, of: usize) {
    eprint!("\rround {round} of {of}");
    if round == of {
        eprintln!();
    }
}

fn print(figures: &Figures) {
    let of_raw = |series: &[f64]| spread(&ratios(series, &figures.raw));
    if figures.in_process.is_empty() {
        line("A4 over HTTP, session stored, per CPU second", &of_raw(&figures.http), "at least 0.75");
        return;
    }
    println!(
        "\nOne raw RSA-2048 private operation of aws-lc on one core: {:.0}/s (median)\n",
        median(&figures.raw)
    );
    line("opening a secured session", "of raw: median (lowest to highest)", "wanted");
    line("A1 in process, one core, session minted", &of_raw(&figures.in_process), "at least 0.85");
    line(
        "A2 two threads, of raw on two",
        &spread(&ratios(&figures.in_process_two, &figures.raw_two)),
        "at least 0.85",
    );
    if figures.josekit_two.is_empty() {
        line("A2 two threads, times josekit", "not measured", "at least 1.3 (build the peer first)");
    } else {
        let times = spread(&ratios(&figures.in_process_two, &figures.josekit_two));
        line("A2 two threads, times josekit", &times, "at least 1.3");
    }
    line("A4 over HTTP, session stored, per CPU second", &of_raw(&figures.http), "at least 0.75");
    println!();
    let junk = ratios(&figures.in_process, &figures.junk);
    line("a junk token, share of a good one's cost", &format!("{:.4}", median(&junk)), "at most 0.05");
    let first = figures.session_token.iter().map(|rate| 1e6 / rate).collect::<Vec<_>>();
    line("A5 a session token's first verification", &format!("{:.1} µs", median(&first)), "once a token");
    let again = figures.recognised.iter().map(|rate| 1e6 / rate).collect::<Vec<_>>();
    line("A5 the same token after that", &format!("{:.2} µs", median(&again)), "at most 1 µs");
    let times = ratios(&figures.recognised, &figures.in_process);
    line("A5 that check, times cheaper than an activation", &spread(&times), "at least 50");
    let cheaper = ratios(&figures.http_request, &figures.http);
    line("a whole read over HTTP, times cheaper than one", &spread(&cheaper), "");
}
