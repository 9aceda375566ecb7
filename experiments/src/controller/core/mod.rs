//! The decisions: from an event to what is stored and what is done. Synchronous and pure: time comes with the events, randomness with the
//! algorithm's answers. It leaves storing, running and suggesting to the loop around it.

mod clients;
mod ending;
mod expansion;
mod leap;
mod leases;
mod tasks;
mod wishes;

use super::event::{Control, Event, Suggestion, Ticket};
use super::outbox::{Outbox, Urgency};
use super::plan::Plan;
use super::progress::Progress;
use super::trial::{Phase, TrialRun};
use crate::engine::Task;
use crate::state::{ExperimentReason, ExperimentState, TrialState};
use crate::store::ExperimentUpdate;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use tune_algorithms::algorithm::Outlook;
use tune_algorithms::stopper::Stopper;

/// The state machine of one experiment.
pub struct Core {
    plan: Plan,
    update: ExperimentUpdate,
    progress: Progress,
    /// Those that have not finished.
    trials: BTreeMap<u64, TrialRun>,
    /// Those of them that wait to begin: handed out before and lost first, then by number.
    queue: BTreeSet<(bool, u64)>,
    stopper: Option<Box<dyn Stopper>>,
    ready: BTreeSet<(u64, usize)>,
    delayed: BTreeSet<(Timestamp, u64, usize)>,
    running: usize,
    slots: Slots,
    suggested: VecDeque<Suggestion>,
    awaited: usize,
    round: u64,
    exhausted: bool,
    /// What is still to be gained, as far as the algorithm has said.
    outlook: Option<Outlook>,
    /// Clients that wait for trials, and for how many.
    asks: VecDeque<(Ticket, usize)>,
    /// When the leases run out.
    leases: BTreeSet<(Timestamp, u64)>,
    /// Who waits for the experiment's end.
    farewells: Vec<Ticket>,
    control: Control,
    paused: bool,
    leaving: bool,
    end: Option<(ExperimentState, ExperimentReason)>,
    winding_down: bool,
    begun: bool,
    accounted: Timestamp,
    closed: bool,
    refusal: Option<String>,
    outbox: Outbox,
}

