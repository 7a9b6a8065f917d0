//! Who watches what, in this process: topics, subscriptions, delivery that never waits for a slow reader, and what the processes that share a
//! database must tell each other.
//!
//! Invariants:
//! - publishing never blocks and never allocates per byte of payload: a publication is shared by all its readers;
//! - every queue is bounded. A reader that does not keep up is told so ([`Received::TooSlow`]) and must resume from its cursor;
//! - delivery is a fast path only. What was missed is read from the database, so losing a signal never loses a message.

mod hub;
mod relay;

pub use hub::{Hub, Published, Received, Signal, Subscription, Topic};
pub use relay::{Outgoing, Relay, Typing};
