//! A quantile of a growing set of numbers: two heaps that meet there.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// Numbers can be added, in logarithmic time, and the quantile read at once.
#[derive(Clone, Debug)]
pub(super) struct RunningQuantile {
    /// Which quantile, in [0, 1]: 0.5 is the median.
    share: f64,
    /// The numbers up to it.
    low: BinaryHeap<Number>,
    /// Those above.
    high: BinaryHeap<Reverse<Number>>,
}

/// A float in total order.
#[derive(Clone, Copy, Debug)]
struct Number(f64);

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Number {}

impl RunningQuantile {
    pub fn new(share: f64) -> Self {
        Self {
            share,
            low: BinaryHeap::new(),
            high: BinaryHeap::new(),
        }
    }

    /// Adds a finite number.
    pub fn add(&mut self, number: f64) {
        self.low.push(Number(number));
        if let Some(largest) = self.low.pop() {
            self.high.push(Reverse(largest));
        }
        // The place of the quantile moves up by one number at most.
        if self.low.len() <= self.place() as usize
            && let Some(Reverse(smallest)) = self.high.pop()
        {
            self.low.push(smallest);
        }
    }

    /// Where the quantile lies among the sorted numbers, counted from 0; between two of them it may be a fraction.
    fn place(&self) -> f64 {
        self.share * (self.len() - 1) as f64
    }

    /// The quantile: where it lies between two numbers, by their distances.
    pub fn value(&self) -> Option<f64> {
        let low = self.low.peek()?.0;
        let beyond = self.place().fract();
        Some(match self.high.peek() {
            Some(Reverse(high)) if beyond > 0.0 => low * (1.0 - beyond) + high.0 * beyond,
            _ => low,
        })
    }

    /// How many numbers were added.
    pub fn len(&self) -> usize {
        self.low.len() + self.high.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_the_quantile_of_the_sorted_numbers(
            numbers in prop::collection::vec(-1e6..1e6, 1..50),
            share in prop_oneof![Just(0.0), Just(0.5), Just(1.0), 0.0..=1.0],
        ) {
            let mut running = RunningQuantile::new(share);
            for (count, number) in (1..).zip(&numbers) {
                running.add(*number);
                let mut sorted = numbers[..count].to_vec();
                sorted.sort_by(f64::total_cmp);
                let place = share * (count - 1) as f64;
                let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
                let expected = low + (high - low) * place.fract();
                prop_assert!((running.value().unwrap() - expected).abs() < 1e-6);
                prop_assert_eq!(running.len(), count);
            }
        }
    }
}
