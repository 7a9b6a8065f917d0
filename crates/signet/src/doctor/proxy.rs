//! What stands between browsers and the platform, seen by sending something and asking what arrived.

use reqwest::{Client, Response, StatusCode};
use serde::Deserialize;
use signet_domain::Env;
use signet_token::{SessionClaims, SessionSigner, SessionTokenKind};

use super::address::reason;
use super::{Report, checks};

/// An address that nobody has (RFC 5737, TEST-NET-1): whoever is taken for it was believed.
const FORGED: &str = "192.0.2.77";
/// Long enough for every body that Signet takes, which is up to 64 KiB.
const BODY_BYTES: usize = 63 * 1024;
/// How long a probe is good for, in seconds.
const LIFETIME: i64 = 60;

/// What the platform saw of a request.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Seen {
    version: String,
    caller: String,
    trusted_proxies: usize,
    forwarded_for: Vec<String>,
    body_bytes: usize,
}

pub(super) async fn examine(
    client: &Client,
    url: &str,
    signer: &SessionSigner,
    env: &Env,
    report: &mut Report,
) {
    let Ok(probe) = sign(signer, env) else { return };
    let send = async |body: usize| {
        let request = client.post(format!("{url}/operations/probe")).bearer_auth(&probe);
        request.header("x-forwarded-for", FORGED).body(vec![b'x'; body]).send().await
    };
    let seen = match send(0).await {
        Ok(answer) if answer.status().is_success() => {
            headers(&answer, url, report);
            answer.json::<Seen>().await.map_err(|error| reason(&error))
        }
        Ok(answer) => Err(format!("the probe is answered with {}", answer.status())),
        Err(error) => Err(reason(&error)),
    };
    match seen {
        Ok(seen) => {
            report.add(checks::ADDRESS_ANSWERS, format!("{url}, version {}", seen.version));
            addresses(&seen, report);
        }
        Err(why) => {
            report.add(checks::ADDRESS_OF_ANOTHER, format!("{url}: {why}"));
            return;
        }
    }
    match send(BODY_BYTES).await {
        Ok(answer) if answer.status().is_success() => {
            let arrived = answer.json::<Seen>().await.map_or(0, |seen| seen.body_bytes);
            if arrived != BODY_BYTES {
                report.add(checks::BODY_LIMIT_LOW, format!("{arrived} of {BODY_BYTES} bytes arrived"));
            }
        }
        Ok(answer) => report
            .add(checks::BODY_LIMIT_LOW, format!("{BODY_BYTES} bytes are answered with {}", answer.status())),
        Err(error) => report.add(checks::BODY_LIMIT_LOW, reason(&error)),
    }
    sockets(client, url, report).await;
}

fn sign(signer: &SessionSigner, env: &Env) -> Result<String, signet_token::SessionTokenError> {
    let now = env.now().as_seconds();
    let claims = SessionClaims {
        iss: String::new(),
        aud: String::new(),
        sub: String::new(),
        sid: String::new(),
        iat: now,
        exp: now + LIFETIME,
        assurance: String::new(),
        auth_time: None,
        dev: None,
        ext: None,
        cnf: None,
    };
    signer.sign(SessionTokenKind::OperatorProbe, &claims)
}

fn addresses(seen: &Seen, report: &mut Report) {
    let Seen { trusted_proxies, caller, forwarded_for, .. } = seen;
    let list = forwarded_for.join(", ");
    let entries = list.split(',').filter(|entry| !entry.trim().is_empty()).count();
    if caller == FORGED {
        report.add(
            checks::CALLER_FORGEABLE,
            format!(
                "trusted_proxies is {trusted_proxies}, and a forged X-Forwarded-For was believed: {list}"
            ),
        );
    } else if *trusted_proxies == 0 && (entries > 1 || !list.contains(FORGED)) && entries > 0 {
        report.add(
            checks::PROXY_NOT_TRUSTED,
            format!("X-Forwarded-For arrives as {list}, trusted_proxies is 0"),
        );
    } else {
        report.add(
            checks::PROXY_SOUND,
            format!("trusted_proxies is {trusted_proxies}, the caller is {caller}"),
        );
    }
}

/// Headers that every answer carries, compared with what this version sets.
fn headers(answer: &Response, url: &str, report: &mut Report) {
    let mut expected = vec![
        ("content-security-policy", "default-src 'none'"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
    ];
    if url.starts_with("https://") {
        expected.push(("strict-transport-security", "max-age="));
    }
    for (name, beginning) in expected {
        let values: Vec<_> = answer.headers().get_all(name).into_iter().collect();
        match values[..] {
            [value] if value.to_str().is_ok_and(|value| value.starts_with(beginning)) => {}
            [] => report.add(checks::HEADERS_CHANGED, format!("{name} is missing")),
            [value] => report.add(checks::HEADERS_CHANGED, format!("{name} is {value:?}")),
            _ => report.add(checks::HEADERS_CHANGED, format!("{name} is there {} times", values.len())),
        }
    }
}

async fn sockets(client: &Client, url: &str, report: &mut Report) {
    let request = client
        .get(format!("{url}/graphql"))
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        // The key of RFC 6455 section 1.3: nothing is ever said over this socket.
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .header("sec-websocket-protocol", "graphql-transport-ws");
    match request.send().await {
        Ok(answer) if answer.status() == StatusCode::SWITCHING_PROTOCOLS => {}
        Ok(answer) => {
            report.add(checks::SOCKETS_BLOCKED, format!("an upgrade is answered with {}", answer.status()));
        }
        Err(error) => report.add(checks::SOCKETS_BLOCKED, reason(&error)),
    }
}
