//! Where a step runs. An engine starts tasks, tells what becomes of them, and ends them when asked.

mod local;
mod session;
pub mod watchdog;

pub use local::{LocalEngine, LocalOptions};

use crate::artifacts::Artifact;
use crate::metrics::Report;
use crate::store::ExperimentId;
use indexmap::IndexMap;
use serde_json::{Map, Value as Json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// One attempt of one step of one trial.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId {
    /// The experiment: one engine serves many.
    pub experiment: ExperimentId,
    /// The trial's number.
    pub trial: u64,
    /// The step's position in the pipeline.
    pub step: usize,
    /// 1, 2, 3 …; also the fencing token: news of an older attempt is ignored.
    pub attempt: u32,
}

/// Everything an engine needs to run an attempt. Nothing in it is a template any more.
#[derive(Clone, Debug)]
pub struct Task {
    /// Whose attempt it is.
    pub id: TaskId,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// The environment, beside what every step gets (`PATH`, `HOME` …).
    pub env: IndexMap<String, String>,
    /// Where it runs.
    pub working_directory: PathBuf,
    /// What the paths of the attempt's own files begin with: `.log`, `.output`, `.metrics.jsonl`, `.artifacts/` and the names in `files`
    /// follow. Files beside each other, since a folder for each attempt would cost more than all else that is done to start a process.
    pub files_at: PathBuf,
    /// Files that are written before the process starts: what follows `files_at.` → content. At least one.
    pub files: IndexMap<String, String>,
    /// What the step run keeps across its attempts: a folder that the engine makes.
    pub checkpoint: PathBuf,
    /// The objective's metric; lines that nearly report it are remembered.
    pub objective: String,
    /// Variables of `tune`'s own environment that the process gets too; their values never reach a log, a metric or a value.
    pub secrets: Vec<String>,
    /// Declared artifacts: name → path below `files_at.artifacts`.
    pub artifacts: IndexMap<String, String>,
    /// How long it may take.
    pub timeout: Option<Duration>,
}

/// The file `name` among those of an attempt that begin with `files_at`.
pub fn file_of(files_at: &Path, name: &str) -> PathBuf {
    let mut path = files_at.as_os_str().to_owned();
    path.push(".");
    path.push(name);
    path.into()
}

/// All that an attempt printed, unless its [`Ending`] tells it.
pub fn log_of(files_at: &Path) -> PathBuf {
    file_of(files_at, "log")
}

/// What an engine tells about a task.
#[derive(Clone, Debug)]
pub enum Update {
    /// Metrics arrived (never empty).
    Reported(TaskId, Vec<Report>),
    /// It ended; the last update of the task.
    Ended(TaskId, Box<Ending>),
}

/// How a task ended.
#[derive(Clone, Debug, Default)]
pub struct Ending {
    /// In one word and its data.
    pub outcome: Outcome,
    /// Values for later steps, from `TUNE_OUTPUT`.
    pub values: Map<String, Json>,
    /// The same as they are to be remembered: large ones are kept as artifacts, and
    /// [`ArtifactStore::restore_values`](crate::artifacts::ArtifactStore::restore_values) puts them back.
    pub stored_values: Map<String, Json>,
    /// Stored artifacts, when it succeeded.
    pub artifacts: IndexMap<String, Artifact>,
    /// The last lines that looked nearly like a metric, for the message about a missing objective.
    pub near_misses: Vec<String>,
    /// The last lines of its log when it failed.
    pub last_lines: Vec<String>,
    /// All it printed, when it succeeded and that is a short text without NUL characters; else it is in the file [`log_of`].
    pub log: Option<String>,
}

/// The kinds of ending.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Outcome {
    /// Exit code 0 and every declared artifact present.
    #[default]
    Succeeded,
    /// Another exit code.
    Exited(i32),
    /// Ended by a signal that the engine did not send.
    Signalled(i32),
    /// Ended by the engine because its time was up.
    TimedOut,
    /// Ended by the engine because it was asked to.
    Stopped,
    /// The program could not be started; why, in words.
    NotStarted(String),
    /// The machine had no room for it (processes, open files, memory, disk); what, in words. It has not run, and may another time.
    Refused(String),
    /// It exited with 0, but its output could not be taken over (artifact missing, disk full, output malformed); why, in words.
    BadOutput(String),
}

/// Leave to start a task: given once the intent is stored, so that a task is never run that nobody would know of. When its sender is
/// dropped, the task ends without having run.
pub type Leave = oneshot::Receiver<()>;

/// Runs tasks. Cheap to share; every method returns at once.
pub trait Engine: Send + Sync {
    /// Takes a task: prepares it at once, and starts it as soon as there is leave and a free slot. Updates are sent in order; the last is
    /// always `Ended`.
    fn start(&self, task: Task, leave: Leave, updates: mpsc::Sender<Update>);

    /// Ends the task: asks it to stop, then kills it after the grace period. Its `Ended` still comes. No-op when it has ended.
    fn stop(&self, id: &TaskId);

    /// Kills all tasks of an experiment at once, without a grace period. Those of others, which the engine serves too, run on.
    fn kill_experiment(&self, experiment: ExperimentId);

    /// By what name the processes of this engine can be found when it is gone.
    fn session(&self) -> &str;

    /// Kills what a session left behind whose process, and whatever should have looked after its steps, died. Blocks until nothing is left.
    fn end_session(&self, session: &str);
}
