//! What the search starts from.

use super::*;

fn starting(algorithm: &str, start: &str) -> String {
    let text = format!("max_trials: 3\nalgorithm: {algorithm}\nstart_from: {start}");
    small("max_trials: 3", &text)
}

#[test]
fn an_experiment_starts_from_another_if_its_algorithm_learns() {
    for algorithm in ["tpe", "gp", "cmaes", "auto"] {
        let read = read_with(&starting(algorithm, "other"), &[]).unwrap();
        assert_eq!(read.experiment.start_from.as_deref(), Some("other"));
        assert!(read.start_from.is_some());
    }
    let without = read_with(SMALL, &[]).unwrap();
    assert_eq!(
        (without.experiment.start_from, without.start_from),
        (None, None)
    );
    let found = told(&starting("random", "other"));
    assert_eq!(found.len(), 1);
    assert!(
        found[0].contains("`random` does not learn from trials"),
        "{found:?}"
    );
}

#[test]
fn what_the_store_finds_wrong_is_told_where_it_is_written() {
    let read = read_with(&starting("tpe", "other"), &[]).unwrap();
    let problem = read
        .start_from
        .unwrap()
        .unknown("experiment", "other", ["otter"]);
    let found = &problem.problems[0];
    assert_eq!(found.path, "start_from");
    assert_eq!(found.column, 13);
    assert_eq!(found.message, "there is no experiment `other`");
    assert_eq!(found.help.as_deref(), Some("did you mean `otter`?"));
    let set = read_with(&starting("tpe", "other"), &[("start_from", "another")]).unwrap();
    let problem = set.start_from.unwrap().problem("it is not there", None);
    assert_eq!(
        (problem.problems[0].line, problem.problems[0].column),
        (0, 0)
    );
    assert!(
        render(&problem).contains("start_from=another"),
        "{}",
        render(&problem)
    );
}

#[test]
fn another_start_is_another_experiment() {
    use crate::spec::{Comparison, compare};
    let [one, two] = ["one", "two"].map(|start| experiment(&starting("tpe", start)));
    let Comparison::Other(differences) = compare(&one, &two) else {
        panic!("they differ");
    };
    assert_eq!(differences.len(), 1);
    assert_eq!(differences[0].path, "start_from");
}
