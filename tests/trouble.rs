//! Steps, files and stores that make trouble: each ends in a clear message and a consistent store.

use crate::harness::{Place, has_lines, wait_for_error_line, wait_until};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use std::process::{Child, Command, Stdio};

/// An experiment of one step, with one trial unless `more` says otherwise.
fn one_step(step: &str, more: &str) -> String {
    let limits = if more.contains("max_trials") {
        ""
    } else {
        "max_trials: 1\n"
    };
    format!(
        "name: trouble\nobjective: {{ metric: m, goal: maximize }}\nalgorithm: random\n{limits}{more}\n\
         parameters: {{ x: {{ type: float, min: 0, max: 1 }} }}\npipeline:\n  step:\n    {step}\n"
    )
}

fn signal(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id())
        .ok()
        .and_then(Pid::from_raw)
        .expect("a process");
    kill_process(pid, signal).expect("it takes signals");
}

#[test]
fn a_gigabyte_of_output() {
    let place = Place::new();
    let step = "run: \"head -c 1000000000 /dev/zero | tr '\\\\0' x; echo; yes | head -c 50000000; echo m=1\"";
    place.run(&one_step(step, "")).success();
    assert_eq!(place.trial("trouble", 0)["metrics"]["m"], 1.0);
}

#[test]
fn what_is_measured_beside_the_report_that_ends_a_trial_is_kept() {
    let place = Place::new();
    let step = "run: \"echo epoch=1 m=0.1 other=7 && exec sleep 600\"";
    let stopping = "early_stopping: { name: threshold, settings: { min: 0.5 } }\n";
    place.run(&one_step(step, stopping));
    let trial = place.trial("trouble", 0);
    assert_eq!(trial["state"], "early_stopped");
    assert_eq!(trial["metrics"]["other"], 7.0);
}

#[test]
fn a_step_that_ignores_sigterm_is_killed_when_its_time_is_up() {
    let place = Place::new();
    let step = "run: \"trap '' TERM; while :; do sleep 1; done\"\n    timeout: 300ms";
    place
        .run(&one_step(step, ""))
        .exit(4)
        .says(&["ran out of time"]);
    let trial = place.trial("trouble", 0);
    assert_eq!(
        (trial["state"].as_str(), trial["reason"].as_str()),
        (Some("failed"), Some("timed_out"))
    );
    place.wait_for_quiet();
}

#[test]
fn a_daemon_does_not_hold_up_the_trial() {
    let place = Place::new();
    place
        .run(&one_step(
            "run: \"sleep 1000 & setsid sleep 1000 & echo m=2\"",
            "",
        ))
        .success();
    assert_eq!(place.trial("trouble", 0)["metrics"]["m"], 2.0);
    place.wait_for_quiet();
}

#[test]
fn invalid_utf8() {
    let place = Place::new();
    place
        .run(&one_step(
            r#"run: "printf 'm=\\377 \\300\\200\\n\\376m=1\\nm=3\\n'""#,
            "",
        ))
        .success();
    assert_eq!(place.trial("trouble", 0)["metrics"]["m"], 3.0);
    place
        .tune(&["logs", "trouble", "0"])
        .success()
        .says(&["m=3"]);
}

#[test]
fn exit_0_without_the_metric() {
    let place = Place::new();
    place
        .run(&one_step("run: \"echo 'm: 0.5'; echo loss=1\"", ""))
        .exit(4);
    let trial = place.trial("trouble", 0);
    assert_eq!(trial["reason"], "metric_missing");
    let words = trial["explanation"].as_str().expect("an explanation");
    assert!(
        words.contains("m: 0.5") && words.contains("loss"),
        "{words}"
    );
}

#[test]
fn a_metric_that_is_not_a_number() {
    let place = Place::new();
    place.run(&one_step("run: \"echo m=nan\"", "")).exit(4);
    let trial = place.trial("trouble", 0);
    assert_eq!(
        (trial["reason"].as_str(), trial["metrics"]["m"].as_str()),
        (Some("metric_not_finite"), Some("NaN"))
    );
}

#[test]
fn a_missing_program() {
    let place = Place::new();
    place
        .run(&one_step("run: [no-such-program, --help]", ""))
        .exit(4);
    let trial = place.trial("trouble", 0);
    let words = trial["explanation"].as_str().expect("an explanation");
    assert!(
        words.contains("no-such-program") && words.contains("not in PATH"),
        "{words}"
    );
}

