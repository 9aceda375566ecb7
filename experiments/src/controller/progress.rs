//! What is known of the trials as a whole: how many there are, how they ended, which is best.

use crate::spec::{Convergence, Objective};
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
    /// Every objective that was better than all before, with how many trials had been judged by then. There are few: a value is the best of
    /// the first n with a chance of 1 in n.
    records: Vec<(u64, f64)>,
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
            records: Vec::new(),
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
        let outcome = outcome(state, objective);
        match outcome {
            Outcome::Succeeded(value) => {
                self.succeeded += 1;
                if self.best().is_none_or(|best| self.goal.better(value, best)) {
                    self.records.push((self.judged(), value));
                }
            }
            Outcome::EarlyStopped(_) => self.early_stopped += 1,
            Outcome::Failed if state == TrialState::Cancelled => self.cancelled += 1,
            Outcome::Failed => self.failed += 1,
        }
        outcome
    }

    /// Whether a trial was at least as good as the target.
    pub fn target_reached(&self, objective: &Objective) -> bool {
        let (Some(best), Some(target)) = (self.best(), objective.target) else {
            return false;
        };
        best == target || self.goal.better(best, target)
    }

    /// Whether so many trials as are to be waited for have brought no improvement.
    pub fn has_converged(&self, until: Convergence) -> bool {
        let Some(stagnation) = until.stagnation else {
            return false;
        };
        let mut records = self.records.iter();
        let Some((mut since, mut best)) = records.next().copied() else {
            return false;
        };
        for (judged, value) in records {
            let enough = match self.goal {
                Goal::Minimize => best - until.min_improvement,
                Goal::Maximize => best + until.min_improvement,
            };
            if self.goal.better(*value, enough) {
                (since, best) = (*judged, *value);
            }
        }
        self.judged() - since >= stagnation
    }

    fn best(&self) -> Option<f64> {
        self.records.last().map(|(_, value)| *value)
    }

    /// Trials that say something about their configurations.
    fn judged(&self) -> u64 {
        self.succeeded + self.early_stopped
    }
}

/// What the end of a trial tells algorithm and stopper.
pub(super) fn outcome(state: TrialState, objective: Option<f64>) -> Outcome {
    match (state, objective) {
        (TrialState::Succeeded, Some(value)) => Outcome::Succeeded(value),
        (TrialState::EarlyStopped, value) => Outcome::EarlyStopped(value),
        _ => Outcome::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(goal: Goal, values: &[f64]) -> Progress {
        let mut progress = Progress::new(goal);
        for value in values {
            progress.count(TrialState::Succeeded, Some(*value));
        }
        progress
    }

    fn until(stagnation: u64, min_improvement: f64) -> Convergence {
        Convergence {
            stagnation: Some(stagnation),
            min_improvement,
            expected_improvement: None,
            regret: None,
        }
    }

    #[test]
    fn a_search_has_converged_when_trials_bring_nothing_better() {
        let progress = after(Goal::Minimize, &[3.0, 2.0, 2.0, 2.5]);
        assert!(progress.has_converged(until(2, 0.0)));
        assert!(!progress.has_converged(until(3, 0.0)));
        let progress = after(Goal::Maximize, &[3.0, 2.0, 2.0, 3.5]);
        assert!(!progress.has_converged(until(1, 0.0)));
        assert!(!after(Goal::Minimize, &[]).has_converged(until(1, 0.0)));
    }

    #[test]
    fn small_improvements_count_once_they_add_up() {
        let progress = after(Goal::Minimize, &[1.0, 0.9, 0.8, 0.7]);
        assert!(progress.has_converged(until(3, 0.5)));
        let progress = after(Goal::Minimize, &[1.0, 0.8, 0.6, 0.4]);
        assert!(!progress.has_converged(until(1, 0.5)));
    }

    #[test]
    fn failures_say_nothing_and_stopped_trials_are_no_improvement() {
        let mut progress = after(Goal::Minimize, &[1.0]);
        for _ in 0..5 {
            progress.count(TrialState::Failed, None);
            progress.count(TrialState::Cancelled, None);
        }
        assert!(!progress.has_converged(until(1, 0.0)));
        progress.count(TrialState::EarlyStopped, Some(0.0));
        assert!(progress.has_converged(until(1, 0.0)));
    }
}
