//! The command line against a server: what it says is what it says of the store itself, and whoever leaves can come back. And ask-and-tell
//! from a shell, with and without a server.

use crate::harness::{Place, Said, wait_for_error_line, wait_until};
use serde_json::Value as Json;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Stdio};

const MODELS: &str = "
name: models
description: Which of two is better.
objective: { metric: score, goal: maximize }
algorithm: { name: random, seed: 3 }
max_trials: 12
parallel_trials: 2
parameters:
  model: { type: categorical, values: [tree, forest] }
  depth: { type: int, min: 1, max: 8 }
pipeline:
  train:
    run: 'test ${{ params.depth }} = 8 && exit 1; echo f1=0.5 score=$(( ${{ params.depth }} * 10 ))'
";

/// Its steps wait for a file.
const GATED: &str = "
name: gated
objective: { metric: loss, goal: minimize }
max_trials: 2
parameters: { x: { type: float, min: 0, max: 1 } }
pipeline:
  wait: { run: 'echo > begun; while ! test -e gate; do sleep 0.02; done; echo loss=1' }
";

const ASKED: &str = "
name: asked
objective: { metric: loss, goal: minimize }
max_trials: 24
parameters: { x: { type: float, min: 0, max: 1 } }
";

/// A server that ends with its test.
pub struct Server {
    child: Child,
    /// Where it is.
    pub url: String,
}

impl Server {
    /// Starts one on the place's store.
    pub fn start(place: &Place, listen: &str) -> Self {
        let mut command = place.command(&["serve", "--listen", listen, "--slots", "2"]);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the program starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("a pipe");
        BufReader::new(out).read_line(&mut line).expect("a line");
        let url = line.trim().to_owned();
        assert!(url.starts_with("http"), "{url:?} is no address");
        Self { child, url }
    }

    /// Runs the program, asking the server.
    pub fn tune(&self, place: &Place, arguments: &[&str]) -> Said {
        place.tune(&[arguments, &["--server", &self.url]].concat())
    }

    /// The program, asking the server, without waiting for its end.
    fn started(&self, place: &Place, arguments: &[&str]) -> Child {
        place.start(&[arguments, &["--server", &self.url]].concat())
    }

    fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("the end");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn interrupt(child: &Child) {
    let pid = i32::try_from(child.id()).ok();
    let pid = pid
        .and_then(rustix::process::Pid::from_raw)
        .expect("a process");
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it takes signals");
}

/// Waits until it shows the experiment of that name; what it says from then on.
fn shows(child: &mut Child, name: &str) -> BufReader<ChildStderr> {
    let mut stderr = BufReader::new(child.stderr.take().expect("a pipe"));
    loop {
        let mut line = String::new();
        let read = stderr.read_line(&mut line).expect("text");
        assert!(read > 0, "it ended without showing `{name}`");
        if line.trim() == name {
            return stderr;
        }
    }
}

/// The exit code, and what it said to the end on both streams.
fn end(mut child: Child, stderr: Option<BufReader<ChildStderr>>) -> (Option<i32>, String) {
    let mut said = String::new();
    let mut out = child.stdout.take().expect("a pipe");
    out.read_to_string(&mut said).expect("text");
    if let Some(mut stderr) = stderr.or(child.stderr.take().map(BufReader::new)) {
        stderr.read_to_string(&mut said).expect("text");
    }
    (child.wait().expect("the end").code(), said)
}

#[test]
fn every_command_says_of_a_server_what_it_says_of_the_store() {
    let place = Place::new();
    place.run(MODELS).success();
    let elsewhere = Place::new();
    let server = Server::start(&place, "127.0.0.1:0");
    let store = match place.is_shared() {
        true => place.store(),
        false => {
            let store = place.path(".tune").canonicalize().expect("a store");
            store.display().to_string()
        }
    };
    for command in [
        &["list", "--format", "json"][..],
        &["list"],
        &["show", "models"],
        &["show", "models", "0", "--format", "json"],
        &["best", "models"],
        &["best", "models", "--format", "json"],
        &["best", "models", "--format", "args"],
        &["trials", "models"],
        &[
            "trials",
            "models",
            "--sort",
            "objective",
            "--limit",
            "5",
            "--offset",
            "3",
            "--format",
            "json",
        ],
        &[
            "trials",
            "models",
            "--where",
            "score>=30",
            "--where",
            "model=forest",
            "--sort",
            "f1",
            "--desc",
        ],
        &["trials", "models", "--state", "failed", "--format", "csv"],
        &["compare", "models"],
        &["compare", "models", "--by", "depth", "--format", "json"],
        &["importance", "models"],
        &[
            "importance",
            "models",
            "--target",
            "f1",
            "--goal",
            "minimize",
            "--format",
            "json",
        ],
        &["importance", "models", "--target", "scoer"],
        &["logs", "models", "0"],
        &["export", "models"],
        &["export", "models", "--format", "json"],
        &["show", "modles"],
        &["show", "models", "99"],
        &["trials", "models", "--sort", "scoer"],
    ] {
        let here = place.tune(command);
        let there = server.tune(&elsewhere, command);
        let said = |said: &Said| {
            let all = format!("{}\n{}", said.out, said.error);
            all.replace(&format!("tune --server {}", server.url), "tune")
                .replace(&server.url, &store)
        };
        assert_eq!(said(&here), said(&there), "{command:?}");
        assert_eq!(here.code, there.code, "{command:?}");
    }
    let shown = server.tune(&elsewhere, &["show", "models", "0"]).success();
    let log = format!(
        "{}/api/v1/experiments/models/trials/0/steps/train/log",
        server.url
    );
    shown.says(&["configuration", &log]);
}

#[test]
fn a_run_at_a_server_is_followed_to_its_end() {
    let place = Place::new();
    let elsewhere = Place::new();
    let server = Server::start(&place, "127.0.0.1:0");
    elsewhere.write("experiment.yaml", MODELS);
    let run = ["run", "experiment.yaml"];
    let said = server.tune(&elsewhere, &run).success();
    let said = said.says(&["uses the files of the server", "best score 60", "(best)"]);
    let ended = said.error.lines().filter(|line| line.starts_with("trial "));
    assert_eq!(ended.count(), 12, "{}", said.error);
    server
        .tune(&elsewhere, &run)
        .success()
        .says(&["has ended already", "best score 60"]);
    let said = server.tune(
        &elsewhere,
        &["run", "experiment.yaml", "--max-trials", "14"],
    );
    said.success().says(&["goes on with new limits"]);
    let other = ["run", "experiment.yaml", "--seed", "4"];
    server
        .tune(&elsewhere, &other)
        .exit(6)
        .says(&["algorithm.seed: 3 before, 4 now"]);
    server
        .tune(&elsewhere, &["delete", "models", "--yes"])
        .success();
    server.tune(&elsewhere, &["show", "models"]).exit(1);
}

#[test]
fn whoever_leaves_a_run_can_come_back() {
    let place = Place::new();
    let server = Server::start(&place, "127.0.0.1:0");
    place.write("experiment.yaml", GATED);
    let mut run = server.started(&place, &["run", "experiment.yaml"]);
    let stderr = shows(&mut run, "gated");
    wait_until("the first step runs", || place.path("begun").exists());
    interrupt(&run);
    let (code, said) = end(run, Some(stderr));
    assert_eq!(code, Some(130), "{said}");
    let cancel = format!("tune --server {} cancel gated", server.url);
    assert!(said.contains(&cancel), "{said}");
    let watch = server.started(&place, &["watch", "gated"]);
    place.write("gate", "");
    let (code, said) = end(watch, None);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("best loss 1"), "{said}");
}

#[test]
fn a_watch_outlives_the_server() {
    let place = Place::new();
    let server = Server::start(&place, "127.0.0.1:0");
    let address = server.url.trim_start_matches("http://").to_owned();
    place.write("experiment.yaml", GATED);
    server
        .tune(&place, &["create", "experiment.yaml"])
        .success();
    wait_until("the first step runs", || place.path("begun").exists());
    let mut watch = server.started(&place, &["watch", "gated"]);
    let stderr = shows(&mut watch, "gated");
    server.kill();
    place.write("gate", "");
    let _again = Server::start(&place, &address);
    let (code, said) = end(watch, Some(stderr));
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("best loss 1"), "{said}");
}

#[test]
fn another_terminal_follows_a_run_in_the_same_store() {
    let place = Place::new();
    place.write("experiment.yaml", GATED);
    let run = place.start(&["run", "experiment.yaml"]);
    wait_until("the first step runs", || place.path("begun").exists());
    let watch = place.start(&["watch", "gated"]);
    place.write("gate", "");
    let (code, said) = end(watch, None);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("best loss 1"), "{said}");
    assert_eq!(end(run, None).0, Some(0));
}

#[test]
fn a_watch_says_that_nothing_happens_and_why() {
    let place = Place::new();
    place.write("experiment.yaml", ASKED);
    place.tune(&["create", "experiment.yaml"]).success();
    place.tune(&["pause", "asked"]).success();
    let mut watch = place.start(&["watch", "asked"]);
    let paused = "`asked` is paused; `tune resume asked` goes on with it";
    wait_for_error_line(&mut watch, paused);
    place.tune(&["delete", "--yes", "asked"]).success();
    assert_eq!(watch.wait().expect("it ends").code(), Some(1));
    place.tune(&["create", "experiment.yaml"]).success();
    let shown = place.tune(&["show", "asked"]).success();
    assert!(!shown.out.contains("no process runs it"), "{}", shown.out);
}

