//! The address that browsers use, and the clocks on the way.

use std::time::Duration;

use reqwest::{Client, Response};
use signet_domain::{Env, Timestamp};
use signet_token::SessionSigner;

use super::{Report, checks, proxy};
use crate::config::Config;

/// How far clocks may differ: what a token's times are read with.
const SKEW: i64 = 5_000;
/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) async fn examine(
    config: &Config,
    url: Option<&str>,
    signer: Option<&SessionSigner>,
    env: &Env,
    report: &mut Report,
) {
    match &config.public_url {
        Some(public) if public.starts_with("http://") && !is_loopback(public) => {
            report.add(checks::PUBLIC_URL_NOT_SECURE, public.clone());
        }
        None if !config.listen.ip().is_loopback() => {
            report.add(checks::PUBLIC_URL_MISSING, format!("listens on {}", config.listen));
        }
        _ => {}
    }
    let Some(url) = url.or(config.public_url.as_deref()) else { return };
    let url = url.strip_suffix('/').unwrap_or(url);
    let client =
        Client::builder().timeout(PATIENCE).no_proxy().redirect(reqwest::redirect::Policy::none()).build();
    let outcome = match client {
        Ok(client) => ask(&client, url).await.map(|answer| (client, answer)),
        Err(error) => Err(reason(&error)),
    };
    match outcome {
        Ok((client, answer)) => {
            if let Some(theirs) = date(&answer) {
                compare_clock("the server's", theirs, env.now(), report);
            }
            if let Some(signer) = signer {
                proxy::examine(&client, url, signer, env, report).await;
            }
        }
        Err(seen) => report.add(checks::ADDRESS_UNREACHABLE, format!("{url}: {seen}")),
    }
}

async fn ask(client: &Client, url: &str) -> Result<Response, String> {
    let answer = client.get(format!("{url}/readyz")).send().await.map_err(|error| reason(&error))?;
    if answer.status().is_success() {
        Ok(answer)
    } else {
        Err(format!("/readyz answers {}", answer.status()))
    }
}

/// An error with its causes: the outermost says little.
pub(super) fn reason(error: &reqwest::Error) -> String {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The `date` of an answer (RFC 9110 section 6.6.1), to the second.
fn date(answer: &Response) -> Option<Timestamp> {
    let text = answer.headers().get("date")?.to_str().ok()?;
    let moment = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(Timestamp::from_millis(moment.timestamp().as_millisecond()))
}

pub(super) fn compare_clock(whose: &str, theirs: Timestamp, ours: Timestamp, report: &mut Report) {
    let ahead = theirs.as_millis() - ours.as_millis();
    if ahead.abs() <= SKEW {
        report.add(checks::CLOCK_RIGHT, format!("{whose} clock and this one"));
    } else {
        let (seconds, way) = (ahead.abs() / 1_000, if ahead > 0 { "ahead" } else { "behind" });
        report.add(checks::CLOCK_DIFFERS, format!("{whose} clock is {seconds} s {way}"));
    }
}

fn is_loopback(url: &str) -> bool {
    signet_domain::origin::Origin::parse(url).is_ok_and(|origin| origin.is_loopback())
}
