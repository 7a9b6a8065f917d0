//! Logs and metrics of the process.
//!
//! Logs go to standard error, one event a line. They carry ids, codes, sizes and times and never tokens, message text,
//! names or addresses; that is a rule for whoever writes a log line, and the tests search a whole journey's logs for it.

use std::io::IsTerminal as _;
use std::sync::{Arc, OnceLock};

use anyhow::Context as _;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::config::Logging;
use crate::settings::LogFormat;

/// Sends log events to standard error. Call once, first.
pub fn start_logging(logging: &Logging) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&logging.filter)
        .with_context(|| format!("read the log filter {:?}", logging.filter))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_span_events(FmtSpan::NONE)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match logging.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).with_ansi(false).try_init(),
    }
    .map_err(|error| anyhow::anyhow!("start logging: {error}"))
}

/// Writes the process's metrics in the Prometheus text format.
pub type RenderMetrics = Arc<dyn Fn() -> String + Send + Sync>;

/// Begins to collect metrics, or joins the collection that this process has begun already.
pub fn metrics() -> anyhow::Result<RenderMetrics> {
    static RECORDER: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();
    let recorder =
        RECORDER.get_or_init(|| PrometheusBuilder::new().install_recorder().map_err(|e| e.to_string()));
    let handle = recorder.as_ref().map_err(|error| anyhow::anyhow!("start metrics: {error}"))?.clone();
    Ok(Arc::new(move || handle.render()))
}
