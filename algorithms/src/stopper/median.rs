//! The median rule of Vizier (Golovin et al. 2017, doi:10.1145/3097983.3098043, section 3.2): a trial is stopped when
//! its best value so far is worse than what the average trial had achieved on average by then. `percentile` is the same with
//! another quantile in place of the median, and so stricter or more lenient.

use super::curve::{Averages, Curve};
use super::running_quantile::RunningQuantile;
use super::{Stopper, StopperInfo, Verdict, WARMUP_LEVELS, shown};
use crate::history::{Goal, Outcome};
use crate::setting::{Checked, Setting, SettingKind};
use std::collections::{HashMap, HashSet};

const STARTUP_TRIALS: Setting = Setting {
    name: "startup_trials",
    kind: SettingKind::Int {
        min: 1,
        max: i64::MAX,
    },
    default: "5",
    doc: "no trial is stopped before so many have completed (succeeded or stopped early) with at least one finite report",
};

// Not before the second level: a trial that reports once, at its end, has nothing left to be spared.
const WARMUP: Setting = Setting {
    default: "1",
    ..WARMUP_LEVELS
};

/// What there is to know of `median`.
pub(super) const INFO: StopperInfo = StopperInfo {
    name: "median",
    summary: "stops a trial whose best value is worse than the median of the other trials' averages up to the same level; robust and without assumptions on curves",
    settings: &[STARTUP_TRIALS, WARMUP],
};

/// What there is to know of `percentile`.
pub(super) const PERCENTILE: StopperInfo = StopperInfo {
    name: "percentile",
    summary: "stops a trial whose best value is not among the best `percentile` % of the other trials' averages up to the same level; `median` is the same with 50",
    settings: &[
        Setting {
            name: "percentile",
            kind: SettingKind::Float {
                min: 0.0,
                max: 100.0,
            },
            default: "25",
            doc: "how many in a hundred are good enough to go on: less stops more",
        },
        STARTUP_TRIALS,
        WARMUP,
    ],
};

/// How many numbers the medians of shared levels may hold together (400 MB) before they are computed afresh.
const MAX_CACHED: usize = 50_000_000;

/// Judges each report against the completed trials. A trial that was shorter enters with the average of all its values,
/// one that had reported nothing by that level does not enter.
///
/// At a level that several trials report (epochs), the median is kept and only newly completed trials are added to it:
/// logarithmic time for each pair of trial and level. At a level that no other trial was judged at (seconds), it takes one
/// pass over the completed trials, and nothing is kept.
pub(super) struct Median {
    goal: Goal,
    bound: Bound,
    startup_trials: usize,
    warmup_levels: usize,
    running: HashMap<u64, Curve>,
    finished: HashSet<u64>,
    completed: Vec<Averages>,
    /// By the bits of the level.
    levels: HashMap<u64, Level>,
    /// How many numbers `levels` holds.
    cached: usize,
}

/// What trials are compared with: which quantile of the others, and what it is called.
struct Bound {
    rule: &'static str,
    /// In [0, 1], of numbers in ascending order.
    share: f64,
    words: String,
}

impl Bound {
    /// The median, unless there is a `percentile` of good trials.
    fn new(goal: Goal, percentile: Option<f64>) -> Self {
        let Some(percentile) = percentile else {
            return Self {
                rule: INFO.name,
                share: 0.5,
                words: "the median".to_owned(),
            };
        };
        let share = percentile / 100.0;
        Self {
            rule: PERCENTILE.name,
            share: match goal {
                Goal::Minimize => share,
                Goal::Maximize => 1.0 - share,
            },
            words: format!("the bound of the best {} %,", shown(percentile)),
        }
    }
}

/// A level at which trials were judged.
enum Level {
    /// One trial only: this one.
    Single(u64),
    /// Several.
    Shared(Standing),
}

/// The averages up to one level of the first so many completed trials.
struct Standing {
    averages: RunningQuantile,
    trials: usize,
}

impl Standing {
    fn new(share: f64) -> Self {
        Self {
            averages: RunningQuantile::new(share),
            trials: 0,
        }
    }

