//! Files that are right: what they mean, and that what is stored means the same.

use super::super::{Action, Experiment, read_document};
use super::*;
use proptest::prelude::*;
use serde_json::Map;
use std::time::Duration;

#[test]
fn the_example_is_read_as_it_is_meant() {
    let experiment = experiment(IRIS);
    assert_eq!(experiment.name, "iris-forest-vs-boosting");
    assert_eq!(
        experiment.limits.max_duration,
        Some(Duration::from_secs(1800))
    );
    assert_eq!(experiment.algorithm.seed, 42);
    assert_eq!(experiment.early_stopping.unwrap().name, "median");
    assert_eq!(experiment.parameters.parameters().len(), 7);
    let steps: Vec<(&str, Vec<&str>)> = experiment
        .pipeline
        .steps
        .iter()
        .map(|(name, step)| {
            (
                name.as_str(),
                step.needs.iter().map(String::as_str).collect(),
            )
        })
        .collect();
    let expected = [
        ("preprocess", vec![]),
        ("train", vec!["preprocess"]),
        ("evaluate", vec!["preprocess", "train"]),
        ("report", vec!["evaluate", "train"]),
    ];
    assert_eq!(steps, expected);
    let train = &experiment.pipeline.steps["train"];
    assert_eq!(train.timeout, Some(Duration::from_secs(60)));
    assert_eq!(train.retries.max, 2);
    let Action::Component { with, .. } = &train.action else {
        panic!("{train:?}")
    };
    assert_eq!(with["max_depth"], "${{ params.max_depth }}");
    assert_eq!(experiment.pipeline.steps["report"].env["LEVEL"], "3");
}

#[test]
fn defaults_are_those_of_the_documentation() {
    let experiment = experiment(SMALL);
    assert_eq!(
        (
            experiment.algorithm.name.as_str(),
            experiment.algorithm.seed
        ),
        ("auto", 0)
    );
    assert_eq!(experiment.limits.parallel_trials, 1);
    assert_eq!(experiment.early_stopping, None);
    assert_eq!(
        experiment.pipeline.steps["train"].retries,
        crate::spec::Retries::default()
    );
}

#[test]
fn short_forms_mean_the_same_as_long_ones() {
    let short = small(
        "max_trials: 3",
        "max_trials: 3\nalgorithm: random\nearly_stopping: median",
    )
    .replace("    run:", "    retries: 2\n    run:");
    let long = small("max_trials: 3", "max_trials: 3e0\nalgorithm: { name: random, seed: 0 }\nearly_stopping: { name: median, settings: {} }")
        .replace("    run:", "    retries: { max: 2 }\n    run:");
    assert_eq!(experiment(&short), experiment(&long));
    let without = small(
        "max_trials: 3",
        "max_trials: 3\nearly_stopping: none\ndescription:",
    );
    assert_eq!(experiment(&without), experiment(SMALL));
}

#[test]
fn aliases_and_merge_keys_are_carried_out() {
    let text = small(
        "  x: { type: float, min: 0, max: 1 }",
        "  x: &unit { type: float, min: 0, max: 1 }\n  y: *unit\n  z: { <<: *unit, max: 2 }\n  w: { <<: [{ max: 3 }, *unit], step: 1 }",
    );
    let json = to_json(&experiment(&text));
    assert_eq!(json["parameters"][1]["max"], 1.0);
    assert_eq!(json["parameters"][2]["max"], 2.0);
    assert_eq!(json["parameters"][3]["max"], 3.0);
    assert_eq!(json["parameters"][3]["min"], 0.0);
}

#[test]
fn line_ends_and_byte_order_marks_do_not_matter() {
    let crlf = format!("\u{FEFF}{}", IRIS.replace('\n', "\r\n"));
    assert_eq!(experiment(&crlf), experiment(IRIS));
    let error = error(&crlf.replace("version: 1", "varsion: 1"));
    assert_eq!((error.problems[0].line, error.problems[0].column), (2, 1));
}

#[test]
fn json_is_read_too() {
    let document = read_text(IRIS).unwrap().document;
    for text in [document.to_string(), format!("{document:#}")] {
        assert_eq!(experiment(&text), experiment(IRIS));
    }
}

#[test]
fn texts_of_any_kind_survive_the_store() {
    let strange =
        "\u{0}\u{7}\u{85}\u{9b}\u{2028}\u{FEFF}\u{FFFE}😀 \u{7f} \t\\ \" ' \r\n # ${{ 1 }} ";
    let document = json!({
        "name": "n", "description": strange, "max_trials": 1,
        "objective": { "metric": "m", "goal": "minimize" },
        "parameters": { "x": { "type": "categorical", "values": ["yes", "1", "~", ".inf", "null", 1] } },
        "pipeline": { "s": { "run": "true" } },
    });
    let experiment = read_document(&document, &Fakes).unwrap();
    assert_eq!(experiment.description.as_deref(), Some(strange));
    let values = &to_json(&experiment)["parameters"][0]["values"];
    assert_eq!(values, &document["parameters"]["x"]["values"]);
}

