//! The covariance of two points, Matérn 5/2, as a function of their squared distance; and what is unknown of it.

use super::features::{Features, Sample};

/// How the function varies.
#[derive(Clone, Debug)]
pub(super) struct Kernel {
    /// What each feature adds to the squared distance: inverse squared lengths.
    pub weights: Vec<f64>,
    /// The variance of the function.
    pub signal: f64,
    /// The variance of noise.
    pub noise: f64,
}

impl Kernel {
    /// From the logarithms of the length of each parameter, of the variance of the signal, and of that of noise.
    pub fn new(features: &Features, logs: &[f64]) -> Self {
        let (lengths, variances) = logs.split_at(logs.len() - 2);
        let weights: Vec<f64> = lengths.iter().map(|log| libm::exp(-2.0 * log)).collect();
        Self {
            weights: features.weights(&weights),
            signal: libm::exp(variances[0]),
            noise: libm::exp(variances[1]),
        }
    }

    /// The covariances of a point with the first few of a sample.
    pub fn covariances(&self, sample: &Sample, at: &[f64], first: usize) -> Vec<f64> {
        let mut values = Vec::with_capacity(first + 1);
        sample.squares(at, &self.weights, &mut values, first);
        for value in &mut values {
            *value = self.signal * matern(*value).0;
        }
        values
    }

    /// The same, and how each changes with the squared distance.
    pub fn slopes(&self, sample: &Sample, at: &[f64], first: usize) -> (Vec<f64>, Vec<f64>) {
        let mut values = Vec::with_capacity(first + 1);
        sample.squares(at, &self.weights, &mut values, first);
        let mut slopes = Vec::with_capacity(first);
        for value in &mut values {
            let (correlation, slope) = matern(*value);
            *value = self.signal * correlation;
            slopes.push(self.signal * slope);
        }
        (values, slopes)
    }
}

/// The correlation at a squared distance, and its derivative.
pub(super) fn matern(square: f64) -> (f64, f64) {
    let distance = (5.0 * square).sqrt();
    let decay = libm::exp(-distance);
    let correlation = (1.0 + distance + distance * distance / 3.0) * decay;
    (correlation, -5.0 / 6.0 * (1.0 + distance) * decay)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_is_the_derivative() {
        assert_eq!(matern(0.0), (1.0, -5.0 / 6.0));
        for square in [0.01, 0.5, 3.0, 40.0] {
            let difference = (matern(square + 1e-6).0 - matern(square - 1e-6).0) / 2e-6;
            assert!((difference - matern(square).1).abs() < 1e-8);
        }
    }
}
