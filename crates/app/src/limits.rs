//! How much is let in: rate limits per address, session, project and account.
#![expect(clippy::todo, unused_variables, dead_code, reason = "skeleton")]

/// Settings of the rate limits. Each is "so many at once, refilled evenly over the period".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimits {
    /// Secured activations per address and minute.
    pub activations_per_address: u32,
    /// Secured activations per project and second.
    pub activations_per_project: u32,
    /// Messages per visitor and minute.
    pub messages_per_visitor: u32,
    /// Messages per address and minute.
    pub messages_per_address: u32,
    /// Sign-in attempts per account and minute.
    pub sign_ins_per_account: u32,
    /// Sign-in attempts per address and minute.
    pub sign_ins_per_address: u32,
    /// Test mutations per caller and minute.
    pub tests_per_caller: u32,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            activations_per_address: 120,
            activations_per_project: 2_000,
            messages_per_visitor: 60,
            messages_per_address: 300,
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
            activations_per_project: most,
            messages_per_visitor: most,
            messages_per_address: most,
            sign_ins_per_account: most,
            sign_ins_per_address: most,
            tests_per_caller: most,
        }
    }
}

/// The limits at work.
pub struct Limits {}

impl Limits {
    pub(crate) fn new(settings: &RateLimits) -> Self {
        todo!()
    }
}
