//! The values a parameter may take, and the two ways to count through them: by index (discrete domains) and by a
//! coordinate in the unit interval (all domains). The arithmetic of ranges is in `real` and `integer`.

use super::Value;
use super::integer::IntRange;
use super::real::RealRange;
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
///
/// The methods are for domains that [`Space::new`](super::Space::new) accepts; on others, such as an empty list of
/// values, they may panic.
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
        /// How many values `grid` takes from the range, ends included; absent: every one of a stepped range.
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

/// A domain without what does not matter to its values.
enum Shape<'a> {
    Real(RealRange),
    Int(IntRange),
    Listed(&'a [Value]),
    Bool,
}

/// Why a value is not one of a domain.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mismatch {
    pub message: String,
    pub help: String,
}

impl Domain {
    /// How many values there are; `None` for a float without steps.
    pub fn count(&self) -> Option<u128> {
        match self.shape() {
            Shape::Real(range) => range.count(),
            Shape::Int(range) => Some(range.count()),
            Shape::Listed(values) => Some(values.len() as u128),
            Shape::Bool => Some(2),
        }
    }

    /// The value at a coordinate in [0, 1]: a discrete domain is cut into one cell for each value, of equal length
    /// (on a log scale, of equal length before taking logarithms).
    pub fn decode(&self, unit: f64) -> Value {
        let unit = if unit.is_nan() {
            0.0
        } else {
            unit.clamp(0.0, 1.0)
        };
        match self.shape() {
            Shape::Real(range) => match range.count() {
                Some(count) => Value::Float(range.nth(cell(unit, count))),
                None => Value::Float(range.at(unit)),
            },
            Shape::Int(range) => Value::Int(range.decode(unit)),
            Shape::Listed(values) => values[cell(unit, values.len() as u128) as usize].clone(),
            Shape::Bool => Value::Bool(cell(unit, 2) == 1),
        }
    }

    /// The value with this index of `points` evenly spread ones, ends included; for ranges without steps.
    pub(super) fn spread(&self, index: u64, points: u32) -> Value {
        match self.shape() {
            Shape::Real(range) if range.count().is_none() => {
                Value::Float(range.spread(index, points))
            }
            _ => self.decode(index as f64 / (f64::from(points) - 1.0)),
        }
    }

    /// The coordinate of a value in [0, 1], for a discrete domain the middle of its cell; `None` for a value that is not
    /// of this domain. [`Domain::decode`] leads back to it.
    pub fn encode(&self, value: &Value) -> Option<f64> {
        let index = self.index_of(value);
        match self.shape() {
            Shape::Real(range) if range.count().is_none() => {
                let value = value.as_f64().filter(|value| range.contains(*value))?;
                Some(range.unit(value))
            }
            Shape::Int(range) => Some(range.encode(index?)),
            _ => Some((index? as f64 + 0.5) / self.count()? as f64),
        }
    }

    /// The ends of the cells that [`Domain::decode`] cuts the unit interval into: one more than the `count` values of a
    /// discrete domain.
    pub(crate) fn cell_edges(&self, count: usize) -> Vec<f64> {
        match self.shape() {
            Shape::Int(range) => range.edges(count),
            _ => (0..=count).map(|edge| edge as f64 / count as f64).collect(),
        }
    }

    /// The value with this index among all values of a discrete domain, in their order; the last one beyond the end.
    ///
    /// A float without steps is taken as 2⁵³ values spread evenly over its scale.
    pub(crate) fn nth(&self, index: u128) -> Value {
        match self.shape() {
            Shape::Real(range) => match range.count() {
                Some(_) => Value::Float(range.nth(index)),
                None => Value::Float(range.at(index as f64 / (CONTINUOUS_COUNT - 1) as f64)),
            },
            Shape::Int(range) => Value::Int(range.nth(index)),
            Shape::Listed(values) => values[index.min(values.len() as u128 - 1) as usize].clone(),
            Shape::Bool => Value::Bool(index > 0),
        }
    }

    /// The index of a value of a discrete domain; `None` for others.
    pub(crate) fn index_of(&self, value: &Value) -> Option<u128> {
        match self.shape() {
            Shape::Real(range) => range.index_of(value.as_f64()?),
            Shape::Int(range) => range.index_of(value.as_i64()?),
            Shape::Listed(values) => values
                .iter()
                .position(|known| known.matches(value))
                .map(|index| index as u128),
            Shape::Bool => value.as_bool().map(u128::from),
        }
    }

