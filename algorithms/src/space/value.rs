//! One value of a parameter.

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use std::fmt;
use std::hash::{Hash, Hasher};

/// A scalar that a parameter takes. In JSON it is the scalar itself: `true`, `3`, `0.5`, `"svm"`.
///
/// Equality is that of the JSON text: the int `1` and the float `1.0` differ; see [`Value::matches`].
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A finite number.
    Float(f64),
    /// A word or text.
    Text(String),
}

impl Value {
    /// The number, if it is one.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Int(value) => Some(*value as f64),
            Value::Float(value) => Some(*value),
            Value::Bool(_) | Value::Text(_) => None,
        }
    }

    /// The whole number, if it is one; the float `3.0` is.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Value::Int(value) => Some(*value),
            // Beyond 2^53 a float no longer says which whole number is meant.
            Value::Float(value) if value.fract() == 0.0 && value.abs() <= (1_u64 << 53) as f64 => {
                Some(*value as i64)
            }
            _ => None,
        }
    }

    /// The truth value, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Text(value) => Some(value),
            _ => None,
        }
    }

    /// Whether both mean the same: equal, or numerically equal (`1` and `1.0`).
    pub fn matches(&self, other: &Value) -> bool {
        self == other
            || match (self, other) {
                (Value::Int(int), Value::Float(float)) | (Value::Float(float), Value::Int(int)) => {
                    Value::Float(*float).as_i64() == Some(*int)
                }
                _ => false,
            }
    }
}

/// Written out: what serde derives tries one kind after the other, with an error for each that it is not, and costs ten times as much.
impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Scalar)
    }
}

struct Scalar;

impl Visitor<'_> for Scalar {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a truth value, a number or a text")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        let whole = i64::try_from(value).map(Value::Int);
        Ok(whole.unwrap_or(Value::Float(value as f64)))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::Text(value))
    }
}

/// The bits of a float, with one zero and one NaN, so that equality and hash agree.
fn canonical_bits(value: f64) -> u64 {
    if value == 0.0 {
        0
    } else if value.is_nan() {
        f64::NAN.to_bits()
    } else {
        value.to_bits()
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => canonical_bits(*a) == canonical_bits(*b),
            (Value::Text(a), Value::Text(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Value::Bool(value) => (0_u8, value).hash(state),
            Value::Int(value) => (1_u8, value).hash(state),
            Value::Float(value) => (2_u8, canonical_bits(*value)).hash(state),
            Value::Text(value) => (3_u8, value).hash(state),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Bool(value) => write!(f, "{value}"),
            Value::Int(value) => write!(f, "{value}"),
            Value::Float(value) => write!(f, "{value}"),
            Value::Text(value) => f.write_str(value),
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::Int(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Value::Float(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Value::Text(value.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn json_keeps_every_float_to_the_last_bit(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            let json = serde_json::to_string(&Value::Float(value)).unwrap();
            match serde_json::from_str(&json).unwrap() {
                Value::Float(read) => prop_assert_eq!(read.to_bits(), value.to_bits()),
                other => prop_assert!(false, "{:?}", other),
            }
        }

        #[test]
        fn json_keeps_every_int(value: i64) {
            let json = serde_json::to_string(&Value::Int(value)).unwrap();
            prop_assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), Value::Int(value));
        }
    }

    #[test]
    fn json_keeps_the_kind() {
        for (json, value) in [
            ("true", Value::Bool(true)),
            ("1", Value::Int(1)),
            ("1.0", Value::Float(1.0)),
            ("\"1\"", Value::from("1")),
        ] {
            assert_eq!(serde_json::from_str::<Value>(json).unwrap(), value);
            assert_eq!(serde_json::to_string(&value).unwrap(), json);
        }
    }

    #[test]
    fn what_is_no_scalar_is_refused_with_what_would_be() {
        for json in ["null", "[1]", "{\"a\": 1}"] {
            let error = serde_json::from_str::<Value>(json).unwrap_err();
            assert!(
                error
                    .to_string()
                    .contains("expected a truth value, a number or a text"),
                "{error}"
            );
        }
        let beyond = serde_json::from_str::<Value>("18446744073709551615").unwrap();
        assert_eq!(beyond, Value::Float(18_446_744_073_709_551_615.0));
    }

    #[test]
    fn numbers_match_across_kinds_but_are_not_equal() {
        assert_ne!(Value::Int(1), Value::Float(1.0));
        assert!(Value::Int(1).matches(&Value::Float(1.0)));
        assert!(!Value::Int(1).matches(&Value::from("1")));
        assert!(!Value::Int(1).matches(&Value::Float(1.5)));
        assert!(!Value::Int(1).matches(&Value::Bool(true)));
        assert_eq!(Value::Float(0.0), Value::Float(-0.0));
    }
}
