//! The kernels of one parameter: for each observed trial a density around the value it had.
//!
//! A trial in which the parameter was not active has no opinion: its kernel is uniform. So a conditional space is
//! modelled jointly, and what is known of a branch comes from the trials in that branch.

use super::super::axis::{Axis, cell_of, choice_of, middle};
use super::bandwidth::bandwidths;
use super::quick;
use crate::draws;
use crate::normal::{self, LN_SQRT_TAU};
use rand_chacha::ChaCha8Rng;
use std::collections::HashMap;
use std::f64::consts::FRAC_1_SQRT_2;

/// How much of a kernel of n lies on choices that were not seen: each has 4/n of the weight of the one that was seen …
const UNSEEN: f64 = 4.0;

/// … and all together no more than so many have.
const MOST_UNSEEN: usize = 6;

/// How narrow kernels may be, or neighbours would never be tried.
#[derive(Clone, Copy, Debug)]
pub(super) struct Least {
    /// Of any kernel, in [0, 1].
    pub width: f64,
    /// Of one of ordered values, as a share of a cell.
    pub cells: f64,
}

/// One kernel for each trial.
pub(super) enum Kernels {
    /// Normal distributions, cut off at the ends of [0, 1].
    Normal(Normals),
    /// The same, and what falls into a cell belongs to its value.
    Steps(Steps),
    /// The value that was seen, and less of all others.
    Choices(Choices),
}

/// Normal kernels. A missing one has an inverse width of 0, and so the density 1.
pub(super) struct Normals {
    /// No kernel is narrower.
    least: f64,
    means: Vec<f64>,
    widths: Vec<f64>,
    /// 1 / (√2 · width).
    scales: Vec<f64>,
    /// The logarithm of what makes each a density.
    offsets: Vec<f64>,
}

/// Normal kernels over cells; of those that are equal, one is kept.
pub(super) struct Steps {
    /// No kernel is narrower.
    least: f64,
    edges: Vec<f64>,
    /// Mean and width of each different kernel.
    different: Vec<(f64, f64)>,
    /// Which of them each trial has.
    which: Vec<usize>,
    /// The logarithms of the masses of the different kernels in a cell, once computed.
    masses: HashMap<usize, Vec<f64>>,
}

/// Kernels over choices.
pub(super) struct Choices {
    count: usize,
    /// What each trial had.
    seen: Vec<Seen>,
    /// The probability of each choice among all trials.
    mixed: Vec<f64>,
    /// The probability of the choice that was seen.
    same: f64,
    /// The logarithms of the probabilities of the choice that was seen, of another, and where it was missing.
    logs: [f64; 3],
}

/// What the kernel of a trial is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Seen {
    Choice(usize),
    /// The parameter was not active.
    Missing,
    /// The choices of all trials.
    Mixed,
}

impl Kernels {
    /// From the coordinate that each trial had, NaN where the parameter was not active; `keys` says their order.
    pub fn new(axis: &Axis, values: &[f64], keys: impl FnOnce() -> Vec<u64>, least: Least) -> Self {
        match axis {
            Axis::Continuous => Kernels::Normal(Normals::new(values, &keys(), least.width)),
            Axis::Steps(edges) => Kernels::Steps(Steps::new(edges, values, &keys(), least)),
            Axis::Choices(count) => Kernels::Choices(Choices::new(*count, values)),
        }
    }

    /// Appends a kernel for all trials together, where these have values and weights: around their mean, with so many of their deviations;
    /// the one that knows nothing if the parameter was active in none.
    pub fn push_middle(&mut self, values: &[f64], weights: &[f64], reach: f64) {
        match self {
            Kernels::Normal(normals) => {
                let (mean, deviation) = moments(values, weights);
                normals.push(mean, (reach * deviation).max(normals.least).min(1.0));
            }
            Kernels::Steps(steps) => {
                let (mean, deviation) = moments(values, weights);
                steps.push(mean, (reach * deviation).max(steps.least).min(1.0));
            }
            Kernels::Choices(choices) => choices.push_mixed(weights),
        }
    }

    /// Appends the kernel that knows nothing.
    pub fn push_uniform(&mut self) {
        match self {
            Kernels::Normal(normals) => normals.push(f64::NAN, f64::INFINITY),
            Kernels::Steps(steps) => steps.push(f64::NAN, f64::INFINITY),
            Kernels::Choices(choices) => choices.seen.push(Seen::Missing),
        }
    }

