//! The median of a growing set of numbers: two heaps that meet in the middle.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// Numbers can be added, in logarithmic time, and the median read at once.
#[derive(Clone, Debug, Default)]
pub(super) struct RunningMedian {
    /// The smaller half, and the middle one of an odd count.
    low: BinaryHeap<Number>,
    /// The larger half.
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

impl RunningMedian {
    /// Adds a finite number.
    pub fn add(&mut self, number: f64) {
        self.low.push(Number(number));
        if let Some(largest) = self.low.pop() {
            self.high.push(Reverse(largest));
        }
        if self.high.len() > self.low.len()
            && let Some(Reverse(smallest)) = self.high.pop()
        {
            self.low.push(smallest);
        }
    }

    /// The middle number, or the mean of the two in the middle.
    pub fn median(&self) -> Option<f64> {
        let low = self.low.peek()?.0;
        match self.high.peek() {
            Some(Reverse(high)) if self.high.len() == self.low.len() => {
                Some(low / 2.0 + high.0 / 2.0)
            }
            _ => Some(low),
        }
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
        fn it_is_the_median_of_the_sorted_numbers(numbers in prop::collection::vec(-1e6..1e6, 1..50)) {
            let mut running = RunningMedian::default();
            for (count, number) in (1..).zip(&numbers) {
                running.add(*number);
                let mut sorted = numbers[..count].to_vec();
                sorted.sort_by(f64::total_cmp);
                let expected = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2.0;
                prop_assert!((running.median().unwrap() - expected).abs() < 1e-9);
                prop_assert_eq!(running.len(), count);
            }
        }
    }
}
