//! Learning curves, and searches over them in virtual time: with early stopping and without. Shared with the example `stopping`.

use serde_json::json;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use tune_algorithms::algorithm::build;
use tune_algorithms::history::{Goal, History, Outcome};
use tune_algorithms::setting::Settings;
use tune_algorithms::space::{Configuration, Parameter, Space, Value};
use tune_algorithms::stopper::Stopper;

/// Every trial has so many levels, if nobody ends it.
pub const LEVELS: u32 = 81;

/// So many trials, so many at a time.
const TRIALS: usize = 120;
const WORKERS: usize = 8;

/// Measured losses are off by so much.
pub const NOISE: f64 = 0.005;

/// A kind of learning curves.
#[derive(Clone, Copy)]
pub struct Curves {
    pub name: &'static str,
    /// The real loss after each level.
    curve: fn(&Configuration) -> Vec<f64>,
}

/// Whatever is learnt is learnt at the same speed.
pub const PARALLEL: Curves = Curves {
    name: "parallel",
    curve: |it| falling(it, |_, _, level| 2.0 * libm::exp(-level / 6.0)),
};

/// The speed depends on the settings, and the best are in the middle: most of the worse ones are ahead of them for a while.
pub const CROSSING: Curves = Curves {
    name: "crossing",
    curve: |it| {
        falling(it, |it, _, level| {
            2.0 * libm::exp(-level / (2.0 + 6.0 * (1.0 - rate(it)) + 4.0 * number(it, "width")))
        })
    },
};

/// A real model, trained by gradient descent: small rates are slow, large ones oscillate or diverge, and the weights are drawn back to
/// zero.
pub const TRAINED: Curves = Curves {
    name: "trained",
    curve: |it| {
        trained(
            libm::pow(10.0, 5.0 * rate(it) - 3.0),
            0.99 * number(it, "width"),
            libm::pow(10.0, 4.0 * number(it, "dropout") - 4.0),
        )
    },
};

/// All kinds, from the usual to the malicious.
pub const ALL: [Curves; 6] = [
    PARALLEL,
    // As large models on much data do.
    Curves {
        name: "power",
        curve: |it| {
            falling(it, |_, off, level| {
                1.0 / libm::pow(level, 0.5 + off.min(1.0))
            })
        },
    },
    CROSSING,
    TRAINED,
    // The better, the slower.
    Curves {
        name: "opposed",
        curve: |it| {
            falling(it, |_, off, level| {
                2.0 * libm::exp(-level / (3.0 + 12.0 * libm::exp(-6.0 * off)))
            })
        },
    },
    // Nothing is learnt for up to 24 levels, and then nearly everything at once.
    Curves {
        name: "stairs",
        curve: |it| {
            falling(it, |it, _, level| {
                1.0 / (1.0 + libm::exp((level - 4.0 - 20.0 * (1.0 - rate(it))) / 2.0))
            })
        },
    },
];

/// What is searched.
pub fn models() -> Arc<Space> {
    let parameters: Vec<Parameter> = serde_json::from_value(json!([
        {"name": "rate", "type": "float", "min": 1e-4, "max": 1.0, "scale": "log"},
        {"name": "width", "type": "float", "min": 0.0, "max": 1.0},
        {"name": "dropout", "type": "float", "min": 0.0, "max": 1.0},
    ]))
    .unwrap();
    Arc::new(Space::new(parameters).unwrap())
}

fn number(configuration: &Configuration, name: &str) -> f64 {
    configuration.get(name).and_then(Value::as_f64).unwrap()
}

/// The rate, its logarithm spread over the unit interval.
fn rate(configuration: &Configuration) -> f64 {
    libm::log10(number(configuration, "rate")) / 4.0 + 1.0
}

/// Falls to a last loss of 0.1 or more; `rest` is what is left to be learnt after a level, by a model with such settings that is so far off
/// in the end.
fn falling(it: &Configuration, rest: impl Fn(&Configuration, f64, f64) -> f64) -> Vec<f64> {
    let from = |value: f64, best: f64| (value - best) * (value - best);
    let off = from(rate(it), 0.6)
        + from(number(it, "width"), 0.7) / 2.0
        + from(number(it, "dropout"), 0.3) / 3.0;
    let levels = (1..=LEVELS).map(f64::from);
    levels
        .map(|level| 0.1 + off + rest(it, off, level))
        .collect()
}

/// The loss on other rows than those learnt from, after each epoch of a logistic regression.
fn trained(rate: f64, momentum: f64, decay: f64) -> Vec<f64> {
    let (seen, unseen) = (rows(0, 60), rows(60, 200));
    let (mut weights, mut velocity) = ([0.0; FEATURES], [0.0; FEATURES]);
    let epoch = |_| {
        let mut slope = weights.map(|weight| decay * weight);
        for (x, class) in &seen {
            let error = probability(&weights, x) - class;
            for (slope, x) in slope.iter_mut().zip(x) {
                *slope += error * x / seen.len() as f64;
            }
        }
        for ((weight, velocity), slope) in weights.iter_mut().zip(&mut velocity).zip(slope) {
            *velocity = momentum * *velocity - rate * slope;
            *weight += *velocity;
        }
        loss(&weights, &unseen)
    };
    (0..LEVELS).map(epoch).collect()
}

const FEATURES: usize = 12;

