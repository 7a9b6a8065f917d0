//! Single use of visitor tokens (PRODUCT section 3).
//!
//! A token with a `jti` opens one session, whichever profile it was received under; the strict profile accepts no other.
//! There is exactly one success: a client whose answer was lost gets a new token from its provider and does not send the
//! old one again, because what it would send is what a thief would send.

use std::time::Duration;

use signet_domain::Timestamp;
use signet_token::CheckedToken;

/// How long the use of a token is remembered after the token has expired. Clocks are set back by an hour at times, rarely by
/// more; until this has passed, a token that comes to life again in that way is still known.
const REMEMBERED: Duration = Duration::from_hours(24);

/// What is written of a token's use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SingleUse {
    /// SHA-256 of issuer and `jti`.
    pub(crate) digest: [u8; 32],
    /// When it may be forgotten.
    pub(crate) keep_until: Timestamp,
}

impl SingleUse {
    /// `None` for a token without `jti`.
    pub(crate) fn of(token: &CheckedToken) -> Option<Self> {
        let digest = digest(token.issuer(), token.token_id()?);
        let expires_at = Timestamp::from_millis(token.expires_at_unix().saturating_mul(1_000));
        Some(Self { digest, keep_until: expires_at.after(REMEMBERED) })
    }
}

/// The length before the issuer keeps two pairs apart that are the same text when written one after the other.
fn digest(issuer: &str, token_id: &str) -> [u8; 32] {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    context.update(&(issuer.len() as u64).to_be_bytes());
    context.update(issuer.as_bytes());
    context.update(token_id.as_bytes());
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

#[cfg(test)]
mod tests {
    use super::digest;

    #[test]
    fn issuer_and_token_id_are_kept_apart() {
        assert_eq!(digest("a", "bc"), digest("a", "bc"));
        assert_ne!(digest("a", "bc"), digest("ab", "c"));
        assert_ne!(digest("", "abc"), digest("abc", ""));
    }
}
