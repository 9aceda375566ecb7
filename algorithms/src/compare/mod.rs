//! Whether groups of results differ by more than chance: rank tests, which assume nothing about how results are spread.
//!
//! ```
//! use tune_algorithms::compare::{Test, compare};
//!
//! let (svm, forest) = ([0.91, 0.93, 0.92, 0.90], [0.95, 0.97, 0.96, 0.94]);
//! let comparison = compare(&[&svm, &forest]).ok_or("nothing to compare")?;
//! assert_eq!(comparison.test, Test::MannWhitney);
//! assert!(comparison.p_value < 0.05);
//! # Ok::<(), &str>(())
//! ```

mod kruskal_wallis;
mod mann_whitney;
mod ranks;
mod signed_rank;
mod summary;

pub use kruskal_wallis::kruskal_wallis;
pub use mann_whitney::mann_whitney;
pub use signed_rank::signed_rank;
pub use summary::Summary;

use serde::Serialize;

/// Which test was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// Mann–Whitney U, two-sided: do two groups differ?
    MannWhitney,
    /// Kruskal–Wallis H: does at least one of several groups differ from the others?
    KruskalWallis,
}

/// The answer of a rank test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Which test.
    pub test: Test,
    /// Its statistic: U of the first group, or H.
    pub statistic: f64,
    /// How likely a statistic at least as extreme would be if all groups were alike.
    pub p_value: f64,
}

/// Compares groups of results, by Mann–Whitney for two groups and Kruskal–Wallis for more. Values that are not finite
/// and groups without any other are left out; `None` when fewer than two groups remain.
pub fn compare(groups: &[&[f64]]) -> Option<Comparison> {
    let finite: Vec<Vec<f64>> = groups
        .iter()
        .map(|group| {
            group
                .iter()
                .copied()
                .filter(|value| value.is_finite())
                .collect()
        })
        .filter(|group: &Vec<f64>| !group.is_empty())
        .collect();
    match finite.as_slice() {
        [] | [_] => None,
        [first, second] => mann_whitney(first, second),
        more => kruskal_wallis(more),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_usable_groups_decides_the_test() {
        let (a, b, c) = ([1.0, 2.0], [3.0, 4.0], [f64::NAN]);
        assert_eq!(compare(&[&a, &b, &c]).unwrap().test, Test::MannWhitney);
        assert_eq!(compare(&[&a, &b, &a]).unwrap().test, Test::KruskalWallis);
        assert_eq!(compare(&[&a, &c]), None);
        assert_eq!(compare(&[]), None);
    }
}
