//! Rules see trials as they are: of different lengths, with levels of their own, out of order, with gaps, and not all of them numbers.

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use tune_algorithms::history::{Goal, Outcome};
use tune_algorithms::space::Space;
use tune_algorithms::stopper::{Stopper, build};

/// Every rule, as strict as it can be.
fn rules() -> Vec<(&'static str, Json)> {
    vec![
        ("median", json!({"startup_trials": 1, "warmup_levels": 0})),
        (
            "percentile",
            json!({"startup_trials": 1, "warmup_levels": 0, "percentile": 0}),
        ),
        ("wilcoxon", json!({"startup_levels": 1, "p_threshold": 1})),
        ("asha", json!({"min_level": 0.3, "reduction": 2})),
        ("hyperband", json!({"min_level": 0.3, "reduction": 2})),
        ("plateau", json!({"patience": 2})),
        ("threshold", json!({"max": 0.9})),
    ]
}

fn stopper(goal: Goal, (name, settings): &(&'static str, Json)) -> Box<dyn Stopper> {
    let space = Space::new(Vec::new()).unwrap();
    build(
        name,
        goal,
        &space,
        &serde_json::from_value(settings.clone()).unwrap(),
    )
    .unwrap()
}

/// A trial whose loss falls to a last one. It reports at levels of its own, each at a moment of its own.
#[derive(Clone, Debug)]
struct Trial {
    last: f64,
    slowness: f64,
    reports: Vec<Report>,
    fails: bool,
}

#[derive(Clone, Debug)]
struct Report {
    moment: u32,
    level: f64,
    is_number: bool,
    /// By how much it is worse than the trial is at that level.
    slip: f64,
}

impl Trial {
    fn loss(&self, level: f64) -> f64 {
        self.last + (-level / self.slowness).exp()
    }
}

fn level() -> impl Strategy<Value = f64> {
    prop_oneof![(1..30).prop_map(f64::from), 0.0..30.0, Just(100.0)]
}

/// In order, as training does it, or in any.
fn trial() -> impl Strategy<Value = Trial> {
    let slip = prop_oneof![Just(0.0), 0.0..0.5];
    let report = (0..1000_u32, level(), prop::bool::weighted(0.9), slip);
    let reports = prop::collection::vec(report, 1..12);
    (
        reports,
        any::<bool>(),
        0.0..1.0,
        1.0..20.0,
        prop::bool::weighted(0.1),
    )
        .prop_map(|(reports, in_order, last, slowness, fails)| {
            let (mut moments, mut levels): (Vec<u32>, Vec<f64>) =
                reports.iter().map(|it| (it.0, it.1)).unzip();
            moments.sort_unstable();
            if in_order {
                levels.sort_by(f64::total_cmp);
            }
            let numbers = reports.iter().map(|it| (it.2, it.3));
            let reports = moments.into_iter().zip(levels).zip(numbers);
            let reports = reports
                .map(|((moment, level), (is_number, slip))| Report {
                    moment,
                    level,
                    is_number,
                    slip,
                })
                .collect();
            Trial {
                last,
                slowness,
                reports,
                fails,
            }
        })
}

/// What a rule is told, in the order in which it happens.
#[derive(Clone, Copy, Debug)]
enum News {
    Report(u64, f64, f64),
    End(u64, Outcome),
}

/// Trials beside each other: all reports by their moments, each trial's end after its last.
fn news(goal: Goal, trials: &[Trial], loss: impl Fn(usize, &Report) -> f64) -> Vec<News> {
    let sign = if goal == Goal::Minimize { 1.0 } else { -1.0 };
    let mut news = Vec::new();
    for (number, trial) in trials.iter().enumerate() {
        for report in &trial.reports {
            let value = if report.is_number {
                sign * loss(number, report)
            } else {
                f64::NAN
            };
            news.push((
                report.moment,
                News::Report(number as u64, report.level, value),
            ));
        }
        let last = trial.reports[trial.reports.len() - 1].moment;
        let outcome = if trial.fails {
            Outcome::Failed
        } else {
            Outcome::Succeeded(0.0)
        };
        news.push((last, News::End(number as u64, outcome)));
    }
    // Stable: a trial ends after its reports.
    news.sort_by_key(|(moment, _)| *moment);
    news.into_iter().map(|(_, it)| it).collect()
}

/// Tells the news, leaving out what trials that were stopped would still have reported. What was told, and who was stopped.
fn tell(stopper: &mut dyn Stopper, news: &[News]) -> (Vec<News>, Vec<u64>) {
    let (mut told, mut stopped) = (Vec::new(), Vec::new());
    for it in news {
        match *it {
            News::Report(trial, level, value) if !stopped.contains(&trial) => {
                told.push(*it);
                if let Some(verdict) = stopper.report(trial, level, value) {
                    assert!(verdict.level == level && !verdict.explanation.is_empty());
                    stopped.push(trial);
                    let end = News::End(trial, Outcome::EarlyStopped(Some(value)));
                    tell(stopper, &[end]);
                    told.push(end);
                }
            }
            News::End(trial, outcome) if !stopped.contains(&trial) => {
                told.push(*it);
                stopper.finish(trial, outcome);
            }
            _ => {}
        }
    }
    (told, stopped)
}

/// The reports that a store remembers: of those of a trial at the same level the last, at its place.
fn remembered(told: &[News]) -> Vec<(u64, f64, f64)> {
    let reports = told.iter().filter_map(|it| match *it {
        News::Report(trial, level, value) => Some((trial, level, value)),
        News::End(..) => None,
    });
    let reports: Vec<_> = reports.collect();
    let is_last = |(at, report): &(usize, &(u64, f64, f64))| {
        let mut later = reports[at + 1..].iter();
        !later.any(|it| it.0 == report.0 && it.1 == report.1)
    };
    let last = reports.iter().enumerate().filter(is_last);
    last.map(|(_, report)| *report).collect()
}

fn goals() -> impl Strategy<Value = Goal> {
    prop_oneof![Just(Goal::Minimize), Just(Goal::Maximize)]
}

proptest! {
    /// Whatever the others report, and at which levels: who is never behind is not stopped by a rule that compares.
    #[test]
    fn the_best_at_every_level_is_never_stopped(
        trials in prop::collection::vec(trial(), 2..8),
        best in 0..8_usize,
        goal in goals(),
    ) {
        let best = best % trials.len();
        let loss = |number: usize, report: &Report| {
            let all = trials.iter().map(|trial| trial.loss(report.level));
            if number == best { all.fold(f64::INFINITY, f64::min) } else { trials[number].loss(report.level) }
        };
        for rule in &rules()[..5] {
            let (_, stopped) = tell(&mut *stopper(goal, rule), &news(goal, &trials, loss));
            prop_assert!(!stopped.contains(&(best as u64)), "{}", rule.0);
        }
    }

    /// After a restart all reports are told first, of each level of a trial the last, and then which trials have ended: what is said
    /// afterwards is the same.
    #[test]
    fn a_rule_that_is_told_again_goes_on_as_before(
        trials in prop::collection::vec(trial(), 2..8),
        part in 0.0..1.0,
        goal in goals(),
    ) {
        for rule in &rules() {
            let news = news(goal, &trials, |number, report| trials[number].loss(report.level) + report.slip);
            let (before, after) = news.split_at((part * news.len() as f64) as usize);
            let mut lived = stopper(goal, rule);
            let (told, stopped) = tell(&mut *lived, before);
            let mut again = stopper(goal, rule);
            for (trial, level, value) in remembered(&told) {
                again.report(trial, level, value);
            }
            for it in &told {
                if let News::End(trial, outcome) = *it {
                    again.finish(trial, outcome);
                }
            }
            let of_open = |it: &News| {
                let (News::Report(trial, ..) | News::End(trial, _)) = it;
                !stopped.contains(trial)
            };
            let after: Vec<News> = after.iter().copied().filter(of_open).collect();
            prop_assert_eq!(tell(&mut *lived, &after).1, tell(&mut *again, &after).1, "{}", rule.0);
        }
    }

    /// A report without a level is none.
    #[test]
    fn levels_that_are_no_numbers_are_not_heard(
        trials in prop::collection::vec(trial(), 1..6),
        value in prop_oneof![Just(f64::NAN), -2.0..2.0],
    ) {
        for rule in &rules() {
            let news = news(Goal::Minimize, &trials, |number, report| trials[number].loss(report.level) + report.slip);
            let quiet = tell(&mut *stopper(Goal::Minimize, rule), &news).1;
            let noisy: Vec<News> = news.iter().flat_map(|it| match it {
                News::Report(trial, ..) => vec![News::Report(*trial, f64::NAN, value), *it],
                News::End(..) => vec![*it],
            }).collect();
            prop_assert_eq!(tell(&mut *stopper(Goal::Minimize, rule), &noisy).1, quiet, "{}", rule.0);
        }
    }

    /// Values of any size, also none at all.
    #[test]
    fn no_number_is_too_much(
        reports in prop::collection::vec((0..4_u64, prop::num::f64::ANY, prop::num::f64::ANY), 1..60),
        goal in goals(),
    ) {
        for rule in &rules() {
            let mut stopper = stopper(goal, rule);
            for (count, (trial, level, value)) in reports.iter().enumerate() {
                if let Some(verdict) = stopper.report(*trial, *level, *value) {
                    prop_assert!(!verdict.explanation.is_empty() && !verdict.level.is_nan());
                }
                if count % 17 == 16 {
                    stopper.finish(*trial, Outcome::Succeeded(*value));
                }
            }
        }
    }
}
