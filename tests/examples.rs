//! Every shipped example runs as it is, and shows what it says it shows.

use crate::harness::{Place, Said};
use serde_json::Value as Json;
use std::path::{Path, PathBuf};

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(name)
}

fn run(place: &Place, name: &str) -> Said {
    place
        .tune(&["run", example(name).to_str().expect("a plain path")])
        .success()
}

fn best(place: &Place, name: &str, metric: &str) -> f64 {
    let best = place.tune(&["best", name, "--format", "json"]).success();
    let best: Json = serde_json::from_str(&best.out).expect("JSON");
    best["metrics"][metric].as_f64().expect("a number")
}

#[test]
fn iris_compares_forest_and_boosting_and_finds_the_same_again() {
    let (first, second) = (Place::new(), Place::new());
    for place in [&first, &second] {
        let path = example("iris.yaml");
        let ran = place
            .tune(&[
                "run",
                path.to_str().expect("a plain path"),
                "--parallel",
                "1",
            ])
            .success();
        ran.says(&["random_forest", "gradient_boosting"]);
        assert!(best(place, "iris", "accuracy") >= 0.95);
    }
    let compared = first.tune(&["compare", "iris", "--by", "model"]).success();
    compared.says(&["random_forest", "gradient_boosting"]);
    let results = |place: &Place| {
        let result = |trial: &Json| {
            (
                trial["parameters"].clone(),
                trial["metrics"].clone(),
                trial["state"].clone(),
            )
        };
        place.trials("iris").iter().map(result).collect::<Vec<_>>()
    };
    assert_eq!(results(&first).len(), 40);
    assert_eq!(results(&first), results(&second));
}

#[test]
fn grid_tries_everything_once() {
    let place = Place::new();
    run(&place, "grid.yaml");
    assert_eq!(place.experiment("grid")["reason"], "space_exhausted");
    let mut tried: Vec<String> = place
        .trials("grid")
        .iter()
        .map(|trial| trial["parameters"].to_string())
        .collect();
    tried.sort();
    tried.dedup();
    assert_eq!(tried.len(), 4 * 2 * 3 * 2);
}

#[test]
fn csv_reads_the_users_own_table() {
    let place = Place::new();
    run(&place, "csv.yaml");
    assert!(best(&place, "csv", "balanced_accuracy") > 0.6);
}

#[test]
fn script_passes_values_and_artifacts() {
    let place = Place::new();
    run(&place, "script.yaml");
    assert!(best(&place, "script", "loss") < 0.01);
    let steps = place.trial("script", 0)["steps"].clone();
    assert_eq!(steps.as_array().map(Vec::len), Some(3));
}

#[test]
fn early_stopping_stops_hopeless_trials_and_says_why() {
    let place = Place::new();
    run(&place, "early-stopping.yaml");
    let trials = place.trials("early-stopping");
    let stopped = trials
        .iter()
        .filter(|trial| trial["state"] == "early_stopped")
        .collect::<Vec<_>>();
    assert!(!stopped.is_empty());
    for trial in stopped {
        let words = trial["explanation"].as_str().expect("an explanation");
        assert!(words.contains("median"), "{words}");
    }
}

#[test]
fn rungs_are_where_trials_report_and_are_judged() {
    let place = Place::new();
    run(&place, "rungs.yaml");
    let trials = place.trials("rungs");
    let stopped = trials.iter().filter(|it| it["state"] == "early_stopped");
    assert!(stopped.count() >= 10, "{trials:?}");
    let rungs = [1.0, 3.0, 9.0, 27.0];
    for number in 0..trials.len() as u64 {
        let trial = place.trial("rungs", number);
        assert_eq!(trial["parameters"]["epochs"], 27);
        let reports = trial["reports"].as_array().expect("reports").iter();
        let levels: Vec<f64> = reports.filter_map(|it| it["level"].as_f64()).collect();
        assert_eq!(levels, rungs[..levels.len()], "{number}");
        let ended = levels.len() == rungs.len();
        assert_eq!(trial["state"] == "succeeded", ended, "{number}");
    }
}

#[test]
fn cross_validation_reports_mean_and_deviation() {
    let place = Place::new();
    run(&place, "cross-validation.yaml");
    assert!(best(&place, "cross-validation", "accuracy_mean") > 0.9);
    assert!(best(&place, "cross-validation", "accuracy_std") >= 0.0);
}

#[test]
fn regression_minimises() {
    let place = Place::new();
    run(&place, "regression.yaml");
    let best = best(&place, "regression", "rmse");
    let all = place.trials("regression");
    assert!(
        all.iter()
            .filter_map(|trial| trial["metrics"]["rmse"].as_f64())
            .all(|rmse| rmse >= best)
    );
}

#[test]
fn every_example_is_tested_here() {
    let tested = include_str!("examples.rs");
    for entry in std::fs::read_dir(example("")).expect("the examples") {
        let name = entry
            .expect("an entry")
            .file_name()
            .into_string()
            .expect("a plain name");
        if name.ends_with(".yaml") {
            assert!(
                tested.contains(&format!("\"{name}\"")),
                "{name} has no test"
            );
        }
    }
}
