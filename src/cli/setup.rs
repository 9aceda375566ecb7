//! What the controller is set up with on this machine: the built-in components and the local engine.

use super::context::Context;
use crate::components::BuiltIn;
use anyhow::{Context as _, Result};
use std::sync::Arc;
use std::time::Duration;
use tune_experiments::artifacts::ArtifactStore;
use tune_experiments::controller::{Layout, Setup};
use tune_experiments::engine::{LocalEngine, LocalOptions};
use tune_experiments::spec::Experiment;
use tune_experiments::store::Store;

/// What a process gets between the request to end and its end.
const GRACE: Duration = Duration::from_secs(5);

/// Everything to drive the experiment with at most so many processes at once; by default as many as it can use.
pub fn setup(
    context: &Context,
    store: Store,
    experiment: &Experiment,
    processes: Option<usize>,
) -> Result<Setup> {
    let layout = Layout::new(&context.directory)?;
    let slots = processes.unwrap_or_else(|| usable(experiment));
    let program = std::env::current_exe().context("cannot tell which program this is")?;
    let watchdog = vec![
        program.to_string_lossy().into_owned(),
        "watchdog".to_owned(),
    ];
    let engine = LocalEngine::new(LocalOptions {
        slots,
        grace: GRACE,
        artifacts: ArtifactStore::new(layout.artifacts()),
        objective: experiment.objective.metric.clone(),
        watchdog: Some(watchdog),
    });
    Ok(Setup {
        store,
        engine: Arc::new(engine.context("cannot start the local engine")?),
        components: Arc::new(BuiltIn::new()?),
        slots,
    })
}

/// All steps of all trials that may run at once.
fn usable(experiment: &Experiment) -> usize {
    let trials = usize::try_from(experiment.limits.parallel_trials).unwrap_or(usize::MAX);
    trials
        .saturating_mul(experiment.pipeline.steps.len())
        .max(1)
}
