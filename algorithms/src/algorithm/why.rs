//! Why something was suggested, for people who want to know.

use serde::Serialize;

/// Why an algorithm suggested a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Why {
    /// The algorithm that made it: where one chooses among others, the one that it chose.
    pub algorithm: &'static str,
    /// What it was made for.
    pub reason: Reason,
    /// Where one algorithm chooses among others: why it chose this one.
    pub chosen: Option<Chosen>,
    /// What the algorithm expects of it, if it makes predictions.
    pub prediction: Option<Prediction>,
}

/// What a suggestion is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Nothing is known yet: it is one of points that are spread over the space.
    Startup,
    /// It is expected to be good.
    Exploitation,
    /// Little is known of it, and it may be good.
    Exploration,
    /// What was looked for had all been tried: it is one of what is left.
    Untried,
}

/// Why one algorithm was chosen among several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Chosen {
    /// Trials are few, and it learns most from each.
    Few,
    /// Trials are many: one that goes on learning from all of them takes turns with one that knows more of each.
    Many,
    /// There are too many parameters for a closer model.
    Large,
    /// Too many trials run at once for a closer model.
    Parallel,
}

/// What is expected of a suggestion.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Prediction {
    /// The most likely value of the objective, in its own units.
    pub mean: f64,
    /// Its standard deviation.
    pub deviation: f64,
    /// The logarithm of the expected improvement, in the units of the model; what suggestions are compared by.
    pub acquisition: f64,
}
