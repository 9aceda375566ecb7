//! What early stopping is for: as good a result for a fraction of the work, on simulated learning curves in virtual time.

use crate::search::Search;
use crate::spaces::space;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use tune_algorithms::history::{Goal, Outcome};
use tune_algorithms::setting::Settings;
use tune_algorithms::space::{Configuration, Space, Value};
use tune_algorithms::stopper::{Stopper, build};

/// Every trial has so many levels, if nobody ends it.
const LEVELS: u32 = 81;

/// So many trials, so many at a time.
const TRIALS: usize = 120;
const WORKERS: usize = 8;

/// A model whose quality depends on three settings, and its speed of learning on two of them: curves cross.
fn models() -> Arc<Space> {
    space(json!([
        {"name": "rate", "type": "float", "min": 1e-4, "max": 1.0, "scale": "log"},
        {"name": "width", "type": "float", "min": 0.0, "max": 1.0},
        {"name": "dropout", "type": "float", "min": 0.0, "max": 1.0},
    ]))
}

/// The loss at a level: an exponential decay to the final loss.
fn loss(configuration: &Configuration, level: u32) -> f64 {
    let number = |name| configuration.get(name).and_then(Value::as_f64).unwrap();
    let (rate, width) = (number("rate").log10() / 4.0 + 1.0, number("width"));
    let dropout = number("dropout");
    let off = (rate - 0.6).powi(2) + (width - 0.7).powi(2) / 2.0 + (dropout - 0.3).powi(2) / 3.0;
    let slowness = 2.0 + 6.0 * (1.0 - rate) + 4.0 * width;
    0.1 + off + 2.0 * (-f64::from(level) / slowness).exp()
}

/// What is added to it when it is measured.
fn noise(trial: usize, level: u32) -> f64 {
    ((trial * 97 + level as usize * 31) as f64).sin() * 0.005
}

/// The final loss of the model that seems best, without the noise that made it seem so; and how many levels were trained for it.
fn tune(algorithm: &str, seed: u64, mut stopper: Option<Box<dyn Stopper>>) -> (f64, u32) {
    let mut search = Search::new(algorithm, &models(), seed);
    // What happens next, by time: which trial comes to which level.
    let mut agenda: BTreeMap<(u64, usize), u32> = BTreeMap::new();
    let pace = |trial: usize| 10 + (trial as u64 * 7) % 5;
    let begin = |search: &mut Search, agenda: &mut BTreeMap<(u64, usize), u32>, now: u64| {
        if search.history.trials().len() < TRIALS {
            let configuration = search.suggest(1).remove(0);
            let trial = search.history.create(configuration);
            agenda.insert((now + pace(trial), trial), 1);
        }
    };
    (0..WORKERS).for_each(|_| begin(&mut search, &mut agenda, 0));
    let (mut best, mut work) = ((f64::INFINITY, f64::INFINITY), 0);
    while let Some(((now, trial), level)) = agenda.pop_first() {
        work += 1;
        let real = loss(&search.history.trials()[trial].configuration, level);
        let value = real + noise(trial, level);
        let stop = stopper
            .as_mut()
            .and_then(|stopper| stopper.report(trial as u64, f64::from(level), value));
        let outcome = match stop {
            Some(_) => Outcome::EarlyStopped(Some(value)),
            None if level == LEVELS => Outcome::Succeeded(value),
            None => {
                agenda.insert((now + pace(trial), trial), level + 1);
                continue;
            }
        };
        if stop.is_none() && value < best.0 {
            best = (value, real);
        }
        search.history.finish(trial, outcome);
        if let Some(stopper) = &mut stopper {
            stopper.finish(trial as u64, true);
        }
        begin(&mut search, &mut agenda, now);
    }
    (best.1, work)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[test]
fn halving_finds_as_good_a_model_for_a_fraction_of_the_work() {
    // Trials are judged from a ninth of their length on: before, curves tell more of speed than of quality.
    let settings: Settings = serde_json::from_value(json!({"min_level": 9})).unwrap();
    let stopper = || build("asha", Goal::Minimize, &settings).unwrap();
    // The same models with and without: only the stopper makes a difference.
    let whole: Vec<_> = (0..15).map(|seed| tune("random", seed, None)).collect();
    let halved = (0..15).map(|seed| tune("random", seed, Some(stopper())));
    let halved: Vec<_> = halved.collect();
    let best = |runs: &[(f64, u32)]| median(runs.iter().map(|(best, _)| *best).collect());
    let work = |runs: &[(f64, u32)]| runs.iter().map(|(_, work)| f64::from(*work)).sum::<f64>();
    let share = work(&halved) / work(&whole);
    let (with, without) = (best(&halved), best(&whole));
    assert!(share < 0.4, "{share}");
    // The lowest possible loss is 0.1, that of most models above 0.2.
    assert!(
        with < without + 0.01,
        "{with} against {without} for {share} of the work"
    );
}
