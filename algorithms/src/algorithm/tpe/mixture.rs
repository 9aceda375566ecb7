//! A density over the space: a mixture with one component for each observed trial and one that knows nothing, each the
//! product of its kernels for all parameters.
//!
//! Where parameters are many, single trials are far from everything: then parameters are modelled in blocks that are
//! taken to be independent of each other, so that good parts of different trials come together.

use super::super::axis::Axis;
use super::bandwidth::Orders;
use super::kernels::{Kernels, Least};
use super::quick;
use crate::draws;
use crate::normal::Normals;

/// How many numbers are added up side by side.
const LANES: usize = 4;

/// A component for all trials together: as wide as they lie apart, around where they are on average.
#[derive(Clone, Copy, Debug)]
pub(super) struct Middle {
    /// What it counts, as a share of what the trials count.
    pub share: f64,
    /// Its width, as a share of the deviation of the trials.
    pub reach: f64,
}

/// A density.
pub(super) struct Mixture {
    /// By parameter.
    kernels: Vec<Kernels>,
    log_weights: Vec<f64>,
    /// The sums of the weights so far.
    cumulative: Vec<f64>,
    /// Room for the terms of one block.
    terms: Vec<f64>,
}

impl Mixture {
    /// From the points of trials, with their weights, and the orders of their coordinates; those that are NaN were not active. What knows
    /// nothing counts as one trial.
    pub fn new(
        axes: &[Axis],
        trials: &[(&[f64], f64)],
        orders: &mut Orders,
        least: Least,
        middle: Option<Middle>,
    ) -> Self {
        let of_trials: Vec<f64> = trials.iter().map(|(_, weight)| *weight).collect();
        let whole: f64 = of_trials.iter().sum();
        let of_middle = middle.map(|middle| middle.share * whole);
        let total = whole + of_middle.unwrap_or(0.0) + 1.0;
        let weights = of_trials.iter().copied().chain(of_middle).chain([1.0]);
        let weights: Vec<f64> = weights.map(|weight| weight / total).collect();
        let cumulative = weights.iter().scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        });
        let kernels = axes.iter().enumerate().map(|(index, axis)| {
            let values: Vec<f64> = trials.iter().map(|(point, _)| point[index]).collect();
            let keys = || orders.ascending(index, &values);
            let mut kernels = Kernels::new(axis, &values, keys, least);
            if let Some(middle) = middle {
                kernels.push_middle(&values, &of_trials, middle.reach);
            }
            kernels.push_uniform();
            kernels
        });
        Self {
            kernels: kernels.collect(),
            log_weights: weights.iter().map(|weight| libm::log(*weight)).collect(),
            cumulative: cumulative.collect(),
            terms: Vec::with_capacity(weights.len()),
        }
    }

    /// A point from it, with a coordinate for every parameter, active or not; and whether most of its blocks come from the component that
    /// knows nothing.
    pub fn draw(&self, blocks: &[Vec<usize>], normals: &mut Normals<'_>) -> (Vec<f64>, bool) {
        let mut point = vec![0.0; self.kernels.len()];
        let mut blind = 0;
        for block in blocks {
            let unit = draws::unit(normals.generator);
            let trial = self.cumulative.partition_point(|sum| *sum <= unit);
            let trial = trial.min(self.cumulative.len() - 1);
            blind += usize::from(trial == self.cumulative.len() - 1);
            for &parameter in block {
                point[parameter] = self.kernels[parameter].draw(trial, normals);
            }
        }
        (point, 2 * blind > blocks.len())
    }

    /// The logarithm of the density at a point; coordinates that are NaN, not active, do not take part.
    pub fn log_density(&mut self, blocks: &[Vec<usize>], point: &[f64]) -> f64 {
        let mut sum = 0.0;
        for block in blocks {
            self.terms.clone_from(&self.log_weights);
            for &parameter in block
                .iter()
                .filter(|parameter| !point[**parameter].is_nan())
            {
                self.kernels[parameter].add_logs(point[parameter], &mut self.terms);
            }
            sum += log_sum(&self.terms);
        }
        sum
    }

    /// What the logarithm of the density at a point is at least: that of the component that knows nothing.
    pub fn least_log_density(&self, blocks: &[Vec<usize>], point: &[f64]) -> f64 {
        let weight = self.log_weights.last().copied().unwrap_or_default();
        let active = blocks
            .iter()
            .flatten()
            .filter(|parameter| !point[**parameter].is_nan());
        let logs: f64 = active
            .map(|parameter| self.kernels[*parameter].uniform_log(point[*parameter]))
            .sum();
        weight * blocks.len() as f64 + logs
    }
}

/// The logarithm of the sum of numbers given by their logarithms. In four lanes, which processors add up at once.
fn log_sum(logs: &[f64]) -> f64 {
    let (chunks, rest) = logs.as_chunks::<LANES>();
    let mut largest = [f64::NEG_INFINITY; LANES];
    for chunk in chunks {
        for (largest, log) in largest.iter_mut().zip(chunk) {
            *largest = if log > largest { *log } else { *largest };
        }
    }
    let largest = largest
        .iter()
        .chain(rest)
        .copied()
        .fold(f64::NEG_INFINITY, f64::max);
    let mut sums = [0.0; LANES];
    for chunk in chunks {
        for (sum, log) in sums.iter_mut().zip(chunk) {
            *sum += quick::exp(log - largest);
        }
    }
    let sum: f64 = sums
        .into_iter()
        .chain(rest.iter().map(|log| quick::exp(log - largest)))
        .sum();
    largest + libm::log(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conditional_density_adds_up_to_one() {
        let axes = [Axis::Choices(2), Axis::Choices(3)];
        // The second is active only where the first is 1.
        let trials: [(&[f64], f64); 3] = [
            (&[0.25, f64::NAN], 2.0),
            (&[0.75, 0.5], 1.0),
            (&[0.75, 0.9], 0.5),
        ];
        let least = Least {
            width: 0.1,
            cells: 0.5,
        };
        let mut orders = Orders::new(2);
        orders.follow(0..3);
        let mut mixture = Mixture::new(&axes, &trials, &mut orders, least, None);
        let mut density = |point: [f64; 2]| libm::exp(mixture.log_density(&[vec![0, 1]], &point));
        let branches = [0.1, 0.5, 0.9].map(|second| density([0.75, second]));
        let sum = density([0.25, f64::NAN]) + branches.iter().sum::<f64>();
        // Sums of shares are that exact.
        assert!((sum - 1.0).abs() < 1e-9, "{sum}");
        assert!(branches[1] > branches[2] && branches[2] > branches[0]);
    }

    #[test]
    fn sums_of_logarithms_neither_overflow_nor_vanish() {
        assert!((log_sum(&[1000.0, 1000.0]) - 1000.0 - libm::log(2.0)).abs() < 1e-12);
        assert!((log_sum(&[-1000.0, -1001.0]) + 999.6867).abs() < 1e-4);
        let equal = [-5.0; 11];
        assert!((log_sum(&equal) + 5.0 - libm::log(11.0)).abs() < 1e-12);
    }
}
