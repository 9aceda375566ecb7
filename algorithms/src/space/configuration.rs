//! A configuration: the values of the active parameters of one trial.

use super::Value;
use indexmap::IndexMap;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// Assigns a value to every *active* parameter, in the order of the space; an inactive parameter is absent.
///
/// In JSON it is an object. Two configurations are equal when they assign the same values, in whatever order.
/// Those that a [`Space`](super::Space) makes share its names, so that a hundred thousand of them are small.
#[derive(Clone, Default)]
pub struct Configuration(Vec<(Arc<str>, Value)>);

impl Configuration {
    /// The value of the parameter, if it is active.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|(known, _)| &**known == name)
            .map(|(_, value)| value)
    }

    /// Sets the value of a parameter.
    pub fn insert(&mut self, name: impl Into<String>, value: Value) {
        let name = name.into();
        match self.0.iter_mut().find(|(known, _)| **known == *name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.into(), value)),
        }
    }

    /// Names and values, in the order of the space.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }

    /// How many parameters are active.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no parameter is active.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// 128 bits that are the same for equal configurations, and for different ones as good as never.
    /// Not for storing: another version of the program may compute others.
    pub fn fingerprint(&self) -> u128 {
        // A sum does not depend on the order of its terms.
        self.0.iter().fold(0, |sum: u128, entry| {
            let mut hasher = DefaultHasher::new();
            entry.hash(&mut hasher);
            let first = u128::from(hasher.finish());
            hasher.write_u8(0);
            sum.wrapping_add(first << 64 | u128::from(hasher.finish()))
        })
    }

    /// From entries whose names are known to differ.
    pub(super) fn from_unique(entries: Vec<(Arc<str>, Value)>) -> Self {
        Self(entries)
    }
}

impl PartialEq for Configuration {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && (self.0 == other.0
                || self
                    .iter()
                    .all(|(name, value)| other.get(name) == Some(value)))
    }
}

impl Eq for Configuration {}

impl Hash for Configuration {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.fingerprint().hash(state);
    }
}

impl fmt::Debug for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl FromIterator<(String, Value)> for Configuration {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(values: I) -> Self {
        let values: IndexMap<String, Value> = values.into_iter().collect();
        Self(
            values
                .into_iter()
                .map(|(name, value)| (name.into(), value))
                .collect(),
        )
    }
}

impl Serialize for Configuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Configuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let values = IndexMap::<String, Value>::deserialize(deserializer)?;
        Ok(Self(
            values
                .into_iter()
                .map(|(name, value)| (name.into(), value))
                .collect(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Configuration {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_order_does_not_matter() {
        let (one, other) = (read(r#"{"a": 1, "b": "x"}"#), read(r#"{"b": "x", "a": 1}"#));
        assert_eq!(one, other);
        assert_eq!(one.fingerprint(), other.fingerprint());
    }

    #[test]
    fn different_values_names_and_kinds_differ() {
        let all = [
            r#"{"a": 1, "b": 2}"#,
            r#"{"a": 2, "b": 1}"#,
            r#"{"a": 1}"#,
            r#"{"a": 1.0, "b": 2}"#,
            r#"{"a": "1", "b": 2}"#,
            "{}",
        ]
        .map(read);
        for (index, one) in all.iter().enumerate() {
            for other in &all[index + 1..] {
                assert_ne!(one, other);
                assert_ne!(one.fingerprint(), other.fingerprint());
            }
        }
    }

    #[test]
    fn json_keeps_order_and_kind() {
        let json = r#"{"b":1.0,"a":1,"c":"x","d":true}"#;
        assert_eq!(serde_json::to_string(&read(json)).unwrap(), json);
    }

    #[test]
    fn a_second_insert_replaces_the_first() {
        let mut configuration = read(r#"{"a": 1, "b": 2}"#);
        configuration.insert("a", Value::Int(3));
        assert_eq!(configuration, read(r#"{"a": 3, "b": 2}"#));
    }
}