/// Rows with their classes, which two of the features and chance decide; the features are of different sizes.
fn rows(first: u32, count: u32) -> Vec<([f64; FEATURES], f64)> {
    let chance = |row: u32, at: usize| {
        let wave = libm::sin(f64::from(row) * 12.9898 + at as f64 * 78.233) * 43758.5453;
        wave - wave.floor() - 0.5
    };
    let row = |row: u32| {
        let x: [f64; FEATURES] =
            std::array::from_fn(|at| chance(row, at) * (1.0 + at as f64 / 3.0));
        let class = f64::from(u8::from(
            4.0 * x[1] - 3.0 * x[7] + 2.0 * chance(row, FEATURES) > 0.0,
        ));
        (x, class)
    };
    (first..first + count).map(row).collect()
}

fn probability(weights: &[f64; FEATURES], x: &[f64; FEATURES]) -> f64 {
    let sum: f64 = weights.iter().zip(x).map(|(weight, x)| weight * x).sum();
    1.0 / (1.0 + libm::exp(-sum))
}

fn loss(weights: &[f64; FEATURES], rows: &[([f64; FEATURES], f64)]) -> f64 {
    let of = |(x, class): &([f64; FEATURES], f64)| {
        let right = if *class > 0.5 {
            probability(weights, x)
        } else {
            1.0 - probability(weights, x)
        };
        -libm::log(right.max(1e-9))
    };
    rows.iter().map(of).sum::<f64>() / rows.len() as f64
}

/// What is added to a loss when it is measured.
fn noise(trial: usize, level: u32) -> f64 {
    NOISE * libm::sin((trial * 97 + level as usize * 31) as f64)
}

/// What came of a search.
pub struct Found {
    /// The final loss of the model that seems best, without the noise that made it seem so.
    pub loss: f64,
    /// How many levels were trained.
    pub work: u32,
}

/// Searches, some trials at a time, each level taking its time.
pub fn tune(name: &str, seed: u64, curves: Curves, mut stopper: Option<Box<dyn Stopper>>) -> Found {
    let mut algorithm = build(name, models(), seed, &Settings::new()).unwrap();
    let mut history = History::new(Goal::Minimize);
    let mut known: Vec<Vec<f64>> = Vec::new();
    // What happens next, by time: which trial comes to which level.
    let mut agenda: BTreeMap<(u64, usize), u32> = (0..WORKERS)
        .map(|worker| ((0, TRIALS + worker), 0))
        .collect();
    let pace = |trial: usize| 10 + (trial as u64 * 7) % 5;
    let (mut seems, mut found) = (
        f64::INFINITY,
        Found {
            loss: f64::INFINITY,
            work: 0,
        },
    );
    while let Some(((now, trial), level)) = agenda.pop_first() {
        if level > 0 {
            found.work += 1;
            let real = known[trial][level as usize - 1];
            let value = real + noise(trial, level);
            let stop = stopper
                .as_mut()
                .and_then(|it| it.report(trial as u64, f64::from(level), value));
            if stop.is_none() && level < LEVELS {
                agenda.insert((now + pace(trial), trial), level + 1);
                continue;
            }
            let outcome = match stop {
                Some(_) => Outcome::EarlyStopped(Some(value)),
                None => Outcome::Succeeded(value),
            };
            if stop.is_none() && value < seems {
                (seems, found.loss) = (value, real);
            }
            history.finish(trial, outcome);
            if let Some(stopper) = &mut stopper {
                stopper.finish(trial as u64, outcome);
            }
        }
        if known.len() < TRIALS {
            let configuration = algorithm.suggest(&history, 1).remove(0);
            known.push((curves.curve)(&configuration));
            let trial = history.create(configuration);
            agenda.insert((now + pace(trial), trial), 1);
        }
    }
    found
}

/// Searches with and without the stopper that `stopper` makes, from the same seeds.
pub struct Comparison {
    /// The losses, without and with it, by seed.
    pub losses: Vec<(f64, f64)>,
    /// Which share of the work was done with it.
    pub share: f64,
}

impl Comparison {
    pub fn new(
        algorithm: &str,
        seeds: Range<u64>,
        curves: Curves,
        stopper: &dyn Fn() -> Box<dyn Stopper>,
    ) -> Self {
        let whole: Vec<Found> = (seeds.clone())
            .map(|seed| tune(algorithm, seed, curves, None))
            .collect();
        let halved: Vec<Found> = seeds
            .map(|seed| tune(algorithm, seed, curves, Some(stopper())))
            .collect();
        let work = |runs: &[Found]| runs.iter().map(|run| f64::from(run.work)).sum::<f64>();
        Self {
            losses: whole
                .iter()
                .zip(&halved)
                .map(|(a, b)| (a.loss, b.loss))
                .collect(),
            share: work(&halved) / work(&whole),
        }
    }

    /// How much worse the models are with it, on average, and the standard error of that.
    pub fn cost(&self) -> (f64, f64) {
        let count = self.losses.len() as f64;
        let worse = || self.losses.iter().map(|(without, with)| with - without);
        let mean = worse().sum::<f64>() / count;
        let squares: f64 = worse().map(|it| (it - mean) * (it - mean)).sum();
        (mean, (squares / (count - 1.0) / count).sqrt())
    }

    /// The median losses, without and with it.
    pub fn medians(&self) -> (f64, f64) {
        let median = |mut losses: Vec<f64>| {
            losses.sort_by(f64::total_cmp);
            losses[losses.len() / 2]
        };
        (
            median(self.losses.iter().map(|it| it.0).collect()),
            median(self.losses.iter().map(|it| it.1).collect()),
        )
    }
}