#[test]
fn a_declared_artifact_that_is_not_there() {
    let place = Place::new();
    place
        .run(&one_step(
            "run: \"echo m=1\"\n    artifacts: { model: model.bin }",
            "",
        ))
        .exit(4);
    let words = place.trial("trouble", 0)["explanation"].to_string();
    assert!(
        words.contains("model.bin") && words.contains("TUNE_ARTIFACTS"),
        "{words}"
    );
}

#[test]
fn a_full_disk_for_artifacts() {
    let place = Place::new();
    let Some(_disk) = SmallDisk::mount(&place) else {
        panic!(
            "this test mounts a small tmpfs: run it as root, or where user namespaces may mount"
        );
    };
    let step = "run: \"head -c 100000000 /dev/zero > $TUNE_ARTIFACTS/big; echo m=1\"\n    artifacts: { big: big }";
    place
        .run(&one_step(step, "max_trials: 2"))
        .exit(4)
        .says(&["space"]);
    let trials = place.trials("trouble");
    assert_eq!(trials.len(), 2);
    assert!(trials.iter().all(|trial| trial["state"] == "failed"));
}

/// A tmpfs of a few megabytes over the folder of the artifacts.
struct SmallDisk {
    path: std::path::PathBuf,
}

impl SmallDisk {
    fn mount(place: &Place) -> Option<Self> {
        let path = place.path(".tune/artifacts");
        std::fs::create_dir_all(&path).ok()?;
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"])
            .arg(&path);
        mount.status().ok()?.success().then_some(Self { path })
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let mut umount = Command::new("umount");
        umount.arg("-l").arg(&self.path).status().ok();
    }
}

#[test]
fn a_store_that_cannot_be_made() {
    let place = Place::new();
    place.write(".tune", "a file where the store's folder would be");
    place
        .run(&one_step("run: \"echo m=1\"", ""))
        .exit(1)
        .says(&["store"]);
}

#[test]
fn a_store_that_is_garbage() {
    let place = Place::new();
    std::fs::create_dir_all(place.path(".tune")).unwrap();
    place.write(".tune/tune.db", vec![7_u8; 100_000]);
    place
        .run(&one_step("run: \"echo m=1\"", ""))
        .exit(1)
        .says(&["tune.db"]);
    place.tune(&["list"]).exit(1);
}

#[test]
fn a_store_of_a_newer_version_is_left_as_it_is() {
    let place = Place::new();
    let text = one_step("run: \"echo m=1\"", "");
    place.run(&text).success();
    pretend_a_newer_version(&place);
    let before = std::fs::read(place.path(".tune/tune.db")).unwrap();
    place.run(&text).exit(1).says(&["newer tune", "schema 999"]);
    place.tune(&["list"]).exit(1).says(&["newer tune"]);
    let after = std::fs::read(place.path(".tune/tune.db")).unwrap();
    assert!(before == after);
}

/// Notes in the store that a migration of the future was carried out.
fn pretend_a_newer_version(place: &Place) {
    let options = SqliteConnectOptions::new().filename(place.path(".tune/tune.db"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let mut connection = options.connect().await.expect("a store");
        sqlx::query(
            "INSERT INTO _sqlx_migrations SELECT 999, 'later', installed_on, true, checksum, 0 FROM _sqlx_migrations LIMIT 1",
        )
        .execute(&mut connection)
        .await
        .expect("a table of migrations");
        connection.close().await.expect("a closed store");
    });
}

#[test]
fn a_cyclic_pipeline() {
    let place = Place::new();
    let text = one_step(
        "{ run: \"echo m=1\", needs: other }\n  other: { run: \"true\", needs: step }",
        "",
    );
    place.run(&text).exit(3).says(&["step → other → step"]);
    assert!(
        !place.path(".tune").exists(),
        "nothing is made for an invalid file"
    );
}

#[test]
fn files_that_are_no_experiments() {
    let place = Place::new();
    place.run("").exit(3).says(&["empty"]);
    place.write(
        "garbage.yaml",
        (0..5_000_000_u32)
            .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
            .collect::<Vec<_>>(),
    );
    place
        .tune(&["run", "garbage.yaml"])
        .exit(3)
        .says(&["garbage.yaml"]);
    place
        .tune(&["run", "missing.yaml"])
        .exit(1)
        .says(&["missing.yaml"]);
    place.tune(&["run", "."]).exit(1);
    assert!(!place.path(".tune").exists());
}

