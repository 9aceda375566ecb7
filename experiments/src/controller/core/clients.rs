//! Trials that clients evaluate: handing them out, and taking what is reported and told.

use super::Core;
use crate::controller::event::{Answer, Command, Ticket, Told};
use crate::controller::trial::{TrialRun, Verdict};
use crate::metrics::{ClientReport, untold_objective};
use crate::state::{TrialReason, TrialState};
use crate::store::TrialRecord;
use jiff::Timestamp;

/// The step under whose name the reports of clients are stored.
const NO_STEP: &str = "";

impl Core {
    pub(super) fn answer(&mut self, ticket: Ticket, answer: Answer) {
        self.outbox.commands.push(Command::Answer(ticket, answer));
    }

    pub(super) fn ask(&mut self, ticket: Ticket, count: usize) {
        match self.plan.evaluated_by_clients() {
            true => self.asks.push_back((ticket, count)),
            false => self.answer(ticket, pipeline("its trials run by themselves")),
        }
    }

    /// How many trials clients wait for.
    pub(super) fn asked_for(&self) -> usize {
        self.asks
            .iter()
            .fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// Answers asks in the order in which they came: each at once and whole, as far as the limits and the space allow.
    pub(super) fn serve_asks(&mut self, now: Timestamp) {
        while let Some(&(ticket, count)) = self.asks.front() {
            let may_create = usize::try_from(self.may_create()).unwrap_or(usize::MAX);
            let at_hand = match self.promises_little() {
                true => 0,
                false => self.suggested.len().min(may_create),
            };
            let ends_soon = self.exhausted || self.promises_little();
            let possible = if ends_soon { at_hand } else { may_create };
            let given = count.min(self.queue.len().saturating_add(possible));
            if given > self.queue.len() + at_hand {
                return;
            }
            self.asks.pop_front();
            let trials = (0..given).filter_map(|_| self.hand_out(now)).collect();
            self.answer(ticket, Answer::Trials(trials));
        }
    }

    /// When nothing can be handed out, nobody is left waiting.
    pub(super) fn answer_in_vain(&mut self) {
        while let Some((ticket, _)) = self.asks.pop_front() {
            self.answer(ticket, Answer::Trials(Vec::new()));
        }
    }

    /// The next trial: one that was lost, one of the user's own, or a suggestion.
    fn hand_out(&mut self, now: Timestamp) -> Option<TrialRecord> {
        if self.queue.is_empty() {
            let suggestion = self.suggested.pop_front()?;
            self.create_suggested(now, suggestion);
        }
        let (_, number) = self.queue.pop_first()?;
        self.trials.get_mut(&number)?.hand_out(now);
        self.renew_lease(now, number);
        self.record_trial(now, number);
        let trial = self.trials.get(&number)?;
        Some(trial.record.clone())
    }

    /// Trials whose client went away before it was given them: as if they had not been handed out.
    pub(super) fn returned(&mut self, now: Timestamp, numbers: &[u64]) {
        for &number in numbers {
            if let Some(trial) = self.trials.get_mut(&number)
                && trial.record.state == TrialState::Running
            {
                trial.record.handed_out = trial.record.handed_out.saturating_sub(1);
                self.take_back(now, number);
            }
        }
    }

    /// Ends a trial as its client says. Whoever tells first is believed, also when the lease has run out.
    pub(super) fn tell(&mut self, now: Timestamp, ticket: Ticket, number: u64, told: Told) {
        if let Some(refusal) = self.not_told(number) {
            return self.answer(ticket, refusal);
        }
        if let Told::Succeeded(reports) = &told
            && let Some(words) = self.without_objective(number, reports)
        {
            return self.answer(ticket, Answer::Invalid(words));
        }
        match told {
            Told::Succeeded(reports) => {
                // It has ended: whether the stopper would have stopped it is of no interest any more.
                self.take_reports(now, number, reports);
            }
            Told::Failed(words) => self.settle(number, TrialReason::Told, words),
        }
        self.forget_queued(number);
        if let Some(trial) = self.trials.get_mut(&number) {
            trial.told = true;
            trial.record.started_at.get_or_insert(now);
        }
        if let Some(record) = self.conclude(now, number) {
            self.answer(ticket, Answer::Trial(Box::new(record)));
        }
    }

    /// Takes metrics of a trial under way, all of them, and asks the stopper.
    pub(super) fn report(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        number: u64,
        reports: Vec<ClientReport>,
    ) {
        if let Some(refusal) = self.not_evaluated(number) {
            return self.answer(ticket, refusal);
        }
        self.revive(now, number);
        let stop = self.take_reports(now, number, reports);
        if let Some(why) = stop.clone() {
            let (state, reason) = (TrialState::EarlyStopped, TrialReason::EarlyStopping);
            self.condemn(now, number, state, reason, why);
            self.follow_verdict(now, number);
        }
        self.answer(ticket, Answer::Taken(stop));
    }

    pub(super) fn heartbeat(&mut self, now: Timestamp, ticket: Ticket, number: u64) {
        let answer = match self.not_evaluated(number) {
            Some(refusal) => refusal,
            None => {
                self.revive(now, number);
                Answer::Taken(None)
            }
        };
        self.answer(ticket, answer);
    }

    /// Keeps reports of a client, each at its level; the first reason to stop that the stopper gives.
    fn take_reports(
        &mut self,
        now: Timestamp,
        number: u64,
        reports: Vec<ClientReport>,
    ) -> Option<String> {
        let mut stop = None;
        for given in reports {
            let Some(trial) = self.trials.get_mut(&number) else {
                break;
            };
            let report = trial.client_report(given);
            let verdict = self.consult_stopper(number, &report);
            stop = stop.or(verdict);
            self.keep_report(now, number, NO_STEP.to_owned(), report);
        }
        stop
    }

    /// What is missing when a trial is told to have ended well and nobody has said how well: it stays as it is, so that a slip of the pen
    /// costs no trial.
    fn without_objective(&self, number: u64, told: &[ClientReport]) -> Option<String> {
        let metric = &self.plan.experiment.objective.metric;
        let is_told = told.iter().any(|report| report.name == *metric);
        let trial = self.trials.get(&number)?;
        let is_known = is_told || trial.has_objective() || trial.verdict.is_some();
        let names = told.iter().map(|report| report.name.as_str());
        (!is_known).then(|| untold_objective(metric, names))
    }

    fn settle(&mut self, number: u64, reason: TrialReason, explanation: String) {
        if let Some(trial) = self.trials.get_mut(&number) {
            trial.verdict.get_or_insert(Verdict {
                state: TrialState::Failed,
                reason,
                explanation,
            });
        }
    }

    /// Why the end of this trial cannot be told.
    fn not_told(&self, number: u64) -> Option<Answer> {
        if !self.plan.evaluated_by_clients() {
            return Some(pipeline("how its trials end cannot be told"));
        }
        match self.trials.get(&number) {
            Some(_) => None,
            None if number < self.progress.created => Some(Answer::Finished),
            None => Some(Answer::NoSuchTrial),
        }
    }

    /// Why nobody can be evaluating this trial.
    fn not_evaluated(&self, number: u64) -> Option<Answer> {
        let never = |trial: &&TrialRun| trial.record.handed_out == 0;
        let refusal = self.not_told(number);
        refusal.or_else(|| {
            let trial = self.trials.get(&number).filter(never)?;
            let number = trial.record.number;
            let words = format!("trial {number} has not been handed out: ask for it first");
            Some(Answer::Conflict(words))
        })
    }
}

/// What only clients can do.
fn pipeline(why: &str) -> Answer {
    Answer::Conflict(format!("the experiment has a pipeline: {why}"))
}
