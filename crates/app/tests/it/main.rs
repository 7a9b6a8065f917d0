//! The use cases against a real database, with a clock that stands still until a test moves it.
#![expect(missing_docs, reason = "tests")]

mod access;
mod continuity;
mod feeds;
mod sessions;
mod support;
mod tokens;
