//! Search algorithms: each suggests what to try next, and some can say why ([`Algorithm::why`]).
//!
//! | use | when |
//! |---|---|
//! | `auto` | whenever you do not want to choose |
//! | `gp` | trials take seconds or more, up to some thousand: it learns most from each; any kind of parameters and conditions |
//! | `tpe` | trials are many or quick, or there are hundreds of parameters: it learns too, in a fraction of the time |
//! | `cmaes` | numbers that interact, some ten trials for each of them and more; few conditions |
//! | `sobol` | fewer than about 20 trials, or all at once |
//! | `random` | a baseline; hundreds of parallel trials |
//! | `grid` | the space is small and a complete table is wanted |
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
//! - **`tpe`** looks where good trials are dense and bad ones are not. Settings: `startup_trials` (10), so many trials must have succeeded
//!   or been stopped early before it learns; `candidates` (32), more make the search greedier. How it works, with references, is told at
//!   the head of `algorithm/tpe/mod.rs`.
//! - **`gp`** models the objective by a Gaussian process and looks where most improvement is to be expected. Setting: `startup_trials` (8).
//!   See the head of `algorithm/gp/mod.rs`.
//! - **`cmaes`** moves and stretches a normal distribution towards good trials, and begins anew when it has come to a stand. Settings:
//!   `population` (4 + ⌊3 ln parameters⌋), so many trials it learns from at once; `initial_step` (0.17), its first standard deviation as a
//!   share of each range; `restarts` (`bipop` or `none`). How it works, with references, is told at the head of `algorithm/cmaes/mod.rs`.
//! - **`auto`** is `gp`, and `cmaes` or `tpe` where there is too much of anything for it: thousands of trials, a hundred parameters, scores
//!   of trials at once. Setting: `budget`, how many trials there will be, if that is known. See the head of `algorithm/auto.rs`.
//!
//! Those that learn also learn from the trials of another search ([`History::with_prior`]), and prefer to try what that has not tried.
//!
//! Asking for several suggestions at once gives the same as asking for one after the other while all of them are running.
//!
//! # Example
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//! use tune_algorithms::algorithm;
//! use tune_algorithms::history::{Goal, History, Outcome};
//! use tune_algorithms::space::{Domain, Parameter, Scale, Space, Value};
//!
//! let x = Domain::Float { min: -5.0, max: 5.0, scale: Scale::Linear, step: None, points: None };
//! let parameters = vec![Parameter::new("x", x.clone()), Parameter::new("y", x)];
//! let space = Space::new(parameters).map_err(|found| format!("{found:?}"))?;
//! let settings = serde_json::from_str(r#"{"startup_trials": 5}"#)?;
//! let mut gp = algorithm::build("gp", Arc::new(space), 1, &settings).map_err(|found| format!("{found:?}"))?;
//!
//! let mut history = History::new(Goal::Minimize);
//! let mut best = f64::INFINITY;
//! for _ in 0..30 {
//!     let configuration = gp.suggest(&history, 1).remove(0);
//!     let of = |name| configuration.get(name).and_then(Value::as_f64).ok_or("every parameter is active");
//!     let value = (of("x")? - 1.0).powi(2) + (of("y")? + 2.0).powi(2);
//!     best = best.min(value);
//!     let number = history.create(configuration);
//!     history.finish(number, Outcome::Succeeded(value));
//! }
//! assert!(best < 0.001);
//! # Ok(())
//! # }
//! ```

mod auto;
mod axis;
mod batch;
mod cmaes;
mod gp;
mod grid;
mod outlook;
mod permutation;
mod random;
mod sobol;
mod tpe;
mod untried;
mod why;

pub use grid::MAX_GRID_SIZE;
pub use outlook::Outlook;
pub use why::{Prediction, Reason, Why};

use crate::history::History;
use crate::setting::{self, Checked, Setting, SettingError, Settings};
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

    /// Why it made each of its last suggestions, in their order.
    fn why(&self) -> &[Why];

    /// What is still to be gained by more trials, as far as those that have finished tell: a function of them as a suggestion is, which may
    /// take twice as long as one. `None` when it cannot say, or not yet.
    fn outlook(&mut self, _history: &History) -> Option<Outlook> {
        None
    }
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
pub const ALGORITHMS: &[AlgorithmInfo] = &[
    grid::INFO,
    random::INFO,
    sobol::INFO,
    tpe::INFO,
    gp::INFO,
    cmaes::INFO,
    auto::INFO,
];

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
        "auto" => Box::new(automatic(space, seed, &settings)?),
        "grid" => Box::new(grid::Grid::new(space, seed, &settings)?),
        "cmaes" => Box::new(cmaes::Cmaes::new(space, seed, &settings)),
        "tpe" => Box::new(tpe::Tpe::new(space, seed, &settings)),
        "gp" => Box::new(gp::Gp::new(space, seed, &settings)),
        "sobol" => Box::new(sobol::Sobol::new(space, seed)),
        _ => Box::new(random::Random::new(space, seed)),
    })
}

/// `auto`, with those that it chooses among.
fn automatic(
    space: Arc<Space>,
    seed: u64,
    settings: &Checked,
) -> Result<auto::Auto, Vec<SettingError>> {
    let usual = |info: AlgorithmInfo| setting::check(info.settings, &Settings::new());
    let gp = gp::Gp::new(Arc::clone(&space), seed, &usual(gp::INFO)?);
    let other = if mostly_numbers(&space) {
        let cmaes = cmaes::Cmaes::new(space, seed, &usual(cmaes::INFO)?);
        auto::Other::Cmaes(Box::new(cmaes))
    } else {
        auto::Other::Tpe(Box::new(tpe::Tpe::new(space, seed, &usual(tpe::INFO)?)))
    };
    let budget = settings.count("budget");
    Ok(auto::Auto::new(
        gp,
        other,
        Some(budget).filter(|budget| *budget > 0),
    ))
}

/// Whether there are no conditions, and at least three of four parameters are numbers with very many values.
fn mostly_numbers(space: &Space) -> bool {
    let axes = space.parameters().iter().map(axis::Axis::new);
    let numbers = axes.filter(|axis| *axis == axis::Axis::Continuous).count();
    let fixed = space.parameters().len() - numbers;
    space.dependences().next().is_none() && numbers >= 3 * fixed && numbers > 0
}
