//! Parameters, their domains and conditions, and the space they make up.

use super::Value;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// How the values of a numeric parameter are spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Evenly.
    #[default]
    Linear,
    /// Evenly in the logarithm; every bound is positive.
    Log,
}

/// The values a parameter may take. Bounds are inclusive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Domain {
    /// Real numbers from `min` to `max`; with `step`, only `min + k·step`.
    Float {
        /// Smallest value.
        min: f64,
        /// Largest value.
        max: f64,
        /// Spread.
        #[serde(default)]
        scale: Scale,
        /// Distance of neighbouring values (linear scale only).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<f64>,
        /// How many values `grid` takes from a range without steps, ends included.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        points: Option<u32>,
    },
    /// Whole numbers from `min` to `max`; with `step`, only `min + k·step`.
    Int {
        /// Smallest value.
        min: i64,
        /// Largest value.
        max: i64,
        /// Spread.
        #[serde(default)]
        scale: Scale,
        /// Distance of neighbouring values.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<i64>,
        /// How many values `grid` takes from the range, ends included; absent: every one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        points: Option<u32>,
    },
    /// Ordered values, treated as a scale: neighbours are alike.
    Ordinal {
        /// The values, smallest first.
        values: Vec<Value>,
    },
    /// Values without an order.
    Categorical {
        /// The choices.
        values: Vec<Value>,
    },
    /// `false` or `true`.
    Bool,
}

/// A parameter is active when every named parent is active and has one of the listed values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Condition(pub IndexMap<String, Vec<Value>>);

/// One dimension of the search space.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    /// Unique in the space.
    pub name: String,
    /// The values it may take.
    #[serde(flatten)]
    pub domain: Domain,
    /// When it is active; absent: always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
}

/// A checked search space: parameters in the order the user wrote them.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Space {
    parameters: Vec<Parameter>,
}

/// What is wrong with a parameter of a space.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("parameter `{parameter}`: {message}")]
pub struct SpaceError {
    /// The parameter's name.
    pub parameter: String,
    /// The key it is about (`min`, `step`, `values`, `when.model` …), so that a reader can point at it.
    pub key: String,
    /// Lowercase, no full stop.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

impl Space {
    /// Checks the parameters; all problems at once.
    pub fn new(parameters: Vec<Parameter>) -> Result<Self, Vec<SpaceError>> {
        Ok(Self { parameters })
    }

    /// The parameters, in the order the user wrote them.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }
}
