//! How much is let in: rate limits per address, session, project and account.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use signet_domain::{Env, ProjectId, VisitorId};
use uuid::Uuid;

use crate::AppError;
use crate::attempt::Refusal;
use crate::session_token::VisitorSession;
use crate::sign_in_write::Presented;

/// Proofs of one session key in a minute. A widget makes a handful.
const PROOFS_OF_KEY: u32 = 128;

/// Settings of the rate limits. Each is "so many at once, refilled evenly over the period".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimits {
    /// Activations per address and minute.
    pub activations_per_address: u32,
    /// Activations per session, or per device of a guest, and minute.
    pub activations_per_session: u32,
    /// Secured activations per project and second.
    pub activations_per_project: u32,
    /// Messages per visitor and minute.
    pub messages_per_visitor: u32,
    /// Messages per address and minute.
    pub messages_per_address: u32,
    /// Messages per project and second.
    pub messages_per_project: u32,
    /// Sign-in attempts per account and minute.
    pub sign_ins_per_account: u32,
    /// Sign-in attempts per address and minute.
    pub sign_ins_per_address: u32,
    /// Token verifications through GraphQL per caller and minute.
    pub tests_per_caller: u32,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            activations_per_address: 120,
            activations_per_session: 60,
            activations_per_project: 2_000,
            messages_per_visitor: 60,
            messages_per_address: 300,
            messages_per_project: 2_000,
            sign_ins_per_account: 10,
            sign_ins_per_address: 100,
            tests_per_caller: 60,
        }
    }
}

impl RateLimits {
    /// Limits that are never reached, for benchmarks and load tests.
    pub fn unlimited() -> Self {
        let most = u32::MAX;
        Self {
            activations_per_address: most,
            activations_per_session: most,
            activations_per_project: most,
            messages_per_visitor: most,
            messages_per_address: most,
            messages_per_project: most,
            sign_ins_per_account: most,
            sign_ins_per_address: most,
            tests_per_caller: most,
        }
    }
}

/// Somebody has had their share for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exceeded {
    retry_after: Duration,
}

impl From<Exceeded> for AppError {
    fn from(Exceeded { retry_after }: Exceeded) -> Self {
        Self::RateLimited { retry_after }
    }
}

impl From<Exceeded> for Refusal {
    fn from(Exceeded { retry_after }: Exceeded) -> Self {
        Self::limited(retry_after)
    }
}

/// The application's clock as the limiter wants it: one that never goes back. Were it set back by an hour, a limiter on
/// the bare clock would take every bucket for empty until that hour has passed again.
#[derive(Clone)]
struct EnvClock {
    env: Env,
    /// The clock's last reading in milliseconds since 1970, and how much time has passed since the first.
    read: Arc<Mutex<(i64, u64)>>,
}

impl EnvClock {
    fn new(env: &Env) -> Self {
        Self { env: env.clone(), read: Arc::new(Mutex::new((env.now().as_millis(), 0))) }
    }
}

impl Clock for EnvClock {
    type Instant = Moment;

    fn now(&self) -> Moment {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        // Read under the lock, so that readings follow each other.
        let now = self.env.now().as_millis();
        read.1 += u64::try_from(now.saturating_sub(read.0)).unwrap_or(0);
        read.0 = now;
        Moment(read.1)
    }
}

/// Milliseconds since the limiter was made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Moment(u64);

impl std::ops::Add<Nanos> for Moment {
    type Output = Self;

    fn add(self, nanos: Nanos) -> Self {
        Self(self.0 + nanos.as_u64() / 1_000_000)
    }
}

impl Reference for Moment {
    fn duration_since(&self, earlier: Self) -> Nanos {
        Nanos::new(self.0.saturating_sub(earlier.0) * 1_000_000)
    }

    fn saturating_sub(&self, duration: Nanos) -> Self {
        Self(self.0.saturating_sub(duration.as_u64() / 1_000_000))
    }
}

struct Limit<K: Hash + Eq + Clone> {
    limiter: RateLimiter<K, DashMapStateStore<K>, EnvClock, NoOpMiddleware<Moment>>,
    clock: EnvClock,
}

impl<K: Hash + Eq + Clone> Limit<K> {
    fn new(quota: Quota, env: &Env) -> Self {
        let clock = EnvClock::new(env);
        Self { limiter: RateLimiter::new(quota, DashMapStateStore::default(), clock.clone()), clock }
    }

