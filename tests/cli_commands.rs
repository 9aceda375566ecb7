//! Commands that need no experiment to run: files, empty stores, unknown names, exit codes.

use crate::harness::{Place, wait_until};
use insta::assert_snapshot;
use std::io::Read;
use std::process::Stdio;

const WRONG: &str = "\
name: wrong
objective: { metric: loss, goal: minimise }
max_trails: 3
parameters:
  x: { type: float, min: 1, max: 0 }
pipeline:
  train: { run: 'echo loss=1' }
";

#[test]
fn a_file_from_init_is_valid() {
    let place = Place::new();
    assert_eq!(place.tune(&["init"]).code, 0);
    let said = place.tune(&["validate", "experiment.yaml"]);
    assert_eq!(
        (said.code, said.error.as_str()),
        (0, "experiment.yaml: valid\n")
    );
}

#[test]
fn init_overwrites_nothing_unless_it_is_told_to() {
    let place = Place::new();
    place.write("experiment.yaml", "mine");
    let said = place.tune(&["init"]);
    assert_eq!(said.code, 1);
    assert_snapshot!(said.error, @r"
    error: experiment.yaml exists
    hint: name another file, or overwrite this one with --force
    ");
    assert_eq!(
        std::fs::read_to_string(place.path("experiment.yaml")).unwrap(),
        "mine"
    );
    assert_eq!(place.tune(&["init", "--force"]).code, 0);
    assert!(
        std::fs::read_to_string(place.path("experiment.yaml"))
            .unwrap()
            .contains("objective:")
    );
}

#[test]
fn a_wrong_file_has_its_own_exit_code_and_every_problem_its_line() {
    let place = Place::new();
    place.write("wrong.yaml", WRONG);
    let said = place.tune(&["validate", "wrong.yaml"]);
    assert_eq!((said.code, said.out.as_str()), (3, ""));
    for part in ["minimise", "max_trails", "max_trials", "wrong.yaml:3"] {
        assert!(
            said.error.contains(part),
            "{part} is missing in {}",
            said.error
        );
    }
    assert_eq!(place.tune(&["run", "wrong.yaml"]).code, 3);
    assert!(
        !place.path(".tune").exists(),
        "a wrong file leaves nothing behind"
    );
}

#[test]
fn problems_are_there_for_programs_too() {
    let place = Place::new();
    place.write("wrong.yaml", WRONG);
    let said = place.tune(&["validate", "--format", "json", "wrong.yaml"]);
    assert_eq!(said.code, 3);
    let view: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(view["file"], "wrong.yaml");
    let problems = view["problems"].as_array().unwrap();
    let lines: Vec<_> = problems
        .iter()
        .map(|problem| problem["line"].as_u64().unwrap())
        .collect();
    assert!(
        lines.contains(&2) && lines.contains(&3) && lines.contains(&5),
        "{view}"
    );
    for key in ["path", "column", "message", "help"] {
        assert!(problems[0].get(key).is_some(), "{key} is missing in {view}");
    }
}

#[test]
fn the_schema_describes_experiment_files() {
    let said = Place::new().tune(&["schema"]);
    assert_eq!(said.code, 0);
    let schema: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert!(schema["properties"]["objective"].is_object(), "{schema}");
}

#[test]
fn a_missing_store_is_an_empty_list_but_has_no_experiments_to_show() {
    let place = Place::new();
    let said = place.tune(&["list"]);
    assert_eq!((said.code, said.out.as_str()), (0, ""));
    assert_snapshot!(said.error, @r"
    no experiments in DIR/.tune
    hint: `tune init` writes one to start from, `tune run FILE` runs it
    ");
    let said = place.tune(&["list", "--format", "json"]);
    assert_snapshot!(said.out, @r#"
    {
      "experiments": [],
      "next": null
    }
    "#);
    let said = place.tune(&["show", "iris"]);
    assert_eq!(said.code, 1);
    assert_snapshot!(said.error, @r"
    error: there is no store at DIR/.tune
    hint: `tune run FILE` makes one; `--store DIR` or TUNE_STORE names another
    ");
    assert!(!place.path(".tune").exists(), "reading makes no store");
}

#[test]
fn a_missing_file_is_no_fault_of_the_file() {
    let said = Place::new().tune(&["run", "nowhere.yaml"]);
    assert_eq!(said.code, 1);
    assert_snapshot!(said.error, @r"
    error: cannot read nowhere.yaml: No such file or directory (os error 2)
    hint: `tune init FILE` writes an experiment to start from
    ");
}

#[test]
fn nonsense_on_the_command_line_is_a_usage_error() {
    let place = Place::new();
    for args in [
        ["run", "x.yaml", "--set", "no_value"].as_slice(),
        &["run", "x.yaml", "--processes", "0"],
        &["trials", "x", "--state", "done"],
        &["trials", "x", "--asc", "--desc"],
        &["delete"],
    ] {
        assert_eq!(place.tune(args).code, 2, "{args:?}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let place = Place::new();
    let mut child = place
        .command(&["schema"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The pipe is closed while the program writes, or before it does.
    drop(child.stdout.take());
    let mut error = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut error)
        .unwrap();
    assert_eq!(
        (child.wait().unwrap().code(), error.as_str()),
        (Some(0), "")
    );
}

#[test]
fn every_file_has_its_entry_for_programs() {
    let place = Place::new();
    place.tune(&["init", "a.yaml"]).success();
    let said = place.tune(&["validate", "a.yaml", "missing.yaml", "--format", "json"]);
    assert_eq!(said.code, 1);
    let views: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(views[0]["problems"], serde_json::json!([]));
    assert_eq!(views[1]["file"], "missing.yaml");
    let message = views[1]["problems"][0]["message"].as_str().unwrap();
    assert!(message.contains("cannot read"), "{message}");
}

const UNEVEN: &str = "\
name: uneven
objective: { metric: loss, goal: minimize }
algorithm: { name: grid }
parameters:
  x: { type: int, min: 0, max: 2 }
pipeline:
  train: { run: 'echo loss=${{ params.x }}; test ${{ params.x }} = 0 || echo extra=${{ params.x }}' }
";

#[test]
fn a_metric_that_the_best_trial_lacks_has_its_column_and_pages_their_next() {
    let place = Place::new();
    place.run(UNEVEN).success();
    let said = place
        .tune(&["trials", "uneven", "--format", "csv"])
        .success();
    assert!(
        said.out.lines().next().unwrap().ends_with(",loss,extra"),
        "{}",
        said.out
    );
    let said = place.tune(&["trials", "uneven", "--where", "extra>1", "--sort", "extra"]);
    assert_eq!(said.success().out.lines().count(), 2);
    let page = |offset: &str| {
        let args = [
            "trials", "uneven", "--limit", "2", "--offset", offset, "--format", "json",
        ];
        let page: serde_json::Value =
            serde_json::from_str(&place.tune(&args).success().out).unwrap();
        (
            page["trials"].as_array().unwrap().len(),
            page["next"].clone(),
        )
    };
    assert_eq!(page("0"), (2, 2.into()));
    assert_eq!(page("2"), (1, serde_json::Value::Null));
}

#[test]
fn a_finished_experiment_has_no_result_for_programs_and_is_deleted_once() {
    let place = Place::new();
    place.run(UNEVEN).success();
    for args in [
        &["run", "experiment.yaml", "--json"],
        &["resume", "uneven", "--json"],
    ] {
        let said = place.tune(args).success().says(&["has ended already"]);
        assert_eq!(said.out, "");
    }
    let said = place
        .tune(&["delete", "uneven", "uneven", "--yes"])
        .success();
    assert_eq!(said.error, "deleted `uneven`\n");
}

#[test]
fn a_file_in_another_directory_goes_on_where_it_was_first() {
    let place = Place::new();
    place.write("experiment.yaml", UNEVEN);
    let first = place.tune(&["run", "experiment.yaml", "--max-trials", "1"]);
    assert!(!first.success().error.contains("relative paths"));
    std::fs::create_dir(place.path("other")).unwrap();
    place.write("other/experiment.yaml", UNEVEN);
    let said = place.tune(&["run", "other/experiment.yaml", "--max-trials", "2"]);
    said.success()
        .says(&["relative paths start from DIR, where it was run first"]);
}

const ENDLESS: &str = "\
name: endless
objective: { metric: loss, goal: minimize }
max_trials: 1
parameters:
  x: { type: int, min: 0, max: 2 }
pipeline:
  train: { run: 'echo begun; sleep 600' }
";

#[test]
fn a_log_is_followed_no_longer_than_somebody_drives() {
    let place = Place::new();
    place.write("experiment.yaml", ENDLESS);
    let mut child = place.start(&["run", "experiment.yaml"]);
    let log = || place.tune(&["logs", "endless", "0"]).out;
    wait_until("the step has begun", || log() == "begun\n");
    child.kill().unwrap();
    child.wait().unwrap();
    let said = place.tune(&["logs", "endless", "0", "--follow"]);
    assert_eq!(said.success().out, "begun\n");
    place.wait_for_quiet();
}

const FAILING: &str = "\
name: failing
objective: { metric: m, goal: maximize }
algorithm: random
max_trials: 2
parameters: { x: { type: float, min: 0, max: 1 } }
pipeline:
  train: { run: 'echo KeyError: x >&2; exit 1' }
";

#[test]
fn a_failed_experiment_says_what_helps_and_resume_takes_other_limits() {
    let place = Place::new();
    place.run(FAILING).exit(4).says(&[
        "trial 1  failed     train: exit code 1: KeyError: x",
        "tune trials failing --state failed",
    ]);
    place.run(FAILING).exit(4).says(&[
        "`tune delete failing`",
        "--name",
        "`tune resume failing --max-trials N`",
    ]);
    let resume = |more: &[&str]| place.tune(&[&["resume", "failing"], more].concat());
    resume(&["--max-trials", "3", "--parallel", "2"]).exit(4);
    assert_eq!(place.trials("failing").len(), 3);
    resume(&["--max-trials", "1"]).exit(4);
    assert_eq!(place.trials("failing").len(), 3);
    resume(&["--max-trials", "none"])
        .exit(2)
        .says(&["a whole number from 1 on"]);
}

#[test]
fn suggested_commands_find_a_store_elsewhere() {
    let place = Place::new();
    place.write("failing.yaml", FAILING);
    place
        .tune(&["--store", "else where", "run", "failing.yaml"])
        .says(&["tune --store 'else where' trials failing --state failed"]);
    place
        .tune(&["--store", "else where", "show", "faling"])
        .exit(1)
        .says(&["did you mean `failing`?"]);
    let mut command = place.command(&["show", "failing"]);
    let shown = command.env("TUNE_STORE", "else where").output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(
        shown.contains("  tune trials failing --state failed"),
        "{shown}"
    );
}

#[test]
fn a_comparison_that_makes_no_sense_is_a_usage_error() {
    let place = Place::new();
    place.run(FAILING).exit(4);
    for comparison in ["number=abc", "state=foo", "m=>1", "x", "started_at>x"] {
        place
            .tune(&["trials", "failing", "--where", comparison])
            .exit(2);
    }
}

#[test]
fn an_export_needs_no_form() {
    let place = Place::new();
    place.run(FAILING).exit(4);
    let csv = place.tune(&["export", "failing"]).success().out;
    assert!(csv.starts_with("number,state,"), "{csv}");
    place
        .tune(&["export", "failing", "-o", "all.json"])
        .success();
    let json = std::fs::read(place.path("all.json")).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["trials"].as_array().map(Vec::len), Some(2));
}
