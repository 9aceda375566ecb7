//! Experiments: from the file a user wrote to the best trial.
//!
//! The data flows one way, and the folders say so:
//!
//! - [`spec`]: what the user wrote: YAML → checked [`Experiment`](spec::Experiment), problems with line and column
//! - [`controller`]: what happens next: a pure state machine, and the loop that carries its commands out
//! - [`service`]: many experiments in one process, and whoever wants something of them
//! - [`pipeline`]: how a trial runs: graph, templates, components
//! - [`engine`]: where a step runs
//! - [`metrics`]: how results are read
//! - [`artifacts`]: files between steps, by content hash
//! - [`store`]: what is remembered; the only place with SQL
//!
//! [`state`] names the states that all of them share; [`notes`] is what people write about experiments;
//! [`causes`] puts an error and what led to it into one line.

pub mod artifacts;
pub mod causes;
pub mod controller;
pub mod engine;
pub mod metrics;
pub mod notes;
pub mod pipeline;
pub mod service;
pub mod spec;
pub mod state;
pub mod store;
