//! The loop around the core: it collects what happened, lets the core decide, stores what changed and then does what follows. What arrives
//! while a transaction is written goes into the next one together.

use super::Layout;
use super::core::Core;
use super::event::{Command, Control, Event};
use super::outbox::Outbox;
use super::plan::Plan;
use super::recover::recover;
use super::submit::goes_on;
use super::suggester::{AlgorithmCrashed, Suggester};
use super::trial::StepValues;
use crate::artifacts::ArtifactStore;
use crate::engine::{Engine, Task, TaskId, Update};
use crate::pipeline::{Components, Graph};
use crate::spec::{self, Experiment, SpecError};
use crate::state::ExperimentState;
use crate::store::{Changes, ExperimentId, ExperimentRecord, Request, Snapshot, Store, StoreError};
use jiff::Timestamp;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};
use tune_algorithms::algorithm;
use tune_algorithms::stopper::{self, Stopper};

/// How often the store is asked whether another process wants something.
const REQUESTS_EVERY: Duration = Duration::from_millis(500);
/// How many updates may wait; a step that reports faster than they are stored is slowed down.
const UPDATES_WAITING: usize = 1024;
/// How long reports may wait for something to be stored with, and how many.
const REPORTS_WAIT: Duration = Duration::from_millis(20);
const REPORTS_TOGETHER: usize = 1000;
/// How many suggestions of an algorithm that does not learn are kept ready.
const AHEAD: usize = 16;

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
    let lock = setup.store.lock(id, None).await?;
    if let Some(session) = lock.left_behind() {
        // A step that outlived its driver would run beside its own next attempt.
        setup.engine.end_session(&session);
    }
    lock.sign(setup.engine.session())?;
    let Loaded {
        core,
        suggester,
        open,
        ..
    } = load(setup, id).await?;
    if !open {
        return Ok(());
    }
    let mut driver = Driver::new(setup, id, core, suggester, control, progress);
    let result = driver.run().await;
    if result.is_err() {
        driver.kill_all().await;
    }
    result
}

/// Cancels an experiment that no process drives: its unfinished trials end, and so does it. One that has ended stays as it is.
///
/// # Errors
/// When a process drives it, or the store refuses.
pub async fn cancel(setup: &Setup, id: ExperimentId) -> Result<(), DriveError> {
    let _lock = setup.store.lock(id, None).await?;
    let mut loaded = load(setup, id).await?;
    if !loaded.state.is_finished() {
        loaded.core.handle(Timestamp::now(), Event::Cancel);
        setup.store.commit(id, loaded.core.take().changes).await?;
    }
    Ok(())
}

/// An experiment as the store remembers it, under the lock.
struct Loaded {
    core: Core,
    suggester: Suggester,
    /// Where it stands.
    state: ExperimentState,
    /// Whether there is more to do.
    open: bool,
}

async fn load(setup: &Setup, id: ExperimentId) -> Result<Loaded, DriveError> {
    let snapshot = setup.store.load(id).await?;
    let record = &snapshot.experiment;
    let state = record.state;
    let experiment =
        spec::read_document(&record.document, setup.components.as_ref()).map_err(Box::new)?;
    let open = goes_on(&setup.store, record, &experiment).await?;
    let chosen = &experiment.algorithm;
    let space = Arc::new(experiment.parameters.clone());
    let algorithm = algorithm::build(&chosen.name, space, chosen.seed, &chosen.settings)
        .map_err(|problems| refused(&problems))?;
    let stopper = stopper(&experiment)?;
    let curves = match stopper {
        Some(_) => setup.store.curves(id, &experiment.objective.metric).await?,
        None => Vec::new(),
    };
    let values = complete_values(setup, &snapshot)?;
    let ahead = if algorithm.learns() { 0 } else { AHEAD };
    let plan = plan(setup, record, experiment, ahead)?;
    let (core, history) = recover(plan, snapshot, &curves, values, stopper);
    let suggester = Suggester::start(algorithm, history)?;
    Ok(Loaded {
        core,
        suggester,
        state,
        open,
    })
}

fn stopper(experiment: &Experiment) -> Result<Option<Box<dyn Stopper>>, DriveError> {
    let goal = experiment.objective.goal;
    let built = experiment
        .early_stopping
        .as_ref()
        .map(|choice| stopper::build(&choice.name, goal, &choice.settings));
    built.transpose().map_err(|problems| refused(&problems))
}

/// Large values are kept as artifacts: here they are read again.
fn complete_values(setup: &Setup, snapshot: &Snapshot) -> Result<StepValues, DriveError> {
    let artifacts = ArtifactStore::new(Layout::new(setup.store.root())?.artifacts());
    let mut complete = StepValues::new();
    for step in snapshot.unfinished.iter().flat_map(|trial| &trial.steps) {
        let mut values = step.values.clone();
        artifacts.restore_values(&mut values)?;
        complete.insert((step.trial, step.step.clone()), values);
    }
    Ok(complete)
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
        slots: setup.slots,
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

/// Everything the loop holds while it runs.
struct Driver<'a> {
    setup: &'a Setup,
    id: ExperimentId,
    core: Core,
    suggester: Suggester,
    control: watch::Receiver<Control>,
    progress: &'a watch::Sender<i64>,
    updates: (mpsc::Sender<Update>, mpsc::Receiver<Update>),
    requests: Interval,
    tasks: HashSet<TaskId>,
    /// When reports that wait for company have waited enough.
    flush_at: Option<Instant>,
}

