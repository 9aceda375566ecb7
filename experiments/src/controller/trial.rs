//! One trial under way: its step runs, what it reported, how it ends. Pure; what follows for the experiment is the core's.

use super::plan::Plan;
use crate::engine::{Ending, Outcome, TaskId};
use crate::metrics::{ClientReport, Levels, Report, TrialMetrics, missing_objective};
use crate::spec::Retries;
use crate::state::{StepState, TrialReason, TrialState};
use crate::store::{MetricRecord, StepRecord, TrialRecord, UnfinishedTrial};
use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value as Json};
use std::collections::HashMap;
use tune_algorithms::space::Configuration;

/// A trial that has not finished.
pub struct TrialRun {
    /// As it is stored.
    pub record: TrialRecord,
    /// By position in the pipeline.
    pub steps: Vec<StepRun>,
    /// How it is going to end, once that is settled; its running steps are being stopped then.
    pub verdict: Option<Verdict>,
    /// Whether the client that evaluates it has said that it ended.
    pub told: bool,
    /// Until when it belongs to the client that it was handed out to.
    pub lease: Option<Timestamp>,
    metrics: TrialMetrics,
    /// Of what clients reported.
    levels: Levels,
    near_misses: Vec<String>,
}

/// The complete values of step runs, by trial and step.
pub type StepValues = HashMap<(u64, String), Map<String, Json>>;

/// What is known of the step runs of unfinished trials beside their records.
#[derive(Default)]
pub struct Results {
    /// Of those whose values are here.
    pub values: StepValues,
    /// How those were on record that are to run again, by trial and step.
    pub before: HashMap<(u64, String), StepRecord>,
}

/// A step run that is part of an unfinished trial.
pub struct StepRun {
    /// As it is stored.
    pub record: StepRecord,
    /// What it waits for.
    pub phase: Phase,
    /// Its values for later steps, complete; the record holds large ones as artifacts.
    pub values: Map<String, Json>,
    /// How it is on record, where it went well before and is to run again. If its trial ends first, it stays so.
    before: Option<StepRecord>,
}

/// What a step run waits for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Phase {
    /// For the steps it needs.
    Waiting,
    /// For a free slot.
    Ready,
    /// For the pause before its next attempt to be over.
    Delayed {
        /// When it is.
        until: Timestamp,
    },
    /// For its task to end.
    Running,
    /// For its task to end, which has been told to.
    Stopping,
    /// For nothing.
    Finished,
}

/// How a trial ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The state it ends in.
    pub state: TrialState,
    /// Why.
    pub reason: TrialReason,
    /// Why, in words.
    pub explanation: String,
}

impl Verdict {
    /// What was put on record of a trial that was being stopped: its steps may have ended before it did.
    fn remembered(reason: TrialReason, record: &TrialRecord) -> Self {
        let state = match reason {
            TrialReason::EarlyStopping => TrialState::EarlyStopped,
            TrialReason::ExperimentEnded => TrialState::Cancelled,
            _ => TrialState::Failed,
        };
        Self {
            state,
            reason,
            explanation: record.explanation.clone().unwrap_or_default(),
        }
    }
}

/// What the end of an attempt means for its step run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StepEnd {
    /// It has succeeded.
    Succeeded,
    /// It failed and is tried again.
    Retry {
        /// Not before.
        until: Timestamp,
    },
    /// It was interrupted and is to run again at once, or when the experiment goes on.
    Interrupted,
    /// It has failed for good, or was stopped with its trial.
    Ended,
}

impl TrialRun {
    /// A new trial: queued, its first steps ready.
    pub fn new(plan: &Plan, number: u64, parameters: Configuration, now: Timestamp) -> Self {
        let steps = plan
            .experiment
            .pipeline
            .steps
            .keys()
            .map(|name| StepRun::new(number, name))
            .collect();
        let record = TrialRecord {
            number,
            state: TrialState::Queued,
            reason: None,
            explanation: None,
            parameters,
            enqueued: false,
            why: None,
            handed_out: 0,
            metrics: IndexMap::new(),
            objective: None,
            created_at: now,
            started_at: None,
            finished_at: None,
            finished_order: None,
        };
        let mut trial = Self::from_parts(plan, record, steps);
        trial.release(plan);
        trial
    }

