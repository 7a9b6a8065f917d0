//! B2: a message in, durably stored, delivered to the other side, against Node ws with PostgreSQL.
//!
//! 64 pairs of sockets: one of a pair sends a 180-byte text and waits for its acknowledgement before the next, the other
//! receives. For Signet a pair is two tabs of one visitor, so that everything the product does lies on the path: session,
//! limits, sequence, assurance, event. The peer does the least that answers the same promise: one insert, commit, acknowledge,
//! forward. Server and database share one core; fsync is on for both.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use signet_testkit::postgres::{self, Durability};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;
use tokio_tungstenite::tungstenite::Message;

use crate::server::Server;
use crate::stats::{line, median, percentile, ratios, spread};
use crate::{Rounds, load, process};

const PAIRS: usize = 64;
const TEXT: usize = 180;

#[derive(Default)]
struct Series {
    rate: Vec<f64>,
    cpu_micros: Vec<f64>,
    p50: Vec<f64>,
    p99: Vec<f64>,
}

struct Pair {
    sender: load::Socket,
    receiver: load::Socket,
}

pub(crate) async fn run(rounds: Rounds) -> Result<()> {
    let server = Server::start().await?;
    let mut peer = Peer::start().await?;
    load::pin_here().await?;
    let api = server.visitor_api()?;
    let http = reqwest::Client::new();
    let mut ours = Vec::new();
    for _ in 0..PAIRS {
        let token = load::activate(&http, &api, json!({ "type": "ANONYMOUS" })).await?;
        ours.push(Pair {
            sender: load::connect(&api, &token).await?,
            receiver: load::connect(&api, &token).await?,
        });
    }
    let mut theirs = Vec::new();
    for pair in 0..PAIRS {
        theirs.push(Pair { sender: peer.connect(pair).await?, receiver: peer.connect(pair).await? });
    }

    let (mut signet, mut node) = (Series::default(), Series::default());
    let length = Duration::from_millis(rounds.milliseconds);
    for _ in 0..rounds.rounds {
        let pid = server.pid()?;
        ours = measure(ours, length, &mut signet, || process::cpu_seconds(pid)).await?;
        theirs = measure(theirs, length, &mut node, || peer.cpu_seconds()).await?;
    }
    peer.stop().await?;
    print(&signet, &node);
    Ok(())
}

/// One round: every pair sends for that long, then what is under way arrives.
async fn measure(
    pairs: Vec<Pair>,
    length: Duration,
    series: &mut Series,
    cpu: impl Fn() -> Result<f64>,
) -> Result<Vec<Pair>> {
    let (start, used) = (Instant::now(), cpu()?);
    let tasks: Vec<_> = pairs.into_iter().map(|pair| exchange(pair, start, length)).collect();
    let mut pairs = Vec::new();
    let mut delays = Vec::new();
    for done in futures_util::future::join_all(tasks).await {
        let (pair, delivered) = done?;
        pairs.push(pair);
        delays.extend(delivered);
    }
    let seconds = start.elapsed().as_secs_f64();
    let count = delays.len() as f64;
    series.rate.push(count / seconds);
    series.cpu_micros.push((cpu()? - used) * 1e6 / count);
    series.p50.push(percentile(&mut delays, 0.50) * 1e3);
    series.p99.push(percentile(&mut delays, 0.99) * 1e3);
    Ok(pairs)
}

/// Sends, and waits for both the acknowledgement and the delivery of each message. Answers the delays from send to delivery.
async fn exchange(mut pair: Pair, start: Instant, length: Duration) -> Result<(Pair, Vec<f64>)> {
    let text = "x".repeat(TEXT);
    let mut delays = Vec::new();
    while start.elapsed() < length {
        let id = uuid::Uuid::now_v7().to_string();
        let frame = json!({ "type": "send", "clientMessageId": id, "text": text }).to_string();
        let sent = Instant::now();
        pair.sender.send(Message::text(frame)).await?;
        let acknowledged = until(&mut pair.sender, "\"ack\"", &id);
        let delivered = async {
            until(&mut pair.receiver, "\"entry\"", &id).await?;
            Ok::<_, anyhow::Error>(sent.elapsed().as_secs_f64())
        };
        let ((), delay) = futures_util::future::try_join(acknowledged, delivered).await?;
        delays.push(delay);
    }
    Ok((pair, delays))
}

