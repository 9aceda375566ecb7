//! The program as a server, asked over a real connection: what `docs/http.md` shows is what happens, and whatever ends the process, nothing
//! that was acknowledged is lost.

use crate::harness::{Place, wait_until};
use crate::server::Server;
use serde_json::Value as Json;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

const PAGE: &str = include_str!("../docs/http.md");

/// Steps of a few milliseconds, more than a moment's work of them.
const MANY: &str = "
name: many
objective: { metric: loss, goal: minimize }
max_trials: 60
parallel_trials: 2
parameters: { x: { type: float, min: 0, max: 1 } }
pipeline:
  measure: { run: 'sleep 0.02; echo loss=${{ params.x }}' }
";

/// Every trial once, and all of them succeeded.
fn is_whole(shown: &Json, server: &Server, count: u64) {
    assert_eq!(shown["state"], "succeeded", "{shown}");
    assert_eq!(shown["trials"]["total"], count, "{shown}");
    assert_eq!(shown["trials"]["succeeded"], count, "{shown}");
    let list = server.get("/api/v1/experiments/many/trials?limit=1000");
    let numbers = list["trials"].as_array().expect("a list").iter();
    let numbers: Vec<u64> = numbers.filter_map(|it| it["number"].as_u64()).collect();
    assert_eq!(numbers, (0..count).collect::<Vec<_>>());
}

/// Between what the blocks of commands print.
const BETWEEN: &str = "--- the next block";

/// The blocks of commands of the page, each with the answer to its last command where one is shown.
fn blocks() -> Vec<(&'static str, Option<Json>)> {
    let blocks = PAGE.split("```sh\n").skip(1);
    let blocks = blocks.filter_map(|rest| rest.split_once("```"));
    let answer = |rest: &str| {
        let json = rest.trim_start().strip_prefix("```json\n")?;
        let (json, _) = json.split_once("```")?;
        Some(serde_json::from_str(json).expect("the page shows JSON"))
    };
    blocks.map(|(block, rest)| (block, answer(rest))).collect()
}

/// Whether the answer is what is shown: fields may be left out, and `…` stands for anything, at the end of a list for any number of things.
fn is_shown(shown: &Json, real: &Json) -> bool {
    match (shown, real) {
        (Json::String(any), _) if any == "…" => true,
        (Json::Object(shown), Json::Object(real)) => {
            let mut fields = shown.iter();
            fields.all(|(name, shown)| real.get(name).is_some_and(|real| is_shown(shown, real)))
        }
        (Json::Array(shown), Json::Array(real)) => {
            let open = shown.last().is_some_and(|last| last == "…");
            let shown = &shown[..shown.len() - usize::from(open)];
            let fits = shown.len() == real.len() || (open && shown.len() < real.len());
            fits && shown
                .iter()
                .zip(real)
                .all(|(shown, real)| is_shown(shown, real))
        }
        (Json::Number(shown), Json::Number(real)) => shown.as_f64() == real.as_f64(),
        _ => shown == real,
    }
}

#[test]
fn the_page_shows_what_happens() {
    let place = Place::new();
    let server = Server::start(&place);
    let blocks = blocks();
    let scripts = blocks
        .iter()
        .map(|(block, _)| format!("{block}\necho; echo '{BETWEEN}'\n"));
    let script = scripts.collect::<String>();
    let script = script.replace("http://127.0.0.1:8863", &server.url);
    let output = Command::new("bash")
        .args(["-euxc", &script])
        .current_dir(place.path(""))
        .env("TUNE_TOKEN", "none")
        .output()
        .expect("bash");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let out = String::from_utf8_lossy(&output.stdout);
    let mut answers = 0;
    for ((block, shown), printed) in blocks.iter().zip(out.split(BETWEEN)) {
        let Some(shown) = shown else { continue };
        // Answers end without a new line: the last one is what can be read from the last place on where an object begins.
        let places = printed.match_indices('{').map(|(at, _)| &printed[at..]);
        let mut whole = places.filter_map(|rest| serde_json::from_str::<Json>(rest.trim()).ok());
        let real = whole
            .next()
            .unwrap_or_else(|| panic!("no JSON after\n{block}\n{printed}"));
        assert!(
            is_shown(shown, &real),
            "{shown} is shown after\n{block}\nand is {real}"
        );
        answers += 1;
    }
    assert!(answers > 5, "{answers} answers are shown");
    for words in [
        "event: experiment",
        "\"verdict\"",
        "\"reason\":\"told\"",
        "out of memory",
    ] {
        assert!(out.contains(words), "{words} is not in\n{out}");
    }
}

