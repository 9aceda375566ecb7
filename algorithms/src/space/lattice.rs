//! The configurations of a finite space, or of a grid laid over any space, numbered from 0 without gaps.

use super::diagram::Diagram;
use super::domain::CONTINUOUS_COUNT;
use super::{Configuration, Domain, Scale, Space, Value};
use std::sync::Arc;

/// A numbering of configurations: ranks below [`Lattice::count`] and configurations, one to one.
///
/// Parameters count like the digits of a number, the last one fastest, in the order of the file, except that a
/// parameter under a condition comes right after the last of its parents.
#[derive(Clone, Debug)]
pub struct Lattice {
    space: Arc<Space>,
    axes: Vec<Axis>,
    diagram: Arc<Diagram>,
}

/// Which values of a parameter take part.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Axis {
    /// All of them; of a float without steps 2⁵³, evenly spread.
    Every,
    /// Those with these indices, ascending.
    Chosen(Vec<u128>),
    /// So many of a float without steps, evenly spread.
    Spread(u32),
}

impl Lattice {
    /// Every configuration of the space; a float without steps is taken as 2⁵³ evenly spread values, so that "every"
    /// is all that there is only when [`Space::size`] is known.
    pub fn every(space: Arc<Space>) -> Self {
        let axes = vec![Axis::Every; space.parameters().len()];
        let diagram = Arc::clone(space.diagram());
        Self {
            space,
            axes,
            diagram,
        }
    }

    /// The grid over a space: `points` values for a float without steps and without `points` of its own.
    pub fn grid(space: Arc<Space>, points: u32) -> Self {
        let axes: Vec<Axis> = space
            .parameters()
            .iter()
            .map(|parameter| Axis::grid(&parameter.domain, points))
            .collect();
        let diagram = Arc::new(space.count_along(&axes));
        Self {
            space,
            axes,
            diagram,
        }
    }

    /// How many configurations, saturating.
    pub fn count(&self) -> u128 {
        self.diagram.count()
    }

    /// The configuration with this rank; `None` from the count on.
    pub fn nth(&self, rank: u128) -> Option<Configuration> {
        if rank >= self.count() {
            return None;
        }
        let mut values = vec![None; self.axes.len()];
        for (parameter, index) in self.diagram.decisions(rank) {
            let domain = &self.space.parameters()[parameter].domain;
            values[parameter] = Some(self.axes[parameter].nth(domain, index));
        }
        Some(self.space.assemble(values))
    }

    /// The rank of a configuration that the space accepts; `None` when it is not on the lattice, and in a space with
    /// more configurations than can be numbered.
    pub fn rank(&self, configuration: &Configuration) -> Option<u128> {
        self.diagram.rank(|parameter| {
            let parameter_at = &self.space.parameters()[parameter];
            let value = configuration.get(&parameter_at.name)?;
            self.axes[parameter].index_of(&parameter_at.domain, value)
        })
    }
}

impl Axis {
    fn grid(domain: &Domain, default_points: u32) -> Self {
        let points = match domain {
            Domain::Float { points, .. } | Domain::Int { points, .. } => *points,
            _ => None,
        };
        match (domain.count(), points) {
            (None, points) => Axis::Spread(points.unwrap_or(default_points).max(2)),
            (Some(count), Some(points)) if u128::from(points) < count => {
                Axis::Chosen(spread_indices(domain, count, points))
            }
            _ => Axis::Every,
        }
    }

    pub(super) fn count(&self, domain: &Domain) -> u128 {
        match self {
            Axis::Every => domain.count().unwrap_or(CONTINUOUS_COUNT),
            Axis::Chosen(indices) => indices.len() as u128,
            Axis::Spread(points) => u128::from(*points),
        }
    }

    fn nth(&self, domain: &Domain, index: u128) -> Value {
        match self {
            Axis::Every => domain.nth(index),
            Axis::Chosen(indices) => domain.nth(indices[index as usize]),
            Axis::Spread(points) => domain.spread(index as u64, *points),
        }
    }

    pub(super) fn index_of(&self, domain: &Domain, value: &Value) -> Option<u128> {
        let spread = |count: f64| {
            let index = (domain.encode(value)? * (count - 1.0)).round() as u128;
            (self.nth(domain, index) == *value).then_some(index)
        };
        match self {
            Axis::Every if domain.count().is_none() => spread(CONTINUOUS_COUNT as f64),
            Axis::Every => domain.index_of(value),
            Axis::Chosen(indices) => indices
                .binary_search(&domain.index_of(value)?)
                .ok()
                .map(|index| index as u128),
            Axis::Spread(points) => spread(f64::from(*points)),
        }
    }
}

/// About `points` of `count` indices, evenly along the scale, both ends among them, none twice.
fn spread_indices(domain: &Domain, count: u128, points: u32) -> Vec<u128> {
    let fractions = (0..points).map(|point| f64::from(point) / f64::from(points - 1));
    let mut indices: Vec<u128> = match domain {
        Domain::Int {
            min,
            max,
            scale: Scale::Log,
            step,
            ..
        } => {
            let (low, high) = (libm::log(*min as f64), libm::log(*max as f64));
            fractions
                .map(|fraction| libm::exp(low + fraction * (high - low)) - *min as f64)
                .map(|offset| (offset / step.unwrap_or(1) as f64).round() as u128)
                .collect()
        }
        _ => fractions
            .map(|fraction| (fraction * (count - 1) as f64).round() as u128)
            .collect(),
    };
    indices
        .iter_mut()
        .for_each(|index| *index = (*index).min(count - 1));
    indices.dedup();
    indices
}
