//! Early stopping: rules that end a trial from its partial results.
//!
//! - **`median`** compares a trial's best value so far with the median of what completed trials had on average by the
//!   same level. It assumes nothing about the shape of the curves and is a safe first choice. Settings:
//!   `startup_trials` (5), `warmup_levels` (1).
//! - **`percentile`** is the same with the best `percentile` (25) % in place of the better half: it stops more.
//! - **`wilcoxon`** is for levels that are folds of a cross-validation or instances of a problem: it ends a trial that is worse than the
//!   best one at the levels that both have reported, by a signed-rank test (`p_threshold`, 0.1), and never one whose mean there is as good.
//!   Settings: `p_threshold`, `startup_levels` (2).
//! - **`threshold`** ends trials whose value leaves a fixed range, or is not finite: training that has diverged.
//!   Settings: `min`, `max` (none), `warmup_levels` (0).
//! - **`asha`** lets only the best third of the trials go on from each of the levels 1, 3, 9, 27 …, by their values or by what their curves
//!   head for, without waiting for anyone. It saves most where trials are long and many. Settings: `min_level` (1), the first of these
//!   levels; `reduction` (3); `brackets` (1); `resource`, the parameter that says how many levels a trial has ([`Resource`]).
//! - **`hyperband`** is `asha` with three `brackets`: more than half of the trials are judged from the first of these levels on, others
//!   from the second or third.
//! - **`plateau`** ends a trial whose best value has not improved for `patience` (10) levels by more than `min_improvement` (0). It does
//!   not compare trials.
//!
//! `warmup_levels` counts the different levels that the trial itself has reported, so that it means the same whether
//! levels are epochs, thousands of iterations or fractions: with 3, the fourth report is the first to be judged.

mod curve;
mod heading;
mod lately;
mod median;
mod plateau;
mod resource;
mod rungs;
mod running_quantile;
mod threshold;
mod wilcoxon;

pub use resource::Resource;

use crate::history::{Goal, Outcome};
use crate::setting::{self, Setting, SettingError, SettingKind, Settings};
use crate::space::Space;
use serde::{Deserialize, Deserializer, Serialize};

/// Watches the objective of running trials. Purely a function of the calls made so far.
pub trait Stopper: Send {
    /// The running trial `trial` reported `value` at `level` (reports of one trial come with levels in any order; a second report
    /// at the same level replaces the first). `Some` means: stop it now.
    fn report(&mut self, trial: u64, level: f64, value: f64) -> Option<Verdict>;

    /// The trial ended. With one that failed, nobody is compared.
    fn finish(&mut self, trial: u64, outcome: Outcome);

    /// The parameter that says how many levels a trial has, if one was named.
    fn resource(&self) -> Option<&Resource> {
        None
    }
}

/// Why a trial was stopped: the rule, and the numbers behind it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The stopper's name.
    pub rule: String,
    /// The level at which it was decided.
    pub level: f64,
    /// The trial's value that was judged. One that is not finite is `null` in JSON, and NaN when read back.
    #[serde(deserialize_with = "null_as_nan")]
    pub value: f64,
    /// What it was compared with; NaN (`null` in JSON) when it was stopped for not being finite.
    #[serde(deserialize_with = "null_as_nan")]
    pub bound: f64,
    /// In words, lowercase, with the numbers: `best accuracy 0.61 by level 4 is below the median 0.82 of 7 trials`.
    pub explanation: String,
}

/// What there is to know of a stopper before it is made.
#[derive(Clone, Copy, Debug)]
pub struct StopperInfo {
    /// Its name in `early_stopping.name`.
    pub name: &'static str,
    /// One line: what it does and when to use it.
    pub summary: &'static str,
    /// Its settings.
    pub settings: &'static [Setting],
}

fn null_as_nan<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

/// A number in words: six significant digits, and an exponent where it would be long.
fn shown(number: f64) -> String {
    let rounded: f64 = format!("{number:.5e}").parse().unwrap_or(number);
    let text = format!("{rounded:?}");
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

/// Shared by the rules.
const WARMUP_LEVELS: Setting = Setting {
    name: "warmup_levels",
    kind: SettingKind::Int {
        min: 0,
        max: i64::MAX,
    },
    default: "0",
    doc: "how many levels of each trial are let pass before it is judged",
};

/// Every stopper (`none` is not one of them).
pub const STOPPERS: &[StopperInfo] = &[
    median::INFO,
    median::PERCENTILE,
    wilcoxon::INFO,
    rungs::ASHA,
    rungs::HYPERBAND,
    plateau::INFO,
    threshold::INFO,
];

/// Makes the stopper of that name, for trials of a space. All problems at once; an unknown name is a problem too.
pub fn build(
    name: &str,
    goal: Goal,
    space: &Space,
    settings: &Settings,
) -> Result<Box<dyn Stopper>, Vec<SettingError>> {
    let names = STOPPERS.iter().map(|info| info.name);
    let info = STOPPERS
        .iter()
        .find(|info| info.name == name)
        .ok_or_else(|| setting::unknown_name("stopper", name, names))?;
    let settings = setting::check(info.settings, settings)?;
    Ok(match info.name {
        "asha" | "hyperband" => Box::new(rungs::Rungs::new(info.name, goal, space, &settings)?),
        "plateau" => Box::new(plateau::Plateau::new(goal, &settings)),
        "wilcoxon" => Box::new(wilcoxon::Wilcoxon::new(goal, &settings)),
        "threshold" => Box::new(threshold::Threshold::new(goal, &settings)?),
        _ => Box::new(median::Median::new(goal, &settings)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A space that no stopper asks for anything.
    pub(super) fn empty() -> Space {
        Space::new(Vec::new()).unwrap()
    }

    /// The stopper of that name, with settings that fit.
    pub(super) fn stopper(name: &str, goal: Goal, settings: serde_json::Value) -> Box<dyn Stopper> {
        let settings = serde_json::from_value(settings).unwrap();
        build(name, goal, &empty(), &settings).unwrap()
    }

    #[test]
    fn every_stopper_can_be_built_with_its_defaults() {
        for info in STOPPERS {
            assert!(
                build(info.name, Goal::Minimize, &empty(), &Settings::new()).is_ok(),
                "{}",
                info.name
            );
        }
    }

    #[test]
    fn numbers_are_short() {
        let numbers = [
            11.0,
            0.1 + 0.2,
            1e300,
            -1.5e-7,
            f64::NAN,
            f64::INFINITY,
            123_456_789.0,
        ];
        let shown = numbers.map(shown);
        assert_eq!(
            shown,
            ["11", "0.3", "1e300", "-1.5e-7", "NaN", "inf", "123457000"]
        );
    }

    #[test]
    fn an_unknown_name_gets_a_hint() {
        let found = build("medain", Goal::Minimize, &empty(), &Settings::new())
            .err()
            .unwrap();
        assert_eq!(found[0].help.as_deref(), Some("did you mean `median`?"));
    }

    #[test]
    fn a_verdict_survives_json() {
        let mut stopper = stopper("threshold", Goal::Minimize, serde_json::json!({}));
        let verdict = stopper.report(1, 1.0, f64::INFINITY).unwrap();
        let json = serde_json::to_string(&verdict).unwrap();
        let read: Verdict = serde_json::from_str(&json).unwrap();
        assert!(read.bound.is_nan() && read.value.is_nan());
        assert_eq!(
            read.explanation,
            "value inf at level 1 is not a finite number"
        );
    }
}
