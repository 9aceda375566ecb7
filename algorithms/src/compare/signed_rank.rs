//! The signed-rank test (Wilcoxon 1945, doi:10.2307/3001968) of whether paired differences tend to be positive.

use super::ranks::Ranks;
use crate::quantile::cdf;

/// Of no more differences than this the distribution is counted out; beyond, the normal one is as good.
const EXACT: usize = 30;

/// How likely ranks of positive differences with so large a sum would be if each difference were as likely to be negative. Differences of 0
/// count half on either side. 1 without differences.
///
/// The differences must be finite.
///
/// ```
/// use tune_algorithms::compare::signed_rank;
///
/// assert_eq!(signed_rank(&[0.1, 0.2, 0.3, 0.4]), 1.0 / 16.0);
/// ```
pub fn signed_rank(differences: &[f64]) -> f64 {
    let sizes: Vec<f64> = differences.iter().map(|it| it.abs()).collect();
    let ranks = Ranks::new(&sizes).ranks;
    let signed = || differences.iter().zip(&ranks);
    let positive: f64 = signed()
        .filter(|(it, _)| **it > 0.0)
        .map(|(_, rank)| rank)
        .sum();
    let ranks: Vec<f64> = signed()
        .filter(|(it, _)| **it != 0.0)
        .map(|(_, rank)| *rank)
        .collect();
    match ranks.len() {
        0 => 1.0,
        1..=EXACT => counted(&ranks, positive),
        _ => approximate(&ranks, positive),
    }
}

/// The share of all ways to give the ranks signs in which the positive ones add up to at least `sum`.
fn counted(ranks: &[f64], sum: f64) -> f64 {
    // Ranks are multiples of a half.
    let doubled: Vec<usize> = ranks.iter().map(|rank| (2.0 * rank) as usize).collect();
    let mut ways = vec![0.0; doubled.iter().sum::<usize>() + 1];
    ways[0] = 1.0;
    let mut most = 0;
    for rank in doubled {
        most += rank;
        for total in (rank..=most).rev() {
            ways[total] += ways[total - rank];
        }
    }
    let as_large: f64 = ways[(2.0 * sum) as usize..].iter().sum();
    as_large / libm::pow(2.0, ranks.len() as f64)
}

/// The same by the normal distribution, corrected for continuity.
fn approximate(ranks: &[f64], sum: f64) -> f64 {
    let mean = ranks.iter().sum::<f64>() / 2.0;
    let variance = ranks.iter().map(|rank| rank * rank).sum::<f64>() / 4.0;
    cdf((mean - sum + 0.5) / variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reference values computed with scipy.stats.wilcoxon(…, alternative="greater").
    #[test]
    fn it_agrees_with_others() {
        let mixed = [
            6.0, 8.0, 14.0, 16.0, 23.0, 24.0, 28.0, 29.0, 41.0, -48.0, 49.0, 56.0, 60.0, -67.0,
            75.0,
        ];
        assert!((signed_rank(&mixed) - 0.020_629_882_812_5).abs() < 1e-12);
        assert_eq!(signed_rank(&[-1.0, -2.0, -3.0]), 1.0);
        assert_eq!(signed_rank(&[0.0, 0.0]), 1.0);
        assert_eq!(signed_rank(&[]), 1.0);
    }

    #[test]
    fn many_differences_are_judged_as_few_are() {
        let differences: Vec<f64> = (1..=30)
            .map(|it: i32| f64::from(if it % 3 == 0 { -it } else { it }))
            .collect();
        let ranks = Ranks::new(&differences.iter().map(|it| it.abs()).collect::<Vec<_>>()).ranks;
        let positive: f64 = differences.iter().filter(|it| **it > 0.0).sum();
        let (exact, normal) = (counted(&ranks, positive), approximate(&ranks, positive));
        assert!((exact - normal).abs() < 0.002, "{exact} {normal}");
        let many: Vec<f64> = (0..10_000).map(|it| f64::from(it % 7) - 3.1).collect();
        assert!((0.5..=1.0).contains(&signed_rank(&many)));
    }

    proptest! {
        #[test]
        fn it_is_the_share_of_signs_with_so_large_a_sum(differences in prop::collection::vec(-4_i32..5, 1..9)) {
            let differences: Vec<f64> = differences.into_iter().map(f64::from).collect();
            let sizes: Vec<f64> = differences.iter().map(|it| it.abs()).collect();
            let ranks = Ranks::new(&sizes).ranks;
            let sum = |sign: &dyn Fn(usize) -> bool| -> f64 {
                let counted = (0..ranks.len()).filter(|at| differences[*at] != 0.0 && sign(*at));
                counted.map(|at| ranks[at]).sum()
            };
            let found = sum(&|at| differences[at] > 0.0);
            let all = 1_usize << ranks.len();
            let as_large = (0..all).filter(|signs| sum(&|at| signs >> at & 1 == 1) >= found).count();
            prop_assert!((signed_rank(&differences) - as_large as f64 / all as f64).abs() < 1e-12);
        }
    }
}
