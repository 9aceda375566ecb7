//! Search algorithms: each suggests what to try next.
//!
//! - **`grid`** tries every combination, each once, and then the space is exhausted. Use it when the space is small and a
//!   complete table is wanted. Floats without steps are cut into `points` values (a parameter's own `points`, or
//!   else the setting, by default 10); ints are taken whole unless they say `points`. With `order: file` the last
//!   parameter changes fastest, a parameter under a condition right after the last of its parents; with
//!   `order: shuffled` a grid that is cut short by a budget has still looked everywhere.
//! - **`random`** draws independently. It is the baseline that others must beat, scales to any number of parallel trials
//!   and suits spaces with many conditions. It has no settings. In a finite space it never repeats itself.
//! - **`sobol`** spreads its points more evenly than chance does (an Owen-scrambled Sobol sequence), which finds good
//!   regions with fewer trials in up to a few dozen numeric parameters. It has no settings.
//!
//! For all three, asking for several suggestions at once gives the same as asking for one after the other.

mod batch;
mod grid;
mod permutation;
mod random;
mod sobol;
mod untried;

pub use grid::MAX_GRID_SIZE;

use crate::history::History;
use crate::setting::{self, Setting, SettingError, Settings};
use crate::space::{Configuration, Space};
use std::sync::Arc;

/// Suggests configurations.
///
/// What it suggests is a function of (settings, seed, history): `&mut self` is for caches only, and an instance that has
/// followed the history from its start suggests the same as a new one that is shown the whole of it.
pub trait Algorithm: Send {
    /// Up to `count` configurations for the next trials, numbered from `history.trials().len()` on. Fewer than `count`
    /// means that the space is exhausted: nothing untried is left.
    fn suggest(&mut self, history: &History, count: usize) -> Vec<Configuration>;

    /// Whether its suggestions depend on how trials ended. Those of an algorithm that does not learn can be made ahead of need.
    fn learns(&self) -> bool;
}

/// What there is to know of an algorithm before it is made.
#[derive(Clone, Copy, Debug)]
pub struct AlgorithmInfo {
    /// Its name in `algorithm.name`.
    pub name: &'static str,
    /// One line: what it does and when to use it.
    pub summary: &'static str,
    /// Its settings.
    pub settings: &'static [Setting],
}

/// Every algorithm, in the order of the documentation.
pub const ALGORITHMS: &[AlgorithmInfo] = &[grid::INFO, random::INFO, sobol::INFO];

/// Makes the algorithm of that name. All problems at once; an unknown name is a problem too, and so is a grid of more
/// than [`MAX_GRID_SIZE`] points.
pub fn build(
    name: &str,
    space: Arc<Space>,
    seed: u64,
    settings: &Settings,
) -> Result<Box<dyn Algorithm>, Vec<SettingError>> {
    let names = ALGORITHMS.iter().map(|info| info.name);
    let info = ALGORITHMS
        .iter()
        .find(|info| info.name == name)
        .ok_or_else(|| setting::unknown_name("algorithm", name, names))?;
    let settings = setting::check(info.settings, settings)?;
    Ok(match info.name {
        "grid" => Box::new(grid::Grid::new(space, seed, &settings)?),
        "sobol" => Box::new(sobol::Sobol::new(space, seed)),
        _ => Box::new(random::Random::new(space, seed)),
    })
}
