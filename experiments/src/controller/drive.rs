//! Taking an experiment up: what it is driven with, the lock, and what the store remembers of it.

use super::Layout;
use super::core::Core;
use super::driver::{Driver, Ways};
use super::event::{Control, Event};
use super::lost::redo_lost;
use super::observer::Observer;
use super::plan::Plan;
use super::recover::recover;
use super::slots::Pool;
use super::submit::goes_on;
use super::suggester::{AlgorithmCrashed, Maker, Suggester};
use super::trial::{Results, StepValues};
use crate::artifacts::ArtifactStore;
use crate::engine::Engine;
use crate::pipeline::{Components, Graph};
use crate::spec::{self, Experiment, SpecError};
use crate::store::{DriverLock, ExperimentId, ExperimentRecord, Snapshot, Store, StoreError};
use indexmap::IndexMap;
use jiff::Timestamp;
use std::mem::take;
use std::sync::Arc;
use tokio::sync::watch;
use tracing::field::Empty;
use tracing::{Instrument, Span};
use tune_algorithms::algorithm;
use tune_algorithms::stopper::{self, Stopper};

/// How many suggestions of an algorithm that does not learn are kept ready.
const AHEAD: usize = 128;

/// What an experiment is driven with.
#[derive(Clone)]
pub struct Setup {
    /// Where everything is remembered.
    pub store: Store,
    /// Where steps run.
    pub engine: Arc<dyn Engine>,
    /// The built-in steps.
    pub components: Arc<dyn Components>,
    /// How many steps may run at once.
    pub slots: usize,
    /// Where this process can be asked for things while it drives: a base URL.
    pub address: Option<String>,
    /// Who is told how long things take.
    pub observer: Arc<dyn Observer>,
}

