//! What holds for every token, by random and by exhaustive trial.

use proptest::prelude::*;
use serde_json::json;
use signet_token::{KeyManagement, Policy, ReceivedToken, SignatureAlgorithm, json as strict_json};

use crate::algorithms::{Brand, everything, pairs};
use crate::support::{FIXTURE, NOW, SID, good, open, open_at};
use crate::token_factory::{Part, with_part};

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#[test]
fn changing_any_one_character_makes_a_token_unacceptable() {
    let token = good().build();
    assert!(open(&token).is_ok());
    for (at, original) in token.bytes().enumerate() {
        // The neighbour in the alphabet differs in one bit; a dot becomes a character, which breaks the shape.
        let value = ALPHABET.iter().position(|candidate| *candidate == original);
        let replaced = value.map_or(b'A', |value| ALPHABET[value ^ 1]);
        let mut changed = token.clone().into_bytes();
        changed[at] = replaced;
        let changed = String::from_utf8(changed).unwrap();
        assert!(open(&changed).is_err(), "character {at}");
    }
}

/// The same for every pair of algorithms, bit by bit: each of the six bits of every character.
#[test]
fn flipping_any_one_bit_makes_a_token_of_any_pair_unacceptable() {
    for (signature, management) in pairs() {
        let brand = Brand::new(signature, management);
        let token = brand.good().build();
        assert!(brand.open(&token, &everything()).is_ok());
        // RSA operations are slow: there one bit of each character, which still visits every part.
        let bits = if management == KeyManagement::RsaOaep256 { 1 } else { 6 };
        for (at, original) in token.bytes().enumerate() {
            let Some(value) = ALPHABET.iter().position(|candidate| *candidate == original) else { continue };
            for bit in 0..bits {
                let mut changed = token.clone().into_bytes();
                changed[at] = ALPHABET[value ^ (1 << ((bit + at) % 6))];
                let changed = String::from_utf8(changed).unwrap();
                let result = brand.open(&changed, &everything());
                assert!(result.is_err(), "{}, {}: {at}", signature.name(), management.name());
            }
        }
    }
}

/// A signed token is not covered by the outer tag when it is encrypted anew: its own signature has to hold.
#[test]
fn flipping_any_one_bit_of_the_signed_token_makes_it_unacceptable() {
    for signature in SignatureAlgorithm::ALL {
        let brand = Brand::new(signature, KeyManagement::EcdhEsX25519);
        let inner = brand.good().build_inner();
        for (at, original) in inner.bytes().enumerate() {
            let Some(value) = ALPHABET.iter().position(|candidate| *candidate == original) else { continue };
            for bit in 0..6 {
                let mut changed = inner.clone().into_bytes();
                changed[at] = ALPHABET[value ^ (1 << bit)];
                let token = brand.good().content(changed).build();
                assert!(brand.open(&token, &everything()).is_err(), "{}: {at}", signature.name());
            }
        }
    }
}

