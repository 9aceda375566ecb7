//! What a trial's reports come to: the value of its objective, by the experiment's strategy, and the last value of every metric.

use super::Report;
use crate::spec::{Objective, Strategy};
use indexmap::IndexMap;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use tune_algorithms::history::Goal;

/// The metrics of one trial.
#[derive(Clone, Debug)]
pub struct TrialMetrics {
    metric: String,
    objective: ObjectiveValue,
    last: IndexMap<String, f64>,
}

impl TrialMetrics {
    /// A trial that has reported nothing.
    pub fn new(objective: &Objective) -> Self {
        Self {
            metric: objective.metric.clone(),
            objective: ObjectiveValue::new(objective.strategy, objective.goal),
            last: IndexMap::new(),
        }
    }

    /// Takes in a report of the step at that position in the pipeline.
    pub fn report(&mut self, step: usize, report: &Report) {
        if report.name == self.metric {
            self.objective.report(step, report.level, report.value);
        }
        match self.last.get_mut(&report.name) {
            Some(last) => *last = report.value,
            None => {
                self.last.insert(report.name.clone(), report.value);
            }
        }
    }

    /// The value of the objective; `None` when it was never reported.
    pub fn objective(&self) -> Option<f64> {
        self.objective.value()
    }

    /// The last value of every metric, in the order in which they were first reported.
    pub fn last(&self) -> &IndexMap<String, f64> {
        &self.last
    }
}

/// The value of one trial's objective while its reports arrive. A report takes logarithmic time; memory grows with the number of
/// distinct levels, not with that of reports.
#[derive(Clone, Debug)]
pub struct ObjectiveValue {
    strategy: Strategy,
    goal: Goal,
    last: Option<f64>,
    /// By step and level; empty when the last report alone counts.
    by_level: BTreeMap<(usize, Ordered), f64>,
    /// How often each value is in `by_level`.
    counts: BTreeMap<Ordered, usize>,
    sum: Sum,
}

impl ObjectiveValue {
    /// No report yet.
    pub fn new(strategy: Strategy, goal: Goal) -> Self {
        Self {
            strategy,
            goal,
            last: None,
            by_level: BTreeMap::new(),
            counts: BTreeMap::new(),
            sum: Sum::default(),
        }
    }

    /// Takes in a value. A repeated level of the same step, as a later attempt reports it, replaces the former value.
    pub fn report(&mut self, step: usize, level: f64, value: f64) {
        self.last = Some(value);
        if self.strategy == Strategy::Last {
            return;
        }
        if let Some(former) = self.by_level.insert((step, Ordered(level)), value) {
            self.remove(former);
        }
        *self.counts.entry(Ordered(value)).or_default() += 1;
        self.sum.add(value);
    }

    /// The value so far: the last one; or the best finite one, the last if none is finite; or the mean over all levels, which is not finite
    /// when one of them is not.
    pub fn value(&self) -> Option<f64> {
        match self.strategy {
            Strategy::Last => self.last,
            Strategy::Best => self.best().or(self.last),
            Strategy::Mean => self.mean(),
        }
    }

    fn remove(&mut self, value: f64) {
        if let Some(count) = self.counts.get_mut(&Ordered(value)) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&Ordered(value));
            }
        }
        if value.is_finite() {
            self.sum.add(-value);
        }
    }

    fn best(&self) -> Option<f64> {
        let mut finite = self.counts.range(Ordered(f64::MIN)..=Ordered(f64::MAX));
        let best = match self.goal {
            Goal::Minimize => finite.next(),
            Goal::Maximize => finite.next_back(),
        };
        best.map(|(value, _)| value.0)
    }

    fn mean(&self) -> Option<f64> {
        let not_finite = |(value, _): (&Ordered, &usize)| (!value.0.is_finite()).then_some(value.0);
        let ends = [self.counts.first_key_value(), self.counts.last_key_value()];
        let extremes: f64 = ends.into_iter().flatten().filter_map(not_finite).sum();
        let count = self.by_level.len();
        (count > 0).then(|| self.sum.mean(count as f64) + extremes)
    }
}

/// A float in the order of IEEE 754: -NaN, -∞, numbers, ∞, NaN; both zeros are one.
#[derive(Clone, Copy, Debug)]
struct Ordered(f64);

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.0 + 0.0).total_cmp(&(other.0 + 0.0))
    }
}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ordered {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ordered {}

/// Finite numbers whose sum may be larger than any number: what is huge is added up apart, made smaller.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    usual: Exact,
    huge: Exact,
}

/// What is larger is huge (2^900).
const HUGE: f64 = 8.452_712_498_170_644e270;

/// By so much huge numbers are made smaller: a power of two, which costs no digit.
const SCALE: f64 = 18_446_744_073_709_551_616.0;

impl Sum {
    /// Adds a number; one that is not finite is left out.
    fn add(&mut self, value: f64) {
        match value.abs() {
            usual if usual <= HUGE => self.usual.add(value),
            huge if huge.is_finite() => self.huge.add(value / SCALE),
            _ => {}
        }
    }

    /// The mean, if there are so many.
    fn mean(self, count: f64) -> f64 {
        self.usual.value() / count + self.huge.value() / count * SCALE
    }
}

/// A sum that keeps what rounding takes away, so that numbers can be taken out again (Neumaier 1974).
#[derive(Clone, Copy, Debug, Default)]
struct Exact {
    sum: f64,
    lost: f64,
}

