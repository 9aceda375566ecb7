//! Points to look at first, and small moves from a point.

use super::super::axis::{Axis, choice_of, middle};
use crate::{draws, normal};
use rand_chacha::ChaCha8Rng;

/// So many values of a parameter are all tried in turn.
const FEW: usize = 24;

/// How far from a point that is good others are looked at.
const DEVIATIONS: [f64; 4] = [0.1, 0.03, 0.01, 0.001];

/// So many coordinates of a point are moved at once, about.
const MOVED: f64 = 10.0;

/// A point near another: some coordinates are moved by about as much as the turn says.
pub(super) fn near(
    point: &[f64],
    axes: &[Axis],
    turn: usize,
    generator: &mut ChaCha8Rng,
) -> Vec<f64> {
    let deviation = DEVIATIONS[turn % DEVIATIONS.len()];
    let share = (MOVED / point.len() as f64).min(if turn.is_multiple_of(2) { 1.0 } else { 0.5 });
    let coordinates = point.iter().zip(axes);
    coordinates
        .map(|(at, axis)| {
            if draws::unit(generator) >= share {
                return *at;
            }
            match axis {
                Axis::Choices(count) => {
                    let other = draws::unit(generator);
                    let moved = draws::unit(generator) < 2.0 * deviation;
                    if moved {
                        middle(*count, choice_of(*count, other))
                    } else {
                        *at
                    }
                }
                Axis::Steps(edges) => {
                    let cell = 1.0 / (edges.len() - 1) as f64;
                    axis.snap(reflected(
                        at + normal::draw(generator) * deviation.max(0.7 * cell),
                    ))
                }
                Axis::Continuous => reflected(at + normal::draw(generator) * deviation),
            }
        })
        .collect()
}

/// Back into [0, 1].
fn reflected(unit: f64) -> f64 {
    let unit = unit.abs();
    if unit > 1.0 {
        (2.0 - unit).max(0.0)
    } else {
        unit
    }
}

/// Other values of a discrete parameter: all where they are few, else neighbours and some at random.
pub(super) fn others(at: f64, axis: &Axis, generator: &mut ChaCha8Rng) -> Vec<f64> {
    let (count, center): (usize, &dyn Fn(usize) -> f64) = match axis {
        Axis::Continuous => return Vec::new(),
        Axis::Choices(count) => (*count, &|index| middle(*count, index)),
        Axis::Steps(edges) => (edges.len() - 1, &|index| {
            (edges[index] + edges[index + 1]) / 2.0
        }),
    };
    let here = match axis {
        Axis::Steps(edges) => super::super::axis::cell_of(edges, at),
        _ => choice_of(count, at),
    };
    let indices: Vec<usize> = if count <= FEW {
        (0..count).collect()
    } else {
        let random = (0..FEW / 2).map(|_| (draws::unit(generator) * count as f64) as usize);
        let mut indices: Vec<usize> = random.collect();
        if matches!(axis, Axis::Steps(_)) {
            let steps = [1, 2, 3, count / 32, count / 8];
            indices.extend(steps.iter().map(|step| here.saturating_sub(*step)));
            indices.extend(steps.iter().map(|step| (here + step).min(count - 1)));
        }
        indices
    };
    indices
        .into_iter()
        .filter(|index| *index != here)
        .map(center)
        .collect()
}
