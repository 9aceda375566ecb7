//! How a trial runs: the graph of its steps, the templates in them, the components they use.

mod component;

pub use component::{ComponentInfo, ComponentProblem, Components, InputInfo, With};
