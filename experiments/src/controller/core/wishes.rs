//! What somebody wants of the experiment, and waits for.

use super::Core;
use crate::controller::event::{Answer, Command, Ticket, Wish};
use crate::spec::Limits;
use crate::state::{ExperimentReason, ExperimentState, TrialReason, TrialState};
use jiff::Timestamp;
use tune_algorithms::space::{Configuration, SpaceError};

impl Core {
    pub(super) fn wish(&mut self, now: Timestamp, ticket: Ticket, wish: Wish) {
        match wish {
            Wish::Ask(count) => return self.ask(ticket, count),
            Wish::Tell(trial, told) => return self.tell(now, ticket, trial, told),
            Wish::Report(trial, reports) => return self.report(now, ticket, trial, reports),
            Wish::Heartbeat(trial) => return self.heartbeat(now, ticket, trial),
            Wish::Enqueue(configuration) => return self.enqueue(now, ticket, &configuration),
            Wish::Cancel => {
                self.cancel(now);
                return self.farewells.push(ticket);
            }
            // One that is ending cannot be paused any more: who asked hears of it when it has ended.
            Wish::Pause if self.end.is_some() => return self.farewells.push(ticket),
            Wish::Pause => self.pause(now),
            Wish::Resume => self.resume(now),
            Wish::Limits(limits) => self.change_limits(now, limits),
        }
        self.answer(ticket, Answer::Done);
    }

    /// Nothing new begins; what runs may end.
    pub(super) fn pause(&mut self, now: Timestamp) {
        if self.paused || self.end.is_some() {
            return;
        }
        self.open(now);
        self.settle_account(now);
        self.paused = true;
        self.enter(now, ExperimentState::Paused, Some(ExperimentReason::Paused));
    }

    fn resume(&mut self, now: Timestamp) {
        if self.paused && self.end.is_none() {
            self.settle_account(now);
            self.paused = false;
            self.begin(now);
        }
    }

    /// With fewer trials allowed than there are, those that have not begun end here; what is under way may finish.
    pub(super) fn change_limits(&mut self, now: Timestamp, limits: Limits) {
        let max_trials = limits.max_trials.unwrap_or(u64::MAX);
        std::sync::Arc::make_mut(&mut self.plan.experiment).limits = limits;
        let numbers = self.queue.iter().map(|(_, number)| *number);
        let numbers: Vec<u64> = numbers.filter(|number| *number >= max_trials).collect();
        for number in numbers {
            let why = "fewer trials are allowed than there were".to_owned();
            let (state, reason) = (TrialState::Cancelled, TrialReason::ExperimentEnded);
            self.condemn(now, number, state, reason, why);
            self.follow_verdict(now, number);
        }
    }

    /// A trial of the user's own. Suggestions that were made without knowledge of it are void: they are asked for again.
    fn enqueue(&mut self, now: Timestamp, ticket: Ticket, given: &Configuration) {
        let answer = match self.plan.experiment.parameters.check(given) {
            Err(problems) => Answer::Invalid(in_words(&problems)),
            Ok(_) if self.end.is_some() => Answer::Conflict("the experiment has ended".to_owned()),
            Ok(_) if self.may_create() == 0 => Answer::Conflict(format!(
                "the experiment has all the {} trials it may have: raise `max_trials` first",
                self.progress.created
            )),
            Ok(configuration) => self.enqueued(now, configuration),
        };
        self.answer(ticket, answer);
    }

    fn enqueued(&mut self, now: Timestamp, configuration: Configuration) -> Answer {
        let number = self.create_enqueued(now, configuration.clone());
        self.suggested.clear();
        self.awaited = 0;
        self.exhausted = false;
        self.outlook = None;
        self.round += 1;
        self.outbox.commands.push(Command::Enqueued {
            trial: number,
            configuration,
        });
        self.record_trial(now, number);
        match self.trials.get(&number) {
            Some(trial) => Answer::Trial(Box::new(trial.record.clone())),
            None => Answer::NoSuchTrial,
        }
    }
}

/// `x: its value is missing (it takes a number from 0 to 1); y: …`
fn in_words(problems: &[SpaceError]) -> String {
    let words = problems.iter().map(|problem| {
        let help = problem.help.as_deref().filter(|help| !help.is_empty());
        let help = help.map(|help| format!(" ({help})"));
        format!(
            "{}: {}{}",
            problem.parameter,
            problem.message,
            help.unwrap_or_default()
        )
    });
    words.collect::<Vec<_>>().join("; ")
}
