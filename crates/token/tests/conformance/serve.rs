//! The HTTP side of the contract: a few lines of HTTP/1.1 for loopback, so that trying a runner needs no framework.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use serde_json::Value;

use crate::vector::Answer;

/// The longest body that is read, in bytes.
const LONGEST_BODY: usize = 256 * 1024;

/// What answers a request; `None` if it is not one of the contract.
pub(crate) type Verifier = fn(&Value) -> Option<Answer>;

/// Serves connections until the listener fails, each on a thread of its own.
pub(crate) fn serve(listener: &TcpListener, verifier: Verifier) -> std::io::Result<()> {
    for stream in listener.incoming() {
        let stream = stream?;
        // A client that goes away in the middle is its own affair.
        std::thread::spawn(move || converse(&stream, verifier));
    }
    Ok(())
}

/// Answers the requests of one connection, one after the other.
fn converse(stream: &TcpStream, verifier: Verifier) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    while let Some((target, body)) = read_request(&mut reader)? {
        let answer = if target == "POST /verify" {
            serde_json::from_slice(&body).ok().and_then(|request| verifier(&request))
        } else {
            None
        };
        let (status, text) = match answer {
            Some(answer) => ("200 OK", serde_json::to_string(&answer)?),
            None => ("400 Bad Request", r#"{"error":"not a request of the contract"}"#.to_owned()),
        };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            text.len()
        );
        let mut stream = stream;
        stream.write_all(format!("{head}{text}").as_bytes())?;
    }
    Ok(())
}

/// Method, path and body of the next request; `None` at the end of the connection or for one that is too long.
fn read_request(reader: &mut BufReader<&TcpStream>) -> std::io::Result<Option<(String, Vec<u8>)>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let target = line.rsplit_once(' ').map_or(String::new(), |(target, _)| target.to_owned());
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap_or(usize::MAX);
        }
    }
    if length > LONGEST_BODY {
        return Ok(None);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some((target, body)))
}