/// Slots of the engine: one is used up by a step that starts, and given back when it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slots {
    /// Granted, and not in use.
    pub free: usize,
    /// Not in use any more.
    pub returned: usize,
    /// How many steps could start at once if there were slots.
    pub wanted: usize,
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
            queue: BTreeSet::new(),
            ready: BTreeSet::new(),
            delayed: BTreeSet::new(),
            running: 0,
            slots: Slots::default(),
            suggested: VecDeque::new(),
            awaited: 0,
            round: 0,
            exhausted: false,
            outlook: None,
            asks: VecDeque::new(),
            leases: BTreeSet::new(),
            farewells: Vec::new(),
            control: Control::Run,
            paused: false,
            leaving: false,
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

    /// Adds an unfinished trial; its number. One that nobody has begun waits in the queue, unless it was suggested for a place
    /// in the pipeline.
    pub(super) fn adopt(&mut self, trial: TrialRun) -> u64 {
        let record = &trial.record;
        let number = record.number;
        let waits = record.state == TrialState::Queued
            && (record.enqueued || self.plan.evaluated_by_clients());
        if waits {
            self.queue.insert((record.handed_out == 0, number));
        }
        self.trials.insert(number, trial);
        if !waits {
            self.admit(number);
        }
        number
    }

    /// The trial's first steps may start.
    fn admit(&mut self, number: u64) {
        let Some(trial) = self.trials.get(&number) else {
            return;
        };
        let ready = trial
            .steps
            .iter()
            .enumerate()
            .filter(|(_, run)| run.phase == Phase::Ready);
        self.ready.extend(ready.map(|(index, _)| (number, index)));
    }

    /// Takes an event; what follows from it collects in the outbox.
    pub fn handle(&mut self, now: Timestamp, event: Event) {
        if self.closed {
            return;
        }
        match event {
            Event::Begin => self.begin(now),
            Event::Attend => self.attend(now),
            Event::Suggested {
                round,
                suggestions,
                exhausted,
                outlook,
            } => {
                if self.suggested(round, suggestions, exhausted) {
                    self.outlook = outlook.or(self.outlook);
                }
            }
            Event::Reported(id, reports) => self.reported(now, &id, reports),
            Event::Ended(id, ending) => self.ended(now, &id, *ending),
            Event::Slots(granted) => self.slots.free += granted,
            Event::Tick => {}
            Event::Back => self.begin_leases(now),
            Event::Cancel => self.cancel(now),
            Event::Pause => self.pause(now),
            Event::Limits(limits) => self.change_limits(now, limits),
            Event::Control(control) => self.control(control),
            Event::Leave => self.leave(),
            Event::Wish(ticket, wish) => self.wish(now, ticket, wish),
            Event::Returned(trials) => self.returned(now, &trials),
        }
        self.advance(now);
    }

    /// How soon what events led to is to be stored.
    pub fn urgency(&self) -> Urgency {
        self.outbox.urgency()
    }

    /// What events led to since the last call.
    pub fn take(&mut self) -> Outbox {
        std::mem::take(&mut self.outbox)
    }

    /// At most so many tasks that may start before the rest of the outbox is stored.
    pub fn take_starts(&mut self, at_most: usize) -> Vec<Task> {
        let starts = &mut self.outbox.starts;
        starts.drain(..starts.len().min(at_most)).collect()
    }

    /// The slots to be given back (they are from now on), and how many more are wanted.
    pub fn settle_slots(&mut self) -> Slots {
        let mut slots = std::mem::take(&mut self.slots);
        if self.goes_on() && self.begun && !self.closed {
            slots.wanted = self.ready.len();
        }
        slots
    }

    /// Whether nothing more is going to happen.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether nothing happens unless somebody wishes it: nothing runs, and no time is waited for.
    pub fn rests(&self) -> bool {
        let quiet = self.running == 0 && self.asks.is_empty() && self.awaited == 0;
        let idle = self.paused || self.plan.evaluated_by_clients();
        quiet && idle && self.end.is_none() && self.wake_at().is_none()
    }

    /// Whether the account of time has to be kept: steps run, or the time is limited.
    pub fn keeps_time(&self) -> bool {
        self.running > 0 || self.deadline().is_some()
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
        let lease = self.leases.first().map(|(until, _)| *until);
        let delayed = delayed.filter(|_| !self.paused);
        [delayed, lease, self.deadline()]
            .into_iter()
            .flatten()
            .min()
    }

    fn begin(&mut self, now: Timestamp) {
        self.open(now);
        self.conclude_settled(now);
        // What is taken up where another process has left it goes on: that is nothing to tell.
        if self.update.state == ExperimentState::Running {
            return;
        }
        self.update.started_at.get_or_insert(now);
        self.update.finished_at = None;
        self.enter(now, ExperimentState::Running, None);
    }

    fn attend(&mut self, now: Timestamp) {
        self.paused = true;
        self.open(now);
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
            self.begin_leases(now);
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

    fn leave(&mut self) {
        self.leaving = true;
        self.control = self.control.max(Control::Drain);
    }

    /// Whether anything new may begin.
    fn goes_on(&self) -> bool {
        self.end.is_none() && self.control == Control::Run && !self.paused
    }

    /// Everything that has become possible or due.
    fn advance(&mut self, now: Timestamp) {
        if !self.begun {
            return;
        }
        self.wake_delayed(now);
        self.expire_leases(now);
        self.end = self.end.or_else(|| self.limit_reached(now));
        if self.end.is_some() && !self.winding_down {
            self.wind_down(now);
        }
        if self.goes_on() {
            self.expand(now);
        } else {
            self.answer_in_vain();
        }
        self.account(now);
        self.close_when_quiet(now);
    }
}
