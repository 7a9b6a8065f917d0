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
                tracing::error!(error = &error as &dyn std::error::Error, "{what} could not be read");
            }
            Err(_) => {}
        }
    }
}