    /// A coordinate from the kernel of one trial.
    pub fn draw(&self, trial: usize, normals: &mut normal::Normals<'_>) -> f64 {
        match self {
            Kernels::Normal(kernels) => {
                truncated(kernels.means[trial], kernels.widths[trial], normals)
            }
            Kernels::Steps(steps) => {
                let (mean, width) = steps.different[steps.which[trial]];
                truncated(mean, width, normals)
            }
            Kernels::Choices(choices) => choices.draw(trial, normals.generator),
        }
    }

    /// Adds to each trial's term the logarithm of its kernel at a coordinate: of a density, or of a cell's probability.
    pub fn add_logs(&mut self, at: f64, terms: &mut [f64]) {
        match self {
            Kernels::Normal(normals) => normals.add_logs(at, terms),
            Kernels::Steps(steps) => steps.add_logs(at, terms),
            Kernels::Choices(choices) => choices.add_logs(at, terms),
        }
    }

    /// The logarithm of the kernel that knows nothing.
    pub fn uniform_log(&self, at: f64) -> f64 {
        match self {
            Kernels::Normal(_) => 0.0,
            Kernels::Steps(steps) => {
                let cell = cell_of(&steps.edges, at);
                libm::log(steps.edges[cell + 1] - steps.edges[cell])
            }
            Kernels::Choices(choices) => choices.logs[2],
        }
    }
}

impl Normals {
    fn new(values: &[f64], keys: &[u64], least: f64) -> Self {
        let mut normals = Self {
            least,
            means: Vec::with_capacity(values.len() + 2),
            widths: Vec::with_capacity(values.len() + 2),
            scales: Vec::with_capacity(values.len() + 2),
            offsets: Vec::with_capacity(values.len() + 2),
        };
        for (mean, width) in values.iter().zip(bandwidths(values, keys, least..=1.0)) {
            normals.push(*mean, width);
        }
        normals
    }

    /// Appends a kernel; a mean that is NaN is missing.
    fn push(&mut self, mean: f64, width: f64) {
        if mean.is_nan() {
            // 0 · NaN would be NaN.
            self.means.push(0.0);
            self.widths.push(f64::INFINITY);
            self.scales.push(0.0);
            self.offsets.push(0.0);
            return;
        }
        let precision = 1.0 / width;
        let inside = quick::inside(mean, precision);
        self.means.push(mean);
        self.widths.push(width);
        self.scales.push(FRAC_1_SQRT_2 * precision);
        self.offsets.push(-quick::ln(width * inside) - LN_SQRT_TAU);
    }

    fn add_logs(&self, at: f64, terms: &mut [f64]) {
        let kernels = self.means.iter().zip(&self.scales).zip(&self.offsets);
        for (term, ((mean, scale), offset)) in terms.iter_mut().zip(kernels) {
            let distance = (at - mean) * scale;
            *term += offset - distance * distance;
        }
    }
}

impl Steps {
    fn new(edges: &[f64], values: &[f64], keys: &[u64], least: Least) -> Self {
        let cell = 1.0 / (edges.len() - 1) as f64;
        let least = least.width.max(least.cells * cell).min(1.0);
        let kernels = values.iter().zip(bandwidths(values, keys, least..=1.0));
        let mut different = Vec::new();
        let mut known = HashMap::new();
        let which = kernels
            .map(|(mean, width)| {
                *known
                    .entry((mean.to_bits(), width.to_bits()))
                    .or_insert_with(|| {
                        different.push((*mean, width));
                        different.len() - 1
                    })
            })
            .collect();
        Self {
            least,
            edges: edges.to_vec(),
            different,
            which,
            masses: HashMap::new(),
        }
    }

    /// Appends a kernel; a mean that is NaN is missing.
    fn push(&mut self, mean: f64, width: f64) {
        self.which.push(self.different.len());
        let width = if mean.is_nan() { f64::INFINITY } else { width };
        self.different.push((mean, width));
    }

    fn add_logs(&mut self, at: f64, terms: &mut [f64]) {
        let cell = cell_of(&self.edges, at);
        let (low, high) = (self.edges[cell], self.edges[cell + 1]);
        let masses = self.masses.entry(cell).or_insert_with(|| {
            let masses = self.different.iter();
            masses
                .map(|(mean, width)| log_cell(*mean, *width, low, high))
                .collect()
        });
        for (term, which) in terms.iter_mut().zip(&self.which) {
            *term += masses[*which];
        }
    }
}

