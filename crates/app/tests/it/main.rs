//! The use cases against a real database, with a clock that stands still until a test moves it.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod access;
mod continuity;
mod durable_writes;
mod failures;
mod feeds;
mod identity;
mod key_trial;
mod races;
mod replays;
mod reports;
mod revocation;
mod sessions;
mod support;
mod tokens;
