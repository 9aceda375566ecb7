//! How a trial runs: the graph of its steps, the templates in them, the components they use.

mod component;
mod context;
mod expression;
mod graph;
mod order;
mod reference;
mod shell;
mod shell_place;
mod template;

pub use component::{ComponentInfo, ComponentProblem, Components, InputInfo, With};
pub use context::Context;
pub use expression::ExpressionError;
pub use graph::Graph;
pub use order::order;
pub use reference::{Reference, Target, references};
pub use shell::{check_shell, render_shell};
pub use template::{known, render_text, render_value};
