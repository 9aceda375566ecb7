//! Where the acquisition is highest: many points are looked at, and the best are improved by turns, numbers along the slope and
//! discrete parameters value by value. Nothing is ever rounded.

use super::super::axis::Axis;
use super::acquisition::{Acquisition, Aim};
use super::candidates::others;
use super::descent::{Patience, descend};
use super::features::Features;
use crate::space::Space;
use rand_chacha::ChaCha8Rng;

/// So many discrete values are tried for one suggestion.
const MOST_MOVES: usize = 600;

/// How the slope is followed.
const PATIENCE: Patience = Patience {
    steps: 30,
    gain: 1e-4,
    first: 0.1,
};

/// How a space is looked at.
pub(super) struct Terrain<'a> {
    pub space: &'a Space,
    pub axes: &'a [Axis],
    pub features: &'a Features,
    /// Whether there are conditions.
    pub conditional: bool,
    /// Between which coordinates to search; choices are free.
    pub bounds: &'a [(f64, f64)],
}

impl Terrain<'_> {
    /// The same point, NaN where parameters are not active.
    pub fn active(&self, point: &[f64]) -> Vec<f64> {
        if !self.conditional {
            return point.to_vec();
        }
        let active = self.space.active_at(point);
        let units = point.iter().zip(active);
        units
            .map(|(unit, active)| if active { *unit } else { f64::NAN })
            .collect()
    }

    pub fn features(&self, point: &[f64]) -> Vec<f64> {
        self.features.at(&self.active(point))
    }

    /// A point of the unit cube in the box.
    pub fn stretched(&self, point: &[f64]) -> Vec<f64> {
        let coordinates = point.iter().zip(self.axes).zip(self.bounds);
        let stretched = coordinates.map(|((unit, axis), (low, high))| match axis {
            Axis::Choices(_) => axis.snap(*unit),
            _ => axis.snap(low + unit * (high - low)),
        });
        stretched.collect()
    }

    /// The nearest point in the box.
    pub fn clamped(&self, mut point: Vec<f64>) -> Vec<f64> {
        for ((unit, axis), (low, high)) in point.iter_mut().zip(self.axes).zip(self.bounds) {
            if *axis == Axis::Continuous {
                *unit = unit.clamp(*low, *high);
            }
        }
        point
    }
}

/// A point and what is to be hoped for there.
#[derive(Clone, Debug)]
pub(super) struct Scored {
    pub score: f64,
    pub point: Vec<f64>,
}

/// A search for the highest acquisition.
pub(super) struct Climb<'a> {
    pub terrain: Terrain<'a>,
    pub acquisition: Acquisition<'a>,
    /// Everything that has been looked at.
    pub seen: Vec<Scored>,
    moves: usize,
}

impl<'a> Climb<'a> {
    pub fn new(terrain: Terrain<'a>, acquisition: Acquisition<'a>) -> Self {
        Self {
            terrain,
            acquisition,
            seen: Vec::new(),
            moves: 0,
        }
    }

    /// Looks at a point.
    pub fn look(&mut self, point: Vec<f64>) {
        let scored = self.scored(point);
        self.seen.push(scored);
    }

    /// Looks at the same points for another aim.
    pub fn again(mut self, aim: Aim) -> Self {
        self.acquisition.aim = aim;
        for point in std::mem::take(&mut self.seen) {
            self.look(point.point);
        }
        self
    }

    fn scored(&self, point: Vec<f64>) -> Scored {
        let score = self.acquisition.at(&self.terrain.features(&point));
        Scored { score, point }
    }

    /// Climbs from a point.
    pub fn climb(&mut self, from: Scored, generator: &mut ChaCha8Rng) {
        let mut best = self.along_slope(from);
        for _ in 0..3 {
            let Some(moved) = self.by_value(&best, generator) else {
                break;
            };
            best = self.along_slope(moved);
        }
    }

    fn along_slope(&mut self, from: Scored) -> Scored {
        let active = self.terrain.active(&from.point);
        let free: Vec<(usize, usize)> =
            (self.terrain.features.numbers().iter().copied().enumerate())
                .filter(|(_, p)| !active[*p].is_nan() && self.terrain.axes[*p] == Axis::Continuous)
                .collect();
        if free.is_empty() {
            return from;
        }
        let start: Vec<f64> = free.iter().map(|(_, p)| from.point[*p]).collect();
        let mut at = self.terrain.features.at(&active);
        let bounds: Vec<(f64, f64)> = free.iter().map(|(_, p)| self.terrain.bounds[*p]).collect();
        let (end, value) = descend(start, &bounds, PATIENCE, |x, slope| {
            for ((feature, _), x) in free.iter().zip(x) {
                at[*feature] = *x;
            }
            let (value, slopes) = self.acquisition.slopes(&at);
            for ((feature, _), slope) in free.iter().zip(slope) {
                *slope = -slopes[*feature];
            }
            -value
        });
        let mut point = from.point;
        for ((_, p), x) in free.iter().zip(end) {
            point[*p] = x;
        }
        let scored = Scored {
            score: -value,
            point,
        };
        self.seen.push(scored.clone());
        scored
    }

    /// Goes through the discrete parameters, taking the best value of each; `None` when that changes nothing.
    fn by_value(&mut self, from: &Scored, generator: &mut ChaCha8Rng) -> Option<Scored> {
        let mut best = from.clone();
        let mut changed = false;
        for parameter in 0..self.terrain.axes.len() {
            if self.moves >= MOST_MOVES {
                break;
            }
            if self.terrain.active(&best.point)[parameter].is_nan() {
                continue;
            }
            for value in others(
                best.point[parameter],
                &self.terrain.axes[parameter],
                generator,
            ) {
                let mut point = best.point.clone();
                point[parameter] = value;
                self.moves += 1;
                let moved = self.scored(point);
                self.seen.push(moved.clone());
                if moved.score > best.score {
                    best = moved;
                    changed = true;
                }
            }
        }
        changed.then_some(best)
    }
}