/// The document of an experiment, every key written out.
fn document_of(experiment: &Experiment) -> Json {
    let mut document = to_json(experiment);
    let parameters = document["parameters"].as_array().unwrap().iter();
    let by_name = parameters.map(|parameter| {
        let mut fields = parameter.as_object().unwrap().clone();
        let name = fields.shift_remove("name").unwrap();
        (name.as_str().unwrap().to_owned(), Json::Object(fields))
    });
    document["parameters"] = Json::Object(by_name.collect::<Map<_, _>>());
    document
}

fn parameter() -> impl Strategy<Value = Json> {
    let scale = prop_oneof![Just("linear"), Just("log")];
    let float = (0.001f64..10.0, 0.001f64..10.0, scale.clone())
        .prop_map(|(min, range, scale)| json!({ "type": "float", "min": min, "max": min + range, "scale": scale }));
    let int = (1i64..1 << 60, 1i64..1 << 60, scale)
        .prop_map(|(min, range, scale)| json!({ "type": "int", "min": min, "max": min + range, "scale": scale }));
    let values = prop::collection::hash_set("[a-zA-Z0-9 .:#'\"${}\\\\\n\t~é-]{0,8}", 1..5)
        .prop_map(|values| json!({ "type": "categorical", "values": values.into_iter().collect::<Vec<_>>() }));
    let ordinal = prop::collection::btree_set(any::<i64>(), 1..5).prop_map(
        |values| json!({ "type": "ordinal", "values": values.into_iter().collect::<Vec<_>>() }),
    );
    prop_oneof![float, int, values, ordinal, Just(json!({ "type": "bool" }))]
}

fn step(index: usize) -> impl Strategy<Value = Json> {
    let needs = prop::collection::btree_set(0..index.max(1), 0..3);
    (needs, 0u64..10_000_000, 0u32..5, "[ -~é\n\t]{1,20}", prop::bool::ANY).prop_map(move |(needs, millis, retries, command, shell)| {
        let needs: Vec<String> = needs.into_iter().filter(|need| *need < index).map(|need| format!("s{need}")).collect();
        let command = format!("c{}", command.replace("${{", ""));
        let run = if shell { json!(command) } else { json!([command, 1, true]) };
        json!({
            "run": run, "needs": needs, "retries": retries, "timeout": (millis + 1) as f64 / 1000.0,
            "env": { "A": command, "B": 2 }, "artifacts": { "a": "out/a.txt" },
        })
    })
}

prop_compose! {
    fn document()(
        name in "[a-z0-9][a-zA-Z0-9._-]{0,20}",
        description in "[^\\p{C}]{0,30}",
        parameters in prop::collection::vec(parameter(), 1..5),
        steps in (step(0), step(1), step(2)),
        trials in 1u64..1000,
        seed in any::<u64>(),
        target in prop::num::f64::NORMAL,
        seconds in 1u64..100_000,
        early_stopping in prop_oneof![Just("none"), Just("median")],
    ) -> Json {
        let named = |prefix: &str, list: Vec<Json>| -> Json {
            Json::Object(list.into_iter().enumerate().map(|(i, value)| (format!("{prefix}{i}"), value)).collect())
        };
        json!({
            "name": name, "description": description,
            "objective": { "metric": "loss", "goal": "minimize", "target": target, "strategy": "best" },
            "algorithm": { "name": "random", "seed": seed }, "early_stopping": early_stopping,
            "max_trials": trials, "parallel_trials": 3, "max_duration": seconds,
            "parameters": named("p", parameters), "pipeline": named("s", vec![steps.0, steps.1, steps.2]),
        })
    }
}

proptest! {
    #[test]
    fn what_is_read_is_what_was_written(document in document()) {
        let submission = read_text(&document.to_string()).map_err(|error| TestCaseError::fail(render(&error)))?;
        let again = |document: &Json| read_document(document, &Fakes).map_err(|error| TestCaseError::fail(render(&error)));
        prop_assert_eq!(&submission.document, &document);
        prop_assert_eq!(&again(&document)?, &submission.experiment);
        prop_assert_eq!(&again(&document_of(&submission.experiment))?, &submission.experiment);
        prop_assert_eq!(to_json(&submission.experiment)["objective"]["target"].as_f64(), document["objective"]["target"].as_f64());
    }
}
