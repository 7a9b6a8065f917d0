//! A set of public signing keys (RFC 7517 section 5), read key by key: one that cannot be used spoils none of the others.

use serde_json::Value;

use crate::verification_key::VerificationKey;

/// Most keys of a set.
const MOST_KEYS: usize = 50;
/// Longest name kept of a key that is not used, in characters.
const NAME: usize = 64;

/// What a set holds for verifying tokens.
#[derive(Debug, Clone)]
pub struct KeySet {
    /// Keys that can be used, each once, in the order of the set.
    pub keys: Vec<VerificationKey>,
    /// The others: `kid`, or the place in the set, and the code of the reason.
    pub ignored: Vec<(String, String)>,
}

/// The text is not a JWK set of at most 50 keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text is not a JWK set of at most 50 keys")]
pub struct NotAKeySet;

impl KeySet {
    /// Reads a set.
    ///
    /// # Errors
    /// [`NotAKeySet`]; what is wrong with a single key is in [`KeySet::ignored`].
    pub fn parse(text: &str) -> Result<Self, NotAKeySet> {
        let set: Value = serde_json::from_str(text).map_err(|_| NotAKeySet)?;
        let entries = set.get("keys").and_then(Value::as_array).ok_or(NotAKeySet)?;
        if entries.len() > MOST_KEYS {
            return Err(NotAKeySet);
        }
        let mut read = Self { keys: Vec::new(), ignored: Vec::new() };
        for (place, entry) in entries.iter().enumerate() {
            let name = || {
                let key_id = entry.get("kid").and_then(Value::as_str);
                let key_id = key_id.filter(|key_id| !key_id.contains(char::is_control));
                key_id.map_or_else(|| format!("#{place}"), |key_id| key_id.chars().take(NAME).collect())
            };
            match VerificationKey::from_jwk(&entry.to_string()) {
                Ok(key) if read.keys.iter().any(|known| known.fingerprint() == key.fingerprint()) => {
                    read.ignored.push((name(), "KEY_EXISTS".to_owned()));
                }
                Ok(key) => read.keys.push(key),
                Err(error) => read.ignored.push((name(), error.code().to_owned())),
            }
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing_key::SigningKey;

    #[test]
    fn d44_bad_keys_are_left_out_and_good_ones_used() {
        let good = SigningKey::generate().unwrap().verification_key().to_jwk_json();
        let with = |name: &str, value: Value| {
            let mut jwk: Value = serde_json::from_str(&good).unwrap();
            jwk["kid"] = "bad".into();
            jwk[name] = value;
            jwk.to_string()
        };
        let cases = [
            (with("use", "enc".into()), "KEY_WRONG_USE"),
            (with("alg", "RS512".into()), "KEY_WRONG_ALGORITHM"),
            (with("alg", "none".into()), "KEY_WRONG_ALGORITHM"),
            (with("n", "AQAB".into()), "KEY_TOO_SMALL"),
            (with("e", "Aw".into()), "KEY_EXPONENT_UNSAFE"),
            (with("kty", "oct".into()), "KEY_TYPE_NOT_ACCEPTED"),
            (with("d", "AQAB".into()), "KEY_IS_PRIVATE"),
        ];
        for (bad, code) in cases {
            let set = KeySet::parse(&format!(r#"{{"keys":[{bad},{good},{good}]}}"#)).unwrap();
            assert_eq!(set.keys.len(), 1, "{bad}");
            let key_id = set.keys[0].key_id().unwrap().to_owned();
            assert_eq!(set.ignored, [("bad".to_owned(), code.to_owned()), (key_id, "KEY_EXISTS".to_owned())]);
        }
        let odd = KeySet::parse(r#"{"keys":[1,{},null]}"#).unwrap();
        assert!(odd.keys.is_empty());
        assert_eq!(odd.ignored.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["#0", "#1", "#2"]);
    }

    #[test]
    fn other_texts_are_no_sets() {
        let many = format!(r#"{{"keys":[{}]}}"#, vec!["{}"; 51].join(","));
        for text in ["", "[]", "{}", r#"{"keys":{}}"#, "<html>", &many] {
            assert!(KeySet::parse(text).is_err(), "{text}");
        }
        assert!(KeySet::parse(r#"{"keys":[]}"#).unwrap().keys.is_empty());
    }
}