    /// A trial as the store remembers it, and what else is known of its step runs. Steps that were running when the last process
    /// died are ready for a new attempt; a pause before an attempt is over.
    pub fn recover(plan: &Plan, known: UnfinishedTrial, results: &mut Results) -> Self {
        let UnfinishedTrial {
            trial: record,
            steps: stored,
            metrics,
        } = known;
        let number = record.number;
        let verdict = record
            .reason
            .map(|reason| Verdict::remembered(reason, &record));
        let names = plan.experiment.pipeline.steps.keys();
        let mut trial = Self::from_parts(
            plan,
            record,
            names.map(|name| StepRun::new(number, name)).collect(),
        );
        for step in stored {
            if let Some(run) = trial
                .steps
                .iter_mut()
                .find(|run| run.record.step == step.step)
            {
                run.phase = if step.state.is_finished() {
                    Phase::Finished
                } else {
                    Phase::Waiting
                };
                let key = (number, step.step.clone());
                run.values = results.values.remove(&key).unwrap_or_default();
                run.before = results.before.remove(&key);
                run.record = step;
            }
        }
        trial.verdict = verdict;
        for metric in metrics {
            trial.report_again(plan, metric);
        }
        trial.release(plan);
        trial.settle();
        trial
    }

    fn report_again(&mut self, plan: &Plan, metric: MetricRecord) {
        let MetricRecord {
            step,
            name,
            level,
            value,
            ..
        } = metric;
        let index = match plan.evaluated_by_clients() {
            true => {
                self.levels.note(&name, level);
                Some(0)
            }
            false => plan.experiment.pipeline.steps.get_index_of(&step),
        };
        if let Some(index) = index {
            self.report(index, &Report { name, level, value });
        }
    }

    fn from_parts(plan: &Plan, record: TrialRecord, steps: Vec<StepRun>) -> Self {
        let metrics = TrialMetrics::new(&plan.experiment.objective);
        Self {
            record,
            steps,
            verdict: None,
            told: false,
            lease: None,
            metrics,
            levels: Levels::default(),
            near_misses: Vec::new(),
        }
    }

    /// Makes every waiting step ready whose needs have all succeeded; returns those.
    fn release(&mut self, plan: &Plan) -> Vec<usize> {
        let all = 0..self.steps.len();
        let free = all
            .filter(|&index| self.is_free(plan, index))
            .collect::<Vec<_>>();
        self.make_ready(&free);
        free
    }

    /// The same, looking only at the dependents of a step that has just succeeded.
    pub fn release_after(&mut self, plan: &Plan, index: usize) -> Vec<usize> {
        let dependents = plan.graph.dependents(index).iter().copied();
        let free = dependents
            .filter(|&dependent| self.is_free(plan, dependent))
            .collect::<Vec<_>>();
        self.make_ready(&free);
        free
    }

    fn is_free(&self, plan: &Plan, index: usize) -> bool {
        let succeeded = |&needed: &usize| self.steps[needed].record.state == StepState::Succeeded;
        self.steps[index].phase == Phase::Waiting && plan.graph.needs(index).iter().all(succeeded)
    }

    fn make_ready(&mut self, steps: &[usize]) {
        for &index in steps {
            self.steps[index].phase = Phase::Ready;
            self.steps[index].record.state = StepState::Ready;
        }
    }

    /// Whether news of this task is still of interest: not of an older attempt, and not when it has ended.
    pub fn awaits(&self, id: &TaskId) -> bool {
        let run = &self.steps[id.step];
        run.record.attempt == id.attempt && matches!(run.phase, Phase::Running | Phase::Stopping)
    }

    /// The intent to run the next attempt of a step.
    pub fn begin_step(&mut self, index: usize, now: Timestamp) {
        let run = &mut self.steps[index];
        run.phase = Phase::Running;
        run.before = None;
        run.record.attempt += 1;
        run.record.state = StepState::Running;
        run.record.explanation = None;
        run.record.started_at.get_or_insert(now);
        if self.record.state == TrialState::Queued {
            self.record.state = TrialState::Running;
            self.record.started_at = Some(now);
        }
    }

    /// A client evaluates it from now on.
    pub fn hand_out(&mut self, now: Timestamp) {
        self.record.state = TrialState::Running;
        self.record.handed_out += 1;
        self.record.started_at.get_or_insert(now);
    }

    /// What was reported, for the objective's value and the last value of every metric.
    pub fn report(&mut self, index: usize, report: &Report) {
        self.metrics.report(index, report);
    }

    /// The same of a client: at the level that it names, or at the next.
    pub fn client_report(&mut self, given: ClientReport) -> Report {
        let report = self.levels.place(given);
        self.report(0, &report);
        report
    }

    /// Whether the objective was reported.
    pub fn has_objective(&self) -> bool {
        self.metrics.objective().is_some()
    }

