//! The JSON in which experiments and trials are shown to programs. Times are RFC 3339
//! in UTC, durations seconds, and NaN and the infinities strings.

use crate::comparison::Comparison;
use crate::terminal::number::seconds_between;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use tune_experiments::metrics::to_json;
use tune_experiments::spec::{Experiment, Objective};
use tune_experiments::state::TrialState;
use tune_experiments::store::{ExperimentSummary, MetricRecord, StepRecord, TrialRecord};

/// A whole list.
pub fn list(name: &str, items: impl IntoIterator<Item = Json>) -> Json {
    page(name, items, None)
}

/// A part of a list, and where the next part begins.
pub fn page(name: &str, items: impl IntoIterator<Item = Json>, next: Option<u64>) -> Json {
    json!({ name: Json::from_iter(items), "next": next })
}

/// A trial.
pub fn trial(trial: &TrialRecord) -> Json {
    let metrics: Map<String, Json> = trial
        .metrics
        .iter()
        .map(|(name, value)| (name.clone(), to_json(*value)))
        .collect();
    let duration = trial
        .started_at
        .zip(trial.finished_at)
        .map(|(from, to)| seconds_between(from, to));
    json!({
        "number": trial.number,
        "state": trial.state,
        "reason": trial.reason,
        "explanation": trial.explanation,
        "parameters": trial.parameters,
        "metrics": metrics,
        "objective": trial.objective,
        "created_at": trial.created_at,
        "started_at": trial.started_at,
        "finished_at": trial.finished_at,
        "duration": duration,
    })
}

/// A trial with its step runs and everything it reported.
pub fn trial_in_full(record: &TrialRecord, steps: &[StepRecord], reports: &[MetricRecord]) -> Json {
    let mut view = trial(record);
    view["steps"] = steps.iter().map(step).collect();
    view["reports"] = reports.iter().map(metric).collect();
    view
}

fn step(step: &StepRecord) -> Json {
    let duration = step
        .started_at
        .zip(step.finished_at)
        .map(|(from, to)| seconds_between(from, to));
    json!({
        "step": step.step,
        "state": step.state,
        "explanation": step.explanation,
        "attempt": step.attempt,
        "failures": step.failures,
        "exit_code": step.exit_code,
        "started_at": step.started_at,
        "finished_at": step.finished_at,
        "duration": duration,
        "values": step.values,
        "artifacts": step.artifacts,
    })
}

fn metric(metric: &MetricRecord) -> Json {
    json!({
        "step": metric.step,
        "name": metric.name,
        "level": to_json(metric.level),
        "value": to_json(metric.value),
        "at": metric.at,
    })
}

/// An experiment as it is listed.
pub fn summary(summary: &ExperimentSummary) -> Json {
    let record = &summary.experiment;
    let best = summary
        .best
        .map(|(trial, objective)| json!({"trial": trial, "objective": to_json(objective)}));
    let total: u64 = summary.trials.values().sum();
    json!({
        "name": record.name,
        "state": record.state,
        "reason": record.reason,
        "trials": counts(&summary.trials, total),
        "best": best,
        "created_at": record.created_at,
        "started_at": record.started_at,
        "finished_at": record.finished_at,
        "active_seconds": record.active_seconds,
    })
}

/// How many trials there are, and how many in each state.
fn counts(by_state: &BTreeMap<TrialState, u64>, total: u64) -> Json {
    let mut counts = Map::from_iter([("total".to_owned(), json!(total))]);
    for state in TrialState::ALL {
        let count = by_state.get(state).copied().unwrap_or(0);
        counts.insert(state.as_str().to_owned(), json!(count));
    }
    Json::Object(counts)
}

/// An experiment in full: its summary, its best trial, and the checked document.
pub fn experiment(
    listed: &ExperimentSummary,
    best: Option<&TrialRecord>,
    spec: &Experiment,
) -> Json {
    let mut view = summary(listed);
    view["best"] = best.map_or(Json::Null, trial);
    view["spec"] = json!(spec);
    view
}

/// A comparison of the values of a parameter.
pub fn comparison(comparison: &Comparison, objective: &Objective) -> Json {
    json!({
        "metric": objective.metric,
        "goal": objective.goal,
        "parameter": comparison.parameter,
        "groups": comparison.groups,
        "test": comparison.test,
        "result": comparison.verdict,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_counted_also_those_without_trials() {
        let view = counts(&BTreeMap::from([(TrialState::Failed, 2)]), 2);
        assert_eq!(view["total"], 2);
        assert_eq!(view["failed"], 2);
        assert_eq!(view["succeeded"], 0);
    }
}
