//! `wilcoxon`: for levels that are folds or instances, the same ones in every trial. A trial is stopped when it is worse than the best one
//! at the levels that both have reported, by a signed-rank test (Wilcoxon 1945, doi:10.2307/3001968), as racing does (Birattari et al.
//! 2002, *A racing algorithm for configuring metaheuristics*, GECCO).
//!
//! Folds differ in difficulty: only values at the same level are compared, in pairs. A trial whose mean at those levels is as good as that
//! of the best one is never stopped, however unlucky its ranks; nor is one that has reached the last level of the best one, where nothing
//! more could be spared.

use super::{Stopper, StopperInfo, Verdict, shown};
use crate::compare::signed_rank;
use crate::history::{Goal, Outcome};
use crate::setting::{Checked, Setting, SettingKind};
use std::collections::{HashMap, HashSet};

/// What there is to know of `wilcoxon`.
pub(super) const INFO: StopperInfo = StopperInfo {
    name: "wilcoxon",
    summary: "stops a trial that is worse than the best one at the levels both have reported, by a signed-rank test; for levels that are folds or instances",
    settings: &[
        Setting {
            name: "p_threshold",
            kind: SettingKind::Float { min: 0.0, max: 1.0 },
            default: "0.1",
            doc: "how unlikely its ranks must be for a trial that is as good: less stops later; 0.1 takes 4 levels at least, 0.05 takes 5, 0.01 takes 7",
        },
        Setting {
            name: "startup_levels",
            kind: SettingKind::Int {
                min: 1,
                max: i64::MAX,
            },
            default: "2",
            doc: "how many levels a trial must share with the best one before it is judged",
        },
    ],
};

/// Finite values by level, in order.
#[derive(Clone, Debug, Default)]
struct Values(Vec<(f64, f64)>);

impl Values {
    /// Sets the value at a level; one that is not finite is none.
    fn set(&mut self, level: f64, value: f64) {
        let at = self.0.partition_point(|(known, _)| *known < level);
        let is_known = self.0.get(at).is_some_and(|(known, _)| *known == level);
        match (is_known, value.is_finite()) {
            (true, true) => self.0[at].1 = value,
            (true, false) => {
                self.0.remove(at);
            }
            (false, true) => self.0.insert(at, (level, value)),
            (false, false) => {}
        }
    }

    /// The values of both at the levels that both have.
    fn pairs(&self, other: &Self) -> Vec<(f64, f64)> {
        let mut others = other.0.iter().peekable();
        let mut pairs = Vec::new();
        for (level, value) in &self.0 {
            while others.next_if(|(known, _)| known < level).is_some() {}
            if let Some((_, other)) = others.next_if(|(known, _)| known == level) {
                pairs.push((*value, *other));
            }
        }
        pairs
    }
}

/// The means of both sides; huge values do not overflow.
fn means(pairs: &[(f64, f64)]) -> (f64, f64) {
    let count = pairs.len() as f64;
    let add = |sum: (f64, f64), pair: &(f64, f64)| (sum.0 + pair.0 / count, sum.1 + pair.1 / count);
    pairs.iter().fold((0.0, 0.0), add)
}

/// Compares each trial with the best of those that have completed.
pub(super) struct Wilcoxon {
    goal: Goal,
    p_threshold: f64,
    startup_levels: usize,
    running: HashMap<u64, Values>,
    finished: HashSet<u64>,
    /// The best of the completed trials.
    best: Option<(u64, Values)>,
}

impl Wilcoxon {
    pub fn new(goal: Goal, settings: &Checked) -> Self {
        Self {
            goal,
            p_threshold: settings.float("p_threshold").unwrap_or_default(),
            startup_levels: settings.count("startup_levels"),
            running: HashMap::new(),
            finished: HashSet::new(),
            best: None,
        }
    }

    /// How much worse the first of each pair is.
    fn losses(&self, pairs: &[(f64, f64)]) -> Vec<f64> {
        let loss = |(own, best): &(f64, f64)| match self.goal {
            Goal::Minimize => own / 2.0 - best / 2.0,
            Goal::Maximize => best / 2.0 - own / 2.0,
        };
        pairs.iter().map(loss).collect()
    }

    /// Whether a completed trial is the best from now on: no shorter than the best one, so that a trial that was stopped after lucky levels
    /// never is, and better where both have values.
    fn is_best(&self, values: &Values) -> bool {
        let Some((_, best)) = &self.best else {
            return !values.0.is_empty();
        };
        let (own, known) = means(&values.pairs(best));
        values.0.len() >= best.0.len() && self.goal.better(own, known)
    }
}

impl Stopper for Wilcoxon {
    fn report(&mut self, trial: u64, level: f64, value: f64) -> Option<Verdict> {
        if level.is_nan() || self.finished.contains(&trial) {
            return None;
        }
        // One zero: -0 and 0 are the same level.
        let level = level + 0.0;
        let values = self.running.entry(trial).or_default();
        values.set(level, value);
        let (number, best) = self.best.as_ref()?;
        let pairs = values.pairs(best);
        let (own, known) = means(&pairs);
        let is_through = pairs.len() == best.0.len();
        let is_early = pairs.len() < self.startup_levels;
        if !value.is_finite() || is_early || is_through || !self.goal.better(known, own) {
            return None;
        }
        let p = signed_rank(&self.losses(&pairs));
        (p < self.p_threshold).then(|| Verdict {
            rule: INFO.name.to_owned(),
            level,
            value: own,
            bound: known,
            explanation: format!(
                "mean {} at {} levels is worse than {} of trial {number} there (signed-rank test, p = {})",
                shown(own),
                pairs.len(),
                shown(known),
                shown(p)
            ),
        })
    }

