//! What can begin: new trials, steps that are ready, and the suggestions they need.

use super::Core;
use crate::controller::event::{Command, Suggestion};
use crate::controller::task::prepare;
use crate::controller::trial::{Phase, TrialRun};
use crate::pipeline::ExpressionError;
use crate::state::TrialState;
use jiff::Timestamp;
use serde_json::Map;
use tune_algorithms::space::Configuration;

impl Core {
    /// Takes what the algorithm suggested. Whether it may: not when the question has become void since.
    pub(super) fn suggested(
        &mut self,
        round: u64,
        suggestions: Vec<Suggestion>,
        exhausted: bool,
    ) -> bool {
        if round != self.round {
            return false;
        }
        self.awaited = 0;
        self.exhausted |= exhausted;
        self.suggested.extend(suggestions);
        true
    }

    pub(super) fn wake_delayed(&mut self, now: Timestamp) {
        while let Some(&(until, trial, step)) = self.delayed.first()
            && until <= now
        {
            self.delayed.pop_first();
            self.ready.insert((trial, step));
            if let Some(trial) = self.trials.get_mut(&trial) {
                trial.steps[step].phase = Phase::Ready;
            }
        }
    }

    /// Creates trials, starts steps and asks for suggestions as far as limits and slots allow.
    pub(super) fn expand(&mut self, now: Timestamp) {
        if self.plan.evaluated_by_clients() {
            self.serve_asks(now);
            self.ask_algorithm(self.asked_for().saturating_sub(self.queue.len()));
        } else {
            self.fill_places(now);
            self.start_ready(now);
            self.ask_algorithm(self.free_places());
        }
    }

    /// What the user has enqueued comes before what the algorithm suggests.
    fn fill_places(&mut self, now: Timestamp) {
        while self.free_places() > 0 {
            if let Some((_, number)) = self.queue.pop_first() {
                self.admit(number);
            } else if self.may_create() > 0
                && !self.promises_little()
                && let Some(suggestion) = self.suggested.pop_front()
            {
                let number = self.create_suggested(now, suggestion);
                self.record_trial(now, number);
            } else {
                return;
            }
        }
    }

    /// How many more trials may be under way.
    fn free_places(&self) -> usize {
        let parallel = self.plan.experiment.limits.parallel_trials as usize;
        parallel.saturating_sub(self.trials.len() - self.queue.len())
    }

    /// How many more trials the limits allow to be created.
    pub(super) fn may_create(&self) -> u64 {
        let max_trials = self.plan.experiment.limits.max_trials.unwrap_or(u64::MAX);
        max_trials.saturating_sub(self.progress.created)
    }

    /// A new trial as the algorithm suggests; who calls puts it on record.
    pub(super) fn create_suggested(&mut self, now: Timestamp, suggestion: Suggestion) -> u64 {
        let mut trial = self.new_trial(now, suggestion.configuration);
        trial.record.why = Some(suggestion.why);
        self.adopt(trial)
    }

    /// A new trial as the user says; who calls puts it on record.
    pub(super) fn create_enqueued(&mut self, now: Timestamp, configuration: Configuration) -> u64 {
        let mut trial = self.new_trial(now, configuration);
        trial.record.enqueued = true;
        self.adopt(trial)
    }

    /// A trial under the next number.
    fn new_trial(&mut self, now: Timestamp, configuration: Configuration) -> TrialRun {
        let number = self.progress.created;
        self.progress.created += 1;
        TrialRun::new(&self.plan, number, configuration, now)
    }

    pub(super) fn start_ready(&mut self, now: Timestamp) {
        while self.slots.free > 0
            && let Some((number, step)) = self.ready.pop_first()
        {
            self.start_step(now, number, step);
        }
    }

    pub(super) fn start_step(&mut self, now: Timestamp, number: u64, step: usize) {
        let Some(trial) = self.trials.get_mut(&number) else {
            return;
        };
        let queued = trial.record.state == TrialState::Queued;
        trial.begin_step(step, now);
        match prepare(&self.plan, trial, step) {
            Ok(task) => {
                self.running += 1;
                self.slots.free -= 1;
                self.outbox.starts.push(task);
            }
            Err(error) => trial.refuse_step(step, in_words(&error), now),
        }
        if queued {
            self.record_trial(now, number);
        }
        self.record_step(now, number, step, Map::new());
        self.follow_verdict(now, number);
    }

    /// Keeps enough suggestions at hand or under way for so many trials that could be made at once, and those wanted ahead.
    fn ask_algorithm(&mut self, needed: usize) {
        if self.exhausted || self.promises_little() || self.awaited > 0 {
            return;
        }
        let wanted = needed
            .saturating_add(self.plan.ahead)
            .saturating_sub(self.suggested.len());
        let allowed = self
            .may_create()
            .saturating_sub(self.suggested.len() as u64);
        let count = wanted.min(usize::try_from(allowed).unwrap_or(usize::MAX));
        // Asking for one at a time would make the look-ahead pointless.
        if count > 0 && (self.suggested.len() < needed || count > self.plan.ahead / 2) {
            self.awaited = count;
            let until = self.plan.experiment.limits.converged;
            self.outbox.commands.push(Command::Suggest {
                round: self.round,
                count,
                outlook: until.is_some_and(|until| until.asks_the_algorithm()),
            });
        }
    }
}

fn in_words(error: &ExpressionError) -> String {
    match &error.help {
        Some(help) => format!("{error} ({help})"),
        None => error.to_string(),
    }
}
