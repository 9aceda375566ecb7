//! What is known of the trials so far: the only thing, besides settings and seed, that an algorithm may depend on.

use crate::space::Configuration;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Whether small or large values of the objective are good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// Small is good.
    Minimize,
    /// Large is good.
    Maximize,
}

impl Goal {
    /// Whether `a` is strictly better than `b`. NaN is never better than anything.
    pub fn better(self, a: f64, b: f64) -> bool {
        match self {
            Goal::Minimize => a < b,
            Goal::Maximize => a > b,
        }
    }
}

/// How a trial ended, as an algorithm sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// It ran to its end; the value is finite.
    Succeeded(f64),
    /// A stopper ended it; the value is the last one it reported, if that was finite.
    EarlyStopped(Option<f64>),
    /// It failed, was lost or cancelled, or its objective was not finite.
    Failed,
}

impl Outcome {
    fn with_finite_value(self) -> Self {
        match self {
            Outcome::Succeeded(value) if !value.is_finite() => Outcome::Failed,
            Outcome::EarlyStopped(value) => {
                Outcome::EarlyStopped(value.filter(|value| value.is_finite()))
            }
            other => other,
        }
    }
}

/// One trial: its configuration, and its outcome once it has finished.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// What it tries.
    pub configuration: Configuration,
    /// `None` while it is queued or running.
    pub outcome: Option<Outcome>,
}

/// All trials of an experiment: by number, and in the order in which they finished.
#[derive(Clone, Debug)]
pub struct History {
    goal: Goal,
    trials: Vec<Trial>,
    finished: Vec<usize>,
    /// Fingerprints of all configurations.
    tried: HashSet<u128>,
}

impl History {
    /// An empty history.
    pub fn new(goal: Goal) -> Self {
        Self {
            goal,
            trials: Vec::new(),
            finished: Vec::new(),
            tried: HashSet::new(),
        }
    }

    /// What the experiment strives for.
    pub fn goal(&self) -> Goal {
        self.goal
    }

    /// Adds a trial that has been created and has not finished; returns its number (0, 1, 2 …).
    pub fn create(&mut self, configuration: Configuration) -> usize {
        self.tried.insert(configuration.fingerprint());
        self.trials.push(Trial {
            configuration,
            outcome: None,
        });
        self.trials.len() - 1
    }

    /// Records how a trial ended. The first outcome stands; an unknown number is ignored. A value that is not finite is
    /// taken as a failure, or as none where a trial was stopped early.
    pub fn finish(&mut self, number: usize, outcome: Outcome) {
        if let Some(trial) = self.trials.get_mut(number)
            && trial.outcome.is_none()
        {
            trial.outcome = Some(outcome.with_finite_value());
            self.finished.push(number);
        }
    }

    /// All trials, by number.
    pub fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// Numbers of the finished trials, in the order in which they finished.
    pub fn finished(&self) -> &[usize] {
        &self.finished
    }

    /// Whether a trial with this configuration exists, whatever became of it. Takes the same time however many there are.
    pub fn contains(&self, configuration: &Configuration) -> bool {
        self.tried.contains(&configuration.fingerprint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Value;

    fn configuration(x: i64) -> Configuration {
        [("x".to_owned(), Value::Int(x))].into_iter().collect()
    }

    #[test]
    fn trials_are_known_from_their_creation_on() {
        let mut history = History::new(Goal::Minimize);
        assert_eq!(history.create(configuration(1)), 0);
        assert_eq!(history.create(configuration(2)), 1);
        assert!(history.contains(&configuration(2)));
        history.finish(1, Outcome::Failed);
        assert!(history.contains(&configuration(2)));
        assert!(!history.contains(&configuration(3)));
    }

    #[test]
    fn the_first_outcome_stands() {
        let mut history = History::new(Goal::Minimize);
        history.create(configuration(1));
        history.finish(0, Outcome::Succeeded(1.0));
        history.finish(0, Outcome::Failed);
        history.finish(7, Outcome::Failed);
        assert_eq!(history.trials()[0].outcome, Some(Outcome::Succeeded(1.0)));
        assert_eq!(history.finished(), [0]);
    }

    #[test]
    fn values_that_are_not_finite_are_failures() {
        let mut history = History::new(Goal::Maximize);
        let given = [
            Outcome::Succeeded(f64::INFINITY),
            Outcome::EarlyStopped(Some(f64::NAN)),
        ];
        for (number, outcome) in given.into_iter().enumerate() {
            history.create(configuration(number as i64));
            history.finish(number, outcome);
        }
        let outcomes: Vec<_> = history
            .trials()
            .iter()
            .map(|trial| trial.outcome.unwrap())
            .collect();
        assert_eq!(outcomes, [Outcome::Failed, Outcome::EarlyStopped(None)]);
    }

    #[test]
    fn not_a_number_is_never_better() {
        for goal in [Goal::Minimize, Goal::Maximize] {
            assert!(!goal.better(f64::NAN, 1.0));
            assert!(!goal.better(1.0, f64::NAN));
        }
        assert!(Goal::Minimize.better(1.0, 2.0));
        assert!(Goal::Maximize.better(2.0, 1.0));
    }
}
