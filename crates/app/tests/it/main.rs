//! The use cases against a real database, with a clock that stands still until a test moves it.

mod access;
mod continuity;
mod feeds;
mod sessions;
mod support;
mod tokens;
