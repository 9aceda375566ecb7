//! How much is to be hoped for at a point: the logarithm of the expected improvement, stable however small it is (Ament, Daulton, Eriksson,
//! Balandat & Bakshy 2023, doi:10.48550/arXiv.2310.20708), times what noise leaves to be learnt there, times the probability that a trial
//! there succeeds.

use super::features::{Features, Sample};
use super::posterior::Posterior;
use crate::normal::LN_SQRT_TAU;
use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Aim {
    /// To be better than the best.
    Improvement,
    /// To learn, where nothing better is to be expected.
    Knowledge,
    /// Where the function may be lowest: so many deviations below its mean.
    Lowest(f64),
}

/// What is looked for, given what is known.
pub(super) struct Acquisition<'a> {
    pub posterior: &'a Posterior,
    pub feasibility: Option<&'a Feasibility>,
    pub aim: Aim,
}

impl Acquisition<'_> {
    /// At a point, as features.
    pub fn at(&self, point: &[f64]) -> f64 {
        let (means, variance) = self.posterior.glance(point);
        let feasibility = self.feasibility.map_or(0.0, |known| known.log_at(point));
        self.value(&means, variance.sqrt()) + feasibility
    }

    /// Whether most of what is to be hoped for at a point comes of how little is known of it.
    pub fn explores(&self, point: &[f64]) -> bool {
        let (mean, variance) = self.posterior.at(point);
        let z = (self.posterior.best - mean) / variance.sqrt();
        // φ against z Φ.
        let density = -z * z / 2.0 - LN_SQRT_TAU;
        self.aim == Aim::Knowledge || z <= 0.0 || density > libm::log(z) + crate::normal::log_cdf(z)
    }

    fn value(&self, means: &[(f64, f64)], deviation: f64) -> f64 {
        let deviation_log = libm::log(deviation);
        match self.aim {
            Aim::Improvement => {
                let learnt = log_learnt(deviation, self.posterior.noise()).0;
                log_mean(&log_improvements(means, deviation)) + deviation_log + learnt
            }
            Aim::Knowledge => deviation_log,
            Aim::Lowest(deviations) => {
                let sum: f64 = means.iter().map(|(mean, _)| mean).sum();
                deviations * deviation - sum / means.len() as f64
            }
        }
    }

    /// The same, and how it changes with each number.
    pub fn slopes(&self, point: &[f64]) -> (f64, Vec<f64>) {
        let view = self.posterior.view(point);
        let deviation = view.variance.sqrt();
        let (of_means, of_deviation) = match self.aim {
            Aim::Improvement => {
                let (of_means, of_deviation) = of_improvement(&view.means, deviation);
                let learnt = log_learnt(deviation, self.posterior.noise()).1;
                (of_means, of_deviation + learnt)
            }
            Aim::Knowledge => (vec![0.0; view.means.len()], 1.0 / deviation),
            Aim::Lowest(deviations) => {
                let count = view.means.len();
                (vec![-1.0 / count as f64; count], deviations)
            }
        };
        let of_variance = of_deviation / (2.0 * deviation);
        let mut slope = self.posterior.slope(point, &view, &of_means, of_variance);
        let mut value = self.value(&view.means, deviation);
        if let Some(feasibility) = self.feasibility {
            value += feasibility.add_slopes(point, &mut slope);
        }
        (value, slope)
    }
}

/// The logarithm of the share of an improvement that one more trial tells from noise of this variance, 1 - τ / √(s² + τ²), and how it
/// changes with the deviation s (augmented expected improvement; Huang, Allen, Notz & Zeng 2006, doi:10.1007/s10898-005-2454-3). So what is
/// known as well as noise allows is not tried again and again.
fn log_learnt(deviation: f64, noise: f64) -> (f64, f64) {
    let whole = (deviation * deviation + noise).sqrt();
    let sum = whole + noise.sqrt();
    // 1 - τ / w = s² / (w (w + τ)), without the difference of two numbers that are nearly the same.
    let share = deviation * deviation / (whole * sum);
    let slope = 2.0 / deviation - deviation / (whole * whole) - deviation / (whole * sum);
    (libm::log(share), slope)
}

/// For each dream the logarithm of the expected improvement, in deviations.
fn log_improvements(means: &[(f64, f64)], deviation: f64) -> Vec<f64> {
    let each = means.iter();
    each.map(|(mean, best)| log_improvement((best - mean) / deviation))
        .collect()
}

