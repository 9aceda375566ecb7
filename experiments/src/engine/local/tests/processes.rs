//! Processes that a step leaves behind.

use super::*;

/// The limit is set when the process has begun.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_process_may_open_as_many_files_as_is_said_and_still_raise_that() {
    let mut bench = Bench::set_up(100, |options| options.open_files = Some(200));
    let text = r#"until [ "$(ulimit -Sn)" = 200 ]; do :; done
        ulimit -Sn 201 && echo files=$(ulimit -Sn)"#;
    let (reports, ending) = bench.run_shell(text).await;
    assert_eq!(ending.outcome, Outcome::Succeeded);
    assert_eq!(values(&reports, "files"), [201.0]);
}

#[tokio::test]
async fn who_holds_the_pipes_after_the_step_has_ended_does_not_hang_it() {
    let mut bench = Bench::new(1);
    let (reports, ending) = bench.run_shell("sleep 1000 & echo pid=$!").await;
    assert_eq!(ending.outcome, Outcome::Succeeded);
    wait_until_gone(values(&reports, "pid")[0]).await;
}

#[tokio::test]
async fn who_is_silent_and_holds_nothing_is_ended_too() {
    let mut bench = Bench::new(1);
    let (reports, ending) = bench
        .run_shell("sleep 1000 >/dev/null 2>&1 & echo pid=$!")
        .await;
    assert_eq!(ending.outcome, Outcome::Succeeded);
    wait_until_gone(values(&reports, "pid")[0]).await;
}

#[tokio::test]
async fn who_ignores_the_polite_signal_is_killed() {
    let mut bench = Bench::new(1);
    let text = "(trap '' TERM; while :; do sleep 1; done) >/dev/null 2>&1 & echo pid=$!";
    let (reports, ending) = bench.run_shell(text).await;
    assert_eq!(ending.outcome, Outcome::Succeeded);
    wait_until_gone(values(&reports, "pid")[0]).await;
}

#[tokio::test]
async fn the_last_words_of_those_left_behind_are_heard() {
    let mut bench = Bench::new(1);
    let (reports, _) = bench
        .run_shell("(sleep 0.05; echo accuracy=0.5) & true")
        .await;
    assert_eq!(values(&reports, "accuracy"), [0.5]);
}

#[tokio::test]
async fn who_prints_forever_is_ended() {
    let mut bench = Bench::new(1);
    let (reports, ending) = bench
        .run_shell("(while echo still here; do sleep 0.05; done) & echo pid=$!")
        .await;
    assert_eq!(ending.outcome, Outcome::Succeeded);
    wait_until_gone(values(&reports, "pid")[0]).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_daemon_in_a_session_of_its_own_that_holds_the_pipes_is_found() {
    let mut bench = Bench::new(1);
    let text =
        "setsid sh -c 'echo pid=$$; exec sleep 1000' & while [ ! -e go ]; do sleep 0.01; done";
    let process = bench.start_until_report(0, text).await;
    fs::write(bench.path("go"), "").unwrap();
    let (_, _, ending) = bench.ending().await;
    assert_eq!(ending.outcome, Outcome::Succeeded);
    wait_until_gone(process).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_stop_also_reaches_those_that_left_the_group() {
    let mut bench = Bench::with(1, Duration::from_secs(1_000_000), 100);
    let text = "setsid sh -c 'echo pid=$$; exec sleep 1000 >/dev/null 2>&1' & wait";
    let process = bench.start_until_report(0, text).await;
    bench.engine.stop(&id(0));
    assert_eq!(bench.ending().await.2.outcome, Outcome::Stopped);
    wait_until_gone(process).await;
}
