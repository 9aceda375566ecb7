//! Finite spaces: no configuration comes twice, and the end comes exactly when all have been tried.

use crate::search::{Search, mixed, suitable};
use crate::spaces::{any_space, finite, space};
use proptest::prelude::*;
use serde_json::json;
use std::collections::HashSet;
use std::sync::Arc;
use tune_algorithms::algorithm::{ALGORITHMS, build};
use tune_algorithms::history::{Goal, History};
use tune_algorithms::space::{Configuration, Space, Value};

/// Runs a search to its end and checks that it tried each of `count` configurations once.
fn check_exhaustion(name: &str, space: &Arc<Space>, count: u128, batch: usize) {
    let mut search = Search::new(name, space, 5);
    search.run(usize::MAX, batch, mixed);
    let tried = search.tried();
    let different: HashSet<&Configuration> = tried.iter().collect();
    assert_eq!(
        (tried.len() as u128, different.len() as u128),
        (count, count),
        "{name}"
    );
    assert_eq!(search.suggest(3), []);
}

#[test]
fn each_configuration_of_a_finite_space_is_tried_once() {
    for info in ALGORITHMS {
        check_exhaustion(info.name, &finite(), 15, 1);
        check_exhaustion(info.name, &finite(), 15, 4);
        check_exhaustion(info.name, &space(json!([])), 1, 2);
        let only = json!([{"name": "x", "type": "categorical", "values": [1]}]);
        check_exhaustion(info.name, &space(only), 1, 1);
        let bools: Vec<_> = (0..11)
            .map(|i| json!({"name": format!("b{i}"), "type": "bool"}))
            .collect();
        check_exhaustion(info.name, &space(json!(bools)), 2048, 100);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn each_configuration_of_any_finite_space_is_tried_once(space in any_space(false), batch in 1_usize..9) {
        let size = space.size().unwrap();
        prop_assume!(size < 2000);
        for name in suitable(&space) {
            let count = if name == "grid" { space.grid_size(10) } else { size };
            check_exhaustion(name, &space, count, batch);
        }
    }
}

#[test]
fn what_a_user_enqueued_is_not_suggested_again() {
    let baseline: Configuration =
        serde_json::from_value(json!({"model": "a", "depth": 2})).unwrap();
    for info in ALGORITHMS {
        let mut search = Search::new(info.name, &finite(), 5);
        search.history.create(baseline.clone());
        search.run(usize::MAX, 1, mixed);
        let tried = search.tried();
        assert_eq!(tried.len(), 15);
        assert_eq!(
            tried
                .iter()
                .filter(|configuration| **configuration == baseline)
                .count(),
            1
        );
    }
}

#[test]
fn a_suggestion_that_was_never_created_is_made_again() {
    for info in ALGORITHMS {
        let mut search = Search::new(info.name, &finite(), 5);
        let forgotten = search.suggest(15);
        assert_eq!(forgotten.len(), 15);
        assert_eq!(search.suggest(20), forgotten);
    }
}

#[test]
fn a_branch_has_the_same_chance_whatever_its_size() {
    let mut parameters =
        vec![json!({"name": "model", "type": "categorical", "values": ["small", "large"]})];
    for i in 0..6 {
        let when = json!({"model": ["large"]});
        parameters.push(
            json!({"name": format!("x{i}"), "type": "float", "min": 0, "max": 1, "when": when}),
        );
    }
    let unlimited = json!({"name": "y", "type": "float", "min": 0, "max": 1});
    parameters.push(unlimited);
    let space = space(json!(parameters));
    for name in ["random", "sobol", "tpe", "cmaes"] {
        let mut search = Search::new(name, &space, 5);
        let small = search.suggest(1000).iter().filter(|c| c.len() == 2).count();
        assert!((440..=560).contains(&small), "{name} {small}");
    }
}

#[test]
fn a_grid_goes_through_the_last_parameter_fastest() {
    let tried: Vec<String> = {
        let mut search = Search::new("grid", &finite(), 0);
        let suggested = search.suggest(6);
        suggested
            .iter()
            .map(|c| serde_json::to_string(c).unwrap())
            .collect()
    };
    assert_eq!(
        tried,
        [
            r#"{"model":"a","depth":1}"#,
            r#"{"model":"a","depth":2}"#,
            r#"{"model":"a","depth":3}"#,
            r#"{"model":"a","depth":4}"#,
            r#"{"model":"b","flag":false,"size":16}"#,
            r#"{"model":"b","flag":false,"size":32}"#,
        ]
    );
}

#[test]
fn a_shuffled_grid_has_the_same_points_in_another_order() {
    let points = |order: &str, seed| {
        let settings = serde_json::from_value(json!({"order": order})).unwrap();
        let mut algorithm = build("grid", finite(), seed, &settings).unwrap();
        algorithm.suggest(&History::new(Goal::Minimize), usize::MAX)
    };
    let in_order = points("file", 1);
    let shuffled = points("shuffled", 1);
    assert_ne!(in_order, shuffled);
    assert_ne!(shuffled, points("shuffled", 2));
    let set = |points: Vec<Configuration>| points.into_iter().collect::<HashSet<_>>();
    assert_eq!(in_order.len(), 15);
    assert_eq!(set(in_order), set(shuffled));
}

#[test]
fn the_points_of_a_grid_are_set_for_all_or_for_one() {
    let space = space(json!([
        {"name": "log", "type": "float", "min": 1, "max": 100, "scale": "log"},
        {"name": "own", "type": "float", "min": 0, "max": 1, "points": 2},
    ]));
    let settings = serde_json::from_value(json!({"points": 3})).unwrap();
    let mut grid = build("grid", space, 0, &settings).unwrap();
    let points: Vec<[f64; 2]> = grid
        .suggest(&History::new(Goal::Minimize), 10)
        .iter()
        .map(|point| ["log", "own"].map(|name| point.get(name).and_then(Value::as_f64).unwrap()))
        .collect();
    let expected = [
        [1.0, 0.0],
        [1.0, 1.0],
        [10.0, 0.0],
        [10.0, 1.0],
        [100.0, 0.0],
        [100.0, 1.0],
    ];
    assert_eq!(points.len(), expected.len());
    for (point, expected) in points.iter().zip(&expected) {
        assert!(
            (point[0] - expected[0]).abs() < 1e-12 && point[1] == expected[1],
            "{point:?}"
        );
    }
}
