//! The system's clock and randomness, as the rest of the product wants them.

use std::sync::Arc;

use signet_domain::Env;
use signet_domain::env::{Random, SystemClock};

/// The operating system's generator, through aws-lc.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemRandom;

impl Random for SystemRandom {
    #[expect(clippy::expect_used, reason = "aws-lc aborts rather than fails when the system has no entropy")]
    fn fill(&self, buffer: &mut [u8]) {
        aws_lc_rs::rand::fill(buffer).expect("the system's random generator answers");
    }
}

/// The system's clock and randomness.
pub fn system() -> Env {
    Env::new(Arc::new(SystemClock), Arc::new(SystemRandom))
}
