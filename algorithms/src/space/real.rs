//! Ranges of real numbers: where a coordinate lands on a linear or log scale, and the values of a range with steps.
//! Logarithms come from `libm`, which computes the same bits on every platform; that of the system does not.

use super::Scale;

/// Numbers with more digits after the point are not worth shortening.
const MOST_DECIMALS: usize = 12;

/// From `min` to `max`, both included; with `step`, only `min + k·step`.
#[derive(Clone, Copy, Debug)]
pub(super) struct RealRange {
    pub min: f64,
    pub max: f64,
    pub scale: Scale,
    pub step: Option<f64>,
}

impl RealRange {
    /// How many values there are; `None` without steps.
    pub fn count(&self) -> Option<u128> {
        let step = self.step?;
        Some(((self.max - self.min) / step).round() as u128 + 1)
    }

    /// The value at a coordinate in [0, 1] along the scale.
    pub fn at(&self, unit: f64) -> f64 {
        let Self { min, max, .. } = *self;
        let value = match self.scale {
            _ if unit <= 0.0 => min,
            _ if unit >= 1.0 => max,
            // This form does not overflow where `max - min` does.
            Scale::Linear => min * (1.0 - unit) + max * unit,
            Scale::Log => libm::exp(libm::log(min) * (1.0 - unit) + libm::log(max) * unit),
        };
        value.clamp(min, max)
    }

    /// The value with this index of `points` evenly spread ones; on a linear scale written as short as rounding allows (0.3, not
    /// 0.30000000000000004).
    pub fn spread(&self, index: u64, points: u32) -> f64 {
        let value = self.at(index as f64 / (f64::from(points) - 1.0));
        let tiny = (self.max / 2.0 - self.min / 2.0) * 1e-14;
        let is_inner = value > self.min && value < self.max;
        match self.scale {
            Scale::Linear if is_inner => shortest(value, tiny).clamp(self.min, self.max),
            _ => value,
        }
    }

    /// The coordinate in [0, 1] of a value.
    pub fn unit(&self, value: f64) -> f64 {
        let (min, max, value) = match self.scale {
            // Halved, so that the differences are finite.
            Scale::Linear => (self.min / 2.0, self.max / 2.0, value / 2.0),
            Scale::Log => (libm::log(self.min), libm::log(self.max), libm::log(value)),
        };
        ((value - min) / (max - min)).clamp(0.0, 1.0)
    }

    /// Whether the number lies between the bounds.
    pub fn contains(&self, value: f64) -> bool {
        value >= self.min && value <= self.max
    }

    /// The value `min + index·step`, written as short as the bounds and the step are (0.3, not 0.30000000000000004).
    pub fn nth(&self, index: u128) -> f64 {
        let Some(step) = self.step else {
            return self.min;
        };
        let value = self.min + index as f64 * step;
        let digits = decimals(self.min).max(decimals(step));
        // Up to 10^22 and 2^53 both are exact, and so the quotient is the float nearest to the decimal number.
        let power: f64 = (0..digits.min(22)).map(|_| 10.0).product();
        let scaled = (value * power).round();
        let rounded = if digits <= 22 && scaled.abs() < 9e15 {
            scaled / power
        } else {
            value
        };
        rounded.clamp(self.min, self.max)
    }

    /// The index of a value of a range with steps; `None` when it lies between two.
    pub fn index_of(&self, value: f64) -> Option<u128> {
        let step = self.step?;
        let position = (value - self.min) / step;
        let index = position.round();
        (self.contains(value) && (position - index).abs() <= tolerance(position))
            .then_some(index as u128)
    }
}

/// How far from a whole number a quotient `(max - min) / step` may be by rounding alone.
pub(super) fn tolerance(quotient: f64) -> f64 {
    (quotient.abs() * 1e-14).clamp(1e-9, 0.1)
}

/// The decimal number with the fewest digits after the point that is no farther away than that; the value itself where it needs many.
fn shortest(value: f64, tolerance: f64) -> f64 {
    (0..=MOST_DECIMALS)
        .filter_map(|decimals| format!("{value:.decimals$}").parse::<f64>().ok())
        .find(|rounded| (rounded - value).abs() <= tolerance)
        .unwrap_or(value)
}

/// How many digits after the point the shortest decimal form of a number has.
fn decimals(value: f64) -> u32 {
    let text = value.to_string();
    text.split_once('.')
        .map_or(0, |(_, fraction)| fraction.len() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stepped(min: f64, max: f64, step: f64) -> RealRange {
        RealRange {
            min,
            max,
            scale: Scale::Linear,
            step: Some(step),
        }
    }

    #[test]
    fn stepped_values_are_short_decimals() {
        let range = stepped(0.0, 1.0, 0.1);
        let values: Vec<f64> = (0..range.count().unwrap())
            .map(|index| range.nth(index))
            .collect();
        assert_eq!(
            values,
            [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
        );
        assert_eq!(range.index_of(0.1 + 0.2), Some(3));
        assert_eq!(range.index_of(0.35), None);
    }

    #[test]
    fn evenly_spread_values_are_short_decimals() {
        let range = |min, max| RealRange {
            min,
            max,
            scale: Scale::Linear,
            step: None,
        };
        let spread = |min, max, points: u32| -> Vec<f64> {
            let indices = 0..u64::from(points);
            indices
                .map(|index| range(min, max).spread(index, points))
                .collect()
        };
        assert_eq!(spread(0.2, 0.4, 3), [0.2, 0.3, 0.4]);
        assert_eq!(
            spread(0.1, 0.8, 8),
            [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]
        );
        assert_eq!(
            spread(0.0, 1.0, 4),
            [0.0, 1.0 / 3.0, range(0.0, 1.0).at(2.0 / 3.0), 1.0]
        );
        let narrow = spread(1.0, 1.0 + 1e-15, 3);
        assert!(narrow.is_sorted(), "{narrow:?}");
        let wide = spread(-f64::MAX, f64::MAX, 5);
        assert!(wide.is_sorted(), "{wide:?}");
    }

    #[test]
    fn a_tiny_step_works_too() {
        let range = stepped(0.0, 1e-29, 1e-30);
        assert_eq!(range.count(), Some(11));
        assert_eq!(range.index_of(range.nth(7)), Some(7));
    }

    #[test]
    fn the_middle_of_a_log_range_is_the_geometric_mean() {
        let range = RealRange {
            min: 1e-4,
            max: 1.0,
            scale: Scale::Log,
            step: None,
        };
        assert!((range.at(0.5) - 1e-2).abs() < 1e-16);
        assert!((range.unit(1e-2) - 0.5).abs() < 1e-12);
        assert_eq!((range.at(0.0), range.at(1.0)), (1e-4, 1.0));
    }

    #[test]
    fn the_widest_range_does_not_overflow() {
        let range = RealRange {
            min: -f64::MAX,
            max: f64::MAX,
            scale: Scale::Linear,
            step: None,
        };
        assert_eq!(range.at(0.5), 0.0);
        assert_eq!(range.unit(0.0), 0.5);
    }
}
