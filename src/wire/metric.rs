//! What trials report: as it is read back, and as a client sends it.

use super::Number;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tune_experiments::metrics::ClientReport;
use tune_experiments::store::MetricRecord;
use utoipa::ToSchema;

/// A value that a trial reported.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Metric {
    /// The step that reported it; empty where there are no steps.
    pub step: String,
    /// The metric.
    pub name: String,
    /// Where in training.
    pub level: Number,
    /// The value.
    pub value: Number,
    /// When it arrived.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

impl From<MetricRecord> for Metric {
    fn from(record: MetricRecord) -> Self {
        Self {
            step: record.step,
            name: record.name,
            level: Number(record.level),
            value: Number(record.value),
            at: record.at,
        }
    }
}

impl Metric {
    /// As the store knows it: reported by that trial.
    pub fn record(self, trial: u64) -> MetricRecord {
        MetricRecord {
            trial,
            step: self.step,
            name: self.name,
            level: self.level.0,
            value: self.value.0,
            at: self.at,
        }
    }
}

/// A value that a client reports.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MetricReport {
    /// The metric.
    #[schema(min_length = 1)]
    pub name: String,
    /// The value.
    pub value: Number,
    /// Where in training it belongs; absent: one above the highest level of that metric so far, 0 for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<f64>,
}

impl From<MetricReport> for ClientReport {
    fn from(report: MetricReport) -> Self {
        Self {
            name: report.name,
            level: report.level,
            value: report.value.0,
        }
    }
}

/// The names of an experiment's metrics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MetricNames {
    /// Sorted.
    pub names: Vec<String>,
}

/// What a report or a heartbeat is answered with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Stop {
    /// Whether the trial should stop.
    pub stop: bool,
    /// Why.
    pub reason: Option<String>,
}

impl From<Option<String>> for Stop {
    fn from(reason: Option<String>) -> Self {
        Self {
            stop: reason.is_some(),
            reason,
        }
    }
}
