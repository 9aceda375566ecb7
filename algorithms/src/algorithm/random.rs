//! Independent uniform draws that never repeat while anything untried is left.

use super::batch::Batch;
use super::untried::Untried;
use super::{Algorithm, AlgorithmInfo, Reason, Why};
use crate::draws;
use crate::history::History;
use crate::space::{Configuration, Lattice, Space};
use std::sync::Arc;

/// What there is to know of `random`.
pub(super) const INFO: AlgorithmInfo = AlgorithmInfo {
    name: "random",
    summary: "independent uniform draws; a baseline, good for many parallel trials and for spaces no model suits",
    settings: &[],
};

/// So many draws that turn out to be taken, and an untried configuration is looked for instead.
const ATTEMPTS: usize = 16;

/// Draws each parameter's value uniformly along its scale, parents before children.
///
/// The draws of suggestion n depend on the seed and n only. In a finite space repeated draws are rejected; when most of the space
/// has been tried, the rest comes in a shuffled order, until the space is exhausted.
pub(super) struct Random {
    space: Arc<Space>,
    seed: u64,
    untried: Untried,
    why: Vec<Why>,
}

impl Random {
    pub fn new(space: Arc<Space>, seed: u64) -> Self {
        let untried = Untried::shuffled(Lattice::every(Arc::clone(&space)), seed);
        Self {
            space,
            seed,
            untried,
            why: Vec::new(),
        }
    }
}

impl Algorithm for Random {
    fn suggest(&mut self, history: &History, count: usize) -> Vec<Configuration> {
        let Self {
            space,
            seed,
            untried,
            why,
        } = self;
        untried.begin_batch();
        let reason = |reason| move |configuration| (configuration, Why::new(INFO.name, reason));
        let suggested = Batch::fill(history, count, |batch| {
            let drawn = draw(space, *seed, batch).map(reason(Reason::Coverage));
            drawn.or_else(|| untried.next(batch).map(reason(Reason::Untried)))
        });
        *why = suggested.1;
        suggested.0
    }

    fn learns(&self) -> bool {
        false
    }

    fn why(&self) -> &[Why] {
        &self.why
    }
}

/// A random configuration that is not taken, if a few attempts find one.
pub(super) fn draw(space: &Space, seed: u64, batch: &Batch<'_>) -> Option<Configuration> {
    let mut generator = draws::generator(seed, batch.next_place() as u64);
    (0..ATTEMPTS)
        .map(|_| {
            let point: Vec<f64> = space
                .parameters()
                .iter()
                .map(|_| draws::unit(&mut generator))
                .collect();
            space.decode(&point)
        })
        .find(|configuration| !batch.taken(configuration))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Goal;
    use crate::space::{Domain, Parameter, Scale, Value};

    #[test]
    fn values_are_uniform_along_their_scales() {
        let int = Domain::Int {
            min: 1,
            max: 10,
            scale: Scale::Linear,
            step: None,
            points: None,
        };
        let log = Domain::Float {
            min: 0.01,
            max: 1.0,
            scale: Scale::Log,
            step: None,
            points: None,
        };
        let space =
            Space::new(vec![Parameter::new("int", int), Parameter::new("log", log)]).unwrap();
        let drawn = Random::new(Arc::new(space), 7).suggest(&History::new(Goal::Minimize), 4000);
        let mut counts = [0_i32; 10];
        let mut below = 0;
        for configuration in &drawn {
            let number = |name| configuration.get(name).and_then(Value::as_f64).unwrap();
            counts[number("int") as usize - 1] += 1;
            below += i32::from(number("log") < 0.1);
        }
        // Chi-squared with 9 degrees of freedom exceeds 33.7 once in ten thousand.
        let chi: f64 = counts
            .iter()
            .map(|n| f64::from(n - 400).powi(2) / 400.0)
            .sum();
        assert!(chi < 33.7, "{counts:?}");
        // Four standard deviations.
        assert!((below - 2000).abs() < 127, "{below}");
    }
}
