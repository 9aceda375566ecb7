//! Experiments without a pipeline, and the keys that came with the service.

use super::*;
use crate::spec::{Comparison, Leases, compare};
use std::time::Duration;

/// [`SMALL`] without its pipeline.
fn without_pipeline() -> String {
    SMALL.split_once("pipeline:").unwrap().0.to_owned()
}

#[test]
fn without_a_pipeline_clients_evaluate_the_trials() {
    let read = experiment(&without_pipeline());
    assert!(read.pipeline.is_empty());
    assert_eq!(read.leases, Some(Leases::default()));
    assert_eq!(experiment(SMALL).leases, None);
    let text = format!("{}lease: 90s\nmax_retries: 0\n", without_pipeline());
    let leases = experiment(&text).leases.unwrap();
    let expected = Leases {
        lease: Duration::from_secs(90),
        max_retries: 0,
    };
    assert_eq!(leases, expected);
}

#[test]
fn leases_belong_to_experiments_without_a_pipeline() {
    assert_eq!(
        told(&format!("{SMALL}lease: 1h\nmax_retries: 2\n")),
        [
            "lease 9:1 `lease` does not belong to an experiment with a pipeline",
            "max_retries 10:1 `max_retries` does not belong to an experiment with a pipeline",
        ]
    );
}

#[test]
fn a_pipeline_that_is_empty_is_a_mistake() {
    let text = format!("{}pipeline:\n", without_pipeline());
    assert_eq!(told(&text), ["pipeline 6:1 it is empty"]);
    let text = format!("{}pipeline: {{}}\n", without_pipeline());
    assert_eq!(told(&text), ["pipeline 6:1 there are no steps to run"]);
}

#[test]
fn what_it_means_tells_experiments_with_and_without_a_pipeline_apart() {
    let (with, without) = (experiment(SMALL), experiment(&without_pipeline()));
    let Comparison::Other(differences) = compare(&with, &without) else {
        panic!("they differ");
    };
    let paths: Vec<_> = differences.iter().map(|d| d.path.as_str()).collect();
    assert_eq!(paths, ["pipeline", "lease", "max_retries"]);
}

#[test]
fn the_priority_may_change() {
    assert_eq!(experiment(SMALL).limits.priority, 10);
    let text = small("max_trials: 3", "max_trials: 3\npriority: 100");
    let changed = experiment(&text);
    assert_eq!(changed.limits.priority, 100);
    let compared = compare(&experiment(SMALL), &changed);
    assert!(matches!(compared, Comparison::Limits { .. }));
    let text = small("max_trials: 3", "max_trials: 3\npriority: 0");
    assert_eq!(told(&text), ["priority 4:11 `0` is out of range"]);
}

#[test]
fn secrets_are_names_of_variables() {
    let with = |secrets: &str| format!("{SMALL}    env: {{ A: 1 }}\n    secrets: {secrets}\n");
    let step = experiment(&with("[HF_TOKEN, _b]")).pipeline.steps["train"].clone();
    assert_eq!(step.secrets, ["HF_TOKEN", "_b"]);
    assert_eq!(
        told(&with("[1A, TUNE_X, B, B, A]")),
        [
            "pipeline.train.secrets[0] 10:15 `1A` cannot be the name of an environment variable",
            "pipeline.train.secrets[1] 10:19 `TUNE_X` is set by the program itself",
            "pipeline.train.secrets[3] 10:30 `B` is named twice",
            "pipeline.train.secrets[4] 10:33 `A` is set by `env` as well",
        ]
    );
    assert_eq!(
        told(&with("HF_TOKEN")),
        ["pipeline.train.secrets 10:14 expected a list of names, found `HF_TOKEN`"]
    );
}
