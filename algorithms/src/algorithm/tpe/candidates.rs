//! The most promising of many candidates, without looking closely at all of them.
//!
//! How dense bad trials are at a point takes long to say exactly, but is never less than what the part of the mixture that knows nothing
//! makes it. So a candidate is looked at closely only while it may be the best; the order is the same as if all had been.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// A point that was drawn, and how promising it is.
#[derive(Debug)]
pub(super) struct Candidate {
    /// How much its branch gains: this comes first.
    pub branch: f64,
    /// The logarithm of the density of good trials.
    pub good: f64,
    /// How much it gains over the density of bad ones: at most, and exactly once that is known.
    pub most: f64,
    pub is_exact: bool,
    /// Whether it was drawn with no trial in view.
    pub is_blind: bool,
    /// A coordinate for every parameter.
    pub drawn: Vec<f64>,
    /// The same, NaN where parameters are not active, if there are conditions.
    pub active: Option<Vec<f64>>,
}

impl Candidate {
    /// What is exact comes before what may turn out to be less.
    fn key(&self) -> (f64, f64, bool) {
        (self.branch, self.most, self.is_exact)
    }
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        let (a, b) = (self.key(), other.key());
        (a.0.total_cmp(&b.0))
            .then(a.1.total_cmp(&b.1))
            .then(a.2.cmp(&b.2))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Candidate {}

/// Gives the candidates, the most promising first.
pub(super) struct Candidates<F> {
    heap: BinaryHeap<Candidate>,
    bad: F,
}

impl<F: FnMut(&[f64]) -> f64> Candidates<F> {
    /// Of candidates that are not exact yet; `bad` says the logarithm of the density of bad trials.
    pub fn new(candidates: Vec<Candidate>, bad: F) -> Self {
        Self {
            heap: candidates.into(),
            bad,
        }
    }
}

impl<F: FnMut(&[f64]) -> f64> Iterator for Candidates<F> {
    type Item = Candidate;

    fn next(&mut self) -> Option<Candidate> {
        loop {
            let mut candidate = self.heap.pop()?;
            if candidate.is_exact {
                return Some(candidate);
            }
            candidate.most =
                candidate.good - (self.bad)(candidate.active.as_ref().unwrap_or(&candidate.drawn));
            candidate.is_exact = true;
            self.heap.push(candidate);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(branch: f64, good: f64, at: f64) -> Candidate {
        Candidate {
            branch,
            good,
            most: good + 1.0,
            is_exact: false,
            is_blind: false,
            drawn: vec![at],
            active: None,
        }
    }

    #[test]
    fn the_order_is_that_of_the_gains_and_few_are_looked_at() {
        let bad = |point: &[f64]| -1.0 + 2.0 * point[0];
        let all: Vec<Candidate> = (0..100_u32)
            .map(|i| {
                candidate(
                    f64::from(i % 2),
                    f64::from(i * 37 % 100),
                    f64::from(i % 7) / 7.0,
                )
            })
            .collect();
        let mut expected: Vec<([f64; 2], f64)> = all
            .iter()
            .map(|it| ([it.branch, it.good - bad(&it.drawn)], it.drawn[0]))
            .collect();
        expected.sort_by(|(a, _), (b, _)| b[0].total_cmp(&a[0]).then(b[1].total_cmp(&a[1])));
        let mut looked = 0;
        let mut found = Candidates::new(all, |point: &[f64]| {
            looked += 1;
            bad(point)
        });
        let first: Vec<f64> = found.by_ref().take(5).map(|it| it.drawn[0]).collect();
        let rest: Vec<f64> = found.map(|it| it.drawn[0]).collect();
        let order: Vec<f64> = expected.into_iter().map(|(_, at)| at).collect();
        assert_eq!([first, rest].concat(), order);
        assert_eq!(looked, 100);
    }

    #[test]
    fn what_cannot_be_the_best_is_not_looked_at() {
        let mut looked = 0;
        let all = (0..100_u32)
            .map(|i| candidate(0.0, f64::from(i), 0.0))
            .collect();
        let mut found = Candidates::new(all, |_: &[f64]| {
            looked += 1;
            -0.5
        });
        assert!(found.next().is_some());
        drop(found);
        assert!(looked <= 2, "{looked}");
    }
}