/// The logarithm of the mean of numbers given by theirs.
fn log_mean(logs: &[f64]) -> f64 {
    if let [one] = logs {
        return *one;
    }
    let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = logs.iter().map(|log| libm::exp(log - most)).sum();
    most + libm::log(sum / logs.len() as f64)
}

/// How the logarithm of the mean improvement changes with the mean in each dream, and with the deviation.
fn of_improvement(means: &[(f64, f64)], deviation: f64) -> (Vec<f64>, f64) {
    let logs = log_improvements(means, deviation);
    let whole = log_mean(&logs) + libm::log(logs.len() as f64);
    let mut of_deviation = 0.0;
    let of_mean = |(mean, best): &(f64, f64)| {
        let z = (best - mean) / deviation;
        let density = libm::exp(-z * z / 2.0 - LN_SQRT_TAU - whole);
        of_deviation += density / deviation;
        -libm::exp(crate::normal::log_cdf(z) - whole) / deviation
    };
    let of_means = means.iter().map(of_mean).collect();
    (of_means, of_deviation)
}

/// ln(φ(z) + z Φ(z)).
fn log_improvement(z: f64) -> f64 {
    if z > -1.0 {
        let density = libm::exp(-z * z / 2.0 - LN_SQRT_TAU);
        return libm::log(density + z * 0.5 * libm::erfc(-z * FRAC_1_SQRT_2));
    }
    if z > -1e4 {
        return -z * z / 2.0 - LN_SQRT_TAU + log_of_rest(-z);
    }
    -z * z / 2.0 - LN_SQRT_TAU - 2.0 * libm::log(-z)
}

/// ln(1 - z M(z)) with Mills' ratio M = (1 - Φ)/φ.
fn log_of_rest(z: f64) -> f64 {
    if z < 16.0 {
        let mills =
            libm::exp(z * z / 2.0 + 0.5 * libm::log(PI / 2.0)) * libm::erfc(z * FRAC_1_SQRT_2);
        return libm::log1p(-z * mills);
    }
    // The asymptotic series of Mills' ratio: z M = 1 - 1/z² + 3/z⁴ - 15/z⁶ …
    let square = 1.0 / (z * z);
    let series = 1.0
        - square * (3.0 - square * (15.0 - square * (105.0 - square * (945.0 - square * 10395.0))));
    libm::log(square * series)
}

/// Where trials succeed: the share of those nearby that did, weighted by their distance (Shepard 1968, doi:10.1145/800186.810616). The
/// nearest decide, however near they are: a failure among successes matters little, and the border of where trials fail is found ever more
/// exactly.
pub(super) struct Feasibility {
    sample: Sample,
    succeeded: Vec<f64>,
    weights: Vec<f64>,
    /// How much it matters.
    caution: f64,
    /// The share everywhere, and what it counts.
    share: f64,
    everywhere: f64,
}

/// What is known from the start counts like a trial at this distance, in one dimension.
const REACH: f64 = 0.15;

/// Squared distances below this are as good as none.
const NONE: f64 = 1e-10;

/// The weight of a trial at a squared distance, and its derivative.
fn weight(square: f64) -> (f64, f64) {
    let inverse = 1.0 / (square + NONE);
    (inverse * inverse, -2.0 * inverse * inverse * inverse)
}

impl Feasibility {
    /// From points, as features, at which trials succeeded, and at which they failed; the more failed lately, the more it matters, so that
    /// no border is run against for ever.
    pub fn new(
        features: &Features,
        parameters: usize,
        dimensions: f64,
        (succeeded, failed): (&[Vec<f64>], &[Vec<f64>]),
        lately_failed: usize,
    ) -> Self {
        let everywhere = weight(REACH * REACH * dimensions.max(1.0)).0;
        let mut sample = Sample::new(features);
        succeeded
            .iter()
            .chain(failed)
            .for_each(|point| sample.push(point));
        let all = (succeeded.len() + failed.len()) as f64;
        let share = (0.5 + succeeded.len() as f64) / (1.0 + all);
        let mut succeeded = vec![1.0; succeeded.len()];
        succeeded.resize(sample.size(), 0.0);
        Self {
            caution: 1.0 + (lately_failed * lately_failed) as f64 / 10.0,
            share: share * everywhere,
            everywhere,
            weights: features.weights(&vec![1.0; parameters]),
            sample,
            succeeded,
        }
    }

