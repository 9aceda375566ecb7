//! How results are read: from what a step prints and from the files it appends to; and what they say about the trial.

mod json_line;
mod levels;
mod near_miss;
mod number;
mod objective;
mod output;
mod pairs;
mod stdout;

pub use levels::{ClientReport, Levels};
pub use near_miss::{missing_objective, untold_objective};
pub use number::to_json;
pub use objective::{ObjectiveValue, TrialMetrics};
pub use output::{LARGE_VALUE, Output, OutputProblem, parse_output};
pub use stdout::LineParser;

/// No metric has a longer name, in bytes: names are part of keys of the database, which takes no more than it needs to.
const LONGEST_NAME: usize = 200;

/// What a metric can be called.
pub fn is_metric_name(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.len()) && !name.chars().any(char::is_control)
}

/// One value of one metric at one level.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The metric's name.
    pub name: String,
    /// The resource level (epoch, iteration …). A report that names none gets the count of earlier such reports of that metric in the
    /// same attempt: 0, 1, 2 …
    pub level: f64,
    /// May be NaN or infinite.
    pub value: f64,
}
