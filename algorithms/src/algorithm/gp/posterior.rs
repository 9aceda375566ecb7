//! What is known of the function at any point, given what was observed and what is being tried.

use super::features::{Features, Sample};
use super::fit::{LEAST, mean};
use super::kernel::Kernel;
use super::matrix::Lower;
use super::sums::dot;
use crate::draws;
use crate::quantile::quantile;

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
    /// What the trials that are running may turn out to be; none as long as none is.
    dreams: Vec<Dream>,
    /// How many trials have been dreamt of.
    dreamt: u64,
}

/// What the trials that are running may turn out to be: values for all trials, drawn where they are not known.
#[derive(Clone)]
struct Dream {
    values: Vec<f64>,
    weights: Vec<f64>,
    best: f64,
}

/// So many dreams there are.
const DREAMS: usize = 8;

/// How far they go, as a share of what is possible: at 1, those of several trials together come to hope for too much.
const VIVID: f64 = 0.5;

/// So small a share of the signal's variance is hardly noise.
const HARDLY: f64 = 0.01;

/// A point, as the posterior sees it.
pub(super) struct View {
    /// For each dream the mean, and the lowest value that was found in it.
    pub means: Vec<(f64, f64)>,
    /// The same in all dreams.
    pub variance: f64,
    /// How each covariance changes with the squared distance.
    slopes: Vec<f64>,
    /// The covariances divided by the matrix.
    solved: Vec<f64>,
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
            dreams: Vec::new(),
            dreamt: 0,
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

    /// The variance of what is certainly noise: where there is none the fit finds a little.
    pub fn noise(&self) -> f64 {
        (self.kernel.noise - HARDLY * self.kernel.signal).max(0.0)
    }

    /// Takes note of a point that is being tried: what it may turn out to be is drawn, once for each dream. So an improvement that it is
    /// expected to bring is not hoped for again next to it.
    pub fn dream(&mut self, point: &[f64]) {
        let (mean, variance) = self.at(point);
        if self.dreams.is_empty() {
            let dream = Dream {
                values: self.values.clone(),
                weights: self.weights.clone(),
                best: self.best,
            };
            self.dreams = vec![dream; DREAMS];
        }
        let means = self.glance(point).0;
        let draws = stratified(self.dreamt);
        self.dreamt += 1;
        if !self.push(point, mean.max(self.best)) {
            return;
        }
        self.weigh();
        for ((dream, (mean, _)), draw) in self.dreams.iter_mut().zip(means).zip(draws) {
            let value = mean + VIVID * variance.sqrt() * draw;
            dream.values.push(value);
            dream.best = dream.best.min(value);
            dream.weights = weights(&self.factor, &dream.values, self.mean);
        }
    }

    /// Takes a point that failed as if it had been found to be what is expected of it, or as good as the best.
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
        self.weights = weights(&self.factor, &self.values, self.mean);
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

    /// All that is known of a point.
    pub fn view(&self, point: &[f64]) -> View {
        let (covariances, slopes) = self.kernel.slopes(&self.sample, point, self.sample.size());
        let means = self.means(&covariances);
        let mut solved = covariances;
        self.factor.solve(&mut solved);
        let variance = self.variance(&solved);
        self.factor.solve_transposed(&mut solved);
        View {
            means,
            variance,
            slopes,
            solved,
        }
    }

    /// The means and bests in all dreams, and the variance.
    pub fn glance(&self, point: &[f64]) -> (Vec<(f64, f64)>, f64) {
        let mut covariances = self
            .kernel
            .covariances(&self.sample, point, self.sample.size());
        let means = self.means(&covariances);
        self.factor.solve(&mut covariances);
        (means, self.variance(&covariances))
    }

    fn means(&self, covariances: &[f64]) -> Vec<(f64, f64)> {
        let mean = |weights: &[f64]| self.mean + dot(covariances, weights);
        if self.dreams.is_empty() {
            return vec![(mean(&self.weights), self.best)];
        }
        (self.dreams.iter())
            .map(|dream| (mean(&dream.weights), dream.best))
            .collect()
    }

