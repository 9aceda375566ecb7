//! What attempts leave: logs, metrics, values, artifacts.

use super::*;
use serde_json::json;

#[tokio::test]
async fn both_streams_are_logged_and_stdout_is_read() {
    let mut bench = Bench::new(1);
    let (reports, ending) = bench
        .run_shell("echo epoch=3 loss=0.25; echo accuracy=0.1 >&2; printf accuracy=0.5")
        .await;
    assert_eq!(ending.outcome, Outcome::Succeeded);
    let expected = [("loss", 3.0, 0.25), ("accuracy", 0.0, 0.5)];
    let told: Vec<_> = reports
        .iter()
        .map(|report| (report.name.as_str(), report.level, report.value))
        .collect();
    assert_eq!(told, expected);
    let log = ending.log.unwrap();
    assert!(
        log.contains("epoch=3 loss=0.25\n") && log.contains("accuracy=0.1\n"),
        "{log}"
    );
}

#[tokio::test]
async fn of_a_step_that_prints_little_and_ends_well_there_is_no_file() {
    let mut bench = Bench::new(1);
    for (text, expected) in [("true", ""), ("echo größe=1", "größe=1\n")] {
        let (_, ending) = bench.run_shell(text).await;
        assert_eq!(ending.log.as_deref(), Some(expected));
    }
    // What it was given is a spare one now.
    let left = fs::read_dir(bench.path("runs")).unwrap();
    let mut left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["0.checkpoint", "0.params.json"]);
}

#[tokio::test]
async fn a_log_is_a_file_when_it_is_long_or_no_text_or_the_step_fails() {
    let mut bench = Bench::new(1);
    for (text, length) in [
        ("seq -w 2000", 10_000),
        ("printf 'caf\\351'", 4),
        ("printf '\\0'", 1),
        ("echo no; exit 3", 3),
    ] {
        let (_, ending) = bench.run_shell(text).await;
        assert_eq!(ending.log, None, "{text}");
        let found = fs::metadata(bench.path("runs/0.log")).unwrap();
        assert_eq!(found.len(), length, "{text}");
        assert!(bench.path("runs/0.params.json").exists(), "{text}");
    }
}

