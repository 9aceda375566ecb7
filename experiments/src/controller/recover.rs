//! From what the store remembers to a core that goes on, and to the history the algorithm learns from. A new experiment is one of which
//! nothing is remembered yet.

use super::core::Core;
use super::plan::Plan;
use super::progress::{Progress, outcome};
use super::suggester::{as_searched, place};
use super::trial::{Results, TrialRun};
use crate::spec::Experiment;
use crate::store::{CurvePoint, ExperimentUpdate, LoadedTrial, Snapshot};
use tune_algorithms::history::History;
use tune_algorithms::space::Configuration;
use tune_algorithms::stopper::Stopper;

/// A core and a history that know all of the snapshot. `curves` are all reports of the objective, in the order in which they arrived; only
/// a stopper wants them. `results` is what is known of the unfinished trials' step runs.
pub fn recover(
    plan: Plan,
    snapshot: Snapshot,
    curves: &[CurvePoint],
    mut results: Results,
    stopper: Option<Box<dyn Stopper>>,
) -> (Core, History) {
    let finished = in_order_of_finishing(&snapshot.trials);
    let stopper = stopper.map(|stopper| replay(stopper, &finished, curves));
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
        let trial = TrialRun::recover(core.plan(), trial, &mut results);
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
    let searched = |it: &Configuration| as_searched(experiment.resource(), it.clone());
    let prior = prior.map(|trial| (searched(&trial.parameters), trial.outcome()));
    let mut history = History::with_prior(goal, prior);
    let mut progress = Progress::new(goal);
    for trial in &snapshot.trials {
        match trial.enqueued {
            true => history.enqueue(searched(&trial.parameters)),
            false => history.create(searched(&trial.parameters)),
        };
        progress.created += 1;
    }
    for trial in finished {
        let outcome = progress.count(trial.state, trial.objective);
        history.finish(place(&history, trial.number), outcome);
    }
    (history, progress)
}

/// Shows the stopper all that was reported, in the order in which it came, and then which trials have ended. What it would say to the
/// running ones is heard at their next report.
fn replay(
    mut stopper: Box<dyn Stopper>,
    finished: &[&LoadedTrial],
    curves: &[CurvePoint],
) -> Box<dyn Stopper> {
    for point in curves {
        stopper.report(point.trial, point.level, point.value);
    }
    for trial in finished {
        stopper.finish(trial.number, outcome(trial.state, trial.objective));
    }
    stopper
}
