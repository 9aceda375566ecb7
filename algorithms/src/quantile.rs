//! Quantiles of the standard normal distribution and back, the same bits on every platform.

use std::f64::consts::SQRT_2;

/// The probability of less than `x`.
pub(crate) fn cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x / SQRT_2)
}

/// The number below which a standard normal one lies with probability `p`, to about 16 digits; `p` must be in (0, 1). Algorithm AS 241
/// (Wichura 1988, doi:10.2307/2347330).
pub(crate) fn quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        return q * ratio(0.180_625 - q * q, &CENTRE);
    }
    let r = (-libm::log(if q < 0.0 { p } else { 1.0 - p })).sqrt();
    let size = if r <= 5.0 {
        ratio(r - 1.6, &SIDES)
    } else {
        ratio(r - 5.0, &TAILS)
    };
    size.copysign(q)
}

/// A numerator and a denominator, the constant terms first.
type Rational = [[f64; 8]; 2];

fn ratio(r: f64, [numerator, denominator]: &Rational) -> f64 {
    let at = |terms: &[f64; 8]| terms.iter().rev().fold(0.0, |sum, term| sum * r + term);
    at(numerator) / at(denominator)
}

const CENTRE: Rational = [
    [
        3.387_132_872_796_366_5,
        133.141_667_891_784_38,
        1_971.590_950_306_551_3,
        13_731.693_765_509_46,
        45_921.953_931_549_87,
        67_265.770_927_008_7,
        33_430.575_583_588_13,
        2_509.080_928_730_122_7,
    ],
    [
        1.0,
        42.313_330_701_600_91,
        687.187_007_492_057_9,
        5_394.196_021_424_751,
        21_213.794_301_586_597,
        39_307.895_800_092_71,
        28_729.085_735_721_943,
        5_226.495_278_852_855,
    ],
];

const SIDES: Rational = [
    [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        0.241_780_725_177_450_6,
        0.022_723_844_989_269_184,
        7.745_450_142_783_414e-4,
    ],
    [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        0.689_767_334_985_1,
        0.148_103_976_427_480_08,
        0.015_198_666_563_616_457,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ],
];

const TAILS: Rational = [
    [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        0.296_560_571_828_504_87,
        0.026_532_189_526_576_124,
        1.242_660_947_388_078_4e-3,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ],
    [
        1.0,
        0.599_832_206_555_888,
        0.136_929_880_922_735_8,
        0.014_875_361_290_850_615,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ],
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normal::log_cdf;

    #[test]
    fn quantiles_undo_the_distribution_function() {
        for exponent in 1..300 {
            let p = libm::pow(10.0, -f64::from(exponent));
            let log = log_cdf(quantile(p));
            assert!((log / libm::log(p) - 1.0).abs() < 1e-13, "{p} {log}");
        }
        for index in 1..1000 {
            let p = f64::from(index) / 1000.0;
            let log = log_cdf(quantile(p));
            assert!((libm::exp(log) / p - 1.0).abs() < 1e-13, "{p}");
            assert!((quantile(p) + quantile(1.0 - p)).abs() < 1e-13);
        }
        assert_eq!(quantile(0.5), 0.0);
    }
}
