//! `kill -9` at any moment: nothing is lost, nothing runs twice, nothing is left behind.

use crate::harness::{Place, has_lines, wait_for_error_line, wait_until};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value as Json;
use std::collections::{HashMap, HashSet};
use std::process::Command;
use std::time::Duration;
use tune_experiments::store::{EventKind, StoredEvent};

const EXPERIMENT: &str = r#"
name: crashing
objective: { metric: m, goal: maximize }
algorithm: { name: random, seed: 8 }
max_trials: 40
parallel_trials: 2
parameters:
  x: { type: float, min: 0, max: 1 }
pipeline:
  first:
    run: "sleep 0.1; echo y=${{ params.x }} >> $TUNE_OUTPUT; echo $TUNE_TRIAL > $TUNE_ARTIFACTS/number"
    artifacts: { number: number }
  second:
    run: "sleep 0.05 & sleep 0.1; test $(cat ${{ steps.first.artifacts.number }}) = $TUNE_TRIAL && echo m=${{ steps.first.values.y }}"
"#;

#[test]
fn thirty_kills_lose_nothing_and_repeat_nothing() {
    let place = Place::new();
    place.write("crashing.yaml", EXPERIMENT);
    let mut rng = ChaCha8Rng::seed_from_u64(30);
    let mut killed = 0;
    for _ in 0..30 {
        let mut child = place.start(&["run", "crashing.yaml"]);
        // The moment is the point of the test: it is not waited for anything.
        std::thread::sleep(Duration::from_millis(rng.random_range(0..350)));
        child.kill().expect("it can be killed");
        killed += usize::from(!child.wait().expect("it ends").success());
        place.wait_for_quiet();
    }
    assert_eq!(killed, 30, "every run was killed before its end");
    place.tune(&["run", "crashing.yaml"]).success();
    place.wait_for_quiet();
    check(&place);
}

fn check(place: &Place) {
    let trials = place.trials("crashing");
    assert_eq!(trials.len(), 40);
    let configurations: HashSet<String> = trials
        .iter()
        .map(|trial| trial["parameters"].to_string())
        .collect();
    assert_eq!(configurations.len(), 40, "nothing is suggested twice");
    for (number, trial) in trials.iter().enumerate() {
        assert_eq!(trial["number"], number);
        assert_eq!(trial["state"], "succeeded");
        assert_eq!(trial["metrics"]["m"], trial["parameters"]["x"]);
    }
    let events = place.events("crashing");
    assert!(events.windows(2).all(|pair| pair[0].seq < pair[1].seq));
    each_trial_finished_once(&events);
    no_finished_step_ran_again(&events);
    assert_eq!(
        configurations,
        undisturbed(),
        "an uninterrupted run suggests the same"
    );
}

fn each_trial_finished_once(events: &[StoredEvent]) {
    let mut finished: HashMap<u64, usize> = HashMap::new();
    for event in events
        .iter()
        .filter(|event| event.kind == EventKind::Trial && event.data["state"] == "succeeded")
    {
        *finished.entry(event.trial.expect("a number")).or_default() += 1;
    }
    assert_eq!(finished.len(), 40);
    assert!(finished.values().all(|times| *times == 1), "{finished:?}");
}

fn no_finished_step_ran_again(events: &[StoredEvent]) {
    let mut succeeded: HashSet<(Option<u64>, Option<String>)> = HashSet::new();
    for event in events.iter().filter(|event| event.kind == EventKind::Step) {
        let step = (event.trial, event.step.clone());
        assert!(
            !succeeded.contains(&step),
            "{step:?} went on after it had succeeded: {}",
            event.data
        );
        if event.data["state"] == "succeeded" {
            succeeded.insert(step);
        }
    }
    assert_eq!(succeeded.len(), 80);
}

fn undisturbed() -> HashSet<String> {
    let place = Place::new();
    place
        .run(
            &EXPERIMENT
                .replace("sleep 0.1;", "")
                .replace("sleep 0.05 &", ""),
        )
        .success();
    place
        .trials("crashing")
        .iter()
        .map(|trial: &Json| trial["parameters"].to_string())
        .collect()
}

