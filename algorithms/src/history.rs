//! What is known of the trials so far: the only thing, besides settings and seed, that an algorithm may depend on.

use crate::space::Configuration;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

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

/// Who made a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The algorithm suggested it.
    Suggested,
    /// Its configuration is the user's own.
    Enqueued,
    /// It belongs to another search, of which this one knows.
    Prior,
}

/// One trial: its configuration, and its outcome once it has finished.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// What it tries.
    pub configuration: Configuration,
    /// Who made it.
    pub origin: Origin,
    /// `None` while it is queued or running.
    pub outcome: Option<Outcome>,
}

/// All trials of a search: by number, and in the order in which they finished. First come those of another search, if any are known:
/// algorithms learn from them as from any, and may try them again.
#[derive(Clone, Debug)]
pub struct History {
    goal: Goal,
    prior: usize,
    /// Fingerprints of the configurations that the other search has tried.
    known: HashSet<u128>,
    trials: Vec<Trial>,
    finished: Vec<usize>,
    suggested: usize,
    /// Fingerprints of all configurations of this search, and how many trials have each.
    tried: HashMap<u128, u32>,
}

impl History {
    /// An empty history.
    pub fn new(goal: Goal) -> Self {
        Self::with_prior(goal, [])
    }

    /// A history that knows of the finished trials of another search, in the order in which they finished: these have the first numbers.
    pub fn with_prior(
        goal: Goal,
        prior: impl IntoIterator<Item = (Configuration, Outcome)>,
    ) -> Self {
        let trials: Vec<Trial> = prior
            .into_iter()
            .map(|(configuration, outcome)| Trial {
                configuration,
                origin: Origin::Prior,
                outcome: Some(outcome.with_finite_value()),
            })
            .collect();
        let fingerprints = trials.iter().map(|trial| trial.configuration.fingerprint());
        Self {
            goal,
            prior: trials.len(),
            known: fingerprints.collect(),
            finished: (0..trials.len()).collect(),
            trials,
            suggested: 0,
            tried: HashMap::new(),
        }
    }

    /// How many of the trials, the first ones, belong to another search.
    pub fn prior(&self) -> usize {
        self.prior
    }

    /// What the experiment strives for.
    pub fn goal(&self) -> Goal {
        self.goal
    }

    /// Adds a trial that was suggested and has not finished; returns its number, the next after those that are there (0, 1, 2 …).
    pub fn create(&mut self, configuration: Configuration) -> usize {
        self.suggested += 1;
        self.add(configuration, Origin::Suggested)
    }

    /// Adds a trial with the user's own configuration; returns its number. Sequences go on after it as if it had not been there, but do
    /// not repeat it.
    pub fn enqueue(&mut self, configuration: Configuration) -> usize {
        self.add(configuration, Origin::Enqueued)
    }

    fn add(&mut self, configuration: Configuration, origin: Origin) -> usize {
        *self.tried.entry(configuration.fingerprint()).or_default() += 1;
        self.trials.push(Trial {
            configuration,
            origin,
            outcome: None,
        });
        self.trials.len() - 1
    }

    /// Takes the trials from this number on back, up to the first that has finished: suggestions that were never made into trials. Whether
    /// there were any; an algorithm that has seen them must be made anew, since it may have noted that they were tried.
    pub fn take_back(&mut self, number: usize) -> bool {
        let before = self.trials.len();
        while self.trials.len() > number
            && let Some(trial) = self.trials.pop_if(|trial| trial.outcome.is_none())
        {
            self.suggested -= usize::from(trial.origin == Origin::Suggested);
            self.forget(trial.configuration.fingerprint());
        }
        self.trials.len() < before
    }

    fn forget(&mut self, fingerprint: u128) {
        if let Some(count) = self.tried.get_mut(&fingerprint) {
            *count -= 1;
            if *count == 0 {
                self.tried.remove(&fingerprint);
            }
        }
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

    /// How many of the trials were suggested: the place in a sequence of the next suggestion.
    pub fn suggested(&self) -> usize {
        self.suggested
    }

    /// Numbers of the finished trials, in the order in which they finished.
    pub fn finished(&self) -> &[usize] {
        &self.finished
    }

    /// Whether a trial of this search has this configuration, whatever became of it. Takes the same time however many there are.
    pub fn contains(&self, configuration: &Configuration) -> bool {
        self.has_tried(configuration.fingerprint())
    }

    /// Whether a trial of this search has the configuration with this fingerprint.
    pub(crate) fn has_tried(&self, fingerprint: u128) -> bool {
        self.tried.contains_key(&fingerprint)
    }

    /// Whether a trial of the other search has this configuration.
    pub fn is_known(&self, configuration: &Configuration) -> bool {
        !self.known.is_empty() && self.known.contains(&configuration.fingerprint())
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
    fn enqueued_trials_are_tried_but_not_suggested() {
        let mut history = History::new(Goal::Minimize);
        history.create(configuration(1));
        assert_eq!(history.enqueue(configuration(2)), 1);
        assert_eq!((history.trials().len(), history.suggested()), (2, 1));
        assert!(history.contains(&configuration(2)));
        let origins: Vec<_> = history.trials().iter().map(|trial| trial.origin).collect();
        assert_eq!(origins, [Origin::Suggested, Origin::Enqueued]);
    }

    #[test]
    fn trials_of_another_search_have_finished_and_may_be_tried_again() {
        let prior = [
            (configuration(1), Outcome::Succeeded(0.5)),
            (configuration(2), Outcome::EarlyStopped(Some(f64::NAN))),
        ];
        let mut history = History::with_prior(Goal::Minimize, prior);
        assert_eq!((history.prior(), history.suggested()), (2, 0));
        assert_eq!(history.finished(), [0, 1]);
        let last = &history.trials()[1];
        assert_eq!(last.outcome, Some(Outcome::EarlyStopped(None)));
        assert!(history.is_known(&configuration(1)) && !history.is_known(&configuration(3)));
        assert!(!history.contains(&configuration(1)));
        assert_eq!(history.create(configuration(1)), 2);
        assert!(history.contains(&configuration(1)));
        assert!(history.take_back(0) && history.trials().len() == 2);
        assert!(history.is_known(&configuration(1)) && !history.contains(&configuration(1)));
    }

    #[test]
    fn suggestions_that_were_never_made_into_trials_are_taken_back() {
        let mut history = History::new(Goal::Minimize);
        for x in [1, 2, 2, 3] {
            history.create(configuration(x));
        }
        assert!(history.take_back(2));
        assert!(!history.take_back(2));
        assert_eq!((history.trials().len(), history.suggested()), (2, 2));
        assert!(history.contains(&configuration(2)) && !history.contains(&configuration(3)));
        history.finish(1, Outcome::Failed);
        assert!(!history.take_back(0));
        assert_eq!(history.trials().len(), 2);
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
