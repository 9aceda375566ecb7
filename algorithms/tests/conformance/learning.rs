//! What learning is for: those that learn find better values than chance, judged over many seeds.

use crate::search::Search;
use crate::spaces::space;
use serde_json::json;
use std::sync::Arc;
use tune_algorithms::algorithm::ALGORITHMS;
use tune_algorithms::history::Outcome;
use tune_algorithms::space::{Configuration, Space, Value};

fn number(configuration: &Configuration, name: &str) -> f64 {
    configuration.get(name).and_then(Value::as_f64).unwrap()
}

/// The best value among 60 trials, two at a time, every tenth of which fails.
fn best(name: &str, space: &Arc<Space>, seed: u64, value: impl Fn(&Configuration) -> f64) -> f64 {
    let mut search = Search::new(name, space, seed);
    let mut best = f64::INFINITY;
    while search.history.trials().len() < 60 {
        for configuration in search.suggest(2) {
            let found = value(&configuration);
            let number = search.history.create(configuration);
            if number % 10 == 7 {
                search.history.finish(number, Outcome::Failed);
            } else {
                search.history.finish(number, Outcome::Succeeded(found));
                best = best.min(found);
            }
        }
    }
    best
}

/// Checks that in 12 searches, each algorithm that learns has a median of its best values below `share` of that of `random`.
fn check_learning(space: &Arc<Space>, share: f64, value: impl Fn(&Configuration) -> f64) {
    let median = |name: &str| {
        let mut found: Vec<f64> = (0..12)
            .map(|seed| best(name, space, seed, &value))
            .collect();
        found.sort_by(f64::total_cmp);
        found[6]
    };
    let chance = median("random");
    for name in ALGORITHMS.iter().map(|info| info.name) {
        if Search::new_if_suitable(name, space).is_some_and(|search| search.learns()) {
            let learnt = median(name);
            assert!(learnt < share * chance, "{name}: {learnt} against {chance}");
        }
    }
}

#[test]
fn a_bowl() {
    let parameters: Vec<_> = (0..5)
        .map(|i| json!({"name": format!("x{i}"), "type": "float", "min": -5, "max": 5}))
        .collect();
    check_learning(&space(json!(parameters)), 0.2, |configuration| {
        (0..5)
            .map(|i| (number(configuration, &format!("x{i}")) - f64::from(i) / 2.0).powi(2))
            .sum()
    });
}

#[test]
fn some_of_each_kind() {
    let parameters = json!([
        {"name": "rate", "type": "float", "min": 1e-5, "max": 1.0, "scale": "log"},
        {"name": "units", "type": "int", "min": 1, "max": 200},
        {"name": "kind", "type": "categorical", "values": [0, 1, 2, 3, 4]},
        {"name": "size", "type": "ordinal", "values": [16, 32, 64, 128, 256, 512]},
    ]);
    check_learning(&space(parameters), 0.6, |configuration| {
        let rate = (number(configuration, "rate").log10() + 3.3).abs();
        let units = (number(configuration, "units") - 150.0).abs() / 20.0;
        let kind = f64::from(u8::from(number(configuration, "kind") != 3.0)) * 2.0;
        rate + units + kind + (number(configuration, "size").log2() - 5.0).abs()
    });
}

#[test]
fn branches() {
    let mut parameters = vec![json!({"name": "model", "type": "categorical", "values": [0, 1, 2]})];
    for model in 0..3 {
        for i in 0..3 {
            let when = json!({"model": [model]});
            parameters.push(json!({"name": format!("x{model}{i}"), "type": "float", "min": -5, "max": 5, "when": when}));
        }
    }
    check_learning(&space(json!(parameters)), 0.5, |configuration| {
        let model = number(configuration, "model");
        let bowl: f64 = (0..3)
            .map(|i| (number(configuration, &format!("x{model}{i}")) - model).powi(2))
            .sum();
        bowl + 2.0 * (2.0 - model)
    });
}
