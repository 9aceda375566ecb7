//! Search spaces: a few of each kind, and random ones.

use proptest::prelude::*;
use serde_json::json;
use std::sync::Arc;
use tune_algorithms::space::{Domain, Parameter, Scale, Space, Value};

/// A space from JSON.
pub fn space(parameters: serde_json::Value) -> Arc<Space> {
    let parameters: Vec<Parameter> = serde_json::from_value(parameters).unwrap();
    Arc::new(Space::new(parameters).unwrap())
}

/// One parameter of each kind, and conditions that nest.
pub fn everything() -> Arc<Space> {
    space(json!([
        {"name": "model", "type": "categorical", "values": ["forest", "boosting", "svm"]},
        {"name": "trees", "type": "int", "min": 10, "max": 300, "scale": "log",
         "when": {"model": ["forest", "boosting"]}},
        {"name": "rate", "type": "float", "min": 0.01, "max": 1.0, "scale": "log", "when": {"model": ["boosting"]}},
        {"name": "dart", "type": "bool", "when": {"model": ["boosting"]}},
        {"name": "dropout", "type": "float", "min": 0.1, "max": 0.9, "step": 0.1, "when": {"dart": [true]}},
        {"name": "kernel", "type": "ordinal", "values": [1, 2, 4.5, "rbf"], "when": {"model": ["svm"]}},
        {"name": "folds", "type": "int", "min": 2, "max": 10, "step": 2},
        {"name": "noise", "type": "float", "min": -1.0, "max": 1.0},
    ]))
}

/// A finite space with conditions: 4 + 2 · 3 + 5 configurations.
pub fn finite() -> Arc<Space> {
    space(json!([
        {"name": "model", "type": "categorical", "values": ["a", "b", "c"]},
        {"name": "depth", "type": "int", "min": 1, "max": 4, "when": {"model": ["a"]}},
        {"name": "flag", "type": "bool", "when": {"model": ["b"]}},
        {"name": "size", "type": "ordinal", "values": [16, 32, 64], "when": {"flag": [true, false]}},
        {"name": "share", "type": "float", "min": 0.0, "max": 1.0, "step": 0.25, "when": {"model": ["c"]}},
    ]))
}

/// The spaces that every algorithm is tried on, if it takes them.
pub fn all() -> Vec<Arc<Space>> {
    let many =
        (0..200).map(|i| json!({"name": format!("p{i}"), "type": "float", "min": 0, "max": 1}));
    vec![
        everything(),
        finite(),
        space(json!([])),
        space(json!([{"name": "only", "type": "categorical", "values": ["one"]}])),
        space(
            json!([{"name": "choice", "type": "categorical", "values": ["one", "two", "three"]}]),
        ),
        space(json!([{"name": "x", "type": "float", "min": -1e308, "max": 1e308}])),
        space(json!([{"name": "x", "type": "int", "min": i64::MIN, "max": i64::MAX, "points": 9}])),
        space(
            json!([{"name": "x", "type": "int", "min": 1, "max": 1_000_000, "scale": "log", "points": 20}]),
        ),
        space(json!(many.collect::<Vec<_>>())),
    ]
}

/// Domains of a few values, and with `continuous` floats without steps too.
fn domain(continuous: bool) -> impl Strategy<Value = Domain> {
    let scale = prop_oneof![Just(Scale::Linear), Just(Scale::Log)];
    let points = prop::option::of(2_u32..5);
    let int = (1_i64..50, 1_i64..6, 1_i64..5, scale.clone(), points.clone()).prop_map(
        |(min, count, step, scale, points)| Domain::Int {
            min,
            max: min + count * step,
            scale,
            step: Some(step),
            points,
        },
    );
    let stepped =
        (-20_i32..20, 1_i32..6, 1_i32..5, points.clone()).prop_map(|(min, count, step, points)| {
            let (min, step) = (f64::from(min) / 10.0, f64::from(step) / 10.0);
            let max = min + f64::from(count) * step;
            Domain::Float {
                min,
                max,
                scale: Scale::Linear,
                step: Some(step),
                points,
            }
        });
    let float = (0.001..10.0, 1.001..1000.0, scale, points).prop_map(
        move |(min, factor, scale, points)| Domain::Float {
            min,
            max: min * factor,
            scale,
            step: None,
            points,
        },
    );
    let values = || (1_i64..5).prop_map(|count| (0..count).map(Value::Int).collect::<Vec<_>>());
    let finite = prop_oneof![
        int,
        stepped,
        values().prop_map(|values| Domain::Ordinal { values }),
        values().prop_map(|values| Domain::Categorical { values }),
        Just(Domain::Bool),
    ];
    if continuous {
        prop_oneof![3 => finite, 1 => float].boxed()
    } else {
        finite.boxed()
    }
}

/// Up to seven parameters with conditions on any of the others, in any order that makes no cycle.
pub fn any_space(continuous: bool) -> impl Strategy<Value = Arc<Space>> {
    let condition = (
        any::<prop::sample::Index>(),
        prop::collection::vec(0.0..1.0, 1..3),
    );
    let parameter = (domain(continuous), prop::collection::vec(condition, 0..3));
    prop::collection::vec(parameter, 1..7)
        .prop_map(|drafts| {
            let mut parameters: Vec<Parameter> = Vec::new();
            for (index, (domain, conditions)) in drafts.into_iter().enumerate() {
                let mut parameter = Parameter::new(format!("p{index}"), domain);
                for (parent, units) in conditions {
                    let finite = parameters
                        .iter()
                        .filter(|known| known.domain.count().is_some());
                    let parents: Vec<&Parameter> = finite.collect();
                    if !parents.is_empty() {
                        let parent = parents[parent.index(parents.len())];
                        let values = units.iter().map(|unit| parent.domain.decode(*unit));
                        parameter = parameter.when(parent.name.clone(), values);
                    }
                }
                parameters.push(parameter);
            }
            parameters
        })
        .prop_shuffle()
        .prop_map(|parameters| Arc::new(Space::new(parameters).unwrap()))
}
