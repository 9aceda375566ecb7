//! How wide the kernels of one numeric parameter are: as far as to the next observation, within bounds.

use std::ops::RangeInclusive;

/// For each value the larger of the gaps to its neighbours in order, brought into the bounds (the *magic clip* of
/// Bergstra et al. 2011). The ends of [0, 1] are the neighbours of a value that is alone; the outermost of several look inward only. Of
/// NaN, a value that is missing, it is infinite.
pub(super) fn bandwidths(values: &[f64], bounds: RangeInclusive<f64>) -> Vec<f64> {
    let mut order: Vec<(f64, usize)> = (values.iter().copied().zip(0..))
        .filter(|(value, _)| !value.is_nan())
        .collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut widths = vec![f64::INFINITY; values.len()];
    for (place, &(value, index)) in order.iter().enumerate() {
        let before = place.checked_sub(1).map(|place| value - order[place].0);
        let after = order.get(place + 1).map(|(next, _)| next - value);
        let gap = match (before, after) {
            (None, None) => value.max(1.0 - value),
            (before, after) => before.unwrap_or(0.0).max(after.unwrap_or(0.0)),
        };
        widths[index] = gap.clamp(*bounds.start(), *bounds.end());
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_reaches_its_farther_neighbour() {
        let widths = bandwidths(&[0.5, f64::NAN, 0.1, 0.25], 0.01..=1.0);
        assert_eq!(widths, [0.25, f64::INFINITY, 0.15, 0.25]);
    }

    #[test]
    fn one_that_is_alone_reaches_the_farther_end() {
        assert_eq!(bandwidths(&[0.25], 0.01..=1.0), [0.75]);
    }

    #[test]
    fn bounds_hold() {
        assert_eq!(bandwidths(&[0.5, 0.5], 0.1..=1.0), [0.1, 0.1]);
        assert_eq!(bandwidths(&[0.0, 1.0], 0.1..=0.5), [0.5, 0.5]);
        assert!(bandwidths(&[], 0.1..=0.5).is_empty());
    }
}
