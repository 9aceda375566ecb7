//! The engine of one machine: every attempt is a process group of its own, so many at a time. When the engine goes, or the whole program,
//! the processes go with it.

mod attempt;
mod checkpoints;
mod course;
mod escapes;
mod group;
mod lines;
mod log;
mod mask;
mod output;
mod places;
mod results;
mod secrets;
mod spares;
mod start;
mod tail;

#[cfg(test)]
mod tests;

use self::checkpoints::Checkpoints;
use self::course::Request;
use self::output::Outlet;
use self::spares::Spares;
use super::session;
use super::watchdog::Watchdog;
use super::{Ending, Engine, Leave, Outcome, Task, TaskId, Update};
use crate::artifacts::ArtifactStore;
use crate::store::ExperimentId;
use futures_util::FutureExt;
use rustix::process::{Pid, Rlimit, Signal, kill_process};
use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc, watch};
use tracing::{Instrument, Span};

/// More attempts at once than any machine has processes for.
const MOST_SLOTS: u32 = 1 << 20;

/// How a local engine is set up.
#[derive(Clone, Debug)]
pub struct LocalOptions {
    /// How many attempts run at once; the others wait in the order in which they came.
    pub slots: usize,
    /// What a process gets between SIGTERM and SIGKILL.
    pub grace: Duration,
    /// Where artifacts are kept.
    pub artifacts: ArtifactStore,
    /// The command that calls [`watchdog::run`](super::watchdog::run), as a rule this program itself. Without one, processes outlive a
    /// `tune` that was killed.
    pub watchdog: Option<Vec<String>>,
    /// How many files a process may have open at first (its soft limit), where that is not as many as this program may; `None` leaves it
    /// as it is. Programs that wait with `select` break where it is above 1,024.
    pub open_files: Option<u64>,
}

/// Runs tasks on this machine. Dropping it kills all that still run.
pub struct LocalEngine {
    shared: Arc<Shared>,
    runtime: Handle,
}

/// What all attempts share.
struct Shared {
    grace: Duration,
    artifacts: ArtifactStore,
    checkpoints: Checkpoints,
    spares: Spares,
    inherited: Vec<(OsString, OsString)>,
    open_files: Option<Rlimit>,
    session: String,
    watchdog: Option<Watchdog>,
    numbers: AtomicU64,
    semaphore: Semaphore,
    free_slots: Mutex<Vec<u32>>,
    tasks: Mutex<HashMap<TaskId, watch::Sender<Request>>>,
}

impl LocalEngine {
    /// An engine on the current tokio runtime. Nothing is started before the first task; what killed engines have left half-stored is
    /// removed.
    ///
    /// # Errors
    /// When there is no runtime, no slot, or the system gives no memory for the watchdog's notes.
    pub fn new(options: LocalOptions) -> io::Result<Self> {
        let runtime = Handle::try_current().map_err(io::Error::other)?;
        let slots = u32::try_from(options.slots)
            .unwrap_or(u32::MAX)
            .min(MOST_SLOTS);
        if slots == 0 {
            let text = "an engine needs at least one slot";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        options.artifacts.remove_leftovers();
        let session = session::new_session();
        let watchdog = options
            .watchdog
            .map(|command| Watchdog::new(command, session.clone()))
            .transpose()?;
        let shared = Shared {
            grace: options.grace,
            artifacts: options.artifacts,
            checkpoints: Checkpoints::default(),
            spares: Spares::default(),
            inherited: start::inherited_environment(),
            open_files: options.open_files.map(start::soft_limit),
            session,
            watchdog,
            numbers: AtomicU64::new(0),
            semaphore: Semaphore::new(slots as usize),
            free_slots: Mutex::new((0..slots).rev().collect()),
            tasks: Mutex::default(),
        };
        let shared = Arc::new(shared);
        Ok(Self { shared, runtime })
    }

    fn kill(&self, whose: impl Fn(&TaskId) -> bool) {
        for (id, task) in self.shared.tasks().iter() {
            if whose(id) {
                task.send_replace(Request::Kill);
            }
        }
    }
}

impl Engine for LocalEngine {
    fn start(&self, task: Task, leave: Leave, updates: mpsc::Sender<Update>) {
        let (asker, requests) = watch::channel(Request::Run);
        self.shared.tasks().insert(task.id.clone(), asker);
        let shared = Arc::clone(&self.shared);
        let span = of_step(&task);
        let running = async move {
            let running = shared.run(&task, leave, requests, updates.clone());
            // Nothing that the attempt was in the middle of is looked at afterwards.
            let ending = AssertUnwindSafe(running).catch_unwind().await;
            let ending = ending.unwrap_or_else(|_| crashed());
            shared.tasks().remove(&task.id);
            // Nobody may be listening any more.
            let _ = updates.send(Update::Ended(task.id, Box::new(ending))).await;
        };
        self.runtime.spawn(running.instrument(span));
    }

