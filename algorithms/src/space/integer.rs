//! Ranges of whole numbers: each value owns a cell of the unit interval.

use super::Scale;
use super::domain::cell;

/// The values `min + k·step` up to `max`.
#[derive(Clone, Copy, Debug)]
pub(super) struct IntRange {
    pub min: i64,
    pub max: i64,
    pub scale: Scale,
    pub step: i64,
}

impl IntRange {
    /// How many values there are.
    pub fn count(&self) -> u128 {
        let width = i128::from(self.max) - i128::from(self.min);
        (width / i128::from(self.step)) as u128 + 1
    }

    /// The value `min + index·step`; the last one beyond the end.
    pub fn nth(&self, index: u128) -> i64 {
        let index = index.min(self.count() - 1) as i128;
        // Between min and max, both i64.
        (i128::from(self.min) + index * i128::from(self.step)) as i64
    }

    /// The index of a value; `None` when it is out of bounds or between two steps.
    pub fn index_of(&self, value: i64) -> Option<u128> {
        let offset = i128::from(value) - i128::from(self.min);
        let step = i128::from(self.step);
        (value >= self.min && value <= self.max && offset % step == 0)
            .then_some((offset / step) as u128)
    }

    /// The value whose cell holds a coordinate in [0, 1].
    pub fn decode(&self, unit: f64) -> i64 {
        match self.scale {
            Scale::Linear => self.nth(cell(unit, self.count())),
            Scale::Log => {
                let (low, high) = self.log_edges();
                let position = libm::exp(low + unit * (high - low));
                let index = ((position - self.min as f64) / self.step as f64).round();
                self.nth(index.max(0.0) as u128)
            }
        }
    }

    /// The middle of the cell of the value with this index.
    pub fn encode(&self, index: u128) -> f64 {
        match self.scale {
            Scale::Linear => (index as f64 + 0.5) / self.count() as f64,
            Scale::Log => {
                let (low, high) = self.log_edges();
                let (from, to) = self.cell_edges(self.nth(index));
                let middle = (libm::log(from) + libm::log(to)) / 2.0;
                ((middle - low) / (high - low)).clamp(0.0, 1.0)
            }
        }
    }

    /// Where the cells of all `count` values end, in [0, 1], the start of the first included.
    pub fn edges(&self, count: usize) -> Vec<f64> {
        let edge = |index: usize| match self.scale {
            Scale::Log if index > 0 => {
                let (low, high) = self.log_edges();
                let (_, end) = self.cell_edges(self.nth(index as u128 - 1));
                ((libm::log(end) - low) / (high - low)).clamp(0.0, 1.0)
            }
            _ => index as f64 / count as f64,
        };
        (0..=count).map(edge).collect()
    }

    /// The ends of the whole range in the logarithm: those of the first and the last cell.
    fn log_edges(&self) -> (f64, f64) {
        let (low, _) = self.cell_edges(self.min);
        let (_, high) = self.cell_edges(self.max);
        (libm::log(low), libm::log(high))
    }

    /// A value's cell reaches half a step to both sides, but down to no less than half the smallest value.
    fn cell_edges(&self, value: i64) -> (f64, f64) {
        let half = self.step as f64 / 2.0;
        let value = value as f64;
        ((value - half).max(self.min as f64 / 2.0), value + half)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn range(min: i64, max: i64, step: i64, scale: Scale) -> IntRange {
        IntRange {
            min,
            max,
            scale,
            step,
        }
    }

    #[test]
    fn linear_cells_are_equal() {
        let range = range(1, 4, 1, Scale::Linear);
        assert_eq!(
            [0.0, 0.25, 0.5, 0.75, 1.0].map(|unit| range.decode(unit)),
            [1, 2, 3, 4, 4]
        );
        assert_eq!(range.encode(0), 0.125);
    }

    #[test]
    fn a_log_scale_gives_each_decade_the_same_share() {
        let range = range(1, 1000, 1, Scale::Log);
        let shares = (0..30_000).map(|i| range.decode((f64::from(i) + 0.5) / 30_000.0));
        let digits = shares.fold([0; 4], |mut digits, value| {
            digits[value.ilog10() as usize] += 1;
            digits
        });
        // From 0.5 to 9.5 and on to 99.5 and 999.5, of a whole of ln(1000.5 / 0.5).
        assert!((digits[0] - 11_623_i32).abs() < 5, "{digits:?}");
        assert!((digits[1] - 9_272_i32).abs() < 5, "{digits:?}");
        assert!((digits[2] - 9_103_i32).abs() < 5, "{digits:?}");
    }

    #[test]
    fn the_widest_range_does_not_overflow() {
        let range = range(i64::MIN, i64::MAX, 1, Scale::Linear);
        assert_eq!(range.count(), 1 << 64);
        assert_eq!((range.decode(0.0), range.decode(1.0)), (i64::MIN, i64::MAX));
        assert_eq!(range.index_of(i64::MAX), Some((1 << 64) - 1));
    }

    proptest! {
        #[test]
        fn decode_undoes_encode(min in 1_i64..100, step in 1_i64..50, count in 1_i64..1000, log: bool) {
            let scale = if log { Scale::Log } else { Scale::Linear };
            let range = range(min, min + step * count, step, scale);
            for index in 0..range.count() {
                prop_assert_eq!(range.decode(range.encode(index)), range.nth(index));
            }
        }
    }
}
