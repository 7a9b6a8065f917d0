//! What the tests of several crates share: token factory, servers and databases started for one test.

#[expect(clippy::missing_panics_doc, reason = "a panic here is the failure of the test that called")]
pub mod token_factory;
