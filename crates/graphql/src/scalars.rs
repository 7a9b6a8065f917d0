//! Scalars of the schema, each with one spelling.

use std::str::FromStr;

use async_graphql::{InputValueError, InputValueResult, Number, Scalar, ScalarType, Value};
use signet_domain::Timestamp;

/// A moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DateTime(pub(crate) Timestamp);

impl From<Timestamp> for DateTime {
    fn from(moment: Timestamp) -> Self {
        Self(moment)
    }
}

/// RFC 3339, UTC, milliseconds
#[Scalar(name = "DateTime")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        Ok(Self(Timestamp::parse(text)?))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A 64-bit integer, for places in a project's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Long(pub(crate) i64);

/// 64-bit integer
#[Scalar(name = "Long")]
impl ScalarType for Long {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value.clone() {
            Value::Number(number) => {
                number.as_i64().map(Self).ok_or_else(|| InputValueError::expected_type(value))
            }
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::Number(Number::from(self.0))
    }
}

/// A UUID in its hyphenated form: ids have one spelling, so that equal ids are equal texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Uuid(pub(crate) uuid::Uuid);

#[Scalar(name = "UUID")]
impl ScalarType for Uuid {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        if text.len() != 36 {
            return Err(InputValueError::custom("not a UUID of 36 characters"));
        }
        Ok(Self(uuid::Uuid::from_str(text)?))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_read_back_as_written() {
        let moment = DateTime(Timestamp::from_millis(1_795_176_271_250));
        assert_eq!(DateTime::parse(moment.to_value()).unwrap(), moment);
        let long = Long(i64::MAX);
        assert_eq!(Long::parse(long.to_value()).unwrap(), long);
        let id = Uuid(uuid::Uuid::from_u128(7));
        assert_eq!(Uuid::parse(id.to_value()).unwrap(), id);
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in ["0193a5b0000070008000000000000001", "{0193a5b0-0000-7000-8000-000000000001}", "x"] {
            assert!(Uuid::parse(Value::from(text)).is_err(), "{text}");
        }
        assert!(Long::parse(Value::from(1.5)).is_err());
        assert!(Long::parse(Value::from("1")).is_err());
        assert!(DateTime::parse(Value::from("yesterday")).is_err());
        assert!(DateTime::parse(Value::from(1)).is_err());
    }
}
