//! Asking for trials, and adding one's own.

use super::once::Once;
use super::{Trial, schema, whole};
use serde::{Deserialize, Deserializer, Serialize};
use tune_algorithms::space::{Configuration, Value};
use tune_experiments::service;
use tune_experiments::state::{ExperimentReason, ExperimentState};
use utoipa::ToSchema;

/// Asks for trials to evaluate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// How many at most.
    #[serde(default = "one", deserialize_with = "whole::one")]
    #[schema(default = 1, minimum = 1, maximum = 1000)]
    pub count: u32,
}

fn one() -> u32 {
    1
}

impl Default for Ask {
    fn default() -> Self {
        Self { count: one() }
    }
}

/// What a client was given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Asked {
    /// The trials: fewer than wanted, or none, when the limits or the space allow no more right now.
    pub trials: Vec<Trial>,
    /// The experiment after that: when it has finished, nobody has to ask again.
    pub experiment: AskedExperiment,
    /// Where early stopping names the parameter that says how many levels a trial has: the levels at which to report, since trials are
    /// judged there, and the last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rungs: Vec<i64>,
}

/// Where the experiment stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AskedExperiment {
    /// Its state.
    #[schema(value_type = schema::ExperimentState)]
    pub state: ExperimentState,
    /// Why.
    #[schema(value_type = Option<schema::ExperimentReason>)]
    pub reason: Option<ExperimentReason>,
}

impl From<service::Asked> for Asked {
    fn from(asked: service::Asked) -> Self {
        Self {
            trials: asked.trials.into_iter().map(Trial::from).collect(),
            experiment: AskedExperiment {
                state: asked.experiment.state,
                reason: asked.experiment.reason,
            },
            rungs: asked.rungs.to_vec(),
        }
    }
}

/// Adds a trial with a configuration of the user's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Enqueue {
    /// A value for every active parameter; inactive ones are absent or null.
    #[serde(deserialize_with = "without_nulls")]
    #[schema(value_type = HashMap<String, schema::ScalarOrNull>)]
    pub parameters: Configuration,
}

/// Programs that keep a column for every parameter write null where one is inactive.
fn without_nulls<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Configuration, D::Error> {
    let Once(given) = Once::<Option<Value>>::deserialize(deserializer)?;
    let given = given.into_iter();
    Ok(given
        .filter_map(|(name, value)| Some((name, value?)))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_no_value() {
        let read = |text: &str| serde_json::from_str::<Enqueue>(text).map(|it| it.parameters);
        let given = read(r#"{"parameters": {"x": 1, "y": null, "z": "a"}}"#).unwrap();
        let names: Vec<&str> = given.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["x", "z"]);
        assert!(read(r#"{"parameters": {"x": 1, "x": 2}}"#).is_err());
        assert!(read(r#"{"parameters": {"x": []}}"#).is_err());
    }
}