    /// How something changes with each number of a point, if it changes so with the mean in each dream, and so with the variance.
    pub fn slope(
        &self,
        point: &[f64],
        view: &View,
        of_means: &[f64],
        of_variance: f64,
    ) -> Vec<f64> {
        let mut factors: Vec<f64> = (view.solved.iter())
            .map(|solved| -2.0 * of_variance * solved)
            .collect();
        let usual = [&self.weights];
        let dreams = self.dreams.iter().map(|dream| &dream.weights);
        let shown = usual.into_iter().filter(|_| self.dreams.is_empty());
        for (weights, of_mean) in shown.chain(dreams).zip(of_means) {
            for (factor, weight) in factors.iter_mut().zip(weights) {
                *factor += of_mean * weight;
            }
        }
        for (factor, slope) in factors.iter_mut().zip(&view.slopes) {
            *factor *= slope;
        }
        let mut sums = self.sample.weighted_differences(point, &factors);
        for (sum, weight) in sums.iter_mut().zip(&self.kernel.weights) {
            *sum *= 2.0 * weight;
        }
        sums
    }
}

/// The values less a mean, divided by the covariances.
fn weights(factor: &Lower, values: &[f64], mean: f64) -> Vec<f64> {
    let mut weights: Vec<f64> = values.iter().map(|value| value - mean).collect();
    factor.solve(&mut weights);
    factor.solve_transposed(&mut weights);
    weights
}

/// Standard normal numbers for the dreams of a trial: the quantiles of as many equal parts, in an order of its own.
fn stratified(trial: u64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..DREAMS).collect();
    let mut generator = draws::generator(SALT, trial);
    for last in (1..DREAMS).rev() {
        order.swap(
            last,
            (draws::unit(&mut generator) * (last + 1) as f64) as usize,
        );
    }
    let part = |place: usize| quantile((place as f64 + 0.5) / DREAMS as f64);
    order.into_iter().map(part).collect()
}

/// Sets the numbers that dreams are made of apart from others.
const SALT: u64 = 0x6472_6561;

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
        let mut posterior = posterior(1e-2);
        for dreams in 0..3 {
            let at = [0.3, 0.6];
            let view = posterior.view(&at);
            let of_means: Vec<f64> = (0..view.means.len()).map(|it| 1.0 + it as f64).collect();
            let slope = posterior.slope(&at, &view, &of_means, 3.0);
            for index in 0..2 {
                let moved = |by: f64| {
                    let mut at = at;
                    at[index] += by;
                    let (means, variance) = posterior.glance(&at);
                    let means = means.iter().zip(&of_means);
                    means.map(|(mean, of)| mean.0 * of).sum::<f64>() + 3.0 * variance
                };
                let difference = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                assert!((difference - slope[index]).abs() < 1e-5, "{dreams}");
            }
            posterior.dream(&[0.1 * f64::from(dreams), 0.7]);
        }
    }

    #[test]
    fn what_is_dreamt_of_is_still_uncertain() {
        let mut posterior = posterior(1e-6);
        let at = [0.25, 0.25];
        let (mean, variance) = posterior.at(&at);
        posterior.dream(&at);
        let (means, now) = posterior.glance(&at);
        let count = means.len() as f64;
        let middle = means.iter().map(|it| it.0).sum::<f64>() / count;
        let spread = means.iter().map(|it| (it.0 - middle) * (it.0 - middle));
        let spread = spread.sum::<f64>() / count / (VIVID * VIVID);
        assert!(
            (middle - mean).abs() < 1e-3 && now < 1e-5,
            "{middle} {mean} {now}"
        );
        assert!(
            (0.5..1.1).contains(&(spread / variance)),
            "{spread} {variance}"
        );
        assert!(
            means
                .iter()
                .all(|(mean, best)| *best <= posterior.best && *best <= mean + 1e-3)
        );
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
