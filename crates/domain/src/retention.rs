//! How long a project keeps what is about people.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The longest time that can be set, in days: a hundred years.
pub const MOST_DAYS: u32 = 36_500;
/// Events are what integrations are told from, and they are told for three days.
pub const LEAST_DAYS_OF_EVENTS: u32 = 7;

/// After how many days something goes. `None`: it stays until somebody erases it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Closed conversations lose their messages, so long after they were closed.
    pub conversations_anonymized: Option<u32>,
    /// Closed conversations go with all that hangs on them, so long after they were closed.
    pub conversations_deleted: Option<u32>,
    /// Visitors are anonymised when they have not been seen for so long and have no ongoing conversation.
    pub visitors_anonymized: Option<u32>,
    /// Sales go, so long after they were reported.
    pub transactions_deleted: Option<u32>,
    /// Refused sign-ins go. Of each project the last 500 are kept at most.
    pub failures_deleted: Option<u32>,
    /// Events go: what desks resume from and integrations are told.
    pub events_deleted: Option<u32>,
}

/// A time that cannot be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRetention {
    /// Less than a day, or more than can be meant.
    #[error("what is kept is kept for 1 to 36500 days")]
    Days,
    /// Integrations could miss events.
    #[error("events are kept for 7 days at least")]
    Events,
}

impl Retention {
    /// Every setting with its name, as the API and the audit log have it.
    pub fn settings(&self) -> [(&'static str, Option<u32>); 6] {
        [
            ("conversationsAnonymizedAfterDays", self.conversations_anonymized),
            ("conversationsDeletedAfterDays", self.conversations_deleted),
            ("visitorsAnonymizedAfterDays", self.visitors_anonymized),
            ("transactionsDeletedAfterDays", self.transactions_deleted),
            ("failuresDeletedAfterDays", self.failures_deleted),
            ("eventsDeletedAfterDays", self.events_deleted),
        ]
    }

    /// Whether it can be kept to.
    pub fn check(&self) -> Result<(), InvalidRetention> {
        let days = |days: &Option<u32>| days.is_none_or(|days| (1..=MOST_DAYS).contains(&days));
        if !self.settings().iter().all(|(_, setting)| days(setting)) {
            return Err(InvalidRetention::Days);
        }
        if self.events_deleted.is_some_and(|days| days < LEAST_DAYS_OF_EVENTS) {
            return Err(InvalidRetention::Events);
        }
        Ok(())
    }
}

/// A number of days as a time.
pub const fn days(days: u32) -> Duration {
    Duration::from_secs(days as u64 * 24 * 60 * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_bounds() {
        assert_eq!(Retention::default().check(), Ok(()));
        let of = |days| Retention { visitors_anonymized: Some(days), ..Retention::default() }.check();
        assert_eq!((of(1), of(MOST_DAYS)), (Ok(()), Ok(())));
        assert_eq!((of(0), of(MOST_DAYS + 1)), (Err(InvalidRetention::Days), Err(InvalidRetention::Days)));
        let events = |days| Retention { events_deleted: Some(days), ..Retention::default() }.check();
        assert_eq!((events(7), events(6)), (Ok(()), Err(InvalidRetention::Events)));
    }
}
