//! Whether a custody that can fail works, told to the operator once each time it changes.

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};

/// What is known of one custody.
pub(crate) struct Health {
    custody: &'static str,
    available: AtomicBool,
}

impl Health {
    /// Of a custody that has just been seen working. `custody` is the name in metrics and log lines.
    pub(crate) fn new(custody: &'static str) -> Self {
        let health = Self { custody, available: AtomicBool::new(true) };
        health.show(true);
        health
    }

    /// Whether it did what it was asked last.
    pub(crate) fn is_available(&self) -> bool {
        self.available.load(Ordering::Relaxed)
    }

    /// It did what it was asked.
    pub(crate) fn works(&self) {
        self.show(true);
        if !self.available.swap(true, Ordering::Relaxed) {
            tracing::info!(custody = self.custody, "key custody is available again");
        }
    }

    /// It did not. `reason` is a word of a fixed list, for the metrics.
    pub(crate) fn fails(&self, reason: &'static str, error: &(dyn Error + 'static)) {
        self.show(false);
        metrics::counter!("signet_custody_failures_total", "custody" => self.custody, "reason" => reason)
            .increment(1);
        if self.available.swap(false, Ordering::Relaxed) {
            tracing::error!(
                custody = self.custody,
                reason,
                error,
                "key custody is not available: new secured activations are refused, sessions live on"
            );
        }
    }

    fn show(&self, available: bool) {
        metrics::gauge!("signet_custody_available", "custody" => self.custody).set(u8::from(available));
    }
}
