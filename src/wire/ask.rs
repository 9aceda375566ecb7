//! Asking for trials, and adding one's own.

use super::{Trial, schema, whole};
use serde::{Deserialize, Serialize};
use tune_algorithms::space::Configuration;
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
        }
    }
}

/// Adds a trial with a configuration of the user's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Enqueue {
    /// A value for every active parameter.
    #[schema(value_type = HashMap<String, schema::Scalar>)]
    pub parameters: Configuration,
}
