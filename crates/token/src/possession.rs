//! Proof that somebody holds the private half of a key: a signature over a challenge of the platform's.
//!
//! Public keys are public. Without this proof anybody could register another brand's key as their own, and have tokens of
//! that brand accepted in a project of theirs.
//!
//! A challenge is one line of words with spaces between them. No token contains a space in what it signs (RFC 7515 section
//! 5.1: base64url and a dot), so that a signed challenge is never a token and a signed token never the answer to a challenge. It names the
//! platform and the project, so that an answer given to one platform is worth nothing to another.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::algorithm::SignatureAlgorithm;
use crate::pem::without_whitespace;
use crate::signing_key::SigningKey;
use crate::verification_key::VerificationKey;
use crate::{der, issue::IssueError};

/// What every challenge begins with.
pub const PREFIX: &str = "signet-key-proof-v1 ";

/// Longest signature as text: RSA of 4096 bits in base64 with line breaks, and room to spare.
const MAX_SIGNATURE_TEXT: usize = 2_048;

/// Either alphabet, padded or not: what is decoded is a signature, and not looked up by its text.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// A text to be signed by the holder of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge(String);

/// The text is not a challenge of this platform software.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text is not a challenge: it begins with `signet-key-proof-v1 ` and is one line")]
pub struct NotAChallenge;

impl Challenge {
    /// A challenge to prove possession of the key with this thumbprint, for a project of a platform. `nonce` is random and
    /// used once; `expires` is for people.
    ///
    /// Characters that a shell or a line could take amiss are left out of the words.
    pub fn new(platform: &str, project: &str, thumbprint: &str, expires: &str, nonce: &[u8; 32]) -> Self {
        let plain = |word: &str| -> String {
            word.chars().filter(|c| c.is_ascii_graphic() && !matches!(c, '\'' | '"' | '\\' | '!')).collect()
        };
        Self(format!(
            "{PREFIX}platform={} project={} key={} expires={} nonce={}",
            plain(platform),
            plain(project),
            plain(thumbprint),
            plain(expires),
            crate::base64url::encode(nonce)
        ))
    }

    /// Reads a challenge, to sign it or to hold a signature against it.
    ///
    /// # Errors
    /// [`NotAChallenge`]: nothing else is ever signed in its place.
    pub fn parse(text: &str) -> Result<Self, NotAChallenge> {
        let text = text.trim();
        let is_line = text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
        if text.starts_with(PREFIX) && is_line { Ok(Self(text.to_owned())) } else { Err(NotAChallenge) }
    }

    /// The line to sign, without a line break at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Signs it, as base64.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn sign(&self, key: &SigningKey) -> Result<String, IssueError> {
        Ok(crate::base64url::encode_standard(&key.sign(self.0.as_bytes())?))
    }

    /// Whether `signature`, base64 of either alphabet, is one of this challenge by the key. An ES256 signature may be DER, as OpenSSL writes
    /// it, or the 64 bytes of RFC 7518 section 3.4.
    pub fn is_signed_by(&self, key: &VerificationKey, signature: &str) -> bool {
        let Some(signature) = read_signature(signature) else { return false };
        if key.verifies(self.0.as_bytes(), &signature) {
            return true;
        }
        key.algorithm() == SignatureAlgorithm::Es256
            && der::ecdsa_p256_signature(&signature)
                .is_some_and(|fixed| key.verifies(self.0.as_bytes(), &fixed))
    }

    /// A command that signs it with OpenSSL 3 and prints base64; the private key is in `privateKey.pem`.
    pub fn openssl_command(&self, algorithm: SignatureAlgorithm) -> String {
        let challenge = &self.0;
        let base64 = "openssl base64 -A";
        match algorithm {
            SignatureAlgorithm::Rs256 | SignatureAlgorithm::Es256 => {
                format!("printf '%s' '{challenge}' | openssl dgst -sha256 -sign privateKey.pem | {base64}")
            }
            SignatureAlgorithm::Ps256 => format!(
                "printf '%s' '{challenge}' | openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt \
                 rsa_pss_saltlen:digest -sign privateKey.pem | {base64}"
            ),
            // OpenSSL signs with Ed25519 from a file only: it has to know the length beforehand.
            SignatureAlgorithm::EdDsa => format!(
                "printf '%s' '{challenge}' > challenge.txt && openssl pkeyutl -sign -rawin -inkey privateKey.pem -in \
                 challenge.txt | {base64}"
            ),
        }
    }
}

fn read_signature(text: &str) -> Option<Vec<u8>> {
    if text.len() > MAX_SIGNATURE_TEXT {
        return None;
    }
    let text = without_whitespace(text);
    let alphabet = if text.contains(['-', '_']) { &alphabet::URL_SAFE } else { &alphabet::STANDARD };
    GeneralPurpose::new(alphabet, LENIENT).decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenge() -> Challenge {
        Challenge::new("https://chat.example", "shop", "print", "2026-11-20T12:00:00Z", &[7; 32])
    }

    #[test]
    fn each_kind_of_key_proves_itself_and_no_other() {
        for algorithm in SignatureAlgorithm::ALL {
            let key = SigningKey::generate_for(algorithm).unwrap();
            let signature = challenge().sign(&key).unwrap();
            assert!(challenge().is_signed_by(key.verification_key(), &signature), "{algorithm:?}");
            let url_safe = signature.replace('+', "-").replace('/', "_").replace('=', "");
            assert!(challenge().is_signed_by(key.verification_key(), &format!(" {url_safe}\n")));
            let other = SigningKey::generate_for(algorithm).unwrap();
            assert!(!challenge().is_signed_by(other.verification_key(), &signature));
            let later =
                Challenge::new("https://chat.example", "shop", "print", "2026-11-20T12:00:00Z", &[8; 32]);
            assert!(!later.is_signed_by(key.verification_key(), &signature));
            for bad in ["", "!", &"A".repeat(10_000)] {
                assert!(!challenge().is_signed_by(key.verification_key(), bad));
            }
        }
    }

    #[test]
    fn words_cannot_leave_their_place() {
        let evil = Challenge::new("https://x'; rm -rf ~; '\n", "a b", "c\"", "d\\", &[0; 32]);
        assert!(Challenge::parse(evil.as_str()).is_ok());
        assert_eq!(evil.as_str().split(' ').count(), 6, "{}", evil.as_str());
        assert!(!evil.as_str().contains(['\'', '"', '\\', '\n']));
    }

    #[test]
    fn nothing_else_is_signed_in_its_place() {
        for text in [
            "",
            "eyJhbGciOiJSUzI1NiJ9.e30",
            "signet-key-proof-v1",
            "signet-key-proof-v1 a\nb",
            "Signet-key-proof-v1 a",
        ] {
            assert_eq!(Challenge::parse(text), Err(NotAChallenge), "{text}");
        }
    }
}
