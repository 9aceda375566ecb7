//! `asha` and `hyperband`: successive halving without waiting (Li et al. 2020, *A system for massively parallel hyperparameter tuning*,
//! doi:10.48550/arXiv.1810.05934; Li et al. 2018, *Hyperband*, arXiv:1603.06560).
//!
//! Levels `min_level`, `min_level · reduction`, `min_level · reduction²` … are rungs. A trial that comes to a rung goes on if
//! it is among the best 1/`reduction` of those that have come there, itself included, and is stopped otherwise. Nobody waits for others; the
//! first at a rung goes on. A bracket leaves out the first rungs: in higher ones trials that start slowly are given more time.

use super::curve::Curve;
use super::{Stopper, StopperInfo, Verdict, shown};
use crate::draws;
use crate::history::Goal;
use crate::setting::{Checked, Setting, SettingKind};
use std::collections::{HashMap, HashSet};

const MIN_LEVEL: Setting = Setting {
    name: "min_level",
    kind: SettingKind::Float {
        min: 1e-9,
        max: 1e18,
    },
    default: "1",
    doc: "the level of the first rung: no trial is stopped before",
};

const REDUCTION: Setting = Setting {
    name: "reduction",
    kind: SettingKind::Int { min: 2, max: 100 },
    default: "3",
    doc: "one of so many goes on from a rung, and the next rung is so many times higher",
};

const BRACKETS: Setting = Setting {
    name: "brackets",
    kind: SettingKind::Int { min: 1, max: 20 },
    default: "1",
    doc: "how many brackets trials are dealt out to, each with one rung less than the one before; more for trials that start slowly",
};

/// What there is to know of `asha`.
pub(super) const ASHA: StopperInfo = StopperInfo {
    name: "asha",
    summary: "lets only the best third go on from each of the levels 1, 3, 9, 27 …: saves most where trials are long and many",
    settings: &[MIN_LEVEL, REDUCTION, BRACKETS],
};

/// What there is to know of `hyperband`.
pub(super) const HYPERBAND: StopperInfo = StopperInfo {
    name: "hyperband",
    summary: "`asha` with three brackets: a share of the trials is judged later, in case good ones start slowly",
    settings: &[
        MIN_LEVEL,
        REDUCTION,
        Setting {
            default: "3",
            ..BRACKETS
        },
    ],
};

/// A rung holds a level that is less by so little, too: a product may be off in its last bits.
const ROUNDING: f64 = 1e-9;

/// Judges a trial once at each rung, by its best value up to there.
pub(super) struct Rungs {
    name: &'static str,
    goal: Goal,
    min_level: f64,
    reduction: usize,
    brackets: usize,
    running: HashMap<u64, Climber>,
    finished: HashSet<u64>,
    /// By bracket and rung, what trials came with, the best first.
    values: HashMap<(usize, usize), Vec<f64>>,
    /// The highest last level of trials that ended by themselves: there, nothing is left to be spared.
    longest: Option<f64>,
}

/// A running trial.
#[derive(Default)]
struct Climber {
    curve: Curve,
    /// The first rung that it has not come to.
    next: usize,
    last_level: Option<f64>,
    /// Whether its last report was its end.
    stopped: bool,
}

impl Rungs {
    pub fn new(name: &'static str, goal: Goal, settings: &Checked) -> Self {
        Self {
            name,
            goal,
            min_level: settings.float(MIN_LEVEL.name).unwrap_or(1.0),
            reduction: settings.count(REDUCTION.name),
            brackets: settings.count(BRACKETS.name),
            running: HashMap::new(),
            finished: HashSet::new(),
            values: HashMap::new(),
            longest: None,
        }
    }

    /// The highest rung at or below a level, counted from 0.
    fn rung(&self, level: f64) -> Option<usize> {
        let reached = level * (1.0 + ROUNDING);
        let rungs = std::iter::successors(Some(self.min_level), |rung| {
            Some(rung * self.reduction as f64)
        });
        // Levels are finite, so that the rungs come to an end.
        rungs
            .take_while(|rung| *rung <= reached && rung.is_finite())
            .count()
            .checked_sub(1)
    }

