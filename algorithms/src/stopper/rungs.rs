//! `asha` and `hyperband`: successive halving without waiting (Li et al. 2020, *A system for massively parallel hyperparameter tuning*,
//! doi:10.48550/arXiv.1810.05934; Li et al. 2018, *Hyperband*, arXiv:1603.06560).
//!
//! Levels `min_level`, `min_level · reduction`, `min_level · reduction²` … are rungs. A trial that comes to a rung goes on if its best
//! value is among the best 1/`reduction` of those that have come there lately, itself included, or if what its curve heads for is; else it
//! is stopped. Nobody waits for others; the first at a rung goes on. A bracket leaves out the first rungs: in higher ones trials that start
//! slowly are given more time.
//!
//! In the literature a trial is compared with all that have come to the rung. Where an algorithm learns, trials get ever better, and nearly
//! all went on from the upper rungs, where most of the work lies: hence *lately*.
//!
//! Where curves cross, values at low rungs tell who learns fast, and not who will be good: by values alone, the best model was stopped in
//! most searches. What a curve heads for is told by its shape (`heading`), which takes some reports: before, no trial is judged. `cargo run
//! --release --example stopping` measures what it spares, and what it costs.

use super::curve::Curve;
use super::heading::heading;
use super::lately::{Cut, Lately};
use super::resource::Resource;
use super::{Stopper, StopperInfo, Verdict, shown};
use crate::draws;
use crate::history::{Goal, Outcome};
use crate::setting::{Checked, Setting, SettingError, SettingKind};
use crate::space::Space;
use std::collections::{HashMap, HashSet};

const MIN_LEVEL: Setting = Setting {
    name: "min_level",
    kind: SettingKind::Float {
        min: 1e-9,
        max: 1e18,
    },
    default: "",
    doc: "the level of the first rung: no trial is stopped before; by default 1, or where `resource` begins",
};

const RESOURCE: Setting = Setting {
    name: "resource",
    kind: SettingKind::Name("an int parameter"),
    default: "",
    doc: "the parameter that says how many levels a trial has: it is not searched, every trial is given its largest value, and told its rungs",
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
    summary: "lets only the best third go on from each of the levels 1, 3, 9, 27 …, by value or by what the curve heads for: saves most where trials are long and many",
    settings: &[RESOURCE, MIN_LEVEL, REDUCTION, BRACKETS],
};

