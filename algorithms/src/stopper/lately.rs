//! What trials came with lately, and which of it is among the best.

use crate::history::Goal;
use std::cmp::Ordering;

/// The last few of some numbers. A moment has one at most.
#[derive(Default)]
pub(super) struct Lately {
    /// When, and the number; the oldest first.
    aged: Vec<(u64, f64)>,
}

impl Lately {
    /// Adds the number of a moment; of more than so many the oldest are forgotten.
    pub fn note(&mut self, moment: u64, number: f64, at_most: usize) {
        let place = self.place(moment);
        self.aged.insert(place, (moment, number));
        let too_many = self.aged.len().saturating_sub(at_most);
        self.aged.drain(..too_many);
    }

    /// As if nothing had come at that moment.
    pub fn take_back(&mut self, moment: u64) {
        let place = self.place(moment);
        if self.aged.get(place).is_some_and(|(at, _)| *at == moment) {
            self.aged.remove(place);
        }
    }

    /// Whether nothing has come.
    pub fn is_empty(&self) -> bool {
        self.aged.is_empty()
    }

    fn place(&self, moment: u64) -> usize {
        self.aged.partition_point(|(at, _)| *at < moment)
    }

    /// The last of the best 1/`reduction`, of one at least, among the last so many.
    pub fn cut(&self, goal: Goal, reduction: usize, last: usize) -> Option<Cut> {
        let oldest = self.aged.len().saturating_sub(last);
        let lately = self.aged[oldest..].iter();
        let mut ranked: Vec<f64> = lately.map(|(_, number)| *number).collect();
        ranked.sort_unstable_by(|one, other| best_first(goal, *one, *other));
        let kept = (ranked.len() / reduction).max(1);
        Some(Cut {
            bound: *ranked.get(kept - 1)?,
            kept,
            of: ranked.len(),
        })
    }
}

fn best_first(goal: Goal, one: f64, other: f64) -> Ordering {
    match (goal.better(one, other), goal.better(other, one)) {
        (true, _) => Ordering::Less,
        (_, true) => Ordering::Greater,
        _ => Ordering::Equal,
    }
}

/// The last of those that go on.
pub(super) struct Cut {
    pub bound: f64,
    pub kept: usize,
    pub of: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lately(numbers: &[f64], at_most: usize) -> Lately {
        let mut lately = Lately::default();
        for (moment, number) in (0..).zip(numbers) {
            lately.note(moment, *number, at_most);
        }
        lately
    }

    fn cut(lately: &Lately, reduction: usize, last: usize) -> (f64, usize, usize) {
        let cut = lately.cut(Goal::Maximize, reduction, last).unwrap();
        (cut.bound, cut.kept, cut.of)
    }

    #[test]
    fn only_the_last_count() {
        assert!(Lately::default().cut(Goal::Maximize, 3, 4).is_none());
        let numbers = lately(&[1.0, 5.0, 5.0, 2.0, 4.0], 9);
        assert_eq!(cut(&numbers, 2, 9), (5.0, 2, 5));
        assert_eq!(cut(&numbers, 2, 2), (4.0, 1, 2));
        assert_eq!(cut(&numbers, 100, 9), (5.0, 1, 5), "of one at least");
        assert_eq!(cut(&lately(&[9.0, 1.0, 2.0], 2), 1, 9), (1.0, 2, 2));
    }

    #[test]
    fn what_is_taken_back_and_comes_at_another_moment_stands_there() {
        let mut numbers = lately(&[1.0, 5.0, 3.0], 9);
        numbers.take_back(1);
        numbers.take_back(7);
        assert_eq!(cut(&numbers, 1, 9), (1.0, 2, 2));
        numbers.note(3, 2.0, 9);
        numbers.note(1, 4.0, 9);
        assert_eq!(cut(&numbers, 1, 3), (2.0, 3, 3));
        assert_eq!(cut(&numbers, 3, 3), (4.0, 1, 3));
    }
}
