//! What is remembered: the only place with SQL.
//!
//! [`Store`] is the contract: what is durable when, and who may write.

mod blocks;
mod commit;
mod connect;
mod cursor;
mod database;
mod encode;
mod error;
mod events;
mod grid;
mod lease;
mod load;
mod location;
mod lock;
#[cfg(test)]
mod model;
mod notes;
mod open;
mod pages;
mod points;
mod prior;
mod read;
mod records;
mod room;
mod rows;
mod sql;
mod submit;
#[cfg(test)]
mod testing;
mod tokens;
mod totals;
mod trial_pages;
mod trials;

pub use database::Store;
pub use error::StoreError;
pub use grid::TrialSteps;
pub use load::{CurvePoint, LoadedTrial, Snapshot, UnfinishedTrial};
pub use location::Location;
pub use lock::{Driver, DriverLock, Presence};
pub use pages::{ExperimentQuery, Page};
pub use points::{Point, Points};
pub use prior::{FinishedTrial, PriorTrial};
pub use records::{
    Changes, EventKind, ExperimentId, ExperimentRecord, ExperimentSummary, ExperimentUpdate,
    MetricRecord, NewEvent, NewExperiment, Request, StepLog, StepRecord, StoredEvent, TrialRecord,
};
pub use tokens::{NewToken, Role, TokenRecord};
pub use trials::{Condition, Field, Operator, Sort, TrialQuery};
