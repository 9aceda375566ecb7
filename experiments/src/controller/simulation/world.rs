//! The world around a simulated core: a clock, a store in memory, an engine whose steps take time and go wrong, a process that crashes.

use super::super::Layout;
use super::super::core::Core;
use super::super::event::{Answer, Command, Control, Event, Ticket, Wish};
use super::super::outbox::Outbox;
use super::super::plan::Plan;
use super::super::recover::recover;
use super::super::suggester::{explained, place};
use super::super::trial::Results;
use super::clients::{Act, Outside};
use super::experiments::Shape;
use super::invariants;
use crate::engine::{Ending, Outcome, Task, TaskId};
use crate::metrics::Report;
use crate::pipeline::{ComponentInfo, ComponentProblem, Components, Graph, With};
use crate::spec::Experiment;
use crate::state::{ExperimentReason, ExperimentState};
use crate::store::{
    Changes, CurvePoint, ExperimentId, ExperimentRecord, ExperimentUpdate, LoadedTrial,
    MetricRecord, NewEvent, PriorTrial, Snapshot, StepRecord, TrialRecord, UnfinishedTrial,
};
use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tune_algorithms::algorithm::{self, Algorithm, Outlook};
use tune_algorithms::history::History;
use tune_algorithms::space::{Configuration, Value};
use tune_algorithms::stopper;

/// What goes wrong, and how likely at each opportunity.
#[derive(Clone, Copy, Debug)]
pub struct Faults {
    /// The process dies: before a transaction, after it, or between two commands.
    pub crashes: f64,
    /// News arrives twice.
    pub duplicates: f64,
    /// The clock is set back.
    pub clock: f64,
    /// The clock is put forward before everything that happens, and the core is told.
    pub leaps: bool,
}

/// After so many the machine is a good one.
const MOST_CRASHES: usize = 300;

impl Faults {
    /// A perfect world.
    pub const NONE: Self = Self {
        crashes: 0.0,
        duplicates: 0.0,
        clock: 0.0,
        leaps: false,
    };
}

impl Arbitrary for Faults {
    type Parameters = ();
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with((): ()) -> Self::Strategy {
        (0.0..0.2, 0.0..0.3, 0.0..0.05)
            .prop_map(|(crashes, duplicates, clock)| Self {
                crashes,
                duplicates,
                clock,
                leaps: false,
            })
            .boxed()
    }
}

/// What survives a crash.
pub struct Tables {
    pub update: ExperimentUpdate,
    pub trials: BTreeMap<u64, TrialRecord>,
    pub steps: BTreeMap<(u64, String), StepRecord>,
    pub metrics: Vec<MetricRecord>,
    pub events: Vec<NewEvent>,
}

/// A process that drives the experiment: gone after a crash.
struct Process {
    core: Core,
    algorithm: Box<dyn Algorithm>,
    history: History,
    /// What is going to happen, by time; ties in order of their making.
    agenda: BTreeMap<(Timestamp, u64), Event>,
    running: BTreeSet<TaskId>,
    /// Slots that it has been granted and not given back.
    held: usize,
    /// Trials that nobody was there to take.
    returned: Vec<u64>,
}

/// All of it.
pub struct World {
    pub experiment: Experiment,
    pub shape: Shape,
    pub tables: Tables,
    seed: u64,
    pub faults: Faults,
    pub now: Timestamp,
    pub rng: ChaCha8Rng,
    /// Clients, and the user.
    pub outside: Outside,
    /// The most trials that were ever allowed.
    pub most_trials: Option<u64>,
    counter: u64,
    crashed: usize,
    process: Option<Process>,
    /// Everything any process has started, to see that nothing runs twice.
    pub started: BTreeSet<TaskId>,
}

impl World {
    pub fn new((experiment, shape): (Experiment, Shape), seed: u64, faults: Faults) -> Self {
        let update = ExperimentUpdate {
            state: ExperimentState::Pending,
            reason: None,
            started_at: None,
            finished_at: None,
            active_seconds: 0.0,
        };
        let tables = Tables {
            update,
            trials: BTreeMap::new(),
            steps: BTreeMap::new(),
            metrics: Vec::new(),
            events: Vec::new(),
        };
        Self {
            experiment,
            shape,
            tables,
            seed,
            faults,
            now: Timestamp::UNIX_EPOCH,
            rng: ChaCha8Rng::seed_from_u64(seed),
            outside: Outside::default(),
            most_trials: None,
            counter: 0,
            crashed: 0,
            process: None,
            started: BTreeSet::new(),
        }
        .with_people()
    }

