//! What a project asks of a visitor token.

use crate::algorithm::{KeyManagement, SignatureAlgorithm};

/// The longest token that is looked at, in bytes.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// What the vendor documents describe, and all that the compatible profile accepts.
const VENDOR_SIGNATURES: &[SignatureAlgorithm] = &[SignatureAlgorithm::Rs256];
const VENDOR_KEY_MANAGEMENT: &[KeyManagement] = &[KeyManagement::RsaOaep256];

/// The two token profiles of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// What the vendor documents describe: `kid`, `typ`, `cty`, `aud`, `iat`, `nbf`, `jti` may be absent and are
    /// checked when present.
    #[default]
    Compatible,
    /// In addition: inner `typ`, `kid` in both headers, `aud` = site id, `iat`, `jti`, and `exp - iat` at most the
    /// project's token lifetime. Single use of `jti` is enforced by whoever keeps the replay store.
    Strict,
}

/// A project's rules for its visitor tokens.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The profile.
    pub profile: Profile,
    /// What stands before the names of the two product claims, `https://iadvize.com/` by default.
    pub claim_prefix: String,
    /// Issuers accepted in `iss`; empty accepts any.
    pub issuers: Vec<String>,
    /// How far clocks may differ, in seconds, applied to `exp`, `nbf` and `iat`.
    pub leeway_seconds: i64,
    /// The longest accepted time from now to `exp`, in seconds; in the strict profile also from `iat` to `exp`.
    pub max_lifetime_seconds: i64,
    /// Signature algorithms that the strict profile accepts, `RS256` by default.
    pub signature_algorithms: Vec<SignatureAlgorithm>,
    /// Key management algorithms that the strict profile accepts, `RSA-OAEP-256` by default.
    pub key_management: Vec<KeyManagement>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            profile: Profile::Compatible,
            claim_prefix: "https://iadvize.com/".to_owned(),
            issuers: Vec::new(),
            leeway_seconds: 5,
            max_lifetime_seconds: 24 * 60 * 60,
            signature_algorithms: VENDOR_SIGNATURES.to_vec(),
            key_management: VENDOR_KEY_MANAGEMENT.to_vec(),
        }
    }
}

impl Policy {
    /// The strict profile with its own default lifetime of one minute.
    pub fn strict() -> Self {
        Self { profile: Profile::Strict, max_lifetime_seconds: 60, ..Self::default() }
    }

    /// The signature algorithms that are accepted: in the compatible profile always `RS256` alone.
    pub fn accepted_signatures(&self) -> &[SignatureAlgorithm] {
        match self.profile {
            Profile::Compatible => VENDOR_SIGNATURES,
            Profile::Strict => &self.signature_algorithms,
        }
    }

    /// The key management algorithms that are accepted: in the compatible profile always `RSA-OAEP-256` alone.
    pub fn accepted_key_management(&self) -> &[KeyManagement] {
        match self.profile {
            Profile::Compatible => VENDOR_KEY_MANAGEMENT,
            Profile::Strict => &self.key_management,
        }
    }
}
