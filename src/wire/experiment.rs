//! Experiments: as they are listed, and in full.

use super::{Counts, Number, Trial, schema};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::path::PathBuf;
use tune_algorithms::history::Goal;
use tune_experiments::notes::Notes;
use tune_experiments::spec;
use tune_experiments::state::{ExperimentReason, ExperimentState};
use tune_experiments::store::{
    ExperimentId, ExperimentRecord, ExperimentSummary, Request, TrialRecord,
};
use utoipa::ToSchema;

/// An experiment as it is listed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Summary {
    /// Number within its store; another experiment that is later given the same name has another.
    pub id: i64,
    /// Unique in its store at any time.
    pub name: String,
    /// Where it stands.
    #[schema(value_type = schema::ExperimentState)]
    pub state: ExperimentState,
    /// Why.
    #[schema(value_type = Option<schema::ExperimentReason>)]
    pub reason: Option<ExperimentReason>,
    /// What was asked of the process that drives it, and is not done yet.
    #[schema(value_type = Option<schema::Request>)]
    pub request: Option<Request>,
    /// The objective's metric.
    pub metric: String,
    /// Whether small or large values of it are good.
    #[schema(value_type = schema::Goal)]
    pub goal: Goal,
    /// What people find it by, in alphabetical order.
    #[serde(default)]
    pub tags: Vec<String>,
    /// How many trials it has.
    pub trials: Counts,
    /// Number and objective of its best trial.
    pub best: Option<BestTrial>,
    /// When it was submitted.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it first ran.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    /// When it came to its end.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
    /// Seconds it was driven, over all its runs.
    pub active_seconds: f64,
}

/// The best trial of a listed experiment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BestTrial {
    /// Its number.
    pub trial: u64,
    /// Its objective.
    pub objective: Number,
}

/// An experiment in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Experiment {
    /// Number within its store; another experiment that is later given the same name has another.
    pub id: i64,
    /// Unique in its store at any time.
    pub name: String,
    /// Where it stands.
    #[schema(value_type = schema::ExperimentState)]
    pub state: ExperimentState,
    /// Why.
    #[schema(value_type = Option<schema::ExperimentReason>)]
    pub reason: Option<ExperimentReason>,
    /// What was asked of the process that drives it, and is not done yet.
    #[schema(value_type = Option<schema::Request>)]
    pub request: Option<Request>,
    /// Whether a process drives it at the moment.
    pub driven: bool,
    /// Number of its last event: a stream of events that begins after it tells what happens from now on.
    pub last_event: i64,
    /// The objective's metric.
    pub metric: String,
    /// Whether small or large values of it are good.
    #[schema(value_type = schema::Goal)]
    pub goal: Goal,
    /// What people find it by, in alphabetical order.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What people wrote about it; empty for nothing.
    #[serde(default)]
    pub note: String,
    /// How many trials it has.
    pub trials: Counts,
    /// Its best trial.
    pub best: Option<Trial>,
    /// When it was submitted.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it first ran.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    /// When it came to its end.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
    /// Seconds it was driven, over all its runs.
    pub active_seconds: f64,
    /// How many trials of the experiment that `start_from` names it has started from.
    #[serde(default)]
    pub prior_trials: u64,
    /// Where relative paths of its pipeline start from, on the machine that runs it.
    pub directory: String,
    /// The document as it was submitted.
    #[schema(value_type = Object)]
    pub document: Json,
    /// What the document means: checked, with every default.
    #[schema(value_type = Object)]
    pub spec: Json,
}

impl From<ExperimentSummary> for Summary {
    fn from(summary: ExperimentSummary) -> Self {
        let record = summary.experiment;
        Self {
            id: record.id.0,
            metric: metric(&record.document),
            name: record.name,
            state: record.state,
            reason: record.reason,
            request: record.request,
            goal: record.goal,
            tags: summary.tags,
            trials: Counts(summary.trials),
            best: summary.best.map(|(trial, objective)| BestTrial {
                trial,
                objective: Number(objective),
            }),
            created_at: record.created_at,
            started_at: record.started_at,
            finished_at: record.finished_at,
            active_seconds: record.active_seconds,
        }
    }
}

fn metric(document: &Json) -> String {
    let metric = document["objective"]["metric"].as_str();
    metric.unwrap_or_default().to_owned()
}

/// The document of the record holds no more than what a list tells: the objective.
impl From<Summary> for ExperimentSummary {
    fn from(summary: Summary) -> Self {
        Self {
            experiment: ExperimentRecord {
                id: ExperimentId(summary.id),
                name: summary.name,
                document: json!({"objective": {"metric": summary.metric, "goal": summary.goal}}),
                directory: PathBuf::new(),
                goal: summary.goal,
                state: summary.state,
                reason: summary.reason,
                request: summary.request,
                created_at: summary.created_at,
                started_at: summary.started_at,
                finished_at: summary.finished_at,
                active_seconds: summary.active_seconds,
                prior_trials: 0,
            },
            trials: summary.trials.0,
            tags: summary.tags,
            best: summary.best.map(|best| (best.trial, best.objective.0)),
        }
    }
}

impl Experiment {
    /// From what the store knows of it.
    pub fn new(
        record: ExperimentRecord,
        trials: Counts,
        best: Option<TrialRecord>,
        driven: bool,
        last_event: i64,
        notes: Notes,
        spec: &spec::Experiment,
    ) -> Self {
        Self {
            id: record.id.0,
            name: record.name,
            state: record.state,
            reason: record.reason,
            request: record.request,
            driven,
            last_event,
            metric: spec.objective.metric.clone(),
            goal: record.goal,
            tags: notes.tags,
            note: notes.note,
            trials,
            best: best.map(Trial::from),
            created_at: record.created_at,
            started_at: record.started_at,
            finished_at: record.finished_at,
            active_seconds: record.active_seconds,
            prior_trials: record.prior_trials,
            directory: record.directory.display().to_string(),
            document: record.document,
            spec: json!(spec),
        }
    }
}

impl From<Experiment> for ExperimentRecord {
    fn from(experiment: Experiment) -> Self {
        Self {
            id: ExperimentId(experiment.id),
            name: experiment.name,
            document: experiment.document,
            directory: experiment.directory.into(),
            goal: experiment.goal,
            state: experiment.state,
            reason: experiment.reason,
            request: experiment.request,
            created_at: experiment.created_at,
            started_at: experiment.started_at,
            finished_at: experiment.finished_at,
            active_seconds: experiment.active_seconds,
            prior_trials: experiment.prior_trials,
        }
    }
}
