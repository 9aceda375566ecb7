//! What the controller is set up with on this machine: the built-in components and the local engine.

use super::context::Context;
use crate::components::BuiltIn;
use anyhow::{Context as _, Result};
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit,
};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tune_experiments::artifacts::ArtifactStore;
use tune_experiments::controller::{Layout, NoObserver, Setup};
use tune_experiments::engine::{LocalEngine, LocalOptions};
use tune_experiments::spec::Experiment;
use tune_experiments::store::Store;

/// What a process gets between the request to end and its end.
const GRACE: Duration = Duration::from_secs(5);

/// Pipes, a log and a handle for every process of a step.
const FILES_PER_PROCESS: u64 = 4;
/// The database, the terminal and what else is open.
const FILES_BESIDES: u64 = 64;
/// Its socket, and what is read for it: a log, an artifact, another server.
const FILES_PER_CONNECTION: u64 = 2;
/// So many there are whatever else is open: a dashboard or two, and programs beside.
const LEAST_CONNECTIONS: u64 = 64;
/// More connections than anybody needs at once.
const MOST_CONNECTIONS: u64 = 16_384;

/// Everything to drive the experiment with at most so many processes at once; by default as many as it can use.
pub fn setup(
    context: &Context,
    store: Store,
    experiment: &Experiment,
    processes: Option<usize>,
) -> Result<Setup> {
    shared_setup(
        context,
        store,
        processes.unwrap_or_else(|| usable(experiment)),
    )
}

/// Everything to drive experiments without starting a process, for trials that clients evaluate. The store's files are in `directory`.
pub fn without_processes(directory: &Path, store: Store) -> Result<Setup> {
    let engine = LocalEngine::new(LocalOptions {
        slots: 1,
        grace: GRACE,
        artifacts: ArtifactStore::new(Layout::new(directory)?.artifacts()),
        watchdog: None,
        open_files: None,
    });
    Ok(Setup {
        store,
        engine: Arc::new(engine.context("cannot start the local engine")?),
        components: Arc::new(BuiltIn::new()?),
        // An experiment with a pipeline may be taken up to be paused: none of its steps starts meanwhile.
        slots: 0,
        address: None,
        observer: Arc::new(NoObserver),
    })
}

/// Everything to drive any number of experiments with at most so many processes at once.
pub fn shared_setup(context: &Context, store: Store, slots: usize) -> Result<Setup> {
    let layout = Layout::new(&context.directory)?;
    allow_files(slots);
    hide_environment();
    let program = std::env::current_exe().context("cannot tell which program this is")?;
    let watchdog = vec![
        program.to_string_lossy().into_owned(),
        "watchdog".to_owned(),
    ];
    let engine = LocalEngine::new(LocalOptions {
        slots,
        grace: GRACE,
        artifacts: ArtifactStore::new(layout.artifacts()),
        watchdog: Some(watchdog),
        open_files: files_at_start(),
    });
    Ok(Setup {
        store,
        engine: Arc::new(engine.context("cannot start the local engine")?),
        components: Arc::new(BuiltIn::new()?),
        slots,
        address: None,
        observer: Arc::new(NoObserver),
    })
}

/// No step may read this process's environment or memory, where its tokens and passwords are, though both run as the same user.
fn hide_environment() {
    // Where the system cannot, steps are no worse off than without.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

/// Raises the soft limit of open files, as far as the hard one allows, to what so many processes need.
fn allow_files(processes: usize) {
    raise_limit(files_of_steps(processes));
}

/// How many connections there may be beside so many processes, which need open files too. Raises the soft limit of open files for them as
/// far as the hard one allows.
pub fn allow_connections(processes: usize) -> usize {
    let steps = files_of_steps(processes);
    let limit = raise_limit(steps.saturating_add(MOST_CONNECTIONS * FILES_PER_CONNECTION));
    let needed = steps.saturating_add(LEAST_CONNECTIONS * FILES_PER_CONNECTION);
    if let Some(limit) = limit.filter(|limit| *limit < needed) {
        tracing::warn!(
            limit,
            needed,
            "too few files may be open for so many steps and connections: raise the limit (ulimit -n)"
        );
    }
    usize::try_from(connections(steps, limit)).unwrap_or(usize::MAX)
}

fn connections(steps: u64, limit: Option<u64>) -> u64 {
    let left = limit.unwrap_or(u64::MAX).saturating_sub(steps);
    (left / FILES_PER_CONNECTION).clamp(LEAST_CONNECTIONS, MOST_CONNECTIONS)
}

fn files_of_steps(processes: usize) -> u64 {
    let processes = u64::try_from(processes).unwrap_or(u64::MAX);
    processes
        .saturating_mul(FILES_PER_PROCESS)
        .saturating_add(FILES_BESIDES)
}

/// The soft limit of open files with which this process was started: that of steps, which need no more for being many.
fn files_at_start() -> Option<u64> {
    static AT_START: OnceLock<Option<u64>> = OnceLock::new();
    *AT_START.get_or_init(|| getrlimit(Resource::Nofile).current)
}

/// The soft limit of open files from now on; `None` stands for no limit.
fn raise_limit(needed: u64) -> Option<u64> {
    // Before it is another.
    files_at_start();
    let limit = getrlimit(Resource::Nofile);
    if let Some(current) = files(needed, limit.current, limit.maximum) {
        let raised = Rlimit {
            current: Some(current),
            ..limit
        };
        // Where it is refused, starting a process fails later and says why.
        let _ = setrlimit(Resource::Nofile, raised);
    }
    getrlimit(Resource::Nofile).current
}

/// The soft limit to set, if that of now is too low and can be raised; `None` stands for no limit.
fn files(needed: u64, soft: Option<u64>, hard: Option<u64>) -> Option<u64> {
    let possible = needed.min(hard.unwrap_or(u64::MAX));
    soft.filter(|soft| *soft < possible).map(|_| possible)
}

/// All steps of all trials that may run at once.
fn usable(experiment: &Experiment) -> usize {
    let trials = usize::try_from(experiment.limits.parallel_trials).unwrap_or(usize::MAX);
    trials
        .saturating_mul(experiment.pipeline.steps.len())
        .max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_of_open_files_is_raised_only_where_it_is_too_low() {
        let needed = files_of_steps;
        assert_eq!(files(needed(10), Some(1024), Some(4096)), None);
        assert_eq!(files(needed(1000), Some(1024), Some(8192)), Some(4064));
        assert_eq!(files(needed(1000), Some(1024), Some(2048)), Some(2048));
        assert_eq!(files(needed(1000), Some(1024), None), Some(4064));
        assert_eq!(files(needed(1000), None, None), None);
        assert_eq!(files(needed(usize::MAX), Some(1024), Some(1024)), None);
    }

    #[test]
    fn connections_leave_room_for_steps() {
        assert_eq!(connections(files_of_steps(2), Some(1024)), 476);
        assert_eq!(connections(files_of_steps(2), None), MOST_CONNECTIONS);
        assert_eq!(
            connections(files_of_steps(1000), Some(1024)),
            LEAST_CONNECTIONS
        );
    }
}