    /// Clients come, and the user's doings are spread over the first minutes.
    fn with_people(mut self) -> Self {
        self.most_trials = self.experiment.limits.max_trials;
        for _ in 0..self.shape.clients {
            let count = self.rng.random_range(1..3);
            self.later(10.0, Act::Ask(count));
        }
        for act in self.shape.acts.clone() {
            self.later(300.0, act.clone());
            if act == Act::Pause {
                self.outside.agenda.insert(
                    (self.now + SignedDuration::from_secs(400), self.counter),
                    Act::Resume,
                );
            }
        }
        self
    }

    pub fn state(&self) -> (ExperimentState, Option<ExperimentReason>) {
        (self.tables.update.state, self.tables.update.reason)
    }

    pub fn trials(&self) -> impl Iterator<Item = &TrialRecord> {
        self.tables.trials.values()
    }

    pub fn steps(&self) -> impl Iterator<Item = &StepRecord> {
        self.tables.steps.values()
    }

    pub fn configurations(&self) -> Vec<Configuration> {
        self.trials()
            .map(|trial| trial.parameters.clone())
            .collect()
    }

    /// What was found, without times and attempts.
    pub fn results(&self) -> Vec<(Configuration, crate::state::TrialState, Option<f64>)> {
        self.trials()
            .map(|trial| (trial.parameters.clone(), trial.state, trial.objective))
            .collect()
    }

    pub fn running_tasks(&self) -> usize {
        self.process
            .as_ref()
            .map_or(0, |process| process.running.len())
    }

    pub fn set_max_trials(&mut self, max_trials: u64) {
        self.experiment.limits.max_trials = Some(max_trials);
        self.most_trials = self.most_trials.map(|most| most.max(max_trials));
    }

    /// Drives the experiment, starting the process again after each crash, until it closes.
    pub fn run_to_the_end(&mut self) {
        self.run_while(|_| true);
        assert!(
            self.tables.update.state.is_finished(),
            "seed {}: {:?}",
            self.seed,
            self.state()
        );
    }

    /// Drives until so many trials have finished, then asks the process to stop gracefully.
    pub fn run_until_drained(&mut self, trials: usize) {
        self.run_while(|world| world.finished_trials() < trials);
        self.inject(Event::Control(Control::Drain));
        self.run_while(|_| true);
    }

    /// Drives until so many trials have finished, then kills the running steps.
    pub fn run_until_killed(&mut self, trials: usize) {
        self.run_while(|world| world.finished_trials() < trials);
        self.inject(Event::Control(Control::Kill));
        self.run_while(|_| true);
    }

    /// Drives until so many trials have finished, then has the machine refuse the steps that run.
    pub fn refuse_after(&mut self, trials: usize) {
        self.run_while(|world| world.finished_trials() < trials || world.running_tasks() == 0);
        let running = self
            .process
            .iter()
            .flat_map(|process| process.running.clone());
        for id in running.collect::<Vec<_>>() {
            self.inject(ended(&id, Outcome::Refused("too many open files".into())));
        }
        self.run_while(|_| true);
    }

    /// Cancels after so many trials: the process that drives, or one that comes after a crash just for that.
    pub fn cancel_after(&mut self, trials: usize, driven: bool) {
        self.run_while(|world| world.finished_trials() < trials);
        if !driven {
            self.process = Some(self.new_process());
        }
        self.inject(Event::Cancel);
        self.run_while(|_| true);
    }

    /// After so many trials the algorithm says what is still to be gained.
    pub fn expect_after(&mut self, trials: usize, outlook: Outlook) {
        self.run_while(|world| world.finished_trials() < trials);
        self.inject(Event::Suggested {
            round: 0,
            suggestions: Vec::new(),
            exhausted: false,
            outlook: Some(outlook),
        });
        self.run_while(|_| true);
    }

    fn finished_trials(&self) -> usize {
        self.trials()
            .filter(|trial| trial.state.is_finished())
            .count()
    }

    fn run_while(&mut self, goes_on: impl Fn(&Self) -> bool) {
        for _ in 0..1_000_000 {
            if !goes_on(self) {
                return;
            }
            let Some(mut process) = self.process.take() else {
                self.process = Some(self.new_process());
                self.forsake();
                self.inject(match self.user_paused() {
                    true => Event::Attend,
                    false => Event::Begin,
                });
                continue;
            };
            if process.core.is_closed() {
                return;
            }
            if self.faults.leaps {
                self.leap(&mut process);
            }
            let event = self.next_event(&mut process);
            self.process = self.survive(process, event);
        }
        panic!("seed {}: the experiment never ends", self.seed);
    }

