//! How wide the kernels of one numeric parameter are: as far as to the next observation, within bounds. The order of the observations is
//! remembered: from one suggestion to the next few trials come and go, and what is nearly in order is sorted several times as quickly.

use std::ops::RangeInclusive;

/// For each value, of which `keys` have the order, the larger of the gaps to its neighbours, brought into the bounds (the *magic clip* of
/// Bergstra et al. 2011). The ends of [0, 1] are the neighbours of a value that is alone; the outermost of several look inward only. Of
/// NaN, a value that is missing, it is infinite.
pub(super) fn bandwidths(values: &[f64], keys: &[u64], bounds: RangeInclusive<f64>) -> Vec<f64> {
    let mut widths = vec![f64::INFINITY; values.len()];
    let Some(first) = keys.first() else {
        return widths;
    };
    let (least, most) = (*bounds.start(), *bounds.end());
    let (mut index, mut before) = (index_of(*first), 0.0_f64);
    for next in &keys[1..] {
        let next = index_of(*next);
        let after = values[next] - values[index];
        let farther = if after > before { after } else { before };
        widths[index] = farther.clamp(least, most);
        (index, before) = (next, after);
    }
    let value = values[index];
    let gap = if keys.len() == 1 {
        value.max(1.0 - value)
    } else {
        before.max(0.0)
    };
    widths[index] = gap.clamp(least, most);
    widths
}

/// How many bits of a key say which value it stands for.
const INDEX_BITS: u32 = 24;

/// The keys of missing values are no less.
const MISSING: u64 = u64::MAX << INDEX_BITS;

/// A key that knows a value in [0, 1], or NaN, and its place; what differs by less than 2⁻³⁹ (2 · 10⁻¹²) is as good as equal. One word
/// holds both, because words are sorted several times as quickly as pairs.
fn key(value: f64, index: usize) -> u64 {
    if value.is_nan() {
        return MISSING | index as u64;
    }
    // Between 1 and 2 the bits of a float grow as its value does, and are had sooner than its digits.
    let steps = (1.0 + value).to_bits() - 1.0_f64.to_bits();
    steps >> (INDEX_BITS - 11) << INDEX_BITS | index as u64
}

/// The orders of all parameters' values.
#[derive(Debug)]
pub(super) struct Orders {
    /// By parameter the numbers of trials, by ascending values, as they were lately.
    lately: Vec<Vec<usize>>,
    /// The numbers of the trials.
    trials: Vec<usize>,
    /// Those that were not there lately.
    new: Vec<usize>,
    /// By number, where a trial is among them.
    places: Vec<Option<u32>>,
}

impl Orders {
    pub fn new(parameters: usize) -> Self {
        Self {
            lately: vec![Vec::new(); parameters],
            trials: Vec::new(),
            new: Vec::new(),
            places: Vec::new(),
        }
    }

    /// Says which trials the values are of, from now on; the new ones are those that were not among them.
    pub fn follow(&mut self, trials: impl Iterator<Item = usize> + Clone) {
        let size = trials.clone().max().map_or(0, |last| last + 1);
        self.places.resize(size.max(self.places.len()), None);
        let places = &mut self.places;
        self.new.clear();
        self.new
            .extend(trials.clone().filter(|number| places[*number].is_none()));
        for number in self.trials.drain(..) {
            places[number] = None;
        }
        self.trials.extend(trials);
        for (place, number) in (0..).zip(&self.trials) {
            places[*number] = Some(place);
        }
    }

    /// The keys of one parameter's values, in order, but for those that are missing (NaN).
    pub fn ascending(&mut self, parameter: usize, values: &[f64]) -> Vec<u64> {
        let lately = &mut self.lately[parameter];
        let numbers = lately.iter().chain(&self.new);
        let mut keys = Vec::with_capacity(self.trials.len());
        keys.extend(numbers.filter_map(|number| {
            let place = self.places[*number]? as usize;
            Some(key(values[place], place))
        }));
        // This one finds what is in order.
        keys.sort();
        lately.clear();
        lately.extend(keys.iter().map(|key| self.trials[index_of(*key)]));
        keys.truncate(keys.partition_point(|key| *key < MISSING));
        keys
    }
}

/// The place of the value that a key stands for.
fn index_of(key: u64) -> usize {
    (key & ((1 << INDEX_BITS) - 1)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bandwidths(values: &[f64], bounds: RangeInclusive<f64>) -> Vec<f64> {
        let mut orders = Orders::new(1);
        orders.follow(0..values.len());
        super::bandwidths(values, &orders.ascending(0, values), bounds)
    }

    proptest! {
        #[test]
        fn orders_are_right_whoever_comes_and_goes(rounds in prop::collection::vec(prop::collection::vec(0..60_usize, 0..40), 1..6)) {
            let value = |number: usize| match number % 7 {
                0 => f64::NAN,
                _ => (number * 31 % 17) as f64 / 16.0,
            };
            let mut orders = Orders::new(1);
            for mut trials in rounds {
                trials.sort_by_key(|number| number * 37 % 60);
                trials.dedup();
                orders.follow(trials.iter().copied());
                let values: Vec<f64> = trials.iter().map(|number| value(*number)).collect();
                let found: Vec<usize> = orders.ascending(0, &values).into_iter().map(index_of).collect();
                let mut expected: Vec<usize> = (0..values.len()).filter(|place| !values[*place].is_nan()).collect();
                expected.sort_by(|a, b| values[*a].total_cmp(&values[*b]).then(a.cmp(b)));
                prop_assert_eq!(found, expected);
            }
        }
    }

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