impl<'a> Driver<'a> {
    fn new(
        setup: &'a Setup,
        id: ExperimentId,
        core: Core,
        suggester: Suggester,
        control: watch::Receiver<Control>,
        progress: &'a watch::Sender<i64>,
    ) -> Self {
        let mut requests = interval(REQUESTS_EVERY);
        requests.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            setup,
            id,
            core,
            suggester,
            control,
            progress,
            updates: mpsc::channel(UPDATES_WAITING),
            requests,
            tasks: HashSet::new(),
            flush_at: None,
        }
    }

    async fn run(&mut self) -> Result<(), DriveError> {
        self.take(vec![Event::Begin]).await?;
        while !self.core.is_closed() {
            let events = self.wait().await?;
            self.take(events).await?;
        }
        match self.core.refusal() {
            Some(words) => Err(DriveError::Refused(words.to_owned())),
            None => Ok(()),
        }
    }

    /// What happened next: at least one event, and all that are there already.
    async fn wait(&mut self) -> Result<Vec<Event>, DriveError> {
        let mut updates = Vec::new();
        let tick = sleep_until(self.core.wake_at());
        let flush = flush(self.flush_at);
        // In the order of rarity: a step that reports without pause must not drown what the user wants.
        tokio::select! {
            biased;
            Ok(()) = self.control.changed() => return Ok(vec![self.controlled()]),
            _ = self.requests.tick() => return self.requested().await,
            answer = self.suggester.answer() => return Ok(vec![answer?]),
            _ = self.updates.1.recv_many(&mut updates, UPDATES_WAITING) => {}
            () = tick => return Ok(vec![Event::Tick]),
            () = flush => return Ok(vec![Event::Tick]),
        }
        Ok(updates
            .into_iter()
            .map(|update| self.happened(update))
            .collect())
    }

    fn happened(&mut self, update: Update) -> Event {
        match update {
            Update::Reported(id, reports) => Event::Reported(id, reports),
            Update::Ended(id, ending) => {
                self.tasks.remove(&id);
                Event::Ended(id, ending)
            }
        }
    }

    fn controlled(&mut self) -> Event {
        let control = *self.control.borrow_and_update();
        if control == Control::Kill {
            self.setup.engine.kill_experiment(self.id);
        }
        Event::Control(control)
    }

    async fn requested(&mut self) -> Result<Vec<Event>, DriveError> {
        match self.setup.store.requested(self.id).await? {
            Some(Request::Cancel) => Ok(vec![Event::Cancel]),
            Some(Request::Pause) => Ok(vec![Event::Control(Control::Drain)]),
            None => Ok(vec![Event::Tick]),
        }
    }

    /// Lets the core decide, stores, then acts. Tasks are handed to the engine while their intent is being stored, so that it can prepare
    /// them meanwhile; they start when it is.
    async fn take(&mut self, events: Vec<Event>) -> Result<(), DriveError> {
        let now = Timestamp::now();
        for event in events {
            self.core.handle(now, event);
        }
        if self.may_wait() {
            return Ok(());
        }
        let Outbox {
            changes,
            starts,
            commands,
        } = self.core.take();
        let storing = self.store(changes);
        let (stored, leaves) = tokio::join!(biased; storing, async { self.hand_over(starts) });
        stored?;
        commands
            .into_iter()
            .try_for_each(|command| self.carry_out(command))?;
        for (task, leave) in leaves {
            self.tasks.insert(task);
            // Without a receiver the task has ended already.
            let _ = leave.send(());
        }
        Ok(())
    }

    /// Whether there are only reports, and not many or old ones: they are stored with what comes next, which is often the end of their step.
    fn may_wait(&mut self) -> bool {
        match self.core.reports_alone() {
            Some(0) => true,
            Some(count) if count < REPORTS_TOGETHER => {
                let flush_at = *self
                    .flush_at
                    .get_or_insert_with(|| Instant::now() + REPORTS_WAIT);
                let wait = Instant::now() < flush_at;
                if !wait {
                    self.flush_at = None;
                }
                wait
            }
            _ => {
                self.flush_at = None;
                false
            }
        }
    }

    async fn store(&self, changes: Changes) -> Result<(), DriveError> {
        if !changes.is_empty() {
            let last = self.setup.store.commit(self.id, changes).await?;
            if last > 0 {
                self.progress.send_replace(last);
            }
        }
        Ok(())
    }

    /// Gives tasks to the engine, without leave to start.
    fn hand_over(&self, tasks: Vec<Task>) -> Vec<(TaskId, oneshot::Sender<()>)> {
        let hand_over = |task: Task| {
            let (give, leave) = oneshot::channel();
            let id = task.id.clone();
            self.setup.engine.start(task, leave, self.updates.0.clone());
            (id, give)
        };
        tasks.into_iter().map(hand_over).collect()
    }

    fn carry_out(&mut self, command: Command) -> Result<(), DriveError> {
        match command {
            Command::Suggest(count) => self.suggester.suggest(count)?,
            Command::Learn { trial, outcome } => self.suggester.learn(trial, outcome),
            Command::Stop(id) => self.setup.engine.stop(&id),
        }
        Ok(())
    }

    /// After a failure: no step may outlive the loop that would have taken its result.
    async fn kill_all(&mut self) {
        self.setup.engine.kill_experiment(self.id);
        while !self.tasks.is_empty() {
            let Some(update) = self.updates.1.recv().await else {
                return;
            };
            self.happened(update);
        }
    }
}

/// Sleeps until reports have waited long enough; for ever when there are none.
async fn flush(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Sleeps until the moment; for ever without one.
async fn sleep_until(moment: Option<Timestamp>) {
    match moment {
        Some(moment) => {
            let left = moment.duration_since(Timestamp::now());
            tokio::time::sleep(Duration::try_from(left).unwrap_or_default()).await;
        }
        None => std::future::pending().await,
    }
}
