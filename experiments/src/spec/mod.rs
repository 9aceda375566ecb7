//! What the user wrote: the experiment file, read and checked.
//!
//! Text → `tree` (YAML, positions) → `overrides` → `check` (every rule, against the tables of `keys`) → [`Experiment`].
//! Everything that is wrong is found in one go and told with line and column: [`SpecError`].

mod check;
mod compare;
mod experiment;
mod keys;
mod overrides;
mod problem;
mod read;
mod render;
mod source;
mod tree;
mod words;
mod written;

#[cfg(test)]
mod tests;

pub use check::parse_duration;
pub use compare::{Comparison, Difference, compare};
pub use experiment::{
    Action, AlgorithmChoice, Convergence, DEFAULT_PRIORITY, Experiment, LEVEL_NAMES, Leases,
    Limits, Objective, Pipeline, Retries, Step, StopperChoice, Strategy,
};
pub use keys::{Key, Kind, Need, Table, keys, reference, schema};
pub use problem::{Problem, SpecError};
pub use read::{Submission, read, read_document};
pub use source::{MAX_BYTES, Override, Source};
pub(crate) use words::quoted;
pub use written::Written;
