//! What the user wrote: the experiment file, read and checked.

mod experiment;

pub use experiment::{
    Action, AlgorithmChoice, Experiment, Limits, Objective, Pipeline, Retries, Step, StopperChoice,
    Strategy,
};
