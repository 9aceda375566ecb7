//! What became of a submission.

use super::Experiment;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

/// An experiment, and what the submission of its document came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Submitted {
    /// What became of it.
    pub outcome: Outcome,
    /// The experiment.
    #[serde(flatten)]
    pub experiment: Experiment,
}

/// What became of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is new.
    Created,
    /// It exists, and there is more to do.
    Continues,
    /// It exists, its limits were changed to those given, and there is more to do.
    LimitsChanged,
    /// It exists and has come to its end.
    Finished,
}

/// A document that was only checked, and is right.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Validated {
    /// What it means: with every default.
    #[schema(value_type = Object)]
    pub spec: Json,
}
