//! What one running trial has reported, by level.

use crate::history::Goal;

/// One reported level, with sums over it and all levels before.
#[derive(Clone, Copy, Debug)]
struct Point {
    level: f64,
    value: f64,
    /// Best finite value so far.
    best: Option<f64>,
    /// Mean of the finite values so far.
    average: f64,
    /// How many finite values so far.
    finite: u32,
}

/// Reports in order of level. One in its turn is added at once; one out of turn costs a walk over those after it.
#[derive(Clone, Debug, Default)]
pub(super) struct Curve(Vec<Point>);

impl Curve {
    /// Adds a value at a level, or replaces the one that is there.
    pub fn report(&mut self, goal: Goal, level: f64, value: f64) {
        let at = self.0.partition_point(|point| point.level < level);
        let point = Point {
            level,
            value,
            best: None,
            average: 0.0,
            finite: 0,
        };
        match self.0.get_mut(at) {
            Some(known) if known.level == level => *known = point,
            _ => self.0.insert(at, point),
        }
        for index in at..self.0.len() {
            let before = index.checked_sub(1).map(|before| self.0[before]);
            self.0[index].sum_up(goal, before);
        }
    }

    /// Whether there is a value at this level.
    pub fn has(&self, level: f64) -> bool {
        let at = self.0.partition_point(|point| point.level < level);
        self.0.get(at).is_some_and(|point| point.level == level)
    }

    /// How many levels up to this one have been reported.
    pub fn levels_by(&self, level: f64) -> usize {
        self.0.partition_point(|point| point.level <= level)
    }

    /// The best finite value up to this level.
    pub fn best_by(&self, level: f64) -> Option<f64> {
        self.0[..self.levels_by(level)].last()?.best
    }

    /// The best finite value at the first so many of the levels reported.
    pub fn best_of_first(&self, levels: usize) -> Option<f64> {
        self.0.get(levels.checked_sub(1)?)?.best
    }

    /// Levels and finite values up to this level, in order of level.
    pub fn finite_by(&self, level: f64) -> Vec<(f64, f64)> {
        let points = self.0[..self.levels_by(level)].iter();
        let finite = points.filter(|point| point.value.is_finite());
        finite.map(|point| (point.level, point.value)).collect()
    }

    /// What is left to compare others with: each level with the running average up to it.
    pub fn into_averages(self) -> Averages {
        let points = self.0.iter().filter(|point| point.finite > 0);
        Averages(points.map(|point| (point.level, point.average)).collect())
    }
}

impl Point {
    fn sum_up(&mut self, goal: Goal, before: Option<Point>) {
        let (best, average, finite) = before.map_or((None, 0.0, 0), |before| {
            (before.best, before.average, before.finite)
        });
        (self.best, self.average, self.finite) = (best, average, finite);
        if self.value.is_finite() {
            self.finite += 1;
            let count = f64::from(self.finite);
            // In this form huge values do not overflow, and the average of equal values is exactly that value.
            self.average = average + (self.value / count - average / count);
            self.best = Some(
                best.filter(|best| !goal.better(self.value, *best))
                    .unwrap_or(self.value),
            );
        }
    }
}

/// The running averages of a completed trial, by level.
#[derive(Clone, Debug)]
pub(super) struct Averages(Vec<(f64, f64)>);

impl Averages {
    /// The mean of the values up to this level, of all values if the trial was shorter; `None` if it had none yet.
    pub fn by(&self, level: f64) -> Option<f64> {
        let count = self.0.partition_point(|(reported, _)| *reported <= level);
        self.0[..count].last().map(|(_, average)| *average)
    }

    /// Whether it never reported a finite value.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(reports: &[(f64, f64)]) -> Curve {
        let mut curve = Curve::default();
        for (level, value) in reports {
            curve.report(Goal::Minimize, *level, *value);
        }
        curve
    }

    #[test]
    fn the_order_of_reports_does_not_matter_and_the_last_at_a_level_counts() {
        let curve = curve(&[(2.0, 5.0), (1.0, 3.0), (4.0, 9.0), (4.0, 1.0)]);
        assert_eq!(curve.levels_by(3.0), 2);
        assert_eq!(curve.best_by(0.5), None);
        assert_eq!(curve.best_by(2.0), Some(3.0));
        assert_eq!(curve.best_by(4.0), Some(1.0));
        let averages = curve.into_averages();
        assert_eq!(averages.by(0.5), None);
        assert_eq!(averages.by(3.0), Some(4.0));
        assert_eq!(averages.by(100.0), Some(3.0));
    }

    #[test]
    fn values_that_are_not_finite_are_left_out() {
        let curve = curve(&[
            (1.0, f64::NAN),
            (2.0, 4.0),
            (3.0, f64::NEG_INFINITY),
            (4.0, 2.0),
        ]);
        assert_eq!(curve.levels_by(4.0), 4);
        assert_eq!(curve.best_by(1.0), None);
        assert_eq!(curve.best_by(4.0), Some(2.0));
        let averages = curve.into_averages();
        assert_eq!(averages.by(1.0), None);
        assert_eq!(averages.by(4.0), Some(3.0));
    }

    #[test]
    fn the_average_of_equal_values_is_that_value() {
        let averages = curve(&[(1.0, 0.1), (2.0, 0.1), (3.0, 0.1), (4.0, 0.1)]).into_averages();
        assert_eq!(averages.by(3.0), Some(0.1));
        assert_eq!(averages.by(4.0), Some(0.1));
    }

    #[test]
    fn huge_values_do_not_overflow() {
        let averages = curve(&[(1.0, 1e308), (2.0, 1e308), (3.0, 1e308)]).into_averages();
        assert_eq!(averages.by(3.0), Some(1e308));
    }
}
