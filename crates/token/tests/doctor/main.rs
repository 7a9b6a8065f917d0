//! The Token Doctor through its public door: every mistake has its word, and none of them opens a token.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod conformance;
mod mistakes;
mod silence;
mod support;
mod table;

// The factory belongs to the test kit, which depends on this crate: the file is taken in directly instead.
#[path = "../../../testkit/src/token_factory.rs"]
#[expect(dead_code, unreachable_pub, reason = "tests of other crates use all of it")]
mod token_factory;
