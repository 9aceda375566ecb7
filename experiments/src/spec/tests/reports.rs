//! What people see: rendered reports of typical mistakes.

use super::*;

/// The example with replacements, as a report.
fn iris(replacements: &[(&str, &str)]) -> String {
    let text = replacements
        .iter()
        .fold(IRIS.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        });
    render(&error(&text))
}

#[test]
fn a_mistyped_key() {
    insta::assert_snapshot!(iris(&[("max_trials", "max_trails")]), @r#"
      × experiment.yaml is not a valid experiment: 1 problem

    Error:
      × max_trails: unknown key `max_trails`
        ╭─[experiment.yaml:13:1]
     12 │ early_stopping: median
     13 │ max_trails: 40
        · ──────────
     14 │ parallel_trials: 2
        ╰────
      help: did you mean `max_trials`?
    "#);
}

#[test]
fn several_problems_at_once() {
    let report = iris(&[
        ("goal: maximize", "goal: max"),
        ("min: 2, max: 12", "min: 12, max: 2"),
        ("steps.train.artifacts.model", "steps.trian.artifacts.model"),
        ("timeout: 60s", "timeout: soon"),
    ]);
    insta::assert_snapshot!(report, @r#"
      × experiment.yaml is not a valid experiment: 4 problems

    Error:
      × objective.goal: expected `maximize` or `minimize`, found `max`
       ╭─[experiment.yaml:7:9]
     6 │   metric: accuracy
     7 │   goal: max
       ·         ───
     8 │   target: 0.99
       ╰────
      help: did you mean `maximize`?

    Error:
      × parameters.max_depth.min: min 12 is not less than max 2
        ╭─[experiment.yaml:20:32]
     19 │   n_estimators: { type: int, min: 10, max: 300, scale: log }
     20 │   max_depth: { type: int, min: 12, max: 2 }
        ·                                ──
     21 │   learning_rate: { type: float, min: 0.01, max: 1.0, scale: log, when: { model: gradient_boosting } }
        ╰────
      help: did you mean min 2 and max 12?

    Error:
      × pipeline.evaluate.with.model: unknown step `trian`
        ╭─[experiment.yaml:28:25]
     27 │     uses: evaluate
     28 │     with: { model: "${{ steps.trian.artifacts.model }}", data: "${{ steps.preprocess.artifacts.test }}" }
        ·                         ───────────────────────────
     29 │   preprocess:
        ╰────
      help: did you mean `train`?

    Error:
      × pipeline.train.timeout: `soon` is not a duration
        ╭─[experiment.yaml:38:14]
     37 │       max_depth: ${{ params.max_depth }}
     38 │     timeout: soon
        ·              ────
     39 │     retries: { max: 2, delay: 1s, backoff: 2 }
        ╰────
      help: write for example `500ms`, `90s`, `5m`, `1h30m`, `2d`, or a number of seconds; at most 10
            years
    "#);
}

#[test]
fn settings_of_algorithm_and_stopper() {
    let report = iris(&[
        ("  seed: 42", "  seed: 42\n  settings: { scrambel: true }"),
        (
            "early_stopping: median",
            "early_stopping: { name: median, settings: { startup_trials: -1 } }",
        ),
    ]);
    insta::assert_snapshot!(report, @r#"
      × experiment.yaml is not a valid experiment: 2 problems

    Error:
      × algorithm.settings.scrambel: there is no such setting
        ╭─[experiment.yaml:12:15]
     11 │   seed: 42
     12 │   settings: { scrambel: true }
        ·               ────────
     13 │ early_stopping: { name: median, settings: { startup_trials: -1 } }
        ╰────
      help: it has no settings

    Error:
      × early_stopping.settings.startup_trials: `-1` does not fit
        ╭─[experiment.yaml:13:61]
     12 │   settings: { scrambel: true }
     13 │ early_stopping: { name: median, settings: { startup_trials: -1 } }
        ·                                                             ──
     14 │ max_trials: 40
        ╰────
      help: it takes a whole number from 1 on
    "#);
}

#[test]
fn conditions() {
    let report = iris(&[
        ("model: gradient_boosting }", "model: gradient_bosting }"),
        ("model: [random_forest]", "modle: [random_forest]"),
    ]);
    insta::assert_snapshot!(report, @r#"
      × experiment.yaml is not a valid experiment: 2 problems

    Error:
      × parameters.learning_rate.when.model: the parent never has the value `gradient_bosting`
        ╭─[experiment.yaml:21:81]
     20 │   max_depth: { type: int, min: 2, max: 12 }
     21 │   learning_rate: { type: float, min: 0.01, max: 1.0, scale: log, when: { model: gradient_bosting } }
        ·                                                                                 ────────────────
     22 │   feature_fraction: { type: float, min: 0.3, max: 1.0, step: 0.1, when: { modle: [random_forest] } }
        ╰────
      help: did you mean `gradient_boosting`?

    Error:
      × parameters.feature_fraction.when.modle: there is no parameter `modle`
        ╭─[experiment.yaml:22:75]
     21 │   learning_rate: { type: float, min: 0.01, max: 1.0, scale: log, when: { model: gradient_bosting } }
     22 │   feature_fraction: { type: float, min: 0.3, max: 1.0, step: 0.1, when: { modle: [random_forest] } }
        ·                                                                           ─────
     23 │   batch_size: { type: ordinal, values: [16, 32, 64] }
        ╰────
      help: did you mean `model`?
    "#);
}

#[test]
fn a_name_that_could_do_harm() {
    insta::assert_snapshot!(iris(&[("name: iris-forest-vs-boosting", "name: ../<b>iris</b>")]), @r#"
      × experiment.yaml is not a valid experiment: 1 problem

    Error:
      × name: `../<b>iris</b>` cannot be a name
       ╭─[experiment.yaml:3:7]
     2 │ version: 1
     3 │ name: ../<b>iris</b>
       ·       ──────────────
     4 │ description: Which model suits iris better, and how should it be set up?
       ╰────
      help: a name has letters, digits, `-`, `_` and `.`, starts with a letter or digit, and has at
            most 100 characters; how about `b-iris-b`?
    "#);
}

#[test]
fn an_expression_in_a_block_of_shell() {
    insta::assert_snapshot!(iris(&[("${{ trial.number }}", "${{ trial.nmber }}")]), @r#"
      × experiment.yaml is not a valid experiment: 1 problem

    Error:
      × pipeline.report.run: `trial.nmber` does not exist
        ╭─[experiment.yaml:42:22]
     41 │     run: |
     42 │       echo trial ${{ trial.nmber }} of ${{ experiment.name }}
        ·                      ───────────
     43 │       cp ${{ steps.train.artifacts.model }} "$TUNE_ARTIFACTS/model"
        ╰────
      help: of the trial there are `trial.number` and `trial.rungs`
    "#);
    insta::assert_snapshot!(iris(&[("${{ trial.number }}", "${{ params.depth | uper }}")]), @r#"
      × experiment.yaml is not a valid experiment: 1 problem

    Error:
      × pipeline.report.run: unknown filter `uper`
        ╭─[experiment.yaml:42:37]
     41 │     run: |
     42 │       echo trial ${{ params.depth | uper }} of ${{ experiment.name }}
        ·                                     ────
     43 │       cp ${{ steps.train.artifacts.model }} "$TUNE_ARTIFACTS/model"
        ╰────
      help: the filters are those of https://docs.rs/minijinja/latest/minijinja/filters, except for
            layout
    "#);
}

#[test]
fn a_cycle() {
    insta::assert_snapshot!(iris(&[("    uses: preprocess", "    uses: preprocess\n    needs: report")]), @r#"
      × experiment.yaml is not a valid experiment: 1 problem

    Error:
      × pipeline.evaluate: these steps wait for each other: evaluate → preprocess → report → evaluate
        ╭─[experiment.yaml:26:3]
     25 │ pipeline:
     26 │   evaluate:
        ·   ────────
     27 │     uses: evaluate
        ╰────
      help: `a → b` means that a needs b; one of them must do without
    "#);
}

#[test]
fn keys_that_are_missing() {
    insta::assert_snapshot!(render(&error("name: x\nparameters: { x: { min: 1 } }\npipeline: { s: }\nobjective:\n")), @r#"
      × experiment.yaml is not a valid experiment: 3 problems

    Error:
      × parameters.x.type: this key is missing
       ╭─[experiment.yaml:2:15]
     1 │ name: x
     2 │ parameters: { x: { min: 1 } }
       ·               ─
     3 │ pipeline: { s: }
       ╰────
      help: the types are `float`, `int`, `ordinal`, `categorical` and `bool`

    Error:
      × pipeline.s: expected a mapping, found nothing
       ╭─[experiment.yaml:3:13]
     2 │ parameters: { x: { min: 1 } }
     3 │ pipeline: { s: }
       ·             ─
     4 │ objective:
       ╰────
      help: a step is a mapping with the keys `uses` and `run` and more

    Error:
      × objective: it is empty
       ╭─[experiment.yaml:4:1]
     3 │ pipeline: { s: }
     4 │ objective:
       · ─────────
       ╰────
      help: what to strive for
    "#);
}

#[test]
fn yaml_that_is_none() {
    insta::assert_snapshot!(render(&error("name: x\n\tparameters: 2\n")), @r#"
      × experiment.yaml is not a valid experiment: 1 problem

    Error:
      × this is not valid YAML: there is a tab here
       ╭─[experiment.yaml:2:1]
     1 │ name: x
     2 │     parameters: 2
       · ▲
       ╰────
      help: indent with spaces
    "#);
    insta::assert_snapshot!(render(&error("name: \"x\n")), @r#"
      × experiment.yaml is not a valid experiment: 1 problem

    Error:
      × this is not valid YAML: a text in quotes goes on here
       ╭─[experiment.yaml:2:1]
     1 │ name: "x
       ╰────
      help: close the quotes, or indent the lines of a long text
    "#);
    insta::assert_snapshot!(render(&error("name: {{ x }}\n")), @r#"
      × experiment.yaml is not a valid experiment: 4 problems

    Error:
      × objective: this key is missing
       ╭─[experiment.yaml:1:1]
     1 │ name: {{ x }}
       · ▲
       ╰────
      help: what to strive for

    Error:
      × parameters: this key is missing
       ╭─[experiment.yaml:1:1]
     1 │ name: {{ x }}
       · ▲
       ╰────
      help: the search space: name → parameter

    Error:
      × name: expected a text, found a mapping
       ╭─[experiment.yaml:1:1]
     1 │ name: {{ x }}
       · ────
       ╰────

    Error:
      × name: a key must be a word
       ╭─[experiment.yaml:1:8]
     1 │ name: {{ x }}
       ·        ─
       ╰────
      help: a value with `${{ … }}` needs quotes in front of its first brace
    "#);
    insta::assert_snapshot!(render(&error("parameters: { x: [1, 2 }\n")), @r#"
      × experiment.yaml is not a valid experiment: 1 problem

    Error:
      × this is not valid YAML: mismatched bracket '[' closed by '}'
       ╭─[experiment.yaml:1:18]
     1 │ parameters: { x: [1, 2 }
       ·                  ▲
       ╰────
      help: each `[` and `{` needs its `]` or `}`
    "#);
    insta::assert_snapshot!(render(&error("a: *b\n")), @r#"
      × experiment.yaml is not a valid experiment: 1 problem

    Error:
      × this is not valid YAML: unknown alias
       ╭─[experiment.yaml:1:4]
     1 │ a: *b
       ·    ▲
       ╰────
      help: `*name` stands for a value marked `&name` further up; a text that starts with `*` needs
            quotes
    "#);
}

#[test]
fn lines_that_are_too_long_to_show() {
    let text = format!("{{ {}\"a\": 1 }}", " ".repeat(1000));
    let report = render(&error(&text));
    assert!(
        report.contains("experiment.yaml:1:1003: a: unknown key `a`"),
        "{report}"
    );
    assert!(
        report.lines().all(|line| line.chars().count() <= 100),
        "{report}"
    );
}