    fn user_paused(&self) -> bool {
        self.state() == (ExperimentState::Paused, Some(ExperimentReason::Paused))
    }

    fn inject(&mut self, event: Event) {
        if let Some(process) = self.process.take() {
            self.process = self.survive(process, event);
        }
    }

    /// One turn of the loop; `None` when the process crashed in it.
    fn survive(&mut self, mut process: Process, event: Event) -> Option<Process> {
        process.core.handle(self.now, event);
        self.share_slots(&mut process);
        let Outbox {
            changes,
            starts,
            commands,
        } = process.core.take();
        if self.crashes() {
            return None;
        }
        self.commit(changes);
        for command in commands {
            if self.crashes() {
                return None;
            }
            self.carry_out(&mut process, command);
        }
        for task in starts {
            if self.crashes() {
                return None;
            }
            self.start(&mut process, &task);
        }
        match std::mem::take(&mut process.returned) {
            returned if returned.is_empty() => Some(process),
            returned => self.survive(process, Event::Returned(returned)),
        }
    }

    /// Gives the process back its slots, and sometimes fewer than it wants: others want some too.
    fn share_slots(&mut self, process: &mut Process) {
        loop {
            let slots = process.core.settle_slots();
            process.held -= slots.free + slots.returned;
            let free = self.shape.slots - process.held;
            let granted = slots.wanted.min(free);
            if granted == 0 {
                return;
            }
            process.held += granted;
            process.core.handle(self.now, Event::Slots(granted));
        }
    }

    /// A lease begins anew with every process: for a lost client to be noticed, crashes must cease some day.
    fn crashes(&mut self) -> bool {
        let crashed = self.crashed < MOST_CRASHES && self.rng.random_bool(self.faults.crashes);
        if crashed {
            self.crashed += 1;
            // The clock goes on while nobody drives.
            self.advance_clock(30.0);
        }
        crashed
    }

    fn advance_clock(&mut self, most: f64) {
        let seconds = self.rng.random_range(0.0..most);
        self.now += SignedDuration::from_secs_f64(seconds);
    }

    /// The time of day is another; nobody has waited any longer.
    fn leap(&mut self, process: &mut Process) {
        let by = SignedDuration::from_hours(1);
        self.now += by;
        process.core.leap(by);
        process.agenda = later(&process.agenda, by);
        self.outside.agenda = later(&self.outside.agenda, by);
    }

    /// The next thing on the agenda, or the tick the core waits for.
    fn next_event(&mut self, process: &mut Process) -> Event {
        let next = process.agenda.first_key_value().map(|(key, _)| *key);
        let outside = self.outside.agenda.first_key_value();
        let outside = outside.map(|((at, _), _)| *at);
        if let Some(at) = outside.filter(|at| next.is_none_or(|(next, _)| *at <= next)) {
            let wake = process.core.wake_at();
            if wake.is_none_or(|wake| at <= wake)
                && let Some((_, act)) = self.outside.agenda.pop_first()
            {
                self.now = self.now.max(at);
                return self.act(act).unwrap_or(Event::Tick);
            }
        }
        let wake = process.core.wake_at();
        if let Some(wake) = wake.filter(|wake| next.is_none_or(|(at, _)| *wake < at)) {
            self.now = self.now.max(wake);
            return Event::Tick;
        }
        let (at, event) = process
            .agenda
            .pop_first()
            .expect("an open experiment waits for something");
        self.now = self.now.max(at.0);
        if self.rng.random_bool(self.faults.clock) {
            self.now -= SignedDuration::from_secs(7);
        }
        if self.rng.random_bool(self.faults.duplicates)
            && matches!(event, Event::Reported(..) | Event::Ended(..))
        {
            self.schedule(process, 20.0, event.clone());
        }
        if let Event::Ended(id, _) = &event {
            process.running.remove(id);
        }
        event
    }

    fn schedule(&mut self, process: &mut Process, within: f64, event: Event) {
        let delay = SignedDuration::from_secs_f64(self.rng.random_range(0.0..within));
        self.counter += 1;
        process
            .agenda
            .insert((self.now + delay, self.counter), event);
    }

