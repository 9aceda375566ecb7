//! What the store's tests share: a store in a directory of its own, and plain records to start from.

use super::*;
use crate::state::{StepState, TrialState};
use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Map, json};
use tempfile::TempDir;
use tune_algorithms::history::Goal;
use tune_algorithms::space::{Configuration, Value};

pub(super) async fn store() -> (TempDir, Store) {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).await.unwrap();
    (directory, store)
}

/// A store with an experiment, and its id.
pub(super) async fn experiment() -> (TempDir, Store, ExperimentId) {
    let (directory, store) = store().await;
    let record = store.create(new_experiment("iris")).await.unwrap();
    (directory, store, record.id)
}

pub(super) fn new_experiment(name: &str) -> NewExperiment {
    NewExperiment {
        name: name.to_owned(),
        document: json!({ "version": 1, "name": name, "max_trials": 10 }),
        directory: "/home/user/iris".into(),
        goal: Goal::Maximize,
        created_at: at(0),
        key: None,
    }
}

/// So many seconds after some fixed moment.
pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

pub(super) fn trial(number: u64, state: TrialState) -> TrialRecord {
    let seconds = i64::try_from(number).unwrap();
    TrialRecord {
        number,
        state,
        reason: None,
        explanation: None,
        parameters: Configuration::from_iter([("x".to_owned(), Value::Float(0.1))]),
        enqueued: false,
        handed_out: 0,
        metrics: IndexMap::new(),
        objective: None,
        created_at: at(seconds),
        started_at: None,
        finished_at: None,
        finished_order: None,
    }
}

/// A trial that succeeded, after so many others had finished.
pub(super) fn succeeded(number: u64, finished_order: u64, objective: f64) -> TrialRecord {
    let created = trial(number, TrialState::Succeeded);
    TrialRecord {
        metrics: IndexMap::from([("accuracy".to_owned(), objective)]),
        objective: Some(objective),
        started_at: Some(created.created_at),
        finished_at: Some(created.created_at),
        finished_order: Some(finished_order),
        ..created
    }
}

pub(super) fn step(trial: u64, name: &str, state: StepState) -> StepRecord {
    StepRecord {
        trial,
        step: name.to_owned(),
        state,
        explanation: None,
        attempt: 1,
        failures: 1,
        exit_code: None,
        started_at: None,
        finished_at: None,
        values: Map::new(),
        artifacts: IndexMap::new(),
    }
}

pub(super) fn metric(trial: u64, name: &str, level: f64, value: f64) -> MetricRecord {
    MetricRecord {
        trial,
        step: "train".to_owned(),
        name: name.to_owned(),
        level,
        value,
        at: at(0),
    }
}

pub(super) fn trial_event(trial: u64, state: TrialState) -> NewEvent {
    NewEvent {
        at: at(0),
        kind: EventKind::Trial,
        trial: Some(trial),
        step: None,
        data: json!({ "state": state }),
    }
}
