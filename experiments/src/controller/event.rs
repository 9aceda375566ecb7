//! What comes into the controller's core, and what it wants done.

use crate::engine::{Ending, TaskId};
use crate::metrics::Report;
use tune_algorithms::history::Outcome;
use tune_algorithms::space::Configuration;

/// Something happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A process has begun to drive the experiment.
    Begin,
    /// The algorithm answered.
    Suggested {
        /// In the order in which trials are to be made of them.
        configurations: Vec<Configuration>,
        /// Nothing untried is left beyond these.
        exhausted: bool,
    },
    /// A running step reported metrics.
    Reported(TaskId, Vec<Report>),
    /// A task ended.
    Ended(TaskId, Box<Ending>),
    /// Time has passed.
    Tick,
    /// The user cancelled the experiment.
    Cancel,
    /// The user wants the process to stop, now or soon.
    Control(Control),
}

/// What the user wants of the process that drives an experiment, in order of severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Control {
    /// Go on.
    #[default]
    Run,
    /// Start nothing new, let running steps end, keep the state.
    Drain,
    /// Kill the running steps, keep the state: they run again as new attempts later.
    Kill,
}

/// Something to be done, once the changes that led to it are stored.
#[derive(Clone, Debug)]
pub enum Command {
    /// Ask the algorithm for that many configurations.
    Suggest(usize),
    /// Tell the algorithm how a trial ended.
    Learn {
        /// Its number.
        trial: u64,
        /// How it ended.
        outcome: Outcome,
    },
    /// Stop a task; its `Ended` is awaited.
    Stop(TaskId),
}