    fn finish(&mut self, trial: u64, outcome: Outcome) {
        if !self.finished.insert(trial) {
            return;
        }
        let values = self.running.remove(&trial).unwrap_or_default();
        if outcome != Outcome::Failed && self.is_best(&values) {
            self.best = Some((trial, values));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::stopper;
    use super::*;
    use serde_json::json;

    /// How hard each fold is.
    const FOLDS: [f64; 8] = [0.5, 3.0, 0.1, 7.0, 2.0, 0.9, 4.0, 1.0];

    /// The level at which a trial that is so much worse at each fold is stopped.
    fn stopped_at(
        stopper: &mut dyn Stopper,
        trial: u64,
        worse: impl Fn(usize) -> f64,
    ) -> Option<usize> {
        let stopped = (0..8).find(|fold| {
            let value = FOLDS[*fold] + worse(*fold);
            stopper.report(trial, *fold as f64, value).is_some()
        });
        stopper.finish(trial, Outcome::Succeeded(0.0));
        stopped
    }

    #[test]
    fn a_trial_that_is_worse_fold_by_fold_is_stopped_however_folds_differ() {
        let mut stopper = stopper("wilcoxon", Goal::Minimize, json!({}));
        assert_eq!(
            stopped_at(&mut *stopper, 0, |_| 0.0),
            None,
            "nothing to compare with"
        );
        assert_eq!(
            stopped_at(&mut *stopper, 1, |fold| 0.01 + 0.001 * fold as f64),
            Some(3),
            "1 in 16"
        );
        assert_eq!(stopped_at(&mut *stopper, 2, |_| -0.01), None);
        for fold in 0..3 {
            assert_eq!(
                stopper.report(3, f64::from(fold), FOLDS[fold as usize]),
                None
            );
        }
        let verdict = stopper.report(3, 3.0, 7.5).unwrap();
        assert_eq!((verdict.level, verdict.rule.as_str()), (3.0, "wilcoxon"));
        assert_eq!(
            verdict.explanation,
            "mean 2.775 at 4 levels is worse than 2.64 of trial 2 there (signed-rank test, p = 0.0625)"
        );
    }

    #[test]
    fn never_at_the_last_level_where_nothing_is_spared() {
        let mut stopper = stopper("wilcoxon", Goal::Minimize, json!({"p_threshold": 0.01}));
        assert_eq!(stopped_at(&mut *stopper, 0, |_| 0.0), None);
        assert_eq!(
            stopped_at(&mut *stopper, 1, |_| 0.1),
            Some(6),
            "1 in 128, at the last but one"
        );
        let worse_from_the_second_on = |fold| if fold == 0 { -0.01 } else { 0.1 };
        assert_eq!(stopped_at(&mut *stopper, 2, worse_from_the_second_on), None);
    }

    #[test]
    fn never_while_the_mean_is_as_good() {
        let mut stopper = stopper(
            "wilcoxon",
            Goal::Maximize,
            json!({"p_threshold": 1.0, "startup_levels": 1}),
        );
        assert_eq!(stopped_at(&mut *stopper, 0, |_| 0.0), None);
        // Much better once, a little worse ever after.
        assert_eq!(
            stopped_at(&mut *stopper, 1, |fold| if fold == 0 { 1.0 } else { -0.01 }),
            None
        );
    }

    #[test]
    fn a_short_trial_does_not_become_the_one_to_compare_with() {
        let mut stopper = stopper("wilcoxon", Goal::Minimize, json!({}));
        assert_eq!(stopped_at(&mut *stopper, 0, |_| 0.0), None);
        // Two lucky folds, and it ended.
        stopper.report(1, 0.0, -5.0);
        stopper.report(1, 2.0, -5.0);
        stopper.finish(1, Outcome::Succeeded(0.0));
        assert_eq!(stopped_at(&mut *stopper, 2, |_| -0.2), None);
        assert_eq!(
            stopped_at(&mut *stopper, 3, |_| -0.1),
            Some(3),
            "worse than trial 2"
        );
    }

    #[test]
    fn only_common_levels_and_finite_values_are_compared() {
        let mut stopper = stopper(
            "wilcoxon",
            Goal::Minimize,
            json!({"startup_levels": 1, "p_threshold": 1.0}),
        );
        stopper.report(0, 1.0, 1.0);
        stopper.report(0, 2.0, f64::NAN);
        stopper.report(0, 3.0, 3.0);
        stopper.finish(0, Outcome::Succeeded(0.0));
        for (level, value) in [(4.0, 9.0), (2.0, 9.0), (1.0, f64::NAN), (f64::NAN, 9.0)] {
            assert_eq!(stopper.report(1, level, value), None, "{level}");
        }
        assert_eq!(stopper.report(1, -0.0, 9.0), None);
        assert!(stopper.report(1, 1.0, 1e300).is_some());
        stopper.finish(1, Outcome::Succeeded(0.0));
        assert_eq!(stopper.report(1, 3.0, 1e300), None, "it has ended");
    }

    #[test]
    fn failed_trials_are_not_compared_with() {
        let mut stopper = stopper("wilcoxon", Goal::Minimize, json!({}));
        stopper.report(0, 1.0, 0.0);
        stopper.finish(0, Outcome::Failed);
        assert_eq!(stopped_at(&mut *stopper, 1, |_| 1.0), None);
    }
}
