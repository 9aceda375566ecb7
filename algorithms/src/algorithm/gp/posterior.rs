//! What is known of the function at any point, given what was observed and what is being tried.

use super::features::{Features, Sample};
use super::fit::{LEAST, mean};
use super::kernel::Kernel;
use super::matrix::Lower;
use super::sums::dot;

/// A normal distribution for the function's value at each point.
#[derive(Clone)]
pub(super) struct Posterior {
    kernel: Kernel,
    sample: Sample,
    factor: Lower,
    values: Vec<f64>,
    /// The residuals divided by the covariances.
    weights: Vec<f64>,
    mean: f64,
    /// The lowest mean at a point that was observed.
    pub best: f64,
}

/// Mean and variance at a point, and how they change with each number.
pub(super) struct Slopes {
    pub mean: f64,
    pub variance: f64,
    pub of_mean: Vec<f64>,
    pub of_variance: Vec<f64>,
}

impl Posterior {
    /// From points, as features, and their values. A point that the others determine is left out.
    pub fn new(features: &Features, kernel: Kernel, points: &[Vec<f64>], values: &[f64]) -> Self {
        let mut posterior = Self {
            kernel,
            sample: Sample::new(features),
            factor: Lower::with_capacity(points.len()),
            values: Vec::with_capacity(points.len()),
            weights: Vec::new(),
            mean: 0.0,
            best: f64::INFINITY,
        };
        for (point, value) in points.iter().zip(values) {
            posterior.push(point, *value);
        }
        posterior.mean = mean(&posterior.factor, &posterior.values);
        posterior.weigh();
        let noise = posterior.kernel.noise;
        let observed = posterior.values.iter().zip(&posterior.weights);
        posterior.best = observed
            .map(|(value, weight)| value - noise * weight)
            .fold(f64::INFINITY, f64::min);
        posterior
    }

    /// Takes a point that is being tried, or failed, as if it had been found to be what is expected of it, or as good as the best.
    /// So the next suggestions keep away, and nothing else is learnt.
    pub fn suppose(&mut self, point: &[f64]) {
        let (mean, _) = self.at(point);
        if self.push(point, mean.max(self.best)) {
            self.weigh();
        }
    }

    fn push(&mut self, point: &[f64], value: f64) -> bool {
        let mut row = self
            .kernel
            .covariances(&self.sample, point, self.sample.size());
        row.push(self.kernel.signal + self.kernel.noise);
        let appended = self.factor.append(row, LEAST);
        if appended {
            self.sample.push(point);
            self.values.push(value);
        }
        appended
    }

    fn weigh(&mut self) {
        let mut weights: Vec<f64> = self.values.iter().map(|value| value - self.mean).collect();
        self.factor.solve(&mut weights);
        self.factor.solve_transposed(&mut weights);
        self.weights = weights;
    }

    /// Mean and variance.
    pub fn at(&self, point: &[f64]) -> (f64, f64) {
        let mut covariances = self
            .kernel
            .covariances(&self.sample, point, self.sample.size());
        let mean = self.mean + dot(&covariances, &self.weights);
        self.factor.solve(&mut covariances);
        (mean, self.variance(&covariances))
    }

    fn variance(&self, solved: &[f64]) -> f64 {
        (self.kernel.signal - dot(solved, solved)).max(1e-14 * self.kernel.signal)
    }

    /// Mean and variance with their derivatives.
    pub fn slopes(&self, point: &[f64]) -> Slopes {
        let (covariances, slopes) = self.kernel.slopes(&self.sample, point, self.sample.size());
        let mean = self.mean + dot(&covariances, &self.weights);
        let mut solved = covariances;
        self.factor.solve(&mut solved);
        let variance = self.variance(&solved);
        self.factor.solve_transposed(&mut solved);
        let derivative = |factors: &[f64], times: f64| {
            let terms: Vec<f64> = factors.iter().zip(&slopes).map(|(a, b)| a * b).collect();
            let mut sums = self.sample.weighted_differences(point, &terms);
            for (sum, weight) in sums.iter_mut().zip(&self.kernel.weights) {
                *sum *= 2.0 * times * weight;
            }
            sums
        };
        Slopes {
            mean,
            variance,
            of_mean: derivative(&self.weights, 1.0),
            of_variance: derivative(&solved, -2.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::axis::Axis;
    use super::*;

    fn posterior(noise: f64) -> Posterior {
        let features = Features::new(&[Axis::Continuous, Axis::Continuous], &[false; 2]);
        let logs = [-1.0, 0.0, 0.0, libm::log(noise)];
        let kernel = Kernel::new(&features, &logs);
        let points: Vec<Vec<f64>> = (0..9)
            .map(|i| vec![f64::from(i % 3) / 2.0, f64::from(i / 3) / 2.0])
            .collect();
        let values: Vec<f64> = points.iter().map(|p| p[0] * p[0] - p[1]).collect();
        Posterior::new(&features, kernel, &points, &values)
    }

    #[test]
    fn it_goes_through_what_was_observed() {
        let posterior = posterior(1e-8);
        let (mean, variance) = posterior.at(&[0.5, 1.0]);
        assert!(
            (mean + 0.75).abs() < 1e-5 && variance < 1e-6,
            "{mean} {variance}"
        );
        assert!((posterior.best + 1.0).abs() < 1e-5);
        assert!(posterior.at(&[0.25, 0.75]).1 > 1e-3);
    }

    #[test]
    fn slopes_are_derivatives() {
        let posterior = posterior(1e-2);
        let at = [0.3, 0.6];
        let slopes = posterior.slopes(&at);
        for index in 0..2 {
            let moved = |by: f64| {
                let mut at = at;
                at[index] += by;
                posterior.at(&at)
            };
            let (above, below) = (moved(1e-5), moved(-1e-5));
            assert!(((above.0 - below.0) / 2e-5 - slopes.of_mean[index]).abs() < 1e-6);
            assert!(((above.1 - below.1) / 2e-5 - slopes.of_variance[index]).abs() < 1e-6);
        }
    }

    #[test]
    fn what_is_supposed_makes_nothing_better() {
        let mut posterior = posterior(1e-6);
        let (best, at) = (posterior.best, [0.1, 0.9]);
        posterior.suppose(&at);
        let (mean, variance) = posterior.at(&at);
        assert!(mean >= best - 1e-4 && variance < 1e-5, "{mean} {variance}");
        assert_eq!(posterior.best, best);
    }
}
