//! Which trials are good, which are bad, and how much each counts.

use crate::history::{Goal, History, Outcome};

/// The share of the finished trials that is good …
const GOOD_SHARE: f64 = 0.15;

/// … and the most that are.
const MOST_GOOD: usize = 25;

/// Of more bad trials some stand for others, so that the time for a suggestion does not grow for ever.
const MOST_BAD: usize = 256;

/// Trials by their numbers, with their weights.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Split {
    /// The best first. The better a trial, the more it counts; 1 on average.
    pub good: Vec<(usize, f64)>,
    /// All others: first those that are still running, by number, and last those that were stopped early or failed.
    pub bad: Vec<(usize, f64)>,
    /// How many are running.
    pub running: usize,
}

/// The trials by how they ended, so that each is looked at once.
#[derive(Debug, Default)]
pub(super) struct Ranking {
    /// Those that succeeded, the best first: losses and numbers.
    succeeded: Vec<(f64, usize)>,
    /// Those that were stopped early or failed, by number; and how many of them were stopped.
    hopeless: Vec<usize>,
    stopped: usize,
    /// Those that are queued or running, by number.
    running: Vec<usize>,
    /// How many trials and how many ends have been seen.
    trials: usize,
    ends: usize,
}

impl Ranking {
    /// Brings it up to date.
    pub fn follow(&mut self, history: &History) {
        let (trials, finished) = (history.trials(), history.finished());
        if finished.len() < self.ends || trials.len() < self.trials {
            *self = Self::default();
        }
        for number in &finished[self.ends..] {
            self.end(*number, trials[*number].outcome, history.goal());
        }
        self.running.extend(self.trials..trials.len());
        self.running
            .retain(|number| trials[*number].outcome.is_none());
        (self.trials, self.ends) = (trials.len(), finished.len());
    }

    fn end(&mut self, number: usize, outcome: Option<Outcome>, goal: Goal) {
        if let Some(Outcome::Succeeded(value)) = outcome {
            let own = (loss(goal, value), number);
            let before = |other: &(f64, usize)| {
                (other.0.total_cmp(&own.0))
                    .then(other.1.cmp(&own.1))
                    .is_lt()
            };
            self.succeeded
                .insert(self.succeeded.partition_point(before), own);
        } else {
            self.stopped += usize::from(matches!(outcome, Some(Outcome::EarlyStopped(_))));
            let place = self.hopeless.partition_point(|other| *other < number);
            self.hopeless.insert(place, number);
        }
    }

    /// Splits the trials; `None` while fewer than `startup` have succeeded or were stopped early, or as long as all are equally good. What
    /// was stopped early is worse than what succeeded: so it is learnt from as soon.
    pub fn split(&self, startup: usize) -> Option<Split> {
        let succeeded = &self.succeeded;
        let differ = succeeded.first()?.0 < succeeded.last()?.0 || self.stopped > 0;
        let known = succeeded.len() + self.stopped;
        if known < startup || !differ {
            return None;
        }
        let most = succeeded.len() - usize::from(self.stopped == 0);
        let share = GOOD_SHARE * known as f64;
        let count = (share.ceil() as usize).min(MOST_GOOD).min(most);
        let (good, bad) = succeeded.split_at(count.max(1));
        let running = &self.running;
        let bad = running
            .iter()
            .copied()
            .chain(bad.iter().map(|(_, number)| *number))
            .chain(self.hopeless.iter().copied());
        Some(Split {
            good: weighted_by_rank(good),
            bad: thinned(&bad.collect::<Vec<usize>>(), running.len()),
            running: running.len(),
        })
    }
}

/// Small is good.
fn loss(goal: Goal, value: f64) -> f64 {
    match goal {
        Goal::Minimize => value,
        Goal::Maximize => -value,
    }
}

/// Weights that fall with the logarithm of the rank, as those of CMA-ES do: how far values lie apart does not matter.
fn weighted_by_rank(good: &[(f64, usize)]) -> Vec<(usize, f64)> {
    let count = good.len() as f64;
    let raw = |rank: usize| libm::log(count + 1.0) - libm::log(rank as f64 + 1.0);
    let mean = (0..good.len()).map(raw).sum::<f64>() / count;
    good.iter()
        .enumerate()
        .map(|(rank, (_, number))| (*number, raw(rank) / mean))
        .collect()
}

