//! C1: resident memory of idle sockets, each with a session and its subscription.

use anyhow::Result;
use futures_util::stream::{StreamExt, iter};
use serde_json::json;

use crate::server::Server;
use crate::stats::line;
use crate::{load, process};

/// Sockets opened at the same time.
const AT_ONCE: usize = 64;

pub(crate) async fn run(sockets: usize) -> Result<()> {
    let server = Server::start().await?;
    load::pin_here().await?;
    let api = server.visitor_api()?;
    let http = reqwest::Client::new();
    // The first few warm up what is made once: threads, caches, the allocator's arenas.
    let warm = open(&http, &api, 200).await?;
    let before = process::resident_bytes(server.pid()?)?;
    let start = std::time::Instant::now();
    let idle = open(&http, &api, sockets).await?;
    let seconds = start.elapsed().as_secs_f64();
    let after = process::resident_bytes(server.pid()?)?;
    println!();
    let each = after.saturating_sub(before) as f64 / idle.len() as f64 / 1024.0;
    line(
        "C1 resident memory per idle socket",
        &format!("{each:.1} KiB ({} sockets)", idle.len()),
        "at most 8 KiB",
    );
    line("activation, connection and welcome", &format!("{:.0}/s", idle.len() as f64 / seconds), "");
    drop(warm);
    Ok(())
}

async fn open(http: &reqwest::Client, api: &str, count: usize) -> Result<Vec<load::Socket>> {
    let opened = iter(0..count)
        .map(|_| async move {
            let token = load::activate(http, api, json!({ "type": "ANONYMOUS" })).await?;
            load::connect(api, &token).await
        })
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<_>>()
        .await;
    opened.into_iter().collect()
}