    /// The value of this domain that `given` means: an int becomes a float where floats are due, and the other way
    /// round where nothing is lost.
    pub(super) fn coerce(&self, given: &Value) -> Result<Value, Mismatch> {
        let coerced = match self.shape() {
            Shape::Real(range) if range.count().is_none() => given
                .as_f64()
                .filter(|value| range.contains(*value))
                .map(Value::Float),
            _ => self.index_of(given).map(|index| self.nth(index)),
        };
        coerced.ok_or_else(|| Mismatch {
            message: format!("`{given}` is not one of its values"),
            help: self.describe(),
        })
    }

    /// Its values in words.
    pub(super) fn describe(&self) -> String {
        match self.shape() {
            Shape::Real(RealRange {
                min,
                max,
                step: None,
                ..
            }) => {
                format!("a number from {min} to {max}")
            }
            Shape::Real(RealRange {
                min,
                max,
                step: Some(step),
                ..
            }) => {
                format!("a number from {min} to {max} in steps of {step}")
            }
            Shape::Int(IntRange {
                min, max, step: 1, ..
            }) => {
                format!("a whole number from {min} to {max}")
            }
            Shape::Int(IntRange { min, max, step, .. }) => {
                format!("a whole number from {min} to {max} in steps of {step}")
            }
            Shape::Listed(values) => {
                let shown: Vec<String> = values.iter().take(20).map(|v| format!("`{v}`")).collect();
                let more = if values.len() > shown.len() {
                    ", …"
                } else {
                    ""
                };
                format!("one of {}{more}", shown.join(", "))
            }
            Shape::Bool => "`true` or `false`".to_owned(),
        }
    }

    fn shape(&self) -> Shape<'_> {
        match self {
            Domain::Float {
                min,
                max,
                scale,
                step,
                ..
            } => Shape::Real(RealRange {
                min: *min,
                max: *max,
                scale: *scale,
                step: *step,
            }),
            Domain::Int {
                min,
                max,
                scale,
                step,
                ..
            } => Shape::Int(IntRange {
                min: *min,
                max: *max,
                scale: *scale,
                step: step.unwrap_or(1),
            }),
            Domain::Ordinal { values } | Domain::Categorical { values } => Shape::Listed(values),
            Domain::Bool => Shape::Bool,
        }
    }
}

/// How many values a float without steps counts as where it must be counted.
pub(crate) const CONTINUOUS_COUNT: u128 = 1 << 53;

/// Which of `count` equal cells of the unit interval holds this coordinate.
pub(super) fn cell(unit: f64, count: u128) -> u128 {
    ((unit * count as f64) as u128).min(count - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordinal(values: &[i64]) -> Domain {
        Domain::Ordinal {
            values: values.iter().copied().map(Value::Int).collect(),
        }
    }

    #[test]
    fn listed_values_have_equal_cells() {
        let domain = ordinal(&[16, 32, 64, 128]);
        let decoded: Vec<Value> = [0.0, 0.24, 0.25, 0.5, 0.75, 0.99, 1.0]
            .map(|unit| domain.decode(unit))
            .into();
        assert_eq!(decoded, [16, 16, 32, 64, 128, 128, 128].map(Value::Int));
        assert_eq!(domain.encode(&Value::Int(32)), Some(0.375));
        assert_eq!(domain.encode(&Value::Int(33)), None);
    }

    #[test]
    fn coordinates_outside_the_interval_are_brought_back() {
        let decoded =
            [-1.0, f64::NAN, 7.0, f64::INFINITY].map(|unit| ordinal(&[1, 2]).decode(unit));
        assert_eq!(decoded, [1, 1, 2, 2].map(Value::Int));
    }

    #[test]
    fn coercion_keeps_the_kind_of_the_domain() {
        let float = Domain::Float {
            min: 0.0,
            max: 2.0,
            scale: Scale::Linear,
            step: None,
            points: None,
        };
        assert_eq!(float.coerce(&Value::Int(1)), Ok(Value::Float(1.0)));
        assert!(float.coerce(&Value::Float(2.1)).is_err());
        assert!(float.coerce(&Value::from("1")).is_err());
        let int = Domain::Int {
            min: 0,
            max: 4,
            scale: Scale::Linear,
            step: Some(2),
            points: None,
        };
        assert_eq!(int.coerce(&Value::Float(2.0)), Ok(Value::Int(2)));
        let mismatch = int.coerce(&Value::Int(3)).unwrap_err();
        assert_eq!(mismatch.help, "a whole number from 0 to 4 in steps of 2");
        assert_eq!(ordinal(&[1]).coerce(&Value::Float(1.0)), Ok(Value::Int(1)));
        assert!(Domain::Bool.coerce(&Value::Int(1)).is_err());
    }
}
