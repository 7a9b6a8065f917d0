//! Holding back whoever guesses passwords, without holding back the one whose password it is.
//!
//! Refused attempts are counted for an account together with where they come from, and for the account as a whole. After a few, the next
//! attempt has to wait, twice as long each time. The longest wait is short for the account as a whole, since anybody can cause it; a
//! browser in which the person has signed in before is a place of its own, which strangers' attempts do not touch.
//! Counts live in memory: a restart forgets them, and so does a day without an attempt.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use signet_domain::Timestamp;

use crate::limits::block;

/// How many refusals cost nothing, and the longest wait after that.
#[derive(Debug, Clone, Copy)]
struct Policy {
    free: u32,
    longest: Duration,
}

/// From one place.
const HERE: Policy = Policy { free: 4, longest: Duration::from_mins(15) };
/// From everywhere but known browsers. Few enough that a botnet has about a thousand guesses a day, short enough that nobody is
/// locked out by it.
const EVERYWHERE: Policy = Policy { free: 20, longest: Duration::from_mins(1) };
/// How long refusals are remembered.
const REMEMBERED: Duration = Duration::from_hours(24);

/// From where somebody tries.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Origin {
    /// An address, or the network of one subscriber.
    Address(IpAddr),
    /// A browser in which this person has signed in before, by what it keeps.
    Known([u8; 32]),
}

impl Origin {
    pub(crate) fn address(address: IpAddr) -> Self {
        Self::Address(block(address))
    }
}

type Place = (String, Option<Origin>);

#[derive(Debug, Clone, Copy)]
struct Refusals {
    count: u32,
    last: Timestamp,
}

/// Who has to wait.
#[derive(Default)]
pub(crate) struct Backoff(Mutex<HashMap<Place, Refusals>>);

impl Backoff {
    /// How long an attempt has to wait; `Ok` if it need not.
    pub(crate) fn check(&self, account: &str, origin: &Origin, now: Timestamp) -> Result<(), Duration> {
        let refusals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = places(account, origin)
            .into_iter()
            .filter_map(|(place, policy)| {
                let refused = refusals.get(&place)?;
                let wait = policy.wait(refused.count);
                let until = refused.last.after(wait);
                (!wait.is_zero() && until > now).then(|| until.since(now))
            })
            .max();
        wait.map_or(Ok(()), Err)
    }

    /// Counts a refusal. `true` if it is the one with which waiting begins.
    pub(crate) fn refused(&self, account: &str, origin: &Origin, now: Timestamp) -> bool {
        let mut refusals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut begins = false;
        for (place, policy) in places(account, origin) {
            let refused = refusals.entry(place).or_insert(Refusals { count: 0, last: now });
            refused.count = refused.count.saturating_add(1);
            refused.last = now;
            begins |= refused.count == policy.free + 1;
        }
        begins
    }

    /// Forgets what was refused here. Elsewhere somebody may still be guessing.
    pub(crate) fn accepted(&self, account: &str, origin: &Origin) {
        let place = (account.to_lowercase(), Some(origin.clone()));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&place);
    }

    pub(crate) fn forget_old(&self, now: Timestamp) {
        let mut refusals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        refusals.retain(|_, refused| now.since(refused.last) < REMEMBERED);
    }
}

fn places(account: &str, origin: &Origin) -> Vec<(Place, Policy)> {
    let account = account.to_lowercase();
    let everywhere = matches!(origin, Origin::Address(_)).then(|| ((account.clone(), None), EVERYWHERE));
    std::iter::once(((account, Some(origin.clone())), HERE)).chain(everywhere).collect()
}

impl Policy {
    fn wait(self, refused: u32) -> Duration {
        match refused.checked_sub(self.free + 1) {
            None => Duration::ZERO,
            Some(doublings) => {
                let seconds = 1_u64.checked_shl(doublings).unwrap_or(u64::MAX);
                Duration::from_secs(seconds).min(self.longest)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn from(last: u8) -> Origin {
        Origin::address([203, 0, 113, last].into())
    }

    #[test]
    fn waits_double_from_the_same_place_and_end_with_success() {
        let backoff = Backoff::default();
        let mut now = NOW;
        let mut waits = Vec::new();
        for _ in 0..16 {
            assert_eq!(backoff.check("jane@x", &from(1), now), Ok(()));
            backoff.refused("Jane@X", &from(1), now);
            let wait = backoff.check("jane@x", &from(1), now).err().unwrap_or_default();
            waits.push(wait.as_secs());
            now = now.after(wait);
        }
        assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
        assert!(backoff.check("john@x", &from(1), NOW).is_ok(), "another account");
        backoff.accepted("jane@x", &from(1));
        assert!(backoff.check("jane@x", &from(1), NOW).is_ok());
    }

    #[test]
    fn strangers_hold_a_person_back_for_a_minute_and_their_own_browser_never() {
        let backoff = Backoff::default();
        let mut began = 0;
        for attempt in 0..=255 {
            began += u32::from(backoff.refused("jane@x", &from(attempt), NOW));
        }
        assert_eq!(began, 1, "waiting begins once");
        assert_eq!(backoff.check("jane@x", &from(7), NOW), Err(Duration::from_mins(1)));
        assert!(backoff.check("jane@x", &from(7), NOW.after(Duration::from_mins(1))).is_ok());
        let own = Origin::Known([1; 32]);
        assert!(backoff.check("jane@x", &own, NOW).is_ok());
        for _ in 0..10 {
            backoff.refused("jane@x", &own, NOW);
        }
        assert!(backoff.check("jane@x", &own, NOW).is_err(), "whoever stole the browser waits as well");
        backoff.forget_old(NOW.after(REMEMBERED));
        assert!(backoff.0.lock().unwrap().is_empty());
    }
}
