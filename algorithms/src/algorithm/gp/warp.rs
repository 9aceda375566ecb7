//! Losses as the model sees them: standardised, with what is very bad brought near.

use crate::history::{Goal, Outcome};

/// A trial that has a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Valued {
    /// Small is good.
    pub loss: f64,
    /// Whether a stopper ended it: then it is not better than half of those that ran to their end.
    pub stopped: bool,
}

impl Valued {
    pub fn new(goal: Goal, outcome: Outcome) -> Option<Self> {
        let (value, stopped) = match outcome {
            Outcome::Succeeded(value) => (value, false),
            Outcome::EarlyStopped(value) => (value?, true),
            Outcome::Failed => return None,
        };
        let loss = match goal {
            Goal::Minimize => value,
            Goal::Maximize => -value,
        };
        Some(Self { loss, stopped })
    }
}

/// The powers to which losses are raised, once they are written as multiples of one of the better of them above the best; 0 is the logarithm.
pub(super) const POWERS: [f64; 3] = [1.0, 0.5, 0.0];

/// Which share of the losses is below the one that is the unit.
const UNIT: f64 = 0.3;

/// Losses as the model sees them.
#[derive(Clone, Debug)]
pub(super) struct Warped {
    /// Standardised values.
    pub values: Vec<f64>,
    /// The logarithm of how much longer a small piece becomes, for each.
    pub log_slopes: Vec<f64>,
}

/// Raises losses to a power. `None` when there are not two that differ.
pub(super) fn warp(valued: &[Valued], power: f64) -> Option<Warped> {
    let losses = comparable(valued);
    let sorted = sorted(&losses);
    let (lowest, highest) = (*sorted.first()?, *sorted.last()?);
    if !(lowest < highest) {
        return None;
    }
    let least = sorted[((sorted.len() - 1) as f64 * UNIT) as usize] - lowest;
    let gaps = sorted.iter().map(|loss| loss - lowest);
    let unit = gaps.filter(|gap| *gap > 0.0).find(|gap| *gap >= least)?;
    let multiples: Vec<f64> = losses.iter().map(|loss| 1.0 + (loss - lowest) / unit).collect();
    let raised = multiples.iter().map(|multiple| raised(*multiple, power));
    let (values, deviation) = standardised(raised.collect());
    let constant = libm::log(unit * deviation);
    let log_slopes = multiples.iter().map(|multiple| (power - 1.0) * libm::log(*multiple) - constant);
    Some(Warped { log_slopes: log_slopes.collect(), values })
}

/// Box & Cox 1964, doi:10.1111/j.2517-6161.1964.tb00553.x.
fn raised(multiple: f64, power: f64) -> f64 {
    if power == 0.0 {
        libm::log(multiple)
    } else {
        (libm::pow(multiple, power) - 1.0) / power
    }
}

/// All losses on a scale that does not overflow.
fn comparable(valued: &[Valued]) -> Vec<f64> {
    let done = valued.iter().filter(|valued| !valued.stopped);
    let done = sorted(&done.map(|valued| valued.loss).collect::<Vec<f64>>());
    let median = done.get(done.len() / 2).copied();
    let largest = valued.iter().fold(0.0, |largest: f64, valued| largest.max(valued.loss.abs()));
    let scale = if largest > 1e100 { 1.0 / largest } else { 1.0 };
    let loss = |valued: &Valued| match median {
        Some(median) if valued.stopped => valued.loss.max(median),
        _ => valued.loss,
    };
    valued.iter().map(|valued| scale * loss(valued)).collect()
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// With mean 0 and variance 1; and what their deviation was.
fn standardised(mut values: Vec<f64>) -> (Vec<f64>, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let square = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>();
    let deviation = (square / count).sqrt();
    for value in &mut values {
        *value = (*value - mean) / deviation;
    }
    (values, deviation)
}
