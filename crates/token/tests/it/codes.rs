//! The codes that clients and brands see: never renamed, never reused.

use signet_token::{ClaimsFault, EnvelopeFault, SignatureFault, TokenError};

fn every_error() -> Vec<TokenError> {
    let mut errors = Vec::new();
    errors.extend(EnvelopeFault::ALL.iter().copied().map(TokenError::from));
    errors.extend(SignatureFault::ALL.iter().copied().map(TokenError::from));
    errors.extend(ClaimsFault::ALL.iter().copied().map(TokenError::from));
    errors.extend([
        TokenError::Undecryptable,
        TokenError::Expired,
        TokenError::Unavailable,
        TokenError::Overloaded,
    ]);
    errors
}

#[test]
fn the_list_of_codes_is_pinned() {
    let lines: Vec<String> = every_error()
        .iter()
        .map(|error| format!("{} {}: {error}", error.code(), error.fine_code()))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn no_fine_code_stands_for_two_things() {
    let mut codes: Vec<&str> = every_error().iter().map(TokenError::fine_code).collect();
    let count = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), count);
}
