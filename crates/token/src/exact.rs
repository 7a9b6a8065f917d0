//! Bytes that must have one length, where a wrong length has to fail late and like everything else.

use subtle::{Choice, ConditionallySelectable as _};

/// `LENGTH` bytes as they were given, or that they were not `LENGTH`.
///
/// How long a part of a token is, is plain to whoever sent it, so it is read where the token's shape is read, and may take what
/// time it takes. From there on parts of a right and of a wrong length look alike: the second fail with what only a key can
/// tell, after the same work.
#[derive(Clone)]
pub struct Exact<const LENGTH: usize> {
    bytes: [u8; LENGTH],
    is_exact: Choice,
}

impl<const LENGTH: usize> Exact<LENGTH> {
    /// Takes bytes of any length.
    pub fn read(given: &[u8]) -> Self {
        let exact = <[u8; LENGTH]>::try_from(given);
        Self { is_exact: Choice::from(u8::from(exact.is_ok())), bytes: exact.unwrap_or([0; LENGTH]) }
    }

    /// The bytes; zeros if they had another length, see [`Self::is_exact`].
    pub(crate) fn bytes(&self) -> &[u8; LENGTH] {
        &self.bytes
    }

    /// Whether they had the length.
    pub(crate) fn is_exact(&self) -> Choice {
        self.is_exact
    }

    /// The bytes, or `substitute` for those of another length.
    pub(crate) fn or(&self, substitute: &[u8; LENGTH]) -> [u8; LENGTH] {
        <[u8; LENGTH]>::conditional_select(substitute, &self.bytes, self.is_exact)
    }
}
