//! What more trials may bring.

/// What is still to be gained, in units of the objective.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outlook {
    /// By how much the next trial is expected to improve on the best so far, on average: not below 0.
    pub expected_improvement: f64,
    /// By how much the best so far is worse than the best there is, at most: not below 0. Nine times in ten this is true.
    pub regret: f64,
}
