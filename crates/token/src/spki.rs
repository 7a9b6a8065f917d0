//! `SubjectPublicKeyInfo` of the curves that are accepted (RFC 5480 section 2, RFC 8410 section 4).
//!
//! DER has one spelling for each: everything before the key's own bytes is a constant. Holding it against the constant
//! leaves no room for explicit curve parameters, compressed points or other encodings.

/// Before the 65 bytes of an uncompressed point: `id-ecPublicKey`, `prime256v1`.
const P256: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// Before the 32 bytes of an Ed25519 key: `id-Ed25519`.
const ED25519: &[u8] = &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// Before the 32 bytes of an X25519 key: `id-X25519`.
const X25519: &[u8] = &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x03, 0x21, 0x00];

/// The uncompressed point of a P-256 key, not yet checked.
pub(crate) fn read_p256(der: &[u8]) -> Option<&[u8]> {
    der.strip_prefix(P256)
}

/// The bytes of an Ed25519 key, not yet checked.
pub(crate) fn read_ed25519(der: &[u8]) -> Option<&[u8]> {
    der.strip_prefix(ED25519)
}

/// The bytes of an X25519 key, not yet checked.
pub(crate) fn read_x25519(der: &[u8]) -> Option<&[u8]> {
    der.strip_prefix(X25519)
}

pub(crate) fn write_p256(point: &[u8]) -> Vec<u8> {
    [P256, point].concat()
}

pub(crate) fn write_ed25519(key: &[u8]) -> Vec<u8> {
    [ED25519, key].concat()
}

pub(crate) fn write_x25519(key: &[u8]) -> Vec<u8> {
    [X25519, key].concat()
}
