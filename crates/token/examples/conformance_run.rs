//! Runs the published vectors against any verifier that speaks the HTTP contract:
//! `cargo run -p signet-token --example conformance_run http://127.0.0.1:PORT`. Ends with status 1 if one is not met.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "says how it went")]

#[path = "../tests/conformance/vector.rs"]
#[expect(clippy::expect_used, clippy::panic, reason = "a suite that cannot be read ends the program")]
mod vector;

use std::io::{BufRead as _, BufReader, Error, Read as _, Write as _};
use std::net::TcpStream;
use std::process::ExitCode;

use vector::{Answer, Suite};

fn main() -> std::io::Result<ExitCode> {
    let Some(address) = std::env::args().nth(1) else {
        eprintln!("usage: conformance_run http://HOST:PORT");
        return Ok(ExitCode::from(2));
    };
    let host = address.trim_end_matches('/').strip_prefix("http://").unwrap_or(&address).to_owned();
    let suite = Suite::read(&Suite::folder());
    let (mut met, mut wrong) = (0, 0);
    for vector in suite.all() {
        let body = suite.request(vector).to_string();
        let found: Answer = serde_json::from_str(&post(&host, &body)?)?;
        if vector.expect.is_met_by(&found) {
            met += 1;
        } else {
            wrong += 1;
            println!("{} {}: expected {:?}, found {found:?}", vector.id, vector.title, vector.expect);
        }
    }
    println!("{met} vectors met, {wrong} not");
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Sends one request; gives the body of an answer with status 200.
fn post(host: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(host)?;
    let length = body.len();
    write!(
        stream,
        "POST /verify HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    if line.split(' ').nth(1) != Some("200") {
        return Err(Error::other(format!("the verifier answered {}", line.trim_end())));
    }
    let mut length = None;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok();
        }
    }
    let mut body = vec![0; length.ok_or_else(|| Error::other("the answer has no Content-Length"))?];
    reader.read_exact(&mut body)?;
    String::from_utf8(body).map_err(Error::other)
}
