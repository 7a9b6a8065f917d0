//! Texts people write, parsed at the edge.

use std::fmt;

use crate::limits;

/// Why a message text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// Nothing but white space.
    #[error("the message is empty")]
    Empty,
    /// More than [`limits::MESSAGE_CHARACTERS`].
    #[error("the message has more than {} characters", limits::MESSAGE_CHARACTERS)]
    TooLong,
}

/// A message's text: 1 to 10,000 characters, not only white space, without NUL and other control characters but
/// tab and line feed (PostgreSQL refuses NUL; the others can hide text from a reader).
#[derive(Clone, PartialEq, Eq)]
pub struct MessageText(String);

impl MessageText {
    /// Reads a text: line ends become `\n`, other control characters and white space at the end are dropped.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        // A character has at most four bytes; longer than this can't fit, whatever is dropped.
        if text.len() > limits::MESSAGE_CHARACTERS * 8 {
            return Err(InvalidText::TooLong);
        }
        let cleaned: String = text
            .replace("\r\n", "\n")
            .replace('\r', "\n")
            .chars()
            .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
            .collect();
        let trimmed = cleaned.trim_end();
        if trimmed.trim_start().is_empty() {
            return Err(InvalidText::Empty);
        }
        if trimmed.chars().count() > limits::MESSAGE_CHARACTERS {
            return Err(InvalidText::TooLong);
        }
        Ok(Self(trimmed.to_owned()))
    }

    /// Wraps a text that was parsed before it was stored.
    pub fn from_storage(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for MessageText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageText({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cleaned_and_bounded() {
        assert_eq!(MessageText::parse("hello\r\nthere \n").unwrap().as_str(), "hello\nthere");
        assert_eq!(MessageText::parse("a\0b\u{7}c\td").unwrap().as_str(), "abc\td");
        assert_eq!(MessageText::parse(" \n\u{a0}"), Err(InvalidText::Empty));
        assert_eq!(MessageText::parse("\0\0"), Err(InvalidText::Empty));
        assert!(MessageText::parse(&"é".repeat(10_000)).is_ok());
        assert_eq!(MessageText::parse(&"é".repeat(10_001)), Err(InvalidText::TooLong));
        assert_eq!(MessageText::parse(&"x".repeat(10_000_000)), Err(InvalidText::TooLong));
    }
}