    fn commit(&mut self, changes: Changes) {
        invariants::at_a_transaction(self, &changes);
        if let Some(update) = changes.experiment {
            self.tables.update = update;
        }
        for trial in changes.trials {
            self.tables.trials.insert(trial.number, trial);
        }
        for step in changes.steps {
            self.tables
                .steps
                .insert((step.trial, step.step.clone()), step);
        }
        for metric in changes.metrics {
            let same = |other: &MetricRecord| {
                (other.trial, &other.step, &other.name, other.level)
                    == (metric.trial, &metric.step, &metric.name, metric.level)
            };
            self.tables.metrics.retain(|other| !same(other));
            self.tables.metrics.push(metric);
        }
        self.tables.events.extend(changes.events);
        invariants::after_a_transaction(self);
    }

    fn carry_out(&mut self, process: &mut Process, command: Command) {
        match command {
            Command::Suggest {
                round,
                count,
                outlook,
            } => {
                let outlook = outlook.then(|| process.algorithm.outlook(&process.history));
                let configurations = process.algorithm.suggest(&process.history, count);
                for configuration in &configurations {
                    process.history.create(configuration.clone());
                }
                let exhausted = configurations.len() < count;
                let suggestions = explained(configurations, process.algorithm.as_ref());
                self.schedule(
                    process,
                    0.5,
                    Event::Suggested {
                        round,
                        suggestions,
                        exhausted,
                        outlook: outlook.flatten(),
                    },
                );
            }
            Command::Enqueued {
                trial,
                configuration,
            } => {
                let place = place(&process.history, trial);
                if process.history.take_back(place) {
                    process.algorithm = self.new_algorithm();
                }
                process.history.enqueue(configuration);
            }
            Command::Learn { trial, outcome } => {
                let place = place(&process.history, trial);
                process.history.finish(place, outcome);
            }
            Command::Answer(ticket, answer) => {
                if self.answered(ticket, &answer)
                    && let Answer::Trials(trials) = answer
                {
                    let trials = trials.iter().map(|trial| trial.number);
                    process.returned.extend(trials);
                }
            }
            Command::Stop(id) => self.schedule(process, 5.0, ended(&id, Outcome::Stopped)),
        }
    }

    /// How an attempt goes depends on the seed and the trial alone, so that a run with crashes can be compared with one without.
    fn start(&mut self, process: &mut Process, task: &Task) {
        invariants::at_a_start(self, &task.id);
        process.running.insert(task.id.clone());
        assert!(
            process.running.len() <= self.shape.slots,
            "seed {}: more steps than slots",
            self.seed
        );
        let failures =
            self.tables.steps[&(task.id.trial, format!("step_{}", task.id.step))].failures;
        let script =
            self.seed ^ (task.id.trial << 20) ^ ((task.id.step as u64) << 10) ^ u64::from(failures);
        let mut fate = ChaCha8Rng::seed_from_u64(script);
        let levels = fate.random_range(1..6);
        let value = task.command[1].parse::<f64>().unwrap_or(0.0);
        for level in 0..levels {
            let report = Report {
                name: "score".into(),
                level: f64::from(level),
                value: value + fate.random_range(-0.1..0.1),
            };
            if !self.shape.silent && task.id.step + 1 == self.shape.needs.len() {
                self.report_in_order(process, &task.id, level, report);
            }
        }
        let outcome = match fate.random_bool(self.shape.failing) {
            true if fate.random_bool(0.3) => Outcome::TimedOut,
            true => Outcome::Exited(1),
            false => Outcome::Succeeded,
        };
        let after = SignedDuration::from_secs(i64::from(levels) * 10);
        self.counter += 1;
        process
            .agenda
            .insert((self.now + after, self.counter), ended(&task.id, outcome));
    }

    fn report_in_order(&mut self, process: &mut Process, id: &TaskId, level: i32, report: Report) {
        self.counter += 1;
        let at = self.now + SignedDuration::from_secs(i64::from(level) * 10);
        process.agenda.insert(
            (at, self.counter),
            Event::Reported(id.clone(), vec![report]),
        );
    }

    /// A core of which a client has been given a trial.
    pub fn with_a_trial_handed_out(&mut self) -> Core {
        let mut process = self.new_process();
        process.core.handle(self.now, Event::Begin);
        let ask = Event::Wish(Ticket(0), Wish::Ask(1));
        process.core.handle(self.now, ask);
        for command in process.core.take().commands {
            self.carry_out(&mut process, command);
        }
        while let Some((_, event)) = process.agenda.pop_first() {
            process.core.handle(self.now, event);
        }
        process.core
    }

