//! What shells rely on: variables, exit codes, and refusals that cost nothing.

use crate::harness::{Place, Said};
use crate::remote::Server;

const CONDITIONAL: &str = "
name: asked
objective: { metric: accuracy, goal: maximize }
algorithm: { name: grid, settings: { order: file } }
parameters:
  model: { type: categorical, values: [svm, tree] }
  depth: { type: ordinal, values: [3], when: { model: tree } }
";

const SILENT: &str = "
name: silent
objective: { metric: loss, goal: minimize }
max_trials: 1
parameters: { x: { type: float, min: 0, max: 1 } }
pipeline:
  nothing: { run: 'true' }
  loud: { run: 'echo loss=1', needs: nothing }
";

/// The same at a store and at a server: `tune` runs the program with these words.
fn a_slip_costs_no_trial(place: &Place, tune: impl Fn(&[&str]) -> Said) {
    place.write("asked.yaml", CONDITIONAL);
    tune(&["create", "asked.yaml"]).success();
    tune(&["ask", "asked"]).success();
    tune(&["tell", "asked", "0", "acuracy=0.9"])
        .exit(1)
        .says(&["`accuracy`", "by `acuracy`?"]);
    tune(&["tell", "asked", "0"])
        .exit(1)
        .says(&["`accuracy` was neither reported nor told"]);
    let open = tune(&["show", "asked", "0", "--format", "json"]).success();
    assert!(open.out.contains("\"state\": \"running\""), "{}", open.out);
    tune(&["tell", "asked", "0", "accuracy=0.9"]).success();
}

#[test]
fn a_slip_costs_no_trial_in_a_store() {
    let place = Place::new();
    a_slip_costs_no_trial(&place, |words| place.tune(words));
}

#[test]
fn a_slip_costs_no_trial_at_a_server() {
    let place = Place::new();
    let server = Server::start(&place, "127.0.0.1:0");
    a_slip_costs_no_trial(&place, |words| server.tune(&place, words));
}

#[test]
fn no_variable_is_left_of_the_trial_before() {
    let place = Place::new();
    place.write("asked.yaml", CONDITIONAL);
    place.tune(&["create", "asked.yaml"]).success();
    let ask = || place.tune(&["ask", "asked", "--format", "env"]);
    assert_eq!(
        ask().success().out,
        "unset depth\nTUNE_TRIAL=0\nunset TUNE_RUNGS\nmodel=svm\n"
    );
    assert_eq!(
        ask().success().out,
        "TUNE_TRIAL=1\nunset TUNE_RUNGS\nmodel=tree\ndepth=3\n"
    );
    let nothing = ask().exit(8).says(&["has no trial to give now"]);
    assert_eq!(nothing.out, "");
    for number in ["0", "1"] {
        let tell = ["tell", "asked", number, "accuracy=1"];
        place.tune(&tell).success();
    }
    assert_eq!(ask().exit(7).out, "");
}

#[test]
fn an_experiment_sets_no_variable_of_the_shell_s_own() {
    let place = Place::new();
    let file = CONDITIONAL.replace("model", "LD_PRELOAD");
    place.write("asked.yaml", file);
    place.tune(&["create", "asked.yaml"]).success();
    place
        .tune(&["ask", "asked", "--format", "env"])
        .exit(1)
        .says(&["the parameter `LD_PRELOAD`", "--format json"]);
    // The refusal has cost no trial.
    let asked = place.tune(&["ask", "asked"]).success().out;
    assert!(asked.contains("\"number\": 0"), "{asked}");
}

#[test]
fn a_step_that_printed_nothing_is_no_error() {
    let place = Place::new();
    place.run(SILENT).success();
    let server = Server::start(&place, "127.0.0.1:0");
    let silent = ["logs", "silent", "0", "nothing"];
    for said in [place.tune(&silent), server.tune(&place, &silent)] {
        let said = said.success().says(&["step `nothing` printed nothing"]);
        assert_eq!(said.out, "");
    }
    let loud = ["logs", "silent", "0", "loud"];
    let said = place.tune(&loud).success();
    assert_eq!((said.out.as_str(), said.error.as_str()), ("loss=1\n", ""));
}

