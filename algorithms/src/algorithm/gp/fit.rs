//! Lengths and variances that make what was observed likely: the maximum of their posterior density.
//!
//! Priors: lengths are log-normal around what suits the number of dimensions (Hvarfner, Hellsten & Nardi 2024,
//! doi:10.48550/arXiv.2402.02229), noise is probably small.

use super::descent::{Patience, descend};
use super::features::{Features, Sample};
use super::kernel::Kernel;
use super::matrix::Lower;
use super::sums::dot;

/// The variance of the logarithm of a length, before anything is known.
const LENGTH_VARIANCE: f64 = 3.0;

/// The variance of the logarithm of the signal's variance.
const SIGNAL_VARIANCE: f64 = 2.0;

/// The variance of noise has a Gamma distribution of this shape and rate.
const NOISE: [f64; 2] = [1.1, 30.0];

/// Between what the logarithms may be.
const LENGTHS: (f64, f64) = (-4.6, 5.3);
const SIGNALS: (f64, f64) = (-4.6, 6.9);
const NOISES: (f64, f64) = (-18.4, 0.7);

/// With which logarithms of the variance of noise fits begin: much that is not known may be noise, or a function that varies quickly, and
/// from one of these the other is not always found.
const NOISE_STARTS: [f64; 2] = [-6.0, -1.0];

/// A row that leaves less of its variance than this is a combination of others.
pub(super) const LEAST: f64 = 1e-13;

/// What there is to fit to: standardised values at points.
pub(super) struct Evidence<'a> {
    pub features: &'a Features,
    pub sample: &'a Sample,
    pub values: &'a [f64],
    /// How many parameters there are, and how many of them are active at once.
    pub parameters: usize,
    pub dimensions: f64,
}

/// What the logarithms are before anything is known: with little noise, and with much.
pub(super) fn priors(parameters: usize, dimensions: f64) -> [Vec<f64>; 2] {
    NOISE_STARTS.map(|noise| {
        let mut logs = vec![length(dimensions); parameters];
        logs.extend([0.0, noise]);
        logs
    })
}

/// The logarithm of a usual length.
fn length(dimensions: f64) -> f64 {
    std::f64::consts::SQRT_2 - LENGTH_VARIANCE + 0.5 * libm::log(dimensions.max(1.0))
}

/// The most probable logarithms that are found from `start` on, and their negative log density.
pub(super) fn fit(evidence: &Evidence<'_>, start: Vec<f64>, steps: usize) -> (Vec<f64>, f64) {
    let mut bounds = vec![LENGTHS; evidence.parameters];
    bounds.extend([SIGNALS, NOISES]);
    let patience = Patience {
        steps,
        gain: 1e-3,
        first: 1.0,
    };
    descend(start, &bounds, patience, |logs, slope| {
        evidence.likelihood(logs, slope).map_or(f64::NAN, |value| {
            value + prior_density(evidence, logs, slope)
        })
    })
}

/// The negative log density of the prior; adds its derivative.
fn prior_density(evidence: &Evidence<'_>, logs: &[f64], slope: &mut [f64]) -> f64 {
    let usual = length(evidence.dimensions);
    let (lengths, variances) = logs.split_at(evidence.parameters);
    let mut density = 0.0;
    for (log, slope) in lengths.iter().zip(slope.iter_mut()) {
        density += (log - usual) * (log - usual) / (2.0 * LENGTH_VARIANCE);
        *slope += (log - usual) / LENGTH_VARIANCE;
    }
    let slope = &mut slope[evidence.parameters..];
    density += variances[0] * variances[0] / (2.0 * SIGNAL_VARIANCE);
    slope[0] += variances[0] / SIGNAL_VARIANCE;
    let noise = NOISE[1] * libm::exp(variances[1]);
    density += noise - (NOISE[0] - 1.0) * variances[1];
    slope[1] += noise - (NOISE[0] - 1.0);
    density
}

/// For each point the covariances with those before it, and how each changes with the squared distance.
type Rows = Vec<(Vec<f64>, Vec<f64>)>;

