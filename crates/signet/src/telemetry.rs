//! Logs and metrics of the process.
//!
//! Logs go to standard error, one event a line. They carry ids, codes, sizes and times and never tokens, message text,
//! names or addresses; that is a rule for whoever writes a log line, and the tests search a whole journey's logs for it,
//! at the most talkative level. Two things that nobody here writes are held back: what libraries say of their work in
//! detail (a database's parameters, a socket's frames), and what a panic says, which may quote the value that caused it.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::IsTerminal as _;
use std::panic::PanicHookInfo;
use std::sync::{Arc, OnceLock};

use anyhow::Context as _;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt, registry};

use crate::config::Logging;
use crate::settings::LogFormat;

/// Sends log events to standard error, panics too. Call once, first.
pub fn start_logging(logging: &Logging) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&logging.filter)
        .with_context(|| format!("read the log filter {:?}", logging.filter))?;
    let events = registry().with(filter).with(filter_fn(may_be_written));
    let lines = fmt::layer().with_writer(std::io::stderr);
    match logging.format {
        LogFormat::Text => events.with(lines.with_ansi(std::io::stderr().is_terminal())).try_init(),
        LogFormat::Json => events.with(lines.json().flatten_event(true).with_ansi(false)).try_init(),
    }
    .map_err(|error| anyhow::anyhow!("start logging: {error}"))?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// Our own lines keep to the rule at every level. Others' below `INFO` hold what they work on, whatever the filter says.
fn may_be_written(metadata: &Metadata<'_>) -> bool {
    *metadata.level() <= Level::INFO || metadata.target().starts_with("signet")
}

/// Where a panic happened, and with `RUST_BACKTRACE` how it came there: places in the program, and nothing of its data.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string);
    let thread = std::thread::current();
    let backtrace = Backtrace::capture();
    let backtrace = (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
    tracing::error!(location, thread = thread.name(), backtrace, "panicked");
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
