//! Every store function on SQLite and on PostgreSQL, through the crate's public door.
//!
//! Run with `cargo test -p signet-store`: the tests share one PostgreSQL server, which this process starts.

#[cfg(test)]
mod access;
#[cfg(test)]
mod audit_events;
#[cfg(test)]
mod authentication_failures;
#[cfg(test)]
mod bots;
#[cfg(test)]
mod concurrency;
#[cfg(test)]
mod conversations;
#[cfg(test)]
mod durability;
#[cfg(test)]
mod erasure;
#[cfg(test)]
mod events;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod messages;
#[cfg(test)]
mod platform_keys;
#[cfg(test)]
mod projects;
#[cfg(test)]
mod replays;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod visitors;