impl Exact {
    fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        self.lost += if self.sum.abs() >= value.abs() {
            (self.sum - sum) + value
        } else {
            (value - sum) + self.sum
        };
        self.sum = sum;
    }

    fn value(self) -> f64 {
        self.sum + self.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{prop, prop_assert, prop_assert_eq, proptest};

    const MAX: Goal = Goal::Maximize;
    const NAN: f64 = f64::NAN;
    const INF: f64 = f64::INFINITY;

    fn value(strategy: Strategy, goal: Goal, reports: &[(usize, f64, f64)]) -> Option<f64> {
        let mut objective = ObjectiveValue::new(strategy, goal);
        for &(step, level, value) in reports {
            objective.report(step, level, value);
        }
        objective.value()
    }

    #[test]
    fn the_mean_of_huge_numbers_is_one_too() {
        let huge = [(0, 0.0, 1e308), (0, 1.0, 1e308)];
        assert_eq!(value(Strategy::Mean, MAX, &huge), Some(1e308));
        let replaced = [
            (0, 0.0, 1e308),
            (0, 1.0, 1e308),
            (0, 0.0, 1.0),
            (0, 1.0, 2.0),
        ];
        assert_eq!(value(Strategy::Mean, MAX, &replaced), Some(1.5));
        let small = [(0, 0.0, 5e-324), (0, 1.0, 5e-324)];
        assert_eq!(value(Strategy::Mean, MAX, &small), Some(5e-324));
    }

    #[test]
    fn which_value_counts() {
        let plain = [(0, 0.0, 1.0), (0, 1.0, 3.0), (0, 2.0, 2.0)];
        let again = [(0, 0.0, 9.0), (0, 1.0, 3.0), (0, 0.0, 1.0), (1, 0.0, 5.0)];
        let wild = [(0, 0.0, NAN), (0, 1.0, 2.0), (0, 2.0, INF)];
        let cases: [(Strategy, Goal, &[_], Option<f64>, &str); 12] = [
            (Strategy::Last, MAX, &[], None, "nothing reported"),
            (Strategy::Mean, MAX, &[], None, "nothing reported"),
            (Strategy::Last, MAX, &plain, Some(2.0), "the last"),
            (Strategy::Best, MAX, &plain, Some(3.0), "the largest"),
            (
                Strategy::Best,
                Goal::Minimize,
                &plain,
                Some(1.0),
                "the smallest",
            ),
            (Strategy::Mean, MAX, &plain, Some(2.0), "the mean"),
            (Strategy::Best, MAX, &again, Some(5.0), "9 was replaced"),
            (
                Strategy::Mean,
                MAX,
                &again,
                Some(3.0),
                "a level of another step is another level",
            ),
            (Strategy::Best, MAX, &wild, Some(2.0), "the best finite one"),
            (
                Strategy::Best,
                MAX,
                &wild[2..],
                Some(INF),
                "none is finite: the last",
            ),
            (
                Strategy::Mean,
                MAX,
                &wild[1..],
                Some(INF),
                "infinite when one is",
            ),
            (
                Strategy::Last,
                MAX,
                &wild,
                Some(INF),
                "the last, whatever it is",
            ),
        ];
        for (strategy, goal, reports, expected, reason) in cases {
            assert_eq!(value(strategy, goal, reports), expected, "{reason}");
        }
        assert!(value(Strategy::Mean, MAX, &wild).is_some_and(f64::is_nan));
        let opposite = [(0, 0.0, INF), (0, 1.0, -INF)];
        assert!(value(Strategy::Mean, MAX, &opposite).is_some_and(f64::is_nan));
        let negative_nan = [(0, 0.0, -NAN), (0, 1.0, 1.0)];
        assert!(value(Strategy::Mean, MAX, &negative_nan).is_some_and(f64::is_nan));
    }

    #[test]
    fn a_huge_value_that_was_replaced_leaves_no_trace() {
        let reports = [(0, 0.0, 1e300), (0, 1.0, 1.0), (0, 0.0, 2.0)];
        assert_eq!(value(Strategy::Mean, MAX, &reports), Some(1.5));
    }

    #[test]
    fn keeps_the_last_value_of_every_metric() {
        let objective = Objective {
            metric: "loss".into(),
            goal: Goal::Minimize,
            target: None,
            strategy: Strategy::Best,
        };
        let mut metrics = TrialMetrics::new(&objective);
        for (name, value) in [("loss", 1.0), ("acc", 0.5), ("loss", 2.0)] {
            let level = value;
            metrics.report(
                0,
                &Report {
                    name: name.into(),
                    level,
                    value,
                },
            );
        }
        assert_eq!(metrics.objective(), Some(1.0));
        let last: Vec<_> = metrics
            .last()
            .iter()
            .map(|(name, value)| (name.as_str(), *value))
            .collect();
        assert_eq!(last, [("loss", 2.0), ("acc", 0.5)]);
    }

    proptest! {
        #[test]
        fn equals_the_plain_computation(reports in prop::collection::vec((0..2usize, 0..5u8, -1e3..1e3f64), 1..40)) {
            let mut by_level = BTreeMap::new();
            let reports: Vec<(usize, f64, f64)> = reports.iter().map(|&(step, level, value)| {
                by_level.insert((step, level), value);
                (step, f64::from(level), value)
            }).collect();
            let values = || by_level.values().copied();
            let mean = values().sum::<f64>() / by_level.len() as f64;
            prop_assert!((value(Strategy::Mean, MAX, &reports).unwrap() - mean).abs() < 1e-9);
            prop_assert_eq!(value(Strategy::Best, MAX, &reports), values().reduce(f64::max));
            prop_assert_eq!(value(Strategy::Best, Goal::Minimize, &reports), values().reduce(f64::min));
        }
    }
}
