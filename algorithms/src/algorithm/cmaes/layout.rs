//! Which parameters are numbers, which are choices, and how a trial is a point of both.

use super::super::axis::{Axis, choice_of, middle};
use super::gaussian::{Gaussian, Number};
use super::margin::Cells;
use crate::draws;
use crate::quantile::{cdf, quantile};
use crate::space::Space;
use rand_chacha::ChaCha8Rng;

/// Quantiles are taken of no less than this, and of no more than 1 without it.
const LEAST: f64 = 1e-16;

/// What a parameter is to the search.
#[derive(Clone, Copy, Debug)]
enum Role {
    /// The coordinate with this index.
    Number(usize),
    /// The set of choices with this index.
    Choice(usize),
    /// It has one value.
    Fixed,
}

/// The parameters of a space, by what they are to the search.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    roles: Vec<Role>,
    pub numbers: Vec<Number>,
    /// How many choices each of the others has.
    pub counts: Vec<usize>,
}

impl Layout {
    pub fn new(space: &Space) -> Self {
        let mut layout = Self::default();
        for parameter in space.parameters() {
            let role = match Axis::new(parameter) {
                _ if parameter.domain.count() == Some(1) => Role::Fixed,
                Axis::Continuous => layout.number(Number::Continuous),
                Axis::Steps(edges) => layout.number(Number::Discrete(Cells::new(&edges))),
                Axis::Choices(count) => {
                    layout.counts.push(count);
                    Role::Choice(layout.counts.len() - 1)
                }
            };
            layout.roles.push(role);
        }
        layout
    }

    fn number(&mut self, number: Number) -> Role {
        self.numbers.push(number);
        Role::Number(self.numbers.len() - 1)
    }

    /// The standard normal vector that coordinates of the unit cube stand for.
    pub fn standard(&self, units: &[f64]) -> Vec<f64> {
        let numbers = self.roles.iter().zip(units);
        numbers
            .filter(|(role, _)| matches!(role, Role::Number(_)))
            .map(|(_, unit)| quantile(unit.clamp(LEAST, 1.0 - LEAST)))
            .collect()
    }

    /// The point of the unit cube with these numbers, brought back into the bounds, and for each of the others the choice that a `pick`
    /// says.
    pub fn point(
        &self,
        sample: &[f64],
        units: &[f64],
        pick: impl Fn(usize, f64) -> usize,
    ) -> Vec<f64> {
        let roles = self.roles.iter().zip(units);
        roles
            .map(|(role, unit)| match role {
                Role::Number(index) => sample[*index].clamp(0.0, 1.0),
                Role::Choice(index) => middle(self.counts[*index], pick(*index, *unit)),
                Role::Fixed => 0.5,
            })
            .collect()
    }

    /// The choices of a trial, `None` where a parameter was not active.
    pub fn choices(&self, units: &[Option<f64>]) -> Vec<Option<usize>> {
        let mut choices = vec![None; self.counts.len()];
        for (role, unit) in self.roles.iter().zip(units) {
            if let (Role::Choice(index), Some(unit)) = (role, unit) {
                choices[*index] = Some(choice_of(self.counts[*index], *unit));
            }
        }
        choices
    }

    /// The numbers of a trial. What is not known of them (that of a parameter that was not active, the place within the cell of a discrete
    /// value) is drawn from the distribution as it is: so it moves the distribution nowhere on average, and does not make it more sure.
    pub fn numbers(
        &self,
        units: &[Option<f64>],
        of: &Gaussian,
        generator: &mut ChaCha8Rng,
    ) -> Vec<f64> {
        let deviations = of.deviations();
        let mut sample = vec![0.0; self.numbers.len()];
        for (role, unit) in self.roles.iter().zip(units) {
            let Role::Number(index) = *role else { continue };
            let drawn = draws::unit(generator).clamp(LEAST, 1.0 - LEAST);
            let (mean, deviation) = (of.mean[index], deviations[index]);
            sample[index] = match (&self.numbers[index], unit) {
                (Number::Continuous, Some(unit)) => *unit,
                (Number::Discrete(cells), Some(unit)) => {
                    let (low, high) = cells.around(*unit);
                    let bounds = [(low - mean) / deviation, (high - mean) / deviation];
                    mean + deviation * within(bounds, drawn)
                }
                (_, None) => mean + deviation * quantile(drawn),
            };
        }
        sample
    }
}

/// The quantile of a standard normal number of which is known that it lies within bounds.
fn within([low, high]: [f64; 2], p: f64) -> f64 {
    if low > 0.0 {
        return -within([-high, -low], 1.0 - p);
    }
    let (below, up_to) = (cdf(low), cdf(high));
    let mass = up_to - below;
    if mass < 1e-280 {
        return high.min(0.0);
    }
    quantile((below + p * mass).clamp(1e-290, 1.0 - LEAST)).clamp(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_within_bounds_stay_within_them() {
        for bounds in [
            [-1.0, 2.0],
            [f64::NEG_INFINITY, -40.0],
            [7.0, 8.0],
            [50.0, f64::INFINITY],
            [-0.1, 0.1],
        ] {
            let found = [0.001, 0.3, 0.5, 0.999].map(|p| within(bounds, p));
            assert!(found.is_sorted());
            assert!(
                found.iter().all(|x| (bounds[0]..=bounds[1]).contains(x)),
                "{found:?}"
            );
        }
        assert!((within([0.0, f64::INFINITY], 0.5) - 0.674_489_750_196_081_7).abs() < 1e-12);
    }
}
