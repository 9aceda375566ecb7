//! Search algorithms: each suggests what to try next.

use crate::history::History;
use crate::setting::{Setting, SettingError, Settings};
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
pub const ALGORITHMS: &[AlgorithmInfo] = &[];

/// Makes the algorithm of that name. All problems at once; an unknown name is a problem too.
pub fn build(
    _name: &str,
    _space: Arc<Space>,
    _seed: u64,
    _settings: &Settings,
) -> Result<Box<dyn Algorithm>, Vec<SettingError>> {
    Err(Vec::new())
}
