//! Where problems are: exact lines and columns, in every way in which YAML can be written.

use super::*;

/// Lines of a file; what is wrong, as `path line:column message`.
#[test]
fn problems_are_where_they_were_made() {
    let cases: &[(&str, &str, &str)] = &[
        ("name: small", "nmae: small", "nmae 1:1 unknown key `nmae`"),
        (
            "goal: minimize",
            "goal: min",
            "objective.goal 2:34 expected `maximize` or `minimize`, found `min`",
        ),
        (
            "goal: minimize",
            "goal: minimize, target: lots",
            "objective.target 2:52 expected a number, found `lots`",
        ),
        (
            "metric: loss",
            "metric: 'a b'",
            "objective.metric 2:22 `a b` cannot be the name of a metric",
        ),
        (
            "max_trials: 3",
            "max_trials: 0",
            "max_trials 3:13 `0` is out of range",
        ),
        (
            "max_trials: 3",
            "max_trials: 2.5",
            "max_trials 3:13 expected a whole number, found `2.5`",
        ),
        (
            "max_trials: 3",
            "max_trials: 1_000",
            "max_trials 3:13 expected a whole number, found `1_000`",
        ),
        (
            "max_trials: 3",
            "max_trials: 99999999999999999999",
            "max_trials 3:13 `99999999999999999999` is a number with too many digits (20)",
        ),
        (
            "max_trials: 3",
            "max_trials: 3\nmax_trials: 4",
            "max_trials 4:1 duplicate key `max_trials`",
        ),
        (
            "max_trials: 3",
            "max_trials: 3\nparallel_trials: 10001",
            "parallel_trials 4:18 `10001` is out of range",
        ),
        (
            "max_trials: 3",
            "max_trials: 3\nmax_duration: 0",
            "max_duration 4:15 `0` is no time at all",
        ),
        (
            "max_trials: 3",
            "max_trials: 3\nmax_duration: .inf",
            "max_duration 4:15 `.inf` is not a finite number",
        ),
        (
            "max_trials: 3",
            "max_trials: 3\nversion: 2",
            "version 4:10 unknown version `2` of this format",
        ),
        (
            "max_trials: 3",
            "max_trials: 3\nalgorithm: soboll",
            "algorithm 4:12 unknown algorithm `soboll`",
        ),
        (
            "max_trials: 3",
            "max_trials: 3\nalgorithm: { seed: -1 }",
            "algorithm.seed 4:20 `-1` is out of range",
        ),
        (
            "max_trials: 3",
            "max_trials: 3\nalgorithm: !x sobol",
            "algorithm 4:15 the tag `!x` means nothing here",
        ),
        (
            "max: 1 }",
            "max: 1, stepp: 1 }",
            "parameters.x.stepp 5:37 unknown key `stepp`",
        ),
        (
            "max: 1 }",
            "max: 1, values: [1] }",
            "parameters.x.values 5:37 `values` does not belong to a parameter with `float`",
        ),
        (
            "x: { type: float, min: 0, max: 1 }",
            "x:\n    type: int\n    min: 5\n    max: five",
            "parameters.x.max 8:10 expected a whole number, found `five`",
        ),
        (
            "max: 1 }",
            "max: 1, when: { y: 1 } }",
            "parameters.x.when.y 5:48 there is no parameter `y`",
        ),
        (
            "run: echo loss=${{ params.x }}",
            "run: echo loss=${{ params.y }}",
            "pipeline.train.run 8:24 unknown parameter `y`",
        ),
        (
            "run: echo loss=${{ params.x }}",
            "run: 'it''s ${{ params.y }}'",
            "pipeline.train.run 8:21 unknown parameter `y`",
        ),
        (
            "run: echo loss=${{ params.x }}",
            "run: \"\\u0041\\t\\\n      b ${{ params.y }}\"",
            "pipeline.train.run 9:13 unknown parameter `y`",
        ),
        (
            "run: echo loss=${{ params.x }}",
            "run: |\n      one\n        two ${{ params.y }}\n",
            "pipeline.train.run 10:17 unknown parameter `y`",
        ),
        (
            "run: echo loss=${{ params.x }}",
            "run: >-\n      one\n\n      two é ${{ params.y }}\n",
            "pipeline.train.run 11:17 unknown parameter `y`",
        ),
        (
            "run: echo loss=${{ params.x }}",
            "run: one\n      two ${{ params.y }}",
            "pipeline.train.run 9:15 unknown parameter `y`",
        ),
        (
            "run: echo loss=${{ params.x }}",
            "run: [echo, [1]]",
            "pipeline.train.run[1] 8:5 expected a text or a number, found a list",
        ),
        (
            "run: echo loss=${{ params.x }}",
            "run: [echo, 1.10]",
            "pipeline.train.run[1] 8:17 `1.10` would become `1.1`",
        ),
        (
            "run: echo loss=${{ params.x }}",
            "run: x\n    needs: [train]",
            "pipeline.train.needs[0] 9:13 a step cannot need itself",
        ),
        (
            "run: echo loss=${{ params.x }}",
            "run: x ${{ steps.train.values.v }}",
            "pipeline.train.run 8:16 the step refers to itself",
        ),
        (
            "run: echo loss=${{ params.x }}",
            "run: x ${{ steps.trian.values.v }}",
            "pipeline.train.run 8:16 unknown step `trian`",
        ),
        (
            "run: echo loss=${{ params.x }}",
            "run: x\n    with: { a: 1 }",
            "pipeline.train.with 9:5 `with` does not belong to a step with `run`",
        ),
        (
            "run: echo loss=${{ params.x }}",
            "run: x\n    foreach: [1]",
            "pipeline.train.foreach 9:5 unknown key `foreach`",
        ),
        (
            "run: echo loss=${{ params.x }}",
            "run: x\n    env: { TUNE_TRIAL: 1 }",
            "pipeline.train.env.TUNE_TRIAL 9:12 `TUNE_TRIAL` is set by the program itself",
        ),
        (
            "run: echo loss=${{ params.x }}",
            "run: x\n    artifacts: { a: ../b }",
            "pipeline.train.artifacts.a 9:21 `../b` cannot be the path of an artifact",
        ),
        (
            "run: echo loss=${{ params.x }}",
            "run: x\n    timeout: 1s\n    retries: 5000",
            "pipeline.train.retries.max 10:14 `5000` is out of range",
        ),
        (
            "run: echo loss=${{ params.x }}",
            "run: x\n    retries: { max: 2, backoff: 0.5 }",
            "pipeline.train.retries.backoff 9:33 `0.5` is out of range",
        ),
        (
            "run: echo loss=${{ params.x }}",
            "run: \"a\\0b\"",
            "pipeline.train.run 8:10 the text holds a NUL character",
        ),
        (
            "  train:",
            "  my-step:",
            "pipeline.my-step 7:3 `my-step` cannot be the name of a step",
        ),
    ];
    let found: Vec<Vec<String>> = cases
        .iter()
        .map(|(line, replacement, _)| told(&small(line, replacement)))
        .collect();
    let expected: Vec<Vec<String>> = cases
        .iter()
        .map(|(_, _, expected)| vec![(*expected).to_owned()])
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn problems_with_components_are_where_they_were_made() {
    let cases: &[(&str, &str, &str)] = &[
        (
            "uses: train",
            "uses: trian",
            "pipeline.train.uses 33:11 unknown component `trian`",
        ),
        (
            "test_fraction: 0.3",
            "test_fraction: 3",
            "pipeline.preprocess.with.test_fraction 31:43 must be below 1",
        ),
        (
            "seed: 7",
            "sead: 7",
            "pipeline.preprocess.with.sead 31:48 unknown input `sead`",
        ),
        (
            "dataset: iris, ",
            "",
            "pipeline.preprocess.with.dataset 31:5 the input `dataset` is missing",
        ),
        (
            "preprocess.artifacts.test ",
            "preprocess.artifacts.tset ",
            "pipeline.evaluate.with.data 28:69 the step `preprocess` has no artifact `tset`",
        ),
        (
            "preprocess.artifacts.test ",
            "preprocess.values.rows ",
            "pipeline.evaluate.with.data 28:69 the step `preprocess` has no value `rows`",
        ),
        (
            "needs: evaluate",
            "needs: evalute",
            "pipeline.report.needs 44:12 unknown step `evalute`",
        ),
    ];
    let found: Vec<Vec<String>> = cases
        .iter()
        .map(|(line, replacement, _)| told(&IRIS.replacen(line, replacement, 1)))
        .collect();
    let expected: Vec<Vec<String>> = cases
        .iter()
        .map(|(_, _, expected)| vec![(*expected).to_owned()])
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_problem_inside_an_alias_is_where_the_value_was_written() {
    let text = small(
        "  x: { type: float, min: 0, max: 1 }",
        "  x: &unit { type: float, min: 0, max: a }\n  y: *unit",
    );
    let expected = [
        "parameters.x.max 5:40 expected a number, found `a`",
        "parameters.y.max 5:40 expected a number, found `a`",
    ];
    assert_eq!(told(&text), expected);
}

#[test]
fn a_broken_parent_does_not_make_its_children_wrong() {
    let text = small(
        "  x: { type: float, min: 0, max: 1 }",
        "  x: { type: categorical, values: nothing }\n  y: { type: bool, when: { x: a } }",
    );
    assert_eq!(
        told(&text),
        ["parameters.x.values 5:35 expected a list, found `nothing`"]
    );
}

#[test]
fn an_expression_that_cannot_be_quoted_for_the_shell_is_found() {
    let with = |command: &str| small("run: echo loss=${{ params.x }}", command);
    assert_eq!(
        told(&with("run: echo `date ${{ params.x }}`")),
        [
            "pipeline.train.run 8:21 `params.x`: an expression inside backticks cannot be quoted for the shell"
        ]
    );
    assert_eq!(
        told(&with(
            "run: |\n      echo \"a\"\n      echo ${v:-${{ params.y }}}"
        ))
        .len(),
        2,
        "the place and the unknown name are both wrong"
    );
    assert_eq!(told(&with("run: echo `${{ params.x +* 1 }}`")).len(), 1);
    let arguments = with("run: [echo, \"`${{ params.x }}`\"]");
    assert!(read_text(&arguments).is_ok(), "no shell sees it");
}

#[test]
fn the_name_of_a_level_is_no_metric() {
    for name in ["level", "epoch", "step", "iteration"] {
        let error = error(&small("metric: loss", &format!("metric: {name}")));
        let problem = &error.problems[0];
        assert_eq!((problem.line, problem.column), (2, 22));
        assert_eq!(
            problem.message,
            format!("`{name}` names the level of a report and is never a metric")
        );
        assert!(problem.help.as_ref().unwrap().contains("another name"));
    }
}

#[test]
fn a_cycle_is_named() {
    let steps = "  a: { run: 'x ${{ steps.b.values.v }}' }\n  b: { run: x, needs: c }\n  c: { run: x, needs: [a] }\n";
    let text = format!("{}{steps}", SMALL.split("  train:").next().unwrap());
    assert_eq!(
        told(&text),
        ["pipeline.a 7:3 these steps wait for each other: a → b → c → a"]
    );
}

#[test]
fn what_is_no_resource_is_pointed_at() {
    let with = |settings: &str| {
        let early_stopping =
            format!("early_stopping: {{ name: asha, settings: {{ {settings} }} }}\n");
        format!(
            "{early_stopping}{}",
            small("max: 1", "max: 1 }\n  epochs: { type: int, min: 3, max: 30")
        )
    };
    let checked = experiment(&with("resource: epochs"));
    assert_eq!(checked.rungs(), [3, 9, 27, 30]);
    assert_eq!(checked.parameters.parameters().len(), 2);
    let cases = [
        (
            "resource: epoch",
            "early_stopping.settings.resource 1:53 there is no parameter `epoch`",
        ),
        (
            "resource: x",
            "early_stopping.settings.resource 1:53 `x` is no int parameter: levels cannot be counted by it",
        ),
        (
            "resource: 3",
            "early_stopping.settings.resource 1:53 `3` does not fit",
        ),
        (
            "resource: epochs, min_level: 1",
            "early_stopping.settings.min_level 1:72 1 is no level of `epochs`, which goes from 3 to 30",
        ),
    ];
    for (settings, problem) in cases {
        assert_eq!(told(&with(settings)), [problem]);
    }
    let rungs =
        |text: String| text.replace("run: ", "env: { AT: '${{ trial.rungs }}' }\n    run: ");
    experiment(&rungs(with("resource: epochs")));
    let problem = &told(&rungs(with("reduction: 2")))[0];
    assert!(
        problem.ends_with("nobody knows beforehand at which levels trials are judged"),
        "{problem}"
    );
}

#[test]
fn an_experiment_must_be_able_to_end() {
    let endless = small("max_trials: 3\n", "");
    assert_eq!(
        told(&endless),
        ["parameters 3:1 nothing ends this experiment"]
    );
    experiment(&format!("converged: {{ stagnation: 20 }}\n{endless}"));
    experiment(&format!(
        "converged: {{ expected_improvement: 0.01 }}\n{endless}"
    ));
    experiment(&format!("converged: {{ regret: 0.01 }}\n{endless}"));
    assert_eq!(
        told(&format!("converged: {{ min_improvement: 0.1 }}\n{endless}")),
        ["converged 1:1 this does not say when"]
    );
    assert_eq!(
        told(&format!(
            "converged: {{ expected_improvement: 0.1, regret: 0.1 }}\nalgorithm: tpe\n{endless}"
        )),
        [
            "converged.expected_improvement 1:36 `tpe` cannot say what is still to be gained",
            "converged.regret 1:49 `tpe` cannot say what is still to be gained"
        ]
    );
    for end in ["max: 1, step: 0.5", "max: 1"] {
        let text = endless.replace("max: 1", end);
        let text = if end == "max: 1" {
            format!("max_duration: 1h\n{text}")
        } else {
            text
        };
        assert!(read_text(&text).is_ok(), "{end}");
    }
    assert!(read_text(&endless.replace("minimize", "minimize, target: 0.1")).is_ok());
    assert!(read_text(&format!("algorithm: grid\n{endless}")).is_ok());
}

#[test]
fn an_objective_that_no_step_can_report_is_found() {
    let text = IRIS
        .split("  report:")
        .next()
        .unwrap()
        .replace("metric: accuracy", "metric: acuracy");
    let error = error(&text);
    assert_eq!((error.problems[0].line, error.problems[0].column), (6, 11));
    assert_eq!(error.problems[0].message, "no step reports `acuracy`");
    assert_eq!(
        error.problems[0].help.as_deref(),
        Some("did you mean `accuracy`?")
    );
    assert!(
        read_text(&IRIS.replace("metric: accuracy", "metric: anything")).is_ok(),
        "a `run` step may report it"
    );
}

#[test]
fn a_grid_beyond_all_measure_is_refused() {
    let text = small(
        "max_trials: 3",
        "max_trials: 3\nalgorithm: { name: grid, settings: { points: 1000000 } }",
    )
    .replace(
        "  x: { type: float, min: 0, max: 1 }",
        "  x: { type: float, min: 0, max: 1 }\n  y: { type: float, min: 0, max: 1 }",
    );
    assert!(error(&text).problems[0].message.contains("the grid has"));
}
