//! A parameter as models see it: a coordinate in the unit interval, and the cells that discrete values own in it.

use crate::space::{Domain, Parameter};

/// An ordered domain of more values is as good as continuous: its cells are too narrow to matter.
const MOST_CELLS: u128 = 1000;

/// The kind of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Axis {
    /// Any number in [0, 1].
    Continuous,
    /// Ordered values, with the ends of their cells: one more than there are values.
    Steps(Vec<f64>),
    /// So many values without an order, each with a cell of the same length.
    Choices(usize),
}

impl Axis {
    pub fn new(parameter: &Parameter) -> Self {
        match (&parameter.domain, parameter.domain.count()) {
            (Domain::Categorical { values }, _) => Axis::Choices(values.len()),
            (Domain::Bool, _) => Axis::Choices(2),
            (domain, Some(count)) if count <= MOST_CELLS => {
                Axis::Steps(domain.cell_edges(count as usize))
            }
            _ => Axis::Continuous,
        }
    }

    /// The middle of the cell that holds a coordinate; the coordinate itself where there are no cells.
    pub fn snap(&self, unit: f64) -> f64 {
        match self {
            Axis::Continuous => unit,
            Axis::Steps(edges) => {
                let cell = cell_of(edges, unit);
                (edges[cell] + edges[cell + 1]) / 2.0
            }
            Axis::Choices(count) => middle(*count, choice_of(*count, unit)),
        }
    }
}

/// Which of the cells with these ends holds a coordinate.
pub(super) fn cell_of(edges: &[f64], unit: f64) -> usize {
    let after = edges.partition_point(|edge| *edge <= unit);
    after.clamp(1, edges.len() - 1) - 1
}

/// Which of `count` choices a coordinate means.
pub(super) fn choice_of(count: usize, unit: f64) -> usize {
    ((unit * count as f64) as usize).min(count - 1)
}

/// The coordinate that means this one of `count` choices.
pub(super) fn middle(count: usize, choice: usize) -> f64 {
    (choice as f64 + 0.5) / count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{Scale, Value};

    #[test]
    fn coordinates_snap_to_what_domains_encode() {
        let log = Domain::Int {
            min: 1,
            max: 100,
            scale: Scale::Log,
            step: None,
            points: None,
        };
        let values = ["a", "b", "c"].map(Value::from).to_vec();
        for domain in [log, Domain::Categorical { values }, Domain::Bool] {
            let axis = Axis::new(&Parameter::new("x", domain.clone()));
            for index in 0..200 {
                let unit = f64::from(index) / 199.0;
                let value = domain.decode(unit);
                let snapped = axis.snap(unit);
                assert_eq!(domain.decode(snapped), value, "{domain:?} {unit}");
                assert!((domain.encode(&value).unwrap() - snapped).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn what_has_very_many_values_is_continuous() {
        let int = |max| Domain::Int {
            min: 1,
            max,
            scale: Scale::Linear,
            step: None,
            points: None,
        };
        let axis = |max| Axis::new(&Parameter::new("x", int(max)));
        assert_eq!(axis(i64::MAX), Axis::Continuous);
        assert_eq!(axis(2), Axis::Steps(vec![0.0, 0.5, 1.0]));
    }
}