/// Reads until the frame of that type that names the message. Looking for texts keeps the load generator cheap.
async fn until(socket: &mut load::Socket, kind: &str, id: &str) -> Result<()> {
    loop {
        match socket.next().await.context("the socket was closed")?? {
            Message::Text(text) if text.contains(kind) && text.contains(id) => return Ok(()),
            Message::Text(text) if text.contains("\"refused\"") => bail!("refused: {text}"),
            Message::Close(frame) => bail!("the socket was closed: {frame:?}"),
            _ => {}
        }
    }
}

/// Node with ws and pg, and a PostgreSQL of its own, on the servers' core.
struct Peer {
    node: Child,
    /// Stops with this.
    _postgres: postgres::Server,
    postgres_pid: u32,
    address: String,
}

impl Peer {
    async fn start() -> Result<Self> {
        let postgres = postgres::Server::start(Durability::Full).context("PostgreSQL is missing")?;
        let postgres_pid = postgres.process_id().context("PostgreSQL was there before")?;
        pin_tree(postgres_pid).await?;
        let database = postgres.database().await;
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/peer/node/node-ws-postgres.mjs");
        let mut command = process::pinned(process::SERVER_CORE, "node");
        command.arg(script).arg(database).stdout(std::process::Stdio::piped());
        let mut node = command.spawn().context("start node")?;
        let output = node.stdout.take().context("node has no output")?;
        let port = BufReader::new(output).lines().next_line().await?;
        let port = port.context("the peer did not start: run `npm ci` in crates/bench/peer/node")?;
        Ok(Self {
            node,
            _postgres: postgres,
            postgres_pid,
            address: format!("ws://127.0.0.1:{}", port.trim()),
        })
    }

    async fn connect(&self, pair: usize) -> Result<load::Socket> {
        let (mut socket, _) = tokio_tungstenite::connect_async(&self.address).await?;
        socket
            .send(Message::text(json!({ "type": "hello", "topic": format!("pair-{pair}") }).to_string()))
            .await?;
        load::next_frame(&mut socket).await?;
        Ok(socket)
    }

    fn cpu_seconds(&self) -> Result<f64> {
        let node = process::cpu_seconds(self.node.id().context("the peer has ended")?)?;
        Ok(node + process::cpu_seconds(self.postgres_pid)?)
    }

    async fn stop(&mut self) -> Result<()> {
        Ok(self.node.kill().await?)
    }
}

/// PostgreSQL's processes inherit the core from the first one; those that run already are moved.
async fn pin_tree(root: u32) -> Result<()> {
    for pid in process::tree(root)? {
        tokio::process::Command::new("taskset")
            .args(["--cpu-list", "--pid", process::SERVER_CORE, &pid.to_string()])
            .stdout(std::process::Stdio::null())
            .status()
            .await?;
    }
    Ok(())
}

fn print(signet: &Series, node: &Series) {
    println!();
    line("64 pairs, 180 bytes, one core", "Signet", "Node ws + PostgreSQL");
    let row = |name: &str, ours: &[f64], theirs: &[f64]| {
        line(name, &format!("{:.2}", median(ours)), &format!("{:.2}", median(theirs)));
    };
    row("messages/s", &signet.rate, &node.rate);
    row("CPU µs/message", &signet.cpu_micros, &node.cpu_micros);
    row("p50 ms", &signet.p50, &node.p50);
    row("p99 ms", &signet.p99, &node.p99);
    println!();
    line("B2", "ratio: median (lowest to highest)", "wanted");
    line("messages/s, times", &spread(&ratios(&signet.rate, &node.rate)), "at least 2");
    line("CPU per message, times", &spread(&ratios(&signet.cpu_micros, &node.cpu_micros)), "at most 0.7");
    line("p50, times", &spread(&ratios(&signet.p50, &node.p50)), "at most 0.5");
    line("p99, times", &spread(&ratios(&signet.p99, &node.p99)), "at most 1");
}
