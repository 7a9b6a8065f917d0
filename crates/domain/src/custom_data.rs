//! What a page says of its visitor beside `extID`: the members of `window.idzCustomData`.
//!
//! Whoever can write into the page can write here, so nothing of it is ever proof. It stands beside what a token said, never in its
//! place.

use crate::limits;
use crate::time::Timestamp;
use crate::visitor::{Attribute, AttributeName, AttributeSource};

/// The member that [`limits::CLAIMED_ID_CHARACTERS`] is about. It goes with the activation and is no custom data.
pub const CLAIMED_ID: &str = "extID";

/// Members that fill the profile.
const STANDARD: [(&str, AttributeName); 2] =
    [("cust_name", AttributeName::LastName), ("cust_email", AttributeName::Email)];

/// What kind of value a page gave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum CustomDataType {
    String,
    Number,
    Boolean,
}

impl CustomDataType {
    /// The word used in storage and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "STRING",
            Self::Number => "NUMBER",
            Self::Boolean => "BOOLEAN",
        }
    }

    /// Reads that word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::String, Self::Number, Self::Boolean].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// One thing a page says.
#[derive(Clone, PartialEq, Eq)]
pub struct CustomDatum {
    /// The page's name for it.
    pub key: String,
    /// What the page gave: a text, a number or a truth value.
    pub kind: CustomDataType,
    /// The value as text: numbers and truth values as JSON writes them.
    pub value: String,
    /// Since when it has this value.
    pub updated_at: Timestamp,
}

impl std::fmt::Debug for CustomDatum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CustomDatum({})", self.kind.as_str())
    }
}

/// Why custom data were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCustomData {
    /// More than [`limits::CUSTOM_DATA_ENTRIES`].
    #[error("custom data have more than {} members", limits::CUSTOM_DATA_ENTRIES)]
    TooMany,
    /// A name is empty, longer than [`limits::CUSTOM_DATA_KEY_CHARACTERS`] or has control characters.
    #[error("a name has 1 to {} characters and no control characters", limits::CUSTOM_DATA_KEY_CHARACTERS)]
    Key,
    /// A text is longer than [`limits::CUSTOM_DATA_CHARACTERS`].
    #[error("a text has at most {} characters", limits::CUSTOM_DATA_CHARACTERS)]
    TooLong,
    /// Names and values together are more than [`limits::CUSTOM_DATA_BYTES`].
    #[error("custom data are more than {} bytes", limits::CUSTOM_DATA_BYTES)]
    TooLarge,
}

/// What a page says of its visitor at one moment, ordered by name. Within the limits.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CustomData(Vec<CustomDatum>);

impl CustomData {
    /// Reads what a page said at `now`, names and values. `extID` is left out, and so are empty texts, which say nothing.
    ///
    /// # Errors
    /// [`InvalidCustomData`] when a limit is passed: then nothing of it counts.
    pub fn parse(
        members: impl IntoIterator<Item = (String, CustomDataType, String)>,
        now: Timestamp,
    ) -> Result<Self, InvalidCustomData> {
        let mut data = Vec::new();
        let mut bytes = 0;
        for (key, kind, value) in members {
            if !(1..=limits::CUSTOM_DATA_KEY_CHARACTERS).contains(&key.chars().count())
                || key.contains(char::is_control)
            {
                return Err(InvalidCustomData::Key);
            }
            if key == CLAIMED_ID || value.is_empty() {
                continue;
            }
            if value.chars().count() > limits::CUSTOM_DATA_CHARACTERS {
                return Err(InvalidCustomData::TooLong);
            }
            bytes += key.len() + value.len();
            data.push(CustomDatum { key, kind, value, updated_at: now });
        }
        if data.len() > limits::CUSTOM_DATA_ENTRIES {
            return Err(InvalidCustomData::TooMany);
        }
        if bytes > limits::CUSTOM_DATA_BYTES {
            return Err(InvalidCustomData::TooLarge);
        }
        data.sort_by(|one, other| one.key.cmp(&other.key));
        data.dedup_by(|later, first| later.key == first.key);
        Ok(Self(data))
    }

    /// Wraps what was parsed before it was stored.
    pub fn from_storage(data: Vec<CustomDatum>) -> Self {
        Self(data)
    }

    /// All of it.
    pub fn as_slice(&self) -> &[CustomDatum] {
        &self.0
    }

