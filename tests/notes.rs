//! Tags and notes from the command line: in a store and at a server.

use crate::harness::Place;
use crate::server::Server;
use std::io::Write;
use std::process::Stdio;

const TAGGED: &str = "
name: tagged
tags: [nlp, baseline]
objective: { metric: loss, goal: minimize }
algorithm: { name: random }
max_trials: 2
parameters:
  x: { type: float, min: 0, max: 1 }
pipeline:
  train: { run: 'echo loss=${{ params.x }}' }
";

/// The life of tags and notes; `more` says where the experiment is.
fn written_and_found(place: &Place, more: &[&str]) {
    let tune = |arguments: &[&str]| place.tune(&[arguments, more].concat());
    assert_eq!(tune(&["tag", "tagged"]).success().out, "baseline nlp\n");
    let changed = tune(&["tag", "tagged", "gpu:a100", "--remove", "nlp"]);
    assert_eq!(changed.success().out, "baseline gpu:a100\n");
    let listed = tune(&["list", "--tag", "gpu:a100"]).success();
    assert!(listed.out.contains("baseline gpu:a100"), "{}", listed.out);
    tune(&["list", "--tag", "nlp"])
        .success()
        .says(&["no experiment has these tags"]);

    tune(&["note", "tagged"]).success().says(&["no note"]);
    tune(&["note", "tagged", "worth\nanother look"]).success();
    assert_eq!(
        tune(&["note", "tagged"]).success().out,
        "worth\nanother look\n"
    );
    tune(&["show", "tagged"])
        .success()
        .says(&["tags: baseline, gpu:a100\n", "  worth\n  another look\n"]);

    tune(&["tag", "tagged", "odd", "--trial", "1"]).success();
    tune(&["note", "tagged", "why?", "--trial", "1"]).success();
    tune(&["show", "tagged", "1"])
        .success()
        .says(&["tags: odd", "why?"]);
    let found = tune(&[
        "trials",
        "tagged",
        "--tag",
        "odd",
        "--format",
        "csv",
        "--columns",
        "number",
    ]);
    assert_eq!(
        found.success().out.lines().collect::<Vec<_>>(),
        ["number", "1"]
    );

    tune(&["tag", "tagged", "two words"])
        .exit(2)
        .says(&["two words", "a tag has 1 to 40 letters"]);
    tune(&["trials", "tagged", "--tag", "odd,even"])
        .exit(2)
        .says(&["a tag has 1 to 40 letters"]);
    tune(&["tag", "tagged", "x", "--trial", "9"])
        .exit(1)
        .says(&["has no trial 9"]);
    tune(&["tag", "taged"])
        .exit(1)
        .says(&["did you mean `tagged`?"]);
    tune(&["note", "tagged", ""]).success();
    tune(&["note", "tagged"]).success().says(&["no note"]);
}

#[test]
fn in_a_store() {
    let place = Place::new();
    place.run(TAGGED).success();
    written_and_found(&place, &[]);
    // What was tagged meanwhile does not make another experiment of it.
    place.run(TAGGED).success();
}

#[test]
fn at_a_server() {
    let place = Place::new();
    place.run(TAGGED).success();
    let server = Server::start(&place);
    written_and_found(&place, &["--server", &server.url]);
}

#[test]
fn a_note_is_read_from_standard_input() {
    let place = Place::new();
    place.run(TAGGED).success();
    let mut command = place.command(&["note", "tagged", "-"]);
    command.stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(b"from a file\n").expect("it reads");
    drop(input);
    place.said(&child.wait_with_output().unwrap()).success();
    let shown = place.experiment("tagged");
    assert_eq!(shown["note"], "from a file\n");
    assert_eq!(shown["tags"], serde_json::json!(["baseline", "nlp"]));
}
