//! How results are read: from what a step prints and from the files it appends to; and what they say about the trial.

mod json_line;
mod levels;
mod near_miss;
mod number;
mod objective;
mod output;
mod pairs;
mod stdout;

use crate::spec::{LEVEL_NAMES, quoted};

pub use levels::{ClientReport, Levels};
pub use near_miss::{missing_objective, untold_objective};
pub use number::to_json;
pub use objective::{ObjectiveValue, TrialMetrics};
pub use output::{LARGE_VALUE, Output, OutputProblem, parse_output};
pub use stdout::LineParser;

/// No metric has a longer name, in bytes: names are part of keys of the database, which takes no more than it needs to.
const LONGEST_NAME: usize = 200;

/// Why no metric can have that name, in whatever way it is reported.
pub fn why_no_metric(name: &str) -> Option<String> {
    let is_name = (1..=LONGEST_NAME).contains(&name.len()) && !name.chars().any(char::is_control);
    if !is_name {
        return Some(format!("{} cannot be the name of a metric", quoted(name)));
    }
    let is_level = LEVEL_NAMES.contains(&name);
    is_level.then(|| format!("`{name}` names the level of a report and is never a metric"))
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
