//! The normal distribution: masses that stay exact in the tails, and draws. Everything from `libm`, the same bits on every platform.

use crate::draws;
use rand_chacha::ChaCha8Rng;
use std::f64::consts::SQRT_2;

/// ln √(2π).
pub(crate) const LN_SQRT_TAU: f64 = 0.918_938_533_204_672_8;

/// Below this the distribution function underflows, and its series is as good as exact.
const FAR: f64 = -37.0;

/// The logarithm of the probability of less than `x`.
pub(crate) fn log_cdf(x: f64) -> f64 {
    if x > FAR {
        return libm::log(0.5 * libm::erfc(-x / SQRT_2));
    }
    // Abramowitz & Stegun 26.2.12.
    let inverse_square = 1.0 / (x * x);
    let series = -inverse_square * (1.0 - inverse_square * (3.0 - 15.0 * inverse_square));
    -x * x / 2.0 - libm::log(-x) - LN_SQRT_TAU + libm::log1p(series)
}

/// The logarithm of the probability of a number between `low` and `high`.
pub(crate) fn log_mass(low: f64, high: f64) -> f64 {
    if low > 0.0 {
        return log_mass(-high, -low);
    }
    if high > 0.0 {
        return libm::log(0.5 * (libm::erf(high / SQRT_2) - libm::erf(low / SQRT_2)));
    }
    let (inner, outer) = (log_cdf(high), log_cdf(low));
    inner + libm::log(-libm::expm1(outer - inner))
}

/// A standard normal number.
pub(crate) fn draw(generator: &mut ChaCha8Rng) -> f64 {
    pair(generator).0
}

/// Standard normal numbers, one after the other: half as expensive as single ones.
pub(crate) struct Normals<'a> {
    pub generator: &'a mut ChaCha8Rng,
    spare: Option<f64>,
}

impl<'a> Normals<'a> {
    pub fn new(generator: &'a mut ChaCha8Rng) -> Self {
        Self {
            generator,
            spare: None,
        }
    }

    pub fn draw(&mut self) -> f64 {
        self.spare.take().unwrap_or_else(|| {
            let (one, other) = pair(self.generator);
            self.spare = Some(other);
            one
        })
    }
}

/// Two independent standard normal numbers, by the polar method (Marsaglia & Bray 1964, doi:10.1137/1006063).
fn pair(generator: &mut ChaCha8Rng) -> (f64, f64) {
    loop {
        let x = 2.0 * draws::unit(generator) - 1.0;
        let y = 2.0 * draws::unit(generator) - 1.0;
        let square = x * x + y * y;
        if square > 0.0 && square < 1.0 {
            // A square root is exact to the last bit everywhere.
            let factor = (-2.0 * libm::log(square) / square).sqrt();
            return (x * factor, y * factor);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(found: f64, expected: f64) {
        assert!((found / expected - 1.0).abs() < 1e-12, "{found} {expected}");
    }

    /// Reference values to 17 digits, computed with mpmath at 60 digits.
    #[test]
    fn tails_are_exact() {
        assert_close(log_cdf(2.5), -0.006229025485860002);
        assert_close(log_cdf(0.0), -std::f64::consts::LN_2);
        assert_close(log_cdf(-1.0), -1.8410216450092636);
        assert_close(log_cdf(-10.0), -53.23128515051247);
        assert_close(log_cdf(-36.5), -670.6420000003137);
        assert_close(log_cdf(-37.5), -707.6689893175072);
        assert_close(log_cdf(-100.0), -5005.524208694205);
        assert_close(log_cdf(-1000000.0), -500000000014.73445);
        assert_close(log_mass(-1.0, 2.0), -0.2001662943244626);
        assert_close(log_mass(-0.001, 0.001), -7.13354679829352);
        assert_close(log_mass(5.0, 6.0), -15.068446096529453);
        assert_close(log_mass(-6.0, -5.0), -15.068446096529453);
        assert_close(log_mass(20.0, 20.5), -203.91719446460897);
        assert_close(log_mass(30.0, 31.0), -454.32124395634327);
        assert_close(log_mass(50.0, 50.25), -1254.8313647334667);
        assert_close(log_mass(-50.25, -50.0), -1254.8313647334667);
    }

    #[test]
    fn draws_have_mean_zero_and_variance_one() {
        let mut generator = draws::generator(1, 1);
        let mut normals = Normals::new(&mut generator);
        let drawn: Vec<f64> = (0..10_000).map(|_| normals.draw()).collect();
        let mean = drawn.iter().sum::<f64>() / 1e4;
        let square = drawn.iter().map(|z| z * z).sum::<f64>() / 1e4;
        // Four standard deviations.
        assert!(mean.abs() < 0.04, "{mean}");
        assert!((square - 1.0).abs() < 0.057, "{square}");
    }
}
