//! How wide the kernels of one numeric parameter are: as far as to the next observation, within bounds.

use std::ops::RangeInclusive;

/// For each value the larger of the gaps to its neighbours in order, brought into the bounds (the *magic clip* of
/// Bergstra et al. 2011). The ends of [0, 1] are the neighbours of a value that is alone; the outermost of several look inward only. Of
/// NaN, a value that is missing, it is infinite.
pub(super) fn bandwidths(values: &[f64], bounds: RangeInclusive<f64>) -> Vec<f64> {
    let keys = ascending(values);
    let mut widths = vec![f64::INFINITY; values.len()];
    let Some(first) = keys.first() else {
        return widths;
    };
    let (least, most) = (*bounds.start(), *bounds.end());
    let (mut index, mut before) = (index_of(*first), 0.0_f64);
    for next in &keys[1..] {
        let next = index_of(*next);
        let after = values[next] - values[index];
        widths[index] = before.max(after).max(least).min(most);
        (index, before) = (next, after);
    }
    let value = values[index];
    let gap = if keys.len() == 1 {
        value.max(1.0 - value)
    } else {
        before.max(0.0)
    };
    widths[index] = gap.max(least).min(most);
    widths
}

/// How many bits of a key say which value it stands for.
const INDEX_BITS: u32 = 24;

/// The values in [0, 1] that are not missing, in their order, as keys that know their places: what differs by less than 2⁻³⁹ (2 · 10⁻¹²) is
/// as good as equal. One word holds a value and its place, because words are sorted several times as quickly as pairs.
fn ascending(values: &[f64]) -> Vec<u64> {
    let scale = (1_u64 << (63 - INDEX_BITS)) as f64;
    let mut keys = Vec::with_capacity(values.len());
    let known = values.iter().zip(0..).filter(|(value, _)| !value.is_nan());
    keys.extend(known.map(|(value, index)| ((value * scale) as u64) << INDEX_BITS | index));
    keys.sort_unstable();
    keys
}

/// The place of the value that a key stands for.
fn index_of(key: u64) -> usize {
    (key & ((1 << INDEX_BITS) - 1)) as usize
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