    fn per_minute(count: u32, env: &Env) -> Self {
        Self::new(Quota::per_minute(at_least_one(count)), env)
    }

    fn per_second(count: u32, env: &Env) -> Self {
        Self::new(Quota::per_second(at_least_one(count)), env)
    }

    /// Takes one from the key's bucket, or tells how long to wait.
    fn take(&self, key: &K) -> Result<(), Exceeded> {
        self.limiter.check_key(key).map_err(|refused| Exceeded {
            retry_after: refused.wait_time_from(self.clock.now()).max(Duration::from_secs(1)),
        })
    }
}

fn at_least_one(count: u32) -> NonZeroU32 {
    NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN)
}

/// The limits at work. A bucket is forgotten once it is full again ([`Limits::forget_idle`]), so that the memory they take is
/// bounded by the traffic of the last minute.
pub struct Limits {
    activations_by_address: Limit<IpAddr>,
    activations_by_session: Limit<Uuid>,
    activations_by_project: Limit<ProjectId>,
    messages_by_visitor: Limit<VisitorId>,
    messages_by_address: Limit<IpAddr>,
    messages_by_project: Limit<ProjectId>,
    custom_data_by_visitor: Limit<VisitorId>,
    sign_ins_by_account: Limit<String>,
    sign_ins_by_address: Limit<IpAddr>,
    tests_by_caller: Limit<String>,
    proofs_by_key: Limit<Arc<str>>,
    traced_failures: Limit<ProjectId>,
    ignored_claims: Limit<ProjectId>,
    retiring_keys: Limit<ProjectId>,
}

/// Refused activations of a project and minute that get an event and a line in the audit log. A flood must not fill either; the failure
/// feed and its counts have them all.
const TRACED_FAILURES: u32 = 60;

impl Limits {
    pub(crate) fn new(settings: &RateLimits, env: &Env) -> Self {
        Self {
            activations_by_address: Limit::per_minute(settings.activations_per_address, env),
            activations_by_session: Limit::per_minute(settings.activations_per_session, env),
            activations_by_project: Limit::per_second(settings.activations_per_project, env),
            messages_by_visitor: Limit::per_minute(settings.messages_per_visitor, env),
            messages_by_address: Limit::per_minute(settings.messages_per_address, env),
            messages_by_project: Limit::per_second(settings.messages_per_project, env),
            custom_data_by_visitor: Limit::per_minute(settings.messages_per_visitor, env),
            sign_ins_by_account: Limit::per_minute(settings.sign_ins_per_account, env),
            sign_ins_by_address: Limit::per_minute(settings.sign_ins_per_address, env),
            tests_by_caller: Limit::per_minute(settings.tests_per_caller, env),
            proofs_by_key: Limit::per_minute(PROOFS_OF_KEY, env),
            traced_failures: Limit::per_minute(TRACED_FAILURES, env),
            ignored_claims: Limit::new(Quota::per_hour(NonZeroU32::MIN), env),
            retiring_keys: Limit::new(Quota::per_hour(NonZeroU32::MIN), env),
        }
    }

    /// Whether this refusal is still one of those that leave a trace beside the feed.
    pub(crate) fn traced_failure(&self, project: &ProjectId) -> bool {
        self.traced_failures.take(project).is_ok()
    }

    /// Whether it is time to tell the project again that it encrypts to a key on its way out.
    pub(crate) fn retiring_key(&self, project: &ProjectId) -> bool {
        self.retiring_keys.take(project).is_ok()
    }

    /// Whether it is time to tell the project again.
    pub(crate) fn ignored_claim(&self, project: &ProjectId) -> bool {
        self.ignored_claims.take(project).is_ok()
    }

    pub(crate) fn activation(&self, address: IpAddr) -> Result<(), Exceeded> {
        self.activations_by_address.take(&block(address))
    }

    /// One more activation by somebody who was here before.
    pub(crate) fn activation_of(&self, presented: &Presented) -> Result<(), Exceeded> {
        match presented {
            Presented::Nothing => Ok(()),
            Presented::Anonymous(device) => self.activations_by_session.take(&device.id.as_uuid()),
            Presented::Verified { session_id, .. } => self.activations_by_session.take(&session_id.as_uuid()),
        }
    }

    pub(crate) fn decryption(&self, project: &ProjectId) -> Result<(), Exceeded> {
        self.activations_by_project.take(project)
    }

    pub(crate) fn message(&self, session: &VisitorSession, address: IpAddr) -> Result<(), Exceeded> {
        self.messages_by_visitor.take(&session.visitor_id)?;
        self.messages_by_address.take(&block(address))?;
        self.messages_by_project.take(&session.project_id)
    }

