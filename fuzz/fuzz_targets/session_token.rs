//! Any text as a session token, and any change of one that was signed.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use signet_token::{SessionClaims, SessionSigner, SessionTokenKind};

static SIGNER: LazyLock<SessionSigner> = LazyLock::new(|| SessionSigner::from_seed(&[7; 32]).unwrap());
static TOKEN: LazyLock<String> = LazyLock::new(|| {
    let claims = SessionClaims {
        iss: "https://signet.example".to_owned(),
        aud: "shop".to_owned(),
        sub: "visitor".to_owned(),
        sid: "session".to_owned(),
        iat: 1,
        exp: 2,
        assurance: "VERIFIED".to_owned(),
        auth_time: Some(1),
        dev: None,
        ext: None,
        cnf: None,
    };
    SIGNER.sign(SessionTokenKind::Session, &claims).unwrap()
});

fuzz_target!(|input: (u16, &str)| {
    let (at, text) = input;
    for kind in SessionTokenKind::ALL {
        if SIGNER.verify(text, kind).is_ok() {
            assert!(kind == SessionTokenKind::Session && text == *TOKEN, "a session token was forged");
        }
    }
    // The text in place of what stands at that position.
    let at = usize::from(at) % TOKEN.len();
    let end = (at + text.len()).min(TOKEN.len());
    if let (Some(before), Some(after)) = (TOKEN.get(..at), TOKEN.get(end..)) {
        let changed = format!("{before}{text}{after}");
        let accepted = SIGNER.verify(&changed, SessionTokenKind::Session).is_ok();
        assert_eq!(accepted, changed == *TOKEN, "a session token was changed");
    }
});
