//! Just enough DER to read the two integers of an RSA public key and the algorithm of a `SubjectPublicKeyInfo`.
//!
//! The cryptographic library parses and checks keys itself; it does not hand out modulus and exponent, which the
//! thumbprint (RFC 7638) and the checks for weak keys need.

/// `INTEGER`
const INTEGER: u8 = 0x02;
/// `OBJECT IDENTIFIER`
const OBJECT_IDENTIFIER: u8 = 0x06;
/// `SEQUENCE`
const SEQUENCE: u8 = 0x30;

/// Reads one element with the wanted tag from the front; gives its content and what follows it.
fn element(input: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = input.split_first()?;
    let (&first, rest) = rest.split_first()?;
    if found != tag {
        return None;
    }
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        if !(1..=3).contains(&count) {
            return None;
        }
        let (digits, rest) = rest.split_at_checked(count)?;
        let length = digits.iter().fold(0, |sum, digit| sum * 256 + usize::from(*digit));
        // DER has one spelling for each length, the shortest (X.690 section 10.1).
        if length < 0x80 || digits.first() == Some(&0) {
            return None;
        }
        (length, rest)
    };
    rest.split_at_checked(length)
}

/// Reads a non-negative integer as big-endian bytes without leading zeros.
fn unsigned(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let (content, rest) = element(input, INTEGER)?;
    if content.first().is_none_or(|first| *first & 0x80 != 0) {
        return None;
    }
    let zeros = content.iter().take_while(|byte| **byte == 0).count();
    Some((content.get(zeros..)?, rest))
}

/// Modulus and exponent of an `RSAPublicKey` (RFC 8017 appendix A.1.1), without leading zeros.
pub(crate) fn rsa_public_key(der: &[u8]) -> Option<(&[u8], &[u8])> {
    two_unsigned(der)
}

/// A sequence of two non-negative integers, without leading zeros, and nothing else.
fn two_unsigned(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (content, after) = element(der, SEQUENCE)?;
    let (first, rest) = unsigned(content)?;
    let (second, rest) = unsigned(rest)?;
    (after.is_empty() && rest.is_empty()).then_some((first, second))
}

/// An `ECDSA-Sig-Value` (RFC 3279 section 2.2.3) on P-256 as the 64 bytes of RFC 7518 section 3.4.
pub(crate) fn ecdsa_p256_signature(der: &[u8]) -> Option<[u8; 64]> {
    let (r, s) = two_unsigned(der)?;
    let mut fixed = [0; 64];
    for (number, end) in [(r, 32), (s, 64)] {
        let start = (end - 32_usize).checked_add(32_usize.checked_sub(number.len())?)?;
        fixed.get_mut(start..end)?.copy_from_slice(number);
    }
    Some(fixed)
}

/// The algorithm's object identifier in a `SubjectPublicKeyInfo` (RFC 5280 section 4.1), as DER content.
pub(crate) fn spki_algorithm(der: &[u8]) -> Option<&[u8]> {
    let (content, _) = element(der, SEQUENCE)?;
    let (algorithm, _) = element(content, SEQUENCE)?;
    element(algorithm, OBJECT_IDENTIFIER).map(|(identifier, _)| identifier)
}