#[test]
fn ten_thousand_problems_at_once() {
    let place = Place::new();
    let wrong: String = (0..10_000)
        .map(|n| format!("  p{n}: {{ type: flaot }}\n"))
        .collect();
    let text = one_step("run: \"echo m=1\"", "").replace(
        "parameters: { x: { type: float, min: 0, max: 1 } }\n",
        &format!("parameters:\n{wrong}"),
    );
    let ran = place.run(&text).exit(3).says(&["10,000", "float"]);
    assert!(
        ran.error.len() < 200_000,
        "the report stays readable: {} bytes",
        ran.error.len()
    );
}

#[test]
fn names_that_could_do_harm() {
    let place = Place::new();
    for name in [
        "../../etc/passwd",
        "a/b",
        "",
        "<script>alert(1)</script>",
        "x\\ny",
        "-rf",
    ] {
        let text = one_step("run: \"echo m=1\"", "")
            .replace("name: trouble", &format!("name: \"{name}\""));
        place.run(&text).exit(3).says(&["name"]);
    }
    assert!(!place.path(".tune").exists());
}

#[test]
fn a_parameter_cannot_break_out_of_a_shell_command() {
    let place = Place::new();
    let text = one_step("run: \"printf %s ${{ params.word }} > word; echo m=1\"", "").replace(
        "x: { type: float, min: 0, max: 1 }",
        r#"word: { type: categorical, values: ["$(touch broken); 'x' `y` \\ & "] }"#,
    );
    place.run(&text).success();
    assert_eq!(
        std::fs::read_to_string(place.path("word")).unwrap(),
        "$(touch broken); 'x' `y` \\ & "
    );
    assert!(!place.path("broken").exists());
}

#[test]
fn one_interrupt_lets_running_steps_end_and_the_same_command_goes_on() {
    let place = Place::new();
    let step = "run: \"echo $TUNE_TRIAL >> started; while [ ! -e go ]; do sleep 0.01; done; echo m=$TUNE_TRIAL\"";
    place.write(
        "experiment.yaml",
        one_step(step, "max_trials: 4\nparallel_trials: 2"),
    );
    let mut child = place.start(&["run", "experiment.yaml"]);
    wait_until("two steps have started", || {
        has_lines(&place.path("started"), 2)
    });
    signal(&child, Signal::INT);
    wait_for_error_line(&mut child, "stopping");
    place.write("go", "");
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130));
    assert_eq!(place.experiment("trouble")["state"], "paused");
    let succeeded = |place: &Place| {
        place
            .trials("trouble")
            .iter()
            .filter(|trial| trial["state"] == "succeeded")
            .count()
    };
    assert_eq!(succeeded(&place), 2);
    assert!(!has_lines(&place.path("started"), 3), "no third step began");
    place.tune(&["run", "experiment.yaml"]).success();
    assert_eq!(succeeded(&place), 4);
}

#[test]
fn a_hangup_that_was_ignored_stays_ignored() {
    let place = Place::new();
    let step = "run: \"echo x >> started; while [ ! -e go ]; do sleep 0.01; done; echo m=1\"";
    place.write("experiment.yaml", one_step(step, "max_trials: 2"));
    let mut shell = Command::new("sh");
    let program = env!("CARGO_BIN_EXE_tune");
    shell
        .args([
            "-c",
            r#"trap "" HUP; exec "$0" run experiment.yaml"#,
            program,
        ])
        .current_dir(place.path(""))
        .env_remove("TUNE_STORE")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = shell.spawn().unwrap();
    wait_until("the step has started", || {
        has_lines(&place.path("started"), 1)
    });
    signal(&child, Signal::HUP);
    place.write("go", "");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(place.experiment("trouble")["state"], "succeeded");
}

#[test]
fn two_interrupts_kill_the_steps_and_they_run_again_later() {
    let place = Place::new();
    let step =
        "run: \"echo $TUNE_ATTEMPT >> started; if [ ! -e go ]; then sleep 1000; fi; echo m=1\"";
    place.write("experiment.yaml", one_step(step, ""));
    let mut child = place.start(&["run", "experiment.yaml"]);
    wait_until("the step has started", || {
        has_lines(&place.path("started"), 1)
    });
    signal(&child, Signal::INT);
    wait_for_error_line(&mut child, "stopping");
    signal(&child, Signal::INT);
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(130));
    place.wait_for_quiet();
    place.write("go", "");
    place.tune(&["resume", "trouble"]).success();
    assert_eq!(
        std::fs::read_to_string(place.path("started")).unwrap(),
        "1\n2\n"
    );
}