impl Choices {
    fn new(count: usize, values: &[f64]) -> Self {
        let seen = values
            .iter()
            .map(|value| match value.is_nan() {
                true => Seen::Missing,
                false => Seen::Choice(choice_of(count, *value)),
            })
            .collect();
        let trials = values.len() as f64 + 1.0;
        let each = UNSEEN / trials * count.min(MOST_UNSEEN) as f64 / count as f64;
        let whole = 1.0 + each * count as f64;
        let same = (1.0 + each) / whole;
        let logs = [same, each / whole, 1.0 / count as f64].map(libm::log);
        Self {
            count,
            seen,
            mixed: Vec::new(),
            same,
            logs,
        }
    }

    /// Appends the mixture of all kernels with these weights.
    fn push_mixed(&mut self, weights: &[f64]) {
        let mut mixed = vec![0.0; self.count];
        for (seen, weight) in self.seen.iter().zip(weights) {
            if let Seen::Choice(choice) = seen {
                mixed[*choice] += weight;
            }
        }
        let whole: f64 = mixed.iter().sum();
        if whole == 0.0 {
            self.seen.push(Seen::Missing);
            return;
        }
        let other = (1.0 - self.same) / (self.count as f64 - 1.0).max(1.0);
        for share in &mut mixed {
            *share = other + (self.same - other) * *share / whole;
        }
        self.mixed = mixed;
        self.seen.push(Seen::Mixed);
    }

    fn draw(&self, trial: usize, generator: &mut ChaCha8Rng) -> f64 {
        let mut unit = draws::unit(generator);
        match self.seen[trial] {
            Seen::Missing => unit,
            Seen::Choice(seen) if unit < self.same || self.count == 1 => middle(self.count, seen),
            Seen::Choice(seen) => {
                let other = choice_of(self.count - 1, draws::unit(generator));
                middle(self.count, other + usize::from(other >= seen))
            }
            Seen::Mixed => {
                let choice = self.mixed.iter().position(|share| {
                    unit -= share;
                    unit < 0.0
                });
                middle(self.count, choice.unwrap_or(self.count - 1))
            }
        }
    }

    fn add_logs(&self, at: f64, terms: &mut [f64]) {
        let [same, other, missing] = self.logs;
        let at = choice_of(self.count, at);
        let mixed = self.mixed.get(at).map_or(0.0, |share| libm::log(*share));
        for (term, seen) in terms.iter_mut().zip(&self.seen) {
            *term += match seen {
                Seen::Missing => missing,
                Seen::Choice(seen) if *seen == at => same,
                Seen::Choice(_) => other,
                Seen::Mixed => mixed,
            };
        }
    }
}

/// The weighted mean and deviation of the values that are not NaN; both are NaN when all are.
fn moments(values: &[f64], weights: &[f64]) -> (f64, f64) {
    let known = || {
        values
            .iter()
            .zip(weights)
            .filter(|(value, _)| !value.is_nan())
    };
    let whole: f64 = known().map(|(_, weight)| weight).sum();
    let mean = known().map(|(value, weight)| value * weight).sum::<f64>() / whole;
    let squares = known().map(|(value, weight)| (value - mean) * (value - mean) * weight);
    let variance = squares.sum::<f64>() / whole;
    (mean, variance.sqrt())
}

/// The logarithm of the share of a normal distribution that lies in [0, 1].
fn log_inside(mean: f64, width: f64) -> f64 {
    normal::log_mass(-mean / width, (1.0 - mean) / width)
}

/// The logarithm of the probability of a cell; the uniform one's for a missing kernel.
fn log_cell(mean: f64, width: f64, low: f64, high: f64) -> f64 {
    if mean.is_nan() {
        return libm::log(high - low);
    }
    normal::log_mass((low - mean) / width, (high - mean) / width) - log_inside(mean, width)
}

/// A draw from a normal distribution around a mean within [0, 1], cut off outside; uniform for an infinite width.
fn truncated(mean: f64, width: f64, normals: &mut normal::Normals<'_>) -> f64 {
    if width.is_infinite() {
        return draws::unit(normals.generator);
    }
    // At least a third of them lie inside, whatever the mean and the width.
    (0..100)
        .map(|_| mean + width * normals.draw())
        .find(|draw| (0.0..=1.0).contains(draw))
        .unwrap_or(mean)
}

#[cfg(test)]
mod tests {
    use super::super::bandwidth::Orders;
    use super::*;

    const LEAST: Least = Least {
        width: 0.01,
        cells: 0.5,
    };

    fn steps(count: usize) -> Axis {
        Axis::Steps((0..=count).map(|edge| edge as f64 / count as f64).collect())
    }

