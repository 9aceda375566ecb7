//! The decisions: from an event to what is stored and what is done. Synchronous and pure: time comes with the events, randomness with the
//! algorithm's answers. It leaves storing, running and suggesting to the loop around it.

mod ending;
mod expansion;
mod tasks;

use super::event::{Control, Event};
use super::outbox::Outbox;
use super::plan::Plan;
use super::progress::Progress;
use super::trial::{Phase, TrialRun};
use crate::state::{ExperimentReason, ExperimentState};
use crate::store::ExperimentUpdate;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use tune_algorithms::space::Configuration;
use tune_algorithms::stopper::Stopper;

/// The state machine of one experiment.
pub struct Core {
    plan: Plan,
    update: ExperimentUpdate,
    progress: Progress,
    trials: BTreeMap<u64, TrialRun>,
    stopper: Option<Box<dyn Stopper>>,
    ready: BTreeSet<(u64, usize)>,
    delayed: BTreeSet<(Timestamp, u64, usize)>,
    running: usize,
    suggested: VecDeque<Configuration>,
    awaited: usize,
    exhausted: bool,
    control: Control,
    end: Option<(ExperimentState, ExperimentReason)>,
    winding_down: bool,
    begun: bool,
    accounted: Timestamp,
    closed: bool,
    refusal: Option<String>,
    outbox: Outbox,
}

impl Core {
    /// A core that goes on from what is known; see `recover` for where that comes from.
    pub(super) fn new(
        plan: Plan,
        update: ExperimentUpdate,
        progress: Progress,
        stopper: Option<Box<dyn Stopper>>,
    ) -> Self {
        Self {
            plan,
            update,
            progress,
            stopper,
            trials: BTreeMap::new(),
            ready: BTreeSet::new(),
            delayed: BTreeSet::new(),
            running: 0,
            suggested: VecDeque::new(),
            awaited: 0,
            exhausted: false,
            control: Control::Run,
            end: None,
            winding_down: false,
            begun: false,
            accounted: Timestamp::UNIX_EPOCH,
            closed: false,
            refusal: None,
            outbox: Outbox::default(),
        }
    }

    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Adds an unfinished trial that is known from before.
    pub(super) fn adopt(&mut self, trial: TrialRun) {
        let number = trial.record.number;
        let ready = trial
            .steps
            .iter()
            .enumerate()
            .filter(|(_, run)| run.phase == Phase::Ready);
        self.ready.extend(ready.map(|(index, _)| (number, index)));
        self.trials.insert(number, trial);
    }

    /// Takes an event; what follows from it collects in the outbox.
    pub fn handle(&mut self, now: Timestamp, event: Event) {
        if self.closed {
            return;
        }
        match event {
            Event::Begin => self.begin(now),
            Event::Suggested {
                configurations,
                exhausted,
            } => self.suggested(configurations, exhausted),
            Event::Reported(id, reports) => self.reported(now, &id, reports),
            Event::Ended(id, ending) => self.ended(now, &id, *ending),
            Event::Tick => {}
            Event::Cancel => self.cancel(now),
            Event::Control(control) => self.control(control),
        }
        self.advance(now);
    }

    /// How many reports wait to be taken, if nothing else does.
    pub fn reports_alone(&self) -> Option<usize> {
        self.outbox.reports_alone()
    }

    /// What events led to since the last call.
    pub fn take(&mut self) -> Outbox {
        std::mem::take(&mut self.outbox)
    }

    /// Whether nothing more is going to happen.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// What the machine had no room for, if that is why the experiment pauses.
    pub fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }

    /// When the next [`Event::Tick`] is due, if one is.
    pub fn wake_at(&self) -> Option<Timestamp> {
        if self.end.is_some() {
            return None;
        }
        let delayed = self.delayed.first().map(|(until, _, _)| *until);
        [delayed, self.deadline()].into_iter().flatten().min()
    }

    fn begin(&mut self, now: Timestamp) {
        self.open(now);
        self.conclude_settled(now);
        self.update.started_at.get_or_insert(now);
        self.update.finished_at = None;
        self.enter(now, ExperimentState::Running, None);
    }

    /// Takes effect whether or not the experiment has begun: nothing has to run for it to end.
    fn cancel(&mut self, now: Timestamp) {
        self.open(now);
        self.end
            .get_or_insert((ExperimentState::Cancelled, ExperimentReason::Cancelled));
    }

    /// Trials that only waited for their end when the last process died.
    fn conclude_settled(&mut self, now: Timestamp) {
        let numbers = self.trials.keys().copied().collect::<Vec<_>>();
        for number in numbers {
            self.follow_verdict(now, number);
        }
    }

    /// From here on time counts.
    fn open(&mut self, now: Timestamp) {
        if !self.begun {
            self.begun = true;
            self.accounted = now;
        }
    }

    fn control(&mut self, control: Control) {
        self.control = self.control.max(control);
        if self.control == Control::Kill {
            let numbers = self.trials.keys().copied().collect::<Vec<_>>();
            for number in numbers {
                self.stop_steps(number);
            }
        }
    }

    /// Everything that has become possible or due.
    fn advance(&mut self, now: Timestamp) {
        if !self.begun {
            return;
        }
        self.wake_delayed(now);
        self.end = self.end.or_else(|| self.limit_reached(now));
        match self.end {
            Some(_) if !self.winding_down => self.wind_down(now),
            None if self.control == Control::Run => self.expand(now),
            _ => {}
        }
        self.account(now);
        self.close_when_quiet(now);
    }
}
