//! Tests of custody through its public door.

#![expect(clippy::unwrap_used, reason = "helpers fail the test that called them")]

mod contract;
mod keystore;
mod keystore_changes;
#[cfg(feature = "hsm")]
mod pkcs11;
mod pool;
mod vault;