    /// The same, where what `before` said already keeps its time.
    #[must_use]
    pub fn following(self, before: &Self) -> Self {
        let same = |new: &CustomDatum, old: &&CustomDatum| {
            old.key == new.key && old.kind == new.kind && old.value == new.value
        };
        let kept = |new: CustomDatum| before.0.iter().find(|old| same(&new, old)).cloned().unwrap_or(new);
        Self(self.0.into_iter().map(kept).collect())
    }

    /// A profile with what the page now claims in it: the page's members of standard names fill what nobody else has said, what the
    /// page claimed before and says no longer is gone.
    pub fn claims_beside(&self, known: &[Attribute]) -> Vec<Attribute> {
        let mut attributes: Vec<Attribute> =
            known.iter().filter(|one| one.source != AttributeSource::Page).cloned().collect();
        for (key, name) in STANDARD {
            let said = self.0.iter().find(|one| one.key == key && one.kind == CustomDataType::String);
            let Some(said) = said.filter(|_| attributes.iter().all(|one| one.name != name)) else { continue };
            attributes.push(Attribute {
                name,
                value: said.value.clone(),
                source: AttributeSource::Page,
                updated_at: said.updated_at,
            });
        }
        attributes.sort_by_key(|attribute| attribute.name);
        attributes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
    const LATER: Timestamp = Timestamp::from_millis(1_700_000_060_000);

    fn text(key: &str, value: &str) -> (String, CustomDataType, String) {
        (key.to_owned(), CustomDataType::String, value.to_owned())
    }

    fn parse(members: Vec<(String, CustomDataType, String)>) -> Result<CustomData, InvalidCustomData> {
        CustomData::parse(members, NOW)
    }

    fn from_token(name: AttributeName, value: &str) -> Attribute {
        Attribute { name, value: value.to_owned(), source: AttributeSource::Token, updated_at: NOW }
    }

    #[test]
    fn limits_are_exact() {
        let many = |count: usize| parse((0..count).map(|n| text(&format!("key {n}"), "x")).collect());
        assert!(many(50).is_ok());
        assert_eq!(many(51), Err(InvalidCustomData::TooMany));
        assert!(parse(vec![text(&"é".repeat(64), "x")]).is_ok());
        for key in [String::new(), "é".repeat(65), "a\nb".to_owned()] {
            assert_eq!(parse(vec![text(&key, "x")]), Err(InvalidCustomData::Key));
        }
        assert!(parse(vec![text("key", &"é".repeat(1024))]).is_ok());
        assert_eq!(parse(vec![text("key", &"é".repeat(1025))]), Err(InvalidCustomData::TooLong));
        let large = |count: usize| (0..count).map(|n| text(&format!("{n:04}"), &"x".repeat(1020))).collect();
        assert!(parse(large(16)).is_ok());
        assert_eq!(parse(large(17)), Err(InvalidCustomData::TooLarge));
    }

    #[test]
    fn what_says_nothing_or_something_else_is_left_out() {
        let data = parse(vec![text("plan", "gold"), text("extID", "FR-1"), text("basket", "")]).unwrap();
        assert_eq!(data.as_slice().iter().map(|one| one.key.as_str()).collect::<Vec<_>>(), ["plan"]);
    }

    #[test]
    fn standard_names_fill_the_profile_below_what_others_said() {
        let said = parse(vec![text("cust_email", "page@example.org"), text("cust_name", "Doe")]).unwrap();
        let email = from_token(AttributeName::Email, "token@example.org");
        let profile = said.claims_beside(std::slice::from_ref(&email));
        assert_eq!(profile.len(), 2);
        assert!(profile.contains(&email), "the token's word stands");
        assert_eq!((profile[0].name, profile[0].source), (AttributeName::LastName, AttributeSource::Page));
        assert_eq!(
            CustomData::default().claims_beside(&profile),
            [email],
            "what the page no longer says is gone"
        );
        let number = ("cust_name".to_owned(), CustomDataType::Number, "7".to_owned());
        assert!(parse(vec![number]).unwrap().claims_beside(&[]).is_empty());
    }

    #[test]
    fn what_did_not_change_keeps_its_time() {
        let first = parse(vec![text("plan", "gold"), text("visits", "1")]).unwrap();
        let second = CustomData::parse(vec![text("plan", "gold"), text("visits", "2")], LATER).unwrap();
        let times: Vec<_> = second.following(&first).0.iter().map(|one| one.updated_at).collect();
        assert_eq!(times, [NOW, LATER]);
    }
}