/// Keeps the running trials and the better ones of the others, which lie where suggestions are made; of the rest, a few
/// stand for all.
fn thinned(bad: &[usize], running: usize) -> Vec<(usize, f64)> {
    let kept = (running + MOST_BAD / 2).min(bad.len());
    let (first, rest) = bad.split_at(kept);
    let every = rest.len().div_ceil(MOST_BAD / 2).max(1);
    let rest = rest
        .chunks(every)
        .map(|chunk| (chunk[0], chunk.len() as f64));
    first
        .iter()
        .map(|number| (*number, 1.0))
        .chain(rest)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Configuration;

    fn split(outcomes: &[Option<Outcome>], goal: Goal, startup: usize) -> Option<Split> {
        let mut history = History::new(goal);
        let mut ranking = Ranking::default();
        for outcome in outcomes {
            let number = history.create(Configuration::default());
            ranking.follow(&history);
            if let Some(outcome) = outcome {
                history.finish(number, *outcome);
            }
        }
        ranking.follow(&history);
        ranking.split(startup)
    }

    fn numbers(weighted: &[(usize, f64)]) -> Vec<usize> {
        weighted.iter().map(|(number, _)| *number).collect()
    }

    #[test]
    fn what_did_not_succeed_is_bad() {
        let ok = |value| Some(Outcome::Succeeded(value));
        let stopped = Some(Outcome::EarlyStopped(Some(0.0)));
        let outcomes = [
            ok(3.0),
            None,
            stopped,
            ok(1.0),
            Some(Outcome::Failed),
            ok(2.0),
        ];
        let low = split(&outcomes, Goal::Minimize, 2).unwrap();
        assert_eq!(numbers(&low.good), [3]);
        assert_eq!(numbers(&low.bad), [1, 5, 0, 2, 4]);
        let high = split(&outcomes, Goal::Maximize, 2).unwrap();
        assert_eq!(numbers(&high.good), [0]);
    }

    #[test]
    fn what_was_stopped_is_learnt_from_as_soon() {
        let stopped = Some(Outcome::EarlyStopped(None));
        let mut outcomes = vec![stopped; 9];
        assert_eq!(split(&outcomes, Goal::Minimize, 10), None);
        outcomes.push(Some(Outcome::Succeeded(1.0)));
        let split = split(&outcomes, Goal::Minimize, 10).unwrap();
        assert_eq!(numbers(&split.good), [9]);
        assert_eq!(split.bad.len(), 9);
    }

    #[test]
    fn nothing_is_learnt_from_too_few_or_equal_trials() {
        let equal = [Some(Outcome::Succeeded(1.0)); 20];
        assert_eq!(split(&equal, Goal::Minimize, 2), None);
        let outcomes = [1.0, 2.0].map(|value| Some(Outcome::Succeeded(value)));
        assert_eq!(split(&outcomes, Goal::Minimize, 3), None);
        assert!(split(&outcomes, Goal::Minimize, 2).is_some());
        assert_eq!(split(&[], Goal::Minimize, 0), None);
    }

    #[test]
    fn better_trials_count_more_and_few_stand_for_many() {
        let outcomes: Vec<_> = (0..5000)
            .map(|value| Some(Outcome::Succeeded(f64::from(value))))
            .collect();
        let split = split(&outcomes, Goal::Minimize, 2).unwrap();
        let weights: Vec<f64> = split.good.iter().map(|(_, weight)| *weight).collect();
        assert!(weights.is_sorted_by(|better, worse| better > worse && *worse > 0.0));
        assert!((weights.iter().sum::<f64>() - 25.0).abs() < 1e-9);
        assert!(split.bad.len() <= MOST_BAD);
        let whole: f64 = split.bad.iter().map(|(_, weight)| weight).sum();
        assert_eq!(whole, 5000.0 - 25.0);
    }
}
