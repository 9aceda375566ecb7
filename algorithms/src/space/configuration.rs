//! A configuration: the values of the active parameters of one trial.

use super::Value;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// Assigns a value to every *active* parameter, in the order of the space; an inactive parameter is absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Configuration(IndexMap<String, Value>);

impl Configuration {
    /// The value of the parameter, if it is active.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Sets the value of a parameter.
    pub fn insert(&mut self, name: impl Into<String>, value: Value) {
        self.0.insert(name.into(), value);
    }

    /// Names and values, in the order of the space.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// How many parameters are active.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no parameter is active.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, Value)> for Configuration {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}
