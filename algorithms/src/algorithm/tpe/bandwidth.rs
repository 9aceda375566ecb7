//! How wide the kernels of one numeric parameter are: as far as to the next observation, within bounds.

use std::ops::RangeInclusive;

/// For each value the larger of the gaps to its neighbours in order, brought into the bounds (the *magic clip* of
/// Bergstra et al. 2011). The ends of [0, 1] are the neighbours of a value that is alone; the outermost of several look inward only. Of
/// NaN, a value that is missing, it is infinite.
pub(super) fn bandwidths(values: &[f64], bounds: RangeInclusive<f64>) -> Vec<f64> {
    let order = ascending(values);
    let mut widths = vec![f64::INFINITY; values.len()];
    for (place, &index) in order.iter().enumerate() {
        let value = values[index];
        let before = place
            .checked_sub(1)
            .map(|place| value - values[order[place]]);
        let after = order.get(place + 1).map(|next| values[*next] - value);
        let gap = match (before, after) {
            (None, None) => value.max(1.0 - value),
            (before, after) => before.unwrap_or(0.0).max(after.unwrap_or(0.0)),
        };
        widths[index] = gap.clamp(*bounds.start(), *bounds.end());
    }
    widths
}

/// How many bits of a key say which value it stands for.
const INDEX_BITS: u32 = 24;

/// The places of the values in [0, 1] that are not missing, in their order: what differs by less than 2⁻³⁹ (2 · 10⁻¹²) is as good as equal. One word holds a value and
/// its place, because words are sorted several times as quickly as pairs.
fn ascending(values: &[f64]) -> Vec<usize> {
    let scale = (1_u64 << (63 - INDEX_BITS)) as f64;
    let mut keys: Vec<u64> = (values.iter().zip(0..))
        .filter(|(value, _)| !value.is_nan())
        .map(|(value, index)| ((value * scale) as u64) << INDEX_BITS | index)
        .collect();
    keys.sort_unstable();
    let index = |key: &u64| (key & ((1 << INDEX_BITS) - 1)) as usize;
    keys.iter().map(index).collect()
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