    fn log_at(&self, point: &[f64]) -> f64 {
        let mut squares = Vec::new();
        self.sample
            .squares(point, &self.weights, &mut squares, self.sample.size());
        let (mut good, mut all) = (self.share, self.everywhere);
        for (square, succeeded) in squares.iter().zip(&self.succeeded) {
            let near = weight(*square).0;
            good += near * succeeded;
            all += near;
        }
        self.caution * libm::log(good / all)
    }

    fn add_slopes(&self, point: &[f64], slope: &mut [f64]) -> f64 {
        let mut squares = Vec::new();
        self.sample
            .squares(point, &self.weights, &mut squares, self.sample.size());
        let near: Vec<(f64, f64)> = squares.iter().map(|square| weight(*square)).collect();
        let good = (near.iter().zip(&self.succeeded))
            .fold(self.share, |sum, (near, ok)| sum + near.0 * ok);
        let all = near.iter().fold(self.everywhere, |sum, near| sum + near.0);
        let factors: Vec<f64> = (near.iter().zip(&self.succeeded))
            .map(|((_, slope), ok)| slope * (ok / good - 1.0 / all))
            .collect();
        let sums = self.sample.weighted_differences(point, &factors);
        for ((slope, sum), weight) in slope.iter_mut().zip(sums).zip(&self.weights) {
            *slope += self.caution * 2.0 * weight * sum;
        }
        self.caution * libm::log(good / all)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::axis::Axis;
    use super::super::kernel::Kernel;
    use super::*;

    /// Reference values to 16 digits, computed with mpmath at 60 digits.
    #[test]
    fn improvements_are_exact_however_small() {
        for (z, expected) in [
            (3.0, 1.0987396653277078),
            (0.0, -0.9189385332046727),
            (-0.99, -2.46611439166905),
            (-1.01, -2.50419985748026),
            (-5.0, -16.74430116266099),
            (-10.0, -55.55312203612236),
            (-100.0, -5010.12957880025),
            (-20000.0, -200_000_020.725_913_65),
        ] {
            let found = log_improvement(z);
            assert!((found / expected - 1.0).abs() < 1e-9, "{z}: {found}");
        }
        for border in [-1.0, -16.0, -1e4] {
            let (above, below) = (
                log_improvement(border + 1e-9),
                log_improvement(border - 1e-9),
            );
            assert!(
                (above - below).abs() < 1e-7 * above.abs(),
                "{border}: {above} {below}"
            );
        }
    }

    #[test]
    fn noise_leaves_less_to_be_learnt_of_what_is_known() {
        assert_eq!(log_learnt(0.5, 0.0).0, 0.0);
        let expected = libm::log(1.0 - 3.0 / 5.0);
        assert!((log_learnt(4.0, 9.0).0 - expected).abs() < 1e-12);
        assert!(log_learnt(0.1, 1.0).0 < log_learnt(0.2, 1.0).0);
        assert!(log_learnt(1e-9, 1.0).0.is_finite());
    }

    #[test]
    fn slopes_are_derivatives() {
        let features = Features::new(&[Axis::Continuous, Axis::Continuous], &[false; 2]);
        let kernel = Kernel::new(&features, &[-1.0, -0.5, 0.0, -4.0]);
        let points: Vec<Vec<f64>> = (0..7)
            .map(|i| vec![f64::from(i * 3 % 7) / 7.0, f64::from(i) / 7.0])
            .collect();
        let values: Vec<f64> = points.iter().map(|p| p[0] * p[0] - p[1]).collect();
        let mut posterior = Posterior::new(&features, kernel, &points, &values);
        posterior.dream(&[0.5, 0.9]);
        let feasibility = Feasibility::new(&features, 2, 2.0, points.split_at(5), 3);
        for aim in [Aim::Improvement, Aim::Knowledge, Aim::Lowest(2.0)] {
            let acquisition = Acquisition {
                posterior: &posterior,
                feasibility: Some(&feasibility),
                aim,
            };
            for at in [[0.3, 0.6], [0.9, 0.1], [0.0, 1.0]] {
                let (value, slope) = acquisition.slopes(&at);
                assert!((value - acquisition.at(&at)).abs() < 1e-9 * (1.0 + value.abs()));
                for index in 0..2 {
                    let moved = |by: f64| {
                        let mut at = at;
                        at[index] += by;
                        acquisition.at(&at)
                    };
                    let difference = (moved(1e-6) - moved(-1e-6)) / 2e-6;
                    assert!(
                        (difference - slope[index]).abs() < 1e-4 * (1.0 + difference.abs()),
                        "{aim:?} {at:?} {difference} {slope:?}"
                    );
                }
            }
        }
    }
}
