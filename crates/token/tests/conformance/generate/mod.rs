//! Makes the suite anew, with fresh keys. The order and the ids are those of the code; what is expected is written here
//! and never asked of the verifier.

mod accepted;
mod claims;
mod decryption;
mod envelope;
mod keys;
mod signature;
mod strict;

use serde_json::{Map, Value, json};

use crate::token_factory::{TokenBuilder, TokenFactory};
use crate::vector::{Answer, FILES, Suite, Vector, VectorFile};

pub(crate) use keys::Keys;

/// The moment of the vectors: 2026-11-20T12:00:00.250Z, in milliseconds.
pub(crate) const NOW_MS: i64 = 1_795_176_000_250;
/// The same in seconds.
pub(crate) const NOW: i64 = NOW_MS / 1_000;
/// The site id of the project.
pub(crate) const SITE: &str = "shop";

/// Makes keys and vectors.
pub(crate) fn suite() -> Suite {
    let keys = Keys::generate();
    let vectors = FILES
        .iter()
        .map(|(name, prefix)| {
            let mut group = Group {
                keys: &keys,
                prefix,
                main: keys.factory("customer-1", "platform-rsa"),
                vectors: Vec::new(),
            };
            match *name {
                "accepted" => accepted::write(&mut group),
                "envelope" => envelope::write(&mut group),
                "decryption" => decryption::write(&mut group),
                "signature" => signature::write(&mut group),
                "claims" => claims::write(&mut group),
                "strict" => strict::write(&mut group),
                other => panic!("no vectors for {other}"),
            }
            ((*name).to_owned(), group.vectors)
        })
        .collect();
    Suite { keys: keys.to_file(), vectors }
}

/// Writes a suite to a folder.
pub(crate) fn write(suite: &Suite, folder: &std::path::Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder.join("vectors"))?;
    let save = |path: std::path::PathBuf, value: Value| {
        std::fs::write(path, format!("{}\n", serde_json::to_string_pretty(&value)?))
    };
    save(folder.join("keys.json"), json!(suite.keys))?;
    for (name, vectors) in &suite.vectors {
        let file = VectorFile { specification: "../SPECIFICATION.md".to_owned(), vectors: vectors.clone() };
        save(folder.join("vectors").join(format!("{name}.json")), json!(file))?;
    }
    Ok(())
}

/// The vectors of one file in the making.
pub(crate) struct Group<'a> {
    pub(crate) keys: &'a Keys,
    prefix: &'static str,
    /// The usual customer's and platform's key.
    pub(crate) main: TokenFactory,
    vectors: Vec<Vector>,
}

/// Where a vector differs from the usual: the compatible profile, one key of each party.
pub(crate) struct Setting {
    policy: Value,
    platform: Vec<&'static str>,
    project: Vec<&'static str>,
    now: i64,
    site: &'static str,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            policy: json!({}),
            platform: vec!["platform-rsa"],
            project: vec!["customer-1"],
            now: NOW_MS,
            site: SITE,
        }
    }
}

impl Setting {
    pub(crate) fn policy(policy: Value) -> Self {
        Self { policy, ..Self::default() }
    }

    pub(crate) fn strict() -> Self {
        Self::policy(json!({ "profile": "strict" }))
    }

    pub(crate) fn project(self, keys: &[&'static str]) -> Self {
        Self { project: keys.to_vec(), ..self }
    }

    pub(crate) fn platform(self, keys: &[&'static str]) -> Self {
        Self { platform: keys.to_vec(), ..self }
    }

    pub(crate) fn at(self, now: i64) -> Self {
        Self { now, ..self }
    }

    pub(crate) fn site(self, site: &'static str) -> Self {
        Self { site, ..self }
    }
}

impl Group<'_> {
    /// A token of the usual keys that the compatible profile accepts.
    pub(crate) fn good(&self) -> TokenBuilder<'_> {
        self.main.token("user-1", NOW_MS)
    }

    /// Adds a token that the default policy refuses.
    pub(crate) fn refuse(&mut self, title: &str, reference: &str, token: String, fine_code: &str) {
        self.refuse_in(Setting::default(), title, reference, token, fine_code);
    }

    /// Adds a token that is refused.
    pub(crate) fn refuse_in(
        &mut self,
        setting: Setting,
        title: &str,
        reference: &str,
        token: String,
        fine_code: &str,
    ) {
        let expect =
            Answer::Refused { code: public_code(fine_code).to_owned(), fine_code: fine_code.to_owned() };
        self.push(setting, title, reference, token, expect);
    }

    /// Adds a token that the default policy accepts for `user-1` without warnings.
    pub(crate) fn accept(&mut self, title: &str, reference: &str, token: String) {
        self.accept_in(
            Setting::default(),
            title,
            reference,
            token,
            json!({ "userId": "user-1", "warnings": [] }),
        );
    }

    /// Adds a token that is accepted with these claims.
    pub(crate) fn accept_in(
        &mut self,
        setting: Setting,
        title: &str,
        reference: &str,
        token: String,
        claims: Value,
    ) {
        let Value::Object(members) = claims else { panic!("claims are an object") };
        let expect = Answer::Accepted { claims: members.into_iter().collect() };
        self.push(setting, title, reference, token, expect);
    }

    fn push(&mut self, setting: Setting, title: &str, reference: &str, token: String, expect: Answer) {
        let id = format!("{}-{:03}", self.prefix, self.vectors.len() + 1);
        let names = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        self.vectors.push(Vector {
            id,
            title: title.to_owned(),
            reference: reference.to_owned(),
            policy: setting.policy,
            platform_keys: names(setting.platform),
            project_keys: names(setting.project),
            site_id: setting.site.to_owned(),
            now: setting.now,
            token,
            expect,
        });
    }
}

/// The coarse code of a fine one (section 7 of the specification).
fn public_code(fine_code: &str) -> &'static str {
    match fine_code {
        "TOKEN_UNDECRYPTABLE" => "TOKEN_UNDECRYPTABLE",
        "TOKEN_EXPIRED" => "TOKEN_EXPIRED",
        "TOKEN_EMPTY" | "TOKEN_TOO_LARGE" | "TOKEN_NOT_ENCRYPTED" => "TOKEN_MALFORMED",
        code if code.starts_with("JWE_") => "TOKEN_MALFORMED",
        "PROJECT_HAS_NO_ACTIVE_KEY" => "TOKEN_SIGNATURE_INVALID",
        code if code.starts_with("JWS_") || code.starts_with("INNER_") => "TOKEN_SIGNATURE_INVALID",
        _ => "TOKEN_CLAIMS_INVALID",
    }
}

/// An object without one member.
pub(crate) fn without(value: &Value, member: &str) -> Value {
    let mut members: Map<String, Value> = value.as_object().cloned().unwrap_or_default();
    members.remove(member);
    Value::Object(members)
}

/// A short name of a JSON value for a title.
pub(crate) fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() > 40 { format!("{}…", text.chars().take(39).collect::<String>()) } else { text }
}