    /// The bracket of a trial. As in Hyperband, a bracket that stops later gets fewer trials: `reduction` times fewer, but for a factor that
    /// evens out what they cost. Consecutive trials are dealt out evenly.
    fn bracket(&self, trial: u64) -> usize {
        let count = self.brackets as f64;
        let weights: Vec<f64> = (0..self.brackets)
            .map(|bracket| {
                let rungs = count - bracket as f64;
                libm::pow(self.reduction as f64, rungs - 1.0) * count / rungs
            })
            .collect();
        let total: f64 = weights.iter().sum();
        // Multiples of the golden ratio, a number of turns in 64 bits, lie evenly in the unit interval.
        let mut at = draws::unit_from_bits(trial.wrapping_mul(0x9e37_79b9_7f4a_7c15)) * total;
        let inside = weights.iter().position(|weight| {
            at -= weight;
            at < 0.0
        });
        inside.unwrap_or(0)
    }

    /// Notes what a trial came to a rung with; what the last that goes on has, how many go on, and of how many.
    fn arrive(&mut self, bracket: usize, rung: usize, value: f64) -> (f64, usize, usize) {
        let values = self.values.entry((bracket, rung)).or_default();
        let goal = self.goal;
        let place = values.partition_point(|known| !goal.better(value, *known));
        values.insert(place, value);
        let kept = (values.len() / self.reduction).max(1);
        (values[kept - 1], kept, values.len())
    }

    fn verdict(&self, level: f64, value: f64, (bound, kept, of): (f64, usize, usize)) -> Verdict {
        Verdict {
            rule: self.name.to_owned(),
            level,
            value,
            bound,
            explanation: format!(
                "best value {} by level {} is not among the best {kept} of {of} trials there, which end at {}",
                shown(value),
                shown(level),
                shown(bound)
            ),
        }
    }
}

impl Stopper for Rungs {
    fn report(&mut self, trial: u64, level: f64, value: f64) -> Option<Verdict> {
        if !level.is_finite() || self.finished.contains(&trial) {
            return None;
        }
        let (goal, rung, bracket) = (self.goal, self.rung(level), self.bracket(trial));
        let climber = self.running.entry(trial).or_default();
        climber.curve.report(goal, level, value);
        climber.stopped = false;
        climber.last_level = Some(climber.last_level.map_or(level, |last| last.max(level)));
        let rung = rung.filter(|rung| *rung >= climber.next.max(bracket))?;
        climber.next = rung + 1;
        let best = climber.curve.best_by(level)?;
        let standing = self.arrive(bracket, rung, best);
        let is_last = self.longest.is_some_and(|longest| level >= longest);
        if is_last || !goal.better(standing.0, best) {
            return None;
        }
        self.running.entry(trial).or_default().stopped = true;
        Some(self.verdict(level, best, standing))
    }