#[test]
fn a_server_that_was_killed_goes_on_where_it_was() {
    let place = Place::new();
    let mut server = Server::start(&place);
    server.submit(MANY);
    wait_until("some trials have succeeded", || {
        server.succeeded("many") >= 5
    });
    server.signal("-KILL");
    server.ended();
    let server = Server::start(&place);
    assert!(server.succeeded("many") >= 5);
    let shown = server.wait_for_end("many");
    is_whole(&shown, &server, 60);
    assert_eq!(place.tune(&["best", "many"]).success().code, 0);
}

#[test]
fn a_server_that_is_asked_to_end_keeps_everything() {
    let place = Place::new();
    let mut server = Server::start(&place);
    server.submit(MANY);
    wait_until("some trials have succeeded", || {
        server.succeeded("many") >= 5
    });
    server.signal("-TERM");
    assert_eq!(server.ended(), Some(0));
    place.wait_for_quiet();
    let server = Server::start(&place);
    let shown = server.wait_for_end("many");
    is_whole(&shown, &server, 60);
}

#[test]
fn while_steps_end_the_server_answers_and_is_not_ready() {
    let place = Place::new();
    let mut server = Server::start(&place);
    server.submit(
        "name: one\nobjective: { metric: loss, goal: minimize }\nmax_trials: 1\nparameters: { x: { type: bool } }\n\
         pipeline: { wait: { run: 'touch begun; until [ -e go ]; do sleep 0.05; done; echo loss=1' } }\n",
    );
    wait_until("the step has begun", || place.path("begun").exists());
    server.signal("-TERM");
    wait_until("the server is not ready", || {
        server.ask("/readyz", &[]).0 == 503
    });
    assert_eq!(server.ask("/healthz", &[]).0, 200);
    let late = ["-H", "content-type: application/yaml", "-d", MANY];
    assert_eq!(server.ask("/api/v1/experiments", &late).0, 503);
    place.write("go", "");
    assert_eq!(server.ended(), Some(0));
    let shown = place.experiment("one");
    assert_eq!(shown["trials"]["succeeded"], 1, "{shown}");
}

#[test]
fn a_step_that_does_not_want_to_end_is_killed() {
    let place = Place::new();
    let mut server = Server::with(&place, &["--grace", "100ms"]);
    server.submit(
        "name: one\nobjective: { metric: loss, goal: minimize }\nmax_trials: 1\nparameters: { x: { type: bool } }\n\
         pipeline: { wait: { run: 'trap : TERM; touch begun; while :; do sleep 0.05; done' } }\n",
    );
    wait_until("the step has begun", || place.path("begun").exists());
    server.signal("-TERM");
    assert_eq!(server.ended(), Some(0));
    place.wait_for_quiet();
    assert_eq!(place.experiment("one")["state"], "running");
}

