//! The built-in steps of a pipeline: `preprocess`, `train`, `evaluate` and `cross_validate`.
//!
//! A component reads its inputs (`with:`), writes artifacts and reports metrics through [`Output`].
//! It knows nothing of experiments, databases or HTTP; whoever runs it decides what becomes of the output.
//! The tables that [`Component::inputs`] returns drive the checks, the documentation and [`reference()`] alike.

mod component;
mod cross_validate;
mod data;
mod datasets;
mod error;
mod evaluate;
mod inputs;
mod metrics;
mod models;
mod preprocess;
mod reference;
mod split;
mod table;
#[cfg(test)]
mod testing;
mod train;

pub use component::{Component, Output, StaticWith, all, find};
pub use error::ComponentError;
pub use inputs::{Fallback, Input, InputKind, InputProblem};
pub use reference::reference;
