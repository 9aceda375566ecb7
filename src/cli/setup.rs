//! What the controller is set up with on this machine: the built-in components and the local engine.

use super::context::Context;
use crate::components::BuiltIn;
use anyhow::{Context as _, Result};
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit,
};
use std::path::Path;
use std::sync::Arc;
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
    });
    Ok(Setup {
        store,
        engine: Arc::new(engine.context("cannot start the local engine")?),
        components: Arc::new(BuiltIn::new()?),
        slots: 1,
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
    let limit = getrlimit(Resource::Nofile);
    if let Some(current) = files(processes, limit.current, limit.maximum) {
        let raised = Rlimit {
            current: Some(current),
            ..limit
        };
        // Where it is refused, starting a process fails later and says why.
        let _ = setrlimit(Resource::Nofile, raised);
    }
}

/// The soft limit to set, if that of now is too low and can be raised; `None` stands for no limit.
fn files(processes: usize, soft: Option<u64>, hard: Option<u64>) -> Option<u64> {
    let needed = u64::try_from(processes).unwrap_or(u64::MAX);
    let needed = needed
        .saturating_mul(FILES_PER_PROCESS)
        .saturating_add(FILES_BESIDES);
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
    use super::files;

    #[test]
    fn the_limit_of_open_files_is_raised_only_where_it_is_too_low() {
        assert_eq!(files(10, Some(1024), Some(4096)), None);
        assert_eq!(files(1000, Some(1024), Some(8192)), Some(4064));
        assert_eq!(files(1000, Some(1024), Some(2048)), Some(2048));
        assert_eq!(files(1000, Some(1024), None), Some(4064));
        assert_eq!(files(1000, None, None), None);
        assert_eq!(files(usize::MAX, Some(1024), Some(1024)), None);
    }
}