#[test]
fn a_killed_run_takes_daemons_with_it() {
    let place = Place::new();
    place.write(
        "daemon.yaml",
        r#"
name: daemon
objective: { metric: m, goal: maximize }
max_trials: 1
parameters: { x: { type: float, min: 0, max: 1 } }
pipeline:
  step: { run: "setsid sleep 1000 & sleep 1000 & echo started >> started; sleep 1000" }
"#,
    );
    kill_once_started(&place, "daemon.yaml", || place.processes().len() >= 3);
}

/// Kills a run once a step of it has written `started` and that is so, and waits until none of its processes is left.
fn kill_once_started(place: &Place, file: &str, so: impl Fn() -> bool) {
    let mut child = place.start(&["run", file]);
    wait_until("a step has started", || {
        has_lines(&place.path("started"), 1) && so()
    });
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    place.wait_for_quiet();
}

#[test]
fn a_run_that_was_killed_is_missed_and_its_experiment_can_be_ended() {
    let place = Place::new();
    let step = "step: { run: 'echo started >> started; sleep 1000' }";
    let begin = "objective: { metric: m, goal: maximize }\nmax_trials: 1\nparameters: { x: { type: float, min: 0, max: 1 } }";
    for name in ["a", "b"] {
        let file = format!("{name}.yaml");
        place.write(
            &file,
            format!("name: {name}\n{begin}\npipeline:\n  {step}\n"),
        );
        kill_once_started(&place, &file, || true);
        std::fs::remove_file(place.path("started")).expect("a file");
    }
    // Over PostgreSQL a lease must run out first, which is waited for.
    place.tune(&["delete", "b", "--yes"]).success();
    let idle = "no process runs `a` at the moment; `tune resume a` goes on with it";
    let mut watching = place.start(&["watch", "a"]);
    wait_for_error_line(&mut watching, idle);
    // Two signals at once are one more than it needs.
    for _ in 0..2 {
        let sent = Command::new("kill")
            .args(["-INT", &watching.id().to_string()])
            .status();
        assert!(sent.expect("kill").success());
    }
    assert_eq!(watching.wait().expect("it ends").code(), Some(130));
    place.tune(&["list"]).success().says(&[idle]);
    place
        .tune(&["cancel", "a"])
        .success()
        .says(&["`a` is cancelled"]);
}

/// Its first step leaves a file, and its second runs when all of that is lost.
fn with_lost_results() -> Place {
    let place = Place::new();
    place.write(
        "lost.yaml",
        r#"
name: lost
objective: { metric: m, goal: maximize }
max_trials: 1
parameters: { x: { type: float, min: 0, max: 1 } }
pipeline:
  prepare:
    run: "echo run >> prepared; echo seen=3 >> $TUNE_OUTPUT; echo 5 > $TUNE_ARTIFACTS/number"
    artifacts: { number: number }
  train: { run: "test -e go || { echo started > started; sleep 1000; }; echo m=$(cat ${{ steps.prepare.artifacts.number }})" }
"#,
    );
    kill_once_started(&place, "lost.yaml", || {
        let mut events = place.events("lost").into_iter();
        events.any(|event| event.kind == EventKind::Step && event.data["state"] == "succeeded")
    });
    std::fs::remove_dir_all(place.path(".tune/artifacts")).expect("there are some");
    place
}

#[test]
fn a_step_whose_results_have_vanished_runs_again() {
    let place = with_lost_results();
    place.write("go", "");
    place.tune(&["run", "lost.yaml"]).success();
    assert_eq!(place.trial("lost", 0)["metrics"]["m"], 5.0);
    assert!(has_lines(&place.path("prepared"), 2));
}

#[test]
fn what_a_step_came_to_stays_on_record_when_its_trial_ends_before_it_runs_again() {
    let place = with_lost_results();
    let before = place.trial("lost", 0)["steps"][0].clone();
    assert_eq!(
        (&before["state"], &before["values"]["seen"]),
        (&"succeeded".into(), &3.into())
    );
    place.tune(&["cancel", "lost"]).success();
    let trial = place.trial("lost", 0);
    assert_eq!(trial["state"], "cancelled");
    assert_eq!(trial["steps"][0], before);
    assert_eq!(trial["steps"][1]["state"], "skipped");
}
