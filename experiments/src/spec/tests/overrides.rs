//! Values set from outside.

use super::*;

fn told_with(text: &str, key: &str, value: &str) -> Vec<String> {
    let error = read_with(text, &[(key, value)]).unwrap_err();
    let problems = error.problems.iter();
    problems
        .map(|p| format!("{} {}:{} {}", p.path, p.line, p.column, p.message))
        .collect()
}

#[test]
fn an_override_is_as_if_the_file_said_it() {
    let overrides = [
        ("max_trials", "7"),
        ("algorithm.seed", "9"),
        ("parameters.x.max", "1e1"),
        ("parameters.y", "{ type: bool }"),
        ("pipeline.train.timeout", "5m"),
        ("pipeline.train.retries.delay", "2s"),
        ("description", "a: b"),
    ];
    let text = small("max_trials: 3", "max_trials: 3\nalgorithm: random")
        .replace("    run:", "    retries: 2\n    run:");
    let changed = read_with(&text, &overrides[..6]).unwrap();
    let expected = text
        .replace("max_trials: 3", "max_trials: 7")
        .replace("algorithm: random", "algorithm: { name: random, seed: 9 }")
        .replace("max: 1 }", "max: 10.0 }\n  y: { type: bool }")
        .replace(
            "retries: 2",
            "timeout: 300\n    retries: { max: 2, delay: 2 }",
        );
    assert_eq!(changed.experiment, experiment(&expected));
    assert_eq!(
        changed.document["algorithm"],
        json!({ "name": "random", "seed": 9 })
    );
    assert!(
        read_with(&text, &overrides[6..]).is_err(),
        "`a: b` is a mapping, not a text"
    );
}

#[test]
fn problems_of_an_override_point_into_it() {
    assert_eq!(
        told_with(SMALL, "max_trials", "x"),
        ["max_trials 0:0 expected a whole number, found `x`"]
    );
    assert_eq!(
        told_with(SMALL, "max_trails", "3"),
        ["max_trails 0:0 unknown key `max_trails`"]
    );
    assert_eq!(
        told_with(SMALL, "pipeline.train.timout", "3"),
        ["pipeline.train.timout 0:0 unknown key `timout`"]
    );
    assert_eq!(
        told_with(SMALL, "name.x", "3"),
        ["name.x 0:0 `x` cannot be set in something that is not a mapping"]
    );
    assert_eq!(told_with(SMALL, "a..b", "3"), [" 0:0 this is not a key"]);
    assert_eq!(told_with(SMALL, "", "3"), [" 0:0 this is not a key"]);
    let report = render(&read_with(SMALL, &[("parameters.x.max", "[1")]).unwrap_err());
    insta::assert_snapshot!(report, @r#"
      × experiment.yaml is not a valid experiment: 1 problem

    Error:
      × this is not valid YAML: unclosed bracket '['
       ╭─[--set:1:18]
     1 │ parameters.x.max=[1
       ·                  ▲
       ╰────
      help: each `[` and `{` needs its `]` or `}`
    "#);
}
