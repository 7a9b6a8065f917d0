//! What the tests of several crates share: token factory, servers and databases started for one test, and clients that
//! talk to them as visitors, agents and integrations do.

#[expect(clippy::missing_panics_doc, reason = "a panic here is the failure of the test that called")]
#[expect(clippy::expect_used, clippy::panic, reason = "test support: what goes wrong here fails the test")]
pub mod client;
#[expect(clippy::missing_panics_doc, reason = "a panic here is the failure of the test that called")]
#[expect(clippy::expect_used, clippy::panic, reason = "test support: what goes wrong here fails the test")]
pub mod graphql;
#[cfg(feature = "hsm")]
#[expect(clippy::missing_panics_doc, reason = "a panic here is the failure of the test that called")]
#[expect(clippy::expect_used, reason = "test support: what goes wrong here fails the test")]
pub mod pkcs11;
#[expect(
    clippy::expect_used,
    clippy::print_stderr,
    reason = "test support: what goes wrong here fails the test"
)]
pub mod postgres;
#[expect(clippy::missing_panics_doc, reason = "a panic here is the failure of the test that called")]
#[expect(clippy::expect_used, clippy::panic, reason = "test support: what goes wrong here fails the test")]
pub mod server;
#[expect(clippy::missing_panics_doc, reason = "a panic here is the failure of the test that called")]
pub mod token_factory;
#[expect(clippy::missing_panics_doc, reason = "a panic here is the failure of the test that called")]
#[expect(clippy::expect_used, reason = "test support: what goes wrong here fails the test")]
pub mod vault;
#[expect(clippy::missing_panics_doc, reason = "a panic here is the failure of the test that called")]
#[expect(clippy::expect_used, clippy::panic, reason = "test support: what goes wrong here fails the test")]
pub mod visitor;
#[expect(clippy::expect_used, clippy::panic, reason = "test support: what goes wrong here fails the test")]
mod web_socket;

pub use client::{Answer, browser, now_unix_ms, within};
pub use graphql::{GraphqlClient, GraphqlSubscription};
pub use server::{Manifest, TestServer};
pub use visitor::{VisitorClient, VisitorSocket};
