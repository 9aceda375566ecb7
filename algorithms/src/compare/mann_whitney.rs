//! The Mann–Whitney U test (1947), doi:10.1214/aoms/1177730491: do two groups differ in location?

use super::ranks::Ranks;
use super::{Comparison, Test};
use statrs::distribution::{ContinuousCDF, Normal};

/// Exact up to this product of the group sizes, by the normal approximation beyond.
const MAX_EXACT: usize = 1_000;

/// Two-sided. Exact for small groups without equal values; else by the normal approximation with corrections for ties
/// and continuity. U counts the pairs in which the value of the first group is the larger one. `None` when a
/// group is empty. The values must be finite.
pub fn mann_whitney(first: &[f64], second: &[f64]) -> Option<Comparison> {
    if first.is_empty() || second.is_empty() {
        return None;
    }
    let pooled: Vec<f64> = first.iter().chain(second).copied().collect();
    let ranks = Ranks::new(&pooled);
    let (count, other) = (first.len() as f64, second.len() as f64);
    let rank_sum: f64 = ranks.ranks[..first.len()].iter().sum();
    let statistic = rank_sum - count * (count + 1.0) / 2.0;
    let larger = statistic.max(count * other - statistic);
    let exact = !ranks.tied() && first.len() * second.len() <= MAX_EXACT;
    let p_value = if exact {
        exact_p(larger as usize, first.len(), second.len())
    } else {
        approximate_p(larger, count, other, ranks.tie_term)?
    };
    Some(Comparison {
        test: Test::MannWhitney,
        statistic,
        p_value,
    })
}

/// 2 P(U ≥ u) for groups of these sizes, at most 1.
fn exact_p(u: usize, first: usize, second: usize) -> f64 {
    let frequencies = frequencies(first, second);
    let total: f64 = frequencies.iter().sum();
    // The lower tail, which is the same by symmetry: its frequencies are exact even where the others are rounded.
    let tail: f64 = frequencies[..=first * second - u].iter().sum();
    (2.0 * tail / total).min(1.0)
}

/// In how many of the arrangements of the two groups U has each value: the coefficients of the Gaussian binomial,
/// ∏ᵢ (1 − q^(n+i)) / (1 − q^i) for i = 1 … m.
fn frequencies(first: usize, second: usize) -> Vec<f64> {
    let mut coefficients = vec![0.0; first * second + 1];
    coefficients[0] = 1.0;
    for i in 1..=first {
        for power in (second + i..coefficients.len()).rev() {
            coefficients[power] -= coefficients[power - second - i];
        }
        for power in i..coefficients.len() {
            coefficients[power] += coefficients[power - i];
        }
    }
    coefficients
}

/// 2 P(U ≥ u) of a normal variable with the mean and variance of U, ties taken into account.
fn approximate_p(u: f64, first: f64, second: f64, tie_term: f64) -> Option<f64> {
    let count = first + second;
    let spread = count + 1.0 - tie_term / (count * (count - 1.0));
    let deviation = (first * second / 12.0 * spread).sqrt();
    if deviation == 0.0 || deviation.is_nan() {
        // All values are equal.
        return Some(1.0);
    }
    let z = (u - first * second / 2.0 - 0.5) / deviation;
    Some((2.0 * Normal::new(0.0, 1.0).ok()?.sf(z)).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// References: `scipy.stats.mannwhitneyu(a, b, method=…)` of SciPy 1.17.1.
    fn check(first: &[f64], second: &[f64], statistic: f64, p_value: f64) {
        let found = mann_whitney(first, second).unwrap();
        assert_eq!(found.statistic, statistic);
        assert!(
            (found.p_value / p_value - 1.0).abs() < 1e-9,
            "{} {p_value}",
            found.p_value
        );
    }

    #[test]
    fn small_groups_are_exact() {
        check(
            &[1.1, 2.2, 3.3],
            &[4.4, 5.5, 6.6, 7.7],
            0.0,
            0.05714285714285714,
        );
        check(
            &[0.91, 0.93, 0.96, 0.9],
            &[0.95, 0.97, 0.92, 0.94, 0.98],
            4.0,
            0.19047619047619047,
        );
        check(&[5.0], &[1.0, 2.0, 3.0], 3.0, 0.5);
        check(
            &[19.0, 22.0, 16.0, 29.0, 24.0],
            &[20.0, 11.0, 17.0, 12.0],
            17.0,
            0.1111111111111111,
        );
    }

    #[test]
    fn ties_are_corrected_for() {
        check(
            &[1.0, 2.0, 2.0, 3.0],
            &[2.0, 3.0, 3.0, 4.0, 5.0],
            3.0,
            0.09934224785346528,
        );
        check(
            &[0.9, 0.9, 0.8, 0.7],
            &[0.9, 0.6, 0.6, 0.5],
            13.0,
            0.1804026662897562,
        );
    }

    #[test]
    fn large_groups_use_the_normal_approximation() {
        let first: Vec<f64> = (0..35).map(|i| f64::from(i * 37 % 101)).collect();
        let second: Vec<f64> = (0..40)
            .map(|i| f64::from((i * 53 + 20) % 103) + 0.5)
            .collect();
        check(&first, &second, 688.0, 0.9027971115962519);
    }

    #[test]
    fn equal_values_are_no_difference() {
        assert_eq!(mann_whitney(&[1.0; 5], &[1.0; 7]).unwrap().p_value, 1.0);
        assert_eq!(mann_whitney(&[], &[1.0]), None);
    }
}
