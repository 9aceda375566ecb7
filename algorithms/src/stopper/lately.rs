//! The last few of the numbers that trials came with, ranked: which of them are among the best.

use crate::history::Goal;
use std::collections::VecDeque;

/// The last few of some numbers.
#[derive(Default)]
pub(super) struct Lately {
    /// The best first.
    ranked: Vec<f64>,
    /// The oldest first.
    aged: VecDeque<f64>,
}

impl Lately {
    /// Adds a number; of more than so many the oldest are forgotten.
    pub fn note(&mut self, goal: Goal, number: f64, at_most: usize) {
        while self.aged.len() >= at_most
            && let Some(oldest) = self.aged.pop_front()
        {
            let place = self.place(goal, oldest);
            self.ranked.remove(place);
        }
        let place = self.place(goal, number);
        self.ranked.insert(place, number);
        self.aged.push_back(number);
    }

    /// The first place of a number in the order.
    fn place(&self, goal: Goal, number: f64) -> usize {
        self.ranked
            .partition_point(|known| goal.better(*known, number))
    }

    /// The last of the best 1/`reduction`, of one at least.
    pub fn cut(&self, reduction: usize) -> Option<Cut> {
        let kept = (self.ranked.len() / reduction).max(1);
        Some(Cut {
            bound: *self.ranked.get(kept - 1)?,
            kept,
            of: self.ranked.len(),
        })
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

    #[test]
    fn fewer_may_be_kept_from_now_on() {
        let mut lately = Lately::default();
        for number in [1.0, 5.0, 3.0, 2.0] {
            lately.note(Goal::Maximize, number, 4);
        }
        lately.note(Goal::Maximize, 4.0, 2);
        let cut = lately.cut(2).unwrap();
        assert_eq!((cut.bound, cut.kept, cut.of), (4.0, 1, 2));
    }

    #[test]
    fn the_oldest_is_forgotten_and_equals_are_told_apart() {
        let mut lately = Lately::default();
        assert!(lately.cut(3).is_none());
        for number in [1.0, 5.0, 5.0, 2.0, 4.0] {
            lately.note(Goal::Maximize, number, 4);
        }
        let cut = lately.cut(2).unwrap();
        assert_eq!((cut.bound, cut.kept, cut.of), (5.0, 2, 4));
        lately.note(Goal::Maximize, 3.0, 4);
        let cut = lately.cut(2).unwrap();
        assert_eq!((cut.bound, cut.kept, cut.of), (4.0, 2, 4));
        assert_eq!(lately.cut(100).unwrap().bound, 5.0, "of one at least");
    }
}
