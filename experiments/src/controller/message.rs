//! How those who want something of an experiment reach the loop that drives it.

use super::event::{Answer, Wish};
use super::limits::NewLimits;
use crate::spec::SpecError;
use crate::store::{ExperimentRecord, StoreError};
use std::sync::Arc;
use tokio::sync::oneshot;

/// Something that is wanted, and where the answer goes.
pub struct Message {
    /// What.
    pub want: Want,
    /// Gets the answer once all that led to it is stored. When it is dropped instead, the loop has ended without looking at the message.
    pub reply: Reply,
}

/// What can be wanted.
#[derive(Clone, Debug)]
pub enum Want {
    /// Something that the core decides on.
    Wish(Wish),
    /// Other limits.
    Limits(NewLimits),
    /// That the loop ends if nothing is under way.
    Rest,
    /// The one who was to be given these trials has gone.
    Return(Vec<u64>),
}

/// Where an answer goes.
pub type Reply = oneshot::Sender<Result<Answered, WantError>>;

/// An answer, and the experiment as it was then.
#[derive(Clone, Debug)]
pub struct Answered {
    /// What became of it.
    pub answer: Answer,
    /// The experiment after that.
    pub experiment: Arc<ExperimentRecord>,
    /// The levels at which its trials are judged, if they are known beforehand.
    pub rungs: Arc<[i64]>,
}

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
pub enum WantError {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// These limits make no sense.
    #[error(transparent)]
    Limits(#[from] Box<SpecError>),
    /// Another process drives the experiment; where that can be reached, if it said so.
    #[error("another process drives the experiment")]
    Elsewhere(Option<String>),
    /// The experiment cannot be driven; why, in words.
    #[error("{0}")]
    Failed(String),
    /// The experiment crashed, and has been paused; in words.
    #[error("{0}")]
    Crashed(String),
}
