//! Tests of the token layer through its public door.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "helpers fail the test that called them, and say what was skipped"
)]

mod algorithms;
mod attacks_agreement;
mod attacks_claims;
mod attacks_envelope;
mod attacks_nested;
mod codes;
mod faults;
mod interop;
mod keys;
mod properties;
mod rfc7520;
mod session_token;
mod sources;
mod support;
mod visitor_token;
mod wycheproof;

// The factory belongs to the test kit, which depends on this crate: the file is taken in directly instead.
#[path = "../../../testkit/src/token_factory.rs"]
#[expect(dead_code, unreachable_pub, reason = "tests of other crates use all of it")]
mod token_factory;
