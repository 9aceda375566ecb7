//! Points as the model sees them: features with a distance between them.
//!
//! A number is its coordinate. A choice is near to itself and equally far from any other. A parameter that is not active in one of two
//! points adds what it would if it were at the middle, and something of its own because it is set apart; two points in which it is not
//! active do not differ in it. All this is the distance of vectors, so that the kernel stays positive definite.

use super::super::axis::Axis;
use super::sums::lanes;

/// How far apart, squared, a parameter that is active is from one that is not, beside what its coordinate says.
const APART: f64 = 0.25;

/// How the coordinates of a space become features.
#[derive(Debug)]
pub(super) struct Features {
    /// The parameters that are numbers; their features come first.
    numbers: Vec<usize>,
    /// Then those of choices …
    choices: Vec<usize>,
    /// … and those that say whether a number is active.
    conditional: Vec<usize>,
}

impl Features {
    pub fn new(axes: &[Axis], conditional: &[bool]) -> Self {
        let is_choice = |parameter: &usize| matches!(axes[*parameter], Axis::Choices(_));
        let (choices, numbers): (Vec<usize>, Vec<usize>) = (0..axes.len()).partition(is_choice);
        let conditional = numbers
            .iter()
            .copied()
            .filter(|p| conditional[*p])
            .collect();
        Self {
            numbers,
            choices,
            conditional,
        }
    }

    /// How many of them are numbers.
    pub fn numbers(&self) -> &[usize] {
        &self.numbers
    }

    /// The parameter of each feature.
    pub fn parameters(&self) -> impl Iterator<Item = usize> {
        let all = [&self.numbers, &self.choices, &self.conditional];
        all.into_iter().flatten().copied()
    }

    /// The features at a point, NaN where a parameter is not active.
    pub fn at(&self, point: &[f64]) -> Vec<f64> {
        let number = |p: &usize| if point[*p].is_nan() { 0.5 } else { point[*p] };
        let choice = |p: &usize| if point[*p].is_nan() { -1.0 } else { point[*p] };
        let active = |p: &usize| f64::from(u8::from(!point[*p].is_nan()));
        (self.numbers.iter().map(number))
            .chain(self.choices.iter().map(choice))
            .chain(self.conditional.iter().map(active))
            .collect()
    }

    /// What each feature adds to the squared distance, given that of each parameter.
    pub fn weights(&self, of_parameters: &[f64]) -> Vec<f64> {
        let whole = self.numbers.iter().chain(&self.choices);
        (whole.map(|p| of_parameters[*p]))
            .chain(self.conditional.iter().map(|p| APART * of_parameters[*p]))
            .collect()
    }
}

/// The features of several points, one column for each feature.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    columns: Vec<Vec<f64>>,
    numbers: usize,
    size: usize,
}

impl Sample {
    pub fn new(features: &Features) -> Self {
        Self {
            columns: vec![Vec::new(); features.parameters().count()],
            numbers: features.numbers.len(),
            size: 0,
        }
    }

    pub fn size(&self) -> usize {
        self.size
    }

    pub fn push(&mut self, at: &[f64]) {
        for (column, value) in self.columns.iter_mut().zip(at) {
            column.push(*value);
        }
        self.size += 1;
    }

    /// The features of one of them.
    pub fn row(&self, index: usize) -> Vec<f64> {
        self.columns.iter().map(|column| column[index]).collect()
    }

    /// The squared distances to the first few of them.
    pub fn squares(&self, at: &[f64], weights: &[f64], squares: &mut Vec<f64>, first: usize) {
        squares.clear();
        squares.resize(first, 0.0);
        let features = self.columns.iter().zip(at).zip(weights).enumerate();
        for (feature, ((column, at), weight)) in features {
            let terms = squares.iter_mut().zip(column);
            if feature < self.numbers {
                for (square, value) in terms {
                    let difference = at - value;
                    *square += weight * (difference * difference);
                }
            } else {
                for (square, value) in terms {
                    *square += if value == at { 0.0 } else { *weight };
                }
            }
        }
    }

    /// Adds, for each feature, the sum of the unweighted squared differences from the first few of them, each times its factor.
    pub fn add_weighted_squares(&self, at: &[f64], factors: &[f64], sums: &mut [f64]) {
        for (feature, (column, at)) in self.columns.iter().zip(at).enumerate() {
            sums[feature] += if feature < self.numbers {
                lanes(factors, column, |factor, value| {
                    let difference = at - value;
                    factor * (difference * difference)
                })
            } else {
                lanes(
                    factors,
                    column,
                    |factor, value| if value == *at { 0.0 } else { factor },
                )
            };
        }
    }

    /// For each number, the sum of the differences from all of them, each times its factor.
    pub fn weighted_differences(&self, at: &[f64], factors: &[f64]) -> Vec<f64> {
        let numbers = self.columns[..self.numbers].iter().zip(at);
        numbers
            .map(|(column, at)| lanes(factors, column, |factor, value| factor * (at - value)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features() -> Features {
        let axes = [Axis::Choices(3), Axis::Continuous, Axis::Continuous];
        Features::new(&axes, &[false, false, true])
    }

    fn distance(a: &[f64], b: &[f64]) -> f64 {
        let features = features();
        let mut sample = Sample::new(&features);
        sample.push(&features.at(b));
        let mut squares = Vec::new();
        let weights = features.weights(&[1.0, 10.0, 100.0]);
        sample.squares(&features.at(a), &weights, &mut squares, 1);
        squares[0]
    }

    #[test]
    fn numbers_choices_and_what_is_not_active_have_distances() {
        let at = [0.5, 0.25, 0.5];
        assert_eq!(distance(&at, &at), 0.0);
        assert_eq!(distance(&at, &[0.1, 0.25, 0.5]), 1.0);
        assert_eq!(distance(&at, &[0.5, 0.75, 0.5]), 2.5);
        assert_eq!(distance(&at, &[0.5, 0.25, f64::NAN]), 25.0);
        let without = [0.5, 0.25, f64::NAN];
        assert_eq!(distance(&without, &without), 0.0);
        assert_eq!(distance(&[0.5, 0.25, 0.0], &without), 50.0);
    }
}
