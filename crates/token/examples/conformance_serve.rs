//! The verifier behind the HTTP contract of `conformance/`, to try runners on:
//! `cargo run -p signet-token --example conformance_serve [PORT]`. It listens on loopback, prints its address, and answers
//! `POST /verify`. The requests carry private test keys: it is no server for anything else.

#![expect(clippy::print_stdout, reason = "says where it listens")]

#[path = "../tests/conformance/serve.rs"]
mod serve;
#[path = "../tests/conformance/vector.rs"]
#[expect(dead_code, clippy::expect_used, clippy::panic, reason = "the runner uses the rest")]
mod vector;
#[path = "../tests/conformance/verify.rs"]
mod verify;

use std::net::{Ipv4Addr, TcpListener};

fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok()).unwrap_or(0);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    println!("http://{}", listener.local_addr()?);
    serve::serve(&listener, verify::answer)
}
