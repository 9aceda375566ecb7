//! The records that go into the store and come out of it: plain data, no SQL.

use super::prior::PriorTrial;
use crate::artifacts::Artifact;
use crate::state::{ExperimentReason, ExperimentState, StepState, TrialReason, TrialState};
use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use tune_algorithms::algorithm::Why;
use tune_algorithms::history::Goal;
use tune_algorithms::space::Configuration;

/// Identifies an experiment within its store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExperimentId(pub i64);

/// A submission.
#[derive(Clone, Debug, PartialEq)]
pub struct NewExperiment {
    /// Unique in the store.
    pub name: String,
    /// The document as the user wrote it, overrides applied, as JSON; read back by the reader of files.
    pub document: Json,
    /// What relative paths of the pipeline start from (absolute).
    pub directory: PathBuf,
    /// Whether small or large objectives are good.
    pub goal: Goal,
    /// When.
    pub created_at: Timestamp,
    /// The submitter's own mark: the same submission with the same mark is one experiment.
    pub key: Option<String>,
    /// What it is tagged with at first: checked, in order, each once.
    pub tags: Vec<String>,
    /// What is known of another experiment, in the order in which it finished there.
    pub prior: Vec<PriorTrial>,
}

/// An experiment as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct ExperimentRecord {
    /// Its id.
    pub id: ExperimentId,
    /// Its name.
    pub name: String,
    /// The document.
    pub document: Json,
    /// What relative paths start from.
    pub directory: PathBuf,
    /// Whether small or large objectives are good.
    pub goal: Goal,
    /// Where it stands.
    pub state: ExperimentState,
    /// Why.
    pub reason: Option<ExperimentReason>,
    /// What the user has asked of the process that drives it.
    pub request: Option<Request>,
    /// When it was submitted.
    pub created_at: Timestamp,
    /// When it first ran.
    pub started_at: Option<Timestamp>,
    /// When it came to its end.
    pub finished_at: Option<Timestamp>,
    /// Seconds it was driven, over all its runs.
    pub active_seconds: f64,
    /// How many trials of another experiment it has started from.
    pub prior_trials: u64,
}

/// An experiment as it is listed.
#[derive(Clone, Debug, PartialEq)]
pub struct ExperimentSummary {
    /// The experiment.
    pub experiment: ExperimentRecord,
    /// How many trials it has, by state; states without trials are absent.
    pub trials: BTreeMap<TrialState, u64>,
    /// Number and objective of its best trial.
    pub best: Option<(u64, f64)>,
    /// What it is tagged with.
    pub tags: Vec<String>,
}

/// What can be asked of the process that drives an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// End it.
    Cancel,
    /// Let running steps end, start nothing new, keep the state.
    Pause,
}

/// What changes in an experiment's row; every field is set as given.
#[derive(Clone, Debug, PartialEq)]
pub struct ExperimentUpdate {
    /// Where it stands.
    pub state: ExperimentState,
    /// Why.
    pub reason: Option<ExperimentReason>,
    /// When it first ran.
    pub started_at: Option<Timestamp>,
    /// When it came to its end.
    pub finished_at: Option<Timestamp>,
    /// Seconds it was driven, over all its runs.
    pub active_seconds: f64,
}

/// A trial.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialRecord {
    /// 0, 1, 2 … within its experiment.
    pub number: u64,
    /// Where it stands.
    pub state: TrialState,
    /// Why.
    pub reason: Option<TrialReason>,
    /// The reason in words, with its numbers.
    pub explanation: Option<String>,
    /// Its configuration.
    pub parameters: Configuration,
    /// Whether the configuration is the user's own; else the algorithm suggested it.
    pub enqueued: bool,
    /// Why the algorithm suggested it; `None` also for trials of versions that did not remember it.
    pub why: Option<Why>,
    /// How often it was handed out to a client that asked; 0 for a trial that runs through a pipeline.
    pub handed_out: u32,
    /// The last value of every metric it reported; values may be NaN or infinite.
    pub metrics: IndexMap<String, f64>,
    /// The objective's value by the experiment's strategy, once finished and finite.
    pub objective: Option<f64>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its first step began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Position among the finished trials (0, 1, 2 …), in the order in which they finished: the algorithm learns in this order.
    pub finished_order: Option<u64>,
}