impl Evidence<'_> {
    /// The negative log likelihood of the values, around their own mean; writes its derivative. `None` when rounding makes the matrix
    /// singular.
    fn likelihood(&self, logs: &[f64], slope: &mut [f64]) -> Option<f64> {
        let kernel = Kernel::new(self.features, logs);
        let size = self.sample.size();
        let mut factor = Lower::with_capacity(size);
        let mut rows = Rows::with_capacity(size);
        for index in 0..size {
            let (mut row, slopes) = kernel.slopes(self.sample, &self.sample.row(index), index);
            rows.push((row.clone(), slopes));
            row.push(kernel.signal + kernel.noise);
            factor.append(row, LEAST).then_some(())?;
        }
        let (residuals, weights) = residuals(&factor, self.values);
        self.differentiate(
            &kernel,
            &factor.inverse_of_product(),
            (&rows, &weights),
            slope,
        );
        Some(0.5 * dot(&residuals, &weights) + factor.half_log_determinant())
    }

    fn differentiate(
        &self,
        kernel: &Kernel,
        inverse: &Lower,
        (rows, weights): (&Rows, &[f64]),
        slope: &mut [f64],
    ) {
        let mut sums = vec![0.0; kernel.weights.len()];
        let (mut signal, mut diagonal) = (0.0, 0.0);
        let mut factors = Vec::with_capacity(rows.len());
        for (index, (covariances, slopes)) in rows.iter().enumerate() {
            let inverse = inverse.row(index);
            factors.clear();
            let pairs = inverse.iter().zip(weights);
            factors.extend(pairs.map(|(inverse, weight)| inverse - weight * weights[index]));
            diagonal += factors.pop().unwrap_or_default();
            signal += dot(&factors, covariances);
            for (factor, slope) in factors.iter_mut().zip(slopes) {
                *factor *= slope;
            }
            self.sample
                .add_weighted_squares(&self.sample.row(index), &factors, &mut sums);
        }
        slope.fill(0.0);
        let features = self.features.parameters().zip(&sums).zip(&kernel.weights);
        for ((parameter, sum), weight) in features {
            slope[parameter] -= 2.0 * weight * sum;
        }
        slope[self.parameters] = signal + 0.5 * diagonal * kernel.signal;
        slope[self.parameters + 1] = 0.5 * diagonal * kernel.noise;
    }
}

/// The values less their mean, as the covariances have it, and these divided by the matrix.
pub(super) fn residuals(factor: &Lower, values: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mean = mean(factor, values);
    let residuals: Vec<f64> = values.iter().map(|value| value - mean).collect();
    let mut weights = residuals.clone();
    factor.solve(&mut weights);
    factor.solve_transposed(&mut weights);
    (residuals, weights)
}

/// The most likely mean.
pub(super) fn mean(factor: &Lower, values: &[f64]) -> f64 {
    let mut ones = vec![1.0; values.len()];
    factor.solve(&mut ones);
    let whole = dot(&ones, &ones);
    factor.solve_transposed(&mut ones);
    dot(&ones, values) / whole
}

#[cfg(test)]
mod tests {
    use super::super::super::axis::Axis;
    use super::*;

    fn with_evidence(noise: f64, test: impl FnOnce(&Evidence<'_>)) {
        let axes = [Axis::Continuous, Axis::Continuous, Axis::Choices(2)];
        let features = Features::new(&axes, &[false, true, false]);
        let mut sample = Sample::new(&features);
        let mut values = Vec::new();
        for index in 0..30 {
            let of = |prime: usize| (index * prime % 31) as f64 / 31.0;
            let second = if index % 5 == 0 { f64::NAN } else { of(11) };
            let point = [of(7), second, f64::from(u8::from(index % 3 == 0))];
            sample.push(&features.at(&point));
            values.push(2.0 * libm::sin(4.0 * point[0]) + point[2] + noise * (of(13) - 0.5));
        }
        test(&Evidence {
            features: &features,
            sample: &sample,
            values: &values,
            parameters: 3,
            dimensions: 3.0,
        });
    }

    #[test]
    fn the_slope_is_the_derivative() {
        with_evidence(0.1, |evidence| {
            let at = [-0.5, 0.3, 0.1, 0.4, -4.0];
            let of = |logs: &[f64], slope: &mut [f64]| {
                evidence.likelihood(logs, slope).unwrap() + prior_density(evidence, logs, slope)
            };
            let mut slope = [0.0; 5];
            of(&at, &mut slope);
            for index in 0..5 {
                let moved = |by: f64| {
                    let mut at = at;
                    at[index] += by;
                    of(&at, &mut [0.0; 5])
                };
                let difference = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                assert!(
                    (difference - slope[index]).abs() < 1e-5 * (1.0 + slope[index].abs()),
                    "{index} {difference} {slope:?}"
                );
            }
        });
    }

    #[test]
    fn what_does_not_matter_gets_a_great_length_and_noise_is_seen() {
        let fitted = |noise: f64| {
            let mut found = Vec::new();
            with_evidence(noise, |evidence| {
                let [quiet, _] = priors(3, 3.0);
                found = fit(evidence, quiet, 100).0;
            });
            found
        };
        let (exact, noisy) = (fitted(0.0), fitted(1.0));
        assert!(exact[1] > exact[0] + 1.0, "{exact:?}");
        assert!(exact[4] < -9.0 && noisy[4] > -6.0, "{exact:?} {noisy:?}");
    }
}