    fn of_trials(axis: &Axis, values: &[f64]) -> Kernels {
        let mut orders = Orders::new(1);
        orders.follow(0..values.len());
        Kernels::new(axis, values, || orders.ascending(0, values), LEAST)
    }

    /// The probabilities of each kernel at each of `count` values.
    fn masses(kernels: &mut Kernels, trials: usize, count: usize) -> Vec<Vec<f64>> {
        let logs = |cell| {
            let mut terms = vec![0.0; trials];
            kernels.add_logs(middle(count, cell), &mut terms);
            terms.into_iter().map(libm::exp).collect()
        };
        (0..count).map(logs).collect()
    }

    #[test]
    fn the_probabilities_of_all_values_add_up_to_one() {
        let values = vec![0.05, 0.95, f64::NAN, 0.55, 0.55];
        for axis in [steps(10), Axis::Choices(10)] {
            let mut kernels = of_trials(&axis, &values);
            let masses = masses(&mut kernels, 5, 10);
            for trial in 0..5 {
                let sum: f64 = masses.iter().map(|cell| cell[trial]).sum();
                assert!((sum - 1.0).abs() < 1e-12, "{axis:?} {trial} {sum}");
            }
        }
    }

    #[test]
    fn the_density_of_a_continuous_kernel_adds_up_to_one() {
        let mut kernels = of_trials(&Axis::Continuous, &[0.0, 0.3, f64::NAN]);
        let mut sums = [0.0; 3];
        for point in 0..10_000 {
            let mut terms = [0.0; 3];
            kernels.add_logs(middle(10_000, point), &mut terms);
            for (sum, term) in sums.iter_mut().zip(terms) {
                *sum += libm::exp(term) / 1e4;
            }
        }
        for sum in sums {
            assert!((sum - 1.0).abs() < 1e-6, "{sums:?}");
        }
    }

    #[test]
    fn all_trials_together_have_a_kernel() {
        let values = [0.1, f64::NAN, 0.3];
        let weights = [3.0, 5.0, 1.0];
        let mut kernels = of_trials(&Axis::Continuous, &values);
        kernels.push_middle(&values, &weights, 0.5);
        let Kernels::Normal(normals) = &kernels else {
            panic!("numbers")
        };
        assert!((normals.means[3] - 0.15).abs() < 1e-12);
        assert!((normals.widths[3] - 0.5 * 0.0075_f64.sqrt()).abs() < 1e-12);
        for axis in [steps(10), Axis::Choices(10)] {
            let mut kernels = of_trials(&axis, &values);
            kernels.push_middle(&values, &weights, 0.5);
            kernels.push_uniform();
            let masses = masses(&mut kernels, 5, 10);
            let of = |trial: usize| masses.iter().map(|cell| cell[trial]).collect::<Vec<f64>>();
            assert!((of(3).iter().sum::<f64>() - 1.0).abs() < 1e-12, "{axis:?}");
            assert!(of(3)[1] > of(3)[7], "{axis:?}");
            assert!(of(4).iter().all(|mass| (mass - 0.1).abs() < 1e-12));
        }
        let mut unknown = of_trials(&Axis::Choices(2), &[f64::NAN]);
        unknown.push_middle(&[f64::NAN], &[1.0], 0.5);
        let mut terms = [0.0; 2];
        unknown.add_logs(0.1, &mut terms);
        assert_eq!(terms[0], terms[1]);
    }

    #[test]
    fn equal_kernels_of_ordered_values_are_kept_once() {
        let Kernels::Steps(steps) = of_trials(&steps(10), &[0.05; 100]) else {
            panic!("ordered values")
        };
        assert_eq!((steps.different.len(), steps.which.len()), (1, 100));
    }

    #[test]
    fn values_are_drawn_as_often_as_their_probabilities_say() {
        for axis in [steps(10), Axis::Choices(10)] {
            let mut kernels = of_trials(&axis, &[0.05, 0.45, f64::NAN]);
            let masses = masses(&mut kernels, 3, 10);
            let mut generator = draws::generator(1, 1);
            let mut normals = normal::Normals::new(&mut generator);
            for trial in 0..3 {
                let mut counts = [0.0; 10];
                for _ in 0..4000 {
                    counts[choice_of(10, kernels.draw(trial, &mut normals))] += 1.0;
                }
                for (count, mass) in counts.iter().zip(&masses) {
                    let expected = 4000.0 * mass[trial];
                    // Five standard deviations.
                    assert!(
                        (count - expected).abs() < 5.0 * expected.sqrt().max(1.0),
                        "{axis:?}"
                    );
                }
            }
        }
    }
}
