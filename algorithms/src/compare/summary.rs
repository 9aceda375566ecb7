//! A group of results in five numbers.

use serde::Serialize;

/// Where the values of a group lie.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// How many finite values.
    pub count: usize,
    /// The smallest.
    pub min: f64,
    /// A quarter of the values is below.
    pub lower_quartile: f64,
    /// Half of the values is below.
    pub median: f64,
    /// Three quarters of the values are below.
    pub upper_quartile: f64,
    /// The largest.
    pub max: f64,
}

impl Summary {
    /// Of the finite values; `None` when there are none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let mut sorted: Vec<f64> = values
            .iter()
            .copied()
            .filter(|value| value.is_finite())
            .collect();
        sorted.sort_by(f64::total_cmp);
        Some(Self {
            count: sorted.len(),
            min: *sorted.first()?,
            lower_quartile: quantile(&sorted, 0.25),
            median: quantile(&sorted, 0.5),
            upper_quartile: quantile(&sorted, 0.75),
            max: *sorted.last()?,
        })
    }

    /// The distance of the quartiles: how widely the middle half is spread.
    pub fn interquartile_range(&self) -> f64 {
        self.upper_quartile - self.lower_quartile
    }
}

/// By linear interpolation between neighbours (type 7 of Hyndman & Fan 1996, doi:10.1080/00031305.1996.10473566).
fn quantile(sorted: &[f64], fraction: f64) -> f64 {
    let position = fraction * (sorted.len() - 1) as f64;
    let (below, above) = (
        sorted[position.floor() as usize],
        sorted[position.ceil() as usize],
    );
    let weight = position.fract();
    below * (1.0 - weight) + above * weight
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_are_those_of_numpy() {
        // numpy.percentile([7, 1, 3, 9, 4, 10], [25, 50, 75]) of NumPy 2.
        let summary = Summary::of(&[7.0, 1.0, 3.0, f64::NAN, 9.0, 4.0, 10.0]).unwrap();
        assert_eq!((summary.count, summary.min, summary.max), (6, 1.0, 10.0));
        assert_eq!(
            (
                summary.lower_quartile,
                summary.median,
                summary.upper_quartile
            ),
            (3.25, 5.5, 8.5)
        );
        assert_eq!(summary.interquartile_range(), 5.25);
    }

    #[test]
    fn few_values_are_enough_and_none_are_not() {
        assert_eq!(Summary::of(&[2.5]).unwrap().median, 2.5);
        assert_eq!(Summary::of(&[f64::INFINITY]), None);
    }
}
