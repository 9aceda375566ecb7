//! Clients that ask and tell, and a user who interferes: they live outside of the process, and try again when it crashed.

use super::super::event::{Answer, Event, Ticket, Told, Wish};
use super::world::World;
use crate::metrics::ClientReport;
use crate::state::{ExperimentState, TrialState};
use crate::store::TrialRecord;
use jiff::{SignedDuration, Timestamp};
use rand::RngExt;
use std::collections::BTreeMap;
use tune_algorithms::space::{Configuration, Value};

/// What somebody outside of the process is going to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// A client wants so many trials.
    Ask(usize),
    /// A client reports what its trial has come to.
    Report(u64),
    /// A client tells the end of its trial.
    Tell(u64),
    Heartbeat(u64),
    /// The user makes this trial, when it is the next.
    Enqueue(Configuration),
    Pause,
    Resume,
    /// The user allows so many trials.
    Limit(u64),
}

/// Everybody outside.
#[derive(Default)]
pub struct Outside {
    /// What is going to be done, by time; ties in order of their making.
    pub agenda: BTreeMap<(Timestamp, u64), Act>,
    /// What an answer is waited for; gone with the process.
    waiting: BTreeMap<Ticket, Act>,
    /// What was acknowledged, and must be there for ever.
    pub acknowledged: BTreeMap<u64, TrialRecord>,
    /// How many reports of each trial were.
    reported: BTreeMap<u64, usize>,
    counter: u64,
}

impl World {
    /// Somebody does something within so many seconds.
    pub fn later(&mut self, within: f64, act: Act) {
        let seconds = self.rng.random_range(0.0..within);
        self.outside.counter += 1;
        let at = self.now + SignedDuration::from_secs_f64(seconds);
        self.outside.agenda.insert((at, self.outside.counter), act);
    }

    /// Nobody was answered by a process that crashed: all try again.
    pub fn forsake(&mut self) {
        for act in std::mem::take(&mut self.outside.waiting).into_values() {
            // The user looks first whether it was done, and does not pause after having resumed.
            let done = match &act {
                Act::Enqueue(given) => self.trials().any(|trial| trial.parameters == *given),
                Act::Pause => true,
                _ => false,
            };
            if !done {
                self.later(20.0, act);
            }
        }
    }

    /// What an act means for the process; nothing when there is nothing to be done any more.
    pub fn act(&mut self, act: Act) -> Option<Event> {
        let wish = match &act {
            Act::Ask(count) => Wish::Ask(*count),
            Act::Report(trial) => Wish::Report(*trial, vec![self.report_of(*trial)?]),
            Act::Tell(trial) => Wish::Tell(*trial, self.told_of(*trial)?),
            Act::Heartbeat(trial) => Wish::Heartbeat(*trial),
            Act::Enqueue(configuration) => Wish::Enqueue(configuration.clone()),
            Act::Pause => Wish::Pause,
            Act::Resume => Wish::Resume,
            Act::Limit(max_trials) => {
                // The document changes first.
                self.set_max_trials(*max_trials);
                Wish::Limits(self.experiment.limits.clone())
            }
        };
        self.outside.counter += 1;
        let ticket = Ticket(self.outside.counter);
        self.outside.waiting.insert(ticket, act);
        Some(Event::Wish(ticket, wish))
    }

    fn value_of(&self, trial: u64) -> Option<f64> {
        let trial = self.tables.trials.get(&trial)?;
        trial.parameters.get("x").and_then(Value::as_f64)
    }

    fn report_of(&self, trial: u64) -> Option<ClientReport> {
        Some(ClientReport {
            name: "score".into(),
            level: None,
            value: self.value_of(trial)?,
        })
    }

    /// The same trial always ends in the same way.
    fn told_of(&self, trial: u64) -> Option<Told> {
        let report = self.report_of(trial)?;
        let fails = report.value.to_bits() % 100 < (self.shape.failing * 100.0) as u64;
        Some(match fails {
            true => Told::Failed("as it must".into()),
            false => Told::Succeeded(vec![report]),
        })
    }

    /// What the answer leads to. True when the client that was given trials is not there any more.
    pub fn answered(&mut self, ticket: Ticket, answer: &Answer) -> bool {
        let Some(act) = self.outside.waiting.remove(&ticket) else {
            return true;
        };
        match (act, answer) {
            (Act::Ask(count), Answer::Trials(trials)) => return self.handed_out(count, trials),
            (Act::Tell(number), Answer::Trial(record)) => {
                assert_eq!(record.number, number);
                self.acknowledge(record);
                self.later(5.0, Act::Ask(1));
            }
            (Act::Tell(number), Answer::Finished) => {
                assert!(self.tables.trials[&number].state.is_finished());
                self.later(5.0, Act::Ask(1));
            }
            (Act::Report(number), Answer::Taken(_)) => {
                let acknowledged = self.outside.reported.entry(number).or_default();
                *acknowledged += 1;
                let metrics = self.tables.metrics.iter();
                let stored = metrics.filter(|metric| metric.trial == number).count();
                assert!(stored >= *acknowledged);
            }
            (Act::Enqueue(given), Answer::Trial(record)) => {
                assert!(record.enqueued && record.parameters == given);
                assert!(self.tables.trials.contains_key(&record.number));
            }
            (Act::Pause, Answer::Done) => {
                let state = self.tables.update.state;
                assert!(state == ExperimentState::Paused || state.is_finished());
            }
            _ => {}
        }
        false
    }

    fn acknowledge(&mut self, record: &TrialRecord) {
        assert_eq!(self.tables.trials.get(&record.number), Some(record));
        let before = self
            .outside
            .acknowledged
            .insert(record.number, record.clone());
        assert!(before.is_none(), "trial {} was ended twice", record.number);
        if self.rng.random_bool(self.faults.duplicates) {
            self.later(20.0, Act::Tell(record.number));
        }
    }

    /// A client may have gone before it was given trials, or go with them and never come back, or come back too late.
    fn handed_out(&mut self, count: usize, trials: &[TrialRecord]) -> bool {
        assert!(trials.len() <= count);
        let leave = self.faults.crashes / 2.0;
        let gone = self.rng.random_bool(leave);
        if gone || trials.is_empty() {
            self.later(60.0, Act::Ask(count));
        }
        for trial in trials.iter().filter(|_| !gone) {
            assert_eq!(trial.state, TrialState::Running);
            if self.rng.random_bool(leave) {
                self.later(60.0, Act::Ask(1));
                continue;
            }
            self.later(30.0, Act::Heartbeat(trial.number));
            self.later(60.0, Act::Report(trial.number));
            let late = self.rng.random_bool(leave);
            self.later(if late { 1000.0 } else { 90.0 }, Act::Tell(trial.number));
        }
        gone
    }
}
