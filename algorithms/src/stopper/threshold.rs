//! Stops a trial whose value leaves the range of what is acceptable.

use super::curve::Curve;
use super::{Stopper, StopperInfo, Verdict, WARMUP_LEVELS, shown};
use crate::history::{Goal, Outcome};
use crate::setting::{Checked, Setting, SettingError, SettingKind};
use std::collections::HashMap;

/// Any number.
const NUMBER: SettingKind = SettingKind::Float {
    min: f64::MIN,
    max: f64::MAX,
};

/// What there is to know of `threshold`.
pub(super) const INFO: StopperInfo = StopperInfo {
    name: "threshold",
    summary: "stops a trial whose value falls below `min`, rises above `max` or is no finite number; for training that diverges",
    settings: &[
        Setting {
            name: "min",
            kind: NUMBER,
            default: "",
            doc: "smallest acceptable value; absent: none",
        },
        Setting {
            name: "max",
            kind: NUMBER,
            default: "",
            doc: "largest acceptable value; absent: none",
        },
        WARMUP_LEVELS,
    ],
};

/// Judges each report by itself. Without bounds it stops only what is not finite.
pub(super) struct Threshold {
    goal: Goal,
    min: f64,
    max: f64,
    warmup_levels: usize,
    running: HashMap<u64, Curve>,
}

impl Threshold {
    pub fn new(goal: Goal, settings: &Checked) -> Result<Self, Vec<SettingError>> {
        let min = settings.float("min").unwrap_or(f64::NEG_INFINITY);
        let max = settings.float("max").unwrap_or(f64::INFINITY);
        if min > max {
            return Err(vec![SettingError {
                key: "min".to_owned(),
                message: format!("min {min} is greater than max {max}"),
                help: Some(format!("did you mean min {max} and max {min}?")),
            }]);
        }
        let warmup_levels = settings.count(WARMUP_LEVELS.name);
        Ok(Self {
            goal,
            min,
            max,
            warmup_levels,
            running: HashMap::new(),
        })
    }

    /// Whether the trial has reported more levels than are to be let pass.
    fn is_warm(&mut self, trial: u64, level: f64, value: f64) -> bool {
        if self.warmup_levels == 0 {
            return true;
        }
        let curve = self.running.entry(trial).or_default();
        curve.report(self.goal, level, value);
        curve.levels_by(level) > self.warmup_levels
    }

    /// What is wrong with a value, and the bound that it violates (NaN when it is not finite).
    fn violation(&self, value: f64) -> Option<(String, f64)> {
        match value {
            _ if !value.is_finite() => Some(("is not a finite number".to_owned(), f64::NAN)),
            _ if value < self.min => Some((
                format!("is below the least acceptable {}", shown(self.min)),
                self.min,
            )),
            _ if value > self.max => Some((
                format!("is above the largest acceptable {}", shown(self.max)),
                self.max,
            )),
            _ => None,
        }
    }
}

impl Stopper for Threshold {
    fn report(&mut self, trial: u64, level: f64, value: f64) -> Option<Verdict> {
        if level.is_nan() || !self.is_warm(trial, level, value) {
            return None;
        }
        let (what, bound) = self.violation(value)?;
        let explanation = format!("value {} at level {} {what}", shown(value), shown(level));
        Some(Verdict {
            rule: INFO.name.to_owned(),
            level,
            value,
            bound,
            explanation,
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

    #[test]
    fn values_outside_the_bounds_stop_the_trial() {
        let mut stopper = stopper("threshold", Goal::Minimize, json!({"min": 0, "max": 10.5}));
        assert_eq!(stopper.report(1, 1.0, 0.0), None);
        assert_eq!(stopper.report(1, 2.0, 10.5), None);
        let verdict = stopper.report(1, 3.0, 11.0).unwrap();
        assert_eq!(
            verdict.explanation,
            "value 11 at level 3 is above the largest acceptable 10.5"
        );
        assert_eq!(verdict.bound, 10.5);
        assert_eq!(stopper.report(2, 1.0, -0.5).unwrap().bound, 0.0);
    }

    #[test]
    fn without_bounds_only_what_is_not_finite_stops() {
        let mut stopper = stopper("threshold", Goal::Minimize, json!({}));
        assert_eq!(stopper.report(1, 1.0, 1e300), None);
        assert!(stopper.report(1, 2.0, f64::INFINITY).is_some());
        let verdict = stopper.report(1, 2.0, f64::NAN).unwrap();
        assert_eq!(
            verdict.explanation,
            "value NaN at level 2 is not a finite number"
        );
    }

    #[test]
    fn the_first_levels_may_be_let_pass() {
        let settings = json!({"max": 1.0, "warmup_levels": 1});
        let mut stopper = stopper("threshold", Goal::Minimize, settings);
        assert_eq!(stopper.report(1, 1.0, f64::NAN), None);
        assert!(stopper.report(1, 2.0, 2.0).is_some());
        assert_eq!(
            stopper.report(2, 1.0, 2.0),
            None,
            "each trial has its own warm-up"
        );
    }

    #[test]
    fn swapped_bounds_are_refused() {
        let settings = serde_json::from_value(json!({"min": 2, "max": 1})).unwrap();
        let found = super::super::build(
            "threshold",
            Goal::Minimize,
            &super::super::tests::empty(),
            &settings,
        )
        .err()
        .unwrap();
        assert_eq!(found[0].key, "min");
    }
}
