//! The density of one parameter's values over a few cells of the unit interval.

use crate::normal;

/// So many cells at most.
const MOST_CELLS: usize = 50;

/// A kernel is no narrower than this many cells: then 90 % of it stay in the cell of the value.
const LEAST_WIDTH: f64 = 0.5 / 1.64;

/// The cells of a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cells {
    count: usize,
    /// Whether neighbouring cells are alike.
    pub ordered: bool,
}

impl Cells {
    /// For a domain of so many values, `None` being more than can be counted. Values without an order have a cell each.
    pub fn new(values: Option<u128>, ordered: bool) -> Self {
        let most = if ordered { MOST_CELLS as u128 } else { 1 << 20 };
        Self {
            count: values.unwrap_or(most).min(most) as usize,
            ordered,
        }
    }

    fn of(self, unit: f64) -> usize {
        ((unit * self.count as f64) as usize).min(self.count - 1)
    }

    /// The probability of each cell, from values in [0, 1]; one more, that could be anything, keeps each above 0.
    pub fn density(self, units: &[f64]) -> Vec<f64> {
        let mut counts = vec![0.0; self.count];
        units.iter().for_each(|unit| counts[self.of(*unit)] += 1.0);
        let spread = if self.ordered {
            self.smoothed(&counts, self.bandwidth(units))
        } else {
            counts
        };
        let uniform = 1.0 / self.count as f64;
        let total = units.len() as f64 + 1.0;
        spread
            .iter()
            .map(|count| (count + uniform) / total)
            .collect()
    }

    /// Scott's rule, with the interquartile range where that is narrower than a normal distribution's.
    fn bandwidth(self, units: &[f64]) -> f64 {
        let count = units.len() as f64;
        let mean = units.iter().sum::<f64>() / count;
        let variance = units
            .iter()
            .map(|unit| (unit - mean) * (unit - mean))
            .sum::<f64>()
            / count;
        let mut parted = units.to_vec();
        let mut quartile = |share: f64| nth(&mut parted, (share * (count - 1.0)) as usize);
        let range = quartile(0.75).unwrap_or(0.0) - quartile(0.25).unwrap_or(0.0);
        let scale = f64::min(range / 1.34, libm::sqrt(variance));
        (1.059 * scale * libm::pow(count, -0.2)).max(LEAST_WIDTH / self.count as f64)
    }

    /// Spreads what each cell holds over all, with normal distributions that are cut off at the ends.
    fn smoothed(self, counts: &[f64], width: f64) -> Vec<f64> {
        let edge = |cell: usize| cell as f64 / self.count as f64;
        let mut spread = vec![0.0; self.count];
        for (cell, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0.0) {
            let middle = (edge(cell) + edge(cell + 1)) / 2.0;
            let log_mass =
                |low, high| normal::log_mass((low - middle) / width, (high - middle) / width);
            let inside = log_mass(0.0, 1.0);
            for (to, sum) in spread.iter_mut().enumerate() {
                *sum += count * libm::exp(log_mass(edge(to), edge(to + 1)) - inside);
            }
        }
        spread
    }
}

/// The value at this place of all in order, without putting all in order; `None` beyond the end.
pub(super) fn nth(values: &mut [f64], place: usize) -> Option<f64> {
    (place < values.len()).then(|| *values.select_nth_unstable_by(place, f64::total_cmp).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn densities_add_up_to_one() {
        for (cells, units) in [
            (Cells::new(None, true), vec![0.0, 0.5, 0.51, 1.0]),
            (Cells::new(Some(7), true), vec![0.3; 1000]),
            (Cells::new(Some(1), true), vec![0.5]),
            (Cells::new(Some(80), false), vec![0.1, 0.9]),
            (Cells::new(None, true), vec![]),
        ] {
            let sum: f64 = cells.density(&units).iter().sum();
            assert!((sum - 1.0).abs() < 1e-12, "{cells:?} {sum}");
        }
    }

    #[test]
    fn ordered_values_are_spread_and_others_are_not() {
        let ordered = Cells::new(Some(5), true).density(&[0.1, 0.1, 0.5]);
        assert!(ordered[1] > ordered[4] && ordered[0] > ordered[1]);
        let choices = Cells::new(Some(5), false).density(&[0.1, 0.1, 0.5]);
        assert_eq!(choices[1], choices[4]);
        assert_eq!(choices[0], (2.0 + 0.2) / 4.0);
    }
}
