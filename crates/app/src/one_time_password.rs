//! One-time passwords from an authenticator app (RFC 6238 over RFC 4226: SHA-1, 30 seconds, six digits), and the recovery codes that
//! stand in for them.

use aws_lc_rs::hmac;
use signet_domain::{AgentId, Env, Timestamp};

use crate::{AppError, sealing, secrets};

/// Seconds in a time step.
const STEP: i64 = 30;
/// Steps before and after the present one that are accepted: clocks differ, and people type slowly.
const WINDOW: i64 = 1;
/// Recovery codes a person gets.
pub(crate) const CODES: usize = 10;
/// Without letters and digits that look alike. 32 of them: five bits each.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz234567899";
/// RFC 4648 section 6, as authenticator apps want it.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A secret of 160 bits (RFC 4226 section 4, R6).
pub(crate) type Secret = [u8; 20];

/// The step whose password this is; `None` if it is that of none nearby. Takes the same time for every wrong one.
pub(crate) fn matching_step(secret: &[u8], code: &str, now: Timestamp) -> Option<i64> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let present = now.as_seconds().div_euclid(STEP);
    let mut found = None;
    for step in present - WINDOW..=present + WINDOW {
        let expected = password(secret, step);
        if aws_lc_rs::constant_time::verify_slices_are_equal(expected.as_bytes(), digits.as_bytes()).is_ok() {
            found = Some(step);
        }
    }
    found
}

/// The password of a step (RFC 4226 section 5.3).
fn password(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag.last().copied().unwrap_or(0) & 15);
    let word = tag
        .get(offset..offset + 4)
        .map_or(0, |bytes| bytes.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) & 0x7fff_ffff);
    format!("{:06}", word % 1_000_000)
}

/// The secret as a person can type it.
pub(crate) fn base32(secret: &[u8]) -> String {
    spell(secret, BASE32)
}

fn spell(bytes: &[u8], alphabet: &[u8; 32]) -> String {
    let (mut text, mut buffer, mut bits) = (String::new(), 0_u32, 0);
    for byte in bytes {
        buffer = buffer << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(alphabet[(buffer >> bits & 31) as usize]));
        }
    }
    text
}

/// What an authenticator app reads from the QR code.
pub(crate) fn uri(secret: &[u8], issuer: &str, account: &str) -> String {
    let (issuer, account) = (percent(issuer), percent(account));
    format!(
        "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits=6&period=30",
        base32(secret)
    )
}

fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for digit in [byte >> 4, byte & 15] {
                out.push(char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase());
            }
        }
        out
    })
}

/// New recovery codes of 80 bits each, and their hashes.
pub(crate) fn recovery_codes(env: &Env) -> (Vec<String>, Vec<[u8; 32]>) {
    let codes: Vec<String> = (0..CODES)
        .map(|_| {
            let text = spell(&env.random_bytes::<10>(), ALPHABET);
            [&text[..4], &text[4..8], &text[8..12], &text[12..]].join("-")
        })
        .collect();
    let hashes = codes.iter().map(|code| recovery_hash(code)).collect();
    (codes, hashes)
}

/// How a recovery code is stored, however it is typed. 80 random bits need no slow hash.
pub(crate) fn recovery_hash(code: &str) -> [u8; 32] {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    secrets::hash(&plain.to_ascii_lowercase())
}

/// Encrypts a secret for storage, bound to the person.
pub(crate) fn seal(key: &[u8; 32], agent: AgentId, secret: &Secret) -> Result<Vec<u8>, AppError> {
    sealing::seal(key, agent.as_uuid().as_bytes(), secret)
}

/// Decrypts a stored secret.
pub(crate) fn open(key: &[u8; 32], agent: AgentId, sealed: &[u8]) -> Result<Vec<u8>, AppError> {
    sealing::open(key, agent.as_uuid().as_bytes(), sealed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B, the last six of its eight digits.
    #[test]
    fn passwords_are_those_of_the_rfc() {
        let secret = b"12345678901234567890";
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let now = Timestamp::from_millis(seconds * 1_000);
            assert_eq!(matching_step(secret, code, now), Some(seconds / 30), "{seconds}");
            let spaced = format!("{} {}", &code[..3], &code[3..]);
            assert_eq!(matching_step(secret, &spaced, now), Some(seconds / 30));
            let late = Timestamp::from_millis((seconds / 30 * 30 + 59) * 1_000);
            assert_eq!(matching_step(secret, code, late), Some(seconds / 30), "one step late");
            let too_late = Timestamp::from_millis((seconds / 30 * 30 + 60) * 1_000);
            assert_eq!(matching_step(secret, code, too_late), None);
        }
        assert_eq!(matching_step(secret, "", Timestamp::from_millis(59_000)), None);
    }

    #[test]
    fn secrets_are_spelled_and_sealed() {
        assert_eq!(base32(b"12345678901234567890"), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(
            uri(b"12345678901234567890", "Lumen & Fils", "jane@x.example"),
            "otpauth://totp/Lumen%20%26%20Fils:jane%40x.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Lumen%20%26%20Fils&algorithm=SHA1&digits=6&period=30"
        );
        let agent = |number| AgentId::from_uuid(uuid::Uuid::from_u128(number));
        let sealed = seal(&[7; 32], agent(1), b"12345678901234567890").unwrap();
        assert_eq!(open(&[7; 32], agent(1), &sealed).unwrap(), b"12345678901234567890");
        assert!(open(&[7; 32], agent(2), &sealed).is_err(), "moved to somebody else");
        assert!(open(&[8; 32], agent(1), &sealed).is_err());
    }

    #[test]
    fn recovery_codes_are_found_however_they_are_typed() {
        let (codes, hashes) = recovery_codes(&crate::test_env());
        assert_eq!((codes.len(), hashes.len()), (CODES, CODES));
        assert_eq!(codes[0].len(), 19);
        assert_eq!(recovery_hash(&codes[0].replace('-', " ").to_uppercase()), hashes[0]);
        assert_ne!(codes[0], codes[1]);
    }
}
