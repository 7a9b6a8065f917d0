//! Ed25519 public keys for which anybody can sign.
//!
//! For a public key of small order the verification equation holds for signatures that need no private key (the simplest:
//! the identity as key and as `R`, zero as `S`, for every message). The library verifies as RFC 8032 says, which does not
//! exclude such keys, so they are refused when a key is registered.

/// The `y` coordinates, little-endian, of the points whose order divides eight, also in the spellings that exceed the
/// field's prime. The sign of `x` makes no difference to the order.
const SMALL_ORDER: [[u8; 32]; 7] = [
    // 0: order four.
    little_endian(0, 0, 0),
    // 1: the identity.
    little_endian(1, 0, 0),
    // p - 1, p and p + 1, with p = 2^255 - 19: order two, and other spellings of 0 and 1.
    little_endian(0xec, 0xff, 0x7f),
    little_endian(0xed, 0xff, 0x7f),
    little_endian(0xee, 0xff, 0x7f),
    // The two y of order eight, each the other's negative.
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a,
        0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5,
        0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
];

/// A number of 32 bytes by its lowest, its middle and its highest byte.
const fn little_endian(lowest: u8, middle: u8, highest: u8) -> [u8; 32] {
    let mut bytes = [middle; 32];
    bytes[0] = lowest;
    bytes[31] = highest;
    bytes
}

/// Whether a public key (RFC 8032 section 5.1.5) is a point of small order, in any spelling.
pub(crate) fn has_small_order(key: &[u8]) -> bool {
    let Some((last, first)) = key.split_last() else { return false };
    SMALL_ORDER
        .iter()
        .any(|y| y.split_last().is_some_and(|(y_last, y_first)| y_first == first && *y_last == *last & 0x7f))
}
