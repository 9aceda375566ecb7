//! What is known of the trials as a whole: how many there are, how they ended, which is best.

use crate::spec::Objective;
use crate::state::TrialState;
use crate::store::TrialRecord;
use tune_algorithms::history::{Goal, Outcome};

/// Counts and the best trial.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// Trials created so far: also the number of the next one.
    pub created: u64,
    /// Finished with a result.
    pub succeeded: u64,
    /// Stopped by the stopper.
    pub early_stopped: u64,
    /// Failed.
    pub failed: u64,
    /// Ended with the experiment.
    pub cancelled: u64,
    best: Option<f64>,
    goal: Goal,
}

impl Progress {
    /// Nothing yet.
    pub fn new(goal: Goal) -> Self {
        Self {
            created: 0,
            succeeded: 0,
            early_stopped: 0,
            failed: 0,
            cancelled: 0,
            best: None,
            goal,
        }
    }

    /// Trials that have finished, however they ended.
    pub fn finished(&self) -> u64 {
        self.succeeded + self.early_stopped + self.failed + self.cancelled
    }

    /// Counts a trial that has finished; returns what the algorithm learns of it.
    pub fn finish(&mut self, record: &TrialRecord) -> Outcome {
        self.count(record.state, record.objective)
    }

    /// The same, from state and objective alone.
    pub fn count(&mut self, state: TrialState, objective: Option<f64>) -> Outcome {
        match (state, objective) {
            (TrialState::Succeeded, Some(value)) => {
                self.succeeded += 1;
                if self.best.is_none_or(|best| self.goal.better(value, best)) {
                    self.best = Some(value);
                }
                Outcome::Succeeded(value)
            }
            (TrialState::EarlyStopped, value) => {
                self.early_stopped += 1;
                Outcome::EarlyStopped(value)
            }
            (TrialState::Cancelled, _) => {
                self.cancelled += 1;
                Outcome::Failed
            }
            _ => {
                self.failed += 1;
                Outcome::Failed
            }
        }
    }

    /// Whether a trial was at least as good as the target.
    pub fn target_reached(&self, objective: &Objective) -> bool {
        let (Some(best), Some(target)) = (self.best, objective.target) else {
            return false;
        };
        best == target || self.goal.better(best, target)
    }
}
