//! `plateau`: stops a trial that has stopped getting better, whatever others do.

use super::curve::Curve;
use super::{Stopper, StopperInfo, Verdict, WARMUP_LEVELS, shown};
use crate::history::{Goal, Outcome};
use crate::setting::{Checked, Setting, SettingKind};
use std::collections::HashMap;

/// What there is to know of `plateau`.
pub(super) const INFO: StopperInfo = StopperInfo {
    name: "plateau",
    summary: "stops a trial whose best value has not improved for several levels: training that has come to its end",
    settings: &[
        Setting {
            name: "patience",
            kind: SettingKind::Int {
                min: 1,
                max: i64::MAX,
            },
            default: "10",
            doc: "for how many levels the best value may stay as it is",
        },
        Setting {
            name: "min_improvement",
            kind: SettingKind::Float {
                min: 0.0,
                max: f64::MAX,
            },
            default: "0",
            doc: "what is not better by more than this is no improvement",
        },
        WARMUP_LEVELS,
    ],
};

/// Compares the best value of a trial with its best value `patience` levels before.
pub(super) struct Plateau {
    goal: Goal,
    patience: usize,
    min_improvement: f64,
    warmup_levels: usize,
    running: HashMap<u64, Curve>,
}

impl Plateau {
    pub fn new(goal: Goal, settings: &Checked) -> Self {
        Self {
            goal,
            patience: settings.count("patience"),
            min_improvement: settings.float("min_improvement").unwrap_or(0.0),
            warmup_levels: settings.count(WARMUP_LEVELS.name),
            running: HashMap::new(),
        }
    }

    /// Whether going from one value to another is an improvement worth the name.
    fn improves(&self, from: f64, to: f64) -> bool {
        let by_enough = match self.goal {
            Goal::Minimize => from - self.min_improvement,
            Goal::Maximize => from + self.min_improvement,
        };
        self.goal.better(to, by_enough)
    }
}

impl Stopper for Plateau {
    fn report(&mut self, trial: u64, level: f64, value: f64) -> Option<Verdict> {
        if level.is_nan() {
            return None;
        }
        let curve = self.running.entry(trial).or_default();
        curve.report(self.goal, level, value);
        let levels = curve.levels_by(level);
        let before = curve.best_of_first(levels.checked_sub(self.patience)?)?;
        let best = curve.best_by(level)?;
        let is_warm = levels > self.warmup_levels;
        (is_warm && !self.improves(before, best)).then(|| Verdict {
            rule: INFO.name.to_owned(),
            level,
            value: best,
            bound: before,
            explanation: format!(
                "best value {} by level {} is no improvement on {}, which it had {} levels before",
                shown(best),
                shown(level),
                shown(before),
                self.patience
            ),
        })
    }

    fn finish(&mut self, trial: u64, _outcome: Outcome) {
        self.running.remove(&trial);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::stopper;
    use super::*;
    use serde_json::json;

    /// The level at which a trial with these values, at levels 1, 2, 3 …, is stopped.
    fn stopped_at(goal: Goal, settings: serde_json::Value, values: &[f64]) -> Option<usize> {
        let mut stopper = stopper("plateau", goal, settings);
        (1..=values.len()).find(|level| {
            let value = values[level - 1];
            stopper.report(7, *level as f64, value).is_some()
        })
    }

    #[test]
    fn a_trial_that_does_not_improve_any_more_is_stopped() {
        let settings = json!({"patience": 2});
        let values = [3.0, 2.0, 2.5, 1.0, 1.0, 1.5, 0.0];
        assert_eq!(
            stopped_at(Goal::Minimize, settings.clone(), &values),
            Some(6)
        );
        let rising = values.map(|value| -value);
        assert_eq!(
            stopped_at(Goal::Maximize, settings.clone(), &rising),
            Some(6)
        );
        assert_eq!(stopped_at(Goal::Minimize, settings, &[3.0, 2.0, 1.0]), None);
    }

    #[test]
    fn a_small_improvement_is_none() {
        let values = [1.0, 0.99, 0.98, 0.97];
        let settings = json!({"patience": 1, "min_improvement": 0.1});
        assert_eq!(stopped_at(Goal::Minimize, settings, &values), Some(2));
        let settings = json!({"patience": 1, "min_improvement": 0.1, "warmup_levels": 2});
        assert_eq!(stopped_at(Goal::Minimize, settings, &values), Some(3));
        assert_eq!(
            stopped_at(Goal::Minimize, json!({"patience": 1}), &values),
            None
        );
    }

    #[test]
    fn values_that_are_not_finite_are_no_improvement() {
        let settings = json!({"patience": 2});
        let values = [
            f64::NAN,
            f64::NAN,
            f64::NAN,
            1.0,
            f64::NAN,
            f64::NEG_INFINITY,
        ];
        assert_eq!(stopped_at(Goal::Minimize, settings, &values), Some(6));
    }

    #[test]
    fn the_verdict_says_what_was_compared() {
        let mut stopper = stopper("plateau", Goal::Minimize, json!({"patience": 1}));
        stopper.report(1, 1.0, 0.5);
        assert_eq!(
            stopper.report(1, 2.0, 0.7).unwrap().explanation,
            "best value 0.5 by level 2 is no improvement on 0.5, which it had 1 levels before"
        );
    }
}