    fn finish(&mut self, trial: u64, completed: bool) {
        self.finished.insert(trial);
        let climber = self.running.remove(&trial);
        if let Some(level) = climber
            .filter(|climber| completed && !climber.stopped)
            .and_then(|climber| climber.last_level)
        {
            self.longest = Some(self.longest.map_or(level, |longest| longest.max(level)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::stopper;
    use super::*;
    use serde_json::json;

    fn asha(settings: serde_json::Value) -> Box<dyn Stopper> {
        stopper("asha", Goal::Maximize, settings)
    }

    #[test]
    fn the_best_third_goes_on_from_a_rung() {
        let mut stopper = asha(json!({"min_level": 3}));
        // The first goes on, and then who is the best of fewer than six.
        let stopped: Vec<bool> = [0.5, 0.4, 0.6, 0.55, 0.6, 0.59, 0.61, 0.58, 0.595]
            .into_iter()
            .enumerate()
            .map(|(trial, value)| stopper.report(trial as u64, 3.0, value).is_some())
            .collect();
        assert_eq!(
            stopped,
            [false, true, false, true, false, true, false, true, true]
        );
        let verdict = stopper.report(9, 4.0, 0.1).unwrap();
        assert_eq!(
            verdict.explanation,
            "best value 0.1 by level 4 is not among the best 3 of 10 trials there, which end at 0.6"
        );
        assert_eq!((verdict.rule.as_str(), verdict.bound), ("asha", 0.6));
    }

    #[test]
    fn a_trial_is_judged_once_at_each_rung_by_its_best_value() {
        let mut stopper = asha(json!({"reduction": 2}));
        for level in [1.0, 2.0, 4.0] {
            assert_eq!(stopper.report(1, level, 0.5), None);
        }
        assert_eq!(stopper.report(2, 1.0, 0.6), None);
        assert_eq!(stopper.report(2, 2.0, 0.3), None, "it has had 0.6");
        assert_eq!(stopper.report(2, 3.0, 0.3), None, "no rung");
        assert_eq!(stopper.report(3, 0.5, 0.1), None, "below the first rung");
        assert!(stopper.report(3, 1.0, 0.1).is_some());
        assert_eq!(stopper.report(3, 1.5, 0.1), None, "judged already");
        assert!(stopper.report(3, 2.0, 0.1).is_some());
    }

    #[test]
    fn equals_go_on_together_and_what_is_not_finite_is_not_judged() {
        let mut stopper = asha(json!({}));
        for trial in 0..20 {
            assert_eq!(stopper.report(trial, 1.0, 0.5), None);
            assert_eq!(stopper.report(trial, 3.0, f64::NAN), None);
            assert_eq!(stopper.report(100 + trial, 1.0, f64::NAN), None);
            assert_eq!(stopper.report(trial, f64::INFINITY, 0.0), None);
        }
    }

    #[test]
    fn nobody_is_stopped_at_the_end() {
        let mut stopper = asha(json!({"reduction": 2}));
        for level in 1..=4 {
            assert_eq!(stopper.report(1, f64::from(level), 0.9), None);
        }
        stopper.finish(1, true);
        assert!(stopper.report(2, 2.0, 0.1).is_some());
        stopper.finish(2, true);
        // Where trials end, at level 4, nothing can be spared, whereas a trial that was stopped ended early.
        assert_eq!(stopper.report(3, 4.0, 0.1), None);
        assert!(stopper.report(4, 2.0, 0.2).is_some());
    }

    #[test]
    fn later_brackets_have_fewer_trials_and_fewer_rungs() {
        let settings = setting(json!({}));
        let rungs = Rungs::new("hyperband", Goal::Minimize, &settings);
        let mut counts = [0; 3];
        for trial in 0..1600 {
            counts[rungs.bracket(trial)] += 1;
        }
        // As 9 to 9/2 to 3.
        assert!((counts[0] - 873_i32).abs() < 5, "{counts:?}");
        assert!((counts[1] - 436_i32).abs() < 5, "{counts:?}");
        let mut stopper = stopper("hyperband", Goal::Minimize, json!({}));
        let late: Vec<u64> = (0..100)
            .filter(|trial| rungs.bracket(*trial) == 2)
            .collect();
        for trial in &late {
            assert_eq!(stopper.report(*trial, 3.0, *trial as f64), None);
        }
        assert_eq!(stopper.report(late[0], 9.0, 1.0), None);
        assert!(stopper.report(late[1], 9.0, 2.0).is_some());
    }

    fn setting(given: serde_json::Value) -> Checked {
        let given = serde_json::from_value(given).unwrap();
        crate::setting::check(HYPERBAND.settings, &given).unwrap()
    }

    /// Trials whose curves fall to a floor of their own; work and the best floor reached, with and without the stopper.
    #[test]
    fn most_of_the_work_is_spared_and_the_best_is_found() {
        let mut spared = 0;
        for seed in 0..20 {
            let mut stopper = stopper("asha", Goal::Minimize, json!({}));
            let mut generator = draws::generator(seed, 1);
            let floors: Vec<f64> = (0..81).map(|_| draws::unit(&mut generator)).collect();
            let (mut work, mut best) = (0, f64::INFINITY);
            for (trial, floor) in (0..).zip(&floors) {
                let mut stopped = false;
                for level in 1..=81 {
                    work += 1;
                    let noise = 0.02 * draws::unit(&mut generator);
                    let value = floor + 1.0 / f64::from(level) + noise;
                    stopped = stopper.report(trial, f64::from(level), value).is_some();
                    if stopped {
                        break;
                    }
                }
                if !stopped {
                    best = f64::min(best, *floor);
                }
                stopper.finish(trial, true);
            }
            let lowest = floors.iter().copied().fold(f64::INFINITY, f64::min);
            assert!(best - lowest < 0.04, "{seed}: {best} {lowest}");
            spared += 81 * 81 - work;
        }
        assert!(spared > 20 * 81 * 81 * 6 / 10, "{spared}");
    }
}
