//! What trials report: as it is read back, and as a client sends it.

use super::Number;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use tune_experiments::metrics::Report;
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

/// Gives every report a level; `highest` knows the highest level so far of those metrics that come without one.
pub fn with_levels(
    reports: impl IntoIterator<Item = MetricReport>,
    mut highest: HashMap<String, f64>,
) -> Vec<Report> {
    let mut level_of = |report: &MetricReport| {
        let next = highest.get(&report.name).map_or(0.0, |last| last + 1.0);
        let level = report.level.unwrap_or(next);
        let known = highest.entry(report.name.clone()).or_insert(level);
        *known = known.max(level);
        level
    };
    let leveled = |report: MetricReport| Report {
        level: level_of(&report),
        name: report.name,
        value: report.value.0,
    };
    reports.into_iter().map(leveled).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_without_a_level_comes_after_the_highest_so_far() {
        let report = |name: &str, level| MetricReport {
            name: name.to_owned(),
            value: Number(0.5),
            level,
        };
        let reports = [
            report("loss", None),
            report("loss", Some(9.0)),
            report("loss", Some(4.0)),
            report("loss", None),
            report("f1", None),
            report("f1", None),
        ];
        let leveled = with_levels(reports, HashMap::from([("loss".to_owned(), 2.0)]));
        let levels: Vec<f64> = leveled.iter().map(|report| report.level).collect();
        assert_eq!(levels, [3.0, 9.0, 4.0, 10.0, 0.0, 1.0]);
    }
}
