//! The contract of `Algorithm`: suggestions are of the space and a function of settings, seed and history alone.

use crate::search::{Search, mixed, suitable};
use crate::spaces::{all, any_space, everything};
use proptest::prelude::*;
use std::collections::HashSet;
use std::sync::Arc;
use tune_algorithms::algorithm::{ALGORITHMS, build};
use tune_algorithms::history::Outcome;
use tune_algorithms::setting::Settings;
use tune_algorithms::space::{Configuration, Space};

fn assert_of_the_space(space: &Space, search: &Search) {
    for configuration in search.tried() {
        assert_eq!(space.check(&configuration), Ok(configuration));
    }
}

#[test]
fn every_suggestion_is_of_the_space() {
    for space in all() {
        for name in suitable(&space) {
            let mut search = Search::new(name, &space, 1);
            search.run(50, 3, mixed);
            assert!(!search.tried().is_empty());
            assert_of_the_space(&space, &search);
        }
    }
}

#[test]
fn only_grid_refuses_spaces_and_only_large_ones() {
    for space in all() {
        let small = space.grid_size(10) <= 10_000_000;
        assert_eq!(
            suitable(&space).len(),
            if small {
                ALGORITHMS.len()
            } else {
                ALGORITHMS.len() - 1
            }
        );
    }
}

#[test]
fn any_outcomes_are_coped_with() {
    let outcomes: [fn(usize) -> Option<Outcome>; 10] = [
        |_| None,
        |_| Some(Outcome::Failed),
        |_| Some(Outcome::EarlyStopped(None)),
        |_| Some(Outcome::Succeeded(0.0)),
        |_| Some(Outcome::Succeeded(f64::INFINITY)),
        |number| {
            Some(Outcome::Succeeded(if number % 2 == 0 {
                1e300
            } else {
                -1e300
            }))
        },
        |number| (number == 0).then_some(Outcome::Succeeded(1.0)),
        |number| Some(Outcome::Succeeded(1.0 + 1e-12 * (number as f64).sin())),
        |number| {
            Some(if number % 10 == 3 {
                Outcome::Failed
            } else {
                Outcome::Succeeded((number as f64).cos())
            })
        },
        |number| {
            Some(Outcome::EarlyStopped(Some(if number % 2 == 0 {
                f64::MAX
            } else {
                f64::MIN
            })))
        },
    ];
    for outcome in outcomes {
        for info in ALGORITHMS {
            let mut search = Search::new(info.name, &everything(), 1);
            search.run(30, 1, outcome);
            assert_eq!(search.tried().len(), 30);
            assert_of_the_space(&everything(), &search);
        }
    }
}

#[test]
fn the_seed_decides() {
    for space in all() {
        for name in suitable(&space) {
            let tried = |seed| {
                let mut search = Search::new(name, &space, seed);
                search.run(20, 1, mixed);
                search.tried()
            };
            assert_eq!(tried(1), tried(1), "{name}");
            if space.size().is_none() && name != "grid" {
                assert_ne!(tried(1), tried(2), "{name}");
            }
        }
    }
}

/// Runs a search and checks that at any time a new instance would suggest the same.
fn check_restarts(name: &str, space: &Arc<Space>, trials: usize) {
    let mut search = Search::new(name, space, 3);
    for _ in 0..trials {
        let mut restarted = Search::new(name, space, 3);
        restarted.history = search.history.clone();
        assert_eq!(restarted.suggest(2), search.suggest(2), "{name}");
        assert_eq!(restarted.outlook(), search.outlook(), "{name}");
        search.run(1, 1, mixed);
    }
}

/// Checks that asking for several at once is the same as asking for one after the other while all of them are running; after some trials
/// that have finished.
fn check_batches(name: &str, space: &Arc<Space>, trials: usize) {
    let mut one_by_one = Search::new(name, space, 4);
    one_by_one.run(trials, 3, mixed);
    let mut in_batches = Search::new(name, space, 4);
    in_batches.history = one_by_one.history.clone();
    one_by_one.run(trials, 1, |_| None);
    in_batches.run(trials, 7, |_| None);
    assert_eq!(in_batches.tried(), one_by_one.tried(), "{name}");
}

/// Whether finishes change nothing for those that do not learn.
fn check_ignorance(name: &str, space: &Arc<Space>, trials: usize) {
    let mut told = Search::new(name, space, 4);
    told.run(trials, 7, mixed);
    let mut untold = Search::new(name, space, 4);
    untold.run(trials, 1, |_| None);
    if !told.learns() {
        assert_eq!(told.tried(), untold.tried(), "{name}");
    }
}

#[test]
fn restarts_and_batches_change_nothing() {
    for space in all() {
        for name in suitable(&space) {
            check_restarts(name, &space, 25);
            check_batches(name, &space, 25);
            check_ignorance(name, &space, 25);
        }
    }
}

#[test]
fn parallel_suggestions_differ() {
    for space in all().iter().filter(|space| space.size().is_none()) {
        for name in suitable(space) {
            let mut search = Search::new(name, space, 6);
            search.run(30, 1, mixed);
            let batch = search.suggest(8);
            let different: HashSet<&Configuration> = batch.iter().collect();
            assert_eq!(different.len(), batch.len(), "{name}");
            assert!(batch.len() == 8 || name == "grid", "{name}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn restarts_and_batches_change_nothing_in_any_space(space in any_space(true)) {
        for name in suitable(&space) {
            check_restarts(name, &space, 20);
            check_batches(name, &space, 40);
            check_ignorance(name, &space, 40);
        }
    }

    #[test]
    fn every_suggestion_is_of_any_space(space in any_space(true)) {
        for name in suitable(&space) {
            let mut search = Search::new(name, &space, 1);
            search.run(40, 4, mixed);
            assert_of_the_space(&space, &search);
        }
    }
}

#[test]
fn names_and_settings_are_checked() {
    let problem = |name: &str, settings: serde_json::Value| {
        let settings = serde_json::from_value(settings).unwrap();
        build(name, everything(), 0, &settings)
            .err()
            .unwrap()
            .remove(0)
    };
    assert_eq!(
        problem("gird", serde_json::json!({})).help.unwrap(),
        "did you mean `grid`?"
    );
    for info in ALGORITHMS {
        assert_eq!(
            problem(info.name, serde_json::json!({"no_such": 1})).key,
            "no_such"
        );
        assert!(build(info.name, everything(), 0, &Settings::new()).is_ok());
    }
    assert_eq!(
        problem("grid", serde_json::json!({"points": 1})).key,
        "points"
    );
}
