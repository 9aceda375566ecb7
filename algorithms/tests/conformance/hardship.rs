//! What goes wrong in practice, for every algorithm and on every kind of space: suggestions stay of the space, and differ as long as
//! anything else is left.

use crate::search::{Search, suitable};
use crate::spaces::{all, any_space, everything, space};
use proptest::prelude::*;
use serde_json::json;
use std::collections::HashSet;
use std::sync::Arc;
use tune_algorithms::history::Outcome;
use tune_algorithms::space::{Configuration, Space};

/// How the trial of this number ended.
type Ending = fn(usize) -> Outcome;

/// Ways in which results can be hard on whoever learns from them.
const HARDSHIPS: [(&str, Ending); 7] = [
    ("every tenth fails", |number| {
        if number % 10 == 3 {
            Outcome::Failed
        } else {
            Outcome::Succeeded((number as f64).cos())
        }
    }),
    ("all equal", |_| Outcome::Succeeded(0.25)),
    ("every other not a number", |number| {
        Outcome::Succeeded(if number % 2 == 0 {
            f64::NAN
        } else {
            number as f64
        })
    }),
    ("none a number", |_| Outcome::Succeeded(f64::NAN)),
    ("huge", |number| {
        Outcome::Succeeded(if number % 2 == 0 { 1e300 } else { -1e300 })
    }),
    ("hardly different", |number| {
        Outcome::Succeeded(1.0 + 1e-12 * (number as f64).sin())
    }),
    ("one good among huge", |number| {
        Outcome::Succeeded(if number == 7 { 0.0 } else { 1e300 })
    }),
];

/// Runs a search under a hardship, two trials at a time. Checks that every suggestion is of the space, and no two are the same; and that
/// there are as many as there can be.
fn check(name: &str, space: &Arc<Space>, trials: usize, ending: Ending, what: &str) {
    let mut search = Search::new(name, space, 9);
    search.run(trials, 2, |number| Some(ending(number)));
    if let Some(outlook) = search.outlook() {
        let gains = [outlook.expected_improvement, outlook.regret];
        assert!(
            gains.iter().all(|gain| *gain >= 0.0),
            "{name}: {what}: {outlook:?}"
        );
    }
    let tried = search.tried();
    let different: HashSet<&Configuration> = tried.iter().collect();
    assert_eq!(different.len(), tried.len(), "{name}: {what}");
    for configuration in &tried {
        assert_eq!(
            space.check(configuration).as_ref(),
            Ok(configuration),
            "{name}: {what}"
        );
    }
    let size = match name {
        "grid" => space.grid_size(10),
        _ => space.size().unwrap_or(u128::MAX),
    };
    assert_eq!(
        tried.len() as u128,
        size.min(trials as u128),
        "{name}: {what}"
    );
}

#[test]
fn hard_results_on_every_space() {
    for space in all() {
        // So many parameters take their time.
        let trials = if space.parameters().len() > 100 {
            16
        } else {
            40
        };
        for name in suitable(&space) {
            for (what, ending) in HARDSHIPS {
                check(name, &space, trials, ending, what);
            }
        }
    }
}

#[test]
fn two_hundred_parameters_of_all_kinds() {
    let kinds = [
        json!({"type": "float", "min": 1e-6, "max": 1.0, "scale": "log"}),
        json!({"type": "int", "min": 1, "max": 1000}),
        json!({"type": "categorical", "values": ["a", "b", "c"]}),
        json!({"type": "bool"}),
    ];
    let parameters: Vec<_> = (0..200)
        .map(|index| {
            let mut parameter = kinds[index % 4].clone();
            parameter["name"] = json!(format!("p{index}"));
            parameter
        })
        .collect();
    let space = space(json!(parameters));
    for name in suitable(&space) {
        check(name, &space, 30, HARDSHIPS[0].1, HARDSHIPS[0].0);
    }
}

#[test]
fn a_single_categorical_and_a_single_point() {
    let one = space(
        json!([{"name": "x", "type": "ordinal", "values": [3]}, {"name": "y", "type": "categorical", "values": ["z"]}]),
    );
    let few =
        space(json!([{"name": "x", "type": "categorical", "values": ["a", "b", "c", "d", "e"]}]));
    for space in [one, few] {
        for name in suitable(&space) {
            for (what, ending) in HARDSHIPS {
                check(name, &space, 10, ending, what);
            }
        }
    }
}

/// Learning from differences of 1e-12 is as good as from large ones, where the order is the same.
#[test]
fn the_size_of_differences_does_not_matter_to_those_that_rank() {
    for name in ["tpe", "cmaes"] {
        let tried = |scale: f64| {
            let mut search = Search::new(name, &everything(), 5);
            search.run(40, 1, |number| {
                Some(Outcome::Succeeded(scale * ((number * 7) % 41) as f64))
            });
            search.tried()
        };
        assert_eq!(tried(1e-12), tried(1.0), "{name}");
        assert_eq!(tried(1e290), tried(1.0), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn hard_results_on_any_space(space in any_space(true), hardship in 0..HARDSHIPS.len()) {
        let (what, ending) = HARDSHIPS[hardship];
        for name in suitable(&space) {
            check(name, &space, 25, ending, what);
        }
    }
}
