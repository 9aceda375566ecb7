//! The local engine in a process that can be killed: nothing of a step outlives it. And in a process of its own, where it can be counted
//! what 200 attempts leave behind, and how much memory a gigabyte of output takes.

#![expect(clippy::unwrap_used, reason = "it is a test")]

use indexmap::IndexMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tune_experiments::artifacts::ArtifactStore;
use tune_experiments::engine::{
    Engine, LocalEngine, LocalOptions, Outcome, Task, TaskId, Update, watchdog,
};
use tune_experiments::store::ExperimentId;

/// How long to wait for what must happen before the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// The tests by name. Each runs in a process of its own.
const TESTS: &[(&str, fn())] = &[
    (
        "nothing_outlives_a_killed_tune",
        nothing_outlives_a_killed_tune,
    ),
    (
        "nothing_outlives_a_dropped_engine",
        nothing_outlives_a_dropped_engine,
    ),
    (
        "many_attempts_leave_nothing_behind",
        many_attempts_leave_nothing_behind,
    ),
    (
        "a_gigabyte_of_output_takes_little_memory",
        a_gigabyte_of_output_takes_little_memory,
    ),
];

/// They look at processes through `/proc`.
fn main() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("watchdog") => watchdog::run().expect("started by an engine"),
        Some("drive") => drive(Path::new(&arguments[1])),
        _ if arguments.iter().any(|argument| argument == "--ignored") => {}
        _ if arguments.iter().any(|argument| argument == "--list") => {
            for (name, _) in TESTS {
                println!("{name}: test");
            }
        }
        _ => run_tests(&arguments),
    }
}

/// The tests whose names are given; all when none is. The process of a single test runs it; otherwise each gets its own.
fn run_tests(arguments: &[String]) {
    let names: Vec<&String> = arguments
        .iter()
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let chosen = TESTS.iter().filter(|(name, _)| {
        names.is_empty() || names.iter().any(|part| name.contains(part.as_str()))
    });
    let chosen: Vec<_> = chosen.collect();
    if let [(name, test)] = chosen.as_slice() {
        test();
        println!("test {name} ... ok");
        return;
    }
    for (name, _) in chosen {
        let status = Command::new("/proc/self/exe").arg(name).status().unwrap();
        assert!(status.success(), "{name}");
    }
}

struct Bench {
    runtime: Runtime,
    engine: LocalEngine,
    directory: PathBuf,
    updates: mpsc::Sender<Update>,
    received: mpsc::Receiver<Update>,
}

impl Bench {
    fn new(directory: &Path) -> Self {
        let runtime = Runtime::new().unwrap();
        let options = LocalOptions {
            slots: 2,
            grace: Duration::from_secs(60),
            artifacts: ArtifactStore::new(directory.join("store")),
            watchdog: Some(vec!["/proc/self/exe".to_owned(), "watchdog".to_owned()]),
            open_files: None,
        };
        let engine = {
            let _guard = runtime.enter();
            LocalEngine::new(options).unwrap()
        };
        let (updates, received) = mpsc::channel(1000);
        let directory = directory.to_owned();
        Self {
            runtime,
            engine,
            directory,
            updates,
            received,
        }
    }

    fn start(&self, trial: u64, text: &str) {
        let task = Task {
            id: TaskId {
                experiment: ExperimentId(1),
                trial,
                step: 0,
                attempt: 1,
            },
            command: ["/bin/sh", "-c", text].map(str::to_owned).to_vec(),
            env: IndexMap::new(),
            working_directory: self.directory.clone(),
            files_at: self.directory.join(trial.to_string()),
            files: IndexMap::from([("params.json".to_owned(), "{}".to_owned())]),
            checkpoint: self.directory.join(format!("{trial}.checkpoint")),
            objective: "m".to_owned(),
            secrets: Vec::new(),
            artifacts: IndexMap::new(),
            timeout: None,
        };
        let (give, leave) = tokio::sync::oneshot::channel();
        give.send(()).unwrap();
        self.engine.start(task, leave, self.updates.clone());
    }

    fn next(&mut self) -> Update {
        self.runtime.block_on(self.received.recv()).unwrap()
    }

    fn outcome(&mut self) -> Outcome {
        loop {
            if let Update::Ended(_, ending) = self.next() {
                return ending.outcome;
            }
        }
    }

