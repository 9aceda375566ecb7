//! What a step printed is found wherever it is kept: a little of a step that went well in the store, all else in files.

use crate::cluster::Cluster;
use crate::harness::{Place, wait_until};
use crate::server::Server;
use std::process::Stdio;

const EXPERIMENT: &str = r#"
name: logged
objective: { metric: m, goal: maximize }
algorithm: random
max_trials: 1
parameters: { x: { type: float, min: 0, max: 1 } }
pipeline:
  short: { run: 'echo "größe $USED"', secrets: [USED] }
  silent: { run: "true" }
  twice: { run: 'echo "try $TUNE_ATTEMPT"; test $TUNE_ATTEMPT = 2', retries: { max: 1, delay: 0s } }
  long: { run: "seq -w 2000" }
  bytes: { run: "printf 'caf\\351\\n'" }
  measure: { run: "echo m=1", needs: [short, silent, twice, long, bytes] }
"#;

/// Step, attempt, what it printed, and whether that is in a file.
fn expected() -> Vec<(&'static str, &'static str, String, bool)> {
    let long = (1..=2000).map(|number| format!("{number:04}\n"));
    vec![
        ("short", "1", "größe ***\n".to_owned(), false),
        ("silent", "1", String::new(), false),
        ("twice", "1", "try 1\n".to_owned(), true),
        ("twice", "2", "try 2\n".to_owned(), false),
        ("long", "1", long.collect(), true),
        ("bytes", "1", "caf\u{fffd}\n".to_owned(), true),
        ("measure", "1", "m=1\n".to_owned(), false),
    ]
}

fn run(place: &Place) {
    place.write("experiment.yaml", EXPERIMENT);
    let mut command = place.command(&["run", "experiment.yaml"]);
    let output = command.env("USED", "a secret").output().expect("a run");
    place.said(&output).success();
}

fn address(step: &str, query: &str) -> String {
    format!("/api/v1/experiments/logged/trials/0/steps/{step}/log?{query}")
}

#[test]
fn each_attempt_has_its_log_and_most_are_no_files() {
    let place = Place::new();
    run(&place);
    let server = Server::start(&place);
    let shown = place.tune(&["show", "logged", "0"]).success();
    for (step, attempt, text, is_file) in expected() {
        let command = ["logs", "logged", "0", step, "--attempt", attempt];
        let elsewhere = [&command[..], &["--server", &server.url]].concat();
        for said in [place.tune(&command), place.tune(&elsewhere)] {
            assert_eq!(said.success().out, text, "{step}");
        }
        let file = format!("runs/1/0.{step}.{attempt}.log");
        assert_eq!(place.path(".tune").join(&file).exists(), is_file, "{file}");
        let is_last = step != "twice" || attempt == "2";
        assert_eq!(shown.out.contains(&file), is_file && is_last, "{file}");
    }
    for step in ["short", "long"] {
        let (_, text) = server.ask(&address(step, ""), &[]);
        for (query, part) in [
            ("follow=true", &*text),
            ("offset=8", &text[8..]),
            ("offset=99999", ""),
            ("tail=4", &text[text.len() - 4..]),
            ("tail=99999", &text),
        ] {
            assert_eq!(
                server.ask(&address(step, query), &[]),
                (200, part.to_owned()),
                "{step} {query}"
            );
        }
    }
}

#[test]
fn what_is_in_the_store_needs_no_files() {
    let place = Place::new();
    run(&place);
    std::fs::remove_dir_all(place.path(".tune/runs")).expect("it is there");
    let server = Server::start(&place);
    for (step, attempt, text, is_file) in expected() {
        let command = ["logs", "logged", "0", step, "--attempt", attempt];
        let (status, body) = server.ask(&address(step, &format!("attempt={attempt}")), &[]);
        if is_file {
            place
                .tune(&command)
                .exit(1)
                .says(&["has no log of attempt"]);
            assert_eq!(status, 404, "{body}");
        } else {
            assert_eq!(place.tune(&command).success().out, text);
            assert_eq!((status, body), (200, text));
        }
    }
    place.tune(&["show", "logged", "0"]).success();
}

#[test]
fn a_link_or_a_socket_in_its_place_is_no_log() {
    let place = Place::new();
    run(&place);
    let server = Server::start(&place);
    let file = place.path(".tune/runs/1/0.long.1.log");
    place.write("elsewhere", "not for readers");
    std::fs::remove_file(&file).expect("it is there");
    std::os::unix::fs::symlink(place.path("elsewhere"), &file).expect("a link");
    let answer = |query: &str| server.ask(&address("long", query), &[]);
    let (status, body) = answer("");
    assert!(status < 500 && !body.contains("not for"), "{status} {body}");
    std::fs::remove_file(&file).expect("the link");
    let _socket = std::os::unix::net::UnixListener::bind(&file).expect("a socket");
    assert_eq!(answer("").0, status);
    assert_eq!(answer("follow=true").0, status);
}

#[test]
fn a_log_is_followed_while_the_step_runs() {
    let place = Place::new();
    let waits = "echo begun; while [ ! -e go ]; do sleep 0.05; done; echo m=1";
    let experiment = EXPERIMENT.split_once("pipeline:").expect("a pipeline").0;
    let experiment = format!("{experiment}pipeline:\n  waits: {{ run: '{waits}' }}\n");
    place.write("experiment.yaml", experiment);
    let mut running = place.start(&["run", "experiment.yaml"]);
    let log = || place.tune(&["logs", "logged", "0"]).out;
    wait_until("the step has begun", || log() == "begun\n");
    let mut follow = place.command(&["logs", "logged", "0", "--follow"]);
    let following = follow.stdout(Stdio::piped()).spawn().expect("it starts");
    place.write("go", "");
    let followed = following.wait_with_output().expect("an end");
    assert_eq!(String::from_utf8_lossy(&followed.stdout), "begun\nm=1\n");
    assert!(running.wait().expect("an end").success());
    assert_eq!(log(), "begun\nm=1\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_shows_what_was_printed_at_another() {
    let place = Place::in_postgres(&Cluster::shared()).await;
    let servers = ["here", "there"].map(|data| Server::with(&place, &["--data", data]));
    let experiment = EXPERIMENT.replace(", secrets: [USED]", "");
    servers[0].submit(&experiment.replace("$USED", "***"));
    servers[1].wait_for_end("logged");
    let drove = usize::from(!place.path("here/runs").exists());
    for (step, attempt, text, is_file) in expected() {
        let ask = |server: &Server| server.ask(&address(step, &format!("attempt={attempt}")), &[]);
        let (status, body) = ask(&servers[1 - drove]);
        if is_file {
            assert_eq!(status, 404, "{body}");
            assert!(body.contains("another server"), "{body}");
        } else {
            assert_eq!((status, &body), (200, &text));
            assert_eq!(ask(&servers[drove]), (status, body));
        }
    }
}