    fn stop(&self, id: &TaskId) {
        if let Some(task) = self.shared.tasks().get(id) {
            task.send_modify(|request| {
                *request = match request {
                    Request::Run => Request::Stop,
                    Request::Stop | Request::Kill => Request::Kill,
                };
            });
        }
    }

    fn session(&self) -> &str {
        &self.shared.session
    }

    fn end_session(&self, session: &str) {
        for _ in 0..LOOKS {
            let left: Vec<Pid> = session::marked(&format!("{session}.")).collect();
            if left.is_empty() {
                return;
            }
            for process in left {
                // It may have ended meanwhile.
                let _ = kill_process(process, Signal::KILL);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn kill_experiment(&self, experiment: ExperimentId) {
        self.kill(|id| id.experiment == experiment);
    }
}

/// What every line of the log about a step carries, below what its experiment's and its trial's lines carry. At the highest level, so that
/// warnings carry it whatever else is shown: beside a process it costs nothing.
fn of_step(task: &Task) -> Span {
    let step = task.env.get("TUNE_STEP").map(String::as_str);
    tracing::error_span!("step", step, attempt = task.id.attempt)
}

/// An end also for a task that this program was not up to: whoever waits for it must not wait for ever.
fn crashed() -> Ending {
    let words = "tune itself failed while it ran the step; its last message is above";
    Ending {
        outcome: Outcome::BadOutput(words.to_owned()),
        ..Ending::default()
    }
}

/// Looks at what an earlier session left before giving up on it.
const LOOKS: u32 = 100;

impl Drop for LocalEngine {
    fn drop(&mut self) {
        self.kill(|_| true);
    }
}

impl Shared {
    /// Waits for a slot, then runs the attempt in it.
    async fn run(
        &self,
        task: &Task,
        leave: Leave,
        mut requests: watch::Receiver<Request>,
        updates: mpsc::Sender<Update>,
    ) -> Ending {
        let stopped = Ending {
            outcome: Outcome::Stopped,
            ..Ending::default()
        };
        let permit = tokio::select! {
            biased;
            _ = requests.wait_for(|request| *request != Request::Run) => return stopped,
            Ok(permit) = self.semaphore.acquire() => permit,
        };
        let slot = lock(&self.free_slots).pop().unwrap_or_default();
        let outlet = Outlet {
            id: task.id.clone(),
            updates,
        };
        let ending = attempt::run(self, slot, task, leave, requests, outlet).await;
        tracing::debug!(outcome = ?ending.outcome, "the attempt has ended");
        lock(&self.free_slots).push(slot);
        drop(permit);
        ending
    }

    fn tasks(&self) -> MutexGuard<'_, HashMap<TaskId, watch::Sender<Request>>> {
        lock(&self.tasks)
    }

    fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    fn watch_over(&self) -> io::Result<()> {
        self.watchdog
            .as_ref()
            .map_or(Ok(()), Watchdog::ensure_running)
    }

    fn note_group(&self, slot: u32, leader: Pid) {
        self.note(slot, leader.as_raw_nonzero().get().unsigned_abs());
    }

    fn release_group(&self, slot: u32) {
        self.note(slot, 0);
    }

    fn note(&self, slot: u32, group: u32) {
        if let Some(watchdog) = &self.watchdog
            && let Err(error) = watchdog.note(slot, group)
        {
            tracing::warn!(%error, "the watchdog does not know of a process group");
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
