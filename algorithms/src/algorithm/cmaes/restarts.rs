//! When a run has come to its end, and how the next begins: BIPOP (Hansen 2009, doi:10.1145/1570256.1570333), runs with ever larger
//! populations, between them small ones that look closely.

use super::gaussian::Gaussian;
use super::generation::{Loss, Member};
use crate::draws;
use rand_chacha::ChaCha8Rng;
use std::collections::VecDeque;

/// Best values that differ by less than this share of all differences seen are the same.
const SAME: f64 = 1e-12;

/// A distribution narrower than this in every direction has nothing left to find.
const NARROW: f64 = 1e-10;

/// One that is so much longer than wide is a matter of rounding.
const DEGENERATE: f64 = 1e14;

/// How the next run begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Start {
    pub population: usize,
    /// The step size, as a share of the usual one.
    pub share: f64,
}

/// Keeps account of what large and small runs have cost.
#[derive(Clone, Debug)]
pub(super) struct Restarts {
    population: usize,
    doublings: u32,
    is_small: bool,
    /// Trials of runs with large populations, and with small ones.
    spent: [usize; 2],
}

impl Restarts {
    pub fn new(population: usize) -> Self {
        Self {
            population,
            doublings: 0,
            is_small: false,
            spent: [0, 0],
        }
    }

    /// The next run, after one of so many trials.
    pub fn next(&mut self, trials: usize, generator: &mut ChaCha8Rng) -> Start {
        self.spent[usize::from(self.is_small)] += trials;
        self.is_small = self.doublings > 0 && self.spent[1] < self.spent[0];
        if !self.is_small {
            self.doublings = (self.doublings + 1).min(16);
            let population = self.population << self.doublings;
            return Start {
                population,
                share: 1.0,
            };
        }
        let [size, width] = [draws::unit(generator), draws::unit(generator)];
        let half_of_large = libm::pow(2.0, f64::from(self.doublings) - 1.0);
        let factor = libm::pow(half_of_large, size * size);
        Start {
            population: (self.population as f64 * factor) as usize,
            share: libm::pow(10.0, -2.0 * width),
        }
    }
}

/// Sees whether a run still gets anywhere.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    /// The best values of the last generations.
    recent: VecDeque<f64>,
    /// The smallest and the largest value of the run.
    range: Option<(f64, f64)>,
    generations: usize,
}

impl Watch {
    /// Whether the run has come to its end with this generation.
    pub fn is_over(&mut self, members: &[Member], gaussian: &Gaussian) -> bool {
        self.generations += 1;
        let dimensions = gaussian.mean.len();
        self.note(members, 10 + (30 * dimensions).div_ceil(members.len()));
        let most = 100.0
            + 50.0 * ((dimensions + 3) * (dimensions + 3)) as f64 / (members.len() as f64).sqrt();
        let is_narrow = dimensions > 0 && gaussian.deviations().iter().all(|it| *it < NARROW);
        let is_degenerate = dimensions > 0 && gaussian.condition() > DEGENERATE;
        is_narrow
            || is_degenerate
            || self.generations as f64 > most
            || self.stands_still(dimensions, members.len())
    }

    fn note(&mut self, members: &[Member], keep: usize) {
        let values = members.iter().filter_map(|member| match member.loss {
            Loss::Succeeded(value) => Some(value),
            _ => None,
        });
        let mut best = f64::INFINITY;
        for value in values {
            best = best.min(value);
            let (low, high) = self.range.unwrap_or((value, value));
            self.range = Some((low.min(value), high.max(value)));
        }
        if best.is_finite() {
            self.recent.push_back(best);
        }
        while self.recent.len() > keep {
            self.recent.pop_front();
        }
    }

    /// Whether the best values of the last generations are all the same, compared with what differences there are.
    fn stands_still(&self, dimensions: usize, population: usize) -> bool {
        let Some((low, high)) = self.range else {
            return false;
        };
        let least = self.recent.iter().copied().fold(f64::INFINITY, f64::min);
        let most = self
            .recent
            .iter()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max);
        // Halved, so that huge values do not overflow.
        self.recent.len() >= 10 + (30 * dimensions).div_ceil(population)
            && most / 2.0 - least / 2.0 < SAME * (high / 2.0 - low / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_and_small_runs_cost_about_the_same() {
        let mut restarts = Restarts::new(10);
        let mut generator = draws::generator(1, 1);
        let mut starts = Vec::new();
        let mut trials = 100;
        for _ in 0..40 {
            let start = restarts.next(trials, &mut generator);
            trials = start.population * 10;
            starts.push(start);
        }
        assert_eq!(
            starts[0],
            Start {
                population: 20,
                share: 1.0
            }
        );
        assert!(
            starts
                .iter()
                .all(|it| it.population >= 10 && (0.01..=1.0).contains(&it.share))
        );
        let large = starts.iter().filter(|it| it.share == 1.0).count();
        assert!((2..30).contains(&large), "{large}");
        let [large, small] = restarts.spent;
        assert!(small * 3 > large && large * 3 > small, "{large} {small}");
    }
}