    /// As many as messages, and counted apart from them: a page that speaks too often must not silence its visitor.
    pub(crate) fn custom_data(&self, visitor: VisitorId) -> Result<(), Exceeded> {
        self.custom_data_by_visitor.take(&visitor)
    }

    pub(crate) fn sign_in(&self, account: &str, address: IpAddr) -> Result<(), Exceeded> {
        self.sign_ins_by_address.take(&block(address))?;
        self.sign_ins_by_account.take(&account.to_lowercase())
    }

    pub(crate) fn test(&self, caller: &str) -> Result<(), Exceeded> {
        self.tests_by_caller.take(&caller.to_owned())
    }

    pub(crate) fn proof(&self, key: &Arc<str>) -> Result<(), Exceeded> {
        self.proofs_by_key.take(key)
    }

    pub(crate) fn forget_idle(&self) {
        self.activations_by_address.limiter.retain_recent();
        self.activations_by_session.limiter.retain_recent();
        self.activations_by_project.limiter.retain_recent();
        self.messages_by_visitor.limiter.retain_recent();
        self.messages_by_address.limiter.retain_recent();
        self.messages_by_project.limiter.retain_recent();
        self.custom_data_by_visitor.limiter.retain_recent();
        self.sign_ins_by_account.limiter.retain_recent();
        self.sign_ins_by_address.limiter.retain_recent();
        self.tests_by_caller.limiter.retain_recent();
        self.proofs_by_key.limiter.retain_recent();
        self.traced_failures.limiter.retain_recent();
        self.ignored_claims.limiter.retain_recent();
        self.retiring_keys.limiter.retain_recent();
    }
}

/// One subscriber of IPv6 holds a /64 at least: limiting single addresses there would limit nobody.
pub(crate) fn block(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => {
            let mut segments = v6.segments();
            segments[4..].fill(0);
            IpAddr::V6(segments.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use signet_domain::Timestamp;
    use signet_domain::env::{ManualClock, SeededRandom};

    use super::*;

    #[test]
    fn a_bucket_empties_and_refills_by_the_clock() {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_700_000_000_000)));
        let env = Env::new(clock.clone(), Arc::new(SeededRandom::new(1)));
        let limits = Limits::new(&RateLimits { sign_ins_per_account: 3, ..RateLimits::default() }, &env);
        let here: IpAddr = [127, 0, 0, 1].into();
        for _ in 0..3 {
            assert!(limits.sign_in("Jane@example", here).is_ok());
        }
        let Err(Exceeded { retry_after }) = limits.sign_in("jane@EXAMPLE", here) else {
            panic!("the fourth attempt within a minute was let in");
        };
        assert!(retry_after <= Duration::from_secs(20), "{retry_after:?}");
        assert!(limits.sign_in("john@example", here).is_ok(), "another account was held back");
        clock.advance(Duration::from_secs(20));
        assert!(limits.sign_in("jane@example", here).is_ok());
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let start = Timestamp::from_millis(1_700_000_000_000);
        let clock = Arc::new(ManualClock::new(start));
        let env = Env::new(clock.clone(), Arc::new(SeededRandom::new(1)));
        let limits = Limits::new(&RateLimits { sign_ins_per_account: 2, ..RateLimits::default() }, &env);
        let here: IpAddr = [127, 0, 0, 1].into();
        assert!(limits.sign_in("jane", here).is_ok());
        clock.set(start.after(Duration::from_hours(2)));
        assert!(limits.sign_in("jane", here).is_ok());
        clock.set(start);
        assert!(limits.sign_in("jane", here).is_ok());
        assert!(limits.sign_in("jane", here).is_err(), "what was taken stays taken");
        clock.advance(Duration::from_secs(30));
        assert!(limits.sign_in("jane", here).is_ok(), "and comes back as time passes");
    }

    #[test]
    fn ipv6_is_limited_by_network() {
        let one: IpAddr = "2001:db8:1:2:3::1".parse().unwrap();
        let other: IpAddr = "2001:db8:1:2:ffff::9".parse().unwrap();
        assert_eq!(block(one), block(other));
        assert_ne!(block(one), block("2001:db8:1:3::1".parse().unwrap()));
        assert_eq!(block("::ffff:10.0.0.1".parse().unwrap()), block("10.0.0.1".parse().unwrap()));
    }
}
