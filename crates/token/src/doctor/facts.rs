//! What each step may show.
//!
//! Of headers only the members that are the same in every token of a provider, cut short and without control characters;
//! of unverified content only its size.

use super::{Context, Fact, Outline, StepName, names};
use crate::base64url;
use crate::claims::TokenOutline;
use crate::json::{self, Object, Value};
use crate::jwk::KeyFingerprint;

/// Longest value that is shown, in characters.
const SHOWN: usize = 128;
/// Most parts that are counted.
const PARTS: usize = 8;

/// A token and what became known of it.
pub(super) struct Scene<'a> {
    pub(super) token: &'a str,
    pub(super) context: &'a Context<'a>,
    /// What was decrypted.
    pub(super) content: Option<&'a [u8]>,
    /// The claims of a token whose signature verified with an active key.
    pub(super) payload: Option<&'a [u8]>,
    /// The platform key that such a token was encrypted to, if custody says.
    pub(super) unwrapped_by: Option<KeyFingerprint>,
}

/// A text as it may be shown.
pub(super) fn shown(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(SHOWN).collect()
}

/// The header of a compact serialization, if its first part is one.
pub(super) fn header_of(compact: &[u8]) -> Option<Object> {
    let first = compact.split(|byte| *byte == b'.').next()?;
    json::parse_object(&base64url::decode(first).ok()?).ok()
}

impl Scene<'_> {
    pub(super) fn facts(&self, name: StepName) -> Vec<Fact> {
        match name {
            StepName::Shape => self.shape(),
            StepName::EncryptionHeader => header_facts(header_of(self.token.as_bytes()).as_ref()),
            StepName::Decryption => self.decryption(),
            StepName::SignatureHeader => header_facts(self.content.and_then(header_of).as_ref()),
            StepName::Signature => self.signature(),
            StepName::Claims => self.times(),
            StepName::SingleUse => Vec::new(),
        }
    }

    pub(super) fn outline(&self) -> Outline {
        let key_id = |compact: &[u8]| {
            let header = header_of(compact)?;
            Some(shown(header.get("kid")?.as_str()?)).filter(|key_id| !key_id.is_empty())
        };
        let mut claims = self.payload.map(TokenOutline::read).unwrap_or_default();
        claims.issuer = claims.issuer.map(|issuer| shown(&issuer));
        Outline {
            encryption_key_id: key_id(self.token.as_bytes()),
            signature_key_id: self.content.and_then(key_id),
            token_bytes: self.token.len(),
            part_characters: self.parts(),
            claims,
        }
    }

    /// The claims as they were signed. A payload that has more than one reading is not shown.
    pub(super) fn claims(&self) -> Option<Vec<(String, String)>> {
        let payload = self.payload?;
        json::parse_object(payload).ok()?;
        let members: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(payload).ok()?;
        Some(members.into_iter().map(|(name, value)| (name, value.to_string())).collect())
    }

    fn parts(&self) -> Vec<usize> {
        self.token.split('.').take(PARTS).map(|part| part.chars().count()).collect()
    }

    fn shape(&self) -> Vec<Fact> {
        let sizes: Vec<String> = self.parts().iter().map(ToString::to_string).collect();
        vec![
            ("bytes", self.token.len().to_string()),
            ("parts", self.token.split('.').count().to_string()),
            ("partCharacters", sizes.join(", ")),
        ]
    }

    fn decryption(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        let header = header_of(self.token.as_bytes()).unwrap_or_default();
        let key_id = header.get("kid").and_then(Value::as_str);
        let known = key_id.or(self.unwrapped_by.as_ref().map(KeyFingerprint::as_str)).and_then(|key_id| {
            self.context.platform_keys.iter().find(|platform_key| platform_key.key_id == key_id)
        });
        let platform_key = match (key_id, known) {
            (None, Some(known)) if known.retired => "not named, and retired: still decrypting",
            (None, _) => "not named, every key is tried",
            (Some(_), Some(known)) if known.retired => "retired, still decrypting",
            (Some(_), Some(_)) => "active",
            (Some(_), None) if self.context.platform_keys.is_empty() => "not compared",
            (Some(_), None) => "unknown",
        };
        facts.push(("platformKey", platform_key.to_owned()));
        let sizes = self.token.split('.').map(|part| base64url::decode(part).map_or(0, |bytes| bytes.len()));
        for (name, size) in ["", "encryptedKeyBytes", "ivBytes", "contentBytes", "tagBytes"].iter().zip(sizes)
        {
            if !name.is_empty() {
                facts.push((name, size.to_string()));
            }
        }
        facts
    }

    fn signature(&self) -> Vec<Fact> {
        let mut facts = vec![("activeKeys", self.context.keys.len().to_string())];
        let header = self.content.and_then(header_of).unwrap_or_default();
        if let Some(key_id) = header.get("kid").and_then(Value::as_str)
            && let Some(key) = self.context.keys.iter().find(|key| names(key, key_id))
        {
            facts.push(("keyFingerprint", key.fingerprint().as_str().to_owned()));
        }
        facts
    }

    fn times(&self) -> Vec<Fact> {
        let claims = self.outline().claims;
        let now = self.context.now_unix_ms.div_euclid(1_000);
        let mut facts = vec![("now", now.to_string())];
        facts.extend(claims.issued_at.map(|at| ("secondsSinceIat", now.saturating_sub(at).to_string())));
        facts.extend(claims.expires_at.map(|at| ("secondsToExp", at.saturating_sub(now).to_string())));
        facts
    }
}

/// The members that every provider writes alike.
fn header_facts(header: Option<&Object>) -> Vec<Fact> {
    let Some(header) = header else { return Vec::new() };
    let members = ["alg", "enc", "kid", "typ", "cty"];
    let mut facts: Vec<Fact> = members
        .into_iter()
        .filter_map(|name| {
            header.get(name).map(|value| (name, value.as_str().map_or("not a text".to_owned(), shown)))
        })
        .collect();
    let others = header.keys().filter(|name| !members.contains(&name.as_str())).count();
    if others > 0 {
        facts.push(("furtherMembers", others.to_string()));
    }
    facts
}
