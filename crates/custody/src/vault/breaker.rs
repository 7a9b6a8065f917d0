//! Leaves a Vault that fails alone for a moment, so that visitors are refused at once instead of after the time limit.
//!
//! It counts calls, not tokens: a call whose every token was junk was a success of Vault's.

use std::time::Duration;

use tokio::time::Instant;

/// Failed calls in a row after which Vault is left alone.
const FAILURES: u32 = 3;
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

#[derive(Default)]
pub(super) struct Breaker {
    failures: u32,
    /// When the next call may be tried; `None` while all is well.
    next_try: Option<Instant>,
    pauses: u32,
}

impl Breaker {
    /// Whether a call may be made now. After a pause one call is let through, and only that one decides what follows.
    pub(super) fn admits(&mut self, now: Instant) -> bool {
        match self.next_try {
            None => true,
            Some(at) if now < at => false,
            Some(_) => {
                self.next_try = Some(now + self.pause());
                true
            }
        }
    }

    pub(super) fn succeeded(&mut self) {
        *self = Self::default();
    }

    pub(super) fn failed(&mut self, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= FAILURES {
            self.next_try = Some(now + self.pause());
            self.pauses = self.pauses.saturating_add(1);
        }
    }

    fn pause(&self) -> Duration {
        LONGEST_PAUSE.min(SHORTEST_PAUSE * 2_u32.saturating_pow(self.pauses.min(8)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_three_failures_and_tries_one_call_at_a_time() {
        let mut breaker = Breaker::default();
        let start = Instant::now();
        for _ in 0..2 {
            assert!(breaker.admits(start));
            breaker.failed(start);
        }
        assert!(breaker.admits(start), "two failures are not enough");
        breaker.failed(start);
        assert!(!breaker.admits(start));
        assert!(!breaker.admits(start + SHORTEST_PAUSE / 2));
        let later = start + SHORTEST_PAUSE;
        assert!(breaker.admits(later), "one call is tried");
        assert!(!breaker.admits(later), "and only one");
        breaker.failed(later);
        assert!(!breaker.admits(later + SHORTEST_PAUSE), "the pauses grow");
        assert!(breaker.admits(later + SHORTEST_PAUSE * 2));
        breaker.succeeded();
        assert!(breaker.admits(later) && breaker.admits(later));
    }

    #[test]
    fn pauses_have_an_end_and_a_success_between_failures_starts_anew() {
        let mut breaker = Breaker::default();
        let mut now = Instant::now();
        for _ in 0..100 {
            breaker.failed(now);
            now += LONGEST_PAUSE;
            assert!(breaker.admits(now));
        }
        breaker.succeeded();
        for _ in 0..100 {
            breaker.failed(now);
            breaker.failed(now);
            assert!(breaker.admits(now));
            breaker.succeeded();
        }
    }
}
