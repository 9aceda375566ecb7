//! What the news of a task means: for its step run, its trial, and the stopper.

use super::Core;
use crate::controller::event::{Command, Control};
use crate::controller::trial::{Phase, StepEnd, TrialRun, Verdict};
use crate::engine::{Ending, Outcome, TaskId};
use crate::metrics::Report;
use crate::state::{TrialReason, TrialState};
use crate::store::{MetricRecord, StepLog, TrialRecord};
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

impl Core {
    /// Takes reports one by one until the stopper says stop: what comes after that depends on how fast the step could be stopped, and must
    /// not decide what the trial is worth. What was measured beside that report, at its level, is kept.
    pub(super) fn reported(&mut self, now: Timestamp, id: &TaskId, reports: Vec<Report>) {
        let objective = self.plan.experiment.objective.metric.clone();
        let mut stopped_at = None;
        for report in reports {
            let is_beside = stopped_at == Some(report.level) && report.name != objective;
            let expected =
                |trial: &TrialRun| trial.awaits(id) && (trial.verdict.is_none() || is_beside);
            let Some(trial) = self
                .trials
                .get_mut(&id.trial)
                .filter(|trial| expected(trial))
            else {
                return;
            };
            trial.report(id.step, &report);
            let verdict = self.consult_stopper(id.trial, &report);
            let step = self.plan.step(id.step).0.to_owned();
            let level = report.level;
            self.keep_report(now, id.trial, step, report);
            if let Some(explanation) = verdict {
                stopped_at = Some(level);
                let (state, reason) = (TrialState::EarlyStopped, TrialReason::EarlyStopping);
                self.condemn(now, id.trial, state, reason, explanation);
            }
        }
    }

    pub(super) fn keep_report(&mut self, at: Timestamp, trial: u64, step: String, report: Report) {
        self.outbox.changes.metrics.push(MetricRecord {
            trial,
            step,
            name: report.name,
            level: report.level,
            value: report.value,
            at,
        });
    }

    /// Asks the stopper about a report of the objective; why to stop, in words, if it says so.
    pub(super) fn consult_stopper(&mut self, number: u64, report: &Report) -> Option<String> {
        let stopper = self.stopper.as_mut()?;
        if report.name != self.plan.experiment.objective.metric {
            return None;
        }
        let verdict = stopper.report(number, report.level, report.value)?;
        Some(verdict.explanation)
    }

    /// Settles how a trial ends, unless that is settled, and stops its running steps. Why is put on record at once: should the process die
    /// when some of the steps have ended and the trial has not, the next one must know.
    pub(super) fn condemn(
        &mut self,
        now: Timestamp,
        number: u64,
        state: TrialState,
        reason: TrialReason,
        explanation: String,
    ) {
        if let Some(trial) = self.trials.get_mut(&number) {
            if trial.verdict.is_none() {
                trial.record.reason = Some(reason);
                trial.record.explanation = Some(explanation.clone());
                trial.verdict = Some(Verdict {
                    state,
                    reason,
                    explanation,
                });
                if !trial.is_over() {
                    self.outbox.trial(now, trial);
                }
            }
            self.wind_down_trial(number);
        }
    }

    /// Nothing more of a settled trial begins, and what runs of it is stopped.
    fn wind_down_trial(&mut self, number: u64) {
        self.forget_waiting(number);
        self.stop_steps(number);
    }

    /// Takes the trial's steps out of the queues.
    fn forget_waiting(&mut self, number: u64) {
        let Some(trial) = self.trials.get(&number) else {
            return;
        };
        self.queue.remove(&(trial.record.handed_out == 0, number));
        if let Some(until) = trial.lease {
            self.leases.remove(&(until, number));
        }
        for (step, run) in trial.steps.iter().enumerate() {
            match run.phase {
                Phase::Ready => drop(self.ready.remove(&(number, step))),
                Phase::Delayed { until } => drop(self.delayed.remove(&(until, number, step))),
                _ => {}
            }
        }
    }