#[test]
fn cancelling_from_another_terminal() {
    let place = Place::new();
    place.write(
        "experiment.yaml",
        one_step(
            "run: \"echo $TUNE_TRIAL >> started; sleep 1000\"",
            "max_trials: 3",
        ),
    );
    let child = place.start(&["run", "experiment.yaml"]);
    wait_until("the step has started", || {
        has_lines(&place.path("started"), 1)
    });
    place.tune(&["delete", "trouble", "--yes"]).exit(1);
    place.tune(&["cancel", "trouble"]).success();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(5));
    let states = place
        .trials("trouble")
        .iter()
        .map(|trial| trial["state"].clone())
        .collect::<Vec<_>>();
    assert_eq!(states, ["cancelled"]);
    place.wait_for_quiet();
    place.tune(&["delete", "trouble", "--yes"]).success();
    place.tune(&["show", "trouble"]).exit(1);
}

#[test]
fn an_experiment_that_has_converged_ends_and_goes_on_with_more_patience() {
    let place = Place::new();
    let file = |stagnation: u64| {
        let converged = format!("max_trials: 30\nconverged: {{ stagnation: {stagnation} }}");
        // The third trial is the best.
        one_step("run: \"echo m=$(( TUNE_TRIAL == 2 ))\"", &converged)
    };
    place
        .run(&file(4))
        .success()
        .says(&["it has stopped getting better"]);
    assert_eq!(place.trials("trouble").len(), 7);
    place.run(&file(4)).success();
    assert_eq!(place.trials("trouble").len(), 7, "there was nothing to do");
    place.run(&file(6)).success();
    assert_eq!(place.trials("trouble").len(), 9);
}

#[test]
fn an_experiment_of_which_little_is_to_be_expected_ends() {
    for until in ["expected_improvement: 0.001", "regret: 0.001"] {
        let place = Place::new();
        let file = format!(
            "name: trouble\nobjective: {{ metric: m, goal: minimize }}\nalgorithm: {{ seed: 1 }}\nmax_trials: 60\n\
            converged: {{ {until} }}\nparameters: {{ x: {{ type: float, min: 0, max: 1 }} }}\n\
            pipeline:\n  step:\n    run: 'awk -v x=${{{{ params.x }}}} \"BEGIN {{ print \\\"m=\\\" (x - 0.3) ^ 2 }}\"'\n"
        );
        let says = "it has stopped getting better";
        place.run(&file).success().says(&[says]);
        let tried = place.trials("trouble").len();
        assert!((12..60).contains(&tried), "{tried}");
        let told = place.events("trouble").len();
        place.run(&file).success();
        let again = place.tune(&["resume", "trouble"]).success();
        assert!(
            again.error.contains("another `converged`"),
            "{}",
            again.error
        );
        assert_eq!(place.events("trouble").len(), told, "nothing has happened");
        assert_eq!(
            place.trials("trouble").len(),
            tried,
            "nothing new was to be expected"
        );
    }
}

#[test]
fn a_second_process_is_told_that_the_experiment_is_in_use() {
    let place = Place::new();
    place.write(
        "experiment.yaml",
        one_step(
            "run: \"echo x >> started; while [ ! -e go ]; do sleep 0.01; done; echo m=1\"",
            "",
        ),
    );
    let child = place.start(&["run", "experiment.yaml"]);
    wait_until("the step has started", || {
        has_lines(&place.path("started"), 1)
    });
    place
        .tune(&["run", "experiment.yaml"])
        .exit(1)
        .says(&["another process"]);
    place
        .tune(&["list"])
        .success()
        .says(&["trouble", "running"]);
    place.write("go", "");
    assert!(child.wait_with_output().unwrap().status.success());
}

/// So many trials at once that the program itself needs more files.
#[cfg(target_os = "linux")]
#[test]
fn steps_may_open_as_many_files_as_the_program_at_its_start() {
    let place = Place::new();
    let step = r#"run: "until [ $(ulimit -Sn) = 256 ]; do :; done; echo m=$(awk '/open files/ {print $4}' /proc/$PPID/limits)""#;
    let file = one_step(step, "max_trials: 1\nparallel_trials: 200");
    place.write("experiment.yaml", file);
    let store = place.store();
    let started = Command::new("sh")
        .args(["-c", "ulimit -Sn 256; exec \"$@\"", "sh"])
        .args([
            env!("CARGO_BIN_EXE_tune"),
            "run",
            "experiment.yaml",
            "--store",
            &store,
        ])
        .current_dir(place.path(""))
        .stdout(Stdio::null())
        .status();
    assert!(started.unwrap().success());
    let best = &place.trials("trouble")[0]["metrics"]["m"];
    assert!(best.as_f64().unwrap() > 256.0, "{best}");
}