/// A step run.
#[derive(Clone, Debug, PartialEq)]
pub struct StepRecord {
    /// The trial's number.
    pub trial: u64,
    /// The step's name.
    pub step: String,
    /// Where it stands.
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
    pub started_at: Option<Timestamp>,
    /// When it came to its end.
    pub finished_at: Option<Timestamp>,
    /// Values for later steps.
    pub values: Map<String, Json>,
    /// Artifacts for later steps.
    pub artifacts: IndexMap<String, Artifact>,
}

/// What the last attempt of a step run printed, when that is no file. It is written with the step run, and read by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct StepLog {
    /// The trial's number.
    pub trial: u64,
    /// The step's name.
    pub step: String,
    /// The attempt.
    pub attempt: u32,
    /// All of it.
    pub text: String,
}

impl StepLog {
    /// Whose it is: trial, step, attempt.
    pub(super) fn attempt(&self) -> (u64, &str, u32) {
        (self.trial, &self.step, self.attempt)
    }
}

/// A reported value. One per (trial, step, name, level): a later report replaces an earlier one and takes its place at the end.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricRecord {
    /// The trial's number.
    pub trial: u64,
    /// The step that reported it.
    pub step: String,
    /// The metric.
    pub name: String,
    /// The level.
    pub level: f64,
    /// May be NaN or infinite.
    pub value: f64,
    /// When it arrived.
    pub at: Timestamp,
}

/// What kind of transition an event tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The experiment changed its state; data: `state`, `reason`.
    Experiment,
    /// The experiment's limits were changed; data: the new limits.
    Limits,
    /// A trial changed its state; data: `state`, and `parameters` when created; `reason`, `explanation`, `objective`, `metrics` when
    /// finished.
    Trial,
    /// A step run changed its state; data: `state`, `attempt`, and `explanation`, `exit_code`, `retry_in` where there are any.
    Step,
    /// Somebody wrote about the experiment, or about a trial; data: `tags`, and `noted`: whether there is a note.
    Notes,
}

impl EventKind {
    /// The word for it, in the database and in the interfaces.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Experiment => "experiment",
            Self::Limits => "limits",
            Self::Trial => "trial",
            Self::Step => "step",
            Self::Notes => "notes",
        }
    }
}

/// An event to be stored with the change it tells of.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// When.
    pub at: Timestamp,
    /// What kind.
    pub kind: EventKind,
    /// The trial it is about.
    pub trial: Option<u64>,
    /// The step it is about.
    pub step: Option<String>,
    /// What happened.
    pub data: Json,
}

/// An event as it is stored and shown: in the terminal with `--json`, later over HTTP.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredEvent {
    /// Grows through the whole store: the cursor of every live view.
    pub seq: i64,
    /// The experiment's name.
    pub experiment: String,
    /// When.
    pub at: Timestamp,
    /// What kind.
    pub kind: EventKind,
    /// The trial it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trial: Option<u64>,
    /// The step it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// What happened.
    pub data: Json,
}

/// What one transaction writes: the transitions that came about together, each with its event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// The experiment's row.
    pub experiment: Option<ExperimentUpdate>,
    /// Trials, as they now are.
    pub trials: Vec<TrialRecord>,
    /// Step runs, as they now are.
    pub steps: Vec<StepRecord>,
    /// What attempts printed, each with the step run that it belongs to: the log of a step run that comes without one is forgotten.
    pub logs: Vec<StepLog>,
    /// New reports, in the order in which they arrived.
    pub metrics: Vec<MetricRecord>,
    /// One per transition, in order.
    pub events: Vec<NewEvent>,
}

impl Changes {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