/// Asks and tells until there is nothing more to ask for; the numbers that it was given.
fn evaluate(place: &Place, at: &[&str]) -> Vec<u64> {
    let mut numbers = Vec::new();
    loop {
        let said = place.tune(&[&["ask", "asked"], at].concat());
        if said.code == 7 {
            return numbers;
        }
        let asked: Json = serde_json::from_str(&said.success().out).expect("JSON");
        for trial in asked["trials"].as_array().expect("a list") {
            let number = trial["number"].as_u64().expect("a number");
            let loss = format!("loss={}", trial["parameters"]["x"]);
            let tell = ["tell", "asked", &number.to_string(), &loss];
            place.tune(&[&tell, at].concat()).success();
            numbers.push(number);
        }
    }
}

/// Eight shells at once.
fn evaluated(place: &Place, at: &[&str]) -> Vec<u64> {
    std::thread::scope(|scope| {
        let shells: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| evaluate(place, at)))
            .collect();
        let numbers = shells
            .into_iter()
            .flat_map(|shell| shell.join().expect("a shell"));
        let mut numbers: Vec<u64> = numbers.collect();
        numbers.sort_unstable();
        numbers
    })
}

#[test]
fn shells_ask_and_tell_at_once_without_a_server() {
    let place = Place::new();
    place.write("experiment.yaml", ASKED);
    place.tune(&["create", "experiment.yaml"]).success();
    assert_eq!(evaluated(&place, &[]), (0..24).collect::<Vec<_>>());
    let shown = place.experiment("asked");
    assert_eq!(shown["state"], "succeeded");
    assert_eq!(shown["trials"]["succeeded"], 24);
}

#[test]
fn shells_ask_and_tell_at_once_at_a_server() {
    let place = Place::new();
    let server = Server::start(&place, "127.0.0.1:0");
    let at = ["--server", server.url.as_str()];
    place.write("experiment.yaml", ASKED);
    place
        .tune(&[&["create", "experiment.yaml"], &at[..]].concat())
        .success();
    assert_eq!(evaluated(&place, &at), (0..24).collect::<Vec<_>>());
}

#[test]
fn a_trial_is_reported_told_once_and_not_otherwise() {
    let place = Place::new();
    place.write("experiment.yaml", ASKED);
    place.tune(&["create", "experiment.yaml"]).success();
    place
        .tune(&["run", "experiment.yaml"])
        .exit(2)
        .says(&["tune create experiment.yaml"]);
    place.tune(&["ask", "asked", "--count", "2"]).success();
    let report = ["report", "asked", "0", "loss=0.5", "epoch=3"];
    place.tune(&report).success().says(&["\"stop\": false"]);
    place.tune(&["report", "asked", "0"]).success();
    place.tune(&["tell", "asked", "0"]).success();
    assert_eq!(place.trial("asked", 0)["metrics"]["loss"], 0.5);
    place.tune(&["tell", "asked", "1", "loss=1"]).success();
    place.tune(&["tell", "asked", "1", "loss=1"]).success();
    place.tune(&["tell", "asked", "1", "loss=2"]).exit(1);
    place
        .tune(&["tell", "asked", "7", "loss=2"])
        .exit(1)
        .says(&["no trial 7"]);
    place.tune(&["pause", "asked"]).success().says(&["paused"]);
    place
        .tune(&["ask", "asked"])
        .success()
        .says(&["\"trials\": []", "\"paused\""]);
    place.tune(&["resume", "asked"]).success();
    place.tune(&["ask", "asked"]).success();
    place.tune(&["cancel", "asked"]).success();
    place.tune(&["ask", "asked"]).exit(7);
}

#[test]
fn a_server_that_cannot_be_used_is_named() {
    let place = Place::new();
    let nobody = ["list", "--server", "http://127.0.0.1:1"];
    place.tune(&nobody).exit(1).says(&[
        "cannot reach the server at http://127.0.0.1:1",
        "tune serve",
    ]);
    place.tune(&["list", "--server", "nowhere"]).exit(2);
    let made = ["token", "create", "--role", "viewer", "--name", "me"];
    let token = place.tune(&made).success().out.trim().to_owned();
    let server = Server::start(&place, "127.0.0.1:0");
    server
        .tune(&place, &["list"])
        .exit(1)
        .says(&["--token or TUNE_TOKEN"]);
    server.tune(&place, &["list", "--token", &token]).success();
    let said = server
        .tune(&place, &["pause", "x", "--token", &token])
        .exit(1);
    assert!(!said.error.contains(&token), "{}", said.error);
}
