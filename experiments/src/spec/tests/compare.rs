//! What a changed file changes.

use super::super::{Comparison, compare};
use super::*;

/// How SMALL with changes compares with SMALL: the paths that differ.
fn differences(given: &str) -> Vec<String> {
    match compare(&experiment(SMALL), &experiment(given)) {
        Comparison::Other(differences) => differences.into_iter().map(|d| d.path).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_written_otherwise_is_the_same() {
    let otherwise = small(
        "max_trials: 3",
        "# more\ndescription: new\nmax_trials: 3.0\nparallel_trials: 1\nearly_stopping: none\nalgorithm: auto",
    );
    assert_eq!(
        compare(&experiment(SMALL), &experiment(&otherwise)),
        Comparison::Same
    );
}

#[test]
fn limits_may_change() {
    let changed = small("max_trials: 3", "max_trials: 4\nmax_duration: 1h");
    let Comparison::Limits { from, to } = compare(&experiment(SMALL), &experiment(&changed)) else {
        panic!("not told as limits");
    };
    assert_eq!((from.max_trials, to.max_trials), (Some(3), Some(4)));
    let changed = small(
        "max_trials: 3",
        "max_trials: 3\nconverged: { stagnation: 2 }",
    );
    let Comparison::Limits { to, .. } = compare(&experiment(SMALL), &experiment(&changed)) else {
        panic!("not told as limits");
    };
    let converged = to.converged.unwrap();
    assert_eq!(
        (converged.stagnation, converged.min_improvement),
        (Some(2), 0.0)
    );
}

#[test]
fn anything_else_is_told_by_its_path() {
    assert_eq!(
        differences(&small("max: 1", "max: 2")),
        ["parameters.x.max"]
    );
    assert_eq!(
        differences(&small("max_trials: 3", "max_trials: 4\nalgorithm: random")),
        ["algorithm.name", "max_trials"]
    );
    assert_eq!(
        differences(&small("run: echo", "run: printf")),
        ["pipeline.train.run"]
    );
    assert_eq!(
        differences(&format!("{SMALL}  more: {{ run: x }}\n")),
        ["pipeline.more"]
    );
    assert_eq!(
        differences(&small("max: 1 }", "max: 1 }\n  y: { type: bool }")),
        ["parameters.y"]
    );
}

#[test]
fn the_order_of_parameters_counts_and_that_of_steps_does_not() {
    let parameters =
        |lines: &str| experiment(&small("  x: { type: float, min: 0, max: 1 }\n", lines));
    let first = parameters("  x: { type: bool }\n  y: { type: bool }\n");
    let second = parameters("  y: { type: bool }\n  x: { type: bool }\n");
    let Comparison::Other(differences) = compare(&first, &second) else {
        panic!("not told");
    };
    assert_eq!(differences[0].path, "parameters");
    assert_eq!(differences[0].given, Some(json!(["y", "x"])));
    let steps = |lines: &str| experiment(&format!("{SMALL}{lines}"));
    let (first, second) = ("  a: { run: x }\n", "  b: { run: y }\n");
    assert_eq!(
        compare(
            &steps(&format!("{first}{second}")),
            &steps(&format!("{second}{first}"))
        ),
        Comparison::Same
    );
}
