//! Step runs and their artifacts.

use super::{duration, schema};
use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use tune_experiments::artifacts;
use tune_experiments::state::StepState;
use tune_experiments::store::StepRecord;
use utoipa::ToSchema;

/// A step run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Step {
    /// The step's name.
    pub step: String,
    /// Where it stands.
    #[schema(value_type = schema::StepState)]
    pub state: StepState,
    /// Why it did not succeed, in words.
    pub explanation: Option<String>,
    /// The number of its current or last attempt; 0 before the first.
    pub attempt: u32,
    /// How many of its attempts failed; an interrupted attempt has not.
    pub failures: u32,
    /// Exit code of its last attempt.
    pub exit_code: Option<i32>,
    /// When its first attempt began.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    /// When it came to its end.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
    /// Seconds from its start to its end.
    pub duration: Option<f64>,
    /// Values for later steps.
    #[schema(value_type = Object)]
    pub values: Map<String, Json>,
    /// Artifacts for later steps.
    #[schema(value_type = HashMap<String, Artifact>)]
    pub artifacts: IndexMap<String, Artifact>,
}

/// A file or directory that a step handed on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Artifact {
    /// BLAKE3 of its content, in hex; of a directory: of the sorted list of its files and their hashes.
    pub hash: String,
    /// Bytes, of all files together.
    pub size: u64,
    /// Where it is, relative to the artifacts of the store; ends with the name the step gave it.
    pub path: String,
}

impl From<StepRecord> for Step {
    fn from(record: StepRecord) -> Self {
        let artifacts = record.artifacts.into_iter();
        Self {
            duration: duration(record.started_at, record.finished_at),
            step: record.step,
            state: record.state,
            explanation: record.explanation,
            attempt: record.attempt,
            failures: record.failures,
            exit_code: record.exit_code,
            started_at: record.started_at,
            finished_at: record.finished_at,
            values: record.values,
            artifacts: artifacts.map(|(name, file)| (name, file.into())).collect(),
        }
    }
}

impl Step {
    /// As the store knows it: the step run of that trial.
    pub fn record(self, trial: u64) -> StepRecord {
        let artifacts = self.artifacts.into_iter();
        StepRecord {
            trial,
            step: self.step,
            state: self.state,
            explanation: self.explanation,
            attempt: self.attempt,
            failures: self.failures,
            exit_code: self.exit_code,
            started_at: self.started_at,
            finished_at: self.finished_at,
            values: self.values,
            artifacts: artifacts.map(|(name, file)| (name, file.into())).collect(),
        }
    }
}

impl From<artifacts::Artifact> for Artifact {
    fn from(artifact: artifacts::Artifact) -> Self {
        Self {
            hash: artifact.hash,
            size: artifact.size,
            path: artifact.path.display().to_string(),
        }
    }
}

impl From<Artifact> for artifacts::Artifact {
    fn from(artifact: Artifact) -> Self {
        Self {
            hash: artifact.hash,
            size: artifact.size,
            path: artifact.path.into(),
        }
    }
}
