//! A search as the service would run it: suggestions become trials, and trials end in all possible ways.

use std::sync::Arc;
use tune_algorithms::algorithm::{ALGORITHMS, Algorithm, Outlook, Why, build};
use tune_algorithms::history::{Goal, History, Outcome};
use tune_algorithms::setting::Settings;
use tune_algorithms::space::{Configuration, Space};

/// An algorithm with the history that it follows.
pub struct Search {
    algorithm: Box<dyn Algorithm>,
    pub history: History,
}

impl Search {
    /// With default settings.
    pub fn new(name: &str, space: &Arc<Space>, seed: u64) -> Self {
        let algorithm = build(name, Arc::clone(space), seed, &Settings::new()).unwrap();
        Self {
            algorithm,
            history: History::new(Goal::Minimize),
        }
    }

    /// The same, if it takes such a space.
    pub fn new_if_suitable(name: &str, space: &Arc<Space>) -> Option<Self> {
        suitable(space)
            .contains(&name)
            .then(|| Self::new(name, space, 0))
    }

    /// Whether its suggestions depend on how trials ended.
    pub fn learns(&self) -> bool {
        self.algorithm.learns()
    }

    /// What would be tried next.
    pub fn suggest(&mut self, count: usize) -> Vec<Configuration> {
        self.algorithm.suggest(&self.history, count)
    }

    /// What is still to be gained.
    pub fn outlook(&mut self) -> Option<Outlook> {
        self.algorithm.outlook(&self.history)
    }

    /// Why what was suggested last was.
    pub fn why(&self) -> &[Why] {
        self.algorithm.why()
    }

    /// Creates up to `count` trials, asking for `batch` at once, each ending as `outcome` says for its number.
    pub fn run(&mut self, count: usize, batch: usize, outcome: impl Fn(usize) -> Option<Outcome>) {
        let mut left = count;
        while left > 0 {
            let suggested = self.suggest(batch.min(left));
            if suggested.is_empty() {
                return;
            }
            left -= suggested.len();
            for configuration in suggested {
                let number = self.history.create(configuration);
                if let Some(outcome) = outcome(number) {
                    self.history.finish(number, outcome);
                }
            }
        }
    }

    /// What has been tried, in order.
    pub fn tried(&self) -> Vec<Configuration> {
        self.history
            .trials()
            .iter()
            .map(|trial| trial.configuration.clone())
            .collect()
    }
}

/// Some of everything: good and bad, early-stopped, failed, still running.
pub fn mixed(number: usize) -> Option<Outcome> {
    match number % 7 {
        0 | 1 => Some(Outcome::Succeeded((number as f64).sin())),
        2 => Some(Outcome::EarlyStopped(Some(2.0))),
        3 => Some(Outcome::EarlyStopped(None)),
        4 => Some(Outcome::Failed),
        5 => Some(Outcome::Succeeded(f64::NAN)),
        _ => None,
    }
}

/// The algorithms that take such a space: a grid can be too large.
pub fn suitable(space: &Arc<Space>) -> Vec<&'static str> {
    let names = ALGORITHMS.iter().map(|info| info.name);
    names
        .filter(|name| build(name, Arc::clone(space), 0, &Settings::new()).is_ok())
        .collect()
}
