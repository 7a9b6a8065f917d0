//! The visitor token: a signed token inside an encrypted one, opened and believed step by step.
//!
//! A brand's token provider signs the visitor's claims (JWS, RFC 7515) and encrypts the result to the platform
//! (JWE, RFC 7516). This crate opens such tokens, and makes them for the demo shop, the command line and the
//! tests. It also signs and checks the session tokens that the platform itself hands out.
//!
//! Invariants:
//!
//! - No header decides an algorithm. The outer pair is `RSA-OAEP-256` with `A256GCM`, the inner algorithm is
//!   `RS256`; a strict project may accept others by its [`Policy`]. A header that names anything else is refused before
//!   any key is touched, and a key is only ever used with the one algorithm it was made or registered for.
//! - Nested only: claims are reachable through `Received -> Decrypted -> Verified -> Checked` and in no other
//!   way. Each step consumes the one before, and only the last one can be asked who the visitor is.
//! - Every failure inside key unwrap and content decryption is the same value, [`TokenError::Undecryptable`],
//!   reached after the same work.
//! - No input makes it panic, and no error carries anything that a token contained.
//! - It reads no clock, opens no file, starts no connection. The single asynchronous edge is [`KeyUnwrap`].
//!
//! The modules from [`base64url`] to [`jws`] know nothing of this product; [`policy`], [`visitor_token`] and
//! [`session_token`] stand on them.

mod agreement_key;
pub mod algorithm;
pub mod base64url;
pub mod claims;
mod content_key;
mod decryption_key;
mod der;
pub mod doctor;
mod ecdh_es;
mod ed25519_point;
mod encryption_key;
pub mod error;
mod exact;
pub mod issue;
pub mod json;
pub mod jwe;
pub mod jwk;
pub mod jws;
pub mod key_set;
mod key_unwrap;
mod pem;
pub mod policy;
pub mod possession;
mod remote_key;
mod rsa_public;
pub mod session_proof;
pub mod session_token;
mod signature_trace;
mod signing_key;
mod spki;
mod verification_key;
pub mod visitor_token;

pub use agreement_key::AgreementKey;
pub use algorithm::{KeyManagement, SignatureAlgorithm};
pub use claims::{CheckedToken, TokenOutline, VisitorData, Warning};
pub use content_key::{KeyUnwrap, UnwrapError, UnwrapFuture, UnwrappedKey};
pub use decryption_key::DecryptionKey;
pub use ecdh_es::{Curve, CurvePoint, KeyAgreement};
pub use error::{ClaimsFault, EnvelopeFault, PublicCode, SignatureFault, TokenError};
pub use exact::Exact;
pub use issue::{EncryptedKey, EncryptionKey, SigningKey, TokenProvider};
pub use jwk::{KeyError, KeyFingerprint};
pub use policy::{MAX_TOKEN_BYTES, Policy, Profile};
pub use remote_key::RemoteKey;
pub use session_proof::{ProofFault, ProofFor, SessionKey};
pub use session_token::{
    AuditCheckpoint, Confirmation, SessionClaims, SessionSigner, SessionTokenError, SessionTokenKind,
    SessionVerifier,
};
pub use signature_trace::SignatureTrace;
pub use verification_key::VerificationKey;
pub use visitor_token::{DecryptedToken, ReceivedToken, VerifiedToken};
