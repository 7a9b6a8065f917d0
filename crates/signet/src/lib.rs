//! The `signet` program: configuration, wiring, command line and demo.
//!
//! Everything with rules lives in the crates below; here they are joined. Invariants:
//! - a setting comes from a flag, else the environment, else the file, else its default, in that order ([`settings`]);
//! - the binary and the tests start the platform through the same door ([`server::Server::start`]);
//! - what was acknowledged survives the way down: the database is drained and closed before the process ends.

pub mod backup;
pub mod cli;
pub mod config;
mod custody;
pub mod demo;
pub mod doctor;
mod documentation;
pub mod environment;
pub mod hardening;
mod migration;
pub mod platform;
pub mod secret_file;
pub mod secrets;
pub mod server;
pub mod settings;
pub mod telemetry;