/// Why an experiment could not be driven on. What was stored before stays.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stored file cannot be read by this version.
    #[error("the stored experiment cannot be read")]
    Spec(#[from] Box<SpecError>),
    /// The algorithm panicked.
    #[error(transparent)]
    Algorithm(#[from] AlgorithmCrashed),
    /// The machine had no room for a step; the experiment is paused.
    #[error("the machine has no room for another step: {0}")]
    Refused(String),
    /// Another process has taken the experiment over.
    #[error("another process has taken the experiment over")]
    TakenOver,
    /// The operating system refused something.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Drives an experiment until it ends or `control` says otherwise. `progress` is told the number of the last stored event after each
/// transaction. Nothing happens when it has come to its end meanwhile.
///
/// # Errors
/// At once when another process drives the experiment; later when the store, the algorithm or the system refuses.
pub async fn drive(
    setup: &Setup,
    id: ExperimentId,
    control: watch::Receiver<Control>,
    progress: &watch::Sender<i64>,
) -> Result<(), DriveError> {
    let driving = drive_alone(setup, id, control, progress);
    driving.instrument(of_experiment(id)).await
}

/// What every line of the log about an experiment carries; its name is added when it has been loaded. At the highest level, so that
/// warnings carry it whatever else is shown; there is one for each experiment that is driven.
pub(crate) fn of_experiment(id: ExperimentId) -> Span {
    tracing::error_span!("experiment", id = id.0, experiment = Empty)
}

async fn drive_alone(
    setup: &Setup,
    id: ExperimentId,
    control: watch::Receiver<Control>,
    progress: &watch::Sender<i64>,
) -> Result<(), DriveError> {
    let lock = setup.store.lock_of_the_living(id, setup.address.as_deref());
    let lock = sign(setup, lock.await?).await?;
    let loaded = load(setup, id).await?;
    if !loaded.open {
        return Ok(lock.release().await?);
    }
    let ways = Ways {
        control,
        news: progress.clone(),
        slots: Pool::new(setup.slots).join(id),
        messages: None,
    };
    let mut driver = Driver::new(setup, lock, loaded, ways);
    let result = driver.run(Event::Begin).await;
    if result.is_err() {
        driver.kill_all().await;
    }
    // Whoever comes next must not have to wait for this process's lease to run out.
    driver.release().await;
    result
}

/// Becomes the driver of the experiment.
pub(crate) async fn take_lock(setup: &Setup, id: ExperimentId) -> Result<DriverLock, DriveError> {
    let lock = setup.store.lock(id, setup.address.as_deref()).await?;
    sign(setup, lock).await
}

/// Makes the lock this process's. A step that outlived its driver would run beside its own next attempt: what the last one may have left is
/// ended first.
async fn sign(setup: &Setup, lock: DriverLock) -> Result<DriverLock, DriveError> {
    let ours = setup.engine.session();
    if let Some(session) = lock.left_behind().filter(|session| session != ours) {
        let engine = setup.engine.clone();
        let ending = tokio::task::spawn_blocking(move || engine.end_session(&session));
        ending.await.map_err(std::io::Error::other)?;
    }
    lock.sign(ours).await?;
    Ok(lock)
}

/// Cancels an experiment that no process drives: its unfinished trials end, and so does it. One that has ended stays as it is.
///
/// # Errors
/// When a process drives it, or the store refuses.
pub async fn cancel(setup: &Setup, id: ExperimentId) -> Result<(), DriveError> {
    let lock = take_lock(setup, id).await?;
    let mut loaded = load(setup, id).await?;
    if !loaded.record.state.is_finished() {
        loaded.core.handle(Timestamp::now(), Event::Cancel);
        setup.store.commit(id, loaded.core.take().changes).await?;
    }
    Ok(lock.release().await?)
}

/// An experiment as the store remembers it, under the lock.
pub(crate) struct Loaded {
    pub core: Core,
    pub suggester: Suggester,
    pub record: ExperimentRecord,
    /// Whether there is more to do.
    pub open: bool,
}

pub(crate) async fn load(setup: &Setup, id: ExperimentId) -> Result<Loaded, DriveError> {
    let mut snapshot = setup.store.load(id).await?;
    let record = snapshot.experiment.clone();
    Span::current().record("experiment", record.name.as_str());
    let experiment =
        spec::read_document(&record.document, setup.components.as_ref()).map_err(Box::new)?;
    let open = goes_on(&setup.store, &record, &experiment).await?;
    let stopper = stopper(&experiment)?;
    let curves = match stopper {
        Some(_) => setup.store.curves(id, &experiment.objective.metric).await?,
        None => Vec::new(),
    };
    let results = complete_values(setup, &mut snapshot, experiment.pipeline.needs()).await?;
    let name = experiment.algorithm.name.clone();
    let (maker, learns) = algorithm(&experiment)?;
    let resource = experiment.resource().cloned();
    let plan = plan(setup, &record, experiment, if learns { 0 } else { AHEAD })?;
    let (core, history) = recover(plan, snapshot, &curves, results, stopper);
    let suggester = Suggester::new(&name, maker, history, resource, setup.observer.clone());
    Ok(Loaded {
        core,
        suggester,
        record,
        open,
    })
}

/// What makes the algorithm, and whether it learns.
fn algorithm(experiment: &Experiment) -> Result<(Maker, bool), DriveError> {
    let chosen = experiment.algorithm.clone();
    let space = experiment.searched();
    let make = move || algorithm::build(&chosen.name, space.clone(), chosen.seed, &chosen.settings);
    let learns = make().map_err(|problems| refused(&problems))?.learns();
    let maker: Maker = Box::new(move || make().expect("it has been made before"));
    Ok((maker, learns))
}

fn stopper(experiment: &Experiment) -> Result<Option<Box<dyn Stopper>>, DriveError> {
    let goal = experiment.objective.goal;
    let built = experiment
        .early_stopping
        .as_ref()
        .map(|choice| stopper::build(&choice.name, goal, &experiment.parameters, &choice.settings));
    built.transpose().map_err(|problems| refused(&problems))
}

/// Large values are kept as artifacts: here they are read again. Steps whose results have vanished are to run again, if those are needed
/// by a trial that goes on.
async fn complete_values(
    setup: &Setup,
    snapshot: &mut Snapshot,
    needs: IndexMap<String, Vec<String>>,
) -> Result<Results, DriveError> {
    let artifacts = ArtifactStore::new(Layout::new(setup.store.root())?.artifacts());
    let mut unfinished = take(&mut snapshot.unfinished);
    let restoring = tokio::task::spawn_blocking(move || {
        let going_on = unfinished.iter_mut().filter(|it| it.trial.reason.is_none());
        let before = going_on.flat_map(|it| redo_lost(&mut it.steps, &needs, &artifacts));
        let before = before
            .map(|step| ((step.trial, step.step.clone()), step))
            .collect();
        let steps = unfinished.iter().flat_map(|trial| &trial.steps);
        let present = steps.filter(|step| artifacts.has_values(&step.values));
        let values = present.map(|step| {
            let mut values = step.values.clone();
            artifacts.restore_values(&mut values)?;
            Ok(((step.trial, step.step.clone()), values))
        });
        let values = values.collect::<std::io::Result<StepValues>>()?;
        Ok::<_, std::io::Error>((unfinished, Results { values, before }))
    });
    let (unfinished, results) = restoring.await.map_err(std::io::Error::other)??;
    snapshot.unfinished = unfinished;
    Ok(results)
}

fn plan(
    setup: &Setup,
    record: &ExperimentRecord,
    experiment: Experiment,
    ahead: usize,
) -> Result<Plan, DriveError> {
    Ok(Plan {
        id: record.id,
        graph: Arc::new(Graph::new(&experiment.pipeline.needs())),
        experiment: Arc::new(experiment),
        directory: record.directory.clone(),
        layout: Layout::new(setup.store.root())?,
        components: setup.components.clone(),
        ahead,
    })
}

/// Settings were checked when the file was read; a version that checks them otherwise refuses here.
fn refused(problems: &[tune_algorithms::setting::SettingError]) -> DriveError {
    let words = problems
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ");
    DriveError::Io(std::io::Error::other(words))
}
