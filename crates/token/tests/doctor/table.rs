//! The table is whole, and the page is the table.

use std::collections::BTreeSet;

use signet_token::doctor::diagnoses;
use signet_token::{ClaimsFault, EnvelopeFault, SignatureFault, TokenError};

/// Every code of the verifier, with what pages are told.
fn codes_of_the_verifier() -> Vec<TokenError> {
    let mut errors =
        vec![TokenError::Undecryptable, TokenError::Expired, TokenError::Unavailable, TokenError::Overloaded];
    errors.extend(EnvelopeFault::ALL.iter().map(|fault| TokenError::from(*fault)));
    errors.extend(SignatureFault::ALL.iter().map(|fault| TokenError::from(*fault)));
    errors.extend(ClaimsFault::ALL.iter().map(|fault| TokenError::from(*fault)));
    errors
}

#[test]
fn every_code_of_the_verifier_is_explained() {
    for error in codes_of_the_verifier() {
        let diagnosis = diagnoses::find(error.fine_code())
            .unwrap_or_else(|| panic!("{} has no entry in the table", error.fine_code()));
        assert_eq!(diagnosis.public_code, error.code().as_str(), "{}", diagnosis.code);
    }
}

#[test]
fn entries_are_complete_and_codes_stand_once() {
    let mut seen = BTreeSet::new();
    for diagnosis in diagnoses::all() {
        assert!(seen.insert(diagnosis.code), "{} stands twice", diagnosis.code);
        let shouted =
            diagnosis.code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        assert!(shouted, "{}", diagnosis.code);
        assert!(!diagnosis.title.ends_with('.'), "{}", diagnosis.code);
        for sentence in [diagnosis.cause, diagnosis.fix] {
            assert!(sentence.ends_with(['.', '`', '?']), "{}: {sentence}", diagnosis.code);
        }
    }
    assert!(seen.len() >= 40, "{} codes", seen.len());
}

#[test]
fn the_page_is_the_table() {
    let page = include_str!("../../../../docs/token-errors.md");
    assert!(page == diagnoses::markdown(), "docs/token-errors.md is out of date: run `cargo xtask gen`");
}
