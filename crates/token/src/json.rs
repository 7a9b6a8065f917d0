//! JSON for security objects: one meaning for every text, or an error.
//!
//! RFC 7515 section 4 and RFC 7519 section 4 let a parser choose between refusing duplicate members and taking
//! the last one. Parsers that differ in that choice are how a token means one thing to the signer and another to
//! the verifier, so duplicates are refused at every depth. So are a byte order mark, lone surrogates, numbers that
//! do not fit a double, negative zero, and nesting beyond [`MAX_DEPTH`].

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// How deep arrays and objects may nest. Claims need three levels.
pub const MAX_DEPTH: usize = 16;

/// Why a text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Not JSON (RFC 8259) in UTF-8.
    #[error("text is not JSON")]
    Syntax,
    /// JSON, but not an object.
    #[error("text is not a JSON object")]
    NotAnObject,
    /// A member name stands twice in one object.
    #[error("a member name stands twice in one object")]
    DuplicateMember,
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("text is nested too deeply")]
    TooDeep,
    /// Negative zero, which compares equal to zero and prints differently.
    #[error("a number is negative zero")]
    NegativeZero,
}

/// A parsed JSON value. It has no `PartialEq`: claims are compared field by field where that is meant.
#[derive(Clone)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number written without fraction or exponent that fits 64 bits.
    Integer(i64),
    /// Any other finite number.
    Number(f64),
    /// A string of Unicode scalar values.
    String(String),
    /// An array.
    Array(Vec<Value>),
    /// An object.
    Object(Object),
}

/// The members of a JSON object, each name once, sorted by name.
pub type Object = BTreeMap<String, Value>;

impl fmt::Debug for Value {
    /// Names the type only: values of this crate come from tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "Null",
            Self::Bool(_) => "Bool(..)",
            Self::Integer(_) => "Integer(..)",
            Self::Number(_) => "Number(..)",
            Self::String(_) => "String(..)",
            Self::Array(_) => "Array(..)",
            Self::Object(_) => "Object(..)",
        })
    }
}

impl Value {
    /// The text of a string, `None` for any other type.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }
}

/// Reads one JSON object and nothing around it but whitespace.
///
/// # Errors
/// [`JsonError`], see its variants.
pub fn parse_object(text: &[u8]) -> Result<Object, JsonError> {
    match parse(text)? {
        Value::Object(members) => Ok(members),
        _ => Err(JsonError::NotAnObject),
    }
}

/// Reads one JSON value and nothing around it but whitespace.
///
/// # Errors
/// [`JsonError`], see its variants.
pub fn parse(text: &[u8]) -> Result<Value, JsonError> {
    let fault = Cell::new(JsonError::Syntax);
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = Strict { depth: 0, fault: &fault }.deserialize(&mut deserializer).map_err(|_| fault.get())?;
    deserializer.end().map_err(|_| JsonError::Syntax)?;
    Ok(value)
}

/// Reads one value; `fault` carries our own reason past serde's stringly errors.
#[derive(Clone, Copy)]
struct Strict<'a> {
    depth: usize,
    fault: &'a Cell<JsonError>,
}

impl<'a> Strict<'a> {
    fn refuse<E: serde::de::Error>(self, reason: JsonError) -> E {
        self.fault.set(reason);
        E::custom(reason)
    }

    fn deeper<E: serde::de::Error>(self) -> Result<Strict<'a>, E> {
        if self.depth >= MAX_DEPTH {
            return Err(self.refuse(JsonError::TooDeep));
        }
        Ok(Strict { depth: self.depth + 1, fault: self.fault })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or(Value::Number(value as f64), Value::Integer))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        if value == 0.0 && value.is_sign_negative() {
            return Err(self.refuse(JsonError::NegativeZero));
        }
        if !value.is_finite() {
            return Err(self.refuse(JsonError::Syntax));
        }
        Ok(Value::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let inside = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element_seed(inside)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let inside = self.deeper()?;
        let mut members = Object::new();
        while let Some(name) = map.next_key::<String>()? {
            if members.contains_key(&name) {
                return Err(A::Error::custom(self.refuse::<A::Error>(JsonError::DuplicateMember)));
            }
            let value = map.next_value_seed(inside)?;
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}