    /// Adds the trials that have completed since the last time.
    fn catch_up(&mut self, completed: &[Averages], level: f64) {
        for averages in &completed[self.trials..] {
            if let Some(average) = averages.by(level) {
                self.averages.add(average);
            }
        }
        self.trials = completed.len();
    }

    /// The quantile, and of how many trials it is.
    fn quantile(&self) -> Option<(f64, usize)> {
        Some((self.averages.value()?, self.averages.len()))
    }
}

impl Median {
    pub fn new(goal: Goal, settings: &Checked) -> Self {
        Self {
            goal,
            bound: Bound::new(goal, settings.float("percentile")),
            startup_trials: settings.count("startup_trials"),
            warmup_levels: settings.count(WARMUP_LEVELS.name),
            running: HashMap::new(),
            finished: HashSet::new(),
            completed: Vec::new(),
            levels: HashMap::new(),
            cached: 0,
        }
    }

    /// The quantile of the completed trials' averages up to a level, at which `trial` is judged, and of how many it is.
    fn bound_by(&mut self, trial: u64, level: f64) -> Option<(f64, usize)> {
        if self.cached > MAX_CACHED {
            self.levels.clear();
            self.cached = 0;
        }
        match self
            .levels
            .entry(level.to_bits())
            .or_insert(Level::Single(trial))
        {
            Level::Single(only) if *only == trial => {
                let mut standing = Standing::new(self.bound.share);
                standing.catch_up(&self.completed, level);
                standing.quantile()
            }
            Level::Shared(standing) => {
                let before = standing.averages.len();
                standing.catch_up(&self.completed, level);
                self.cached += standing.averages.len() - before;
                standing.quantile()
            }
            single => {
                *single = Level::Shared(Standing::new(self.bound.share));
                self.bound_by(trial, level)
            }
        }
    }
}

impl Stopper for Median {
    fn report(&mut self, trial: u64, level: f64, value: f64) -> Option<Verdict> {
        if level.is_nan() || self.finished.contains(&trial) {
            return None;
        }
        // One zero: -0 and 0 are the same level.
        let level = level + 0.0;
        let curve = self.running.entry(trial).or_default();
        curve.report(self.goal, level, value);
        let warm = curve.levels_by(level) > self.warmup_levels;
        if !warm || !value.is_finite() || self.completed.len() < self.startup_trials {
            return None;
        }
        let best = curve.best_by(level)?;
        let (bound, trials) = self.bound_by(trial, level)?;
        self.goal
            .better(bound, best)
            .then(|| self.verdict(level, best, bound, trials))
    }

    fn finish(&mut self, trial: u64, outcome: Outcome) {
        if !self.finished.insert(trial) {
            return;
        }
        let averages = self.running.remove(&trial).map(Curve::into_averages);
        if let Some(averages) =
            averages.filter(|averages| outcome != Outcome::Failed && !averages.is_empty())
        {
            self.completed.push(averages);
        }
    }
}