    /// Takes the end of the running attempt of a step.
    pub fn end_step(
        &mut self,
        index: usize,
        ending: Ending,
        retries: &Retries,
        now: Timestamp,
    ) -> StepEnd {
        self.near_misses.extend(ending.near_misses.iter().cloned());
        let stopping = self.verdict.is_some();
        let run = &mut self.steps[index];
        run.record.exit_code = exit_code(&ending.outcome);
        let end = match &ending.outcome {
            Outcome::Succeeded => StepEnd::Succeeded,
            Outcome::Stopped | Outcome::Refused(_) if !stopping => StepEnd::Interrupted,
            Outcome::Stopped => StepEnd::Ended,
            _ if stopping => StepEnd::Ended,
            _ => run.after_failure(retries, now),
        };
        run.apply(end, ending, stopping, now);
        self.settle();
        end
    }

    /// A step that cannot even be begun, because one of its expressions has no value.
    pub fn refuse_step(&mut self, index: usize, explanation: String, now: Timestamp) {
        let run = &mut self.steps[index];
        run.finish(StepState::Failed, Some(explanation), now);
        self.settle();
    }

    /// A step that failed for good settles the trial.
    fn settle(&mut self) {
        if self.verdict.is_some() {
            return;
        }
        let failed =
            |run: &&StepRun| matches!(run.record.state, StepState::Failed | StepState::TimedOut);
        if let Some(run) = self.steps.iter().find(failed) {
            self.verdict = Some(run.failure());
        }
    }

    /// Whether nothing of it runs and nothing of it is going to.
    pub fn is_over(&self) -> bool {
        let quiet = |run: &StepRun| !matches!(run.phase, Phase::Running | Phase::Stopping);
        let finished = |run: &StepRun| run.phase == Phase::Finished;
        let done = self.told || (!self.steps.is_empty() && self.steps.iter().all(finished));
        self.steps.iter().all(quiet) && (self.verdict.is_some() || done)
    }

    /// Ends the trial: steps that have not begun are skipped (their positions are returned), but for those that went well before and were
    /// to run again; the record gets its final state.
    pub fn conclude(&mut self, metric: &str, now: Timestamp) -> Vec<usize> {
        self.steps.iter_mut().for_each(StepRun::restore);
        let skipped = (0..self.steps.len())
            .filter(|&index| self.steps[index].phase != Phase::Finished)
            .collect::<Vec<_>>();
        for &index in &skipped {
            self.steps[index].finish(StepState::Skipped, None, now);
        }
        let value = self.metrics.objective().filter(|value| value.is_finite());
        let end = self.verdict.take().or_else(|| self.judge(metric));
        self.record.state = end.as_ref().map_or(TrialState::Succeeded, |end| end.state);
        self.record.reason = end.as_ref().map(|end| end.reason);
        self.record.explanation = end.map(|end| end.explanation);
        let counts = matches!(
            self.record.state,
            TrialState::Succeeded | TrialState::EarlyStopped
        );
        self.record.objective = value.filter(|_| counts);
        self.record.metrics = self.metrics.last().clone();
        self.record.finished_at = Some(now);
        skipped
    }

    /// All steps succeeded: is there an objective that can be compared?
    fn judge(&self, metric: &str) -> Option<Verdict> {
        let failed = |reason, explanation| {
            Some(Verdict {
                state: TrialState::Failed,
                reason,
                explanation,
            })
        };
        match self.metrics.objective() {
            Some(value) if value.is_finite() => None,
            Some(value) => failed(TrialReason::MetricNotFinite, format!("{metric} is {value}")),
            None if self.steps.is_empty() => {
                let explanation = format!("`{metric}` was neither reported nor told");
                failed(TrialReason::MetricMissing, explanation)
            }
            None => {
                let reported = self.metrics.last().keys().map(String::as_str);
                let explanation = missing_objective(metric, &self.near_misses, reported);
                failed(TrialReason::MetricMissing, explanation)
            }
        }
    }
}

impl StepRun {
    pub fn new(trial: u64, name: &str) -> Self {
        let record = StepRecord {
            trial,
            step: name.to_owned(),
            state: StepState::Waiting,
            explanation: None,
            attempt: 0,
            failures: 0,
            exit_code: None,
            started_at: None,
            finished_at: None,
            values: Map::new(),
            artifacts: IndexMap::new(),
        };
        Self {
            record,
            phase: Phase::Waiting,
            values: Map::new(),
            before: None,
        }
    }

