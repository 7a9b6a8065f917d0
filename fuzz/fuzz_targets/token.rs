//! Any text as a token, under both profiles.
#![no_main]

use libfuzzer_sys::fuzz_target;
use signet_fuzz::{judge, open, policies};

fuzz_target!(|text: &str| {
    for policy in policies() {
        if judge(open(text, &policy)).is_some() {
            // One spelling per token: nothing may be added or taken away.
            assert!(open(&format!("{text}="), &policy).is_err());
            assert!(open(&format!("{text} "), &policy).is_err());
            assert!(open(&text[..text.len() - 1], &policy).is_err());
        }
    }
});