/// Whether this looks like a private key: an integer version where a public key has its modulus or algorithm.
pub(crate) fn is_private_key(der: &[u8]) -> bool {
    // PKCS#8 and PKCS#1 private keys both begin with a version of 0 or 1; a modulus never does.
    element(der, SEQUENCE)
        .and_then(|(content, _)| element(content, INTEGER))
        .is_some_and(|(version, _)| matches!(version, [0 | 1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An integer of that many bytes under a given spelling of its length.
    fn integer(length: &[u8], bytes: usize) -> Vec<u8> {
        [&[INTEGER], length, &vec![1; bytes]].concat()
    }

    #[test]
    fn a_length_has_one_spelling() {
        let content = |length: &[u8], bytes: usize| {
            element(&integer(length, bytes), INTEGER).map(|(content, rest)| (content.len(), rest.len()))
        };
        assert_eq!(content(&[0], 0), Some((0, 0)));
        assert_eq!(content(&[127], 128), Some((127, 1)));
        assert_eq!(content(&[0x81, 0x80], 128), Some((128, 0)));
        assert_eq!(content(&[0x82, 0x01, 0x02], 258), Some((258, 0)));
        assert_eq!(content(&[0x83, 0x01, 0x00, 0x00], 65_536), Some((65_536, 0)));
        for (length, bytes, why) in [
            (&[0x80][..], 128, "of no stated length"),
            (&[0x81, 0x7f], 127, "short lengths are written short"),
            (&[0x82, 0x00, 0x80], 128, "a leading zero"),
            (&[0x84, 0x01, 0x00, 0x00, 0x00], 1 << 24, "longer than any key"),
            (&[0x81], 0, "cut short"),
            (&[2], 1, "content cut short"),
        ] {
            assert_eq!(content(length, bytes), None, "{why}");
        }
        assert!(element(&[SEQUENCE, 0], INTEGER).is_none());
        assert!(element(&[INTEGER], INTEGER).is_none() && element(&[], INTEGER).is_none());
    }

    #[test]
    fn a_public_key_is_two_positive_integers_and_no_more() {
        let key = |content: &[u8], after: &[u8]| {
            let der = [&[SEQUENCE, content.len() as u8], content, after].concat();
            rsa_public_key(&der).map(|(modulus, exponent)| (modulus.to_vec(), exponent.to_vec()))
        };
        assert_eq!(key(&[2, 2, 0, 0x80, 2, 1, 3], &[]), Some((vec![0x80], vec![3])));
        for (content, after, why) in [
            (&[2, 1, 1, 2, 1, 3][..], &[0][..], "something after it"),
            (&[2, 1, 1, 2, 1, 3, 0], &[], "something more in it"),
            (&[2, 1, 1], &[], "one number"),
            (&[2, 1, 0x80, 2, 1, 3], &[], "a negative number"),
            (&[2, 0, 2, 1, 3], &[], "a number without digits"),
        ] {
            assert_eq!(key(content, after), None, "{why}");
        }
    }

    #[test]
    fn the_numbers_of_a_signature_stand_at_the_end_of_their_halves() {
        let signature = |r: &[u8], s: &[u8]| {
            let number = |bytes: &[u8]| [&[INTEGER, bytes.len() as u8], bytes].concat();
            let content = [number(r), number(s)].concat();
            ecdsa_p256_signature(&[&[SEQUENCE, content.len() as u8], &content[..]].concat())
        };
        let mut expected = [0; 64];
        (expected[31], expected[62], expected[63]) = (7, 8, 9);
        assert_eq!(signature(&[7], &[8, 9]), Some(expected));
        // A first byte of 0x80 or more has a zero before it, which is no part of the number.
        let longest = [&[0][..], &[0xff; 32]].concat();
        assert_eq!(signature(&longest, &longest), Some([0xff; 64]));
        assert_eq!(signature(&[1; 33], &[1]), None, "longer than the curve's numbers");
        assert_eq!(signature(&[1], &[1; 33]), None);
        assert_eq!(ecdsa_p256_signature(&[SEQUENCE, 6, 2, 1, 1, 2, 1, 1, 0]), None, "something after it");
    }

    #[test]
    fn a_private_key_begins_with_its_version() {
        assert!(is_private_key(&[SEQUENCE, 3, INTEGER, 1, 0]));
        assert!(is_private_key(&[SEQUENCE, 3, INTEGER, 1, 1]));
        assert!(!is_private_key(&[SEQUENCE, 3, INTEGER, 1, 2]));
        assert!(!is_private_key(&[SEQUENCE, 4, INTEGER, 2, 0, 0x80]));
    }
}
