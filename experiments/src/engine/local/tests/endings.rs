//! How attempts end.

use super::*;

#[tokio::test]
async fn exit_codes_and_signals_are_told() {
    let mut bench = Bench::new(1);
    assert_eq!(bench.run_shell("true").await.1.outcome, Outcome::Succeeded);
    assert_eq!(
        bench.run_shell("exit 3").await.1.outcome,
        Outcome::Exited(3)
    );
    assert_eq!(
        bench.run_shell("kill -9 $$").await.1.outcome,
        Outcome::Signalled(9)
    );
}

#[tokio::test]
async fn a_failure_comes_with_the_last_lines_of_its_log() {
    let mut bench = Bench::new(1);
    let (_, ending) = bench.run_shell("(seq 30; echo broken) >&2; exit 1").await;
    assert_eq!(ending.last_lines.len(), 10);
    assert_eq!(ending.last_lines.last().unwrap(), "broken");
}

async fn why_not_started(bench: &mut Bench, task: Task) -> String {
    match bench.run(task).await.1.outcome {
        Outcome::NotStarted(words) => words,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_cannot_be_started_says_why() {
    let mut bench = Bench::new(1);
    fs::write(bench.path("train"), "#!/no/such/interpreter\n").unwrap();

    let task = bench.program(0, &["no-such-program"]);
    let words = why_not_started(&mut bench, task).await;
    assert!(
        words.starts_with("program `no-such-program` is not in PATH (/"),
        "{words}"
    );

    let task = bench.program(0, &["train"]);
    let words = why_not_started(&mut bench, task).await;
    assert!(words.ends_with("write `./train`"), "{words}");

    let task = bench.program(0, &["./train"]);
    let words = why_not_started(&mut bench, task).await;
    assert!(words.contains("chmod +x"), "{words}");

    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(bench.path("train"), mode).unwrap();
    let task = bench.program(0, &["./train"]);
    let words = why_not_started(&mut bench, task).await;
    assert!(
        words.contains("interpreter that its first line names"),
        "{words}"
    );

    let task = bench.program(0, &["./nothing"]);
    let words = why_not_started(&mut bench, task).await;
    assert!(words.ends_with("nothing` does not exist"), "{words}");

    let task = bench.program(0, &["./runs"]);
    let words = why_not_started(&mut bench, task).await;
    assert!(words.ends_with("is a directory, not a program"), "{words}");

    let mut task = bench.shell(0, "true");
    task.working_directory = bench.path("gone");
    let words = why_not_started(&mut bench, task).await;
    assert!(
        words.ends_with("gone does not exist on the machine that runs the steps"),
        "{words}"
    );

    let task = bench.program(0, &["/bin/echo", &"x".repeat(10_000_000)]);
    let words = why_not_started(&mut bench, task).await;
    assert!(words.contains("too long for the system"), "{words}");

    let task = bench.program(0, &[]);
    assert_eq!(
        why_not_started(&mut bench, task).await,
        "the command is empty"
    );
}

#[tokio::test]
async fn a_timeout_ends_the_whole_group() {
    let mut bench = Bench::new(1);
    let mut task = bench.shell(0, "sleep 1000 & echo pid=$!; wait");
    task.timeout = Some(Duration::from_millis(50));
    let (reports, ending) = bench.run(task).await;
    assert_eq!(ending.outcome, Outcome::TimedOut);
    if let Some(process) = values(&reports, "pid").first() {
        wait_until_gone(*process).await;
    }
}

#[tokio::test]
async fn a_stopped_step_may_finish_within_its_grace() {
    let mut bench = Bench::new(1);
    let text = "trap 'echo saved=1; exit 0' TERM; echo ready=1; while :; do sleep 0.01; done";
    bench.start_until_report(0, text).await;
    bench.engine.stop(&id(0));
    let (reports, _, ending) = bench.ending().await;
    assert_eq!(values(&reports, "saved"), [1.0]);
    assert_eq!(ending.outcome, Outcome::Stopped);
}

#[tokio::test]
async fn children_of_a_stopped_step_have_the_grace_too() {
    let mut bench = Bench::new(1);
    let text = "(trap 'sleep 0.3; echo saved=1; exit 0' TERM; echo ready=1; while :; do sleep 0.01; done); true";
    bench.start_until_report(0, text).await;
    bench.engine.stop(&id(0));
    let (reports, _, ending) = bench.ending().await;
    assert_eq!(values(&reports, "saved"), [1.0]);
    assert_eq!(ending.outcome, Outcome::Stopped);
}

#[tokio::test]
async fn a_suspended_step_hears_the_request() {
    let mut bench = Bench::new(1);
    bench
        .start_until_report(0, "echo ready=1; kill -STOP $$")
        .await;
    bench.engine.stop(&id(0));
    assert_eq!(bench.ending().await.2.outcome, Outcome::Stopped);
}

const STUBBORN: &str = "trap '' TERM; echo pid=$$; while :; do sleep 0.01; done";

#[tokio::test]
async fn who_ignores_the_request_is_killed_after_the_grace() {
    let mut bench = Bench::with(1, Duration::from_millis(50), 100);
    let process = bench.start_until_report(0, STUBBORN).await;
    bench.engine.stop(&id(0));
    assert_eq!(bench.ending().await.2.outcome, Outcome::Stopped);
    wait_until_gone(process).await;
}

#[tokio::test]
async fn a_second_request_kills_without_waiting_for_the_grace() {
    let mut bench = Bench::with(1, Duration::from_secs(1_000_000), 100);
    bench.start_until_report(0, STUBBORN).await;
    bench.engine.stop(&id(0));
    bench.engine.stop(&id(0));
    assert_eq!(bench.ending().await.2.outcome, Outcome::Stopped);
}

#[tokio::test]
async fn killing_an_experiment_ends_its_running_and_waiting_tasks_and_no_others() {
    let mut bench = Bench::with(1, Duration::from_secs(1_000_000), 100);
    bench.start_until_report(0, STUBBORN).await;
    let mut others = bench.shell(1, "true");
    others.id.experiment = ExperimentId(2);
    bench.start(others);
    bench.start(bench.shell(2, "true"));
    bench.engine.kill_experiment(ExperimentId(1));
    let mut outcomes = Vec::new();
    for _ in 0..3 {
        let (_, ended, ending) = bench.ending().await;
        outcomes.push((ended.trial, ending.outcome));
    }
    outcomes.sort_by_key(|(trial, _)| *trial);
    assert_eq!(
        outcomes,
        [
            (0, Outcome::Stopped),
            (1, Outcome::Succeeded),
            (2, Outcome::Stopped)
        ]
    );
}

#[tokio::test]
async fn a_task_beyond_the_slots_waits_and_may_be_stopped_before_it_starts() {
    let mut bench = Bench::new(2);
    let text = "echo ready=1; while [ ! -e go ]; do sleep 0.01; done";
    bench.start_until_report(0, text).await;
    bench.start_until_report(1, text).await;
    bench.start(bench.shell(2, text));
    bench.start(bench.shell(3, "true"));
    bench.engine.stop(&id(2));
    let (_, ended, ending) = bench.ending().await;
    assert_eq!((ended, ending.outcome), (id(2), Outcome::Stopped));
    assert!(!bench.path("runs/2").exists());
    assert!(!bench.path("runs/3").exists());
    fs::write(bench.path("go"), "").unwrap();
    for _ in [0, 1, 3] {
        assert_eq!(bench.ending().await.2.outcome, Outcome::Succeeded);
    }
}

#[tokio::test]
async fn tasks_that_wait_start_in_the_order_in_which_they_came() {
    let mut bench = Bench::new(1);
    for trial in 0..20 {
        bench.start(bench.shell(trial, "true"));
    }
    for trial in 0..20 {
        assert_eq!(bench.ending().await.1, id(trial));
    }
}

#[tokio::test]
async fn stopping_what_has_ended_or_never_was_does_nothing() {
    let mut bench = Bench::new(1);
    bench.run_shell("true").await;
    bench.engine.stop(&id(0));
    bench.engine.stop(&id(7));
    assert_eq!(bench.run_shell("true").await.1.outcome, Outcome::Succeeded);
}

#[tokio::test]
async fn a_receiver_that_has_gone_holds_nothing_up() {
    let mut bench = Bench::new(1);
    let (updates, received) = mpsc::channel(1);
    drop(received);
    bench.engine.start(
        bench.shell(1, "seq 100000 | sed s/^/accuracy=/"),
        at_once(),
        updates,
    );
    assert_eq!(bench.run_shell("true").await.1.outcome, Outcome::Succeeded);
}

#[tokio::test]
async fn a_slow_receiver_does_not_delay_a_stop() {
    let mut bench = Bench::with(1, Duration::from_secs(60), 1);
    bench.start(bench.shell(0, "yes accuracy=0.5"));
    bench.start(bench.shell(1, "true"));
    while bench.received.is_empty() {
        tokio::task::yield_now().await;
    }
    bench.engine.stop(&id(0));
    let (reports, _, ending) = bench.ending().await;
    assert!(!reports.is_empty());
    assert_eq!(ending.outcome, Outcome::Stopped);
    assert_eq!(bench.ending().await.2.outcome, Outcome::Succeeded);
}
