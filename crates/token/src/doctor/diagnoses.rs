//! The one table of everything that can be wrong with a visitor token: code, what pages are told, title, cause and fix.
//!
//! It stands in one piece for each layer, in the order of verification. `docs/token-errors.md` is written from it
//! ([`markdown`]), and so are the answers of the Token Doctor in the console, in GraphQL and on the command line. Every
//! fine code of the verifier is in it, and the finer ones that only the doctor tells apart. Codes are never renamed or
//! reused; a test pins the list.

mod claims;
mod envelope;
mod keys;
mod signature;

use std::fmt::Write as _;

/// What is wrong, in words for whoever builds the token provider. Holds nothing of any token.
#[derive(Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// The fine code.
    pub code: &'static str,
    /// The coarse code that pages are told.
    pub public_code: &'static str,
    /// What is wrong, as a heading.
    pub title: &'static str,
    /// How it comes about.
    pub cause: &'static str,
    /// What to do.
    pub fix: &'static str,
}

impl Diagnosis {
    /// The fragment of this code on the page of token errors.
    pub fn anchor(&self) -> String {
        self.code.to_ascii_lowercase()
    }
}

/// Declares a layer's diagnoses: for each public code the fine codes, each with title, cause and fix.
macro_rules! diagnoses {
    ($($public:literal { $($code:literal: $title:literal, $cause:literal, $fix:literal;)+ })+) => {
        pub(super) const DIAGNOSES: &[super::Diagnosis] = &[$($(super::Diagnosis {
            code: $code, public_code: $public, title: $title, cause: $cause, fix: $fix,
        },)+)+];
    };
}
use diagnoses;

impl crate::claims::Warning {
    /// What it means, as a sentence.
    pub const fn message(self) -> &'static str {
        match self {
            Self::LifetimeOverOneMinute => {
                "The token is good for more than a minute. Whoever gets hold of it can use it as long."
            }
            Self::VisitorDataMembersIgnored => {
                "visitorData has members that are not documented. They were ignored."
            }
            Self::ClaimsIgnored => "The token has claims that mean nothing here. They were ignored.",
        }
    }
}

/// The layers, each with its heading on the page.
const LAYERS: [(&str, &[Diagnosis]); 4] = [
    ("The text and the encryption", envelope::DIAGNOSES),
    ("The signature", signature::DIAGNOSES),
    ("The claims", claims::DIAGNOSES),
    ("Keys and settings", keys::DIAGNOSES),
];

/// The whole table.
pub fn all() -> impl Iterator<Item = &'static Diagnosis> {
    LAYERS.iter().flat_map(|(_, diagnoses)| diagnoses.iter())
}

/// The entry of a fine code, `None` if there is none.
pub fn find(code: &str) -> Option<&'static Diagnosis> {
    all().find(|diagnosis| diagnosis.code == code)
}

/// The table as the page `docs/token-errors.md`.
pub fn markdown() -> String {
    let mut page = String::from(
        "# Token errors\n\n\
         <!-- Written by `cargo xtask gen` from crates/token/src/doctor/diagnoses. Do not edit. -->\n\n\
         Pages are told a coarse code and a correlation id, and nothing that helps an attacker. The fine codes here are for the brand: the\n\
         Token Doctor names one for every refused token, in the console, with the GraphQL mutation `tokenInspect` and with\n\
         `signet token inspect`; the failure feed finds it by the correlation id.\n",
    );
    for (layer, diagnoses) in LAYERS {
        // Writing to a text cannot fail.
        let _ = write!(page, "\n## {layer}\n");
        for Diagnosis { code, public_code, title, cause, fix } in diagnoses {
            let _ = write!(
                page,
                "\n### {code}\n\n**{title}.** Pages are told `{public_code}`.\n\n- Cause: {cause}\n- Fix: {fix}\n"
            );
        }
    }
    page
}
