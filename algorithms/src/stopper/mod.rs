//! Early stopping: rules that end a trial from its partial results.

use crate::history::Goal;
use crate::setting::{Setting, SettingError, Settings};
use serde::{Deserialize, Serialize};

/// Watches the objective of running trials. Purely a function of the calls made so far.
pub trait Stopper: Send {
    /// The running trial `trial` reported `value` at `level` (reports of one trial come with levels in any order; a second report
    /// at the same level replaces the first). `Some` means: stop it now.
    fn report(&mut self, trial: u64, level: f64, value: f64) -> Option<Verdict>;

    /// The trial ended: `completed` when it succeeded or was stopped early, so that its values may be compared with.
    fn finish(&mut self, trial: u64, completed: bool);
}

/// Why a trial was stopped: the rule, and the numbers behind it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The stopper's name.
    pub rule: String,
    /// The level at which it was decided.
    pub level: f64,
    /// The trial's value that was judged.
    pub value: f64,
    /// What it was compared with.
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

/// Every stopper (`none` is not one of them).
pub const STOPPERS: &[StopperInfo] = &[];

/// Makes the stopper of that name. All problems at once; an unknown name is a problem too.
pub fn build(
    _name: &str,
    _goal: Goal,
    _settings: &Settings,
) -> Result<Box<dyn Stopper>, Vec<SettingError>> {
    Err(Vec::new())
}
