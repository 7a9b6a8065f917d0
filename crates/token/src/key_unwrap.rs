//! AES key unwrap with a 256-bit key (RFC 3394 section 2.2.2) of one 256-bit content key, on the library's block cipher.
//!
//! The library has the algorithm too, but branches on the integrity check, and its callers on the answer: whoever calls it in the
//! same process told a wrapped key that fails from one that does not by 30 ns. Here the check gives a [`Choice`] that nothing
//! branches on.

use aws_lc_rs::cipher::{AES_256, DecryptingKey, DecryptionContext, UnboundCipherKey};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::content_key::UnwrappedKey;

/// Length of a wrapped 256-bit key in bytes: eight more than the key.
pub(crate) const WRAPPED_KEY_BYTES: usize = 40;
/// Length of the semiblocks that the algorithm moves about, in bytes.
const SEMIBLOCK: usize = 8;
/// How many of them the key has.
const SEMIBLOCKS: u64 = 4;
/// How often every semiblock is gone through.
const ROUNDS: u64 = 6;
/// What must come out in front of the key (RFC 3394 section 2.2.3.1).
const INITIAL_VALUE: [u8; SEMIBLOCK] = [0xa6; SEMIBLOCK];

/// Unwraps `wrapped` under `wrapping_key`: the same work whatever comes out.
pub(crate) fn unwrap(wrapping_key: &[u8; 32], wrapped: &[u8; WRAPPED_KEY_BYTES]) -> UnwrappedKey {
    let key = UnboundCipherKey::new(&AES_256, wrapping_key).and_then(DecryptingKey::ecb);
    // A key of 32 bytes is an AES-256 key.
    let Ok(key) = key else { return UnwrappedKey::none() };
    let (first, rest) = wrapped.split_at(SEMIBLOCK);
    let mut semiblocks = Zeroizing::new([0; WRAPPED_KEY_BYTES - SEMIBLOCK]);
    semiblocks.copy_from_slice(rest);
    let mut block = Zeroizing::new([0; 2 * SEMIBLOCK]);
    block[..SEMIBLOCK].copy_from_slice(first);

    for round in (0..ROUNDS).rev() {
        for (place, semiblock) in [1, 2, 3, 4].into_iter().zip(semiblocks.chunks_exact_mut(SEMIBLOCK)).rev() {
            let step = (SEMIBLOCKS * round + place).to_be_bytes();
            block[..SEMIBLOCK].iter_mut().zip(step).for_each(|(byte, step)| *byte ^= step);
            block[SEMIBLOCK..].copy_from_slice(semiblock);
            // One whole block is what this mode takes.
            if key.decrypt(block.as_mut_slice(), DecryptionContext::None).is_err() {
                return UnwrappedKey::none();
            }
            semiblock.copy_from_slice(&block[SEMIBLOCK..]);
        }
    }
    UnwrappedKey::new(semiblocks, block[..SEMIBLOCK].ct_eq(&INITIAL_VALUE))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3394 section 4.6.
    #[test]
    fn the_standards_example_unwraps_and_no_changed_bit_does() {
        let wrapping_key: [u8; 32] = std::array::from_fn(|at| at as u8);
        let wrapped = [
            0x28, 0xc9, 0xf4, 0x04, 0xc4, 0xb8, 0x10, 0xf4, 0xcb, 0xcc, 0xb3, 0x5c, 0xfb, 0x87, 0xf8, 0x26,
            0x3f, 0x57, 0x86, 0xe2, 0xd8, 0x0e, 0xd3, 0x26, 0xcb, 0xc7, 0xf0, 0xe7, 0x1a, 0x99, 0xf4, 0x3b,
            0xfb, 0x98, 0x8b, 0x9b, 0x7a, 0x02, 0xdd, 0x21,
        ];
        let key: [u8; 32] = std::array::from_fn(|at| if at < 16 { 0x11 * at as u8 } else { at as u8 - 16 });
        let unwrapped = unwrap(&wrapping_key, &wrapped);
        assert!(unwrapped.is_key());
        assert_eq!(unwrapped.expose_for_test(), key);
        for bit in 0..8 * WRAPPED_KEY_BYTES {
            let mut changed = wrapped;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(!unwrap(&wrapping_key, &changed).is_key(), "bit {bit}");
        }
    }
}
