//! What is left of a signature when the token is gone: enough to try another key on it, and nothing of what was signed.

use std::fmt;

use aws_lc_rs::digest::{self, Digest};

use crate::algorithm::SignatureAlgorithm;
use crate::json::{self, Value};
use crate::verification_key::VerificationKey;
use crate::{base64url, jws};

/// The longest signature, of an RSA key of 4096 bits, in bytes.
const LONGEST: usize = 512;

/// A signature, its algorithm, and the SHA-256 digest of its signing input (RFC 7515 section 5.2). Nothing of header or claims.
#[derive(Clone)]
pub struct SignatureTrace {
    algorithm: SignatureAlgorithm,
    digest: Digest,
    signature: Box<[u8]>,
}

impl SignatureTrace {
    /// Of a compact JWS whose header names an algorithm of ours.
    pub(crate) fn of(compact: &[u8]) -> Option<Self> {
        let (signed, [protected, _, signature]) = jws::split(compact).ok()?;
        let header = json::parse_object(&base64url::decode(protected).ok()?).ok()?;
        let algorithm = header.get("alg").and_then(Value::as_str).and_then(SignatureAlgorithm::parse)?;
        let signature = base64url::decode(signature).ok()?;
        if signature.is_empty() || signature.len() > LONGEST {
            return None;
        }
        let digest = digest::digest(&digest::SHA256, signed);
        Some(Self { algorithm, digest, signature: signature.into() })
    }

    /// Whether the key made the signature. `None` where that cannot be said: Ed25519 signs the message itself and not a digest of it
    /// (RFC 8032 section 5.1).
    pub fn is_signed_by(&self, key: &VerificationKey) -> Option<bool> {
        if key.algorithm() != self.algorithm {
            return Some(false);
        }
        (self.algorithm != SignatureAlgorithm::EdDsa)
            .then(|| key.verifies_digest(&self.digest, &self.signature))
    }
}

impl fmt::Debug for SignatureTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignatureTrace").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}
