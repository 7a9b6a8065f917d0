//! The algorithms a project can accept, each with the one key type it belongs to.
//!
//! An algorithm is a property of a key and a choice of the project. A header has to repeat it, and that is all a
//! header can do (RFC 8725 section 3.1).

use crate::ecdh_es::Curve;

/// How the signed token inside is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignatureAlgorithm {
    /// RSA PKCS#1 v1.5 with SHA-256 (RFC 7518 section 3.3), the one of the vendor documents.
    Rs256,
    /// RSA-PSS with SHA-256 (RFC 7518 section 3.5). An RSA key is for this or for RS256, never for both.
    Ps256,
    /// ECDSA on P-256 with SHA-256 (RFC 7518 section 3.4).
    Es256,
    /// Ed25519 (RFC 8037 section 3.1).
    EdDsa,
}

impl SignatureAlgorithm {
    /// Every algorithm.
    pub const ALL: [Self; 4] = [Self::Rs256, Self::Ps256, Self::Es256, Self::EdDsa];

    /// The value of `alg` in headers and JWKs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of exactly this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }
}

/// How the content key of a token is encrypted to the platform. The content encryption is always `A256GCM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyManagement {
    /// `RSA-OAEP-256` (RFC 7518 section 4.3), the one of the vendor documents.
    RsaOaep256,
    /// `ECDH-ES+A256KW` (RFC 7518 section 4.6) on P-256.
    EcdhEsP256,
    /// `ECDH-ES+A256KW` on X25519 (RFC 8037 section 3.2).
    EcdhEsX25519,
}

impl KeyManagement {
    /// Every algorithm.
    pub const ALL: [Self; 3] = [Self::RsaOaep256, Self::EcdhEsP256, Self::EcdhEsX25519];

    /// The value of `alg` in headers and JWKs.
    pub const fn alg(self) -> &'static str {
        match self {
            Self::RsaOaep256 => "RSA-OAEP-256",
            Self::EcdhEsP256 | Self::EcdhEsX25519 => "ECDH-ES+A256KW",
        }
    }

    /// A name that tells all of them apart, for settings: the `alg`, and the curve after a slash.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RsaOaep256 => "RSA-OAEP-256",
            Self::EcdhEsP256 => "ECDH-ES+A256KW/P-256",
            Self::EcdhEsX25519 => "ECDH-ES+A256KW/X25519",
        }
    }

    /// The algorithm of exactly this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// The curve of the key agreement, `None` for RSA.
    pub const fn curve(self) -> Option<Curve> {
        match self {
            Self::RsaOaep256 => None,
            Self::EcdhEsP256 => Some(Curve::P256),
            Self::EcdhEsX25519 => Some(Curve::X25519),
        }
    }
}