    /// The values of the next so many reports.
    fn reported(&mut self, count: usize) -> Vec<u32> {
        let mut values = Vec::new();
        while values.len() < count {
            match self.next() {
                Update::Reported(_, reports) => {
                    values.extend(reports.iter().map(|report| report.value as u32));
                }
                Update::Ended(_, ending) => panic!("{ending:?}"),
            }
        }
        values
    }
}

/// Four processes that all want to live on: a step that ignores signals, its child, a daemon that left the group, and one that also
/// threw its environment away but stayed in the group. Each reports its process id.
const TENACIOUS: &str = "trap '' TERM HUP INT
    setsid sh -c 'echo m=$$; exec sleep 1000' &
    env -i sh -c 'echo m=$$; exec sleep 1000' &
    (exec sh -c 'echo m=$$; while :; do sleep 0.1; done') &
    echo m=$$
    wait; sleep 1000";

/// Starts the tenacious, tells their process ids, and never ends.
fn drive(directory: &Path) {
    let mut bench = Bench::new(directory);
    bench.start(0, TENACIOUS);
    for process in bench.reported(4) {
        println!("{process}");
    }
    println!("ready");
    bench.outcome();
}

fn nothing_outlives_a_killed_tune() {
    let directory = tempfile::tempdir().unwrap();
    let mut tune = Command::new("/proc/self/exe")
        .arg("drive")
        .arg(directory.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(tune.stdout.take().unwrap()).lines();
    let lines = output
        .map(Result::unwrap)
        .take_while(|line| line != "ready");
    let processes: Vec<u32> = lines.map(|line| line.parse().unwrap()).collect();
    assert_eq!(processes.len(), 4);
    assert!(processes.iter().all(|process| is_alive(*process)));
    tune.kill().unwrap();
    tune.wait().unwrap();
    wait_until_gone(&processes);
}

fn nothing_outlives_a_dropped_engine() {
    let directory = tempfile::tempdir().unwrap();
    let mut bench = Bench::new(directory.path());
    bench.start(0, TENACIOUS);
    let processes = bench.reported(4);
    let Bench {
        runtime, engine, ..
    } = bench;
    drop(engine);
    drop(runtime);
    wait_until_gone(&processes);
}

fn many_attempts_leave_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let mut bench = Bench::new(directory.path());
    bench.start(0, "echo m=1");
    assert_eq!(bench.outcome(), Outcome::Succeeded);
    let before = open_files();
    for trial in 1..=200 {
        bench.start(trial, "echo m=1; echo '{\"m\": 2}' >> $TUNE_METRICS");
    }
    for _ in 1..=200 {
        assert_eq!(bench.outcome(), Outcome::Succeeded);
    }
    assert_eq!(open_files(), before);
    assert_eq!(children(), 1, "only the watchdog");
}

fn a_gigabyte_of_output_takes_little_memory() {
    let directory = tempfile::tempdir().unwrap();
    let mut bench = Bench::new(directory.path());
    bench.start(0, "head -c 500000000 /dev/zero; yes 'a line of an ordinary length, as they are printed by many programs' | head -c 500000000");
    assert_eq!(bench.outcome(), Outcome::Succeeded);
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(peak < 100_000, "{peak} kB");
    let log = fs::metadata(directory.path().join("0.log")).unwrap().len();
    assert!((1..1000).contains(&(log - 256 * 1024 * 1024)), "{log}");
}

/// Alive, and not just waiting to be buried.
fn is_alive(process: u32) -> bool {
    fs::read_to_string(format!("/proc/{process}/stat")).is_ok_and(|stat| !stat.contains(") Z"))
}

fn wait_until_gone(processes: &[u32]) {
    let start = Instant::now();
    while processes.iter().any(|process| is_alive(*process)) {
        assert!(start.elapsed() < PATIENCE, "one of {processes:?} lives on");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn open_files() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

fn children() -> usize {
    let own = format!(" {} ", std::process::id());
    let stats = fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| fs::read_to_string(entry.ok()?.path().join("stat")).ok());
    let parent_is_own = |stat: &String| {
        stat.rsplit_once(") ")
            .is_some_and(|(_, rest)| rest[1..].starts_with(&own))
    };
    stats.filter(parent_is_own).count()
}
