//! What the trials say, and which of them a model is made from when there are too many.

use crate::history::{Goal, History, Outcome};

/// A trial that has a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Valued {
    /// Its number.
    pub number: usize,
    /// Small is good.
    pub loss: f64,
    /// Whether a stopper ended it: then it is taken to be no better than half of those that ran to their end.
    pub stopped: bool,
}

/// The trials by what became of them.
#[derive(Debug, Default)]
pub(super) struct Observed {
    /// Those with a value, in the order in which they finished.
    pub valued: Vec<Valued>,
    /// How many of them ran to their end.
    pub succeeded: usize,
    /// Those that ended without a value, in the order in which they finished.
    pub failed: Vec<usize>,
    /// How many of the last few that ended are among these.
    pub lately_failed: usize,
    /// Those that are queued or running, by number.
    pub pending: Vec<usize>,
}

/// So many trials ended lately.
const LATELY: usize = 10;

impl Observed {
    pub fn new(history: &History) -> Self {
        let mut observed = Self::default();
        for &number in history.finished() {
            match history.trials()[number].outcome {
                Some(Outcome::Succeeded(value)) => {
                    observed.succeeded += 1;
                    observed.push(history.goal(), number, value, false);
                }
                Some(Outcome::EarlyStopped(Some(value))) => {
                    observed.push(history.goal(), number, value, true);
                }
                _ => observed.failed.push(number),
            }
        }
        let lately = history.finished().iter().rev().take(LATELY);
        let failed = lately.filter(|number| {
            observed
                .failed
                .iter()
                .rev()
                .take(LATELY)
                .any(|failed| failed == *number)
        });
        observed.lately_failed = failed.count();
        let trials = history.trials().iter().enumerate();
        let pending = trials.filter(|(_, trial)| trial.outcome.is_none());
        observed.pending = pending.map(|(number, _)| number).collect();
        observed
    }

    /// The same, with nothing running.
    pub fn without_pending(self) -> Self {
        Self {
            pending: Vec::new(),
            ..self
        }
    }

    fn push(&mut self, goal: Goal, number: usize, value: f64, stopped: bool) {
        let loss = match goal {
            Goal::Minimize => value,
            Goal::Maximize => -value,
        };
        self.valued.push(Valued {
            number,
            loss,
            stopped,
        });
    }
}

/// Places of the values, the lowest first.
pub(super) fn ascending(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|a, b| values[*a].total_cmp(&values[*b]).then(a.cmp(b)));
    order
}

/// At most so many places of values, in their order, that stand for all: the lowest, where it matters to be exact; the last,
/// so that what was just tried is not tried again; and an even choice of the others.
pub(super) fn representatives(values: &[f64], most: usize) -> Vec<usize> {
    if values.len() <= most {
        return (0..values.len()).collect();
    }
    let (lowest, last) = (most * 2 / 5, most * 3 / 10);
    let mut chosen = vec![false; values.len()];
    ascending(values)[..lowest]
        .iter()
        .for_each(|place| chosen[*place] = true);
    chosen[values.len() - last..].fill(true);
    let others: Vec<usize> = (0..values.len()).filter(|place| !chosen[*place]).collect();
    let left = most - (values.len() - others.len());
    for index in 0..left.min(others.len()) {
        chosen[others[index * others.len() / left]] = true;
    }
    (0..values.len()).filter(|place| chosen[*place]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Configuration;

    #[test]
    fn trials_are_told_apart_by_how_they_ended() {
        let mut history = History::new(Goal::Maximize);
        for _ in 0..5 {
            history.create(Configuration::default());
        }
        history.finish(3, Outcome::Succeeded(2.0));
        history.finish(0, Outcome::EarlyStopped(Some(1.0)));
        history.finish(1, Outcome::EarlyStopped(None));
        let observed = Observed::new(&history);
        let valued: Vec<_> = observed
            .valued
            .iter()
            .map(|v| (v.number, v.loss, v.stopped))
            .collect();
        assert_eq!(valued, [(3, -2.0, false), (0, -1.0, true)]);
        assert_eq!(observed.lately_failed, 1);
        assert_eq!(
            (observed.succeeded, observed.failed, observed.pending),
            (1, vec![1], vec![2, 4])
        );
    }

    #[test]
    fn representatives_hold_the_lowest_and_the_last() {
        let values: Vec<f64> = (0..1000).map(|i| f64::from(i * 7919 % 1000)).collect();
        let chosen = representatives(&values, 100);
        assert_eq!(chosen.len(), 100);
        assert!(chosen.is_sorted_by(|a, b| a < b));
        assert!((970..1000).all(|place| chosen.contains(&place)));
        let lowest = chosen.iter().filter(|place| values[**place] < 40.0).count();
        assert_eq!(lowest, 40);
        assert_eq!(representatives(&values, 1000).len(), 1000);
    }
}