#[test]
fn events_go_on_behind_the_last_one_seen() {
    let place = Place::new();
    let server = Server::start(&place);
    server.submit(MANY);
    let follow = |after: &str| {
        let mut command = Command::new("curl");
        let header = format!("last-event-id: {after}");
        command.args(["-sN", "--max-time", "50", "-H", &header]);
        command.arg(format!("{}/api/v1/experiments/many/events", server.url));
        command.stdout(Stdio::piped()).spawn().expect("curl")
    };
    let mut ids = Vec::<i64>::new();
    // Three readers one after the other, each of which goes away in the middle.
    for until in [20, 60, 100] {
        let last = ids.last().copied().unwrap_or(0).to_string();
        let mut reader = follow(&last);
        let lines = BufReader::new(reader.stdout.take().expect("a pipe")).lines();
        let lines = lines.map_while(Result::ok);
        let seen = lines.filter_map(|line| line.strip_prefix("id: ")?.parse::<i64>().ok());
        let left = until - ids.len();
        ids.extend(seen.take(left));
        reader.kill().expect("a reader");
        reader.wait().expect("its end");
    }
    server.wait_for_end("many");
    let stored = server
        .ask("/api/v1/experiments/many/events?follow=false", &[])
        .1;
    let stored = stored.lines().filter_map(|line| line.strip_prefix("id: "));
    let stored: Vec<i64> = stored
        .take(100)
        .map(|id| id.parse().expect("a number"))
        .collect();
    assert_eq!(ids, stored);
}

#[test]
fn another_address_needs_tokens() {
    let place = Place::new();
    let refused = place.tune(&["serve", "--listen", "0.0.0.0:0"]).exit(2);
    refused.says(&["there are no tokens", "tune token create"]);
    let made = place.tune(&[
        "token",
        "create",
        "--role",
        "viewer",
        "--name",
        "me",
        "--expires",
        "30d",
    ]);
    let token = made.success().out.trim().to_owned();
    let server = Server::with(&place, &["--listen", "0.0.0.0:0"]);
    assert_eq!(server.ask("/api/v1/experiments", &[]).0, 401);
    let bearer = format!("authorization: Bearer {token}");
    assert_eq!(server.ask("/api/v1/experiments", &["-H", &bearer]).0, 200);
    let change = [
        "-H",
        &bearer,
        "-H",
        "content-type: application/yaml",
        "-d",
        MANY,
    ];
    assert_eq!(server.ask("/api/v1/experiments", &change).0, 403);
    place
        .tune(&["token", "list"])
        .success()
        .says(&["me", "viewer"]);
    place.tune(&["token", "revoke", "me"]).success();
    assert_eq!(server.ask("/api/v1/experiments", &["-H", &bearer]).0, 401);
    place.tune(&["token", "revoke", "me"]).exit(1);
    let kept = std::fs::read(place.path(".tune/tune.db")).expect("the store");
    let secret = token.as_bytes();
    assert!(!kept.windows(secret.len()).any(|part| part == secret));
}

/// With the very command of `docs/http.md`.
pub fn make_certificate(place: &Place) {
    let text = include_str!("../docs/http.md");
    let (_, command) = text.split_once("`openssl ").expect("the command");
    let (command, _) = command.split_once('`').expect("its end");
    let command = format!("openssl {}", command.replace('\n', " "));
    let made = Command::new("sh")
        .args(["-c", &command])
        .current_dir(place.path(""))
        .output();
    assert!(made.expect("openssl").status.success());
}

#[test]
fn a_certificate_makes_it_https() {
    let place = Place::new();
    make_certificate(&place);
    let server = Server::with(&place, &["--tls-cert", "cert.pem", "--tls-key", "key.pem"]);
    assert!(
        server.url.starts_with("https://127.0.0.1:"),
        "{}",
        server.url
    );
    let certificate = place.path("cert.pem");
    let trust = ["--cacert", certificate.to_str().expect("a path")];
    assert_eq!(server.ask("/healthz", &trust).0, 200);
    let list = ["list", "--server", &server.url, "--ca-cert", "cert.pem"];
    place.tune(&list).success();
    place.tune(&list[..3]).exit(1).says(&["--ca-cert takes"]);
    let swapped = place.tune(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--tls-cert",
        "key.pem",
        "--tls-key",
        "key.pem",
    ]);
    swapped.exit(1).says(&["key.pem"]);
}