#[tokio::test]
async fn the_log_of_a_running_step_can_be_seen_soon() {
    let mut bench = Bench::new(1);
    let text = "echo begun; while [ ! -e go ]; do sleep 0.01; done; echo done";
    bench.start(bench.shell(0, text));
    while fs::read(bench.path("runs/0.log")).unwrap_or_default() != b"begun\n" {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    fs::write(bench.path("go"), "").unwrap();
    let (_, _, ending) = bench.ending().await;
    assert_eq!((ending.outcome, ending.log), (Outcome::Succeeded, None));
    assert_eq!(bench.log(0), "begun\ndone\n");
}

#[tokio::test]
async fn the_log_of_a_stopped_step_is_a_file() {
    let mut bench = Bench::new(1);
    bench
        .start_until_report(0, "echo accuracy=1; exec sleep 600")
        .await;
    bench.engine.stop(&id(0));
    let (_, _, ending) = bench.ending().await;
    assert_eq!((ending.outcome, ending.log), (Outcome::Stopped, None));
    assert_eq!(bench.log(0), "accuracy=1\n");
}

#[tokio::test]
async fn what_is_left_behind_prints_to_a_log_that_can_be_seen_soon() {
    let mut bench = Bench::with(1, PATIENCE, 100);
    let text = "(trap '' TERM; echo begun; while [ ! -e go ]; do sleep 0.01; echo; done) & exit 0";
    bench.start(bench.shell(0, text));
    while !fs::read(bench.path("runs/0.log")).is_ok_and(|log| log.starts_with(b"begun\n")) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    fs::write(bench.path("go"), "").unwrap();
    let (_, _, ending) = bench.ending().await;
    assert_eq!((ending.outcome, ending.log), (Outcome::Succeeded, None));
}

#[tokio::test]
async fn bytes_that_are_no_text_do_no_harm() {
    let mut bench = Bench::new(1);
    let (reports, ending) = bench
        .run_shell(r"printf '\377\376\000\naccuracy=0.5\n\377'; exit 1")
        .await;
    assert_eq!(values(&reports, "accuracy"), [0.5]);
    assert_eq!(ending.outcome, Outcome::Exited(1));
    assert_eq!(
        fs::read(bench.path("runs/0.log")).unwrap(),
        b"\xff\xfe\0\naccuracy=0.5\n\xff"
    );
}

#[tokio::test]
async fn thousands_of_reports_arrive_in_order_through_a_narrow_channel() {
    let mut bench = Bench::with(1, Duration::from_secs(60), 1);
    let (reports, ending) = bench.run_shell("seq 50000 | sed s/^/loss=/").await;
    assert_eq!(ending.outcome, Outcome::Succeeded);
    let expected: Vec<f64> = (1..=50_000).map(f64::from).collect();
    assert_eq!(values(&reports, "loss"), expected);
}

#[tokio::test]
async fn the_metrics_file_is_read_while_the_step_runs_and_to_its_end() {
    let mut bench = Bench::new(1);
    let text = r#"echo '{"loss": 1}' >> $TUNE_METRICS; while [ ! -e go ]; do sleep 0.01; done
        seq 30000 | sed 's/.*/{"loss": &}/' >> $TUNE_METRICS; printf '{"loss": 7}' >> $TUNE_METRICS"#;
    assert_eq!(bench.start_until_report(0, text).await, 1.0);
    fs::write(bench.path("go"), "").unwrap();
    let (reports, _, ending) = bench.ending().await;
    assert_eq!(ending.outcome, Outcome::Succeeded);
    let losses = values(&reports, "loss");
    assert_eq!(losses.len(), 30_001);
    assert_eq!(losses.last(), Some(&7.0));
}

#[tokio::test]
async fn lines_nearly_about_the_objective_are_remembered() {
    let mut bench = Bench::new(1);
    let (_, ending) = bench.run_shell("echo 'Accuracy: 0.93'").await;
    assert_eq!(ending.near_misses, ["Accuracy: 0.93"]);
}

#[tokio::test]
async fn values_come_from_the_output_file() {
    let mut bench = Bench::new(1);
    let (_, ending) = bench
        .run_shell("echo rows=150 >> $TUNE_OUTPUT; echo name=iris >> $TUNE_OUTPUT")
        .await;
    assert_eq!(json!(ending.values), json!({"rows": 150, "name": "iris"}));
}

#[tokio::test]
async fn a_large_value_is_kept_whole() {
    let mut bench = Bench::new(1);
    let (_, mut ending) = bench
        .run_shell("(printf text=; head -c 200000 /dev/zero | tr '\\0' x) >> $TUNE_OUTPUT")
        .await;
    assert_eq!(ending.outcome, Outcome::Succeeded);
    assert_eq!(ending.values["text"].as_str().unwrap().len(), 200_000);
    assert!(json!(ending.stored_values).to_string().len() < 500);
    let store = ArtifactStore::new(bench.path("store"));
    store.restore_values(&mut ending.stored_values).unwrap();
    assert_eq!(ending.stored_values, ending.values);
}

#[tokio::test]
async fn a_malformed_output_file_is_told_with_its_line() {
    let mut bench = Bench::new(1);
    let (_, ending) = bench
        .run_shell("echo fine=1 >> $TUNE_OUTPUT; echo oops >> $TUNE_OUTPUT")
        .await;
    let Outcome::BadOutput(words) = ending.outcome else {
        panic!("{ending:?}")
    };
    assert!(words.starts_with("line 2 of $TUNE_OUTPUT: "), "{words}");
}

#[tokio::test]
async fn a_large_output_file_is_read_whole() {
    let mut bench = Bench::new(1);
    let (_, ending) = bench
        .run_shell("seq -f 'v%.0f=1' 10000 >> $TUNE_OUTPUT; printf 'big=' >> $TUNE_OUTPUT; head -c 100000 /dev/zero | tr '\\0' x >> $TUNE_OUTPUT")
        .await;
    assert_eq!(ending.outcome, Outcome::Succeeded);
    assert_eq!(
        (ending.values.len(), ending.stored_values.len()),
        (10_001, 10_001)
    );
    assert_eq!(ending.values["big"].as_str().map(str::len), Some(100_000));
    assert!(
        ending.stored_values["big"].is_object(),
        "kept as an artifact"
    );
}

fn with_model(mut task: Task) -> Task {
    task.artifacts
        .insert("model".to_owned(), "model.json".to_owned());
    task
}

#[tokio::test]
async fn declared_artifacts_are_moved_to_the_store() {
    let mut bench = Bench::new(1);
    let task = with_model(bench.shell(0, "printf '{}' > $TUNE_ARTIFACTS/model.json"));
    let (_, ending) = bench.run(task).await;
    assert_eq!(ending.outcome, Outcome::Succeeded);
    let path = ArtifactStore::new(bench.path("store")).path(&ending.artifacts["model"]);
    assert_eq!(fs::read(path).unwrap(), b"{}");
    assert!(!bench.path("runs/0.artifacts").exists());
}

#[tokio::test]
async fn large_artifacts_and_directories_are_stored_too() {
    let mut bench = Bench::new(1);
    let mut task = with_model(bench.shell(
        0,
        "cd $TUNE_ARTIFACTS; head -c 3000000 /dev/zero > model.json; mkdir data; echo 1 > data/a",
    ));
    task.artifacts.insert("data".to_owned(), "data".to_owned());
    let (_, ending) = bench.run(task).await;
    assert_eq!(ending.artifacts["model"].size, 3_000_000);
    assert_eq!(ending.artifacts["data"].size, 2);
}

#[tokio::test]
async fn a_missing_artifact_is_told_with_where_it_should_be() {
    let mut bench = Bench::new(1);
    let task = with_model(bench.shell(0, "echo nothing written"));
    let (_, ending) = bench.run(task).await;
    let expected = "artifact `model` is missing: nothing at $TUNE_ARTIFACTS/model.json; the step must write it there";
    assert_eq!(ending.outcome, Outcome::BadOutput(expected.to_owned()));
    assert_eq!(ending.last_lines, ["nothing written"]);

    let task = with_model(bench.shell(0, "echo > model.json"));
    let (_, ending) = bench.run(task).await;
    let Outcome::BadOutput(words) = ending.outcome else {
        panic!("{ending:?}")
    };
    assert!(
        words.contains("/model.json, but a step's artifacts must be written below $TUNE_ARTIFACTS"),
        "{words}"
    );
}

#[tokio::test]
async fn a_step_gets_its_own_environment_and_little_of_ours() {
    let mut bench = Bench::new(1);
    let mut task = bench.shell(
        0,
        "env; cat runs/0.params.json; echo; ls -d $TUNE_CHECKPOINT_DIR; exit 1",
    );
    task.env.insert("LEARNING".to_owned(), "deep".to_owned());
    task.checkpoint = bench.path("checkpoints/0");
    let checkpoints = task.checkpoint.display().to_string();
    task.files
        .insert("params.json".to_owned(), "{\"x\": 1}".to_owned());
    bench.run(task).await;
    let log = bench.log(0);
    let start = bench.path("runs/0").display().to_string();
    for expected in [
        "LEARNING=deep\n",
        "PATH=/",
        "TUNE_SESSION=",
        "{\"x\": 1}",
        &format!("TUNE_OUTPUT={start}.output\n"),
        &format!("TUNE_METRICS={start}.metrics.jsonl\n"),
        &format!("TUNE_ARTIFACTS={start}.artifacts\n"),
        &format!("\n{checkpoints}\n"),
    ] {
        assert!(log.contains(expected), "{expected}: {log}");
    }
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    assert!(!log.contains("CARGO_MANIFEST_DIR"), "{log}");
}

#[tokio::test]
async fn what_another_attempt_left_in_its_place_is_not_taken_for_its_own() {
    let mut bench = Bench::new(1);
    fs::create_dir_all(bench.path("runs/0.artifacts")).unwrap();
    for (file, text) in [
        ("params.json", "{}"),
        ("metrics.jsonl", "{\"accuracy\": 0.1}\n"),
        ("output", "old=1\n"),
        ("log", "old\n"),
        ("artifacts/model.json", "old"),
    ] {
        fs::write(bench.path(&format!("runs/0.{file}")), text).unwrap();
    }
    let checkpoints = bench.path("checkpoints");
    fs::create_dir(&checkpoints).unwrap();
    fs::write(checkpoints.join("epoch-3"), "kept").unwrap();
    let mut task = bench.shell(0, "ls $TUNE_CHECKPOINT_DIR $TUNE_ARTIFACTS");
    task.checkpoint = checkpoints;
    task.id.attempt = 2;
    let (reports, ending) = bench.run(with_model(task)).await;
    assert_eq!((reports, ending.values.len()), (Vec::new(), 0));
    assert!(
        matches!(ending.outcome, Outcome::BadOutput(_)),
        "{ending:?}"
    );
    let log = bench.log(0);
    assert!(log.contains("epoch-3") && !log.contains("old"), "{log}");
    assert!(!log.contains("model.json"), "{log}");
}

#[tokio::test]
async fn an_attempt_that_went_well_and_is_forgotten_leaves_nothing_to_the_one_in_its_place() {
    let mut bench = Bench::new(1);
    let look = "ls $TUNE_CHECKPOINT_DIR; ls $TUNE_ARTIFACTS 2> /dev/null; echo again";
    for (leaves, takes_over) in [
        ("touch $TUNE_CHECKPOINT_DIR/old", true),
        ("echo '{\"accuracy\": 0.1}' >> $TUNE_METRICS", false),
        ("echo old=1 >> $TUNE_OUTPUT", false),
        ("mkdir $TUNE_ARTIFACTS; touch $TUNE_ARTIFACTS/old", false),
        ("seq 2000", false),
    ] {
        let task = bench.shell(0, leaves);
        let (_, ending) = bench.run(task).await;
        assert_eq!(ending.outcome, Outcome::Succeeded, "{leaves}");
        // This one takes over the file with its configuration, unless something else of it is there.
        let other = bench.shell(1, "echo other");
        bench.run(other).await;
        let is_taken = !bench.path("runs/0.params.json").exists();
        assert_eq!(is_taken, takes_over, "{leaves}");
        let again = bench.shell(0, look);
        let (reports, ending) = bench.run(again).await;
        assert_eq!((reports, ending.values.len()), (Vec::new(), 0), "{leaves}");
        assert_eq!(ending.log.as_deref(), Some("again\n"), "{leaves}");
        assert!(!bench.path("runs/0.log").exists(), "{leaves}");
    }
}

#[tokio::test]
async fn nothing_can_be_read_from_stdin() {
    let mut bench = Bench::new(1);
    assert_eq!(bench.run_shell("cat").await.1.outcome, Outcome::Succeeded);
}

#[tokio::test]
async fn pipes_and_devices_in_place_of_files_do_not_hang_it() {
    let mut bench = Bench::new(1);
    let (_, ending) = bench
        .run_shell("mkfifo $TUNE_METRICS; ln -s /dev/zero $TUNE_OUTPUT")
        .await;
    let expected = "$TUNE_OUTPUT could not be read: it is not a file";
    assert_eq!(ending.outcome, Outcome::BadOutput(expected.to_owned()));
}

/// A variable that the tests' own environment is sure to have, and that no step inherits.
const SECRET: &str = "CARGO_MANIFEST_DIR";

#[tokio::test]
async fn a_step_gets_its_secrets_and_nothing_that_is_kept_holds_them() {
    let secret = std::env::var(SECRET).unwrap();
    let mut bench = Bench::new(1);
    let text = format!(
        r#"printf %s "${{{SECRET}}}" > got
        echo "token ${SECRET}"; echo "token ${SECRET}" >&2
        printf %.9s "${SECRET}"; sleep 0.05; printf %s "${SECRET}" | cut -c10-
        echo "accuracy of ${SECRET}: 1"
        echo "{{\"loss\": 1, \"${SECRET}\": 2}}" >> $TUNE_METRICS
        echo "token=${SECRET}" >> $TUNE_OUTPUT
        echo "{{\"list\": [\"a ${SECRET}\"]}}" >> $TUNE_OUTPUT
        printf '{{"path": "%s"}}\n' "${SECRET}" | sed 's|/|\\u002F|g'"#
    );
    let mut task = bench.shell(0, &text);
    task.secrets.push(SECRET.to_owned());
    let (reports, ending) = bench.run(task).await;
    assert_eq!(ending.outcome, Outcome::Succeeded);
    assert_eq!(fs::read_to_string(bench.path("got")).unwrap(), secret);
    let log = ending.log.unwrap();
    assert_eq!(log.matches("***").count(), 5, "{log}");
    assert!(!log.contains("u002F"), "{log}");
    assert!(!log.contains(&secret), "{log}");
    let names: Vec<&str> = reports.iter().map(|report| report.name.as_str()).collect();
    assert_eq!(names, ["loss", "***"]);
    assert_eq!(ending.near_misses, ["accuracy of ***: 1"]);
    let expected = json!({ "token": "***", "list": ["a ***"] });
    assert_eq!(json!(ending.values), expected);
    assert_eq!(json!(ending.stored_values), expected);
}

#[tokio::test]
async fn neither_the_words_about_a_failure_nor_those_about_bad_output_hold_a_secret() {
    let mut bench = Bench::new(1);
    let words = [
        format!("echo ${SECRET}; exit 1"),
        format!("echo ${SECRET} >> $TUNE_OUTPUT"),
    ];
    let mut told = Vec::new();
    for (trial, text) in (0..).zip(&words) {
        let mut task = bench.shell(trial, text);
        task.secrets.push(SECRET.to_owned());
        told.push(format!("{:?}", bench.run(task).await.1));
    }
    let secret = std::env::var(SECRET).unwrap();
    for words in told {
        assert!(words.contains("***") && !words.contains(&secret), "{words}");
    }
}

#[tokio::test]
async fn what_an_earlier_attempt_left_unmasked_is_removed() {
    let mut bench = Bench::new(1);
    let left = ["output", "metrics.jsonl"].map(|name| bench.path(&format!("runs/0.1.{name}")));
    fs::create_dir_all(bench.path("runs")).unwrap();
    for path in &left {
        fs::write(path, "a secret").unwrap();
    }
    let mut task = bench.shell(0, "true");
    task.id.attempt = 2;
    task.files_at = bench.path("runs/0.2");
    task.secrets.push(SECRET.to_owned());
    let (_, ending) = bench.run(task).await;
    assert_eq!(ending.outcome, Outcome::Succeeded);
    assert!(left.iter().all(|path| !path.exists()));
}

#[tokio::test]
async fn a_step_is_not_started_without_its_secret() {
    let mut bench = Bench::new(1);
    let mut task = bench.shell(0, "touch started");
    task.secrets.push("NOT_SET_ANYWHERE".to_owned());
    let (_, ending) = bench.run(task).await;
    let Outcome::NotStarted(words) = ending.outcome else {
        panic!("{ending:?}")
    };
    assert!(words.contains("`NOT_SET_ANYWHERE` is not set"), "{words}");
    assert!(!bench.path("started").exists());
}

#[tokio::test]
async fn a_first_attempt_finds_nothing_of_one_that_is_not_on_record() {
    let mut bench = Bench::new(1);
    let keeps =
        "cat $TUNE_CHECKPOINT_DIR/epoch 2>&1; echo 3 > $TUNE_CHECKPOINT_DIR/epoch; echo said";
    let attempt = |bench: &Bench, number: u32| {
        let mut task = bench.shell(0, keeps);
        task.id.attempt = number;
        task.files_at = bench.path(&format!("runs/0.{number}"));
        task.checkpoint = bench.path("runs/kept");
        task
    };
    for number in [1, 1] {
        let (_, ending) = bench.run(attempt(&bench, number)).await;
        let said = ending.log.unwrap();
        assert!(
            said.contains("No such file") && said.ends_with("said\n"),
            "{said}"
        );
    }
    let (_, ending) = bench.run(attempt(&bench, 2)).await;
    assert_eq!(ending.log.as_deref(), Some("3\nsaid\n"));
}
