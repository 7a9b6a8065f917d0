//! Following what other processes did: other nodes, and commands on the server.

use std::time::Duration;

use crate::AppError;

/// How often it is looked for.
const PERIOD: Duration = Duration::from_secs(1);

/// Takes in what was done elsewhere once a second, until the future is dropped. What keeps it from that is logged once an outage: what is known
/// already goes on being so.
pub(crate) async fn follow<F>(what: &str, mut take_in: impl FnMut() -> F)
where
    F: Future<Output = Result<(), AppError>>,
{
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        ticks.tick().await;
        match take_in().await {
            Ok(()) => failing = false,
            Err(error) if !failing => {
                failing = true;
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    cause = %cause(&error),
                    "{what} could not be read"
                );
            }
            Err(_) => {}
        }
    }
}

/// What an error comes from in the end: which disk, which passphrase.
fn cause(error: &AppError) -> String {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    causes.last().map(ToString::to_string).unwrap_or_default()
}
