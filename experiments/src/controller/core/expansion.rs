//! What can begin: new trials, steps that are ready, and the suggestions they need.

use super::Core;
use crate::controller::event::Command;
use crate::controller::task::prepare;
use crate::controller::trial::{Phase, TrialRun};
use crate::pipeline::ExpressionError;
use crate::state::TrialState;
use jiff::Timestamp;
use serde_json::Map;
use tune_algorithms::space::Configuration;

impl Core {
    pub(super) fn suggested(&mut self, configurations: Vec<Configuration>, exhausted: bool) {
        self.awaited = 0;
        self.exhausted |= exhausted;
        self.suggested.extend(configurations);
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
        let parallel = self.plan.experiment.limits.parallel_trials as usize;
        while self.trials.len() < parallel
            && self.may_create() > 0
            && let Some(configuration) = self.suggested.pop_front()
        {
            self.create_trial(now, configuration);
        }
        self.start_ready(now);
        self.ask(parallel);
    }

    /// How many more trials the limits allow to be created.
    pub(super) fn may_create(&self) -> u64 {
        let max_trials = self.plan.experiment.limits.max_trials.unwrap_or(u64::MAX);
        max_trials.saturating_sub(self.progress.created)
    }

    pub(super) fn create_trial(&mut self, now: Timestamp, configuration: Configuration) {
        let number = self.progress.created;
        self.progress.created += 1;
        let trial = TrialRun::new(&self.plan, number, configuration, now);
        self.outbox.trial(now, &trial);
        self.adopt(trial);
    }

    pub(super) fn start_ready(&mut self, now: Timestamp) {
        while self.running < self.plan.slots
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

    /// Keeps enough suggestions at hand or under way for the free places, and those wanted ahead.
    pub(super) fn ask(&mut self, parallel: usize) {
        if self.exhausted || self.awaited > 0 {
            return;
        }
        let free = parallel.saturating_sub(self.trials.len());
        let wanted = (free + self.plan.ahead).saturating_sub(self.suggested.len());
        let allowed = self
            .may_create()
            .saturating_sub(self.suggested.len() as u64);
        let count = wanted.min(usize::try_from(allowed).unwrap_or(usize::MAX));
        // Asking for one at a time would make the look-ahead pointless.
        if count > 0 && (self.suggested.len() < free || count > self.plan.ahead / 2) {
            self.awaited = count;
            self.outbox.commands.push(Command::Suggest(count));
        }
    }
}

fn in_words(error: &ExpressionError) -> String {
    match &error.help {
        Some(help) => format!("{error} ({help})"),
        None => error.to_string(),
    }
}