fn part() -> impl Strategy<Value = Part> {
    prop::sample::select(vec![Part::Header, Part::EncryptedKey, Part::Iv, Part::Ciphertext, Part::Tag])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_put_in_comes_out(
        user_id in "[^\\p{Cc}]{1,255}",
        first_name in "\\PC{0,100}",
        city in prop::option::of(any::<String>()),
    ) {
        let mut data = json!({ "firstName": first_name });
        if let Some(city) = &city {
            data["city"] = city.as_str().into();
        }
        let token = good().product_claim("userId", user_id.as_str()).visitor_data(data).build();
        prop_assume!(token.len() <= signet_token::MAX_TOKEN_BYTES);
        let checked = open(&token).unwrap();
        prop_assert_eq!(checked.user_id(), user_id);
        prop_assert_eq!(checked.visitor_data().first_name.as_deref(), Some(first_name.as_str()));
        prop_assert_eq!(&checked.visitor_data().city, &city);
    }

    /// The rule in words: a token is good from the later of `iat` and `nbf` until before `exp`, each moved by the leeway to
    /// the token's favour, if `exp` is no further ahead than lifetime and leeway, and in the strict profile no further
    /// from `iat` than the lifetime.
    #[test]
    fn d18_time_decides_exactly_as_leeway_and_lifetime_say(
        strict in any::<bool>(),
        leeway in 0_i64..=60,
        longest in 1_i64..=120,
        now_ms in NOW * 1_000..(NOW + 2) * 1_000,
        exp in -70_i64..=200,
        iat in prop::option::of(-130_i64..=70),
        nbf in prop::option::of(-70_i64..=70),
    ) {
        let profile = if strict { Policy::strict() } else { Policy::default() };
        let policy = Policy { leeway_seconds: leeway, max_lifetime_seconds: longest, ..profile };
        let mut token = if strict { good().strict(SID, "token-1") } else { good() };
        token = token.without_claim("iat").claim("exp", NOW + exp);
        for (name, seconds) in [("iat", iat), ("nbf", nbf)] {
            if let Some(seconds) = seconds {
                token = token.claim(name, NOW + seconds);
            }
        }
        let opened = open_at(&token.build(), &policy, &FIXTURE.platform, &FIXTURE.keys(), now_ms);

        let (passed_ms, leeway_ms) = (now_ms - NOW * 1_000, leeway * 1_000);
        let begun = |seconds: Option<i64>| seconds.is_none_or(|seconds| seconds * 1_000 - leeway_ms <= passed_ms);
        let not_over = exp * 1_000 + leeway_ms > passed_ms;
        let not_too_far = exp - passed_ms / 1_000 <= longest + leeway;
        let in_order = iat.is_none_or(|iat| iat < exp);
        let short_enough = !strict || iat.is_some_and(|iat| exp - iat <= longest);
        let good = not_over && not_too_far && begun(iat) && begun(nbf) && in_order && short_enough;
        prop_assert_eq!(opened.is_ok(), good, "{:?}", opened.err());
    }

    #[test]
    fn flipping_any_one_bit_of_any_part_makes_a_token_unacceptable(
        part in part(), at in any::<prop::sample::Index>(), bit in 0_u8..8,
    ) {
        let changed = with_part(&good().build(), part, |bytes| {
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
        });
        prop_assert!(open(&changed).is_err());
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>(), dots in "[A-Za-z0-9_.-]{0,200}") {
        prop_assert!(ReceivedToken::parse(&text, &Policy::default()).is_err());
        prop_assert!(ReceivedToken::parse(&dots, &Policy::default()).is_err());
    }

    #[test]
    fn no_content_makes_the_verifier_panic(
        content in prop::collection::vec(any::<u8>(), 0..300), header in any::<String>(), payload in any::<Vec<u8>>(),
    ) {
        prop_assert!(open(&good().content(content).build()).is_err());
        prop_assert!(open(&good().raw_inner_header(&header).build()).is_err());
        prop_assert!(open(&good().payload(payload).build()).is_err());
    }

    #[test]
    fn the_strict_reader_agrees_with_serde_json_on_what_is_json(text in "[\\[\\]{}\",:0-9a-z. -]{0,40}") {
        // It may refuse more, never accept more.
        if strict_json::parse(text.as_bytes()).is_ok() {
            prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
        }
    }

    #[test]
    fn no_text_makes_the_key_readers_panic(text in any::<String>(), bytes in any::<Vec<u8>>()) {
        prop_assert!(signet_token::VerificationKey::from_text(&text).is_err());
        prop_assert!(signet_token::VerificationKey::from_spki_der(&bytes).is_err());
    }

    #[test]
    fn a_damaged_key_never_makes_the_reader_panic(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut der = FIXTURE.factory.signing_key.verification_key().to_spki_der();
        let at = at.index(der.len());
        der[at] = byte;
        drop(signet_token::VerificationKey::from_spki_der(&der));
    }
}