    /// It does not run again after all: it went well, whoever lacks what it left.
    fn restore(&mut self) {
        if let Some(before) = self.before.take() {
            self.phase = Phase::Finished;
            self.record = before;
        }
    }

    fn after_failure(&mut self, retries: &Retries, now: Timestamp) -> StepEnd {
        self.record.failures += 1;
        if self.record.failures > retries.max {
            return StepEnd::Ended;
        }
        StepEnd::Retry {
            until: now
                .saturating_add(pause(retries, self.record.failures))
                .unwrap_or(Timestamp::MAX),
        }
    }

    fn apply(&mut self, end: StepEnd, ending: Ending, stopping: bool, now: Timestamp) {
        let explanation = explain(&ending);
        match end {
            StepEnd::Succeeded => {
                self.values = ending.values;
                self.record.values = ending.stored_values;
                self.record.artifacts = ending.artifacts;
                self.finish(StepState::Succeeded, None, now);
            }
            StepEnd::Retry { until } => self.again(Phase::Delayed { until }, explanation),
            StepEnd::Interrupted => self.again(Phase::Ready, Some("interrupted".into())),
            StepEnd::Ended if stopping => self.finish(StepState::Cancelled, explanation, now),
            StepEnd::Ended if ending.outcome == Outcome::TimedOut => {
                self.finish(StepState::TimedOut, explanation, now);
            }
            StepEnd::Ended => self.finish(StepState::Failed, explanation, now),
        }
    }

    fn again(&mut self, phase: Phase, explanation: Option<String>) {
        self.phase = phase;
        self.record.state = StepState::Ready;
        self.record.explanation = explanation;
    }

    fn finish(&mut self, state: StepState, explanation: Option<String>, now: Timestamp) {
        self.phase = Phase::Finished;
        self.record.state = state;
        self.record.explanation = explanation;
        self.record.finished_at = Some(now);
    }

    /// What the failure of this step means for its trial.
    fn failure(&self) -> Verdict {
        let reason = match self.record.state {
            StepState::TimedOut => TrialReason::TimedOut,
            _ => TrialReason::StepFailed,
        };
        let why = self
            .record
            .explanation
            .as_deref()
            .unwrap_or("no reason is known");
        let attempts = match self.record.attempt {
            0 | 1 => String::new(),
            attempts => format!(" after {attempts} attempts"),
        };
        let explanation = format!("step `{}` failed{attempts}: {why}", self.record.step);
        Verdict {
            state: TrialState::Failed,
            reason,
            explanation,
        }
    }
}

/// The pause before the attempt that follows the given number of failures.
fn pause(retries: &Retries, failures: u32) -> SignedDuration {
    if retries.delay.is_zero() {
        return SignedDuration::ZERO;
    }
    let exponent = i32::try_from(failures.saturating_sub(1)).unwrap_or(i32::MAX);
    let seconds = retries.delay.as_secs_f64() * retries.backoff.powi(exponent);
    SignedDuration::try_from_secs_f64(seconds).unwrap_or(SignedDuration::MAX)
}

fn exit_code(outcome: &Outcome) -> Option<i32> {
    match outcome {
        Outcome::Succeeded | Outcome::BadOutput(_) => Some(0),
        Outcome::Exited(code) => Some(*code),
        _ => None,
    }
}

/// Why an attempt did not succeed, in words, with the last line it wrote.
fn explain(ending: &Ending) -> Option<String> {
    let what = match &ending.outcome {
        Outcome::Succeeded => return None,
        Outcome::Exited(code) => format!("exit code {code}"),
        Outcome::Signalled(signal) => format!("ended by signal {signal}"),
        Outcome::TimedOut => "ran out of time".to_owned(),
        Outcome::Stopped => "stopped".to_owned(),
        Outcome::NotStarted(why) | Outcome::Refused(why) => {
            return Some(format!("could not be started: {why}"));
        }
        Outcome::BadOutput(why) => return Some(why.clone()),
    };
    match ending
        .last_lines
        .iter()
        .rev()
        .find(|line| !line.trim().is_empty())
    {
        Some(line) => Some(format!("{what}; its last words: {line}")),
        None => Some(what),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn pauses_grow_and_none_stays_none() {
        let pauses = |delay, backoff| Retries {
            max: u32::MAX,
            delay: Duration::from_secs(delay),
            backoff,
        };
        assert_eq!(pause(&pauses(2, 3.0), 3), SignedDuration::from_secs(18));
        assert_eq!(pause(&pauses(2, 3.0), 5000), SignedDuration::MAX);
        assert_eq!(pause(&pauses(0, 3.0), 5000), SignedDuration::ZERO);
    }
}
