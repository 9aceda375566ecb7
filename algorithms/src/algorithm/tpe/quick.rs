//! Functions that are off by less than 10⁻⁸, several times quicker than the exact ones: as good where points are compared with each
//! other. Made of sums, products and quotients, so that they are the same on every platform, too.

use std::f64::consts::{FRAC_1_SQRT_2, LN_2};

/// Powers of e below this are as good as nothing.
const NEGLIGIBLE: f64 = -30.0;

/// Beyond so many standard deviations lies as good as nothing.
const FAR: f64 = 6.5;

/// The exponential function of a number that is not positive: the first terms of the series for 1/1024 of the number, squared ten times.
pub(super) fn exp(log: f64) -> f64 {
    let part = if log > NEGLIGIBLE { log } else { NEGLIGIBLE } / 1024.0;
    let root = 1.0 + part * (1.0 + part * (0.5 + part / 6.0));
    (0..10).fold(root, |power, _| power * power)
}

/// The natural logarithm of a positive number that is not subnormal: of a power of two, and of what is left, between √½ and √2, by the
/// first terms of the series for the inverse hyperbolic tangent.
pub(super) fn ln(number: f64) -> f64 {
    let bits = number.to_bits().cast_signed();
    let power = (bits - FRAC_1_SQRT_2.to_bits().cast_signed()) >> 52;
    let rest = f64::from_bits((bits - (power << 52)).cast_unsigned());
    let s = (rest - 1.0) / (rest + 1.0);
    let square = s * s;
    let series = 1.0 / 3.0 + square * (1.0 / 5.0 + square * (1.0 / 7.0 + square / 9.0));
    power as f64 * LN_2 + 2.0 * s * (1.0 + square * series)
}

/// Which share of a normal distribution lies in [0, 1], where its mean does; `precision` is one by its deviation.
pub(super) fn inside(mean: f64, precision: f64) -> f64 {
    1.0 - tail(mean * precision) - tail((1.0 - mean) * precision)
}

/// Which share of the standard normal distribution lies beyond a number that is not negative: its density there by a polynomial of
/// 1 / (1 + x/4), fitted for the least error up to `FAR`.
fn tail(x: f64) -> f64 {
    if x > FAR {
        return 0.0;
    }
    let t = 1.0 / (1.0 + 0.25 * x);
    let factors = [
        -0.086_452_359_373_9,
        0.315_463_571_723,
        -0.211_942_726_749,
        0.219_672_445_756,
        0.063_219_615_082_1,
        0.099_479_157_642_2,
        0.100_560_294_031,
    ];
    exp(-0.5 * x * x)
        * t
        * factors
            .into_iter()
            .fold(0.0, |sum, factor| sum * t + factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_e_are_as_good_as_exact() {
        for log in (0..4000).map(|i| -f64::from(i) / 100.0) {
            assert!((exp(log) - libm::exp(log)).abs() < 1e-9, "{log}");
        }
        assert!(exp(f64::NEG_INFINITY) < 1e-12);
    }

    #[test]
    fn logarithms_are_as_good_as_exact() {
        for power in -400..400 {
            let number = libm::exp(f64::from(power) / 7.0);
            assert!((ln(number) - libm::log(number)).abs() < 2e-9, "{number}");
        }
        assert_eq!(ln(1.0), 0.0);
    }

    #[test]
    fn shares_are_as_good_as_exact() {
        for (i, j) in (0..=200).flat_map(|i| (1..=60).map(move |j| (i, j))) {
            let (mean, precision) = (f64::from(i) / 200.0, libm::pow(1.2, f64::from(j)));
            let above = libm::erf((1.0 - mean) * precision * FRAC_1_SQRT_2);
            let exact = 0.5 * (above + libm::erf(mean * precision * FRAC_1_SQRT_2));
            let found = inside(mean, precision);
            assert!(
                (found - exact).abs() < 1e-8,
                "{mean} {precision}: {found} {exact}"
            );
        }
    }
}
