//! Trials: alone, with their step runs, and with everything they reported.

use super::{Metric, Notes, Number, Step, Why, duration, schema};
use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tune_algorithms::space::Configuration;
use tune_experiments::state::{TrialReason, TrialState};
use tune_experiments::store::{MetricRecord, StepRecord, TrialRecord};
use utoipa::ToSchema;

/// A trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Trial {
    /// 0, 1, 2 … within its experiment.
    pub number: u64,
    /// Where it stands.
    #[schema(value_type = schema::TrialState)]
    pub state: TrialState,
    /// Why.
    #[schema(value_type = Option<schema::TrialReason>)]
    pub reason: Option<TrialReason>,
    /// The reason in words, with its numbers.
    pub explanation: Option<String>,
    /// Its configuration: a value for every active parameter.
    #[schema(value_type = HashMap<String, schema::Scalar>)]
    pub parameters: Configuration,
    /// Whether the configuration is the user's own; else the algorithm suggested it.
    #[serde(default)]
    pub enqueued: bool,
    /// Why the algorithm suggested it; null when it is the user's own, or older than this field.
    #[serde(default)]
    pub why: Option<Why>,
    /// How often it was handed out to a client that asked; 0 for a trial that runs through a pipeline.
    #[serde(default)]
    pub handed_out: u32,
    /// The last value of every metric it reported.
    #[schema(value_type = HashMap<String, Number>)]
    pub metrics: IndexMap<String, Number>,
    /// The objective's value by the experiment's strategy, once the trial has finished and the value is finite.
    pub objective: Option<Number>,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When its first step began, or it was handed out.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
    /// Its position among the finished trials (0, 1, 2 …), in the order in which they finished.
    #[serde(default)]
    pub finished_order: Option<u64>,
    /// Seconds from its start to its end.
    pub duration: Option<f64>,
}

/// A trial of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ListedTrial {
    /// The trial.
    #[serde(flatten)]
    pub trial: Trial,
    /// What it is tagged with, in order.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// A trial with its step runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TrialWithSteps {
    /// The trial.
    #[serde(flatten)]
    pub trial: Trial,
    /// Its step runs, in the order in which they began.
    pub steps: Vec<Step>,
    /// What people wrote about it.
    #[serde(flatten)]
    pub notes: Notes,
}

/// A trial with its step runs and everything it reported.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TrialInFull {
    /// The trial.
    #[serde(flatten)]
    pub trial: Trial,
    /// Its step runs, in the order in which they began.
    pub steps: Vec<Step>,
    /// What it reported, in the order of arrival.
    pub reports: Vec<Metric>,
    /// What people wrote about it.
    #[serde(flatten)]
    pub notes: Notes,
}

impl TrialInFull {
    /// From what the store knows of it.
    pub fn new(
        trial: TrialRecord,
        steps: Vec<StepRecord>,
        reports: Vec<MetricRecord>,
        notes: impl Into<Notes>,
    ) -> Self {
        Self {
            trial: trial.into(),
            steps: steps.into_iter().map(Step::from).collect(),
            reports: reports.into_iter().map(Metric::from).collect(),
            notes: notes.into(),
        }
    }
}

impl From<TrialRecord> for Trial {
    fn from(record: TrialRecord) -> Self {
        let metrics = record.metrics.into_iter();
        Self {
            duration: duration(record.started_at, record.finished_at),
            number: record.number,
            state: record.state,
            reason: record.reason,
            explanation: record.explanation,
            parameters: record.parameters,
            enqueued: record.enqueued,
            why: record.why.map(Why::from),
            handed_out: record.handed_out,
            metrics: metrics.map(|(name, value)| (name, Number(value))).collect(),
            objective: record.objective.map(Number),
            created_at: record.created_at,
            started_at: record.started_at,
            finished_at: record.finished_at,
            finished_order: record.finished_order,
        }
    }
}

impl From<Trial> for TrialRecord {
    fn from(trial: Trial) -> Self {
        let metrics = trial.metrics.into_iter();
        Self {
            number: trial.number,
            state: trial.state,
            reason: trial.reason,
            explanation: trial.explanation,
            parameters: trial.parameters,
            enqueued: trial.enqueued,
            why: trial.why.map(Into::into),
            handed_out: trial.handed_out,
            metrics: metrics.map(|(name, value)| (name, value.0)).collect(),
            objective: trial.objective.map(|objective| objective.0),
            created_at: trial.created_at,
            started_at: trial.started_at,
            finished_at: trial.finished_at,
            finished_order: trial.finished_order,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tune_algorithms::algorithm;

    #[test]
    fn a_trial_comes_back_as_it_was() {
        let record = TrialRecord {
            number: 7,
            state: TrialState::Failed,
            reason: Some(TrialReason::MetricNotFinite),
            explanation: Some("loss is infinite".to_owned()),
            parameters: serde_json::from_value(json!({"z": 1, "a": 0.1, "w": "svm"})).unwrap(),
            enqueued: true,
            why: Some(algorithm::Why {
                prediction: Some(algorithm::Prediction {
                    mean: 0.1 + 0.2,
                    deviation: 1e-300,
                }),
                ..algorithm::Why::new("gp", algorithm::Reason::Exploration)
            }),
            handed_out: 2,
            metrics: [("loss", f64::INFINITY), ("f1", 0.25)]
                .map(|(name, value)| (name.to_owned(), value))
                .into(),
            objective: None,
            created_at: Timestamp::UNIX_EPOCH,
            started_at: Some(Timestamp::UNIX_EPOCH),
            finished_at: None,
            finished_order: Some(3),
        };
        let view = TrialInFull::new(record.clone(), Vec::new(), Vec::new(), Notes::default());
        let text = serde_json::to_string(&view).unwrap();
        assert!(
            text.contains(r#""parameters":{"z":1,"a":0.1,"w":"svm"}"#),
            "{text}"
        );
        assert!(
            text.contains(r#""metrics":{"loss":"Infinity","f1":0.25}"#),
            "{text}"
        );
        let read: TrialInFull = serde_json::from_str(&text).unwrap();
        assert_eq!(TrialRecord::from(read.trial), record);
    }
}