    pub(super) fn stop_steps(&mut self, number: u64) {
        let Some(trial) = self.trials.get_mut(&number) else {
            return;
        };
        for (step, run) in trial.steps.iter_mut().enumerate() {
            if run.phase == Phase::Running {
                run.phase = Phase::Stopping;
                let id = TaskId {
                    experiment: self.plan.id,
                    trial: number,
                    step,
                    attempt: run.record.attempt,
                };
                self.outbox.commands.push(Command::Stop(id));
            }
        }
    }

    pub(super) fn ended(&mut self, now: Timestamp, id: &TaskId, mut ending: Ending) {
        let Some(trial) = self.trials.get_mut(&id.trial) else {
            return;
        };
        if !trial.awaits(id) {
            return;
        }
        self.running -= 1;
        self.slots.returned += 1;
        if let Outcome::Refused(words) = &ending.outcome {
            // What runs may end, then the experiment pauses: no trial is to suffer from what the machine lacks.
            self.refusal.get_or_insert_with(|| words.clone());
            self.control = self.control.max(Control::Drain);
        }
        let (step, log) = (self.plan.step(id.step), ending.log.take());
        self.outbox.changes.logs.extend(log.map(|text| StepLog {
            trial: id.trial,
            step: step.0.to_owned(),
            attempt: id.attempt,
            text,
        }));
        let retries = step.1.retries.clone();
        let end = trial.end_step(id.step, ending, &retries, now);
        let mut extra = Map::new();
        match end {
            StepEnd::Succeeded => {
                let released = trial.release_after(&self.plan, id.step);
                self.ready
                    .extend(released.into_iter().map(|step| (id.trial, step)));
            }
            StepEnd::Retry { until } => {
                self.delayed.insert((until, id.trial, id.step));
                extra.insert(
                    "retry_in".into(),
                    json!(until.duration_since(now).as_secs_f64()),
                );
            }
            StepEnd::Interrupted => {
                self.ready.insert((id.trial, id.step));
            }
            StepEnd::Ended => {}
        }
        self.record_step(now, id.trial, id.step, extra);
        self.follow_verdict(now, id.trial);
    }

    /// Winds a settled trial down, and concludes a trial that is over.
    pub(super) fn follow_verdict(&mut self, now: Timestamp, number: u64) {
        let Some(trial) = self.trials.get(&number) else {
            return;
        };
        let over = trial.is_over();
        if trial.verdict.is_some() {
            self.wind_down_trial(number);
        }
        if over {
            self.conclude(now, number);
        }
    }

    /// The trial has come to its end; how it is on record then.
    pub(super) fn conclude(&mut self, now: Timestamp, number: u64) -> Option<TrialRecord> {
        self.forget_waiting(number);
        let mut trial = self.trials.remove(&number)?;
        let skipped = trial.conclude(&self.plan.experiment.objective.metric, now);
        trial.record.finished_order = Some(self.progress.finished());
        for step in skipped {
            self.outbox.step(now, &trial, step, Map::new());
        }
        let outcome = self.progress.finish(&trial.record);
        if let Some(stopper) = &mut self.stopper {
            stopper.finish(number, outcome);
        }
        self.outbox.trial(now, &trial);
        self.outbox.commands.push(Command::Learn {
            trial: number,
            outcome,
        });
        Some(trial.record)
    }

    pub(super) fn record_trial(&mut self, now: Timestamp, number: u64) {
        if let Some(trial) = self.trials.get(&number) {
            self.outbox.trial(now, trial);
        }
    }

    pub(super) fn record_step(
        &mut self,
        now: Timestamp,
        number: u64,
        step: usize,
        extra: Map<String, Json>,
    ) {
        if let Some(trial) = self.trials.get(&number) {
            self.outbox.step(now, trial, step, extra);
        }
    }
}
