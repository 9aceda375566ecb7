//! From what the store remembers to a core that goes on, and to the history the algorithm learns from. A new experiment is one of which
//! nothing is remembered yet.

use super::core::Core;
use super::plan::Plan;
use super::progress::Progress;
use super::suggester::place;
use super::trial::{StepValues, TrialRun};
use crate::spec::Experiment;
use crate::state::TrialState;
use crate::store::{CurvePoint, ExperimentUpdate, LoadedTrial, Snapshot, UnfinishedTrial};
use std::collections::HashMap;
use tune_algorithms::history::History;
use tune_algorithms::stopper::Stopper;

/// A core and a history that know all of the snapshot. `curves` are all reports of the objective, in the order in which they arrived; only a
/// stopper wants them. `values` are the complete values of the unfinished trials' step runs.
pub fn recover(
    plan: Plan,
    snapshot: Snapshot,
    curves: &[CurvePoint],
    mut values: StepValues,
    stopper: Option<Box<dyn Stopper>>,
) -> (Core, History) {
    let finished = in_order_of_finishing(&snapshot.trials);
    let stopper = stopper.map(|stopper| replay(stopper, &finished, &snapshot.unfinished, curves));
    let (history, progress) = retell(&plan.experiment, &snapshot, &finished);
    let record = &snapshot.experiment;
    let update = ExperimentUpdate {
        state: record.state,
        reason: record.reason,
        started_at: record.started_at,
        finished_at: record.finished_at,
        active_seconds: record.active_seconds,
    };
    let mut core = Core::new(plan, update, progress, stopper);
    for trial in snapshot.unfinished {
        let trial = TrialRun::recover(core.plan(), trial, &mut values);
        core.adopt(trial);
    }
    (core, history)
}

pub(super) fn in_order_of_finishing(trials: &[LoadedTrial]) -> Vec<&LoadedTrial> {
    let mut finished: Vec<_> = trials
        .iter()
        .filter(|trial| trial.finished_order.is_some())
        .collect();
    finished.sort_by_key(|trial| trial.finished_order);
    finished
}

/// What was known from the beginning, trials in the order of their creation, then their outcomes in the order of their
/// finishing: as it was lived.
fn retell(
    experiment: &Experiment,
    snapshot: &Snapshot,
    finished: &[&LoadedTrial],
) -> (History, Progress) {
    let goal = experiment.objective.goal;
    let prior = snapshot.prior.iter();
    let prior = prior.map(|trial| (trial.parameters.clone(), trial.outcome()));
    let mut history = History::with_prior(goal, prior);
    let mut progress = Progress::new(goal);
    for trial in &snapshot.trials {
        match trial.enqueued {
            true => history.enqueue(trial.parameters.clone()),
            false => history.create(trial.parameters.clone()),
        };
        progress.created += 1;
    }
    for trial in finished {
        let outcome = progress.count(trial.state, trial.objective);
        history.finish(place(&history, trial.number), outcome);
    }
    (history, progress)
}

/// Shows the stopper all that was reported. What it would say to the running trials is heard at their next report.
fn replay(
    mut stopper: Box<dyn Stopper>,
    finished: &[&LoadedTrial],
    unfinished: &[UnfinishedTrial],
    curves: &[CurvePoint],
) -> Box<dyn Stopper> {
    let mut reports: HashMap<u64, Vec<CurvePoint>> = HashMap::new();
    for point in curves {
        reports.entry(point.trial).or_default().push(*point);
    }
    let finished = finished
        .iter()
        .map(|trial| (trial.number, Some(trial.state)));
    let unfinished = unfinished.iter().map(|trial| (trial.trial.number, None));
    for (number, state) in finished.chain(unfinished) {
        for report in reports.remove(&number).unwrap_or_default() {
            stopper.report(number, report.level, report.value);
        }
        if let Some(state) = state {
            stopper.finish(
                number,
                matches!(state, TrialState::Succeeded | TrialState::EarlyStopped),
            );
        }
    }
    stopper
}
