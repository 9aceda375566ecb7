//! How a trial runs: the graph of its steps, the templates in them, the components they use.

mod component;
mod expression;
mod order;
mod reference;

pub use component::{ComponentInfo, ComponentProblem, Components, InputInfo, With};
pub use expression::ExpressionError;
pub use order::order;
pub use reference::{Reference, Target, references};
