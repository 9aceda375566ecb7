//! The Kruskal–Wallis H test (1952), doi:10.1080/01621459.1952.10483441: does any of several groups differ in location?

use super::ranks::Ranks;
use super::{Comparison, Test};
use statrs::distribution::{ChiSquared, ContinuousCDF};

/// By the chi-squared approximation, with correction for ties. `None` for fewer than two groups or an empty one. The
/// values must be finite.
pub fn kruskal_wallis<G: AsRef<[f64]>>(groups: &[G]) -> Option<Comparison> {
    let sizes: Vec<usize> = groups.iter().map(|group| group.as_ref().len()).collect();
    if groups.len() < 2 || sizes.contains(&0) {
        return None;
    }
    let pooled: Vec<f64> = groups.iter().flat_map(AsRef::as_ref).copied().collect();
    let ranks = Ranks::new(&pooled);
    let count = pooled.len() as f64;
    let untied = 1.0 - ranks.tie_term / (count.powi(3) - count);
    let statistic = if untied > 0.0 {
        uncorrected(&ranks.ranks, &sizes) / untied
    } else {
        0.0
    };
    let freedom = groups.len() as f64 - 1.0;
    let p_value = ChiSquared::new(freedom).ok()?.sf(statistic.max(0.0));
    Some(Comparison {
        test: Test::KruskalWallis,
        statistic,
        p_value,
    })
}

/// H without regard to ties: 12 / (N (N + 1)) Σ Rᵢ² / nᵢ − 3 (N + 1).
fn uncorrected(ranks: &[f64], sizes: &[usize]) -> f64 {
    let count = ranks.len() as f64;
    let mut rest = ranks;
    let squares: f64 = sizes
        .iter()
        .map(|size| {
            let (group, others) = rest.split_at(*size);
            rest = others;
            group.iter().sum::<f64>().powi(2) / *size as f64
        })
        .sum();
    12.0 / (count * (count + 1.0)) * squares - 3.0 * (count + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// References: `scipy.stats.kruskal` of SciPy 1.17.1.
    fn check(groups: &[&[f64]], statistic: f64, p_value: f64) {
        let found = kruskal_wallis(groups).unwrap();
        assert!(
            (found.statistic - statistic).abs() < 1e-9,
            "{} {statistic}",
            found.statistic
        );
        assert!(
            (found.p_value / p_value - 1.0).abs() < 1e-9,
            "{} {p_value}",
            found.p_value
        );
    }

    #[test]
    fn it_agrees_with_scipy() {
        check(
            &[
                &[7.0, 14.0, 14.0, 13.0, 12.0, 9.0, 6.0, 14.0, 12.0, 8.0],
                &[15.0, 17.0, 13.0, 15.0, 15.0, 13.0, 9.0, 12.0, 10.0, 8.0],
                &[6.0, 8.0, 8.0, 9.0, 5.0, 14.0, 13.0, 8.0, 10.0, 9.0],
            ],
            6.287801578353988,
            0.043114289703508814,
        );
        check(
            &[&[1.5, 2.5], &[3.5, 4.5, 5.5], &[0.5], &[9.0, 8.0, 7.0]],
            7.399999999999999,
            0.060184323871734814,
        );
    }

    #[test]
    fn equal_values_are_no_difference() {
        assert_eq!(
            kruskal_wallis(&[[2.0; 3], [2.0; 3], [2.0; 3]])
                .unwrap()
                .p_value,
            1.0
        );
        assert_eq!(kruskal_wallis(&[vec![1.0], vec![]]), None);
    }
}
