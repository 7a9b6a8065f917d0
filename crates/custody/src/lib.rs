//! Custody: where the platform's private keys live, and the only place where they are used.
//!
//! The embedded default is a local [`Keystore`], one encrypted file. It holds the keys that visitor tokens are
//! encrypted to, RSA always and P-256 or X25519 on demand, the Ed25519 keys that session tokens are signed with, and further secrets of the platform. Its
//! [`LocalUnwrap`] does the RSA work on a small pool of threads of its own behind a bounded queue: one private
//! operation costs as much as a thousand ordinary requests, and must neither block the threads that serve them nor
//! pile up.
//!
//! The keys that visitor tokens are encrypted to may live in Vault ([`VaultUnwrap`]) or, with the feature `hsm`, in a PKCS#11 module instead; the keystore then holds the other
//! secrets, and former keys for as long as tokens encrypted to them arrive ([`MixedCustody`]).
//!
//! Invariants:
//!
//! - Key material leaves this crate only as public keys, signatures and unwrapped content keys; and encrypted to the custody that a key is moved
//!   to ([`KeyImport`]).
//! - The file on disk is always complete: it is written beside its place, flushed, and moved there.
//! - Secrets are wiped from memory when dropped and redact their `Debug`.

mod administration;
mod contents;
mod envelope;
mod error;
mod file;
mod health;
mod keystore;
mod local;
mod migration;
mod mixed;
#[cfg(feature = "hsm")]
mod pkcs11;
mod pool;
mod secret;
mod transport;
mod vault;

pub use administration::{Custody, CustodyError, CustodyFuture};
pub use envelope::KdfCost;
pub use error::KeystoreError;
pub use keystore::{DecryptionKeyInfo, KeyState, Keystore, Passphrase, jwks_json};
pub use local::LocalCustody;
pub use migration::{ImportError, ImportFuture, KeyImport, Placement, PortableKey};
pub use mixed::MixedCustody;
#[cfg(feature = "hsm")]
pub use pkcs11::{Pkcs11Error, Pkcs11Import, Pkcs11Options, Pkcs11Unwrap};
pub use pool::{LocalUnwrap, RsaPoolOptions};
pub use secret::{SecretError, SecretSource, SecretText};
pub use transport::TransportError;
pub use vault::{VaultError, VaultImport, VaultLogin, VaultOptions, VaultUnwrap};