    fn new_process(&mut self) -> Process {
        let goal = self.experiment.objective.goal;
        let algorithm = self.new_algorithm();
        let stopper = self.experiment.early_stopping.as_ref();
        let stopper = stopper.map(|choice| {
            let space = &self.experiment.parameters;
            stopper::build(&choice.name, goal, space, &choice.settings).expect("a known stopper")
        });
        let plan = self.plan();
        let (core, history) = recover(
            plan,
            self.snapshot(),
            &self.curves(),
            Results::default(),
            stopper,
        );
        Process {
            core,
            algorithm,
            history,
            agenda: BTreeMap::new(),
            running: BTreeSet::new(),
            held: 0,
            returned: Vec::new(),
        }
    }

    fn new_algorithm(&self) -> Box<dyn Algorithm> {
        let chosen = &self.experiment.algorithm;
        let space = self.experiment.searched();
        algorithm::build(&chosen.name, space, chosen.seed, &chosen.settings)
            .expect("a known algorithm")
    }

    fn plan(&self) -> Plan {
        Plan {
            id: ExperimentId(1),
            experiment: Arc::new(self.experiment.clone()),
            graph: Arc::new(Graph::new(&self.experiment.pipeline.needs())),
            directory: PathBuf::from("/simulated"),
            layout: Layout::new(Path::new("/simulated/.tune")).expect("an absolute path"),
            components: Arc::new(NoComponents),
            ahead: if self.new_algorithm().learns() { 0 } else { 3 },
        }
    }

    fn record(&self) -> ExperimentRecord {
        let update = self.tables.update.clone();
        ExperimentRecord {
            id: ExperimentId(1),
            name: self.experiment.name.clone(),
            document: serde_json::Value::Null,
            directory: PathBuf::from("/simulated"),
            goal: self.experiment.objective.goal,
            state: update.state,
            reason: update.reason,
            request: None,
            created_at: Timestamp::UNIX_EPOCH,
            started_at: update.started_at,
            finished_at: update.finished_at,
            active_seconds: update.active_seconds,
            prior_trials: u64::from(self.shape.prior),
        }
    }

    fn snapshot(&self) -> Snapshot {
        let trials = self.trials().map(|trial| LoadedTrial {
            number: trial.number,
            parameters: trial.parameters.clone(),
            state: trial.state,
            objective: trial.objective,
            enqueued: trial.enqueued,
            finished_order: trial.finished_order,
        });
        let unfinished = self
            .trials()
            .filter(|trial| !trial.state.is_finished())
            .map(|trial| UnfinishedTrial {
                trial: trial.clone(),
                steps: self
                    .steps()
                    .filter(|step| step.trial == trial.number)
                    .cloned()
                    .collect(),
                metrics: self
                    .tables
                    .metrics
                    .iter()
                    .filter(|metric| metric.trial == trial.number)
                    .cloned()
                    .collect(),
            });
        Snapshot {
            experiment: self.record(),
            trials: trials.collect(),
            unfinished: unfinished.collect(),
            prior: (0..self.shape.prior).map(prior).collect(),
        }
    }

    fn curves(&self) -> Vec<CurvePoint> {
        let point = |metric: &MetricRecord| CurvePoint {
            trial: metric.trial,
            level: metric.level,
            value: metric.value,
        };
        self.tables.metrics.iter().map(point).collect()
    }
}

/// A trial of another experiment.
fn later<T: Clone>(
    agenda: &BTreeMap<(Timestamp, u64), T>,
    by: SignedDuration,
) -> BTreeMap<(Timestamp, u64), T> {
    let moved = agenda.iter();
    moved
        .map(|((at, count), it)| ((*at + by, *count), it.clone()))
        .collect()
}

fn prior(number: u32) -> PriorTrial {
    let x = Value::Int(i64::from(number) + 1);
    PriorTrial {
        parameters: [("x".to_owned(), x)].into_iter().collect(),
        objective: f64::from(number),
        early_stopped: number % 3 == 2,
    }
}

fn ended(id: &TaskId, outcome: Outcome) -> Event {
    let ending = Ending {
        outcome,
        ..Ending::default()
    };
    Event::Ended(id.clone(), Box::new(ending))
}

/// The simulated pipelines use none.
struct NoComponents;

impl Components for NoComponents {
    fn all(&self) -> Vec<ComponentInfo> {
        Vec::new()
    }

    fn check(&self, _: &str, _: &With) -> Vec<ComponentProblem> {
        Vec::new()
    }

    fn metrics(&self, _: &str, _: &With) -> Vec<String> {
        Vec::new()
    }

    fn artifacts(&self, _: &str) -> IndexMap<String, String> {
        IndexMap::new()
    }

    fn command(&self, _: &str, _: &Path) -> Vec<String> {
        Vec::new()
    }
}
