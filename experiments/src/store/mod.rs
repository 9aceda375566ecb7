//! What is remembered: the only place with SQL.

mod records;

pub use records::{
    Changes, EventKind, ExperimentId, ExperimentRecord, ExperimentUpdate, MetricRecord, NewEvent,
    NewExperiment, Request, StepRecord, StoredEvent, TrialRecord,
};