#[test]
fn a_variable_that_is_empty_is_not_set() {
    let place = Place::new();
    place.run(SILENT).success();
    let mut list = place.command(&["list"]);
    let store = (!place.is_shared()).then_some("TUNE_STORE");
    for variable in ["TUNE_SERVER", "TUNE_TOKEN", "TUNE_LOG"]
        .into_iter()
        .chain(store)
    {
        list.env(variable, "");
    }
    let said = place.said(&list.output().expect("the program runs"));
    assert!(said.success().out.contains("silent"));
    assert!(!place.path("list").exists());
}

#[test]
fn an_address_of_no_store_is_not_taken_for_a_directory() {
    let place = Place::new();
    place
        .tune(&["list", "--store", "mysql://ann:secret@db/x"])
        .exit(2)
        .says(&["`mysql://", "postgres://USER@HOST/DATABASE"]);
    assert!(!place.path("mysql:").exists());
}

#[test]
fn tokens_are_managed_at_a_server() {
    let place = Place::new();
    let server = Server::start(&place, "127.0.0.1:0");
    let create = |name: &str, role: &str, more: &[&str]| {
        let words = ["token", "create", "--name", name, "--role", role];
        server.tune(&place, &[&words, more].concat())
    };
    let me = create("me", "admin", &[]).success().out.trim().to_owned();
    create("other", "viewer", &[])
        .exit(1)
        .says(&["--token or TUNE_TOKEN"]);
    let with = ["--token", me.as_str()];
    create("other", "viewer", &["--expires", "30d", with[0], with[1]]).success();
    create("other", "viewer", &with)
        .exit(1)
        .says(&["already a token `other`"]);
    let at = |words: &[&str]| server.tune(&place, &[words, &with].concat());
    let known = ["me", "admin", "other", "viewer", "never"];
    let listed = at(&["token", "list"]).success().says(&known);
    assert!(!listed.out.contains(&me));
    at(&["token", "revoke", "othr"])
        .exit(1)
        .says(&["did you mean `other`?"]);
    at(&["token", "revoke", "other"]).success();
    let left = place.tune(&["token", "list"]).success();
    assert!(!left.out.contains("other"), "{}", left.out);
}

#[test]
fn an_export_is_the_same_from_everywhere() {
    let place = Place::new();
    place.run(SILENT).success();
    let server = Server::start(&place, "127.0.0.1:0");
    let export = ["export", "silent"];
    let stored = place.tune(&export).success().out;
    assert_eq!(server.tune(&place, &export).success().out, stored);
    let address = format!("{}/api/v1/experiments/silent/export", server.url);
    let table = std::process::Command::new("curl")
        .args(["-sf", &address])
        .output();
    let table = table.expect("curl runs").stdout;
    assert_eq!(String::from_utf8_lossy(&table), stored);
}

#[test]
fn every_line_about_a_step_names_its_experiment_and_trial() {
    let place = Place::new();
    place.write("experiment.yaml", SILENT);
    let mut run = place.command(&["run", "experiment.yaml", "-q"]);
    let said = place.said(
        &run.env("TUNE_LOG", "tune_experiments=debug")
            .output()
            .expect("it runs"),
    );
    let said = said.success();
    let ended = |line: &&str| line.contains("the attempt has ended");
    let lines: Vec<&str> = said.error.lines().filter(ended).collect();
    assert_eq!(lines.len(), 2, "{}", said.error);
    for (line, step) in lines.into_iter().zip(["nothing", "loud"]) {
        for part in [
            "experiment=\"silent\"",
            "trial=0",
            &format!("step=\"{step}\""),
        ] {
            assert!(line.contains(part), "{part} is not in {line}");
        }
    }
}
