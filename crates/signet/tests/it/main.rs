//! The product through its doors: the real binary, HTTP, sockets and GraphQL.
//!
//! Run with `cargo test -p signet`; one process starts one PostgreSQL for all of it.

mod attacks;
mod attacks_session;
mod command_line;
mod demo;
mod durability;
mod fixture;
mod journey;
mod journey_identity;
mod shutdown;
