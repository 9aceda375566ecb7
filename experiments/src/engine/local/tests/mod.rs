//! The promises of the local engine, each with real processes.

mod endings;
mod outputs;
mod processes;

use super::{LocalEngine, LocalOptions};
use crate::artifacts::ArtifactStore;
use crate::engine::{Ending, Engine, Leave, Outcome, Task, TaskId, Update};
use crate::metrics::Report;
use crate::store::ExperimentId;
use indexmap::IndexMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};

/// How long to wait for what must happen before the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// An engine and a place to run in.
struct Bench {
    directory: TempDir,
    engine: LocalEngine,
    updates: mpsc::Sender<Update>,
    received: mpsc::Receiver<Update>,
}

fn id(trial: u64) -> TaskId {
    TaskId {
        experiment: ExperimentId(1),
        trial,
        step: 0,
        attempt: 1,
    }
}

/// Leave that is given already.
fn at_once() -> Leave {
    let (give, leave) = oneshot::channel();
    give.send(()).unwrap();
    leave
}

impl Bench {
    fn new(slots: usize) -> Self {
        Self::with(slots, Duration::from_secs(60), 100)
    }

    fn with(slots: usize, grace: Duration, capacity: usize) -> Self {
        Self::set_up(capacity, |options| {
            options.slots = slots;
            options.grace = grace;
        })
    }

    fn set_up(capacity: usize, set: impl Fn(&mut LocalOptions)) -> Self {
        let directory = TempDir::new().unwrap();
        let mut options = LocalOptions {
            slots: 1,
            grace: Duration::from_secs(60),
            artifacts: ArtifactStore::new(directory.path().join("store")),
            watchdog: None,
            open_files: None,
        };
        set(&mut options);
        let engine = LocalEngine::new(options).unwrap();
        let (updates, received) = mpsc::channel(capacity);
        Self {
            directory,
            engine,
            updates,
            received,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn program(&self, trial: u64, command: &[&str]) -> Task {
        Task {
            id: id(trial),
            command: command.iter().map(|part| (*part).to_owned()).collect(),
            env: IndexMap::new(),
            working_directory: self.directory.path().to_owned(),
            files_at: self.path(&format!("runs/{trial}")),
            files: IndexMap::from([("params.json".to_owned(), "{}".to_owned())]),
            checkpoint: self.path(&format!("runs/{trial}.checkpoint")),
            objective: "accuracy".to_owned(),
            secrets: Vec::new(),
            artifacts: IndexMap::new(),
            timeout: None,
        }
    }

    fn shell(&self, trial: u64, text: &str) -> Task {
        self.program(trial, &["/bin/sh", "-c", text])
    }

    fn start(&self, task: Task) {
        self.engine.start(task, at_once(), self.updates.clone());
    }

    async fn next(&mut self) -> Update {
        self.received.recv().await.unwrap()
    }

    /// The reports that arrive until the next ending, and that.
    async fn ending(&mut self) -> (Vec<Report>, TaskId, Ending) {
        let mut all = Vec::new();
        loop {
            match self.next().await {
                Update::Reported(_, reports) => {
                    assert!(!reports.is_empty());
                    all.extend(reports);
                }
                Update::Ended(id, ending) => return (all, id, *ending),
            }
        }
    }

    async fn run(&mut self, task: Task) -> (Vec<Report>, Ending) {
        self.start(task);
        let (reports, _, ending) = self.ending().await;
        (reports, ending)
    }

    async fn run_shell(&mut self, text: &str) -> (Vec<Report>, Ending) {
        let task = self.shell(0, text);
        self.run(task).await
    }

    /// Starts it and waits for its first report, whose value it returns.
    async fn start_until_report(&mut self, trial: u64, text: &str) -> f64 {
        self.start(self.shell(trial, text));
        match self.next().await {
            Update::Reported(_, reports) => reports[0].value,
            Update::Ended(_, ending) => panic!("{ending:?}"),
        }
    }

    fn log(&self, trial: u64) -> String {
        let bytes = fs::read(self.path(&format!("runs/{trial}.log"))).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

fn values(reports: &[Report], name: &str) -> Vec<f64> {
    let named = reports.iter().filter(|report| report.name == name);
    named.map(|report| report.value).collect()
}

/// Waits until the process is no more, or is only waiting to be buried.
async fn wait_until_gone(process: f64) {
    let stat = format!("/proc/{process}/stat");
    let is_alive = |path: &Path| fs::read_to_string(path).is_ok_and(|text| !text.contains(") Z"));
    let start = Instant::now();
    while is_alive(Path::new(&stat)) {
        assert!(start.elapsed() < PATIENCE, "process {process} lives on");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
