//! The visitor token, step by step: `Received -> Decrypted -> Verified -> Checked`.
//!
//! Each step consumes the one before, so that no step can be skipped or repeated. Only [`VerifiedToken::check`]
//! makes a [`CheckedToken`], and nothing about the visitor can be read from the earlier ones.

use zeroize::Zeroizing;

use crate::algorithm::SignatureAlgorithm;
use crate::claims::{self, CheckedToken, TokenOutline};
use crate::content_key::KeyUnwrap;
use crate::error::{EnvelopeFault, SignatureFault, TokenError};
use crate::jwe::{Jwe, JweRules, OpenError};
use crate::jwk::KeyFingerprint;
use crate::jws::{self, JwsRules};
use crate::policy::{MAX_TOKEN_BYTES, Policy, Profile};
use crate::signature_trace::SignatureTrace;
use crate::verification_key::VerificationKey;

/// The explicit type (RFC 8725 section 3.11) of the strict profile's inner token.
pub const STRICT_TYPE: &str = "visitor+jwt";

/// Types of the inner token that the compatible profile accepts.
const COMPATIBLE_TYPES: &[&str] = &["jwt", "jws", "jose", STRICT_TYPE];
const STRICT_TYPES: &[&str] = &[STRICT_TYPE];

/// What of the policy the later steps need.
#[derive(Debug, Clone)]
struct Rules {
    profile: Profile,
    signatures: Vec<SignatureAlgorithm>,
}

impl Rules {
    fn of(policy: &Policy) -> Self {
        Self { profile: policy.profile, signatures: policy.accepted_signatures().to_vec() }
    }

    fn is_strict(&self) -> bool {
        self.profile == Profile::Strict
    }

    fn jws(&self) -> JwsRules<'_> {
        let types = if self.is_strict() { STRICT_TYPES } else { COMPATIBLE_TYPES };
        JwsRules {
            algorithms: &self.signatures,
            types,
            require_type: self.is_strict(),
            require_key_id: self.is_strict(),
        }
    }
}

/// A token of acceptable size, shape and outer header. No key was used.
#[derive(Debug)]
pub struct ReceivedToken {
    jwe: Jwe,
    rules: Rules,
}

impl ReceivedToken {
    /// Checks size, shape and outer header against the project's profile, without any cryptography.
    ///
    /// # Errors
    /// [`TokenError::Malformed`].
    pub fn parse(token: &str, policy: &Policy) -> Result<Self, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(EnvelopeFault::TooLarge.into());
        }
        let rules = Rules::of(policy);
        let jwe_rules =
            JweRules { algorithms: policy.accepted_key_management(), require_key_id: rules.is_strict() };
        Ok(Self { jwe: Jwe::parse(token, jwe_rules)?, rules })
    }

    /// The outer `kid`: which platform key the provider says it used. Not authenticated.
    pub fn key_id(&self) -> Option<&str> {
        self.jwe.key_id()
    }

    /// Unwraps the content key and decrypts the content.
    ///
    /// # Errors
    /// [`TokenError::Undecryptable`] for every failure of unwrap and decryption; [`TokenError::Unavailable`] and
    /// [`TokenError::Overloaded`] when custody could not do its part.
    pub async fn decrypt<U: KeyUnwrap + ?Sized>(self, unwrap: &U) -> Result<DecryptedToken, TokenError> {
        let named = self.jwe.key_id().map(str::to_owned);
        let opened = self.jwe.open(unwrap).await.map_err(|error| match error {
            OpenError::Undecryptable => TokenError::Undecryptable,
            OpenError::Unavailable => TokenError::Unavailable,
            OpenError::Overloaded => TokenError::Overloaded,
        })?;
        let by = opened.unwrapped_by.map(|key_id| key_id.as_str().to_owned());
        Ok(DecryptedToken { content: opened.content, platform_key: by.or(named), rules: self.rules })
    }
}

/// A token that was encrypted to the platform, by anyone: the public key is public.
pub struct DecryptedToken {
    content: Zeroizing<Vec<u8>>,
    platform_key: Option<String>,
    rules: Rules,
}

impl DecryptedToken {
    /// The platform key that it was encrypted to: by custody's word, else by the token's own.
    pub fn platform_key(&self) -> Option<&str> {
        self.platform_key.as_deref()
    }

    /// What is left of the signature when the token is gone; `None` if the content is not signed with an algorithm of ours.
    pub fn signature_trace(&self) -> Option<SignatureTrace> {
        SignatureTrace::of(&self.content)
    }

    /// Verifies the content as a JWS of one of `keys`, the project's active keys.
    ///
    /// # Errors
    /// [`TokenError::Signature`].
    pub fn verify(self, keys: &[VerificationKey]) -> Result<VerifiedToken, TokenError> {
        let verified = jws::verify(&self.content, keys, &self.rules.jws())?;
        if jws::is_compact(verified.payload()) {
            return Err(SignatureFault::NestedAgain.into());
        }
        let (payload, signing_key) = verified.into_parts();
        Ok(VerifiedToken {
            payload,
            signing_key,
            platform_key: self.platform_key,
            profile: self.rules.profile,
        })
    }
}

impl std::fmt::Debug for DecryptedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DecryptedToken").field("platform_key", &self.platform_key).finish_non_exhaustive()
    }
}

/// A token signed by the project. Its claims have not been looked at.
pub struct VerifiedToken {
    payload: Zeroizing<Vec<u8>>,
    signing_key: KeyFingerprint,
    platform_key: Option<String>,
    profile: Profile,
}

impl VerifiedToken {
    /// The customer key that signed the token.
    pub fn signing_key(&self) -> &KeyFingerprint {
        &self.signing_key
    }

    /// Issuer and times, the only claims that may be recorded of a token that is refused.
    pub fn outline(&self) -> TokenOutline {
        TokenOutline::read(&self.payload)
    }

    /// Holds the claims against the project's policy.
    ///
    /// `audience` is the project's site id; `now_unix_ms` the current time in milliseconds since 1970. The profile is
    /// the one the token was received under.
    ///
    /// # Errors
    /// [`TokenError::Claims`], [`TokenError::Expired`].
    pub fn check(
        &self,
        policy: &Policy,
        audience: &str,
        now_unix_ms: i64,
    ) -> Result<CheckedToken, TokenError> {
        let context = claims::Context {
            policy,
            profile: self.profile,
            audience,
            now_unix_ms,
            signing_key: self.signing_key.clone(),
            platform_key: self.platform_key.clone(),
        };
        claims::check(&self.payload, context)
    }
}

impl std::fmt::Debug for VerifiedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerifiedToken")
            .field("signing_key", &self.signing_key)
            .field("platform_key", &self.platform_key)
            .finish_non_exhaustive()
    }
}