impl Median {
    fn verdict(&self, level: f64, best: f64, bound: f64, trials: usize) -> Verdict {
        let worse = match self.goal {
            Goal::Minimize => "above",
            Goal::Maximize => "below",
        };
        Verdict {
            rule: self.bound.rule.to_owned(),
            level,
            value: best,
            bound,
            explanation: format!(
                "best value {} by level {} is {worse} {} {} of {trials} trials",
                shown(best),
                shown(level),
                self.bound.words,
                shown(bound)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::stopper;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    /// A stopper that has seen each of these curves, at levels 1, 2, 3 …, completed.
    /// Judges from the first level on, unless the settings say otherwise.
    fn after(goal: Goal, mut settings: serde_json::Value, curves: &[&[f64]]) -> Box<dyn Stopper> {
        if settings.get("warmup_levels").is_none() {
            settings["warmup_levels"] = json!(0);
        }
        let mut stopper = stopper("median", goal, settings);
        for (trial, curve) in (0..).zip(curves) {
            for (level, value) in (1..).zip(*curve) {
                stopper.report(trial, f64::from(level), *value);
            }
            stopper.finish(trial, Outcome::Succeeded(0.0));
        }
        stopper
    }

    const CURVES: [&[f64]; 3] = [&[0.2, 0.4, 0.6], &[0.4, 0.6, 0.8], &[0.6, 0.8, 1.0]];

    #[test]
    fn the_best_value_is_judged_against_the_median_of_running_averages() {
        let mut stopper = after(Goal::Maximize, json!({"startup_trials": 3}), &CURVES);
        // Running averages by level 2: 0.3, 0.5, 0.7.
        assert_eq!(stopper.report(9, 1.0, 0.45), None);
        let verdict = stopper.report(9, 2.0, 0.2).unwrap();
        assert_eq!(
            verdict.explanation,
            "best value 0.45 by level 2 is below the median 0.5 of 3 trials"
        );
        assert_eq!(
            (verdict.value, verdict.bound, verdict.level),
            (0.45, 0.5, 2.0)
        );
        assert_eq!(
            stopper.report(10, 2.0, 0.5),
            None,
            "as good as the median is good enough"
        );
    }

    #[test]
    fn a_percentile_is_stricter_or_more_lenient_than_the_median() {
        let by = |goal, percentile: f64, value: f64| {
            let settings =
                json!({"percentile": percentile, "startup_trials": 1, "warmup_levels": 0});
            let mut stopper = stopper("percentile", goal, settings);
            for trial in 0..5 {
                stopper.report(trial, 1.0, trial as f64);
                stopper.finish(trial, Outcome::Succeeded(0.0));
            }
            stopper.report(9, 1.0, value)
        };
        assert_eq!(by(Goal::Minimize, 25.0, 1.0), None);
        let verdict = by(Goal::Minimize, 25.0, 1.5).unwrap();
        assert_eq!((verdict.rule.as_str(), verdict.bound), ("percentile", 1.0));
        assert_eq!(
            verdict.explanation,
            "best value 1.5 by level 1 is above the bound of the best 25 %, 1 of 5 trials"
        );
        assert_eq!(by(Goal::Maximize, 25.0, 2.5).unwrap().bound, 3.0);
        assert_eq!(by(Goal::Minimize, 75.0, 2.9), None);
        assert_eq!(by(Goal::Minimize, 0.0, 0.1).unwrap().bound, 0.0);
        assert_eq!(by(Goal::Minimize, 100.0, 4.1).unwrap().bound, 4.0);
    }

    #[test]
    fn small_is_good_when_minimising() {
        let mut stopper = after(Goal::Minimize, json!({"startup_trials": 3}), &CURVES);
        assert_eq!(stopper.report(9, 1.0, 0.39), None);
        assert!(
            stopper
                .report(10, 1.0, 0.41)
                .unwrap()
                .explanation
                .contains("above")
        );
    }

    #[test]
    fn nothing_is_stopped_before_enough_trials_have_completed_with_a_report() {
        let mut stopper = after(Goal::Maximize, json!({"startup_trials": 4}), &CURVES);
        stopper.finish(3, Outcome::Succeeded(0.0));
        stopper.report(4, 1.0, f64::NAN);
        stopper.finish(4, Outcome::Succeeded(0.0));
        stopper.report(5, 1.0, 0.9);
        stopper.finish(5, Outcome::Failed);
        assert_eq!(stopper.report(9, 1.0, 0.0), None);
        stopper.report(6, 1.0, 0.9);
        stopper.finish(6, Outcome::Succeeded(0.0));
        assert!(stopper.report(9, 1.0, 0.0).is_some());
    }

    #[test]
    fn warm_up_counts_the_levels_that_the_trial_has_reported() {
        let settings = json!({"startup_trials": 3, "warmup_levels": 2});
        let mut stopper = after(Goal::Maximize, settings, &CURVES);
        assert_eq!(stopper.report(9, 0.5, 0.0), None);
        assert_eq!(stopper.report(9, 100.0, 0.0), None);
        assert_eq!(stopper.report(9, 100.0, 0.0), None, "the same level again");
        assert!(stopper.report(9, 101.0, 0.0).is_some());
    }

    #[test]
    fn trials_of_different_lengths_are_compared_by_what_they_have() {
        let curves: [&[f64]; 2] = [&[0.8], &[0.0, 0.0, 0.0, 1.0]];
        let mut stopper = after(Goal::Maximize, json!({"startup_trials": 1}), &curves);
        // By level 4: 0.8 (all it has) and 0.25.
        assert_eq!(stopper.report(9, 4.0, 0.5).unwrap().bound, 0.525);
        // By level 0.5 nobody has reported.
        assert_eq!(stopper.report(10, 0.5, 0.0), None);
    }

    #[test]
    fn medians_follow_the_trials_that_complete_later() {
        let mut stopper = after(Goal::Maximize, json!({"startup_trials": 3}), &CURVES);
        assert_eq!(stopper.report(9, 1.0, 0.5), None);
        for trial in 20..24 {
            stopper.report(trial, 1.0, 0.9);
            stopper.finish(trial, Outcome::Succeeded(0.0));
        }
        assert_eq!(stopper.report(9, 1.0, 0.5).unwrap().bound, 0.9);
    }

    #[test]
    fn values_that_are_not_finite_are_not_judged() {
        let mut stopper = after(Goal::Maximize, json!({"startup_trials": 3}), &CURVES);
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(stopper.report(9, 1.0, value), None);
        }
        assert_eq!(stopper.report(9, f64::NAN, 0.0), None);
    }

    #[test]
    fn a_report_after_the_end_changes_nothing() {
        let mut stopper = after(Goal::Maximize, json!({"startup_trials": 3}), &CURVES);
        assert_eq!(stopper.report(0, 4.0, 0.0), None);
        stopper.finish(0, Outcome::Succeeded(0.0));
        assert!(
            stopper
                .report(9, 1.0, 0.39)
                .unwrap()
                .explanation
                .ends_with("3 trials")
        );
    }

    /// The rule as it is written in the paper, from all reports of all trials so far.
    fn by_the_book(completed: &[Vec<(i32, f64)>], own: &[(i32, f64)], level: i32) -> Option<f64> {
        let until = |reports: &[(i32, f64)]| -> Vec<f64> {
            reports
                .iter()
                .filter(|(l, _)| *l <= level)
                .map(|(_, value)| *value)
                .collect()
        };
        let mut averages: Vec<f64> = completed
            .iter()
            .map(|reports| until(reports))
            .filter(|values| !values.is_empty())
            .map(|values| values.iter().sum::<f64>() / values.len() as f64)
            .collect();
        averages.sort_by(f64::total_cmp);
        let (low, high) = (
            averages.get((averages.len().max(1) - 1) / 2)?,
            averages[averages.len() / 2],
        );
        let median = (low + high) / 2.0;
        let best = until(own).into_iter().fold(f64::INFINITY, f64::min);
        (best > median + 1e-9).then_some(median)
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_rule_by_the_book(
            trials in prop::collection::vec(prop::collection::btree_map(0..6, 0.0..1.0, 1..6), 1..12)
        ) {
            let mut stopper = stopper("median", Goal::Minimize, json!({"startup_trials": 1, "warmup_levels": 0}));
            let mut completed: Vec<Vec<(i32, f64)>> = Vec::new();
            for (trial, reports) in (0..).zip(trials) {
                let mut own = Vec::new();
                for (level, value) in reports {
                    own.push((level, value));
                    let verdict = stopper.report(trial, f64::from(level), value);
                    let expected = by_the_book(&completed, &own, level);
                    prop_assert_eq!(verdict.is_some(), expected.is_some());
                    if let (Some(verdict), Some(expected)) = (verdict, expected) {
                        prop_assert!((verdict.bound - expected).abs() < 1e-9);
                    }
                }
                stopper.finish(trial, Outcome::Succeeded(0.0));
                completed.push(own);
            }
        }
    }
}