/// What there is to know of `hyperband`.
pub(super) const HYPERBAND: StopperInfo = StopperInfo {
    name: "hyperband",
    summary: "`asha` with three brackets: a share of the trials is judged later, in case good ones start slowly",
    settings: &[
        RESOURCE,
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

/// A trial is compared with those that came to the rung lately: at its first rung with so many that so many go on, and at those above with
/// so many, or a few more so that `reduction` goes into them. Where a search gets ever better, nearly every trial is better than most of all that came before; and as few of them come to a
/// rung above, the last few are of as long a stretch of the search.
const KEPT: usize = 18;

/// So many rungs further on: where it is heading.
const AHEAD: f64 = 2.0;

/// Judges a trial once at each rung, by its best value up to there.
pub(super) struct Rungs {
    name: &'static str,
    goal: Goal,
    min_level: f64,
    reduction: usize,
    brackets: usize,
    running: HashMap<u64, Climber>,
    finished: HashSet<u64>,
    /// How many reports have come.
    moment: u64,
    /// By bracket and rung, what trials came with.
    arrived: HashMap<Place, Arrived>,
    resource: Option<Resource>,
    /// The last level of trials that nobody stops, as far as is known: there, nothing is left to be spared.
    longest: Option<f64>,
}

/// A bracket and a rung of it.
type Place = (usize, usize);

/// What a trial reported, and when.
#[derive(Clone, Copy)]
struct Report {
    moment: u64,
    level: f64,
    value: f64,
}

/// What trials came to a rung with.
#[derive(Default)]
struct Arrived {
    values: Lately,
    /// Where they were heading.
    headings: Lately,
}

/// Whether there is enough of a curve to judge it by: three reports, or two that are a rung apart.
fn is_known(curve: &[(f64, f64)], reduction: f64) -> bool {
    match curve {
        [(first, _), .., (last, _)] => {
            curve.len() > 2 || last * (1.0 + ROUNDING) >= first * reduction
        }
        _ => false,
    }
}

/// The first rung, if the resource has such a level.
fn inside(level: f64, resource: &Resource) -> Result<f64, SettingError> {
    let Resource {
        parameter,
        least,
        most,
        ..
    } = resource;
    if (*least as f64..=*most as f64).contains(&level) {
        return Ok(level);
    }
    Err(SettingError {
        key: MIN_LEVEL.name.to_owned(),
        message: format!(
            "{} is no level of `{parameter}`, which goes from {least} to {most}",
            shown(level)
        ),
        help: Some("leave it out, or choose one of these".to_owned()),
    })
}

/// The whole levels at which trials are judged, and the last.
fn rungs(min_level: f64, reduction: usize, most: i64) -> Vec<i64> {
    let levels = std::iter::successors(Some(min_level), |level| Some(level * reduction as f64));
    let mut rungs: Vec<i64> = levels
        .map(|level| (level * (1.0 - ROUNDING)).ceil() as i64)
        .take_while(|level| *level < most)
        .collect();
    rungs.push(most);
    rungs
}

/// A running trial.
#[derive(Default)]
struct Climber {
    curve: Curve,
    /// In the order in which they came.
    reports: Vec<Report>,
    /// Where it has come to a rung, and at which moment.
    noted: Vec<(Place, u64)>,
    last_level: Option<f64>,
}

impl Climber {
    /// The first rung that it has not come to.
    fn next(&self) -> usize {
        self.noted.last().map_or(0, |((_, rung), _)| rung + 1)
    }
}

impl Rungs {
    pub fn new(
        name: &'static str,
        goal: Goal,
        space: &Space,
        settings: &Checked,
    ) -> Result<Self, Vec<SettingError>> {
        let resource = settings.name(RESOURCE.name);
        let resource = resource.map(|name| Resource::find(RESOURCE.name, name, space));
        let mut resource = resource.transpose().map_err(|problem| vec![problem])?;
        let min_level = match (settings.float(MIN_LEVEL.name), &resource) {
            (Some(level), Some(resource)) => {
                inside(level, resource).map_err(|found| vec![found])?
            }
            (Some(level), None) => level,
            (None, resource) => resource.as_ref().map_or(1.0, |it| it.least as f64),
        };
        let reduction = settings.count(REDUCTION.name);
        if let Some(resource) = &mut resource {
            resource.rungs = rungs(min_level, reduction, resource.most);
        }
        Ok(Self {
            name,
            goal,
            min_level,
            reduction,
            brackets: settings.count(BRACKETS.name),
            longest: resource.as_ref().map(|resource| resource.most as f64),
            resource,
            running: HashMap::new(),
            finished: HashSet::new(),
            moment: 0,
            arrived: HashMap::new(),
        })
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

    /// The bracket of a trial. As in Hyperband, a bracket that stops later gets fewer trials: `reduction` times fewer, but for a factor
    /// that evens out what they cost. Consecutive trials are dealt out evenly.
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

    /// With how many of those that came to a rung lately a trial is compared there.
    fn lately(&self, (bracket, rung): Place) -> usize {
        let is_below = |(of, at): &Place| *of == bracket && *at < rung;
        match self.arrived.keys().any(is_below) {
            true => KEPT.next_multiple_of(self.reduction),
            false => KEPT * self.reduction,
        }
    }

    /// Compares what a trial has, and where it is heading, with those that came to the rung before: `Some` when both are too bad to go on.
    /// Others are compared with what it had by the rung itself: one that reports more rarely has come further.
    fn judge(
        &mut self,
        at: Place,
        moment: u64,
        by_rung: Option<f64>,
        best: f64,
        heading: f64,
    ) -> Option<Cut> {
        let (goal, reduction) = (self.goal, self.reduction);
        // Any running trial may yet take back what it came with, and an older one count in its place.
        let at_most = KEPT * reduction + self.running.len();
        let lately = self.lately(at);
        let arrived = self.arrived.entry(at).or_default();
        if let Some(value) = by_rung {
            arrived.values.note(moment, value, at_most);
        }
        arrived.headings.note(moment, heading, at_most);
        let by_value = arrived.values.cut(goal, reduction, lately)?;
        let by_heading = arrived.headings.cut(goal, reduction, lately)?;
        let hopeless = goal.better(by_value.bound, best) && goal.better(by_heading.bound, heading);
        hopeless.then_some(by_value)
    }

    /// As if the trial had never reported at that level, but that its curve keeps the value until another comes. So it stands as it will after
    /// a restart, when only the last report of a level is known. What came last is taken back at once; an older report has had a part in all
    /// that followed: all others are heard again.
    fn forget(&mut self, trial: u64, level: f64) {
        let Some(mut climber) = self.running.remove(&trial) else {
            return;
        };
        if let Some(last) = climber.reports.pop_if(|last| last.level == level) {
            let noted = climber.noted.pop_if(|(_, moment)| *moment == last.moment);
            self.take_back(noted);
            self.running.insert(trial, climber);
            return;
        }
        self.take_back(climber.noted);
        let others = climber.reports.into_iter();
        for report in others.filter(|report| report.level != level) {
            // Whether it was to be stopped was said when it came.
            let _ = self.hear(trial, report);
        }
    }

    /// As if no trial had come to these rungs at these moments.
    fn take_back(&mut self, noted: impl IntoIterator<Item = (Place, u64)>) {
        for (at, moment) in noted {
            if let Some(arrived) = self.arrived.get_mut(&at) {
                arrived.values.take_back(moment);
                arrived.headings.take_back(moment);
            }
        }
        self.arrived
            .retain(|_, arrived| !arrived.headings.is_empty());
    }

    /// Takes a report at a level that the trial has not reported.
    fn hear(&mut self, trial: u64, report: Report) -> Option<Verdict> {
        let Report {
            moment,
            level,
            value,
        } = report;
        let (goal, rung, bracket) = (self.goal, self.rung(level), self.bracket(trial));
        let reduction = self.reduction as f64;
        let climber = self.running.entry(trial).or_default();
        climber.reports.push(report);
        climber.curve.report(goal, level, value);
        climber.last_level = Some(climber.last_level.map_or(level, |last| last.max(level)));
        if !value.is_finite() {
            return None;
        }
        let rung = rung.filter(|rung| *rung >= climber.next().max(bracket))?;
        let best = climber.curve.best_by(level)?;
        let at_rung = self.min_level * libm::pow(reduction, rung as f64) * (1.0 + ROUNDING);
        let by_rung = climber.curve.best_by(level.min(at_rung));
        let reached = level * libm::pow(reduction, AHEAD);
        let curve = climber.curve.finite_by(level);
        let heading = heading(goal, &curve, reached).filter(|_| is_known(&curve, reduction))?;
        climber.noted.push(((bracket, rung), moment));
        let cut = self.judge((bracket, rung), moment, by_rung, best, heading)?;
        let is_last = self.longest.is_some_and(|longest| level >= longest);
        (!is_last).then(|| self.verdict(level, best, &cut))
    }

    fn verdict(&self, level: f64, value: f64, cut: &Cut) -> Verdict {
        Verdict {
            rule: self.name.to_owned(),
            level,
            value,
            bound: cut.bound,
            explanation: format!(
                "best value {} by level {} is not among the best {} of the last {} trials there, which end at {}, and its curve does not head for that either",
                shown(value),
                shown(level),
                cut.kept,
                cut.of,
                shown(cut.bound)
            ),
        }
    }
}

impl Stopper for Rungs {
    fn report(&mut self, trial: u64, level: f64, value: f64) -> Option<Verdict> {
        if !level.is_finite() || self.finished.contains(&trial) {
            return None;
        }
        self.moment += 1;
        let running = self.running.get(&trial);
        if running.is_some_and(|climber| climber.curve.has(level)) {
            self.forget(trial, level);
        }
        let moment = self.moment;
        let report = Report {
            moment,
            level,
            value,
        };
        self.hear(trial, report)
    }

    fn finish(&mut self, trial: u64, outcome: Outcome) {
        self.finished.insert(trial);
        let last = (self.running.remove(&trial)).and_then(|climber| climber.last_level);
        if let (Outcome::Succeeded(_), Some(level)) = (outcome, last) {
            self.longest = Some(self.longest.map_or(level, |longest| longest.max(level)));
        }
    }

    fn resource(&self) -> Option<&Resource> {
        self.resource.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::stopper;
    use super::*;
    use crate::setting::Settings;
    use crate::space::Parameter;
    use serde_json::json;

    fn asha(settings: serde_json::Value) -> Box<dyn Stopper> {
        stopper("asha", Goal::Maximize, settings)
    }

    /// Whether a trial is stopped that comes to a level with a curve that does not rise any more.
    fn stopped_at(stopper: &mut dyn Stopper, trial: u64, level: f64, value: f64) -> bool {
        stopper.report(trial, level / 3.0, value);
        stopper.report(trial, level, value).is_some()
    }

    #[test]
    fn the_best_third_goes_on_from_a_rung() {
        let mut stopper = asha(json!({"min_level": 3}));
        // The first goes on, and then who is the best of fewer than six.
        let values = [0.5, 0.4, 0.6, 0.55, 0.6, 0.59, 0.61, 0.58, 0.595];
        let stopped = (0..).zip(values);
        let stopped: Vec<bool> = stopped
            .map(|(trial, value)| stopped_at(&mut *stopper, trial, 3.0, value))
            .collect();
        assert_eq!(
            stopped,
            [false, true, false, true, false, true, false, true, true]
        );
        stopper.report(9, 1.0, 0.1);
        let verdict = stopper.report(9, 4.0, 0.1).unwrap();
        assert_eq!(
            verdict.explanation,
            "best value 0.1 by level 4 is not among the best 3 of the last 10 trials there, which end at 0.6, and its curve does not head for that either"
        );
        assert_eq!((verdict.rule.as_str(), verdict.bound), ("asha", 0.6));
    }

    #[test]
    fn one_of_as_many_as_is_said_goes_on_from_the_upper_rungs_too() {
        let mut stopper = asha(json!({"min_level": 3, "reduction": 10}));
        // Each is better than all before, so that all go on; a curve is judged when it is known from a tenth of its level on.
        for trial in 0..30 {
            let value = trial as f64 / 1000.0;
            for (level, value) in [(0.1, value), (3.0, value), (30.0, 1.0 + value)] {
                assert!(stopper.report(trial, level, value).is_none());
            }
        }
        for level in [0.1, 3.0] {
            assert!(stopper.report(30, level, 0.5).is_none());
        }
        let said = stopper.report(30, 30.0, 0.5).unwrap().explanation;
        assert!(said.contains("the best 2 of the last 20 trials"), "{said}");
    }

    #[test]
    fn who_is_behind_and_catches_up_goes_on() {
        let mut stopper = stopper("asha", Goal::Minimize, json!({"min_level": 3}));
        let run = |stopper: &mut dyn Stopper, trial, curve: [f64; 3]| {
            let levels = (1..).zip(curve);
            let stopped = levels
                .map(|(level, value)| stopper.report(trial, f64::from(level), value).is_some());
            stopped.collect::<Vec<_>>()[2]
        };
        // Quick, and at its end.
        assert!(!run(&mut *stopper, 0, [0.6, 0.51, 0.501]));
        assert!(
            !run(&mut *stopper, 1, [2.0, 1.5, 1.1]),
            "much better by level 27"
        );
        assert!(
            run(&mut *stopper, 2, [2.0, 1.9, 1.85]),
            "not good by then either"
        );
        assert!(run(&mut *stopper, 3, [0.7, 0.61, 0.601]), "nor this");
    }

    #[test]
    fn above_its_first_rung_a_trial_is_compared_with_fewer() {
        let (space, settings) = (Space::new(Vec::new()).unwrap(), Settings::new());
        let settings = crate::setting::check(ASHA.settings, &settings).unwrap();
        let mut rungs = Rungs::new("asha", Goal::Maximize, &space, &settings).unwrap();
        // All go on, as ever better ones do.
        for trial in 0..100 {
            for level in [1.0, 3.0, 9.0, 27.0] {
                assert_eq!(rungs.report(trial, level, trial as f64 + level), None);
            }
        }
        let mut numbers: Vec<(usize, usize)> = (rungs.arrived.iter())
            .map(|(at, arrived)| (at, &arrived.values, rungs.lately(*at)))
            .filter_map(|(at, values, last)| Some((at.1, values.cut(Goal::Maximize, 3, last)?.of)))
            .collect();
        numbers.sort_unstable();
        assert_eq!(numbers, [(1, 54), (2, 18), (3, 18)]);
    }

    #[test]
    fn a_trial_is_judged_once_at_each_rung_by_its_best_value() {
        let mut stopper = asha(json!({"reduction": 2}));
        for level in [1.0, 2.0, 4.0] {
            assert_eq!(stopper.report(1, level, 0.5), None);
        }
        assert_eq!(stopper.report(2, 1.0, 0.6), None, "one report is no curve");
        assert_eq!(stopper.report(2, 2.0, 0.3), None, "it has had 0.6");
        assert_eq!(stopper.report(2, 3.0, 0.3), None, "no rung");
        assert_eq!(stopper.report(3, 0.9, 0.1), None, "below the first rung");
        assert_eq!(stopper.report(3, 1.0, 0.1), None, "not a rung apart");
        assert!(stopper.report(3, 2.0, 0.1).is_some());
        assert_eq!(stopper.report(3, 3.0, 0.1), None, "judged already");
        assert!(stopper.report(3, 4.0, 0.1).is_some());
    }

    #[test]
    fn equals_go_on_together_and_what_is_not_finite_is_not_judged() {
        let mut stopper = asha(json!({}));
        for trial in 0..20 {
            assert_eq!(stopper.report(trial, 1.0, 0.5), None);
            assert_eq!(stopper.report(trial, 3.0, f64::NAN), None);
            assert_eq!(stopper.report(trial, 9.0, 0.5), None);
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
        stopper.finish(1, Outcome::Succeeded(0.9));
        assert!(stopped_at(&mut *stopper, 2, 3.0, 0.1));
        stopper.finish(2, Outcome::EarlyStopped(Some(0.1)));
        // Where trials end, at level 4, nothing can be spared, whereas a trial that was stopped ended early.
        assert!(!stopped_at(&mut *stopper, 3, 4.0, 0.1));
        assert!(stopped_at(&mut *stopper, 4, 3.0, 0.1));
    }

    #[test]
    fn later_brackets_have_fewer_trials_and_fewer_rungs() {
        let settings = crate::setting::check(HYPERBAND.settings, &Settings::new()).unwrap();
        let space = Space::new(Vec::new()).unwrap();
        let rungs = Rungs::new("hyperband", Goal::Minimize, &space, &settings).unwrap();
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
            assert!(!stopped_at(&mut *stopper, *trial, 3.0, *trial as f64));
        }
        assert_eq!(stopper.report(late[0], 9.0, late[0] as f64), None);
        assert!(stopper.report(late[1], 9.0, late[1] as f64).is_some());
    }

    fn epochs() -> Space {
        let parameters = json!([
            {"name": "epochs", "type": "int", "min": 2, "max": 60},
            {"name": "rate", "type": "float", "min": 0, "max": 1},
            {"name": "model", "type": "categorical", "values": ["a", "b"]},
            {"name": "depth", "type": "int", "min": 1, "max": 9, "when": {"model": ["a"]}},
            {"name": "width", "type": "int", "min": 0, "max": 9},
            {"name": "rounds", "type": "int", "min": 1, "max": 9},
            {"name": "last", "type": "bool", "when": {"rounds": [9]}},
            {"name": "first", "type": "bool", "when": {"rounds": [1]}},
        ]);
        let parameters: Vec<Parameter> = serde_json::from_value(parameters).unwrap();
        Space::new(parameters).unwrap()
    }

    fn with_resource(settings: serde_json::Value) -> Result<Box<dyn Stopper>, Vec<SettingError>> {
        let settings = serde_json::from_value(settings).unwrap();
        super::super::build("asha", Goal::Minimize, &epochs(), &settings)
    }

    #[test]
    fn a_resource_says_where_the_rungs_are() {
        let rungs = |settings| {
            with_resource(settings)
                .unwrap()
                .resource()
                .unwrap()
                .rungs
                .clone()
        };
        assert_eq!(rungs(json!({"resource": "epochs"})), [2, 6, 18, 54, 60]);
        assert_eq!(
            rungs(json!({"resource": "epochs", "reduction": 4})),
            [2, 8, 32, 60]
        );
        let settings = json!({"resource": "epochs", "min_level": 2.5, "reduction": 2});
        assert_eq!(rungs(settings), [3, 5, 10, 20, 40, 60]);
        assert_eq!(rungs(json!({"resource": "epochs", "min_level": 60})), [60]);
    }

    #[test]
    fn with_a_resource_the_end_is_known_from_the_beginning() {
        let mut stopper = with_resource(json!({"resource": "epochs"})).unwrap();
        assert!(!stopped_at(&mut *stopper, 1, 54.0, 0.5));
        assert!(stopped_at(&mut *stopper, 2, 54.0, 0.6));
        assert!(!stopped_at(&mut *stopper, 3, 60.0, 0.7));
    }

    #[test]
    fn a_resource_is_not_searched() {
        let stopper = with_resource(json!({"resource": "epochs"})).unwrap();
        let resource = stopper.resource().unwrap();
        let searched = resource.searched(&epochs()).unwrap();
        let configuration = searched.decode(&[0.3; 8]);
        assert_eq!(
            configuration.get("epochs"),
            Some(&crate::space::Value::Int(60))
        );
        let shorter = epochs().decode(&[0.0; 8]);
        assert_eq!(
            searched.check(&resource.in_full(&shorter)).unwrap(),
            searched.decode(&[0.0; 8])
        );
    }

    #[test]
    fn what_is_no_resource_is_refused_with_help() {
        let refused = |settings| {
            let found = with_resource(settings).err().unwrap();
            assert_eq!(found.len(), 1);
            (
                found[0].key.clone(),
                found[0].message.clone(),
                found[0].help.clone().unwrap_or_default(),
            )
        };
        let cases = [
            (
                json!({"resource": "epoch"}),
                "resource",
                "there is no parameter `epoch`",
                "did you mean `epochs`?",
            ),
            (
                json!({"resource": "rate"}),
                "resource",
                "`rate` is no int parameter",
                "name an int parameter",
            ),
            (
                json!({"resource": "model"}),
                "resource",
                "`model` is no int parameter",
                "name an int parameter",
            ),
            (
                json!({"resource": "depth"}),
                "resource",
                "`depth` is not active in every trial",
                "take away its `when`",
            ),
            (
                json!({"resource": "width"}),
                "resource",
                "`width` may be 0",
                "let `width` begin at 1",
            ),
            (
                json!({"resource": "rounds"}),
                "resource",
                "other parameters depend on `rounds`",
                "take `rounds` out",
            ),
            (
                json!({"resource": "epochs", "min_level": 1}),
                "min_level",
                "1 is no level of `epochs`",
                "leave it out",
            ),
            (
                json!({"resource": "epochs", "min_level": 81}),
                "min_level",
                "81 is no level of `epochs`",
                "leave it out",
            ),
            (
                json!({"resource": 3}),
                "resource",
                "`3` does not fit",
                "it takes the name of an int parameter",
            ),
        ];
        for (settings, key, message, help) in cases {
            let found = refused(settings);
            assert_eq!(found.0, key);
            assert!(found.1.starts_with(message), "{}", found.1);
            assert!(found.2.starts_with(help), "{}", found.2);
        }
    }
}
