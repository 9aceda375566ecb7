//! What is known of the trials so far: the only thing, besides settings and seed, that an algorithm may depend on.

use crate::space::Configuration;
use serde::{Deserialize, Serialize};

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
}

impl History {
    /// An empty history.
    pub fn new(goal: Goal) -> Self {
        Self {
            goal,
            trials: Vec::new(),
            finished: Vec::new(),
        }
    }

    /// What the experiment strives for.
    pub fn goal(&self) -> Goal {
        self.goal
    }

    /// Adds a trial that has been created and has not finished; returns its number (0, 1, 2 …).
    pub fn create(&mut self, configuration: Configuration) -> usize {
        self.trials.push(Trial {
            configuration,
            outcome: None,
        });
        self.trials.len() - 1
    }

    /// Records how a trial ended. The first outcome stands; an unknown number is ignored.
    pub fn finish(&mut self, number: usize, outcome: Outcome) {
        if let Some(trial) = self.trials.get_mut(number)
            && trial.outcome.is_none()
        {
            trial.outcome = Some(outcome);
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
}
